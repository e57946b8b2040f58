"""Which records changed since they were last linked: each bears the growing number of its latest change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select, update

from sync.core.model.records import Kind, RecordRef
from sync.store.driver import fetch
from sync.store.store import next_number
from sync.store.tables import SourceRecordRow, table
from sync.store.types import KINDS, in_set

_AMONG = "SELECT ref, kind, dirty_seq FROM source_record WHERE ref {} AND dirty_seq IS NOT NULL"
_record = table(SourceRecordRow)


class DirtyRecord(NamedTuple):
    ref: RecordRef
    kind: Kind
    seq: int


def read(tx: Connection, limit: int, after: int = 0) -> list[DirtyRecord]:
    """Records that changed since they were last linked, in order of change."""
    query = select(_record.c.ref, _record.c.kind, _record.c.dirty_seq).where(_record.c.dirty_seq > after)
    rows = tx.execute(query.order_by(_record.c.dirty_seq, _record.c.ref).limit(limit)).all()
    return [DirtyRecord(RecordRef.parse(ref), KINDS[kind], seq) for ref, kind, seq in rows]


def read_among(tx: Connection, refs: Iterable[RecordRef | str]) -> list[DirtyRecord]:
    """Which of these records changed since they were last linked."""
    rows = fetch(tx, _AMONG, [str(ref) for ref in refs])
    return [DirtyRecord(RecordRef.parse(ref), KINDS[kind], seq) for ref, kind, seq in rows]


def clear(tx: Connection, seen: Sequence[DirtyRecord]) -> None:
    """Clear marks, except where the record changed again meanwhile."""
    if seen:
        # Numbers only grow: whatever was marked after `seen` was read has a higher one.
        latest = max(d.seq for d in seen)
        clear = update(_record).where(in_set(_record.c.ref, (d.ref for d in seen)), _record.c.dirty_seq <= latest)
        tx.execute(clear.values(dirty_seq=None))


def mark(tx: Connection, refs: Iterable[RecordRef]) -> None:
    tx.execute(update(_record).where(in_set(_record.c.ref, refs)).values(dirty_seq=next_number(tx)))


def count(tx: Connection) -> int:
    return tx.execute(select(func.count()).select_from(_record).where(_record.c.dirty_seq.isnot(None))).scalar_one()
