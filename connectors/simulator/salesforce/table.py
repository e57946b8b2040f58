"""Rows of one object, with the indexes that keep polling queries quick on tens of thousands of rows."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from connectors.simulator.salesforce.schema import ObjectType

Row = dict[str, Any]
"""Field name to stored value. Instants and dates are stored as they are rendered, which also sorts them right."""


class Table:
    """Rows by 18-character id. A change replaces the row, it never edits one in place."""

    def __init__(self, kind: ObjectType) -> None:
        self.kind = kind
        self.rows: dict[str, Row] = {}
        self.undo: list[Callable[[], None]] | None = None
        self.changes = 0
        """Moves with every change of a row."""
        self._stamps: list[tuple[str, str]] = []
        self._links: dict[str, dict[str, set[str]]] = {
            item.name: {} for item in kind.fields.values() if item.type == "reference" and item.refers_to
        }

    def put(self, row: Row) -> None:
        """Insert or replace a row by its Id."""
        old = self.rows.get(row["Id"])
        if self.undo is not None:
            self.undo.append(lambda: self._restore(row["Id"], old))
        self._put(row, old)

    def remove(self, record_id: str) -> None:
        old = self.rows[record_id]
        if self.undo is not None:
            self.undo.append(lambda: self._restore(record_id, old))
        self._unlink(old)
        del self.rows[record_id]

    def between(self, low: str | None, high: str | None) -> Iterator[Row]:
        """Rows with low <= stamp <= high, ordered by stamp and Id."""
        start = bisect_left(self._stamps, (low, "")) if low else 0
        end = bisect_left(self._stamps, (high + "~", "")) if high else len(self._stamps)
        for place in range(start, end):
            yield self.rows[self._stamps[place][1]]

    def linked(self, name: str, targets: Iterable[str]) -> list[Row]:
        """Rows whose indexed lookup holds one of these 18-character ids."""
        index = self._links[name]
        return [self.rows[record_id] for target in targets for record_id in sorted(index.get(target, ()))]

    def has_link(self, name: str) -> bool:
        return name in self._links

    def _restore(self, record_id: str, old: Row | None) -> None:
        current = self.rows.get(record_id)
        if old is not None:
            self._put(old, current)
        elif current is not None:
            self._unlink(current)
            del self.rows[record_id]

    def _put(self, row: Row, old: Row | None) -> None:
        if old is not None:
            self._unlink(old)
        self.changes += 1
        self.rows[row["Id"]] = row
        insort(self._stamps, (row[self.kind.stamp] or "", row["Id"]))
        for name, index in self._links.items():
            target = row.get(name)
            if target is not None:
                index.setdefault(target, set()).add(row["Id"])

    def _unlink(self, row: Row) -> None:
        self.changes += 1
        entry = (row[self.kind.stamp] or "", row["Id"])
        del self._stamps[bisect_left(self._stamps, entry)]
        for name, index in self._links.items():
            target = row.get(name)
            if target is not None:
                index[target].discard(row["Id"])
