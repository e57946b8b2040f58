"""First-contact clocks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.model.handoff import ClockFinding, Memory
from sync.core.model.records import RecordRef
from tests.handoffs import Crm, at, passed_deal

CONFIRMED = Memory(first_judged_at=at("10-05 10:00"), confirmed_at=at("10-30 10:00"))


def clock(crm: Crm, anchor: RecordRef, now: str, memory: Memory | None = None, which: int = 0) -> ClockFinding:
    return crm.judge(anchor, now, memory).clocks[which]


def state(crm: Crm, anchor: RecordRef, now: str, memory: Memory | None = None, which: int = 0) -> str:
    return clock(crm, anchor, now, memory, which).state.value


# --- when nothing is measured ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("source", [None, "確認中", "なにか", "購入リスト", "パートナー"])
def test_a_channel_without_target_is_measured_by_nobody(source: str | None) -> None:
    crm = Crm()
    lead = crm.lead(lead_source=source)
    found = clock(crm, lead, "10-20 12:00")
    assert (found.state, found.due, found.needs_confirmation) == ("none", None, False)


def test_an_unreadable_channel_accuses_nobody() -> None:
    crm = Crm()
    lead = crm.lead(lead_source="デモ")
    crm.hide(lead, "LeadSource")
    assert state(crm, lead, "10-20 12:00", CONFIRMED) == "none"


def test_starts_before_the_first_day_are_measured_by_nobody() -> None:
    crm = Crm()
    assert state(crm, crm.lead(created="09-30 17:00", lead_source="デモ"), "10-20 12:00", CONFIRMED) == "none"


def test_without_a_dated_pass_fs_has_no_clock() -> None:
    crm = Crm()
    assert state(crm, crm.lead(status="SQL"), "10-20 12:00", CONFIRMED, which=1) == "none"


# --- start ----------------------------------------------------------------------------------------------------------
def test_the_latest_inquiry_starts_it() -> None:
    crm = Crm()
    lead = crm.lead(created="10-01 10:00", lead_source="デモ")
    hub = crm.hub(created="10-01 10:00", lead_id="L1", mql_at="2026-10-06T01:00:00Z", lead_source="デモ")
    assert clock(crm, lead, "10-06 12:00").start == at("10-06 10:00")
    crm.set(hub, recent_conversion_date="2026-10-06T02:30:00.123Z")
    assert clock(crm, lead, "10-06 12:00").due == at("10-06 18:00")
    missed = crm.act("call", hub, "10-06 11:45", direction="inbound", connected=False, duration_s=0)
    found = clock(crm, lead, "10-06 12:00")
    assert found.start == at("10-06 11:45")
    assert str(missed) in found.start_reason


def test_an_inquiry_in_the_future_or_after_the_pass_does_not_start_it() -> None:
    crm = Crm()
    deal = passed_deal(crm, created="10-06 11:00")
    crm.hub(created="10-05 10:00", contact_id="C1", converted_at="2026-10-07T01:00:00Z")
    assert clock(crm, deal, "10-08 12:00").start == at("10-05 10:00")
    crm = Crm()
    lead = crm.lead(created="10-05 10:00", lead_source="デモ")
    crm.hub(lead_id="L1", created="10-05 10:00", converted_at="2026-10-07T01:00:00Z")
    judgement = crm.judge(lead, "10-05 11:00")
    assert judgement.clocks[0].start == at("10-05 10:00")


def test_a_contact_that_goes_away_is_looked_for_again_before_anybody_is_blamed() -> None:
    crm = Crm()
    lead = crm.lead(created="10-05 10:00", lead_source="デモ")
    call = crm.act("call", lead, "10-05 11:00")
    answered = crm.judge(lead, "10-06 09:00", Memory(confirmed_at=at("10-05 18:20")))
    assert (answered.clocks[0].state, answered.memory.answered_at) == ("met", {"is_first_contact": at("10-06 09:00")})
    del crm.records[call]
    gone = crm.judge(lead, "10-07 09:00", answered.memory)
    assert (gone.clocks[0].state, gone.needs_confirmation) == ("waiting", True)
    read_again = crm.judge(lead, "10-07 09:00", replace(gone.memory, confirmed_at=at("10-07 09:00")))
    assert (read_again.clocks[0].state, read_again.memory.answered_at) == ("breached", {})
    later = crm.judge(lead, "10-08 09:00", read_again.memory)
    assert (later.clocks[0].state, later.needs_confirmation) == ("breached", False)


def test_inquiry_dates_come_in_several_forms() -> None:
    crm = Crm()
    lead = crm.lead(created="10-01 10:00", lead_source="デモ")
    hub = crm.hub(lead_id="L1", created="10-01 10:00", lead_source="デモ")
    for raw in ("1791248400000", "2026-10-06T01:00:00+00:00", "2026-10-06T01:00:00Z"):
        crm.set(hub, recent_conversion_date=raw)
        assert clock(crm, lead, "10-06 12:00").start == at("10-06 10:00"), raw
    crm.set(hub, recent_conversion_date="not a date")
    assert clock(crm, lead, "10-06 12:00").start == at("10-01 10:00")


@pytest.mark.parametrize(
    ("created", "source", "due"),
    [
        ("10-05 10:00", "デモ", "10-05 18:00"),
        ("10-05 16:00", "デモ", "10-05 18:00"),
        ("10-05 16:01", "デモ", "10-06 12:00"),
        ("10-09 18:30", "デモ", "10-13 12:00"),
        ("10-10 12:00", "デモ", "10-13 18:00"),
        ("10-05 10:00", "紹介", "10-06 18:00"),
        ("10-05 10:00", "資料DL", "10-07 18:00"),
        ("10-05 10:00", "展示会", "10-13 18:00"),
    ],
)
def test_the_channel_decides_the_deadline(created: str, source: str, due: str) -> None:
    crm = Crm()
    assert clock(
        crm, crm.lead(created=created, lead_source=source), "10-05 10:00" if created < "10-05 10:01" else created
    ).due == at(due)


# --- stop -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("when", "facts", "expected"),
    [
        ("10-05 18:00", {}, "met"),
        ("10-05 18:01", {}, "met_late"),
        ("10-05 11:00", {"owner": "fs1"}, "met"),
        ("10-05 11:00", {"owner": None}, "met"),
        ("10-05 11:00", {"owner": "boss"}, "breached"),
        ("10-05 11:00", {"automated": True}, "breached"),
        ("10-05 11:00", {"status": "open"}, "breached"),
        ("10-01 09:00", {}, "met"),
        ("10-01 08:59", {}, "breached"),
        ("10-20 12:01", {}, "breached"),
    ],
)
def test_the_first_genuine_contact_stops_it(when: str, facts: dict[str, Any], expected: str) -> None:
    crm = Crm()
    lead = crm.lead(lead_source="デモ", created="10-05 10:00")
    crm.act("call", lead, when, **facts)
    assert state(crm, lead, "10-20 12:00", CONFIRMED) == expected


def test_the_earliest_evidence_wins_whatever_the_order() -> None:
    crm = Crm()
    lead = crm.lead(lead_source="デモ")
    crm.act("call", lead, "10-07 11:00")
    first = crm.act("email", lead, "10-05 15:00", logged="10-09 11:00")
    found = clock(crm, lead, "10-20 12:00", CONFIRMED)
    assert (found.state, found.contact, found.contact_at) == ("met", first, at("10-05 15:00"))
    assert (found.working_seconds, found.elapsed_seconds) == (5 * 3600, 5 * 3600)


def test_a_contact_before_the_start_takes_no_time() -> None:
    crm = Crm()
    lead = crm.lead(lead_source="デモ", created="10-05 10:00")
    crm.act("call", lead, "10-02 15:00")
    found = clock(crm, lead, "10-05 11:00")
    assert (found.state, found.working_seconds, found.elapsed_seconds) == ("met", 0, 0)


def test_a_contact_on_a_merged_away_record_counts() -> None:
    crm = Crm()
    loser, winner = crm.lead("L1", lead_source="デモ"), crm.lead("L2", lead_source="デモ")
    crm.act("call", loser, "10-05 11:00")
    crm.merge(loser, winner)
    assert state(crm, winner, "10-05 12:00") == "met"


def test_a_deleted_activity_no_longer_stops_it() -> None:
    crm = Crm()
    lead = crm.lead(lead_source="デモ")
    call = crm.act("call", lead, "10-05 11:00")
    crm.change(call, deleted=True)
    assert state(crm, lead, "10-05 12:00") == "waiting"


# --- no contact -----------------------------------------------------------------------------------------------------
def test_a_breach_is_said_only_after_the_evidence_was_read_again() -> None:
    crm = Crm()
    lead = crm.lead(lead_source="デモ", created="10-05 10:00")
    waiting = clock(crm, lead, "10-05 18:14")
    assert (waiting.state, waiting.wake_at, waiting.needs_confirmation) == ("waiting", at("10-05 18:15"), False)
    due = clock(crm, lead, "10-05 18:15")
    assert (due.state, due.needs_confirmation, due.wake_at) == ("waiting", True, None)
    early = Memory(confirmed_at=at("10-05 18:14"))
    assert clock(crm, lead, "10-05 18:20", early).needs_confirmation
    failed = clock(crm, lead, "10-05 18:20", Memory(confirm_failed=True))
    assert (failed.state, failed.needs_confirmation) == ("unverified", True)
    judgement = crm.judge(lead, "10-05 18:20", Memory(confirmed_at=at("10-05 18:15")))
    assert judgement.clocks[0].state == "breached"
    assert judgement.memory.breached_at == {"is_first_contact": at("10-05 18:20")}
    assert not judgement.needs_confirmation


def test_a_pass_in_time_calls_off_the_clock_of_is() -> None:
    crm = Crm()
    lead = crm.lead(lead_source="資料DL", created="10-05 10:00")
    crm.history(lead, "owner", "is1", "fs1", "10-07 18:00")
    assert state(crm, lead, "10-20 12:00", CONFIRMED) == "none"
    crm = Crm()
    lead = crm.lead(lead_source="資料DL", created="10-05 10:00")
    crm.history(lead, "owner", "is1", "fs1", "10-07 18:01")
    assert state(crm, lead, "10-20 12:00", CONFIRMED) == "breached"


def test_fs_has_one_business_day_from_the_pass_and_only_fs_counts() -> None:
    crm = Crm()
    deal = passed_deal(crm, created="10-06 11:00")
    assert clock(crm, deal, "10-06 12:00", which=1).due == at("10-07 18:00")
    crm.act("call", deal, "10-06 14:00", owner="is1")
    assert state(crm, deal, "10-20 12:00", CONFIRMED, which=1) == "breached"
    crm.act("call", deal, "10-08 14:00", owner="fs1")
    assert state(crm, deal, "10-20 12:00", CONFIRMED, which=1) == "met_late"
    crm.act("email", deal, "10-07 10:00", owner="fs1")
    assert state(crm, deal, "10-20 12:00", CONFIRMED, which=1) == "met"


def test_a_return_calls_off_the_clock_of_fs() -> None:
    crm = Crm()
    assert state(crm, passed_deal(crm, fs_decision="差し戻し"), "10-20 12:00", CONFIRMED, which=1) == "none"


# --- correction -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("when", "expected", "corrected"),
    [("10-05 15:00", "met", True), ("10-05 18:10", "met_late", True), ("10-06 10:00", "met_late", False)],
)
def test_evidence_from_before_the_breach_corrects_it(when: str, expected: str, corrected: bool) -> None:
    crm = Crm()
    lead = crm.lead(lead_source="デモ", created="10-05 10:00")
    crm.act("call", lead, when, logged="10-07 10:00")
    memory = Memory(confirmed_at=at("10-05 18:20"), breached_at={"is_first_contact": at("10-05 18:20")})
    found = clock(crm, lead, "10-07 11:00", memory)
    assert (found.state, found.corrected) == (expected, corrected)


def test_a_breach_of_an_earlier_run_is_not_corrected_by_this_one() -> None:
    crm = Crm()
    lead = crm.lead(lead_source="デモ", created="10-01 10:00")
    crm.hub(lead_id="L1", created="10-01 10:00", converted_at="2026-10-06T01:00:00Z", lead_source="デモ")
    crm.act("call", lead, "10-05 10:00")
    memory = Memory(breached_at={"is_first_contact": at("10-05 18:20")})
    found = clock(crm, lead, "10-06 11:00", memory)
    assert (found.state, found.corrected) == ("met", False)


# --- an undecided join ----------------------------------------------------------------------------------------------
def test_an_ambiguous_join_accuses_nobody() -> None:
    crm = Crm()
    lead = crm.lead(created="10-06 10:00", lead_source="デモ", email="same@customer.example")
    crm.lead("L2", created="10-06 10:00", lead_source="デモ", email="same@customer.example")
    hub = crm.hub(created="10-06 10:00", email="same@customer.example")
    crm.act("call", hub, "10-06 11:00", direction="outbound")
    assert state(crm, lead, "10-06 18:10", CONFIRMED) == "waiting"
    assert state(crm, lead, "10-20 12:00", CONFIRMED) == "unverified"
    crm.act("call", lead, "10-08 11:00", direction="outbound")
    late = clock(crm, lead, "10-20 12:00", CONFIRMED)
    assert (late.state, late.contact_at) == ("unverified", None), "an earlier contact may hang on the other side"
    crm.act("call", lead, "10-06 12:00", direction="outbound")
    assert state(crm, lead, "10-20 12:00", CONFIRMED) == "met"
