"""Where too few contacts are on record nobody is accused; what was written before stays, and it is counted once a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from sync.cli.catalogue import speak
from sync.core.model.records import RecordRef
from sync.core.rules.definition import ThinPolicy
from sync.errors import TransientError
from sync.flow.status import status
from sync.flow.unenforced import Standing, read_count
from sync.store import open_store
from tests.store.house import House

POLICY = ThinPolicy(30, 60, timedelta(days=30), 20)


def guard(house: House, at_least: int = 3) -> None:
    rules = house.context.rules
    thin = replace(POLICY, at_least=at_least)
    house.change(rules=replace(rules, is_clock=replace(rules.is_clock, thin=thin), rules_hash=f"thin {at_least}"))


def leads(house: House, *ids: str, owner: str = "salesforce:User:IS1") -> list[RecordRef]:
    return [house.lead(one, owner=owner) for one in ids]


def call(house: House, lead: RecordRef) -> None:
    at = house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    house.sf.put(
        "Task", f"T{lead.record_id}", type="call", direction="outbound", at=at, logged_at=at, status="done",
        owner="salesforce:User:IS1", subjects=[str(lead)],
    )  # fmt: skip


def states(house: House, found: list[RecordRef]) -> list[object]:
    return [house.sf.flags(lead).get("is_sla") for lead in found]


def next_day(house: House) -> None:
    house.clock.pass_(hours=24)
    house.run()


@pytest.mark.parametrize(
    ("contacted", "counted", "before", "after"),
    [
        (0, 19, False, False),  # too few to say anything
        (0, 20, False, True),
        (6, 20, False, False),  # 30% is not below it
        (5, 20, False, True),
        (9, 20, False, False),  # between the two nothing changes
        (9, 20, True, True),
        (12, 20, True, True),  # 60% is not above it
        (13, 20, True, False),
        (19, 19, True, True),  # too few: it stays as it was
    ],
)
def test_the_bounds(contacted: int, counted: int, before: bool, after: bool) -> None:
    assert POLICY.stops(contacted, counted, stopped=before) is after


def test_too_few_handoffs_accuse_as_ever(house: House) -> None:
    guard(house, at_least=4)
    found = leads(house, "00Q1", "00Q2", "00Q3")
    house.settle()
    next_day(house)
    assert states(house, found) == ["breached"] * 3
    assert status(house.context).thin == ()


def test_a_lead_that_nobody_of_a_team_has_is_nobodys_want_of_records(house: House) -> None:
    guard(house)
    found = leads(house, "00Q1", "00Q2", "00Q3", owner="salesforce:Group:Q1")
    house.settle()
    next_day(house)
    assert states(house, found) == ["breached"] * 3


def test_without_contacts_on_record_nobody_is_accused_or_asked_about(house: House) -> None:
    guard(house)
    found = leads(house, "00Q1", "00Q2", "00Q3")
    house.settle()
    calls = house.sf.calls.count("activities")
    with capture_logs() as logs:
        next_day(house)
        house.run()
    assert states(house, found) == ["none"] * 3
    assert house.sf.calls.count("activities") == calls
    assert not any(values.get("is_sla") == "breached" for _, values in house.written)
    assert status(house.context).thin == (Standing("is_first_contact", "IS", 0, 3, True),)
    told = [log for log in logs if log["event"] == "thin_evidence"]
    assert [(log["team"], log["contacted"], log["counted"], log["stopped"]) for log in told] == [("IS", 0, 3, True)]
    assert "活動が記録されていない" not in str([house.sf.flags(lead).get("note") for lead in found])


def test_a_first_cycle_over_what_is_long_overdue_counts_before_it_accuses(house: House) -> None:
    found = leads(house, "00Q1", "00Q2", "00Q3")
    house.clock.pass_(hours=48)
    guard(house)
    house.run()
    assert states(house, found) == ["none"] * 3


def test_a_clock_that_started_before_the_span_does_not_count(house: House) -> None:
    guard(house)
    found = leads(house, "00Q1", "00Q2", "00Q3")
    house.clock.pass_(hours=24 * 31)
    house.run()
    assert states(house, found) == ["breached"] * 3


def test_who_was_accused_before_stays_accused(house: House) -> None:
    old = leads(house, "00Q1", "00Q2", "00Q3")
    house.settle()
    next_day(house)
    assert states(house, old) == ["breached"] * 3
    guard(house)
    new = leads(house, "00Q4")
    house.settle()
    next_day(house)
    assert states(house, [*old, *new]) == ["breached"] * 3 + ["none"]


def test_it_stays_stopped_until_more_than_enough_is_on_record_again(house: House) -> None:
    guard(house, at_least=4)
    found = leads(house, "00Q1", "00Q2", "00Q3", "00Q4")
    house.settle()
    next_day(house)
    assert states(house, found) == ["none"] * 4
    call(house, found[0])
    call(house, found[1])
    next_day(house)
    assert states(house, found) == ["met_late", "met_late", "none", "none"], (
        "a half is more than 30% and no more than 60%"
    )
    call(house, found[2])
    house.run()
    assert states(house, found)[3] == "none", "it is counted once a day"
    next_day(house)
    assert states(house, found) == ["met_late", "met_late", "met_late", "breached"]
    assert status(house.context).thin == ()


def test_what_changed_since_the_last_judgement_is_counted_as_it_is(house: House) -> None:
    guard(house)
    found = leads(house, "00Q1", "00Q2", "00Q3")
    house.settle()
    house.clock.pass_(hours=24)
    call(house, found[0])
    house.run()
    assert states(house, found) == ["met_late", "breached", "breached"], "a third has contacts: not below 30%"


def test_what_was_not_read_is_no_want_of_records(house: House) -> None:
    guard(house)
    found = leads(house, "00Q1", "00Q2", "00Q3", "00Q4")
    house.settle()
    for lead in found[:2]:
        call(house, lead)
    house.sf.broken = {"Task": TransientError("down")}
    house.clock.pass_(hours=6)
    next_day(house)
    assert [one.stopped for one in status(house.context).thin] == [True], "none of the calls is known"
    next_day(house)
    house.sf.broken = {}
    house.clock.pass_(minutes=5)
    house.run()
    assert status(house.context).thin == (), "a half has contacts: that is not below 30%, and all that was ever sure"
    assert states(house, found) == ["met", "met", "breached", "breached"]


def test_a_connection_that_was_never_reached_is_no_want_of_records(house: House) -> None:
    guard(house)
    leads(house, "00Q1", "00Q2", "00Q3")
    house.clock.pass_(hours=48)
    house.hs.tenant_error = TransientError("down")
    house.run()
    with house.context.store.read() as tx:
        count = read_count(tx)
    assert count is not None and count.before == frozenset(), (
        "what HubSpot holds may show otherwise: it is counted again"
    )
    house.hs.tenant_error = None
    house.run()
    house.run()
    with house.context.store.read() as tx:
        count = read_count(tx)
    assert count is not None and count.before is None


def test_a_stop_that_was_sure_outlasts_an_outage(house: House) -> None:
    guard(house, at_least=4)
    found = leads(house, "00Q1", "00Q2", "00Q3", "00Q4")
    house.settle()
    next_day(house)
    assert [one.stopped for one in status(house.context).thin] == [True]
    for lead in found[:2]:
        call(house, lead)
    house.sf.broken = {"Task": TransientError("down")}
    next_day(house)
    next_day(house)
    house.sf.broken = {}
    house.run()
    assert [one.stopped for one in status(house.context).thin] == [True], "a half is no more than 60%"


def test_a_restart_keeps_what_was_stopped(house: House) -> None:
    guard(house)
    leads(house, "00Q1", "00Q2", "00Q3")
    house.settle()
    next_day(house)
    url = house.context.store.url
    house.context.store.close()
    house.change(store=open_store(url))
    late = leads(house, "00Q4")
    house.settle()
    call(house, late[0])
    house.run()
    assert [one.stopped for one in status(house.context).thin] == [True]
    another = leads(house, "00Q5")
    house.settle()
    next_day(house)
    assert states(house, another) == ["none"]


def test_operators_read_it_in_both_languages() -> None:
    numbers = {"team": "IS", "days": 30, "contacted": 12, "counted": 80}
    assert speak("ja")("thin_evidence", **numbers).strip() == (
        "活動が記録されていないため、期限超過の判定を停止しています（IS：30日で 12/80 件）"
    )
    assert "IS: 12 of 80 in 30 days" in speak("en")("thin_evidence", **numbers)
