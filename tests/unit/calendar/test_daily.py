"""The arithmetic written out day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from sync.core.calendar import CalendarSpec, compile_calendar, day_by_day, working_seconds

TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = compile_calendar(
    CalendarSpec(
        hours={day: [("09:00", "12:00"), ("13:00", "18:00")] for day in range(5)},
        holidays=frozenset({date(2026, 12, 24)}),
        closures=[(date(2026, 12, 29), date(2027, 1, 4))],
        special_hours={date(2026, 12, 28): [("09:00", "12:00")], date(2026, 12, 25): []},
        extra_working_days=frozenset({date(2026, 12, 26)}),
    )
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


def told(start: str, end: str, language: str = "ja") -> list[tuple[str, str, str, str, int, int]]:
    return [
        (
            f"{share.date:%m-%d}",
            share.kind.value,
            share.name,
            " ".join(f"{a.astimezone(TOKYO):%H:%M}-{b.astimezone(TOKYO):%H:%M}" for a, b in share.counted),
            share.seconds,
            share.total,
        )
        for share in day_by_day(OFFICE, at(start), at(end), language=language)
    ]


def test_every_day_says_what_it_gave_and_why() -> None:
    assert told("2026-12-23 11:30", "2027-01-05 13:30") == [
        ("12-23", "weekly", "", "11:30-12:00 13:00-18:00", 19800, 19800),
        ("12-24", "holiday", "", "", 0, 19800),
        ("12-25", "special", "", "", 0, 19800),
        ("12-26", "extra", "", "09:00-12:00 13:00-18:00", 28800, 48600),
        ("12-27", "weekly", "", "", 0, 48600),
        ("12-28", "special", "", "09:00-12:00", 10800, 59400),
        *(
            (f"{day:%m-%d}", "closure", "", "", 0, 59400)
            for n in range(7)
            if (day := date(2026, 12, 29) + timedelta(n))
        ),
        ("01-05", "weekly", "", "09:00-12:00 13:00-13:30", 12600, 72000),
    ]


@pytest.mark.parametrize(("language", "name"), [("ja", "スポーツの日"), ("en", "Sports Day"), ("fr", "スポーツの日")])
def test_a_public_holiday_has_its_name(language: str, name: str) -> None:
    assert told("2026-10-12 10:00", "2026-10-12 12:00", language) == [("10-12", "holiday", name, "", 0, 0)]


def test_a_worked_day_outside_its_hours_counts_nothing_and_is_no_day_off() -> None:
    (share,) = day_by_day(OFFICE, at("2026-10-06 19:00"), at("2026-10-06 20:00"))
    assert (share.worked, share.counted, share.total) == (True, (), 0)


def test_an_end_before_the_start_has_no_days() -> None:
    assert told("2026-10-06 12:00", "2026-10-06 11:59") == []


def test_a_repeated_hour_is_counted_twice() -> None:
    spec = CalendarSpec(tz="America/New_York", hours={6: [("00:00", "02:00")]}, holiday_country=None)
    start = datetime(2026, 11, 1, 4, tzinfo=UTC)
    (share,) = day_by_day(compile_calendar(spec), start, start + timedelta(hours=20))
    assert (share.seconds, len(share.counted)) == (3 * 3600, 1)


def test_the_days_add_up_to_the_working_time() -> None:
    random = Random(20261122)
    for _ in range(60):
        start = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(microseconds=random.randint(0, 150 * 86400 * 10**6))
        end = start + timedelta(microseconds=random.randint(0, 40 * 86400 * 10**6))
        shares = list(day_by_day(OFFICE, start, end))
        assert shares[-1].total == sum(share.seconds for share in shares) == working_seconds(OFFICE, start, end)


@pytest.mark.parametrize(("start", "end"), [("0001-01-02", "1900-01-03"), ("2200-12-29", "9999-12-30")])
def test_years_that_no_calendar_knows_have_no_days(start: str, end: str) -> None:
    assert len(list(day_by_day(OFFICE, at(start), at(end)))) == 3
