from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest

EIGHTH = "2026-01-08"


@pytest.mark.parametrize(
    "raw",
    [
        *(EIGHTH, "2026/1/8", "2026/01/08", "2026.1.8", "2026年1月8日", "２０２６年１月８日", "令和8年1月8日", "R8.1.8", "r8/1/8", "20260108"),
        *("2026/1/8(木)", "2026年1月8日（木）", "2026年1月8日 木曜日", "26年1月8日", "26/1/8", "Jan 8, 2026", "January 8th, 2026", "8 Jan 2026"),
        *("Thu, Jan 8, 2026", "46030", 46030, 46030.0, 1_767_830_400_000, "1767830400000", 1_767_830_400, "2026-01-08T00:00:00Z"),
        *("2026-01-08T00:00:00.000+0000", "2026-01-07T23:00:00Z", "2026-01-08T23:59:00+09:00", "2026/1/8 10:30", "2026年1月8日 午後3時"),
        *(date(2026, 1, 8), datetime(2026, 1, 8, tzinfo=UTC), datetime(2026, 1, 7, 23, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_dates(ask, raw) -> None:
    assert (ask("date", raw).state, ask("date", raw).value) == ("present", EIGHTH)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("平成31年4月30日", "2019-04-30"),
        ("令和元年5月1日", "2019-05-01"),
        ("昭和64年1月7日", "1989-01-07"),
        ("2024/2/29", "2024-02-29"),
    ],
)
def test_eras_and_leap_days(ask, raw, value) -> None:
    assert ask("date", raw).value == value


@pytest.mark.parametrize(
    ("region", "raw", "value"),
    [
        ("US", "1/8/2026", "2026-01-08"),
        ("GB", "1/8/2026", "2026-08-01"),
        ("JP", "13/1/2026", "2026-01-13"),
        ("JP", "1/13/2026", "2026-01-13"),
        ("JP", "8/8/2026", "2026-08-08"),
        ("JP", "1/8/2026", None),
        ("US", "1/8/26", None),
        ("US", "13/1/2026", None),
    ],
)
def test_the_order_of_day_and_month(ask, region, raw, value) -> None:
    answer = ask("date", raw, region=region)
    assert answer.value == value
    assert (answer.state == "invalid") == (value is None)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("2026/2/30", "no such date"),
        ("2026/13/1", "no such date"),
        ("2999-12-31", "out of range"),
        ("0206-10-01", "out of range"),
        ("2026", "a number that is no date"),
        ("8", "a number that is no date"),
        (0, "a number that is no date"),
        (-1, "a number that is no date"),
        (True, "not a date"),
        (math.inf, "not a date"),
        ("1/8", "not a date"),
        ("昨日", "not a date"),
        ("2026年1月", "not a date"),
        ("2026-01-08 に連絡", "not a date"),
        ("2026-01-08 25:00", "no such time"),
        (date(9999, 12, 31), "out of range"),
        ("9" * 30, "a number that is no date"),
    ],
)
def test_what_is_no_date(ask, raw, reason) -> None:
    answer = ask("date", raw)
    assert (answer.state, answer.reason) == ("invalid", reason)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("2026-01-08T10:00:00Z", "2026-01-08T10:00:00+00:00"),
        ("2026-01-08T10:00:00.000+0000", "2026-01-08T10:00:00+00:00"),
        ("2026-01-08T10:00:00+09:00", "2026-01-08T10:00:00+09:00"),
        ("2026-01-08T10:00:00-0500", "2026-01-08T10:00:00-05:00"),
        ("2026-01-08T10:00:00", "2026-01-08T10:00:00+09:00"),
        ("2026/1/8 10:30", "2026-01-08T10:30:00+09:00"),
        ("2026/1/8 10:30:15", "2026-01-08T10:30:15+09:00"),
        ("2026/1/8(木) 10:30", "2026-01-08T10:30:00+09:00"),
        ("2026/1/8 3:05 PM", "2026-01-08T15:05:00+09:00"),
        ("2026/1/8 12:05 AM", "2026-01-08T00:05:00+09:00"),
        ("2026年1月8日 10時30分", "2026-01-08T10:30:00+09:00"),
        ("2026年1月8日10時", "2026-01-08T10:00:00+09:00"),
        ("2026年1月8日 午後3時半", "2026-01-08T15:30:00+09:00"),
        ("2026-01-08 10:00 JST", "2026-01-08T10:00:00+09:00"),
        (46030.5, "2026-01-08T12:00:00+09:00"),
        (1_767_830_400_000, "2026-01-08T00:00:00+00:00"),
        (1_767_830_400, "2026-01-08T00:00:00+00:00"),
        (datetime(2026, 1, 8, 1, 2, 3, tzinfo=UTC), "2026-01-08T01:02:03+00:00"),
    ],
)
def test_instants(ask, raw, value) -> None:
    assert ask("datetime", raw).value == value


def test_an_instant_without_offset_is_in_the_contexts_zone(ask) -> None:
    raw = "2026-01-08 10:00"
    assert ask("datetime", raw, tz="America/New_York").value == "2026-01-08T10:00:00-05:00"
    assert ask("datetime", raw, region="GB").value == "2026-01-08T10:00:00+00:00"
    assert ask("datetime", raw, tz="No/Where").value == "2026-01-08T10:00:00+00:00"


