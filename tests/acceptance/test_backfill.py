"""`baton backfill` as an operator runs it: what it costs, a look at the first records, the rest; killed, beside a daemon, and
with no budget left."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import subprocess
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connectors.kit.pace import Pace
from sync.app import open_app
from sync.flow.backfill import run_backfill
from sync.flow.backfill_request import begin, choose_streams
from sync.flow.backfill_run import Pacing
from sync.flow.connect import prepare
from sync.settings.write import write_overrides
from sync.store.backfills import Phase
from sync.store.tables import HandoffRow, OutboxRow, SourceRecordRow
from sync.trial import Trial
from tests.acceptance.harness import cycle, mark, opened, rows_of, running_trial, written, written_since
from tests.acceptance.process import baton, command, daemon, environment
from tests.benchmarks.stub import Stub, running_stub

SEED, HANDOFFS = 14, 24
SINCE = ("--since", "2020-01-01")
ROOM_S = 120.0
"""For two processes that wait for one another, on a machine that has other things to do."""


def test_it_says_what_it_costs_stops_for_a_look_and_ends_where_a_daemon_would_stand(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("write", backfill={"first": 5, "writes_per_minute": 10_000})
        start = mark(trial)
        estimate = baton(tmp_path, "backfill", *SINCE, "--dry-run", "--json")
        assert estimate.code == 0, estimate.err
        assert not written_since(trial, start)
        told = estimate.json()["totals"]
        assert told["hubspot"]["read_calls"] > 0
        assert told["salesforce"]["read_calls"] > 0

        first = baton(tmp_path, "backfill", *SINCE)
        assert first.code == 1, first.out
        assert "baton backfill --continue" in first.out
        assert len(written_since(trial, start)) == 5
        again = baton(tmp_path, "backfill", *SINCE)
        assert again.code == 1
        assert len(written_since(trial, start)) == 5, "nothing more before somebody has looked"
        assert baton(tmp_path, "backfill", "--since", "2021-01-01").code == 2, "one at a time"

        assert baton(tmp_path, "backfill", "--continue", "--dry-run").code == 2, "it would have to write to go on"
        rest = baton(tmp_path, "backfill", "--continue", "--json")
        assert rest.code == 0, rest.out
        trial.simulator.clock.advance(timedelta(minutes=1))
        with opened(trial) as app:
            assert cycle(app).wrote == 0, "a daemon finds nothing to do"
        assert baton(tmp_path, "backfill", "--continue").code == 2


def test_it_leaves_alone_what_is_over_or_was_not_touched_until_something_happens_to_it(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial, opened(trial) as app:
        context, _ = prepare(app.context)
        now = trial.simulator.clock.now()
        backfill = begin(context, choose_streams(context, ()), now - timedelta(days=10), None)
        result = run_backfill(context, backfill, _at_once(trial))
        assert result.backfill.phase is Phase.DONE
        assert result.observed > 0
        flags = set(written(trial))
        with app.store.read() as tx:
            rows = tx.execute(
                select(OutboxRow.ref, HandoffRow.open)
                .join(HandoffRow, HandoffRow.id == OutboxRow.handoff_id)
                .where(OutboxRow.state == "observed")
            ).all()
            stamps = {
                r.ref: r.modified_at for r in tx.execute(select(SourceRecordRow.ref, SourceRecordRow.modified_at))
            }
        assert rows
        assert flags.isdisjoint({ref for ref, _ in rows})
        people = ("hubspot:contacts:", "salesforce:Lead:")
        untouched = next(r for r, is_open in rows if is_open and r.startswith(people) and stamps[r] < backfill.since)
        trial.simulator.clock.advance(timedelta(minutes=1))
        assert cycle(app).wrote == 0
        system, name, record_id = untouched.split(":")
        change = {"contacts": {"properties": {"jobtitle": "部長代理"}}, "Lead": {"Title": "部長代理"}}[name]
        trial.simulator.apply(
            [{"at": None, "system": system, "op": "update", "object": name, "id": record_id, "record": change}]
        )
        trial.simulator.clock.advance(timedelta(minutes=5))
        cycle(app, sweep=True)
        assert untouched in written(trial)


@pytest.mark.slow
def test_killed_anywhere_it_goes_on_and_reads_no_page_twice_but_the_one_in_flight(tmp_path: Path) -> None:
    """Against a stub of both CRMs with two thousand records, which takes 80 ms a call."""
    with running_stub(tmp_path, scale=1000, modelled=True) as stub:
        dice, kills = random.Random(5), 2
        _configure(stub, "killed.db")
        stub.record()
        for _ in range(kills):
            process = subprocess.Popen(command(tmp_path, "backfill", *SINCE), stderr=subprocess.PIPE, env=environment())
            goal = _lists(stub) + dice.randint(2, 4)
            while process.poll() is None and _lists(stub) < goal:
                time.sleep(0.005)
            assert process.poll() is None, "killed before its end"
            process.kill()
            process.communicate()
        _finish(tmp_path)
        pages = _pages(stub.requests())
        twice = {page: n - 1 for page, n in Counter(pages).items() if n > 1}
        assert len(set(pages)) > 15
        assert sum(twice.values()) <= kills * 4, "of each of the streams that are read at a time, the page in flight"
        _configure(stub, "whole.db")
        _finish(tmp_path)
        assert _state(tmp_path / "var" / "killed.db") == _state(tmp_path / "var" / "whole.db")


def test_it_takes_turns_with_a_daemon(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("write", schedule={"hot": "1s"}, backfill={"first": 5, "writes_per_minute": 10_000})
        with daemon(tmp_path) as running:
            running.report("start", ROOM_S)
            told = baton(tmp_path, "backfill", *SINCE, "--json")
            assert told.code in (0, 1), told.out + told.err
            assert running.report(seconds=ROOM_S)["outcome"] == "done"
            assert running.end() == 0


def test_without_budget_it_waits_for_the_instant_at_which_it_opens_again(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=60) as trial:
        trial.write_config("observe")
        waited: list[float] = []

        def sleep(seconds: float) -> None:
            if seconds > 60:
                waited.append(seconds)
            trial.simulator.clock.advance(timedelta(seconds=seconds))

        overrides: dict[str, Any] = trial.overrides("observe")
        overrides["connections"]["hubspot"]["budget"] = 50
        driven = Pace(lambda: trial.simulator.clock.now().timestamp(), sleep)
        with open_app(tmp_path, overrides, pace=driven) as app:
            context, _ = prepare(app.context)
            told: list[Any] = []
            backfill = begin(context, choose_streams(context, ()), trial.world.start, None)
            result = run_backfill(context, backfill, Pacing(sleep=sleep, clock=driven.clock), told.append)
            assert result.backfill.phase is Phase.DONE
            read = result.reports[0].counts["backfill"]["read"]
        assert waited
        held = len(rows_of(trial, "hubspot", "contacts")) + len(rows_of(trial, "salesforce", "Lead"))
        assert read > held, "everything was read in the end"
        assert max(waited) <= 25 * 3600
        assert any(one.step == "pause" and one.connection == "hubspot" and one.until for one in told)


def _at_once(trial: Trial) -> Pacing:
    return Pacing(first=10_000, sleep=lambda seconds: trial.simulator.clock.advance(timedelta(seconds=seconds)))


def _configure(stub: Stub, store: str) -> None:
    told = {**stub.overrides, "mode": "observe", "store": f"sqlite:///var/{store}", "backfill": {"bulk_from": 500}}
    write_overrides(stub.folder, told)


def _finish(folder: Path) -> None:
    done = baton(folder, "backfill", *SINCE)
    assert done.code == 0, done.out[-2000:] + done.err[-2000:]


def _lists(stub: Stub) -> int:
    """Calls for pages so far."""
    return stub.told()["HubSpotStub"].get("objects", 0)


def _pages(requests: list[tuple[str, str, str]]) -> list[str]:
    """Addresses of the pages that were asked for."""
    lists = [url for method, url, _ in requests if method == "GET" and "/objects/" in url and "limit=100" in url]
    return lists + [url for _, url, _ in requests if "/results?" in url]


def _state(path: Path) -> Any:
    """All that a run leaves behind, but for numbers that only order it."""
    with contextlib.closing(sqlite3.connect(path)) as store:
        return [
            sorted(store.execute(query).fetchall())
            for query in (
                "SELECT ref, content_hash, deleted FROM source_record",
                "SELECT ref, role, key FROM record_key",
                "SELECT anchor, status, in_scope, open FROM handoff",
                "SELECT ref, state, new FROM outbox WHERE state != 'superseded'",
            )
        ]
