"""Rows of one org as records: what to select of an object, and what a row says in the words of the core."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from connectors.kit.cell import read_cells
from connectors.kit.cut import Cut
from connectors.kit.errors import Refused
from connectors.kit.instant import read_instant
from connectors.kit.unread import Unread, code_of, take_fingerprints
from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.describe import FieldInfo, Schema, key_of
from connectors.salesforce.facts import READERS, Reading, read_absence
from connectors.salesforce.fields import from_wire, wire_names
from connectors.salesforce.streams import STREAMS, Stream
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import BatonError, StreamUnavailable, TransientError
from sync.ports import Stamp, StreamSpec

Row = Mapping[str, Any]
_CODE = ("connectors.salesforce.facts", "connectors.salesforce.fields", __name__)
"""That makes records of rows."""
_OF_MORE_THAN_THE_ROW = frozenset({"Event", "LeadHistory", "OpportunityFieldHistory"})
"""What their rows say depends on the time as well, or is nothing at all."""
_ID_FIRST = re.compile(rb'"url":"[^"]*"\},"Id":"([a-zA-Z0-9]{18})"')
"""How a row goes on behind its type."""
_NO_COLUMN = re.compile(r"No such column '([A-Za-z0-9_.]+)'|relationship '([A-Za-z0-9_]+)'")


@dataclass
class Rows:
    """Reads rows of one connection. Raises StreamUnavailable for an object that the org or the user's rights lack."""

    connection: str
    client: Client = field(repr=False)
    schema: Schema = field(repr=False)
    drifted: bool = False
    """A query was refused for a field that was readable when the streams were checked last."""
    _zone_name: str = field(default="", init=False)

    def records(self, spec: StreamSpec, rows: Iterable[Row]) -> list[SourceRecord]:
        reading = self._reading()
        return [record for row in rows if (record := make_record(spec, row, reading))]

    def look_over(self, spec: StreamSpec, rows: Sequence[Row]) -> tuple[Sequence[SourceRecord], Mapping[str, bytes]]:
        """Records that are made where they are asked for, and by their fingerprints whether they need be."""
        if spec.name in _OF_MORE_THAN_THE_ROW or not rows:
            return self.records(spec, rows), {}
        reading, begin = self._reading(), f"{self.connection}:{spec.name}:"
        if not spec.kept:
            return Unread(rows, lambda row: make_sure_record(spec, row, reading)), {}
        told, form = _tell(begin, rows)
        taken = take_fingerprints(told, code_of(*_CODE), spec, self._zone_name, form)
        return Unread(rows, lambda row: make_sure_record(spec, row, reading)), taken

    def gone(self, spec: StreamSpec, record_id: str) -> SourceRecord:
        ref = RecordRef(self.connection, spec.name, record_id)
        return SourceRecord(ref, spec.kind, self.client.server_time(), deleted=True)

    def stamps(self, spec: StreamSpec, rows: Iterable[Row]) -> list[Stamp]:
        """Of the rows that become records."""
        reading, stream = self._reading(), find_stream(spec.name)
        return [
            _stamp(row, stream)
            for row in rows
            if not row.get("IsChild") and (spec.kind is not Kind.HISTORY or make_record(spec, row, reading))
        ]

    def columns(self, spec: StreamSpec) -> list[str]:
        """Everything to select that exists and is readable."""
        stream = find_stream(spec.name)
        wanted = ["Id", stream.stamp, "IsDeleted", *stream.fact_fields, *spec.fields]
        wanted += wire_names(spec.name, spec.chosen).values() if spec.carries_flags else ()
        return self._readable(spec, wanted)

    def stamp_columns(self, spec: StreamSpec) -> list[str]:
        """What tells of a row that it exists, when it changed, and whether it becomes a record at all: many rows of field
        history do not, and by what they tell they cannot be filtered."""
        if spec.kind is Kind.HISTORY:
            return self.columns(spec)
        return self._readable(spec, ["Id", find_stream(spec.name).stamp, "IsDeleted", "IsChild"])

    def known(self, stream: str) -> Mapping[str, FieldInfo]:
        """Readable fields by name."""
        find_stream(stream)
        return self.schema.fields(stream)

    def hide_refused(self, stream: str, error: BatonError) -> bool:
        """Whether a query was refused for fields that went away; they are left out from now on."""
        if not isinstance(error, Refused) or error.answer.code != "INVALID_FIELD":
            return False
        named = _NO_COLUMN.findall(error.answer.text)
        known = self.known(stream)
        self.schema.hide(stream, {name or key_of(f"{parent}.Name", known) or "" for name, parent in named})
        self.drifted = True
        return True

    def _readable(self, spec: StreamSpec, wanted: Sequence[str]) -> list[str]:
        known = self.known(spec.name)
        return [name for name in dict.fromkeys(wanted) if key_of(name, known)]

    def _reading(self) -> Reading:
        return Reading(self.connection, self.client.server_time(), lambda: self._zone)

    def read_organization(self) -> dict[str, Any]:
        query = soql.select(("Id", "Name", "IsSandbox", "TimeZoneSidKey"), "Organization")
        try:
            self._organization = next(self.client.query_all(query, stream="Organization"))[0]
            self._zone_name = str(self._organization.get("TimeZoneSidKey"))
        except StreamUnavailable as error:  # every org has one: an answer that says otherwise passes
            raise TransientError(str(error)) from error
        return self._organization

    @cached_property
    def _organization(self) -> dict[str, Any]:
        return self.read_organization()

    @cached_property
    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self._organization.get("TimeZoneSidKey") or "UTC")
        except ZoneInfoNotFoundError:
            return ZoneInfo("UTC")


