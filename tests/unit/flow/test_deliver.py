"""Every intended write ends in exactly one of: delivered, parked with a reason, tried again, replaced, or read back."""

from __future__ import annotations

from typing import Any

import pytest

from sync.core.model.records import RecordRef
from sync.errors import AuthError, BudgetExhausted, OutcomeUnknown, RunProblem, Shortfall
from sync.flow.context import Mode
from sync.flow.deliver import deliver
from sync.flow.explain import explain
from sync.flow.gate import approve
from sync.flow.report import Outcome
from sync.flow.status import status
from sync.ports import FlagWrite, WriteOutcome, WriteResult
from sync.store import ledger, outbox
from sync.store.outbox import ChangeKind, State
from tests.store.fakes import Killed, unavailable
from tests.store.house import COMPLETE, House


def states(house: House) -> dict[State, int]:
    counted: dict[State, int] = {}
    for (_, state), n in status(house.context).outbox.items():
        counted[state] = counted.get(state, 0) + n
    return counted


def answer_once(outcome: WriteOutcome) -> Any:
    left = [outcome]
    return lambda _change: left.pop() if left else None


def test_a_refused_record_is_parked_with_the_reason_and_not_tried_again(house: House) -> None:
    house.lead()
    house.sf.answer = lambda _change: WriteOutcome.REJECTED
    report = house.run()
    assert report.outcome is Outcome.PARTIAL
    assert [e.reason for e in status(house.context).parked] == ["TEST: as the test says"]
    assert house.run().counts["deliver"] == {}
    assert house.written == []


def test_a_parked_record_is_tried_again_when_it_changed_itself(house: House) -> None:
    lead = house.lead()
    house.sf.answer = answer_once(WriteOutcome.REJECTED)
    house.run()
    house.clock.pass_(seconds=5)
    house.lead(values={"Handoff_Memo__c": "追記"})
    house.run()
    assert house.sf.flags(lead)["status"] == "preparing"


def test_a_parked_record_that_was_touched_in_fields_that_nobody_maps_is_tried_again_after_a_while(house: House) -> None:
    lead = house.lead()
    house.sf.answer = answer_once(WriteOutcome.REJECTED)
    house.run()
    house.clock.pass_(minutes=5)
    house.sf.put("Lead", "00Q1")
    assert "tried_again" not in house.run().counts["deliver"], "a record that is touched all the time waits"
    house.clock.pass_(minutes=11)
    assert house.run().counts["deliver"] == {"tried_again": 1, "delivered": 1}
    assert house.sf.flags(lead)["status"] == "preparing"


def test_a_refusal_whose_cause_is_gone_heals_within_a_day_and_is_given_up_after_a_week(house: House) -> None:
    house.lead()
    house.sf.answer = lambda _change: WriteOutcome.REJECTED
    tries: list[int] = []
    for _ in range(13):
        house.run()
        house.clock.pass_(days=1, minutes=1)
        tries.append(house.sf.calls.count("write"))
    assert tries[:7] == [1, 2, 3, 4, 5, 6, 7], "once a day"
    assert tries[9:] == [tries[9]] * 4
    assert states(house)[State.PARKED] == 1


def test_a_refused_write_to_a_record_that_is_gone_by_now_is_over(house: House) -> None:
    lead = house.lead()
    house.sf.answer = lambda _change: WriteOutcome.REJECTED
    house.run()
    house.clock.pass_(minutes=1)
    house.sf.delete(lead)
    house.sf.answer = lambda _change: WriteOutcome.CONFLICT
    for _ in range(3):
        house.run(sweep=True)
        house.clock.pass_(days=1, minutes=1)
    assert State.PARKED not in states(house), "it would be tried again for a week"
    assert house.run().outcome is Outcome.DONE


def test_what_a_person_parked_stays_until_a_person_takes_it_up(house: House) -> None:
    lead = house.lead()
    house.sf.answer = answer_once(WriteOutcome.RETRY)
    house.run()
    with house.context.store.write() as tx:
        (entry,) = ledger.read_by_state(tx, State.READY, 9)
        outbox.park(tx, [entry.id], house.clock.now)
    house.clock.pass_(days=1)
    house.lead(values=dict(COMPLETE))
    house.run()
    house.clock.pass_(days=8)
    house.run()
    assert house.written == []
    with house.context.store.write() as tx:
        (entry,) = ledger.read_by_state(tx, State.PARKED, 9)
        outbox.retry(tx, [entry.id])
    house.run()
    assert house.sf.flags(lead)["status"] == "ready"


