"""Offices of every kind, and the hours of one date. Both oracles stand on this and on nothing of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.oracle import bavaria, japan

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


_PUBLIC: dict[str, Callable[[date], bool]] = {"JP": japan.is_holiday, "DE-BY": bavaria.is_holiday, "": lambda _: False}


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody is away: between wall times of the office, or between instants. With `hours`, in these alone each day."""

    start: datetime
    end: datetime
    hours: str = ""

    def missed_on(self, day: date) -> Hours:
        """Of wall times: the hours of one date that are missed."""
        if self.start.tzinfo is not None or not self.start.date() <= day <= self.end.date():
            return ()
        first = self.start.hour * 3600 + self.start.minute * 60 if day == self.start.date() else 0
        last = self.end.hour * 3600 + self.end.minute * 60 if day == self.end.date() else 86400
        return tuple((max(a, first), min(b, last)) for a, b in hours(self.hours or "00:00-24:00"))


@dataclass(slots=True)
class Office:
    """Opening hours as somebody would say them, of an office or of one who works there and is away now and then."""

    name: str
    zone: ZoneInfo
    weekly: dict[int, str]
    public: str = ""
    """Whose public holidays: `JP`, `DE-BY` or nobody's."""
    holidays: Callable[[date], bool] = lambda _: False
    closed: Callable[[date], bool] = lambda _: False
    special: dict[date, str] = field(default_factory=dict[date, str])
    extra: frozenset[date] = frozenset()
    leaves: tuple[Leave, ...] = ()
    known: dict[date, Hours] = field(default_factory=dict[date, Hours])
    instants: dict[int, Hours] | None = None

    def hours_on(self, day: date) -> Hours:
        if day not in self.known:
            missed = [part for leave in self.leaves for part in leave.missed_on(day)]
            self.known[day] = _left(hours(self.say(day)), missed)
        return self.known[day]

    def away_on(self, utc_day: int) -> Hours:
        """Absences between instants that concern a day of UTC (counted from 1970), in seconds since 1970."""
        if self.instants is None:
            self.instants = {}
            for leave in self.leaves:
                if leave.start.tzinfo is not None:
                    span = int(leave.start.timestamp()), int(leave.end.timestamp())
                    for day in range(span[0] // 86400, span[1] // 86400 + 1):
                        self.instants[day] = (*self.instants.get(day, ()), span)
        return self.instants.get(utc_day, ())

    def say(self, day: date) -> str:
        if day in self.special:
            return self.special[day]
        usual = self.weekly.get(day.weekday(), "")
        if day in self.extra:
            return usual or self.weekly[min(self.weekly)]
        if self.closed(day) or self.holidays(day) or _PUBLIC[self.public](day):
            return ""
        return usual


def _left(open_: Hours, missed: list[tuple[int, int]]) -> Hours:
    """What is open and not missed, between one edge of either and the next."""
    edges = sorted({edge for part in (*open_, *missed) for edge in part})
    pieces = pairwise(edges)
    return tuple((a, b) for a, b in pieces if _within(a, open_) and not _within(a, missed))


def _within(second: int, parts: Iterable[tuple[int, int]]) -> bool:
    return any(first <= second < last for first, last in parts)


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


def _leaves() -> tuple[Leave, ...]:
    """Weeks off, half days, short days for half a year, a journey over a weekend, and appointments to the second."""
    return tuple(leave for year in range(2016, LAST) for leave in (
        Leave(datetime(year, 2, 3), datetime(year, 2, 15)),
        Leave(datetime(year, 2, 14), datetime(year, 2, 16)),
        Leave(datetime(year, 3, 10), datetime(year, 3, 11), "09:00-13:00"),
        Leave(datetime(year, 4, 1), datetime(year, 10, 1), "16:00-18:00"),
        Leave(datetime(year, 6, 1, 15), datetime(year, 6, 5, 10, 15)),
        Leave(datetime(year, 11, 5, 0, 20, 17, tzinfo=UTC), datetime(year, 11, 5, 3, 0, 1, tzinfo=UTC)),
        Leave(datetime(year, 11, 5, 2, 59, 59, tzinfo=UTC), datetime(year, 11, 6, 7, 30, tzinfo=UTC)),
    ))  # fmt: skip


def _nights_off() -> tuple[Leave, ...]:
    """Around the nights on which the clocks change: from inside the hour that is skipped or repeated, and into it."""
    nights = [day for day in all_days() if day.month in (3, 10) and day.day > 24 and day.weekday() == 6]
    return tuple(leave for day in nights for leave in (
        Leave(datetime(day.year, day.month, day.day, 0, 30), datetime(day.year, day.month, day.day, 2, 15)),
        Leave(datetime(day.year, day.month, day.day), datetime(day.year, day.month, day.day, 4), "02:30-02:45 03:15-03:30"),
        Leave(datetime(day.year, day.month, day.day, 1, 20, 7, tzinfo=UTC), datetime(day.year, day.month, day.day, 1, 29, tzinfo=UTC)),
    ))  # fmt: skip


TOKYO = ZoneInfo("Asia/Tokyo")
OFFICES = {
    office.name: office
    for office in (
        Office("Tokyo", TOKYO, _weekdays("09:00-18:00"), public="JP"),
        Office("lunch gap", TOKYO, _weekdays("09:00-12:00 13:00-18:00"), public="JP"),
        Office(
            "special hours and closures", TOKYO, _weekdays("09:00-17:30"), public="JP",
            closed=_year_end_and_bon, special=_special(),
        ),
        Office(
            "extra working days", TOKYO, {**_weekdays("09:00-12:00 12:45-17:45"), 0: "09:30-12:00 12:45-18:15"},
            public="JP", closed=_year_end_and_bon,
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
        Office(
            "Munich", ZoneInfo("Europe/Berlin"), {**_weekdays("08:00-12:00 13:00-16:30"), 5: "09:00-12:00"}, public="DE-BY",
            extra=frozenset([*_each_year(1, 6), *_each_year(10, 3), *_each_year(12, 24)]),
        ),
        Office("absences", TOKYO, _weekdays("09:00-12:00 13:00-18:00"), public="JP", leaves=_leaves()),
        Office(
            "absences when clocks change", ZoneInfo("Europe/Berlin"), {**_weekdays("09:00-17:00"), 6: "00:00-05:00"},
            public="DE-BY", leaves=_nights_off(),
        ),
        Office("night shift", TOKYO, dict.fromkeys((0, 1, 2, 4, 5), "00:00-06:00 22:00-24:00")),
    )
}  # fmt: skip
"""By name."""
