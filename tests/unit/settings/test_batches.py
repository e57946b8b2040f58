"""`batch` and `batches` of a clock: shipped for the first contact, and what could not work is refused with its line."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sync.core.rules.definition import BatchPolicy, BatchRule, GivenBatch

BATON = "config/baton.yaml"
SHIPPED = "    batch: {at_least: 50, within: 1 hours, sources: [event, business_card, list], worked_by: [IS], capacity_per_day: 20}"
CARDS = "source: 名刺交換, from: 2026-11-20, to: 2026-11-21, start: 2026-11-18"


def test_it_ships_for_the_first_contact_and_may_be_taken_out(folder) -> None:
    sources = frozenset({"event", "business_card", "list"})
    shipped = BatchPolicy(BatchRule(50, timedelta(hours=1)), sources, (), 20, frozenset({"IS"}))
    assert [clock.batch for clock in folder.load().rules.clocks] == [shipped, None, None]
    before = folder.load().rules.rules_hash
    folder.edit(BATON, SHIPPED, "    #")
    rules = folder.load().rules
    assert rules.is_clock.batch is None
    assert rules.rules_hash != before, "everybody is judged again"


def test_what_the_operator_knows_of_uploads(folder) -> None:
    given = (
        f"    batches: [{{{CARDS}, rank: A}}, {{source: 1234, from: 2026-11-20, to: 2026-11-20, start: 2026-11-20}}]"
    )
    folder.edit(BATON, SHIPPED, f"    batch: {{within: 30m, people: 12}}\n{given}")
    policy = folder.load().rules.is_clock.batch
    first, last, start = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 18)
    assert policy.given == (
        GivenBatch("名刺交換", first, last, start, "A"),
        GivenBatch("1234", first, first, first, None),
    )
    assert (policy.rule.key, policy.people, policy.worked_by) == ("50/1800", 12, {"IS", "FS"})


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("batch: {at_least: 1}", "at_least"),
        ("batch: {within: 2 days}", "no span between a minute and a day"),
        ("batch: {within: 30s}", "no span between a minute and a day"),
        ("batch: {within: soon}", "not a span of time"),
        ("batch: {sources: [events]}", "no lead_source"),
        ("batch: {sources: []}", "sources"),
        ("batch: {worked_by: [SDR]}", "no role"),
        ("batch: {capacity_per_day: 0}", "capacity_per_day"),
        ("batch: {people: 0}", "people"),
        ("batch: {capacity: 20}", "unknown setting"),
        (f"batches: [{{{CARDS}}}]", "batch is not on"),
        (f"batch: {{}}\n    batches: [{{{CARDS}, rank: D}}]", "rank"),
        ("batch: {}\n    batches: [{source: 展示会, from: 2026-11-21, to: 2026-11-20, start: 2026-11-20}]", "to lies before from"),
        ("batch: {}\n    batches: [{source: 展示会, from: 2026-11-20, to: 2026-11-20, start: 2062-11-20}]", "more than a year"),
        ('batch: {}\n    batches: [{source: " ", from: 2026-11-20, to: 2026-11-20, start: 2026-11-20}]', "source is empty"),
        ("batch: {}\n    batches: [{source: 展示会, from: 2026-11-20, to: 2026-11-20}]", "start is missing"),
        ("batch: {}\n    start: passed_at", "start at the latest inquiry"),
        ("batch: {}\n    changes: [{from: 2027-01-01, start: assigned}]", "start at the latest inquiry"),
    ],
)  # fmt: skip
def test_what_could_not_work_is_refused_with_its_line(folder, written: str, told: str) -> None:
    line = folder.edit(BATON, SHIPPED, f"    {written}")
    found = folder.problems()
    assert told in found[0].message
    assert found[0].hint or "should" in found[0].message
    assert found[0].path.startswith(f"{BATON}:") and int(found[0].path.rpartition(":")[2]) <= line + 1


def test_a_day_beyond_the_calendar_is_refused(folder) -> None:
    folder.edit(BATON, "    closures: []", "    closures: [2027-06-01..9999-12-31]")
    given = "{source: 展示会, from: 2027-05-20, to: 2027-06-02, start: 2027-06-02, rank: A}"
    folder.edit(BATON, SHIPPED, f"    batch: {{}}\n    batches: [{given}]")
    found = [problem.message for problem in folder.problems()]
    assert any("batches.0.start: tokyo has too little working time after 2027-06-02" in message for message in found), (
        found
    )
