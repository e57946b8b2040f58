"""The daemon as a service: the worker, the pages that show how it is, and what the service manager is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import structlog

from sync.app import App, open_notifier, renew
from sync.errors import ConfigError
from sync.flow.context import Context
from sync.store import Store
from sync.store.lock import hold_lock
from sync.store.notices import Notice, begin_life, end_life, read_fate
from sync.workers.alert import AlertKind, News, count_open, find_own_troubles, find_troubles
from sync.workers.alert_text import compose
from sync.workers.health import Readiness, is_alive, judge_readiness, read_lags
from sync.workers.herald import Herald
from sync.workers.http import Page, serve_pages
from sync.workers.local import Schedule, Watcher, Wish, Worker, heed_signals, run
from sync.workers.metrics import make_registry, render
from sync.workers.pulse import Beat
from sync.workers.systemd import notify, watchdog

_log = structlog.get_logger("baton.service")
_JSON = "application/json"


@dataclass(slots=True)
class Service:
    """A running daemon, as those see it who only look."""

    app: App
    worker: Worker
    herald: Herald

    @property
    def store(self) -> Store:
        return self.app.store

    @property
    def mode(self) -> str:
        return self.app.settings.mode

    @property
    def connections(self) -> Iterable[str]:
        return sorted(self.worker.context.connections)

    def beat(self) -> Beat:
        return self.worker.pulse.read(self.worker.calls)

    def alive(self) -> bool:
        return is_alive(self.beat(), self.worker.schedule.hot)

    def readiness(self) -> Readiness:
        worker = self.worker
        lags = read_lags(self.store, worker.context, worker.pulse.now())
        return judge_readiness(self.beat(), worker.ready, lags, self.app.settings.behind)

    def open_alerts(self) -> Mapping[str, int]:
        return count_open(self.herald.open)

    def look(self, now: datetime) -> tuple[list[Notice], frozenset[str]]:
        """What somebody should know, at `now` of this machine, and which kinds could be looked for."""
        ready = self.worker.ready if self.beat().first_done else None
        lags = read_lags(self.store, self.worker.context, self.worker.pulse.now()) if ready is not None else ()
        with self.store.read() as tx:
            own = list(find_own_troubles(read_fate(tx), now))
            if ready is None:
                return own, frozenset({AlertKind.CRASHED, AlertKind.RELOAD})
            others = find_troubles(tx, self.worker.context, ready, lags, self.app.settings.behind)
            return [*own, *others], frozenset(AlertKind)

    def compose(self, news: Sequence[News]) -> dict[str, Any]:
        settings = self.app.settings
        return compose(news, settings.language, settings.environment)


def serve_app(app: App, folder: Path, overrides: Mapping[str, Any], watch: Watcher) -> None:
    """Run until SIGTERM or SIGINT; SIGHUP reads the folder again. Must be called in the main thread.

    Raises ConfigError at once when another process holds the store, the port is taken or a connection leads to another
    tenant, and anything unexpected after stopping all jobs.
    """
    worker = Worker(app.context, schedule_of(app), watch)
    service = make_service(app, worker)
    worker.reread = _rereading(service, folder, overrides)
    _warn_of_exposed(app)
    with hold_lock(app.store, turns=True), heed_signals(worker), _pages(service), _life(app.store):
        with service.herald.running(partial(_crash, worker)), watchdog(service.alive):
            notify("READY=1")
            run(worker)
        notify("STOPPING=1")


def make_service(app: App, worker: Worker) -> Service:
    def look(now: datetime) -> tuple[list[Notice], frozenset[str]]:
        return service.look(now)

    def tell(news: Sequence[News]) -> dict[str, Any]:
        return service.compose(news)

    service = Service(app, worker, Herald(app.store, look, tell, open_notifier(app.settings)))
    return service


def _warn_of_exposed(app: App) -> None:
    for path, mode in app.settings.exposed.items():
        _log.warning("secret_readable_by_others", file=str(path), mode=f"{mode:04o}")


def _crash(worker: Worker, error: BaseException) -> None:
    worker.crash = error
    worker.wish(Wish.STOP)


@contextmanager
def _life(store: Store) -> Iterator[None]:
    """A process that ends otherwise than in order, or for its configuration, has crashed; the next one counts that."""
    with store.write() as tx:
        begin_life(tx, datetime.now(UTC))
    try:
        yield
    except ConfigError:
        _end(store)
        raise
    _end(store)


def _end(store: Store) -> None:
    with store.write() as tx:
        end_life(tx)


def schedule_of(app: App) -> Schedule:
    hot, other, sweep = app.intervals
    return Schedule(hot=hot, other=other, sweep=sweep)


def _rereading(service: Service, folder: Path, overrides: Mapping[str, Any]) -> Callable[[], tuple[Context, Schedule]]:
    def reread() -> tuple[Context, Schedule]:
        fresh = renew(service.app, folder, overrides)
        notifier = open_notifier(fresh.settings)
        if fresh.settings.service != service.app.settings.service:
            _log.warning("kept_until_restart", setting="service")
        service.app, service.herald.notifier = fresh, notifier
        _warn_of_exposed(fresh)
        return fresh.context, schedule_of(fresh)

    return reread


@contextmanager
def _pages(service: Service) -> Iterator[None]:
    wanted = service.app.settings.service
    if wanted is None:
        yield
        return
    with serve_pages(wanted.host, wanted.port, make_pages(service)) as port:
        _log.info("listening", host=wanted.host, port=port)
        yield


def make_pages(service: Service) -> dict[str, Page]:
    registry = make_registry(service)

    def healthz(_accept: str) -> tuple[int, str, bytes]:
        beat = service.beat()
        alive = is_alive(beat, service.worker.schedule.hot)
        told = {"alive": alive, "silent_seconds": round(beat.silent, 1)}
        return (200 if alive else 503), _JSON, orjson.dumps(told)

    def readyz(_accept: str) -> tuple[int, str, bytes]:
        found = service.readiness()
        return (200 if found.ready else 503), _JSON, orjson.dumps(_told(found))

    def metrics(accept: str) -> tuple[int, str, bytes]:
        return 200, *render(registry, accept)

    return {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


def _told(found: Readiness) -> dict[str, Any]:
    lags = [lag.behind for lag in found.streams]
    return {
        "ready": found.ready,
        "reasons": found.reasons,
        "behind_seconds": None if None in lags else round(max((lag.total_seconds() for lag in lags if lag), default=0)),
        "streams": [
            {
                "connection": lag.connection,
                "stream": lag.stream,
                "last_success": lag.last_success,
                "behind_seconds": None if lag.behind is None else round(lag.behind.total_seconds()),
                "failing": lag.error is not None,
            }
            for lag in found.streams
        ],
    }
