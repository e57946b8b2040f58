"""What keeps Baton from writing, and since when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select

from sync.core.model.records import RecordRef
from sync.store.tables import RestraintRow, table
from sync.store.types import in_set
from sync.store.upsert import upsert

_restraint = table(RestraintRow)


class RestraintKind(StrEnum):
    UNWRITABLE = "unwritable"
    """Nobody can write this field of this stream now, or this option of it."""
    CONTESTED = "contested"
    """Somebody else rewrites this field of this record: it is left alone for a while."""
    UNDONE = "undone"
    """A run that wrote this record was undone: it is only observed until a person releases it."""


@dataclass(frozen=True, slots=True)
class Restraint:
    """Fields that do not apply to the kind are empty."""

    kind: RestraintKind
    connection: str
    stream: str
    since: datetime
    ref: RecordRef | None = None
    flag: str = ""
    option: str = ""
    run: int = 0
    code: str = ""
    """Why; of a contested field, what sort of value we want there."""
    message: str = ""
    """In the vendor's words; of a contested field, what sort of value stands there instead."""
    until: datetime | None = None


def save(tx: Connection, restraints: Iterable[Restraint]) -> None:
    upsert(tx, _restraint, [_row(one) for one in restraints])


def _row(one: Restraint) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "connection": one.connection,
        "stream": one.stream,
        "ref": str(one.ref) if one.ref is not None else "",
        "flag": one.flag,
        "option": one.option,
        "run_id": one.run,
        "code": one.code,
        "message": one.message,
        "since": one.since,
        "until": one.until,
    }


def read(tx: Connection, kind: RestraintKind, limit: int | None = None) -> list[Restraint]:
    """All of a kind, in a stable order."""
    columns = (_restraint.c.connection, _restraint.c.stream, _restraint.c.ref, _restraint.c.flag, _restraint.c.option)
    query = select(_restraint).where(_restraint.c.kind == kind.value).order_by(*columns, _restraint.c.run_id)
    return [_restraint_of(row) for row in tx.execute(query.limit(limit))]


def read_of(tx: Connection, refs: Iterable[RecordRef]) -> list[Restraint]:
    """Those of these records alone."""
    some = tx.execute(select(_restraint.c.ref).where(_restraint.c.ref != "").limit(1)).scalar()
    if some is None:
        return []
    return [_restraint_of(row) for row in tx.execute(select(_restraint).where(in_set(_restraint.c.ref, refs)))]


def count_undone(tx: Connection) -> dict[int, int]:
    """Run → records that are only observed because it was undone."""
    query = select(_restraint.c.run_id, func.count()).where(_restraint.c.kind == RestraintKind.UNDONE.value)
    rows = tx.execute(query.group_by(_restraint.c.run_id).order_by(_restraint.c.run_id))
    return {run: n for run, n in rows}  # noqa: C416 (dict() does not take typed rows)


def find_opened(tx: Connection, connection: str, found: Sequence[Restraint]) -> set[str]:
    """The streams of which a field is open again, by what a check found."""
    return {stream for stream, _, _ in _unwritable(tx, connection) - {_place(one) for one in found}}


def replace_unwritable(tx: Connection, connection: str, found: Sequence[Restraint]) -> bool:
    """What a check found is all there is at this connection now: whether that differs from what was known."""
    changed = _unwritable(tx, connection) != {_place(one) for one in found}
    if changed:
        tx.execute(delete(_restraint).where(_is_unwritable(connection)))
        save(tx, found)
    return changed


def _unwritable(tx: Connection, connection: str) -> set[tuple[str, str, str]]:
    return {_place(_restraint_of(row)) for row in tx.execute(select(_restraint).where(_is_unwritable(connection)))}


def _is_unwritable(connection: str) -> ColumnElement[bool]:
    return (_restraint.c.kind == RestraintKind.UNWRITABLE.value) & (_restraint.c.connection == connection)


def _place(one: Restraint) -> tuple[str, str, str]:
    return one.stream, one.flag, one.option


def find_over(tx: Connection, now: datetime) -> set[RecordRef]:
    """The records of those whose time is over."""
    query = select(_restraint.c.ref).where(_restraint.c.until <= now)
    return {RecordRef.parse(ref) for ref in tx.execute(query).scalars()}


def drop_over(tx: Connection, now: datetime) -> None:
    """Forget those whose time is over."""
    tx.execute(delete(_restraint).where(_restraint.c.until <= now))


def release(tx: Connection, run: int) -> set[RecordRef]:
    """A person lets the records of an undone run be written again."""
    undone = (_restraint.c.kind == RestraintKind.UNDONE.value) & (_restraint.c.run_id == run)
    refs = {RecordRef.parse(ref) for ref in tx.execute(select(_restraint.c.ref).where(undone)).scalars()}
    tx.execute(delete(_restraint).where(undone))
    return refs


def remove(tx: Connection, refs: Collection[RecordRef]) -> None:
    """Nothing is remembered of these records."""
    tx.execute(delete(_restraint).where(in_set(_restraint.c.ref, refs)))


def _restraint_of(row: Row[Any]) -> Restraint:
    r = row._mapping
    return Restraint(
        RestraintKind(r["kind"]), r["connection"], r["stream"], r["since"], RecordRef.parse(r["ref"]) if r["ref"] else None,
        r["flag"], r["option"], r["run_id"], r["code"], r["message"], r["until"],
    )  # fmt: skip
