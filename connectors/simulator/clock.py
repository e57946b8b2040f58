"""The one clock that both simulated systems share: real, sped up, or driven by hand."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class SimClock:
    """Simulated time, always aware UTC. Without arguments it is real time. Safe to use from several threads."""

    ahead = timedelta()
    """How far it goes before the others."""

    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._base = _utc(start) if start else datetime.now(UTC)
        self._mark = time.monotonic()
        self._speed = speed

    @property
    def speed(self) -> float:
        """Simulated seconds per real second; 0 = time stands still until it is set or advanced."""
        return self._speed

    def now(self) -> datetime:
        with self._lock:
            return self._now()

    def set(self, instant: datetime) -> None:
        """Jump to an instant (aware); time flows on from there at the same speed."""
        with self._lock:
            self._base, self._mark = _utc(instant), time.monotonic()

    def advance(self, step: timedelta) -> None:
        with self._lock:
            self._base, self._mark = self._now() + step, time.monotonic()

    def run(self, speed: float) -> None:
        """Let time flow at this multiple of real time from now on; 0 freezes it."""
        if speed < 0:
            raise ValueError(f"speed must not be negative: {speed}")
        with self._lock:
            self._base, self._mark, self._speed = self._now(), time.monotonic(), speed

    def _now(self) -> datetime:
        if not self._speed:
            return self._base
        return self._base + timedelta(seconds=(time.monotonic() - self._mark) * self._speed)


class AheadClock(SimClock):
    """The clock of a system that goes before that of all others; it is set with theirs."""

    def __init__(self, others: SimClock, ahead: timedelta) -> None:
        super().__init__()
        self._others, self.ahead = others, ahead

    def now(self) -> datetime:
        return self._others.now() + self.ahead


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"the simulated clock needs an aware instant, got {instant!r}")
    return instant.astimezone(UTC)
