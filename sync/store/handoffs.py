"""Handoffs as they are kept: written by linking, with what is remembered of them, and walked through by their ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from sync.core.model.fixed import fixed
from sync.core.model.handoff import Membership, Memory
from sync.store import agenda, arrivals
from sync.store.driver import Refs, fetch, put
from sync.store.memory import read_memory, write_memory
from sync.store.store import next_number
from sync.store.tables import HandoffMemberRow, HandoffRow, SharedTextRow, ShownRow, WaiverRow, table
from sync.store.types import from_micros, in_set, read_json, to_micros

_LOAD = (
    "SELECT id, anchor, primary_ref, cycle, opened_at, sort_at, open, ambiguous, reason, dirty_seq, memory, summary, "
    "failed, in_scope FROM handoff WHERE id {}"
)
_LOAD_MEMBERS = "SELECT handoff_id, ref, alias, target, position FROM handoff_member WHERE handoff_id {}"
_Member = tuple[str, str, bool, bool, int]
"""(handoff, record, whether an alias, whether a target, position)"""
_POSITION = itemgetter(4)
_NOTHING = Memory()
_NEW = (
    "id", "anchor", "primary_ref", "cycle", "opened_at", "sort_at", "open", "ambiguous", "reason", "memory", "running",
    "dirty_seq",
)  # fmt: skip
_handoff = table(HandoffRow)
_member = table(HandoffMemberRow)
_shown = table(ShownRow)


@fixed
class StoredHandoff:
    """One handoff as kept."""

    id: str
    membership: Membership
    memory: Memory
    dirty_seq: int | None
    summary_text: str | None
    """What is kept of its judgement, as JSON: most who ask for a handoff do not look at it."""
    failed: str | None
    in_scope: bool | None

    @property
    def summary(self) -> Mapping[str, Any] | None:
        return read_json(self.summary_text)


def load(tx: Connection, ids: Iterable[str], known: Refs | None = None) -> dict[str, StoredHandoff]:
    """These handoffs as kept; unknown ones are absent. `known`: references that were read already."""
    refs, ids = Refs() if known is None else known, [*ids]
    members: dict[str, list[_Member]] = {}
    for member in fetch(tx, _LOAD_MEMBERS, ids):
        members.setdefault(member[0], []).append(member)
    return {row[0]: _stored(row, members.get(row[0], []), refs) for row in fetch(tx, _LOAD, ids)}


def _stored(row: Sequence[Any], members: list[_Member], refs: Refs) -> StoredHandoff:
    (handoff, anchor, primary, cycle, opened_at, sort_at, is_open, ambiguous, reason, seq, memory, summary, failed,
     in_scope) = row  # fmt: skip
    if len(members) > 1:
        members.sort(key=_POSITION)
    membership = Membership(
        anchor=refs[anchor],
        members=tuple([refs[ref] for _, ref, alias, _, _ in members if not alias]),
        aliases=tuple([refs[ref] for _, ref, alias, _, _ in members if alias]),
        primary=refs[primary] if primary else None,
        targets=tuple([refs[ref] for _, ref, _, target, _ in members if target]),
        cycle=cycle,
        opened_at=None if opened_at is None else from_micros(opened_at),
        sort_at=None if sort_at is None else from_micros(sort_at),
        open=bool(is_open),
        ambiguous=bool(ambiguous),
        reason=reason,
    )
    return StoredHandoff(
        handoff, membership, _NOTHING if memory == "{}" else read_memory(read_json(memory)), seq, summary, failed,
        None if in_scope is None else bool(in_scope),
    )  # fmt: skip


def save_memberships(tx: Connection, changed: Mapping[str, Membership], created: Collection[str]) -> None:
    """Write new and changed handoffs; those in `created` start without memory, marked to be judged."""
    if not changed:
        return
    new = [(i, m) for i, m in changed.items() if i in created]
    if new:
        _insert(tx, new)
    kept = [_membership_row(i, m) for i, m in changed.items() if i not in created]
    if kept:
        values = {n: bindparam(f"b_{n}", type_=_handoff.c[n].type) for n in kept[0] if n != "id"}
        moved = update(_handoff).where(_handoff.c.id == bindparam("b_id")).values(values)
        tx.execute(moved, [{f"b_{n}": v for n, v in row.items()} for row in kept])
        tx.execute(delete(_member).where(in_set(_member.c.handoff_id, [row["id"] for row in kept])))
    rows = [row for i, m in changed.items() for row in _member_rows(i, m)]
    put(tx, "handoff_member", ("handoff_id", "ref", "position", "alias", "target"), ("handoff_id", "ref"), rows)


def _insert(tx: Connection, new: Iterable[tuple[str, Membership]]) -> None:
    seq = next_number(tx)
    rows = [
        (
            handoff, str(m.anchor), str(m.primary) if m.primary else None, m.cycle,
            None if m.opened_at is None else to_micros(m.opened_at), None if m.sort_at is None else to_micros(m.sort_at),
            int(m.open), int(m.ambiguous), m.reason, "{}", 0, seq,
        )
        for handoff, m in new
    ]  # fmt: skip
    put(tx, "handoff", _NEW, ("id",), rows)


def _membership_row(handoff: str, membership: Membership) -> dict[str, Any]:
    return {
        "id": handoff,
        "anchor": str(membership.anchor),
        "primary_ref": str(membership.primary) if membership.primary else None,
        "cycle": membership.cycle,
        "opened_at": membership.opened_at,
        "sort_at": membership.sort_at,
        "open": membership.open,
        "ambiguous": membership.ambiguous,
        "reason": membership.reason,
    }


def _member_rows(handoff: str, membership: Membership) -> list[tuple[str, str, int, int, int]]:
    """(handoff, record, position, whether an alias, whether a target), the latter as numbers: SQLite's driver looks for
    somebody who knows how to write a truth value, one by one."""
    targets = membership.targets
    members = dict.fromkeys((*membership.members, *targets))
    aliases = [ref for ref in dict.fromkeys(membership.aliases) if ref not in members]
    rows = [(handoff, str(ref), n, 0, int(ref in targets)) for n, ref in enumerate(members)]
    return rows + [(handoff, str(ref), n, 1, 0) for n, ref in enumerate(aliases, len(rows))] if aliases else rows


def save_memories(tx: Connection, memories: Mapping[str, Memory]) -> None:
    """What handoffs take over from others; what else is remembered is kept by their judgement."""
    kept = update(_handoff).where(_handoff.c.id == bindparam("b_id"))
    rows = [{"b_id": handoff, "b_memory": write_memory(memory)} for handoff, memory in memories.items()]
    if rows:
        tx.execute(kept.values(memory=bindparam("b_memory", type_=_handoff.c.memory.type)), rows)


def remove(tx: Connection, ids: Collection[str]) -> None:
    """Forget handoffs whose records now belong to others, or to nobody; who came with them is judged again."""
    if not ids:
        return
    agenda.mark_dirty(tx, arrivals.leave(tx, ids))
    for rows in (_member, _shown, table(SharedTextRow), table(WaiverRow)):
        tx.execute(delete(rows).where(in_set(rows.c.handoff_id, ids)))
    tx.execute(delete(_handoff).where(in_set(_handoff.c.id, ids)))


def read_ids(tx: Connection, after: str, limit: int) -> list[str]:
    """Ids of all handoffs in order, a slice at a time."""
    return list(
        tx.execute(select(_handoff.c.id).where(_handoff.c.id > after).order_by(_handoff.c.id).limit(limit)).scalars()
    )


def find_open_ids(tx: Connection, after: str, limit: int) -> list[str]:
    """Handoffs that are open and in scope, in order, a slice at a time."""
    query = select(_handoff.c.id).where(_handoff.c.id > after, _handoff.c.open, _handoff.c.in_scope)
    return list(tx.execute(query.order_by(_handoff.c.id).limit(limit)).scalars())


def find_ids_with_running_clock(tx: Connection, after: str, limit: int) -> list[str]:
    """Handoffs to whose clocks it matters which contacts are on record now, in order, a slice at a time."""
    query = select(_handoff.c.id).where(_handoff.c.id > after, _handoff.c.running)
    return list(tx.execute(query.order_by(_handoff.c.id).limit(limit)).scalars())


def read_ambiguous(tx: Connection, limit: int) -> list[tuple[str, str, str]]:
    """(handoff, anchor, reason) of joins that were not guessed."""
    query = select(_handoff.c.id, _handoff.c.anchor, _handoff.c.reason).where(_handoff.c.ambiguous)
    return [(i, a, r) for i, a, r in tx.execute(query.order_by(_handoff.c.id).limit(limit))]
