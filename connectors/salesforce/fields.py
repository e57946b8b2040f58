"""Our fields in Salesforce: one table from flag to API name, metadata type and wire value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from connectors.kit.instant import instant_fact, read_number
from connectors.salesforce.streams import STREAMS
from sync.core.model.flags import FLAG_FIELDS, NO_FLAGS, FlagField, Flags, FlagType, FlagValue, fields_on
from sync.core.model.records import Kind
from sync.errors import BugError
from sync.outfit import InputType

_UPPER = {"sql": "SQL", "is": "IS", "fs": "FS", "sla": "SLA", "ng": "NG"}
METADATA_TYPES: Mapping[FlagType | InputType, str] = {
    FlagType.CHOICE: "Picklist",
    FlagType.MULTI_CHOICE: "MultiselectPicklist",
    FlagType.NUMBER: "Number",
    FlagType.INSTANT: "DateTime",
    FlagType.TEXT: "Text",
    FlagType.LONG_TEXT: "LongTextArea",
    InputType.DAY: "Date",
    InputType.YES_NO: "Checkbox",
}


def _api_name(flag: str) -> str:
    return "Baton_" + "_".join(_UPPER.get(part, part.capitalize()) for part in flag.split("_")) + "__c"


_TYPES: Mapping[str, FlagType] = {flag.name: flag.type for flag in FLAG_FIELDS}
WIRE_NAMES: Mapping[str, str] = {name: _api_name(name) for name in _TYPES}
"""Flag → its custom field."""


@cache
def wire_names(stream: str, chosen: frozenset[str] = frozenset()) -> Mapping[str, str]:
    """Our fields on this object: a deal has some of its own; wherever else we write it is a person."""
    deal = stream in STREAMS and STREAMS[stream].kind is Kind.DEAL
    return {flag.name: WIRE_NAMES[flag.name] for flag in fields_on(Kind.DEAL if deal else Kind.PERSON, chosen)}


def to_wire(flags: Flags, stream: str, chosen: frozenset[str] = frozenset()) -> dict[str, FlagValue]:
    """The body of a write. The only door: a name that is no flag of this object is a bug and stops everything."""
    own = wire_names(stream, chosen)
    unknown = sorted(name for name, value in flags.items() if name not in own and not _is_bare(name, value))
    if unknown:
        raise BugError(f"not ours to write in Salesforce: {', '.join(unknown)}")
    return {own[name]: value for name, value in flags.items() if name in own}


def _is_bare(name: str, value: FlagValue) -> bool:
    """A flag without a field here that says nothing either: full sets hold every name."""
    return name in WIRE_NAMES and value is None


def from_wire(record: Mapping[str, Any]) -> Flags:
    """Every flag as the record holds it, canonical; a field that is missing from it reads as empty."""
    held = {name: value for name, wire in WIRE_NAMES.items() if (value := record.get(wire)) is not None}
    if not held:
        return {**NO_FLAGS}  # most records
    return {**NO_FLAGS, **{name: _canonical(_TYPES[name], value) for name, value in held.items()}}


def _canonical(type_: FlagType, value: Any) -> FlagValue:
    if value is None or value == "":
        return None
    if type_ is FlagType.NUMBER:
        return read_number(value)
    if type_ is FlagType.INSTANT:
        return instant_fact(value)
    return str(value).replace("\r\n", "\n")


def field_metadata(
    flag: FlagField, choices: Sequence[str] = (), labels: Mapping[str, str] | None = None, *, japanese: bool = True
) -> dict[str, Any]:
    """The `Metadata` of a CustomField for this flag.

    `choices` are the values of flags whose list depends on the mapping (items, criteria); `labels` their names.
    """
    values = [(value, (labels or {}).get(value, value)) for value in flag.choices or choices]
    return custom_field(flag.type, flag.label_ja if japanese else flag.label_en, values, flag.length)


def custom_field(
    type_: FlagType | InputType, label: str, values: Sequence[tuple[str, str]] = (), length: int = 255
) -> dict[str, Any]:
    """The `Metadata` of a CustomField (source: Metadata API Developer Guide, CustomField). `values`: (value, label).

    Picklists are unrestricted: a value that a record type does not offer can still be written by the API.
    """
    metadata: dict[str, Any] = {"type": METADATA_TYPES[type_], "label": label}
    if type_ is FlagType.NUMBER:
        return {**metadata, "precision": length, "scale": 0}
    if type_ is FlagType.TEXT:
        return {**metadata, "length": length}
    if type_ is FlagType.LONG_TEXT:
        return {**metadata, "length": length, "visibleLines": 10}
    if type_ is InputType.YES_NO:
        return {**metadata, "defaultValue": False}
    if type_ not in (FlagType.CHOICE, FlagType.MULTI_CHOICE):
        return metadata
    listed = [{"fullName": value, "default": False, "label": called} for value, called in values]
    metadata["valueSet"] = {"restricted": False, "valueSetDefinition": {"sorted": False, "value": listed}}
    return {**metadata, "visibleLines": 8} if type_ is FlagType.MULTI_CHOICE else metadata
