"""Bodies as Salesforce and the edge before it send them (source: REST API Developer Guide v62; recordings), and what
the client makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import requests
import responses

import connectors
from connectors.kit.retry import Retry
from connectors.salesforce.client import Client
from connectors.salesforce.describe import Schema
from connectors.salesforce.fields import WIRE_NAMES
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.sink import SalesforceSink
from connectors.salesforce.source import SalesforceSource
from sync.core.model.flags import FLAG_FIELDS, Flags
from sync.core.model.records import Kind, RecordRef
from sync.errors import AuthError, BudgetExhausted, ConfigError, StreamUnavailable, Throttled, TransientError
from sync.ports import FlagWrite, StreamSpec, WriteOutcome, WriteResult

HOST = "https://acme.my.salesforce.com"
API = f"{HOST}/services/data/v62.0"
DATE = {"Date": "Tue, 06 Oct 2026 01:00:00 GMT", "Sforce-Limit-Info": "api-usage=1834/115000"}
AUTH = {"flow": "client_credentials", "client_id": "3MVG.key", "client_secret": "s3cr3t"}
LEADS = [f"00Q5g00000A1b2{number}EAB" for number in range(8)]
NO_COLUMN = (
    "\nSELECT Id, {0} FROM Lead\n           ^\nERROR at Row:1:Column:12\nNo such column '{0}' on entity 'Lead'. If you are "
    "attempting to use a custom field, be sure to append the '__c' after the custom field name."
)


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def grant(web: responses.RequestsMock, token: str = "00D5g000008AbCd!one", **more: Any) -> None:
    body = {"access_token": token, "instance_url": HOST, "token_type": "Bearer", "scope": "api"}
    identity = "https://login.salesforce.com/id/00D5g000008AbCdEAK/0055g000007XyZ1AAK"
    web.post(f"{HOST}/services/oauth2/token", json={**body, "id": identity, **more}, headers=DATE)


def describe(web: responses.RequestsMock, stream: str, *fields: str) -> None:
    listed = [{"name": name, "updateable": True} for name in ("Id", "SystemModstamp", "IsDeleted", *fields)]
    web.get(f"{API}/sobjects/{stream}/describe", json={"name": stream, "fields": listed}, headers=DATE)


def composite(*parts: tuple[int, Any]) -> dict[str, Any]:
    return {
        "compositeResponse": [
            {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": f"q{number}"}
            for number, (status, body) in enumerate(parts)
        ]
    }


def rows(*ids: str, done: bool = True, **more: Any) -> dict[str, Any]:
    records = [
        {
            "attributes": {"type": "Lead", "url": f"/services/data/v62.0/sobjects/Lead/{one}"},
            "Id": one,
            "SystemModstamp": "2026-10-05T09:15:02.000+0000",
            "IsDeleted": False,
            **more,
        }
        for one in ids
    ]
    page: dict[str, Any] = {"totalSize": len(records), "done": done, "records": records}
    return page if done else {**page, "nextRecordsUrl": "/services/data/v62.0/query/0r8RO0000016PIAYA2-2000"}


def client(slept: list[float] | None = None) -> Client:
    settings = connectors.load("salesforce").read_settings("sf", {"url": HOST, "auth": AUTH})
    assert isinstance(settings, SalesforceSettings)
    return Client(settings, Retry(sleep=[].append if slept is None else slept.append))


def source(one: Client | None = None) -> SalesforceSource:
    one = one or client()
    return SalesforceSource("sf", one, Schema(one))


def sink() -> SalesforceSink:
    one = client()
    return SalesforceSink("sf", one, Schema(one), sleep=lambda _: None)


LEAD = StreamSpec("Lead", Kind.PERSON, ("Email", "Pain__c"))


# -- requests ------------------------------------------------------------------------------------------------------


def test_every_call_carries_the_headers_of_a_good_guest(web: responses.RequestsMock) -> None:
    grant(web)
    web.patch(f"{API}/composite/sobjects", json=[{"id": LEADS[0], "success": True, "errors": []}], headers=DATE)
    sink().write([FlagWrite(RecordRef("sf", "Lead", LEADS[0]), {"status": "ready"})])
    headers = web.calls[-1].request.headers
    assert headers["Sforce-Auto-Assign"] == "FALSE"
    assert headers["Sforce-Duplicate-Rule-Header"] == "allowSave=true"
    assert headers["Sforce-Mru"] == "updateMru=false"
    assert headers["Sforce-Call-Options"] == "client=Baton"
    assert headers["Authorization"] == "Bearer 00D5g000008AbCd!one"
    assert "X-PrettyPrint" not in headers


def test_a_write_holds_the_record_and_our_field_only(web: responses.RequestsMock) -> None:
    grant(web)
    web.patch(f"{API}/composite/sobjects", json=[{"id": LEADS[0], "success": True, "errors": []}], headers=DATE)
    sink().write([FlagWrite(RecordRef("sf", "Lead", LEADS[0][:15]), {"is_due": "2026-10-06T09:00:00Z", "note": None})])
    assert orjson.loads(web.calls[-1].request.body or b"") == {
        "allOrNone": False,
        "records": [
            {
                "attributes": {"type": "Lead"},
                "id": LEADS[0],
                "Baton_IS_Due__c": "2026-10-06T09:00:00Z",
                "Baton_Note__c": None,
            }
        ],
    }


def test_seven_streams_are_asked_in_two_calls_by_keyset(web: responses.RequestsMock) -> None:
    grant(web)
    names = ["Lead", "Contact", "Account", "Opportunity", "Task", "Event", "User"]
    for name in names:
        describe(web, name)
    web.post(f"{API}/composite", json=composite(*[(200, rows())] * 5), headers=DATE)
    web.post(f"{API}/composite", json=composite(*[(200, rows())] * 2), headers=DATE)
    cursor = {"t": "2026-10-05T00:00:00Z", "id": LEADS[0]}
    list(source().head([StreamSpec(name, Kind.PERSON) for name in names], {"Lead": cursor}))
    asked = [
        orjson.loads(call.request.body or b"") for call in web.calls if str(call.request.url).endswith("/composite")
    ]
    assert [len(one["compositeRequest"]) for one in asked] == [5, 2]
    assert asked[0]["collateSubrequests"] is False
    first = asked[0]["compositeRequest"][0]["url"].replace("+", " ").replace("%3E", ">").replace("%3A", ":")
    first = first.replace("%3D", "=").replace("%27", "'").replace("%2C", ",").replace("%28", "(").replace("%29", ")")
    assert first == (
        "/services/data/v62.0/queryAll/?q=SELECT Id, SystemModstamp, IsDeleted FROM Lead WHERE (SystemModstamp > "
        f"2026-10-05T00:00:00Z OR (SystemModstamp = 2026-10-05T00:00:00Z AND Id > '{LEADS[0]}')) ORDER BY SystemModstamp, "
        "Id LIMIT 2000"
    )


def test_the_jwt_flow_signs_for_three_minutes_of_the_servers_time(web: responses.RequestsMock) -> None:
    jwt = pytest.importorskip("jwt")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    web.get(f"{HOST}/services/data/", json=[{"version": "62.0"}], headers=DATE)
    grant(web)
    web.get(f"{API}/queryAll/", json=rows(), headers=DATE)
    auth = {"flow": "jwt", "client_id": "3MVG.key", "username": "int@acme.jp", "private_key": pem}
    settings = connectors.load("salesforce").read_settings("sf", {"url": HOST, "auth": auth})
    assert isinstance(settings, SalesforceSettings)
    list(Client(settings).query_all("SELECT Id FROM Lead"))
    (form,) = [str(call.request.body) for call in web.calls if "oauth2" in str(call.request.url)]
    claims = jwt.decode(
        form.partition("assertion=")[2],
        key.public_key(),
        ["RS256"],
        options={"verify_signature": True},
        audience="https://login.salesforce.com",
        leeway=10**9,
    )
    assert (claims["iss"], claims["sub"]) == ("3MVG.key", "int@acme.jp")
    assert claims["exp"] == datetime(2026, 10, 6, 1, 3, tzinfo=UTC).timestamp()


# -- token ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"error": "invalid_grant", "error_description": "no client credentials user enabled"}, "Run As"),
        ({"error": "invalid_grant", "error_description": "request not supported on this domain"}, "My Domain"),
        ({"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}, "permission set"),
        ({"error": "invalid_grant", "error_description": "inactive user"}, "Run-As user"),
        ({"error": "invalid_client_id", "error_description": "client identifier invalid"}, "copy"),
        ({"error": "invalid_app_access", "error_description": "user is not admin approved"}, "app"),
    ],
)
def test_a_refused_grant_says_what_to_do_and_is_final(web: responses.RequestsMock, body: Any, hint: str) -> None:
    web.post(f"{HOST}/services/oauth2/token", json=body, status=400, headers=DATE)
    one = client()
    for _ in range(2):
        with pytest.raises(AuthError, match=hint):
            one.get("limits/")
    assert len(web.calls) == 1


def test_a_busy_token_endpoint_is_tried_again(web: responses.RequestsMock) -> None:
    web.post(f"{HOST}/services/oauth2/token", body="<html>busy</html>", status=503, headers=DATE)
    grant(web)
    web.get(f"{API}/limits/", json={}, headers=DATE)
    assert client().get("limits/") == {}


@pytest.mark.parametrize(
    "where", ["https://evil.example.com", "http://acme.my.salesforce.com", "https://salesforce.com.evil.jp"]
)
def test_the_token_is_not_sent_to_a_host_that_is_not_salesforces(web: responses.RequestsMock, where: str) -> None:
    grant(web, instance_url=where)
    web.get(f"{API}/limits/", json={}, headers=DATE)
    one = client()
    if where == "http://acme.my.salesforce.com":
        assert one.get("limits/") == {}  # the same host: the configured address is used, over https
    else:
        with pytest.raises(AuthError):
            one.get("limits/")
    assert all(str(call.request.url).startswith(HOST) for call in web.calls)


def test_the_host_that_salesforce_names_is_used(web: responses.RequestsMock) -> None:
    moved = "https://acme2.my.salesforce.com"
    grant(web, instance_url=moved)
    web.get(f"{moved}/services/data/v62.0/limits/", json={"moved": True}, headers=DATE)
    assert client().get("limits/") == {"moved": True}


def test_a_token_of_another_org_stops_everything(web: responses.RequestsMock) -> None:
    grant(web)
    grant(web, "00D999!two", id="https://login.salesforce.com/id/00D9990000000AAEAA/0055g000007XyZ1AAK")
    expired = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    web.get(f"{API}/limits/", json=expired, status=401, headers=DATE)
    with pytest.raises(ConfigError, match="another org"):
        client().get("limits/")


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>no</html>", b'[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]', b"{}"],
)
def test_a_401_that_stays_ends_after_one_new_token(web: responses.RequestsMock, body: bytes) -> None:
    grant(web)
    grant(web, "00D5g000008AbCd!two")
    web.get(f"{API}/limits/", body=body, status=401, headers=DATE)
    with pytest.raises(AuthError):
        client().get("limits/")
    assert len(web.calls) == 4


def test_a_401_that_no_token_heals_asks_for_none(web: responses.RequestsMock) -> None:
    grant(web)
    body = [{"message": "This session is not valid for use with the REST API", "errorCode": "INVALID_SESSION_ID"}]
    web.get(f"{API}/limits/", json=body, status=401, headers=DATE)
    with pytest.raises(AuthError, match="API Enabled"):
        client().get("limits/")
    assert len(web.calls) == 2


def test_a_persistent_401_on_describe_does_not_loop(web: responses.RequestsMock) -> None:
    """The library's own refresh recurses without bound there; in direct mode it has none."""
    grant(web)
    grant(web, "00D5g000008AbCd!two")
    body = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    web.get(f"{API}/sobjects/Lead/describe", json=body, status=401, headers=DATE)
    with pytest.raises(AuthError):
        client().describe("Lead")
    assert len(web.calls) == 4


