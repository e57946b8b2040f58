"""What changed in one object type: a list for the first reading, then frozen windows walked by record id.

Search finds ids only. It lags (up to half a minute), stops at 10,000 results and breaks ties of one millisecond at will;
so a window `lo <= modified <= hi` is fixed by the first answer's own `Date`, walked in order of record id, and values
are read by id. Source: "Search the CRM"; the rest from users' reports.

Cursors: `{scan, after, owed}` while listing (`owed`: ids whose history fills no batch yet), then `{lo, hi, last, seen}` (epoch milliseconds; ids). `seen` are records of the
last minute before `lo`'s window ended: they are found again, in case one of their neighbours was indexed late, but not
read again. When nothing is found the cursor stays as it is, so that a silent stream costs one call and no save.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.hubspot.client import Client, next_after
from connectors.hubspot.history import HISTORY_BATCH
from connectors.hubspot.records import READ_BATCH, Records
from connectors.hubspot.streams import find_stream
from connectors.kit.errors import Refused
from connectors.kit.instant import read_instant, to_ms
from sync.errors import TransientError
from sync.ports import Cursor, Page, StreamSpec

PAGE = 200
MARGIN_MS = 5_000
"""The window ends this long before the server's own time: its clocks differ among themselves."""
LAG_MS = 60_000
"""How far the next window reaches back over this one's end; twice the index lag that was measured."""
OVERLAP_MS = 300_000
"""How far the first window reaches back before the list began: ids do not follow creation order."""
SEEN_MAX = 150
"""More than fits beside new rows on one page is not remembered: then the sweep alone finds what was indexed late."""


@dataclass(slots=True)
class _Window:
    lo: int
    hi: int | None = None
    last: int = 0
    seen: dict[str, int] = field(default_factory=dict[str, int])
    top: int = 0
    """The newest modification found so far: the next window starts from what was found, not from what a clock said."""

    @classmethod
    def read(cls, cursor: Cursor) -> _Window:
        hi = cursor.get("hi")
        seen, last = dict(cursor["seen"]), int(cursor.get("last", 0))
        return cls(int(cursor["lo"]), None if hi is None else int(hi), last, seen, int(cursor.get("top", 0)))

    @property
    def cursor(self) -> Cursor:
        return {"lo": self.lo, "hi": self.hi, "last": self.last, "seen": self.seen, "top": self.top}

    def take(self, found: Mapping[str, int]) -> list[str]:
        """The ids that must be read; everything found is remembered."""
        fresh = [one for one, modified in found.items() if self.seen.get(one) != modified]
        self.seen = {**self.seen, **found}
        self.top = max(self.top, *found.values()) if found else self.top
        return fresh

    def forget(self) -> None:
        """Drop what lies further back than the next window will look."""
        since = self.end - LAG_MS
        self.seen = {one: modified for one, modified in self.seen.items() if modified >= since}

    @property
    def end(self) -> int:
        """Up to where this window has read for certain."""
        assert self.hi is not None
        return min(self.hi, self.top)

    def close(self) -> Cursor:
        """The cursor behind this window."""
        self.forget()
        if len(self.seen) > SEEN_MAX:
            return {"lo": max(self.lo, self.end + 1), "hi": None, "last": 0, "seen": {}}
        return {"lo": max(self.lo, self.end - LAG_MS), "hi": None, "last": 0, "seen": self.seen}


def read_head(client: Client, records: Records, spec: StreamSpec, cursor: Cursor | None) -> Iterator[Page]:
    """Pages of one stream since the cursor; the last one has `more=False`."""
    cursor = cursor if cursor and _is_readable(cursor) else None
    listing = cursor is None or "scan" in cursor
    start: Cursor = (yield from _list(client, records, spec, cursor or {})) if listing else cursor or {}
    yield from _walk(client, records, spec, start)


