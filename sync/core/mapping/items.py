"""From the records of one handoff to the values of its items: each record's cells, then merging.

This is the most frequent work of the whole engine: what does not differ between handoffs is compiled (`reader`), a
value is read only while it can matter, and only the one that counts becomes an `ItemValue`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sync.core.mapping.activity import read_ref
from sync.core.mapping.latest import Latest
from sync.core.mapping.layout import ABSENT, Place, Side, read_name
from sync.core.mapping.plan import EMPTY, HIDDEN, TYPED, UNMAPPED, USABLE, ItemPlan, Known, Reading, rank_in
from sync.core.mapping.reader import LAST_PLACE, Reader
from sync.core.model.fixed import changed
from sync.core.model.handoff import Case
from sync.core.model.items import ItemValue, Normalised, Provenance, ValueState
from sync.core.model.records import Kind, RecordRef, SourceRecord

_BETWEEN = (USABLE, UNMAPPED, TYPED, HIDDEN, EMPTY)
"""How good a value is between connections: what could not be read keeps the other's empty field from being called missing."""
_NOTHING = Normalised(ValueState.MISSING)
_NOT_READABLE = Normalised(ValueState.UNREADABLE, reason="the field is not readable")
_MEMBERS = (Kind.PERSON, Kind.DEAL)
UNUSABLE = "typed, but not usable"
"""Reason of a missing group of which something was typed."""
Screen = Callable[[Normalised, object, SourceRecord, str], Normalised]
"""Takes a good value, what was typed, and the record and field that hold it."""


def recall_items(
    case: Case, reader: Reader, today: date, of_primary: Collection[RecordRef], unmapped: list[ItemValue]
) -> dict[str, ItemValue]:
    """As `read_items`; of the handoff that was read last it is remembered."""

    def read() -> tuple[dict[str, ItemValue], list[ItemValue]]:
        odd: list[ItemValue] = []
        return read_items(case, reader, today, of_primary, odd), odd

    made_of = (case.membership, case.records, case.value_written, reader)
    items, odd = _latest.get(made_of, read, (today, frozenset(of_primary)))
    unmapped += odd
    return dict(items)


_latest: Latest[tuple[Mapping[str, ItemValue], Sequence[ItemValue]]] = Latest(kept=1)
"""Of the latest handoff: under another version of the definition, or the other one of a comparison, it reads alike."""


def read_items(
    case: Case,
    reader: Reader,
    today: date,
    of_primary: Collection[RecordRef],
    unmapped: list[ItemValue],
    screen: Screen | None = None,
) -> dict[str, ItemValue]:
    """Every item of the reader. `today` (local) decides what is stale; `of_primary` are the primary person's records
    (empty: everybody counts). Derived items are not derived yet; groups are not made yet (`add_groups`).

    Every choice that was looked at and that no option knows is added to `unmapped`, also where another value counts.
    Each good value is first shown to `screen`, which may find fault with it.
    """
    rows = _rows(case, reader)
    shape = tuple([(row.ref[:2], bool(of_primary) and row.ref not in of_primary) for row in rows])
    layout = reader.layout(shape, case.membership.ambiguous)
    reading = _Reading(case, rows, today.isoformat(), unmapped, screen)
    if screen is not None:
        return {plan.item: reading.value_of(plan, sides) for plan, sides, _, _ in layout}
    values = [row.values for row in rows]
    items: dict[str, ItemValue] = {}
    for plan, sides, places, first_counts in layout:
        item = plan.item
        # Most items end here: nothing was typed anywhere, or one good answer.
        if places is not None:
            for row, name, given in places:
                raw = values[row].get(name, ABSENT) if given is None else read_name(values[row], name, given)
                if raw is not None and raw != "":
                    break
            else:
                row, name, _ = places[0]
                items[item] = ItemValue(item, ValueState.MISSING, None, None, Provenance(rows[row].ref, name))
                continue
            if not plan.dated and raw is not ABSENT and (first_counts or _is_alone(raw, values, places)):
                order, found = (plan.known.get(raw) if type(raw) is str else None) or plan.read(raw, None)
                if order <= USABLE:
                    typed, source = raw if type(raw) is str else _typed(raw), Provenance(rows[row].ref, name)
                    items[item] = ItemValue(item, found.state, found.value, typed, source, found.reason)
                    continue
        items[item] = reading.value_of(plan, sides)
    return items


