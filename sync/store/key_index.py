"""Keys: by what records name one another, and by what they are found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from sync.core.model.records import KeyRole, RecordKey, RecordRef
from sync.store.driver import by_check_index, fetch, put
from sync.store.tables import RecordKeyRow, table
from sync.store.types import in_set

Key = tuple[str, str, str]
"""Reference, role and key, as they lie in their table."""
_PRESENT = "SELECT ref FROM source_record {} WHERE ref {{}}"
_ROLES = {role.value: role for role in KeyRole}
_key = table(RecordKeyRow)


def replace(tx: Connection, wanted: set[Key], present: Sequence[str]) -> list[tuple[RecordRef, RecordKey]]:
    """Bring the keys of records in line; only those that were `present` can have any. Returns those that are gone."""
    held: set[Any] = set(fetch(tx, "SELECT ref, role, key FROM record_key WHERE ref {}", present)) if present else set()
    lost = sorted(held - wanted)
    if lost:
        gone = delete(_key).where(
            _key.c.ref == bindparam("b_ref"), _key.c.role == bindparam("b_role"), _key.c.key == bindparam("b_key")
        )
        tx.execute(gone, [{"b_ref": ref, "b_role": role, "b_key": key} for ref, role, key in lost])
    put(tx, "record_key", ("ref", "role", "key"), ("ref", "role", "key"), sorted(wanted - held))
    return [(RecordRef.parse(ref), RecordKey(_ROLES[role], key)) for ref, role, key in lost]


def read(tx: Connection, refs: Iterable[RecordRef], roles: Iterable[KeyRole]) -> list[tuple[RecordRef, str]]:
    """(record, key) of these records in these roles."""
    return [(RecordRef.parse(ref), key) for ref, key in _fetch(tx, "ref", refs, roles)]


def find(tx: Connection, keys: Iterable[object], roles: Iterable[KeyRole]) -> list[tuple[RecordRef, str]]:
    """(record, key) of the records that have one of these keys in one of these roles."""
    return [(RecordRef.parse(ref), key) for ref, key in _fetch(tx, "key", keys, roles)]


def find_connected(tx: Connection, refs: Collection[str], roles: Iterable[KeyRole], known: set[str]) -> set[str]:
    """References of the records that these name by a key in one of these roles, or share one with, or are named by. Keys
    that were looked for are added to `known`, and those that are in it are not looked for again."""
    roles = [*roles]
    own = {key for _, key in _fetch(tx, "ref", refs, roles)} - known
    keys = own.union(refs) - known
    known |= keys
    found = {ref for ref, _ in _fetch(tx, "key", keys, roles)} if keys else set[str]()
    ids = [key for key in own if key.count(":") > 1]  # an address names no record
    named = fetch(tx, _PRESENT.format(by_check_index(tx)), ids) if ids else ()
    return found.union(ref for (ref,) in named)


def read_contexts(tx: Connection, refs: Iterable[str]) -> set[str]:
    """References of the records (accounts) that these name as what they are part of."""
    return {key for _, key in _fetch(tx, "ref", refs, (KeyRole.CONTEXT,))}


def find_hanging_only_on(tx: Connection, refs: Collection[str]) -> set[str]:
    """Activities, history rows and the like whose every subject is one of these."""
    role, among = _key.c.role == KeyRole.SUBJECT.value, set(refs)
    found = set(tx.execute(select(_key.c.ref).where(role, in_set(_key.c.key, among))).scalars())
    pairs = tx.execute(select(_key.c.ref, _key.c.key).where(role, in_set(_key.c.ref, found)))
    return found - {ref for ref, subject in pairs if subject not in among}


def _fetch(tx: Connection, column: str, among: Iterable[object], roles: Iterable[KeyRole]) -> list[tuple[str, str]]:
    wanted = ", ".join(f"'{role.value}'" for role in roles)
    texts = [str(one) for one in among]
    return [*fetch(tx, f"SELECT ref, key FROM record_key WHERE {column} {{}} AND role IN ({wanted})", texts)]  # noqa: S608 (roles are ours)
