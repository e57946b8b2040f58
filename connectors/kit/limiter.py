"""Not going faster than a vendor allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Limiter:
    """At most `per_second` calls in any second of real time, over all threads; 0 = no limit."""

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._burst = max(int(per_second), 1)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._due: list[float] = []

    def wait(self) -> None:
        """Return when the next call may start."""
        if not self._gap:
            return
        with self._lock:
            now = self._clock()
            start = max(now, self._due[0] + self._burst * self._gap) if len(self._due) >= self._burst else now
            self._due = [*self._due, start][-self._burst :]
        if start > now:
            self._sleep(start - now)
