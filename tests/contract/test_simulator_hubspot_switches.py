"""Every switch of the simulated portal shows in what a client sees: no two of its values look alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from connectors.simulator.clock import SimClock
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.hubspot.switches import DEFAULT_SCOPES, Switches, alternatives
from connectors.simulator.kernel import Headers, Request, Response

NOW = datetime(2026, 11, 20, 0, 15, tzinfo=UTC)
TOKEN = "pat-na1-simulator"
CONTACTS = "/crm/v3/objects/contacts"
LINKS = "/crm/v4/associations"
QUIET = {"limits": "off", "index_lag": (0.0, 0.0), "property_delay": (0.0, 0.0), "reorder": False}
"""What would blur the other switches; none of them is its own probe's business."""
Probe = Callable[[HubSpotPortal], Any]


def ask(portal: HubSpotPortal, method: str, path: str, body: Any = None, *, token: str = TOKEN) -> Response:
    name, _, query = path.partition("?")
    fields = {key: [value] for key, _, value in (part.partition("=") for part in query.split("&") if part)}
    raw = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
    return portal.handle(Request(method, name, fields, Headers({"authorization": f"Bearer {token}"}), raw, path))


def body_of(response: Response) -> dict[str, Any]:
    assert isinstance(response.body, dict), response.status
    return response.body


def happen(portal: HubSpotPortal, op: str, kind: str, key: int | None = None, **more: Any) -> str:
    return portal.apply({"op": op, "object": kind, "id": str(key) if key else None, "at": None, **more})


def people(portal: HubSpotPortal, amount: int = 1, **properties: str) -> list[str]:
    return [
        happen(portal, "insert", "contacts", number, record={"properties": {"firstname": str(number), **properties}})
        for number in range(1, amount + 1)
    ]


def add(portal: HubSpotPortal, kind: str, key: int, *contacts: int, **properties: str) -> None:
    links = [{"to": "contacts", "id": str(one)} for one in contacts]
    happen(portal, "insert", kind, key, record={"properties": properties, "associations": links})


def change(portal: HubSpotPortal, *inputs: dict[str, Any], version: str = "v3") -> Response:
    path = f"{CONTACTS}/batch/update" if version == "v3" else f"/crm/objects/{version}/contacts/batch/update"
    return ask(portal, "POST", path, {"inputs": list(inputs)})


def later(portal: HubSpotPortal, **span: float) -> None:
    portal.clock.advance(timedelta(**span))


def stamp(portal: HubSpotPortal, key: int = 1) -> str:
    return portal.data.tables["contacts"].live[key].modified


def ms(instant: datetime) -> str:
    return str(int(instant.timestamp() * 1000))


def search(portal: HubSpotPortal, **body: Any) -> list[str]:
    answer = ask(portal, "POST", f"{CONTACTS}/search", {"limit": 200, **body})
    return [one["id"] for one in body_of(answer)["results"]]


def header(portal: HubSpotPortal, name: str, token: str = TOKEN) -> str | None:
    return ask(portal, "GET", CONTACTS, token=token).headers.get(name)


def oauth(portal: HubSpotPortal) -> str:
    form = b"grant_type=refresh_token&client_id=simulator-client&client_secret=simulator-secret"
    answer = ask(portal, "POST", "/oauth/v3/token", form + b"&refresh_token=na1-simulator-refresh", token="")
    return body_of(answer)["access_token"]


def refused(portal: HubSpotPortal, method: str, path: str, body: Any = None, times: int = 7) -> int:
    return [ask(portal, method, path, body).status for _ in range(times)].count(429)


def search_limited(portal: HubSpotPortal) -> dict[str, str]:
    portal.switches.limits, portal.switches.search_per_second = "simulated", 1
    ask(portal, "POST", f"{CONTACTS}/search", {})
    answer = ask(portal, "POST", f"{CONTACTS}/search", {})
    assert answer.status == 429
    return {name: value for name, value in answer.headers.items() if name == "Retry-After"}


