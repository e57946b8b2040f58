"""How fields come to be: from the tables in `record_fields.py` and `setup_fields.py`, and from definitions that an admin or a test adds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from connectors.simulator.salesforce.schema import NUMBER_TYPES, TEXT_TYPES, Field

LINE = re.compile(
    r"(\w+) (\w+)(?:\((\d+)(?:\.(\d+))?\))?(?: >([\w,]+)(?::(\w+))?)?((?: [a-z!]+(?:=\w+)?)*)(?: = (.+))?"
)


def parse_fields(table: str) -> list[Field]:
    """Read a field table: `Name type(length or precision.scale) >Target,Target:Relationship flags = values`.

    Flags: `ro` never written, `oncreate` written on create only, `!` not nillable, `dflt` defaulted on create,
    `restricted`, `nofilter`, `of=Compound`. A `*` after a value marks the default.
    """
    return [_parse_line(line.strip()) for line in table.splitlines() if line.strip()]


def _parse_line(line: str) -> Field:
    match = LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"field table line not understood: {line!r}")
    name, kind, size, scale, targets, relationship, flag_text, value_text = match.groups()
    flags: dict[str, str] = {part.partition("=")[0]: part.partition("=")[2] for part in flag_text.split()}
    values = value_text.split("|") if value_text else []
    chosen = next((value.rstrip("*") for value in values if value.endswith("*")), None)
    item = make_field(name, kind, length=int(size or 0), scale=int(scale or 0))
    item.refers_to = tuple(targets.split(",")) if targets else ()
    item.relationship = relationship
    item.values = tuple(value.rstrip("*") for value in values)
    item.default = False if kind == "boolean" else chosen
    item.nillable = "!" not in flags
    item.createable = "ro" not in flags
    item.updateable = "ro" not in flags and "oncreate" not in flags
    item.defaulted = "dflt" in flags or kind == "boolean"
    item.restricted = "restricted" in flags
    item.compound = flags.get("of") or None
    if "nofilter" in flags:
        item.filterable = item.sortable = item.groupable = False
    return item


def make_field(name: str, kind: str, *, label: str = "", length: int = 0, scale: int = 0) -> Field:
    """A field with what its type implies: lengths, and that long text can be neither filtered nor sorted."""
    item = Field(name, kind, label or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("__c")).replace("_", " "))
    if kind in ("id", "reference"):
        item.length = 18
    elif kind in NUMBER_TYPES:
        item.precision, item.scale, item.groupable = length or 18, scale, False
    elif kind in TEXT_TYPES:
        item.length = length or 255
    if kind in ("datetime", "address"):
        item.groupable = False
    if kind == "boolean":
        item.nillable, item.defaulted, item.default = False, True, False
    if kind in ("multipicklist", "address"):
        item.sortable = item.groupable = False
    if kind == "address":
        item.filterable = item.createable = item.updateable = False
    if kind == "textarea" and item.length > 255:
        item.filterable = item.sortable = item.groupable = False
    return item


API_TYPES = {
    "text": "string",
    "longtextarea": "textarea",
    "long_text": "textarea",
    "checkbox": "boolean",
    "number": "double",
    "multiselectpicklist": "multipicklist",
}


def define_field(spec: dict[str, Any]) -> Field:
    """A custom field from a control or world event: name, label, type, length, scale, values, restricted, …"""
    kind = str(spec["type"])
    kind = API_TYPES.get(kind.lower(), kind.lower())
    item = make_field(
        spec["name"],
        kind,
        label=spec.get("label") or "",
        length=int(spec.get("length") or spec.get("precision") or 0),
        scale=int(spec.get("scale") or 0),
    )
    item.values = _read_values(spec.get("values") or spec.get("picklistValues") or spec.get("picklist") or ())
    item.restricted = bool(spec.get("restricted", False))
    item.external_id = bool(spec.get("external_id") or spec.get("externalId"))
    item.unique = bool(spec.get("unique"))
    return item


def _read_values(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(value["value"]) if isinstance(value, dict) else str(value) for value in values)