def test_what_a_person_parked_stays_so_when_its_record_joins_another_handoff(house: House) -> None:
    house.lead(values=dict(COMPLETE))
    house.settle()
    at = house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = {"email": "other@example.jp", "lifecyclestage": "marketingqualifiedlead", "recent_conversion_date": at}
    contact = house.hs.put("contacts", "101", asked, created_at=at)
    house.hs.answer = answer_once(WriteOutcome.RETRY)
    house.run()
    with house.context.store.write() as tx:
        (entry,) = ledger.read_by_state(tx, State.READY, 9)
        outbox.park(tx, [entry.id], house.clock.now)
    house.hs.put("contacts", "101", {**asked, "email": "00Q1@example.jp"}, created_at=at)
    house.run()
    assert not house.hs.flags(contact)
    assert states(house)[State.PARKED] == 1
    with house.context.store.write() as tx:
        (entry,) = ledger.read_by_state(tx, State.PARKED, 9)
        outbox.retry(tx, [entry.id])
    house.run()
    assert house.hs.flags(contact)["status"] == "ready"


def test_refusals_are_told_once_per_reason_with_examples(house: House) -> None:
    for number in range(7):
        house.lead(f"00Q{number}")
    house.sf.answer = lambda _change: WriteOutcome.REJECTED
    (told,) = house.run().problems
    leads = tuple(f"salesforce:Lead:00Q{number}" for number in range(3))
    assert told == RunProblem(Shortfall.PARKED, "salesforce", "TEST: as the test says", 7, leads)


def test_a_failure_of_the_orgs_automation_is_tried_once_more_and_then_parked(house: House) -> None:
    lead = house.lead()
    house.sf.verdict = WriteResult(lead, WriteOutcome.RETRY, "APEX", "no", retry_after=600, tries=2)
    house.run()
    house.clock.pass_(minutes=9)
    house.run()
    assert states(house) == {State.READY: 1}
    house.clock.pass_(minutes=2)
    house.run()
    assert states(house) == {State.PARKED: 1}


def test_what_was_not_sent_costs_no_attempt(house: House) -> None:
    lead = house.lead()
    house.sf.verdict = WriteResult(lead, WriteOutcome.RETRY, "Throttled", "slow down", retry_after=60, sent=False)
    for _ in range(5):
        house.run()
        house.clock.pass_(seconds=61)
    with house.context.store.read() as tx:
        (entry,) = ledger.read_by_state(tx, State.READY, 9)
    assert entry.attempts == 0


def test_a_budget_that_is_used_up_leaves_everything_ready(house: House) -> None:
    lead = house.lead()
    house.sf.broken["write"] = BudgetExhausted("the share is used up", retry_after=600)
    assert house.run().outcome is Outcome.PARTIAL
    assert states(house) == {State.READY: 1}
    assert house.run().counts["deliver"] == {}, "not asked before the budget opens again"
    del house.sf.broken["write"]
    house.clock.pass_(minutes=11)
    house.run()
    assert house.sf.flags(lead)["status"] == "preparing"


def test_a_record_that_never_gets_an_answer_waits_longer_and_longer_and_is_parked(house: House) -> None:
    house.lead()
    house.sf.verdict = WriteResult(RecordRef("salesforce", "Lead", "00Q1"), WriteOutcome.UNKNOWN, "NO_ANSWER", "")
    for _ in range(60):
        house.run()
        house.clock.pass_(minutes=30)
    assert states(house)[State.PARKED] == 1
    assert 20 <= house.sf.calls.count("write") <= 30


def test_what_is_approved_is_only_what_is_still_wanted(house: House) -> None:
    house.change(hold_minimum=1)
    for number in range(3):
        house.lead(f"00Q{number}")
    house.run()
    house.clock.pass_(seconds=5)
    house.lead("00Q0", values=dict(COMPLETE))
    house.change(gate_approved=True)
    house.run()
    assert {ref.record_id: values["status"] for ref, values in house.written} == {
        "00Q0": "ready",
        "00Q1": "preparing",
        "00Q2": "preparing",
    }


def test_a_parked_record_is_tried_again_when_it_should_carry_something_else(house: House) -> None:
    lead = house.lead()
    house.sf.answer = answer_once(WriteOutcome.REJECTED)
    house.run()
    assert status(house.context).writes_per_handoff is None, "an attempt that was refused is no write"
    house.lead(values=dict(COMPLETE))
    house.run()
    assert house.sf.flags(lead)["status"] == "ready"
    assert status(house.context).writes_per_handoff == 1
    assert states(house) == {State.SUPERSEDED: 1, State.DELIVERED: 1}


def test_a_write_that_should_be_retried_waits_and_then_goes_out_once(house: House) -> None:
    lead = house.lead()
    house.sf.answer = answer_once(WriteOutcome.RETRY)
    assert house.run().outcome is Outcome.PARTIAL
    assert house.run().counts["deliver"] == {}
    house.clock.pass_(seconds=31)
    house.run()
    assert house.sf.flags(lead)["status"] == "preparing"
    assert len(house.written) == 1