def limited(probe: Probe) -> Probe:
    def run(portal: HubSpotPortal) -> Any:
        portal.switches.limits = "simulated"
        return probe(portal)

    return run


def lag(portal: HubSpotPortal) -> list[int]:
    people(portal, 20)
    seen = [len(search(portal))]
    later(portal, seconds=31)
    return [*seen, len(search(portal))]


def new_property(portal: HubSpotPortal) -> int:
    body = {"name": "extra", "label": "x", "type": "string", "fieldType": "text", "groupName": "contactinformation"}
    assert ask(portal, "POST", "/crm/v3/properties/contacts", body).status == 201
    return ask(portal, "GET", "/crm/v3/properties/contacts/extra").status


def one_more_property(portal: HubSpotPortal) -> int:
    body = {"name": "extra", "label": "x", "type": "string", "fieldType": "text", "groupName": "contactinformation"}
    return ask(portal, "POST", "/crm/v3/properties/contacts", body).status


def order(portal: HubSpotPortal) -> bool:
    inputs = {"inputs": [{"id": one} for one in people(portal, 20)]}
    answers = [body_of(ask(portal, "POST", f"{CONTACTS}/batch/read", inputs))["results"] for _ in range(12)]
    return all([one["id"] for one in answer] == [one["id"] for one in inputs["inputs"]] for answer in answers)


def moved(event: Probe) -> Probe:
    """Whether something moves the modified date of contact 1."""

    def run(portal: HubSpotPortal) -> bool:
        people(portal, 2)
        before = stamp(portal)
        later(portal, minutes=1)
        event(portal)
        return stamp(portal) != before

    return run


def restore(portal: HubSpotPortal) -> None:
    happen(portal, "archive", "contacts", 1)
    happen(portal, "restore", "contacts", 1)


def link_company(portal: HubSpotPortal) -> None:
    add(portal, "companies", 50, name="見本商事")
    happen(portal, "associate", "contacts", 1, to="companies", to_id="50")
    happen(portal, "dissociate", "contacts", 1, to="companies", to_id="50")


def log_call(portal: HubSpotPortal) -> None:
    add(portal, "calls", 60, 1, hs_timestamp="2026-11-20T00:00:00Z")


def unknown_id(portal: HubSpotPortal) -> tuple[int, str | None]:
    people(portal)
    inputs = [{"id": one, "properties": {"jobtitle": "x"}} for one in ("1", "999")]
    status = change(portal, *inputs).status
    return status, portal.data.tables["contacts"].live[1].properties.get("jobtitle")


def merged(portal: HubSpotPortal) -> None:
    people(portal, 2)
    happen(portal, "merge", "contacts", 1, loser="2")


def merged_update(portal: HubSpotPortal) -> int:
    merged(portal)
    return change(portal, {"id": "2", "properties": {"jobtitle": "x"}}).status


def merged_listed(portal: HubSpotPortal) -> list[str]:
    merged(portal)
    listed = body_of(ask(portal, "GET", f"{CONTACTS}?archived=true&limit=100"))["results"]
    assert all(one["archived"] and one["archivedAt"] for one in listed)
    return [one["id"] for one in listed]


def bad_value(portal: HubSpotPortal) -> tuple[int, str | None]:
    people(portal, 2)
    good = {"id": "1", "properties": {"jobtitle": "x"}}
    status = change(portal, good, {"id": "2", "properties": {"nope": "x"}}).status
    return status, portal.data.tables["contacts"].live[1].properties.get("jobtitle")


def refusal_body(portal: HubSpotPortal) -> tuple[bool, bool]:
    people(portal)
    body = body_of(ask(portal, "PATCH", f"{CONTACTS}/1", {"properties": {"nope": "x"}}))
    return "PROPERTY_DOESNT_EXIST" in body["message"], "errors" in body


