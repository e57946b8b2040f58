"""Erasing records on request, and knowing them again without keeping who they were."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, Text, bindparam, delete, exists, select, type_coerce, update

from sync.core.mapping.sealed import is_sealed, write_sealed
from sync.core.model.flags import FLAG_FIELDS, FlagType
from sync.core.model.items import ValueState
from sync.core.model.records import RecordRef
from sync.errors import Shortfall
from sync.store import fingerprints, handoffs, restraints
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
_TEXTS = frozenset(flag.name for flag in FLAG_FIELDS if flag.type is FlagType.LONG_TEXT)
_NO_MARK = "0" * 32
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
    fingerprints.forget(tx, [str(ref) for ref in refs])
    return tx.execute(delete(_record).where(in_set(_record.c.ref, refs))).rowcount


def forget_texts(tx: Connection, refs: Collection[RecordRef]) -> None:
    """What these records hold of ours, and what was or is to be written to them, without the texts in it: they quote what
    stands on others. What a record holds is only known to be a text from then on, until it is written or read anew."""
    rows = tx.execute(select(_outbox.c.id, _outbox.c.old, _outbox.c.new).where(in_set(_outbox.c.ref, refs))).all()
    told = [(i, old, new) for i, old, new in rows if not _TEXTS.isdisjoint({*old, *new})]
    _change(tx, _outbox, "id", [{"id": i, "old": _rest(old), "new": _rest(new)} for i, old, new in told])
    held = tx.execute(select(_record.c.ref, _record.c.flags).where(in_set(_record.c.ref, refs))).all()
    _change(tx, _record, "ref", [{"ref": ref, "flags": _seal(flags)} for ref, flags in held if flags])


def _change(tx: Connection, rows: Table, key: str, changed: Sequence[Mapping[str, Any]]) -> None:
    if changed:
        values = {n: bindparam(f"b_{n}", type_=rows.c[n].type) for n in changed[0] if n != key}
        change = update(rows).where(rows.c[key] == bindparam(f"b_{key}")).values(values)
        tx.execute(change, [{f"b_{n}": value for n, value in one.items()} for one in changed])


def _rest(flags: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if name not in _TEXTS}


def _seal(flags: Mapping[str, Any]) -> dict[str, Any]:
    bare = {name: text for name, text in flags.items() if name in _TEXTS and text and not is_sealed(text)}
    return {**flags, **{name: write_sealed(ValueState.PRESENT, len(text), _NO_MARK) for name, text in bare.items()}}


def _forget_problems(tx: Connection, refs: Iterable[RecordRef]) -> None:
    """What runs told of them by name."""
    told = type_coerce(_run.c.problems, Text)
    for ref in refs:
        named = told.contains(str(ref), autoescape=True)
        tx.execute(update(_run).where(named).values(problems=[{"code": Shortfall.ERASED}]))


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
