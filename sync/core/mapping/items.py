"""From the records of one handoff to the values of its items: extraction per stream, then merging.

Everything that does not differ between handoffs is compiled once, and a value is read only while it can matter:
this is the most frequent work of the whole engine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast

from sync.core.mapping.activity import read_ref
from sync.core.mapping.merge import first_of, may_conflict, merge
from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.tables import RANKS, Tables
from sync.core.mapping.spec import FieldSpec, ItemSpec, MappingSpec, NameFields
from sync.core.model.handoff import Case
from sync.core.model.items import ItemValue, NormaliseContext, Normalised, Provenance, ValueState
from sync.core.model.records import Kind, RecordRef, SourceRecord

OF_THE_PERSON = frozenset({"department", "contact_name", "phone", "email"})
"""Items that describe the primary person: nobody else of the deal can supply them."""
RANK_ITEM = "job_title"
"""Taken from the highest-ranking member."""

_DATED = frozenset({"timing", "date", "datetime"})
"""Kinds whose reading may depend on when the value was written."""
_PRESENT, _DECLARED_NONE = ValueState.PRESENT, ValueState.DECLARED_NONE
_MANY = 10_000
_SHORT = 60
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """How one item is read."""

    spec: ItemSpec
    kind: str
    context: NormaliseContext
    """Without the date of writing."""
    comparable: bool
    """Whether two connections may disagree about it."""
    connections: frozenset[str]
    """Those that could hold it."""
    dated: bool
    """Whether its reading may depend on when the value was written."""
    known: dict[object, Normalised] = field(default_factory=dict[object, Normalised], repr=False, compare=False)
    """What short values were read as: choices, titles and placeholders repeat endlessly, and handoffs are judged again."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A mapping compiled for reading: everything that does not change from handoff to handoff."""

    mapping: MappingSpec
    tables: Tables
    plans: tuple[ItemPlan, ...]
    groups: tuple[ItemSpec, ...]


@dataclass(slots=True)
class _Row:
    """One record that may hold items."""

    record: SourceRecord
    fields: Mapping[str, FieldSpec]
    values: Mapping[str, Any]


_Rows = Sequence[tuple[str, Sequence[_Row] | None]]
"""Per connection, the preferred one first; None for one without any member."""


def compile_reader(mapping: MappingSpec, tables: Tables, *, region: str, tz: str, fiscal_year_start: int) -> Reader:
    plans = tuple(
        ItemPlan(
            spec,
            spec.as_,
            NormaliseContext(region=region, tz=tz, fiscal_year_start=fiscal_year_start, item=spec.id),
            may_conflict(spec.id, spec.as_),
            frozenset(name for (name, _), stream in mapping.streams.items() if spec.id in stream.items),
            spec.as_ in _DATED,
        )
        for spec in mapping.items.values()
        if spec.as_ is not None
    )
    return Reader(mapping, tables, plans, tuple(spec for spec in mapping.items.values() if spec.as_ is None))


def read_items(
    case: Case, reader: Reader, today: date, of_primary: Collection[RecordRef], unmapped: list[ItemValue]
) -> dict[str, ItemValue]:
    """Every item of the mapping. `today` (local) decides what is stale; `of_primary` are the primary person's records
    (empty: everybody counts). Derived items are not derived yet; groups are not made yet (`add_groups`).

    Every choice that was looked at and that no option knows is added to `unmapped`, also where another value counts.
    """
    found = _rows(case, reader.mapping)
    rows = [(connection, found.get(connection)) for connection in reader.mapping.prefer]
    own = _only(rows, of_primary)
    reading = _Reading(case, reader.tables, today, unmapped)
    items: dict[str, ItemValue] = {}
    for plan in reader.plans:
        item = plan.spec.id
        winners = reading.winners(plan, own if item in OF_THE_PERSON else rows)
        value = winners[0] if len(winners) == 1 else merge(winners, plan.kind)
        items[item] = value or ItemValue(item, ValueState.UNREADABLE, reason="not mapped on any record of this handoff")
    return items


