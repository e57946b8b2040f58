"""A backfill: everything read the cheapest way, linked and judged in batches, and written in small steps that a person
has seen the first of.

It stands in the store (`sync/store/backfills.py`): every page is kept together with where to go on, every batch is judged
in its own transaction, what is to be written is held in the outbox. Killed anywhere, it goes on from there. A daemon beside
it gets its turn between slices of some seconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from sync.budget import Pause, Purpose, calling_for
from sync.core.model.records import Kind
from sync.errors import AuthError, ConfigError, Problem
from sync.flow.backfill_cost import unread
from sync.flow.connect import read_clock
from sync.flow.context import Context, Mode
from sync.flow.cycle import Cycle, close, guard, start, work
from sync.flow.deliver import deliver
from sync.flow.judge import judge_dirty
from sync.flow.link import link_dirty
from sync.flow.pull import pull_head
from sync.flow.report import CycleReport, Tally
from sync.flow.spending import keep_count
from sync.ports import Connection, ReadsWhole, StreamSpec, Whole
from sync.store import handoffs, outbox, records
from sync.store import streams as stream_store
from sync.store.backfills import Backfill, Phase, read_backfill, write_backfill
from sync.store.lock import take_turn

SLICE_S = 10.0
"""Seconds after which whoever else works on the store gets its turn."""
YIELD_S = 0.02
"""For so long the turn is there to be taken."""
FAILURES = 5
"""Slices in a row that brought nothing before it is given up for now."""
STALLED = 3
"""Slices in a row after which nothing was less than before: what is left waits for the next run."""
RETRY_S = (5.0, 15.0, 30.0, 60.0)
_MINUTE = 60.0


class Step(StrEnum):
    """What is being done, for whoever watches."""

    READ = "read"
    LINK = "link"
    JUDGE = "judge"
    WRITE = "write"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Progress:
    step: Step
    done: int
    of: int | None
    """None: nobody knows how much there is."""
    per_second: float = 0.0
    until: datetime | None = None
    """Of a pause: when it goes on, by the CRM's clock."""
    connection: str = ""
    reason: str = ""

    @property
    def seconds_left(self) -> float | None:
        left = None if self.of is None else max(self.of - self.done, 0)
        return None if left is None or not self.per_second else left / self.per_second


Watcher = Callable[[Progress], None]
_Job = tuple[Connection, list[StreamSpec]]
"""What one thread reads."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast it writes, and how it waits. `sleep` in seconds; `clock` in seconds of any origin."""

    first: int = 200
    writes_per_minute: int = 600
    bulk_from: int = 50_000
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    threads: bool = True
    """Several streams at a time; not for a store in memory, which has one connection."""


@dataclass(frozen=True, slots=True)
class Result:
    """How it stands now."""

    backfill: Backfill
    reports: Sequence[CycleReport]
    """Of the backfill itself, and of the incremental pass behind it."""
    written: int
    """Records that this call wrote."""
    left: Mapping[tuple[str, str], int]
    """Records that are still to be written, by connection and stream."""
    observed: int
    """Changes that were left alone, because nothing happened to their handoffs in the span, or they are over."""
    shown: Sequence[str] = ()
    """Some of the records that were written first."""

    @property
    def is_done(self) -> bool:
        return self.backfill.phase is Phase.DONE and not any(report.partial for report in self.reports)


@dataclass(slots=True)
class _Run:
    """A backfill under way in this process."""

    cycle: Cycle
    backfill: Backfill
    pacing: Pacing
    watch: Watcher
    sizes: Mapping[str, Whole] = field(default_factory=dict[str, Whole])
    seen_problems: set[str] = field(default_factory=set[str])
    trouble: list[str] = field(default_factory=list[str])
    """What kept the latest slice from reading on."""

    @property
    def context(self) -> Context:
        return self.cycle.context

    def save(self, backfill: Backfill) -> None:
        self.backfill = backfill
        with self.context.store.write() as tx:
            write_backfill(tx, backfill)

    def join(self, name: str, tally: Tally) -> None:
        """What happens in every slice is told once."""
        tally.problems = [one for one in tally.problems if one not in self.seen_problems]
        self.seen_problems |= {*tally.problems}
        tally.behind.clear()
        self.cycle.do(name, lambda: tally)

    def tell(self, step: Step, done: int, of: int | None, per_second: float = 0.0) -> None:
        self.watch(Progress(step, done, of, per_second))


