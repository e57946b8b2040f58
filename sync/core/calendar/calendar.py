"""Working-time arithmetic. Everything takes aware datetimes, answers in UTC and is exact to the second.

A start outside hours counts from the next opening. An instant exactly at closing is outside hours; a deadline that
falls on a closing stays there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sync.core.calendar.absence import thin
from sync.core.calendar.spec import CalendarSpec, DayRule, read_spec
from sync.core.calendar.table import FIRST_YEAR, LAST_YEAR, MICRO, Table, build, from_micro, length, to_micro
from sync.core.calendar.target import Target, TargetKind
from sync.core.model.absence import Absence

_NOON = time(12)
_BEYOND = 2
"""Years kept around what was asked, so that neighbours need no new table."""


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Working time of an office, or of one colleague. Build it with `compile_calendar`, and with `without` from another;
    it keeps what it has computed."""

    rule: DayRule
    base: Calendar | None = None
    """The office's, where this is a colleague's."""
    absences: tuple[Absence, ...] = ()
    """What the colleague's lacks of the office's."""
    _tables: list[Table] = field(default_factory=list[Table], repr=False)

    @property
    def zone(self) -> ZoneInfo:
        return self.rule.zone

    def table_from(self, micro: int) -> Table:
        """A table that covers this instant and at least the following year where years are known."""
        if self._tables:
            table = self._tables[0]
            if table.starts <= micro < table.ends:
                return table
        year = min(max(from_micro(micro).year, FIRST_YEAR), LAST_YEAR)
        if self._tables and self._covers_edge(year):
            return self._tables[0]
        return self._widen(year - _BEYOND, year + _BEYOND)

    def table_of(self, day: date) -> Table:
        """A table that covers this local date."""
        if self._tables:
            table = self._tables[0]
            if table.first <= day.year <= table.last:
                return table
        return self.table_from(to_micro(datetime.combine(day, _NOON, self.rule.zone)))

    def further(self, table: Table) -> Table | None:
        """The same with later years added; None at the end of known time."""
        if table.last >= LAST_YEAR:
            return None
        return self._widen(table.first, table.last + max(_BEYOND, (table.last - table.first) // 2))

    def earlier(self, table: Table) -> Table | None:
        if table.first <= FIRST_YEAR:
            return None
        return self._widen(table.first - max(_BEYOND, (table.last - table.first) // 2), table.last)

    def over(self, first: int, last: int) -> Table:
        """A table that covers these years, as far as they are known."""
        first, last = (min(max(year, FIRST_YEAR), LAST_YEAR) for year in (first, last))
        if self._tables and self._tables[0].first <= first and last <= self._tables[0].last:
            return self._tables[0]
        return self._widen(first, last)

    def _covers_edge(self, year: int) -> bool:
        """For an instant outside known time: whether the table already reaches that end of it."""
        table = self._tables[0]
        return (year == FIRST_YEAR and table.first == FIRST_YEAR) or (year == LAST_YEAR and table.last == LAST_YEAR)

    def _widen(self, first: int, last: int) -> Table:
        if self._tables:
            first, last = min(first, self._tables[0].first), max(last, self._tables[0].last)
        first, last = max(first, FIRST_YEAR), min(last, LAST_YEAR)
        if self.base is None:
            table = build(self.rule, first, last)
        else:
            table = thin(self.base.over(first, last), self.zone, first, last, self.absences)
        self._tables[:] = [table]
        return table


def compile_calendar(spec: CalendarSpec) -> Calendar:
    """Check a spec and make it answer. Raises ValueError with a message for the operator."""
    return Calendar(read_spec(spec))


def working_seconds(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Real seconds of [start, end) that lie inside open intervals; 0 when the end is not after the start."""
    first, last = to_micro(start), to_micro(end)
    if last <= first:
        return 0
    calendar.table_from(first)
    table = calendar.table_from(last)
    return (_worked(table, last) - _worked(table, first)) // MICRO


def is_open(calendar: Calendar, at: datetime) -> bool:
    micro = to_micro(at)
    table = calendar.table_from(micro)
    index = bisect_right(table.opens, micro) - 1
    return index >= 0 and micro < table.closes[index]


def is_business_day(calendar: Calendar, day: date) -> bool:
    """Whether that local date has any working time."""
    table = calendar.table_of(day)
    index = bisect_left(table.day_dates, day)
    return index < len(table.day_dates) and table.day_dates[index] == day


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """`at` itself when open, else the next opening. Raises ValueError when there is none any more."""
    micro = to_micro(at)
    table, index = _opening(calendar, micro)
    return from_micro(max(micro, table.opens[index]))


def add_working(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    """The instant at which `span` of working time has passed since `start`; for no span the next opening.

    Raises ValueError for a negative span and when the calendar ends before.
    """
    wanted = length(span)
    if wanted < 0:
        raise ValueError("working time is added, not taken away; see take_working")
    if wanted == 0:
        return next_opening(calendar, start)
    micro = to_micro(start)
    table = calendar.table_from(micro)
    while (goal := _worked(table, micro) + wanted) > table.before[-1]:
        table = _go_on(calendar, table)
    index = bisect_left(table.before, goal) - 1
    return from_micro(table.opens[index] + goal - table.before[index])


def take_working(calendar: Calendar, end: datetime, span: timedelta) -> datetime:
    """The latest instant from which `span` of working time passes until `end`. Raises ValueError as add_working."""
    wanted = length(span)
    if wanted <= 0:
        return end.astimezone(UTC)
    micro = to_micro(end)
    table = calendar.table_from(micro)
    while (goal := _worked(table, micro) - wanted) < 0:
        earlier = calendar.earlier(table)
        if earlier is None:
            raise ValueError("this calendar has no earlier working time")
        table = earlier
    index = bisect_right(table.before, goal) - 1
    return from_micro(table.opens[index] + goal - table.before[index])


def due(calendar: Calendar, start: datetime, target: Target, cutoff: time | None = None) -> datetime | None:
    """When a clock that starts then is due; None for the target `none`.

    `cutoff` (local wall time) concerns `same_business_day` alone: an arrival after it on a business day, also after
    closing, is due on the next business day at 12:00 (at that day's closing where noon is outside its hours); every
    other arrival is due at closing of the day on which the clock effectively starts.
    """
    match target.kind:
        case TargetKind.SAME_BUSINESS_DAY:
            if cutoff is not None and (local := start.astimezone(calendar.zone)).time() > cutoff:
                today = local.date()
                if is_business_day(calendar, today):
                    return _next_noon(calendar, today)
            return _closing_after(calendar, start, 0)
        case TargetKind.BUSINESS_DAYS:
            return _closing_after(calendar, start, target.days)
        case TargetKind.WORKING_TIME:
            return add_working(calendar, start, target.span)
        case TargetKind.ELAPSED:
            return start.astimezone(UTC) + target.span
        case TargetKind.NONE:
            return None


def end_of_same_business_day(calendar: Calendar, at: datetime) -> datetime:
    """The first closing of a working day at or after `at`; an instant exactly at closing is that closing."""
    micro = to_micro(at)
    table = calendar.table_from(micro)
    while (index := bisect_left(table.day_closes, micro)) >= len(table.day_closes):
        table = _go_on(calendar, table)
    return from_micro(table.day_closes[index])


def closing_of_business_day(calendar: Calendar, at: datetime | date) -> datetime:
    """Closing of the local date of `at` (which may be past it already); on a day off, of the next working day."""
    day = at.astimezone(calendar.zone).date() if isinstance(at, datetime) else at
    table, index = _day_at(calendar, day)
    return from_micro(table.day_closes[index])


def look_back(calendar: Calendar, start: datetime, target: Target) -> datetime:
    """The earliest instant that a look-back of this length from `start` still covers.

    Business days reach to the opening of the n-th working day before the local day of `start`; `same_business_day` to
    that day's own opening.
    """
    match target.kind:
        case TargetKind.NONE:
            return start.astimezone(UTC)
        case TargetKind.ELAPSED:
            return start.astimezone(UTC) - target.span
        case TargetKind.WORKING_TIME:
            return take_working(calendar, start, target.span)
        case TargetKind.SAME_BUSINESS_DAY | TargetKind.BUSINESS_DAYS:
            return _opening_before(calendar, start.astimezone(calendar.zone).date(), target.days)


def _worked(table: Table, micro: int) -> int:
    index = bisect_right(table.opens, micro) - 1
    if index < 0:
        return 0
    return table.before[index] + min(micro, table.closes[index]) - table.opens[index]


def _go_on(calendar: Calendar, table: Table) -> Table:
    further = calendar.further(table)
    if further is None:
        raise ValueError("this calendar has no further working time")
    return further


def _opening(calendar: Calendar, micro: int) -> tuple[Table, int]:
    """The interval that is open at this instant, else the next one."""
    table = calendar.table_from(micro)
    while True:
        index = bisect_right(table.closes, micro)
        if index < len(table.closes):
            return table, index
        table = _go_on(calendar, table)


def _closing_after(calendar: Calendar, start: datetime, days: int) -> datetime:
    micro = to_micro(start)
    table, index = _opening(calendar, micro)
    while table.day_of[index] + days >= len(table.day_closes):
        _go_on(calendar, table)
        table, index = _opening(calendar, micro)
    return from_micro(table.day_closes[table.day_of[index] + days])


def _day_at(calendar: Calendar, day: date) -> tuple[Table, int]:
    """The working day of that date, else the next one."""
    table = calendar.table_of(day)
    while True:
        index = bisect_left(table.day_dates, day)
        if index < len(table.day_dates):
            return table, index
        table = _go_on(calendar, table)


def _opening_before(calendar: Calendar, day: date, days: int) -> datetime:
    table, index = _day_at(calendar, day)
    while index < days:
        if calendar.earlier(table) is None:
            raise ValueError("this calendar has no earlier working day")
        table, index = _day_at(calendar, day)
    return from_micro(table.day_opens[index - days])


def _next_noon(calendar: Calendar, day: date) -> datetime:
    table, index = _day_at(calendar, day + timedelta(days=1))
    noon = to_micro(datetime.combine(table.day_dates[index], _NOON, calendar.zone))
    inside = table.day_opens[index] < noon <= table.day_closes[index]
    return from_micro(noon if inside else table.day_closes[index])
