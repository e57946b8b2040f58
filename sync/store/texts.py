"""Which open handoffs hold the same texts: marks of the texts, never the texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from sync.store.driver import fetch, put, run

_READ = "SELECT handoff_id, item, mark FROM shared_text WHERE handoff_id {}"
_COUNT = "SELECT mark, count(*) FROM shared_text WHERE mark {} GROUP BY mark"
_HOLDERS = "SELECT handoff_id FROM shared_text WHERE mark {}"
_DELETE = "DELETE FROM shared_text WHERE handoff_id {}"


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
    for handoff, item, mark in fetch(tx, _READ, ids):
        found.setdefault(handoff, {})[item] = mark
    if not found:
        return {}
    counts = _count(tx, {mark for own in found.values() for mark in own.values()})
    shared = {mark for mark, count in counts.items() if count >= often}
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
    more: Counter[str] = Counter()
    for handoff, own in changed.items():
        had = before.get(handoff, none).marks
        for item, mark in had.items() ^ own.items() if had else own.items():
            moved.setdefault(mark, set()).add(handoff)
            more[mark] += 1 if own.get(item) == mark else -1
    if left := [i for i in changed if i in before]:
        run(tx, _DELETE, left)
    put(
        tx, "shared_text", ("handoff_id", "item", "mark"), ("handoff_id", "item"),
        [(i, item, mark) for i, own in changed.items() for item, mark in own.items()],
    )  # fmt: skip
    counts = _count(tx, moved)
    turned = [
        mark for mark in moved if (counts.get(mark, 0) >= often) is not (counts.get(mark, 0) - more[mark] >= often)
    ]
    # Of a text that many held before and hold now, only who came or went is told otherwise.
    others = {handoff for (handoff,) in fetch(tx, _HOLDERS, turned)} if turned else set[str]()
    many = (mark for mark in moved if max(counts.get(mark, 0), counts.get(mark, 0) - more[mark]) >= often)
    return others.union(*(moved[mark] for mark in many))


def _count(tx: Connection, marks: Iterable[str]) -> dict[str, int]:
    """How many handoffs hold each of them."""
    return dict(fetch(tx, _COUNT, marks))