def all_streams(context: Context) -> list[str]:
    return [f"{name}:{spec.name}" for name, connection in context.connections.items() for spec in connection.streams]


def choose_streams(context: Context, asked: Sequence[str]) -> list[str]:
    """The streams that were named (`contacts`, `hubspot:contacts`), or all. Raises ConfigError."""
    known = all_streams(context)
    chosen = {name: [one for one in known if name in (one, one.partition(":")[2])] for name in asked}
    unknown = [name for name, found in chosen.items() if not found]
    if unknown:
        hint = f"there are {', '.join(known)}"
        raise ConfigError([Problem("--stream", f"{name!r} is no stream that can be read", hint) for name in unknown])
    return [one for one in known if not asked or any(one in found for found in chosen.values())]


def find_unfinished(context: Context) -> Backfill | None:
    with context.store.read() as tx:
        backfill = read_backfill(tx)
    return backfill if backfill is not None and backfill.phase is not Phase.DONE else None


def begin(
    context: Context, streams: Collection[str], since: datetime, until: datetime | None, *, write_closed: bool
) -> Backfill:
    """A new one, or the one under way with the same span, which while it reads goes on with these streams. Raises
    ConfigError when records of one with another span wait to be written."""
    before = find_unfinished(context)
    if before is not None:
        if (before.since, before.until, before.write_closed) == (since, until, write_closed):
            return _choose_anew(context, before, streams) if before.phase is Phase.READING else before
        if _count_held(context):
            raise ConfigError(
                Problem(
                    "backfill",
                    f"the one since {before.since.isoformat()} is not finished: records of it wait to be written",
                    "finish it with --continue, or park what waits (baton ops outbox park); then begin another",
                )
            )
    now = read_clock(context)
    wanted = _name_unread(context, streams)
    with context.store.read() as tx:
        fresh = all(standing.last_success is None for standing in stream_store.read_standings(tx))
    backfill = Backfill(since, until, write_closed, now, tuple(wanted), fresh)
    with context.store.write() as tx:
        write_backfill(tx, backfill)
        # What an earlier one left alone may be written by this one.
        handoffs.mark_all_dirty(tx)
    return backfill


def _choose_anew(context: Context, before: Backfill, streams: Collection[str]) -> Backfill:
    wanted = {*_name_unread(context, streams), *(one for one in before.streams if one in streams)}
    backfill = replace(before, streams=tuple(one for one in all_streams(context) if one in wanted))
    with context.store.write() as tx:
        write_backfill(tx, backfill)
    return backfill


def _name_unread(context: Context, streams: Collection[str]) -> list[str]:
    return [
        f"{name}:{spec.name}" for name, one in context.connections.items() for spec in unread(context, one, streams)
    ]


def _count_held(context: Context) -> int:
    with context.store.read() as tx:
        return sum(outbox.count_backfill(tx).values())


def run_backfill(
    context: Context,
    backfill: Backfill,
    pacing: Pacing,
    watch: Watcher = lambda _progress: None,
    *,
    go_on: bool = False,
) -> Result:
    """Go on from where it stands to where a person is asked to look (`go_on`: who has looked), or to the end.

    The context must be prepared. Raises AuthError for none of its connections: what is refused is left out and told.
    """
    with take_turn(context.store):
        run = _Run(start(context, "backfill"), backfill, pacing, watch)
    if go_on and backfill.phase is Phase.LOOKING:
        run.save(replace(backfill, phase=Phase.WRITING, looked=True))
    finished = _read_everything(run) if run.backfill.phase is Phase.READING else True
    if finished:
        _catch_up(run)
        _judge_everything(run)
    written, shown = (0, list[str]()) if not finished else _write(run)
    with take_turn(context.store):
        reports = [close(run.cycle)]
        if run.backfill.phase is Phase.DONE:
            reports.append(_pass_again(run))
        with context.store.read() as tx:
            left, states = outbox.count_backfill(tx), outbox.count_by_state(tx)
    observed = sum(n for (_, state), n in states.items() if state is outbox.State.OBSERVED)
    return Result(run.backfill, reports, written, left, observed, shown)


