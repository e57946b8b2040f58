"""What changed in one object type: a list for the first reading (`listing.py`), then frozen windows walked by record id.

Search finds ids only. It lags (up to half a minute), stops at 10,000 results and breaks ties of one millisecond at will;
so a window `lo <= modified <= hi` is fixed by the first answer's own `Date`, walked in order of record id, and values
are read by id. Source: "Search the CRM"; the rest from users' reports.

Cursors behind the list: `{lo, hi, last, seen}` (epoch milliseconds; ids), on the way through a window with `top` and `found` beside them. `seen` are records of the last minute before `lo`'s window ended: they are found again, in case one of their neighbours was indexed late, but not
read again. When nothing is found the cursor stays as it is, so that a silent stream costs one call and no save.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.hubspot.client import Client
from connectors.hubspot.listing import Listing, is_listing, is_readable
from connectors.hubspot.records import Records
from connectors.hubspot.search import search_ids
from connectors.hubspot.streams import find_stream
from connectors.kit.instant import read_instant, to_ms
from sync.ports import Cursor, Page, StreamSpec

MARGIN_MS = 5_000
"""The window of a busy time ends this long before the server's own time: its clocks differ among themselves. That of a
quiet one ends right before it: the next window reaches back over what is indexed late."""
LAG_MS = 60_000
"""How far the next window reaches back over this one's end; twice the index lag that was measured."""
SEEN_MAX = 150
"""More than fits beside new rows on one page is not remembered: then the sweep alone finds what was indexed late."""
FOUND_MAX = 2_000
"""So much is remembered while a window is walked: what is its last minute is known only at its end."""


@dataclass(slots=True)
class _Window:
    lo: int
    hi: int | None = None
    last: int = 0
    seen: dict[str, int] = field(default_factory=dict[str, int])
    """What the windows before found in their last minute: it is found again here and not read again."""
    top: int = 0
    """The newest modification found so far: the next window starts from what was found, not from what a clock said."""
    found: dict[str, int] | None = field(default_factory=dict[str, int])
    """What this one found in its last minute; None: too much to remember."""

    @classmethod
    def read(cls, cursor: Cursor) -> _Window:
        hi, found = cursor.get("hi"), cursor.get("found", {})
        return cls(
            int(cursor["lo"]),
            None if hi is None else int(hi),
            int(cursor.get("last", 0)),
            dict(cursor["seen"]),
            int(cursor.get("top", 0)),
            None if found is None else dict(found),
        )

    @property
    def cursor(self) -> Cursor:
        told = {"lo": self.lo, "hi": self.hi, "last": self.last, "seen": self.seen, "top": self.top}
        return {**told, "found": self.found}

    def take(self, found: Mapping[str, int]) -> list[str]:
        """The ids that must be read; what was found is remembered, as far as there is room."""
        fresh = [one for one, modified in found.items() if self.seen.get(one) != modified]
        self.top = max(self.top, *found.values()) if found else self.top
        if self.found is not None:
            self.found = self._late({**self.found, **found})
            # A flood of changes must not make every page save all that was found before it.
            self.found = self.found if len(self.found) <= FOUND_MAX else None
        return fresh

    def _late(self, found: Mapping[str, int]) -> dict[str, int]:
        """Without what lies further back than the next window will look."""
        since = self.end - LAG_MS
        return {one: modified for one, modified in found.items() if modified >= since}

    @property
    def end(self) -> int:
        """Up to where this window has read for certain."""
        assert self.hi is not None
        return min(self.hi, self.top)

    def close(self) -> Cursor:
        """The cursor behind this window."""
        seen = None if self.found is None else self._late({**self.seen, **self.found})
        if seen is None or len(seen) > SEEN_MAX:
            return {"lo": max(self.lo, self.end + 1), "hi": None, "last": 0, "seen": {}}
        return {"lo": max(self.lo, self.end - LAG_MS), "hi": None, "last": 0, "seen": seen}


def read_head(
    client: Client, records: Records, listing: Listing, spec: StreamSpec, cursor: Cursor | None
) -> Iterator[Page]:
    """Pages of one stream since the cursor; the last one has `more=False`."""
    cursor = cursor if cursor and _is_readable(cursor) else None
    start: Cursor = (yield from listing.read(spec, cursor or {})) if not cursor or is_listing(cursor) else cursor
    yield from _walk(client, records, spec, start)


def _is_readable(cursor: Cursor) -> bool:
    """One that is damaged is as good as none: everything is read again."""
    if is_listing(cursor):
        return is_readable(cursor)
    numbers = (cursor.get("lo"), cursor.get("hi") or 0, cursor.get("last", 0), cursor.get("top", 0))
    return all(isinstance(one, int) for one in numbers) and isinstance(cursor.get("seen"), dict)


def _walk(client: Client, records: Records, spec: StreamSpec, cursor: Cursor) -> Iterator[Page]:
    window = _Window.read(cursor)
    while True:
        page = search_ids(client, spec, _filters(spec, window), window.last)
        if window.hi is None:
            margin = MARGIN_MS if page.more or len(page.rows) > SEEN_MAX else 1
            window.hi = max(to_ms(client.server_time()) - margin, window.lo)
        # What is newer than the window was changed since it was fixed: the next one has it.
        found = {one: modified for one, modified in _stamps(spec, page.rows).items() if modified <= window.hi}
        fresh = window.take(found)
        if page.more:
            window.last = page.last
            cursor = window.cursor
        elif window.top or window.last:
            cursor = window.close()
        records_ = list(records.read(spec, fresh))
        yield Page(spec.name, records_, cursor, page.more)
        records.keep(records_)
        if not page.more:
            return


def _filters(spec: StreamSpec, window: _Window) -> list[dict[str, Any]]:
    modified = find_stream(spec.name).modified
    filters = [{"propertyName": modified, "operator": "GTE", "value": str(window.lo)}]
    if window.hi is not None:
        filters.append({"propertyName": modified, "operator": "LTE", "value": str(window.hi)})
    return filters


def _stamps(spec: StreamSpec, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Id → modification in epoch milliseconds, as the index knows it."""
    name = find_stream(spec.name).modified
    stamps: dict[str, int] = {}
    for row in rows:
        instant = read_instant(row["properties"].get(name)) or read_instant(row.get("updatedAt"))
        stamps[str(row["id"])] = to_ms(instant) if instant else 0
    return stamps
