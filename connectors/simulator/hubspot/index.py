"""The search index: a copy of the records that runs behind the truth by a random lag."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Properties = dict[str, str]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def epoch_ms(instant: datetime) -> int:
    return (instant - _EPOCH) // _MS


class SearchIndex:
    """Ids and values as search sees them. `lag` gives the delay of the next write in seconds."""

    def __init__(self, now: Callable[[], datetime], lag: Callable[[], float]) -> None:
        self._now = now
        self._lag = lag
        self._sequence = 0
        self._pending: list[tuple[int, int, int, Properties | None, int]] = []
        self._applied: dict[int, int] = {}
        self._stamps: dict[int, int] = {}
        self._by_modified: list[tuple[int, int]] = []
        self.records: dict[int, Properties] = {}

    def publish(self, record_id: int, properties: Properties | None, modified: str, at: datetime) -> None:
        """Announce the state of a record after a write at that instant; None = no longer there."""
        self._sequence += 1
        stamp = epoch_ms(datetime.fromisoformat(modified)) if modified else 0
        visible = epoch_ms(at) + int(self._lag() * 1000)
        entry = (visible, self._sequence, record_id, properties, stamp)
        if visible <= epoch_ms(self._now()):
            self._apply(entry)
        else:
            heapq.heappush(self._pending, entry)

    def catch_up(self) -> None:
        """Take in whatever has become visible by now."""
        now = epoch_ms(self._now())
        while self._pending and self._pending[0][0] <= now:
            self._apply(heapq.heappop(self._pending))

    def flush(self) -> None:
        """Take in everything at once, whatever the lag."""
        for entry in sorted(self._pending, key=lambda entry: entry[1]):
            self._apply(entry)
        self._pending.clear()

    def modified_between(self, low: int, high: int) -> list[tuple[int, int]]:
        """(modified in ms, id) with low <= modified <= high."""
        start = bisect_left(self._by_modified, (low, -1))
        return self._by_modified[start : bisect_right(self._by_modified, (high, 1 << 62))]

    def _apply(self, entry: tuple[int, int, int, Properties | None, int]) -> None:
        _, sequence, record_id, properties, stamp = entry
        if sequence < self._applied.get(record_id, 0):
            return
        self._applied[record_id] = sequence
        old = self._stamps.pop(record_id, None)
        if old is not None:
            del self._by_modified[bisect_left(self._by_modified, (old, record_id))]
        if properties is None:
            self.records.pop(record_id, None)
            return
        self.records[record_id] = properties
        self._stamps[record_id] = stamp
        insort(self._by_modified, (stamp, record_id))