def add_groups(items: dict[str, ItemValue], reader: Reader) -> None:
    """A group is as good as its best part; unreadable when no part is usable and one of them could not be read."""
    for spec in reader.groups:
        parts = [items[part] for part in spec.any_of if part in items]
        best = next((part for part in parts if part.state.usable), None)
        if best is None:
            best = next((part for part in parts if part.state is ValueState.UNREADABLE), None)
        if best is None:
            best = first_of(parts)
        if best is not None:
            items[spec.id] = replace(best, item=spec.id, conflicts=())


def window_of(value: ItemValue | None) -> tuple[date | None, date | None]:
    """Both ends of a timing; None for an open one, and for a value that is no window."""
    window = _fields(value.value if value is not None else None)
    return _day(window.get("from")), _day(window.get("to"))


def rank_of(value: ItemValue | None) -> int | None:
    """Index in RANKS of a usable title; None when it names no rank."""
    rank = _fields(value.value).get("rank") if value is not None and value.state.usable else None
    return RANKS.index(rank) if rank in RANKS else None


def _fields(value: object) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else {}


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None


@dataclass(slots=True)
class _Reading:
    """Reads the items of one handoff."""

    case: Case
    tables: Tables
    today: date
    unmapped: list[ItemValue]

    def winners(self, plan: ItemPlan, rows: _Rows) -> list[ItemValue]:
        """What each connection says, the preferred one first; stops once the rest cannot matter."""
        found: list[ItemValue] = []
        for connection, own in rows:
            if own is None:
                if self.case.membership.ambiguous and connection in plan.connections:
                    why = f"the link to {connection} is ambiguous"
                    found.append(ItemValue(plan.spec.id, ValueState.UNREADABLE, reason=why))
                continue
            winner = self._highest(plan, own) if plan.spec.id == RANK_ITEM else self._first(plan, own)
            if winner is None:
                continue
            found.append(winner)
            if not plan.comparable and (winner.state is _PRESENT or winner.state is _DECLARED_NONE):
                break
        return found

    def _first(self, plan: ItemPlan, rows: Sequence[_Row]) -> ItemValue | None:
        """As `first_of`, without making what is not needed."""
        item = plan.spec.id
        unmapped: ItemValue | None = None
        typed: ItemValue | None = None
        missing = unreadable = None
        for row in rows:
            fields = row.fields.get(item)
            if fields is None:
                continue
            for name, raw in _raw_values(fields, row.values):
                if raw is None or raw == "":
                    missing = missing or (row.record.ref, name)
                elif raw is _ABSENT:
                    unreadable = unreadable or (row.record.ref, name)
                else:
                    value = self._read(plan, row.record, name, raw)
                    if value.state is _PRESENT or value.state is _DECLARED_NONE:
                        return value
                    if value.state is ValueState.MISSING:
                        missing = missing or (row.record.ref, name)
                    elif value.state is ValueState.UNREADABLE:
                        self.unmapped.append(value)
                        unmapped = unmapped or value
                    else:
                        typed = typed or value
        if unmapped is not None or typed is not None:
            return unmapped or typed
        if missing is not None:
            return ItemValue(item, ValueState.MISSING, None, None, Provenance(*missing))
        if unreadable is not None:
            why = "the field is not readable"
            return ItemValue(item, ValueState.UNREADABLE, source=Provenance(*unreadable), reason=why)
        return None

    def _highest(self, plan: ItemPlan, rows: Sequence[_Row]) -> ItemValue | None:
        known = [value for row in rows if (value := self._first(plan, (row,))) is not None]
        if len(known) < 2:
            return known[0] if known else None
        ranked = [value for value in known if rank_of(value) is not None]
        return max(ranked, key=lambda value: rank_of(value) or 0) if ranked else first_of(known)

    def _read(self, plan: ItemPlan, record: SourceRecord, name: str, raw: object) -> ItemValue:
        found = self._normalise(plan, record, name, raw)
        state = found.state
        typed = None if state is ValueState.MISSING else raw if isinstance(raw, str) else _as_typed(raw)
        if plan.kind == "timing" and state is _PRESENT:
            end = _day(_fields(found.value).get("to"))
            if end is not None and end < self.today:
                state = ValueState.STALE
        return ItemValue(plan.spec.id, state, found.value, typed, Provenance(record.ref, name), found.reason)

    def _normalise(self, plan: ItemPlan, record: SourceRecord, name: str, raw: object) -> Normalised:
        written_on = self._written_on(record, name) if plan.dated else None
        key = _key(raw, written_on)
        found = plan.known.get(key) if key is not None else None
        if found is None:
            context = replace(plan.context, written_on=written_on) if plan.dated else plan.context
            found = normalise(plan.kind, raw, context, self.tables, plan.spec.options)
            if key is not None:
                if len(plan.known) >= _MANY:
                    plan.known.clear()
                plan.known[key] = found
        return found

    def _written_on(self, record: SourceRecord, name: str) -> datetime:
        return self.case.value_written.get(record.ref, {}).get(name) or record.modified_at


