"""The worked examples beside this file: the page says what the files say, and the engine what the page says."""

from __future__ import annotations

import pytest

from tests.cases.clocks.ask import answer_arithmetic, answer_clock, expect_arithmetic, expect_clock, make_calendar
from tests.cases.clocks.read import CLOCKS, PAGES, Case, read_page
from tests.cases.clocks.table import render

FILES = {name: read_page(name) for name in PAGES}
CALENDARS = {name: make_calendar(said) for name, said in FILES["arithmetic"].calendars.items()}
JUDGED = [pytest.param(page, case, id=case["name"]) for page in PAGES[1:] for case in FILES[page].cases]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in FILES["arithmetic"].cases])
def test_the_calendar_answers_as_worked_out(case: Case) -> None:
    calendar = CALENDARS[case["calendar"]]
    assert answer_arithmetic(case, calendar) == expect_arithmetic(case, calendar.zone)


@pytest.mark.parametrize(("page", "case"), JUDGED)
def test_the_clock_stands_as_worked_out(page: str, case: Case) -> None:
    assert answer_clock(case, page) == expect_clock(case)


def test_the_page_is_the_files() -> None:
    assert (CLOCKS / "README.md").read_text(encoding="utf-8") == render(), "run .venv/bin/python -m tests.cases.clocks"


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case["name"] for page in FILES.values() for case in page.cases]
    assert len(names) == len(set(names))
    assert len(names) >= 70


def test_no_case_says_what_nobody_reads() -> None:
    known = {
        *(
            "name",
            "calendar",
            "start",
            "target",
            "cutoff",
            "end",
            "back",
            "due",
            "reaches",
            "opens",
            "working",
            "elapsed",
        ),
        *("created", "source", "clock", "task_types", "integration_users", "automation_users", "native_sync_users"),
        *("events", "now", "reread", "breached", "state", "contact", "corrected", "asks", "why"),
        *("policy", "at_risk", "attempts", "early", "others"),
    }
    assert not {key for page in FILES.values() for case in page.cases for key in case} - known
