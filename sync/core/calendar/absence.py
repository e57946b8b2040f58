"""Absences taken out of an office's open intervals."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sync.core.calendar.spec import DaySeconds
from sync.core.calendar.table import Table, index_intervals, open_intervals, to_micro
from sync.core.model.absence import Absence

_DAY = 86400
Span = tuple[int, int]
"""Microseconds since 1970 UTC, half open."""


def thin(table: Table, zone: ZoneInfo, first: int, last: int, absences: Iterable[Absence]) -> Table:
    """The years `first` to `last` of a table that covers them, less the hours in which somebody is away."""
    start, after = (bisect_left(table.day_dates, date(year, 1, 1)) for year in (first, last + 1))
    days = table.day_dates[start:after]
    gone = _merge(sorted(span for absence in absences for span in _spans(days, zone, absence)))
    begin, end = (bisect_left(table.day_of, day) for day in (start, after))
    intervals = [
        (left, right, table.day_dates[table.day_of[index]])
        for index in range(begin, end)
        for left, right in _left(table.opens[index], table.closes[index], gone)
    ]
    return index_intervals(zone, first, last, intervals)


def away_on(absence: Absence, day: date) -> DaySeconds:
    """Which wall times of a date an absence without time zone takes."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (wall time, as the absence's own)
    first = max(0, (absence.start - midnight) // timedelta(seconds=1))
    last = min(_DAY, (absence.end - midnight) // timedelta(seconds=1))
    parts = ((max(a, first), min(b, last)) for a, b in absence.hours or ((0, _DAY),))
    return tuple((a, b) for a, b in parts if a < b)


def _spans(days: Sequence[date], zone: ZoneInfo, absence: Absence) -> Iterator[Span]:
    """The absence in real time, as far as it concerns these worked days.

    A wall time is taken by what the wall clock shows, as opening hours are: an hour that comes twice is missed twice.
    """
    if absence.start.tzinfo is not None:
        yield to_micro(absence.start), to_micro(absence.end)
        return
    first, after = bisect_left(days, absence.start.date()), bisect_right(days, absence.end.date())
    for day in days[first:after]:
        yield from open_intervals(zone, day, away_on(absence, day))


def _merge(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def _left(opens: int, closes: int, gone: Sequence[Span]) -> Iterator[Span]:
    """The parts of an interval outside the sorted spans."""
    index = bisect_right(gone, opens, key=lambda span: span[1])
    while index < len(gone) and gone[index][0] < closes:
        if opens < gone[index][0]:
            yield opens, gone[index][0]
        opens = gone[index][1]
        index += 1
    if opens < closes:
        yield opens, closes
