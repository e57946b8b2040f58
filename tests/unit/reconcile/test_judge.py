"""One handoff as a whole: what is shown where, what is remembered, when to look again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from sync.core.model.flags import FLAG_FIELDS, FLAG_NAMES, NO_FLAGS
from sync.core.model.handoff import Memory
from sync.core.model.records import RecordRef
from tests.handoffs import Crm, at, good_lead, passed_deal

LEAD = RecordRef("salesforce", "Lead", "L1")


# --- memory ---------------------------------------------------------------------------------------------------------
def test_a_pass_seen_from_before_is_frozen_with_what_was_missing() -> None:
    crm = Crm()
    lead = good_lead(crm, pain=None)
    crm.history(lead, "owner", "is1", "fs1", "10-06 11:00")
    before = crm.judge(lead, "10-06 12:00")
    assert (before.memory.first_judged_at, before.memory.frozen_at) == (at("10-06 12:00"), None)
    frozen = crm.judge(lead, "10-06 18:00", before.memory)
    assert (frozen.memory.frozen_at, frozen.memory.missing_at_pass) == (at("10-06 18:00"), ("pain",))
    crm.set(lead, Pain__c="月末の請求書発行に経理3名で4日かかっている", Decision_Maker__c=None)
    later = crm.judge(lead, "10-07 12:00", frozen.memory)
    assert later.missing == ("decision_maker",)
    assert replace(later.memory, told={}) == replace(frozen.memory, told={})
    assert later.flags[lead]["missing_at_pass"] == "pain"


def test_a_pass_that_was_over_before_stays_unknown() -> None:
    crm = Crm()
    lead = good_lead(crm, pain=None)
    crm.change(lead, modified_at=at("10-06 19:00"))
    crm.history(lead, "owner", "is1", "fs1", "10-06 11:00")
    first = crm.judge(lead, "10-06 18:00")
    assert (first.memory.frozen_at, first.memory.missing_at_pass) == (at("10-06 18:00"), None)
    assert first.flags[lead]["missing_at_pass"] is None
    assert crm.judge(lead, "10-07 12:00", first.memory).memory.missing_at_pass is None


def test_a_pass_without_a_date_is_frozen_as_unknown() -> None:
    crm = Crm()
    lead = good_lead(crm, status="SQL", pain=None)
    memory = crm.judge(lead, "10-06 12:00", Memory(first_judged_at=at("10-05 12:00"))).memory
    assert (memory.frozen_at, memory.missing_at_pass) == (at("10-06 12:00"), None)


def test_nobody_to_speak_of_freezes_as_unknown() -> None:
    crm = Crm()
    deal = crm.deal()
    crm.act("call", deal, "10-06 12:00")
    memory = crm.judge(deal, "10-06 18:00", Memory(first_judged_at=at("10-06 12:00"))).memory
    assert memory.missing_at_pass is None


def test_a_breach_keeps_its_first_instant_until_the_clock_runs_anew() -> None:
    crm = Crm()
    lead = crm.lead(lead_source="デモ", created="10-05 10:00")
    memory = Memory(confirmed_at=at("10-05 18:15"))
    first = crm.judge(lead, "10-05 18:20", memory).memory
    again = crm.judge(lead, "10-06 09:00", first).memory
    assert again.breached_at == {"is_first_contact": at("10-05 18:20")}
    hub = crm.hub(lead_id="L1", created="10-05 10:00", converted_at="2026-10-06T01:00:00Z", lead_source="デモ")
    anew = crm.judge(lead, "10-06 19:00", Memory(confirmed_at=at("10-06 18:30"), breached_at=again.breached_at))
    assert anew.memory.breached_at == {"is_first_contact": at("10-06 19:00")}
    assert hub in anew.flags


def test_confirmation_is_passed_on_untouched() -> None:
    crm = Crm()
    memory = Memory(at("10-05 10:00"), None, None, {}, at("10-05 11:00"), True)
    after = crm.judge(crm.lead(), "10-06 12:00", memory).memory
    assert (after.confirmed_at, after.confirm_failed) == (at("10-05 11:00"), True)


def test_minutes_attempts_and_ng_topics_are_flags_of_those_who_chose_them() -> None:
    crm = Crm(rules_with={"chosen": frozenset({"minutes", "attempts", "ng_reference"})})
    deal = passed_deal(
        crm, created="10-06 11:00", sql_date="2026-10-06", ng_topics="価格の話は先方の部長の前では避ける"
    )
    crm.act("call", LEAD, "10-05 10:30")
    crm.act("call", LEAD, "10-05 10:35")
    crm.act("call", LEAD, "10-05 10:40", direction="inbound", connected=True)  # reached: what comes later is no attempt
    crm.act("email", deal, "10-06 15:30", owner="fs1", direction="outbound")
    flags = crm.flags(deal, "10-06 18:00")
    assert (flags["is_minutes"], flags["fs_minutes"], flags["attempts"]) == (30, 270, 2)
    assert flags["ng_reference"] == "価格の話は先方の部長の前では避ける"
    crm.set(LEAD, NG_Topics__c=None)
    crm.set(deal, NG_Topics__c="確認中")
    assert crm.flags(deal, "10-06 18:00")["ng_reference"] is None
    crm.set(deal, NG_Topics__c="特になし")
    assert crm.flags(deal, "10-06 18:00")["ng_reference"] == "特になし"
    assert crm.flags(deal, "10-06 17:59")["ng_reference"] is None, "as long as the grace lasts nobody hands over"


def test_ng_topics_that_cannot_be_read_stay_what_they_were() -> None:
    crm = Crm(rules_with={"chosen": frozenset({"ng_reference"})})
    deal = passed_deal(crm, created="10-06 11:00", sql_date="2026-10-06")
    crm.change(deal, flags={"ng_reference": "前からある内容"})
    for ref in (deal, LEAD):
        crm.hide(ref, "NG_Topics__c")
    assert crm.flags(deal, "10-06 18:00")["ng_reference"] == "前からある内容"


# --- flags ----------------------------------------------------------------------------------------------------------
def test_flags_are_full_sets_of_canonical_values() -> None:
    crm = Crm()
    deal = passed_deal(crm, created="10-06 11:00", sql_date="2026-10-06", timing="2027年12月", budget_status="予算なし")
    crm.act("call", LEAD, "10-05 10:30", has_content=True)
    crm.set(LEAD, Pain__c=None, NG_Topics__c="-")
    flags = crm.flags(deal, "10-06 18:00", Memory(first_judged_at=at("10-06 12:00")))
    assert tuple(flags) == FLAG_NAMES or set(flags) == set(FLAG_NAMES)
    flags.pop("note")
    assert {flags.pop(flag.name) for flag in FLAG_FIELDS if flag.choice} == {None}
    assert str(flags.pop("brief")).startswith("課題：未入力\n目的：未入力\n予算：予算なし［Salesforce］\n")
    assert flags == {
        "status": "passed_incomplete",
        "sql_verdict": "not_qualified",
        "missing_items": "pain;ng_topics",
        "missing_count": 2,
        "unmet_criteria": "budget;timing",
        "next_actor": "is",
        "is_sla": "met",
        "is_due": "2026-10-07T09:00:00Z",
        "is_at": "2026-10-05T01:30:00Z",
        "fs_sla": "waiting",
        "fs_due": "2026-10-07T09:00:00Z",
        "fs_at": None,
        "missing_at_pass": "pain;ng_topics",
        "passed_at": "2026-10-06T02:00:00Z",
        "definition": "2026-10",
    }


def test_only_targets_that_show_this_handoff_get_flags() -> None:
    crm = Crm()
    contact = crm.contact(email="a@b.co.jp")
    hub = crm.hub(email="a@b.co.jp")
    old, new = crm.deal("O1", created="10-01 10:00"), crm.deal("O2", created="10-05 10:00")
    for deal in (old, new):
        crm.role(deal, contact)
        crm.act("call", deal, "10-06 12:00")
    assert set(crm.judge(old, "10-08 12:00").flags) == {old}
    assert set(crm.judge(new, "10-08 12:00").flags) == {new, hub}


def test_a_record_without_flags_and_out_of_scope_is_not_touched() -> None:
    crm = Crm()
    lead = crm.lead(status="対象外")
    crm.change(lead, flags=None)
    assert crm.judge(lead, "10-08 12:00").flags == {}
    crm.change(lead, flags=dict(NO_FLAGS))
    assert crm.judge(lead, "10-08 12:00").flags == {}


# --- when to look again ---------------------------------------------------------------------------------------------
def _wakes(crm: Crm, anchor: RecordRef, now: str) -> datetime | None:
    return crm.judge(anchor, now).wake_at


def test_nothing_to_wait_for() -> None:
    crm = Crm()
    assert _wakes(crm, crm.lead(), "10-06 12:00") is None


@pytest.mark.parametrize(
    ("now", "wakes"),
    [
        ("10-05 12:00", "10-07 18:15"),  # the deadline and its quarter of an hour
        ("10-07 18:15", "10-20 10:00"),  # the meeting
        ("10-20 10:00", "11-01 00:00"),  # the day after the timing window
        ("11-01 00:00", None),
    ],
)
def test_it_wakes_for_the_next_thing_that_time_alone_changes(now: str, wakes: str | None) -> None:
    crm = Crm()
    lead = crm.lead(created="10-05 10:00", lead_source="資料DL", timing="2026年10月", phone="03-5253-1111")
    crm.meeting(lead, "10-20 10:00", logged="10-05 11:00", owner="boss")
    assert _wakes(crm, lead, now) == (at(wakes) if wakes else None)


def test_between_two_wakes_nothing_changes() -> None:
    crm = Crm()
    deal = passed_deal(crm, created="10-06 11:00", timing="2026年10月")
    crm.meeting(deal, "10-20 10:00", logged="10-06 12:00", owner="boss")
    memory = Memory(first_judged_at=at("10-06 11:30"), confirmed_at=at("11-30 10:00"))
    from_, until = crm.judge(deal, "10-08 12:00", memory), crm.judge(deal, "10-20 09:59", memory)
    assert from_.wake_at == until.wake_at == at("10-20 10:00")
    assert from_.flags == until.flags
