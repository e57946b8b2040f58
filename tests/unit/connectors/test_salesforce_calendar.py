"""Which days a Holiday means (dates looked up in a printed calendar), and what BusinessHours say."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.salesforce.calendar import read_holiday, read_hours

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
SUNDAY, MONDAY, TUESDAY, FRIDAY, SATURDAY = 1, 2, 4, 32, 64
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CLOSED = {f"{day}{edge}Time": None for day in WEEK for edge in ("Start", "End")}
PLAIN = {
    "Name": "創立記念日", "ActivityDate": "2026-06-17", "IsAllDay": True, "StartTimeInMinutes": None, "EndTimeInMinutes": None,
    "IsRecurrence": False, "RecurrenceType": None, "RecurrenceInterval": None, "RecurrenceDayOfWeekMask": None,
    "RecurrenceDayOfMonth": None, "RecurrenceInstance": None, "RecurrenceMonthOfYear": None, "RecurrenceStartDate": None,
    "RecurrenceEndDateOnly": None,
}  # fmt: skip


def days(first: date = FIRST, last: date = LAST, **more) -> list[str]:
    return [one.day.isoformat() for one in read_holiday({**PLAIN, **more}, first, last)]


def repeated(kind: str, start: str, *, end: str | None = None, last: date = LAST, **rule) -> list[str]:
    named = {f"Recurrence{name}": value for name, value in rule.items()}
    return days(last=last, IsRecurrence=True, ActivityDate=start, RecurrenceType=kind, RecurrenceStartDate=start,
                RecurrenceEndDateOnly=end, **named)  # fmt: skip


def test_a_single_day_counts_once_and_only_in_the_span():
    assert days() == ["2026-06-17"]
    assert days(last=date(2026, 6, 16)) == []
    assert days(first=date(2026, 6, 18)) == []


def test_every_year_on_a_date():
    assert repeated("RecursYearly", "2019-12-29", DayOfMonth=29, MonthOfYear="December") == ["2026-12-29", "2027-12-29"]
    assert repeated("RecursYearly", "2024-02-29", DayOfMonth=29, MonthOfYear="February") == []


def test_nothing_before_its_start_or_after_its_end():
    assert repeated("RecursYearly", "2027-01-01", DayOfMonth=1, MonthOfYear="January") == ["2027-01-01"]
    assert repeated("RecursYearly", "2019-05-01", end="2026-05-01", DayOfMonth=1, MonthOfYear="May") == ["2026-05-01"]


@pytest.mark.parametrize(
    ("instance", "mask", "found"),
    [
        ("First", MONDAY, "2026-09-07"),
        ("Third", MONDAY, "2026-09-21"),
        ("Fourth", MONDAY, "2026-09-28"),
        ("Last", TUESDAY, "2026-09-29"),
        ("First", SUNDAY, "2026-09-06"),
        ("Last", SATURDAY, "2026-09-26"),
        ("First", 127, "2026-09-01"),
        ("Last", 127, "2026-09-30"),
        ("Second", 62, "2026-09-02"),
        ("First", SUNDAY | SATURDAY, "2026-09-05"),
    ],
)
def test_the_nth_of_a_month_every_year(instance, mask, found):
    rule = {"Instance": instance, "DayOfWeekMask": mask, "MonthOfYear": "September"}
    assert repeated("RecursYearlyNth", "2020-09-01", last=date(2026, 12, 31), **rule) == [found]


def test_every_second_month_on_the_nth_weekday():
    found = repeated(
        "RecursMonthlyNth", "2025-12-05", end="2026-05-01", Interval=2, Instance="First", DayOfWeekMask=FRIDAY
    )
    assert found == ["2026-02-06", "2026-04-03"]


def test_a_month_without_that_day_has_no_holiday():
    found = repeated("RecursMonthly", "2026-01-31", end="2026-06-30", Interval=1, DayOfMonth=31)
    assert found == ["2026-01-31", "2026-03-31", "2026-05-31"]


def test_weeks_begin_on_sunday():
    """From Wednesday 2025-12-31: the Monday of the second week after is 12 January, the Sunday before it 11 January."""
    found = repeated("RecursWeekly", "2025-12-31", end="2026-01-31", Interval=2, DayOfWeekMask=SUNDAY | MONDAY)
    assert found == ["2026-01-11", "2026-01-12", "2026-01-25", "2026-01-26"]


def test_every_few_days_and_every_weekday():
    assert repeated("RecursDaily", "2025-12-30", end="2026-01-10", Interval=3) == [
        "2026-01-02",
        "2026-01-05",
        "2026-01-08",
    ]
    assert repeated("RecursEveryWeekday", "2026-01-01", end="2026-01-06") == [
        "2026-01-01", "2026-01-02", "2026-01-05", "2026-01-06",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"RecurrenceType": "RecursByMoon"},
        {"RecurrenceType": None},
        {"RecurrenceType": "RecursYearlyNth", "RecurrenceInstance": "Fifth", "RecurrenceMonthOfYear": "May"},
        {"RecurrenceType": "RecursYearly", "RecurrenceMonthOfYear": "Mai"},
        {"RecurrenceType": "RecursDaily", "RecurrenceStartDate": "soon"},
    ],
)
def test_a_repetition_that_nobody_documents_is_not_guessed(more):
    with pytest.raises(ValueError, match=r"unknown|isoformat|not in tuple"):
        days(IsRecurrence=True, **more)


def test_part_of_a_day():
    (one,) = read_holiday(
        {**PLAIN, "IsAllDay": False, "StartTimeInMinutes": 720, "EndTimeInMinutes": 1440}, FIRST, LAST
    )
    assert one.hours == (("12:00", "24:00"),)
    (whole,) = read_holiday(
        {**PLAIN, "IsAllDay": False, "StartTimeInMinutes": 0, "EndTimeInMinutes": 1440}, FIRST, LAST
    )
    assert whole.hours == ()


def test_business_hours_are_wall_times():
    row = {
        "Name": "Default", "IsDefault": True, "TimeZoneSidKey": "Asia/Tokyo", **CLOSED,
        "MondayStartTime": "09:00:00.000Z", "MondayEndTime": "18:00:00.000Z",
        "SaturdayStartTime": "00:00:00.000Z", "SaturdayEndTime": "00:00:00.000Z",
        "SundayStartTime": "22:30:00.000Z", "SundayEndTime": "00:00:00.000Z",
    }  # fmt: skip
    office = read_hours(row)
    assert {day: spans for day, spans in office.hours.items() if spans} == {
        0: (("09:00", "18:00"),), 5: (("00:00", "24:00"),), 6: (("22:30", "24:00"),),
    }  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"MondayStartTime": "22:00:00.000Z", "MondayEndTime": "06:00:00.000Z"},
        {"MondayStartTime": "9 o'clock", "MondayEndTime": "18:00:00.000Z"},
        {"TimeZoneSidKey": "Mars/Base\nhours: {}"},
    ],
)
def test_business_hours_that_make_no_day_are_refused(more):
    with pytest.raises(ValueError):
        read_hours({"Name": "Default", "IsDefault": True, "TimeZoneSidKey": "Asia/Tokyo", **CLOSED, **more})
