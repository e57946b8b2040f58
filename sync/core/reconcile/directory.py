"""Colleagues: who has which role, and which users are machines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sync.core.model.handoff import Colleague, Directory
from sync.core.model.records import RecordRef, SourceRecord
from sync.core.rules.definition import Definition, RoleSpec


def build_directory(users: Iterable[SourceRecord], definition: Definition) -> Directory:
    """Every user of every connection. Users with the same e-mail are one person: they share their roles."""
    known = list(users)
    by_email: dict[str, set[str]] = defaultdict(set)
    roles: dict[RecordRef, frozenset[str]] = {}
    for user in known:
        email = _email(user)
        own = roles[user.ref] = _roles(user, email, definition)
        by_email[email] |= own
    machines = definition.integration_users | definition.native_sync_users | definition.automation_users
    return {
        user.ref: Colleague(
            ref=user.ref,
            email=(email := _email(user)),
            active=bool(user.facts.get("active")) and not user.deleted,
            roles=roles[user.ref] | by_email[email] if email else roles[user.ref],
            machine=bool(email) and email in machines,
            approver=_is_in(definition.approvers, email, _held(user)),
        )
        for user in known
    }


def _email(user: SourceRecord) -> str:
    return str(user.facts.get("email") or "").strip().casefold()


def _roles(user: SourceRecord, email: str, definition: Definition) -> frozenset[str]:
    held = _held(user)
    return frozenset(role for role, spec in definition.roles.items() if _is_in(spec, email, held))


def _held(user: SourceRecord) -> set[str]:
    return {str(name).strip().casefold() for name in user.facts.get("roles") or ()}


def _is_in(spec: RoleSpec, email: str, held: set[str]) -> bool:
    return bool(email and email in spec.users) or not held.isdisjoint(spec.names)
