"""Values that read well and still do not count: a date ahead, a plan whose day is over, a contact as his own decision maker.

An item is looked at only after it was read; where its value is at fault, it is read once more with every candidate shown
to the rule, so that a value elsewhere may stand in for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from sync.core.mapping.items import Screen, name_of, read_items, written_on
from sync.core.mapping.normalise import find_day
from sync.core.mapping.normalise.person import bare_name
from sync.core.mapping.normalise.tables import RANKS, word_key
from sync.core.mapping.plan import rank_in
from sync.core.mapping.reader import Reader
from sync.core.model.items import ItemValue, Normalised, ValueState
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.rules.contact import happened_at
from sync.core.rules.evidence import Evidence, created_at

IN_FUTURE, BEFORE_CREATION, OWN_NAME = "in_future", "before_creation", "own_name"
_TITLE = "job_title"
_DECIDES_ALONE = RANKS.index("board_director")


def screen_items(
    evidence: Evidence, items: dict[str, ItemValue], reader: Reader, of_primary: frozenset[RecordRef]
) -> None:
    """Replace what does not count. Instants at which that alone changes by time are added to `evidence.turns`."""
    screening = _Screening(evidence, items, reader, of_primary)
    for item, rule in RULES.items():
        value = items.get(item)
        if value is None or value.state is not ValueState.PRESENT or value.source is None or value.raw is None:
            continue
        record = evidence.case.records.get(value.source.record)
        if record is None:
            continue
        found = Normalised(value.state, value.value, value.reason)
        screen = rule(screening)
        if screen(found, value.raw, record, value.source.field) is not found:
            again = read_items(evidence.case, reader.only(item), evidence.today, of_primary, [], screen)
            items[item] = again[item]
    evidence.turns.extend(_starts(evidence, day) for day in screening.days if date.min < day < date.max)


def _starts(evidence: Evidence, day: date) -> datetime:
    return datetime.combine(day, time(), evidence.zone).astimezone(UTC)


@dataclass(slots=True)
class _Screening:
    evidence: Evidence
    items: dict[str, ItemValue]
    reader: Reader
    of_primary: frozenset[RecordRef]
    days: set[date] = field(default_factory=set[date])
    """On which an answer changes."""

    def local_day(self, at: datetime) -> date:
        return at.astimezone(self.evidence.zone).date()

    def sql_date(self) -> Screen:
        made = [at for record in self.evidence.members if (at := created_at(record)) is not None]
        first = self.local_day(min(made)) if made else date.min
        today = self.evidence.today

        def check(found: Normalised, raw: object, record: SourceRecord, name: str) -> Normalised:
            del raw, record, name
            day = _day_of(found.value)
            if day is not None and day > today:
                self.days.add(day)
                return Normalised(ValueState.INVALID, reason=IN_FUTURE)
            return Normalised(ValueState.INVALID, reason=BEFORE_CREATION) if day is not None and day < first else found

        return check

    def next_action(self) -> Screen:
        today, region = self.evidence.today, self.evidence.rules.definition.region

        def check(found: Normalised, raw: object, record: SourceRecord, name: str) -> Normalised:
            written = self.local_day(written_on(self.evidence.case, record, name))
            day = _find_day(str(raw), written, region)
            if day is None:
                return found
            if day >= today:
                self.days.add(min(day, date.max - timedelta(days=1)) + timedelta(days=1))
                return found
            if any(done >= day for done in self._days_of_activity(day)):
                return found
            # What lies ahead may yet show that it was done.
            ahead = (a.at for a in self.evidence.activities if a.at is not None and a.at > self.evidence.now)
            self.evidence.turns.extend(ahead)
            return Normalised(ValueState.STALE, found.value, found.reason)

        return check

    def _days_of_activity(self, day: date) -> Iterator[date]:
        """Of those activities that can have been on that local day or later: no zone is a whole day ahead of UTC."""
        seen, earliest = self.evidence, day - timedelta(days=1) if day > date.min else day
        for activity in seen.activities:
            if activity.at is None or activity.at.date() < earliest:
                continue
            if (at := happened_at(activity, seen.directory, seen.rules, seen.now)) is not None:
                yield self.local_day(at)

    def decision_maker(self) -> Screen:
        titles = self._own_titles()
        alone = any((rank_in(title.value) or 0) >= _DECIDES_ALONE for _, title in titles)
        own = set[str]() if alone else {*self._own_names(), *[_key(raw) for raw, _ in titles]}

        def check(found: Normalised, raw: object, record: SourceRecord, name: str) -> Normalised:
            del record, name
            at_fault = _key(str(raw)) in own or _bare_key(str(raw)) in own
            return Normalised(ValueState.PLACEHOLDER, reason=OWN_NAME) if at_fault else found

        return check

    def _own_names(self) -> set[str]:
        """The contact's name with and without the given name, in either order."""
        family, given = name_of(self.items.get("contact_name"))
        family, given = _key(family), _key(given)
        return {name for name in (family, family + given, given + family) if name}

    def _own_titles(self) -> list[tuple[str, Normalised]]:
        """What the primary person is called, as typed on that person's records and as read."""
        titles: list[tuple[str, Normalised]] = []
        streams = self.reader.only(_TITLE).streams
        for record in self.evidence.members:
            own = record.ref in self.of_primary if self.of_primary else record.kind is Kind.PERSON
            plan = streams.get(record.ref[:2]) if own else None
            for cell in plan.cells if plan is not None else ():
                raw = record.values.get(cell.name)
                if isinstance(raw, str) and raw and (found := cell.plan.read(raw, None)[1]).state.usable:
                    titles.append((raw, found))
        return titles


RULES: Mapping[str, Callable[[_Screening], Screen]] = {
    "sql_date": _Screening.sql_date,
    "next_action": _Screening.next_action,
    "decision_maker": _Screening.decision_maker,
}
"""By item."""


# The same texts are looked at whenever their handoff is judged.
@lru_cache(maxsize=4096)
def _find_day(text: str, written: date, region: str) -> date | None:
    return find_day(text, written, region)


_key = lru_cache(maxsize=8192)(word_key)


@lru_cache(maxsize=4096)
def _bare_key(text: str) -> str:
    return word_key(bare_name(text))


def _day_of(value: object) -> date | None:
    return date.fromisoformat(value[:10]) if isinstance(value, str) else None
