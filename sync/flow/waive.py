"""Exceptions (例外承認) that RevOps gives, lists and withdraws at the command line, beside a daemon that may be running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection as Transaction

from sync.core.model.handoff import Waiver, WaiverState
from sync.core.model.records import RecordRef
from sync.core.rules.cycle import count_rounds
from sync.core.rules.waiver import judge_kept
from sync.errors import ConfigError, Problem
from sync.flow.context import Context
from sync.store import agenda, handoff_members, handoffs, showing, waivers
from sync.store.handoffs import StoredHandoff
from sync.store.waivers import StoredWaiver


@dataclass(frozen=True, slots=True)
class Kept:
    """One exception of the store and what it is worth now; `state` None: it was withdrawn."""

    stored: StoredWaiver
    state: WaiverState | None


def waive(context: Context, ref: RecordRef, waiver: Waiver, now: datetime) -> Kept:
    """Keep an exception for the present cycle of the handoff that this record shows, and have it judged again: both in
    one transaction, so that a running daemon takes it up at its next cycle.

    Raises ConfigError when the record belongs to no handoff, or to several and shows none.
    """
    with context.store.write() as tx:
        handoff = _load(tx, _find_handoff(tx, ref))
        number = waivers.add(tx, handoff.id, count_rounds(handoff.membership, handoff.memory).cycle, waiver)
        agenda.mark_dirty(tx, [handoff.id])
        return next(kept for kept in _judge(context, tx, [handoff.id], now) if kept.stored.id == number)


def revoke(context: Context, ref: RecordRef, by: str, now: datetime) -> Sequence[Kept]:
    """Withdraw every exception of the handoff that is neither over nor withdrawn; those that were. As `waive`."""
    with context.store.write() as tx:
        handoff = _find_handoff(tx, ref)
        present = [kept for kept in _judge(context, tx, [handoff], now) if kept.state is WaiverState.IN_FORCE]
        waivers.revoke(tx, [kept.stored.id for kept in present], now, by)
        if present:
            agenda.mark_dirty(tx, [handoff])
    return present


def list_waivers(context: Context, ref: RecordRef | None, now: datetime) -> Sequence[Kept]:
    """Every exception of the store, or those of the handoff of one record; the latest first."""
    with context.store.read() as tx:
        return _judge(context, tx, [_find_handoff(tx, ref)] if ref is not None else None, now)


def _judge(context: Context, tx: Transaction, ids: Sequence[str] | None, now: datetime) -> list[Kept]:
    found = waivers.read_all(tx, ids)
    stored = handoffs.load(tx, {one.handoff_id for one in found})
    today = now.astimezone(context.rules.is_clock.calendar.zone).date()
    kept: list[Kept] = []
    for one in found:
        handoff = stored[one.handoff_id]
        present = count_rounds(handoff.membership, handoff.memory)
        since = present.opened_at if present.cycle > 1 else None
        kept.append(Kept(one, judge_kept(one.waiver, since, today).state if one.revoked_at is None else None))
    return kept


def _load(tx: Transaction, handoff: str) -> StoredHandoff:
    return handoffs.load(tx, [handoff])[handoff]


def _find_handoff(tx: Transaction, ref: RecordRef) -> str:
    """The handoff that the record shows; else the only one that it belongs to."""
    shown = showing.read(tx, [ref]).get(ref)
    if shown is not None:
        return shown
    member_of = sorted(handoff_members.find_by_members(tx, [ref]))
    if not member_of:
        raise ConfigError(Problem(str(ref), "belongs to no handoff", "only people and deals do"))
    if len(member_of) > 1:
        anchors = ", ".join(str(one.membership.anchor) for one in handoffs.load(tx, member_of).values())
        raise ConfigError(Problem(str(ref), "belongs to several handoffs", f"name the one that is meant: {anchors}"))
    return member_of[0]
