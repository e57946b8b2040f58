"""Everything that a stream holds: its list, by pages of 100 in order of record id, a large one at several places at a time.

Every page names the next, so that one reading alone goes no faster than one call behind the other: at 80 ms a call that is
two thirds of what the ten-second windows permit. So a large list is parted at ids that search tells (`after` is the id that
a page begins with; source: "Retrieve records"), and the histories that its contacts owe are read beside it. Parts are
believed as far as each begins where it was asked to, stands in order, and leads up to where the next one began; else all is
read again, one page behind the other.

Calls run ahead of whoever saves what they bring: one page of each part. One that nobody waited for is taken up by the next
reading from the same place if that comes soon, so that whoever reads in slices asks for nothing twice; what is older may tell of
records that are gone by now, and of links that were other ones, neither of which the first window would find.

Cursors: `{scan, after, owed}` (`owed`: ids whose history is not read yet; they fill no batch), `{scan, parts: [{after, until, last}], owed}`, and
`{scan: None, split}` for one that shall be parted.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import inf
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlencode

from connectors.hubspot.client import Client, next_after
from connectors.hubspot.history import HISTORY_BATCH
from connectors.hubspot.part import find_begins
from connectors.hubspot.records import READ_BATCH, Records
from connectors.hubspot.rows import NO_ROWS, Raw, Rows, read_rows
from connectors.hubspot.streams import PEOPLE, find_stream
from connectors.kit.errors import Refused
from connectors.kit.instant import to_ms
from sync.core.model.records import SourceRecord
from sync.errors import TransientError
from sync.ports import Cursor, Page, StreamSpec

AHEAD = 6
"""Calls under way for one portal: of a slow one (0.3 s a call) as many as its windows permit."""
OVERLAP_MS = 300_000
"""How far the first window reaches back before the list began: ids do not follow creation order."""
ADDRESS_MAX = 6_000
"""Characters of a list's address; longer ones are refused (414) from some length on that nobody documents."""
FRESH_S = 60.0
"""How long ago a reading may have stopped for the calls that ran ahead of it to be taken up."""
OWED_MAX = 10 * HISTORY_BATCH
"""So many histories may be owed before the list waits for them: a cursor names each."""


_Key = tuple[Any, ...]
"""Of a call: the place of a page, or ids whose history is read."""


class _Disorder(Exception):
    """The list is not what its parts were made for, or does not know its place any more."""


class _Way(NamedTuple):
    """How the pages of a stream are asked for."""

    path: str
    query: Mapping[str, str]
    by_id: bool
    """Only ids are listed, and the values read by id: more properties are mapped than an address can name."""


class _Told(NamedTuple):
    """What one call brought, and those behind it."""

    ids: Sequence[str]
    """Of a page of the list."""
    rows: Rows
    notable: Sequence[Raw]
    """Those of the rows that say more than that a record is as it is (see `Records.find_notable`)."""
    after: str | None
    """Where the next page begins; None: nowhere."""
    others: Sequence[SourceRecord]


@dataclass(slots=True)
class _Part:
    """A stretch of the list."""

    after: str | None
    until: int | None = None
    """The id with which the next part began; None: this one goes to the end."""
    last: int = 0
    """The greatest id seen in it; 0: none was."""

    def pass_(self, told: _Told, *, alone: bool) -> bool:
        """Go on behind this page; returns whether there is more. Raises _Disorder where other parts rely on the order."""
        if not alone:
            ids = [int(one) for one in told.ids]
            # Where it begins further on, nobody reads what lies between.
            if not self.last and self.after and told.ids[:1] != [self.after]:
                raise _Disorder
            if any(one >= other for one, other in pairwise([self.last, *ids])):
                raise _Disorder
            self.last = ids[-1] if ids else self.last
            if self.until is not None and told.after is None and self.last < self.until:
                raise _Disorder
        self.after = told.after
        # A place that is the next part's beginning is read by that one.
        there = self.until is not None and (self.last >= self.until or told.after == str(self.until))
        return told.after is not None and not there


