"""Every named refusal is answered as the fact sheets print it, at the requests that it is about, and at no others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import requests

from connectors.simulator import SimClock, Simulator
from connectors.simulator.catalogue import Trouble, troubles
from connectors.simulator.faults import KINDS
from connectors.simulator.hubspot import refusal as hubspot
from connectors.simulator.kernel import LoopbackServer
from connectors.simulator.salesforce import refusal as salesforce
from connectors.simulator.salesforce.record_id import make_id

NOW = datetime(2026, 11, 20, 0, 15, tzinfo=UTC)
LEADS = [make_id("00Q", number) for number in (1, 2, 3)]
SOQL = "/services/data/v62.0/queryAll/?q=SELECT+Id+FROM+Lead"
REQUESTS: dict[str, list[tuple[str, str, str]]] = {
    "salesforce": [
        ("token", "POST", "/services/oauth2/token"),
        ("versions", "GET", "/services/data/"),
        ("describe", "GET", "/services/data/v62.0/sobjects/OpportunityContactRole/describe"),
        ("read", "GET", SOQL),
        ("read", "POST", "/services/data/v62.0/composite"),
        ("read", "POST", "/services/data/v62.0/composite/sobjects/Lead"),
        ("read", "GET", f"/services/data/v62.0/sobjects/Lead/{LEADS[0]}"),
        ("page", "GET", "/services/data/v62.0/query/0r8abcdefghijklmno-2000"),
        ("replication", "GET", "/services/data/v62.0/sobjects/Lead/deleted/?start=2026-11-20T00%3A00%3A00Z"),
        ("write", "PATCH", "/services/data/v62.0/composite/sobjects"),
        ("write", "PATCH", f"/services/data/v62.0/sobjects/Lead/{LEADS[0]}"),
        ("create", "POST", "/services/data/v62.0/composite/sobjects"),
        ("create", "POST", "/services/data/v62.0/sobjects/Task/"),
    ],
    "hubspot": [
        ("token", "POST", "/oauth/2026-09/token"),
        ("token", "POST", "/oauth/v3/token"),
        ("list", "GET", "/crm/objects/2026-09/contacts?limit=100"),
        ("list", "GET", "/crm/v3/objects/contacts"),
        ("search", "POST", "/crm/objects/2026-09/contacts/search"),
        ("read", "POST", "/crm/v3/objects/emails/batch/read"),
        ("associations", "POST", "/crm/associations/2026-09/contacts/calls/batch/read"),
        ("associations", "POST", "/crm/v4/associations/contacts/calls/batch/read"),
        ("associations", "GET", "/crm/v4/objects/contacts/1/associations/calls?limit=500"),
        ("definitions", "GET", "/crm/properties/2026-09/contacts"),
        ("definitions", "GET", "/crm/owners/2026-09?limit=100"),
        ("definitions", "GET", "/crm/v3/owners/?limit=100"),
        ("account", "GET", "/account-info/2026-09/details"),
        ("account", "POST", "/oauth/v2/private-apps/get/access-token-info"),
        ("write", "POST", "/crm/objects/2026-09/contacts/batch/update"),
        ("write", "PATCH", "/crm/v3/objects/contacts/123"),
        ("create", "POST", "/crm/v3/objects/leads/batch/create"),
        ("create", "POST", "/crm/objects/2026-09/leads"),
    ],
}


@pytest.mark.parametrize("system", ["salesforce", "hubspot"])
def test_a_topic_finds_the_requests_that_are_about_it_and_no_others(system: str) -> None:
    topics = {"salesforce": salesforce.TOPICS, "hubspot": hubspot.TOPICS}[system]
    refusals = {"salesforce": salesforce.refusals, "hubspot": hubspot.refusals}[system]()
    for topic, method, target in REQUESTS[system]:
        asked = [one for one in topics if refusals["slow"].fault(one).matches(method, target, b"")]
        assert asked == [topic], (method, target)
    assert {topic for topic, _, _ in REQUESTS[system]} == set(topics)


def test_every_status_of_the_fact_sheets_is_among_them() -> None:
    of_salesforce = {one.status for one in salesforce.refusals().values()} - {None}
    assert of_salesforce >= {400, 401, 403, 404, 405, 406, 409, 410, 412, 414, 415, 420, 428, 431, 500, 502, 503, 504}
    of_hubspot = {one.status for one in hubspot.refusals().values()} - {None}
    assert of_hubspot >= {400, 401, 403, 404, 409, 414, 423, 429, 477, 500, 502, 503, 504, 521, 522, 523, 524, 525, 526}


def test_every_kind_of_fault_is_there_for_reading_and_for_writing_in_both_systems() -> None:
    for system in ("salesforce", "hubspot"):
        listed = [one for one in troubles().values() if one.system == system and one.kind == "request"]
        for topic in ("read", "write"):
            kinds = {one.plan()[1]["add"][0]["kind"] for one in listed if one.topic == topic}
            assert kinds >= set(KINDS) - ({"status_after"} if topic == "read" else set())


def test_every_code_of_the_fact_sheets_is_among_the_refusals_of_rows_and_parts() -> None:
    codes = {str(one.fields["code"]) for one in salesforce.row_refusals().values()}
    assert codes >= {
        "UNABLE_TO_LOCK_ROW",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "REQUIRED_FIELD_MISSING",
        "FIELD_INTEGRITY_EXCEPTION",
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "ENTITY_IS_DELETED",
        "ENTITY_IS_LOCKED",
        "INVALID_CROSS_REFERENCE_KEY",
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "DUPLICATES_DETECTED",
    }


@pytest.fixture(scope="module")
def both() -> Iterator[Simulator]:
    quiet = {"limits": "off", "index_lag": (0, 0), "property_delay": (0, 0)}
    with Simulator.start(SimClock(NOW, speed=0), hubspot=quiet) as simulator:
        for number, record_id in enumerate(LEADS):
            lead = {"LastName": f"山田{number}", "Company": "見本商事"}
            event = {"system": "salesforce", "op": "insert", "object": "Lead", "id": record_id, "record": lead}
            contact = {"properties": {"email": f"p{number}@example.co.jp", "jobtitle": "課長"}}
            person = {"system": "hubspot", "op": "insert", "object": "contacts", "id": str(number + 1)}
            simulator.apply([event, {**person, "record": contact}])
        yield simulator


def server_of(both: Simulator, system: str) -> LoopbackServer:
    return both.salesforce_server if system == "salesforce" else both.hubspot_server


def headers_of(both: Simulator, system: str) -> dict[str, str]:
    token = both.salesforce.sessions.issue(NOW) if system == "salesforce" else "pat-na1-simulator"
    return {"Authorization": f"Bearer {token}"}


PLAIN = [
    one
    for one in troubles().values()
    if one.kind == "request" and one.plan()[1]["add"][0]["kind"] in ("status", "status_after", "html")
]


@pytest.mark.parametrize("system", ["salesforce", "hubspot"])
def test_a_planted_refusal_is_answered_once_with_its_status_body_and_headers(both: Simulator, system: str) -> None:
    server, headers = server_of(both, system), headers_of(both, system)
    targets = {topic: (method, target) for topic, method, target in reversed(REQUESTS[system])}
    with requests.Session() as session:
        for one in (one for one in PLAIN if one.system == system):
            method, target = targets[one.topic]
            action, payload = one.plan()
            server.control(action, payload)
            planted = payload["add"][0]
            answer = session.request(method, server.base_url + target, headers=headers, json={}, timeout=60)
            assert answer.status_code == planted["status"], one.key
            assert answer.headers.get("Retry-After") == planted["headers"].get("Retry-After")
            if isinstance(planted["body"], dict | list):
                assert answer.json() == planted["body"]
            elif planted["body"] is None and planted["kind"] != "html":
                assert answer.content == b""
            else:
                assert answer.headers["Content-Type"] == "text/html"
            assert len(server.faults) == 0


def collection(both: Simulator, **fields: Any) -> list[dict[str, Any]]:
    records = [{"attributes": {"type": "Lead"}, "id": one, **fields} for one in LEADS]
    url = f"{both.salesforce_url}/services/data/v62.0/composite/sobjects"
    answer = requests.patch(url, json={"records": records}, headers=headers_of(both, "salesforce"), timeout=60)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("name", sorted(salesforce.row_refusals()))
def test_a_refused_row_of_a_collection_leaves_its_neighbours_alone(both: Simulator, name: str) -> None:
    refusal = salesforce.row_refusals()[name]
    both.salesforce_server.control(*refusal.plan(LEADS[1]))
    first, second, third = collection(both, Title=name)
    assert (first["success"], third["success"]) == (True, True)
    (error,) = second["errors"]
    assert (error["statusCode"], error["fields"]) == (refusal.fields["code"], refusal.fields["fields"])
    assert "{" not in error["message"]
    assert [row["success"] for row in collection(both, Title="again")] == [True, True, True]


@pytest.mark.parametrize("name", sorted(salesforce.part_refusals()))
def test_a_refused_part_of_a_composite_call_leaves_the_others_alone(both: Simulator, name: str) -> None:
    both.salesforce_server.control(*salesforce.plan_part(name, "FROM Contact"))
    parts = [
        {"method": "GET", "url": f"/services/data/v62.0/query?q=SELECT+Id+FROM+{kind}", "referenceId": kind}
        for kind in ("Lead", "Contact")
    ]
    url, headers = f"{both.salesforce_url}/services/data/v62.0/composite", headers_of(both, "salesforce")
    answer = requests.post(url, json={"compositeRequest": parts}, headers=headers, timeout=60)
    good, bad = answer.json()["compositeResponse"]
    assert (answer.status_code, good["httpStatusCode"]) == (200, 200)
    assert bad["httpStatusCode"] >= 400
    assert bad["body"][0]["errorCode"]


def portal(both: Simulator, path: str, inputs: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    answer = requests.post(
        f"{both.hubspot_url}/crm/{path}",
        data=orjson.dumps({"inputs": inputs}),
        headers=headers_of(both, "hubspot"),
        timeout=60,
    )
    return answer.status_code, answer.json()


def _named(starts: tuple[str, ...]) -> list[str]:
    return sorted(name for name in hubspot.row_refusals() if name.startswith(starts))


def _inputs(title: str) -> list[dict[str, Any]]:
    return [{"id": str(number), "properties": {"jobtitle": title}} for number in (1, 2, 3)]


@pytest.mark.parametrize("name", _named(("partial_",)))
def test_a_batch_update_goes_through_for_all_but_the_refused_record(both: Simulator, name: str) -> None:
    both.hubspot_server.control(*hubspot.row_refusals()[name].plan("2"))
    status, body = portal(both, "v3/objects/contacts/batch/update", _inputs(name))
    assert (status, sorted(one["id"] for one in body["results"]), body["numErrors"]) == (207, ["1", "3"], 1)
    (error,) = body["errors"]
    assert (error["status"], error["context"]) == ("error", {"ids": ["2"]})
    assert both.hubspot.data.tables["contacts"].live[2].properties["jobtitle"] != name
    assert portal(both, "v3/objects/contacts/batch/update", _inputs("again"))[0] == 200


@pytest.mark.parametrize("shape", hubspot.SHAPES)
@pytest.mark.parametrize("name", _named(("whole_",)))
def test_a_batch_update_is_refused_as_a_whole_in_either_shape(both: Simulator, name: str, shape: str) -> None:
    refusal = hubspot.row_refusals()[name]
    both.hubspot_server.control("switch", {"refusal_shape": shape})
    both.hubspot_server.control(*refusal.plan("2"))
    status, body = portal(both, "v3/objects/contacts/batch/update", _inputs(name))
    assert status == refusal.fields.get("status", 400)
    if code := refusal.fields.get("code"):
        assert (code in body["message"], "errors" in body) == (shape != "errors", shape != "message")
        if shape != "message":
            assert body["errors"][0]["code"] == code
            assert body["errors"][0]["context"] == {"propertyName": ["jobtitle"]}
    titles = {one.properties["jobtitle"] for one in both.hubspot.data.tables["contacts"].live.values()}
    assert name not in titles
    assert portal(both, "v3/objects/contacts/batch/update", _inputs("again"))[0] == 200


@pytest.mark.parametrize("name", _named(("read_", "link_")))
def test_a_batch_read_lacks_the_refused_record_and_says_so(both: Simulator, name: str) -> None:
    refusal = hubspot.row_refusals()[name]
    both.hubspot_server.control(*refusal.plan("2"))
    links = refusal.fields["on"] == "associations"
    path = "v4/associations/contacts/companies/batch/read" if links else "v3/objects/contacts/batch/read"
    status, body = portal(both, path, [{"id": "1"}, {"id": "2"}])
    key = "fromObjectId" if links else "ids"
    mine = [one for one in body["errors"] if one["context"].get(key) == ["2"]]
    assert (status, len(mine), mine[0]["category"]) == (207, 1, refusal.fields["category"])
    assert [one["id"] for one in body["results"]] == ([] if links else ["1"])


def test_a_refusal_planted_for_ever_stays_until_it_is_cleared(both: Simulator) -> None:
    both.salesforce_server.control(*salesforce.row_refusals()["lock_row"].plan(LEADS[0], times=None))
    for _ in range(3):
        assert not collection(both, Title="x")[0]["success"]
    both.salesforce_server.control("row_errors", {"clear": True})
    assert collection(both, Title="x")[0]["success"]


def test_every_trouble_has_a_key_of_its_own_and_a_plan_that_its_server_takes(both: Simulator) -> None:
    listed = troubles()
    assert len(listed) > 900
    targets = {"salesforce": LEADS[0], "hubspot": "1"}
    defaults = {name: values[0] for name, values in _alternatives().items()}
    for one in listed.values():
        server = server_of(both, one.system)
        server.control(*_plan(one, targets[one.system]))
        if one.kind == "switch":
            server.control("switch", {one.topic: defaults[one.system, one.topic]})
    for server in (both.salesforce_server, both.hubspot_server):
        server.control("faults", {"clear": True})
        server.control("row_errors", {"clear": True})
    both.salesforce_server.control("part_errors", {"clear": True})


def _plan(one: Trouble, record_id: str) -> tuple[str, dict[str, Any]]:
    return one.plan(record_id) if one.kind == "row" else one.plan()


def _alternatives() -> dict[tuple[str, str], tuple[Any, ...]]:
    from connectors.simulator.hubspot.switches import alternatives as of_hubspot
    from connectors.simulator.salesforce.switches import alternatives as of_salesforce

    both = {"salesforce": of_salesforce(), "hubspot": of_hubspot()}
    return {(system, name): values for system, listed in both.items() for name, values in listed.items()}
