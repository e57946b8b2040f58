"""Who owned a handoff when, as far as changes of the owner are on record, and by whose working time it is measured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sync.core.calendar import Calendar
from sync.core.mapping.activity import read_ref
from sync.core.model.fixed import fixed
from sync.core.model.handoff import Colleague
from sync.core.model.records import RecordRef, SourceRecord
from sync.core.rules.definition import ClockPolicy
from sync.core.rules.evidence import OWNER, Evidence, created_at


@fixed
class OwnerChange:
    subject: RecordRef
    old_owner: RecordRef | None
    new_owner: RecordRef | None
    at: datetime


def owner_changes(evidence: Evidence, of: SourceRecord | None = None) -> list[OwnerChange]:
    """The changes of the owner that are on record by now, the earliest first: of one record, else of every member."""
    if not evidence.moves:
        return []
    wanted = {of.ref} if of is not None else {record.ref for record in evidence.members}
    found: list[OwnerChange] = []
    for change in evidence.moves:
        if change.at is None or change.at > evidence.now:
            continue
        if change.subject is not None and change.subject in wanted:
            found.append(OwnerChange(change.subject, read_ref(change.old), read_ref(change.new), change.at))
    return sorted(found, key=lambda change: (change.at, str(change.new_owner))) if len(found) > 1 else found


def owner_at(evidence: Evidence, record: SourceRecord, at: datetime) -> Colleague | None:
    """The colleague who owned a record then; None for a queue, nobody, and somebody whom we do not know."""
    owner = read_ref(record.facts.get(OWNER))
    for change in reversed(owner_changes(evidence, record)) if evidence.moves else ():
        if change.at <= at:
            break
        owner = change.old_owner
    return evidence.directory.get(owner) if owner is not None else None


def holder_at(evidence: Evidence, at: datetime) -> Colleague | None:
    """Who had the handoff then: the owner of the anchor, or of the newest member that was there when it was not yet."""
    for record in _there(evidence, at):
        owner = owner_at(evidence, record, at)
        if owner is not None:
            return owner
    return None


def team_of(evidence: Evidence, at: datetime) -> str:
    """The role of who had the handoff then, of several the first by name; empty where nobody with a role had it."""
    holder = holder_at(evidence, at)
    return min(holder.roles, default="") if holder is not None else ""


def _there(evidence: Evidence, at: datetime) -> Iterator[SourceRecord]:
    if _is_there(evidence.anchor, at):
        yield evidence.anchor
    others = (r for r in evidence.members if r is not evidence.anchor and _is_there(r, at))
    yield from sorted(others, key=_newest, reverse=True)


def _is_there(record: SourceRecord, at: datetime) -> bool:
    made = created_at(record)
    return made is None or made <= at


def _newest(record: SourceRecord) -> tuple[str, str]:
    return str(created_at(record) or ""), str(record.ref)


def calendar_of(evidence: Evidence, policy: ClockPolicy, start: datetime) -> Calendar:
    """The working time by which a clock that starts then is measured: that of who had the handoff then, else of the first
    of the team who got it, else the clock's own."""
    calendars = policy.calendars
    personal = policy.owner_absent_pauses and (calendars.absences or calendars.booked_count)
    if not calendars.by_owner and not calendars.by_role and not personal:
        return calendars.default
    owner = holder_at(evidence, start) or first_of_team(evidence, policy, start)
    if owner is None:
        return calendars.default
    roles = sorted(owner.roles)
    if policy.owner_absent_pauses:
        return calendars.calendar_of(owner.email, roles, booked=owner.absences)
    return calendars.team_calendar_of(owner.email, roles)


def first_of_team(evidence: Evidence, policy: ClockPolicy, start: datetime) -> Colleague | None:
    later = (
        evidence.directory.get(change.new_owner)
        for change in owner_changes(evidence)
        if change.at >= start and change.new_owner is not None
    )
    return next((owner for owner in later if owner is not None and not owner.roles.isdisjoint(policy.team)), None)


def assigned_at(evidence: Evidence, policy: ClockPolicy, start: datetime) -> datetime | None:
    """The first instant from the start on at which somebody of the team had the handoff; None where nobody can tell."""
    holder = holder_at(evidence, start)
    if holder is not None and not holder.roles.isdisjoint(policy.team):
        return start
    for change in owner_changes(evidence):
        owner = evidence.directory.get(change.new_owner) if change.new_owner is not None else None
        if change.at >= start and owner is not None and not owner.roles.isdisjoint(policy.team):
            return change.at
    return None
