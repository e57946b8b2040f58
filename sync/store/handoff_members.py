"""Which records belong to which handoffs, as members or aliases, and what hangs on those."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from sync.core.model.records import KeyRole, RecordRef
from sync.store.driver import fetch

_BY_MEMBER = "SELECT ref, handoff_id FROM handoff_member WHERE ref {}"
_IDS_BY_MEMBER = "SELECT DISTINCT handoff_id FROM handoff_member WHERE ref {}"
_IDS_BY_HANGING = (
    "SELECT DISTINCT m.handoff_id FROM record_key AS k JOIN handoff_member AS m ON m.ref = k.key "
    "WHERE k.role = 'subject' AND k.ref {}"
)
_BESIDE = "SELECT DISTINCT o.ref FROM handoff_member AS m JOIN handoff_member AS o ON o.handoff_id = m.handoff_id WHERE m.ref {}"
_MEMBERS = "SELECT ref FROM handoff_member WHERE handoff_id {}"
_KEYS = (
    "SELECT k.ref, k.key FROM handoff_member AS m JOIN record_key AS k ON k.ref = m.ref "
    "WHERE k.role = '{}' AND m.handoff_id {{}}"
)
_HANGING_ON = (
    "SELECT k.ref, k.key FROM handoff_member AS m JOIN record_key AS k ON k.key = m.ref "
    "WHERE k.role = 'subject' AND m.handoff_id {}"
)


def find_by_members(tx: Connection, refs: Iterable[RecordRef | str]) -> dict[str, set[RecordRef]]:
    """Handoffs that have one of these records as member or alias, with those records."""
    found: dict[str, set[RecordRef]] = {}
    for ref, handoff in fetch(tx, _BY_MEMBER, [str(ref) for ref in refs]):
        found.setdefault(handoff, set()).add(RecordRef.parse(ref))
    return found


def find_ids(tx: Connection, refs: Iterable[str]) -> set[str]:
    """Handoffs that have one of these records as member or alias."""
    return {handoff for (handoff,) in fetch(tx, _IDS_BY_MEMBER, refs)}


def find_ids_by_hanging(tx: Connection, refs: Iterable[RecordRef]) -> set[str]:
    """Handoffs on whose members or aliases one of these activities, history rows or qualifications hangs."""
    return {handoff for (handoff,) in fetch(tx, _IDS_BY_HANGING, map(str, refs))}


def find_beside(tx: Connection, refs: Iterable[str]) -> set[str]:
    """Members and aliases of the handoffs that have one of these records, these among them."""
    return {ref for (ref,) in fetch(tx, _BESIDE, refs)}


def read(tx: Connection, ids: Iterable[str]) -> set[RecordRef]:
    """Members and aliases of these handoffs."""
    return {RecordRef.parse(ref) for (ref,) in fetch(tx, _MEMBERS, ids)}


def read_keys(tx: Connection, ids: Iterable[str], role: KeyRole) -> list[tuple[str, str]]:
    """(record, key) of the members and aliases of these handoffs in this role."""
    return [*dict.fromkeys(fetch(tx, _KEYS.format(role.value), ids))]


def find_hanging_on(tx: Connection, ids: Iterable[str]) -> list[tuple[str, str]]:
    """(record, subject) of the activities, history rows and the like that hang on members or aliases of these."""
    return [*fetch(tx, _HANGING_ON, ids)]
