"""Not going faster than a vendor allows."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from math import ceil


class Limiter:
    """At most `amount` calls in any `seconds` of real time, over all threads; 0 = no limit."""

    def __init__(
        self,
        amount: float,
        seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._starts: deque[float] = deque()
        self._held_until = float("-inf")
        self._amount, self._seconds = 0, seconds
        self.allow(amount, seconds)

    def allow(self, amount: float, seconds: float) -> None:
        """Another limit from now on. Less than one call stretches the time: half a call a second is one in two."""
        with self._lock:
            self._amount = ceil(amount) if amount < 1 else int(amount)
            self._seconds = seconds / amount if 0 < amount < 1 else seconds

    def hold(self, seconds: float) -> None:
        """Nobody starts before so many seconds are over."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + seconds)

    def wait(self) -> None:
        """Return when the next call may start."""
        with self._lock:
            now = self._clock()
            start = max(now, self._held_until)
            if self._amount:
                while len(self._starts) > self._amount:
                    self._starts.popleft()
                if len(self._starts) == self._amount:
                    start = max(start, self._starts[0] + self._seconds)
                self._starts.append(start)
        if start > now:
            self._sleep(start - now)