def find_stream(name: str) -> Stream:
    """Raises StreamUnavailable for one that Baton does not read."""
    if name not in STREAMS:
        raise StreamUnavailable(name, f"Baton does not read this object; it reads {', '.join(STREAMS)}")
    return STREAMS[name]


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
        modified_at=read_instant(row[find_stream(spec.name).stamp]) or reading.now,
        values={name: row[name] for name in spec.fields if name in row},
        facts=facts,
        flags=from_wire(row) if spec.carries_flags else None,
        deleted=bool(row.get("IsDeleted")),
    )


def make_sure_record(spec: StreamSpec, row: Row, reading: Reading) -> SourceRecord:
    """Of a stream whose every row is a record."""
    record = make_record(spec, row, reading)
    assert record is not None
    return record


def _with_parents(spec: StreamSpec, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with the fields of its parents (`RecordType.Name`) under the names by which they are mapped."""
    found: dict[str, Any] = {}
    for name, parent, field_name in _parents(spec.fields):
        if parent in row:
            inner = row[parent]
            found[name] = inner.get(field_name) if isinstance(inner, Mapping) else None
    return {**row, **found} if found else row


@lru_cache(maxsize=64)
def _parents(fields: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """(name, parent, its field) of those that are fields of parents."""
    told = [(name, *name.partition(".")) for name in fields]
    return [(name, parent, field_name) for name, parent, dot, field_name in told if dot]


def _tell(begin: str, rows: Sequence[Row]) -> tuple[Iterable[tuple[str, bytes]], object]:
    """The reference of each row (`begin`: without the id) and what it says, as it was sent where that can be had; and what
    all of them are like."""
    if isinstance(rows, Cut):
        found = [_ID_FIRST.match(text) for text in rows.texts]
        if all(found):
            return [(begin + one[1].decode(), one.string) for one in found if one], rows.begin
    told = ((begin + soql.check_id(row["Id"]), orjson.dumps([*row.values()])) for row in rows)
    return told, tuple(rows[0])


def _stamp(row: Row, stream: Stream) -> Stamp:
    modified_at = read_instant(row[stream.stamp])
    assert modified_at is not None, "the stamp orders the query and is never empty"
    return Stamp(soql.check_id(row["Id"]), modified_at, bool(row.get("IsDeleted")))
