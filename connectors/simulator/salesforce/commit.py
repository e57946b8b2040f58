"""World transactions that are stamped already but commit later: until then no client sees them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from connectors.simulator.salesforce.record_id import ID, to18

Event = Mapping[str, Any]


class Commits:
    """Pending transactions by the instant of their commit. Each holds the locks of the records it changes."""

    def __init__(self) -> None:
        self._pending: list[tuple[str, int, str, dict[str, Any]]] = []
        self._number = count()
        self._locks: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, due: str, stamp: str, event: dict[str, Any]) -> None:
        """Postpone an event to `due`; both instants in stored form."""
        heapq.heappush(self._pending, (due, next(self._number), stamp, event))
        for record_id in _changed(event):
            self._locks[record_id] = max(due, self._locks.get(record_id, ""))

    def take(self, now: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Stamp and event of what has committed by now, in order."""
        while self._pending and self._pending[0][0] <= now:
            due, _, stamp, event = heapq.heappop(self._pending)
            for record_id in _changed(event):
                if self._locks.get(record_id) == due:
                    del self._locks[record_id]
            yield stamp, event

    def wait(self, event: Event) -> str:
        """When the last transaction commits whose records this event changes or points at; "" = none runs."""
        if not self._locks:
            return ""
        return max((self._locks[text] for text in _ids(event) if text in self._locks), default="")

    def holds(self, record_id: str) -> bool:
        return record_id in self._locks

    def oldest(self) -> str | None:
        """Stamp of the transaction that has been running longest."""
        return min((stamp for _, _, stamp, _ in self._pending), default=None)


def _changed(event: Event) -> set[str]:
    """Ids of the records that an event makes or changes."""
    record = event.get("record") or {}
    named = [event.get("id"), event.get("loser"), record.get("Id")]
    named += [part.get("Id") for part in record.values() if isinstance(part, Mapping)]
    return {to18(one) for one in named if one}


def _ids(value: Any) -> Iterator[str]:
    """Everything in an event that looks like a record id, in its long form."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _ids(part)
    elif isinstance(value, str) and ID.fullmatch(value):
        try:
            yield to18(value)
        except ValueError:
            return
