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
    found: dict[str, dict[str, str]] = {}
    query = select(_text.c.handoff_id, _text.c.item, _text.c.mark).where(in_set(_text.c.handoff_id, ids))
    for handoff, item, mark in tx.execute(query):
        found.setdefault(handoff, {})[item] = mark
    shared = _shared(tx, {mark for own in found.values() for mark in own.values()}, often)
    return {
        i: HeldTexts(own, frozenset(item for item, mark in own.items() if mark in shared)) for i, own in found.items()
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
    moved: dict[str, set[str]] = {}
    for handoff, own in changed.items():
        for _, mark in before.get(handoff, none).marks.items() ^ own.items():
            moved.setdefault(mark, set()).add(handoff)
    old = _shared(tx, moved, often)
    tx.execute(delete(_text).where(in_set(_text.c.handoff_id, changed)))
    rows = [{"handoff_id": i, "item": item, "mark": m} for i, own in changed.items() for item, m in own.items()]
    if rows:
        tx.execute(insert(_text), rows)
    new = _shared(tx, moved, often)
    # Of a text that many held before and hold now, only who came or went is told otherwise.
    others = select(_text.c.handoff_id).where(in_set(_text.c.mark, old ^ new))
    return {*tx.execute(others).scalars()} | {i for mark in old | new for i in moved[mark]}


def _shared(tx: Connection, marks: Collection[str], often: int) -> set[str]:
    """Those of the marks that so many handoffs hold."""
    query = select(_text.c.mark).where(in_set(_text.c.mark, marks)).group_by(_text.c.mark)
    return {*tx.execute(query.having(func.count() >= often)).scalars()}
