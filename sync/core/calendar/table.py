"""Open intervals of whole years as sorted arrays of UTC microseconds, with what was worked before each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sync.core.calendar.spec import DayRule, DaySeconds

MICRO = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Beyond these no calendar is known; a date there is a typing error, and its clock counts nothing."""


def to_micro(at: datetime) -> int:
    """Microseconds since 1970 UTC. Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("a datetime without time zone says nothing about working time")
    delta = at - _EPOCH
    return (delta.days * 86400 + delta.seconds) * MICRO + delta.microseconds


def from_micro(micro: int) -> datetime:
    seconds, rest = divmod(micro, MICRO)
    return _EPOCH + timedelta(0, seconds, rest)


def length(span: timedelta) -> int:
    """In microseconds."""
    return (span.days * 86400 + span.seconds) * MICRO + span.microseconds


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The years `first` to `last`. Interval i is [opens[i], closes[i]); it belongs to working day day_of[i]."""

    first: int
    last: int
    starts: int
    ends: int
    opens: list[int]
    closes: list[int]
    before: list[int]
    """Microseconds worked before interval i; one entry more than intervals."""
    day_of: list[int]
    day_dates: list[date]
    day_opens: list[int]
    day_closes: list[int]


def build(rule: DayRule, first: int, last: int) -> Table:
    intervals: list[tuple[int, int, date]] = []
    for year in range(first, last + 1):
        public = rule.public_holidays_of(year)
        for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
            day = date.fromordinal(ordinal)
            hours = rule.hours_on(day, public)
            if hours:
                intervals.extend((a, b, day) for a, b in open_intervals(rule.zone, day, hours))
    intervals.sort()
    return index_intervals(rule.zone, first, last, intervals)


def open_intervals(zone: ZoneInfo, day: date, hours: DaySeconds) -> list[tuple[int, int]]:
    """When, in UTC microseconds, local wall clocks of that date show a time inside the hours.

    On a day on which the clocks change, each stretch of constant offset is taken by itself, so an hour that does not
    exist is not worked and an hour that comes twice is worked twice.
    """
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (wall time; the zone is applied per offset)
    base = (midnight - datetime(1970, 1, 1)) // timedelta(seconds=1)  # noqa: DTZ001 (difference of wall times)
    early = _offset(zone, midnight)
    late = _offset(zone, (midnight + timedelta(days=1)).replace(fold=1))
    if early == late:
        return [((base + a - early) * MICRO, (base + b - early) * MICRO) for a, b in hours]
    change = _change(zone, base - early, base + 86400 - late, early)
    found: list[tuple[int, int]] = []
    for a, b in hours:
        first = (base + a - early, min(base + b - early, change))
        second = (max(base + a - late, change), base + b - late)
        if first[0] < first[1] == second[0] < second[1]:
            found.append((first[0], second[1]))
        else:
            found.extend(part for part in (first, second) if part[0] < part[1])
    return [(a * MICRO, b * MICRO) for a, b in found]


def _offset(zone: ZoneInfo, wall: datetime) -> int:
    offset = zone.utcoffset(wall)
    return int(offset.total_seconds()) if offset is not None else 0


def _change(zone: ZoneInfo, low: int, high: int, early: int) -> int:
    """First second in [low, high] at which the zone's offset is no longer `early`."""
    while low < high:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, zone)) == early:
            low = middle + 1
        else:
            high = middle
    return low


def index_intervals(zone: ZoneInfo, first: int, last: int, intervals: list[tuple[int, int, date]]) -> Table:
    """A table of sorted intervals, each with the local date that it belongs to."""
    worked, before = 0, [0]
    day_of: list[int] = []
    days: list[date] = []
    day_opens: list[int] = []
    day_closes: list[int] = []
    for opens, closes, day in intervals:
        worked += closes - opens
        before.append(worked)
        if not days or days[-1] != day:
            days.append(day)
            day_opens.append(opens)
            day_closes.append(closes)
        day_closes[-1] = closes
        day_of.append(len(days) - 1)
    starts = to_micro(datetime(first, 1, 1, tzinfo=zone))
    ends = to_micro(datetime(last + 1, 1, 1, tzinfo=zone))
    opening, closing = [i[0] for i in intervals], [i[1] for i in intervals]
    return Table(first, last, starts, ends, opening, closing, before, day_of, days, day_opens, day_closes)
