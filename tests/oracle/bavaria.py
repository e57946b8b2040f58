"""Bavarian public holidays from the law on them (Art. 1 FTG), 2014 to 2038, without any library."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_FIXED = {(1, 1), (1, 6), (5, 1), (10, 3), (11, 1), (12, 25), (12, 26)}
_FROM_EASTER = (-2, 1, 39, 50, 60)
"""Good Friday, Easter Monday, Ascension, Whit Monday, Corpus Christi."""

_ONCE = {date(2017, 10, 31)}
"""500 years of the Reformation. The Assumption is a holiday in some communities only."""


def is_holiday(day: date) -> bool:
    return (day.month, day.day) in _FIXED or day in _ONCE or (day - _easter(day.year)).days in _FROM_EASTER


@cache
def _easter(year: int) -> date:
    """The first Sunday after the first full moon of the church on or after 21 March."""
    golden = year % 19 + 1
    skipped = year // 100 + 1
    moon = (11 * golden + 20 + (8 * skipped + 5) // 25 - 5 - (3 * skipped // 4 - 12)) % 30
    epact = moon + 1 if moon == 24 or (moon == 25 and golden > 11) else moon
    full = date(year, 3, 1) + timedelta(43 - epact if epact <= 23 else 73 - epact)
    return full + timedelta(6 - full.weekday() or 7)
