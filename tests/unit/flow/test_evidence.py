"""A clock that rests on some streams alone waits for these and for no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.errors import TransientError
from tests.store.house import House


@pytest.mark.parametrize(
    ("streams", "state"),
    [
        ([], "unverified"),
        ([("salesforce", "Task")], "breached"),
        ([("hubspot", "calls")], "unverified"),
        ([("salesforce", "Task"), ("hubspot", "calls")], "unverified"),
    ],
)
def test_what_could_not_be_read_concerns_the_clocks_that_rest_on_it(
    house: House, streams: list[tuple[str, str]], state: str
) -> None:
    rules = house.context.rules
    clock = replace(rules.is_clock, evidence=frozenset(streams))
    house.change(rules=replace(rules, is_clock=clock, rules_hash="own"))
    lead = house.lead()
    house.hs.put("contacts", "1", {"salesforceleadid": "00Q1"}, created_at="2026-10-06T03:00:00Z")
    house.settle()
    house.hs.broken["activities"] = TransientError("timed out")
    house.clock.pass_(hours=24)
    house.run()
    assert house.sf.flags(lead)["is_sla"] == state
    del house.hs.broken["activities"]
    house.clock.pass_(minutes=6)
    house.run()
    assert house.sf.flags(lead)["is_sla"] == "breached"
