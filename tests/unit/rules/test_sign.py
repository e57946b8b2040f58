"""A contact that cannot be read: where a stream is switched off, a trace of one keeps people from being accused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.model.handoff import ClockFinding, Judgement, Memory, Sign
from sync.core.model.records import RecordRef
from sync.core.rules.definition import StopKind
from tests.handoffs import Crm, at, wire

MAILS = ("hubspot", "emails")
CONFIRMED = Memory(first_judged_at=at("10-05 10:00"), confirmed_at=at("10-30 10:00"))
LATE = "10-20 12:00"
SYNC = {"definition": {"native_sync_users": frozenset({"sync@ours.example.jp"})}}


def blind(*streams: tuple[str, str], **more: Any) -> Crm:
    return Crm(unread=frozenset(streams or (MAILS,)), **more)


def both(crm: Crm, contacted: str | None = None) -> RecordRef:
    """A lead of the 5th, due at 18:00 that day, with its contact in HubSpot; the contact's own stamp."""
    lead = crm.lead(lead_source="デモ", created="10-05 10:00")
    hub = crm.hub(lead_id="L1", created="10-05 10:00", lead_source="デモ")
    if contacted is not None:
        crm.change(hub, facts={"contacted_at": wire(contacted)})
    return lead


def stamp(crm: Crm, when: str) -> None:
    crm.change(RecordRef("hubspot", "contacts", "H1"), facts={"contacted_at": wire(when)})


def clock(crm: Crm, anchor: RecordRef, now: str = LATE, memory: Memory = CONFIRMED) -> ClockFinding:
    return crm.judge(anchor, now, memory).clocks[0]


def state(crm: Crm, anchor: RecordRef, now: str = LATE, memory: Memory = CONFIRMED) -> str:
    return clock(crm, anchor, now, memory).state


def follow(crm: Crm, anchor: RecordRef, now: str, before: Judgement | None = None) -> Judgement:
    memory = replace(CONFIRMED, signs=before.memory.signs) if before is not None else CONFIRMED
    return crm.judge(anchor, now, memory)


# --- the stamp on the person --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("contacted", "expected"),
    [
        ("10-05 11:00", "unverified"),
        ("10-09 11:00", "unverified"),
        ("10-01 09:00", "unverified"),
        ("10-01 08:59", "breached"),
        (None, "breached"),
    ],
)
def test_who_seems_to_have_been_contacted_since_the_look_back_is_not_accused(
    contacted: str | None, expected: str
) -> None:
    crm = blind()
    found = clock(crm, both(crm, contacted))
    assert (found.state, found.unread, found.needs_confirmation) == (expected, expected == "unverified", False)
    assert found.contact_at is None, "a sign meets nothing"


def test_before_it_is_due_a_sign_says_nothing() -> None:
    crm = blind()
    assert state(crm, both(crm, "10-05 11:00"), "10-05 18:14") == "waiting"
    assert state(crm, both(crm, "10-05 11:00"), "10-05 18:15", Memory()) == "unverified"


@pytest.mark.parametrize("unread", [(), (("hubspot", "leads"),), (("salesforce", "EmailMessage"),)])
def test_where_the_activities_of_its_crm_can_be_read_nothing_changes(unread: tuple[tuple[str, str], ...]) -> None:
    crm = Crm(unread=frozenset(unread))
    assert state(crm, both(crm, "10-05 11:00")) == "breached"


@pytest.mark.parametrize(
    ("streams", "expected"),
    [([], "unverified"), ([MAILS], "unverified"), ([("hubspot", "calls"), ("salesforce", "Task")], "breached")],
)
def test_it_matters_to_clocks_that_rest_on_what_cannot_be_read(streams: list[tuple[str, str]], expected: str) -> None:
    crm = blind()
    crm.rules_with = {"is_clock": replace(crm.rules.is_clock, evidence=frozenset(streams))}
    assert state(crm, both(crm, "10-05 11:00")) == expected


@pytest.mark.parametrize(
    ("kind", "facts", "when", "expected"),
    [
        ("call", {"direction": "inbound", "connected": False}, "10-05 11:05", "breached"),
        ("call", {"direction": "inbound", "connected": False}, "10-05 10:55", "breached"),
        ("call", {"direction": "inbound", "connected": False}, "10-05 11:06", "unverified"),
        ("task", {}, "10-05 11:00", "unverified"),
    ],
)
def test_a_stamp_that_something_readable_explains_is_no_sign(
    kind: str, facts: dict[str, Any], when: str, expected: str
) -> None:
    crm = blind()
    lead = both(crm, "10-05 11:00")
    crm.act(kind, RecordRef("hubspot", "contacts", "H1"), when, hubspot=True, **facts)
    assert state(crm, lead) == expected