# -- reading ---------------------------------------------------------------------------------------------------------


def _read_everything(run: _Run) -> bool:
    """Returns whether everything was read to its end."""
    failures, read, started = 0, 0, run.pacing.clock()
    with take_turn(run.context.store):
        _prepare_cursors(run)
    expected = sum(one.records or 0 for one in run.sizes.values()) or None
    while left := _left(run):
        done = _read_slice(run, left)
        read += done
        elapsed = max(run.pacing.clock() - started, 0.001)
        run.tell(Step.READ, read, expected, read / elapsed)
        failures = 0 if done or _moved(left, _left(run)) else failures + 1
        if (pause := _find_pause(run, left)) is not None:
            _sleep_until(run, *pause)
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
        run.trouble = [
            "nothing is judged before all streams are read: begin again without --stream, or with the others"
        ]
        _tell_behind(run, beside)
        return False
    whole = {
        f"{c.name}:{s.name}" for c in run.context.connections.values() for s in c.streams if s.kind is Kind.ACTIVITY
    }
    trusted = whole <= {*run.backfill.streams} and not run.context.unreachable
    run.save(replace(run.backfill, phase=Phase.JUDGING, evidence_at=run.backfill.begun_at if trusted else None))
    return True


def _prepare_cursors(run: _Run) -> None:
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
    run: _Run, connection: Connection, source: ReadsWhole, specs: Sequence[StreamSpec], sizes: dict[str, Whole]
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


def _left(run: _Run) -> dict[str, list[StreamSpec]]:
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


def _left_out(run: _Run) -> dict[str, list[StreamSpec]]:
    """By connection what was never read, and is not asked for."""
    others = {*all_streams(run.context)} - {*run.backfill.streams}
    found = {name: unread(run.context, one, others) for name, one in run.context.connections.items()}
    return {name: specs for name, specs in found.items() if specs}


def _moved(before: Mapping[str, Sequence[StreamSpec]], after: Mapping[str, Sequence[StreamSpec]]) -> bool:
    return sum(map(len, before.values())) != sum(map(len, after.values()))


def _read_slice(run: _Run, left: Mapping[str, Sequence[StreamSpec]]) -> int:
    """Some seconds of reading, several streams at a time. Returns the number of records."""
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

        def work_off(name: str) -> list[Tally]:
            return [_read_unit(run, *job, ends_at, refused) for job in _until(queues[name], ends_at, run.pacing.clock)]

        if run.pacing.threads:
            with ThreadPoolExecutor(len(workers) or 1, "backfill") as pool:
                tallies = [one for found in pool.map(work_off, workers) for one in found]
        else:
            tallies = [one for name in left for one in work_off(name)]
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
    _pause_a_moment(run)
    return sum(tally.counts.get("read", 0) for tally in tallies)


