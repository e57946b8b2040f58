"""The world's own office hours: 09:00–18:00 Tokyo, counted day by day, so that truth leans on no other calendar.

Public holidays are written out for the time in which worlds are set (July 2026 to April 2027; source: Cabinet Office).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
OPENING, CLOSING, CUTOFF, NOON = time(9), time(18), time(16), time(12)
HOLIDAYS = frozenset(
    date.fromisoformat(day)
    for day in [
        "2026-07-20",
        "2026-08-11",
        "2026-09-21",
        "2026-09-22",
        "2026-09-23",
        "2026-10-12",
        "2026-11-03",
        "2026-11-23",
        "2027-01-01",
        "2027-01-11",
        "2027-02-11",
        "2027-02-23",
        "2027-03-22",
        "2027-04-29",
    ]
)
CLOSURES = frozenset(date.fromisoformat(day) for day in ("2026-12-29", "2026-12-30", "2026-12-31"))
"""The company's own days off, as `examples/saas-jp/config/baton.yaml` says."""
_DAY = timedelta(days=1)


def local(at: datetime) -> datetime:
    return at.astimezone(TOKYO)


def day_of(at: datetime) -> date:
    return at.astimezone(TOKYO).date()


def at_time(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, TOKYO).astimezone(UTC)


def is_working(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS and day not in CLOSURES


@lru_cache(maxsize=4096)
def working_day(day: date, steps: int) -> date:
    """The working day that lies `steps` working days after (before, when negative) a day; 0: that day or the next one."""
    if steps == 0:
        while not is_working(day):
            day += _DAY
        return day
    step = _DAY if steps > 0 else -_DAY
    for _ in range(abs(steps)):
        day += step
        while not is_working(day):
            day += step
    return day


def first_day(start: datetime) -> date:
    """The working day on which a clock that starts now effectively starts."""
    here = local(start)
    if is_working(here.date()) and here.time() < CLOSING:
        return here.date()
    return working_day(here.date(), 1) if is_working(here.date()) else working_day(here.date(), 0)


def due_same_day(start: datetime) -> datetime:
    """Closing of the day of arrival; after the cutoff of a working day: noon of the next one."""
    here = local(start)
    if is_working(here.date()) and here.time() > CUTOFF:
        return at_time(working_day(here.date(), 1), NOON)
    return at_time(first_day(start), CLOSING)


def due_days(start: datetime, days: int) -> datetime:
    """Closing of the n-th working day after the day on which the clock effectively starts."""
    return at_time(working_day(first_day(start), days), CLOSING)


def look_back(start: datetime) -> datetime:
    """Opening of the second working day before the day of the start."""
    return at_time(working_day(day_of(start), -2), OPENING)


def next_closing(at: datetime) -> datetime:
    """The next closing at or after an instant."""
    here = local(at)
    if is_working(here.date()) and here.time() <= CLOSING:
        return at_time(here.date(), CLOSING)
    return at_time(working_day(here.date(), 1), CLOSING)


def months_after(day: date, months: int) -> date:
    """The same day so many (at most twelve) months later, or the last day of that month."""
    month = day.month + months
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - _DAY).day
    return date(year, month, min(day.day, last))
