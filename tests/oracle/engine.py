"""The questions that the oracles put, and how the real engine is asked them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sync.core import calendar as engine
from sync.core.model.absence import Absence
from tests.oracle.office import Leave, Office, all_days

Due = Callable[[datetime, str, time | None], datetime | None]


@dataclass(frozen=True, slots=True)
class Engine:
    """All answers of one calendar. A wrong one can be put in place of a right one to see whether it is caught."""

    working_seconds: Callable[[datetime, datetime], int]
    is_open: Callable[[datetime], bool]
    next_opening: Callable[[datetime], datetime]
    due_in: Callable[[datetime, int], datetime]
    taken: Callable[[datetime, int], datetime]
    due: Due
    look_back: Callable[[datetime, str], datetime]


def make_engine(office: Office) -> Engine:
    calendar = engine.without(engine.compile_calendar(spec_of(office)), [_absence(leave) for leave in office.leaves])

    def due(start: datetime, target: str, cutoff: time | None) -> datetime | None:
        return engine.due(calendar, start, engine.parse_target(target), cutoff)

    return Engine(
        working_seconds=lambda start, end: engine.working_seconds(calendar, start, end),
        is_open=lambda at: engine.is_open(calendar, at),
        next_opening=lambda at: engine.next_opening(calendar, at),
        due_in=lambda start, seconds: engine.add_working(calendar, start, timedelta(seconds=seconds)),
        taken=lambda end, seconds: engine.take_working(calendar, end, timedelta(seconds=seconds)),
        due=due,
        look_back=lambda start, target: engine.look_back(calendar, start, engine.parse_target(target)),
    )


def spec_of(office: Office) -> engine.CalendarSpec:
    """The office as its operator would configure it."""
    country, _, subdivision = office.public.partition("-")
    return engine.CalendarSpec(
        tz=office.zone.key,
        hours={day: _written(text) for day, text in office.weekly.items()},
        holiday_country=country or None,
        holiday_subdivision=subdivision or None,
        holidays=frozenset(day for day in all_days() if office.holidays(day)),
        closures=_ranges([day for day in all_days() if office.closed(day)]),
        special_hours={day: _written(text) for day, text in office.special.items()},
        extra_working_days=office.extra,
    )


def _absence(leave: Leave) -> Absence:
    return Absence(leave.start, leave.end, engine.parse_hours(_written(leave.hours)))


def _written(text: str) -> list[tuple[str, str]]:
    return [(first, last) for first, _, last in (part.partition("-") for part in text.split())]


def _ranges(days: list[date]) -> list[tuple[date, date]]:
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and ranges[-1][1] == day - timedelta(1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
