"""What was missing at a pass that Baton saw too late: told only where the records' own history can tell it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.model.handoff import Memory, Waiver
from sync.core.model.records import RecordRef
from tests.handoffs import Crm, at, good_lead, passed_deal

LATER = "10-08 12:00"
LEAD = RecordRef("salesforce", "Lead", "L1")
CONTACT = RecordRef("salesforce", "Contact", "C1")


def passed_lead(crm: Crm, **cells: object) -> RecordRef:
    """Passed on 10-06 11:00; the grace ended at 18:00."""
    lead = good_lead(crm, **cells)
    crm.history(lead, "owner", "is1", "fs1", "10-06 11:00")
    return lead


def at_pass(crm: Crm, anchor: RecordRef, memory: Memory | None = None) -> tuple[str, ...] | None:
    return crm.judge(anchor, LATER, memory).memory.missing_at_pass


def touched(crm: Crm, *refs: RecordRef) -> None:
    for ref in refs:
        crm.change(ref, modified_at=at("10-07 15:00"))


# --- nobody can tell ------------------------------------------------------------------------------------------------
def test_a_record_that_changed_since_without_a_history_tells_nothing() -> None:
    crm = Crm()
    lead = passed_lead(crm, pain=None)
    touched(crm, lead)
    assert at_pass(crm, lead) is None


def test_a_change_of_the_status_tells_nothing_of_the_items() -> None:
    crm = Crm()
    lead = passed_lead(crm)
    touched(crm, lead)
    crm.edit(lead, "Status", "Open", "Working", "10-07 15:00")
    assert at_pass(crm, lead) is None


def test_a_change_of_which_nobody_kept_the_old_text_tells_nothing() -> None:
    crm = Crm()
    lead = passed_lead(crm)
    touched(crm, lead)
    row = crm.edit(lead, "Pain__c", None, "月末の請求書発行に経理3名で4日かかっている", "10-07 15:00")
    assert at_pass(crm, lead) == ("pain",)
    facts = {name: value for name, value in crm.records[row].facts.items() if name not in ("old", "new")}
    crm.records[row] = replace(crm.records[row], facts=facts)
    assert at_pass(crm, lead) is None


def test_one_silent_member_is_enough_to_know_nothing() -> None:
    crm = Crm()
    lead = passed_lead(crm)
    hub = crm.hub(lead_id="L1")
    touched(crm, lead, hub)
    crm.edit(lead, "Pain__c", None, "月末の請求書発行に経理3名で4日かかっている", "10-07 15:00")
    assert at_pass(crm, lead) is None
    crm.edit(hub, "purpose", None, "締めの短縮", "10-07 16:00")
    assert at_pass(crm, lead) == ("pain",)


def test_a_person_who_became_known_later_was_unknown_at_the_pass() -> None:
    crm = Crm()
    deal = crm.deal(created="10-06 11:00", account=crm.account(), pain="x")
    crm.act("call", deal, "10-06 10:00")
    assert at_pass(crm, deal) is None


def test_a_pass_of_unknown_date_stays_unknown() -> None:
    crm = Crm()
    assert at_pass(crm, good_lead(crm, status="SQL", pain=None)) is None


# --- what can be told -----------------------------------------------------------------------------------------------
def test_untouched_records_hold_what_they_held() -> None:
    crm, whole = Crm(), Crm()
    assert at_pass(crm, passed_lead(crm, pain=None)) == ("pain",)
    assert at_pass(whole, passed_lead(whole)) == ()


def test_later_changes_are_undone_the_latest_first() -> None:
    crm = Crm()
    lead = passed_lead(crm)
    touched(crm, lead)
    for old, new, when in (
        ("確認中", "部長", "10-07 10:00"),
        ("部長", "情報システム本部長", "10-07 15:00"),
        ("", "確認中", "10-06 12:00"),
    ):
        crm.edit(lead, "Decision_Maker__c", old, new, when)
    crm.set(lead, Decision_Maker__c="情報システム本部長")
    assert at_pass(crm, lead) == ("decision_maker",)
    found = crm.judge(lead, LATER)
    assert (found.missing, found.memory.frozen_at) == ((), at(LATER))


def test_what_was_typed_in_the_grace_counts_as_typed() -> None:
    crm = Crm()
    lead = passed_lead(crm)
    touched(crm, lead)
    crm.edit(lead, "Pain__c", None, "月末の請求書発行に経理3名で4日かかっている", "10-06 18:00")
    assert at_pass(crm, lead) == ()


def test_a_deal_and_its_contact_made_later_are_left_out_and_the_conversion_undone() -> None:
    crm = Crm()
    lead = passed_lead(crm, pain=None)
    contact = crm.contact(created="10-07 11:00")
    deal = crm.deal(created="10-07 11:00", account=crm.account(), pain="月末の請求書発行に経理3名で4日かかっている")
    crm.convert(lead, contact, deal, on="2026-10-07")
    found = crm.judge(deal, "10-09 12:00")
    assert (found.pass_ and found.pass_.at, found.memory.missing_at_pass) == (at("10-06 11:00"), ("pain",))
    assert found.missing == ()


def test_a_meeting_that_was_held_since_was_an_appointment_then() -> None:
    crm = Crm()
    lead = passed_lead(crm, next_action=None)
    crm.meeting(lead, "10-07 10:00", logged="10-06 10:00", status="done", owner="boss")
    assert at_pass(crm, lead) == ()
    other = Crm()
    late = passed_lead(other, next_action=None)
    other.meeting(late, "10-07 10:00", logged="10-06 19:00", status="done", owner="boss")
    assert at_pass(other, late) == ("next_action",)


def test_a_waiver_counts_from_when_it_was_given() -> None:
    crm = Crm()
    lead = passed_lead(crm, pain=None)
    given = {when: Waiver(("pain",), (), "x", None, "ops", at(when)) for when in ("10-06 12:00", "10-07 12:00")}
    assert crm.judge(lead, LATER, waivers=(given["10-06 12:00"],)).memory.missing_at_pass == ()
    assert crm.judge(lead, LATER, waivers=(given["10-07 12:00"],)).memory.missing_at_pass == ("pain",)


def test_it_is_told_once_and_kept() -> None:
    crm = Crm()
    lead = passed_lead(crm, pain=None)
    memory = crm.judge(lead, LATER).memory
    crm.set(lead, Pain__c="月末の請求書発行に経理3名で4日かかっている")
    assert at_pass(crm, lead, memory) == ("pain",)


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_in_which_changes_arrive_does_not_matter(order: int) -> None:
    crm = Crm()
    deal = passed_deal(crm)
    touched(crm, LEAD, CONTACT, deal)
    changes = [("", "a", "10-07 10:00"), ("a", "b", "10-07 11:00"), ("b", "情報システム本部長", "10-07 12:00")]
    for old, new, when in changes[::order]:
        crm.edit(LEAD, "Decision_Maker__c", old, new, when)
    crm.set(LEAD, Decision_Maker__c="情報システム本部長")
    crm.edit(CONTACT, "Title", "課長", "営業部長", "10-07 10:00")
    crm.edit(deal, "Purpose__c", None, "x", "10-07 10:00")
    assert at_pass(crm, deal) == ("decision_maker",)
