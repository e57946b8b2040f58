"""What is kept of clocks for `status`, reports and `explain`."""

from __future__ import annotations

from dataclasses import replace

from sync.core.rules.definition import AtRisk, Who
from sync.core.rules.expression import compile_expression
from sync.flow.explain import explain
from sync.flow.status import status
from sync.settings.value import Names
from sync.store import handoffs, summaries
from tests.store.house import House


def test_status_counts_every_clock_by_state_and_those_with_little_time_left(house: House) -> None:
    rules = house.context.rules
    clock = replace(rules.is_clock, at_risk=AtRisk(share=0.99))
    house.change(rules=replace(rules, is_clock=clock, rules_hash="own"))
    house.lead("00Q1")
    house.lead("00Q2", {"LeadSource": "購入リスト"})
    house.settle()
    assert status(house.context).clocks["is_first_contact"].at_risk == 0
    house.clock.pass_(hours=1)
    house.settle()
    found = status(house.context).clocks
    assert found["is_first_contact"].states == {"none": 1, "waiting": 1}
    assert found["is_first_contact"].at_risk == 1
    assert found["fs_accept"].states == {"none": 2}


def test_what_was_seen_of_a_pause_is_kept_between_judgements(house: House) -> None:
    rules = house.context.rules
    pause = compile_expression("status == 'On Hold'", Names().vocabulary)
    house.change(rules=replace(rules, is_clock=replace(rules.is_clock, pause_when=pause), rules_hash="own"))
    lead = house.lead(values={"Status": "On Hold"})
    house.settle()
    assert house.sf.flags(lead)["is_sla"] == "paused"
    assert house.sf.flags(lead).get("is_due") is None
    house.clock.pass_(hours=26)
    house.lead(values={"Status": "Working"})
    house.settle()
    assert house.sf.flags(lead)["is_sla"] == "waiting"
    with house.context.store.read() as tx:
        (stored,) = handoffs.load(tx, handoffs.read_ids(tx, "", 9)).values()
    ((began, ended),) = stored.memory.held["is_first_contact:pause"]
    assert ended is not None and ended > began


def test_the_parts_of_a_contact_are_kept(house: House) -> None:
    house.lead()
    at = house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    house.clock.pass_(minutes=30)
    house.sf.put(
        "Task", "00T1", type="call", direction="outbound", at=house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        logged_at=at, status="done", owner="salesforce:User:IS1", subjects=["salesforce:Lead:00Q1"],
    )  # fmt: skip
    house.settle()
    with house.context.store.read() as tx:
        (summary,) = summaries.read_summaries(tx)
    told = summary["clocks"]["is_first_contact"]
    assert (told["state"], told["time"], told["system"], told["human"]) == ("met", [1800, 1800], [0, 0], [1800, 1800])
    assert summary["attempts"] == 1


def test_explain_reckons_by_the_calendar_of_who_has_it(house: House) -> None:
    rules = house.context.rules
    other = replace(rules.is_clock.calendars.default, base=None)
    calendars = replace(rules.is_clock.calendars, by_role={"IS": other})
    clock = replace(rules.is_clock, calendars=calendars, who=Who.TEAM)
    house.change(rules=replace(rules, is_clock=clock, rules_hash="own"))
    lead = house.lead()
    house.settle()
    found = explain(house.context, lead, house.clock.now)
    assert found.calendars["is_first_contact"] is other
    assert found.calendars["fs_first_contact"] is not other
