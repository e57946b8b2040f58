"""A mapping compiled for reading: everything that does not change from handoff to handoff is looked up once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sync.core.mapping.latest import Latest
from sync.core.mapping.layout import Cell, Layout, Row, StreamPlan, lay_out
from sync.core.mapping.merge import may_conflict
from sync.core.mapping.normalise.moment import zone_of
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.plan import ItemPlan, Known
from sync.core.mapping.spec import FieldSpec, ItemSpec, MappingSpec, NameFields
from sync.core.model.items import ItemValue, NormaliseContext, ValueState
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
            found = lay_out(rows, self.plans, self.streams, self.mapping.prefer, ambiguous=ambiguous)
            self.layouts[key] = found
        return found

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
_known: Latest[dict[object, Known]] = Latest()
"""Per tables: mappings that read an item alike share what is known of its values."""


def _compile(mapping: MappingSpec, tables: Tables, context: NormaliseContext) -> Reader:
    known = _known.get((tables,), dict[object, Known])
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
    known: dict[object, Known],
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
