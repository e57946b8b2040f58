"""Changed records are linked with everything they hang together with; whatever they leave behind is looked at as well."""

from __future__ import annotations

import pytest

from sync.core.model.records import RecordRef
from sync.errors import UnsafePlan
from sync.flow.link import find_closure
from sync.flow.status import status
from sync.store import handoff_members, showing
from tests.store.house import House

AT = "2026-10-05T00:00:00Z"


def contact(house: House, record_id: str, email: str, **values: str) -> RecordRef:
    given = {"email": email, "lifecyclestage": "marketingqualifiedlead", **values}
    return house.hs.put("contacts", record_id, given, created_at=AT)


def handoff_of(house: House, ref: RecordRef) -> str | None:
    with house.context.store.read() as tx:
        return showing.read(tx, [ref]).get(ref)


def members_of(house: House, ref: RecordRef) -> set[str]:
    with house.context.store.read() as tx:
        found = handoff_members.find_by_members(tx, [ref])
        return {str(r) for r in handoff_members.read(tx, found)}


def test_a_person_of_both_crms_is_one_handoff_whichever_came_first(house: House) -> None:
    person = contact(house, "101", "a@example.jp")
    house.run()
    before = handoff_of(house, person)
    lead = house.lead("00Q1", {"Email": "a@example.jp"})
    house.run()
    assert handoff_of(house, lead) == handoff_of(house, person) == before
    assert status(house.context).handoffs == {"preparing": 1}


def test_an_edited_address_splits_what_it_joined(house: House) -> None:
    lead = house.lead("00Q1", {"Email": "a@example.jp"})
    person = contact(house, "101", "a@example.jp")
    house.settle()
    house.clock.pass_(minutes=1)
    house.lead("00Q1", {"Email": "other@example.jp"})
    house.settle()
    assert handoff_of(house, lead) != handoff_of(house, person)
    assert members_of(house, person) == {str(person)}
    assert house.hs.flags(person)["status"] == "preparing"


def test_an_ambiguous_join_is_listed_and_clears_itself(house: House) -> None:
    person = contact(house, "101", "a@example.jp")
    one = house.lead("00Q1", {"Email": "a@example.jp"})
    house.lead("00Q2", {"Email": "a@example.jp"})
    house.run()
    assert status(house.context).ambiguous
    assert handoff_of(house, person) != handoff_of(house, one)
    house.clock.pass_(minutes=1)
    house.lead("00Q2", {"Email": "b@example.jp"})
    house.run()
    assert status(house.context).ambiguous == ()
    assert handoff_of(house, person) == handoff_of(house, one)


def test_a_role_that_is_deleted_ties_nothing_any_more(house: House) -> None:
    deal = house.sf.put("Opportunity", "0061", created_at=AT, closed=False, owner="salesforce:User:FS1")
    person = house.sf.put("Contact", "0031", {"LastName": "山田"}, created_at=AT)
    role = house.sf.put("OpportunityContactRole", "00K1", person=str(person), deal=str(deal), role="", primary=True)
    house.run()
    assert str(person) in members_of(house, deal)
    house.clock.pass_(minutes=1)
    house.sf.delete(role)
    house.run()
    assert members_of(house, deal) == {str(deal)}


def test_a_merged_contact_lives_on_as_alias_and_its_calls_count(house: House) -> None:
    winner, loser = contact(house, "101", "a@example.jp"), contact(house, "102", "b@example.jp")
    house.hs.put(
        "calls", "1", type="call", at="2026-10-06T02:59:00Z", status="done", direction="outbound", subjects=[str(loser)]
    )
    house.settle()
    assert len(status(house.context).runs) > 0
    house.clock.pass_(minutes=1)
    house.hs.delete(loser, merged_into=str(winner))
    house.run()
    assert members_of(house, winner) == {str(winner), str(loser)}
    assert status(house.context).handoffs == {"preparing": 1}


def test_a_partner_account_takes_its_contact_out_of_the_deal(house: House) -> None:
    account = house.sf.put("Account", "0011", {"Name": "代理店"}, type="Customer")
    deal = house.sf.put("Opportunity", "0061", created_at=AT, closed=False, owner="salesforce:User:FS1")
    person = house.sf.put("Contact", "0031", {"LastName": "山田"}, created_at=AT, account=str(account))
    house.sf.put("OpportunityContactRole", "00K1", person=str(person), deal=str(deal), role="", primary=True)
    house.run()
    assert str(person) in members_of(house, deal)
    house.clock.pass_(minutes=1)
    house.sf.put("Account", "0011", type="Partner")
    house.run()
    assert str(person) not in members_of(house, deal)


def test_a_component_that_is_too_large_is_cut_and_listed(house: House) -> None:
    deal = house.sf.put("Opportunity", "0061", created_at=AT, closed=False, owner="salesforce:User:FS1")
    for n in range(25):
        person = house.sf.put("Contact", f"003{n:02}", {"LastName": "山田"}, created_at=AT)
        house.sf.put("OpportunityContactRole", f"00K{n:02}", person=str(person), deal=str(deal), role="")
    house.run()
    assert any("cut" in reason for _, _, reason in status(house.context).ambiguous)


def test_the_closure_of_a_record_follows_keys_in_both_directions(house: House) -> None:
    lead = house.lead("00Q1", {"Email": "a@example.jp"})
    person = contact(house, "101", "a@example.jp")
    named = contact(house, "102", "c@example.jp", salesforceleadid="00Q1")
    apart = contact(house, "103", "d@example.jp")
    house.run()
    with house.context.store.read() as tx:
        for start in (lead, person, named):
            assert find_closure(tx, [start]) == {lead, person, named}
        assert find_closure(tx, [apart]) == {apart}


def test_a_record_that_cannot_be_linked_keeps_no_other_from_it_and_is_told_until_it_can(house: House) -> None:
    good = house.lead("00Q1")
    bad = house.lead("00Q2", created_at="some day")
    report = house.run()
    assert report.partial
    assert report.counts["link"]["link_failed"] >= 1
    assert any(str(problem).startswith(f"{bad}: link_failed: ValueError at ") for problem in report.problems)
    assert "some day" not in str(report.problems)
    assert handoff_of(house, good) is not None
    assert handoff_of(house, bad) is None
    house.clock.pass_(minutes=1)
    assert house.run().partial, "it is still not linked"
    house.lead("00Q2", created_at=AT)
    house.sf.put("Lead", "00Q2", {"Status": "Working"}, created_at=AT)
    house.clock.pass_(minutes=1)
    assert house.run().outcome.value == "done"
    assert handoff_of(house, bad) is not None


def test_many_that_cannot_be_linked_stop_the_run(house: House) -> None:
    for number in range(30):
        house.lead(f"00Q{number}", created_at="some day")
    with pytest.raises(UnsafePlan, match="could not be linked"):
        house.run()
