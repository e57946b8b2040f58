"""Silence is cheap: where nothing changed, a cycle writes nothing and asks the least that both APIs permit."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from pathlib import Path

from sync.flow.connect import prepare
from sync.flow.cycle import run_once
from sync.settings import Settings
from tests.acceptance.harness import (
    cycle,
    is_write,
    mark,
    opened,
    requests_since,
    running_trial,
    settle,
)
from tests.acceptance.process import daemon

SEED, HANDOFFS = 5, 40


def streams(settings: Settings, connection: str, *, hot: bool | None = None) -> int:
    return sum(
        name == connection and hot in (None, stream.hot) for (name, _), stream in settings.mapping.streams.items()
    )


def test_a_cycle_in_which_nothing_changed(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial, opened(trial) as app:
        cycle(app)
        settle(trial, app)
        trial.simulator.clock.advance(timedelta(seconds=30))
        context, _ = prepare(app.context)
        start = mark(trial)
        report = run_once(context)
        asked = requests_since(trial, start)
    assert report.problems == ()
    assert report.counts["pull"] == {}
    assert not any(is_write(entry) for entries in asked.values() for entry in entries)
    assert len(asked["hubspot"]) == streams(app.settings, "hubspot")
    assert len({entry.path for entry in asked["hubspot"]}) == len(asked["hubspot"]), "a stream was asked twice"
    assert len(asked["salesforce"]) == ceil(streams(app.settings, "salesforce") / 5)
    assert sum(entry.cost for entries in asked.values() for entry in entries) == sum(map(len, asked.values()))


def test_a_daemon_asks_only_for_the_streams_that_are_due(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("write", schedule={"hot": "1s", "other": "1h", "sweep": "1h", "overlap": "1h"})
        with opened(trial) as app:
            cycle(app)
            settle(trial, app)
        start = mark(trial)
        with daemon(tmp_path) as running:
            for job in ("start", "salesforce:hot", "hubspot:hot", "salesforce:hot"):
                running.report(job)
            assert running.end() == 0
            asked = requests_since(trial, start)
            jobs = [line["job"] for line in running.seen]
    assert set(jobs) == {"start", "salesforce:hot", "hubspot:hot"}
    assert not any(is_write(entry) for entries in asked.values() for entry in entries)
    calls = streams(app.settings, "hubspot", hot=True)
    assert 0 < calls < streams(app.settings, "hubspot")
    # a whole cycle, which is what a daemon starts with, asks for the owners last
    owners = [number for number, entry in enumerate(asked["hubspot"]) if "/owners" in entry.path]
    assert len(asked["hubspot"][owners[-1] + 1 :]) == jobs.count("hubspot:hot") * calls
    calls = ceil(streams(app.settings, "salesforce", hot=True) / 5)
    heads = [number for number, entry in enumerate(asked["salesforce"]) if entry.path.endswith("/composite")]
    whole = heads[ceil(streams(app.settings, "salesforce") / 5) - 1]
    assert len(asked["salesforce"][whole + 1 :]) == jobs.count("salesforce:hot") * calls