def _is_alone(raw: object, values: Sequence[Mapping[str, Any]], places: Iterable[Place]) -> bool:
    """Whether every place that is not empty holds this very text."""
    if type(raw) is not str:
        return False
    for row, name, _ in places:
        other = values[row].get(name, ABSENT)
        if other is not None and other != "" and other != raw:
            return False
    return True


def add_groups(items: dict[str, ItemValue], reader: Reader) -> None:
    """A group of any is as good as its best part, one of all as bad as its worst. What is lacking is missing, whatever
    its parts are; `reason` says so where something was typed."""
    for spec in reader.groups:
        parts = [items[part] for part in (*spec.any_of, *spec.all_of) if part in items]
        if parts:
            items[spec.id] = _whole(spec.id, parts, every=bool(spec.all_of))


def _whole(item: str, parts: Sequence[ItemValue], *, every: bool) -> ItemValue:
    good = [part for part in parts if part.state.usable]
    if len(good) == len(parts) or (good and not every):
        part = good[0]
        return ItemValue(item, part.state, part.value, part.raw, part.source, part.reason)
    hidden = [part for part in parts if part.state is ValueState.UNREADABLE]
    lacking = [part for part in parts if not part.state.usable and part.state is not ValueState.UNREADABLE]
    if hidden and not (every and lacking):
        return changed(hidden[0], item=item)
    typed = any(part.state is not ValueState.MISSING for part in lacking)
    return ItemValue(item, ValueState.MISSING, source=lacking[0].source, reason=UNUSABLE if typed else None)


def written_on(case: Case, record: SourceRecord, name: str) -> datetime:
    """When the present value of a field was written, as far as anybody knows."""
    return case.value_written.get(record.ref, {}).get(name) or record.modified_at


def window_of(value: ItemValue | None) -> tuple[date | None, date | None]:
    """Both ends of a timing; None for an open one, and for a value that is no window."""
    window = _fields(value.value if value is not None else None)
    return _day(window.get("from")), _day(window.get("to"))


def rank_of(value: ItemValue | None) -> int | None:
    """Index in RANKS of a usable title; None when it names no rank."""
    return rank_in(value.value) if value is not None and value.state.usable else None


def name_of(value: ItemValue | None) -> tuple[str, str]:
    """Family and given name of a usable person; empty for what is not known."""
    parts = _fields(value.value if value is not None and value.state.usable else None)
    return str(parts.get("family") or ""), str(parts.get("given") or "")


def _fields(value: object) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else {}


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None


_Candidate = tuple[int, SourceRecord | None, str, object, Normalised]
"""How good it is, the record and field that hold it, the value as typed, and what it was read as."""
_NONE_KNOWN: Known = {}


