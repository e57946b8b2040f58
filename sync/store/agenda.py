"""Which handoffs are to be judged: what changed, what is due, and what was last judged under other rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Boolean, ColumnElement, Connection, and_, func, literal_column, or_, select, update

from sync.core.model.records import RecordRef
from sync.store import handoff_members, showing
from sync.store.store import next_number
from sync.store.tables import HandoffRow, table
from sync.store.types import in_set

_AT_ONCE = 1_000
"""Rows of a reading that is long."""
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
    mark_dirty(tx, {*showing.read(tx, refs).values(), *handoff_members.find_by_members(tx, refs)})


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


def next_wake(tx: Connection) -> datetime | None:
    """The earliest instant at which a handoff must be judged again without any change."""
    return tx.execute(
        select(_handoff.c.wake_at).where(_handoff.c.wake_at.isnot(None)).order_by(_handoff.c.wake_at).limit(1)
    ).scalar()
