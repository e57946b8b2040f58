"""The outbox: intended writes and every attempt at them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, insert, or_, select, update

from sync.core.model.fixed import fixed
from sync.core.model.records import RecordRef
from sync.store.driver import fetch, put
from sync.store.tables import DeliveryRow, OutboxRow, SourceRecordRow, table
from sync.store.types import in_set, to_micros, write_bytes

_KNOWN = "SELECT DISTINCT ref FROM outbox WHERE ref {}"
_NEW = (
    "connection", "ref", "handoff_id", "kind", "state", "approved", "attempts", "retry_at", "reason", "run_id",
    "created_at", "old", "new",
)  # fmt: skip
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


@fixed
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
    put(tx, "outbox", _NEW, (), [_row(e, to_micros(now), run) for e in entries])


def _row(entry: NewEntry, now: int, run: int | None) -> tuple[Any, ...]:
    """In the order of `_NEW`."""
    return (
        entry.ref.connection,
        str(entry.ref),
        entry.handoff_id,
        entry.kind.value,
        entry.state.value,
        entry.approved,
        entry.attempts,
        None if entry.retry_at is None else to_micros(entry.retry_at),
        entry.reason,
        run,
        now,
        write_bytes(dict(entry.old)),
        write_bytes(dict(entry.new)),
    )


def find_open(tx: Connection, refs: Iterable[RecordRef]) -> dict[RecordRef, Entry]:
    """The latest entry per record that is not settled, or is parked."""
    known = find_known(tx, refs)
    if not known:
        return {}
    states = [s.value for s in (*UNSENT, *IN_FLIGHT, State.PARKED)]
    query = select(_outbox).where(in_set(_outbox.c.ref, known), _outbox.c.state.in_(states)).order_by(_outbox.c.id)
    return {e.ref: e for e in map(entry_of, tx.execute(query))}


def find_known(tx: Connection, refs: Iterable[RecordRef]) -> set[str]:
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
    if handoffs:
        _supersede_all(tx, in_set(_outbox.c.handoff_id, handoffs), now)


def supersede_records(tx: Connection, refs: Collection[RecordRef], now: datetime) -> None:
    """Nothing unsent of these records is wanted any more."""
    if refs:
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
    entries = [entry_of(r) for r in tx.execute(ready.order_by(_outbox.c.id).limit(limit))]
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


def has_in(tx: Connection, states: Iterable[State]) -> bool:
    """Whether there is any entry in one of these states, of any connection."""
    return bool(tx.execute(_HAS_IN, {"states": [state.value for state in states]}).scalar())


_HAS_IN = select(exists().where(_outbox.c.state.in_(bindparam("states", expanding=True))))


def read_in_flight(tx: Connection, connection: str) -> list[Entry]:
    """Entries whose outcome nobody knows."""
    states = [s.value for s in IN_FLIGHT]
    query = select(_outbox).where(_outbox.c.state.in_(states), _outbox.c.connection == connection)
    return [entry_of(r) for r in tx.execute(query.order_by(_outbox.c.id))]


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


def entry_of(row: Row[Any]) -> Entry:
    r = row._mapping
    return Entry(
        r["id"], RecordRef.parse(r["ref"]), r["handoff_id"], ChangeKind(r["kind"]), State(r["state"]), r["approved"],
        r["attempts"], r["retry_at"], r["reason"], r["created_at"], r["settled_at"], r["old"], r["new"],
    )  # fmt: skip
