"""From the records of one handoff to the values of its items: extraction per stream, then merging."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sync.core.mapping.activity import read_ref
from sync.core.mapping.merge import first_of, may_conflict, merge
from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.tables import RANKS, Tables
from sync.core.mapping.spec import FieldSpec, ItemSpec, MappingSpec, NameFields
from sync.core.model.handoff import Case
from sync.core.model.items import ItemValue, NormaliseContext, Provenance, ValueState
from sync.core.model.records import Kind, RecordRef, SourceRecord

OF_THE_PERSON = frozenset({"department", "contact_name", "phone", "email"})
"""Items that describe the primary person: nobody else of the deal can supply them."""
RANK_ITEM = "job_title"
"""Taken from the highest-ranking member."""

_CONTEXT_MATTERS = frozenset({"timing", "date", "datetime"})


@dataclass(frozen=True, slots=True)
class Reader:
    """A mapping compiled for reading: everything that does not change from handoff to handoff."""

    mapping: MappingSpec
    tables: Tables
    context: Mapping[str, NormaliseContext]
    """Per item, without the date of writing."""
    simple: tuple[ItemSpec, ...]
    groups: tuple[ItemSpec, ...]


def compile_reader(mapping: MappingSpec, tables: Tables, *, region: str, tz: str, fiscal_year_start: int) -> Reader:
    context = {
        item: NormaliseContext(region=region, tz=tz, fiscal_year_start=fiscal_year_start, item=item)
        for item in mapping.items
    }
    simple = tuple(spec for spec in mapping.items.values() if spec.as_ is not None)
    groups = tuple(spec for spec in mapping.items.values() if spec.as_ is None)
    return Reader(mapping, tables, context, simple, groups)


def read_items(case: Case, reader: Reader, today: date, of_primary: Collection[RecordRef]) -> dict[str, ItemValue]:
    """Every item of the mapping. `today` (local) decides what is stale; `of_primary` are the primary person's records
    (empty: everybody counts). Derived items are not derived yet; groups are not made yet (`add_groups`)."""
    sources = _sources(case, reader.mapping)
    silent = _silent(case, reader.mapping, sources)
    items: dict[str, ItemValue] = {}
    for spec in reader.simple:
        one = _OneItem(case, reader, spec, today)
        allowed = of_primary if spec.id in OF_THE_PERSON else ()
        winners = list(one.winners(sources, silent, allowed))
        items[spec.id] = merge(winners, spec.as_) or ItemValue(
            spec.id, ValueState.UNREADABLE, reason="not mapped on any record of this handoff"
        )
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
    window: Any = value.value if value is not None else None
    if not isinstance(window, dict):
        return None, None
    return _day(window.get("from")), _day(window.get("to"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - normalisers answer plain JSON


def rank_of(value: ItemValue | None) -> int | None:
    """Index in RANKS of a usable title; None when it names no rank."""
    title: Any = value.value if value is not None and value.state.usable else None
    rank = title.get("rank") if isinstance(title, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - normalisers answer plain JSON
    return RANKS.index(rank) if rank in RANKS else None


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None


@dataclass(slots=True)
class _OneItem:
    """Reads one item of one handoff."""

    case: Case
    reader: Reader
    spec: ItemSpec
    today: date

    def winners(
        self, sources: Mapping[str, Sequence[SourceRecord]], silent: Collection[str], allowed: Collection[RecordRef]
    ) -> Iterator[ItemValue]:
        """What each connection says, the preferred one first; stops once the rest cannot matter."""
        item = self.spec.id
        compare = may_conflict(item, self.spec.as_)
        for connection in self.reader.mapping.prefer:
            if connection in silent:
                if silent_item(self.reader.mapping, connection, item):
                    yield ItemValue(item, ValueState.UNREADABLE, reason=f"the link to {connection} is ambiguous")
                continue
            records = sources.get(connection, ())
            if allowed:
                records = [r for r in records if r.kind is not Kind.PERSON or r.ref in allowed]
            choose = self._highest if item == RANK_ITEM else first_of
            winner = choose(value for record in records for value in self._of_record(record))
            if winner is None:
                continue
            yield winner
            if winner.state.usable and not compare and item != RANK_ITEM:
                return

    def _highest(self, candidates: Iterable[ItemValue]) -> ItemValue | None:
        known = list(candidates)
        ranked = [value for value in known if rank_of(value) is not None]
        return max(ranked, key=lambda value: rank_of(value) or 0) if ranked else first_of(known)

    def _of_record(self, record: SourceRecord) -> Iterator[ItemValue]:
        stream = self.reader.mapping.streams.get((record.ref.connection, record.ref.stream))
        fields = stream.items.get(self.spec.id) if stream is not None else None
        if fields is None:
            return
        for name, raw, readable in _raw_values(fields, record.values):
            source = Provenance(record.ref, name)
            if not readable:
                yield ItemValue(self.spec.id, ValueState.UNREADABLE, source=source, reason="the field is not readable")
            elif raw is None or raw == "":
                yield ItemValue(self.spec.id, ValueState.MISSING, source=source)
            else:
                yield self._read(record, name, raw, source)

    def _read(self, record: SourceRecord, name: str, raw: object, source: Provenance) -> ItemValue:
        spec, kind = self.spec, self.spec.as_ or "text"
        context = self.reader.context[spec.id]
        if kind in _CONTEXT_MATTERS:
            context = replace(context, written_on=self._written_on(record, name))
        found = normalise(kind, raw, context, self.reader.tables, spec.options)
        typed = _as_typed(raw) if found.state is not ValueState.MISSING else None
        value = ItemValue(spec.id, found.state, found.value, typed, source, found.reason)
        return self._age(value) if kind == "timing" else value

    def _written_on(self, record: SourceRecord, name: str) -> datetime:
        return self.case.value_written.get(record.ref, {}).get(name) or record.modified_at

    def _age(self, value: ItemValue) -> ItemValue:
        end = window_of(value)[1] if value.state is ValueState.PRESENT else None
        return replace(value, state=ValueState.STALE) if end is not None and end < self.today else value


def _as_typed(raw: object) -> str:
    if isinstance(raw, dict):
        return " ".join(str(part) for part in raw.values() if part)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownMemberType] - the two parts of a name
    return str(raw)


def silent_item(mapping: MappingSpec, connection: str, item: str) -> bool:
    """Whether any stream of the connection could hold the item."""
    return any(item in stream.items for (its, _), stream in mapping.streams.items() if its == connection)


def _sources(case: Case, mapping: MappingSpec) -> dict[str, list[SourceRecord]]:
    """Per connection: the anchor, the other members, then the accounts they belong to."""
    members = [
        record
        for ref in case.membership.members
        if (record := case.records.get(ref)) is not None and record.kind in (Kind.PERSON, Kind.DEAL)
    ]
    # Two stable sorts: the newest first, then by what they are.
    members.sort(key=lambda r: (str(r.facts.get("created_at") or ""), r.ref), reverse=True)
    members.sort(key=lambda r: _place(r, case.membership.anchor, mapping))
    sources: dict[str, list[SourceRecord]] = {}
    for record in members:
        sources.setdefault(record.ref.connection, []).append(record)
    accounts = dict.fromkeys(read_ref(record.facts.get("account")) for record in members)
    for ref in accounts:
        account = case.records.get(ref) if ref is not None else None
        if account is not None and not account.deleted:
            sources.setdefault(account.ref.connection, []).append(account)
    return sources


def _place(record: SourceRecord, anchor: RecordRef, mapping: MappingSpec) -> int:
    if record.ref == anchor:
        return 0
    if record.kind is Kind.DEAL:
        return 1
    stream = mapping.streams.get((record.ref.connection, record.ref.stream))
    return 2 if stream is not None and stream.stage_field else 3


def _silent(case: Case, mapping: MappingSpec, sources: Mapping[str, object]) -> frozenset[str]:
    """Connections that might know something, were the join not ambiguous."""
    if not case.membership.ambiguous:
        return frozenset()
    return frozenset(connection for connection in mapping.prefer if connection not in sources)


def _raw_values(fields: FieldSpec, values: Mapping[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    """(field, raw value, readable) in the listed order; a name spread over two fields is one value."""
    if isinstance(fields, NameFields):
        if fields.family not in values:
            yield fields.family, None, False
            return
        parts = {"family": values.get(fields.family), "given": values.get(fields.given)}
        yield fields.family, parts if any(parts.values()) else None, True
        return
    for name in fields:
        yield name, values.get(name), name in values