def test_a_newer_judgement_replaces_a_write_that_waits(house: House) -> None:
    lead = house.lead()
    house.sf.answer = answer_once(WriteOutcome.RETRY)
    house.run()
    house.lead(values=dict(COMPLETE))
    house.clock.pass_(minutes=10)
    house.run()
    assert [values["status"] for _, values in house.written] == ["ready"]
    assert house.sf.flags(lead)["status"] == "ready"


def test_an_unknown_outcome_that_was_applied_is_not_sent_again(house: House) -> None:
    house.lead()
    house.sf.answer = _apply_and_say_nothing(house)
    house.run()
    assert states(house) == {State.UNKNOWN: 1}
    report = house.run()
    assert report.counts["deliver"]["found_delivered"] == 1
    assert len(house.written) == 1
    assert states(house) == {State.DELIVERED: 1}


def test_an_unknown_outcome_that_was_not_applied_is_sent_again(house: House) -> None:
    lead = house.lead()
    house.sf.broken["write"] = OutcomeUnknown("timed out")
    house.run()
    assert states(house) == {State.UNKNOWN: 1}
    del house.sf.broken["write"]
    house.run()
    assert house.sf.flags(lead)["status"] == "preparing"
    assert len(house.written) == 1


def test_nothing_is_sent_to_a_record_whose_outcome_cannot_be_read_back(house: House) -> None:
    house.lead()
    house.sf.broken["write"] = OutcomeUnknown("timed out")
    house.run()
    del house.sf.broken["write"]
    house.sf.broken["read_flags"] = OutcomeUnknown("timed out")
    house.lead(values=dict(COMPLETE))
    assert house.run().outcome is Outcome.PARTIAL
    assert house.written == []
    del house.sf.broken["read_flags"]
    house.run()
    assert [values["status"] for _, values in house.written] == ["ready"]


def test_a_record_that_joined_another_handoff_before_its_write_was_read_back_shows_that_one(house: House) -> None:
    lead = house.lead(values=dict(COMPLETE))
    house.settle()
    at = house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = {"email": "other@example.jp", "lifecyclestage": "marketingqualifiedlead", "recent_conversion_date": at}
    contact = house.hs.put("contacts", "101", asked, created_at=at)
    house.hs.broken["write"] = OutcomeUnknown("timed out")
    house.run()
    assert states(house)[State.UNKNOWN] == 1
    house.hs.broken["read_flags"] = OutcomeUnknown("timed out")
    house.hs.put("contacts", "101", {**asked, "email": "00Q1@example.jp"}, created_at=at)
    house.run()  # it is the Lead's contact now, and still nobody knows what it holds
    house.hs.broken.clear()
    house.run()
    house.run()
    assert house.hs.flags(contact)["status"] == house.sf.flags(lead)["status"] == "ready"


def test_a_refused_write_is_forgotten_when_its_record_shows_no_handoff_any_more(house: House) -> None:
    house.hs.answer = lambda _change: WriteOutcome.REJECTED
    contact = ask(house)
    house.run()
    assert states(house)[State.PARKED] == 1
    house.hs.answer = lambda _change: None
    become_one_of_two(house)
    house.run()
    house.clock.pass_(days=1, minutes=1)
    house.run()
    assert not house.hs.flags(contact)
    assert State.PARKED not in states(house)


def test_what_a_person_parked_stays_so_while_its_record_shows_no_handoff(house: House) -> None:
    house.hs.answer = answer_once(WriteOutcome.RETRY)
    contact = ask(house)
    house.run()
    with house.context.store.write() as tx:
        (entry,) = ledger.read_by_state(tx, State.READY, 9)
        outbox.park(tx, [entry.id], house.clock.now)
    roles = become_one_of_two(house)
    house.run()
    assert states(house)[State.PARKED] == 1
    for role in roles:
        house.sf.delete(role)
    house.run()
    assert not house.hs.flags(contact)
    assert states(house)[State.PARKED] == 1


def ask(house: House) -> RecordRef:
    """Somebody asks for a contact: a handoff of its own."""
    at = house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = {"email": "taro@example.jp", "lifecyclestage": "marketingqualifiedlead", "recent_conversion_date": at}
    return house.hs.put("contacts", "101", asked, created_at=at)


def become_one_of_two(house: House) -> list[RecordRef]:
    """Who asked is one of several people of a deal, whose handoff is shown on the deal alone. Returns their roles."""
    at = house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    deal = house.sf.put("Opportunity", "0061", created_at=at, closed=False, owner="salesforce:User:FS1")
    roles: list[RecordRef] = []
    for n, email in enumerate(("taro@example.jp", "hanako@example.jp")):
        person = house.sf.put("Contact", f"003{n}", {"Email": email}, created_at=at)
        role = {"person": str(person), "deal": str(deal), "role": "", "primary": n == 1}
        roles.append(house.sf.put("OpportunityContactRole", f"00K{n}", **role))
    return roles


