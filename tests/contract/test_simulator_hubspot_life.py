"""What goes on in the simulated portal while clients run: mass edits, stale and disordered search, the bin, rights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from connectors.simulator.clock import SimClock
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.hubspot.switches import DEFAULT_SCOPES
from connectors.simulator.kernel import Headers, Request

NOW = datetime(2026, 11, 20, 0, 15, tzinfo=UTC)
CONTACTS = "/crm/v3/objects/contacts"
MASS = 25_000


class Portal(HubSpotPortal):
    """A portal with short ways to ask it and to let things happen."""

    token = "pat-na1-simulator"

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        name, _, query = path.partition("?")
        fields = {key: [value] for key, _, value in (part.partition("=") for part in query.split("&") if part)}
        raw = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        answer = self.handle(
            Request(method, name, fields, Headers({"authorization": f"Bearer {self.token}"}), raw, path)
        )
        return answer.status, answer.body if isinstance(answer.body, dict) else {}

    def search(self, **body: Any) -> dict[str, Any]:
        status, answer = self.ask("POST", f"{CONTACTS}/search", {"limit": 200, **body})
        assert status == 200, answer
        return answer

    def happen(self, op: str, kind: str, key: int | None = None, **more: Any) -> str:
        return self.apply({"op": op, "object": kind, "id": str(key) if key else None, "at": None, **more})

    def add(self, key: int, kind: str = "contacts", to: int | None = None, **properties: str) -> None:
        links = [{"to": "contacts", "id": str(to)}] if to else []
        self.happen("insert", kind, key, record={"properties": properties, "associations": links})

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))


def make_portal(**switches: Any) -> Portal:
    quiet = {"limits": "off", "index_lag": (0, 0), "property_delay": (0, 0)}
    return Portal(SimClock(NOW, speed=0), **{**quiet, **switches})


def ms(instant: datetime) -> str:
    return str(int(instant.timestamp() * 1000))


def since(at: datetime, *more: dict[str, str]) -> list[dict[str, Any]]:
    first = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": ms(at)}
    return [{"filters": [first, *more]}]


def test_a_mass_edit_puts_twenty_five_thousand_contacts_on_one_millisecond() -> None:
    portal = make_portal()
    for number in range(1, MASS + 1):
        portal.add(number, firstname="x")
    portal.later(minutes=5)
    portal.happen("mass_update", "contacts", record={"properties": {"jobtitle": "部長"}})
    edited = NOW + timedelta(minutes=5)
    assert {one.modified for one in portal.data.tables["contacts"].live.values()} == {"2026-11-20T00:20:00.000Z"}
    first = portal.search(filterGroups=since(edited), sorts=["lastmodifieddate"], after="9800")
    assert (first["total"], len(first["results"])) == (MASS, 200)
    status, _ = portal.ask("POST", f"{CONTACTS}/search", {"limit": 200, "after": "10000"})
    assert status == 400  # the wall: only the walk by id gets past it
    above = {"propertyName": "hs_object_id", "operator": "GT", "value": "24900"}
    walked = portal.search(filterGroups=since(edited, above), sorts=["hs_object_id"])
    assert [one["id"] for one in walked["results"]] == [str(number) for number in range(24_901, MASS + 1)]


def test_a_mass_edit_may_name_its_records() -> None:
    portal = make_portal()
    for number in (1, 2, 3):
        portal.add(number, firstname="x")
    portal.happen("mass_update", "contacts", ids=["1", "3", "99"], record={"properties": {"jobtitle": "y"}})
    live = portal.data.tables["contacts"].live
    assert [live[number].properties.get("jobtitle") for number in (1, 2, 3)] == ["y", None, "y"]


def test_disordered_search_still_gives_every_record_once_over_its_pages() -> None:
    portal = make_portal(disorder=3600)
    for number in range(1, 301):
        portal.add(number, firstname="x")
        portal.later(minutes=1)
    body = {"sorts": [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}], "limit": 50}
    read: list[int] = []
    for after in range(0, 300, 50):
        read += [int(one["id"]) for one in portal.search(**body, after=str(after))["results"]]
    assert sorted(read) == list(range(1, 301))
    out_of_place = [abs(number - place) for place, number in enumerate(read, 1)]
    assert 20 < max(out_of_place) <= 121
    by_id = portal.search(sorts=["hs_object_id"], limit=50)["results"]
    assert [int(one["id"]) for one in by_id] == list(range(1, 51))


def test_a_stale_page_shows_old_values_and_archived_records_until_the_index_catches_up() -> None:
    portal = make_portal(index_lag=(60, 900))
    portal.add(1, jobtitle="課長")
    portal.add(2, jobtitle="課長")
    portal.control("index", {})
    portal.happen("update", "contacts", 1, record={"properties": {"jobtitle": "部長"}})
    portal.happen("archive", "contacts", 2)
    shown = portal.search(properties=["jobtitle"])["results"]
    assert [(one["id"], one["properties"]["jobtitle"]) for one in shown] == [("1", "課長"), ("2", "課長")]
    portal.later(minutes=16)
    shown = portal.search(properties=["jobtitle"])["results"]
    assert [(one["id"], one["properties"]["jobtitle"]) for one in shown] == [("1", "部長")]


def test_a_changed_association_moves_no_date_of_either_end() -> None:
    portal = make_portal()
    portal.add(1, firstname="x")
    portal.add(2, firstname="y")
    portal.add(60, "calls", 1, hs_timestamp="2026-11-20T00:00:00Z")
    before = [portal.data.tables[kind].live[key].modified for kind, key in (("contacts", 2), ("calls", 60))]
    portal.later(minutes=5)
    portal.happen("dissociate", "calls", 60, to="contacts", to_id="1")
    portal.happen("associate", "calls", 60, to="contacts", to_id="2")
    after = [portal.data.tables[kind].live[key].modified for kind, key in (("contacts", 2), ("calls", 60))]
    assert after == before
    assert portal.search(filterGroups=since(NOW + timedelta(minutes=1)))["total"] == 0
    path = "/crm/v4/associations/contacts/calls/batch/read"
    _, body = portal.ask("POST", path, {"inputs": [{"id": "2"}]})
    assert body["results"][0]["to"][0]["toObjectId"] == 60


def test_a_restored_record_is_back_under_its_id_with_its_links_and_a_new_date() -> None:
    portal = make_portal()
    portal.add(1, email="a@example.co.jp")
    portal.add(60, "calls", 1, hs_timestamp="2026-11-20T00:00:00Z")
    portal.happen("archive", "contacts", 1)
    assert portal.ask("GET", f"{CONTACTS}/1")[0] == 404
    assert [one["id"] for one in portal.ask("GET", f"{CONTACTS}?archived=true")[1]["results"]] == ["1"]
    portal.later(days=2)
    portal.happen("restore", "contacts", 1)
    status, body = portal.ask("GET", f"{CONTACTS}/1?associations=calls")
    assert (status, body["archived"], body["updatedAt"]) == (200, False, "2026-11-22T00:15:00.000Z")
    assert body["associations"]["calls"]["results"][0]["id"] == "60"
    assert portal.ask("GET", f"{CONTACTS}?archived=true")[1]["results"] == []
    assert [one["id"] for one in portal.search()["results"]] == ["1"]
    assert portal.ask("POST", CONTACTS, {"properties": {"email": "a@example.co.jp"}})[0] == 409
    with pytest.raises(ValueError, match="no archived contacts 1"):
        portal.happen("restore", "contacts", 1)


def test_both_ids_of_a_merge_lead_to_the_survivor_and_are_listed_nowhere() -> None:
    portal = make_portal()
    for number in (1, 2):
        portal.add(number, email=f"p{number}@example.co.jp")
    survivor = portal.happen("merge", "contacts", 1, loser="2")
    for old in ("1", "2", survivor):
        assert portal.ask("GET", f"{CONTACTS}/{old}")[1]["id"] == survivor
    assert portal.ask("GET", f"{CONTACTS}?archived=true")[1]["results"] == []
    assert [one["id"] for one in portal.ask("GET", CONTACTS)[1]["results"]] == [survivor]


def test_oauth_tokens_can_be_ended_at_once_and_are_renewed() -> None:
    portal = make_portal()
    form = b"grant_type=refresh_token&client_id=simulator-client&client_secret=simulator-secret"
    for _ in range(2):
        _, granted = portal.ask("POST", "/oauth/v3/token", form + b"&refresh_token=na1-simulator-refresh")
        portal.token = granted["access_token"]
        assert portal.ask("GET", CONTACTS)[0] == 200
        portal.control("expire", {})
        status, body = portal.ask("GET", CONTACTS)
        assert (status, body["category"]) == (401, "EXPIRED_AUTHENTICATION")
        assert body["message"].endswith("expired 0 second(s) ago.")


def test_a_scope_taken_away_while_running_is_a_403_that_names_it() -> None:
    portal = make_portal()
    portal.control("scopes", {"scopes": [one for one in DEFAULT_SCOPES if one != "crm.objects.contacts.write"]})
    assert portal.ask("GET", CONTACTS)[0] == 200
    status, body = portal.ask("POST", f"{CONTACTS}/batch/update", {"inputs": []})
    assert (status, body["category"]) == (403, "MISSING_SCOPES")
    assert "crm.objects.contacts.write" in body["errors"][0]["context"]["requiredGranularScopes"]
    portal.control("scopes", {"scopes": DEFAULT_SCOPES})
    assert portal.ask("POST", f"{CONTACTS}/batch/update", {"inputs": []})[0] == 200


def test_a_spent_day_ends_at_midnight_of_the_account_not_of_utc() -> None:
    portal = make_portal(limits="simulated", daily_max=1)
    assert portal.ask("GET", CONTACTS)[0] == 200
    assert portal.ask("GET", CONTACTS)[1]["policyName"] == "DAILY"
    portal.clock.set(datetime(2026, 11, 20, 14, 59, 59, tzinfo=UTC))
    assert portal.ask("GET", CONTACTS)[0] == 429
    portal.clock.set(datetime(2026, 11, 20, 15, 0, 0, tzinfo=UTC))
    assert portal.ask("GET", CONTACTS)[0] == 200


def test_a_property_taken_away_while_running_vanishes_from_reads_and_fails_writes_until_it_is_back() -> None:
    portal = make_portal()
    portal.add(1, pain="手作業")
    setup = {"object": "contacts", "name": "pain"}
    assert portal.control("property", {**setup, "archived": True}) == {"archived": True}
    assert "pain" not in portal.ask("GET", f"{CONTACTS}/1?properties=pain")[1]["properties"]
    status, body = portal.ask(
        "POST", f"{CONTACTS}/batch/update", {"inputs": [{"id": "1", "properties": {"pain": "x"}}]}
    )
    assert (status, body["errors"][0]["code"]) == (400, "PROPERTY_DOESNT_EXIST")
    portal.control("property", {**setup, "archived": False})
    assert portal.ask("GET", f"{CONTACTS}/1?properties=pain")[1]["properties"]["pain"] == "手作業"


def test_a_property_may_become_read_only_while_running() -> None:
    portal = make_portal()
    portal.add(1, pain="手作業")
    portal.control("property", {"object": "contacts", "name": "pain", "read_only": True})
    status, body = portal.ask("PATCH", f"{CONTACTS}/1", {"properties": {"pain": "x"}})
    assert (status, body["errors"][0]["code"]) == (400, "READ_ONLY_VALUE")
    portal.control("property", {"object": "contacts", "name": "pain", "read_only": False})
    assert portal.ask("PATCH", f"{CONTACTS}/1", {"properties": {"pain": "x"}})[0] == 200
