"""The native HubSpot–Salesforce sync as a neighbour: late, under its own user, and now and then stubborn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from connectors.simulator import SimClock, Simulator
from connectors.simulator.salesforce.record_id import make_id

NOW = datetime(2026, 11, 20, 0, 15, tzinfo=UTC)
LEAD, OTHER = make_id("00Q", 1), make_id("00Q", 2)


@pytest.fixture
def both() -> Iterator[Simulator]:
    quiet = {"limits": "off", "index_lag": (0, 0), "property_delay": (0, 0)}
    with Simulator.start(SimClock(NOW, speed=0), hubspot=quiet) as simulator:
        lead = {"LastName": "山田", "Company": "見本商事", "Email": "y@example.co.jp", "Phone": "03-1111-1111"}
        happen(simulator, "salesforce", "insert", "Lead", LEAD, lead)
        contact = {"lastname": "山田", "company": "見本商事", "email": "Y@example.co.jp", "phone": "03-1111-1111"}
        happen(simulator, "hubspot", "insert", "contacts", "7", {"properties": contact})
        yield simulator


def happen(simulator: Simulator, system: str, op: str, kind: str, key: str | None, record: Any, **more: Any) -> str:
    event = {"at": None, "system": system, "op": op, "object": kind, "id": key, "record": record, **more}
    return simulator.apply([event])[0]


def lead(simulator: Simulator, key: str = LEAD) -> dict[str, Any]:
    return simulator.salesforce.data.tables["Lead"].rows[key]


def contact(simulator: Simulator) -> dict[str, str]:
    return simulator.hubspot.data.tables["contacts"].live[7].properties


def after(simulator: Simulator, minutes: float) -> dict[str, Any]:
    simulator.clock.advance(timedelta(minutes=minutes))
    return simulator.salesforce_server.control("neighbour", {})


def change_contact(simulator: Simulator, **properties: str) -> None:
    happen(simulator, "hubspot", "update", "contacts", "7", {"properties": properties})


def change_lead(simulator: Simulator, **fields: Any) -> None:
    happen(simulator, "salesforce", "update", "Lead", LEAD, fields)


def tasks(simulator: Simulator) -> list[dict[str, Any]]:
    return list(simulator.salesforce.data.tables["Task"].rows.values())


def test_a_change_comes_over_ten_to_fifteen_minutes_later_under_the_syncs_own_user(both: Simulator) -> None:
    sync = both.start_neighbour()
    change_contact(both, phone="03-2222-2222")
    assert after(both, 0)["waiting"] == 1
    after(both, 9.9)
    assert lead(both)["Phone"] == "03-1111-1111"
    after(both, 5.2)
    assert lead(both)["Phone"] == "03-2222-2222"
    assert lead(both)["LastModifiedById"] == sync.user_id
    change_lead(both, Title="部長")
    after(both, 0)
    after(both, 16)
    assert contact(both)["jobtitle"] == "部長"
    history = both.hubspot.data.tables["contacts"].live[7].history("jobtitle", 5)
    assert history[0]["sourceType"] == "SALESFORCE"


def test_where_both_changed_salesforce_wins_and_then_it_is_quiet(both: Simulator) -> None:
    both.start_neighbour()
    change_contact(both, phone="03-2222-2222")
    change_lead(both, Phone="03-3333-3333")
    after(both, 0)
    after(both, 16)
    assert (contact(both)["phone"], lead(both)["Phone"]) == ("03-3333-3333", "03-3333-3333")
    stamps = lead(both)["SystemModstamp"], contact(both)["lastmodifieddate"]
    for _ in range(3):
        assert after(both, 20) == {"running": True, "user_id": both.neighbour.user_id, "waiting": 0, "refused": 0}  # pyright: ignore[reportOptionalMemberAccess]
    assert (lead(both)["SystemModstamp"], contact(both)["lastmodifieddate"]) == stamps


def test_the_partners_id_is_stored_where_one_record_has_the_address_and_follows_a_conversion(both: Simulator) -> None:
    both.start_neighbour()
    assert after(both, 1)["linked"] == 1
    assert contact(both)["salesforceleadid"] == LEAD
    assert contact(both)["salesforcelastsynctime"] == "2026-11-20T00:16:00.000Z"
    account = {"Id": make_id("001", 1), "Name": "見本商事"}
    person = {"Id": make_id("003", 1), "LastName": "山田", "Email": "y@example.co.jp"}
    happen(both, "salesforce", "convert", "Lead", LEAD, {"Account": account, "Contact": person})
    after(both, 1)
    assert contact(both)["salesforcecontactid"] == person["Id"]
    change_contact(both, jobtitle="課長")
    after(both, 0)
    after(both, 16)
    assert both.salesforce.data.tables["Contact"].rows[person["Id"]]["Title"] == "課長"


def test_an_address_that_two_leads_have_links_neither(both: Simulator) -> None:
    twin = {"LastName": "山田", "Company": "見本商事", "Email": "y@example.co.jp"}
    happen(both, "salesforce", "insert", "Lead", OTHER, twin)
    both.start_neighbour()
    assert "linked" not in after(both, 1)
    assert "salesforceleadid" not in contact(both)


def test_it_follows_stored_ids_alone_where_told_to_and_moves_no_stamp_of_others(both: Simulator) -> None:
    both.start_neighbour(stores_ids=False)
    before = contact(both)["lastmodifieddate"]
    assert "linked" not in after(both, 1)
    change_lead(both, Phone="03-9")
    after(both, 0)
    after(both, 16)
    assert (contact(both)["phone"], contact(both)["lastmodifieddate"]) == ("03-1111-1111", before)


def test_calls_forms_and_marketing_mails_become_tasks_of_the_syncs_user_once(both: Simulator) -> None:
    sync = both.start_neighbour(activities=["calls", "forms", "mails"])
    links = [{"to": "contacts", "id": "7"}]
    call = {"hs_timestamp": "2026-11-20T00:15:00Z", "hs_call_title": "初回", "hs_call_duration": "61000"}
    happen(both, "hubspot", "insert", "calls", "70", {"properties": call, "associations": links})
    mail = {"hs_timestamp": "2026-11-20T00:15:00Z", "hs_email_subject": "ご案内"}
    happen(both, "hubspot", "insert", "emails", "71", {"properties": mail, "associations": links})
    change_contact(both, recent_conversion_date="2026-11-20T00:15:00Z", recent_conversion_event_name="資料請求")
    both.hubspot_server.control("neighbour", {"mail": {"contacts": [7], "name": "ニュース11月号"}})
    assert tasks(both) == []
    assert after(both, 16)["tasks"] == 3
    after(both, 60)
    assert sorted(task["Subject"] for task in tasks(both)) == [
        "Call: 初回",
        "Email: ニュース11月号",
        "Submitted form: 資料請求",
    ]
    assert {task["CreatedById"] for task in tasks(both)} == {task["OwnerId"] for task in tasks(both)} == {sync.user_id}
    assert {task["WhoId"] for task in tasks(both)} == {LEAD}
    assert {task["Subject"]: task["CallDurationInSeconds"] for task in tasks(both)}["Call: 初回"] == 61


def test_tasks_of_people_come_into_hubspot_and_its_own_copies_never_go_back(both: Simulator) -> None:
    both.start_neighbour(activities=["tasks", "forms"])
    task = {
        "Subject": "電話",
        "WhoId": LEAD,
        "Status": "Completed",
        "TaskSubtype": "Call",
        "ActivityDate": "2026-11-20",
    }
    happen(both, "salesforce", "insert", "Task", None, task)
    change_contact(both, recent_conversion_date="2026-11-20T00:15:00Z")
    after(both, 0)
    assert (after(both, 16)["from_salesforce"], len(tasks(both))) == (1, 2)
    assert "from_salesforce" not in after(both, 60)
    (copy,) = both.hubspot.data.tables["tasks"].live.values()
    assert (copy.properties["hs_task_subject"], copy.properties["hs_task_status"]) == ("電話", "COMPLETED")
    assert copy.properties["hs_timestamp"] == "2026-11-20T00:00:00.000Z"
    assert list(both.hubspot.data.links.of("tasks", copy.id, "contacts")) == [7]
    assert copy.author.source_type == "SALESFORCE"


def test_what_was_on_the_timeline_before_it_started_is_not_copied(both: Simulator) -> None:
    change_contact(both, recent_conversion_date="2026-11-19T00:00:00Z")
    both.start_neighbour()
    after(both, 30)
    assert tasks(both) == []


def test_a_field_it_fights_over_gets_back_what_the_sync_knew_first_on_either_side(both: Simulator) -> None:
    both.start_neighbour(fights=["phone"])
    for step in range(3):
        change_lead(both, Phone=f"03-{step}")
        after(both, 0)
        after(both, 16)
        assert lead(both)["Phone"] == "03-1111-1111"
    change_contact(both, phone="03-8")
    after(both, 0)
    after(both, 16)
    assert (contact(both)["phone"], lead(both)["Phone"]) == ("03-1111-1111", "03-1111-1111")


def test_our_fields_are_out_of_its_reach_unless_it_is_told_to_copy_them(both: Simulator) -> None:
    ours = {"baton_status": "Baton_Status__c"}
    with pytest.raises(ValueError, match="only with `ours`: Baton_Status__c, baton_status"):
        both.start_neighbour(fields=ours)
    define(both)
    both.start_neighbour(fields=ours, ours=True)
    change_lead(both, Baton_Status__c="ready")
    after(both, 0)
    after(both, 16)
    assert contact(both)["baton_status"] == "ready"


def define(simulator: Simulator) -> None:
    field = {"name": "Baton_Status__c", "type": "string", "length": 80}
    happen(simulator, "salesforce", "define_fields", "Lead", None, {}, fields=[field])
    happen(simulator, "hubspot", "define_properties", "contacts", None, {}, properties=[{"name": "baton_status"}])


def test_a_stale_copy_puts_an_older_value_over_a_newer_one(both: Simulator) -> None:
    define(both)
    both.start_neighbour(fields={"baton_status": "Baton_Status__c"}, ours=True, stale=True)
    change_lead(both, Baton_Status__c="waiting")
    after(both, 0)
    change_lead(both, Baton_Status__c="ready")
    change_contact(both, baton_status="ready")
    after(both, 16)
    assert (contact(both)["baton_status"], lead(both)["Baton_Status__c"]) == ("waiting", "waiting")


def test_what_one_side_does_not_take_is_left_as_it_is_on_both_and_listed(both: Simulator) -> None:
    both.start_neighbour()
    change_contact(both, lastname="山" * 200)
    after(both, 0)
    assert after(both, 16)["refused"] == 1
    after(both, 40)
    assert (len(contact(both)["lastname"]), lead(both)["LastName"]) == (200, "山田")


def test_fields_of_other_types_come_over_in_the_words_of_the_other_system(both: Simulator) -> None:
    kinds = {"Flag__c": "checkbox", "When__c": "datetime", "Amount__c": "number", "Day__c": "date"}
    fields = [{"name": name, "type": kind, "precision": 10} for name, kind in kinds.items()]
    happen(both, "salesforce", "define_fields", "Lead", None, {}, fields=fields)
    types = {"a_flag": "bool", "a_when": "datetime", "an_amount": "number", "a_day": "date"}
    shapes = {"bool": "booleancheckbox", "datetime": "date", "number": "number", "date": "date"}
    made = [{"name": name, "type": kind, "fieldType": shapes[kind]} for name, kind in types.items()]
    happen(both, "hubspot", "define_properties", "contacts", None, {}, properties=made)
    both.start_neighbour(fields=dict(zip(types, kinds, strict=True)))
    change_contact(both, a_flag="true", a_when="2026-11-20T01:02:03.456Z", an_amount="12", a_day="2026-12-01")
    after(both, 0)
    after(both, 16)
    row = lead(both)
    assert (row["Flag__c"], row["When__c"]) == (True, "2026-11-20T01:02:03.000+0000")
    assert (row["Amount__c"], row["Day__c"]) == (12.0, "2026-12-01")
    assert after(both, 40)["waiting"] == 0
    change_lead(both, Flag__c=False, Amount__c=13, Day__c=None)
    after(both, 0)
    after(both, 16)
    properties = contact(both)
    assert (properties["a_flag"], properties["an_amount"], "a_day" in properties) == ("false", "13", False)


def test_it_is_driven_over_http_and_stopped(both: Simulator) -> None:
    url = f"{both.hubspot_url}/__sim/neighbour"
    assert requests.post(url, json={}, timeout=60).json() == {"running": False}
    started = requests.post(url, json={"start": {"delay": [0, 0], "activities": ["calls"]}}, timeout=60).json()
    assert started["running"]
    change_contact(both, phone="03-5")
    requests.post(url, json={}, timeout=60)
    assert lead(both)["Phone"] == "03-5"
    assert requests.post(url, json={"start": {"speed": 1}}, timeout=60).status_code == 400
    assert requests.post(url, json={"stop": True}, timeout=60).json() == {"running": False}
