"""By when a change is seen, as README and `status` promise, with the clock driven through the intervals of the schedule."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from connectors.salesforce.inventory import PIECE
from sync.app import App, planned_calls
from sync.core.model.records import Kind, RecordRef
from sync.flow.comparison import SLICE, has_work
from sync.flow.connect import prepare, read_clock
from sync.flow.context import Context
from sync.flow.cycle import Cycle, compare_all, finish, guard, start, sweep_all
from sync.flow.pull import pull_head
from sync.store import comparison, handoff_members, handoffs, records
from sync.trial import Trial
from tests.acceptance.harness import cycle, mark, opened, requests_since, running_trial, settle

SEED, HANDOFFS = 7, 30
HOUR = timedelta(hours=1)
HOT, OTHER, SWEEP, RECONCILE = (timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=24))


@dataclass
class Day:
    """The jobs of a daemon at their intervals, on the simulated clock. Where nothing happens, time is skipped."""

    trial: Trial
    app: App
    context: Context
    due: dict[str, datetime] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.trial.simulator.clock.now()

    def run(self, until: datetime) -> None:
        while self.now < until:
            self.tick()
            self.trial.simulator.clock.advance(HOT)

    def tick(self) -> None:
        """Whatever is due now, as `sync/workers/local.py` plans it."""
        jobs = [name for name, at in self.due.items() if at <= self.now]
        for job in jobs:
            self.due[job] = self.now + {"hot": HOT, "other": OTHER, "sweep": SWEEP, "reconcile": HOT}[job]
            if job == "reconcile" and not has_work(self.context, read_clock(self.context)):
                continue
            run = start(self.context, job)
            if job in ("hot", "other"):
                self.pull(run, hot=job == "hot")
            if job == "sweep":
                sweep_all(run)
            if job == "reconcile":
                compare_all(run, steps=SLICE)
            report = finish(run)
            assert report.problems == (), report.problems

    def pull(self, run: Cycle, *, hot: bool) -> None:
        for connection in self.context.connections.values():
            streams = [s for s in connection.streams if s.hot is hot]
            guard(run, connection, "pull", lambda c=connection, s=streams: pull_head(self.context, c, s, run.now))

    def seen_within(self, bound: timedelta, seen: Any, step: timedelta = HOT) -> timedelta:
        """How long it took; fails when it took longer. Time goes on by a step at once."""
        began = self.now
        while not seen():
            assert self.now - began <= bound, f"not seen within {bound}"
            self.tick()
            self.trial.simulator.clock.advance(step)
        return self.now - began

    def deleted(self, ref: RecordRef) -> bool:
        with self.app.store.read() as tx:
            return records.read_stamps(tx, [ref])[ref][1]

    def some(self, stream: str, *, running: bool | None = None) -> RecordRef:
        """A record of an open handoff in scope, whose clock runs or does not."""
        with self.app.store.read() as tx:
            ids = handoffs.find_open_ids(tx, "", 10_000)
            going = set(handoffs.find_ids_with_running_clock(tx, "", 10_000))
            for one in ids:
                if running is not None and (one in going) is not running:
                    continue
                for ref in sorted(handoff_members.read(tx, [one])):
                    if ref.stream == stream and not records.read_stamps(tx, [ref])[ref][1]:
                        return ref
        raise AssertionError(f"no {stream} like that in this company")


@contextmanager
def day(folder: Path) -> Iterator[Day]:
    with running_trial(folder, seed=SEED, handoffs=HANDOFFS) as trial, opened(trial) as app:
        trial.simulator.hubspot_server.control("switch", {"index_lag": [0.0, 0.0]})
        cycle(app)
        settle(trial, app)
        context, _ = prepare(app.context)
        now = trial.simulator.clock.now()
        yield Day(trial, app, context, dict.fromkeys(("hot", "other", "sweep", "reconcile"), now))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    with day(tmp_path_factory.mktemp("day")) as found:
        yield found


def happen(running: Day, system: str, op: str, name: str, **more: Any) -> None:
    server = getattr(running.trial.simulator, f"{system}_server")
    server.control("apply", {"events": [{"op": op, "object": name, **more}]})


def test_hours_in_which_nothing_happens_cost_what_the_formula_says(running: Day) -> None:
    """The formula of the README, measured over a span in which everything comes round at least once."""
    running.run(running.now + timedelta(minutes=3))
    running.due = dict.fromkeys(running.due, running.now)
    with running.app.store.write() as tx:  # the comparison of the day falls into this hour
        for one in comparison.read(tx):
            comparison.save(tx, comparison.Progress(one.connection, one.part, None, "", running.now - RECONCILE))
    since, hours = mark(running.trial), 0.5
    running.run(running.now + timedelta(hours=hours))
    for name, entries in requests_since(running.trial, since).items():
        spent = sum(entry.cost for entry in entries if "/token" not in entry.path)
        least = _formula(running, name, hours)
        assert least <= spent <= 1.1 * least, f"{name}: {spent} calls, the formula says {least}"
        assert planned_calls(running.app, name) <= _formula(running, name, 24)


def test_a_property_is_seen_one_cycle_after_it_is_readable(running: Day) -> None:
    lead, contact = running.some("Lead"), running.some("contacts")
    happen(running, "salesforce", "update", "Lead", id=lead.record_id, record={"LastName": "改姓"})
    happen(running, "hubspot", "update", "contacts", id=contact.record_id, record={"properties": {"lastname": "改姓"}})

    def seen() -> bool:
        with running.app.store.read() as tx:
            found = records.load(tx, [lead, contact])
        return [found[lead].record.values["LastName"], found[contact].record.values["lastname"]] == ["改姓", "改姓"]

    running.seen_within(2 * HOT, seen)


def test_an_archived_contact_is_seen_at_the_next_sweep(running: Day) -> None:
    contact = running.some("contacts")
    happen(running, "hubspot", "archive", "contacts", id=contact.record_id)
    running.seen_within(SWEEP + HOT, lambda: running.deleted(contact))


def test_a_hard_deletion_is_seen_at_the_next_sweep_where_the_org_tells_of_it(running: Day) -> None:
    lead = running.some("Lead")
    happen(running, "salesforce", "hard_delete", "Lead", id=lead.record_id)
    running.seen_within(SWEEP + 2 * HOT, lambda: running.deleted(lead))


def test_a_call_that_comes_to_hang_on_a_person_without_a_stamp(running: Day) -> None:
    """At the next sweep where a clock runs, within a day elsewhere."""
    for state, bound, step in ((True, SWEEP + HOT, HOT), (False, RECONCILE + 4 * HOUR, 2 * HOUR)):
        person = running.some("contacts", running=state)
        call = RecordRef("hubspot", "calls", _call(running))
        running.seen_within(2 * HOT + OTHER, lambda c=call: _stored(running, c))
        # A sweep may have read it first, and the head after it would read it again.
        running.run(running.now + 2 * OTHER)
        happen(running, "hubspot", "associate", "calls", id=call.record_id, to="contacts", to_id=person.record_id)

        def seen(person: RecordRef = person, call: RecordRef = call) -> bool:
            with running.app.store.read() as tx:
                return str(person) in records.load(tx, [call])[call].record.facts["subjects"]

        took = running.seen_within(bound, seen, step)
        assert state or took > SWEEP, "nothing but the full comparison tells of it"


def _call(running: Day) -> str:
    values = {"hs_timestamp": running.now.isoformat(), "hs_call_direction": "OUTBOUND", "hs_call_status": "COMPLETED"}
    event = {"op": "insert", "object": "calls", "record": {"properties": values}}
    return running.trial.simulator.hubspot_server.control("apply", {"events": [event]})["ids"][0]


def _stored(running: Day, ref: RecordRef) -> bool:
    with running.app.store.read() as tx:
        return bool(records.read_stamps(tx, [ref]))


def _formula(running: Day, name: str, hours: float) -> int:
    """README, "What reading costs": calls of so many hours, one full comparison among them."""
    specs = running.context.connections[name].streams
    hot, slow = sum(s.hot for s in specs), sum(not s.hot for s in specs)
    swept = [s for s in specs if name == "salesforce" or s.kind is not Kind.USER]
    with running.app.store.read() as tx:
        held = records.count_by_stream(tx)
    span = timedelta(hours=hours)
    counts = [held.get((name, s.name), 0) for s in swept]
    if name == "salesforce":
        pieces = sum(max(ceil(n / PIECE), 1) for n in counts)
        return (
            int(span / HOT) * ceil(hot / 5)
            + int(span / OTHER) * ceil(slow / 5)
            + int(span / SWEEP) * ceil(len(swept) / 5)
            + ceil(pieces / 5)
        )
    with running.app.store.read() as tx:
        waiting = len(handoffs.find_ids_with_running_clock(tx, "", 100_000))
        open_ = len(handoffs.find_open_ids(tx, "", 100_000))
    hanging = sum(s.kind in (Kind.ACTIVITY, Kind.QUALIFICATION) for s in specs)
    return (
        int(span / HOT) * hot
        + int(span / OTHER) * slow
        + int(span / SWEEP) * (2 * len(swept) + hanging * ceil(waiting / 1000))
        + sum(max(ceil(n / 100), 1) for n in counts)
        + hanging * ceil(open_ / 1000)
    )
