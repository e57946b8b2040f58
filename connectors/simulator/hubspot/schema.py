"""Property definitions of one object type, and what they make of a written value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
DIGITS = re.compile(r"-?\d{1,16}")
MAX_TEXT = 65_536
Problem = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    order: int = -1
    hidden: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"label": self.label, "value": self.value, "displayOrder": self.order, "hidden": self.hidden}


@dataclass(frozen=True, slots=True)
class Definition:
    name: str
    label: str
    type: str
    field_type: str
    group: str
    options: tuple[Option, ...] = ()
    description: str = ""
    read_only: bool = False
    calculated: bool = False
    hubspot_defined: bool = False
    external_options: bool = False
    unique: bool = False
    hidden: bool = False
    form_field: bool = False
    display_order: int = -1
    referenced: str | None = None
    created_at: str = "2024-01-15T00:00:00.000Z"
    updated_at: str = "2024-01-15T00:00:00.000Z"
    archived: bool = False
    values: frozenset[str] = field(default=frozenset(), compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozenset(option.value for option in self.options))

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "updatedAt": self.updated_at,
            "createdAt": self.created_at,
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [option.as_json() for option in self.options],
            "displayOrder": self.display_order,
            "calculated": self.calculated,
            "externalOptions": self.external_options,
            "archived": self.archived,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyOptions": self.hubspot_defined and self.type == "enumeration",
                "readOnlyValue": self.read_only,
            },
            "formField": self.form_field,
            "dataSensitivity": "non_sensitive",
        }
        if self.hubspot_defined:
            body["hubspotDefined"] = True
        if self.referenced:
            body["referencedObjectType"] = self.referenced
        return body


class Refused(ValueError):
    """A value that a property does not take: `code` and `message` as HubSpot reports them."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def as_text(value: object) -> str:
    """JSON scalars as HubSpot keeps them; null clears like the empty string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise Refused("INVALID_STRING", f"{value} was not a valid string.")


def iso(instant: datetime) -> str:
    """UTC with milliseconds and Z."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def read_instant(text: str) -> datetime | None:
    """Epoch milliseconds or ISO with a zone; None for anything else."""
    if DIGITS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo and "T" in text else None


def _take_number(_: Definition, text: str) -> str:
    try:
        float(text)
    except ValueError:
        raise Refused("INVALID_NUMBER", f"{text} was not a valid number.") from None
    return text


def _take_datetime(_: Definition, text: str) -> str:
    instant = read_instant(text)
    if instant is None:
        raise Refused("INVALID_LONG", f"{text} was not a valid long.")
    return text if text.endswith("Z") else iso(instant)


def _take_date(_: Definition, text: str) -> str:
    if DIGITS.fullmatch(text):
        instant = datetime.fromtimestamp(int(text) / 1000, UTC)
        if int(text) % 86_400_000:
            raise Refused("INVALID_DATE", f"{text} is at {instant:%H:%M:%S.%f} UTC, not midnight!")
        return instant.date().isoformat()
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Refused("INVALID_DATE", f"{text} was not a valid date.") from None


def _take_bool(_: Definition, text: str) -> str:
    if text.lower() not in ("true", "false"):
        raise Refused("INVALID_OPTION", f"{text} was not one of the allowed options: [true, false]")
    return text.lower()


def _take_option(definition: Definition, text: str) -> str:
    if definition.external_options:
        return text
    chosen = text.strip(";").split(";") if definition.field_type == "checkbox" else [text]
    for value in chosen:
        if value not in definition.values:
            allowed = ", ".join(option.value for option in definition.options)
            raise Refused("INVALID_OPTION", f"{value} was not one of the allowed options: [{allowed}]")
    return text


def _take_text(definition: Definition, text: str) -> str:
    if len(text) > MAX_TEXT:
        raise Refused("TOO_LONG", f"Property {definition.name} is longer than {MAX_TEXT} characters.")
    if definition.name == "email" and not EMAIL.fullmatch(text):
        raise Refused("INVALID_EMAIL", f"Email address {text} is invalid")
    return text


_TAKE: dict[str, Callable[[Definition, str], str]] = {
    "number": _take_number,
    "datetime": _take_datetime,
    "date": _take_date,
    "bool": _take_bool,
    "enumeration": _take_option,
}


def take_value(definition: Definition, value: object) -> str:
    """The text that the property will hold; "" clears. Raises Refused."""
    text = as_text(value)
    return _TAKE.get(definition.type, _take_text)(definition, text) if text else ""


class Schema:
    """The live definitions of one object type. A new one may be invisible for a moment."""

    def __init__(self, definitions: Iterable[Definition], groups: Iterable[str]) -> None:
        self.definitions = {one.name: one for one in definitions}
        self.archived: dict[str, Definition] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        for name in groups:
            self.groups[name] = {"name": name, "label": name, "displayOrder": -1, "archived": False}
        self._pending: dict[str, Callable[[], bool]] = {}
        self.in_use: set[str] = set()
        """Properties that a list or a workflow uses."""

    def put(self, definition: Definition, ready: Callable[[], bool] | None = None) -> None:
        """Add or replace; with `ready` it shows only once that says so."""
        self.definitions[definition.name] = definition
        self.archived.pop(definition.name, None)
        if ready:
            self._pending[definition.name] = ready

    def find(self, name: str) -> Definition | None:
        """The definition if it exists and is visible already."""
        definition = self.definitions.get(name)
        if definition and (ready := self._pending.get(name)):
            if not ready():
                return None
            del self._pending[name]
        return definition

    def visible(self) -> list[Definition]:
        return [one for name in list(self.definitions) if (one := self.find(name))]

    def archive(self, name: str, now: str) -> None:
        self.archived[name] = replace(self.definitions.pop(name), archived=True, updated_at=now)

    def check(self, values: dict[str, Any], portal_id: int) -> tuple[dict[str, str], list[Problem]]:
        """Written values as text, and what is wrong with them (the items of the 400 message)."""
        taken: dict[str, str] = {}
        problems: list[Problem] = []
        for name, value in values.items():
            definition = self.find(name)
            try:
                taken[name] = _take_for_api(definition, name, value)
            except Refused as refused:
                problems.append(_problem(name, refused, portal_id))
        return taken, problems


def _take_for_api(definition: Definition | None, name: str, value: object) -> str:
    if definition is None:
        raise Refused("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if definition.read_only:
        raise Refused("READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
    return take_value(definition, value)


def _problem(name: str, refused: Refused, portal_id: int) -> Problem:
    return {
        "isValid": False,
        "message": str(refused),
        "error": refused.code,
        "name": name,
        "localizedErrorMessage": str(refused),
        "portalId": portal_id,
    }


def epoch_text(text: str) -> str:
    """An instant as epoch milliseconds; other text as it is."""
    instant = read_instant(text)
    return str(int(instant.timestamp() * 1000)) if instant else text
