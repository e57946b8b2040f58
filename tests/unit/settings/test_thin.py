"""`thin` of a clock: on as shipped, off where it is taken out; what could not work is refused with its line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.rules.definition import ThinPolicy

BATON = "config/baton.yaml"
SHIPPED = "    thin: {stop_below: 30%, resume_above: 60%, over: 30 days, at_least: 20}    #"
POLICY = ThinPolicy(30, 60, timedelta(days=30), 20)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{stop_below: 0%}", "no share"),
        ("{stop_below: 30}", "no share"),
        ("{resume_above: 100%}", "no share"),
        ("{stop_below: 60%, resume_above: 30%}", "resume_above lies below stop_below"),
        ("{over: 30}", "no number of days"),
        ("{over: 0 days}", "no number of days"),
        ("{at_least: 0}", "at_least"),
    ],
)
def test_what_could_not_work_is_refused_with_its_line(folder, written: str, told: str) -> None:
    line = folder.edit(BATON, SHIPPED, f"    thin: {written} #")
    found = folder.problems()
    assert [problem.path for problem in found] == [f"{BATON}:{line}"]
    assert told in found[0].message


def test_an_answer_is_no_contact(folder) -> None:
    folder.edit(BATON, "    stop: decided ", "    thin: {}\n    stop: decided ")
    assert any("FS's answer stops this clock" in problem.message for problem in folder.problems())


@pytest.mark.parametrize("absent", ["    thin: null #", "    #"])
def test_both_published_clocks_ship_with_it_and_may_go_without(folder, absent: str) -> None:
    assert [clock.thin for clock in folder.load().rules.clocks] == [POLICY, POLICY, None]
    folder.edit(BATON, SHIPPED, absent)
    assert [clock.thin for clock in folder.load().rules.clocks] == [None, POLICY, None]


def test_changes_keep_it(folder) -> None:
    change = "    changes: [{from: 2027-04-01, target: 4 business_hours}]"
    folder.edit(BATON, SHIPPED, f"    thin: {{at_least: 50}}\n{change}\n    #")
    policy = folder.load().rules.is_clock
    assert policy.thin == policy.changes[0][1].thin == ThinPolicy(30, 60, timedelta(days=30), 50)
