"""Source records as they are kept: read whole to be judged, in part to be linked, by their stamps to be compared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal, select

from sync.core.model.fixed import fixed
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.store import first_seen
from sync.store.driver import Refs, as_bytes, by_check_index, fetch
from sync.store.first_seen import FirstSeen
from sync.store.tables import SourceRecordRow, table
from sync.store.types import KINDS, from_micros, read_json

_record = table(SourceRecordRow)
_LOAD = "SELECT ref, kind, modified_at, {}, facts, flags, deleted, value_written FROM source_record WHERE ref {{}}"
_TO_LINK = "SELECT ref, kind, modified_at, facts, deleted, CASE kind WHEN 'person' THEN {} END FROM source_record WHERE ref {{}}"
_STAMPS = "SELECT ref, modified_at, deleted FROM source_record {} WHERE ref {{}}"
WHOLE = (
    _record.c.ref, _record.c.kind, _record.c.modified_at, _record.c.vals, _record.c.facts, _record.c.flags,
    _record.c.deleted,
)  # fmt: skip
_SLICE = 1_000


@fixed
class StoredRecord:
    """A record as kept, with when its present values were first seen (by vendor field, the record's stamp then)."""

    record: SourceRecord
    value_written: Mapping[str, datetime]


def load(tx: Connection, refs: Iterable[RecordRef]) -> dict[RecordRef, StoredRecord]:
    """These records as kept; unknown ones are absent."""
    return load_texts(tx, map(str, refs), Refs())


def load_texts(tx: Connection, texts: Iterable[str], known: Refs) -> dict[RecordRef, StoredRecord]:
    """The same by their references as text; `known`: those that were read already."""
    found: dict[RecordRef, StoredRecord] = {}
    for text, kind, at, values, facts, flags, deleted, stamps in fetch(tx, _LOAD.format(as_bytes(tx, "vals")), texts):
        ref, held = known[text], read_json(values)
        record = SourceRecord(
            ref, KINDS[kind], from_micros(at), held, read_json(facts), _read_flags(flags), bool(deleted)
        )
        found[ref] = StoredRecord(record, FirstSeen(held, first_seen.read(stamps)))
    return found


def _read_flags(text: str | None) -> dict[str, Any] | None:
    return {} if text == "{}" else read_json(text)


def load_kind(tx: Connection, kind: Kind) -> list[SourceRecord]:
    """All present records of a kind that has few (users)."""
    # Written out in the statement: databases use the index over users alone only where they can see the word.
    named = literal(kind.value, literal_execute=True)
    rows = tx.execute(select(*WHOLE).where(_record.c.kind == named, ~_record.c.deleted))
    return [make_record(row) for row in rows]


def make_record(row: Any) -> SourceRecord:
    """Of a row of `WHOLE`."""
    ref, kind, modified_at, values, facts, flags, deleted = row
    return SourceRecord(RecordRef.parse(ref), KINDS[kind], modified_at, values, facts, flags, deleted)


def load_to_link(
    tx: Connection, refs: Iterable[str], names: Mapping[tuple[str, str], Collection[str]]
) -> list[SourceRecord]:
    """Of these references the records as far as linking looks at them: without our fields, and of people with the values of
    these fields by (connection, stream) only. All of everything that hangs together would be the most that a backfill
    holds."""
    found: list[SourceRecord] = []
    waiting, query = [*refs], _TO_LINK.format(as_bytes(tx, "vals"))
    for first in range(0, len(waiting), _SLICE):
        for text, kind, at, facts, deleted, values in fetch(tx, query, waiting[first : first + _SLICE]):
            ref = RecordRef.parse(text)
            held = dict[str, Any]()
            if values is not None and (wanted := names.get(ref[:2])):
                every = read_json(values)
                held = {name: every[name] for name in wanted if name in every}
            found.append(SourceRecord(ref, KINDS[kind], from_micros(at), held, read_json(facts), deleted=bool(deleted)))
    return found


def read_stamps(tx: Connection, refs: Iterable[RecordRef | str]) -> dict[RecordRef, tuple[datetime, bool]]:
    """Modification stamp and whether deleted, of the records that are known."""
    check = _STAMPS.format(by_check_index(tx))
    found = fetch(tx, check, [str(ref) for ref in refs])
    return {RecordRef.parse(ref): (from_micros(at), bool(deleted)) for ref, at, deleted in found}


def count_by_stream(tx: Connection) -> dict[tuple[str, str], int]:
    """Present records per (connection, stream)."""
    query = select(_record.c.connection, _record.c.stream, func.count()).where(~_record.c.deleted)
    return {(c, s): n for c, s, n in tx.execute(query.group_by(_record.c.connection, _record.c.stream))}