# -- reading -------------------------------------------------------------------------------------------------------


def test_an_org_without_our_version_is_a_matter_of_configuration(web: responses.RequestsMock) -> None:
    web.get(f"{HOST}/services/data/", json=[{"version": "66.0"}, {"version": "68.0"}], headers=DATE)
    with pytest.raises(ConfigError, match=r"66\.0, 68\.0"):
        source().tenant()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}], BudgetExhausted),
        (
            403,
            [{"message": "ConcurrentPerOrgLongTxn Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}],
            Throttled,
        ),
        (403, [{"message": "API is disabled for this User", "errorCode": "API_CURRENTLY_DISABLED"}], AuthError),
        (
            400,
            [{"message": "Your query request was running for too long.", "errorCode": "QUERY_TIMEOUT"}],
            TransientError,
        ),
        (500, [{"message": "An unexpected error occurred.", "errorCode": "UNKNOWN_EXCEPTION"}], TransientError),
        (420, "<html>routing</html>", TransientError),
        (302, "", TransientError),
        (404, [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}], StreamUnavailable),
    ],
)
def test_a_request_that_fails_as_a_whole_becomes_the_right_class(
    web: responses.RequestsMock, status: int, body: Any, error: type[Exception]
) -> None:
    grant(web)
    kind = {"body": body} if isinstance(body, str) else {"json": body}
    web.get(f"{API}/limits/", status=status, headers=DATE, **kind)
    with pytest.raises(error) as caught:
        client().get("limits/", stream="Lead")
    assert type(caught.value) is error or error is TransientError


