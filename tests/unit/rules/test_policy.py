"""Clocks beyond the two that are published as shipped: other starts and stops, pauses, cancelling, resets, changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from sync.core.calendar import CalendarSpec, Target, TargetKind, compile_calendar, parse_target
from sync.core.model.absence import Absence
from sync.core.model.handoff import ClockFinding, Memory
from sync.core.model.records import RecordRef
from sync.core.rules.definition import AtRisk, AttemptPolicy, ClockPolicy, StartKind, StartSpec, StopKind, Who
from sync.core.rules.expression import Expression, compile_expression
from sync.settings.value import Names
from tests.handoffs import TOKYO, Crm, at, passed_deal, settings

CONFIRMED = Memory(first_judged_at=at("10-05 10:00"), confirmed_at=at("10-30 10:00"))
WAIT, HOLD = "Open", "保留"


def when(text: str) -> Expression:
    mapping = settings().mapping
    options = {name: frozenset(spec.options.values()) for name, spec in mapping.items.items() if spec.options}
    options["fs_decision"] = frozenset({"accepted", "returned", "on_hold"})
    records = frozenset(f"{connection}.{stream}" for connection, stream in mapping.streams)
    names = Names(
        kinds={name: spec.as_ for name, spec in mapping.items.items()},
        options=options,
        roles=frozenset({"IS", "FS"}),
        records=records,
    )
    return compile_expression(text, names.vocabulary)


def crm_with(**policy: Any) -> Crm:
    """The clock of the first contact with other settings; the target is four hours of work unless given."""
    shipped = settings().rules.is_clock
    changed = {"target": parse_target("4 business_hours"), "target_by_channel": {}, "cutoff": None, **policy}
    return Crm(rules_with={"is_clock": replace(shipped, **changed)})


def clock(crm: Crm, anchor: RecordRef, now: str, memory: Memory = CONFIRMED) -> ClockFinding:
    return crm.judge(anchor, now, memory).clocks[0]


def held(crm: Crm, anchor: RecordRef, name: str, *statuses: tuple[str, str, str]) -> None:
    """Changes of the status that are on record: (old, new, when); the last new one is the present one."""
    for old, new, changed in statuses:
        crm.history(anchor, "status", old, new, changed)
    crm.set(anchor, **{name: statuses[-1][1]})


PAUSING = {"pause_when": when(f"status == '{HOLD}'")}


# --- pauses -------------------------------------------------------------------------------------------------------------
def test_an_unknown_condition_pauses_nothing() -> None:
    crm = crm_with(pause_when=when("salesforce.Lead.Nobody_Knows__c == 'x'"))
    assert clock(crm, crm.lead(), "10-05 18:00").state == "breached"


def test_a_paused_clock_has_no_deadline_and_accuses_nobody() -> None:
    crm = crm_with(**PAUSING)
    lead = crm.lead(created="10-05 10:00")
    held(crm, lead, "Status", (WAIT, HOLD, "10-05 12:00"))
    found = clock(crm, lead, "10-20 12:00")
    assert (found.state, found.due, found.reason, found.wake_at) == ("paused", None, "pause_when holds", None)
    assert found.pauses == ((at("10-05 12:00"), None),)


def test_what_time_was_left_when_a_pause_began_is_left_when_it_ends() -> None:
    crm = crm_with(**PAUSING)
    lead = crm.lead(created="10-05 10:00")
    held(crm, lead, "Status", (WAIT, HOLD, "10-05 12:00"), (HOLD, WAIT, "10-07 17:30"))
    found = clock(crm, lead, "10-08 09:00")
    assert (found.state, found.due) == ("waiting", at("10-08 10:30")), (
        "two hours of four, half an hour of them on Wednesday"
    )


@pytest.mark.parametrize(
    ("target", "due"),
    [("same_business_day", "10-07 14:00"), ("1 business_days", "10-08 14:00"), ("24 hours", "10-07 20:00")],
)
def test_targets_of_every_kind_stand_still(target: str, due: str) -> None:
    """From Monday 10:00, on hold from 15:00 until Wednesday 11:00 (44 hours)."""
    crm = crm_with(**PAUSING, target=parse_target(target))
    lead = crm.lead(created="10-05 10:00")
    held(crm, lead, "Status", (WAIT, HOLD, "10-05 15:00"), (HOLD, WAIT, "10-07 11:00"))
    expected = at("10-06 10:00") + timedelta(hours=44) if target == "24 hours" else at(due)
    assert clock(crm, lead, "10-07 11:30").due == expected


@pytest.mark.parametrize("began", ["10-10 11:00", "10-12 11:00", "10-13 08:00"])
def test_a_pause_that_begins_on_a_day_off_pauses(began: str) -> None:
    """Saturday, スポーツの日 and before opening on the day after; an hour of four was worked on Friday."""
    crm = crm_with(**PAUSING)
    lead = crm.lead(created="10-09 17:00")
    held(crm, lead, "Status", (WAIT, HOLD, began), (HOLD, WAIT, "10-14 10:00"))
    assert clock(crm, lead, "10-13 12:00").state == "paused"
    assert clock(crm, lead, "10-14 11:00").due == at("10-14 13:00")


def test_a_pause_that_begins_at_the_deadline_or_later_changes_nothing() -> None:
    for began in ("10-05 14:00", "10-05 15:00"):
        crm = crm_with(**PAUSING)
        lead = crm.lead(created="10-05 10:00")
        held(crm, lead, "Status", (WAIT, HOLD, began))
        found = clock(crm, lead, "10-06 12:00")
        assert (found.state, found.due) == ("breached", at("10-05 14:00"))


def test_a_contact_during_a_pause_meets_it_and_the_pause_is_no_working_time() -> None:
    crm = crm_with(**PAUSING)
    lead = crm.lead(created="10-05 10:00")
    held(crm, lead, "Status", (WAIT, HOLD, "10-05 12:00"))
    crm.act("call", lead, "10-07 15:00")
    first, later = clock(crm, lead, "10-07 16:00"), clock(crm, lead, "10-20 16:00")
    assert (first.state, first.working_seconds) == ("met", 2 * 3600)
    assert first.due == later.due == at("10-07 17:00"), "what comes after the contact moves no deadline"


def test_lateness_is_measured_without_the_pause() -> None:
    crm = crm_with(**PAUSING)
    lead = crm.lead(created="10-05 10:00")
    held(crm, lead, "Status", (WAIT, HOLD, "10-05 12:00"), (HOLD, WAIT, "10-06 12:00"))
    crm.act("call", lead, "10-06 15:00")
    found = clock(crm, lead, "10-06 16:00")
    assert (found.state, found.due, found.working_seconds) == ("met_late", at("10-06 14:00"), 5 * 3600)


def test_without_history_what_was_seen_is_remembered() -> None:
    crm = crm_with(**PAUSING)
    lead = crm.lead(created="10-05 10:00", status=HOLD)
    crm.change(lead, modified_at=at("10-05 12:00"))
    paused = crm.judge(lead, "10-05 13:00", CONFIRMED)
    assert paused.memory.held["is_first_contact:pause"] == ((at("10-05 12:00"), None),)
    crm.set(lead, Status=WAIT)
    crm.change(lead, modified_at=at("10-06 12:00"))
    resumed = crm.judge(lead, "10-06 12:30", paused.memory)
    assert resumed.memory.held["is_first_contact:pause"] == ((at("10-05 12:00"), at("10-06 12:00")),)
    assert resumed.clocks[0].due == at("10-06 14:00")
    assert crm.judge(lead, "10-06 12:30", resumed.memory).clocks == resumed.clocks


def test_what_nobody_can_read_any_more_keeps_what_was() -> None:
    crm = crm_with(**PAUSING)
    lead = crm.lead(created="10-05 10:00", status=HOLD)
    crm.change(lead, modified_at=at("10-05 12:00"))
    memory = crm.judge(lead, "10-05 13:00", CONFIRMED).memory
    crm.hide(lead, "Status")
    assert clock(crm, lead, "10-09 12:00", memory).state == "paused"


def test_a_pause_that_ends_by_its_own_condition() -> None:
    crm = crm_with(**PAUSING, resume_when=when("status == 'Working'"))
    lead = crm.lead(created="10-05 10:00")
    held(crm, lead, "Status", (WAIT, HOLD, "10-05 12:00"), (HOLD, WAIT, "10-05 13:00"))
    assert clock(crm, lead, "10-20 12:00").state == "paused"
    held(crm, lead, "Status", (WAIT, "Working", "10-06 09:00"))
    assert clock(crm, lead, "10-06 10:00").due == at("10-06 11:00")


def test_absences_of_the_owner_stop_a_clock_only_where_that_is_wanted() -> None:
    away = Absence(datetime(2026, 10, 6), datetime(2026, 10, 8))
    shipped = settings().rules.is_clock.calendars
    calendars = replace(shipped, absences={"is1@ours.example.jp": (away,)})
    for pauses, due in ((False, "10-06 18:00"), (True, "10-08 18:00")):
        crm = crm_with(calendars=calendars, owner_absent_pauses=pauses, target=parse_target("1 business_days"))
        assert clock(crm, crm.lead(owner="is1"), "10-05 12:00").due == at(due)
        assert clock(crm, crm.lead(owner="boss"), "10-05 12:00").due == at("10-06 18:00"), "somebody else is there"


def test_the_calendar_is_that_of_who_had_it_at_the_start() -> None:
    shipped = settings().rules.is_clock.calendars
    early = compile_calendar(CalendarSpec(hours={day: [("06:00", "10:00")] for day in range(5)}))
    crm = crm_with(calendars=replace(shipped, by_role={"IS": early}), target=parse_target("same_business_day"))
    lead = crm.lead(created="10-05 09:00", owner="is1")
    assert clock(crm, lead, "10-05 09:30").due == at("10-05 10:00")
    crm.history(lead, "owner", "boss", "is1", "10-05 11:00")
    assert clock(crm, lead, "10-05 12:00").due == at("10-05 18:00")


# --- cancelling, resets, owners -----------------------------------------------------------------------------------------
def test_a_cancelled_clock_says_nothing_even_after_a_breach_but_what_was_met_stays() -> None:
    crm = crm_with(cancel_when=when("status == '重複'"))
    lead = crm.lead(created="10-05 10:00")
    assert clock(crm, lead, "10-06 12:00").state == "breached"
    crm.act("call", lead, "10-06 10:00")
    assert clock(crm, lead, "10-06 12:00").state == "met_late"
    crm.set(lead, Status="重複")
    found = clock(crm, lead, "10-06 12:00")
    assert (found.state, found.reason, found.contact_at) == ("none", "cancel_when holds", None)
    crm.act("call", lead, "10-05 11:00")
    assert clock(crm, lead, "10-06 12:00").state == "met"


def test_a_reset_starts_anew_when_its_condition_begins_to_hold() -> None:
    crm = crm_with(reset_when=when("status == '再オープン'"))
    lead = crm.lead(created="10-05 10:00")
    crm.act("call", lead, "10-05 11:00")
    held(crm, lead, "Status", (WAIT, "再オープン", "10-13 10:00"))
    found = clock(crm, lead, "10-13 11:00")
    assert (found.state, found.start, found.due) == ("waiting", at("10-13 10:00"), at("10-13 14:00"))


def test_a_reset_that_was_seen_is_not_forgotten_and_not_repeated() -> None:
    crm = crm_with(reset_when=when("salesforce.Lead.Rating == 'Hot' and known(company)"))
    lead = crm.lead(created="10-05 10:00", company="山田商事")
    crm.set(lead, Rating="Hot")
    crm.change(lead, modified_at=at("10-07 10:00"))
    seen = crm.judge(lead, "10-07 11:00", CONFIRMED)
    assert seen.clocks[0].start == at("10-07 10:00")
    crm.change(lead, modified_at=at("10-08 10:00"))
    again = crm.judge(lead, "10-08 11:00", seen.memory)
    assert again.clocks[0].start == at("10-07 10:00"), "it went on holding"
    crm.set(lead, Rating="Cold")
    over = crm.judge(lead, "10-09 11:00", again.memory)
    assert over.clocks[0].start == at("10-07 10:00"), "the reset took place"


def test_another_owner_restarts_it_only_where_wanted_and_only_before_a_contact() -> None:
    for restarts, start in ((False, "10-05 10:00"), (True, "10-05 15:00")):
        crm = crm_with(restarts=restarts)
        crm.user("is2", ["IS"])
        lead = crm.lead(created="10-05 10:00", owner="is2")
        crm.history(lead, "owner", "is1", "is2", "10-05 15:00")
        assert clock(crm, lead, "10-05 16:00").start == at(start)
        crm.act("call", lead, "10-05 11:00")
        assert clock(crm, lead, "10-05 16:00").start == at("10-05 10:00")


def test_out_of_a_queue_is_no_reassignment() -> None:
    crm = crm_with(restarts=True)
    lead = crm.lead(created="10-05 10:00", owner="is1")
    crm.history(lead, "owner", "queue", "is1", "10-05 15:00")
    assert clock(crm, lead, "10-05 16:00").start == at("10-05 10:00")


def test_contacts_of_others_than_the_owner() -> None:
    crm = crm_with(who=Who.OWNER)
    crm.user("is2", ["IS"])
    lead = crm.lead(created="10-05 10:00", owner="is2")
    crm.history(lead, "owner", "is1", "is2", "10-05 15:00")
    crm.act("call", lead, "10-05 11:00", owner="is2")
    assert clock(crm, lead, "10-05 16:00").contact_at is None, "it was not theirs yet"
    crm.act("call", lead, "10-05 16:00", owner="is2")
    assert clock(crm, lead, "10-05 17:00").contact_at == at("10-05 16:00")
    crm.act("call", lead, "10-05 11:30", owner=None)
    assert clock(crm, lead, "10-05 17:00").contact_at == at("10-05 11:30"), "nobody knows who called"


# --- starts and stops ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["lead_source == 'demo'", "salesforce.Lead.Nobody_Knows__c == 'x'"])
def test_it_starts_only_where_its_condition_holds(text: str) -> None:
    crm = crm_with(start_when=when(text))
    found = clock(crm, crm.lead(lead_source="紹介"), "10-20 12:00")
    assert (found.state, found.start, found.reason) == ("none", None, "start_when does not hold")


def test_starts_of_every_kind() -> None:
    def start(kind: StartKind, deal: bool = False, field: tuple[str, str, str] | None = None) -> datetime | None:
        crm = crm_with(start=StartSpec(kind, field), enforce_from=None)
        anchor = passed_deal(crm) if deal else crm.lead(created="10-05 10:00", owner="is1", sql_date="2026-10-06")
        link = {"contact_id": "C1"} if deal else {"lead_id": "L1"}
        crm.hub(created="10-05 10:00", **link, converted_at="2026-10-05T02:00:00Z", mql_at="2026-10-05T03:00:00Z")
        if not deal:
            crm.history(anchor, "owner", "queue", "is1", "10-05 11:30")
            crm.set(anchor, Demo_At__c="2026-10-07T01:00:00Z", Demo_On__c="2026-10-07")
        return clock(crm, anchor, "10-08 12:00").start

    assert start(StartKind.LATEST_INQUIRY) == at("10-05 12:00")
    assert start(StartKind.FORM_SUBMITTED) == at("10-05 11:00")
    assert start(StartKind.MQL_DATE) == at("10-05 12:00")
    assert start(StartKind.SQL_DATE) == at("10-06 18:00")
    assert start(StartKind.ASSIGNED) == at("10-05 11:30")
    assert start(StartKind.PASSED_AT) is None
    assert start(StartKind.PASSED_AT, deal=True) == at("10-06 11:00")
    assert start(StartKind.FIELD, field=("salesforce", "Lead", "Demo_At__c")) == at("10-07 10:00")
    assert start(StartKind.FIELD, field=("salesforce", "Lead", "Demo_On__c")) == at("10-07 18:00")
    assert start(StartKind.FIELD, field=("salesforce", "Lead", "Nothing__c")) is None


@pytest.mark.parametrize(
    "raw", ["0001-01-01", "9999-12-31", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "soon", True]
)
def test_what_nobody_means_as_a_start_is_none(raw: object) -> None:
    crm = crm_with(start=StartSpec(StartKind.FIELD, ("salesforce", "Lead", "Demo_At__c")), restarts=True)
    lead = crm.lead(owner="is1")
    crm.set(lead, Demo_At__c=raw)
    assert clock(crm, lead, "10-20 12:00").start is None


def test_a_start_to_come_is_waited_for() -> None:
    crm = crm_with(start=StartSpec(StartKind.FIELD, ("salesforce", "Lead", "Demo_At__c")))
    lead = crm.lead()
    crm.set(lead, Demo_At__c="2026-10-09T01:00:00Z")
    found = clock(crm, lead, "10-08 12:00")
    assert (found.state, found.wake_at) == ("none", at("10-09 10:00"))


def test_an_inquiry_clock_is_called_off_by_the_pass_and_others_are_not() -> None:
    for kind, state in ((StartKind.FORM_SUBMITTED, "none"), (StartKind.FIELD, "breached")):
        spec = StartSpec(kind, ("salesforce", "Lead", "Demo_At__c") if kind is StartKind.FIELD else None)
        crm = crm_with(start=spec, target=parse_target("5 business_days"))
        deal = passed_deal(crm)
        lead = next(ref for ref in crm.records if ref.stream == "Lead")
        crm.set(lead, Demo_At__c="2026-10-05T01:30:00Z")
        crm.hub(contact_id="C1", converted_at="2026-10-05T01:30:00Z", created="10-05 10:00")
        assert clock(crm, deal, "10-20 12:00").state == state


@pytest.mark.parametrize(
    ("kind", "facts", "counts"),
    [
        (StopKind.OUTBOUND_ONLY, {"type_": "call", "direction": "inbound", "connected": True}, False),
        (StopKind.OUTBOUND_ONLY, {"type_": "call"}, True),
        (StopKind.OUTBOUND_ONLY, {"type_": "meeting", "direction": None, "status": "scheduled", "owner": None}, False),
        (StopKind.OUTBOUND_ONLY, {"type_": "meeting", "direction": None, "status": "scheduled"}, True),
        (StopKind.OUTBOUND_ONLY, {"type_": "meeting", "direction": "inbound", "status": "scheduled"}, False),
        (StopKind.CONNECTED_ONLY, {"type_": "call", "connected": False}, False),
        (StopKind.CONNECTED_ONLY, {"type_": "call", "duration_s": 30}, True),
        (StopKind.CONNECTED_ONLY, {"type_": "email"}, True),
    ],
)
def test_stricter_stops(kind: StopKind, facts: dict[str, Any], counts: bool) -> None:
    crm = crm_with(stop=kind)
    lead = crm.lead(created="10-05 10:00")
    crm.act(facts.pop("type_"), lead, "10-05 11:00", **facts)
    assert (clock(crm, lead, "10-05 12:00").contact_at is not None) is counts


def accept(crm: Crm, deal: RecordRef, now: str) -> ClockFinding:
    return next(found for found in crm.judge(deal, now, CONFIRMED).clocks if found.id == "fs_accept")


def test_the_answer_of_fs_is_measured_and_shown_on_no_record() -> None:
    crm = Crm()
    deal = passed_deal(crm)
    judged = crm.judge(deal, "10-20 12:00", CONFIRMED)
    assert accept(crm, deal, "10-20 12:00").state == "breached"
    assert "fs_accept" not in judged.memory.breached_at
    assert all("accept" not in name for flags in judged.flags.values() for name in flags)
    crm.edit(deal, "FS_Decision__c", None, "受領", "10-07 10:00")
    found = accept(crm, deal, "10-20 12:00")
    assert (found.state, found.contact_at, found.reason) == ("met", at("10-07 10:00"), "FS answered: accepted")
    assert found.published is False


def test_a_clock_that_waits_for_an_answer_speaks_of_no_contact() -> None:
    crm = Crm()
    deal = passed_deal(crm, created="10-06 11:00")
    crm.act("call", deal, "10-06 14:00", owner="fs1")
    found = accept(crm, deal, "10-06 15:00")
    assert (found.state, found.reason, found.decided) == ("waiting", "no answer yet", True)
    found = accept(crm, deal, "10-20 12:00")
    assert (found.state, found.reason) == ("breached", "no answer found")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ja", "FS初回対応の期限（10/07 18:00）を過ぎています → 受領または差し戻しを入力してください"),
        ("en", "FS first contact was due 10/07 18:00 → accept the handoff or return it"),
    ],
)
def test_a_published_clock_that_waits_for_an_answer_asks_for_it(language: str, said: str) -> None:
    crm = Crm(language=language)
    crm.rules_with = {"fs_clock": replace(crm.rules.fs_clock, stop=StopKind.DECIDED)}
    deal = passed_deal(crm, created="10-06 11:00")
    judged = crm.judge(deal, "10-20 12:00", Memory())
    assert (judged.clocks[1].state, judged.clocks[1].needs_confirmation) == ("breached", False)
    assert said in crm.note(deal, "10-20 12:00", Memory())
    crm.edit(deal, "FS_Decision__c", None, "受領", "10-08 10:00")
    late = {"ja": "FS初回対応：期限（10/07 18:00）の後、10/08 10:00に回答済みです",
            "en": "FS first contact: answered 10/08 10:00, after it was due (10/07 18:00)"}  # fmt: skip
    assert late[language] in crm.note(deal, "10-20 12:00", Memory())


def test_an_answer_that_is_none_yet_stops_nothing_and_the_first_one_counts() -> None:
    crm = Crm()
    deal = passed_deal(crm)
    crm.edit(deal, "FS_Decision__c", None, "保留", "10-06 13:00")
    assert accept(crm, deal, "10-06 14:00").state == "waiting"
    crm.edit(deal, "FS_Decision__c", "保留", "差し戻し", "10-06 15:00")
    crm.edit(deal, "FS_Decision__c", "差し戻し", "受領", "10-12 15:00")
    assert accept(crm, deal, "10-20 14:00").contact_at == at("10-06 15:00")


def test_a_measured_clock_asks_for_no_reading_of_its_evidence() -> None:
    crm = Crm()
    deal = passed_deal(crm)
    crm.act("call", deal, "10-06 13:00", owner="fs1")
    judged = crm.judge(deal, "10-20 12:00")
    assert (judged.clocks[2].state, judged.needs_confirmation) == ("breached", False)


# --- at risk, first days, changes ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("risk", "target", "moment"),
    [
        (AtRisk(share=0.25), "4 business_hours", "10-05 13:00"),
        (AtRisk(span=parse_target("30 minutes")), "4 business_hours", "10-05 13:30"),
        (AtRisk(span=parse_target("10 business_hours")), "1 business_days", "10-05 17:00"),
        (AtRisk(span=parse_target("90 hours")), "4 business_hours", "10-05 10:00"),
        (AtRisk(span=parse_target("9999999 days")), "4 business_hours", "10-05 10:00"),
        (AtRisk(span=parse_target("9999999 business_hours")), "4 business_hours", "10-05 10:00"),
        (AtRisk(share=0.5), "24 hours", "10-05 22:00"),
    ],
)
def test_from_when_on_little_time_is_left(risk: AtRisk, target: str, moment: str) -> None:
    crm = crm_with(at_risk=risk, target=parse_target(target))
    lead = crm.lead(created="10-05 10:00")
    if at(moment) > at("10-05 10:00"):
        before = (at(moment) - timedelta(minutes=1)).astimezone(TOKYO).strftime("%m-%d %H:%M")
        early = clock(crm, lead, before)
        assert (early.state, early.at_risk, early.wake_at) == ("waiting", False, at(moment))
    found = clock(crm, lead, moment)
    assert (found.state, found.at_risk) == ("waiting", True)
    assert found.due is not None and found.wake_at == found.due + timedelta(minutes=15)


def test_records_say_so_only_by_choice() -> None:
    crm = crm_with(at_risk=AtRisk(share=0.25))
    lead = crm.lead(created="10-05 10:00")
    assert crm.flags(lead, "10-05 13:30")["is_sla"] == "waiting"
    crm.rules_with["shows_at_risk"] = True
    assert crm.flags(lead, "10-05 13:30")["is_sla"] == "at_risk"
    assert crm.flags(lead, "10-05 14:20", CONFIRMED)["is_sla"] == "breached"


def test_a_clock_may_have_its_own_first_day() -> None:
    crm = crm_with(enforce_from=datetime.combine(at("10-06 12:00").date(), time(), TOKYO))
    found = clock(crm, crm.lead(created="10-05 10:00"), "10-20 12:00")
    assert (found.state, found.reason) == ("none", "it started before its enforce_from")
    crm = crm_with(enforce_from=datetime(2026, 9, 1, tzinfo=TOKYO))
    assert clock(crm, crm.lead(created="09-30 10:00"), "10-20 12:00").state == "breached"


def test_a_changed_policy_covers_only_runs_from_its_day_on() -> None:
    shipped: ClockPolicy = settings().rules.is_clock
    hours = Target(TargetKind.WORKING_TIME, timedelta(hours=1))
    base = {"target": parse_target("4 business_hours"), "target_by_channel": {}, "cutoff": None}
    changed = replace(shipped, **{**base, "target": hours})
    crm = crm_with(changes=((datetime(2026, 10, 6, tzinfo=TOKYO), changed),))
    assert clock(crm, crm.lead(created="10-05 10:00"), "10-20 12:00").due == at("10-05 14:00")
    assert clock(crm, crm.lead(created="10-06 00:00"), "10-20 12:00").due == at("10-06 10:00")
    assert clock(crm, crm.lead(created="10-07 10:00"), "10-20 12:00").due == at("10-07 11:00")


def test_a_start_to_come_of_the_changed_clock_ends_nothing_that_runs() -> None:
    shipped: ClockPolicy = settings().rules.is_clock
    hours = {"target": parse_target("4 business_hours"), "target_by_channel": {}, "cutoff": None}
    typed = StartSpec(StartKind.FIELD, ("salesforce", "Lead", "Demo_At__c"))
    crm = crm_with(changes=((datetime(2026, 10, 1, tzinfo=TOKYO), replace(shipped, **hours, start=typed)),))
    lead = crm.lead(created="09-30 10:00")
    crm.records[lead] = replace(
        crm.records[lead], values={**crm.records[lead].values, "Demo_At__c": "2026-10-20T01:00:00Z"}
    )
    crm.rules_with["is_clock"] = replace(crm.rules_with["is_clock"], enforce_from=datetime(2026, 9, 1, tzinfo=TOKYO))
    found = crm.judge(lead, "09-30 13:00", CONFIRMED)
    assert (found.clocks[0].state, found.clocks[0].due) == ("waiting", at("09-30 14:00"))
    later = crm.judge(lead, "10-10 13:00", CONFIRMED)
    assert (later.clocks[0].state, later.wake_at) == ("breached", at("10-20 10:00"))
    assert clock(crm, lead, "10-20 11:00").due == at("10-20 14:00")


# --- parts and attempts -------------------------------------------------------------------------------------------------
def test_the_time_before_the_assignment_is_no_persons() -> None:
    crm = crm_with()
    lead = crm.lead(created="10-05 16:00", owner="is1")
    crm.history(lead, "owner", "queue", "is1", "10-06 10:00")
    crm.act("call", lead, "10-06 11:30")
    found = clock(crm, lead, "10-06 12:00")
    assert found.system is not None and (found.system.elapsed, found.system.working) == (18 * 3600, 3 * 3600)
    assert found.human is not None and (found.human.elapsed, found.human.working) == (5400, 5400)


def test_nobody_knows_the_parts_of_who_was_never_assigned() -> None:
    crm = crm_with()
    lead = crm.lead(created="10-05 10:00")
    crm.act("call", lead, "10-05 11:00")
    assert clock(crm, lead, "10-05 12:00").human is None


def attempts(crm: Crm, lead: RecordRef, now: str = "10-09 12:00") -> tuple[int, bool]:
    found = crm.judge(lead, now, CONFIRMED).attempts
    return found.count, found.gave_up_early


ASKED = {"attempts": AttemptPolicy(3, parse_target("10 business_days"), frozenset({"不通"}))}


def test_attempts_end_when_the_person_was_reached_and_copies_count_once() -> None:
    crm = Crm(rules_with=ASKED)
    lead = crm.lead(created="10-05 10:00")
    crm.act("call", lead, "10-05 11:00", connected=False)
    copy = crm.act("call", lead, "10-05 11:04", connected=False)
    crm.records[RecordRef("hubspot", "calls", "9")] = replace(
        crm.records.pop(copy), ref=RecordRef("hubspot", "calls", "9")
    )
    assert attempts(crm, lead)[0] == 1
    crm.act("call", lead, "10-05 11:02", connected=False)
    assert attempts(crm, lead)[0] == 2, "a second call within one system is another one"
    crm.act("email", lead, "10-05 11:03", direction="inbound")
    crm.act("email", lead, "10-06 11:00")
    crm.act("call", lead, "10-07 11:00", connected=True)
    crm.act("email", lead, "10-08 11:00")
    assert attempts(crm, lead)[0] == 4, "the mail after the talk is none"


def test_given_up_too_early_by_the_status_and_its_day() -> None:
    crm = Crm(rules_with=ASKED)
    lead = crm.lead(created="10-05 10:00", status="不通")
    crm.act("call", lead, "10-05 11:00", connected=False)
    crm.history(lead, "status", "Open", "不通", "10-07 10:00")
    assert attempts(crm, lead) == (1, True)
    assert attempts(crm, lead, "12-20 10:00") == (1, True), "it was early then"
    for hour in ("12:00", "13:00"):
        crm.act("call", lead, f"10-05 {hour}", connected=False)
    assert attempts(crm, lead) == (3, False)


@pytest.mark.parametrize(("status", "on"), [("対象外", "10-07 10:00"), ("不通", "10-21 10:00")])
def test_not_early(status: str, on: str) -> None:
    crm = Crm(rules_with=ASKED)
    lead = crm.lead(created="10-05 10:00", status=status)
    crm.history(lead, "status", "Open", status, on)
    assert attempts(crm, lead, "10-22 12:00") == (0, False)
    crm.rules_with = {}
    assert crm.judge(lead, "10-22 12:00").attempts.at_least is None


def test_a_tool_may_name_who_acted() -> None:
    crm = Crm()
    lead = crm.lead(created="10-05 10:00", lead_source="デモ")
    call = crm.act("call", lead, "10-05 11:00", owner="fs1", by="cti")
    mapping = settings().mapping
    task = replace(mapping.streams["salesforce", "Task"], actor_field="Agent__c")
    crm.own_mapping = replace(mapping, streams={**mapping.streams, ("salesforce", "Task"): task})
    for named, actor in (
        ("boss", None),
        ("BOSS@ours.example.jp", None),
        ("is1", "is1"),
        ("nobody", "fs1"),
        ("", "fs1"),
    ):
        crm.set(call, Agent__c=named)
        found = clock(crm, lead, "10-05 12:00")
        assert (found.contact_at is not None) is (actor is not None), named
