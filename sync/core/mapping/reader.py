"""A mapping compiled for reading: everything that does not change from handoff to handoff is looked up once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any, NamedTuple, cast

from sync.core.mapping.latest import Latest
from sync.core.mapping.merge import may_conflict
from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.moment import zone_of
from sync.core.mapping.normalise.tables import RANKS, Tables
from sync.core.mapping.sealed import read_sealed
from sync.core.mapping.spec import FieldSpec, ItemSpec, MappingSpec, NameFields
from sync.core.model.fixed import changed
from sync.core.model.items import ItemValue, NormaliseContext, Normalised, ValueState
from sync.core.model.records import Kind

OF_THE_PERSON = frozenset({"department", "contact_name", "phone", "email"})
"""Items that describe the primary person: nobody else of the deal can supply them."""
RANK_ITEM = "job_title"
"""Taken from the highest-ranking member."""

LAST_PLACE = 3
"""Of people without a stage."""

_DATED = "timing"
"""The kind whose reading depends on the local day on which the value was written."""
_MANY = 4_000
_LONG = 200
"""Characters from which a text is too long, and too rarely repeated, to be remembered."""

USABLE, UNMAPPED, TYPED, EMPTY, HIDDEN = range(5)
"""How good a value is: the lowest counts, and the first of those. A usable rank counts below all, the highest lowest."""
Reading = tuple[int, Normalised]
"""How good it is, and what it is."""
_Known = dict[object, Reading]


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
    known: _Known = field(repr=False, compare=False)
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


class Place(NamedTuple):
    """A field that holds an item, on one of the records of a handoff."""

    row: int
    """Number of the record among them."""
    name: str
    given: str | None


class Side(NamedTuple):
    """What one connection has of an item."""

    connection: str
    places: tuple[Place, ...] | None
    """In the order in which they count; None where nobody knows which of its records belong here."""


class Slot(NamedTuple):
    """Where handoffs with these records hold one item."""

    plan: ItemPlan
    sides: tuple[Side, ...]
    """The preferred connection first; empty where no record maps it."""
    places: tuple[Place, ...] | None
    """All of them in order; None where it takes more than one field to read a value, or a record that nobody knows."""
    first_counts: bool
    """Whether the first filled one settles it if it holds a good answer, whatever the others hold."""


Layout = tuple[Slot, ...]
"""One per item, in the order of the model."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A mapping under the tables and conventions of a company."""

    mapping: MappingSpec
    plans: tuple[ItemPlan, ...]
    streams: Mapping[tuple[str, str], StreamPlan]
    groups: tuple[ItemSpec, ...]
    narrowed: dict[tuple[str, ...], Reader] = field(
        default_factory=dict[tuple[str, ...], "Reader"], repr=False, compare=False
    )
    layouts: dict[tuple[tuple[Row, ...], bool], Layout] = field(
        default_factory=dict[tuple[tuple[Row, ...], bool], Layout], repr=False, compare=False
    )
    """Most handoffs have the same few kinds of records."""

    def layout(self, rows: tuple[Row, ...], ambiguous: bool) -> Layout:
        """`ambiguous`: a connection without a record may still hold some of this handoff."""
        key = (rows, ambiguous)
        found = self.layouts.get(key)
        if found is None:
            if len(self.layouts) >= _MANY:
                self.layouts.clear()
            found = self.layouts[key] = self._lay_out(rows, ambiguous)
        return found

    def _lay_out(self, rows: tuple[Row, ...], ambiguous: bool) -> Layout:
        held = defaultdict[str, defaultdict[str, list[Place]]](lambda: defaultdict(list))
        for row, (name, other) in enumerate(rows):
            stream = self.streams.get(name)
            if stream is not None:
                places = held[name[0]]
                for cell in stream.of_others if other else stream.cells:
                    places[cell.plan.item].append(Place(row, cell.name, cell.given))

        def sides(plan: ItemPlan) -> Iterator[Side]:
            for connection in self.mapping.prefer:
                if connection not in held:
                    if ambiguous and connection in plan.connections:
                        yield Side(connection, None)
                elif plan.item in held[connection]:
                    yield Side(connection, tuple(held[connection][plan.item]))

        return tuple(_slot(plan, tuple(sides(plan))) for plan in self.plans)

    def only(self, *items: str) -> Reader:
        """The reader of these items alone; of no group."""
        found = self.narrowed.get(items)
        if found is None:
            plans = tuple(plan for plan in self.plans if plan.item in items)
            streams = {name: plan.only(items) for name, plan in self.streams.items()}
            found = self.narrowed[items] = Reader(self.mapping, plans, streams, ())
        return found


