"""One activity that both CRMs hold counts once, wherever contacts are counted."""

from __future__ import annotations

import pytest

from sync.core.rules.attempt import count_attempts
from sync.core.rules.twin import genuine_contacts, once
from tests.handoffs import Crm
from tests.unit.rules.test_policy import clock, crm_with, when


@pytest.mark.parametrize(
    ("first", "second", "at", "count"),
    [
        ({}, {"hubspot": True}, "11:05", 1),
        ({"hubspot": True}, {}, "11:05", 1),
        ({}, {"hubspot": True}, "11:06", 2),
        ({}, {}, "11:01", 2),
        ({}, {"hubspot": True, "owner": None}, "11:01", 1),
        ({}, {"hubspot": True, "owner": "fs1"}, "11:01", 2),
        ({}, {"hubspot": True, "type": "message"}, "11:01", 2),
        ({}, {"hubspot": True, "direction": None}, "11:01", 1),
        ({}, {"hubspot": True, "direction": "inbound", "connected": True}, "11:01", 2),
        ({}, {"hubspot": True, "automated": True}, "11:01", 1),
    ],
)
def test_both_crms_may_hold_the_same(first: dict[str, object], second: dict[str, object], at: str, count: int) -> None:
    crm = Crm()
    lead = crm.lead(created="10-05 10:00")
    crm.act("call", lead, "10-05 11:00", **first)
    crm.act("call", lead, f"10-05 {at}", **second)
    assert len(once(genuine_contacts(crm.evidence(lead, "10-05 12:00")))) == count


def test_each_has_one_double_at_most() -> None:
    crm = Crm()
    lead = crm.lead(created="10-05 10:00")
    for minute in ("00", "02"):
        crm.act("call", lead, f"10-05 11:{minute}")
    crm.act("call", lead, "10-05 11:03", hubspot=True)
    assert len(once(genuine_contacts(crm.evidence(lead, "10-05 12:00")))) == 2
    crm.act("call", lead, "10-05 11:04", hubspot=True)
    crm.act("call", lead, "10-05 11:05", hubspot=True)
    evidence = crm.evidence(lead, "10-05 12:00")
    assert len(once(genuine_contacts(evidence))) == 3
    assert count_attempts(evidence) == 3


def test_a_condition_counts_a_contact_that_both_crms_hold_once_and_dates_it_to_the_first() -> None:
    crm = crm_with(pause_when=when("contacts == 1"))
    lead = crm.lead(created="10-05 10:00", lead_source="デモ")
    crm.act("call", lead, "10-05 11:00", owner="boss")
    crm.act("call", lead, "10-05 11:04", owner="boss", hubspot=True)
    found = clock(crm, lead, "10-05 12:00")
    assert (found.state, len(found.pauses)) == ("paused", 1)
    (begin, _) = found.pauses[0]
    assert begin.strftime("%H:%M") == "02:00"
    crm.act("email", lead, "10-05 11:30", owner="boss")
    assert clock(crm, lead, "10-05 12:00").state == "waiting"
