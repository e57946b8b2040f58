"""Choices on the records that no option knows: counted per field and value, so that none is dropped in silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sync.core.mapping.spec import MappingSpec
from sync.core.model.handoff import Judgement

LONGEST = 60
_PERSONAL = re.compile(r"@|＠|(?:\d[\s().-]*){7,}|[\r\n]")
"""An address, a phone number or a text of several lines: typed into a field that is no list of choices."""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """One value that `mappings/handoff.yaml` does not know, and how many handoffs in scope have it."""

    connection: str
    stream: str
    field: str
    item: str
    """Item, or input such as `fs_decision`."""
    value: str | None
    """None: not kept, because it is free text, may hold personal data, or the item is sensitive."""
    count: int


Row = tuple[str, str, str, str, str | None]
"""connection, stream, field, item, value."""


def rows_of(judgement: Judgement, mapping: MappingSpec) -> list[Row]:
    """What is kept of one handoff; nothing for one that is out of scope."""
    if not judgement.in_scope:
        return []
    found: set[Row] = set()
    for value in judgement.unmapped:
        if value.source is not None:
            ref = value.source.record
            spec = mapping.items.get(value.item)
            said = None if spec is not None and spec.sensitive else _sayable(value.raw)
            found.add((ref.connection, ref.stream, value.source.field, value.item, said))
    return sorted(found, key=_order)


def count(rows: Iterable[Sequence[str | None]]) -> tuple[Unmapped, ...]:
    """Handoffs per field and value, the commonest first."""
    counted = Counter((str(c), str(s), str(f), str(i), value) for c, s, f, i, value in rows)
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], _order(pair[0])))
    return tuple(Unmapped(*row, count=number) for row, number in ordered)


def _order(row: Row) -> tuple[str, ...]:
    return tuple(part or "" for part in row)


def _sayable(raw: str | None) -> str | None:
    text = (raw or "").strip()
    return text if text and len(text) <= LONGEST and not _PERSONAL.search(text) else None
