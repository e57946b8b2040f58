"""The outbox: intended writes and every attempt at them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, func, insert, or_, select, update

from sync.core.model.records import RecordRef
from sync.store.driver import fetch
from sync.store.tables import DeliveryRow, OutboxRow, SourceRecordRow, table
from sync.store.types import in_set

_KNOWN = "SELECT DISTINCT ref FROM outbox WHERE ref {}"
_outbox = table(OutboxRow)
_delivery = table(DeliveryRow)
_record = table(SourceRecordRow)


class State(StrEnum):
    OBSERVED = "observed"
    """Would be written; never is."""
    READY = "ready"
    HELD = "held"
    """Waits for a person's approval."""
    SENDING = "sending"
    """Handed to the sink; found in this state after a crash, its outcome is unknown."""
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    PARKED = "parked"
    """Refused. Tried again when the record changes, when it should carry something else, once a day for a week (at
    `retry_at`), or when a person says so."""


UNSENT = (State.OBSERVED, State.READY, State.HELD)
IN_FLIGHT = (State.SENDING, State.UNKNOWN)
BY_HAND = "by hand"
"""Reason of what a person parked: only a person takes it up again."""
BY_BACKFILL = "backfill"
"""Reason of what a backfill holds until it writes it: it shows its first records itself, and nothing else lets go the rest."""


class ChangeKind(StrEnum):
    """What the gate counts apart."""

    ITEM = "item"
    CLOCK = "clock"
    """Only fields of clocks."""
    UNDO = "undo"
    """Values from before a run that is undone."""


@dataclass(frozen=True, slots=True)
class NewEntry:
    ref: RecordRef
    handoff_id: str
    kind: ChangeKind
    state: State
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    approved: bool = False
    attempts: int = 0
    retry_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One intended write of some flags of one record."""

    id: int
    ref: RecordRef
    handoff_id: str
    kind: ChangeKind
    state: State
    approved: bool
    attempts: int
    retry_at: datetime | None
    reason: str
    created_at: datetime
    settled_at: datetime | None
    old: Mapping[str, Any]
    new: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row of the delivery log."""

    outbox_id: int
    at: datetime
    outcome: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Change:
    """A new state of one entry."""

    id: int
    state: State
    attempts: int
    retry_at: datetime | None = None
    reason: str = ""


def add(tx: Connection, entries: Sequence[NewEntry], now: datetime, run: int | None) -> None:
    if entries:
        tx.execute(insert(_outbox), [_row(e, now, run) for e in entries])


def _row(entry: NewEntry, now: datetime, run: int | None) -> dict[str, Any]:
    return {
        "connection": entry.ref.connection,
        "ref": str(entry.ref),
        "handoff_id": entry.handoff_id,
        "kind": entry.kind.value,
        "state": entry.state.value,
        "approved": entry.approved,
        "attempts": entry.attempts,
        "retry_at": entry.retry_at,
        "reason": entry.reason,
        "run_id": run,
        "created_at": now,
        "settled_at": None,
        "old": dict(entry.old),
        "new": dict(entry.new),
    }


def find_open(tx: Connection, refs: Iterable[RecordRef]) -> dict[RecordRef, Entry]:
    """The latest entry per record that is not settled, or is parked."""
    known = _known(tx, refs)
    if not known:
        return {}
    states = [s.value for s in (*UNSENT, *IN_FLIGHT, State.PARKED)]
    query = select(_outbox).where(in_set(_outbox.c.ref, known), _outbox.c.state.in_(states)).order_by(_outbox.c.id)
    return {e.ref: e for e in map(_entry, tx.execute(query))}


def _known(tx: Connection, refs: Iterable[RecordRef]) -> set[str]:
    """Those of the records that there is any entry of: in a first reading none."""
    return {ref for (ref,) in fetch(tx, _KNOWN, [str(ref) for ref in refs])}


def supersede(tx: Connection, ids: Collection[int], now: datetime) -> None:
    """Newer knowledge replaced these entries before they were sent."""
    if ids:
        replaced = (
            update(_outbox)
            .where(_outbox.c.id == bindparam("b_id"))
            .values(state=State.SUPERSEDED.value, settled_at=now)
        )
        tx.execute(replaced, [{"b_id": i} for i in ids])


def supersede_handoffs(tx: Connection, handoffs: Collection[str], now: datetime) -> None:
    """Nothing unsent of these handoffs is wanted any more."""
    _supersede_all(tx, in_set(_outbox.c.handoff_id, handoffs), now)


def supersede_records(tx: Connection, refs: Iterable[RecordRef], now: datetime) -> None:
    """Nothing unsent of these records is wanted any more."""
    _supersede_all(tx, in_set(_outbox.c.ref, refs), now)


