"""What was remembered and given goes along when handoffs merge, convert and come apart; nothing is guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.model.handoff import Memory, Told, Waiver
from sync.core.model.records import RecordRef
from sync.core.reconcile.inheritance import inherit
from sync.flow.waive import list_waivers, waive
from sync.store import handoff_members
from tests.store.fakes import NOON
from tests.store.house import COMPLETE, House

AT = "2026-10-05T00:00:00Z"


def give(house: House, ref: RecordRef) -> None:
    waive(
        house.context, ref, Waiver(("decision_maker",), (), "先方都合", None, "ops", house.clock.now), house.clock.now
    )


def given(house: House, ref: RecordRef) -> int:
    return len(list_waivers(house.context, ref, house.clock.now))


def handoff_of(house: House, ref: RecordRef) -> str:
    with house.context.store.read() as tx:
        (found,) = handoff_members.find_by_members(tx, [ref])
    return found


def merge(house: House, winner: RecordRef, loser: RecordRef) -> None:
    house.clock.pass_(minutes=1)
    house.sf.delete(loser, merged_into=str(winner))
    old = house.sf.records[winner]
    house.sf.records[winner] = replace(old, modified_at=house.clock.now)
    house.sf.changes.append(winner)


def restore(house: House, ref: RecordRef) -> None:
    house.clock.pass_(minutes=1)
    old = house.sf.records[ref]
    facts = {name: value for name, value in old.facts.items() if name != "merged_into"}
    house.sf.records[ref] = replace(old, deleted=False, modified_at=house.clock.now, facts=facts)
    house.sf.changes.append(ref)


def incomplete(house: House, record_id: str) -> RecordRef:
    return house.lead(record_id, {**COMPLETE, "Decision_Maker__c": None})


def test_an_exception_lives_on_in_the_handoff_that_the_lead_was_merged_into(house: House) -> None:
    winner, loser = incomplete(house, "00Q1"), incomplete(house, "00Q2")
    house.settle()
    give(house, loser)
    house.settle()
    assert house.sf.flags(winner)["missing_items"] == "decision_maker"
    merge(house, winner, loser)
    house.settle()
    assert given(house, winner) == 1
    assert house.sf.flags(winner).get("missing_items") is None


def test_a_chain_of_merges_carries_it_to_the_last(house: House) -> None:
    first, second, third = (incomplete(house, f"00Q{n}") for n in (1, 2, 3))
    house.settle()
    give(house, first)
    merge(house, second, first)
    house.settle()
    merge(house, third, second)
    house.settle()
    assert given(house, third) == 1
    assert handoff_of(house, first) == handoff_of(house, second) == handoff_of(house, third)


def test_a_chain_that_is_seen_at_once_is_the_same(house: House) -> None:
    first, second, third = (incomplete(house, f"00Q{n}") for n in (1, 2, 3))
    house.settle()
    give(house, first)
    merge(house, second, first)
    merge(house, third, second)
    house.settle()
    assert given(house, third) == 1
    assert house.sf.flags(third).get("missing_items") is None


def test_what_is_restored_gets_back_what_was_given_for_it_and_nothing_else(house: House) -> None:
    winner, loser = incomplete(house, "00Q1"), incomplete(house, "00Q2")
    house.settle()
    give(house, loser)
    give(house, winner)
    merge(house, winner, loser)
    house.settle()
    assert given(house, winner) == 2
    restore(house, loser)
    house.settle()
    assert (given(house, winner), given(house, loser)) == (1, 1)
    assert handoff_of(house, winner) != handoff_of(house, loser)
    assert house.sf.flags(loser).get("missing_items") is None


def test_a_contact_that_joins_a_lead_brings_its_exception(house: House) -> None:
    lead = incomplete(house, "00Q1")
    person = house.hs.put("contacts", "101", {"email": "other@example.jp", "lifecyclestage": "lead"}, created_at=AT)
    house.settle()
    give(house, person)
    house.clock.pass_(minutes=1)
    house.hs.put("contacts", "101", {"email": "00Q1@example.jp"})
    house.settle()
    assert given(house, lead) == 1
    house.clock.pass_(minutes=1)
    house.hs.put("contacts", "101", {"email": "other@example.jp"})
    house.settle()
    assert (given(house, lead), given(house, person)) == (0, 1)


def test_conversion_to_a_deal_that_was_there_brings_the_leads_exception_and_what_was_told_of_it(house: House) -> None:
    lead = incomplete(house, "00Q1")
    contact = house.sf.put("Contact", "0031", {"LastName": "山田", "Email": "00Q1@example.jp"}, created_at=AT)
    deal = house.sf.put("Opportunity", "0061", dict(COMPLETE) | {"Decision_Maker__c": None}, created_at=AT,
                        closed=False, owner="salesforce:User:FS1")  # fmt: skip
    house.settle()
    give(house, lead)
    before = handoff_of(house, deal)
    house.clock.pass_(minutes=1)
    at = house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    house.lead("00Q1", converted=True, converted_at=at, converted_to=[str(contact), str(deal)])
    house.settle()
    assert handoff_of(house, deal) == before == handoff_of(house, lead)
    assert given(house, deal) == 1


def test_of_two_that_could_be_meant_neither_is_taken_and_the_exceptions_stay_apart(house: House) -> None:
    one, two = incomplete(house, "00Q1"), incomplete(house, "00Q2")
    house.lead("00Q2", {"Email": "00Q1@example.jp"})
    person = house.hs.put("contacts", "101", {"email": "00Q1@example.jp", "lifecyclestage": "lead"}, created_at=AT)
    house.settle()
    give(house, one)
    house.settle()
    assert len({handoff_of(house, ref) for ref in (one, two, person)}) == 3
    assert (given(house, one), given(house, two), given(house, person)) == (1, 0, 0)


def test_another_contact_in_the_role_takes_no_exception_of_the_deal_away(house: House) -> None:
    one = house.sf.put("Contact", "0031", {"LastName": "山田", "Email": "a@example.jp"}, created_at=AT)
    two = house.sf.put("Contact", "0032", {"LastName": "鈴木", "Email": "b@example.jp"}, created_at=AT)
    deal = house.sf.put("Opportunity", "0061", created_at=AT, closed=False, owner="salesforce:User:FS1")
    house.sf.put("OpportunityContactRole", "00K1", person=str(one), deal=str(deal), role="", primary=True)
    house.settle()
    give(house, deal)
    before = handoff_of(house, deal)
    house.clock.pass_(minutes=1)
    house.sf.put("OpportunityContactRole", "00K1", person=str(two))
    house.settle()
    assert handoff_of(house, deal) == before == handoff_of(house, two)
    assert given(house, deal) == 1


@pytest.mark.parametrize("side", ["heir", "lost"])
def test_a_reading_from_before_the_merge_blames_nobody(side: str) -> None:
    read = Memory(confirmed_at=NOON, confirm_failed=True, read_at={"salesforce": NOON})
    heir, lost = (read, Memory()) if side == "heir" else (Memory(), read)
    found = inherit(heir, [lost])
    assert (found.confirmed_at, found.confirm_failed, found.read_at) == (None, False, {})


def test_what_was_told_on_records_of_both_is_known_and_the_heirs_own_comes_first() -> None:
    later = NOON.replace(hour=5)
    heir = Memory(told={"a": Told("1", "1")}, breached_at={"is": NOON}, answered_at={"is": NOON}, first_judged_at=later)
    lost = Memory(told={"a": Told("2", "2"), "b": Told("3", "3")}, breached_at={"is": later, "fs": later},
                  answered_at={"is": later}, frozen_at=NOON)  # fmt: skip
    found = inherit(heir, [lost])
    assert found.told == {"a": Told("1", "1"), "b": Told("3", "3")}
    assert found.breached_at == {"is": NOON, "fs": later}
    assert found.answered_at == {"is": later}, "a contact that goes away is looked for again"
    assert (found.first_judged_at, found.frozen_at) == (later, None)