def test_a_crash_after_sending_is_read_back_not_repeated(house: House) -> None:
    lead = house.lead()
    house.sf.kill_after_writing = True
    with pytest.raises(Killed):
        house.run()
    assert states(house) == {State.SENDING: 1}
    house.sf.kill_after_writing = False
    house.run()
    assert house.sf.flags(lead)["status"] == "preparing"
    assert len(house.written) == 1


def test_a_record_deleted_meanwhile_is_pulled_again_and_left_alone(house: House) -> None:
    lead = house.lead()
    house.run()
    house.lead(values=dict(COMPLETE))
    house.sf.answer = _delete_first(house, lead)
    report = house.run()
    assert report.counts["deliver"]["conflict"] == 1
    house.run()
    assert len(house.written) == 1
    assert house.run().counts["judge"] == {}


def test_a_conflict_on_an_unchanged_record_is_parked(house: House) -> None:
    house.lead()
    house.sf.answer = lambda _change: WriteOutcome.CONFLICT
    house.run()
    house.run()
    assert states(house) == {State.PARKED: 1}
    assert house.sf.calls.count("write") == 1


def test_refused_credentials_while_writing_leave_the_outcome_unknown(house: House) -> None:
    lead = house.lead()
    house.sf.broken["write"] = AuthError("token refused")
    assert house.run().outcome is Outcome.PARTIAL
    del house.sf.broken["write"]
    house.run()
    assert house.sf.flags(lead)["status"] == "preparing"


def test_far_more_changes_than_usual_wait_for_a_person(house: House) -> None:
    house.change(hold_minimum=3)
    leads = [house.lead(f"00Q{n}") for n in range(5)]
    report = house.run()
    assert report.outcome is Outcome.PARTIAL
    assert house.written == []
    (held,) = status(house.context).held
    assert (held.connection, held.kind, held.held, held.counted, held.limit) == ("salesforce", ChangeKind.ITEM, 5, 5, 3)
    assert approve(house.context) == 5
    house.run()
    assert all(house.sf.flags(lead)["status"] == "preparing" for lead in leads)
    house.lead("00Q9")
    assert house.run().counts["deliver"]["delivered"] == 1, "what was approved no longer counts"


def test_the_first_run_can_be_approved_beforehand(house: House) -> None:
    house.change(hold_minimum=3, gate_approved=True)
    for n in range(5):
        house.lead(f"00Q{n}")
    assert house.run().outcome is Outcome.DONE
    assert len(house.written) == 5


def test_held_entries_whose_record_is_right_again_are_replaced(house: House) -> None:
    house.change(hold_minimum=1)
    for n in range(3):
        house.lead(f"00Q{n}")
    house.run()
    house.sf.delete(RecordRef("salesforce", "Lead", "00Q0"))
    house.run()
    assert states(house)[State.HELD] == 2


def test_observe_never_sends_what_an_earlier_mode_left_ready(house: House) -> None:
    house.lead()
    house.sf.answer = answer_once(WriteOutcome.RETRY)
    house.run()
    house.change(mode=Mode.OBSERVE)
    house.clock.pass_(hours=1)
    assert deliver(house.context, house.clock.now).counts == {}
    house.run()
    assert house.written == []


def test_every_attempt_is_logged(house: House) -> None:
    lead = house.lead()
    house.sf.answer = answer_once(WriteOutcome.RETRY)
    house.run()
    house.clock.pass_(minutes=1)
    house.run()
    explained = explain(house.context, lead, house.clock.now)
    (entry,) = explained.entries
    assert [a.outcome for a in explained.attempts[entry.id]] == ["retry", "applied"]


def _apply_and_say_nothing(house: House) -> Any:
    def answer(change: FlagWrite) -> WriteOutcome:
        house.sf.answer = lambda _change: None
        house.sf._write(change)
        return WriteOutcome.UNKNOWN

    return answer


def _delete_first(house: House, ref: RecordRef) -> Any:
    def answer(_change: FlagWrite) -> WriteOutcome:
        house.sf.delete(ref)
        return WriteOutcome.CONFLICT

    return answer


def test_an_object_that_went_away_before_the_read_back_stops_nothing(house: House) -> None:
    """Kept as it is and told, until it can be read again."""
    lead = house.lead()
    house.sf.broken["write"] = OutcomeUnknown("no answer")
    house.run()
    house.sf.broken = {"read_flags": unavailable("Lead")}
    report = house.run()
    assert report.partial
    assert Shortfall.WRITES_UNREAD in {problem.code for problem in report.problems}
    assert house.sf.written == []
    house.sf.broken = {}
    house.settle()
    assert house.sf.flags(lead)["status"] == "preparing"
