"""Worked examples of working time; the times are Tokyo wall times unless a case names a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.core.calendar import (
    CalendarSpec,
    add_working,
    closing_of_business_day,
    compile_calendar,
    due,
    end_of_same_business_day,
    is_business_day,
    is_open,
    look_back,
    next_opening,
    parse_target,
    take_working,
    working_seconds,
)

TOKYO = ZoneInfo("Asia/Tokyo")
WEEK = {day: [("09:00", "18:00")] for day in range(5)}
PLAIN = compile_calendar(CalendarSpec(hours=WEEK))
LUNCH = compile_calendar(
    CalendarSpec(
        hours={day: [("09:00", "12:00"), ("13:00", "18:00")] for day in range(5)},
        closures=[(date(2026, 12, 29), date(2027, 1, 4))],
        special_hours={date(2026, 12, 28): [("09:00", "12:00")]},
        extra_working_days=frozenset({date(2026, 10, 10)}),
    )
)


def at(text: str, zone: ZoneInfo = TOKYO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-10-06 10:00", "2026-10-06 10:00", 0),
        ("2026-10-06 10:00", "2026-10-06 09:00", 0),
        ("2026-10-06 10:00", "2026-10-06 11:30", 1.5),
        ("2026-10-06 07:00", "2026-10-06 08:59", 0),
        ("2026-10-06 18:00", "2026-10-07 09:00", 0),
        ("2026-10-06 17:30", "2026-10-07 09:30", 1),
        ("2026-10-09 17:00", "2026-10-13 10:00", 2),  # Friday to Tuesday over スポーツの日
        ("2026-10-10 12:00", "2026-10-11 12:00", 0),
        ("2026-05-01 18:00", "2026-05-07 09:00", 0),  # Golden Week with its 振替休日 on the 6th
        ("2026-09-18 18:00", "2026-09-24 10:00", 1),  # Silver Week with a 国民の休日 on the 22nd
    ],
)
def test_working_time_between(start: str, end: str, hours: float) -> None:
    assert working_seconds(PLAIN, at(start), at(end)) == hours * 3600


def test_to_the_second() -> None:
    assert working_seconds(PLAIN, at("2026-10-06 17:59:58"), at("2026-10-07 09:00:03")) == 5


def test_ten_years_are_one_question() -> None:
    every_day = compile_calendar(
        CalendarSpec(hours={day: [("00:00", "24:00")] for day in range(7)}, holiday_country=None, tz="UTC")
    )
    start, end = datetime(2020, 3, 1, 5, tzinfo=UTC), datetime(2030, 3, 1, 5, 0, 7, tzinfo=UTC)
    assert working_seconds(every_day, start, end) == int((end - start).total_seconds())


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        ("2026-10-06 10:00", "2026-10-06 10:00"),
        ("2026-10-06 09:00", "2026-10-06 09:00"),
        ("2026-10-06 12:30", "2026-10-06 13:00"),  # lunch gap
        ("2026-10-06 12:00", "2026-10-06 13:00"),  # exactly at closing is outside
        ("2026-10-06 18:00", "2026-10-07 09:00"),
        ("2026-10-10 08:00", "2026-10-10 09:00"),  # Saturday made a working day
        ("2026-10-11 08:00", "2026-10-13 09:00"),  # Sunday, then a public holiday
        ("2026-12-28 12:00", "2027-01-05 09:00"),  # half day, then the closure
    ],
)
def test_next_opening(instant: str, opening: str) -> None:
    assert next_opening(LUNCH, at(instant)) == at(opening)
    assert is_open(LUNCH, at(instant)) == (instant == opening)


CUTOFF = time(16)
SAME, ONE_DAY, TWO_DAYS = "same_business_day", "1 business_day", "2 business_days"


@pytest.mark.parametrize(
    ("start", "target", "cutoff", "expected"),
    [
        # minutes and hours are consumed inside open intervals
        ("2026-10-06 17:58", "5 business_minutes", None, "2026-10-07 09:03"),
        ("2026-10-06 17:55", "5 business_minutes", None, "2026-10-06 18:00"),  # a closing stays a closing
        ("2026-10-06 11:00", "4 business_hours", None, "2026-10-06 16:00"),  # over lunch
        ("2026-10-06 12:30", "1 business_hour", None, "2026-10-06 14:00"),  # arrival in the lunch gap
        ("2026-12-28 11:00", "2 business_hours", None, "2027-01-05 10:00"),  # half day, then the closure
        ("2026-10-03 10:00", "30 business_minutes", None, "2026-10-05 09:30"),  # arrival on a Saturday
        # real time
        ("2026-10-09 17:00", "24 hours", None, "2026-10-10 17:00"),
        # same business day without cutoff
        ("2026-10-06 10:00", SAME, None, "2026-10-06 18:00"),
        ("2026-10-06 07:00", SAME, None, "2026-10-06 18:00"),
        ("2026-10-06 12:30", SAME, None, "2026-10-06 18:00"),
        ("2026-10-06 18:00", SAME, None, "2026-10-07 18:00"),  # exactly at closing: the next working day's
        ("2026-12-28 10:00", SAME, None, "2026-12-28 12:00"),
        # with cutoff
        ("2026-10-06 16:00", SAME, CUTOFF, "2026-10-06 18:00"),
        ("2026-10-06 16:00:01", SAME, CUTOFF, "2026-10-07 12:00"),
        ("2026-10-06 19:00", SAME, CUTOFF, "2026-10-07 12:00"),
        ("2026-10-06 23:59:59", SAME, CUTOFF, "2026-10-07 12:00"),
        ("2026-10-07 00:00", SAME, CUTOFF, "2026-10-07 18:00"),
        ("2026-10-09 17:00", SAME, CUTOFF, "2026-10-10 12:00"),  # Friday evening, Saturday is worked
        ("2026-10-10 17:00", SAME, CUTOFF, "2026-10-13 12:00"),
        ("2026-10-11 17:00", SAME, CUTOFF, "2026-10-13 18:00"),  # day off: the next opening's day, at closing
        ("2026-12-28 13:00", SAME, CUTOFF, "2027-01-05 18:00"),  # after a half day's closing, before the cutoff
        ("2026-12-28 16:30", SAME, CUTOFF, "2027-01-05 12:00"),
        ("2026-12-25 16:30", SAME, CUTOFF, "2026-12-28 12:00"),  # noon is that half day's closing
        # business days: closing of the n-th working day after the day of the effective start
        ("2026-10-06 10:00", ONE_DAY, None, "2026-10-07 18:00"),
        ("2026-10-06 18:00", ONE_DAY, None, "2026-10-08 18:00"),
        ("2026-10-04 10:00", ONE_DAY, None, "2026-10-06 18:00"),
        ("2026-10-08 10:00", TWO_DAYS, None, "2026-10-10 18:00"),
        ("2026-12-25 10:00", TWO_DAYS, None, "2027-01-05 18:00"),
    ],
)
def test_due(start: str, target: str, cutoff: time | None, expected: str) -> None:
    answer = due(LUNCH, at(start), parse_target(target), cutoff)
    assert answer == at(expected)
    assert answer.tzinfo is UTC


def test_no_target_is_never_due() -> None:
    assert due(PLAIN, at("2026-10-06 10:00"), parse_target("none")) is None


def test_no_working_day_for_two_weeks() -> None:
    closed = compile_calendar(CalendarSpec(hours=WEEK, closures=[(date(2026, 8, 3), date(2026, 8, 21))]))
    assert due(closed, at("2026-07-31 17:00"), parse_target("2 business_hours")) == at("2026-08-24 10:00")


def test_noon_outside_the_next_days_hours_moves_to_its_closing() -> None:
    spec = CalendarSpec(hours=WEEK, special_hours={date(2026, 10, 7): [("14:00", "17:00")]})
    answer = due(compile_calendar(spec), at("2026-10-06 17:00"), parse_target(SAME), CUTOFF)
    assert answer == at("2026-10-07 17:00")


def test_taking_undoes_adding() -> None:
    start = at("2026-12-25 16:20:30")
    later = add_working(LUNCH, start, timedelta(hours=7, seconds=5))
    assert take_working(LUNCH, later, timedelta(hours=7, seconds=5)) == start


def test_look_back_reaches_the_opening_of_the_nth_day_before() -> None:
    two = parse_target(TWO_DAYS)
    assert look_back(PLAIN, at("2026-10-14 10:00"), two) == at("2026-10-09 09:00")
    assert look_back(PLAIN, at("2026-10-12 10:00"), two) == at("2026-10-08 09:00")  # from a holiday
    assert look_back(PLAIN, at("2026-10-14 20:00"), two) == at("2026-10-09 09:00")  # after closing: the same day's
    assert look_back(PLAIN, at("2026-10-14 10:00"), parse_target("24 hours")) == at("2026-10-13 10:00")
    assert look_back(PLAIN, at("2026-10-14 09:30"), parse_target("1 business_hour")) == at("2026-10-13 17:30")


def test_closings() -> None:
    assert closing_of_business_day(PLAIN, date(2026, 10, 6)) == at("2026-10-06 18:00")
    assert closing_of_business_day(PLAIN, date(2026, 10, 12)) == at("2026-10-13 18:00")
    assert closing_of_business_day(PLAIN, at("2026-10-06 20:00")) == at("2026-10-06 18:00")
    assert end_of_same_business_day(PLAIN, at("2026-10-06 20:00")) == at("2026-10-07 18:00")
    assert end_of_same_business_day(PLAIN, at("2026-10-06 18:00")) == at("2026-10-06 18:00")
    assert end_of_same_business_day(PLAIN, at("2026-10-10 18:00")) == at("2026-10-13 18:00")


def test_which_rule_wins_on_a_date() -> None:
    spec = CalendarSpec(
        hours=WEEK,
        holidays=frozenset({date(2026, 10, 6), date(2026, 10, 7)}),
        closures=[(date(2026, 10, 7), date(2026, 10, 8))],
        special_hours={date(2026, 10, 6): [("10:00", "11:00")], date(2026, 10, 9): []},
        extra_working_days=frozenset({date(2026, 10, 7), date(2026, 10, 12)}),
    )
    calendar = compile_calendar(spec)
    worked = [d for d in range(5, 14) if is_business_day(calendar, date(2026, 10, d))]
    assert worked == [5, 6, 7, 12, 13]


def test_without_a_country_public_holidays_are_worked() -> None:
    assert is_business_day(compile_calendar(CalendarSpec(hours=WEEK, holiday_country=None)), date(2026, 1, 1))


def test_subdivision_holidays() -> None:
    assert not is_business_day(
        compile_calendar(CalendarSpec(tz="Europe/Berlin", hours=WEEK, holiday_country="DE", holiday_subdivision="BY")),
        date(2026, 1, 6),
    )
    assert is_business_day(
        compile_calendar(CalendarSpec(tz="Europe/Berlin", hours=WEEK, holiday_country="DE", holiday_subdivision="HH")),
        date(2026, 1, 6),
    )


NEW_YORK = ZoneInfo("America/New_York")


def nights() -> CalendarSpec:
    return CalendarSpec(
        tz="America/New_York", hours={day: [("00:00", "24:00")] for day in range(7)}, holiday_country=None
    )


@pytest.mark.parametrize(("day", "hours"), [(8, 23), (9, 24)])
def test_a_day_on_which_the_clocks_go_forward_is_shorter(day: int, hours: int) -> None:
    start = datetime(2026, 3, day, tzinfo=NEW_YORK)
    end = datetime(2026, 3, day + 1, tzinfo=NEW_YORK)
    assert working_seconds(compile_calendar(nights()), start, end) == hours * 3600


def test_an_opening_inside_the_skipped_hour_opens_when_clocks_have_jumped() -> None:
    spec = CalendarSpec(tz="America/New_York", hours={6: [("02:30", "10:00")]}, holiday_country=None)
    assert next_opening(compile_calendar(spec), datetime(2026, 3, 8, 0, tzinfo=NEW_YORK)) == datetime(
        2026, 3, 8, 7, tzinfo=UTC
    )


def test_a_repeated_hour_is_worked_twice() -> None:
    spec = CalendarSpec(tz="America/New_York", hours={6: [("00:00", "02:00")]}, holiday_country=None)
    start, end = datetime(2026, 11, 1, tzinfo=NEW_YORK), datetime(2026, 11, 2, tzinfo=NEW_YORK)
    assert working_seconds(compile_calendar(spec), start, end) == 3 * 3600


def test_a_day_whose_midnight_does_not_exist() -> None:
    # Beirut's clocks go from 00:00 to 01:00 in spring.
    spec = CalendarSpec(tz="Asia/Beirut", hours={6: [("00:00", "24:00")]}, holiday_country=None)
    start = datetime(2025, 3, 29, 12, tzinfo=UTC)
    assert working_seconds(compile_calendar(spec), start, start + timedelta(days=3)) == 23 * 3600


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (CalendarSpec(hours={}), "no working time"),
        (CalendarSpec(hours={0: []}, special_hours={date(2026, 1, 5): []}), "no working time"),
        (CalendarSpec(hours=WEEK, closures=[(date(1900, 1, 1), date(2999, 1, 1))]), "no working time"),
        (CalendarSpec(tz="Asia/Tokio", hours=WEEK), "Asia/Tokio"),
        (CalendarSpec(tz="../etc/passwd", hours=WEEK), "IANA"),
        (CalendarSpec(hours={0: [("18:00", "09:00")]}), "end after they start"),
        (CalendarSpec(hours={0: [("9時", "18時")]}), "9時"),
        (CalendarSpec(hours={0: [("09:00", "24:01")]}), "24:01"),
        (CalendarSpec(hours={7: [("09:00", "18:00")]}), "Monday = 0"),
        (CalendarSpec(hours=WEEK, holiday_country="XX"), "XX"),
        (CalendarSpec(hours=WEEK, closures=[(date(2026, 2, 1), date(2026, 1, 1))]), "ends before"),
    ],
)
def test_what_is_refused(spec: CalendarSpec, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("+", r"\+")):
        compile_calendar(spec)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        next_opening(PLAIN, datetime(2026, 10, 6, 10))


def test_a_calendar_that_ends_says_so() -> None:
    once = compile_calendar(CalendarSpec(special_hours={date(2026, 10, 6): [("09:00", "12:00")]}))
    assert working_seconds(once, at("2026-01-01 00:00"), at("2027-01-01 00:00")) == 3 * 3600
    with pytest.raises(ValueError, match="no further working time"):
        due(once, at("2026-10-06 11:00"), parse_target("2 business_hours"))
    with pytest.raises(ValueError, match="no further working time"):
        next_opening(once, at("2026-10-06 12:00"))


@pytest.mark.parametrize("text", ["1899-12-30 00:00", "0002-01-01 00:00", "9998-12-31 00:00"])
def test_absurd_dates_neither_hang_nor_crash(text: str) -> None:
    now = at("2026-10-06 10:00")
    assert working_seconds(PLAIN, max(now, at(text)), min(now, at(text))) == 0
    assert working_seconds(PLAIN, min(now, at(text)), max(now, at(text))) > 0
