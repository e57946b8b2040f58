"""Which activities are a genuine contact, when it was, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sync.core.mapping.activity import Activity
from sync.core.mapping.latest import Latest
from sync.core.mapping.normalise.tables import fold, fold_all
from sync.core.model.fixed import fixed
from sync.core.model.handoff import Colleague, Directory
from sync.core.model.records import RecordRef
from sync.core.rules.definition import ClockPolicy, RuleSet, StopKind, Who

ANSWERED_FROM_S = 30
"""Seconds from which an inbound call counts as answered, whatever its outcome says."""


@fixed
class Contact:
    """What one activity is worth as evidence."""

    ref: RecordRef
    counts: bool
    reason: str
    """Why it counts or does not, in a few English words."""
    at: datetime | None
    actor: Colleague | None
    """None: nobody we can name, which accuses nobody."""


def weigh(activity: Activity, directory: Directory, rules: RuleSet) -> Contact:
    """Judge one activity; `explain` prints the reason."""
    at = activity.booked_at if activity.type == "meeting" else activity.at
    genuine, reason = _genuine(activity, directory, rules)
    if genuine and at is None:
        genuine, reason = False, "nobody knows when it happened"
    return Contact(activity.ref, genuine, reason, at, actor_of(activity, directory))


def actor_of(activity: Activity, directory: Directory) -> Colleague | None:
    """Who acted, if an active colleague and no machine: whom the tool names, else the owner."""
    named = _find(activity.actor, activity.ref, directory) if activity.actor else None
    owner = directory.get(activity.owner) if activity.owner is not None else None
    for one in (named, owner):
        if one is not None and one.active and not one.machine:
            return one
    return None


_by_email: Latest[dict[str, Colleague]] = Latest()
_by_id: Latest[dict[tuple[str, str], tuple[Colleague, ...]]] = Latest()


def _find(name: str, activity: RecordRef, directory: Directory) -> Colleague | None:
    """By e-mail, or by an id of a user of the activity's system; nobody where that names two."""
    told = name.strip()
    if "@" in told:
        return _by_email.get((directory,), lambda: _own(directory.values())).get(told.casefold())
    ids = _by_id.get((directory,), lambda: _read_ids(directory))
    named = {one.ref: one for each in (told, told.casefold()) for one in ids.get((activity.connection, each), ())}
    return next(iter(named.values())) if len(named) == 1 else None


def _own(colleagues: Iterable[Colleague]) -> dict[str, Colleague]:
    """By e-mail; of several users with one e-mail an active one."""
    return {one.email: one for one in sorted(colleagues, key=lambda one: one.active)}


def _read_ids(directory: Directory) -> dict[tuple[str, str], tuple[Colleague, ...]]:
    """A record id may be written with 15 characters or with 18, and in the shorter one letter case tells people apart."""
    found: dict[tuple[str, str], tuple[Colleague, ...]] = {}
    for ref, one in directory.items():
        ids = {ref.record_id.casefold(), one.user_id, ref.record_id[:15] if len(ref.record_id) == 18 else ""}
        for each in ids - {""}:
            found[ref.connection, each] = (*found.get((ref.connection, each), ()), one)
    return found


def counts_for(contact: Contact, clock: ClockPolicy) -> bool:
    """Whether a genuine contact stops this clock: by the team, by anyone where that suffices, or by nobody known.

    Whether it is the owner's where that is asked for (`who: owner`) takes the handoff's history: see the clocks.
    """
    if not contact.counts:
        return False
    return contact.actor is None or clock.who is Who.ANYONE or not contact.actor.roles.isdisjoint(clock.team)


def stops(activity: Activity, kind: StopKind, directory: Directory) -> bool:
    """Whether a genuine contact is of the kind that a clock waits for."""
    match kind:
        case StopKind.OUTBOUND_ONLY:
            return _is_ours(activity, directory)
        case StopKind.CONNECTED_ONLY:
            return activity.type != "call" or has_connected(activity)
        case _:
            return True


