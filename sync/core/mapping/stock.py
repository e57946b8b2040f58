"""What an audit counts: one look at every record, kept as counts. Pure; nothing here knows a person's name.

Memory grows with the number of people (one small entry each, for first contacts and duplicates) and with groups, not with
what records hold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from sync.core.mapping.activity import Activity, Change, read_activity, read_change, read_instant, read_ref
from sync.core.mapping.normalise import Tables, email_key, is_shared_address, is_vague, normalise
from sync.core.mapping.normalise.text import clean
from sync.core.mapping.propose import Candidate, FieldCounts
from sync.core.mapping.spec import ItemSpec
from sync.core.metrics.spread import Spread
from sync.core.model.items import UNMAPPED, NormaliseContext, Normalised, ValueState
from sync.core.model.records import Kind, RecordRef, SourceRecord

FILLED, PLACEHOLDER, VAGUE, INVALID, EMPTY = "filled", "placeholder", "vague", "invalid", "empty"
"""What a value is to an audit. `filled` says something; a value that no table knows is filled."""
STATES = (FILLED, VAGUE, PLACEHOLDER, INVALID, EMPTY)
_STATE = {
    ValueState.PRESENT: FILLED,
    ValueState.DECLARED_NONE: FILLED,
    ValueState.PLACEHOLDER: PLACEHOLDER,
    ValueState.INVALID: INVALID,
    ValueState.MISSING: EMPTY,
}
PAIR = " + "
"""Between the names of two fields that hold one item together: a family name and a given name."""
_CONTACTS = frozenset({"call", "email", "meeting", "message"})
_NOTHING = Normalised(ValueState.MISSING)
_PERSONAL = frozenset({"contact_name", "phone", "email"})
"""Of these only placeholders are quoted: anything else may be somebody's."""
_LONGEST, _DISTINCT = 60, 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How the records of one stream are read."""

    connection: str
    stream: str
    kind: Kind
    candidates: Sequence[Candidate]
    channel_field: str | None = None
    stage_field: str | None = None


class FillKey(NamedTuple):
    """One cell of the fill counts."""

    stream: str
    """`connection:stream`."""
    item: str
    field: str
    channel: str
    """Canonical lead source; the raw value where no table knows it; empty where there is none."""
    month: str
    """`YYYY-MM` of the record's creation; empty where that is unknown."""


@dataclass(slots=True)
class Logged:
    """How one sort of contact is on record."""

    count: int = 0
    with_content: int = 0
    automated: int = 0
    by_role: Counter[str] = field(default_factory=Counter[str])
    """By the first role or team of whom it belongs to; empty: nobody that is known."""


@dataclass(slots=True)
class Stock:
    """Everything that was counted."""

    records: Counter[str] = field(default_factory=Counter[str])
    """`connection:stream` → records."""
    fills: Counter[tuple[FillKey, str]] = field(default_factory=Counter[tuple[FillKey, str]])
    values: dict[tuple[str, str, str], FieldCounts] = field(default_factory=dict[tuple[str, str, str], FieldCounts])
    """(stream, item, field) → what its values are."""
    junk: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    """(item, text, state) of placeholders and vague texts."""
    answers: Counter[tuple[str, str, str, str]] = field(default_factory=Counter[tuple[str, str, str, str]])
    """(stream, input, field, canonical value): what FS answered, as it stands now."""
    stages: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """(stream, value of the stage now)."""
    moves: Counter[tuple[str, str, str, str]] = field(default_factory=Counter[tuple[str, str, str, str]])
    """(stream, owner or status, from, to): owners by role."""
    logged: dict[tuple[str, str], Logged] = field(default_factory=dict[tuple[str, str], Logged])
    """(connection, type) → how it is on record."""
    people: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    """Stream → `all`, `converted`, `to_deal`, `channel` …"""
    cohorts: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    """(stream, month of creation, `all` | `converted` | `to_deal`)."""
    deals: Counter[str] = field(default_factory=Counter[str])
    """`all`, `open`, `closed`, `won`, `open_with_role`."""


