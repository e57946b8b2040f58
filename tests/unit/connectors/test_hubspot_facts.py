"""HubSpot properties in the core's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.hubspot.facts import READERS, Reading, read_owner

NOW = datetime(2026, 10, 6, 3, 0, tzinfo=UTC)
READING = Reading("hs", NOW, {"5": "77"}.get)
CONNECTED, NO_ANSWER = "f240bbac-87c9-4f6e-bf70-924b57d47db7", "73a0d17f-1163-4015-bdd5-ec830791da20"


def read(stream: str, people: tuple[str, ...] = (), **row: Any) -> dict[str, Any]:
    return dict(READERS[stream](row, READING, people))


def test_a_call_in_full() -> None:
    found = read(
        "calls",
        ("101", "102"),
        hs_timestamp="2026-10-06T01:00:00Z",
        hs_createdate="2026-10-06T05:00:00.123Z",
        hubspot_owner_id="77",
        hs_created_by_user_id="5",
        hs_call_direction="OUTBOUND",
        hs_call_status="COMPLETED",
        hs_call_disposition=CONNECTED,
        hs_call_duration="61999",
        hs_call_body="<p>課題を確認</p>",
        hs_object_source="CRM_UI",
    )
    assert found == {
        "type": "call",
        "direction": "outbound",
        "status": "done",
        "at": "2026-10-06T01:00:00Z",
        "logged_at": "2026-10-06T05:00:00Z",
        "owner": "hs:owners:77",
        "created_by": "hs:owners:77",
        "connected": True,
        "duration_s": 61,
        "automated": False,
        "has_content": True,
        "subjects": ["hs:contacts:101", "hs:contacts:102"],
    }


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("COMPLETED", "done"),
        ("NO_ANSWER", "done"),
        ("BUSY", "done"),
        ("FAILED", "done"),
        ("CANCELED", "canceled"),
        ("QUEUED", "open"),
        ("RINGING", "open"),
        ("IN_PROGRESS", "open"),
        (None, "done"),
        ("", "done"),
    ],
)
def test_an_attempt_is_done_whether_or_not_somebody_answered(status: str | None, expected: str) -> None:
    assert read("calls", hs_call_status=status)["status"] == expected


@pytest.mark.parametrize(
    ("disposition", "status", "connected"),
    [
        (CONNECTED, "NO_ANSWER", True),
        (NO_ANSWER, "COMPLETED", False),
        ("0000-own-outcome", "NO_ANSWER", None),
        (None, "NO_ANSWER", False),
        ("", "BUSY", False),
        (None, "COMPLETED", None),
        (None, None, None),
    ],
)
def test_who_chose_an_outcome_counts_before_the_dialer(
    disposition: str | None, status: str | None, connected: Any
) -> None:
    assert read("calls", hs_call_disposition=disposition, hs_call_status=status)["connected"] is connected


@pytest.mark.parametrize(
    ("raw", "seconds"), [("0", 0), ("29999", 29), ("61000.0", 61), (None, None), ("", None), ("?", None)]
)
def test_durations_are_milliseconds(raw: str | None, seconds: int | None) -> None:
    assert read("calls", hs_call_duration=raw)["duration_s"] == seconds


@pytest.mark.parametrize(
    ("direction", "status", "expected"),
    [
        ("EMAIL", "SENT", ("outbound", "done")),
        ("EMAIL", None, ("outbound", "done")),
        ("EMAIL", "BOUNCED", ("outbound", "bounced")),
        ("EMAIL", "FAILED", ("outbound", "bounced")),
        ("EMAIL", "SCHEDULED", ("outbound", "scheduled")),
        ("EMAIL", "SENDING", ("outbound", "open")),
        ("INCOMING_EMAIL", None, ("inbound", "done")),
        ("FORWARDED_EMAIL", "SENT", (None, "done")),
        (None, None, (None, "done")),
    ],
)
def test_a_mail_goes_the_way_it_says(direction: Any, status: Any, expected: tuple[Any, str]) -> None:
    found = read("emails", hs_email_direction=direction, hs_email_status=status)
    assert (found["direction"], found["status"]) == expected


@pytest.mark.parametrize(
    ("row", "automated"),
    [
        ({"hs_object_source": "AUTOMATION_PLATFORM"}, True),
        ({"hs_object_source": "WORKFLOWS"}, True),
        ({"hs_object_source_label": "Marketing Email"}, True),
        ({"hs_engagement_source": "SEQUENCE"}, True),
        ({"hs_sequence_id": "12"}, True),
        ({"hs_object_source": "CRM_UI"}, False),
        ({"hs_object_source": "INTEGRATION", "hs_sequence_id": None}, False),
        ({}, False),
    ],
)
def test_what_a_machine_sent_is_automated(row: dict[str, Any], automated: bool) -> None:
    assert read("emails", **row)["automated"] is automated


@pytest.mark.parametrize(
    ("outcome", "end", "status"),
    [
        ("COMPLETED", "2026-10-07T01:00:00Z", "done"),
        ("SCHEDULED", "2026-10-05T01:00:00Z", "scheduled"),
        ("RESCHEDULED", None, "canceled"),
        ("NO_SHOW", None, "no_show"),
        ("CANCELED", None, "canceled"),
        (None, "2026-10-05T01:00:00Z", "done"),
        (None, "2026-10-07T01:00:00Z", "scheduled"),
    ],
)
def test_a_meeting_has_the_status_that_people_gave_it_or_that_time_did(outcome: Any, end: Any, status: str) -> None:
    found = read(
        "meetings", hs_meeting_start_time="2026-10-05T00:00:00Z", hs_meeting_end_time=end, hs_meeting_outcome=outcome
    )
    assert (found["type"], found["status"], found["at"]) == ("meeting", status, "2026-10-05T00:00:00Z")


@pytest.mark.parametrize(
    ("row", "direction"),
    [
        ({"hs_object_source": "MEETINGS", "hs_created_by_user_id": "5"}, "inbound"),
        ({"hs_engagement_source": "MEETINGS"}, "inbound"),
        ({"hs_object_source": "CRM_UI", "hs_created_by_user_id": "5"}, None),
        ({}, None),
    ],
)
def test_a_slot_that_was_picked_on_a_scheduling_page_was_the_customer_s_doing(
    row: dict[str, Any], direction: str | None
) -> None:
    assert read("meetings", hubspot_owner_id="77", **row)["direction"] == direction


def test_when_somebody_was_last_in_contact_is_told_only_where_it_was_asked_for() -> None:
    assert read("contacts", notes_last_contacted="2026-10-06T01:00:00.123Z") == {"contacted_at": "2026-10-06T01:00:00Z"}
    assert read("contacts", notes_last_contacted="") == {"contacted_at": None}


def test_a_task_happens_when_it_is_completed_and_is_due_before() -> None:
    due, done = "2026-10-08T00:00:00Z", "2026-10-06T02:00:00Z"
    open_ = read("tasks", hs_timestamp=due, hs_task_status="WAITING", hs_task_type="CALL", hs_task_completion_date=None)
    assert (open_["status"], open_["at"], open_["task_type"]) == ("open", due, "CALL")
    closed = read("tasks", hs_timestamp=due, hs_task_status="COMPLETED", hs_task_completion_date=done)
    assert (closed["status"], closed["at"]) == ("done", done)


def test_a_message_is_done_and_of_unset_direction() -> None:
    found = read("communications", hs_communication_channel_type="SMS", hs_communication_body=" ")
    assert (found["type"], found["status"], found["direction"], found["has_content"]) == (
        "message",
        "done",
        None,
        False,
    )


def test_a_creator_who_is_no_owner_is_not_guessed() -> None:
    assert "created_by" not in read("calls", hs_created_by_user_id="6")
    assert "created_by" not in read("calls")


def test_what_could_not_be_read_is_absent_and_what_is_empty_is_none() -> None:
    assert read("contacts") == {}
    assert read("contacts", hubspot_owner_id="", createdate="1773300826615") == {
        "owner": None,
        "created_at": "2026-03-12T07:33:46Z",
    }
    assert "has_content" not in read("calls")


def test_a_lead_object_hangs_on_its_contact() -> None:
    found = read("leads", ("101",), hubspot_owner_id="77", hs_pipeline_stage="new-stage-id")
    assert found == {"owner": "hs:owners:77", "stage": "new-stage-id", "subjects": ["hs:contacts:101"]}


def test_an_owner_has_the_roles_of_all_its_teams() -> None:
    teams = [{"id": "1", "name": "IS", "primary": True}, {"id": "2", "name": "Tokyo", "primary": False}]
    assert read_owner({"email": "IS@Example.jp", "archived": False, "teams": teams}) == {
        "email": "is@example.jp",
        "active": True,
        "roles": ["IS", "Tokyo"],
    }
    assert read_owner({"email": "", "archived": True}) == {"email": None, "active": False, "roles": []}


def test_an_owner_is_known_by_the_id_of_the_user_too() -> None:
    assert read_owner({"userId": 5})["user_id"] == "5"
    assert read_owner({"userId": None, "userIdIncludingInactive": 6})["user_id"] == "6"
