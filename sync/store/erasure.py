"""Erasing records on request, and knowing them again without keeping who they were."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, Text, delete, exists, select, type_coerce, update

from sync.core.model.records import RecordRef
from sync.store import handoffs, restraints
from sync.store.tables import (
    DeliveryRow,
    HandoffMemberRow,
    HandoffRow,
    OutboxRow,
    RecordKeyRow,
    RunRow,
    ShownRow,
    SourceRecordRow,
    TombstoneRow,
    table,
)  # fmt: skip
from sync.store.types import in_set
from sync.store.upsert import upsert

_record, _key = table(SourceRecordRow), table(RecordKeyRow)
_handoff, _member, _shown = table(HandoffRow), table(HandoffMemberRow), table(ShownRow)
_outbox, _delivery, _run, _tombstone = table(OutboxRow), table(DeliveryRow), table(RunRow), table(TombstoneRow)


def erase(tx: Connection, refs: Collection[RecordRef]) -> int:
    """Forget these records and all that was written about them; returns how many records were kept until now.

    Handoffs of which one is the anchor are forgotten with it; the other members of these, and those of all others that
    it belonged to, are to be linked anew (the caller marks them).
    """
    anchored = tx.execute(select(_handoff.c.id).where(in_set(_handoff.c.anchor, refs))).scalars()
    handoffs.remove(tx, list(anchored))
    written = select(_outbox.c.id).where(in_set(_outbox.c.ref, refs))
    tx.execute(delete(_delivery).where(_delivery.c.outbox_id.in_(written)))
    for rows in (_outbox, _member, _shown, _key):
        tx.execute(delete(rows).where(in_set(rows.c.ref, refs)))
    tx.execute(delete(_key).where(in_set(_key.c.key, refs)))
    restraints.remove(tx, refs)
    _forget_problems(tx, refs)
    return tx.execute(delete(_record).where(in_set(_record.c.ref, refs))).rowcount


def _forget_problems(tx: Connection, refs: Iterable[RecordRef]) -> None:
    """What runs told of them by name."""
    told = type_coerce(_run.c.problems, Text)
    for ref in refs:
        named = told.contains(str(ref), autoescape=True)
        tx.execute(update(_run).where(named).values(problems=["(erased)"]))


def keep_tombstones(tx: Connection, marks: Iterable[str], now: datetime) -> None:
    upsert(tx, _tombstone, [{"mark": mark, "erased_at": now} for mark in marks])


def lift_tombstones(tx: Connection, marks: Iterable[str]) -> int:
    """From now on these are kept again when they are read; returns how many there were."""
    return tx.execute(delete(_tombstone).where(in_set(_tombstone.c.mark, marks))).rowcount


def has_tombstones(tx: Connection) -> bool:
    return bool(tx.execute(select(exists(select(_tombstone.c.mark)))).scalar())


def find_tombstones(tx: Connection, marks: Iterable[str]) -> set[str]:
    """Which of these marks are of erased records."""
    return set(tx.execute(select(_tombstone.c.mark).where(in_set(_tombstone.c.mark, marks))).scalars())


def find_neighbours(tx: Connection, refs: Collection[RecordRef]) -> set[RecordRef]:
    """Records that are in a handoff with one of these."""
    theirs = select(_member.c.handoff_id).where(in_set(_member.c.ref, refs))
    found = tx.execute(select(_member.c.ref).where(_member.c.handoff_id.in_(theirs))).scalars()
    return {RecordRef.parse(ref) for ref in found} - set(refs)
