"""Rounds on the same anchor: what opens one, what does not, and what the new one no longer knows of the old."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.model.handoff import Judgement, Memory
from sync.core.model.records import RecordRef
from tests.handoffs import Crm, at, good_lead, passed_deal

ASKED = "10-06 10:00"


def came_back(crm: Crm, created: str = "10-01 10:00", asked: str = ASKED, **cells: object) -> RecordRef:
    """A Lead whose HubSpot contact sent a form at `asked`."""
    lead = good_lead(crm, created=created, sql_date="2026-10-05", **cells)
    crm.hub(lead_id="L1", created=created, converted_at=at(asked).isoformat().replace("+00:00", "Z"))
    return lead


def opened(found: Judgement) -> tuple[int, tuple[object, ...]]:
    return found.cycle, found.memory.rounds


# --- what opens one -------------------------------------------------------------------------------------------------
def test_an_inquiry_of_somebody_who_is_being_worked_on_opens_nothing() -> None:
    crm = Crm()
    assert opened(crm.judge(came_back(crm), "10-06 12:00")) == (1, ())


@pytest.mark.parametrize(
    ("status", "closed_at", "round_"),
    [
        ("失注", "10-03 10:00", True),
        (" 対象外", "10-03 10:00", True),
        ("Working", "10-03 10:00", False),
        ("失注", "10-06 11:00", False),  # after the inquiry
        ("失注", ASKED, False),  # at the very instant
    ],
)
def test_an_inquiry_after_the_lead_was_closed(status: str, closed_at: str, round_: bool) -> None:
    crm = Crm()
    lead = came_back(crm)
    crm.history(lead, "status", "Open", status, closed_at)
    assert opened(crm.judge(lead, "10-06 12:00")) == ((2, (at(ASKED),)) if round_ else (1, ()))


def test_a_lead_that_was_reopened_before_is_not_closed() -> None:
    crm = Crm()
    lead = came_back(crm)
    crm.history(lead, "status", "失注", "Working", "10-04 10:00")
    crm.history(lead, "status", "Open", "失注", "10-03 10:00")
    assert opened(crm.judge(lead, "10-06 12:00")) == (1, ())


def test_a_lead_that_is_still_closed_stays_out_of_scope_in_its_new_round() -> None:
    crm = Crm()
    lead = came_back(crm, status="失注")
    crm.history(lead, "status", "Open", "失注", "10-03 10:00")
    found = crm.judge(lead, "10-06 12:00")
    assert (found.cycle, found.in_scope) == (2, False)


def test_an_inquiry_after_fs_returned_it() -> None:
    crm = Crm()
    lead = came_back(crm)
    crm.edit(lead, "FS_Decision__c", None, "差し戻し", "10-03 10:00", "fs1")
    found = crm.judge(lead, "10-06 12:00")
    assert (found.cycle, found.status) == (2, "ready")
    crm.edit(lead, "FS_Decision__c", None, "差し戻し", "10-06 11:00", "fs1")
    assert crm.judge(lead, "10-06 12:00", found.memory).status == "returned"


def test_a_lead_that_fs_returned_and_kept_in_its_name_is_worked_on_again() -> None:
    crm = Crm()
    lead = came_back(crm, owner="fs1")
    crm.history(lead, "owner", "is1", "fs1", "10-02 10:00")
    crm.edit(lead, "FS_Decision__c", None, "差し戻し", "10-03 10:00", "fs1")
    found = crm.judge(lead, "10-06 12:00")
    assert (found.cycle, found.in_scope, found.status) == (2, True, "ready")


def test_a_lead_that_was_always_field_sales_own_stays_so_in_its_next_round() -> None:
    crm = Crm()
    lead = came_back(crm, owner="fs1")
    crm.history(lead, "status", "Open", "失注", "10-03 10:00")
    found = crm.judge(lead, "10-06 12:00")
    assert (found.cycle, found.in_scope) == (2, False)


def test_an_answer_that_was_given_up_before_the_inquiry_returns_nothing() -> None:
    crm = Crm()
    lead = came_back(crm)
    crm.edit(lead, "FS_Decision__c", None, "差し戻し", "10-03 10:00", "fs1")
    crm.edit(lead, "FS_Decision__c", "差し戻し", "受領", "10-04 10:00", "fs1")
    assert opened(crm.judge(lead, "10-06 12:00")) == (1, ())


def test_an_answer_of_unknown_age_opens_nothing_and_counts() -> None:
    """Baton sees it for the first time: it may have been given after the inquiry."""
    crm = Crm()
    lead = came_back(crm, fs_decision="差し戻し")
    crm.change(lead, modified_at=at("10-06 11:00"))
    found = crm.judge(lead, "10-06 12:00")
    assert (found.cycle, found.status) == (1, "returned")
    assert crm.judge(lead, "10-06 12:00", seen={lead: {"FS_Decision__c": at("10-03 10:00")}}).cycle == 2


def test_a_deal_opens_one_only_after_a_return() -> None:
    crm = Crm()
    deal = passed_deal(crm, created="10-02 11:00")
    crm.history(RecordRef("salesforce", "Lead", "L1"), "status", "Open", "失注", "10-03 10:00")
    crm.act("call", deal, "10-06 10:00", direction="inbound", connected=False, duration_s=0, owner="fs1")
    assert crm.judge(deal, "10-06 12:00").cycle == 1
    crm.edit(deal, "FS_Decision__c", None, "差し戻し", "10-05 10:00", "fs1")
    found = crm.judge(deal, "10-06 12:00")
    assert (found.cycle, found.pass_, found.status) == (2, None, "ready")


@pytest.mark.parametrize(("days", "round_"), [(179, False), (180, True), (181, True)])
def test_long_silence_is_counted_in_whole_days_of_24_hours(days: int, round_: bool) -> None:
    crm = Crm()
    made = at(ASKED) - timedelta(days=days)
    lead = came_back(crm, created=made.astimezone(at(ASKED).tzinfo).strftime("%m-%d %H:%M"))
    crm.change(lead, facts={"created_at": made.strftime("%Y-%m-%dT%H:%M:%SZ")})
    assert crm.judge(lead, "10-06 12:00").cycle == (2 if round_ else 1)


QUIET = {"created": "01-10 10:00", "asked": ASKED}


@pytest.mark.parametrize(
    "sign",
    [
        {"type_": "call", "when": "08-01 10:00"},
        {"type_": "call", "when": "08-01 10:00", "direction": "inbound", "connected": False, "duration_s": 0},
        {"type_": "email", "when": "08-01 10:00", "direction": "inbound"},
        {"type_": "task", "when": "08-01 10:00", "owner": None},
        {"type_": "meeting", "when": "08-01 10:00", "status": "scheduled", "logged": "01-15 10:00"},
        {"type_": "meeting", "when": "11-20 10:00", "status": "scheduled", "logged": "08-01 10:00"},
        {"type_": "meeting", "when": "08-02 10:00", "status": "canceled", "logged": "08-01 10:00"},
    ],
)
def test_a_sign_of_life_keeps_the_round(sign: dict[str, object]) -> None:
    crm = Crm()
    lead = came_back(crm, **QUIET)
    assert crm.judge(lead, "10-06 12:00").cycle == 2
    sign = dict(sign)
    crm.act(str(sign.pop("type_")), lead, str(sign.pop("when")), **sign)
    found = crm.judge(lead, "10-06 12:00")
    assert found.memory.rounds != (at(ASKED),)


@pytest.mark.parametrize(
    "sign",
    [
        {"type_": "email", "when": "08-01 10:00", "automated": True},
        {"type_": "task", "when": "08-01 10:00", "status": "open"},
        {"type_": "call", "when": "01-20 10:00"},
        {"type_": "call", "when": "10-06 10:30"},
    ],
)
def test_what_is_no_sign_of_life_in_time_does_not(sign: dict[str, object]) -> None:
    crm = Crm()
    lead = came_back(crm, **QUIET)
    sign = dict(sign)
    crm.act(str(sign.pop("type_")), lead, str(sign.pop("when")), **sign)
    assert opened(crm.judge(lead, "10-06 12:00")) == (2, (at(ASKED),))


def test_the_definition_says_how_long_silence_is() -> None:
    crm = Crm(rules_with={"definition": {"silent_days": 3}})
    assert crm.judge(came_back(crm), "10-06 12:00").cycle == 2


# --- what a round forgets -------------------------------------------------------------------------------------------
def test_a_second_inquiry_of_the_same_round_opens_no_third() -> None:
    crm = Crm()
    lead = came_back(crm)
    crm.history(lead, "status", "Open", "失注", "10-03 10:00")
    crm.edit(lead, "FS_Decision__c", None, "差し戻し", "10-03 11:00", "fs1")
    crm.act("call", lead, "10-06 10:40", direction="inbound", connected=False, duration_s=0)
    assert opened(crm.judge(lead, "10-06 12:00")) == (2, (at(ASKED),))


def test_an_opening_is_remembered_when_its_inquiry_is_overwritten() -> None:
    crm = Crm()
    lead = came_back(crm)
    crm.history(lead, "status", "Open", "失注", "10-03 10:00")
    first = crm.judge(lead, "10-06 12:00")
    crm.set(RecordRef("hubspot", "contacts", "H1"), recent_conversion_date=None)
    again = crm.judge(lead, "10-06 13:00", first.memory)
    assert opened(again) == (2, (at(ASKED),))
    assert again.memory == first.memory


def test_the_first_round_is_forgotten_but_for_its_number() -> None:
    crm = Crm()
    lead = came_back(crm, status="Working")
    crm.meeting(lead, "10-02 10:00", logged="10-01 15:00")
    crm.history(lead, "status", "Open", "失注", "10-03 10:00")
    before = Memory(
        at("10-01 11:00"), at("10-01 18:00"), ("pain",), {"is_first_contact": at("10-02 18:30")},
        confirmed_at=at("10-02 18:30"), confirm_failed=True, frozen_definition="2026-04",
    )  # fmt: skip
    found = crm.judge(lead, "10-06 12:00", before)
    assert found.pass_ is None
    assert found.memory == Memory(first_judged_at=at("10-01 11:00"), rounds=(at(ASKED),), told=found.memory.told)
    assert found.clocks[0].start == at(ASKED)


def test_a_reading_of_the_evidence_after_the_opening_counts_for_the_new_round() -> None:
    crm = Crm()
    lead = came_back(crm, asked="10-05 10:00", lead_source="デモ")
    crm.history(lead, "status", "Open", "失注", "10-03 10:00")
    found = crm.judge(lead, "10-05 19:00", Memory(confirmed_at=at("10-05 18:30")))
    assert (found.cycle, found.clocks[0].state, found.needs_confirmation) == (2, "breached", False)


def test_a_status_that_nobody_dated_is_no_pass_of_a_later_round() -> None:
    crm = Crm()
    lead = came_back(crm, status="SQL")
    assert crm.judge(lead, "10-06 12:00").pass_ is not None
    assert crm.judge(lead, "10-06 12:00", Memory(rounds=(at("10-06 09:00"),))).pass_ is None


def test_it_wakes_for_an_inquiry_that_lies_ahead() -> None:
    crm = Crm()
    lead = came_back(crm, asked="10-06 12:30")
    crm.history(lead, "status", "Open", "失注", "10-03 10:00")
    before = crm.judge(lead, "10-06 12:00")
    assert (before.cycle, before.wake_at) == (1, at("10-06 12:30"))
    assert crm.judge(lead, "10-06 12:30", before.memory).cycle == 2


def test_a_record_that_nobody_dated_opens_nothing() -> None:
    crm = Crm()
    lead = came_back(crm, **QUIET)
    hub = RecordRef("hubspot", "contacts", "H1")
    for ref in (lead, hub):
        crm.change(ref, facts={"created_at": None})
    assert crm.judge(lead, "10-06 12:00").cycle == 1
