"""Offices of every kind, and the hours of one date. Both oracles stand on this and on nothing of the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tests.oracle.japan import is_holiday

FIRST, LAST = 2014, 2038
"""Years in which anything is asked."""

Hours = tuple[tuple[int, int], ...]
"""Seconds after midnight, half open."""


def hours(text: str) -> Hours:
    """`09:00-12:00 13:00-18:00`."""
    return tuple((_second(first), _second(last)) for first, last in (part.split("-") for part in text.split()))


def _second(wall: str) -> int:
    hour, minute = wall.split(":")
    return int(hour) * 3600 + int(minute) * 60


@dataclass(slots=True)
class Office:
    """Opening hours as somebody would say them."""

    name: str
    zone: ZoneInfo
    weekly: dict[int, str]
    japanese: bool = False
    holidays: Callable[[date], bool] = lambda _: False
    closed: Callable[[date], bool] = lambda _: False
    special: dict[date, str] = field(default_factory=dict[date, str])
    extra: frozenset[date] = frozenset()
    known: dict[date, Hours] = field(default_factory=dict[date, Hours])

    def hours_on(self, day: date) -> Hours:
        if day not in self.known:
            self.known[day] = hours(self.say(day))
        return self.known[day]

    def say(self, day: date) -> str:
        if day in self.special:
            return self.special[day]
        usual = self.weekly.get(day.weekday(), "")
        if day in self.extra:
            return usual or self.weekly[min(self.weekly)]
        if self.closed(day) or self.holidays(day) or (self.japanese and is_holiday(day)):
            return ""
        return usual


def all_days() -> list[date]:
    first = date(FIRST, 1, 1)
    return [first + timedelta(n) for n in range((date(LAST, 12, 31) - first).days + 1)]


def _weekdays(text: str) -> dict[int, str]:
    return dict.fromkeys(range(5), text)


def _each_year(month: int, day: int) -> list[date]:
    return [date(year, month, day) for year in range(FIRST, LAST + 1)]


def _year_end_and_bon(day: date) -> bool:
    return (
        (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3) or (8, 12) <= (day.month, day.day) <= (8, 16)
    )


def _special() -> dict[date, str]:
    half = dict.fromkeys(_each_year(12, 28), "09:00-12:00")
    stocktaking = dict.fromkeys(_each_year(3, 31), "10:00-12:15 13:15-21:45")
    outing = dict.fromkeys(_each_year(6, 17), "")
    holiday_duty = dict.fromkeys(_each_year(11, 3), "13:00-15:30")
    bon_duty = dict.fromkeys(_each_year(8, 13), "10:00-11:00")
    return {**half, **stocktaking, **outing, **holiday_duty, **bon_duty}


TOKYO = ZoneInfo("Asia/Tokyo")
OFFICES = {
    office.name: office
    for office in (
        Office("Tokyo", TOKYO, _weekdays("09:00-18:00"), japanese=True),
        Office("lunch gap", TOKYO, _weekdays("09:00-12:00 13:00-18:00"), japanese=True),
        Office(
            "special hours and closures", TOKYO, _weekdays("09:00-17:30"), japanese=True,
            closed=_year_end_and_bon, special=_special(),
        ),
        Office(
            "extra working days", TOKYO, {**_weekdays("09:00-12:00 12:45-17:45"), 0: "09:30-12:00 12:45-18:15"},
            japanese=True, closed=_year_end_and_bon,
            extra=frozenset([*_each_year(5, 4), *_each_year(10, 10), *_each_year(12, 30), *_each_year(2, 11)]),
        ),
        Office(
            "Berlin", ZoneInfo("Europe/Berlin"),
            {**_weekdays("09:00-17:00"), 5: "21:30-24:00", 6: "00:00-02:30 02:45-06:00"},
            holidays=lambda day: (day.month, day.day) in ((5, 1), (10, 3), (12, 25), (12, 26)),
        ),
        Office(
            "New York", ZoneInfo("America/New_York"), {**_weekdays("08:30-16:00"), 6: "00:30-01:30 02:15-03:30 22:00-23:00"},
            holidays=lambda day: (day.month, day.day) in ((1, 1), (7, 4), (12, 25)),
        ),
        Office("Lord Howe", ZoneInfo("Australia/Lord_Howe"), {**_weekdays("09:00-17:00"), 6: "01:15-01:45 02:00-04:00"}),
        Office("night shift", TOKYO, dict.fromkeys((0, 1, 2, 4, 5), "00:00-06:00 22:00-24:00")),
    )
}  # fmt: skip
"""By name."""
