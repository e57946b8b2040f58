"""Salesforce rows in the core's words: each fact that judging needs, and each way in which it can be missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.salesforce import facts
from connectors.salesforce.facts import READERS, Reading
from connectors.salesforce.rows import make_record
from sync.core.model.records import Kind
from sync.ports import StreamSpec

USER, QUEUE, LEAD, CONTACT = "0055g000007XyZ1AAK", "00G5g000001Ab2cEAC", "00Q5g00000A1b20EAB", "0035g00000C1d20AAB"
DEAL, ACCOUNT = "0065g00000Qw3e4AAB", "0015g00000Ab7c9AAB"
NOW = datetime(2026, 10, 6, 3, 0, tzinfo=UTC)
READING = Reading("sf", NOW, lambda: ZoneInfo("Asia/Tokyo"))


def read(stream: str, **row: Any) -> dict[str, Any]:
    found = READERS[stream](row, READING)
    assert found is not None
    return dict(found)


def task(**row: Any) -> dict[str, Any]:
    closed = {"IsClosed": True, "CompletedDateTime": "2026-10-06T01:00:00.000+0000", "ActivityDate": "2026-10-06"}
    return read("Task", **{**closed, "CreatedDate": "2026-10-06T01:00:00.000+0000", **row})


@pytest.mark.parametrize(
    ("row", "type_", "automated"),
    [
        ({"TaskSubtype": "Call"}, "call", False),
        ({"TaskSubtype": "Email"}, "email", False),
        ({"TaskSubtype": "LinkedIn"}, "message", False),
        ({"TaskSubtype": "ListEmail"}, "email", True),
        ({"TaskSubtype": "Cadence"}, "task", True),
        ({"TaskSubtype": "Cadence", "CallType": "Outbound"}, "task", True),
        ({"TaskSubtype": "Task"}, "task", False),
        ({"TaskSubtype": None}, "task", False),
        ({}, "task", False),
        ({"TaskSubtype": "Task", "CallType": "Outbound"}, "call", False),
    ],
)
def test_a_task_is_what_its_subtype_says(row: dict[str, Any], type_: str, automated: bool) -> None:
    found = task(**row)
    assert (found["type"], found["automated"]) == (type_, automated)


@pytest.mark.parametrize(
    ("call_type", "direction"),
    [("Inbound", "inbound"), ("Outbound", "outbound"), ("Internal", "internal"), (None, None), ("", None)],
)
def test_a_call_goes_the_way_its_type_says(call_type: str | None, direction: str | None) -> None:
    assert task(TaskSubtype="Call", CallType=call_type)["direction"] == direction


@pytest.mark.parametrize(("subtype", "direction"), [("Email", "outbound"), ("LinkedIn", "outbound"), ("Task", None)])
def test_a_logged_mail_or_message_was_sent(subtype: str, direction: str | None) -> None:
    assert task(TaskSubtype=subtype)["direction"] == direction


@pytest.mark.parametrize(
    ("disposition", "connected"),
    [
        ("Connected", True),
        ("応答", True),
        ("No Answer", False),
        ("不在", False),
        ("折り返し希望", None),
        (None, None),
        ("", None),
    ],
)
def test_only_words_without_doubt_say_whether_somebody_answered(
    disposition: str | None, connected: bool | None
) -> None:
    assert task(TaskSubtype="Call", CallDisposition=disposition)["connected"] is connected


@pytest.mark.parametrize(
    ("row", "at"),
    [
        # Saved closed on the day it is dated: the instant of saving.
        ({}, "2026-10-06T01:00:00Z"),
        # 00:30 in Tokyo is still the day before in UTC; the org's zone counts.
        ({"CompletedDateTime": "2026-10-05T15:30:00.000+0000"}, "2026-10-05T15:30:00Z"),
        # Dated to an earlier day: it happened then, at an unknown time; the earliest accuses nobody.
        ({"ActivityDate": "2026-10-05"}, "2026-10-04T15:00:00Z"),
        # The same half an hour after midnight in Tokyo, while UTC still has the day that it is dated to.
        ({"ActivityDate": "2026-10-05", "CompletedDateTime": "2026-10-05T15:30:00.000+0000"}, "2026-10-04T15:00:00Z"),
        # Dated to a later day than it was closed on: done early.
        ({"ActivityDate": "2026-10-09"}, "2026-10-06T01:00:00Z"),
        ({"ActivityDate": None}, "2026-10-06T01:00:00Z"),
        ({"CompletedDateTime": None}, "2026-10-05T15:00:00Z"),
        ({"CompletedDateTime": None, "ActivityDate": None}, "2026-10-06T01:00:00Z"),
        ({"IsClosed": False, "CompletedDateTime": None, "ActivityDate": "2026-10-08"}, "2026-10-07T15:00:00Z"),
    ],
)
def test_when_a_task_happened(row: dict[str, Any], at: str) -> None:
    assert task(**row)["at"] == at


def test_an_open_task_is_open_and_content_is_only_noted() -> None:
    found = task(IsClosed=False, Description="  ", Type="Call")
    assert (found["status"], found["has_content"], found["task_type"]) == ("open", False, "Call")
    assert task(Description="架電")["has_content"] is True
    assert "架電" not in str(task(Description="架電"))


def test_a_description_that_may_not_be_read_says_nothing_about_content() -> None:
    assert "has_content" not in task()


def test_subjects_are_people_and_deals_only() -> None:
    assert task(WhoId=LEAD, WhatId=ACCOUNT)["subjects"] == [f"sf:Lead:{LEAD}"]
    assert task(WhoId=CONTACT, WhatId=DEAL)["subjects"] == [f"sf:Contact:{CONTACT}", f"sf:Opportunity:{DEAL}"]
    assert task(WhoId=None, WhatId=None)["subjects"] == []


def test_a_queue_owns_but_is_nobody() -> None:
    assert read("Lead", OwnerId=QUEUE)["owner"] is None
    assert read("Lead", OwnerId=USER)["owner"] == f"sf:User:{USER}"
    assert "owner" not in read("Lead")


@pytest.mark.parametrize(
    ("end", "status"), [("2026-10-06T03:00:00.000+0000", "done"), ("2026-10-06T03:00:01.000+0000", "scheduled")]
)
def test_a_meeting_is_scheduled_until_it_ended(end: str, status: str) -> None:
    found = read(
        "Event",
        StartDateTime="2026-10-06T02:00:00.000+0000",
        EndDateTime=end,
        CreatedDate="2026-10-01T02:00:00.000+0000",
        WhoId=LEAD,
        OwnerId=USER,
        CreatedById=USER,
    )
    assert found == {
        "type": "meeting",
        "direction": None,
        "automated": False,
        "at": "2026-10-06T02:00:00Z",
        "logged_at": "2026-10-01T02:00:00Z",
        "status": status,
        "owner": f"sf:User:{USER}",
        "created_by": f"sf:User:{USER}",
        "subjects": [f"sf:Lead:{LEAD}"],
    }


def test_a_meeting_of_all_day_begins_with_the_day() -> None:
    assert (
        read("Event", StartDateTime=None, ActivityDate="2026-10-07", IsAllDayEvent=True)["at"] == "2026-10-06T15:00:00Z"
    )


@pytest.mark.parametrize(
    ("row", "direction", "status"),
    [
        ({"Incoming": True, "Status": "0"}, "inbound", "done"),
        ({"Incoming": False, "Status": "3"}, "outbound", "done"),
        ({"Incoming": False, "Status": "5"}, "outbound", "open"),
        ({"Incoming": False, "Status": "0"}, "outbound", "open"),
        ({"Incoming": False, "Status": "3", "IsBounced": True}, "outbound", "bounced"),
    ],
)
def test_a_mail_of_enhanced_email(row: dict[str, Any], direction: str, status: str) -> None:
    base = {"MessageDate": "2026-10-06T01:30:00.000+0000", "CreatedById": USER, "RelatedToId": DEAL, "TextBody": "本文"}
    found = read("EmailMessage", **base, **row)
    assert (found["type"], found["direction"], found["status"]) == ("email", direction, status)
    assert (found["at"], found["has_content"]) == ("2026-10-06T01:30:00Z", True)
    assert found["subjects"] == [f"sf:Opportunity:{DEAL}"]
    assert found.get("owner") == (None if row["Incoming"] else f"sf:User:{USER}")


def test_a_converted_lead_names_its_successors() -> None:
    found = read(
        "Lead", IsConverted=True, ConvertedDate="2026-10-05", ConvertedContactId=CONTACT, ConvertedOpportunityId=None
    )
    assert found == {"converted": True, "converted_on": "2026-10-05", "converted_to": [f"sf:Contact:{CONTACT}"]}


@pytest.mark.parametrize("stream", ["Lead", "Contact", "Account"])
def test_a_merged_record_names_the_winner(stream: str) -> None:
    assert read(stream, MasterRecordId=LEAD)["merged_into"] == f"sf:{stream}:{LEAD}"
    assert "merged_into" not in read(stream, MasterRecordId=None)


def history(**row: Any) -> dict[str, Any] | None:
    base = {"LeadId": LEAD, "CreatedDate": "2026-10-05T01:00:00.000+0000", "CreatedById": USER}
    found = facts.read_lead_history({**base, **row}, READING)
    return dict(found) if found else None


def test_an_owner_change_is_told_by_its_id_row_only() -> None:
    other = "0055g000007XyZ2AAK"
    assert history(Field="Owner", OldValue="山田 太郎", NewValue="佐藤 花子") is None
    found = history(Field="Owner", OldValue=USER, NewValue=other)
    assert found == {
        "subject": f"sf:Lead:{LEAD}",
        "at": "2026-10-05T01:00:00Z",
        "by": f"sf:User:{USER}",
        "field": "owner",
        "old": f"sf:User:{USER}",
        "new": f"sf:User:{other}",
    }
    from_queue = history(Field="Owner", OldValue=QUEUE, NewValue=other)
    assert from_queue is not None
    assert (from_queue["old"], from_queue["new"]) == (None, f"sf:User:{other}")


def test_status_and_conversion_have_names_of_their_own() -> None:
    status = history(Field="Status", OldValue="新規", NewValue="商談化")
    assert status is not None
    assert (status["field"], status["old"], status["new"]) == ("status", "新規", "商談化")
    converted = history(Field="leadConverted", OldValue=None, NewValue=None)
    assert converted is not None
    assert converted["field"] == "converted"
    assert history(Field="created") is None


def test_any_other_field_is_a_value_that_somebody_changed() -> None:
    found = history(Field="Budget_Status__c", OldValue=None, NewValue="secured")
    assert found == {
        "subject": f"sf:Lead:{LEAD}",
        "at": "2026-10-05T01:00:00Z",
        "by": f"sf:User:{USER}",
        "field": "value",
        "name": "Budget_Status__c",
        "old": None,
        "new": "secured",
    }


def test_of_a_long_text_only_that_it_changed_is_known() -> None:
    found = history(Field="Pain__c", OldValue=None, NewValue=None)
    assert found is not None
    assert found["name"] == "Pain__c"
    assert "old" not in found and "new" not in found


def test_a_change_of_a_deal_hangs_on_the_deal_and_its_stages_come_from_elsewhere() -> None:
    row = {"OpportunityId": DEAL, "CreatedDate": "2026-10-05T01:00:00.000+0000", "CreatedById": QUEUE}
    found = facts.read_deal_field_history(
        {**row, "Field": "Waiver_Approved__c", "OldValue": False, "NewValue": True}, READING
    )
    assert found is not None
    assert (found["subject"], found["by"], found["new"]) == (f"sf:Opportunity:{DEAL}", None, True)
    owner = facts.read_deal_field_history({**row, "Field": "Owner", "OldValue": USER, "NewValue": QUEUE}, READING)
    assert owner is not None
    assert (owner["field"], owner["old"], owner["new"]) == ("owner", f"sf:User:{USER}", None)


def test_only_changes_of_fields_that_the_mapping_reads_are_delivered() -> None:
    row = {"Id": "0175g000000000AAAA", "LeadId": LEAD, "CreatedDate": "2026-10-05T01:00:00.000+0000", "Field": "Phone"}
    spec = StreamSpec("LeadHistory", Kind.HISTORY)
    assert make_record(spec, row, READING) is None
    assert make_record(replace(spec, watched=("Phone",)), row, READING) is not None
    assert make_record(spec, {**row, "Field": "Status"}, READING) is not None


def test_a_user_has_every_role_that_the_org_gives() -> None:
    found = read(
        "User",
        Email="IS@Example.jp",
        IsActive=False,
        Role__c="IS",
        UserRole={"Name": "IS Team"},
        Profile={"Name": "Sales"},
    )
    assert found == {"email": "is@example.jp", "active": False, "roles": ["IS", "IS Team", "Sales"]}
    assert read("User", Email=None, IsActive=True, UserRole=None)["roles"] == []


def test_a_deal_and_a_role() -> None:
    deal = read("Opportunity", IsClosed=True, IsWon=False, StageName="失注", AccountId=ACCOUNT)
    assert deal == {"closed": True, "won": False, "stage": "失注", "account": f"sf:Account:{ACCOUNT}"}
    role = read("OpportunityContactRole", ContactId=CONTACT, OpportunityId=DEAL, Role="Decision Maker", IsPrimary=True)
    assert role == {
        "person": f"sf:Contact:{CONTACT}",
        "deal": f"sf:Opportunity:{DEAL}",
        "role": "Decision Maker",
        "primary": True,
    }


EVENTS = StreamSpec("Event", Kind.ACTIVITY)
AWAY = {
    "Id": "00U5g00000K1a2bEAA", "SystemModstamp": "2026-10-01T00:00:00.000+0000", "OwnerId": USER, "ShowAs": "OutOfOffice",
    "WhoId": None, "WhatId": None, "IsRecurrence": False, "IsAllDayEvent": False, "ActivityDate": "2026-10-06",
    "StartDateTime": "2026-10-06T01:00:00.000+0000", "EndDateTime": "2026-10-06T03:30:00.000+0000",
}  # fmt: skip


def test_an_event_shown_as_out_of_office_is_an_absence_of_its_owner() -> None:
    record = make_record(EVENTS, AWAY, READING)
    assert record is not None and record.kind is Kind.ABSENCE
    assert record.facts == {"owner": f"sf:User:{USER}", "from": "2026-10-06T01:00:00Z", "until": "2026-10-06T03:30:00Z"}


def test_whole_days_away_have_no_zone() -> None:
    days = {"StartDateTime": "2026-10-06T00:00:00.000+0000", "EndDateTime": "2026-10-08T00:00:00.000+0000"}
    record = make_record(EVENTS, {**AWAY, **days, "IsAllDayEvent": True}, READING)
    assert record is not None and record.kind is Kind.ABSENCE
    assert (record.facts["from"], record.facts["until"]) == ("2026-10-06", "2026-10-08")
    one = make_record(EVENTS, {**AWAY, "StartDateTime": None, "EndDateTime": None, "IsAllDayEvent": True}, READING)
    assert one is not None and (one.facts["from"], one.facts["until"]) == ("2026-10-06", "2026-10-06")


@pytest.mark.parametrize(
    "row",
    [
        {"ShowAs": "Busy"},
        {"ShowAs": None},
        {"WhoId": CONTACT},
        {"WhatId": ACCOUNT},
        {"IsRecurrence": True},
        {"OwnerId": QUEUE},
        {"OwnerId": None},
        {"StartDateTime": None},
        {"EndDateTime": "later"},
    ],
)
def test_every_other_event_stays_a_meeting(row: dict[str, Any]) -> None:
    record = make_record(EVENTS, {**AWAY, **row}, READING)
    assert record is not None and record.kind is Kind.ACTIVITY and record.facts["type"] == "meeting"
