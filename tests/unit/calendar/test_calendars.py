"""Whose calendar counts, and what is left of it when somebody is away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.core.calendar import (
    Calendars,
    CalendarSpec,
    DayKind,
    compile_calendar,
    day_by_day,
    due,
    is_business_day,
    is_open,
    look_back,
    next_opening,
    parse_target,
    without,
    working_seconds,
)
from sync.core.model.absence import Absence

TOKYO, SYDNEY_ZONE = ZoneInfo("Asia/Tokyo"), ZoneInfo("Australia/Sydney")
WEEK = {day: [("09:00", "18:00")] for day in range(5)}
OFFICE = compile_calendar(CalendarSpec(hours=WEEK))
OSAKA = compile_calendar(CalendarSpec(hours={day: [("10:00", "19:00")] for day in range(5)}))
SYDNEY = compile_calendar(CalendarSpec(tz="Australia/Sydney", hours=WEEK, holiday_country="AU"))


def at(text: str, zone: ZoneInfo = TOKYO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def away(start: str, end: str, *hours: tuple[int, int]) -> Absence:
    return Absence(
        datetime.fromisoformat(start), datetime.fromisoformat(end), tuple((a * 3600, b * 3600) for a, b in hours)
    )


def test_a_day_of_leave_is_no_business_day():
    own = without(OFFICE, [away("2026-10-06", "2026-10-07")])
    assert not is_business_day(own, at("2026-10-06 10:00").date())
    assert next_opening(own, at("2026-10-06 10:00")) == at("2026-10-07 09:00")
    assert due(own, at("2026-10-05 10:00"), parse_target("1 business_days")) == at("2026-10-07 18:00")
    assert look_back(own, at("2026-10-07 10:00"), parse_target("1 business_days")) == at("2026-10-05 09:00")


def test_a_morning_off_leaves_the_afternoon():
    own = without(OFFICE, [away("2026-10-06", "2026-10-07", (9, 13))])
    assert next_opening(own, at("2026-10-05 18:00")) == at("2026-10-06 13:00")
    assert due(own, at("2026-10-05 18:00"), parse_target("same_business_day")) == at("2026-10-06 18:00")


def test_shorter_days_shorten_each_day():
    own = without(OFFICE, [away("2026-10-01", "2027-04-01", (16, 18))])
    assert working_seconds(own, at("2026-10-05 00:00"), at("2026-10-10 00:00")) == 5 * 7 * 3600
    assert due(own, at("2026-10-05 10:00"), parse_target("same_business_day")) == at("2026-10-05 16:00")


def test_wall_times_are_those_of_the_colleague_s_office():
    leave = [away("2026-10-06", "2026-10-07")]
    assert next_opening(without(SYDNEY, leave), at("2026-10-05 18:00", SYDNEY_ZONE)) == at(
        "2026-10-07 09:00", SYDNEY_ZONE
    )
    assert next_opening(without(OFFICE, leave), at("2026-10-05 18:00")) == at("2026-10-07 09:00")


def test_instants_are_taken_as_they_are():
    span = Absence(datetime(2026, 10, 6, 0, 0, 1, tzinfo=UTC), datetime(2026, 10, 6, 1, 30, tzinfo=UTC))
    own = without(OFFICE, [span])
    assert is_open(own, at("2026-10-06 09:00"))
    assert not is_open(own, at("2026-10-06 09:00:01"))
    assert working_seconds(own, at("2026-10-06 09:00"), at("2026-10-06 11:00")) == 1 + 1800


def test_absences_may_overlap_and_repeat():
    rows = [away("2026-10-05", "2026-10-08"), away("2026-10-07", "2026-10-09"), away("2026-10-05", "2026-10-08")]
    own = without(OFFICE, rows)
    assert next_opening(own, at("2026-10-05 09:00")) == at("2026-10-09 09:00")
    assert working_seconds(own, at("2026-10-05 00:00"), at("2026-10-10 00:00")) == 9 * 3600


def test_the_office_s_own_calendar_stays_what_it_is():
    before = working_seconds(OFFICE, at("2026-10-05 00:00"), at("2026-10-10 00:00"))
    without(OFFICE, [away("2026-10-05", "2026-10-10")])
    assert working_seconds(OFFICE, at("2026-10-05 00:00"), at("2026-10-10 00:00")) == before == 45 * 3600


def test_the_arithmetic_names_days_away():
    own = without(OFFICE, [away("2026-10-06", "2026-10-07"), away("2026-10-07", "2026-10-08", (9, 13))])
    told = [(share.kind, share.seconds) for share in day_by_day(own, at("2026-10-05 00:00"), at("2026-10-10 12:00"))]
    assert told == [
        (DayKind.WEEKLY, 32400), (DayKind.ABSENT, 0), (DayKind.ABSENT, 18000), (DayKind.WEEKLY, 32400),
        (DayKind.WEEKLY, 32400), (DayKind.WEEKLY, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        [("2026-01-01", "2300-01-01")],
        [("1000-01-01", "9999-12-31")],
        [(f"{year}-01-01", f"{year + 9}-01-01") for year in range(2020, 2190, 9)],
        [(f"{year}-01-01", f"{year + 1}-01-01") for year in range(2026, 2040)],
    ],
    ids=["one row", "absurd years", "row after row to the end of time", "year after year"],
)
def test_whoever_never_comes_back_has_the_office_s_calendar(rows):
    own = without(OFFICE, [away(*row) for row in rows])
    assert next_opening(own, at("2026-10-05 10:00")) == at("2026-10-05 10:00")
    assert working_seconds(own, at("2026-10-05 00:00"), at("2026-10-06 00:00")) == 9 * 3600


def test_every_hour_off_for_ever_is_never_coming_back_too():
    rows = [away(f"{year}-01-01", f"{year + 9}-01-01", (0, 12), (12, 24)) for year in range(2026, 2100, 9)]
    assert without(OFFICE, rows) is OFFICE


def test_leave_before_the_one_that_never_ends_still_counts():
    own = without(OFFICE, [away("2026-10-06", "2026-10-07"), away("2027-01-01", "2300-01-01")])
    assert not is_business_day(own, at("2026-10-06 10:00").date())
    assert is_business_day(own, at("2027-02-01 10:00").date())


def test_nine_years_of_leave_are_believed():
    own = without(OFFICE, [away("2026-01-01", "2035-01-01")])
    assert next_opening(own, at("2026-10-05 10:00")) == at("2035-01-02 09:00")


def test_an_office_that_is_itself_closed_for_years_needs_nobody_s_absence():
    rare = compile_calendar(
        CalendarSpec(
            special_hours={at(day).date(): [("09:00", "18:00")] for day in ("2020-01-06", "2040-01-06", "2040-01-07")}
        )
    )
    own = without(rare, [away("2040-01-06", "2040-01-07")])
    assert next_opening(own, at("2026-10-05 10:00")) == at("2040-01-07 09:00")


def test_answers_do_not_depend_on_the_order_of_questions():
    rows = [away("2026-10-05", "2026-10-08"), away("2031-03-03", "2031-03-08")]
    warm = without(OFFICE, rows)
    for year in (2100, 1950, 2031):
        next_opening(warm, datetime(year, 3, 4, tzinfo=UTC))
    fresh = without(compile_calendar(CalendarSpec(hours=WEEK)), rows)
    for text in ("2026-10-06 10:00", "2031-03-04 10:00"):
        assert next_opening(warm, at(text)) == next_opening(fresh, at(text))


class TestWhose:
    calendars = Calendars(
        OFFICE,
        by_role={"FS_OSAKA": OSAKA, "FS": SYDNEY},
        by_owner={"kato@example.jp": SYDNEY},
        absences={"sato@example.jp": (away("2026-10-06", "2026-10-07"),)},
        booked_count=True,
    )

    def test_everybody_else_works_by_the_clock_s_calendar(self):
        assert self.calendars.calendar_of("mori@example.jp") is OFFICE
        assert self.calendars.calendar_of("mori@example.jp", ["IS"]) is OFFICE
        assert self.calendars.calendar_of(None, ["FS"]) is SYDNEY

    def test_the_first_team_in_the_operator_s_order_counts(self):
        assert self.calendars.calendar_of("mori@example.jp", ["FS", "FS_OSAKA"]) is OSAKA

    def test_the_colleague_s_own_beats_the_team_s(self):
        assert self.calendars.calendar_of(" Kato@Example.JP ", ["FS_OSAKA"]) is SYDNEY

    def test_absences_are_taken_from_whichever_it_is(self):
        own = self.calendars.calendar_of("SATO@example.jp", ["FS_OSAKA"])
        assert next_opening(own, at("2026-10-06 10:00")) == at("2026-10-07 10:00")
        assert self.calendars.team_calendar_of("sato@example.jp", ["FS_OSAKA"]) is OSAKA

    def test_absences_from_elsewhere_come_on_top(self):
        own = self.calendars.calendar_of("sato@example.jp", booked=(away("2026-10-07", "2026-10-08"),))
        assert next_opening(own, at("2026-10-06 10:00")) == at("2026-10-08 09:00")

    def test_unless_they_do_not_count(self):
        calendars = replace(self.calendars, booked_count=False)
        assert calendars.calendar_of("x@example.jp", (), (away("2026-10-07", "2026-10-08"),)) is OFFICE

    def test_the_same_question_gets_the_same_calendar(self):
        booked = (away("2026-10-07", "2026-10-08"),)
        first = self.calendars.calendar_of("x@example.jp", (), booked)
        assert self.calendars.calendar_of("X@example.jp", (), (away("2026-10-07", "2026-10-08"),)) is first
        again = self.calendars.calendar_of("x@example.jp", (), (away("2026-10-07", "2026-10-09"),))
        assert next_opening(again, at("2026-10-07 10:00")) == at("2026-10-09 09:00")

    def test_a_queue_is_never_absent(self):
        assert self.calendars.calendar_of(None, booked=(away("2026-10-07", "2026-10-08"),)) is OFFICE

    def test_what_is_kept_ready_is_bounded(self):
        calendars, day = Calendars(OFFICE, booked_count=True), datetime(2026, 1, 5)
        for number in range(1_030):
            calendars.calendar_of(f"x{number}@example.jp", (), (Absence(day, day + timedelta(hours=20)),))
        assert len(calendars._ready) <= 1_024