def _is_readable(cursor: Cursor) -> bool:
    """One that is damaged is as good as none: everything is read again."""
    if "scan" in cursor:
        owed = cursor.get("owed", [])
        return (
            isinstance(cursor["scan"], int)
            and isinstance(cursor.get("after"), str | None)
            and isinstance(owed, list)
            and all(isinstance(one, str) and one.isdecimal() for one in owed)
        )
    numbers = (cursor.get("lo"), cursor.get("hi") or 0, cursor.get("last", 0), cursor.get("top", 0))
    return all(isinstance(one, int) for one in numbers) and isinstance(cursor.get("seen"), dict)


def _list(client: Client, records: Records, spec: StreamSpec, cursor: Cursor) -> Generator[Page, None, Cursor]:
    """Everything there is, by pages of 100 in order of id. Returns the cursor for the first window."""
    query = {"limit": str(READ_BATCH), "properties": ",".join(records.names(spec))}
    path = client.paths.objects(spec.name)
    after, scan, owed = cursor.get("after"), cursor.get("scan"), list(cursor.get("owed", ()))
    while True:
        try:
            raw = client.get(path, {**query, **({"after": after} if after else {})}, stream=spec.name)
        except Refused:
            if not after:
                raise
            after, scan = None, None  # a place in a list that is no longer there: begin again
            continue
        scan = scan or to_ms(client.server_time())
        after = next_after(raw)
        cursor = {"scan": scan, "after": after}
        if not after:
            cursor = {"lo": scan - OVERLAP_MS, "hi": None, "last": 0, "seen": {}}
        owed = list(dict.fromkeys([*owed, *records.owed(spec, raw["results"])]))
        due = owed[: len(owed) // HISTORY_BATCH * HISTORY_BATCH] if after else owed
        owed = owed[len(due) :]
        page = [*records.convert(spec, raw["results"]), *records.changes(spec, due)]
        yield Page(spec.name, page, {**cursor, "owed": owed} if owed else cursor, more=True)
        records.keep(page)  # whoever asks for more has saved what came before
        if not after:
            return cursor


def _walk(client: Client, records: Records, spec: StreamSpec, cursor: Cursor) -> Iterator[Page]:
    window = _Window.read(cursor)
    while True:
        rows = client.search(spec.name, _filters(spec, window), PAGE)
        if window.hi is None:
            window.hi = max(to_ms(client.server_time()) - MARGIN_MS, window.lo)
        found = {one: modified for one, modified in _stamps(spec, rows).items() if modified <= window.hi}
        fresh = window.take(found)
        more = len(rows) == PAGE
        if more:
            window.last = advance(window.last, rows)
            window.forget()
            cursor = window.cursor
        elif found or window.last:
            cursor = window.close()
        page = list(records.read(spec, fresh))
        yield Page(spec.name, page, cursor, more)
        records.keep(page)
        if not more:
            return


def advance(last: int, rows: list[dict[str, Any]]) -> int:
    """The greatest id of a full page. Raises TransientError when it brings nothing behind the one before."""
    greatest = max(int(row["id"]) for row in rows)
    if greatest <= last:
        raise TransientError("HubSpot's search gives the same page again and again")
    return greatest


def _filters(spec: StreamSpec, window: _Window) -> list[dict[str, Any]]:
    modified = find_stream(spec.name).modified
    filters = [{"propertyName": modified, "operator": "GTE", "value": str(window.lo)}]
    if window.hi is not None:
        filters.append({"propertyName": modified, "operator": "LTE", "value": str(window.hi)})
    if window.last:
        filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": str(window.last)})
    return filters


def _stamps(spec: StreamSpec, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Id → modification in epoch milliseconds, as the index knows it."""
    name = find_stream(spec.name).modified
    stamps: dict[str, int] = {}
    for row in rows:
        instant = read_instant(row["properties"].get(name)) or read_instant(row.get("updatedAt"))
        stamps[str(row["id"])] = to_ms(instant) if instant else 0
    return stamps
