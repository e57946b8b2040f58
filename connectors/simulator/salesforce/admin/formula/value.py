"""Values of formulas: what a field gives, and what a formula is run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

Type = Literal["Text", "Number", "Boolean", "Date", "DateTime", "Picklist", "Multipicklist", "Null"]
TYPES: dict[str, Type] = {
    "boolean": "Boolean",
    "date": "Date",
    "datetime": "DateTime",
    "picklist": "Picklist",
    "multipicklist": "Multipicklist",
    "double": "Number",
    "currency": "Number",
    "percent": "Number",
    "int": "Number",
}
"""By type in a describe; everything else is text."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One save: the record as it would be, as it was (None: it is new), and who saves."""

    org: SalesforceOrg
    object: str
    new: Mapping[str, Any]
    old: Mapping[str, Any] | None
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return self.org.zone


def load(type_: Type, stored: Any) -> Any:
    """A stored value as formulas reckon with it; blank text is the empty text, other blanks are None."""
    if type_ in ("Text", "Picklist", "Multipicklist"):
        return "" if stored is None else str(stored)
    if stored is None:
        return False if type_ == "Boolean" else None
    if type_ == "Date":
        return date.fromisoformat(stored)
    if type_ == "DateTime":
        return datetime.strptime(stored, "%Y-%m-%dT%H:%M:%S.000%z").astimezone(UTC)
    return stored


def is_blank(value: Any) -> bool:
    return value is None or value == ""


def show(value: Any) -> str:
    """What TEXT() makes of it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
