"""Our properties on HubSpot contacts (deals are neither read nor written): from flag to name, type and wire value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from connectors.kit.instant import instant_fact, read_number
from sync.core.model.flags import CHOICES, NO_FLAGS, FlagField, Flags, FlagType, FlagValue, fields_on
from sync.core.model.records import Kind
from sync.errors import BugError
from sync.outfit import InputType

GROUP = "baton"
_TYPES: Mapping[FlagType | InputType, tuple[str, str]] = {
    FlagType.CHOICE: ("enumeration", "select"),
    FlagType.MULTI_CHOICE: ("enumeration", "checkbox"),
    FlagType.NUMBER: ("number", "number"),
    FlagType.INSTANT: ("datetime", "date"),
    FlagType.TEXT: ("string", "text"),
    FlagType.LONG_TEXT: ("string", "textarea"),
    InputType.DAY: ("date", "date"),
    InputType.YES_NO: ("bool", "booleancheckbox"),
}
_FIELDS = {flag.name: flag for flag in fields_on(Kind.PERSON, CHOICES)}
WIRE_NAMES: Mapping[str, str] = {name: f"baton_{name}" for name in _FIELDS}
_WIRES = tuple(WIRE_NAMES.values())


@cache
def wire_names(chosen: frozenset[str] = frozenset()) -> Mapping[str, str]:
    """Our properties where a company has chosen these of the optional ones."""
    return {flag.name: WIRE_NAMES[flag.name] for flag in fields_on(Kind.PERSON, chosen)}


def to_wire(flags: Flags, chosen: frozenset[str] = frozenset()) -> dict[str, str]:
    """The properties of a write. The only door: a name that is no flag is a bug and stops everything."""
    own = wire_names(chosen)
    unknown = sorted(name for name, value in flags.items() if name not in own and not _is_bare(name, value))
    if unknown:
        raise BugError(f"not ours to write in HubSpot: {', '.join(unknown)}")
    return {own[name]: _wire(_FIELDS[name].type, value) for name, value in flags.items() if name in own}


def _is_bare(name: str, value: FlagValue) -> bool:
    """A flag without a property here that says nothing either: full sets hold every name."""
    return name in NO_FLAGS and value is None


def _wire(type_: FlagType, value: FlagValue) -> str:
    """Everything is text; the empty text clears. Instants carry milliseconds, as HubSpot's own do."""
    if value is None:
        return ""
    text = str(value)
    return text.removesuffix("Z") + ".000Z" if type_ is FlagType.INSTANT and text.endswith("Z") else text


def from_wire(properties: Mapping[str, Any]) -> Flags:
    """Every flag as the record holds it, canonical; a property that is missing from it reads as empty."""
    if [*map(properties.get, _WIRES)].count(None) == len(_WIRES):
        return {**NO_FLAGS}  # most records
    held = {name: value for name, wire in WIRE_NAMES.items() if (value := properties.get(wire)) is not None}
    return {**NO_FLAGS, **{name: _canonical(_FIELDS[name].type, value) for name, value in held.items()}}


def _canonical(type_: FlagType, value: Any) -> FlagValue:
    if value is None or value == "":
        return None
    if type_ is FlagType.NUMBER:
        return read_number(value)
    if type_ is FlagType.INSTANT:
        return instant_fact(value)
    if type_ is FlagType.MULTI_CHOICE:
        return str(value).strip(";") or None
    return str(value)


def property_body(
    flag: FlagField,
    choices: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    *,
    japanese: bool = True,
    description: str = "",
) -> dict[str, Any]:
    """What creates the property of this flag in the group `baton`.

    `choices` are the values of flags whose list depends on the mapping (items, criteria); `labels` their names.
    """
    values = [(value, (labels or {}).get(value, value)) for value in flag.choices or choices]
    label = flag.label_ja if japanese else flag.label_en
    return custom_property(WIRE_NAMES[flag.name], flag.type, label, values, group=GROUP, description=description)


def custom_property(
    name: str,
    type_: FlagType | InputType,
    label: str,
    values: Sequence[tuple[str, str]] = (),
    *,
    group: str,
    description: str = "",
) -> dict[str, Any]:
    """What creates a property (source: Properties API). `values`: (value, label)."""
    wire, field_type = _TYPES[type_]
    body: dict[str, Any] = {
        "name": name,
        "label": label,
        "type": wire,
        "fieldType": field_type,
        "groupName": group,
        "formField": False,
    }
    if description:
        body["description"] = description
    if wire in ("enumeration", "bool"):
        body["options"] = [
            {"label": called, "value": value, "displayOrder": order, "hidden": False}
            for order, (value, called) in enumerate(values)
        ]
    return body
