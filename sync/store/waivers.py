"""Exceptions that RevOps gave at the command line: kept per handoff and cycle, and never removed while it lives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from sync.core.model.handoff import Waiver
from sync.core.model.records import RecordRef
from sync.store.tables import HandoffRow, WaiverRow, table
from sync.store.types import in_set

_waiver = table(WaiverRow)
_handoff = table(HandoffRow)


@dataclass(frozen=True, slots=True)
class StoredWaiver:
    """One exception as kept."""

    id: int
    handoff_id: str
    anchor: RecordRef
    """Of the handoff, as it is now."""
    cycle: int
    """In which it was given."""
    waiver: Waiver
    revoked_at: datetime | None
    revoked_by: str | None


def add(tx: Connection, handoff: str, cycle: int, waiver: Waiver) -> int:
    """Keep one; returns its number."""
    row = {
        "handoff_id": handoff,
        "given_for": select(_handoff.c.anchor).where(_handoff.c.id == handoff).scalar_subquery(),
        "cycle": cycle,
        "items": list(waiver.items),
        "criteria": list(waiver.criteria),
        "reason": waiver.reason,
        "until": waiver.until.isoformat() if waiver.until else None,
        "given_by": waiver.by,
        "given_at": waiver.at,
    }
    return tx.execute(insert(_waiver).values(row).returning(_waiver.c.id)).scalar_one()


def revoke(tx: Connection, ids: Collection[int], at: datetime, by: str) -> None:
    withdrawn = update(_waiver).where(_waiver.c.id.in_(ids), _waiver.c.revoked_at.is_(None))
    tx.execute(withdrawn.values(revoked_at=at, revoked_by=by))


def move(tx: Connection, heirs: Mapping[str, str]) -> None:
    """Those of handoffs that live on in others go there."""
    rows = [{"b_lost": handoff, "b_heir": heir} for handoff, heir in heirs.items()]
    if rows:
        lost = update(_waiver).where(_waiver.c.handoff_id == bindparam("b_lost"))
        tx.execute(lost.values(handoff_id=bindparam("b_heir")), rows)


def give_back(tx: Connection, anchors: Mapping[str, RecordRef]) -> None:
    """New handoffs (with their anchors) take those that were given for one of that anchor: it was merged, and is no more."""
    new = {str(anchor): handoff for handoff, anchor in anchors.items()}
    given = select(_waiver.c.id, _waiver.c.given_for).where(in_set(_waiver.c.given_for, new))
    rows = [{"b_id": row.id, "b_handoff": new[row.given_for]} for row in tx.execute(given)] if new else []
    if rows:
        own = update(_waiver).where(_waiver.c.id == bindparam("b_id"))
        tx.execute(own.values(handoff_id=bindparam("b_handoff")), rows)


def load(tx: Connection, handoffs: Iterable[str]) -> dict[str, tuple[Waiver, ...]]:
    """Those of these handoffs that nobody revoked; handoffs without any are absent."""
    query = select(_waiver).where(in_set(_waiver.c.handoff_id, handoffs), _waiver.c.revoked_at.is_(None))
    found: dict[str, tuple[Waiver, ...]] = {}
    for row in tx.execute(query.order_by(_waiver.c.id)):
        found[row.handoff_id] = (*found.get(row.handoff_id, ()), _read(row))
    return found


def read_all(tx: Connection, handoffs: Iterable[str] | None = None) -> Sequence[StoredWaiver]:
    """Every one, or those of some handoffs, the latest first; revoked ones too."""
    query = select(_waiver, _handoff.c.anchor).join(_handoff, _handoff.c.id == _waiver.c.handoff_id)
    if handoffs is not None:
        query = query.where(in_set(_waiver.c.handoff_id, handoffs))
    return [
        StoredWaiver(
            row.id,
            row.handoff_id,
            RecordRef.parse(row.anchor),
            row.cycle,
            _read(row),
            row.revoked_at,
            row.revoked_by,
        )
        for row in tx.execute(query.order_by(_waiver.c.id.desc()))
    ]


def _read(row: Any) -> Waiver:
    return Waiver(
        items=tuple(row.items),
        criteria=tuple(row.criteria),
        reason=row.reason,
        until=date.fromisoformat(row.until) if row.until else None,
        by=row.given_by,
        at=row.given_at,
    )
