"""How one item is read from what a field holds, and how good what was read is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, cast

from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.tables import RANKS, Tables
from sync.core.mapping.sealed import read_sealed
from sync.core.mapping.spec import ItemSpec
from sync.core.model.fixed import changed
from sync.core.model.items import ItemValue, NormaliseContext, Normalised, ValueState

_MANY = 4_000
_LONG = 200
"""Characters from which a text is too long, and too rarely repeated, to be remembered."""

USABLE, UNMAPPED, TYPED, EMPTY, HIDDEN = range(5)
"""How good a value is: the lowest counts, and the first of those. A usable rank counts below all, the highest lowest."""
Reading = tuple[int, Normalised]
"""How good it is, and what it is."""
Known = dict[object, Reading]


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """How one item is read."""

    spec: ItemSpec
    item: str
    kind: str
    context: NormaliseContext
    """Without the date of writing."""
    tables: Tables
    zone: tzinfo
    comparable: bool
    """Whether two connections may disagree about it."""
    ranked: bool
    """Whether the best value counts, not the first."""
    dated: bool
    """Whether its reading depends on when the value was written."""
    connections: frozenset[str]
    """Those that could hold it."""
    nowhere: ItemValue
    """What a handoff has of it of which no record maps it."""
    known: Known = field(repr=False, compare=False)
    """What values were read as: choices, titles and placeholders repeat endlessly, and handoffs are judged again."""

    def read(self, raw: object, written_on: datetime | None) -> Reading:
        """`written_on` (aware) only of what is `dated`."""
        key = raw if isinstance(raw, str) else _parts(raw)
        if key is None or len(key) > _LONG:
            return self._read(raw, written_on)
        if written_on is not None:
            key = (key, written_on.astimezone(self.zone).date())
        found = self.known.get(key)
        if found is None:
            found = self._read(raw, written_on)
            if len(self.known) >= _MANY:
                self.known.clear()
            self.known[key] = found
        return found

    def rate(self, found: Normalised) -> int:
        state = found.state
        if state.usable:
            rank = rank_in(found.value) if self.ranked else None
            return USABLE if rank is None else USABLE - 1 - rank
        if state is ValueState.UNREADABLE:
            return UNMAPPED
        return EMPTY if state is ValueState.MISSING else TYPED

    def _read(self, raw: object, written_on: datetime | None) -> Reading:
        context = self.context if written_on is None else changed(self.context, written_on=written_on)
        sealed = read_sealed(raw)
        found = (
            normalise(self.kind, raw, context, self.tables, self.spec.options) if sealed is None else Normalised(sealed)
        )
        return self.rate(found), found


def rank_in(title: object) -> int | None:
    """Index in RANKS of a title's canonical value; None when it names no rank."""
    rank = cast(Mapping[str, Any], title).get("rank") if isinstance(title, dict) else None
    return RANKS.index(rank) if rank in RANKS else None


def _parts(raw: object) -> tuple[str | None, ...] | None:
    """The parts of a name that may be remembered."""
    if not isinstance(raw, dict):
        return None
    parts = tuple(cast(Mapping[str, Any], raw).values())
    for part in parts:
        if part is not None and not isinstance(part, str):
            return None
    return parts or None
