"""Colleagues: who has which role, which users are machines, and who is away when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sync.core.model.absence import Absence
from sync.core.model.handoff import Colleague, Directory
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.rules.definition import Definition, RoleSpec


def build_directory(records: Iterable[SourceRecord], definition: Definition) -> Directory:
    """Every user of every connection, with the absences among the records.

    Users with the same e-mail are one person: they share their roles, groups and absences.
    """
    given = list(records)
    known = [record for record in given if record.kind is Kind.USER]
    absences = _absences(given, {str(user.ref): _email(user) for user in known})
    by_email: dict[str, set[str]] = defaultdict(set)
    groups: dict[str, set[str]] = defaultdict(set)
    roles: dict[RecordRef, frozenset[str]] = {}
    for user in known:
        email = _email(user)
        own = roles[user.ref] = _roles(user, email, definition)
        by_email[email] |= own
        groups[email or str(user.ref)] |= _held(user)
    machines = definition.integration_users | definition.native_sync_users | definition.automation_users
    return {
        user.ref: Colleague(
            ref=user.ref,
            email=(email := _email(user)),
            active=bool(user.facts.get("active")) and not user.deleted,
            roles=roles[user.ref] | by_email[email] if email else roles[user.ref],
            machine=bool(email) and email in machines,
            groups=frozenset(groups[email or str(user.ref)]),
            approver=_is_in(definition.approvers, email, _held(user)),
            absences=absences.get(email or str(user.ref), ()),
            user_id=str(user.facts.get("user_id") or ""),
        )
        for user in known
    }


def _absences(records: Iterable[SourceRecord], emails: Mapping[str, str]) -> Mapping[str, tuple[Absence, ...]]:
    """By e-mail, or by the user's own name where there is none."""
    found: dict[str, dict[RecordRef, Absence]] = defaultdict(dict)
    for record in records:
        owner = str(record.facts.get("owner"))
        if record.kind is Kind.ABSENCE and not record.deleted and owner in emails:
            absence = _read_absence(record)
            if absence is not None:
                found[emails[owner] or owner][record.ref] = absence
    return {owner: tuple(booked[ref] for ref in sorted(booked)) for owner, booked in found.items()}


def _read_absence(record: SourceRecord) -> Absence | None:
    """Dates are whole days, both inclusive, wherever the colleague works; instants are instants."""
    try:
        start, end = (datetime.fromisoformat(str(record.facts.get(name))) for name in ("from", "until"))
        if end.tzinfo is None:
            end += timedelta(days=1)
        return Absence(start, end) if start < end else None
    except (ValueError, TypeError, OverflowError):
        return None  # what cannot be read takes no time off


def _email(user: SourceRecord) -> str:
    return str(user.facts.get("email") or "").strip().casefold()


def _roles(user: SourceRecord, email: str, definition: Definition) -> frozenset[str]:
    held = _held(user)
    return frozenset(role for role, spec in definition.roles.items() if _is_in(spec, email, held))


def _held(user: SourceRecord) -> set[str]:
    return {str(name).strip().casefold() for name in user.facts.get("roles") or ()}


def _is_in(spec: RoleSpec, email: str, held: set[str]) -> bool:
    return bool(email and email in spec.users) or not held.isdisjoint(spec.names)
