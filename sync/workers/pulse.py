"""What a running daemon knows of itself that no store holds: whether it ticks, and what its steps took."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sync.flow.report import CycleReport

BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Upper ends in seconds."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How long the steps of one job took, in seconds of this machine."""

    buckets: tuple[int, ...] = (0,) * len(BUCKETS)
    count: int = 0
    total: float = 0.0

    def add(self, seconds: float) -> Histogram:
        counted = tuple(n + (seconds <= end) for n, end in zip(self.buckets, BUCKETS, strict=True))
        return Histogram(counted, self.count + 1, self.total + seconds)


@dataclass(frozen=True, slots=True)
class Beat:
    """A moment of it. Counts are since the process began."""

    silent: float
    """Seconds since a step last ended or made a call."""
    first_done: bool
    """The first cycle is over."""
    runs: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    """(job, outcome) → runs."""
    work: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    """(step, what) → how many."""
    spans: Mapping[str, Histogram] = field(default_factory=dict[str, Histogram])
    """By job."""
    reloads: Mapping[bool, int] = field(default_factory=dict[bool, int])
    """Whether new settings were taken → how often."""


class Pulse:
    """Kept by the worker's thread, read by the others."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._moved_at = monotonic()
        self._calls = 0
        self._told: tuple[datetime, float] | None = None
        self._beat = Beat(0.0, first_done=False)
        self._runs, self._work = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        self._reloads = Counter[bool]()
        self._spans: dict[str, Histogram] = {}

    def tick(self, calls: int) -> None:
        """Something moved: a step ended. `calls`: API calls made so far."""
        with self._lock:
            self._calls, self._moved_at = calls, self._monotonic()

    def end(self, job: str, report: CycleReport, seconds: float) -> None:
        with self._lock:
            self._told = report.now, self._monotonic()
            self._runs[job, report.outcome.value] += 1
            self._spans[job] = self._spans.get(job, Histogram()).add(seconds)
            for step, counts in report.counts.items():
                self._work.update({(step, what): count for what, count in counts.items()})

    def begin(self) -> None:
        """The first cycle is over, whatever came of it."""
        with self._lock:
            self._beat = replace(self._beat, first_done=True)

    def reload(self, *, taken: bool) -> None:
        """New settings were looked at."""
        with self._lock:
            self._reloads[taken] += 1

    def read(self, calls: int = 0) -> Beat:
        """`calls`: API calls made by now; a step that makes some moves, however long it is."""
        with self._lock:
            now = self._monotonic()
            if calls != self._calls:
                self._calls, self._moved_at = calls, now
            return replace(
                self._beat, silent=now - self._moved_at, runs=dict(self._runs), work=dict(self._work),
                spans=dict(self._spans), reloads=dict(self._reloads),
            )  # fmt: skip

    def now(self) -> datetime:
        """The CRMs' time: what they told last, and what has passed since. Before they told any, this machine's."""
        with self._lock:
            if self._told is None:
                return datetime.now(UTC)
            told, at = self._told
            return told + timedelta(seconds=self._monotonic() - at)
