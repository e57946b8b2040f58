"""From judgements to intended writes: what differs on which record, and in which state it enters the outbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Transaction

from sync.core.model.fixed import fixed
from sync.core.model.flags import NO_FLAGS, Flags, Status
from sync.core.model.handoff import Case, Directory, Judgement
from sync.core.model.records import RecordRef, SourceRecord
from sync.core.reconcile.plan import diff, follows, keeps
from sync.flow.backfill_scope import state_under
from sync.flow.case import Batch
from sync.flow.context import Context, Mode
from sync.flow.report import Tally
from sync.flow.restraint import UNRESTRAINED, Restraints, find_fights, tell_fights
from sync.store import outbox, restraints
from sync.store.backfills import Backfill
from sync.store.outbox import BY_BACKFILL, BY_HAND, IN_FLIGHT, ChangeKind, Entry, NewEntry, State

_CLOCK_FLAGS = frozenset({"is_sla", "is_due", "is_at", "fs_sla", "fs_due", "fs_at"})


@fixed
class RecordChange:
    """What one record would have to become. Both sides hold only the flags that differ; empty when it is right."""

    ref: RecordRef
    handoff_id: str
    old: Flags
    new: Flags


def find_changes(
    batch: Batch, judgements: Mapping[str, Judgement], known: Restraints = UNRESTRAINED
) -> list[RecordChange]:
    """One per record that these handoffs answer for, also where nothing differs (an older intention may be over)."""
    changes: dict[RecordRef, RecordChange] = {}
    for handoff, judgement in judgements.items():
        case = batch.cases[handoff]
        for ref in case.shown_on:
            if ref in case.records:
                changes[ref] = _change(case, ref, _desired(case, ref, judgement), known)
        for ref, record in case.records.items():
            if ref not in batch.shown and ref not in changes and record.flags is not None:
                # Also where it carries nothing: a write of before, refused or read back since, may still wait for it.
                left = {**NO_FLAGS, "status": Status.OUT_OF_SCOPE.value} if _is_left_behind(record) else None
                changes[ref] = _change(case, ref, left, known)
    return list(changes.values())


def _desired(case: Case, ref: RecordRef, judgement: Judgement) -> Flags | None:
    """What the judgement asks for; a note that only would be worded otherwise stays as the record holds it."""
    desired, held = judgement.flags.get(ref), case.records[ref].flags
    if desired and held and desired["note"] != held.get("note") and keeps(judgement.memory.told.get(str(ref)), held):
        return {**desired, "note": held["note"]}
    return desired


def _change(case: Case, ref: RecordRef, desired: Flags | None, known: Restraints) -> RecordChange:
    held = case.records[ref].flags or {}
    if desired is None:
        return RecordChange(ref, case.handoff_id, {}, {})
    new = diff(known.hold(ref, desired, held), held)
    return RecordChange(ref, case.handoff_id, {name: held.get(name) for name in new}, new)


def _is_left_behind(record: SourceRecord) -> bool:
    """A record that shows no handoff any more but still carries what it showed; a converted Lead takes no writes."""
    return bool(record.flags) and not record.deleted and not record.facts.get("converted")


def save_changes(
    tx: Transaction, context: Context, changes: Iterable[RecordChange], batch: Batch, directory: Directory,
    undone: Collection[RecordRef], now: datetime, run: int | None, tally: Tally, backfill: Backfill | None = None,
) -> None:  # fmt: skip
    """Bring the outbox in line: a newer intention replaces an unsent one, an unchanged one stays as it is. Records in
    `undone` are only observed, and so is what the latest `backfill` leaves alone."""
    changes = _give_up_fights(tx, list(changes), now, tally)
    present = outbox.find_open(tx, [c.ref for c in changes])
    over: list[int] = []
    added: list[NewEntry] = []
    for change in changes:
        entry = present.get(change.ref)
        if entry is None and not change.new:
            continue  # it is right, and nothing else was intended
        if entry is not None and entry.state in IN_FLIGHT:
            # Its outcome is unknown; once it is read back, the handoff is judged again.
            tally.add("waiting_for_outcome")
            continue
        case = batch.cases[change.handoff_id]
        state = State.OBSERVED if change.ref in undone else _state(context, case, directory)
        if state is State.READY and backfill is not None:
            state = state_under(backfill, case) or state
        if entry is not None and entry.kind is ChangeKind.UNDO and change.ref in undone:
            tally.add("waiting_for_undo")
            continue
        if entry is not None and entry.reason == BY_HAND:
            if not change.new and change.ref not in batch.shown:
                continue  # until it shows a handoff again: what a person parked is theirs to take up
            state = State.PARKED
        if entry is not None and not _stays(entry, change, state, case.records[change.ref].modified_at):
            over.append(entry.id)
        if change.new and (entry is None or entry.id in over):
            added.append(_entry(change, state, entry))
    outbox.supersede(tx, over, now)
    outbox.add(tx, added, now, run)
    tally.add("superseded", len(over))
    for each in added:
        tally.add(f"planned_{each.state.value}")


def _state(context: Context, case: Case, directory: Directory) -> State:
    if context.mode is Mode.WRITE or (context.mode is Mode.PILOT and _in_pilot(context, case, directory)):
        return State.READY
    return State.OBSERVED


def _in_pilot(context: Context, case: Case, directory: Directory) -> bool:
    owner = str(case.records[case.membership.anchor].facts.get("owner") or "")
    names = {name.casefold() for name in context.pilot_owners}
    if owner.casefold() in names:
        return bool(owner)
    colleague = directory.get(RecordRef.parse(owner)) if owner.count(":") >= 2 else None
    if colleague is None:
        return False
    teams = {name.strip().casefold() for name in context.pilot_teams}
    return (bool(colleague.email) and colleague.email in names) or not colleague.groups.isdisjoint(teams)


def _give_up_fights(tx: Transaction, changes: list[RecordChange], now: datetime, tally: Tally) -> list[RecordChange]:
    """Without the fields that somebody else changes back each time."""
    fights = find_fights(tx, {c.ref: (c.new, c.old) for c in changes if c.new}, now)
    if not fights:
        return changes
    restraints.save(tx, fights)
    tally.add("contested", len(fights))
    tally.problems += tell_fights(fights)
    given_up: dict[RecordRef, set[str]] = {}
    for one in fights:
        if one.ref is not None:
            given_up.setdefault(one.ref, set()).add(one.flag)
    return [_without(change, given_up.get(change.ref, set())) for change in changes]


def _without(change: RecordChange, names: Collection[str]) -> RecordChange:
    if not names:
        return change
    old, new = ({n: v for n, v in part.items() if n not in names} for part in (change.old, change.new))
    # A text that follows the others is not written for its own sake.
    alone = all(follows(name) for name in new)
    return replace(change, old={}, new={}) if alone else replace(change, old=old, new=new)


def _stays(entry: Entry, change: RecordChange, state: State, modified_at: datetime) -> bool:
    if dict(entry.new) != dict(change.new) or dict(entry.old) != dict(change.old):
        return False
    if entry.state is State.PARKED and entry.reason == BY_HAND:
        return state is State.PARKED
    if entry.state is State.PARKED:
        # A refusal is about the record as it was.
        return state is State.READY and (entry.settled_at is None or modified_at <= entry.settled_at)
    return (entry.state is State.OBSERVED) == (state is State.OBSERVED)


def _entry(change: RecordChange, state: State, before: Entry | None) -> NewEntry:
    kind = ChangeKind.CLOCK if _CLOCK_FLAGS.issuperset(change.new) else ChangeKind.ITEM
    attempts, retry_at = 0, None
    if before is not None and before.state is State.READY:
        attempts, retry_at = before.attempts, before.retry_at
    old: dict[str, Any] = dict(change.old)
    reason = {State.PARKED: BY_HAND, State.HELD: BY_BACKFILL}.get(state, "")
    return NewEntry(
        change.ref, change.handoff_id, kind, state, old, dict(change.new), attempts=attempts, retry_at=retry_at,
        reason=reason,
    )  # fmt: skip
