"""One write of a sink under way: what nobody can write is left out, who upsets a batch is parted from the others, and a
service in trouble is not asked again and again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from connectors.kit.batch import (
    WHOLE,
    Barred,
    Pace,
    not_sent,
    put_off,
    same_for_all,
    settle,
    split,
    split_unique,
)  # fmt: skip
from sync.core.model.records import RecordRef
from sync.errors import OutcomeUnknown, TransientError
from sync.ports import FlagWrite, WriteOutcome, WriteResult

EXTRA = 40
"""Calls that looking for culprits may cost in one write; the rest of it waits for the next."""
DOUBTS = 2
"""Calls in a row of which nobody knows what became, after which nothing more is sent."""
LOCK_WAITS = (0.3, 1.0, 3.0)
"""Seconds, doubled at most, before those that met a lock are tried again: 20 a call, then 5, then alone."""
_LOCK_BATCHES = (20, 5, 1)
_LOCK_CALLS = 5
_LATER = 600.0


@dataclass(slots=True)
class Sending:
    """One write. `call` sends some changes, given whole and as they may be sent, and says what became of each."""

    pace: Pace
    call: Callable[[Sending, Sequence[FlagWrite], Sequence[FlagWrite]], list[WriteResult]]
    sleep: Callable[[float], None] = time.sleep
    barred: Barred = field(default_factory=Barred)
    reasons: dict[tuple[str, str, str], tuple[str, str]] = field(
        default_factory=dict[tuple[str, str, str], tuple[str, str]]
    )
    """(stream, flag, option) → code and words of the refusal."""
    locked: set[RecordRef] = field(default_factory=set[RecordRef])
    extra: int = EXTRA
    doubts: int = 0
    over: TransientError | None = None
    """Why nothing more is sent."""

    def send_all(self, changes: Sequence[FlagWrite]) -> list[WriteResult]:
        """In this order, in the largest batches that work; one result per change."""
        results: list[WriteResult] = []
        for batch in split_unique(changes, lambda: self.pace.size, lambda change: change.ref):
            results += settle(batch, self.send(batch))
        return self._try_locked(changes, results)

    def send(self, batch: Sequence[FlagWrite]) -> list[WriteResult]:
        """One call, and what follows from its answer."""
        if self.over is not None:
            return put_off(batch, self.over.retry_after)
        parts = {change.ref: self.barred.part(change) for change in batch}
        some = [change for change in batch if parts[change.ref][0].values or not parts[change.ref][1]]
        results = [self._nothing_left(ref, left) for ref, (kept, left) in parts.items() if left and not kept.values]
        if some:
            found = self.call(self, some, [parts[change.ref][0] for change in some])
            results += [
                replace(one, left_out={**parts[one.ref][1], **one.left_out}) if parts[one.ref][1] else one
                for one in found
            ]
        return results

    def bar(self, change: FlagWrite, flag: str, option: str, code: str, message: str) -> bool:
        """Leave a field, or an option of it, out from now on; False when this change does not hold it."""
        if flag not in change.values:
            return False
        if self.barred.add(change.ref.stream, flag, option):
            self.reasons[change.ref.stream, flag, option] = code, message
        return True

    def bar_all(self, batch: Sequence[FlagWrite], code: str, message: str) -> list[WriteResult]:
        """Nothing of these streams can be written now."""
        for change in batch:
            for flag in change.values:
                self.bar(change, flag, WHOLE, code, message)
        return self.send(batch)

    def went(self, count: int) -> None:
        """A call with so many records was answered."""
        self.doubts = 0
        self.pace.faster(count)

    def doubt(self, batch: Sequence[FlagWrite], error: OutcomeUnknown) -> list[WriteResult]:
        """Nobody knows what became of this call."""
        self.pace.slower(len(batch))
        self.doubts += 1
        if self.doubts >= DOUBTS:
            self.over = error
        return same_for_all(batch, WriteOutcome.UNKNOWN, "NO_ANSWER", str(error))

    def stop(self, batch: Sequence[FlagWrite], error: TransientError) -> list[WriteResult]:
        """The service does not take it now, and would not take what comes after it."""
        self.over = error
        return not_sent(batch, error)

    def part(self, parts: Sequence[Sequence[FlagWrite]]) -> list[WriteResult]:
        """The same in several calls."""
        if self.extra < len(parts):
            message = "left for later: looking for the culprits of this batch has cost enough calls"
            left = [change for some in parts for change in some]
            return same_for_all(left, WriteOutcome.RETRY, "LEFT_FOR_LATER", message, _LATER)
        self.extra -= len(parts)
        return [result for some in parts if some for result in self.send(some)]

    def halve(self, batch: Sequence[FlagWrite]) -> list[WriteResult]:
        half = (len(batch) + 1) // 2
        return self.part((batch[:half], batch[half:]))

    def _nothing_left(self, ref: RecordRef, left_out: dict[str, str]) -> WriteResult:
        flag, option = next(iter(left_out.items()))
        code, message = self.reasons[ref.stream, flag, option]
        return WriteResult(ref, WriteOutcome.REJECTED, code, message, left_out=left_out)

    def _try_locked(self, changes: Sequence[FlagWrite], results: list[WriteResult]) -> list[WriteResult]:
        """Those that met a lock are tried again, in ever smaller company."""
        latest = {change.ref: place for place, change in enumerate(changes)}
        for wait, size in zip(LOCK_WAITS, _LOCK_BATCHES, strict=True):
            places = [
                place
                for ref, place in latest.items()
                if ref in self.locked and results[place].outcome is WriteOutcome.RETRY
            ][: size * _LOCK_CALLS]
            if not places or self.over is not None:
                break
            self.sleep(wait * (1 + random.random()))  # noqa: S311 (spreads retries, guards nothing)
            for some in split(places, size):
                batch = [changes[place] for place in some]
                for place, result in zip(some, settle(batch, self.send(batch)), strict=True):
                    results[place] = result
        return results