def _supersede_all(tx: Connection, which: ColumnElement[bool], now: datetime) -> None:
    # A refused write is tried again every day: it counts as one that may still be sent. What a person parked does not: it
    # keeps whatever comes instead from being sent, unless that is a run taken back once more.
    refused = or_(_outbox.c.reason != BY_HAND, _outbox.c.kind == ChangeKind.UNDO.value)
    may_be_sent = or_(
        _outbox.c.state.in_([s.value for s in UNSENT]), and_(_outbox.c.state == State.PARKED.value, refused)
    )
    done = {"state": State.SUPERSEDED.value, "settled_at": now}
    tx.execute(update(_outbox).where(which, may_be_sent).values(done))


def supersede_unsent(tx: Connection, now: datetime) -> None:
    unsent = _outbox.c.state.in_([s.value for s in UNSENT])
    tx.execute(update(_outbox).where(unsent).values(state=State.SUPERSEDED.value, settled_at=now))


def claim(tx: Connection, connection: str, now: datetime, limit: int, only: ChangeKind | None = None) -> list[Entry]:
    """Take ready and due entries for sending. Once committed, a crash leaves them with an unknown outcome."""
    due = or_(_outbox.c.retry_at.is_(None), _outbox.c.retry_at <= now)
    ready = select(_outbox).where(_outbox.c.state == State.READY.value, _outbox.c.connection == connection, due)
    if only is not None:
        ready = ready.where(_outbox.c.kind == only.value)
    entries = [_entry(r) for r in tx.execute(ready.order_by(_outbox.c.id).limit(limit))]
    if entries:
        taken = update(_outbox).where(_outbox.c.id == bindparam("b_id"))
        tx.execute(taken.values(state=State.SENDING.value), [{"b_id": e.id} for e in entries])
    return entries


def trim(tx: Connection, entries: Sequence[Entry]) -> None:
    """Keep what is left of these entries; the rest of them is not sent."""
    if entries:
        row = update(_outbox).where(_outbox.c.id == bindparam("b_id"))
        values = {n: bindparam(f"b_{n}", type_=_outbox.c[n].type) for n in ("old", "new")}
        tx.execute(row.values(values), [{"b_id": e.id, "b_old": dict(e.old), "b_new": dict(e.new)} for e in entries])


def find_healing(tx: Connection, now: datetime, parked_before: datetime) -> dict[int, str]:
    """Refused entries, with their handoffs, whose next try is due, or whose record was touched since. A record that is
    touched all the time is tried again only where it was parked before the instant given."""
    touched = exists().where(_record.c.ref == _outbox.c.ref, _record.c.modified_at > _outbox.c.settled_at)
    again = or_(_outbox.c.retry_at <= now, and_(_outbox.c.settled_at <= parked_before, touched))
    query = select(_outbox.c.id, _outbox.c.handoff_id)
    query = query.where(_outbox.c.state == State.PARKED.value, _outbox.c.reason != BY_HAND, again)
    return {entry: handoff for entry, handoff in tx.execute(query)}  # noqa: C416 (dict() does not take typed rows)


def retry(tx: Connection, ids: Iterable[int]) -> None:
    """These entries are ready to be sent."""
    ready = update(_outbox).where(_outbox.c.id == bindparam("b_id"))
    ready = ready.values(state=State.READY.value, retry_at=None, settled_at=None, reason="")
    rows = [{"b_id": i} for i in ids]
    if rows:
        tx.execute(ready, rows)


def park(tx: Connection, ids: Iterable[int], now: datetime) -> None:
    """A person does not want these entries to be sent."""
    parked = update(_outbox).where(_outbox.c.id == bindparam("b_id"))
    parked = parked.values(state=State.PARKED.value, retry_at=None, settled_at=now, reason=BY_HAND)
    rows = [{"b_id": i} for i in ids]
    if rows:
        tx.execute(parked, rows)


def read_written(
    tx: Connection, refs: Iterable[RecordRef], since: datetime
) -> dict[RecordRef, list[Mapping[str, Any]]]:
    """What was written to these records since then, oldest first; records that were not written are absent."""
    known = _known(tx, refs)
    if not known:
        return {}
    query = select(_outbox.c.ref, _outbox.c.new).where(in_set(_outbox.c.ref, known))
    query = query.where(_outbox.c.state == State.DELIVERED.value, _outbox.c.settled_at > since)
    found: dict[RecordRef, list[Mapping[str, Any]]] = {}
    for ref, new in tx.execute(query.order_by(_outbox.c.id)):
        found.setdefault(RecordRef.parse(ref), []).append(new)
    return found


