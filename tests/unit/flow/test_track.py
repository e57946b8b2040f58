"""What is kept of a judgement for rates, through the store and back: stages by history, answers, rounds, what is left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.metrics.question import Question
from sync.core.metrics.track import Track
from sync.flow.measure import list_records, measure_store, read_store
from sync.flow.track import Reading
from sync.store import summaries
from tests.store.house import COMPLETE, House

PLAIN = Reading()
PROPOSAL = Reading(accepted_stages=frozenset({"提案・見積"}), segment="budget_status", teams=(("is", "IS部"),))


def _tracks(house: House, reading: Reading = PLAIN) -> dict[str, Track]:
    return {track.record.rpartition(":")[2]: track for track in read_store(house.context.store, reading)}


def _wire(house: House, minutes: int = 0) -> str:
    return (house.clock.now + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _deal(house: House, number: int = 1, *, stages: tuple[str, ...] = (), **facts: Any) -> None:
    """A converted lead's deal, with the stages that it went through, a minute each."""
    contact, lead, deal = f"003{number}", f"00Q{number}", f"006{number}"
    became = [f"salesforce:Contact:{contact}", f"salesforce:Opportunity:{deal}"]
    created = _wire(house, -60)
    house.sf.put("Contact", contact, {"LastName": "山田"}, created_at=created)
    house.lead(lead, values=dict(COMPLETE), converted=True, converted_to=became)
    values = {name: value for name, value in COMPLETE.items() if name != "Next_Action__c"}
    values |= facts.pop("values", {})
    stage = stages[-1] if stages else "Prospecting"
    given = {
        "created_at": created,
        "closed": False,
        "won": False,
        "stage": stage,
        "owner": "salesforce:User:FS1",
        **facts,
    }
    house.sf.put("Opportunity", deal, {"NextStep": "10/20 デモ", "LeadSource": "Web", **values}, **given)
    for minute, name in enumerate(stages):
        at = _wire(house, minute - 50)
        house.sf.put(
            "OpportunityHistory",
            f"008{number}{minute}",
            subject=f"salesforce:Opportunity:{deal}",
            field="stage",
            new=name,
            at=at,
        )


def test_a_deal_that_was_won_skipping_the_stage_was_accepted_when_it_was_won(house: House) -> None:
    _deal(house, stages=("Prospecting", "Closed Won"), closed=True, won=True)
    house.run()
    track = _tracks(house, PROPOSAL)["0061"]
    assert (track.is_deal, track.accepted, track.won) == (True, True, True)
    assert track.accepted_at == track.closed_at == track.won_at and track.closed_at is not None
    assert track.closed_at > track.deal_at  # type: ignore[operator]  # both are known


def test_today_s_stage_does_not_tell_that_it_was_in_another_before(house: House) -> None:
    _deal(house, stages=("Prospecting", "提案・見積", "Prospecting"))
    house.run()
    assert _tracks(house, PROPOSAL)["0061"].accepted_at is not None
    assert _tracks(house)["0061"].accepted is False, "a company that names no stage goes by the answer of FS"


def test_a_closed_deal_counts_although_it_is_out_of_scope_and_a_renewal_does_not(house: House) -> None:
    _deal(house, 1, stages=("Closed Lost",), closed=True)
    _deal(house, 2, values={"Type": "Renewal"})
    house.run()
    found = _tracks(house)
    assert found["0061"].closed and not found["0061"].won
    assert "0062" not in found


def test_what_the_frozen_state_says_stays_when_the_record_is_put_right(house: House) -> None:
    house.lead("00Q1", values={**COMPLETE, "Decision_Maker__c": "確認中"})
    house.run()
    at = _wire(house)
    house.sf.put("LeadHistory", "0171", subject="salesforce:Lead:00Q1", field="status", old="Working", new="SQL", at=at)
    house.lead("00Q1", values={**COMPLETE, "Decision_Maker__c": "確認中", "Status": "SQL"})
    house.run()
    house.clock.pass_(days=2)
    house.run()
    house.lead("00Q1", values={**COMPLETE, "Decision_Maker__c": "取締役 佐藤様", "Status": "SQL"})
    house.run()
    track = _tracks(house)["00Q1"]
    assert track.missing_at_pass == ("decision_maker",)
    assert "decision_maker=h" in (track.states_at_pass or "").split()
    assert "decision_maker=p" in track.states.split()