def test_a_success_that_is_no_json_is_not_believed(web: responses.RequestsMock) -> None:
    grant(web)
    web.get(f"{API}/limits/", body="<html>Service Not Available</html>", headers=DATE)
    web.get(f"{API}/limits/", json={"fine": True}, headers=DATE)
    assert client().get("limits/") == {"fine": True}


def test_formulas_and_fields_of_parents_are_known_to_move_no_stamp(web: responses.RequestsMock) -> None:
    grant(web)
    fields = [
        {"name": "Title", "updateable": True},
        {"name": "Score__c", "updateable": False, "calculated": True},
        {"name": "RecordTypeId", "updateable": True, "relationshipName": "RecordType"},
    ]
    web.get(f"{HOST}/services/data/", json=[{"version": "62.0"}], headers=DATE)
    web.get(f"{API}/sobjects/Lead/describe", json={"name": "Lead", "fields": fields}, headers=DATE)
    asked = StreamSpec("Lead", Kind.PERSON, ("Title", "Score__c", "RecordType.Name"))
    (usable,), _, _ = source().available([asked])
    assert (usable.fields, usable.unstamped) == (asked.fields, ("Score__c", "RecordType.Name"))


def test_a_field_that_vanished_is_left_out_and_the_rest_is_read(web: responses.RequestsMock) -> None:
    grant(web)
    describe(web, "Lead", "Email", "Pain__c")
    describe(web, "Lead", "Email", "Pain__c")  # describe may lag behind: what the query named is dropped all the same
    refused = [{"message": NO_COLUMN.format("Pain__c"), "errorCode": "INVALID_FIELD"}]
    web.post(f"{API}/composite", json=composite((400, refused)), headers=DATE)
    web.post(f"{API}/composite", json=composite((200, rows(LEADS[0], Email="a@example.jp"))), headers=DATE)
    (page,) = source().head([LEAD], {})
    assert page.records[0].values == {"Email": "a@example.jp"}
    assert "Pain__c" not in str(orjson.loads(web.calls[-1].request.body or b""))


