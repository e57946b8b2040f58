"""A backfill under way in this process: its pace, whom it tells, its turns and its pauses."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import time
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync.budget import Pause, Purpose
from sync.errors import RunProblem
from sync.flow.context import Context
from sync.flow.cycle import Cycle
from sync.flow.report import Tally
from sync.ports import Whole
from sync.store.backfills import Backfill, write_backfill
from sync.store.lock import take_turn

SLICE_S = 10.0
"""Seconds after which whoever else works on the store gets its turn."""
YIELD_S = 0.02
"""For so long the turn is there to be taken."""
STALLED = 3
"""Slices in a row after which nothing was less than before: what is left waits for the next run."""


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


@dataclass(slots=True)
class Run:
    """A backfill under way in this process."""

    cycle: Cycle
    backfill: Backfill
    pacing: Pacing
    watch: Watcher
    sizes: Mapping[str, Whole] = field(default_factory=dict[str, Whole])
    seen_problems: set[RunProblem] = field(default_factory=set[RunProblem])
    trouble: list[RunProblem] = field(default_factory=list[RunProblem])
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


def in_slices(
    run: Run,
    step: Step,
    name: str,
    count: Callable[[Run], int],
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
        pause_a_moment(run)


@contextmanager
def setting_aside() -> Iterator[None]:
    """What is there by now stays to the end: the collector, which is called behind every slice, need not walk it."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def pause_a_moment(run: Run) -> None:
    """Leave the turn to others, and give back what a slice took: otherwise memory stays as large as its largest one."""
    # SQLAlchemy's statements are cycles, and hold the sets that they were made for.
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)  # of glibc; others have none, or need none
    run.pacing.sleep(YIELD_S)


def find_pause(run: Run, left: Container[str]) -> tuple[str, Pause] | None:
    """Where nothing can be read now because the budget is used up everywhere it is needed: the first that goes on."""
    waiting = {
        name: next((p for p in one.source.usage().pauses if p.purpose is Purpose.RECONCILE), None)
        for name, one in run.context.connections.items()
        if name in left
    }
    if not waiting or any(pause is None for pause in waiting.values()):
        return None
    return min(((name, pause) for name, pause in waiting.items() if pause), key=lambda told: told[1].until)


def sleep_until(run: Run, name: str, pause: Pause) -> None:
    now = run.context.connections[name].source.server_time()
    run.watch(Progress(Step.PAUSE, 0, None, until=pause.until, connection=name, reason=pause.limit.value))
    run.pacing.sleep(max((pause.until - now).total_seconds(), 1.0))