def test_an_answer_that_was_taken_back_is_a_return_all_the_same(house: House) -> None:
    _deal(house, values={"FS_Decision__c": "受領"})
    for minute, (old, new) in enumerate(((None, "差し戻し"), ("差し戻し", "受領"))):
        facts = {"field": "value", "name": "FS_Decision__c", "old": old, "new": new, "at": _wire(house, minute - 30)}
        house.sf.put("OpportunityFieldHistory", f"01{minute}", subject="salesforce:Opportunity:0061", **facts)
    house.run()
    track = _tracks(house)["0061"]
    assert (track.returned, track.accepted) == (True, True)
    assert track.returned_at < track.accepted_at  # type: ignore[operator]  # both are on record


def test_an_earlier_round_on_the_same_record_still_counts(house: House) -> None:
    house.lead("00Q1", values={**COMPLETE, "Status": "SQL"})
    at = _wire(house)
    house.sf.put("LeadHistory", "0171", subject="salesforce:Lead:00Q1", field="status", old="Working", new="SQL", at=at)
    house.run()
    house.clock.pass_(days=3)
    closed = _wire(house)
    house.sf.put(
        "LeadHistory", "0172", subject="salesforce:Lead:00Q1", field="status", old="SQL", new="対象外", at=closed
    )
    house.lead("00Q1", values={**COMPLETE, "Status": "対象外"})
    house.run()
    assert [t.cycle for t in read_store(house.context.store, Reading())] == [1]
    house.clock.pass_(days=3)
    again = _wire(house)
    house.hs.put(
        "contacts",
        "1",
        {"email": "00Q1@example.jp", "lifecyclestage": "marketingqualifiedlead", "recent_conversion_date": again},
        created_at=at,
    )
    house.run()
    house.clock.pass_(minutes=1)
    house.run()
    rounds = list(read_store(house.context.store, Reading()))
    assert [(t.cycle, t.passed) for t in rounds] == [(1, True), (2, False)]
    assert rounds[0].record == "salesforce:Lead:00Q1"


def test_of_one_that_its_stage_leaves_out_that_is_all_that_is_kept_and_its_rounds_count_from_then_on(
    house: House,
) -> None:
    person = {"email": "a@example.jp", "lifecyclestage": "subscriber", "pain": COMPLETE["Pain__c"]}
    house.hs.put("contacts", "1", person, created_at=_wire(house))
    house.run()
    with house.context.store.read() as tx:
        ((_, summary),) = summaries.read_some(tx, "", 10)
    assert summary.keys() == {"status", "scope_reason", "track", "earlier"}
    assert summary["track"].keys() == {"record", "rounds", "left_out"} and _tracks(house) == {}
    house.clock.pass_(days=200)
    again = {**person, "lifecyclestage": "marketingqualifiedlead", "recent_conversion_date": _wire(house)}
    house.hs.put("contacts", "1", again, created_at=_wire(house, -200 * 24 * 60))
    house.run()
    assert [(track.cycle, track.passed) for track in read_store(house.context.store, PLAIN)] == [(2, False)]


def test_choices_and_teams_are_read_as_the_company_names_them(house: House) -> None:
    house.lead("00Q1", values={**COMPLETE, "LeadSource": "デモ"})
    house.lead("00Q2", values={**COMPLETE, "LeadSource": "何か新しいもの"})
    house.run()
    found = _tracks(house, PROPOSAL)
    assert (found["00Q1"].channel, found["00Q1"].segment, found["00Q1"].team) == ("demo", "secured", "IS部")
    assert found["00Q2"].channel == "unmapped"


def test_it_is_counted_from_the_store_alone_and_every_record_can_be_listed(house: House) -> None:
    house.lead("00Q1", values=dict(COMPLETE))
    house.run()
    zone, month = ZoneInfo("Asia/Tokyo"), house.clock.now.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m")
    question = Question(house.clock.now, zone, (month,), (month,))
    assert measure_store(house.context.store, question, Reading()).figure("lead_to_deal").denominator == 1
    listed = list_records(house.context.store, question, Reading(), "lead_to_deal", hit=False)
    assert [track.record for track in listed] == ["salesforce:Lead:00Q1"]
    assert list(list_records(house.context.store, question, Reading(), "pass_to_deal")) == []
