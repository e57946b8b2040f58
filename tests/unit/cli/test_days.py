"""Working time told day by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from sync.cli.catalogue import TEXTS, speak
from sync.cli.days import DayTeller
from sync.cli.explanation import Teller
from sync.core.calendar import CalendarSpec, DayKind, compile_calendar
from sync.core.model.handoff import AttemptFinding
from tests.cases.clocks.ask import judge_case
from tests.handoffs import TOKYO, settings

OFFICE = CalendarSpec(
    hours={day: [("09:00", "12:00"), ("13:00", "18:00")] for day in range(5)},
    closures=[(date(2026, 12, 29), date(2027, 1, 4))],
    special_hours={date(2026, 12, 28): [("09:00", "12:00")], date(2026, 12, 25): []},
    extra_working_days=frozenset({date(2026, 10, 10)}),
)


def told(start: str, end: str, language: str = "en", spec: CalendarSpec = OFFICE, whole: bool = False) -> list[str]:
    calendar = compile_calendar(spec)
    first, last = (datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(spec.tz)) for text in (start, end))
    return DayTeller(speak(language), language).lines(calendar, first, last, whole=whole)


def test_the_intervals_the_seconds_and_the_sum_of_every_day() -> None:
    assert told("2026-10-09 17:30", "2026-10-13 13:30:05") == [
        "2026-10-09 Fri  17:30–18:00  0:30:00 (sum 0:30:00)",
        "2026-10-10 Sat  09:00–12:00 13:00–18:00  8:00:00 (sum 8:30:00)  extra working day",
        "2026-10-11 Sun  not a working day of the week",
        "2026-10-12 Mon  public holiday Sports Day",
        "2026-10-13 Tue  09:00–12:00 13:00–13:30:05  3:30:05 (sum 12:00:05)",
    ]


def test_days_off_have_their_reason_and_stand_together() -> None:
    assert told("2026-12-24 19:00", "2027-01-05 10:00", "ja") == [
        "2026-12-24 (木)　営業時間外のみ（累計 0:00:00）",
        "2026-12-25 (金)　臨時休業",
        "2026-12-26 (土)–2026-12-27 (日)　定休日",
        "2026-12-28 (月)　09:00–12:00　3:00:00（累計 3:00:00）　特別営業時間",
        "2026-12-29 (火)–2027-01-04 (月)　休業",
        "2027-01-05 (火)　09:00–10:00　1:00:00（累計 4:00:00）",
    ]


def test_of_a_long_span_the_ends_are_shown_and_the_middle_is_summed() -> None:
    short, whole = told("2026-01-05", "2026-12-28"), told("2026-01-05", "2026-12-28", whole=True)
    assert (short[:9], short[-3:]) == (whole[:9], whole[-3:])
    assert len(short) == 13
    assert short[9].startswith("… ") and short[9].count("days") == 1
    assert len(whole) > 200


def test_more_than_ten_years_are_not_told_unasked() -> None:
    assert told("2016-01-01", "2026-01-10") == ["more than ten years: not told day by day"]
    assert len(told("2016-01-10", "2026-01-09")) == 13


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", "23:00:00"), ("2026-10-25", "25:00:00")])
def test_a_day_on_which_clocks_change_says_so(day: str, hours: str) -> None:
    spec = CalendarSpec(tz="Europe/Berlin", hours={6: [("00:00", "24:00")]}, holiday_country=None)
    (line,) = told(f"{day} 00:00", f"{day} 23:59:59", spec=spec)
    following = told(f"{day} 00:00", f"{date.fromisoformat(day).replace(day=int(day[-2:]) + 1)}", spec=spec)
    assert line.endswith("the clocks change")
    assert following[0] == f"{day} Sun  00:00–24:00  {hours} (sum {hours})  the clocks change"


def test_every_reason_has_its_words() -> None:
    assert {f"day_off.{kind}" for kind in DayKind} <= set(TEXTS)


def explain(events: list[dict[str, str]], clock: str = "inquiry") -> list[str]:
    """The arithmetic that `explain` shows below a clock whose lead came on Monday 5 October 10:00."""
    rules = settings().rules
    found = judge_case({"events": events, "now": "10-20 12:00", "source": "紹介"}, clock)
    calendars = {policy.id: policy.calendar for policy in (rules.is_clock, rules.fs_clock)}
    lines = Teller(speak("en"), "en", settings().mapping, TOKYO, calendars).clock(found)
    heads = [n for n, line in enumerate(lines) if "working time until" in line]
    return lines[heads[0] :]


def test_explain_tells_the_deadline_and_the_contact_of_a_clock() -> None:
    assert explain([{"call": "10-07 09:30"}]) == [
        "    working time until it is due",
        "      2026-10-05 Mon  10:00–18:00  8:00:00 (sum 8:00:00)",
        "      2026-10-06 Tue  09:00–18:00  9:00:00 (sum 17:00:00)",
        "    working time until the contact",
        "      2026-10-05 Mon  10:00–18:00  8:00:00 (sum 8:00:00)",
        "      2026-10-06 Tue  09:00–18:00  9:00:00 (sum 17:00:00)",
        "      2026-10-07 Wed  09:00–09:30  0:30:00 (sum 17:30:00)",
    ]


def test_explain_shows_pauses_between_the_days_that_they_divide() -> None:
    case = {
        "policy": {"pause_when": "status == '保留'"},
        "events": [
            {"status": "保留", "from": "Open", "on": "10-05 12:00"},
            {"status": "Open", "from": "保留", "on": "10-07 17:30"},
            {"call": "10-08 11:00"},
        ],
        "now": "10-20 12:00",
    }
    found = judge_case(case, "policy")
    calendars = {found.id: settings().rules.is_clock.calendar}
    lines = [line.strip() for line in Teller(speak("en"), "en", settings().mapping, TOKYO, calendars).clock(found)]
    paused = "stood still 2026-10-05 12:00:00 JST – 2026-10-07 17:30:00 JST"
    assert lines[lines.index("working time until it is due") + 1 :] == [
        "2026-10-05 Mon  10:00–12:00  2:00:00 (sum 2:00:00)",
        paused,
        "2026-10-07 Wed  17:30–18:00  0:30:00 (sum 0:30:00)",
        "2026-10-08 Thu  09:00–10:30  1:30:00 (sum 2:00:00)",
        "working time until the contact",
        "2026-10-05 Mon  10:00–12:00  2:00:00 (sum 2:00:00)",
        paused,
        "2026-10-07 Wed  17:30–18:00  0:30:00 (sum 0:30:00)",
        "2026-10-08 Thu  09:00–11:00  2:00:00 (sum 2:30:00)",
    ]


def test_explain_names_a_clock_of_the_company_and_its_attempts() -> None:
    found = replace(judge_case({"events": [], "now": "10-05 12:00"}, "policy"), id="demo_call", published=False)
    teller = Teller(speak("ja"), "ja", settings().mapping, TOKYO, {}, {"demo_call": "デモ後の連絡"})
    assert teller.clock(found)[0].startswith("  デモ後の連絡 [demo_call] （計測のみ）")
    assert teller.attempts(AttemptFinding(1)) == []
    assert teller.attempts(AttemptFinding(1, 3, True)) == [
        "  接触の試み 1回（目安 3回以上）", "    目安の回数に達する前に追客を終えています",
    ]  # fmt: skip


def test_explain_has_no_days_of_a_contact_before_the_start() -> None:
    assert [line for line in explain([{"call": "10-02 15:00"}]) if "contact" in line] == []
