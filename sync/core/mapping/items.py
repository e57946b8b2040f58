"""From the records of one handoff to the values of its items: each record's cells, then merging.

This is the most frequent work of the whole engine: what does not differ between handoffs is compiled (`reader`), a
value is read only while it can matter, and only the one that counts becomes an `ItemValue`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast

from sync.core.mapping.activity import read_ref
from sync.core.mapping.merge import first_of, merge
from sync.core.mapping.normalise.tables import RANKS
from sync.core.mapping.reader import LAST_PLACE, Cell, ItemPlan, Reader
from sync.core.model.handoff import Case
from sync.core.model.items import ItemValue, Normalised, Provenance, ValueState
from sync.core.model.records import Kind, RecordRef, SourceRecord

_PRESENT, _MISSING, _UNREADABLE = ValueState.PRESENT, ValueState.MISSING, ValueState.UNREADABLE
_MEMBERS = (Kind.PERSON, Kind.DEAL)
_ABSENT = object()

# How good a value is; the lowest counts, and the first of those. A usable rank counts below all, the highest lowest.
_USABLE, _UNMAPPED, _TYPED, _EMPTY, _HIDDEN = range(5)


def read_items(
    case: Case, reader: Reader, today: date, of_primary: Collection[RecordRef], unmapped: list[ItemValue]
) -> dict[str, ItemValue]:
    """Every item of the mapping. `today` (local) decides what is stale; `of_primary` are the primary person's records
    (empty: everybody counts). Derived items are not derived yet; groups are not made yet (`add_groups`).

    Every choice that was looked at and that no option knows is added to `unmapped`, also where another value counts.
    """
    rows = _rows(case, reader, of_primary)
    reading = _Reading(case, today.isoformat())
    for connection in reader.mapping.prefer:
        own = rows.get(connection)
        if own is not None:
            reading.look_at(own)
        elif case.membership.ambiguous:
            reading.say_unreadable(connection, reader.plans)
    unmapped += (value for _, value in sorted(reading.unmapped, key=lambda each: each[0]))
    items: dict[str, ItemValue] = {}
    for plan in reader.plans:
        winners = reading.winners.get(plan.item)
        if winners is None:
            items[plan.item] = plan.nowhere
        else:
            items[plan.item] = winners[0] if len(winners) == 1 else merge(winners, plan.kind) or plan.nowhere
    return items


def add_groups(items: dict[str, ItemValue], reader: Reader) -> None:
    """A group is as good as its best part; unreadable when no part is usable and one of them could not be read."""
    for spec in reader.groups:
        parts = [items[part] for part in spec.any_of if part in items]
        best = next((part for part in parts if part.state.usable), None)
        if best is None:
            best = next((part for part in parts if part.state is _UNREADABLE), None)
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
    return _rank(value.value) if value is not None and value.state.usable else None


def _rank(value: object) -> int | None:
    rank = _fields(value).get("rank")
    return RANKS.index(rank) if rank in RANKS else None


def _fields(value: object) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else {}


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None


_Row = tuple[SourceRecord, Sequence[Cell]]
"""One record with what is to be read of it."""
_Candidate = tuple[int, ItemPlan, SourceRecord, str, Any, Normalised | None]
"""How good it is; what was read from where, as typed; None of a field that is empty or absent."""


@dataclass(slots=True)
class _Reading:
    """Reads the items of one handoff, a connection after the other."""

    case: Case
    today: str
    winners: dict[str, list[ItemValue]] = field(default_factory=dict[str, list[ItemValue]])
    """Per item what each connection says, the preferred one first."""
    unmapped: list[tuple[int, ItemValue]] = field(default_factory=list[tuple[int, ItemValue]])
    """With the position of the item."""
    settled: set[str] = field(default_factory=set[str])
    """Items of which no further connection matters."""

    def look_at(self, rows: Iterable[_Row]) -> None:
        for order, plan, record, name, raw, found in self._best(rows).values():
            value = _value(plan, record, name, raw, found, order)
            self.winners.setdefault(plan.item, []).append(value)
            if order <= _USABLE and not plan.comparable:
                self.settled.add(plan.item)

    def say_unreadable(self, connection: str, plans: Iterable[ItemPlan]) -> None:
        """Nobody knows which of its records belong here."""
        for plan in plans:
            if connection in plan.connections and plan.item not in self.settled:
                why = f"the link to {connection} is ambiguous"
                self.winners.setdefault(plan.item, []).append(ItemValue(plan.item, _UNREADABLE, reason=why))

    def _best(self, rows: Iterable[_Row]) -> dict[str, _Candidate]:
        """The value of each item that counts within one connection. Stops looking where one is good enough."""
        best: dict[str, _Candidate] = {}
        done = set(self.settled)
        for record, cells in rows:
            values = record.values
            for cell in cells:
                plan = cell.plan
                item = plan.item
                if item in done:
                    continue
                for name in cell.fields:
                    raw = values.get(name, _ABSENT)
                    if cell.given is not None and raw is not _ABSENT:
                        raw = _both(raw, values.get(cell.given))
                    found = None
                    if raw is None or raw == "":
                        order = _EMPTY
                    elif raw is _ABSENT:
                        order = _HIDDEN
                    else:
                        found = self._read(plan, record, name, raw)
                        order = _order(plan, found)
                        if order == _UNMAPPED:
                            self.unmapped.append((plan.position, _value(plan, record, name, raw, found, order)))
                    held = best.get(item)
                    if held is None or order < held[0]:
                        best[item] = (order, plan, record, name, raw, found)
                    if order <= _USABLE:
                        if not plan.ranked:
                            done.add(item)
                        break
        return best

    def _read(self, plan: ItemPlan, record: SourceRecord, name: str, raw: object) -> Normalised:
        if not plan.dated:
            return plan.read(raw, None)
        found = plan.read(raw, self._written_on(record, name))
        if found.state is _PRESENT and (_fields(found.value).get("to") or self.today) < self.today:
            return Normalised(ValueState.STALE, found.value, found.reason)
        return found

    def _written_on(self, record: SourceRecord, name: str) -> datetime:
        return self.case.value_written.get(record.ref, {}).get(name) or record.modified_at


def _order(plan: ItemPlan, found: Normalised) -> int:
    state = found.state
    if state.usable:
        rank = _rank(found.value) if plan.ranked else None
        return _USABLE if rank is None else _USABLE - 1 - rank
    if state is _UNREADABLE:
        return _UNMAPPED
    return _EMPTY if state is _MISSING else _TYPED


def _value(
    plan: ItemPlan, record: SourceRecord, name: str, raw: object, found: Normalised | None, order: int
) -> ItemValue:
    source = Provenance(record.ref, name)
    if order == _EMPTY:
        return ItemValue(plan.item, _MISSING, None, None, source)
    if found is None:
        return ItemValue(plan.item, _UNREADABLE, None, None, source, "the field is not readable")
    typed = raw if isinstance(raw, str) else _as_typed(raw)
    return ItemValue(plan.item, found.state, found.value, typed, source, found.reason)


def _as_typed(raw: object) -> str:
    if isinstance(raw, dict):
        return " ".join(str(part) for part in _fields(raw).values() if part)  # pyright: ignore[reportUnknownArgumentType] - the two parts of a name
    return str(raw)


def _both(family: object, given: object) -> object:
    """A name over two fields is one value."""
    return {"family": family, "given": given} if family or given else None


def _rows(case: Case, reader: Reader, of_primary: Collection[RecordRef]) -> dict[str, list[_Row]]:
    """Per connection: the anchor, the other members, then the accounts they belong to. A connection without any
    member is absent. Of other people's records what describes the primary person is left out."""
    members = [
        record
        for ref in case.membership.members
        if (record := case.records.get(ref)) is not None and record.kind in _MEMBERS
    ]
    if len(members) > 1:
        members.sort(key=lambda record: _worth(record, case.membership.anchor, reader), reverse=True)
    accounts = {ref: None for record in members if (ref := read_ref(record.facts.get("account"))) is not None}
    beside = (a for ref in accounts if (a := case.records.get(ref)) is not None and not a.deleted)
    rows: dict[str, list[_Row]] = {}
    for record in (*members, *beside):
        plan = reader.streams.get(record.ref[:2])
        if plan is not None:
            other = of_primary and record.ref not in of_primary
            rows.setdefault(record.ref.connection, []).append((record, plan.of_others if other else plan.cells))
    return rows


def _worth(record: SourceRecord, anchor: RecordRef, reader: Reader) -> tuple[int, str, RecordRef]:
    """The anchor above all; then by what a record is, and of the same kind the newest."""
    plan = reader.streams.get(record.ref[:2])
    place = 0 if record.ref == anchor else plan.place if plan is not None else LAST_PLACE
    return -place, str(record.facts.get("created_at") or ""), record.ref
