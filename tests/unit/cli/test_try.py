"""`baton try`: the JSONL contracts, to the letter."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest

from sync import resources
from sync.cli.try_clock import answer_clock, answer_lines
from sync.cli.try_value import answer_lines as answer_values
from sync.cli.try_value import make_reader

OFFICE = {
    "tz": "Asia/Tokyo",
    "hours": {str(day): [["09:00", "12:00"], ["13:00", "18:00"]] for day in range(5)},
    "holidays": ["2026-01-01"],
    "special": {"2026-12-28": [["09:00", "12:00"]]},
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return make_reader(tmp_path_factory.mktemp("empty"))


def test_the_documented_timing_is_answered_as_documented(reader, capsys):
    line = (
        '{"id": "1", "as": "timing", "value": "来期", "context": {"region": "JP", "written_on": "2026-01-15", '
        '"fiscal_year_start": 4, "item": "timing"}}'
    )

    assert answer_values(reader, [line.encode()]) == 0
    assert capsys.readouterr().out == (
        '{"id":"1","state":"present","value":{"from":"2026-04-01","to":"2027-03-31"},"reason":null}\n'
    )


@pytest.mark.parametrize(
    ("question", "state", "value"),
    [
        ({"as": "money", "value": "300〜500万"}, "present", {"low": 3000000, "high": 5000000, "currency": "JPY"}),
        ({"as": "phone", "value": "03-5253-1111 内線7742"}, "present", {"e164": "+81352531111", "extension": "7742"}),
        ({"as": "date", "value": "令和8年1月8日"}, "present", "2026-01-08"),
        ({"as": "text", "value": "確認中"}, "placeholder", None),
        ({"as": "text", "value": "特になし", "context": {"item": "ng_topics"}}, "declared_none", None),
        ({"as": "picklist", "value": "確保済み", "context": {"item": "budget_status"}}, "present", "secured"),
        ({"value": "デモ依頼", "context": {"item": "lead_source"}}, "present", "demo"),
        ({"as": "email", "value": None}, "missing", None),
        ({"as": "email", "value": "not an address"}, "invalid", None),
    ],
)
def test_a_value_gets_its_state(reader, question, state, value):
    answer = reader.answer({"id": 7, **question})

    assert list(answer) == ["id", "state", "value", "reason"]
    assert (answer["id"], answer["state"]) == (7, state)
    if value is not None:
        assert answer["value"] == value


def test_a_line_that_cannot_be_read_is_told_and_the_others_are_answered(reader, capsys):
    lines = [
        b"not json\n",
        b'{"id": "a", "as": "mony", "value": "1"}\n',
        b"\n",
        b"[1]\n",
        b'{"as": "text", "value": "x"}\n',
    ]

    assert answer_values(reader, lines) == 1
    answers = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["error" in answer for answer in answers] == [True, True, True, False]
    assert answers[1]["id"] == "a" and "money" in answers[1]["error"]


def test_an_unknown_context_key_is_refused(reader):
    with pytest.raises(ValueError, match="fiscal_year_start"):
        reader.answer({"as": "timing", "value": "来期", "context": {"fiscal_start": 4}})


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            {"start": "2026-10-06T11:30:00+09:00", "end": "2026-10-06T13:30:00+09:00"},
            {"working_seconds": 3600, "elapsed_seconds": 7200},
        ),
        (
            {"start": "2026-10-09T17:00:00+09:00", "end": "2026-10-12T10:00:00+09:00"},
            {"working_seconds": 7200, "elapsed_seconds": 234000},
        ),
        (
            {"start": "2026-10-06T12:00:00+09:00", "end": "2026-10-06T08:00:00+09:00"},
            {"working_seconds": 0, "elapsed_seconds": -14400},
        ),
        (
            {"start": "2026-10-06T17:00:00+09:00", "target": "120 business_minutes"},
            {"due": "2026-10-07T10:00:00+09:00"},
        ),
        ({"start": "2026-10-09T20:00:00+09:00", "target": "same_business_day"}, {"due": "2026-10-12T18:00:00+09:00"}),
        ({"start": "2026-12-25T10:00:00+09:00", "target": "1 business_days"}, {"due": "2026-12-28T12:00:00+09:00"}),
        ({"start": "2026-10-06T01:00:00Z", "target": "24 hours"}, {"due": "2026-10-07T10:00:00+09:00"}),
        ({"start": "2026-10-06T10:00:00", "target": "none"}, {"due": None}),
        (
            {"start": "2026-10-06T16:30:00+09:00", "target": "same_business_day", "cutoff": "16:00"},
            {"due": "2026-10-07T12:00:00+09:00"},
        ),
        (
            {"start": "2026-10-06T10:00", "target": "24 hours", "pauses": [["2026-10-06T12:00", "2026-10-06T13:30"]]},
            {"due": "2026-10-07T11:30:00+09:00"},
        ),
        (
            {
                "start": "2026-10-06T17:00",
                "end": "2026-10-08T09:00",
                "pauses": [["2026-10-06T17:30", "2026-10-08T00:00"]],
            },
            {"working_seconds": 1800, "elapsed_seconds": 144000},
        ),
    ],
)
def test_the_calendar_is_asked_as_documented(question, answer):
    assert answer_clock({"id": "9", "calendar": OFFICE, **question}) == {"id": "9", **answer}


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"end": "2026-10-06T10:00:00Z"}, "start is missing"),
        ({"start": "2026-10-06T10:00:00Z"}, "end is missing"),
        ({"start": "2026-10-06T10:00:00Z", "target": "soon"}, "is not a target"),
        ({"start": "2026-10-06T10:00:00Z", "end": "x", "calendar": {"tz": "Mars/Base"}}, "Mars/Base"),
        ({"start": "2026-10-06T10:00:00Z", "end": "x", "calendar": {"hours": {}}}, "no working time"),
        ({"start": "2026-10-06T10:00:00Z", "end": "x", "calendar": {"hours": 5}}, "documented shape"),
        ({"start": "2026-10-06T10:00:00Z", "end": "x", "calendar": {"holiday": []}}, "unknown key"),
        ({"start": "2026-10-06", "end": "x", "calendar": {**OFFICE, "country": "DE", "subdivision": "XX"}}, "DE XX"),
        ({"start": "2026-10-06", "end": "x", "calendar": {**OFFICE, "absences": [["x"]]}}, "documented shape"),
        (
            {"start": "2026-10-06", "end": "x", "calendar": {**OFFICE, "absences": [["2026-10-06", "9999-12-31"]]}},
            "shape",
        ),
        (
            {"start": "2026-10-06", "end": "x", "calendar": {**OFFICE, "absences": [["2026-10-06", "2026-10-06T01Z"]]}},
            "both",
        ),
        (
            {
                "start": "2026-10-06",
                "end": "x",
                "calendar": {**OFFICE, "absences": [["2026-10-06", "2026-10-06", "x"]]},
            },
            "'x'",
        ),
        ({"start": "2026-10-06", "end": "2026-10-07", "pauses": [["2026-10-06"]]}, "pauses: a list"),
        ({"start": "2026-10-06", "end": "2026-10-07", "pauses": [["2026-10-07", "2026-10-06"]]}, "ends before"),
        ({"start": "2026-10-06", "end": "2026-10-07", "pauses": [["2026-10-07", "x"]]}, "no instant"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(question, message):
    with pytest.raises(ValueError, match=message):
        answer_clock({"calendar": OFFICE, **question})


def test_a_calendar_of_the_contract_may_be_a_colleague_s():
    absences = [
        ["2026-10-06", "2026-10-07"],
        ["2026-10-08", "2026-10-08", "09:00-13:00"],
        ["2026-10-09T00:00Z", "2026-10-09T02:00Z"],
    ]
    question = {"calendar": {**OFFICE, "absences": absences}, "start": "2026-10-05T18:00:00+09:00"}

    assert answer_clock({**question, "target": "6 business_hours"}) == {"due": "2026-10-09T12:00:00+09:00"}
    assert answer_clock({**question, "end": "2026-10-08T14:00:00+09:00"})["working_seconds"] == 3600


def test_holidays_of_the_contract_may_be_those_of_a_part_of_a_country():
    question = {"start": "2026-01-05T18:00:00+09:00", "target": "same_business_day"}

    due = {
        place: answer_clock({"calendar": {**OFFICE, "country": "DE", "subdivision": place}, **question})["due"]
        for place in ("BY", "BE")
    }

    assert due == {"BY": "2026-01-07T18:00:00+09:00", "BE": "2026-01-06T18:00:00+09:00"}, "Epiphany"


def test_a_clock_may_be_asked_for_a_colleague_or_a_team(baton, tmp_path):
    (tmp_path / "config").mkdir()
    for name in ("baton.yaml", "definition.yaml"):
        shutil.copy(resources.shipped(f"config/{name}"), tmp_path / "config" / name)
    path = tmp_path / "config/baton.yaml"
    week = ", ".join(f'{day}: ["08:00-16:00"]' for day in ("mon", "tue", "wed", "thu", "fri"))
    office = f"absences: {{file: config/away.csv}}\ncalendars:\n  sydney: {{tz: Australia/Sydney, hours: {{{week}}}, roles: [FS]}}\n"
    path.write_text(path.read_text(encoding="utf-8").replace("calendars:\n", office), encoding="utf-8")
    (tmp_path / "config/away.csv").write_text("user,from\nis1@example.jp,2026-10-06\n", encoding="utf-8")
    asked = (
        "try",
        "clock",
        "--start",
        "2026-10-06T10:00:00+09:00",
        "--target",
        "1 business_hours",
        "--config",
        str(tmp_path),
    )

    plain, own, team = (
        baton(*asked, "--json", *more) for more in ((), ("--owner", "IS1@example.jp"), ("--role", "FS"))
    )
    told, unknown = baton(*asked, "--owner", "is1@example.jp", "--days"), baton(*asked, "--role", "FX")

    assert [orjson.loads(answer.out)["due"] for answer in (plain, own, team)] == [
        "2026-10-06T11:00:00+09:00", "2026-10-07T10:00:00+09:00", "2026-10-06T13:00:00+11:00",
    ]  # fmt: skip
    assert "2026-10-06 (火)　不在" in told.out
    assert unknown.code == 2


def test_a_bad_question_does_not_stop_the_others(capsys):
    good = {"id": "b", "calendar": OFFICE, "start": "2026-10-06T09:00:00+09:00", "end": "2026-10-06T10:00:00+09:00"}

    code = answer_lines(Path(), [b'{"id": "a", "calendar": {}}', orjson.dumps(good)])

    answers = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 1
    assert answers[0]["id"] == "a" and "line 1" in answers[0]["error"]
    assert answers[1] == {"id": "b", "working_seconds": 3600, "elapsed_seconds": 3600}


def test_one_value_and_one_clock_from_the_command_line(baton, tmp_path):
    config = ("--config", str(tmp_path))

    assert baton("try", "value", "300〜500万", "--as", "money", *config).out.startswith("present")
    assert baton("try", "value", "課長", "--item", "job_title", "--json", *config).json["value"]["rank"] == "manager"
    due = baton("try", "clock", "--start", "2026-10-09T17:30:00", "--target", "1 business_days", "--json", *config)
    assert due.json == {"due": "2026-10-13T18:00:00+09:00"}, "12 October 2026 is a holiday in Japan"


@pytest.mark.parametrize(
    "arguments",
    [
        ("value",),
        ("value", "x"),
        ("value", "x", "--as", "nothing"),
        ("clock", "--start", "2026-10-09T17:30:00"),
        ("clock", "--start", "yesterday", "--end", "today"),
    ],
)
def test_a_wrong_call_ends_with_2(baton, tmp_path, arguments):
    assert baton("try", *arguments, "--config", str(tmp_path)).code == 2


def test_lines_come_through_standard_input_and_output(baton, tmp_path):
    lines = '{"id": "1", "as": "money", "value": "1.5億"}\n'

    done = baton("try", "value", "--jsonl", "--config", str(tmp_path), said=lines)

    assert (done.code, done.err) == (0, "")
    assert done.json["value"]["low"] == 150_000_000


def test_one_clock_is_told_day_by_day(baton, tmp_path):
    asked = ("try", "clock", "--start", "2026-10-09T17:30:00", "--config", str(tmp_path))

    told = baton(*asked, "--target", "1 business_days").out.splitlines()
    assert told[0] == "2026-10-13 18:00:00 JST"
    assert told[3] == "  2026-10-12 (月)　祝日 スポーツの日"
    assert told[4] == "  2026-10-13 (火)　09:00–18:00　9:00:00（累計 9:30:00）"
    assert baton(*asked, "--target", "1 business_days", "--no-days").out.splitlines() == told[:1]
    assert len(baton(*asked, "--end", "2026-12-31T12:00", "--days").out.splitlines()) > 50
    assert "実時間" in baton(*asked, "--target", "24 hours").out
    assert baton(*asked, "--target", "none").out.splitlines() == ["—"]
    days = baton(*asked, "--end", "2026-10-13T10:00", "--days", "--json").json["days"]
    assert [day["total"] for day in days] == [1800, 1800, 1800, 1800, 5400]