def test_what_the_other_crm_holds_explains_no_stamp() -> None:
    crm = blind(rules_with=SYNC)
    lead = both(crm, "10-05 11:00")
    crm.act("task", lead, "10-05 11:00", by="sync")
    crm.act("call", lead, "10-05 11:02", direction="inbound", connected=False)
    assert state(crm, lead) == "unverified"


def test_a_meeting_to_come_that_cannot_be_read_was_agreed_by_now() -> None:
    crm = blind(("hubspot", "meetings"))
    lead = both(crm, "11-05 11:00")
    assert state(crm, lead) == "unverified"
    crm.act("meeting", RecordRef("hubspot", "contacts", "H1"), "11-05 11:00", hubspot=True, status="scheduled",
            logged="10-09 11:00")  # fmt: skip
    assert state(crm, lead) == "met_late", "a readable one explains it"


# --- what comes after the sign ------------------------------------------------------------------------------------------
def test_a_readable_contact_in_time_meets_the_clock_whatever_the_sign() -> None:
    crm = blind()
    lead = both(crm, "10-09 11:00")
    crm.act("call", lead, "10-05 12:00")
    assert state(crm, lead) == "met"


@pytest.mark.parametrize(("contacted", "expected"), [("10-05 17:00", "unverified"), ("10-06 09:00", "met_late")])
def test_a_late_contact_is_late_only_where_no_sign_lies_before_it_was_due(contacted: str, expected: str) -> None:
    crm = blind()
    lead = both(crm, contacted)
    crm.act("call", lead, "10-07 12:00")
    assert state(crm, lead) == expected


def test_a_sign_is_remembered_when_a_later_contact_hides_it() -> None:
    crm = blind()
    lead = both(crm, "10-05 11:00")
    seen = follow(crm, lead, "10-05 12:00")
    assert seen.memory.signs["is_first_contact"] == Sign(at("10-05 11:00"), RecordRef("hubspot", "contacts", "H1"))
    stamp(crm, "10-07 12:00")
    crm.act("call", RecordRef("hubspot", "contacts", "H1"), "10-07 12:00", hubspot=True)
    assert clock(crm, lead).state == "met_late", "who never saw it cannot know"
    later = follow(crm, lead, LATE, seen)
    assert (later.clocks[0].state, later.clocks[0].unread) == ("unverified", True)
    assert later.memory.signs == seen.memory.signs


def test_a_sign_is_forgotten_when_it_is_taken_back_explained_or_can_be_read() -> None:
    crm = blind()
    lead = both(crm, "10-05 11:00")
    seen = follow(crm, lead, "10-05 12:00")
    stamp(crm, "09-01 11:00")
    assert follow(crm, lead, LATE, seen).clocks[0].state == "breached", "the mail was deleted: the stamp went back"
    stamp(crm, "10-09 11:00")
    missed = crm.act("call", RecordRef("hubspot", "contacts", "H1"), "10-05 11:01", hubspot=True,
                     direction="inbound", connected=False)  # fmt: skip
    (sign,) = follow(crm, lead, LATE, seen).memory.signs.values()
    assert sign.at == at("10-09 11:00"), "the earlier one was no contact"
    crm.change(missed, deleted=True)
    crm.unread = frozenset()
    free = follow(crm, lead, LATE, seen)
    assert (free.clocks[0].state, free.memory.signs) == ("breached", {})


def test_a_person_who_was_merged_away_takes_no_sign_along() -> None:
    crm = blind()
    lead = both(crm, "10-05 11:00")
    seen = follow(crm, lead, "10-05 12:00")
    crm.hub("H2", lead_id="L1", created="10-05 10:00", lead_source="デモ")
    crm.merge(RecordRef("hubspot", "contacts", "H1"), RecordRef("hubspot", "contacts", "H2"))
    assert follow(crm, lead, LATE, seen).clocks[0].state == "unverified"


