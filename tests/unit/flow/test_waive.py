"""Exceptions from the command line: for the handoff that is meant, at once, and beside whatever runs."""

from __future__ import annotations

from datetime import date

import pytest

from sync.core.model.handoff import Waiver, WaiverState
from sync.core.model.records import RecordRef
from sync.errors import ConfigError
from sync.flow.explain import explain
from sync.flow.waive import Kept, list_waivers, revoke, waive
from sync.store import handoffs, settlement
from sync.store.lock import hold_lock
from tests.store.house import COMPLETE, House

LACKING = {**COMPLETE, "Decision_Maker__c": None}


def give(house: House, ref: RecordRef, until: date | None = None, reason: str = "社長の紹介") -> Kept:
    return waive(
        house.context,
        ref,
        Waiver(("decision_maker",), ("budget",), reason, until, "ops", house.clock.now),
        house.clock.now,
    )


def incomplete(house: House) -> RecordRef:
    lead = house.lead(values=LACKING)
    house.settle()
    assert house.sf.flags(lead)["missing_items"] == "decision_maker"
    return lead


# --- refused --------------------------------------------------------------------------------------------------------
def test_a_record_that_is_in_no_handoff_is_refused(house: House) -> None:
    incomplete(house)
    for ref in (RecordRef("salesforce", "User", "IS1"), RecordRef("salesforce", "Lead", "nobody")):
        with pytest.raises(ConfigError, match="belongs to no handoff"):
            give(house, ref)
    assert list_waivers(house.context, None, house.clock.now) == []


def test_a_contact_of_two_deals_names_neither(house: House) -> None:
    contact = house.sf.put(
        "Contact", "003", {"LastName": "山田", "Email": "y@example.jp"}, created_at="2026-10-01T00:00:00Z"
    )
    for number in (1, 2):
        deal = house.sf.put("Opportunity", f"006{number}", {}, created_at=f"2026-10-0{number}T00:00:00Z", closed=False)
        house.sf.put(
            "OpportunityContactRole", f"00K{number}", person=str(contact), deal=str(deal), role="", primary=True
        )
    house.settle()
    with pytest.raises(ConfigError, match="several handoffs") as refused:
        give(house, contact)
    assert "salesforce:Opportunity:0061" in refused.value.problems[0].hint
    assert give(house, RecordRef("salesforce", "Opportunity", "0062")).stored.anchor.record_id == "0062"


# --- given, ended, withdrawn ----------------------------------------------------------------------------------------
def test_it_counts_from_the_next_run_and_until_its_last_day(house: House) -> None:
    lead = incomplete(house)
    kept = give(house, lead, date(2026, 10, 7))
    assert (kept.state, kept.stored.cycle) == (WaiverState.IN_FORCE, 1)
    house.settle()
    assert house.sf.flags(lead).get("missing_items") is None
    house.clock.pass_(hours=36)  # past midnight of the last day, in Tokyo
    house.run()
    assert house.sf.flags(lead)["missing_items"] == "decision_maker"
    assert [one.state for one in list_waivers(house.context, lead, house.clock.now)] == [WaiverState.EXPIRED]
    assert revoke(house.context, lead, "ops", house.clock.now) == []


def test_withdrawn_it_counts_no_more(house: House) -> None:
    lead = incomplete(house)
    give(house, lead)
    give(house, lead)
    house.settle()
    assert len(revoke(house.context, lead, "boss", house.clock.now)) == 2
    house.run()
    assert house.sf.flags(lead)["missing_items"] == "decision_maker"
    told = list_waivers(house.context, None, house.clock.now)
    assert [(one.state, one.stored.revoked_by) for one in told] == [(None, "boss")] * 2


def test_it_works_while_another_process_holds_the_store_and_judges(house: House) -> None:
    lead = incomplete(house)
    with hold_lock(house.context.store):
        with house.context.store.read() as tx:
            ids = handoffs.read_ids(tx, "", 9)
            judged = handoffs.load(tx, ids)[ids[0]]
        give(house, lead)
        # What was judged before it came must not clear its mark.
        with house.context.store.write() as tx:
            settlement.settle(tx, [_settled(judged)])
        house.run()
    assert house.sf.flags(lead).get("missing_items") is None


def _settled(judged: handoffs.StoredHandoff) -> settlement.Settled:
    return settlement.Settled(judged.id, judged.dirty_seq, judged.memory, None, "x", None, True, False, judged.summary)


def test_a_run_without_news_judges_nothing_again(house: House) -> None:
    lead = incomplete(house)
    give(house, lead)
    house.settle()
    before = len(house.written)
    report = house.run()
    assert report.counts["judge"].get("judged", 0) == 0
    assert len(house.written) == before


def test_explain_tells_who_gave_it_until_when(house: House) -> None:
    lead = incomplete(house)
    give(house, lead, date(2026, 12, 31))
    found = explain(house.context, lead, house.clock.now).judgement
    assert [(one.waiver.by, one.waiver.until, one.state) for one in found.waivers] == [
        ("ops", date(2026, 12, 31), WaiverState.IN_FORCE)
    ]
    assert "例外" in str(found.flags[lead]["note"]) and "ops" not in str(found.flags[lead]["note"])


def test_hostile_text_stays_text(house: House) -> None:
    lead = incomplete(house)
    reason = "'; drop table handoff; -- {0} %s \u202e"
    assert give(house, lead, reason=reason).stored.waiver.reason == reason
    house.settle()
    assert house.sf.flags(lead).get("missing_items") is None
