"""The daemon: one process per store, APScheduler deciding when each step of the flow runs."""

from __future__ import annotations

import logging
import queue
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from sync.errors import AuthError, ConfigError, RunProblem, TransientError
from sync.flow.comparison import SLICE, has_work
from sync.flow.connect import misses_some, prepare, read_clock, wants_check
from sync.flow.context import Context
from sync.flow.cycle import Cycle, compare_all, finish, guard, start, sweep_all, tell_failed
from sync.flow.pull import pull_head
from sync.flow.report import CycleReport, Outcome
from sync.flow.spending import keep_count
from sync.ports import Connection, StreamSpec
from sync.store.lock import hold_lock, take_turn
from sync.store.notices import note_refused
from sync.workers.pulse import Pulse

_log = structlog.get_logger("baton.worker")
_ONCE = "once"


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often each job runs."""

    hot: timedelta = timedelta(seconds=30)
    """Streams that change under people's hands."""
    other: timedelta = timedelta(minutes=5)
    sweep: timedelta = timedelta(minutes=15)
    check: timedelta = timedelta(hours=24)
    """Tenants and streams are checked again."""
    drift: timedelta = timedelta(hours=1)
    """Fields that turned out to differ, and streams that were taken away, bring the check forward, but no more often than
    this."""


Watcher = Callable[[str, CycleReport], None]
"""Told of every job that ended, with its report."""
Reread = Callable[[], tuple[Context, Schedule]]
"""The operator's files, read and checked again. Raises ConfigError with what is wrong with them."""


class Wish(Enum):
    """What a signal asks for."""

    STOP = auto()
    RELOAD = auto()


def _let_be(_job: str, _report: CycleReport) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Worker:
    """State of a running daemon. One step at a time: the store has one writer and the CRMs deserve no bursts."""

    context: Context
    schedule: Schedule
    watch: Watcher = _let_be
    reread: Reread | None = None
    """None: the settings stay what they were at the start."""
    stopping: bool = False
    wishes: queue.SimpleQueue[Wish] = field(default_factory=queue.SimpleQueue[Wish])
    """The one thing that a signal handler may touch: its `put` cannot wait for what it interrupted."""
    busy: threading.Lock = field(default_factory=threading.Lock)
    pulse: Pulse = field(default_factory=Pulse)
    began: float = 0.0
    """When the step under way began, by this machine's monotonic clock."""
    told: dict[str, tuple[Outcome, tuple[RunProblem, ...]]] = field(
        default_factory=dict[str, tuple[Outcome, tuple[RunProblem, ...]]]
    )
    """How the latest run of each job ended: only what is new is worth a line."""
    checked_at: datetime | None = None
    """By the CRMs' clock."""
    ready: Context | None = None
    """The context with what can be read now."""
    crash: BaseException | None = None

    @property
    def calls(self) -> int:
        """HTTP calls made so far."""
        return sum(one.source.usage().calls for one in self.context.connections.values())

    def wish(self, wish: Wish) -> None:
        self.stopping = self.stopping or wish is Wish.STOP
        self.wishes.put(wish)


def serve(context: Context, schedule: Schedule, watch: Watcher | None = None) -> None:
    """Run until SIGTERM or SIGINT; the step under way is finished first. Must be called in the main thread.

    Raises ConfigError at once when another process holds the store or a connection leads to another tenant, and
    anything unexpected (BugError, UnsafePlan) after stopping all jobs.
    """
    worker = Worker(context, schedule, watch or _let_be)
    with hold_lock(context.store, turns=True), heed_signals(worker):
        run(worker)


def run(worker: Worker) -> None:
    """The daemon without lock and signals; ends when it is wished."""
    # That a job is still at work when it is due again is no news: it is run once more after it (`coalesce`).
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(max_workers=1)},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        timezone="UTC",
    )
    check(worker)
    _step(worker, "start", dict.fromkeys(worker.context.connections))
    worker.pulse.begin()
    _withdraw_approval(worker)
    _plan_jobs(worker, scheduler)
    scheduler.start()
    try:
        while not worker.stopping:
            if worker.wishes.get() is Wish.RELOAD:
                _once(scheduler, partial(_guarded, worker, partial(_reload, worker, scheduler)))
    finally:
        scheduler.shutdown(wait=True)
    if worker.crash is not None:
        raise worker.crash


