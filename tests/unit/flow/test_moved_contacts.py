"""Contacts that come to a person or go away without a stamp: looked for as long as they would change what a clock says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.model.records import RecordRef
from sync.store import handoffs
from tests.store.house import House
from tests.unit.rules.test_policy import when


def call(house: House, at: str, subjects: list[str], *, silently: bool = False) -> None:
    house.sf.put(
        "Task", f"00T{at[8:13]}", silently=silently, type="call", direction="outbound", status="done",
        at=at, logged_at=at, owner="salesforce:User:IS1", subjects=subjects,
    )  # fmt: skip


def sla(house: House, lead: RecordRef) -> str:
    return house.sf.flags(lead)["is_sla"]


def running(house: House) -> bool:
    with house.context.store.read() as tx:
        return bool(handoffs.find_ids_with_running_clock(tx, "", 10))


@pytest.fixture
def lead(house: House) -> RecordRef:
    """Of Tuesday noon, due at six that day."""
    found = house.lead()
    house.settle()
    return found


def test_a_contact_that_goes_away_while_there_is_time_is_waited_for_again(house: House, lead: RecordRef) -> None:
    call(house, "2026-10-06T03:30:00Z", [str(lead)])
    house.clock.pass_(hours=1)
    house.run()
    assert sla(house, lead) == "met"
    call(house, "2026-10-06T03:30:00Z", [], silently=True)
    house.run(sweep=True)
    assert sla(house, lead) == "waiting"
    house.clock.pass_(hours=6)
    house.run()
    assert sla(house, lead) == "breached"


def test_a_met_clock_is_looked_at_until_its_deadline_is_over(house: House, lead: RecordRef) -> None:
    call(house, "2026-10-06T03:30:00Z", [str(lead)])
    house.clock.pass_(hours=1)
    house.run()
    assert running(house)
    house.clock.pass_(hours=5, minutes=10)
    house.run()
    assert running(house), "nobody is accused before 18:15"
    house.sf.calls.clear()
    house.run(sweep=True)
    assert "links" in house.sf.calls
    house.clock.pass_(minutes=10)
    house.run()
    assert not running(house)
    house.sf.calls.clear()
    house.run(sweep=True)
    assert "links" not in house.sf.calls


def test_a_late_contact_is_in_time_once_an_earlier_one_is_moved_to_the_person(house: House, lead: RecordRef) -> None:
    call(house, "2026-10-06T03:30:00Z", [])
    house.clock.pass_(hours=24)
    house.run()
    assert sla(house, lead) == "breached"
    call(house, "2026-10-07T02:00:00Z", [str(lead)])
    house.run()
    assert (sla(house, lead), running(house)) == ("met_late", True)
    call(house, "2026-10-06T03:30:00Z", [str(lead)], silently=True)
    assert house.run().counts["judge"].get("judged", 0) == 0
    house.run(sweep=True)
    assert sla(house, lead) == "met"


def test_a_clock_that_stands_still_is_looked_at(house: House, lead: RecordRef) -> None:
    rules = house.context.rules
    clock = replace(rules.is_clock, pause_when=when("status == 'Working'"))
    house.change(rules=replace(rules, is_clock=clock, rules_hash="own"))
    house.run()
    assert (sla(house, lead), running(house)) == ("paused", True)


def test_out_of_scope_nothing_is_looked_at(house: House, lead: RecordRef) -> None:
    call(house, "2026-10-06T03:30:00Z", [str(lead)])
    house.clock.pass_(hours=1)
    house.lead(values={"Status": "不通"})
    house.run()
    assert not running(house)
