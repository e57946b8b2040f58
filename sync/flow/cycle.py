"""One cycle over everything: pull, link, judge, deliver; what `baton ops once` runs and the daemon repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sync.budget import Purpose, calling_for
from sync.errors import AuthError, NoConnection, RunProblem, Shortfall, TransientError
from sync.flow.comparison import begin_comparison, compare
from sync.flow.connect import prepare, read_clock
from sync.flow.context import Context
from sync.flow.deliver import deliver, recover
from sync.flow.housekeeping import keep_house, read_expired
from sync.flow.judge import judge_dirty
from sync.flow.link import link_dirty
from sync.flow.pull import is_owed, pull_head, tell_gone
from sync.flow.report import CycleReport, Outcome, Tally, failure
from sync.flow.restraint import release_over
from sync.flow.spending import keep_count
from sync.flow.sweep import sweep, sweep_links
from sync.ports import Connection
from sync.store import runs
from sync.store import streams as stream_store
from sync.store.backfills import Phase, read_backfill
from sync.store.lock import is_backfilling
from sync.store.streams import StreamStanding

_PROBLEM_COUNTS = frozenset(
    {"parked", "conflict", "unknown", "retry", "judge_failed", "link_failed", "unconfirmed", "held"}
)
PURPOSES = {
    "judge": Purpose.DEADLINE,
    "deliver": Purpose.DELIVERY,
    "pull": Purpose.HEAD,
    "sweep": Purpose.SWEEP,
    "reconcile": Purpose.RECONCILE,
}
"""What the calls of each step are for. Judging asks for evidence alone, before somebody is called late."""


@dataclass(slots=True)
class Cycle:
    """A run under way: its steps by name, and the context that shrinks when a connection fails."""

    context: Context
    run_id: int
    started_at: datetime
    now: datetime
    steps: dict[str, Tally] = field(default_factory=dict[str, Tally])
    spenders: tuple[Connection, ...] = ()
    """All connections that the run began with: those that failed have made calls as well."""
    job: str = ""

    def do(self, name: str, step: Callable[[], Tally]) -> Tally:
        """Calls made in it are for what the step is for. Returns what it did."""
        with calling_for(PURPOSES.get(name, Purpose.HEAD)):
            done = step()
        self.steps.setdefault(name, Tally()).join(done)
        return done


def run_once(context: Context, *, sweep: bool = False, reconcile: bool = False, write: bool = True) -> CycleReport:
    """Pull all streams of all connections, (sweep, compare everything,) link, judge and deliver.

    `write=False` stops after linking: what `plan` reads before it shows what would change. An unprepared context is
    prepared first. Raises ConfigError (another tenant), UnsafePlan (too many judgements fail) and BugError; every
    other trouble makes the report partial, or failed when no connection could be read.
    """
    prepared = Tally()
    if not context.prepared:
        context, prepared = prepare(context)
    cycle = start(context, "once", prepared)
    pull_all(cycle)
    if sweep:
        sweep_all(cycle)
    if reconcile:
        compare_all(cycle, at_once=True)
    return finish(cycle, write=write)


def start(context: Context, job: str, prepared: Tally | None = None) -> Cycle:
    """Open a run. Raises TransientError when no connection can be used or tells the time; that it failed is kept."""
    if not context.connections:
        left_out = [RunProblem(Shortfall.LEFT_OUT, name) for name in sorted(context.unreachable)]
        told = prepared.problems if prepared else left_out
        tell_failed(context, job, told)
        raise NoConnection(told)
    try:
        now = read_clock(context)
    except TransientError as error:
        tell_failed(context, job, [failure(error)])
        raise
    with context.store.write() as tx:
        run_id = runs.start(tx, job, context.mode.value, now)
    steps = {"prepare": prepared} if prepared else {}
    return Cycle(context, run_id, now, now, steps, tuple(context.connections.values()), job)


def tell_failed(context: Context, job: str, problems: list[RunProblem]) -> None:
    """Keep that a run could not even begin, for `status`."""
    with context.store.write() as tx:
        runs.fail(tx, job, context.mode.value, None, problems)


def finish(cycle: Cycle, *, write: bool = True) -> CycleReport:
    """The steps behind the pull, and the end of the run, whatever happens in them."""
    try:
        if cycle.context.connections:
            cycle.now = max(cycle.now, read_clock(cycle.context))
        work(cycle, write=write)
        _tell_gone(cycle)
    except Exception as error:
        _end(cycle, Outcome.FAILED, [*_problems(cycle), failure(error)])
        raise
    return _end(cycle, _outcome(cycle), _problems(cycle))


def work(cycle: Cycle, *, write: bool = True) -> None:
    """Link what changed, judge what that touches or time does, and deliver."""
    context, now, run = cycle.context, cycle.now, cycle.run_id
    if is_waiting(context):
        return  # of what is read by halves nothing can be said yet
    if write:
        cycle.do("deliver", lambda: recover(context, now, run))
        cycle.do("deliver", lambda: release_over(context, now))
    cycle.do("pull", lambda: read_expired(context))
    cycle.do("link", lambda: link_dirty(context, now))
    if write:
        if cycle.do("judge", lambda: judge_dirty(context, now, run)).counts:
            # Evidence that was read again may belong to other handoffs as well.
            cycle.do("link", lambda: link_dirty(context, now))
            cycle.do("judge", lambda: judge_dirty(context, now, run))
        cycle.do("deliver", lambda: deliver(context, now, run))
        cycle.do("house", lambda: keep_house(context, now))


def is_waiting(context: Context) -> bool:
    """Whether a backfill is reading what nothing was known of before."""
    with context.store.read() as tx:
        backfill = read_backfill(tx)
    fresh = backfill is not None and backfill.fresh and backfill.phase is Phase.READING
    return fresh and is_backfilling(context.store)


def close(cycle: Cycle) -> CycleReport:
    """The end of a run whose steps were done one by one."""
    _tell_gone(cycle)
    return _end(cycle, _outcome(cycle), _problems(cycle))


def _tell_gone(cycle: Cycle) -> None:
    """Whatever the run was for: a stream that was taken away, or of which nobody knows whether it is there, makes it
    partial."""
    told = tell_gone(cycle.context, _problems(cycle))
    if told.behind:
        cycle.do("pull", lambda: told)


def pull_all(cycle: Cycle) -> None:
    for connection in list(cycle.context.connections.values()):
        guard(cycle, connection, "pull", lambda c=connection: pull_head(cycle.context, c, c.streams, cycle.now))


def sweep_all(cycle: Cycle) -> None:
    """Compare the stamps of the overlap window, and what hangs on handoffs whose clock is running."""
    for connection in list(cycle.context.connections.values()):
        guard(cycle, connection, "sweep", lambda c=connection: _sweep_streams(cycle, c))
    cycle.do("sweep", lambda: sweep_links(cycle.context, cycle.now))


def compare_all(cycle: Cycle, *, at_once: bool = False, steps: int | None = None) -> None:
    """Go on with the full comparison where its time has come (`at_once`: anyway), for so many steps (None: to its end)."""
    begin_comparison(cycle.context, cycle.now, at_once=at_once)
    for connection in list(cycle.context.connections.values()):
        guard(cycle, connection, "reconcile", lambda c=connection: compare(cycle.context, c, cycle.now, steps))


def guard(cycle: Cycle, connection: Connection, name: str, step: Callable[[], Tally]) -> None:
    """Refused credentials stop this connection for the rest of the run; the others go on."""
    try:
        cycle.do(name, step)
    except AuthError as error:
        cycle.context = cycle.context.stop(connection.name)
        cycle.steps.setdefault(name, Tally()).miss(Shortfall.STOPPED, connection.name, error)


def _sweep_streams(cycle: Cycle, connection: Connection) -> Tally:
    with cycle.context.store.read() as tx:
        standings = {s.stream: s for s in stream_store.read_standings(tx, connection.name)}
    windows = [
        (stream, _since(cycle, standing.last_sweep if standing else None))
        for stream in connection.streams
        if (standing := standings.get(stream.name)) is None or standing.switched_off is None
    ]
    return sweep(cycle.context, connection, windows, cycle.now)


def _since(cycle: Cycle, last_sweep: datetime | None) -> datetime:
    """The overlap window, reaching back to before the last sweep that worked."""
    overlap = cycle.context.overlap
    return min(cycle.now, last_sweep or cycle.now) - overlap


def _problems(cycle: Cycle) -> list[RunProblem]:
    """Of all steps, and every connection that was left out without a word: a run that is partial says why."""
    told = [problem for tally in cycle.steps.values() for problem in tally.problems]
    silent = cycle.context.unreachable - {one.connection for one in told}
    return told + [RunProblem(Shortfall.LEFT_OUT, name) for name in sorted(silent)]


def _outcome(cycle: Cycle) -> Outcome:
    if not cycle.context.connections:
        return Outcome.FAILED
    counted = any(_PROBLEM_COUNTS & tally.counts.keys() for tally in cycle.steps.values())
    behind = any(tally.behind for tally in cycle.steps.values())
    return Outcome.PARTIAL if counted or behind or _problems(cycle) or cycle.context.unreachable else Outcome.DONE


def _end(cycle: Cycle, outcome: Outcome, problems: list[RunProblem]) -> CycleReport:
    counts = {name: dict(tally.counts) for name, tally in cycle.steps.items()}
    behind = _read_behind(cycle)
    with cycle.context.store.write() as tx:
        keep_count(tx, cycle.spenders)
        runs.end(tx, cycle.run_id, cycle.now, outcome.value, counts, problems, behind)
    return CycleReport(cycle.run_id, cycle.started_at, cycle.now, outcome, counts, tuple(problems), behind)


def _read_behind(cycle: Cycle) -> dict[str, str]:
    """What the steps left unread, and every stream of a connection that was left out: up to when each was read."""
    found: dict[str, str] = {}
    if cycle.context.unreachable:
        with cycle.context.store.read() as tx:
            standings = stream_store.read_standings(tx)
        found = {
            f"{one.connection}:{one.stream}": one.last_success.isoformat() if one.last_success else ""
            for one in standings
            if one.connection in cycle.context.unreachable and _is_wanted(cycle.context, one)
        }
    return found | {k: v for tally in cycle.steps.values() for k, v in tally.behind.items()}


def _is_wanted(context: Context, standing: StreamStanding) -> bool:
    """Whether reading it is asked for, and it is there or was."""
    stream = context.mapping.streams.get((standing.connection, standing.stream))
    return stream is not None and (standing.switched_off is None or is_owed(standing, stream.kind))
