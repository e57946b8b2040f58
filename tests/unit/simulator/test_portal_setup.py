"""Properties and groups of the simulated portal, as a tool makes them: refused first. Driven with HubSpot's own client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from hubspot import Client
from hubspot.crm.properties import BatchInputPropertyCreate, PropertyCreate, PropertyGroupCreate
from hubspot.crm.properties.exceptions import ApiException

from connectors.simulator.clock import SimClock
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.hubspot.switches import DEFAULT_SCOPES
from connectors.simulator.kernel import LoopbackServer

NOW = datetime(2026, 11, 20, 0, 15, 30, tzinfo=UTC)
ADMIN = "pat-na1-simulator-admin"
READER = tuple(one for one in DEFAULT_SCOPES if one != "crm.schemas.contacts.write")


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    portal = HubSpotPortal(SimClock(NOW, speed=0), scopes=READER, limits="off", property_delay=(0.4, 0.4))
    with LoopbackServer(portal) as running:
        running.control("key", {"token": ADMIN, "scopes": list(DEFAULT_SCOPES)})
        yield running


def client(server: LoopbackServer, token: str = ADMIN) -> Any:
    made = Client.create(access_token=token, host=server.base_url, base_url=server.base_url)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # untyped package
    return made.crm.properties


def body(name: str, **more: Any) -> PropertyCreate:
    fields = {
        "name": name,
        "label": name,
        "type": "string",
        "field_type": "text",
        "group_name": "contactinformation",
        **more,
    }
    return PropertyCreate(**fields)


def refused(call: Any, *args: Any, **more: Any) -> tuple[int, str]:
    with pytest.raises(ApiException) as caught:
        call(*args, **more)
    return caught.value.status, caught.value.body  # pyright: ignore[reportReturnType]  # untyped package


def test_without_the_scope_definitions_are_read_and_not_written(server: LoopbackServer) -> None:
    reader = client(server, "pat-na1-simulator")
    status, text = refused(reader.core_api.create, "contacts", body("x_scope"))
    assert status == 403 and "MISSING_SCOPES" in text and "crm.schemas.contacts.write" in text
    assert (
        refused(reader.groups_api.create, "contacts", PropertyGroupCreate(name="g", label="g", display_order=-1))[0]
        == 403
    )
    assert reader.core_api.get_by_name("contacts", "email").name == "email"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"name": "Upper"}, "not a valid property name"),
        ({"name": "hs_mine"}, "not a valid property name"),
        ({"group_name": "nowhere"}, "does not exist"),
        ({"field_type": "checkbox"}, "not a valid field type"),
        ({"name": "email"}, "PROPERTY_WITH_NAME_EXISTS"),
    ],
)
def test_what_no_portal_takes(server: LoopbackServer, more: dict[str, Any], problem: str) -> None:
    status, text = refused(client(server).core_api.create, "contacts", body(**{"name": "x_bad", **more}))
    assert status == (409 if "EXISTS" in problem else 400) and problem in text


def test_a_new_property_shows_after_a_moment_and_patching_options_replaces_them(server: LoopbackServer) -> None:
    api = client(server).core_api
    options = [{"label": "A", "value": "a", "displayOrder": 0, "hidden": False}]
    made = body("x_choice", type="enumeration", field_type="select", options=options)
    api.create("contacts", made)
    assert refused(api.get_by_name, "contacts", "x_choice")[0] == 404
    assert refused(api.create, "contacts", made)[0] == 409
    server.system.clock.advance(timedelta(seconds=1))
    assert [one.value for one in api.get_by_name("contacts", "x_choice").options] == ["a"]
    changed = api.update("contacts", "x_choice", {"options": [{"label": "B", "value": "b", "displayOrder": 0}]})
    assert [one.value for one in changed.options] == ["b"]
    assert [one.value for one in api.update("contacts", "x_choice", {"label": "L"}).options] == ["b"]


def test_a_group_goes_when_it_is_empty_and_a_used_property_stays(server: LoopbackServer) -> None:
    api = client(server)
    api.groups_api.create("contacts", PropertyGroupCreate(name="mine", label="M", display_order=-1))
    assert (
        refused(api.groups_api.create, "contacts", PropertyGroupCreate(name="mine", label="M", display_order=-1))[0]
        == 409
    )
    both = [body("x_one", group_name="mine"), body("email")]
    answer = api.batch_api.create("contacts", BatchInputPropertyCreate(inputs=both))
    assert [one.name for one in answer.results] == ["x_one"] and answer.num_errors == 1
    server.system.clock.advance(timedelta(seconds=1))
    assert "GROUP_WITH_ACTIVE_PROPERTIES" in refused(api.groups_api.archive, "contacts", "mine")[1]
    server.control("property", {"object": "contacts", "name": "x_one", "in_use": True})
    assert "CANNOT_DELETE_PROPERTY_IN_USE" in refused(api.core_api.archive, "contacts", "x_one")[1]
    server.control("property", {"object": "contacts", "name": "x_one", "in_use": False})
    api.core_api.archive("contacts", "x_one")
    api.groups_api.archive("contacts", "mine")
    assert refused(api.groups_api.get_by_name, "contacts", "mine")[0] == 404
    again = api.core_api.create("contacts", body("x_one", label="anew"))
    assert again.label == "anew"


def test_the_portal_is_full_at_its_limit_and_tells_how_full(server: LoopbackServer) -> None:
    def told(token: str) -> requests.Response:
        url = f"{server.base_url}/crm/v3/limits/custom-properties"
        return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    used = next(one for one in told(ADMIN).json()["byObjectType"] if one["objectTypeId"] == "0-1")["usage"]
    server.control("switch", {"properties_max": used})
    assert "limit of" in refused(client(server).core_api.create, "contacts", body("x_more"))[1]
    server.control("switch", {"properties_max": 1000})
    server.control("key", {"token": "pat-schemas", "scopes": ["crm.schemas.contacts.read"]})
    assert told("pat-schemas").status_code == 403


def test_each_key_tells_its_own_scopes(server: LoopbackServer) -> None:
    def scopes(token: str) -> set[str]:
        url = f"{server.base_url}/oauth/v2/private-apps/get/access-token-info"
        return set(requests.post(url, json={"tokenKey": token}, timeout=60).json().get("scopes", []))

    assert scopes(ADMIN) - scopes("pat-na1-simulator") == {"crm.schemas.contacts.write"}
    assert scopes("pat-unknown") == set()
