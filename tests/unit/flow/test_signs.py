"""A portal that lets nobody read its mails: who seems to have been contacted is not accused, and is judged when it opens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.model.records import RecordRef
from tests.store.house import House

HUB = RecordRef("hubspot", "contacts", "1")


def arrive(house: House, **facts: Any) -> RecordRef:
    """A lead of Tuesday noon, due at six that day, and its contact in HubSpot."""
    house.hs.missing["emails"] = "no scope"
    lead = house.lead()
    house.hs.put("contacts", "1", {"salesforceleadid": "00Q1"}, created_at="2026-10-06T03:00:00Z", **facts)
    house.settle()
    return lead


def sla(house: House, lead: RecordRef) -> str:
    return house.sf.flags(lead)["is_sla"]


@pytest.fixture
def with_sync(house: House) -> House:
    users = frozenset({"sync@us.example"})
    rules = house.context.rules
    house.sf.put("User", "SYNC", email="sync@us.example", active=True, roles=[])
    house.change(rules=replace(rules, definition=replace(rules.definition, native_sync_users=users), rules_hash="own"))
    return house


def test_a_stamp_keeps_the_clock_from_accusing_until_the_mails_can_be_read(house: House) -> None:
    lead = arrive(house, contacted_at="2026-10-06T04:00:00Z")
    house.clock.pass_(hours=48)
    house.run()
    assert sla(house, lead) == "unverified"
    del house.hs.missing["emails"]
    house.hs.put("contacts", "1", contacted_at="")
    house.clock.pass_(minutes=5)
    house.run()
    assert sla(house, lead) == "breached", "there was none after all"


def test_the_people_are_read_again_before_anybody_is_accused(house: House) -> None:
    lead = arrive(house)
    house.hs.put("contacts", "1", silently=True, contacted_at="2026-10-06T04:00:00Z")
    house.clock.pass_(hours=48)
    house.run()
    assert sla(house, lead) == "unverified"


def test_people_are_not_asked_for_where_every_activity_can_be_read(house: House) -> None:
    lead = arrive(house)
    del house.hs.missing["emails"]
    house.run()
    house.clock.pass_(hours=48)
    house.hs.calls.clear()
    house.run()
    assert sla(house, lead) == "breached"
    assert "read contacts" not in house.hs.calls


def test_a_copy_of_the_native_sync_is_judged_anew_when_its_original_could_be_read(with_sync: House) -> None:
    house = with_sync
    lead = arrive(house)
    house.sf.put(
        "Task", "00T1", type="email", direction="outbound", status="done", at="2026-10-06T05:00:00Z",
        logged_at="2026-10-06T05:00:00Z", owner="salesforce:User:IS1", created_by="salesforce:User:SYNC",
        subjects=[str(lead)],
    )  # fmt: skip
    house.clock.pass_(hours=48)
    house.run()
    assert sla(house, lead) == "unverified"
    del house.hs.missing["emails"]
    house.clock.pass_(minutes=5)
    house.run()
    assert sla(house, lead) == "breached"


def test_a_sign_is_remembered_in_the_store_when_a_later_call_hides_it(house: House) -> None:
    lead = arrive(house, contacted_at="2026-10-06T04:00:00Z")
    house.clock.pass_(hours=24)
    late = "2026-10-07T02:00:00Z"
    house.hs.put("contacts", "1", contacted_at=late)
    house.hs.put(
        "calls", "9", type="call", direction="outbound", status="done", at=late, logged_at=late, subjects=[str(HUB)]
    )
    house.run()
    assert sla(house, lead) == "unverified", "the mail of the day before may have been in time"