def test_a_query_that_stays_refused_ends(web: responses.RequestsMock) -> None:
    grant(web)
    describe(web, "Lead", "Email")
    refused = [{"message": NO_COLUMN.format("Other__c"), "errorCode": "INVALID_FIELD"}]
    web.post(f"{API}/composite", json=composite((400, refused)), headers=DATE)
    with pytest.raises(TransientError):
        list(source().head([LEAD], {}))
    assert len(web.calls) < 15


def test_pages_that_expired_go_on_behind_the_last_row(web: responses.RequestsMock) -> None:
    grant(web)
    describe(web, "Lead")
    web.post(f"{API}/composite", json=composite((200, rows(LEADS[0], done=False))), headers=DATE)
    gone = [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]
    web.get(f"{API}/query/0r8RO0000016PIAYA2-2000", json=gone, status=400, headers=DATE)
    web.post(f"{API}/composite", json=composite((200, rows(LEADS[1]))), headers=DATE)
    pages = list(source().head([LEAD], {}))
    assert [record.ref.record_id for page in pages for record in page.records] == LEADS[:2]
    assert [page.more for page in pages] == [True, False]
    assert f"Id > '{LEADS[0]}'" in requests.utils.unquote(str(web.calls[-1].request.body)).replace("+", " ")


def test_following_pages_come_by_plain_get(web: responses.RequestsMock) -> None:
    grant(web)
    describe(web, "Lead")
    web.post(f"{API}/composite", json=composite((200, rows(LEADS[0], done=False))), headers=DATE)
    web.get(f"{API}/query/0r8RO0000016PIAYA2-2000", json=rows(LEADS[1]), headers=DATE)
    pages = list(source().head([LEAD], {}))
    assert [[record.ref.record_id for record in page.records] for page in pages] == [[LEADS[0]], [LEADS[1]]]
    assert pages[-1].cursor == {"t": "2026-10-05T09:15:02Z", "id": LEADS[1]}


