"""One value in the words of both systems."""

from __future__ import annotations

from typing import Any

from connectors.simulator.hubspot.schema import Definition, iso, read_instant
from connectors.simulator.salesforce.schema import NUMBER_TYPES, Field
from connectors.simulator.salesforce.value import normal_instant

OURS = ("baton_",)


def is_ours(name: str) -> bool:
    """Whether a field is one of Baton's, in either system."""
    return name.lower().startswith(OURS)


def from_salesforce(item: Field, value: Any) -> str:
    """A stored value as the text that HubSpot would hold; "" for none."""
    if value is None:
        return ""
    if item.type == "boolean":
        return "true" if value else "false"
    if item.type in NUMBER_TYPES:
        return str(int(value)) if value == int(value) else str(value)
    return as_instant(str(value)) if item.type == "datetime" else str(value)


def from_hubspot(definition: Definition, value: str) -> str:
    """A property's text in the one form that both sides are compared in."""
    if definition.type == "number" and value:
        return str(int(float(value))) if float(value) == int(float(value)) else str(float(value))
    return as_instant(value) if definition.type == "datetime" and value else value


def as_instant(text: str) -> str:
    """To the second: Salesforce holds no more."""
    instant = read_instant(text)
    return iso(instant.replace(microsecond=0)) if instant else text


def to_salesforce(item: Field, text: str) -> Any:
    """What a world event writes for a text. Raises ValueError for one that the field cannot hold."""
    if item.type == "boolean":
        return text == "true"
    if not text:
        return None
    if item.type == "datetime":
        return normal_instant(text)
    if item.type == "int":
        return int(text)
    return float(text) if item.type in NUMBER_TYPES else text
