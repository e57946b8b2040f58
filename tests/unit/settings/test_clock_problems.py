"""Clocks that could not work on their calendar are refused before anything is judged, with the line to look at."""

from __future__ import annotations

import pytest

BATON, DEFINITION = "config/baton.yaml", "config/definition.yaml"
WEEK = 'hours: {mon: ["09:00-18:00"], tue: ["09:00-18:00"], wed: ["09:00-18:00"], thu: ["09:00-18:00"], fri: ["09:00-18:00"]}'
ONCE = "special_hours: {}"
PASS_TARGET = "confirm_after: 15m\n    target: 1 business_days"


def only_on(folder, *days: str) -> None:
    """A calendar that is open on single dates alone."""
    folder.edit(BATON, WEEK, "hours: {}")
    folder.edit(
        BATON, ONCE, f"special_hours: {{{', '.join(f'{day}: [{chr(34)}09:00-18:00{chr(34)}]' for day in days)}}}"
    )


def told(folder) -> dict[str, str]:
    return {problem.message: problem.path for problem in folder.problems()}


def line_of(folder, name: str, text: str, after: str = "") -> str:
    rows = (folder.root / name).read_text(encoding="utf-8").splitlines()
    start = next(n for n, row in enumerate(rows) if after in row)
    return f"{name}:{next(n for n, row in enumerate(rows) if n >= start and text in row) + 1}"


def test_the_shipped_clocks_work(folder):
    folder.load()


def test_a_clock_whose_calendar_is_over_can_never_start(folder):
    only_on(folder, "2025-04-01", "2025-04-02", "2025-04-03")

    problems = told(folder)

    assert {message.partition(":")[0] for message in problems} == {
        "clocks.is_first_contact.calendar", "clocks.fs_first_contact.calendar", "clocks.fs_accept.calendar",
    }  # fmt: skip
    assert all("can never start" in message for message in problems)
    assert line_of(folder, BATON, "calendar: tokyo", "fs_first_contact:") in problems.values()


def test_a_target_without_enough_working_time_is_named_with_its_line(folder):
    only_on(folder, "2026-09-01", "2026-09-02", "2026-10-05", "2026-10-06")

    problems = told(folder)

    places = {message.partition(":")[0]: place for message, place in problems.items()}
    assert places["clocks.is_first_contact.target.event"] == line_of(folder, BATON, "event: 5 business_days")
    assert places["clocks.fs_first_contact.target"] == line_of(
        folder, BATON, "target: 1 business_days", "fs_first_contact:"
    )
    assert any("could never be due from 2026-10-01 on" in message for message in problems), "5 days are not there"
    assert any("could never be due from 2036-10-01 on" in message for message in problems), "and in ten years none"


def test_a_look_back_without_earlier_working_days_is_named(folder):
    only_on(folder, "2026-10-05", "2026-10-06")

    place = next(p for m, p in told(folder).items() if m.startswith("clocks.fs_first_contact.look_back"))

    assert place == line_of(folder, BATON, "look_back", "fs_first_contact:")


def test_a_closure_without_end_ends_the_clocks(folder):
    folder.edit(BATON, "closures: []", "closures: [2026-12-01..2999-12-31]")

    assert any("could never be due from 2036" in message for message in told(folder))


@pytest.mark.parametrize("target", ["9999999 business_days", "9999999 business_hours", "9999999 days"])
def test_a_target_beyond_the_calendar_s_years_is_refused(folder, target):
    line = folder.edit(BATON, PASS_TARGET, PASS_TARGET.replace("1 business_days", target)) + 1

    assert {place for m, place in told(folder).items() if "could never be due" in m} == {f"{BATON}:{line}"}


@pytest.mark.parametrize("target", ["2000 business_hours", "none", "3000 business_days"])
def test_a_long_target_that_is_met_one_day_is_taken(folder, target):
    folder.edit(BATON, PASS_TARGET, PASS_TARGET.replace("1 business_days", target))
    folder.load()


def test_a_pass_event_that_never_happens_is_named(folder):
    line = folder.edit(DEFINITION, "status_in: {salesforce.Lead: [SQL]}", "status_in: {salesforce.Lead: []}")

    assert {place for m, place in told(folder).items() if "names no status" in m} == {f"{DEFINITION}:{line}"}
