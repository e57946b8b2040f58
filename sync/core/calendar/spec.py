"""What an operator says about working time, and the rule that makes one date's hours of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as public_holidays

Hours = Sequence[tuple[str, str]]
"""Opening and closing wall times of one day, `HH:MM` or `HH:MM:SS`; `24:00` closes at the next local midnight."""

DaySeconds = tuple[tuple[int, int], ...]
"""The same in seconds after midnight, sorted, merged, half open."""

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DAY = 86400


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """Working time as configured.

    Of the rules for one date the first that applies wins: `special_hours` (an empty list closes the day),
    `extra_working_days`, `closures` (inclusive ranges), public holidays, the weekly `hours` (Monday = 0).
    An extra working day on a weekday without hours takes those of the first weekday that has some.
    """

    tz: str = "Asia/Tokyo"
    hours: Mapping[int, Hours] = field(default_factory=dict[int, Hours])
    holidays: frozenset[date] = frozenset()
    holiday_country: str | None = "JP"
    holiday_subdivision: str | None = None
    closures: Sequence[tuple[date, date]] = ()
    special_hours: Mapping[date, Hours] = field(default_factory=dict[date, Hours])
    extra_working_days: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class DayRule:
    """A spec that has been read and found sound: answers for one local date."""

    zone: ZoneInfo
    weekly: tuple[DaySeconds, ...]
    fallback: DaySeconds
    spec: CalendarSpec
    special: Mapping[date, DaySeconds]

    def hours_on(self, day: date, public: Iterable[date]) -> DaySeconds:
        special = self.special.get(day)
        if special is not None:
            return special
        usual = self.weekly[day.weekday()]
        if day in self.spec.extra_working_days:
            return usual or self.fallback
        if not usual or day in self.spec.holidays or day in public:
            return ()
        return () if any(first <= day <= last for first, last in self.spec.closures) else usual

    def public_holidays_of(self, year: int) -> frozenset[date]:
        if self.spec.holiday_country is None:
            return frozenset()
        return frozenset(_public(self.spec.holiday_country, self.spec.holiday_subdivision, year))


def read_spec(spec: CalendarSpec) -> DayRule:
    """Check a spec. Raises ValueError: unknown zone or country, a bad time, or no working time at all."""
    zone = _zone(spec.tz)
    weekly = _weekly(spec.hours)
    fallback = next((day for day in weekly if day), ())
    special = {day: parse_hours(hours) for day, hours in spec.special_hours.items()}
    for first, last in spec.closures:
        if last < first:
            raise ValueError(f"closure {first}–{last} ends before it starts")
    if spec.holiday_country is not None:
        _public(spec.holiday_country, spec.holiday_subdivision, 2026)
    always_closed = any(first.year <= 1970 and last.year >= 2200 for first, last in spec.closures)
    extra = bool(fallback and spec.extra_working_days)
    if not any(special.values()) and not extra and (not fallback or always_closed):
        raise ValueError("this calendar has no working time: give weekly hours for at least one day")
    return DayRule(zone, weekly, fallback, spec, special)


def parse_hours(hours: Hours) -> DaySeconds:
    """Wall times to seconds after midnight; overlapping and touching intervals become one. Raises ValueError."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((_seconds(a), _seconds(b)) for a, b in hours):
        if end <= start:
            raise ValueError("opening hours must end after they start; split a night shift at 24:00")
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _weekly(hours: Mapping[int, Hours]) -> tuple[DaySeconds, ...]:
    unknown = [day for day in hours if day not in range(7)]
    if unknown:
        raise ValueError(f"weekdays count from Monday = 0 to Sunday = 6, not {unknown[0]}")
    return tuple(parse_hours(hours.get(day, ())) for day in range(7))


def _seconds(text: str) -> int:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a time of day; write HH:MM")
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    total = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or total > _DAY:
        raise ValueError(f"{text!r} is not a time of day between 00:00 and 24:00")
    return total


def _zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{tz!r} is not an IANA time zone such as Asia/Tokyo") from error


def holiday_name(spec: CalendarSpec, day: date, language: str) -> str:
    """Of a public holiday of the spec's country; in its own language where the wanted one (ja, en) is not known."""
    return (
        _names(spec.holiday_country, spec.holiday_subdivision, day.year, language).get(day, "")
        if spec.holiday_country
        else ""
    )


@lru_cache(maxsize=64)
def _names(country: str, subdivision: str | None, year: int, language: str) -> Mapping[date, str]:
    known = public_holidays.country_holidays(country, subdiv=subdivision)
    wanted = {"en": "en_US"}.get(language, language)
    spoken = wanted if wanted in known.supported_languages else known.default_language
    return dict(public_holidays.country_holidays(country, subdiv=subdivision, years=year, language=spoken).items())


def holiday_countries() -> Mapping[str, Sequence[str]]:
    """Country → its subdivisions, of all whose public holidays are known."""
    return public_holidays.list_supported_countries(include_aliases=False)


def _public(country: str, subdivision: str | None, year: int) -> Iterable[date]:
    try:
        return public_holidays.country_holidays(country, subdiv=subdivision, years=year).keys()
    except NotImplementedError as error:
        raise ValueError(f"no public holidays are known for {country} {subdivision or ''}".rstrip()) from error