def has_in(tx: Connection, states: Iterable[State]) -> bool:
    """Whether there is any entry in one of these states, of any connection."""
    return bool(tx.execute(_HAS_IN, {"states": [state.value for state in states]}).scalar())


_HAS_IN = select(exists().where(_outbox.c.state.in_(bindparam("states", expanding=True))))


def read_in_flight(tx: Connection, connection: str) -> list[Entry]:
    """Entries whose outcome nobody knows."""
    states = [s.value for s in IN_FLIGHT]
    query = select(_outbox).where(_outbox.c.state.in_(states), _outbox.c.connection == connection)
    return [_entry(r) for r in tx.execute(query.order_by(_outbox.c.id))]


def settle(
    tx: Connection, changes: Sequence[Change], attempts: Sequence[Attempt], now: datetime, run: int | None
) -> None:
    if changes:
        row = update(_outbox).where(_outbox.c.id == bindparam("b_id"))
        values = {
            n: bindparam(f"b_{n}", type_=_outbox.c[n].type)
            for n in ("state", "attempts", "retry_at", "reason", "settled_at")
        }
        tx.execute(row.values(values), [_change_row(c, now) for c in changes])
    if attempts:
        tx.execute(insert(_delivery), [_attempt_row(a, run) for a in attempts])


def _change_row(change: Change, now: datetime) -> dict[str, Any]:
    ended = change.state in (State.DELIVERED, State.SUPERSEDED, State.PARKED)
    return {
        "b_id": change.id,
        "b_state": change.state.value,
        "b_attempts": change.attempts,
        "b_retry_at": change.retry_at,
        "b_reason": change.reason,
        "b_settled_at": now if ended else None,
    }


def _attempt_row(attempt: Attempt, run: int | None) -> dict[str, Any]:
    return {
        "outbox_id": attempt.outbox_id,
        "run_id": run,
        "at": attempt.at,
        "outcome": attempt.outcome,
        "code": attempt.code,
        "message": attempt.message,
    }


_GATED = (_outbox.c.state == State.HELD.value) & (_outbox.c.reason != BY_BACKFILL)


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
    held = (_outbox.c.state == State.HELD.value) & (_outbox.c.reason == BY_BACKFILL)
    oldest = select(_outbox.c.id).where(held, _outbox.c.connection == connection).order_by(_outbox.c.id).limit(limit)
    released = update(_outbox).where(_outbox.c.id.in_(oldest.scalar_subquery()))
    return tx.execute(released.values(state=State.READY.value, approved=True, reason="")).rowcount


def count_backfill(tx: Connection) -> dict[tuple[str, str], int]:
    """What a backfill holds, by (connection, stream)."""
    held = (_outbox.c.state == State.HELD.value) & (_outbox.c.reason == BY_BACKFILL)
    query = select(_record.c.connection, _record.c.stream, func.count()).join(_record, _record.c.ref == _outbox.c.ref)
    rows = tx.execute(query.where(held).group_by(_record.c.connection, _record.c.stream))
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
    return [_entry(r) for r in tx.execute(query.limit(limit))]


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
        _entry(r)
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
    return [_entry(r) for r in tx.execute(query.order_by(_outbox.c.id))]


def read(tx: Connection, ids: Iterable[int]) -> list[Entry]:
    """These entries; unknown ids are absent."""
    query = select(_outbox).where(_outbox.c.id.in_(list(ids))).order_by(_outbox.c.id)
    return [_entry(r) for r in tx.execute(query)]


def read_history(tx: Connection, refs: Iterable[RecordRef], limit: int = 200) -> list[Entry]:
    """All entries of these records, newest first."""
    query = select(_outbox).where(in_set(_outbox.c.ref, refs)).order_by(_outbox.c.id.desc()).limit(limit)
    return [_entry(r) for r in tx.execute(query)]


def read_attempts(tx: Connection, entries: Iterable[int]) -> list[Attempt]:
    """Deliveries of these entries, oldest first."""
    query = select(_delivery).where(_delivery.c.outbox_id.in_(list(entries))).order_by(_delivery.c.id)
    return [Attempt(r.outbox_id, r.at, r.outcome, r.code, r.message) for r in tx.execute(query)]


def _entry(row: Row[Any]) -> Entry:
    r = row._mapping
    return Entry(
        r["id"], RecordRef.parse(r["ref"]), r["handoff_id"], ChangeKind(r["kind"]), State(r["state"]), r["approved"],
        r["attempts"], r["retry_at"], r["reason"], r["created_at"], r["settled_at"], r["old"], r["new"],
    )  # fmt: skip
