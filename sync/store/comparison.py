"""Where the full comparison stands, and which records it has seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, select

from sync.core.model.records import RecordRef
from sync.store.tables import ComparedRow, ComparisonRow, SourceRecordRow, table
from sync.store.upsert import upsert

LINKS = "*links"
FORMULAS = "*formulas"
"""Parts that are no streams."""

_comparison = table(ComparisonRow)
_compared = table(ComparedRow)
_record = table(SourceRecordRow)


@dataclass(frozen=True, slots=True)
class Progress:
    """One part of the comparison of a connection. Instants are aware UTC."""

    connection: str
    part: str
    """A stream, or what else moves no stamp."""
    begun_at: datetime | None = None
    """None: not under way."""
    place: str = ""
    finished_at: datetime | None = None
    """When the latest one that came to its end began: the store was equal to the CRM as of then."""


def read(tx: Connection, connection: str | None = None) -> list[Progress]:
    query = select(_comparison).order_by(_comparison.c.connection, _comparison.c.part)
    if connection is not None:
        query = query.where(_comparison.c.connection == connection)
    return [Progress(r.connection, r.part, r.begun_at, r.place, r.finished_at) for r in tx.execute(query)]


def begin_counting(tx: Connection, connection: str, streams: Iterable[str], now: datetime) -> None:
    """Reading a stream from its beginning compares it: the next time is one interval later."""
    known = {one.part for one in read(tx, connection)}
    for part in streams:
        if part not in known:
            save(tx, Progress(connection, part, finished_at=now))


def save(tx: Connection, progress: Progress) -> None:
    row: dict[str, Any] = {
        "connection": progress.connection,
        "part": progress.part,
        "begun_at": progress.begun_at,
        "place": progress.place,
        "finished_at": progress.finished_at,
    }
    upsert(tx, _comparison, [row])


def note_seen(tx: Connection, refs: Iterable[RecordRef]) -> None:
    upsert(tx, _compared, [{"ref": str(ref)} for ref in refs])


def forget_seen(tx: Connection, connection: str, stream: str) -> None:
    tx.execute(delete(_compared).where(_of_stream(tx, _compared.c.ref, connection, stream)))


def count_present(tx: Connection, connection: str, stream: str) -> int:
    present = _of_stream(tx, _record.c.ref, connection, stream) & ~_record.c.deleted
    return tx.execute(select(func.count()).select_from(_record).where(present)).scalar_one()


def count_unseen(tx: Connection, connection: str, stream: str, before: datetime) -> int:
    unseen = _unseen(tx, connection, stream, before)
    return tx.execute(select(func.count()).select_from(_record).where(unseen)).scalar_one()


def find_unseen(
    tx: Connection, connection: str, stream: str, before: datetime, after: str, limit: int
) -> list[RecordRef]:
    """Present records that did not change since the comparison began and that it did not find, a slice at a time."""
    query = select(_record.c.ref).where(_unseen(tx, connection, stream, before), _record.c.ref > after)
    return [RecordRef.parse(ref) for ref in tx.execute(query.order_by(_record.c.ref).limit(limit)).scalars()]


def read_marks(tx: Connection, connection: str, stream: str, size: int) -> Sequence[str]:
    """Every so many-th id of what is stored of a stream."""
    number = func.row_number().over(order_by=_record.c.ref)
    numbered = select(_record.c.ref, number.label("number")).where(_of_stream(tx, _record.c.ref, connection, stream))
    counted = numbered.subquery()
    rows = tx.execute(select(counted.c.ref).where(counted.c.number % size == 0)).scalars()
    return [RecordRef.parse(ref).record_id for ref in rows]


def _unseen(tx: Connection, connection: str, stream: str, before: datetime) -> ColumnElement[bool]:
    seen = exists().where(_compared.c.ref == _record.c.ref)
    own = _of_stream(tx, _record.c.ref, connection, stream)
    return and_(own, ~_record.c.deleted, _record.c.modified_at < before, ~seen)


def _of_stream(tx: Connection, ref: Any, connection: str, stream: str) -> ColumnElement[bool]:
    """References that begin with the stream's name: on SQLite a range of the index that holds them; PostgreSQL's order of
    texts depends on its locale and makes no such range."""
    prefix = f"{connection}:{stream}:"
    if tx.dialect.name == "sqlite":
        return and_(ref >= prefix, ref < prefix[:-1] + chr(ord(":") + 1))
    return ref.startswith(prefix, autoescape=True)
