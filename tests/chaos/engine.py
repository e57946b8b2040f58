"""Baton as the campaign runs it: put together as always, its waits within a call driven by the simulated clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from connectors.kit.pace import Pace
from sync.app import App, open_read, read_settings
from sync.errors import AuthError, TransientError
from sync.flow.connect import prepare, wants_check
from sync.flow.context import Context
from sync.flow.cycle import run_once
from sync.flow.report import CycleReport
from sync.settings import Settings


@contextmanager
def open_engine(settings: Settings, url: str, wait: Callable[[float], None] | None = None) -> Iterator[App]:
    """`wait`: instead of sleeping; by default the simulated clock at `url` is asked to move on."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds
        (wait or (lambda span: _ask_clock(url, span)))(seconds)

    with open_read(settings, approve=True, pace=Pace(lambda: time.monotonic() + passed[0], sleep)) as app:
        yield app


def _ask_clock(url: str, seconds: float) -> None:
    requests.post(f"{url}/__sim/clock", json={"advance_seconds": seconds}, timeout=30).raise_for_status()


@dataclass
class Engine:
    """A daemon in this process whose steps the campaign calls: prepared once, and again where the daemon would."""

    folder: Path
    overrides: dict[str, Any]
    wait: Callable[[float], None]
    settings: Settings | None = None
    app: App | None = None
    ready: Context | None = None
    _open: Any = field(default=None, repr=False)

    def start(self) -> App:
        if self.app is not None:
            return self.app
        self.settings = self.settings or read_settings(self.folder, self.overrides)  # most of the time to start
        self._open = open_engine(self.settings, "", self.wait)
        app: App = self._open.__enter__()
        self.app = app
        return app

    def stop(self) -> None:
        if self._open is not None:
            self._open.__exit__(None, None, None)
        self._open = self.app = self.ready = None

    def forget(self) -> None:
        """The next cycle checks tenants and streams again, as the daemon does every day and after an outage."""
        self.ready = None

    def cycle(self, *, sweep: bool = False, reconcile: bool = False) -> CycleReport | None:
        """One cycle; None when it could not even begin (the daemon tries again at its next tick)."""
        app = self.start()
        try:
            if self.ready is None or self.ready.unreachable:
                self.ready, _ = prepare(app.context)
            report = run_once(self.ready, sweep=sweep, reconcile=reconcile)
        except (TransientError, AuthError):
            self.ready = None
            return None
        if wants_check(self.ready) or any(one.source.drifted() for one in self.ready.connections.values()):
            self.ready = None
        return report

    @contextmanager
    def another(self) -> Iterator[Context]:
        """A second one of everything on the same store, as if more than one process worked on it."""
        assert self.settings is not None
        with open_engine(self.settings, "", lambda _: None) as app:
            ready, _ = prepare(app.context)
            yield ready
