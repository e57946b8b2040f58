"""Which record shows which handoff: where what is told of it stands, or is to stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, delete, func, select

from sync.core.model.records import RecordRef
from sync.store.driver import Refs, fetch, put
from sync.store.tables import HandoffRow, ShownRow, table
from sync.store.types import in_set

_BY = "SELECT ref, handoff_id FROM shown WHERE ref {}"
_ON = "SELECT ref, handoff_id FROM shown WHERE handoff_id {}"
_OF_MEMBERS = (
    "SELECT s.ref, s.handoff_id FROM handoff_member AS m JOIN shown AS s ON s.ref = m.ref WHERE m.handoff_id {}"
)
_handoff = table(HandoffRow)
_shown = table(ShownRow)


def read(tx: Connection, refs: Iterable[RecordRef | str]) -> dict[RecordRef, str]:
    """Which handoff each of these records shows."""
    return {RecordRef.parse(ref): handoff for ref, handoff in fetch(tx, _BY, [str(ref) for ref in refs])}


def read_in(tx: Connection, connection: str, stream: str) -> list[str]:
    """Ids of the records of this stream that show a handoff."""
    query = select(_shown.c.ref).where(_shown.c.connection == connection).order_by(_shown.c.ref)
    refs = (RecordRef.parse(ref) for ref in tx.execute(query).scalars())
    return [ref.record_id for ref in refs if ref.stream == stream]


def read_on(tx: Connection, ids: Iterable[str]) -> dict[str, list[RecordRef]]:
    """The records that show each of these handoffs, in order."""
    found: dict[str, list[RecordRef]] = {}
    for ref, handoff in sorted(fetch(tx, _ON, ids)):
        found.setdefault(handoff, []).append(RecordRef.parse(ref))
    return found


def read_of_members(tx: Connection, ids: Iterable[str], known: Refs) -> dict[RecordRef, str]:
    """Which handoff each member and alias of these shows, in order. Only its members show a handoff."""
    return {known[ref]: handoff for ref, handoff in sorted(fetch(tx, _OF_MEMBERS, ids))}


def save(tx: Connection, shown: Mapping[RecordRef, str], gone: Collection[RecordRef]) -> None:
    rows = [(str(ref), handoff, ref.connection) for ref, handoff in shown.items()]
    put(tx, "shown", ("ref", "handoff_id", "connection"), ("ref",), rows)
    if gone:
        tx.execute(delete(_shown).where(in_set(_shown.c.ref, gone)))


def count_in_scope(tx: Connection) -> dict[str, int]:
    """Records per connection that show a handoff in scope."""
    among = _shown.c.handoff_id.in_(select(_handoff.c.id).where(_handoff.c.in_scope))
    rows = tx.execute(select(_shown.c.connection, func.count()).where(among).group_by(_shown.c.connection))
    return {name: n for name, n in rows}  # noqa: C416 (dict() does not take typed rows)
