"""Objects and fields of the simulated org, and their describe. The field tables are in `standard.py`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

TEXT_TYPES = frozenset({"string", "textarea", "picklist", "combobox", "email", "phone", "url", "multipicklist"})
NUMBER_TYPES = frozenset({"double", "currency", "percent"})
SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "address": "urn:address",
    "anyType": "xsd:anyType",
}


@dataclass(slots=True)
class Field:
    """One field as the integration user meets it: `readable` and `editable` are its field-level security."""

    name: str
    type: str
    label: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted: bool = False
    filterable: bool = True
    sortable: bool = True
    groupable: bool = True
    restricted: bool = False
    values: tuple[str, ...] = ()
    default: Any = None
    refers_to: tuple[str, ...] = ()
    relationship: str | None = None
    compound: str | None = None
    external_id: bool = False
    unique: bool = False
    readable: bool = True
    editable: bool = True

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def polymorphic(self) -> bool:
        return len(self.refers_to) > 1

    @property
    def required(self) -> bool:
        """Required on create (source: describe, createable and not nillable and not defaulted)."""
        return self.createable and not self.nillable and not self.defaulted

    def describe(self) -> dict[str, Any]:
        """All 57 keys of a field in a describe answer (API v59 recording)."""
        long_text = self.type == "textarea" and self.length > 255
        return {
            "aggregatable": self.filterable and self.type not in ("boolean", "address"),
            "aiPredictionField": False,
            "autoNumber": False,
            "byteLength": self.length if self.type in ("id", "reference") else self.length * 3,
            "calculated": False,
            "calculatedFormula": None,
            "cascadeDelete": False,
            "caseSensitive": False,
            "compoundFieldName": self.compound,
            "controllerName": None,
            "createable": self.createable and self.editable,
            "custom": self.custom,
            "defaultValue": self.default,
            "defaultValueFormula": None,
            "defaultedOnCreate": self.defaulted,
            "dependentPicklist": False,
            "deprecatedAndHidden": False,
            "digits": 8 if self.type == "int" else 0,
            "displayLocationInDecimal": False,
            "encrypted": False,
            "externalId": self.external_id,
            "extraTypeInfo": "plaintextarea" if long_text else None,
            "filterable": self.filterable,
            "filteredLookupInfo": None,
            "formulaTreatNullNumberAsZero": False,
            "groupable": self.groupable,
            "highScaleNumber": False,
            "htmlFormatted": False,
            "idLookup": self.type == "id" or self.name == "Email" or self.external_id,
            "inlineHelpText": None,
            "label": self.label,
            "length": self.length,
            "mask": None,
            "maskType": None,
            "name": self.name,
            "nameField": self.name == "Name",
            "namePointing": self.polymorphic,
            "nillable": self.nillable,
            "permissionable": self.custom or (self.nillable and self.updateable),
            "picklistValues": [self._describe_value(value) for value in self.values],
            "polymorphicForeignKey": self.polymorphic,
            "precision": self.precision,
            "queryByDistance": False,
            "referenceTargetField": None,
            "referenceTo": list(self.refers_to),
            "relationshipName": self.relationship,
            "relationshipOrder": None,
            "restrictedDelete": False,
            "restrictedPicklist": self.restricted,
            "scale": self.scale,
            "searchPrefilterable": False,
            "soapType": SOAP_TYPES.get(self.type, "xsd:string"),
            "sortable": self.sortable,
            "type": self.type,
            "unique": self.unique,
            "updateable": self.updateable and self.editable,
            "writeRequiresMasterRead": False,
        }

    def _describe_value(self, value: str) -> dict[str, Any]:
        chosen = value == self.default
        return {"active": True, "defaultValue": chosen, "label": value, "validFor": None, "value": value}


@dataclass(slots=True)
class ObjectType:
    """One object of the org. Lookups ignore case, as the API does."""

    name: str
    prefix: str
    label: str = ""
    plural: str = ""
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    replicateable: bool = True
    mergeable: bool = False
    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    """By lower-case name."""
    children: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Child relationship (lower case) to child object and its field."""
    child_names: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def stamp(self) -> str:
        """The field that orders changes: history objects have no SystemModstamp."""
        return "SystemModstamp" if "systemmodstamp" in self.fields else "CreatedDate"

    def find(self, name: str) -> Field | None:
        """A field the integration user may read; None when unknown or hidden, which the API does not tell apart."""
        found = self.fields.get(name.lower())
        return found if found is not None and found.readable else None

    def find_relationship(self, name: str) -> Field | None:
        lower = name.lower()
        for item in self.fields.values():
            if item.relationship is not None and item.relationship.lower() == lower and item.readable:
                return item
        return None

    def readable(self) -> list[Field]:
        return [item for item in self.fields.values() if item.readable]

    def add(self, fields: Iterable[Field]) -> None:
        for item in fields:
            self.fields[item.name.lower()] = item

    def summary(self, version: str) -> dict[str, Any]:
        """The object as the global describe lists it."""
        base = f"/services/data/v{version}/sobjects/{self.name}"
        return {
            "activateable": False,
            "associateEntityType": None,
            "associateParentEntity": None,
            "createable": self.createable,
            "custom": self.name.endswith("__c"),
            "customSetting": False,
            "deepCloneable": False,
            "deletable": self.deletable,
            "deprecatedAndHidden": False,
            "feedEnabled": False,
            "hasSubtypes": False,
            "isInterface": False,
            "isSubtype": False,
            "keyPrefix": self.prefix,
            "label": self.label,
            "labelPlural": self.plural,
            "layoutable": self.createable,
            "mergeable": self.mergeable,
            "mruEnabled": self.createable,
            "name": self.name,
            "queryable": True,
            "replicateable": self.replicateable,
            "retrieveable": True,
            "searchable": self.createable,
            "triggerable": self.createable,
            "undeletable": self.deletable,
            "updateable": self.updateable,
            "urls": {"rowTemplate": base + "/{ID}", "describe": base + "/describe", "sobject": base},
        }

    def describe(self, version: str) -> dict[str, Any]:
        return {
            "actionOverrides": [],
            **self.summary(version),
            "childRelationships": [self._describe_child(name) for name in self.children],
            "compactLayoutable": True,
            "defaultImplementation": None,
            "extendedBy": None,
            "extendsInterfaces": None,
            "implementedBy": None,
            "implementsInterfaces": None,
            "listviewable": None,
            "lookupLayoutable": None,
            "namedLayoutInfos": [],
            "networkScopeFieldName": None,
            "recordTypeInfos": [],
            "searchLayoutable": True,
            "sobjectDescribeOption": "FULL",
            "supportedScopes": [],
            "fields": [item.describe() for item in self.readable()],
        }

    def _describe_child(self, name: str) -> dict[str, Any]:
        child, by = self.children[name]
        return {
            "cascadeDelete": False,
            "childSObject": child,
            "deprecatedAndHidden": False,
            "field": by,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": self.child_names[name],
            "restrictedDelete": False,
        }


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
    item.readable = bool(spec.get("readable", True))
    item.editable = bool(spec.get("editable", True)) and item.readable
    return item


def _read_values(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(value["value"]) if isinstance(value, dict) else str(value) for value in values)