def _key(raw: object, written_on: datetime | None) -> object:
    """What a reading depends on; None for what is not worth remembering."""
    if isinstance(raw, str):
        if len(raw) > _SHORT:
            return None
        return raw if written_on is None else (raw, written_on)
    parts = tuple(_fields(raw).values())
    return parts if parts and all(part is None or isinstance(part, str) for part in parts) else None


def _as_typed(raw: object) -> str:
    if isinstance(raw, dict):
        return " ".join(str(part) for part in _fields(raw).values() if part)  # pyright: ignore[reportUnknownArgumentType] - the two parts of a name
    return str(raw)


def _rows(case: Case, mapping: MappingSpec) -> dict[str, list[_Row]]:
    """Per connection: the anchor, the other members, then the accounts they belong to. A connection without any
    member is absent."""
    members = [
        record
        for ref in case.membership.members
        if (record := case.records.get(ref)) is not None and record.kind in (Kind.PERSON, Kind.DEAL)
    ]
    if len(members) > 1:
        # Two stable sorts: the newest first, then by what they are.
        members.sort(key=lambda r: (str(r.facts.get("created_at") or ""), r.ref), reverse=True)
        members.sort(key=lambda r: _place(r, case.membership.anchor, mapping))
    rows: dict[str, list[_Row]] = {}
    accounts = {ref: None for r in members if (ref := read_ref(r.facts.get("account"))) is not None}
    beside = (a for ref in accounts if (a := case.records.get(ref)) is not None and not a.deleted)
    for record in (*members, *beside):
        stream = mapping.streams.get((record.ref.connection, record.ref.stream))
        if stream is not None:
            rows.setdefault(record.ref.connection, []).append(_Row(record, stream.items, record.values))
    return rows


def _only(rows: _Rows, people: Collection[RecordRef]) -> _Rows:
    """Without the records of other people."""
    if not people:
        return rows
    return [
        (connection, own and [row for row in own if row.record.kind is not Kind.PERSON or row.record.ref in people])
        for connection, own in rows
    ]


def _place(record: SourceRecord, anchor: RecordRef, mapping: MappingSpec) -> int:
    if record.ref == anchor:
        return 0
    if record.kind is Kind.DEAL:
        return 1
    stream = mapping.streams.get((record.ref.connection, record.ref.stream))
    return 2 if stream is not None and stream.stage_field else 3


def _raw_values(fields: FieldSpec, values: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """(field, raw value) in the listed order, `_ABSENT` for what was not readable; a name over two fields is one."""
    if not isinstance(fields, NameFields):
        return [(name, values.get(name, _ABSENT)) for name in fields]
    if fields.family not in values:
        return ((fields.family, _ABSENT),)
    parts = {"family": values.get(fields.family), "given": values.get(fields.given)}
    return ((fields.family, parts if any(parts.values()) else None),)
