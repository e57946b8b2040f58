"""What an audit counts: one look at every record, kept as counts. Pure; nothing here knows a person's name.

A page is counted field by field, each distinct value once. Memory grows by some bytes for every person, deal and address,
and with groups; not with what records hold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from sync.core.mapping.activity import read_instant
from sync.core.mapping.appraise import DISTINCT, EMPTY, FILLED, LONGEST, PLACEHOLDER, VAGUE, Appraiser
from sync.core.mapping.normalise import Tables, email_key, is_shared_address
from sync.core.mapping.normalise.text import clean
from sync.core.mapping.propose import Candidate, FieldCounts
from sync.core.mapping.roster import Crowd, Roster
from sync.core.mapping.spec import ItemSpec
from sync.core.metrics.spread import Spread
from sync.core.model.records import Kind, SourceRecord

PAIR = " + "
"""Between the names of two fields that hold one item together: a family name and a given name."""
OTHER_CHANNEL = "*other"
"""Of lead sources that no table knows all behind the first some hundred: somebody types them by hand."""
_CONTACTS = frozenset({"call", "email", "meeting", "message"})
_PERSONAL = frozenset({"contact_name", "phone", "email"})
"""Of these only placeholders are quoted: anything else may be somebody's."""
_CHANNELS = 200
_OPEN, _TIED, _CLOSED = 1, 2, 0
"""Of a deal: it is open; it is open and somebody has a role in it."""
_TO_THE_HOUR = len("2026-10-06T06")
_Cell = tuple[str, str]
"""(channel, month)."""


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

    def add(self, other: Stock) -> None:
        """What was counted of another connection, none of whose streams is among these."""
        self.records.update(other.records)
        self.fills.update(other.fills)
        self.values.update(other.values)
        self.junk.update(other.junk)
        self.answers.update(other.answers)
        self.stages.update(other.stages)
        self.moves.update(other.moves)
        self.logged.update(other.logged)
        self.people.update(other.people)
        self.cohorts.update(other.cohorts)
        self.deals.update(other.deals)


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
    """Takes page after page: users before activities, people and deals before roles, activities and history."""

    items: Mapping[str, ItemSpec]
    inputs: Mapping[str, Mapping[str, str]]
    tables: Tables
    zone: tzinfo
    region: str = "JP"
    stock: Stock = field(default_factory=Stock)
    readings: dict[str, Reading] = field(default_factory=dict[str, Reading])
    """`connection:stream` → how it is read, for whoever asks afterwards."""
    _cells: defaultdict[tuple[str, str, str], Counter[tuple[_Cell, str]]] = field(
        default_factory=lambda: defaultdict[tuple[str, str, str], Counter[tuple[_Cell, str]]](
            Counter[tuple[_Cell, str]]
        )
    )
    """(stream, item, field) → its cells."""
    _channels: dict[Any, str] = field(default_factory=dict[Any, str])
    _months: dict[str, str] = field(default_factory=dict[str, str])
    """Hour in UTC → local month, where all of the hour lies in one."""
    _active: Counter[str] = field(default_factory=Counter[str])
    _roles: dict[str, str] = field(default_factory=dict[str, str])
    _came: defaultdict[str, Roster] = field(default_factory=lambda: defaultdict[str, Roster](Roster))
    """Stream → people and when they came, in seconds."""
    _first: defaultdict[str, Roster] = field(default_factory=lambda: defaultdict[str, Roster](Roster))
    """Stream → people and their first contact, in seconds."""
    _addresses: defaultdict[str, Crowd] = field(default_factory=lambda: defaultdict[str, Crowd](Crowd))
    _deals: Roster = field(default_factory=Roster)

    def __post_init__(self) -> None:
        self._appraiser = Appraiser(self.items, self.inputs, self.tables, str(self.zone), self.region)

    def take(self, records: Sequence[SourceRecord], reading: Reading) -> None:
        """Records of one stream, none of which was taken before."""
        there = [record for record in records if not record.deleted]
        if not there:
            return
        stream = f"{reading.connection}:{reading.stream}"
        match reading.kind:
            case Kind.PERSON | Kind.DEAL | Kind.ACCOUNT:
                self._take_values(stream, there, reading)
            case Kind.USER:
                self._take_users(there)
            case Kind.ACTIVITY:
                self._take_activities(there)
            case Kind.ROLE:
                self._take_roles(there)
            case Kind.HISTORY:
                self._take_changes(there)
            case _:
                return
        self.stock.records[stream] += len(there)

    def settle(self) -> Stock:
        """What can be said only once everything was read."""
        self.stock.fills = Counter(
            {
                (FillKey(stream, item, name, channel, month), state): count
                for (stream, item, name), cells in self._cells.items()
                for ((channel, month), state), count in cells.items()
            }
        )
        return self.stock

    def first_contacts(self) -> dict[str, FirstContacts]:
        """By stream of people."""
        return {
            stream: _first_contacts(came, self._first.get(stream) or Roster()) for stream, came in self._came.items()
        }

    def duplicates(self) -> dict[str, Duplicates]:
        """By stream of people; shared and unusable addresses count as none."""
        found: dict[str, Duplicates] = {}
        for stream, addresses in self._addresses.items():
            several = list(addresses.several())
            found[stream] = Duplicates(len(several), sum(several), self.stock.records[stream])
        return found

    def roles(self) -> Counter[str]:
        """First role or team → active colleagues; of both CRMs together."""
        return Counter(self._active)

    def knows(self, ref: str | None) -> bool:
        """Whether this person or deal was counted."""
        if ref is None:
            return False
        came = self._came.get(_stream_of(ref))
        return (came is not None and came.get(ref) is not None) or self._deals.get(ref) is not None

    def _take_values(self, stream: str, records: Sequence[SourceRecord], reading: Reading) -> None:
        made = [record.facts.get("created_at") for record in records]
        months = [self._month(text) if text else "" for text in made]
        channels = [self._channel(record.values.get(reading.channel_field or "")) for record in records]
        cells = list(zip(channels, months, strict=True))
        for one in reading.candidates:
            self._count_field(stream, one, cells, self._column(records, one))
        if reading.kind is Kind.PERSON:
            self._take_people(stream, records, reading, months)
        elif reading.kind is Kind.DEAL:
            self._take_deals(stream, records)

    def _column(self, records: Sequence[SourceRecord], one: Candidate) -> list[Any]:
        """The values of one field; those whose meaning hangs on the day of writing with that day."""
        family, pair, given = one.field.partition(PAIR)
        if pair:
            return [(record.values.get(family), record.values.get(given)) for record in records]
        name = one.field
        if one.item == "timing":
            return [
                (raw, self._day(record.modified_at)) if (raw := record.values.get(name)) not in (None, "") else None
                for record in records
            ]
        return [record.values.get(name) for record in records]

    def _count_field(self, stream: str, one: Candidate, cells: Sequence[_Cell], column: Sequence[Any]) -> None:
        item, dated = one.item, one.item == "timing"
        place = (stream, item, one.field)
        found, counts = self._cells[place], self.stock.values.setdefault(place, FieldCounts())
        quotable, read = item not in _PERSONAL, self._appraiser.read
        for (cell, raw), n in _count_pairs(cells, column).items():
            value, written = raw if dated and raw is not None else (raw, None)
            told = read(item, value, written)
            state, fits = told.state, told.fits
            found[cell, state] += n
            counts.records += n
            if state == EMPTY:
                continue
            counts.filled += n
            if state != PLACEHOLDER:
                counts.usable += n
            if fits:
                counts.fitting += n
            if fits and item in self.inputs:
                self.stock.answers[stream, item, one.field, str(told.value)] += n
            if state == PLACEHOLDER or (state == VAGUE and quotable):
                self._quote(item, value, state, n)

    def _quote(self, item: str, raw: Any, state: str, n: int) -> None:
        spec = self.items.get(item)
        text = (clean(raw) or "")[:LONGEST]
        if not text or (spec is not None and spec.sensitive and state != PLACEHOLDER):
            return
        junk = self.stock.junk
        junk[item, text, state] += n
        if len(junk) > DISTINCT:
            for key in [key for key, count in junk.items() if count == 1]:
                del junk[key]

    def _day(self, at: datetime) -> datetime:
        """Midnight of its local day."""
        there = at.astimezone(self.zone)
        return datetime(there.year, there.month, there.day, tzinfo=self.zone)

    def _month(self, text: str) -> str:
        """`YYYY-MM` of an instant as facts have it."""
        hour = text[:_TO_THE_HOUR]
        found = self._months.get(hour)
        if found is None:
            at = datetime.fromisoformat(text)
            begin = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            found, last = self._month_of(begin), self._month_of(begin + timedelta(minutes=59, seconds=59))
            if found != last:
                return self._month_of(at)
            self._months[hour] = found
        return found

    def _month_of(self, at: datetime) -> str:
        there = at.astimezone(self.zone)
        return f"{there.year:04}-{there.month:02}"

    def _channel(self, raw: Any) -> str:
        if raw is None or raw == "":
            return ""
        found = self._channels.get(raw)
        if found is None:
            told = self._appraiser.read("lead_source", raw)
            unmapped = told.state == FILLED and not told.fits
            found = str(told.value) if told.fits else (clean(raw) or "")[:LONGEST] if unmapped else ""
            if len(self._channels) >= _CHANNELS:
                return OTHER_CHANNEL if unmapped else found
            self._channels[raw] = found
        return found

    def _take_people(
        self, stream: str, records: Sequence[SourceRecord], reading: Reading, months: Sequence[str]
    ) -> None:
        people, came = self.stock.people.setdefault(stream, Counter()), self._came[stream]
        address = next((one.field for one in reading.candidates if one.item == "email"), None)
        reached: list[tuple[str, str]] = []
        for record, month in zip(records, months, strict=True):
            facts = record.facts
            reached.append((month, "all"))
            if facts.get("converted"):
                reached.append((month, "converted"))
            if any(not _stream_of(ref).endswith(":Contact") for ref in facts.get("converted_to") or ()):
                reached.append((month, "to_deal"))
            if month and (made := read_instant(facts, "created_at")):
                came.put(str(record.ref), int(made.timestamp()))
            if address is not None:
                self._take_address(stream, record.values.get(address))
        for (month, name), n in Counter(reached).items():
            people[name] += n
            if month:
                self.stock.cohorts[stream, month, name] += n
        if reading.stage_field:
            self._count_stages(stream, [record.values.get(reading.stage_field) for record in records])

    def _take_address(self, stream: str, raw: Any) -> None:
        address = self._appraiser.read("email", raw).value
        if address and not is_shared_address(address):
            self._addresses[stream].put(email_key(address))

    def _count_stages(self, stream: str, column: Sequence[Any]) -> None:
        for raw, n in Counter(column).items():
            self.stock.stages[stream, (clean(raw) or "")[:LONGEST]] += n

    def _take_deals(self, stream: str, records: Sequence[SourceRecord]) -> None:
        deals = self.stock.deals
        for record in records:
            closed = bool(record.facts.get("closed"))
            deals["closed" if closed else "open"] += 1
            deals["won"] += bool(record.facts.get("won"))
            self._deals.put(str(record.ref), _CLOSED if closed else _OPEN)
        deals["all"] += len(records)
        self._count_stages(stream, [record.facts.get("stage") for record in records])

    def _take_roles(self, records: Sequence[SourceRecord]) -> None:
        for record in records:
            deal = str(record.facts.get("deal"))
            if self._deals.get(deal) == _OPEN:
                self._deals.set(deal, _TIED)
                self.stock.deals["open_with_role"] += 1

    def _take_users(self, records: Sequence[SourceRecord]) -> None:
        for record in records:
            roles = record.facts.get("roles") or ()
            role = clean(roles[0]) or "" if roles else ""
            self._roles[str(record.ref)] = role
            if record.facts.get("active"):
                self._active[role] += 1

    def _take_activities(self, records: Sequence[SourceRecord]) -> None:
        for record in records:
            facts = record.facts
            type_, automated = facts.get("type") or "", bool(facts.get("automated"))
            logged = self.stock.logged.setdefault((record.ref.connection, type_), Logged())
            logged.count += 1
            logged.with_content += bool(facts.get("has_content"))
            logged.automated += automated
            logged.by_role[self._role(facts.get("owner"))] += 1
            if type_ in _CONTACTS and not automated and _reached_out(facts):
                at = read_instant(facts, "at") or read_instant(facts, "logged_at")
                if at is not None:
                    self._note_contact(facts.get("subjects") or (), int(at.timestamp()))

    def _note_contact(self, subjects: Sequence[str], at: int) -> None:
        for subject in subjects:
            stream = _stream_of(subject)
            people = self._came.get(stream)
            came = people.get(subject) if people is not None else None
            if came is None or at < came:
                continue
            first = self._first[stream]
            held = first.get(subject)
            if held is None or at < held:
                first.set(subject, at)

    def _take_changes(self, records: Sequence[SourceRecord]) -> None:
        told = (record.facts for record in records)
        self.stock.moves.update(
            (_stream_of(facts["subject"]), facts["field"], *self._sides(facts))
            for facts in told
            if facts.get("field") in ("owner", "status") and facts.get("subject")
        )

    def _sides(self, change: Mapping[str, Any]) -> tuple[str, str]:
        old, new = change.get("old"), change.get("new")
        if change["field"] == "owner":
            return self._role(old), self._role(new)
        return (clean(old) or "")[:LONGEST], (clean(new) or "")[:LONGEST]

    def _role(self, user: str | None) -> str:
        return self._roles.get(user or "", "")


def _count_pairs(cells: Sequence[_Cell], column: Sequence[Any]) -> Counter[tuple[_Cell, Any]]:
    """Each cell and value, how often."""
    try:
        return Counter(zip(cells, column, strict=True))
    except TypeError:  # a list or an object, where the CRM promised a plain value
        return Counter(
            (cell, raw if isinstance(raw, Hashable) else None) for cell, raw in zip(cells, column, strict=True)
        )


def _reached_out(facts: Mapping[str, Any]) -> bool:
    """Somebody of ours did, and it happened."""
    return facts.get("direction") != "inbound" and facts.get("status") == "done"


def _first_contacts(came: Roster, first: Roster) -> FirstContacts:
    spans = Spread()
    for who, at in first.items():
        spans.put((at - (came.get_hash(who) or at)) // 60)
    within = sum(n for minutes, n in spans.counts.items() if minutes < 1440)
    return FirstContacts(len(came), spans.n, within, spans.median, spans.quantile(0.9))


def _stream_of(ref: str) -> str:
    """Of `connection:stream:id`."""
    return ref[: ref.find(":", ref.find(":") + 1)]