def test_a_date_alone_is_its_midnight_and_says_so(ask) -> None:
    answer = ask("datetime", "2026/1/8")
    assert (answer.value, answer.reason) == ("2026-01-08T00:00:00+09:00", "no time given")


@pytest.mark.parametrize(
    "raw",
    [
        "12:00",
        "明日 10:00",
        "2026-01-08 10:60",
        "2026-01-08 13:00 pm",
        "2026-01-08T10:00:00+99:00",
        "2026-01-08T10:00:00+20:00",
        True,
    ],
)
def test_what_is_no_instant(ask, raw) -> None:
    assert ask("datetime", raw).state == "invalid"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("２０２６／０１／０８", EIGHTH),
        ("2026−01−08", EIGHTH),
        ("2026–01–08", EIGHTH),
        ("2026ー01ー08", EIGHTH),
        ("2026/ 1/ 8", EIGHTH),
        ("2026年 1月 8日", EIGHTH),
        ("２０２６年１月８日（木）", EIGHTH),
        ("2026-01-08 (Thu)", EIGHTH),
        ("令和８年１月８日", EIGHTH),
        ("R08.01.08", EIGHTH),
        ("26.1.8", EIGHTH),
        ("8-Jan-2026", EIGHTH),
        ("Thursday, January 8, 2026", EIGHTH),
        ("Thu, 08 Jan 2026 10:00:00 GMT", EIGHTH),
        ("202601081000", EIGHTH),
        ("20260108T100000Z", None),
        ("260108", None),
        ("8.1.8", None),
        ("令和8年13月8日", None),
        ("2026/1/8頃", None),
        ("2026/1/8〜", None),
        ("1月8日", None),
        ("明日", None),
    ],
)
def test_dates_as_sheets_and_people_write_them(ask, raw, value) -> None:
    answer = ask("date", raw)
    assert answer.value == value
    assert (answer.state == "invalid") == (value is None)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("２０２６／１／８　１０：００", "2026-01-08T10:00:00+09:00"),
        ("2026/1/8 9:05:01", "2026-01-08T09:05:01+09:00"),
        ("2026/1/8（木）10時", "2026-01-08T10:00:00+09:00"),
        ("2026/1/8（木）10時半", "2026-01-08T10:30:00+09:00"),
        ("2026年1月8日10:00", "2026-01-08T10:00:00+09:00"),
        ("2026年1月8日 午後3:30", "2026-01-08T15:30:00+09:00"),
        ("2026年1月8日 午前0時", "2026-01-08T00:00:00+09:00"),
        ("2026年1月8日 午後0時", "2026-01-08T12:00:00+09:00"),
        ("令和8年1月8日 10:00", "2026-01-08T10:00:00+09:00"),
        ("R8.1.8 10:00", "2026-01-08T10:00:00+09:00"),
        ("2026/1/8 PM3:00", "2026-01-08T15:00:00+09:00"),
        ("2026/1/8 10:00PM", "2026-01-08T22:00:00+09:00"),
        ("Jan 8, 2026, 10:00 AM", "2026-01-08T10:00:00+09:00"),
        ("8 Jan 2026 10:00", "2026-01-08T10:00:00+09:00"),
        ("Jan. 8, 2026 at 2:57 p.m.", "2026-01-08T14:57:00+09:00"),
        ("Thu, 08 Jan 2026 10:00:00 GMT", "2026-01-08T10:00:00+00:00"),
        ("Thu, 08 Jan 2026 10:00:00 +0900", "2026-01-08T10:00:00+09:00"),
        ("2026-01-08T10:00:00.123456Z", "2026-01-08T10:00:00+00:00"),
        ("2026-01-08T10:00:00.000-08:00", "2026-01-08T10:00:00-08:00"),
        ("2026-01-08T10:00Z", "2026-01-08T10:00:00+00:00"),
        ("20260108100000", "2026-01-08T10:00:00+09:00"),
        ("20260108T100000", "2026-01-08T10:00:00+09:00"),
        ("202601081000", "2026-01-08T10:00:00+09:00"),
        ("46030.416666667", "2026-01-08T10:00:00+09:00"),
        ("1767830400123", "2026-01-08T00:00:00.123000+00:00"),
        # no instant, or not one
        ("2026/1/8 10:00-11:00", None),
        ("2026/1/8 10:00～11:00", None),
        ("2026-01-08 10:00-11:00", None),
        ("2026/1/8 24:00", None),
        ("2026年1月8日 午後15時", None),
        ("2026-01-08T10:00:61Z", None),
        ("2026-01-08 10:00 PST", None),
        ("2026/1/8 10:00頃", None),
        ("1/8/2026 10:00", None),
        ("10:00", None),
        ("今日 10:00", None),
    ],
)
def test_instants_as_sheets_and_people_write_them(ask, raw, value) -> None:
    answer = ask("datetime", raw)
    assert answer.value == value
    assert (answer.state == "invalid") == (value is None)
