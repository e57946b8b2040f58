"""The simulated HubSpot portal answers as the documented and recorded API does: by raw calls and by the vendor's client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hubspot import Client
from hubspot.crm.associations.v4 import (
    BatchInputPublicFetchAssociationsBatchRequest,
    PublicFetchAssociationsBatchRequest,
)
from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInput,
    BatchReadInputSimplePublicObjectId,
    BatchResponseSimplePublicObjectWithErrors,
    Filter,
    FilterGroup,
    PublicObjectSearchRequest,
    SimplePublicObjectBatchInput,
    SimplePublicObjectId,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.properties import PropertyCreate

from connectors.simulator.clock import SimClock
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.kernel import Headers, LoopbackServer, Request, Response

NOW = datetime(2026, 10, 6, 6, 0, tzinfo=UTC)
TOKEN = "pat-na1-simulator"
CONTACTS = "/crm/v3/objects/contacts"


def make_portal(**switches: Any) -> HubSpotPortal:
    quiet = {"limits": "off", "index_lag": (0, 0), "property_delay": (0, 0)}
    return HubSpotPortal(SimClock(NOW, speed=0), **{**quiet, **switches})


def ask(
    portal: HubSpotPortal, method: str, path: str, body: Any = None, *, token: str = TOKEN, **query: str
) -> Response:
    raw = orjson.dumps(body) if body is not None else b""
    headers = Headers({"authorization": f"Bearer {token}"} if token else {})
    return portal.handle(Request(method, path, {name: [value] for name, value in query.items()}, headers, raw))


def body_of(response: Response) -> dict[str, Any]:
    assert isinstance(response.body, dict)
    return response.body


def add(
    portal: HubSpotPortal, kind: str = "contacts", *, id: str | None = None, at: datetime | None = None, **event: Any
) -> str:
    properties = event.pop("properties", {"email": f"p{id}@example.co.jp"} if kind == "contacts" else {})
    record = {"properties": properties, "associations": event.pop("associations", [])}
    stamp = at.isoformat() if at else None
    return portal.apply({"op": "insert", "object": kind, "id": id, "at": stamp, "record": record, **event})


def change(portal: HubSpotPortal, id: str, *, at: datetime | None = None, **properties: str) -> None:
    stamp = at.isoformat() if at else None
    portal.apply({"op": "update", "object": "contacts", "id": id, "at": stamp, "record": {"properties": properties}})


def modified(portal: HubSpotPortal, id: str) -> str:
    return str(body_of(ask(portal, "GET", f"{CONTACTS}/{id}"))["updatedAt"])


def ms(instant: datetime) -> str:
    return str(int(instant.timestamp() * 1000))


def one_filter(name: str, operator: str, value: str) -> dict[str, Any]:
    return {"filterGroups": [{"filters": [{"propertyName": name, "operator": operator, "value": value}]}]}


def found(portal: HubSpotPortal, body: dict[str, Any], kind: str = "contacts") -> list[str]:
    response = ask(portal, "POST", f"/crm/v3/objects/{kind}/search", body)
    assert response.status == 200, response.body
    return [one["id"] for one in body_of(response)["results"]]


# who may ask


def test_a_call_without_or_with_a_wrong_bearer_is_401() -> None:
    for token in ("", "nobody"):
        response = ask(make_portal(), "GET", CONTACTS, token=token)
        body = body_of(response)
        assert (response.status, body["category"]) == (401, "INVALID_AUTHENTICATION")
        assert body["message"].startswith("Authentication credentials not found.")
        assert body["correlationId"] == response.headers["x-hubspot-correlation-id"]


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/crm/v3/objects/leads", "crm.objects.leads.read"),
        ("/crm/v3/objects/0-136", "crm.objects.leads.read"),
        ("/crm/v3/objects/emails", "sales-email-read"),
        ("/crm/v3/owners", "crm.objects.owners.read"),
        ("/crm/v3/properties/contacts", "crm.schemas.contacts.read"),
    ],
)
def test_a_missing_scope_is_403_that_names_the_alternatives(path: str, scope: str) -> None:
    scopes = {"crm.objects.contacts.read"} if "email" in path else {"oauth"}
    response = ask(make_portal(scopes=scopes), "GET", path)
    body = body_of(response)
    assert (response.status, body["category"]) == (403, "MISSING_SCOPES")
    assert scope in body["errors"][0]["context"]["requiredGranularScopes"]
    assert body["links"] == {"scopes": "https://developers.hubspot.com/scopes"}


def test_deals_can_be_read_but_not_written_with_the_usual_scopes() -> None:
    portal = make_portal()
    assert ask(portal, "GET", "/crm/v3/objects/deals").status == 200
    assert ask(portal, "POST", "/crm/v3/objects/deals", {"properties": {"dealname": "x"}}).status == 403


def test_switches_take_the_lead_object_away_and_limit_search_bodies() -> None:
    portal = make_portal(leads_enabled=False)
    for name in ("leads", "0-136"):
        assert body_of(ask(portal, "GET", f"/crm/v3/objects/{name}"))["category"] == "MISSING_SCOPES"
    long = one_filter("email", "EQ", "x" * 3_000)
    assert ask(portal, "POST", f"{CONTACTS}/search", long).status == 200
    portal.control("switch", {"search_body_max": 3_000})
    assert ask(portal, "POST", f"{CONTACTS}/search", long).status == 400
    with pytest.raises(KeyError, match="no such switch"):
        portal.control("switch", {"no_such": 1})


def test_an_oauth_token_lives_half_an_hour() -> None:
    portal = make_portal()

    def refresh(refresh_token: str) -> Response:
        form = (
            "grant_type=refresh_token&client_id=simulator-client&client_secret=simulator-secret"
            f"&refresh_token={refresh_token}"
        )
        return portal.handle(Request("POST", "/oauth/v3/token", body=form.encode()))

    granted = body_of(refresh("na1-simulator-refresh"))
    assert (granted["token_type"], granted["expires_in"]) == ("bearer", 1800)
    answer = ask(portal, "GET", CONTACTS, token=granted["access_token"])
    assert answer.headers["X-HubSpot-RateLimit-Max"] == "110"
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers
    portal.clock.advance(timedelta(seconds=1804))
    expired = ask(portal, "GET", CONTACTS, token=granted["access_token"])
    assert (expired.status, body_of(expired)["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert body_of(expired)["message"] == "The OAuth token used to make this call expired 4 second(s) ago."
    portal.control("revoke", {})
    refused = refresh("na1-simulator-refresh")
    assert (refused.status, body_of(refused)["error"], body_of(refused)["status"]) == (
        400,
        "invalid_grant",
        "BAD_REFRESH_TOKEN",
    )


def test_token_and_account_can_be_described() -> None:
    portal = make_portal(portal_id=77)
    info = ask(portal, "POST", "/oauth/v2/private-apps/get/access-token-info", {"tokenKey": TOKEN}, token="")
    assert (body_of(info)["hubId"], "sales-email-read" in body_of(info)["scopes"]) == (77, True)
    for path in ("/account-info/v3/details", "/account-info/2026-09/details"):
        details = body_of(ask(portal, "GET", path))
        assert (details["portalId"], details["timeZone"], details["utcOffset"]) == (77, "Asia/Tokyo", "+09:00")


# limits


def test_search_is_limited_to_five_a_second_with_its_own_429() -> None:
    portal = make_portal(limits="simulated")
    answers = [ask(portal, "POST", f"{CONTACTS}/search", {}) for _ in range(6)]
    assert [one.status for one in answers] == [200] * 5 + [429]
    refused = body_of(answers[-1])
    assert refused["message"] == "You have reached your secondly limit."
    assert refused["category"] == "RATE_LIMITS"
    assert "policyName" not in refused
    assert "Retry-After" not in answers[-1].headers
    assert not any(name.startswith("X-HubSpot-RateLimit-M") for one in answers for name in one.headers)
    assert answers[0].headers["X-HubSpot-RateLimit-Daily-Remaining"] == "624999"
    portal.clock.advance(timedelta(seconds=1))
    assert ask(portal, "POST", f"{CONTACTS}/search", {}).status == 200


def test_the_burst_limit_counts_down_and_refuses_until_the_window_has_passed() -> None:
    portal = make_portal(limits="simulated", burst_max=3)
    answers = [ask(portal, "GET", CONTACTS) for _ in range(4)]
    assert [one.headers.get("X-HubSpot-RateLimit-Remaining") for one in answers[:3]] == ["2", "1", "0"]
    refused = body_of(answers[3])
    assert (answers[3].status, refused["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert refused["errorType"] == "RATE_LIMIT"
    assert ask(portal, "POST", f"{CONTACTS}/search", {}).status == 200
    portal.clock.advance(timedelta(seconds=10))
    assert ask(portal, "GET", CONTACTS).status == 200


def test_the_daily_limit_ends_at_midnight_of_the_account() -> None:
    portal = make_portal(limits="simulated", daily_max=1)
    assert ask(portal, "GET", CONTACTS).status == 200
    assert body_of(ask(portal, "GET", CONTACTS))["policyName"] == "DAILY"
    portal.clock.set(datetime(2026, 10, 6, 15, 0, tzinfo=UTC))
    assert ask(portal, "GET", CONTACTS).status == 200


# values


def test_values_are_strings_or_null_sorted_with_the_three_dates_and_without_undefined_ones() -> None:
    portal = make_portal()
    number = add(portal, id="101", properties={"email": "a@example.co.jp", "waiver_approved": True, "num_notes": 3})
    asked = ask(portal, "GET", f"{CONTACTS}/{number}", properties="waiver_approved,phone,no_such,num_notes")
    body = body_of(asked)
    assert list(body["properties"]) == [
        "createdate",
        "hs_object_id",
        "lastmodifieddate",
        "num_notes",
        "phone",
        "waiver_approved",
    ]
    assert body["properties"]["waiver_approved"] == "true"
    assert body["properties"]["num_notes"] == "3"
    assert body["properties"]["phone"] is None
    assert body["id"] == "101"
    assert body["createdAt"] == body["properties"]["createdate"] == "2026-10-06T06:00:00.000Z"


def test_engagements_have_their_own_date_names() -> None:
    portal = make_portal()
    add(portal, "calls", id="5", properties={"hs_timestamp": "2026-10-05T01:00:00Z"})
    assert list(body_of(ask(portal, "GET", "/crm/v3/objects/calls/5"))["properties"]) == [
        "hs_createdate",
        "hs_lastmodifieddate",
        "hs_object_id",
    ]


def test_refused_values_are_listed_in_the_message_as_json_and_in_errors() -> None:
    portal = make_portal(portal_id=3855728)
    add(portal, id="1")
    wrong = {
        "bogus": "1",
        "hs_lead_status": "HOT",
        "email": "dsfsafas@",
        "waiver_until": "1791244800001",
        "createdate": "2026-10-06T00:00:00Z",
    }
    response = ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {**wrong, "phone": "1"}})
    body = body_of(response)
    assert (response.status, body["category"]) == (400, "VALIDATION_ERROR")
    text = body["message"]
    assert text.startswith("Property values were not valid: [")
    listed = {one["name"]: one for one in orjson.loads(text[text.index("[") :])}
    assert {name: one["error"] for name, one in listed.items()} == {
        "bogus": "PROPERTY_DOESNT_EXIST",
        "hs_lead_status": "INVALID_OPTION",
        "email": "INVALID_EMAIL",
        "waiver_until": "INVALID_DATE",
        "createdate": "READ_ONLY_VALUE",
    }
    assert listed["bogus"] == {
        "isValid": False,
        "message": 'Property "bogus" does not exist',
        "error": "PROPERTY_DOESNT_EXIST",
        "name": "bogus",
        "localizedErrorMessage": 'Property "bogus" does not exist',
        "portalId": 3855728,
    }
    assert body["errors"][0]["context"] == {"propertyName": ["bogus"]}
    assert body_of(ask(portal, "GET", f"{CONTACTS}/1", properties="phone"))["properties"]["phone"] is None


def test_dates_are_taken_as_epoch_or_iso_and_cleared_by_the_empty_string() -> None:
    portal = make_portal()
    add(portal, id="1", properties={"email": "a@example.co.jp", "waiver_until": "2026-10-30"})
    ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {"closedate": "1791244800000", "waiver_until": 1793318400000}})
    values = body_of(ask(portal, "GET", f"{CONTACTS}/1", properties="closedate,waiver_until"))["properties"]
    assert (values["closedate"], values["waiver_until"]) == ("2026-10-06T00:00:00.000Z", "2026-10-30")
    answer = body_of(ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {"waiver_until": ""}}))
    assert answer["properties"]["waiver_until"] == ""
    values = body_of(ask(portal, "GET", f"{CONTACTS}/1", properties="waiver_until"))["properties"]
    assert values["waiver_until"] is None


def test_a_lifecycle_stage_moves_forward_only_unless_cleared_first() -> None:
    portal = make_portal()
    add(portal, id="1", properties={"email": "a@example.co.jp", "lifecyclestage": "marketingqualifiedlead"})

    def write(stage: str) -> str | None:
        assert ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {"lifecyclestage": stage}}).status == 200
        return body_of(ask(portal, "GET", f"{CONTACTS}/1", properties="lifecyclestage"))["properties"]["lifecyclestage"]

    portal.clock.advance(timedelta(minutes=1))
    assert write("lead") == "marketingqualifiedlead"
    assert modified(portal, "1") == "2026-10-06T06:00:00.000Z"
    assert write("salesqualifiedlead") == "salesqualifiedlead"
    name = "hs_lifecyclestage_salesqualifiedlead_date"
    stamped = body_of(ask(portal, "GET", f"{CONTACTS}/1", properties=name))["properties"]
    assert stamped[name] == "2026-10-06T06:01:00.000Z"
    assert write("") is None
    assert write("lead") == "lead"


def test_only_property_changes_move_the_modified_date() -> None:
    portal = make_portal()
    add(portal, id="1", at=NOW - timedelta(days=1))
    add(portal, "calls", id="9", properties={"hs_timestamp": "2026-10-05T01:00:00Z"})
    portal.apply({"op": "associate", "object": "calls", "id": "9", "to": "contacts", "to_id": "1"})
    ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {"email": "p1@example.co.jp"}})
    assert modified(portal, "1") == "2026-10-05T06:00:00.000Z"
    ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {"pain": "属人化"}})
    assert modified(portal, "1") == "2026-10-06T06:00:00.000Z"
    portal.control("switch", {"noop_bumps": True})
    portal.clock.advance(timedelta(seconds=5))
    ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {"pain": "属人化"}})
    assert modified(portal, "1") == "2026-10-06T06:00:05.000Z"


def test_logging_an_activity_recounts_the_contact_where_the_portal_does_so() -> None:
    portal = make_portal(rollups=True)
    add(portal, id="1", at=NOW - timedelta(days=1))
    call = {"hs_timestamp": "2026-10-05T01:00:00Z"}
    add(portal, "calls", id="9", properties=call, associations=[{"to": "contacts", "id": "1"}])
    names = "num_notes,notes_last_contacted"
    values = body_of(ask(portal, "GET", f"{CONTACTS}/1", properties=names))["properties"]
    assert (values["num_notes"], values["notes_last_contacted"]) == ("1", "2026-10-05T01:00:00Z")
    assert modified(portal, "1") == "2026-10-06T06:00:00.000Z"
    add(portal, "calls", id="8", properties=call | {"hs_timestamp": "2026-10-05T05:00:00Z"},
        associations=[{"to": "contacts", "id": "1"}])  # fmt: skip
    portal.control(
        "apply", {"events": [{"op": "dissociate", "object": "calls", "id": "8", "to": "contacts", "to_id": "1"}]}
    )
    values = body_of(ask(portal, "GET", f"{CONTACTS}/1", properties=names))["properties"]
    assert (values["num_notes"], values["notes_last_contacted"]) == ("1", "2026-10-05T01:00:00Z")
    portal.control("apply", {"events": [{"op": "archive", "object": "calls", "id": "9"}]})
    values = body_of(ask(portal, "GET", f"{CONTACTS}/1", properties=names))["properties"]
    assert (values["num_notes"], values["notes_last_contacted"]) == ("0", None)


def test_history_tells_who_wrote_what_newest_first() -> None:
    portal = make_portal()
    add(
        portal,
        id="1",
        at=NOW - timedelta(days=2),
        by="11",
        properties={"email": "a@example.co.jp", "fs_decision": "保留"},
    )
    change(portal, "1", at=NOW - timedelta(days=1), fs_decision="受領")
    ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {"fs_decision": "差し戻し"}})
    body = body_of(ask(portal, "GET", f"{CONTACTS}/1", propertiesWithHistory="fs_decision"))
    versions = body["propertiesWithHistory"]["fs_decision"]
    assert [(one["value"], one["sourceType"]) for one in versions] == [
        ("差し戻し", "INTEGRATION"),
        ("受領", "CRM_UI"),
        ("保留", "CRM_UI"),
    ]
    assert versions[2]["updatedByUserId"] == 11
    assert versions[2]["timestamp"] == "2026-10-04T06:00:00.000Z"


# reading


def test_lists_walk_by_id_with_the_id_of_the_next_record_as_cursor() -> None:
    portal = make_portal()
    for number in ("30", "7", "101"):
        add(portal, id=number)
    page = body_of(ask(portal, "GET", CONTACTS, limit="2"))
    assert [one["id"] for one in page["results"]] == ["7", "30"]
    assert page["paging"]["next"]["after"] == "101"
    assert "total" not in page
    last = body_of(ask(portal, "GET", CONTACTS, limit="2", after="101"))
    assert [one["id"] for one in last["results"]] == ["101"]
    assert "paging" not in last
    for query in ({"limit": "101"}, {"limit": "0"}, {"after": "x"}, {"limit": "51", "propertiesWithHistory": "email"}):
        assert ask(portal, "GET", CONTACTS, **query).status == 400, query


def test_a_listed_association_occurs_once_per_type() -> None:
    portal = make_portal()
    add(portal, "companies", id="900", properties={"name": "株式会社サンプル"})
    add(portal, id="1", associations=[{"to": "companies", "id": "900"}])
    body = body_of(ask(portal, "GET", f"{CONTACTS}/1", associations="companies"))
    assert body["associations"]["companies"]["results"] == [
        {"id": "900", "type": "contact_to_company"},
        {"id": "900", "type": "contact_to_company_unlabeled"},
    ]


def test_contacts_are_found_by_email_and_missing_ones_are_404() -> None:
    portal = make_portal()
    add(portal, id="1", properties={"email": "Taro@example.co.jp"})
    assert body_of(ask(portal, "GET", f"{CONTACTS}/taro@example.co.jp", idProperty="email"))["id"] == "1"
    missing = ask(portal, "GET", f"{CONTACTS}/2")
    assert (missing.status, body_of(missing)["category"]) == (404, "OBJECT_NOT_FOUND")


def test_archived_records_show_only_when_asked_for() -> None:
    portal = make_portal()
    add(portal, id="1")
    portal.clock.advance(timedelta(seconds=3))
    portal.apply({"op": "archive", "object": "contacts", "id": "1"})
    assert ask(portal, "GET", f"{CONTACTS}/1").status == 404
    assert found(portal, {}) == []
    archived = body_of(ask(portal, "GET", CONTACTS, archived="true"))["results"]
    assert [(one["id"], one["archived"], one["archivedAt"]) for one in archived] == [
        ("1", True, "2026-10-06T06:00:03.000Z")
    ]
    assert archived[0]["updatedAt"] == "2026-10-06T06:00:00.000Z"
    assert ask(portal, "DELETE", f"{CONTACTS}/1234567890").status == 204


# batches


@pytest.mark.parametrize(("prefix", "status"), [("/crm/v3/objects", 207), ("/crm/objects/2026-09", 200)])
def test_missing_ids_of_a_batch_read_are_one_error_beside_the_results(prefix: str, status: int) -> None:
    portal = make_portal()
    add(portal, id="1")
    inputs = [{"id": "998"}, {"id": "1"}, {"id": "999"}]
    response = ask(portal, "POST", f"{prefix}/contacts/batch/read", {"inputs": inputs, "properties": ["email"]})
    body = body_of(response)
    assert (response.status, body["status"], body["numErrors"]) == (status, "COMPLETE", 1)
    assert [one["id"] for one in body["results"]] == ["1"]
    assert body["errors"] == [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some CONTACT objects, they may be deleted or not exist. "
            "Check that ids are valid.",
            "context": {"ids": ["998", "999"]},
        }
    ]


def test_batches_refuse_too_many_and_repeated_ids() -> None:
    portal = make_portal()
    many = [{"id": str(one), "properties": {"phone": "1"}} for one in range(101)]
    for action in ("read", "update"):
        body = body_of(ask(portal, "POST", f"{CONTACTS}/batch/{action}", {"inputs": many}))
        assert body["message"].startswith("The maximum number of inputs supported in a batch is 100.")
        twice = ask(portal, "POST", f"{CONTACTS}/batch/{action}", {"inputs": [many[1], many[1]]})
        assert (twice.status, body_of(twice)["context"]) == (400, {"ids": ["1"]})
        assert body_of(twice)["message"] == "Duplicate IDs found in batch input: [1]. IDs must be unique"
    history = ask(portal, "POST", f"{CONTACTS}/batch/read", {"inputs": many[:51], "propertiesWithHistory": ["email"]})
    assert "property histories is 50" in body_of(history)["message"]


def test_one_bad_record_fails_a_batch_unless_every_input_is_traced() -> None:
    portal = make_portal()
    good = {"properties": {"email": "good@example.co.jp"}, "objectWriteTraceId": "t1"}
    bad = {"properties": {"missing": "1"}, "objectWriteTraceId": "t2"}
    untraced = [{"properties": one["properties"]} for one in (good, bad)]
    assert ask(portal, "POST", f"{CONTACTS}/batch/create", {"inputs": untraced}).status == 400
    assert found(portal, {}) == []
    response = ask(portal, "POST", f"{CONTACTS}/batch/create", {"inputs": [good, bad]})
    body = body_of(response)
    assert (response.status, body["numErrors"], len(body["results"])) == (207, 1, 1)
    assert body["errors"][0]["context"] == {"objectWriteTraceId": ["t2"]}
    assert body["errors"][0]["category"] == "VALIDATION_ERROR"


def test_an_existing_email_is_409_with_the_existing_id() -> None:
    portal = make_portal()
    add(portal, id="123456", properties={"email": "a@example.co.jp"})
    inputs = [{"properties": {"email": "new@example.co.jp"}}, {"properties": {"email": "A@example.co.jp"}}]
    for path, body in ((CONTACTS, inputs[1]), (f"{CONTACTS}/batch/create", {"inputs": inputs})):
        response = ask(portal, "POST", path, body)
        assert (response.status, body_of(response)["category"]) == (409, "CONFLICT")
        assert body_of(response)["message"] == "Contact already exists. Existing ID: 123456"
    assert found(portal, {}) == ["123456"]


def test_created_records_come_back_in_another_order_and_ids_are_not_in_creation_order() -> None:
    portal = make_portal()
    emails = [f"user{one}@example.co.jp" for one in range(50)]
    inputs = [{"properties": {"email": one}} for one in emails]
    response = ask(portal, "POST", f"{CONTACTS}/batch/create", {"inputs": inputs})
    assert response.status == 201
    results = body_of(response)["results"]
    answered = [one["properties"]["email"] for one in results]
    assert answered != emails
    assert sorted(answered) == sorted(emails)
    by_email = {one["properties"]["email"]: int(one["id"]) for one in results}
    in_order = [by_email[one] for one in emails]
    assert in_order != sorted(in_order)
    assert {"hs_email_domain", "hs_is_contact", "hs_all_contact_vids"} <= results[0]["properties"].keys()
    assert len({one["properties"]["lastmodifieddate"] for one in results}) == 1


def test_a_batch_update_with_a_bad_value_changes_nothing_and_unknown_ids_are_reported() -> None:
    portal = make_portal()
    for number in ("1", "2"):
        add(portal, id=number)
    inputs = [
        {"id": "1", "properties": {"phone": "03-1"}},
        {"id": "2", "properties": {"hs_lead_status": "HOT"}},
    ]
    assert ask(portal, "POST", f"{CONTACTS}/batch/update", {"inputs": inputs}).status == 400
    assert body_of(ask(portal, "GET", f"{CONTACTS}/1", properties="phone"))["properties"]["phone"] is None
    inputs[1] = {"id": "77", "properties": {"phone": "1"}}
    response = ask(portal, "POST", f"{CONTACTS}/batch/update", {"inputs": inputs})
    body = body_of(response)
    assert (response.status, body["errors"][0]["context"]) == (207, {"ids": ["77"]})
    assert [one["id"] for one in body["results"]] == ["1"]
    portal.control("switch", {"unknown_in_update": "fail"})
    assert ask(portal, "POST", f"{CONTACTS}/batch/update", {"inputs": inputs}).status == 404
    by_email = {"inputs": [{"id": "p1@example.co.jp", "idProperty": "email", "properties": {"phone": "1"}}]}
    refused = ask(portal, "POST", f"{CONTACTS}/batch/update", by_email)
    assert "Unable to perform update/upsert by non-unique 0-1 property" in body_of(refused)["message"]


def test_malformed_json_and_empty_updates_are_400() -> None:
    portal = make_portal()
    add(portal, id="1")
    headers = Headers({"authorization": f"Bearer {TOKEN}"})
    broken = portal.handle(Request("POST", f"{CONTACTS}/search", {}, headers, b'{"a":\n oops}'))
    assert broken.status == 400
    assert body_of(broken)["message"].startswith("Invalid input JSON on line 2")
    assert "category" not in body_of(broken)
    empty = ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {}})
    assert body_of(empty)["message"] == "No properties found to update, please provide at least one."


# search


def test_search_lags_behind_in_ids_and_values_and_reading_by_id_does_not() -> None:
    portal = make_portal(index_lag=(10, 10))
    add(portal, id="1", at=NOW - timedelta(minutes=1))
    change(portal, "1", phone="03-9999-0000")
    add(portal, id="2")
    late = {"properties": ["phone"], **one_filter("hs_object_id", "GT", "0")}
    seen = body_of(ask(portal, "POST", f"{CONTACTS}/search", late))["results"]
    assert [(one["id"], one["properties"]["phone"]) for one in seen] == [("1", None)]
    assert body_of(ask(portal, "GET", f"{CONTACTS}/1", properties="phone"))["properties"]["phone"] == "03-9999-0000"
    portal.clock.advance(timedelta(seconds=10))
    seen = body_of(ask(portal, "POST", f"{CONTACTS}/search", late))["results"]
    assert [(one["id"], one["properties"]["phone"]) for one in seen] == [("1", "03-9999-0000"), ("2", None)]


def test_the_window_and_id_walk_sees_every_change_once() -> None:
    portal = make_portal()
    for number in range(1, 451):
        add(portal, id=str(number * 7 % 1000 or 1000), at=NOW - timedelta(minutes=number % 60))
    low, high = NOW - timedelta(minutes=30), NOW - timedelta(minutes=5)
    walked: list[str] = []
    last = "0"
    while True:
        filters = [
            {"propertyName": "lastmodifieddate", "operator": "GTE", "value": ms(low)},
            {"propertyName": "lastmodifieddate", "operator": "LTE", "value": ms(high)},
            {"propertyName": "hs_object_id", "operator": "GT", "value": last},
        ]
        sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
        page = found(portal, {"filterGroups": [{"filters": filters}], "sorts": sorts, "limit": 100})
        if not page:
            break
        walked += page
        last = page[-1]
    expected = sorted(number * 7 % 1000 or 1000 for number in range(1, 451) if 5 <= number % 60 <= 30)
    assert [int(one) for one in walked] == expected


def test_contacts_answer_to_lastmodifieddate_and_everything_else_to_the_other_name() -> None:
    portal = make_portal()
    add(portal, id="1")
    add(portal, "calls", id="2", properties={"hs_timestamp": "2026-10-05T01:00:00Z"})
    since = ms(NOW - timedelta(hours=1))
    assert found(portal, one_filter("lastmodifieddate", "GTE", since)) == ["1"]
    assert found(portal, one_filter("hs_lastmodifieddate", "GTE", since)) == []
    assert found(portal, one_filter("hs_lastmodifieddate", "GTE", since), "calls") == ["2"]


def test_search_pages_by_offset_in_order_of_creation_up_to_ten_thousand() -> None:
    portal = make_portal()
    for number, minute in (("1", 3), ("2", 1), ("3", 2)):
        add(portal, id=number, at=NOW - timedelta(minutes=minute))
    page = body_of(ask(portal, "POST", f"{CONTACTS}/search", {"limit": 2}))
    assert ([one["id"] for one in page["results"]], page["total"]) == (["1", "3"], 3)
    assert page["paging"] == {"next": {"after": "2"}}
    assert found(portal, {"limit": 2, "after": "2"}) == ["2"]
    assert found(portal, {"sorts": ["-createdate"]}) == ["2", "3", "1"]
    wall = ask(portal, "POST", f"{CONTACTS}/search", {"limit": 200, "after": "9801"})
    assert (wall.status, body_of(wall)["message"]) == (400, "There was a problem with the request.")
    assert "category" not in body_of(wall)
    assert ask(portal, "POST", f"{CONTACTS}/search", {"limit": 200, "after": "9800"}).status == 200


@pytest.mark.parametrize(
    ("operator", "given", "expected"),
    [
        ("EQ", {"value": "KEIRI@example.co.jp"}, ["1"]),
        ("NEQ", {"value": "keiri@example.co.jp"}, ["2"]),
        ("IN", {"values": ["keiri@example.co.jp"]}, ["1"]),
        ("IN", {"values": ["KEIRI@example.co.jp"]}, []),
        ("NOT_IN", {"values": ["keiri@example.co.jp"]}, ["2"]),
        ("HAS_PROPERTY", {}, ["1", "2"]),
        ("NOT_HAS_PROPERTY", {}, ["3"]),
        ("CONTAINS_TOKEN", {"value": "kei*"}, ["1"]),
        ("NOT_CONTAINS_TOKEN", {"value": "keiri"}, ["2"]),
    ],
)
def test_search_operators(operator: str, given: dict[str, Any], expected: list[str]) -> None:
    portal = make_portal()
    add(portal, id="1", properties={"email": "keiri@example.co.jp"})
    add(portal, id="2", properties={"email": "jinji@example.co.jp"})
    add(portal, id="3", properties={"lastname": "山田"})
    filters = [{"propertyName": "email", "operator": operator, **given}]
    assert sorted(found(portal, {"filterGroups": [{"filters": filters}]})) == expected


def test_groups_are_alternatives_and_associations_can_be_asked_for() -> None:
    portal = make_portal()
    for number in ("1", "2", "3"):
        add(portal, id=number)
    add(
        portal,
        "calls",
        id="8",
        properties={"hs_timestamp": "2026-10-05T01:00:00Z"},
        associations=[{"to": "contacts", "id": "2"}],
    )
    groups = [one_filter("email", "EQ", f"p{one}@example.co.jp")["filterGroups"][0] for one in ("1", "3")]
    assert sorted(found(portal, {"filterGroups": groups})) == ["1", "3"]
    assert found(portal, one_filter("associations.contact", "EQ", "2"), "calls") == ["8"]
    assert found(portal, one_filter("associations.contact", "EQ", "1"), "calls") == []


@pytest.mark.parametrize(
    "body",
    [
        one_filter("no_such", "EQ", "1"),
        one_filter("email", "LIKE", "1"),
        one_filter("createdate", "GTE", "2020-11-15"),
        {"limit": 201},
        {"sorts": [{"propertyName": "email"}, {"propertyName": "phone"}]},
        {"filterGroups": [one_filter("email", "EQ", str(n))["filterGroups"][0] for n in range(6)]},
        {"query": "x" * 3001},
    ],
)
def test_search_refuses(body: dict[str, Any]) -> None:
    assert ask(make_portal(), "POST", f"{CONTACTS}/search", body).status == 400


# associations


def with_a_call() -> HubSpotPortal:
    portal = make_portal()
    add(portal, id="1")
    add(portal, id="2")
    add(portal, "calls", id="8", properties={"hs_timestamp": "2026-10-05T01:00:00Z"})
    portal.apply({"op": "associate", "object": "calls", "id": "8", "to": "contacts", "to_id": "1"})
    return portal


@pytest.mark.parametrize(("prefix", "status"), [("/crm/v4/associations", 207), ("/crm/associations/2026-09", 200)])
def test_association_read_has_number_ids_and_reports_inputs_without_any(prefix: str, status: int) -> None:
    inputs = {"inputs": [{"id": "1"}, {"id": "2"}]}
    response = ask(with_a_call(), "POST", f"{prefix}/contacts/calls/batch/read", inputs)
    body = body_of(response)
    assert response.status == status
    types = [{"category": "HUBSPOT_DEFINED", "typeId": 193, "label": None}]
    assert body["results"] == [{"from": {"id": "1"}, "to": [{"toObjectId": 8, "associationTypes": types}]}]
    assert body["numErrors"] == 1
    assert body["errors"] == [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "message": "No call is associated with contact 2.",
            "context": {"fromObjectId": ["2"], "fromObjectType": ["contact"], "toObjectType": ["call"]},
        }
    ]


def test_association_read_pages_per_input() -> None:
    portal = make_portal(association_page=2)
    add(portal, id="1")
    for number in ("5", "6", "7"):
        add(
            portal,
            "calls",
            id=number,
            properties={"hs_timestamp": "2026-10-05T01:00:00Z"},
            associations=[{"to": "contacts", "id": "1"}],
        )
    path = "/crm/v4/associations/contacts/calls/batch/read"
    first = body_of(ask(portal, "POST", path, {"inputs": [{"id": "1"}]}))["results"][0]
    after = first["paging"]["next"]["after"]
    rest = body_of(ask(portal, "POST", path, {"inputs": [{"id": "1", "after": after}]}))["results"][0]
    assert [one["toObjectId"] for one in first["to"] + rest["to"]] == [5, 6, 7]
    assert "paging" not in rest


def test_associations_are_made_and_removed() -> None:
    portal = with_a_call()
    one = "/crm/v4/objects/contacts/2/associations/calls/8"
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 193}]
    assert ask(portal, "PUT", one, types).status == 201
    listed = body_of(ask(portal, "GET", "/crm/v4/objects/calls/8/associations/contacts"))["results"]
    assert [each["toObjectId"] for each in listed] == [1, 2]
    assert ask(portal, "DELETE", one).status == 204
    listed = body_of(ask(portal, "GET", "/crm/v4/objects/calls/8/associations/contacts"))["results"]
    assert [each["toObjectId"] for each in listed] == [1]
    wrong = ask(portal, "PUT", one, [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 4}])
    assert body_of(wrong)["subCategory"] == "crm.associations.INVALID_ASSOCIATION_TYPE"
    inputs = [
        {"from": {"id": "2"}, "to": {"id": "8"}, "types": types},
        {"from": {"id": "3"}, "to": {"id": "8"}, "types": types},
    ]
    response = ask(portal, "POST", "/crm/v4/associations/contacts/calls/batch/create", {"inputs": inputs})
    assert response.status == 207
    assert body_of(response)["errors"][0]["message"] == "No contact with ID 3 exists"
    assert body_of(response)["errors"][0]["subCategory"] == "crm.associations.FROM_OBJECT_NOT_FOUND"


def test_a_record_has_one_primary_company() -> None:
    portal = make_portal()
    for number in ("900", "901"):
        add(portal, "companies", id=number, properties={"name": number})
    add(portal, id="1", associations=[{"to": "companies", "id": "900"}, {"to": "companies", "id": "901"}])

    def primaries() -> list[int]:
        listed = body_of(ask(portal, "GET", "/crm/v4/objects/contacts/1/associations/companies"))["results"]
        return [
            one["toObjectId"] for one in listed if any(kind["label"] == "Primary" for kind in one["associationTypes"])
        ]

    assert primaries() == [900]
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    ask(portal, "PUT", "/crm/v4/objects/contacts/1/associations/companies/901", types)
    assert primaries() == [901]


def test_a_created_lead_needs_a_live_subject() -> None:
    portal = make_portal()
    add(portal, id="1", properties={"email": "a@example.co.jp", "lastname": "山田"})

    def create(contact: str) -> Response:
        types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}]
        link = {"to": {"id": contact}, "types": types}
        body = {"properties": {"hs_lead_name": "山田様"}, "associations": [link]}
        return ask(portal, "POST", "/crm/v3/objects/leads", body)

    assert body_of(create("404"))["subCategory"] == "crm.associations.TO_OBJECT_NOT_FOUND"
    lead = body_of(create("1"))["id"]
    names = "hs_associated_contact_email,hs_primary_contact_id,hs_pipeline_stage"
    values = body_of(ask(portal, "GET", f"/crm/v3/objects/leads/{lead}", properties=names))["properties"]
    assert values["hs_associated_contact_email"] == "a@example.co.jp"
    assert values["hs_primary_contact_id"] == "1"
    stage = ask(portal, "PATCH", f"/crm/v3/objects/leads/{lead}", {"properties": {"hs_pipeline_stage": "x"}})
    assert "x is not a valid pipeline stage ID." in body_of(stage)["message"]


# definitions, owners, pipelines

FLAG = {
    "name": "baton_status",
    "label": "引き継ぎ状況",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "baton",
    "options": [{"label": "パス可", "value": "ready", "displayOrder": 0, "hidden": False}],
}
PROPERTIES = "/crm/v3/properties/contacts"


def test_a_property_is_made_once_and_options_are_replaced_as_a_whole() -> None:
    portal = make_portal()
    assert ask(portal, "GET", f"{PROPERTIES}/baton_status").status == 404
    assert ask(portal, "POST", PROPERTIES, FLAG).status == 400
    assert ask(portal, "POST", f"{PROPERTIES}/groups", {"name": "baton", "label": "Baton"}).status == 201
    assert ask(portal, "POST", PROPERTIES, FLAG).status == 201
    again = ask(portal, "POST", PROPERTIES, FLAG)
    assert (again.status, body_of(again)["category"]) == (409, "OBJECT_ALREADY_EXISTS")
    assert body_of(again)["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"
    assert body_of(again)["message"] == "A property named 'baton_status' already exists."
    ask(portal, "PATCH", f"{PROPERTIES}/baton_status", {"label": "状況"})
    other = [{"label": "準備中", "value": "preparing", "displayOrder": 0}]
    changed = body_of(ask(portal, "PATCH", f"{PROPERTIES}/baton_status", {"options": other}))
    assert changed["label"] == "状況"
    assert [one["value"] for one in changed["options"]] == ["preparing"]
    add(portal, id="1")
    refused = ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {"baton_status": "ready"}})
    assert "ready was not one of the allowed options: [preparing]" in body_of(refused)["message"]


def test_a_new_property_is_usable_only_after_a_moment() -> None:
    portal = make_portal(property_delay=(60, 60))
    body = {**FLAG, "groupName": "contactinformation"}
    assert ask(portal, "POST", PROPERTIES, body).status == 201
    add(portal, id="1")
    write = {"properties": {"baton_status": "ready"}}
    assert ask(portal, "GET", f"{PROPERTIES}/baton_status").status == 404
    assert "PROPERTY_DOESNT_EXIST" in body_of(ask(portal, "PATCH", f"{CONTACTS}/1", write))["message"]
    portal.clock.advance(timedelta(seconds=60))
    assert ask(portal, "GET", f"{PROPERTIES}/baton_status").status == 200
    assert ask(portal, "PATCH", f"{CONTACTS}/1", write).status == 200


def test_definitions_made_by_people_are_there_at_once() -> None:
    portal = make_portal()
    definitions = {"properties": [{**FLAG, "groupName": "baton"}]}
    portal.apply({"op": "define_properties", "object": "contacts", "record": definitions})
    names = [one["name"] for one in body_of(ask(portal, "GET", PROPERTIES))["results"]]
    assert {"baton_status", "decision_maker", "salesforceleadid", "hs_lifecyclestage_lead_date"} <= set(names)


def test_owners_are_listed_by_state_and_a_deactivated_one_has_no_user() -> None:
    portal = make_portal()
    for number in ("9", "10"):
        record = {"id": number, "email": f"o{number}@example.co.jp", "firstName": "花子", "lastName": "佐藤"}
        portal.apply({"op": "owner", "record": {**record, "teams": [{"id": "1", "name": "IS", "primary": True}]}})
    portal.apply({"op": "owner", "record": {"id": "10", "archived": True}})
    active = body_of(ask(portal, "GET", "/crm/v3/owners/"))["results"]
    assert [(one["id"], one["userId"], one["teams"][0]["name"]) for one in active] == [("9", 9, "IS")]
    gone = body_of(ask(portal, "GET", "/crm/v3/owners", archived="true"))["results"]
    assert [(one["id"], one["userId"], one["userIdIncludingInactive"]) for one in gone] == [("10", None, 10)]
    assert gone[0]["teams"][0]["name"] == "IS"


def test_pipelines_of_leads_and_deals() -> None:
    portal = make_portal()
    leads = body_of(ask(portal, "GET", "/crm/v3/pipelines/leads"))["results"][0]
    assert [one["metadata"]["leadState"] for one in leads["stages"]][-2:] == ["QUALIFIED", "UNQUALIFIED"]
    deals = body_of(ask(portal, "GET", "/crm/pipelines/2026-09/deals/default"))
    assert deals["stages"][0]["metadata"] == {"isClosed": "false", "probability": "0.2"}


# merges and privacy


def test_a_merge_leaves_one_record_under_a_new_id_that_old_ids_lead_to() -> None:
    portal = with_a_call()
    change(portal, "1", lastname="山田")
    change(portal, "2", phone="03-1", lastname="ヤマダ")
    body = {"primaryObjectId": "2", "objectIdToMerge": "1"}
    survivor = body_of(ask(portal, "POST", f"{CONTACTS}/merge", body))["id"]
    assert survivor not in ("1", "2")
    names = "email,hs_additional_emails,hs_merged_object_ids,lastname"
    for number in ("1", "2", survivor):
        merged = body_of(ask(portal, "GET", f"{CONTACTS}/{number}", properties=names))
        assert merged["id"] == survivor
        assert merged["properties"]["lastname"] == "ヤマダ"
        assert merged["properties"]["hs_additional_emails"] == "p1@example.co.jp"
        assert merged["properties"]["hs_merged_object_ids"] == "2;1"
    assert ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {"phone": "03-2"}}).status == 200
    update = ask(portal, "POST", f"{CONTACTS}/batch/update", {"inputs": [{"id": "1", "properties": {"phone": "x"}}]})
    assert body_of(update)["errors"][0]["context"] == {"ids": ["1"]}
    assert found(portal, {}) == [survivor]
    assert body_of(ask(portal, "GET", CONTACTS, archived="true"))["results"] == []
    linked = body_of(ask(portal, "GET", "/crm/v4/objects/calls/8/associations/contacts"))["results"]
    assert [str(one["toObjectId"]) for one in linked] == [survivor]
    taken = ask(portal, "POST", CONTACTS, {"properties": {"email": "p1@example.co.jp"}})
    assert body_of(taken)["message"] == f"Contact already exists. Existing ID: {survivor}"


def test_a_merge_event_may_choose_the_new_id() -> None:
    portal = make_portal()
    for number in ("1", "2"):
        add(portal, id=number)
    event = {"op": "merge", "object": "contacts", "id": "2", "loser": "1"}
    with pytest.raises(ValueError, match="exists"):
        portal.apply({**event, "record": {"new_id": "1"}})
    assert portal.apply({**event, "record": {"new_id": "77"}}) == "77"
    assert body_of(ask(portal, "GET", f"{CONTACTS}/1"))["id"] == "77"


def test_a_merge_may_keep_the_winner_when_the_portal_is_set_so() -> None:
    portal = make_portal(merge_new_id=False)
    for number in ("1", "2"):
        add(portal, id=number)
    assert portal.apply({"op": "merge", "object": "contacts", "id": "2", "loser": "1"}) == "2"
    assert body_of(ask(portal, "GET", f"{CONTACTS}/1"))["id"] == "2"


def test_a_privacy_deletion_leaves_nothing_and_blocks_the_address() -> None:
    portal = make_portal()
    add(portal, id="1")
    body = {"objectId": "p1@example.co.jp", "idProperty": "email"}
    assert ask(portal, "POST", f"{CONTACTS}/gdpr-delete", body).status == 204
    assert ask(portal, "GET", f"{CONTACTS}/1", archived="true").status == 404
    assert ask(portal, "POST", CONTACTS, {"properties": {"email": "p1@example.co.jp"}}).status == 400


# unique values, odd requests


def test_a_unique_property_finds_records_and_refuses_a_second_owner_of_a_value() -> None:
    portal = make_portal()
    key = {"name": "crm_key", "label": "鍵", "type": "string", "fieldType": "text", "hasUniqueValue": True}
    assert ask(portal, "POST", PROPERTIES, {**key, "groupName": "contactinformation"}).status == 201
    add(portal, id="1", properties={"crm_key": "K-1"})
    add(portal, id="2")
    read = {"inputs": [{"id": "K-1"}], "idProperty": "crm_key", "properties": ["crm_key"]}
    assert [one["id"] for one in body_of(ask(portal, "POST", f"{CONTACTS}/batch/read", read))["results"]] == ["1"]
    update = {"inputs": [{"id": "K-1", "idProperty": "crm_key", "properties": {"phone": "03-1"}}]}
    assert body_of(ask(portal, "POST", f"{CONTACTS}/batch/update", update))["results"][0]["id"] == "1"
    taken = ask(portal, "PATCH", f"{CONTACTS}/2", {"properties": {"crm_key": "K-1"}})
    assert (taken.status, body_of(taken)["category"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{CONTACTS}/batch/read", {"inputs": ["1"]}),
        (f"{CONTACTS}/batch/update", {"inputs": {"id": "1"}}),
        (f"{CONTACTS}/search", {"filterGroups": [["x"]]}),
        (f"{CONTACTS}/search", {"limit": "many"}),
        (CONTACTS, {"properties": ["email"]}),
        (CONTACTS, ["email"]),
        ("/crm/v4/associations/contacts/calls/batch/create", {"inputs": [{"from": "1", "to": "2"}]}),
    ],
)
def test_a_body_of_the_wrong_shape_is_400_or_an_error_of_its_input(path: str, body: Any) -> None:
    answer = ask(make_portal(), "POST", path, body)
    assert answer.status == 400 or body_of(answer)["numErrors"] == 1


def test_a_batch_without_inputs_is_an_empty_success() -> None:
    answer = ask(make_portal(), "POST", f"{CONTACTS}/batch/update", {})
    assert (answer.status, body_of(answer)["results"]) == (200, [])


def test_a_uri_that_is_too_long_is_414() -> None:
    target = f"{CONTACTS}?properties={'x' * 8_000}"
    headers = Headers({"authorization": f"Bearer {TOKEN}"})
    assert make_portal().handle(Request("GET", CONTACTS, {}, headers, b"", target)).status == 414


def test_a_default_association_is_shown_from_both_ends() -> None:
    portal = with_a_call()
    answer = ask(portal, "PUT", "/crm/v4/objects/contacts/2/associations/default/calls/8")
    assert answer.status == 200
    specs = [one["associationSpec"]["associationTypeId"] for one in body_of(answer)["results"]]
    assert specs == [193, 194]


def test_search_lag_spreads_over_half_a_minute() -> None:
    portal = make_portal(index_lag=(0, 30))
    for number in range(300):
        add(portal, id=str(number + 1))
    seen: list[int] = []
    for _ in range(4):
        seen.append(body_of(ask(portal, "POST", f"{CONTACTS}/search", {}))["total"])
        portal.clock.advance(timedelta(seconds=10))
    assert seen[0] < 20
    assert 70 < seen[1] < 130
    assert 170 < seen[2] < 230
    assert seen[3] == 300


# events


@pytest.mark.parametrize(
    "event",
    [
        {"op": "insert", "object": "contacts", "record": {"properties": {"no_such": "1"}}},
        {"op": "insert", "object": "contacts", "record": {"properties": {"hs_lead_status": "HOT"}}},
        {"op": "update", "object": "contacts", "id": "5", "record": {"properties": {"phone": "1"}}},
        {"op": "associate", "object": "contacts", "id": "1", "to": "calls", "to_id": "5"},
        {"op": "insert", "object": "contacts", "id": "1", "record": {}},
        {"op": "insert", "object": "contacts", "at": "2026-10-06T00:00:00", "record": {}},
        {"op": "explode", "object": "contacts"},
    ],
)
def test_an_event_that_no_portal_could_hold_is_refused(event: dict[str, Any]) -> None:
    portal = make_portal()
    add(portal, id="1")
    with pytest.raises(ValueError, match=r"."):
        portal.apply(event)


def test_paths_of_unknown_versions_and_types_are_refused() -> None:
    portal = make_portal(versions=("v3", "v4"))
    assert ask(portal, "GET", CONTACTS).status == 200
    assert ask(portal, "GET", "/crm/objects/2026-09/contacts").status == 404
    assert ask(portal, "GET", "/crm/v3/nothing/here").status == 404
    unknown = ask(portal, "GET", "/crm/v3/objects/gadgets")
    assert body_of(unknown)["message"] == "Unable to infer object type from: gadgets"
    assert ask(portal, "GET", "/crm/v3/objects/CONTACT").status == 200


# over HTTP, with the vendor's client


@pytest.fixture
def served() -> Iterator[tuple[HubSpotPortal, Client]]:
    portal = make_portal()
    with LoopbackServer(portal) as server:
        yield portal, Client.create(access_token=TOKEN, host=server.base_url, base_url=server.base_url)


Served = tuple[HubSpotPortal, Client]


def test_the_client_reads_and_writes_contacts(served: Served) -> None:
    _, client = served
    contacts = client.crm.contacts
    create = SimplePublicObjectInputForCreate(
        properties={"email": "a@example.co.jp", "lastname": "山田"}, associations=[]
    )
    made = contacts.basic_api.create(create)
    assert made.created_at == NOW
    listed = contacts.basic_api.get_page(limit=100, properties=["lastname"])
    assert [(one.id, one.properties["lastname"]) for one in listed.results] == [(made.id, "山田")]
    assert listed.paging is None
    by_email = contacts.basic_api.get_by_id("a@example.co.jp", id_property="email")
    assert by_email.id == made.id
    changed = contacts.basic_api.update(made.id, SimplePublicObjectInput(properties={"pain": "属人化"}))
    assert changed.properties["pain"] == "属人化"
    contacts.basic_api.archive(made.id)
    with pytest.raises(ApiException) as missing:
        contacts.basic_api.get_by_id(made.id)
    assert missing.value.status == 404
    assert missing.value.headers["x-hubspot-correlation-id"]


def test_the_client_takes_batches_and_a_207_without_raising(served: Served) -> None:
    portal, client = served
    add(portal, id="1")
    api = client.crm.contacts.batch_api
    inputs = [SimplePublicObjectId(id="1"), SimplePublicObjectId(id="2")]
    read = BatchReadInputSimplePublicObjectId(inputs=inputs, properties=["email"], properties_with_history=[])
    answer = api.read(read)
    assert isinstance(answer, BatchResponseSimplePublicObjectWithErrors)
    assert (answer.num_errors, answer.errors[0].context) == (1, {"ids": ["2"]})
    one = SimplePublicObjectBatchInput(id="1", properties={"phone": "03-1"})
    updated = api.update(BatchInputSimplePublicObjectBatchInput(inputs=[one]))
    assert (updated.status, updated.results[0].properties["phone"]) == ("COMPLETE", "03-1")
    bad = SimplePublicObjectBatchInput(id="1", properties={"bogus": "1"})
    with pytest.raises(ApiException) as refused:
        api.update(BatchInputSimplePublicObjectBatchInput(inputs=[bad]))
    assert refused.value.status == 400
    assert "PROPERTY_DOESNT_EXIST" in refused.value.body


def test_the_client_searches_every_stream(served: Served) -> None:
    portal, client = served
    add(portal, id="1")
    search = PublicObjectSearchRequest(
        filter_groups=[FilterGroup(filters=[Filter(property_name="lastmodifieddate", operator="GTE", value=ms(NOW))])],
        sorts=["hs_object_id"],
        properties=["email"],
        limit=200,
    )
    answer = client.crm.contacts.search_api.do_search(search)
    assert (answer.total, [one.id for one in answer.results]) == (1, ["1"])
    crm = client.crm
    for kind in ("calls", "emails", "meetings", "tasks", "notes", "communications", "leads"):
        assert getattr(crm.objects, kind).search_api.do_search({"limit": 1}).total == 0
    assert crm.companies.search_api.do_search({}).total == 0


def test_the_client_reads_associations_owners_pipelines_and_properties(served: Served) -> None:
    portal, client = served
    add(portal, id="1")
    call = add(portal, "calls", properties={"hs_timestamp": ms(NOW)}, associations=[{"to": "contacts", "id": "1"}])
    batch = BatchInputPublicFetchAssociationsBatchRequest(inputs=[PublicFetchAssociationsBatchRequest(id=call)])
    linked = client.crm.associations.v4.batch_api.get_page("calls", "contacts", batch)
    assert [one.to_object_id for one in linked.results[0].to] == ["1"]
    portal.apply({"op": "owner", "record": {"id": "31", "email": "is@example.co.jp"}})
    assert client.crm.owners.owners_api.get_page().results[0].email == "is@example.co.jp"
    assert client.crm.pipelines.pipelines_api.get_all("deals").results[0].id == "default"
    create = PropertyCreate(
        name="baton_missing", label="不足項目", type="string", field_type="text", group_name="contactinformation"
    )
    assert client.crm.properties.core_api.create("contacts", create).name == "baton_missing"
    names = [one.name for one in client.crm.properties.core_api.get_all("contacts").results]
    assert "baton_missing" in names


def test_the_control_api_applies_events_and_shows_what_the_portal_holds(served: Served) -> None:
    portal, client = served
    event = {"op": "insert", "object": "contacts", "id": "1", "record": {"properties": {"email": "a@example.co.jp"}}}
    done = client.api_request({"method": "POST", "path": "/__sim/apply", "body": {"events": [event]}})
    assert done.json() == {"ids": ["1"]}
    assert portal.control("dump", {"object": "contacts"})["1"]["properties"]["email"] == "a@example.co.jp"
    refused = client.api_request({"method": "POST", "path": "/__sim/apply", "body": {"events": [event]}})
    assert refused.status_code == 400