def _is_ours(activity: Activity, directory: Directory) -> bool:
    """Of our own accord: no inbound call, and a meeting only where one of us entered it (else: owns it)."""
    if activity.direction == "inbound":
        return False
    if activity.type != "meeting":
        return True
    creator = directory.get(activity.created_by) if activity.created_by is not None else None
    if creator is not None and not creator.machine:
        return creator.active
    return actor_of(activity, directory) is not None


def has_connected(call: Activity) -> bool:
    """Whether somebody spoke on a call, as far as anybody recorded it."""
    return bool(call.connected) or (call.duration_s or 0) >= ANSWERED_FROM_S


def is_of_people(activity: Activity, directory: Directory, rules: RuleSet) -> bool:
    """Whether a person stands behind it and this is its first record, whatever came of it."""
    return not _by_machine(activity, directory, rules)


def happened_at(activity: Activity, directory: Directory, rules: RuleSet, now: datetime) -> datetime | None:
    """When it took place, whoever acted; None for what did not, for what lies ahead, and where no person stands behind it.

    A meeting whose time has come and that nobody called off was held.
    """
    if activity.at is None or activity.at > now or _by_machine(activity, directory, rules):
        return None
    held = activity.status == "done" or (activity.type == "meeting" and activity.status == "scheduled")
    return activity.at if held else None


def is_missed_call(activity: Activity) -> bool:
    """An inbound call that nobody took. One of which neither outcome nor duration is known starts nothing."""
    if activity.type != "call" or activity.direction != "inbound" or activity.connected:
        return False
    if activity.status in ("open", "scheduled", "canceled"):
        return False
    known = activity.connected is not None or activity.duration_s is not None
    return known and (activity.duration_s or 0) < ANSWERED_FROM_S


def is_native_copy(activity: Activity, directory: Directory, rules: RuleSet) -> bool:
    """Whether the native sync wrote it: a second record of what the other CRM holds."""
    creator = _creator(activity, directory)
    return bool(creator) and creator in rules.definition.native_sync_users


def _creator(activity: Activity, directory: Directory) -> str:
    """By e-mail; empty where nobody knows."""
    creator = directory.get(activity.created_by) if activity.created_by is not None else None
    return creator.email if creator is not None else ""


def _by_machine(activity: Activity, directory: Directory, rules: RuleSet) -> str:
    """Why no person stands behind it; empty when one does."""
    if activity.automated:
        return "sent by automation"
    creator = _creator(activity, directory)
    if creator and creator in rules.definition.native_sync_users:
        return "written by the native sync"
    if creator and creator in rules.definition.automation_users:
        return "created by an automation user"
    return ""


def _genuine(activity: Activity, directory: Directory, rules: RuleSet) -> tuple[bool, str]:
    if reason := _by_machine(activity, directory, rules):
        return False, reason
    match activity.type:
        case "meeting":
            return True, "a meeting was booked"
        case "call":
            return _call(activity)
        case "email":
            return _sent(activity, unset_counts=False)
        case "message":
            return _sent(activity, unset_counts=True)
        case "task":
            return _task(activity, rules.task_types)
        case other:
            return False, f"{other or 'an activity without type'} is no contact"


def _call(activity: Activity) -> tuple[bool, str]:
    if activity.status != "done":
        return False, f"the call is {activity.status or 'not done'}"
    if activity.direction in (None, "", "outbound"):
        return True, "an outbound call"
    if activity.direction != "inbound":
        return False, f"the call is {activity.direction}"
    if has_connected(activity):
        return True, "an answered inbound call"
    return False, "a missed inbound call"


def _sent(activity: Activity, *, unset_counts: bool) -> tuple[bool, str]:
    if activity.status != "done":
        return False, f"the {activity.type} is {activity.status or 'not sent'}"
    if activity.direction == "outbound" or (unset_counts and not activity.direction):
        return True, f"an outbound {activity.type}"
    return False, f"the {activity.type} is {activity.direction or 'of no known direction'}"


def _task(activity: Activity, task_types: frozenset[str]) -> tuple[bool, str]:
    if activity.status != "done":
        return False, "the task is not done"
    if activity.task_type and fold(activity.task_type) in fold_all(task_types):
        return True, f"a done task of type {activity.task_type}"
    return False, "tasks of this type are no contact"