@dataclass(slots=True)
class _Place:
    """How far the list of a stream is read."""

    scan: int | None
    """When reading began, epoch milliseconds by the server's clock."""
    parts: list[_Part]
    owed: list[str]
    alone: bool = True
    """It was never parted."""

    @classmethod
    def read(cls, cursor: Cursor) -> _Place:
        told = cursor.get("parts")
        alone = told is None
        parts = [_Part(cursor.get("after"))] if told is None else [_Part(**one) for one in told]
        return cls(cursor.get("scan"), parts, list(cursor.get("owed", ())), alone)

    @property
    def cursor(self) -> Cursor:
        assert self.scan is not None
        if not self.parts and not self.owed:
            return {"lo": self.scan - OVERLAP_MS, "hi": None, "last": 0, "seen": {}}
        owed = {"owed": list(self.owed)} if self.owed else {}
        if self.alone and self.parts:
            return {"scan": self.scan, "after": self.parts[0].after, **owed}
        told = [{"after": one.after, "until": one.until, "last": one.last} for one in self.parts]
        return {"scan": self.scan, "parts": told, **owed}

    def due(self) -> list[tuple[str, ...]]:
        """Owed histories as they are read: full batches while the list goes on."""
        end = len(self.owed) if not self.parts else len(self.owed) // HISTORY_BATCH * HISTORY_BATCH
        return [tuple(self.owed[n : n + HISTORY_BATCH]) for n in range(0, end, HISTORY_BATCH)]


def is_listing(cursor: Cursor) -> bool:
    """Whether it stands in a list, not in a window behind one."""
    return "scan" in cursor


def is_readable(cursor: Cursor) -> bool:
    """Of a cursor that stands in a list, whether it is one of ours."""
    owed, parts = cursor.get("owed", []), cursor.get("parts", [])
    return (
        isinstance(cursor["scan"], int if "split" not in cursor else int | None)
        and isinstance(cursor.get("split", 1), int)
        and isinstance(cursor.get("after"), str | None)
        and isinstance(owed, list)
        and all(isinstance(one, str) and one.isdecimal() for one in owed)
        and isinstance(parts, list)
        and all(_is_part(one) for one in parts)
    )


def _is_part(told: object) -> bool:
    if not isinstance(told, dict) or told.keys() != {"after", "until", "last"}:  # pyright: ignore[reportUnknownMemberType]  # any value
        return False
    after, until, last = told["after"], told["until"], told["last"]  # pyright: ignore[reportUnknownVariableType]  # any value
    return isinstance(after, str | None) and isinstance(until, int | None) and isinstance(last, int)