def clash(portal: HubSpotPortal) -> int:
    happen(portal, "define_properties", "contacts", properties=[{"name": "badge", "hasUniqueValue": True}])
    people(portal, 2)
    change(portal, {"id": "1", "properties": {"badge": "7"}})
    return change(portal, {"id": "2", "properties": {"badge": "7"}}).status


def big_page(portal: HubSpotPortal) -> list[int]:
    search_ = ask(portal, "POST", f"{CONTACTS}/search", {"limit": 500})
    return [ask(portal, "GET", f"{CONTACTS}?limit=500").status, search_.status]


def wall(portal: HubSpotPortal) -> str | None:
    answer = ask(portal, "POST", f"{CONTACTS}/search", {"limit": 200, "after": "9900"})
    assert answer.status == 400
    return body_of(answer).get("category")


def unlinked(portal: HubSpotPortal) -> tuple[int, int, int]:
    people(portal)
    answer = ask(portal, "POST", f"{LINKS}/contacts/companies/batch/read", {"inputs": [{"id": "1"}]})
    body = body_of(answer)
    return answer.status, len(body["results"]), len(body.get("errors", []))


def deal_leads(portal: HubSpotPortal) -> int:
    people(portal)
    add(portal, "leads", 70, 1, hs_lead_name="x")
    add(portal, "deals", 80, dealname="x")
    happen(portal, "associate", "leads", 70, to="deals", to_id="80")
    forth = ask(portal, "POST", f"{LINKS}/leads/deals/batch/read", {"inputs": [{"id": "70"}]})
    assert len(body_of(forth)["results"]) == 1
    back = ask(portal, "POST", f"{LINKS}/deals/leads/batch/read", {"inputs": [{"id": "80"}]})
    return len(body_of(back)["results"])


def minutes_apart(portal: HubSpotPortal) -> None:
    for number in range(1, 41):
        happen(portal, "insert", "contacts", number, record={"properties": {"firstname": str(number)}})
        later(portal, minutes=5)


def roughly(portal: HubSpotPortal) -> bool:
    minutes_apart(portal)
    ids = [int(one) for one in search(portal, sorts=["lastmodifieddate"])]
    assert sorted(ids) == list(range(1, 41))
    assert max(abs(number - place) for place, number in enumerate(ids, 1)) <= 24  # never off by two hours
    return ids == sorted(ids)


def window(portal: HubSpotPortal) -> int:
    minutes_apart(portal)
    high = {"propertyName": "lastmodifieddate", "operator": "LTE", "value": ms(NOW + timedelta(minutes=20))}
    return len(search(portal, filterGroups=[{"filters": [high]}]))


def without_scope(portal: HubSpotPortal, *scopes: str) -> None:
    portal.control("scopes", {"scopes": [one for one in DEFAULT_SCOPES if one not in scopes]})


def read_emails(portal: HubSpotPortal) -> int:
    without_scope(portal, "sales-email-read")
    return ask(portal, "GET", "/crm/v3/objects/emails").status


def define_lead(portal: HubSpotPortal) -> int:
    without_scope(portal, "crm.schemas.leads.write")
    return ask(portal, "POST", "/crm/v3/properties/leads", {}).status


def many_links(portal: HubSpotPortal) -> bool:
    people(portal)
    for number in range(3):
        add(portal, "calls", 60 + number, 1, hs_timestamp="2026-11-20T00:00:00Z")
    answer = ask(portal, "POST", f"{LINKS}/contacts/calls/batch/read", {"inputs": [{"id": "1"}]})
    return "paging" in body_of(answer)["results"][0]


def partly_dated(portal: HubSpotPortal) -> int:
    answer = change(portal, {"id": "999", "properties": {"jobtitle": "x"}}, version="2026-09")
    assert body_of(answer)["numErrors"] == 1
    return answer.status


