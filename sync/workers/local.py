"""The daemon: one process per store, APScheduler deciding when each step of the flow runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from sync.errors import AuthError, ConfigError, TransientError, UnsafePlan
from sync.flow.connect import prepare
from sync.flow.context import Context
from sync.flow.cycle import Cycle, finish, guard, start, sweep_all
from sync.flow.pull import pull_head
from sync.flow.report import CycleReport, Outcome, Tally
from sync.ports import Connection, StreamSpec
from sync.store import handoffs
from sync.store.lock import hold_lock

_log = structlog.get_logger("baton.worker")


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often each job runs."""

    hot: timedelta = timedelta(seconds=30)
    """Streams that change under people's hands."""
    other: timedelta = timedelta(minutes=5)
    sweep: timedelta = timedelta(minutes=15)
    check: timedelta = timedelta(hours=24)
    """Tenants and streams are checked again."""


Watcher = Callable[[str, CycleReport], None]
"""Told of every job that ended, with its report."""


@dataclass(slots=True)
class Worker:
    """State of a running daemon. One step at a time: the store has one writer and the CRMs deserve no bursts."""

    context: Context
    schedule: Schedule
    watch: Watcher
    stopping: threading.Event = field(default_factory=threading.Event)
    busy: threading.Lock = field(default_factory=threading.Lock)
    stopped: set[str] = field(default_factory=set[str])
    """Connections whose credentials were refused; checked again with the next check."""
    crash: BaseException | None = None
    prepared: Context | None = None


def serve(context: Context, schedule: Schedule, watch: Watcher | None = None, *, signals: bool = True) -> None:
    """Run until SIGTERM or SIGINT; the step under way is finished first.

    Raises ConfigError at once when another process holds the store or a connection leads to another tenant, and
    anything unexpected (BugError, UnsafePlan) after stopping all jobs.
    """
    worker = Worker(context, schedule, watch or (lambda _job, _report: None))
    with hold_lock(context.store), _signals(worker, signals):
        run(worker)


def run(worker: Worker) -> None:
    """The daemon without lock and signals; ends when `worker.stopping` is set."""
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(max_workers=4)},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        timezone="UTC",
    )
    check(worker)
    read_everything(worker)
    _plan_jobs(worker, scheduler)
    scheduler.start()
    try:
        worker.stopping.wait()
    finally:
        scheduler.shutdown(wait=True)
    if worker.crash is not None:
        raise worker.crash


def check(worker: Worker) -> None:
    """Compare tenants and streams; connections that cannot be used now are left out until the next check."""
    prepared, tally = prepare(worker.context)
    worker.prepared = prepared
    worker.stopped = set()
    for problem in tally.problems:
        _log.warning("connection_left_out", problem=problem)


def read_everything(worker: Worker) -> None:
    """One whole cycle: what a daemon does when it starts."""
    _step(worker, "start", _all_streams(worker))


def _plan_jobs(worker: Worker, scheduler: BackgroundScheduler) -> None:
    for name, connection in worker.context.connections.items():
        for hot, interval in ((True, worker.schedule.hot), (False, worker.schedule.other)):
            if any(s.hot is hot for s in connection.streams):
                job = f"{name}:{'hot' if hot else 'other'}"
                _every(scheduler, interval, job, lambda n=name, h=hot, j=job: _step(worker, j, {n: h}))
    _every(scheduler, worker.schedule.sweep, "sweep", lambda: _step(worker, "sweep", {}, sweep=True))
    _every(scheduler, worker.schedule.check, "check", lambda: _guarded(worker, lambda: check(worker)))
    # A deadline passes without any change: the judgement is woken within a second of it, between the pulls.
    _every(scheduler, timedelta(seconds=1), "wake", lambda: _wake(worker))


def _every(scheduler: BackgroundScheduler, interval: timedelta, job: str, step: Callable[[], None]) -> None:
    seconds = interval.total_seconds()
    scheduler.add_job(step, "interval", seconds=seconds, jitter=seconds * 0.1 if seconds > 1 else None, id=job)


def _all_streams(worker: Worker) -> dict[str, bool | None]:
    return dict.fromkeys(worker.context.connections)


def _step(worker: Worker, job: str, pulls: dict[str, bool | None], *, sweep: bool = False) -> None:
    """Pull (hot, other or all streams of these connections), then link, judge and deliver what that brought."""

    def step() -> None:
        context = worker.prepared
        if context is None or not context.connections.keys() - worker.stopped:
            return
        for name in worker.stopped & context.connections.keys():
            context = context.without(name)
        cycle = start(context, job)
        for name, hot in pulls.items():
            if name in cycle.context.connections:
                _pull(cycle, cycle.context.connections[name], hot)
        if sweep:
            sweep_all(cycle)
        _stop_connections(worker, context, cycle)
        _report(worker, job, finish(cycle))

    _guarded(worker, step)


def _pull(cycle: Cycle, connection: Connection, hot: bool | None) -> None:
    streams: Sequence[StreamSpec] = [s for s in connection.streams if hot is None or s.hot is hot]
    guard(cycle, connection, "pull", lambda: pull_head(cycle.context, connection, streams, cycle.now))


def _wake(worker: Worker) -> None:
    """Judge what is due by time alone. Asks a CRM for the time only when something may be due."""
    context = worker.prepared
    if context is None or not context.connections:
        return
    with context.store.read() as tx:
        wake_at = handoffs.next_wake(tx)
    if wake_at is not None and wake_at <= _known_time(context):
        _step(worker, "wake", {})


def _known_time(context: Context):
    return max(c.source.server_time() for c in context.connections.values())


def _stop_connections(worker: Worker, before: Context, cycle: Cycle) -> None:
    for name in before.connections.keys() - cycle.context.connections.keys():
        worker.stopped.add(name)
        _log.error("connection_stopped", connection=name)


def _guarded(worker: Worker, step: Callable[[], None]) -> None:
    """One step at a time; trouble that passes is tried again at the next tick, anything else ends the daemon."""
    with worker.busy:
        if worker.stopping.is_set():
            return
        try:
            step()
        except (TransientError, AuthError) as error:
            _log.warning("step_failed", error=type(error).__name__, message=str(error))
        except BaseException as error:
            _log.error("stopping", error=type(error).__name__)
            worker.crash = error
            worker.stopping.set()


def _report(worker: Worker, job: str, report: CycleReport) -> None:
    level = _log.info if report.outcome is Outcome.DONE else _log.warning
    level("run_ended", job=job, run=report.run_id, outcome=report.outcome.value, counts=report.counts)
    worker.watch(job, report)


@contextmanager
def _signals(worker: Worker, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        worker.stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