@dataclass(frozen=True, slots=True)
class FirstContacts:
    """Of people of one stream: how soon somebody was in contact. Elapsed time, nights and weekends included."""

    people: int
    contacted: int
    within_day: int
    median_m: int | None
    p90_m: int | None
    """Minutes; of those contacted."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """E-mail addresses that several records of one stream have."""

    addresses: int
    records: int
    of: int


@dataclass
class Ledger:
    """Takes one record after the other: users before activities, people before activities and history."""

    items: Mapping[str, ItemSpec]
    inputs: Mapping[str, Mapping[str, str]]
    tables: Tables
    zone: tzinfo
    region: str = "JP"
    stock: Stock = field(default_factory=Stock)
    readings: dict[str, Reading] = field(default_factory=dict[str, Reading])
    """`connection:stream` → how it is read, for whoever asks afterwards."""
    _cells: defaultdict[tuple[str, str, str], Counter[tuple[str, str, str]]] = field(
        default_factory=lambda: defaultdict[tuple[str, str, str], Counter[tuple[str, str, str]]](
            Counter[tuple[str, str, str]]
        )
    )
    """(stream, channel, month) → its cells: one look-up a record."""
    _known: dict[tuple[str, str], tuple[Normalised, str]] = field(
        default_factory=dict[tuple[str, str], tuple[Normalised, str]]
    )
    """Answers that come again and again: choices, placeholders."""
    _active: Counter[str] = field(default_factory=Counter[str])
    _roles: dict[str, str] = field(default_factory=dict[str, str])
    _came: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])
    _first: dict[str, float] = field(default_factory=dict[str, float])
    _addresses: dict[str, Counter[int]] = field(default_factory=dict[str, Counter[int]])
    _deals: set[str] = field(default_factory=set[str])
    _open: set[str] = field(default_factory=set[str])
    _tied: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.tz = str(self.zone)

    def take(self, record: SourceRecord, reading: Reading) -> None:
        if record.deleted:
            return
        match reading.kind:
            case Kind.PERSON | Kind.DEAL | Kind.ACCOUNT:
                self._take_values(record, reading)
                if reading.kind is Kind.PERSON:
                    self._take_person(record, reading)
                elif reading.kind is Kind.DEAL:
                    self._take_deal(record)
            case Kind.USER:
                self._take_user(record)
            case Kind.ACTIVITY:
                self._take_activity(record)
            case Kind.ROLE:
                self._tied.add(str(record.facts.get("deal")))
            case Kind.HISTORY:
                self._take_change(record)
            case _:
                return
        self.stock.records[_stream(record.ref)] += 1

    def settle(self) -> Stock:
        """What can be said only once everything was read."""
        self.stock.deals["open_with_role"] = len(self._open & self._tied)
        self.stock.fills = Counter(
            {
                (FillKey(stream, item, name, channel, month), state): count
                for (stream, channel, month), cell in self._cells.items()
                for (item, name, state), count in cell.items()
            }
        )
        return self.stock

    def first_contacts(self) -> dict[str, FirstContacts]:
        """By stream of people."""
        spans: dict[str, Spread] = {}
        people: Counter[str] = Counter()
        for ref, (stream, came) in self._came.items():
            people[stream] += 1
            if ref in self._first:
                spans.setdefault(stream, Spread()).put(int(self._first[ref] - came) // 60)
        return {name: _first_contacts(count, spans.get(name, Spread())) for name, count in people.items()}

    def duplicates(self) -> dict[str, Duplicates]:
        """By stream of people; shared and unusable addresses count as none."""
        found: dict[str, Duplicates] = {}
        for stream, addresses in self._addresses.items():
            several = [n for n in addresses.values() if n > 1]
            found[stream] = Duplicates(len(several), sum(several), self.stock.records[stream])
        return found

    def roles(self) -> Counter[str]:
        """First role or team → active colleagues; of both CRMs together."""
        return Counter(self._active)

    def knows(self, ref: str | None) -> bool:
        """Whether this person or deal was counted."""
        return ref in self._came or ref in self._deals

    def _take_values(self, record: SourceRecord, reading: Reading) -> None:
        made = read_instant(record.facts, "created_at")
        month = self._month(made) if made else ""
        channel = self._channel(record.values.get(reading.channel_field or ""))
        stream = _stream(record.ref)
        cell = self._cells[stream, channel, month]
        for one in reading.candidates:
            raw = _raw(record, one.field)
            told, state = self._read(one.item, raw, record)
            cell[one.item, one.field, state] += 1
            self._count_value(stream, one, told, state)
            if one.item in self.inputs and told.state is ValueState.PRESENT:
                self.stock.answers[stream, one.item, one.field, str(told.value)] += 1
            if state in (PLACEHOLDER, VAGUE) and (state == PLACEHOLDER or one.item not in _PERSONAL):
                self._quote(one.item, raw, state)

    def _read(self, item: str, raw: Any, record: SourceRecord) -> tuple[Normalised, str]:
        if raw is None or raw == "":
            return _NOTHING, EMPTY
        if item == "timing" or not isinstance(raw, str) or len(raw) > _LONGEST:
            return self._read_anew(item, raw, record)  # what hangs on the day of writing, and what hardly comes twice
        found = self._known.get((item, raw))
        if found is None:
            if len(self._known) >= _DISTINCT:
                self._known.clear()
            found = self._known[item, raw] = self._read_anew(item, raw, record)
        return found

    def _read_anew(self, item: str, raw: Any, record: SourceRecord) -> tuple[Normalised, str]:
        spec = self.items.get(item)
        kind = (spec.as_ or "text") if spec is not None else "picklist"
        options = spec.options if spec is not None else self.inputs.get(item, {})
        context = NormaliseContext(region=self.region, tz=self.tz, written_on=record.modified_at, item=item)
        told = normalise(kind, raw, context, self.tables, options)
        if told.state is ValueState.UNREADABLE:
            return told, FILLED if told.reason == UNMAPPED else EMPTY
        if told.state is ValueState.PRESENT and kind == "text" and is_vague(str(raw), item, self.tables):
            return told, VAGUE
        return told, _STATE[told.state]

    def _count_value(self, stream: str, one: Candidate, told: Normalised, state: str) -> None:
        counts = self.stock.values.get((stream, one.item, one.field))
        if counts is None:
            counts = self.stock.values[stream, one.item, one.field] = FieldCounts()
        counts.records += 1
        if state == EMPTY:
            return
        counts.filled += 1
        counts.usable += state in (FILLED, VAGUE, INVALID)
        counts.fitting += told.state in (ValueState.PRESENT, ValueState.DECLARED_NONE)

    def _quote(self, item: str, raw: Any, state: str) -> None:
        spec = self.items.get(item)
        text = (clean(raw) or "")[:_LONGEST]
        if not text or (spec is not None and spec.sensitive and state != PLACEHOLDER):
            return
        junk = self.stock.junk
        junk[item, text, state] += 1
        if len(junk) > _DISTINCT:
            for key in [key for key, count in junk.items() if count == 1]:
                del junk[key]

    def _month(self, made: datetime) -> str:
        there = made.astimezone(self.zone)
        return f"{there.year:04}-{there.month:02}"

    def _channel(self, raw: Any) -> str:
        if raw is None or raw == "":
            return ""
        spec = self.items["lead_source"]
        told = normalise("picklist", raw, NormaliseContext(item="lead_source"), self.tables, spec.options)
        if told.state is ValueState.PRESENT:
            return str(told.value)
        return (clean(raw) or "")[:_LONGEST] if told.reason == UNMAPPED else ""

    def _take_person(self, record: SourceRecord, reading: Reading) -> None:
        stream, facts = _stream(record.ref), record.facts
        made = read_instant(facts, "created_at")
        deals = [ref for text in facts.get("converted_to") or () if (ref := read_ref(text)) and ref.stream != "Contact"]
        reached = ["all", *(["converted"] if facts.get("converted") else []), *(["to_deal"] if deals else [])]
        people = self.stock.people.setdefault(stream, Counter())
        for name in reached:
            people[name] += 1
            if made:
                self.stock.cohorts[stream, self._month(made), name] += 1
        if made:
            self._came[str(record.ref)] = stream, made.timestamp()
        if reading.stage_field:
            self.stock.stages[stream, (clean(record.values.get(reading.stage_field)) or "")[:_LONGEST]] += 1
        for one in reading.candidates:
            if one.item == "email":
                address = self._read("email", record.values.get(one.field), record)[0].value
                if address and not is_shared_address(address):
                    self._addresses.setdefault(stream, Counter())[hash(email_key(address))] += 1
                break

    def _take_deal(self, record: SourceRecord) -> None:
        facts, deals = record.facts, self.stock.deals
        deals["all"] += 1
        deals["closed" if facts.get("closed") else "open"] += 1
        deals["won"] += bool(facts.get("won"))
        self.stock.stages[_stream(record.ref), (clean(facts.get("stage")) or "")[:_LONGEST]] += 1
        self._deals.add(str(record.ref))
        if not facts.get("closed"):
            self._open.add(str(record.ref))

    def _take_user(self, record: SourceRecord) -> None:
        roles = record.facts.get("roles") or ()
        role = clean(roles[0]) or "" if roles else ""
        self._roles[str(record.ref)] = role
        if record.facts.get("active"):
            self._active[role] += 1

    def _take_activity(self, record: SourceRecord) -> None:
        told = read_activity(record)
        logged = self.stock.logged.setdefault((record.ref.connection, told.type), Logged())
        logged.count += 1
        logged.with_content += told.has_content
        logged.automated += told.automated
        logged.by_role[self._role(str(told.owner)) if told.owner else ""] += 1
        at = told.at or told.logged_at
        if at is None or not _is_contact(told):
            return
        for subject in record.facts.get("subjects") or ():
            came = self._came.get(subject)
            if came is not None and at.timestamp() >= came[1]:
                self._first[subject] = min(self._first.get(subject, at.timestamp()), at.timestamp())

    def _take_change(self, record: SourceRecord) -> None:
        told = read_change(record)
        if told.subject is None or told.field not in ("owner", "status"):
            return
        old, new = self._sides(told)
        self.stock.moves[_stream(told.subject), told.field, old, new] += 1

    def _sides(self, told: Change) -> tuple[str, str]:
        if told.field == "owner":
            return self._role(told.old or ""), self._role(told.new or "")
        return (clean(told.old) or "")[:_LONGEST], (clean(told.new) or "")[:_LONGEST]

    def _role(self, user: str) -> str:
        return self._roles.get(user, "")


def _raw(record: SourceRecord, name: str) -> Any:
    family, pair, given = name.partition(PAIR)
    if not pair:
        return record.values.get(name)
    return {"family": record.values.get(family), "given": record.values.get(given)}


def _is_contact(told: Activity) -> bool:
    """Somebody of ours reached out, and it happened."""
    return told.type in _CONTACTS and told.direction != "inbound" and told.status == "done" and not told.automated


def _first_contacts(people: int, spans: Spread) -> FirstContacts:
    return FirstContacts(
        people, spans.n, sum(n for m, n in spans.counts.items() if m < 1440), spans.median, spans.quantile(0.9)
    )


def _stream(ref: RecordRef) -> str:
    return f"{ref.connection}:{ref.stream}"


def months_of(stock: Stock) -> list[str]:
    return sorted({key.month for key, _ in stock.fills if key.month})


def walk_fills(stock: Stock, stream: str, item: str, field_name: str) -> Iterator[tuple[FillKey, str, int]]:
    """The cells of one field."""
    for (key, state), count in stock.fills.items():
        if (key.stream, key.item, key.field) == (stream, item, field_name):
            yield key, state, count