def check(worker: Worker) -> None:
    """Compare tenants and streams; connections that cannot be used now are left out until the next check."""
    worker.ready, tally = prepare(worker.context)
    for problem in tally.problems:
        _log.warning("left_undone", problem=str(problem))
    if worker.ready.connections:
        worker.checked_at = read_clock(worker.ready)
    else:
        tell_failed(worker.context, "check", tally.problems)


def _withdraw_approval(worker: Worker) -> None:
    """What the operator approved beforehand is the first cycle, not everything that the daemon will ever do."""
    worker.context = replace(worker.context, gate_approved=False)
    worker.ready = replace(worker.ready, gate_approved=False) if worker.ready else None


def _reload(worker: Worker, scheduler: BackgroundScheduler) -> None:
    """Take the operator's files as they are now, or go on with the old ones and say why.

    The new settings are tried on the CRMs before the old ones go. A connection that cannot be used now is left out, as at
    the start.
    """
    if worker.reread is None:
        return
    try:
        context, schedule = worker.reread()
        ready, tally = prepare(context)
    except ConfigError as error:
        problems = tuple(f"{one.path}: {one.message}" for one in error.problems)
        _note_reload(worker, problems)
        _log.error("reload_refused", problems=problems)
        check(worker)  # what streams were asked for may have been noted under the new settings
        return
    with worker.context.store.write() as tx:
        keep_count(tx, worker.context.connections.values())
    worker.context, worker.schedule, worker.ready = context, schedule, ready
    worker.told.clear()
    _note_reload(worker, ())
    for job in scheduler.get_jobs():
        if job.name != _ONCE:  # somebody may have asked again meanwhile
            job.remove()
    _plan_jobs(worker, scheduler)
    _log.info("reloaded", left_out=[str(problem) for problem in tally.problems])


def _note_reload(worker: Worker, problems: Sequence[str]) -> None:
    worker.pulse.reload(taken=not problems)
    with worker.context.store.write() as tx:
        note_refused(tx, problems)


def _plan_jobs(worker: Worker, scheduler: BackgroundScheduler) -> None:
    schedule = worker.schedule
    for name, connection in worker.context.connections.items():
        for hot, interval in ((True, schedule.hot), (False, schedule.other)):
            if any(s.hot is hot for s in connection.streams):
                job = f"{name}:{'hot' if hot else 'other'}"
                _every(scheduler, interval, job, partial(_step, worker, job, {name: hot}))
    _every(scheduler, schedule.sweep, "sweep", partial(_step, worker, "sweep", {}, sweep=True))
    _every(scheduler, schedule.hot, "reconcile", partial(_guarded, worker, partial(_reconcile, worker)))
    _every(scheduler, schedule.check, "check", partial(_guarded, worker, partial(check, worker)))
    _every(scheduler, schedule.other, "reconnect", partial(_guarded, worker, partial(_reconnect, worker)))


def _once(scheduler: BackgroundScheduler, step: Callable[[], None]) -> None:
    scheduler.add_job(step, name=_ONCE)


def _every(scheduler: BackgroundScheduler, interval: timedelta, job: str, step: Callable[[], None]) -> None:
    seconds = interval.total_seconds()
    scheduler.add_job(step, "interval", seconds=seconds, jitter=seconds * 0.1, id=job)


def _reconnect(worker: Worker) -> None:
    """A connection that could not be reached is tried again soon, and so is a stream that went away; a connection that
    refused us waits for the next check. What was taken away may be given back: that is looked for now and then."""
    ready = worker.ready
    if ready is None or ready.unreachable - ready.stopped or wants_check(ready) or _may_be_back(worker, ready):
        check(worker)


def _may_be_back(worker: Worker, ready: Context) -> bool:
    return bool(ready.connections) and misses_some(ready) and _may_check(worker, read_clock(ready))


