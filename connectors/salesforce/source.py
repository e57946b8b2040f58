"""The reading half: keyset queries, several streams in one Composite call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.kit.batch import split
from connectors.kit.cell import read_cells
from connectors.kit.errors import Refused
from connectors.kit.instant import read_instant, write_instant
from connectors.kit.shape import shaped, shaped_methods
from connectors.salesforce import soql
from connectors.salesforce.calendar import read_calendars
from connectors.salesforce.client import MAX_QUERIES, Client
from connectors.salesforce.describe import FieldInfo, Schema, key_of
from connectors.salesforce.facts import READERS, Reading, read_absence
from connectors.salesforce.fields import from_wire, wire_names
from connectors.salesforce.streams import ABSENT_IN_MANY_ORGS, STREAMS, Stream
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import BatonError, StreamUnavailable, TransientError
from sync.ports import Cursor, OfficeCalendars, Page, Stamp, StreamSpec, Tenant, Usage

LIMIT = 2000
_SETTLE = timedelta(seconds=5)
"""Rows of one second do not all become visible at once, and the API is a few seconds behind itself. What lies in there is
read again by the next `head`, at no extra call."""
_BEGINNING = datetime(1999, 1, 1, tzinfo=UTC)  # before there was a Salesforce
_NO_COLUMN = re.compile(r"No such column '([A-Za-z0-9_.]+)'|relationship '([A-Za-z0-9_]+)'")
_SUBJECT_FIELDS = {"Task": ("WhoId", "WhatId"), "Event": ("WhoId", "WhatId"), "EmailMessage": ("RelatedToId",)}
_PREFIXES = {"WhoId": ("00Q", "003"), "WhatId": ("006",), "RelatedToId": ("00Q", "003", "006")}


@dataclass(slots=True)
class _Walk:
    """How far the reading of one stream has come within a `head`."""

    spec: StreamSpec
    stream: Stream
    at: datetime
    last_id: str
    floor: datetime
    """Where this `head` started: the cursor never goes back."""
    floor_id: str
    error: BatonError | None = None
    refusals: int = 0

    def cursor(self, now: datetime) -> Cursor:
        """Where the next `head` starts: not within the last seconds, whose rows may still be on their way."""
        settled = now - _SETTLE
        if self.at > settled:
            return {"t": write_instant(max(settled, self.floor)), "id": "" if settled > self.floor else self.floor_id}
        return {"t": write_instant(self.at), "id": self.last_id}


@dataclass(slots=True)
class _Window:
    """Where the sweep of one stream stands."""

    name: str
    stream: Stream
    deleted: tuple[str, ...]
    """The field that says so, where the object has one."""
    at: datetime
    last_id: str = ""
    more: bool = True


@shaped_methods
@dataclass
class SalesforceSource:
    """Reads one org. See `sync.ports.Source`; cursors are `{t, id}`, the place in the order (stamp, Id)."""

    connection: str
    client: Client = field(repr=False)
    schema: Schema = field(repr=False)

    def tenant(self) -> Tenant:
        self.client.verify()
        org = self._organization = self._read_organization()  # asked anew: a refreshed sandbox keeps its address
        return Tenant(org["Id"], urlsplit(self.client.address).netloc, bool(org["IsSandbox"]), org["Name"])

    def server_time(self) -> datetime:
        return self.client.server_time()

    def usage(self) -> Usage:
        return self.client.meter.usage()

    def available(self, specs: Sequence[StreamSpec]) -> tuple[list[StreamSpec], dict[str, str], dict[str, list[str]]]:
        self.client.verify()
        usable: list[StreamSpec] = []
        off: dict[str, str] = {}
        unreadable: dict[str, list[str]] = {}
        for spec in specs:
            self.schema.forget(spec.name)
            try:
                known = self._describe(spec.name)
            except StreamUnavailable as error:
                off[spec.name] = error.reason
                continue
            usable.append(replace(spec, fields=tuple(name for name in spec.fields if key_of(name, known))))
            if missing := [n for n in spec.fields if not key_of(n, known) and n not in ABSENT_IN_MANY_ORGS]:
                unreadable[spec.name] = missing
        return usable, off, unreadable

    # -- head ----------------------------------------------------------------------------------------------------

    def head(self, specs: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]) -> Iterator[Page]:
        walks = [self._start(spec, cursors.get(spec.name)) for spec in specs]
        pending = walks
        while pending:
            again: list[_Walk] = []
            for group in split(pending, MAX_QUERIES):
                for walk, answer in zip(group, self._ask(group), strict=True):
                    if isinstance(answer, BatonError):
                        if self._heal(walk, answer):
                            again.append(walk)
                    else:
                        more = yield from self._pages(walk, answer)
                        again += [walk] if more else []
            pending = again
        for walk in walks:
            if walk.error:
                raise walk.error

    def _start(self, spec: StreamSpec, cursor: Cursor | None) -> _Walk:
        stream = _stream(spec.name)
        at = (read_instant(cursor.get("t")) if cursor else None) or _BEGINNING
        last_id = str(cursor.get("id", "")) if cursor else ""
        last_id = last_id if soql.is_id(last_id) else ""  # a damaged cursor reads a little more, never less
        return _Walk(spec, stream, at, last_id, at, last_id)

    def _ask(self, walks: Sequence[_Walk]) -> list[Mapping[str, Any] | BatonError]:
        """First pages for up to five streams; one that has no query of its own keeps its place with its error."""
        queries: dict[int, str] = {}
        answers: list[Mapping[str, Any] | BatonError] = []
        for number, walk in enumerate(walks):
            try:
                queries[number] = self._head_query(walk)
                answers.append({})
            except StreamUnavailable as error:
                answers.append(error)
        if queries:
            got = self.client.queries(list(queries.values()), [walks[number].stream.name for number in queries])
            for number, answer in zip(queries, got, strict=True):
                answers[number] = answer
        return answers

    def _head_query(self, walk: _Walk) -> str:
        stamp = walk.stream.stamp
        where = soql.after(stamp, walk.at, walk.last_id)
        return soql.select(self._columns(walk.spec), walk.stream.name, where, (stamp, "Id"), LIMIT)

    def _pages(self, walk: _Walk, first: Mapping[str, Any]) -> Iterator[Page]:
        """The answer and what follows it. Returns whether to ask again behind the last row."""
        total = 0
        try:
            for page in self.client.pages(first, walk.stream.name):
                total += len(page["records"])
                yield self._page(walk, page["records"], more=not page["done"] or total >= LIMIT)
        except Refused as error:
            # Only pages behind the first can be lost here; the keyset knows where to go on.
            if error.answer.code != "INVALID_QUERY_LOCATOR":
                walk.error = error
            return error.answer.code == "INVALID_QUERY_LOCATOR"
        except BatonError as error:
            walk.error = error
            return False
        return total >= LIMIT

    @shaped
    def _page(self, walk: _Walk, rows: Sequence[dict[str, Any]], *, more: bool) -> Page:
        records = self._records(walk.spec, rows)
        if rows:
            last = rows[-1]
            walk.at = read_instant(last[walk.stream.stamp]) or walk.at
            walk.last_id = str(last["Id"])
        return Page(walk.spec.name, records, walk.cursor(self.client.server_time()), more)

    def _heal(self, walk: _Walk, error: BatonError) -> bool:
        """After a refusal: is it worth asking this stream again? Fields that went away are left out from now on."""
        walk.refusals += 1
        if isinstance(error, Refused) and error.answer.code == "INVALID_FIELD" and walk.refusals <= 3:
            named = _NO_COLUMN.findall(error.answer.text)
            known = self._describe(walk.stream.name)
            refused = {name or key_of(f"{parent}.Name", known) or "" for name, parent in named}
            self.schema.hide(walk.stream.name, refused)
            return True
        walk.error = error
        return False

    # -- the other readings --------------------------------------------------------------------------------------

    def sweep(
        self, windows: Sequence[tuple[StreamSpec, datetime]]
    ) -> Iterator[tuple[str, Sequence[Stamp] | BatonError]]:
        pending: list[_Window] = []
        for spec, since in windows:
            try:
                deleted = ("IsDeleted",) if "IsDeleted" in self._describe(spec.name) else ()
                pending.append(_Window(spec.name, _stream(spec.name), deleted, since))
            except StreamUnavailable as error:
                yield spec.name, error
        while pending:
            again: list[_Window] = []
            for group in split(pending, MAX_QUERIES):
                answers = self.client.queries([self._stamp_query(one) for one in group], [one.name for one in group])
                for window, answer in zip(group, answers, strict=True):
                    yield from self._stamps(window, answer)
                    again += [window] if window.more else []
            pending = again

    def _stamp_query(self, window: _Window) -> str:
        stamp = window.stream.stamp
        fields = dict.fromkeys(("Id", stamp, *window.deleted))
        return soql.select(
            list(fields), window.name, soql.after(stamp, window.at, window.last_id), (stamp, "Id"), LIMIT
        )

    def _stamps(
        self, window: _Window, first: Mapping[str, Any] | BatonError
    ) -> Iterator[tuple[str, Sequence[Stamp] | BatonError]]:
        window.more, total = False, 0
        try:
            if isinstance(first, BatonError):
                raise first
            for page in self.client.pages(first, window.name):
                if rows := page["records"]:
                    total += len(rows)
                    window.at, window.last_id = read_instant(rows[-1][window.stream.stamp]) or window.at, rows[-1]["Id"]
                    yield window.name, [_stamp(row, window.stream) for row in rows]
            window.more = total >= LIMIT
        except (StreamUnavailable, TransientError) as error:
            yield window.name, error

    def read(self, spec: StreamSpec, record_ids: Sequence[str]) -> Iterator[SourceRecord]:
        ids = list(dict.fromkeys(soql.check_id(one) for one in record_ids))
        columns = self._columns(spec)
        wanted = [(spec, soql.select(columns, spec.name, soql.id_in("Id", some))) for some in split(ids, soql.ID_BATCH)]
        found: set[str] = set()
        yield from self._select(wanted, found)
        for one in ids:
            if one not in found:
                yield self._gone(spec, one)

    def activities_of(self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]) -> Iterator[SourceRecord]:
        ids = list(dict.fromkeys(soql.check_id(ref.record_id) for ref in subjects if ref.connection == self.connection))
        wanted: list[tuple[StreamSpec, str]] = []
        for spec in specs:
            columns, known = self._columns(spec), self._describe(spec.name)
            wanted += [
                (spec, soql.select(columns, spec.name, soql.id_in(name, some)))
                for name in _SUBJECT_FIELDS.get(spec.name, ())
                if name in known
                for some in split([one for one in ids if one[:3] in _PREFIXES[name]], soql.ID_BATCH)
            ]
        yield from self._select(wanted, set())

    def _select(self, wanted: Sequence[tuple[StreamSpec, str]], found: set[str]) -> Iterator[SourceRecord]:
        """Records of any of the queries, each once, five queries a call; ids of all rows go to `found`."""
        for group in split(wanted, MAX_QUERIES):
            answers = self.client.queries([query for _, query in group], [spec.name for spec, _ in group])
            for (spec, _), answer in zip(group, answers, strict=True):
                if isinstance(answer, BatonError):
                    raise answer
                for page in self.client.pages(answer, spec.name):
                    fresh = [row for row in page["records"] if row["Id"] not in found]
                    found.update(row["Id"] for row in fresh)
                    yield from self._records(spec, fresh)

    def read_calendars(self, first: date, last: date) -> OfficeCalendars:
        return read_calendars(self.client, first, last)

    # -- rows to records -----------------------------------------------------------------------------------------

    def _records(self, spec: StreamSpec, rows: Sequence[dict[str, Any]]) -> list[SourceRecord]:
        reading = Reading(self.connection, self.client.server_time(), lambda: self._zone)
        return [record for row in rows if (record := make_record(spec, row, reading))]

    def _gone(self, spec: StreamSpec, record_id: str) -> SourceRecord:
        ref = RecordRef(self.connection, spec.name, record_id)
        return SourceRecord(ref, spec.kind, self.server_time(), deleted=True)

    def _columns(self, spec: StreamSpec) -> list[str]:
        """Everything to select that exists and is readable. Raises StreamUnavailable."""
        known = self._describe(spec.name)
        stream = _stream(spec.name)
        wanted = ["Id", stream.stamp, "IsDeleted", *stream.fact_fields, *spec.fields]
        wanted += wire_names(spec.name, spec.chosen).values() if spec.carries_flags else ()
        return [name for name in dict.fromkeys(wanted) if key_of(name, known)]

    def _describe(self, stream: str) -> Mapping[str, FieldInfo]:
        _stream(stream)
        return self.schema.fields(stream)

    @cached_property
    def _organization(self) -> dict[str, Any]:
        return self._read_organization()

    def _read_organization(self) -> dict[str, Any]:
        query = soql.select(("Id", "Name", "IsSandbox", "TimeZoneSidKey"), "Organization")
        return next(self.client.query_all(query, stream="Organization"))[0]

    @cached_property
    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self._organization.get("TimeZoneSidKey") or "UTC")
        except ZoneInfoNotFoundError:
            return ZoneInfo("UTC")


def make_record(spec: StreamSpec, row: Mapping[str, Any], reading: Reading) -> SourceRecord | None:
    """One row in the words of the core; None for one that says nothing to it."""
    if row.get("IsChild"):
        return None  # an invitee's copy of a meeting
    row = read_cells(_with_parents(spec, row))
    absence = read_absence(row, reading) if spec.name == "Event" else None
    facts = absence or READERS[spec.name](row, reading)
    if facts is None or (facts.get("field") == "value" and facts["name"] not in spec.watched):
        return None
    return SourceRecord(
        ref=RecordRef(reading.connection, spec.name, soql.check_id(row["Id"])),
        kind=Kind.ABSENCE if absence else spec.kind,
        modified_at=read_instant(row[_stream(spec.name).stamp]) or reading.now,
        values={name: row[name] for name in spec.fields if name in row},
        facts=facts,
        flags=from_wire(row) if spec.carries_flags else None,
        deleted=bool(row.get("IsDeleted")),
    )


def _with_parents(spec: StreamSpec, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with the fields of its parents (`RecordType.Name`) under the names by which they are mapped."""
    found: dict[str, Any] = {}
    for name in spec.fields:
        parent, dot, field_name = name.partition(".")
        if dot and parent in row:
            inner = row[parent]
            found[name] = inner.get(field_name) if isinstance(inner, Mapping) else None
    return {**row, **found} if found else row


def _stream(name: str) -> Stream:
    if name not in STREAMS:
        raise StreamUnavailable(name, f"Baton does not read this object; it reads {', '.join(STREAMS)}")
    return STREAMS[name]


def _stamp(row: Mapping[str, Any], stream: Stream) -> Stamp:
    modified_at = read_instant(row[stream.stamp])
    assert modified_at is not None, "the stamp orders the query and is never empty"
    return Stamp(soql.check_id(row["Id"]), modified_at, bool(row.get("IsDeleted")))
