"""Whatever stands in the fields of a row, reading it never breaks: one bad record must not hide its stream."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.hubspot import facts as hubspot
from connectors.hubspot import fields as hubspot_fields
from connectors.hubspot.history import read_changes
from connectors.kit.cell import read_cells
from connectors.salesforce import facts as salesforce
from connectors.salesforce import fields as salesforce_fields

NOW = datetime(2026, 10, 6, tzinfo=UTC)
ODD: list[Any] = [
    *(None, "", " ", True, False, 0, -1, 2.5, float("inf"), float("nan"), 10**30),
    *("abc", "inf", "nan", "1e999", "2.5", "²", "٣", "--1", "99999999999999999999", "-99999999999999"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01", "9999-12-31", "2026-13-45", "2026-02-30"),
    *(
        "\x00",
        "a:b:c:d",
        "' OR 1=1 --",
        "00Q'OR",
        "005000000000001",
        "00Q00000000000１",
        ";;a;b",
        "\x1b[31m",
        "<script>",
    ),
    *(["x"], {"a": 1}, [], {}, {"Name": 5}, "Ā" * 10_000),
]
HUBSPOT = hubspot.Reading("hubspot", NOW, lambda _user: None)
SALESFORCE = salesforce.Reading("salesforce", NOW, lambda: ZoneInfo("Asia/Tokyo"))


def names_in(module: Any, pattern: str) -> list[str]:
    """Every field that a module reads, from its source: a new one is attacked without being listed here."""
    return sorted(set(re.findall(pattern, Path(module.__file__).read_text(encoding="utf-8"))))


def rows(names: list[str], amount: int) -> list[Mapping[str, Any]]:
    dice = random.Random(7)
    return [read_cells({name: dice.choice(ODD) for name in names if dice.random() < 0.7}) for _ in range(amount)]


def facts_hold(facts: Mapping[str, Any]) -> None:
    """What the core and the store take for granted of facts."""
    for name in ("at", "logged_at", "created_at"):
        assert facts.get(name) is None or datetime.fromisoformat(facts[name]).tzinfo, name
    for name in ("owner", "created_by", "account", "subject"):
        assert facts.get(name) is None or facts[name].count(":") >= 2, name
    assert facts.get("duration_s") is None or isinstance(facts["duration_s"], int)


@pytest.mark.parametrize("stream", hubspot.READERS)
def test_hubspot_rows(stream: str) -> None:
    read = hubspot.READERS[stream]
    for row in rows(names_in(hubspot, r'"(hs_[a-z_]+|hubspot_owner_id|createdate)"'), 400):
        facts_hold(read(row, HUBSPOT, ["1"]))


def test_hubspot_histories() -> None:
    dice = random.Random(8)
    names = ("value", "timestamp", "sourceType", "sourceId", "updatedByUserId")
    sound = {"timestamp": "2026-10-05T00:00:00Z", "value": "来期", "sourceType": "CRM_UI", "updatedByUserId": 5}
    for _ in range(400):
        broken = [{name: dice.choice(ODD) for name in names if dice.random() < 0.7} for _ in range(3)]
        told: dict[str, Any] = {"a": dice.choice(ODD), "b": [*broken, sound, dice.choice(ODD)]}
        raw = {"id": "1", "createdAt": dice.choice(ODD), "propertiesWithHistory": told}
        found = list(read_changes(raw, {"b"}, HUBSPOT, "contacts"))
        assert found[-1].facts["new"] == "来期"
        for record in found:
            facts_hold(record.facts)
    assert list(read_changes({"id": "1", "propertiesWithHistory": []}, {"b"}, HUBSPOT, "contacts")) == []


@pytest.mark.parametrize("stream", salesforce.READERS)
def test_salesforce_rows(stream: str) -> None:
    read = salesforce.READERS[stream]
    for row in rows(names_in(salesforce, r'"([A-Z][A-Za-z_]+)"'), 400):
        facts_hold(read(row, SALESFORCE) or {})


@pytest.mark.parametrize(
    ("names", "read"),
    [
        (hubspot_fields.WIRE_NAMES, hubspot_fields.from_wire),
        (salesforce_fields.WIRE_NAMES, salesforce_fields.from_wire),
    ],
)
def test_our_own_fields_with_what_others_put_there(
    names: Mapping[str, str], read: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> None:
    for row in rows(list(names.values()), 400):
        assert all(value is None or isinstance(value, str | int) for value in read(row).values())
