"""Working time by looping over days. Tokyo hours as the shipped calendar has them; holidays from `holidays`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("Asia/Tokyo")
OPEN, CLOSE = time(9), time(18)
_JAPAN = holidays.country_holidays("JP")


def working(day: date) -> bool:
    return day.weekday() < 5 and day not in _JAPAN


def at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, ZONE)


def next_working(day: date) -> date:
    """The first working day after that day."""
    day += timedelta(1)
    while not working(day):
        day += timedelta(1)
    return day


def closing_at_or_after(instant: datetime) -> datetime:
    day = instant.astimezone(ZONE).date()
    if working(day) and instant <= at(day, CLOSE):
        return at(day, CLOSE)
    return at(next_working(day), CLOSE)


def effective_day(instant: datetime) -> date:
    """The working day on which a clock that starts then effectively runs."""
    day = instant.astimezone(ZONE).date()
    return day if working(day) and instant < at(day, CLOSE) else next_working(day)


def deadline(start: datetime, target: str, cutoff: time | None) -> datetime:
    if target == "same_business_day":
        local = start.astimezone(ZONE)
        if cutoff and working(local.date()) and local.time() > cutoff:
            return at(next_working(local.date()), time(12))
        return at(effective_day(start), CLOSE)
    amount, unit = target.split()
    assert unit == "business_days", target
    day = effective_day(start)
    for _ in range(int(amount)):
        day = next_working(day)
    return at(day, CLOSE)


def look_back_limit(start: datetime, days: int) -> datetime:
    """The opening of the n-th working day before the start's local day."""
    day = start.astimezone(ZONE).date()
    for _ in range(days):
        day -= timedelta(1)
        while not working(day):
            day -= timedelta(1)
    return at(day, OPEN)
