"""Working time: deadlines, spans and look-backs over a year's calendar, after warm-up. At least 200,000 a second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from sync.core.calendar import (
    Calendar,
    CalendarSpec,
    compile_calendar,
    due,
    look_back,
    parse_target,
    without,
    working_seconds,
)
from sync.core.model.absence import Absence
from tests.benchmarks.measure import Table

FLOOR = 200_000
"""Answers per second and core that are asked for."""

_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
_COUNT = 20_000
_TARGETS = (
    ("5 business_minutes", None),
    ("8 business_hours", None),
    ("40 business_hours", None),
    ("same_business_day", None),
    ("same_business_day", time(16)),
    ("1 business_days", None),
    ("5 business_days", None),
    ("24 hours", None),
)


def make_calendar() -> Calendar:
    """A busy one: lunch gap, Japanese holidays, 年末年始, a half day and a Saturday that is worked."""
    return compile_calendar(
        CalendarSpec(
            hours={day: [("09:00", "12:00"), ("13:00", "18:00")] for day in range(5)},
            closures=[(date(2026, 12, 29), date(2027, 1, 4))],
            special_hours={date(2026, 12, 28): [("09:00", "12:00")]},
            extra_working_days=frozenset({date(2026, 10, 10)}),
        )
    )


def make_colleague(office: Calendar) -> Calendar:
    """Somebody with twenty days of leave, ten half days and shorter days for half a year."""
    leave = [
        Absence(day, day + timedelta(days=1))
        for n in range(20)
        if (day := datetime(2026, 1, 7) + timedelta(days=17 * n))
    ]
    halves = [
        Absence(day, day + timedelta(hours=13))
        for n in range(10)
        if (day := datetime(2026, 1, 20) + timedelta(days=30 * n))
    ]
    return without(office, [*leave, *halves, Absence(datetime(2026, 4, 1), datetime(2026, 10, 1), ((57600, 64800),))])


def measure_calendar(table: Table, rounds: int) -> None:
    calendar = make_calendar()
    starts = [_YEAR + n * timedelta(days=365) / _COUNT for n in range(_COUNT)]
    for text, cutoff in _TARGETS:
        target = parse_target(text)
        name = f"deadline: {text}" + (f", cutoff {cutoff:%H:%M}" if cutoff else "")
        _time(
            table,
            name,
            rounds,
            starts,
            lambda start, target=target, cutoff=cutoff: due(calendar, start, target, cutoff),
        )
    end = _YEAR + timedelta(days=365)
    _time(table, "working seconds between", rounds, starts, lambda start: working_seconds(calendar, start, end))
    own = make_colleague(calendar)
    day = parse_target("1 business_days")
    _time(table, "deadline of a colleague with absences", rounds, starts, lambda start: due(own, start, day))
    two_days = parse_target("2 business_days")
    _time(table, "look-back: 2 business_days", rounds, starts, lambda start: look_back(calendar, start, two_days))


def _time(table: Table, name: str, rounds: int, starts: list[datetime], ask: Callable[[datetime], object]) -> None:
    def ask_all() -> None:
        for start in starts:
            ask(start)

    ask_all()
    table.time(name, "answers", len(starts), ask_all, rounds, f"floor {FLOOR:,} a second")