def test_usage_is_the_orgs_own_counter(web: responses.RequestsMock) -> None:
    grant(web)
    info = {**DATE, "Sforce-Limit-Info": "api-usage=1834/115000; per-app-api-usage=17/250(appName=baton)"}
    web.get(f"{API}/limits/", json={}, headers=info)
    one = client()
    one.get("limits/")
    assert (one.meter.usage().calls, one.meter.usage().quota_used, one.meter.usage().quota_max) == (2, 1834, 115000)


# -- writing -------------------------------------------------------------------------------------------------------


def _row(code: str, text: str, *fields: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": text, "fields": list(fields)}]}


def write(*ids: str) -> dict[str, WriteResult]:
    changes = [FlagWrite(RecordRef("sf", "Lead", one), {"status": "ready"}) for one in ids]
    return {result.ref.record_id: result for result in sink().write(changes)}


def test_rows_of_one_call_are_judged_one_by_one(web: responses.RequestsMock) -> None:
    grant(web)
    body = [
        {"id": LEADS[0], "success": True, "errors": []},
        _row("UNABLE_TO_LOCK_ROW", f"unable to obtain exclusive access to this record or 1 records: {LEADS[1]}"),
        _row("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Website is required when Status is Qualified.", "Website"),
        _row("ENTITY_IS_DELETED", "entity is deleted"),
        _row("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead"),
        _row("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
        _row("DUPLICATES_DETECTED", "Use one of these records? taro@example.jp 03-1234-5678"),
        _row("SOMETHING_NEW_IN_2027", "?"),
    ]
    web.patch(f"{API}/composite/sobjects", json=body, headers=DATE)
    web.patch(f"{API}/composite/sobjects", json=[body[1]], headers=DATE)
    results = write(*LEADS)
    assert sum(call.request.method == "PATCH" for call in web.calls) == 1 + 3, "a lock is tried again, alone"
    assert [results[one].outcome for one in LEADS] == [
        WriteOutcome.APPLIED,
        WriteOutcome.RETRY,
        WriteOutcome.REJECTED,
        WriteOutcome.CONFLICT,
        WriteOutcome.CONFLICT,
        WriteOutcome.CONFLICT,
        WriteOutcome.REJECTED,
        WriteOutcome.REJECTED,
    ]
    assert results[LEADS[1]].retry_after
    refused = results[LEADS[2]]
    assert (refused.code, refused.message) == (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "Website is required when Status is Qualified.",
    )
    assert "taro" not in results[LEADS[6]].message
    assert "1234" not in results[LEADS[6]].message


@pytest.mark.parametrize("body", [[], [{"id": LEADS[0], "success": True, "errors": []}], {"odd": True}, None])
def test_an_answer_that_does_not_match_the_request_leaves_the_outcome_unknown(
    web: responses.RequestsMock, body: Any
) -> None:
    grant(web)
    web.patch(f"{API}/composite/sobjects", json=body, headers=DATE)
    assert {result.outcome for result in write(*LEADS[:2]).values()} == {WriteOutcome.UNKNOWN}


@pytest.mark.parametrize(
    ("error", "outcome", "calls"),
    [
        (requests.ConnectTimeout("slow"), WriteOutcome.RETRY, 4),
        (requests.ReadTimeout("slow"), WriteOutcome.UNKNOWN, 1),
        (requests.ConnectionError("reset"), WriteOutcome.UNKNOWN, 1),
    ],
)
def test_only_a_connection_that_never_came_about_is_a_write_that_did_not_happen(
    web: responses.RequestsMock, error: Exception, outcome: WriteOutcome, calls: int
) -> None:
    grant(web)
    web.patch(f"{API}/composite/sobjects", body=error)
    assert write(LEADS[0])[LEADS[0]].outcome is outcome
    assert sum(call.request.method == "PATCH" for call in web.calls) == calls


def test_a_missing_field_is_left_out_of_its_type_and_spares_the_other(web: responses.RequestsMock) -> None:
    grant(web)
    refused = [{"message": "No such column 'Baton_Note__c' on sobject of type Lead", "errorCode": "INVALID_FIELD"}]
    deal = "0065g00000Qw3e4AAB"
    there = [{"name": name, "updateable": flag != "brief"} for flag, name in WIRE_NAMES.items() if flag != "note"]
    web.get(f"{API}/sobjects/Lead/describe", json={"fields": there}, headers=DATE)
    web.patch(f"{API}/composite/sobjects", json=refused, status=400, headers=DATE)
    done = [{"id": one, "success": True, "errors": []} for one in (LEADS[0], deal)]
    web.patch(f"{API}/composite/sobjects", json=done, headers=DATE)
    refs = [RecordRef("sf", "Lead", LEADS[0]), RecordRef("sf", "Opportunity", deal), RecordRef("sf", "Lead", LEADS[1])]
    flags: list[Flags] = [{"status": "ready", "note": "x"}, {"status": "ready", "note": "x"}, {"note": "x"}]
    results = sink().write([FlagWrite(ref, held) for ref, held in zip(refs, flags, strict=True)])
    assert [(result.ref, result.outcome, dict(result.left_out)) for result in results] == [
        (refs[0], WriteOutcome.APPLIED, {"note": ""}),
        (refs[1], WriteOutcome.APPLIED, {}),
        (refs[2], WriteOutcome.REJECTED, {"note": ""}),
    ]
    sent = orjson.loads(web.calls[-1].request.body)["records"]
    assert ["Baton_Note__c" in row for row in sent] == [False, True]


def test_rows_that_a_neighbour_upset_are_sent_again_in_halves(web: responses.RequestsMock) -> None:
    grant(web)
    upset = "Too many batch retries in the presence of Apex triggers and partial failures."
    good = [{"id": one, "success": True, "errors": []} for one in LEADS]
    web.patch(f"{API}/composite/sobjects", json=[_row("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", upset)] * 4, headers=DATE)
    web.patch(f"{API}/composite/sobjects", json=good[:2], headers=DATE)
    bad = _row("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no")
    web.patch(f"{API}/composite/sobjects", json=[good[2], bad], headers=DATE)
    results = write(*LEADS[:4])
    assert [results[one].outcome for one in LEADS[:4]] == [WriteOutcome.APPLIED] * 3 + [WriteOutcome.REJECTED]


def test_fields_without_the_right_to_edit_are_named(web: responses.RequestsMock) -> None:
    grant(web)
    there = [flag.name for flag in FLAG_FIELDS if flag.name != "definition"]
    known = [{"name": WIRE_NAMES[name], "updateable": name != "note"} for name in there]
    web.get(f"{API}/sobjects/Lead/describe", json={"fields": known}, headers=DATE)
    assert sink().check_fields(["Lead"], FLAG_FIELDS) == {"Lead": ["note", "definition"]}
