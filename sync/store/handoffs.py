"""Handoffs: their membership, what is remembered of them, and which of them are to be judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)

from sync.core.model.fixed import fixed
from sync.core.model.handoff import Membership, Memory
from sync.core.model.records import KeyRole, RecordRef
from sync.store import arrivals
from sync.store.driver import Refs, fetch, is_postgresql, put
from sync.store.memory import read_memory, write_memory
from sync.store.store import next_number
from sync.store.tables import (
    HandoffMemberRow,
    HandoffRow,
    SharedTextRow,
    ShownRow,
    SourceRecordRow,
    WaiverRow,
    table,
)
from sync.store.types import from_micros, in_set, read_json, to_micros, write_json

_BY_MEMBER = "SELECT ref, handoff_id FROM handoff_member WHERE ref {}"
_IDS_BY_MEMBER = "SELECT DISTINCT handoff_id FROM handoff_member WHERE ref {}"
_IDS_BY_HANGING = (
    "SELECT DISTINCT m.handoff_id FROM record_key AS k JOIN handoff_member AS m ON m.ref = k.key "
    "WHERE k.role = 'subject' AND k.ref {}"
)
_BESIDE = "SELECT DISTINCT o.ref FROM handoff_member AS m JOIN handoff_member AS o ON o.handoff_id = m.handoff_id WHERE m.ref {}"
_LOAD = (
    "SELECT id, anchor, primary_ref, cycle, opened_at, sort_at, open, ambiguous, reason, dirty_seq, memory, summary, "
    "failed, in_scope FROM handoff WHERE id {}"
)
_LOAD_MEMBERS = "SELECT handoff_id, ref, alias, target, position FROM handoff_member WHERE handoff_id {}"
_SHOWN_BY = "SELECT ref, handoff_id FROM shown WHERE ref {}"
_SHOWN_ON = "SELECT ref, handoff_id FROM shown WHERE handoff_id {}"
_SHOWN_OF_MEMBERS = (
    "SELECT s.ref, s.handoff_id FROM handoff_member AS m JOIN shown AS s ON s.ref = m.ref WHERE m.handoff_id {}"
)
_KEYS_OF_MEMBERS = (
    "SELECT k.ref, k.key FROM handoff_member AS m JOIN record_key AS k ON k.ref = m.ref "
    "WHERE k.role = '{}' AND m.handoff_id {{}}"
)
_HANGING_ON = (
    "SELECT k.ref, k.key FROM handoff_member AS m JOIN record_key AS k ON k.key = m.ref "
    "WHERE k.role = 'subject' AND m.handoff_id {}"
)
_SETTLE = (
    "UPDATE handoff SET memory = {0}, wake_at = {0}, rules_hash = {0}, status = {0}, in_scope = {0}, running = {0}, "
    "summary = {0}, failed = {0}, expired_at = NULL, dirty_seq = CASE WHEN dirty_seq = {0} THEN NULL ELSE dirty_seq END "
    "WHERE id = {0}"
)
_Member = tuple[str, str, bool, bool, int]
"""(handoff, record, whether an alias, whether a target, position)"""
_POSITION = itemgetter(4)
_NOTHING = Memory()
_AT_ONCE = 1_000
"""Rows of a reading that is long."""
_NEW = (
    "id", "anchor", "primary_ref", "cycle", "opened_at", "sort_at", "open", "ambiguous", "reason", "memory", "running",
    "dirty_seq",
)  # fmt: skip
_MEMBERS = "SELECT ref FROM handoff_member WHERE handoff_id {}"
_DROPPED = (
    "SELECT 1 FROM handoff_member AS m JOIN source_record AS r {} ON r.ref = m.ref WHERE m.handoff_id = handoff.id "
    "AND r.expired_at IS NOT NULL AND NOT r.deleted AND r.kind IN ('person', 'deal')"
)
# By the index over dropped records alone, which is small: the record itself is a page.
_WHOLE: Mapping[str, ColumnElement[bool]] = {
    "sqlite": literal_column(f"NOT EXISTS ({_DROPPED.format('INDEXED BY source_record_expired')})", Boolean()),
    "postgresql": literal_column(f"NOT EXISTS ({_DROPPED.format('')})", Boolean()),
}
_handoff = table(HandoffRow)
_member = table(HandoffMemberRow)
_shown = table(ShownRow)
_record = table(SourceRecordRow)


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


@fixed
class Settled:
    """What one judgement leaves behind."""

    id: str
    seen: int | None
    """The dirty mark that was judged; a later one stays."""
    memory: Memory
    wake_at: datetime | None
    rules_hash: str
    status: str | None
    in_scope: bool | None
    running: bool
    """A contact that came or went now would change what a published clock says."""
    summary: Mapping[str, Any] | None
    failed: str | None = None


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


def read_members(tx: Connection, ids: Iterable[str]) -> set[RecordRef]:
    """Members and aliases of these handoffs."""
    return {RecordRef.parse(ref) for (ref,) in fetch(tx, _MEMBERS, ids)}


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
            m.open, m.ambiguous, m.reason, "{}", False, seq,
        )
        for handoff, m in new
    ]  # fmt: skip
    put(tx, "handoff", _NEW, ("id",), rows)


def save_memories(tx: Connection, memories: Mapping[str, Memory]) -> None:
    """What handoffs take over from others; what else is remembered is kept by their judgement."""
    kept = update(_handoff).where(_handoff.c.id == bindparam("b_id"))
    rows = [{"b_id": handoff, "b_memory": write_memory(memory)} for handoff, memory in memories.items()]
    if rows:
        tx.execute(kept.values(memory=bindparam("b_memory", type_=_handoff.c.memory.type)), rows)


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


def _member_rows(handoff: str, membership: Membership) -> list[tuple[str, str, int, bool, bool]]:
    """(handoff, record, position, whether an alias, whether a target)"""
    targets = membership.targets
    members = dict.fromkeys((*membership.members, *targets))
    aliases = dict.fromkeys(a for a in membership.aliases if a not in members)
    return [(handoff, str(ref), n, ref in aliases, ref in targets) for n, ref in enumerate((*members, *aliases))]


def remove(tx: Connection, ids: Collection[str]) -> None:
    """Forget handoffs whose records now belong to others, or to nobody; who came with them is judged again."""
    if not ids:
        return
    mark_dirty(tx, arrivals.leave(tx, ids))
    for rows in (_member, _shown, table(SharedTextRow), table(WaiverRow)):
        tx.execute(delete(rows).where(in_set(rows.c.handoff_id, ids)))
    tx.execute(delete(_handoff).where(in_set(_handoff.c.id, ids)))


def read_shown(tx: Connection, refs: Iterable[RecordRef | str]) -> dict[RecordRef, str]:
    """Which handoff each of these records shows."""
    return {RecordRef.parse(ref): handoff for ref, handoff in fetch(tx, _SHOWN_BY, [str(ref) for ref in refs])}


def read_shown_in(tx: Connection, connection: str, stream: str) -> list[str]:
    """Ids of the records of this stream that show a handoff."""
    query = select(_shown.c.ref).where(_shown.c.connection == connection).order_by(_shown.c.ref)
    refs = (RecordRef.parse(ref) for ref in tx.execute(query).scalars())
    return [ref.record_id for ref in refs if ref.stream == stream]


def read_shown_on(tx: Connection, ids: Iterable[str]) -> dict[str, list[RecordRef]]:
    """The records that show each of these handoffs, in order."""
    found: dict[str, list[RecordRef]] = {}
    for ref, handoff in sorted(fetch(tx, _SHOWN_ON, ids)):
        found.setdefault(handoff, []).append(RecordRef.parse(ref))
    return found


def read_shown_of_members(tx: Connection, ids: Iterable[str], known: Refs) -> dict[RecordRef, str]:
    """Which handoff each member and alias of these shows, in order. Only its members show a handoff."""
    return {known[ref]: handoff for ref, handoff in sorted(fetch(tx, _SHOWN_OF_MEMBERS, ids))}


def read_keys_of_members(tx: Connection, ids: Iterable[str], role: KeyRole) -> list[tuple[str, str]]:
    """(record, key) of the members and aliases of these handoffs in this role."""
    return [*dict.fromkeys(fetch(tx, _KEYS_OF_MEMBERS.format(role.value), ids))]


def find_hanging_on(tx: Connection, ids: Iterable[str]) -> list[tuple[str, str]]:
    """(record, subject) of the activities, history rows and the like that hang on members or aliases of these."""
    return [*fetch(tx, _HANGING_ON, ids)]


def save_shown(tx: Connection, shown: Mapping[RecordRef, str], gone: Collection[RecordRef]) -> None:
    rows = [(str(ref), handoff, ref.connection) for ref, handoff in shown.items()]
    put(tx, "shown", ("ref", "handoff_id", "connection"), ("ref",), rows)
    if gone:
        tx.execute(delete(_shown).where(in_set(_shown.c.ref, gone)))


def mark_dirty(tx: Connection, ids: Iterable[str]) -> int:
    """Returns the mark that they have now; 0 where there is nobody to be marked."""
    ids = list(ids)
    if not ids:
        return 0
    mark = next_number(tx)
    tx.execute(update(_handoff).where(in_set(_handoff.c.id, ids)).values(dirty_seq=mark))
    return mark


def mark_dirty_of(tx: Connection, refs: Collection[RecordRef]) -> None:
    """What these records show and belong to now: it may be another handoff than that for which they were written to."""
    mark_dirty(tx, {*read_shown(tx, refs).values(), *find_by_members(tx, refs)})


def mark_all_dirty(tx: Connection) -> None:
    """All but those of which nothing is kept any more that could be judged anew."""
    tx.execute(update(_handoff).where(_handoff.c.expired_at.is_(None)).values(dirty_seq=next_number(tx)))


def claim(tx: Connection, now: datetime, rules_hash: str, limit: int, upto: int | None = None) -> list[str]:
    """The next handoffs to judge: changed ones first, then those that are due, then those last judged under other rules.
    `upto`: without those that were marked behind this number."""
    # Each by its own index and in its order: else everything that waits is sorted for every slice of it.
    changed = _handoff.c.dirty_seq.isnot(None) if upto is None else _handoff.c.dirty_seq <= upto
    found = select(_handoff.c.id).where(changed, _is_whole(tx)).order_by(_handoff.c.dirty_seq, _handoff.c.id)
    ids = list(tx.execute(found.limit(limit)).scalars())
    if len(ids) < limit:
        due = select(_handoff.c.id).where(_handoff.c.wake_at <= now, _handoff.c.dirty_seq.is_(None), _is_whole(tx))
        ids += tx.execute(due.order_by(_handoff.c.wake_at, _handoff.c.id).limit(limit - len(ids))).scalars()
    return ids or _claim_of_other_rules(tx, rules_hash, limit, upto)


def _claim_of_other_rules(tx: Connection, rules_hash: str, limit: int, upto: int | None) -> list[str]:
    ids: list[str] = []
    for other in _other_rules(rules_hash):
        query = select(_handoff.c.id).where(other, _handoff.c.expired_at.is_(None), _is_whole(tx))
        query = query if upto is None else query.where(_handoff.c.dirty_seq.is_(None))
        ids += tx.execute(query.order_by(_handoff.c.rules_hash, _handoff.c.id).limit(limit - len(ids))).scalars()
        if len(ids) == limit:
            break
    return ids


def _other_rules(rules_hash: str) -> tuple[ColumnElement[bool], ...]:
    """Judged under others, or never. One condition for each stretch of the index: asked for what is unlike something, a
    database reads every handoff."""
    last = _handoff.c.rules_hash
    return last.is_(None), last < rules_hash, last > rules_hash


def _is_whole(tx: Connection) -> ColumnElement[bool]:
    """No value of its people and deals was dropped without having been read again: of half a record nothing is told."""
    return _WHOLE[tx.dialect.name]


def read_pending(tx: Connection, now: datetime) -> Iterator[tuple[str, int | None]]:
    """Handoffs that changed or are due, and so what is kept of their judgements may be out of date, with their marks; a few
    at a time: behind a first reading they are more than memory should hold."""
    pending = select(_handoff.c.id, _handoff.c.dirty_seq).execution_options(yield_per=_AT_ONCE)
    unmarked = _handoff.c.dirty_seq.is_(None)
    for which in (_handoff.c.dirty_seq.isnot(None), and_(_handoff.c.wake_at <= now, unmarked)):
        yield from ((handoff, mark) for handoff, mark in tx.execute(pending.where(which)))


def rests(now: datetime) -> ColumnElement[bool]:
    """Of a handoff that neither changed nor is due."""
    return and_(_handoff.c.dirty_seq.is_(None), or_(_handoff.c.wake_at.is_(None), _handoff.c.wake_at > now))


def count_pending(tx: Connection, now: datetime, rules_hash: str) -> int:
    """Handoffs that a judgement would take up now."""
    unmarked = _handoff.c.dirty_seq.is_(None)
    kept = and_(rests(now), _handoff.c.expired_at.is_(None), _is_whole(tx))
    others = (and_(other, kept) for other in _other_rules(rules_hash))
    pending = (_handoff.c.dirty_seq.isnot(None), and_(_handoff.c.wake_at <= now, unmarked), *others)
    return sum(tx.execute(select(func.count()).select_from(_handoff).where(one)).scalar_one() for one in pending)


def settle(tx: Connection, judged: Sequence[Settled]) -> None:
    """Keep what judgements left behind; a dirty mark set meanwhile stays."""
    if judged:
        mark = "%s" if is_postgresql(tx) else "?"
        tx.exec_driver_sql(_SETTLE.format(mark), [_settled_row(one) for one in judged])


def park(tx: Connection, failed: Mapping[str, str], rules_hash: str) -> None:
    """Handoffs that cannot even be loaded or kept → type and place of the error. They rest until something changes."""
    parked = update(_handoff).where(_handoff.c.id == bindparam("b_id"))
    parked = parked.values(failed=bindparam("b_failed"), rules_hash=rules_hash, dirty_seq=None, wake_at=None)
    if failed:
        tx.execute(parked, [{"b_id": i, "b_failed": where} for i, where in failed.items()])


def _settled_row(settled: Settled) -> tuple[Any, ...]:
    """In the order of `_SETTLE`."""
    summary, wake_at = settled.summary, settled.wake_at
    return (
        write_json(write_memory(settled.memory)),
        None if wake_at is None else to_micros(wake_at),
        settled.rules_hash,
        settled.status,
        settled.in_scope,
        settled.running,
        None if summary is None else write_json(summary),
        settled.failed,
        settled.seen,
        settled.id,
    )


def read_ids(tx: Connection, after: str, limit: int) -> list[str]:
    """Ids of all handoffs in order, a slice at a time."""
    return list(
        tx.execute(select(_handoff.c.id).where(_handoff.c.id > after).order_by(_handoff.c.id).limit(limit)).scalars()
    )


def count_shown_in_scope(tx: Connection) -> dict[str, int]:
    """Records per connection that show a handoff in scope."""
    among = _shown.c.handoff_id.in_(select(_handoff.c.id).where(_handoff.c.in_scope))
    rows = tx.execute(select(_shown.c.connection, func.count()).where(among).group_by(_shown.c.connection))
    return {name: n for name, n in rows}  # noqa: C416 (dict() does not take typed rows)


def read_ambiguous(tx: Connection, limit: int) -> list[tuple[str, str, str]]:
    """(handoff, anchor, reason) of joins that were not guessed."""
    query = select(_handoff.c.id, _handoff.c.anchor, _handoff.c.reason).where(_handoff.c.ambiguous)
    return [(i, a, r) for i, a, r in tx.execute(query.order_by(_handoff.c.id).limit(limit))]


def count_failed(tx: Connection) -> int:
    """Handoffs whose judgement broke."""
    return tx.execute(select(func.count()).select_from(_handoff).where(_handoff.c.failed.isnot(None))).scalar_one()


def read_failed(tx: Connection, limit: int) -> list[tuple[str, str, str]]:
    """(handoff, anchor, type and place) of judgements that are parked."""
    query = select(_handoff.c.id, _handoff.c.anchor, _handoff.c.failed).where(_handoff.c.failed.isnot(None))
    return [(i, a, f) for i, a, f in tx.execute(query.order_by(_handoff.c.id).limit(limit))]


def next_wake(tx: Connection) -> datetime | None:
    """The earliest instant at which a handoff must be judged again without any change."""
    return tx.execute(
        select(_handoff.c.wake_at).where(_handoff.c.wake_at.isnot(None)).order_by(_handoff.c.wake_at).limit(1)
    ).scalar()


def find_ids_with_running_clock(tx: Connection, after: str, limit: int) -> list[str]:
    """Handoffs to whose clocks it matters which contacts are on record now, in order, a slice at a time."""
    query = select(_handoff.c.id).where(_handoff.c.id > after, _handoff.c.running)
    return list(tx.execute(query.order_by(_handoff.c.id).limit(limit)).scalars())


def find_open_ids(tx: Connection, after: str, limit: int) -> list[str]:
    """Handoffs that are open and in scope, in order, a slice at a time."""
    query = select(_handoff.c.id).where(_handoff.c.id > after, _handoff.c.open, _handoff.c.in_scope)
    return list(tx.execute(query.order_by(_handoff.c.id).limit(limit)).scalars())
