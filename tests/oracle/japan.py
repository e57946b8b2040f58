"""Japanese public holidays from the law on them (昭和23年法律第178号), 2014 to 2038, without any library."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_MOVED = {
    2020: {(7, 23), (7, 24), (8, 10)},
    2021: {(7, 22), (7, 23), (8, 8)},
}
"""Marine Day, Sports Day and Mountain Day in the years of the Tokyo games."""

_ONCE = {date(2019, 5, 1), date(2019, 10, 22)}
"""The enthronement."""


@cache
def is_holiday(day: date) -> bool:
    return _named(day) or _substitute(day) or _between(day)


def _named(day: date) -> bool:
    where = (day.month, day.day)
    fixed = {(1, 1), (2, 11), (4, 29), (5, 3), (5, 4), (5, 5), (11, 3), (11, 23)}
    if day.year >= 2020:
        fixed.add((2, 23))
    elif day.year <= 2018:
        fixed.add((12, 23))
    if where in fixed or day in _ONCE or day in (_spring(day.year), _autumn(day.year)):
        return True
    if where in _MOVED.get(day.year, ()):
        return True
    if day.year not in _MOVED:
        if day.year >= 2016 and where == (8, 11):
            return True
        if _is_monday(day, 7, 3) or _is_monday(day, 10, 2):
            return True
    return _is_monday(day, 1, 2) or _is_monday(day, 9, 3)


def _is_monday(day: date, month: int, nth: int) -> bool:
    return day.month == month and day.weekday() == 0 and (day.day - 1) // 7 + 1 == nth


def _spring(year: int) -> date:
    return date(year, 3, int(20.8431 + 0.242194 * (year - 1980)) - (year - 1980) // 4)


def _autumn(year: int) -> date:
    return date(year, 9, int(23.2488 + 0.242194 * (year - 1980)) - (year - 1980) // 4)


def _substitute(day: date) -> bool:
    """The first day after a holiday on a Sunday that is none itself."""
    before = day - timedelta(1)
    while _named(before):
        if before.weekday() == 6:
            return not _named(day)
        before -= timedelta(1)
    return False


def _between(day: date) -> bool:
    return _named(day - timedelta(1)) and _named(day + timedelta(1))
