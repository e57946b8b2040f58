"""What an operator may write under `connections`, and how a mistake is told."""

from __future__ import annotations

from typing import Any

import pytest

import connectors
from connectors.salesforce.settings import SalesforceSettings
from sync.errors import ConfigError

SALESFORCE = {
    "kind": "salesforce",
    "url": "https://acme.my.salesforce.com",
    "auth": {"flow": "client_credentials", "client_id": "k", "client_secret": "very-secret"},
}
HUBSPOT = {"kind": "hubspot", "auth": {"flow": "token", "token": "very-secret"}}


def test_both_kinds_read_the_shipped_form() -> None:
    salesforce = connectors.load("salesforce").read_settings("sf", SALESFORCE)
    assert isinstance(salesforce, SalesforceSettings)
    assert salesforce.api_version == "62.0"
    hubspot = connectors.load("hubspot").read_settings("hs", HUBSPOT)
    assert hubspot.url == "https://api.hubapi.com"
    for reference in ("file:鍵/my token", "env:TOKEN"):
        connectors.load("hubspot").read_settings("hs", {**HUBSPOT, "auth": {"flow": "token", "token": reference}})


@pytest.mark.parametrize(
    ("kind", "raw", "path"),
    [
        ("salesforce", {**SALESFORCE, "url": "http://acme.my.salesforce.com"}, "connections.crm.url"),
        ("salesforce", {**SALESFORCE, "auth": {"flow": "password", "password": "very-secret"}}, "connections.crm.auth"),
        ("salesforce", {**SALESFORCE, "budget": 1.5}, "connections.crm.budget.daily"),
        ("salesforce", {**SALESFORCE, "tiemouts": {}}, "connections.crm.tiemouts"),
        ("salesforce", {**SALESFORCE, "timeouts": {"read": 0}}, "connections.crm.timeouts.read"),
        ("hubspot", {**HUBSPOT, "api_version": "v4"}, "connections.crm.api_version"),
        ("hubspot", {"kind": "hubspot"}, "connections.crm.auth"),
        (
            "hubspot",
            {"kind": "hubspot", "auth": {"flow": "token", "token": "very-secret\r\nX: 1"}},
            "connections.crm.auth",
        ),
        (
            "hubspot",
            {"kind": "hubspot", "auth": {"flow": "token", "token": "very-secret（本番）"}},
            "connections.crm.auth",
        ),
    ],
)
def test_a_mistake_names_its_place_and_no_secret(kind: str, raw: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        connectors.load(kind).read_settings("crm", raw)
    assert any(problem.path.startswith(path) for problem in caught.value.problems)
    assert "very-secret" not in str(caught.value)


def test_an_unknown_kind_lists_those_there_are() -> None:
    with pytest.raises(ConfigError, match="salesforce, hubspot"):
        connectors.load("pipedrive")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        connectors.load("salesforce").read_settings("crm", {"budget": 0, "timeouts": {"read": -1}})
    assert {problem.path for problem in caught.value.problems} >= {
        "connections.crm.url",
        "connections.crm.auth",
        "connections.crm.budget.daily",
        "connections.crm.timeouts.read",
    }
