"""What of the outbox waits for a person: what the gate holds, and what a backfill holds until somebody has looked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select, update

from sync.core.model.records import RecordRef
from sync.store.outbox import BY_BACKFILL, IN_FLIGHT, ChangeKind, State
from sync.store.tables import OutboxRow, SourceRecordRow, table

_outbox = table(OutboxRow)
_record = table(SourceRecordRow)

_GATED = (_outbox.c.state == State.HELD.value) & (_outbox.c.reason != BY_BACKFILL)
_BACKFILLED = (_outbox.c.state == State.HELD.value) & (_outbox.c.reason == BY_BACKFILL)


def count_for_gate(tx: Connection, now: datetime) -> dict[tuple[str, ChangeKind], int]:
    """Entries that nobody approved, per target and kind: not sent yet, or sent within the last 24 h. What a backfill holds
    waits for its own look, and keeps nothing of every day back."""
    pending = _outbox.c.state.in_([s.value for s in (State.READY, State.SENDING, State.UNKNOWN)]) | _GATED
    recent = (_outbox.c.state == State.DELIVERED.value) & (_outbox.c.settled_at > now - timedelta(hours=24))
    query = select(_outbox.c.connection, _outbox.c.kind, func.count()).where(or_(pending, recent), ~_outbox.c.approved)
    return {(c, ChangeKind(k)): n for c, k, n in tx.execute(query.group_by(_outbox.c.connection, _outbox.c.kind))}


def release(tx: Connection, connection: str | None = None, kind: ChangeKind | None = None) -> int:
    """A person approved what the gate holds; returns how many entries are ready now. What a backfill holds is none of it."""
    held = update(_outbox).where(_GATED)
    if connection is not None:
        held = held.where(_outbox.c.connection == connection)
    if kind is not None:
        held = held.where(_outbox.c.kind == kind.value)
    return tx.execute(held.values(state=State.READY.value, approved=True)).rowcount


def release_backfill(tx: Connection, connection: str, limit: int) -> int:
    """Let the oldest of what a backfill holds be sent; returns how many entries that were."""
    oldest = (
        select(_outbox.c.id).where(_BACKFILLED, _outbox.c.connection == connection).order_by(_outbox.c.id).limit(limit)
    )
    released = update(_outbox).where(_outbox.c.id.in_(oldest.scalar_subquery()))
    return tx.execute(released.values(state=State.READY.value, approved=True, reason="")).rowcount


def count_backfill(tx: Connection) -> dict[tuple[str, str], int]:
    """What a backfill holds, by (connection, stream)."""
    query = select(_record.c.connection, _record.c.stream, func.count()).join(_record, _record.c.ref == _outbox.c.ref)
    rows = tx.execute(query.where(_BACKFILLED).group_by(_record.c.connection, _record.c.stream))
    return {(connection, stream): n for connection, stream, n in rows}


def count_let_go(tx: Connection) -> dict[str, int]:
    """Approved entries that are not sent, or whose outcome nobody knows, by connection."""
    waiting = _outbox.c.approved & _outbox.c.state.in_([s.value for s in (State.READY, *IN_FLIGHT)])
    query = select(_outbox.c.connection, func.count()).where(waiting).group_by(_outbox.c.connection)
    return {connection: n for connection, n in tx.execute(query)}  # noqa: C416 (dict() does not take typed rows)


def read_let_go(tx: Connection, since: datetime, limit: int) -> list[RecordRef]:
    """Some of the records that were written with approval since then, oldest first."""
    written = (_outbox.c.state == State.DELIVERED.value) & _outbox.c.approved & (_outbox.c.settled_at >= since)
    query = select(_outbox.c.ref).where(written).order_by(_outbox.c.id).limit(limit)
    return [RecordRef.parse(ref) for ref in tx.execute(query).scalars()]


def hold_ready(tx: Connection, connection: str, kind: ChangeKind) -> int:
    """Keep back what is ready and unapproved; returns how many entries wait for a person now."""
    ready = (
        (_outbox.c.state == State.READY.value) & (_outbox.c.connection == connection) & (_outbox.c.kind == kind.value)
    )
    tx.execute(update(_outbox).where(ready, ~_outbox.c.approved).values(state=State.HELD.value))
    return count_held(tx).get((connection, kind), 0)


def approve_pending(tx: Connection) -> int:
    """Everything ready or held by the gate is approved; returns how many entries were held."""
    released = release(tx)
    tx.execute(update(_outbox).where(_outbox.c.state == State.READY.value, ~_outbox.c.approved).values(approved=True))
    return released


def count_held(tx: Connection) -> dict[tuple[str, ChangeKind], int]:
    """What the gate holds, per target and kind."""
    query = select(_outbox.c.connection, _outbox.c.kind, func.count()).where(_GATED)
    return {(c, ChangeKind(k)): n for c, k, n in tx.execute(query.group_by(_outbox.c.connection, _outbox.c.kind))}


def read_held(tx: Connection, connection: str, kind: ChangeKind) -> Iterator[tuple[RecordRef, list[str]]]:
    """(record, names of the flags that would be set) of what a person has to approve, oldest first."""
    query = select(_outbox.c.ref, _outbox.c.new).where(
        _GATED, _outbox.c.connection == connection, _outbox.c.kind == kind.value
    )
    for ref, new in tx.execute(query.order_by(_outbox.c.id)):
        yield RecordRef.parse(ref), list(new)
