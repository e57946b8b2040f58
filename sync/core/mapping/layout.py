"""Where the records of a handoff hold what: worked out once for all handoffs that have the same kinds of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sync.core.mapping.plan import ItemPlan

ABSENT = object()
"""What a field holds that nobody could read."""


class Cell(NamedTuple):
    """A field of the records of one stream that holds an item."""

    plan: ItemPlan
    name: str
    given: str | None
    """Beside a family name: the field with the rest of the name."""


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """How the records of one stream are read."""

    place: int
    """Among the members that are no anchor: deals, then people with a stage, then other people."""
    cells: tuple[Cell, ...]
    """Several of one item in the listed order."""
    of_others: tuple[Cell, ...]
    """Without what describes the primary person alone."""

    def only(self, items: tuple[str, ...]) -> StreamPlan:
        cells, others = ([c for c in own if c.plan.item in items] for own in (self.cells, self.of_others))
        return StreamPlan(self.place, tuple(cells), tuple(others))


Row = tuple[tuple[str, str], bool]
"""Stream of a record, and whether it is of somebody else than the primary person."""


Place = tuple[int, str, str | None]
"""A field that holds an item, on one of the records of a handoff: number of the record among them, field, and beside a
family name the field with the rest of the name. (Plain tuples are taken apart in a third of the time of named ones.)"""
Side = tuple[str, tuple[Place, ...] | None]
"""What one connection has of an item: its places in the order in which they count; None where nobody knows which of its
records belong here."""
Slot = tuple[ItemPlan, tuple[Side, ...], tuple[Place, ...] | None, bool]
"""Where handoffs with these records hold one item. The connections, the preferred one first (none where no record maps
it); all their places in order (None where one connection is not known, and where there are none); and whether the first
filled one settles it if it holds a good answer, whatever the others hold."""
Layout = tuple[Slot, ...]
"""One per item, in the order of the model."""


def read_name(values: Mapping[str, Any], family: str, given: str) -> object:
    """A name over two fields is one value."""
    if family not in values:
        return ABSENT
    parts = {"family": values[family], "given": values.get(given)}
    return parts if parts["family"] or parts["given"] else None


def lay_out(
    rows: Iterable[Row],
    plans: Iterable[ItemPlan],
    streams: Mapping[tuple[str, str], StreamPlan],
    prefer: Iterable[str],
    *,
    ambiguous: bool,
) -> Layout:
    """`ambiguous`: a connection without a record may still hold some of this handoff."""
    held = defaultdict[str, defaultdict[str, list[Place]]](lambda: defaultdict(list))
    for row, (name, other) in enumerate(rows):
        stream = streams.get(name)
        if stream is not None:
            places = held[name[0]]
            for cell in stream.of_others if other else stream.cells:
                places[cell.plan.item].append((row, cell.name, cell.given))

    def sides(plan: ItemPlan) -> Iterator[Side]:
        for connection in prefer:
            if connection not in held:
                if ambiguous and connection in plan.connections:
                    yield connection, None
            elif plan.item in held[connection]:
                yield connection, tuple(held[connection][plan.item])

    return tuple([_slot(plan, tuple(sides(plan))) for plan in plans])


def _slot(plan: ItemPlan, sides: tuple[Side, ...]) -> Slot:
    places = tuple([place for _, own in sides for place in own or ()])
    if not places or any(own is None for _, own in sides):
        return plan, sides, None, False
    competing = len(places) > 1 and (plan.ranked or (plan.comparable and len(sides) > 1))
    return plan, sides, places, not competing