class Listing:
    """The lists of one portal. Safe to use from several threads, a stream in each."""

    def __init__(self, client: Client, records: Records, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._records = records
        self._clock = clock
        self._pool = ThreadPoolExecutor(AHEAD, "hubspot")
        self._ahead: dict[str, dict[Hashable, Future[_Told]]] = {}
        """By stream and place: calls that were begun, and what they brought."""
        self._told_at: dict[str, float] = {}
        """By stream: when a page was given out last."""

    def read(self, spec: StreamSpec, cursor: Cursor) -> Generator[Page, None, Cursor]:
        """From this place to the end; whoever asks for more has saved what came before. Returns the cursor for the first
        window."""
        ahead = self._ahead.setdefault(spec.name, {})
        if not cursor.get("scan") or self._clock() - self._told_at.get(spec.name, -inf) > FRESH_S:
            ahead.clear()
        try:
            return (yield from self._read(spec, cursor, ahead))
        except _Disorder:
            ahead.clear()
        try:
            return (yield from self._read(spec, {}, ahead))
        except _Disorder:
            raise TransientError("HubSpot's list loses its place again and again") from None

    def _read(
        self, spec: StreamSpec, cursor: Cursor, ahead: dict[Hashable, Future[_Told]]
    ) -> Generator[Page, None, Cursor]:
        place, way = _Place.read(cursor), self._way(spec)
        if split := cursor.get("split"):
            self._split(spec, place, split)
        while place.parts or place.owed:
            jobs = {(spec, ids): partial(self._changes, spec, ids) for ids in place.due()}
            parts = {(spec, place.scan, part.after): part for part in place.parts if len(place.owed) < OWED_MAX}
            jobs |= {key: partial(self._page, spec, way, part.after) for key, part in parts.items()}
            key, told = self._call(ahead, jobs)
            others = list(told.others)
            if key in parts:
                self._pass(spec, place, parts[key], told)
                if place.alone:
                    others += self._settle(spec, place)
            else:
                place.owed = [one for one in place.owed if one not in {*key[1]}]
            page, fingerprints = self._records.look_over(spec, told.rows, told.notable, others)
            self._told_at[spec.name] = self._clock()
            yield Page(spec.name, page, place.cursor, True, fingerprints)
            self._records.keep(others)
        return place.cursor

    def _call(
        self, ahead: dict[Hashable, Future[_Told]], jobs: Mapping[_Key, Callable[[], _Told]]
    ) -> tuple[_Key, _Told]:
        """Begin what is not under way, or failed when it was; returns one that is done. A single call needs no thread."""
        if len(jobs) == 1 and not jobs.keys() & ahead.keys():
            ((key, job),) = jobs.items()
            return key, job()
        for key, job in jobs.items():
            known = ahead.get(key)
            if known is None or (known.done() and known.exception() is not None):
                # The purpose that calls are made for goes along.
                ahead[key] = self._pool.submit(copy_context().run, job)
        done, _ = wait([ahead[key] for key in jobs], return_when=FIRST_COMPLETED)
        key = next(key for key in jobs if ahead[key] in done)
        return key, ahead.pop(key).result()

    def _pass(self, spec: StreamSpec, place: _Place, part: _Part, told: _Told) -> None:
        """Go on behind a page of the list."""
        place.scan = place.scan or to_ms(self._client.server_time())
        if not part.pass_(told, alone=place.alone):
            place.parts = [one for one in place.parts if one is not part]
        place.owed = list(dict.fromkeys([*place.owed, *self._records.owed(spec, told.notable)]))

    def _settle(self, spec: StreamSpec, place: _Place) -> list[SourceRecord]:
        """The histories that fill a batch, to be kept together with their page: where nobody reads ahead, somebody may judge
        what is kept."""
        due = place.due()
        calls = [self._pool.submit(copy_context().run, partial(self._changes, spec, ids)) for ids in due]
        wait(calls)
        found = [record for call in calls for record in call.result().others]
        place.owed = place.owed[sum(map(len, due)) :]
        return found

    def _split(self, spec: StreamSpec, place: _Place, parts: int) -> None:
        """Begin at several places."""
        try:
            begins = find_begins(self._client, spec, parts)
        except Refused:
            return  # a list can be read without search
        if begins:
            ends = [*begins[1:], None]
            rest = [_Part(str(one), end) for one, end in zip(begins, ends, strict=True)]
            place.parts, place.alone = [_Part(None, begins[0]), *rest], False
            place.scan = to_ms(self._client.server_time())

    # -- single calls, in threads of their own --------------------------------------------------------------------

    def _way(self, spec: StreamSpec) -> _Way:
        query = {"limit": str(READ_BATCH), "properties": ",".join(self._records.names(spec))}
        if find_stream(spec.name).hangs_on_people:
            query["associations"] = PEOPLE  # told along with the list: no call for them
        by_id = len(urlencode(query)) > ADDRESS_MAX
        if by_id:
            query = {"limit": str(READ_BATCH), "properties": "hs_object_id"}
        return _Way(self._client.paths.objects(spec.name), query, by_id)

    def _page(self, spec: StreamSpec, way: _Way, after: str | None) -> _Told:
        try:
            query = {**way.query, **({"after": after} if after else {})}
            answer = self._client.get(way.path, query, stream=spec.name, read=read_rows)
        except Refused:
            if not after:
                raise
            raise _Disorder from None  # a place in a list that is no longer there: begin again
        rows: Rows = answer["results"]
        if way.by_id:
            return _Told(rows.ids, NO_ROWS, (), next_after(answer), list(self._records.read(spec, rows.ids)))
        return _Told(rows.ids, rows, self._records.find_notable(spec, rows), next_after(answer), ())

    def _changes(self, spec: StreamSpec, ids: Sequence[str]) -> _Told:
        return _Told((), NO_ROWS, (), None, list(self._records.changes(spec, ids)))