@dataclass(slots=True)
class _Reading:
    """Reads the items of one handoff."""

    case: Case
    rows: Sequence[SourceRecord]
    today: str
    unmapped: list[ItemValue]
    screen: Screen | None = None

    def value_of(self, plan: ItemPlan, sides: Sequence[Side]) -> ItemValue:
        """The value that counts, one connection after the other; stops looking where no further one matters."""
        best: _Candidate | None = None
        disagreeing: list[_Candidate] | None = None
        for connection, places in sides:
            found = self._best(plan, places) if places is not None else _unknown(connection)
            if best is None or _is_better(found[0], best[0]):
                best = found
            elif found[0] <= USABLE and _disagree(best, found):
                disagreeing = [*(disagreeing or ()), found]
            if best[0] <= USABLE and not plan.comparable:
                break
        if best is None:
            return plan.nowhere
        value = _value(plan.item, best)
        if disagreeing is not None:
            value = changed(value, conflicts=tuple(_value(plan.item, other) for other in disagreeing))
        return value

    def _best(self, plan: ItemPlan, places: Sequence[Place]) -> _Candidate:
        """What counts within one connection, which has at least one place."""
        best: _Candidate | None = None
        rows, known = self.rows, plan.known if self.screen is None else _NONE_KNOWN
        for row, name, given in places:
            record = rows[row]
            values = record.values
            raw = values.get(name, ABSENT) if given is None else read_name(values, name, given)
            if raw is None or raw == "":
                if best is None or best[0] > EMPTY:
                    best = EMPTY, record, name, raw, _NOTHING
                continue
            if raw is ABSENT:
                order, found = HIDDEN, _NOT_READABLE
            else:
                order, found = (known.get(raw) if type(raw) is str else None) or self._read(plan, record, name, raw)
                if order == UNMAPPED:
                    self.unmapped.append(_value(plan.item, (order, record, name, raw, found)))
            if best is None or (order < best[0] and not _stays(best, record)):
                best = order, record, name, raw, found
                if order <= USABLE and not plan.ranked:
                    break
        assert best is not None
        return best

    def _read(self, plan: ItemPlan, record: SourceRecord, name: str, raw: object) -> Reading:
        if not plan.dated and self.screen is None:
            return plan.read(raw, None)
        found = self._screened(plan, record, name, raw)
        return plan.rate(found), found

    def _screened(self, plan: ItemPlan, record: SourceRecord, name: str, raw: object) -> Normalised:
        """What was read, in the light of what time it is and what else is known."""
        found = plan.read(raw, written_on(self.case, record, name) if plan.dated else None)[1]
        if found.state is not ValueState.PRESENT:
            return found
        if plan.dated and (_fields(found.value).get("to") or self.today) < self.today:
            return Normalised(ValueState.STALE, found.value, found.reason)
        return self.screen(found, raw, record, name) if self.screen is not None else found


def _unknown(connection: str) -> _Candidate:
    """What a connection says when nobody knows which of its records belong here."""
    why = Normalised(ValueState.UNREADABLE, reason=f"the link to {connection} is ambiguous")
    return HIDDEN, None, "", None, why


def _stays(held: _Candidate, record: SourceRecord) -> bool:
    """Of the fields of one record the first usable one counts, whatever the others rank."""
    return held[0] <= USABLE and held[1] is record


def _is_better(order: int, than: int) -> bool:
    """Between connections."""
    if than <= USABLE:
        return False
    return order <= USABLE or _BETWEEN[order] < _BETWEEN[than]


def _disagree(held: _Candidate, other: _Candidate) -> bool:
    """The same words never disagree, though a relative date may have been written on two days; an answer without a
    value (declared none, "we will ask on the 15th") disagrees with nothing."""
    one, another = held[4].value, other[4].value
    return one is not None and another is not None and one != another and _typed(held[3]) != _typed(other[3])


def _value(item: str, candidate: _Candidate) -> ItemValue:
    order, record, name, raw, found = candidate
    source = Provenance(record.ref, name) if record is not None else None
    typed = None if order >= EMPTY else raw if isinstance(raw, str) else _typed(raw)
    return ItemValue(item, found.state, found.value, typed, source, found.reason)


def _typed(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, dict):
        return " ".join(str(part) for part in _fields(raw).values() if part)  # pyright: ignore[reportUnknownArgumentType] - the two parts of a name
    return str(raw)


def _rows(case: Case, reader: Reader) -> list[SourceRecord]:
    """The anchor, the other members, then the accounts they belong to."""
    records, rows = case.records, list[SourceRecord]()
    for ref in case.membership.members:
        record = records.get(ref)
        if record is not None and record.kind in _MEMBERS:
            rows.append(record)
    if len(rows) > 1:
        anchor = case.membership.anchor
        others = [record for record in rows if record.ref != anchor]
        if len(others) > 1:
            others.sort(key=lambda record: _worth(record, reader), reverse=True)
        rows = [*(record for record in rows if record.ref == anchor), *others]
    accounts = {ref: None for record in rows if (ref := read_ref(record.facts.get("account"))) is not None}
    rows += [a for ref in accounts if (a := records.get(ref)) is not None and not a.deleted]
    return rows


def _worth(record: SourceRecord, reader: Reader) -> tuple[int, str, RecordRef]:
    """Of those beside the anchor: by what a record is, and of the same kind the newest."""
    plan = reader.streams.get(record.ref[:2])
    place = plan.place if plan is not None else LAST_PLACE
    return -place, str(record.facts.get("created_at") or ""), record.ref
