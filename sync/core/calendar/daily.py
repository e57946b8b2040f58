"""The arithmetic of a span written out: which intervals of which day were counted, and why a day was not worked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sync.core.calendar.calendar import Calendar
from sync.core.calendar.spec import holiday_name
from sync.core.calendar.table import FIRST_YEAR, LAST_YEAR, MICRO, Table, from_micro, to_micro


class DayKind(StrEnum):
    """By which rule a date has the hours it has; the first that applies: an absence, then in the order of `CalendarSpec`."""

    ABSENT = "absent"
    """The colleague is away for some or all of the office's hours."""
    SPECIAL = "special"
    EXTRA = "extra"
    CLOSURE = "closure"
    HOLIDAY = "holiday"
    WEEKLY = "weekly"
    """The hours of its weekday, or none on that weekday."""


@dataclass(frozen=True, slots=True)
class DayShare:
    """What one local date contributes to a span."""

    date: date
    kind: DayKind
    name: str
    """Of a public holiday, in the language asked for; empty for all else."""
    worked: bool
    """Whether the date has any working time, counted or not."""
    counted: tuple[tuple[datetime, datetime], ...]
    """The parts of its open intervals that lie in the span, in UTC."""
    seconds: int
    total: int
    """Working seconds of the span up to and including this date."""


def day_by_day(calendar: Calendar, start: datetime, end: datetime, *, language: str = "ja") -> Iterator[DayShare]:
    """Every local date from `start` to `end` in the years 1900 to 2200, in order; nothing when the end lies before the start.

    The last `total` is what `working_seconds` answers. `language` (ja, en) is that of holidays' names where known.
    """
    first, last = to_micro(start), to_micro(end)
    if last < first:
        return
    calendar.table_from(first)
    table = calendar.table_from(last)
    taken = 0
    for day in _dates(calendar, start, end):
        parts = [(max(a, first), min(b, last)) for a, b in _open_on(table, day)]
        counted = tuple((from_micro(a), from_micro(b)) for a, b in parts if a < b)
        micros = sum(b - a for a, b in parts if a < b)
        taken += micros
        kind, name = why_hours(calendar, day, language)
        yield DayShare(
            day, kind, name, bool(parts), counted, taken // MICRO - (taken - micros) // MICRO, taken // MICRO
        )


def _dates(calendar: Calendar, start: datetime, end: datetime) -> Iterator[date]:
    """Local dates of the span, of the years that any calendar knows."""
    first = max(start.astimezone(calendar.zone).date(), date(FIRST_YEAR, 1, 1))
    last = min(end.astimezone(calendar.zone).date(), date(LAST_YEAR, 12, 31))
    return map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))


def why_hours(calendar: Calendar, day: date, language: str) -> tuple[DayKind, str]:
    """The rule that decided a date's hours, with the name of a public holiday."""
    spec = calendar.rule.spec
    if calendar.base is not None and _open_on(calendar.table_of(day), day) != _open_on(
        calendar.base.table_of(day), day
    ):
        return DayKind.ABSENT, ""
    if day in spec.special_hours:
        return DayKind.SPECIAL, ""
    if day in spec.extra_working_days:
        return DayKind.EXTRA, ""
    if any(first <= day <= last for first, last in spec.closures):
        return DayKind.CLOSURE, ""
    name = holiday_name(spec, day, language)
    if name or day in spec.holidays:
        return DayKind.HOLIDAY, name
    return DayKind.WEEKLY, ""


def _open_on(table: Table, day: date) -> list[tuple[int, int]]:
    index = bisect_left(table.day_dates, day)
    if index >= len(table.day_dates) or table.day_dates[index] != day:
        return []
    first, after = bisect_left(table.day_of, index), bisect_right(table.day_of, index)
    return [(table.opens[n], table.closes[n]) for n in range(first, after)]