def survivor(portal: HubSpotPortal) -> bool:
    people(portal, 2)
    return happen(portal, "merge", "contacts", 1, loser="2") == "1"


def long_search(portal: HubSpotPortal) -> int:
    values = [str(10**12 + number) for number in range(100)] + []
    filters = [{"propertyName": "hs_object_id", "operator": "IN", "values": values} for _ in range(2)]
    return ask(portal, "POST", f"{CONTACTS}/search", {"filterGroups": [{"filters": filters}]}).status


def answered(portal: HubSpotPortal) -> list[int]:
    people(portal)
    paths = ("v3/objects/contacts", "objects/2026-09/contacts", "v4/objects/contacts/1/associations/calls")
    return [ask(portal, "GET", f"/crm/{path}").status for path in paths]


PROBES: dict[str, Probe] = {
    "limits": lambda portal: refused(portal, "POST", f"{CONTACTS}/search", {}),
    "burst_max": limited(lambda portal: header(portal, "X-HubSpot-RateLimit-Max")),
    "burst_max_oauth": limited(lambda portal: header(portal, "X-HubSpot-RateLimit-Max", oauth(portal))),
    "burst_seconds": limited(lambda portal: header(portal, "X-HubSpot-RateLimit-Interval-Milliseconds")),
    "association_max": limited(
        lambda portal: refused(portal, "POST", f"{LINKS}/contacts/calls/batch/read", {"inputs": []})
    ),
    "search_per_second": limited(lambda portal: refused(portal, "POST", f"{CONTACTS}/search", {})),
    "daily_max": limited(lambda portal: header(portal, "X-HubSpot-RateLimit-Daily")),
    "daily_headers": limited(lambda portal: header(portal, "X-HubSpot-RateLimit-Daily")),
    "retry_after": search_limited,
    "index_lag": lag,
    "property_delay": new_property,
    "properties_max": one_more_property,
    "reorder": order,
    "noop_bumps": moved(lambda portal: change(portal, {"id": "1", "properties": {"firstname": "1"}})),
    "rollups": moved(log_call),
    "restore_bumps": moved(restore),
    "association_bumps": moved(link_company),
    "unknown_in_update": unknown_id,
    "merged_in_update": merged_update,
    "bad_value_in_update": bad_value,
    "refusal_shape": refusal_body,
    "unique_clash": clash,
    "delete_unknown": lambda portal: ask(portal, "DELETE", f"{CONTACTS}/999").status,
    "page_too_big": big_page,
    "wall_category": wall,
    "no_associations": unlinked,
    "lead_deals_one_way": deal_leads,
    "disorder": roughly,
    "loose_window": window,
    "merged_in_archived": merged_listed,
    "email_scope": read_emails,
    "lead_schema_scope": define_lead,
    "credentials_body": lambda portal: ask(portal, "GET", CONTACTS, token="x").body is None,
    "dated_partial_status": partly_dated,
    "association_page": many_links,
    "merge_new_id": survivor,
    "search_body_max": long_search,
    "leads_enabled": lambda portal: ask(portal, "GET", "/crm/v3/objects/leads").status,
    "versions": answered,
}


@pytest.mark.parametrize("name", sorted(alternatives()))
def test_each_value_of_a_switch_shows(name: str) -> None:
    seen: list[Any] = []
    for value in alternatives()[name]:
        portal = HubSpotPortal(SimClock(NOW, speed=0), **{**QUIET, name: value})
        seen.append(PROBES[name](portal))
    assert len({repr(one) for one in seen}) == len(seen), seen


def test_the_first_alternative_of_every_switch_is_its_default() -> None:
    assert {name: values[0] for name, values in alternatives().items()} == asdict(Switches())


def test_switches_change_while_the_portal_runs() -> None:
    portal = HubSpotPortal(SimClock(NOW, speed=0))
    for name, values in alternatives().items():
        for value in values[::-1]:
            assert portal.control("switch", {name: value})[name] == value
