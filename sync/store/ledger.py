"""The outbox read for those who tell of it, or take something back: by state, record and run, with every attempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, or_, select

from sync.core.model.records import RecordRef
from sync.store.outbox import Attempt, Entry, State, entry_of, find_known
from sync.store.tables import DeliveryRow, OutboxRow, table
from sync.store.types import in_set

_outbox = table(OutboxRow)
_delivery = table(DeliveryRow)


def read_written(
    tx: Connection, refs: Iterable[RecordRef], since: datetime
) -> dict[RecordRef, list[Mapping[str, Any]]]:
    """What was written to these records since then, oldest first; records that were not written are absent."""
    known = find_known(tx, refs)
    if not known:
        return {}
    query = select(_outbox.c.ref, _outbox.c.new).where(in_set(_outbox.c.ref, known))
    query = query.where(_outbox.c.state == State.DELIVERED.value, _outbox.c.settled_at > since)
    found: dict[RecordRef, list[Mapping[str, Any]]] = {}
    for ref, new in tx.execute(query.order_by(_outbox.c.id)):
        found.setdefault(RecordRef.parse(ref), []).append(new)
    return found


def count_by_state(tx: Connection) -> dict[tuple[str, State], int]:
    query = select(_outbox.c.connection, _outbox.c.state, func.count()).group_by(_outbox.c.connection, _outbox.c.state)
    return {(c, State(s)): n for c, s, n in tx.execute(query)}


def count_writes_by_handoff(tx: Connection) -> dict[str, int]:
    """How many writes each handoff has cost so far, over all its records; handoffs never written are absent."""
    delivered = _outbox.c.state == State.DELIVERED.value
    query = select(_outbox.c.handoff_id, func.count()).where(delivered).group_by(_outbox.c.handoff_id)
    return {handoff: count for handoff, count in tx.execute(query)}  # noqa: C416 (dict() does not take typed rows)


def read_open(tx: Connection, states: Sequence[State], limit: int | None = None) -> list[Entry]:
    """Entries in these states, oldest first."""
    query = select(_outbox).where(_outbox.c.state.in_([s.value for s in states])).order_by(_outbox.c.id)
    return [entry_of(r) for r in tx.execute(query.limit(limit))]


def count_open(tx: Connection, states: Sequence[State]) -> int:
    query = select(func.count()).select_from(_outbox).where(_outbox.c.state.in_([s.value for s in states]))
    return tx.execute(query).scalar_one()


def count_parked(tx: Connection) -> list[tuple[str, str, int]]:
    """(connection, reason, entries), the commonest reason first."""
    query = select(_outbox.c.connection, _outbox.c.reason, func.count()).where(_outbox.c.state == State.PARKED.value)
    counted = tx.execute(query.group_by(_outbox.c.connection, _outbox.c.reason))
    return sorted(((c, r, n) for c, r, n in counted), key=lambda row: (-row[2], row[0], row[1]))


def read_by_state(tx: Connection, state: State, limit: int) -> list[Entry]:
    """Oldest first."""
    return [
        entry_of(r)
        for r in tx.execute(select(_outbox).where(_outbox.c.state == state.value).order_by(_outbox.c.id).limit(limit))
    ]


def read_of_run(tx: Connection, run: int) -> list[Entry]:
    """What this run wrote, in the order in which it was meant. What a crash or a missing answer left open, and was found
    written later, was written by the run that sent it."""
    attempts = select(_delivery.c.outbox_id, _delivery.c.run_id, _delivery.c.outcome)
    own = attempts.where(_delivery.c.run_id == run).subquery()
    applied = exists().where(_delivery.c.outbox_id == _outbox.c.id, _delivery.c.outcome == "applied")
    sent = exists().where(_delivery.c.outbox_id == _outbox.c.id, _delivery.c.outcome == "unknown")
    here = {
        outcome: exists().where(own.c.outbox_id == _outbox.c.id, own.c.outcome == outcome)
        for outcome in ("applied", "unknown")
    }
    found_later = ~applied & or_(here["unknown"], ~sent & (_outbox.c.run_id == run))
    query = select(_outbox).where(_outbox.c.state == State.DELIVERED.value, or_(here["applied"], found_later))
    return [entry_of(r) for r in tx.execute(query.order_by(_outbox.c.id))]


def read(tx: Connection, ids: Iterable[int]) -> list[Entry]:
    """These entries; unknown ids are absent."""
    query = select(_outbox).where(_outbox.c.id.in_(list(ids))).order_by(_outbox.c.id)
    return [entry_of(r) for r in tx.execute(query)]


def read_history(tx: Connection, refs: Iterable[RecordRef], limit: int = 200) -> list[Entry]:
    """All entries of these records, newest first."""
    query = select(_outbox).where(in_set(_outbox.c.ref, refs)).order_by(_outbox.c.id.desc()).limit(limit)
    return [entry_of(r) for r in tx.execute(query)]


def read_attempts(tx: Connection, entries: Iterable[int]) -> list[Attempt]:
    """Deliveries of these entries, oldest first."""
    query = select(_delivery).where(_delivery.c.outbox_id.in_(list(entries))).order_by(_delivery.c.id)
    return [Attempt(r.outbox_id, r.at, r.outcome, r.code, r.message) for r in tx.execute(query)]