def _pause_a_moment(run: _Run) -> None:
    """Leave the turn to others, and give back what a slice took: otherwise memory stays as large as its largest one."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)  # of glibc; others have none, or need none
    run.pacing.sleep(YIELD_S)


def _raise(error: AuthError) -> Tally:
    raise error


def _parallel(run: _Run, name: str) -> int:
    connection = run.context.connections.get(name)
    return connection.source.parallel if connection and isinstance(connection.source, ReadsWhole) else 1


def _units(run: _Run, connection: Connection, specs: Sequence[StreamSpec]) -> list[list[StreamSpec]]:
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
    run: _Run,
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


def _find_pause(run: _Run, left: Mapping[str, object]) -> tuple[str, Pause] | None:
    """Where nothing can be read now because the budget is used up everywhere it is needed: the first that goes on."""
    waiting = {
        name: next((p for p in one.source.usage().pauses if p.purpose is Purpose.RECONCILE), None)
        for name, one in run.context.connections.items()
        if name in left
    }
    if not waiting or any(pause is None for pause in waiting.values()):
        return None
    return min(((name, pause) for name, pause in waiting.items() if pause), key=lambda told: told[1].until)


def _sleep_until(run: _Run, name: str, pause: Pause) -> None:
    now = run.context.connections[name].source.server_time()
    run.watch(Progress(Step.PAUSE, 0, None, until=pause.until, connection=name, reason=pause.limit.value))
    run.pacing.sleep(max((pause.until - now).total_seconds(), 1.0))


def _tell_behind(run: _Run, left: Mapping[str, Sequence[StreamSpec]]) -> None:
    streams = [f"{name}:{spec.name}" for name, specs in left.items() for spec in specs]
    behind = Tally(problems=list(run.trouble), behind=dict.fromkeys(streams, ""))
    run.cycle.do("backfill", lambda: behind)


# -- judging ---------------------------------------------------------------------------------------------------------


def _catch_up(run: _Run) -> None:
    """What changed while it was read, or since it was read: a head reading of every stream."""
    with take_turn(run.context.store):
        for connection in list(run.context.connections.values()):
            guard(
                run.cycle,
                connection,
                "pull",
                partial(pull_head, run.context, connection, connection.streams, run.cycle.now),
            )
        run.cycle.now = max(run.cycle.now, read_clock(run.context))
        with run.context.store.write() as tx:
            keep_count(tx, run.cycle.spenders)


def _judge_everything(run: _Run) -> None:
    _in_slices(run, Step.LINK, "link", _count_dirty, lambda now, enough: link_dirty(run.context, now, enough))
    _in_slices(run, Step.JUDGE, "judge", _count_pending, lambda now, enough: _judge(run, now, enough))
    # Evidence that was read again may belong to other handoffs as well.
    _in_slices(run, Step.LINK, "link", _count_dirty, lambda now, enough: link_dirty(run.context, now, enough))
    _in_slices(run, Step.JUDGE, "judge", _count_pending, lambda now, enough: _judge(run, now, enough))


def _judge(run: _Run, now: datetime, enough: Callable[[], bool]) -> Tally:
    with calling_for(Purpose.RECONCILE):
        return judge_dirty(run.context, now, run.cycle.run_id, enough)


def _count_dirty(run: _Run) -> int:
    with run.context.store.read() as tx:
        return records.count_dirty(tx)


def _count_pending(run: _Run) -> int:
    with run.context.store.read() as tx:
        return handoffs.count_pending(tx, run.cycle.now, run.context.rules_hash)


def _in_slices(
    run: _Run,
    step: Step,
    name: str,
    count: Callable[[_Run], int],
    work_on: Callable[[datetime, Callable[[], bool]], Tally],
) -> None:
    """Slices of some seconds until nothing is left, or what is left does not grow less: a slice may go by with counting
    alone, or mark as many anew as it did."""
    clock, started, total = run.pacing.clock, run.pacing.clock(), count(run)
    left, stalled = total, 0
    while left and stalled < STALLED:
        with take_turn(run.context.store):
            ends_at = clock() + SLICE_S
            tally = work_on(run.cycle.now, lambda ends_at=ends_at: clock() >= ends_at)
        run.join(name, tally)
        before, left = left, count(run)
        run.tell(step, total - left, total, (total - left) / max(clock() - started, 0.001))
        stalled = stalled + 1 if left >= before else 0
        _pause_a_moment(run)


# -- writing ---------------------------------------------------------------------------------------------------------


def _write(run: _Run) -> tuple[int, list[str]]:
    """The first records and a stop; after the look the rest, so many a minute. Returns how many records, and some of the
    first."""
    if run.context.mode is Mode.OBSERVE:
        run.save(replace(run.backfill, phase=Phase.DONE))
        return 0, []
    if not run.backfill.looked and run.backfill.phase is not Phase.LOOKING:
        total = _held(run)
        written = _release(run, run.pacing.first, Phase.LOOKING)
        run.tell(Step.WRITE, written, total)
        _end_written(run)
        return written, _shown(run) if written else []
    if run.backfill.phase is Phase.LOOKING:
        written = _release(run, 0)  # what a run that was killed let go, and did not send
        _end_written(run)
        return written, _shown(run)
    return _write_rest(run), []


def _end_written(run: _Run) -> None:
    """In a turn: whoever judges beside us must not hold anything for a backfill that is over."""
    with take_turn(run.context.store):
        if not _held(run):
            run.save(replace(run.backfill, phase=Phase.DONE))


def _write_rest(run: _Run) -> int:
    clock, total, written, started = run.pacing.clock, _held(run), 0, run.pacing.clock()
    while left := _held(run):
        begun = clock()
        done = _release(run, run.pacing.writes_per_minute)
        written += done
        run.tell(Step.WRITE, written, total, written / max(clock() - started, 0.001))
        if (pause := _find_pause(run, _waiting(run))) is not None:
            _sleep_until(run, *pause)
        elif not done and _held(run) >= left:
            break
        elif _held(run):
            run.pacing.sleep(max(_MINUTE - (clock() - begun), 0.0))
    _end_written(run)
    return written


def _held(run: _Run) -> int:
    return _count_held(run.context)


def _waiting(run: _Run) -> dict[str, int]:
    """By connection what is held, or was let go and could not be sent."""
    with run.context.store.read() as tx:
        found = Counter(outbox.count_let_go(tx))
        for (name, _), n in outbox.count_backfill(tx).items():
            found[name] += n
    return dict(found)


def _release(run: _Run, limit: int, phase: Phase | None = None) -> int:
    """Let so many records go, of every connection its share, and send them. What was let go before and could not be sent
    counts: behind an outage there is no flood. `phase`: kept together with them."""
    with take_turn(run.context.store):
        run.cycle.now = max(run.cycle.now, read_clock(run.context))
        with run.context.store.write() as tx:
            held, stuck = Counter[str](), outbox.count_let_go(tx)
            for (name, _), n in outbox.count_backfill(tx).items():
                held[name] += n if name in run.context.connections else 0
            left = max(limit - sum(n for name, n in stuck.items() if name in run.context.connections), 0)
            names = sorted(+held, key=lambda one: held[one])
            for number, name in enumerate(names):
                left -= outbox.release_backfill(tx, name, left // (len(names) - number))
            if phase is not None:
                run.backfill = replace(run.backfill, phase=phase)
                write_backfill(tx, run.backfill)
        with calling_for(Purpose.RECONCILE):
            tally = deliver(run.context, run.cycle.now, run.cycle.run_id)
        run.join("deliver", tally)
        with run.context.store.write() as tx:
            keep_count(tx, run.cycle.spenders)
    return tally.counts.get("delivered", 0)


def _shown(run: _Run) -> list[str]:
    with run.context.store.read() as tx:
        return [str(ref) for ref in outbox.read_let_go(tx, run.backfill.begun_at, 10)]


def _pass_again(run: _Run) -> CycleReport:
    """The incremental pass at the end: what changed meanwhile, by the gate and at the pace of every day."""
    cycle = start(run.context, "once")
    for connection in list(cycle.context.connections.values()):
        guard(cycle, connection, "pull", partial(pull_head, cycle.context, connection, connection.streams, cycle.now))
    cycle.now = max(cycle.now, read_clock(cycle.context)) if cycle.context.connections else cycle.now
    work(cycle)
    return close(cycle)