def compile_reader(mapping: MappingSpec, tables: Tables, *, region: str, tz: str, fiscal_year_start: int) -> Reader:
    """Compiled once: asked again with the same objects, the same reader is given out."""
    return _readers.get(
        (mapping, tables),
        lambda: _compile(mapping, tables, NormaliseContext(region=region, tz=tz, fiscal_year_start=fiscal_year_start)),
        (region, tz, fiscal_year_start),
    )


_readers: Latest[Reader] = Latest()
_known: Latest[dict[object, _Known]] = Latest()
"""Per tables: mappings that read an item alike share what is known of its values."""


def _compile(mapping: MappingSpec, tables: Tables, context: NormaliseContext) -> Reader:
    known = _known.get((tables,), dict[object, _Known])
    specs = [(spec, spec.as_) for spec in mapping.items.values() if spec.as_ is not None]
    plans = {spec.id: _plan(mapping, tables, replace(context, item=spec.id), spec, kind, known) for spec, kind in specs}
    streams: dict[tuple[str, str], StreamPlan] = {}
    for name, stream in mapping.streams.items():
        cells = tuple(_cells(stream.items, plans))
        others = tuple(cell for cell in cells if cell.plan.item not in OF_THE_PERSON)
        place = 1 if stream.kind is Kind.DEAL else 2 if stream.stage_field else LAST_PLACE
        streams[name] = StreamPlan(place, cells, others if stream.kind is Kind.PERSON else cells)
    groups = tuple(spec for spec in mapping.items.values() if spec.as_ is None)
    return Reader(mapping, tuple(plans.values()), streams, groups)


def _plan(
    mapping: MappingSpec,
    tables: Tables,
    context: NormaliseContext,
    spec: ItemSpec,
    kind: str,
    known: dict[object, _Known],
) -> ItemPlan:
    return ItemPlan(
        spec=spec,
        item=spec.id,
        kind=kind,
        context=context,
        tables=tables,
        zone=zone_of(context),
        comparable=may_conflict(spec.id, kind),
        ranked=spec.id == RANK_ITEM,
        dated=kind == _DATED,
        connections=frozenset(name for (name, _), stream in mapping.streams.items() if spec.id in stream.items),
        nowhere=ItemValue(spec.id, ValueState.UNREADABLE, reason="not mapped on any record of this handoff"),
        known=known.setdefault((kind, context, tuple(sorted(spec.options.items()))), {}),
    )


def _cells(items: Mapping[str, FieldSpec], plans: Mapping[str, ItemPlan]) -> Iterator[Cell]:
    for item, fields in items.items():
        plan = plans.get(item)
        if plan is not None and isinstance(fields, NameFields):
            yield Cell(plan, fields.family, fields.given)
        elif plan is not None and not isinstance(fields, NameFields):
            yield from (Cell(plan, name, None) for name in fields)


def _slot(plan: ItemPlan, sides: tuple[Side, ...]) -> Slot:
    places = tuple([place for side in sides for place in side.places or ()])
    if not places or any(side.places is None for side in sides) or any(place.given is not None for place in places):
        return Slot(plan, sides, None, False)
    competing = len(places) > 1 and (plan.ranked or (plan.comparable and len(sides) > 1))
    return Slot(plan, sides, places, not competing and not plan.dated)


def rank_in(title: object) -> int | None:
    """Index in RANKS of a title's canonical value; None when it names no rank."""
    rank = cast(Mapping[str, Any], title).get("rank") if isinstance(title, dict) else None
    return RANKS.index(rank) if rank in RANKS else None


def _parts(raw: object) -> tuple[str | None, ...] | None:
    """The parts of a name that may be remembered."""
    if not isinstance(raw, dict):
        return None
    parts = tuple(cast(Mapping[str, Any], raw).values())
    return parts if parts and all(part is None or isinstance(part, str) for part in parts) else None