def _may_check(worker: Worker, now: datetime) -> bool:
    return worker.checked_at is None or now - worker.checked_at >= worker.schedule.drift


def _reconcile(worker: Worker) -> None:
    """A slice of the full comparison, where it is due: the other jobs get their turn between two."""
    ready = worker.ready
    if ready is None or not ready.connections or not has_work(ready, read_clock(ready)):
        return
    cycle = start(ready, "reconcile")
    compare_all(cycle, steps=SLICE)
    _end(worker, cycle)


def _step(worker: Worker, job: str, pulls: Mapping[str, bool | None], *, sweep: bool = False) -> None:
    """Pull the hot, the other or (None) all streams of these connections; then link, judge and deliver.

    What is due by time alone is judged in the same step, at the CRM's time that the pull told.
    """
    _guarded(worker, partial(_do_step, worker, job, pulls, sweep))


def _do_step(worker: Worker, job: str, pulls: Mapping[str, bool | None], sweep: bool) -> None:
    ready = worker.ready
    if ready is None or not ready.connections or (pulls and not pulls.keys() & ready.connections.keys()):
        return
    cycle = start(ready, job)
    for name, hot in pulls.items():
        if name in cycle.context.connections:
            _pull(cycle, cycle.context.connections[name], hot)
    if sweep:
        sweep_all(cycle)
    _end(worker, cycle)


def _end(worker: Worker, cycle: Cycle) -> None:
    """The steps behind the reading. A connection that was refused is left out from now on; where fields turned out to
    differ, all streams are checked anew."""
    for name in sorted(cycle.context.stopped):
        if worker.ready is not None and name in worker.ready.connections:
            worker.ready = worker.ready.stop(name)
            _log.error("connection_stopped", connection=name)
    report = finish(cycle)
    _report(worker, cycle.job, report)
    if any(one.source.drifted() for one in cycle.context.connections.values()) and _may_check(worker, report.now):
        check(worker)


def _pull(cycle: Cycle, connection: Connection, hot: bool | None) -> None:
    streams: Sequence[StreamSpec] = [s for s in connection.streams if hot is None or s.hot is hot]
    guard(cycle, connection, "pull", lambda: pull_head(cycle.context, connection, streams, cycle.now))


def _guarded(worker: Worker, step: Callable[[], None]) -> None:
    """One step at a time, in turns with a backfill beside us; trouble that passes is tried again at the next tick, anything
    else ends the daemon."""
    with worker.busy:
        if worker.stopping:
            return
        worker.began = time.monotonic()
        try:
            with take_turn(worker.context.store):
                step()
        except (TransientError, AuthError) as error:
            _log.warning("step_failed", error=type(error).__name__, message=str(error))
        except BaseException as error:
            _log.error("stopping", error=type(error).__name__)
            worker.crash = error
            worker.wish(Wish.STOP)
        worker.pulse.tick(worker.calls)


def _report(worker: Worker, job: str, report: CycleReport) -> None:
    """A line for a run that did something or ended otherwise than the one before it; one every few seconds says nothing."""
    worker.pulse.end(job, report, time.monotonic() - worker.began)
    before = worker.told.get(job, (Outcome.DONE, ()))
    worker.told[job] = now = (report.outcome, report.problems)
    loud = _log.info if report.outcome is Outcome.DONE else _log.warning
    level = loud if now != before or any(report.counts.values()) else _log.debug
    problems = Counter(problem.code.value for problem in report.problems)
    level(
        "run_ended", job=job, run=report.run_id, outcome=report.outcome.value, counts=report.counts, problems=problems
    )
    worker.watch(job, report)


@contextmanager
def heed_signals(worker: Worker) -> Iterator[None]:
    """SIGTERM and SIGINT stop it; SIGHUP reads the settings again, where it can."""
    wishes = {signal.SIGTERM: Wish.STOP, signal.SIGINT: Wish.STOP, signal.SIGHUP: Wish.RELOAD}

    def heed(number: int, _frame: FrameType | None) -> None:
        worker.wish(wishes[signal.Signals(number)])

    before = {number: signal.signal(number, heed) for number in wishes}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
