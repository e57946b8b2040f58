"""The first half of a backfill: every stream from its beginning, several at a time, in slices of some seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from sync.budget import Purpose, calling_for
from sync.core.model.records import Kind
from sync.errors import AuthError, RunProblem, Shortfall
from sync.flow.backfill_cost import unread
from sync.flow.backfill_request import all_streams
from sync.flow.backfill_run import SLICE_S, Run, Step, find_pause, pause_a_moment, sleep_until
from sync.flow.connect import read_clock
from sync.flow.cycle import guard
from sync.flow.pull import pull_head
from sync.flow.report import Tally
from sync.flow.spending import keep_count
from sync.ports import Connection, ReadsWhole, StreamSpec, Whole
from sync.store import streams as stream_store
from sync.store.backfills import Phase
from sync.store.lock import take_turn

FAILURES = 5
"""Slices in a row that brought nothing before it is given up for now."""
RETRY_S = (5.0, 15.0, 30.0, 60.0)
_Job = tuple[Connection, list[StreamSpec]]
"""What one thread reads."""


def read_everything(run: Run) -> bool:
    """Returns whether everything was read to its end."""
    failures, read, started = 0, 0, run.pacing.clock()
    with take_turn(run.context.store):
        _prepare_cursors(run)
    expected = sum(one.records or 0 for one in run.sizes.values()) or None
    while left := _left(run):
        done, _ = _read_slice(run, left)
        read += done
        elapsed = max(run.pacing.clock() - started, 0.001)
        run.tell(Step.READ, read, expected, read / elapsed)
        failures = 0 if done or _moved(left, _left(run)) else failures + 1
        if (pause := find_pause(run, left)) is not None:
            sleep_until(run, *pause)
            failures = 0
        elif failures >= FAILURES:
            _tell_behind(run, left)
            return False
        elif failures:
            run.pacing.sleep(RETRY_S[min(failures, len(RETRY_S)) - 1])
        if not run.context.connections:
            return False
    if beside := _left_out(run):
        # Of what is read by halves nothing can be said.
        run.trouble = [RunProblem(Shortfall.UNJUDGED)]
        _tell_behind(run, beside)
        return False
    whole = {
        f"{c.name}:{s.name}" for c in run.context.connections.values() for s in c.streams if s.kind is Kind.ACTIVITY
    }
    trusted = whole <= {*run.backfill.streams} and not run.context.unreachable
    run.save(replace(run.backfill, phase=Phase.JUDGING, evidence_at=run.backfill.begun_at if trusted else None))
    return True


def _prepare_cursors(run: Run) -> None:
    """Ask how much there is, and begin what is best read by a job of its own."""
    sizes: dict[str, Whole] = {}
    for connection in list(run.context.connections.values()):
        specs = [spec for spec in connection.streams if f"{connection.name}:{spec.name}" in run.backfill.streams]
        if not specs or not isinstance(connection.source, ReadsWhole):
            continue
        guard(
            run.cycle, connection, "backfill", partial(_begin_streams, run, connection, connection.source, specs, sizes)
        )
    run.sizes = sizes


def _begin_streams(
    run: Run, connection: Connection, source: ReadsWhole, specs: Sequence[StreamSpec], sizes: dict[str, Whole]
) -> Tally:
    tally = Tally()
    with calling_for(Purpose.RECONCILE):
        found = source.whole(specs, run.pacing.bulk_from)
    sizes.update({f"{connection.name}:{name}": one for name, one in found.items()})
    with run.context.store.write() as tx:
        known = {s.stream: s.cursor for s in stream_store.read_standings(tx, connection.name)}
        for name, one in found.items():
            if one.cursor is not None and known.get(name) is None:
                stream_store.save_cursor(tx, connection.name, name, one.cursor)
    return tally


def _left(run: Run) -> dict[str, list[StreamSpec]]:
    """By connection what is not read to its end, the largest first."""
    found: dict[str, list[StreamSpec]] = {}
    with run.context.store.read() as tx:
        standings = {(s.connection, s.stream): s for s in stream_store.read_standings(tx)}
    for name, connection in run.context.connections.items():
        for spec in connection.streams:
            place = f"{name}:{spec.name}"
            standing = standings.get((name, spec.name))
            done = standing is not None and (
                standing.switched_off is not None
                or (standing.last_success is not None and standing.last_success >= run.backfill.begun_at)
            )
            if place in run.backfill.streams and not done:
                found.setdefault(name, []).append(spec)
    for name, specs in found.items():
        specs.sort(key=lambda spec: -((one.records or 0) if (one := run.sizes.get(f"{name}:{spec.name}")) else 0))
    return found


def _left_out(run: Run) -> dict[str, list[StreamSpec]]:
    """By connection what was never read, and is not asked for."""
    others = {*all_streams(run.context)} - {*run.backfill.streams}
    found = {name: unread(run.context, one, others) for name, one in run.context.connections.items()}
    return {name: specs for name, specs in found.items() if specs}


def _moved(before: Mapping[str, Sequence[StreamSpec]], after: Mapping[str, Sequence[StreamSpec]]) -> bool:
    return sum(map(len, before.values())) != sum(map(len, after.values()))


def read_on(run: Run) -> None:
    """What changed while it was read, or since it was read, of every stream; and what a connection still has to bring that
    was refused in the middle of it."""
    left = {name: list(one.streams) for name, one in run.context.connections.items()}
    while left:
        done, unread = _read_slice(run, left)
        before, left = left, unread
        if left and not done and not _moved(before, left):
            _tell_behind(run, left)
            break
    if run.pacing.threads:
        # Of the threads that read: each keeps a cache of the database as long as it is open.
        run.context.store.engine.dispose()
    if run.context.connections:
        run.cycle.now = max(run.cycle.now, read_clock(run.context))


def _read_slice(run: Run, left: Mapping[str, Sequence[StreamSpec]]) -> tuple[int, dict[str, list[StreamSpec]]]:
    """Some seconds of reading, several streams at a time. Returns the number of records, and by connection what was not
    read to its end."""
    tallies: list[Tally] = []
    with take_turn(run.context.store):
        # Waiting for the turn is no part of it.
        ends_at = run.pacing.clock() + SLICE_S
        jobs = [
            (connection, unit)
            for name, specs in left.items()
            if (connection := run.context.connections.get(name)) is not None
            for unit in _units(run, connection, specs)
        ]
        refused: list[tuple[Connection, AuthError]] = []
        queues = {name: iter([job for job in jobs if job[0].name == name]) for name in left}
        workers = [name for name in left for _ in range(_parallel(run, name))]

        def work_off(name: str) -> list[tuple[_Job, Tally]]:
            some = _until(queues[name], ends_at, run.pacing.clock)
            return [(job, _read_unit(run, *job, ends_at, refused)) for job in some]

        if run.pacing.threads:
            with ThreadPoolExecutor(len(workers) or 1, "backfill") as pool:
                told = [one for found in pool.map(work_off, workers) for one in found]
        else:
            told = [one for name in left for one in work_off(name)]
        unread = _find_unread(jobs, told)
        tallies = [tally for _, tally in told]
        for tally in tallies:
            # What passes is tried again in the next slice; what was given up is told at the end.
            run.trouble = tally.problems or run.trouble
            tally.problems = tally.problems if "streams_switched_off" in tally.counts else []
            run.join("backfill", tally)
        for connection, error in refused:
            if connection.name in run.context.connections:
                guard(run.cycle, connection, "backfill", partial(_raise, error))
        with run.context.store.write() as tx:
            keep_count(tx, run.cycle.spenders)
    pause_a_moment(run)
    there = {name: specs for name, specs in unread.items() if name in run.context.connections}
    return sum(tally.counts.get("read", 0) for tally in tallies), there


def _find_unread(jobs: Sequence[_Job], told: Sequence[tuple[_Job, Tally]]) -> dict[str, list[StreamSpec]]:
    """By connection the streams whose turn did not come, or that have more."""
    behind = {place for _, tally in told for place in tally.behind}
    begun = {f"{connection.name}:{spec.name}" for (connection, specs), _ in told for spec in specs}
    found: dict[str, list[StreamSpec]] = {}
    for connection, specs in jobs:
        for spec in specs:
            if (place := f"{connection.name}:{spec.name}") in behind or place not in begun:
                found.setdefault(connection.name, []).append(spec)
    return found


def _raise(error: AuthError) -> Tally:
    raise error


def _parallel(run: Run, name: str) -> int:
    connection = run.context.connections.get(name)
    return connection.source.parallel if connection and isinstance(connection.source, ReadsWhole) else 1


def _units(run: Run, connection: Connection, specs: Sequence[StreamSpec]) -> list[list[StreamSpec]]:
    """What is read together: streams that share their calls, and each of the others alone."""
    shared, alone = list[StreamSpec](), list[list[StreamSpec]]()
    for spec in specs:
        size = run.sizes.get(f"{connection.name}:{spec.name}")
        if size is not None and size.way == "query":
            shared.append(spec)
        else:
            alone.append([spec])
    return alone + ([shared] if shared else [])


def _until(jobs: Iterator[_Job], ends_at: float, clock: Callable[[], float]) -> Iterator[_Job]:
    while clock() < ends_at and (job := next(jobs, None)) is not None:
        yield job


def _read_unit(
    run: Run,
    connection: Connection,
    specs: Sequence[StreamSpec],
    ends_at: float,
    refused: list[tuple[Connection, AuthError]],
) -> Tally:
    """In a thread of its own. Streams that share calls are read to their end: half of a call's pages would be lost."""
    clock = run.pacing.clock

    def enough() -> bool:
        return len(specs) == 1 and clock() >= ends_at

    try:
        with calling_for(Purpose.RECONCILE):
            return pull_head(run.context, connection, specs, run.cycle.now, enough)
    except AuthError as error:
        refused.append((connection, error))
        return Tally()


def _tell_behind(run: Run, left: Mapping[str, Sequence[StreamSpec]]) -> None:
    streams = [f"{name}:{spec.name}" for name, specs in left.items() for spec in specs]
    behind = Tally(problems=list(run.trouble), behind=dict.fromkeys(streams, ""))
    run.cycle.do("backfill", lambda: behind)
