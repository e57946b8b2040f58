"""Which open handoffs hold the same texts: marks of the texts, never the texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, func, insert, select

from sync.store.tables import SharedTextRow, table
from sync.store.types import in_set

_text = table(SharedTextRow)


@dataclass(frozen=True, slots=True)
class HeldTexts:
    """Of one handoff, as last judged."""

    marks: Mapping[str, str] = field(default_factory=dict[str, str])
    """By item."""
    repeated: frozenset[str] = frozenset()
    """Items whose text that many handoffs hold."""


def read(tx: Connection, ids: Collection[str], often: int) -> dict[str, HeldTexts]:
    """Of these handoffs; those without any text worth comparing are absent."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    other = _text.alias("other")
    # Counting stops once it is clear: thousands may hold one text.
    some = select(other.c.handoff_id).where(other.c.mark == _text.c.mark).limit(often).correlate(_text).subquery()
    counted = select(func.count()).select_from(some).scalar_subquery()
    query = select(_text.c.handoff_id, _text.c.item, _text.c.mark, counted).where(in_set(_text.c.handoff_id, ids))
    for handoff, item, mark, count in tx.execute(query):
        found.setdefault(handoff, {})[item] = (mark, count >= often)
    return {
        handoff: HeldTexts(
            {item: mark for item, (mark, _) in rows.items()},
            frozenset(item for item, (_, many) in rows.items() if many),
        )
        for handoff, rows in found.items()
    }


def save(
    tx: Connection, before: Mapping[str, HeldTexts], marks: Mapping[str, Mapping[str, str]], often: int
) -> set[str]:
    """Replace the marks of these handoffs, of which `before` was read; returns the handoffs about which something else
    must be said now: their text has become one of many, or is none any more."""
    none = HeldTexts()
    changed = {i: own for i, own in marks.items() if own != before.get(i, none).marks}
    if not changed:
        return set()
    touched = {mark for i, own in changed.items() for mark in (*own.values(), *before.get(i, none).marks.values())}
    old = _holders(tx, touched)
    tx.execute(delete(_text).where(in_set(_text.c.handoff_id, changed)))
    rows = [{"handoff_id": i, "item": item, "mark": m} for i, own in changed.items() for item, m in own.items()]
    if rows:
        tx.execute(insert(_text), rows)
    new = _holders(tx, touched)
    return {i for mark in touched for i in _told_otherwise(old.get(mark, set()), new.get(mark, set()), often)}


def _told_otherwise(old: set[str], new: set[str], often: int) -> set[str]:
    """Who was named and is no more, or is named now. A handoff that left takes its own line along when it is judged."""
    before, after = (holders if len(holders) >= often else set[str]() for holders in (old, new))
    return before ^ after


def _holders(tx: Connection, marks: Collection[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for mark, handoff in tx.execute(select(_text.c.mark, _text.c.handoff_id).where(in_set(_text.c.mark, marks))):
        found.setdefault(mark, set()).add(handoff)
    return found
