"""When a value was written and by whom: the changes on record by now, in whatever order they came."""

from __future__ import annotations

import pytest

from sync.core.mapping.history import date_items
from sync.core.model.records import RecordRef
from tests.handoffs import Crm, at, good_lead

BOSS = RecordRef("salesforce", "User", "boss")


def timing(crm: Crm, lead: RecordRef, now: str) -> object:
    value = crm.judge(lead, now).items["timing"].value
    return value and value["from"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_relative_date_counts_from_the_latest_change_by_now(order: int) -> None:
    crm = Crm()
    lead = good_lead(crm, timing="来月")
    changes = [("来期", "来月", "08-20 10:00"), ("来月", "来月", "09-20 10:00"), ("来月", "来月", "11-20 10:00")]
    for old, new, when in changes[::order]:
        crm.edit(lead, "Desired_Timing__c", old, new, when)
    assert timing(crm, lead, "10-06 12:00") == "2026-10-01"
    assert timing(crm, lead, "11-30 12:00") == "2026-12-01"


def test_changes_of_another_record_or_field_say_nothing() -> None:
    crm = Crm()
    lead, other = good_lead(crm, timing="来月"), crm.lead("L2")
    crm.edit(other, "Desired_Timing__c", None, "来月", "08-20 10:00")
    crm.edit(lead, "Pain__c", None, "月末の請求書発行に経理3名で4日かかっている", "08-20 10:00")
    assert timing(crm, lead, "10-06 12:00") == "2026-11-01"


def test_a_value_is_told_with_its_date_and_its_author() -> None:
    crm = Crm()
    lead = good_lead(crm)
    crm.edit(lead, "Pain__c", None, "月末の請求書発行に経理3名で4日かかっている", "10-05 15:00", "boss")
    case, now = crm.case(lead), "10-06 12:00"
    found = date_items(crm.judge(lead, now).items, case, at(now))
    assert (found["pain"].source.at, found["pain"].source.by) == (at("10-05 15:00"), BOSS)
    assert (found["sql_reason"].source.at, found["sql_reason"].source.by) == (None, None)
    assert found["contact_channel"].value == crm.judge(lead, now).items["contact_channel"].value


def test_of_two_changes_at_one_instant_always_the_same_counts() -> None:
    told = set()
    for order in (1, -1):
        crm = Crm()
        lead = good_lead(crm)
        for by in ("boss", "is1")[::order]:
            crm.edit(lead, "Pain__c", None, "月末の請求書発行に経理3名で4日かかっている", "10-05 15:00", by)
        items = date_items(crm.judge(lead, "10-06 12:00").items, crm.case(lead), at("10-06 12:00"))
        told.add(items["pain"].source.by)
    assert len(told) == 1