# --- copies of the native sync ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        ("email", {}, "unverified"),
        ("call", {}, "unverified"),
        ("task", {}, "breached"),
        ("email", {"status": "open"}, "breached"),
        ("email", {"automated": True}, "breached"),
        ("email", {"by": "auto", "automated": True}, "breached"),
    ],
)
def test_a_copy_whose_original_cannot_be_read_accuses_nobody_and_meets_nothing(
    kind: str, facts: dict[str, Any], expected: str
) -> None:
    crm = blind(rules_with=SYNC)
    lead = both(crm)
    crm.act(kind, lead, "10-05 12:00", **{"by": "sync", **facts})
    found = clock(crm, lead)
    assert (found.state, found.contact_at) == (expected, None)


def test_a_copy_counts_for_nothing_where_all_can_be_read_or_its_original_is() -> None:
    crm = Crm(rules_with=SYNC)
    lead = both(crm)
    crm.act("call", lead, "10-05 12:00", by="sync")
    assert state(crm, lead) == "breached"
    crm.unread = frozenset({MAILS})
    assert state(crm, lead) == "unverified"
    hub = RecordRef("hubspot", "contacts", "H1")
    original = crm.act("call", hub, "10-05 12:04", hubspot=True, direction="inbound", connected=False)
    assert state(crm, lead) == "breached", "a missed call is what it copies"
    crm.change(original, facts={"type": "meeting", "automated": True})
    assert state(crm, lead) == "unverified", "of that kind there is none"


def test_a_copy_from_before_the_look_back_is_of_another_time() -> None:
    crm = blind(rules_with=SYNC)
    lead = crm.lead(lead_source="デモ", created="10-05 10:00")
    crm.act("email", lead, "10-01 08:00", by="sync")
    assert state(crm, lead) == "breached"


def test_where_nobody_of_the_other_side_is_joined_the_original_hangs_on_nobody_knows_whom() -> None:
    """The sync's claim that what it copies hangs on the contact with the stored id holds only while there is one."""
    crm = Crm(rules_with=SYNC)
    lead = crm.lead(lead_source="デモ", created="10-05 10:00")
    crm.act("email", lead, "10-05 12:00", by="sync")
    found = clock(crm, lead)
    assert (found.state, found.unread, found.sign is not None and found.sign.stray) == ("unverified", True, True)
    (said,) = [line for line in crm.note(lead, LATE, CONFIRMED) if line.startswith("IS初回接触")]
    assert "紐づけを確認" in said
    both(crm)
    assert state(crm, lead) == "breached", "there is one, and it hangs on nothing of hers"


def test_a_call_that_is_moved_counts_for_whom_its_original_hangs_on_now() -> None:
    crm = Crm(rules_with=SYNC)
    lead = both(crm)
    other = crm.lead("L2", lead_source="デモ", created="10-05 10:00")
    hub = crm.hub("H2", lead_id="L2", created="10-05 10:00", lead_source="デモ")
    crm.act("call", lead, "10-05 12:00", by="sync")
    call = crm.act("call", RecordRef("hubspot", "contacts", "H1"), "10-05 12:00", hubspot=True)
    assert (state(crm, lead), state(crm, other)) == ("met", "breached")
    crm.change(call, facts={"subjects": [str(hub)]})
    assert (state(crm, lead), state(crm, other)) == ("breached", "met")


# --- clocks and texts ---------------------------------------------------------------------------------------------------
def test_a_clock_that_waits_for_a_decision_looks_at_no_sign() -> None:
    crm = blind()
    crm.rules_with = {"is_clock": replace(crm.rules.is_clock, stop=StopKind.DECIDED)}
    lead = both(crm, "10-05 11:00")
    found = clock(crm, lead)
    assert (found.state, found.decided, found.reason) == ("breached", True, "no answer found")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ja", "IS初回接触：期限は10/05 18:00です。Batonに閲覧権限のない連絡の記録があるようなため、判定していません → 運用（RevOps）がメールなどの閲覧権限を付与"),
        (
            "en",
            "IS first contact was due 10/05 18:00; a contact seems to be on record that Baton may not read, so nothing is "
            "said → RevOps: grant access to mails and other activities",
        ),
    ],
)  # fmt: skip
def test_the_note_says_who_can_help(language: str, said: str) -> None:
    crm = blind(language=language)
    assert said in crm.note(both(crm, "10-05 11:00"), LATE, CONFIRMED)
