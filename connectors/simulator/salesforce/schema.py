"""Objects and fields of the simulated org, and their describe. The objects of an org are put together in `standard.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

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
    """One field. Who may read and edit it is field-level security, which the permission sets hold (`admin/rights.py`)."""

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
    universal: bool = False
    """Required everywhere: of a custom field, its definition says so; nobody can be kept from it."""
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of a deployed field: its definition as it was given."""

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

    @property
    def secured(self) -> bool:
        """Whether field-level security applies; what is required or computed by the org is visible to everybody who
        may read the object (source: FieldPermissions; which standard fields exactly is unverified)."""
        if self.custom:
            return not self.universal
        part_of_name = self.compound == "Name" or self.name in ("Name", "RecordTypeId")
        return self.nillable and not part_of_name and (self.updateable or self.type == "address")

    def describe(self, editable: bool = True) -> dict[str, Any]:
        """All 57 keys of a field in a describe answer (API v59 recording); `editable` by the caller."""
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
            "createable": self.createable and editable,
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
            "inlineHelpText": self.metadata.get("inlineHelpText"),
            "label": self.label,
            "length": self.length,
            "mask": None,
            "maskType": None,
            "name": self.name,
            "nameField": self.name == "Name",
            "namePointing": self.polymorphic,
            "nillable": self.nillable,
            "permissionable": self.secured,
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
            "updateable": self.updateable and editable,
            "writeRequiresMasterRead": False,
        }

    def _describe_value(self, value: str) -> dict[str, Any]:
        chosen, label = value == self.default, self.metadata.get("labels", {}).get(value, value)
        return {"active": True, "defaultValue": chosen, "label": label, "validFor": None, "value": value}


class Guard(Protocol):
    """What whoever calls may do with an object and its fields."""

    def sees(self, kind: ObjectType, item: Field) -> bool: ...

    def edits(self, kind: ObjectType, item: Field) -> bool: ...

    def may(self, kind: ObjectType, action: str) -> bool: ...

    def translate(self, kind: ObjectType, described: dict[str, Any]) -> dict[str, Any]: ...


class _Open:
    """Without an org around it nobody is kept from anything."""

    def sees(self, kind: ObjectType, item: Field) -> bool:
        return True

    def edits(self, kind: ObjectType, item: Field) -> bool:
        return True

    def may(self, kind: ObjectType, action: str) -> bool:
        return True

    def translate(self, kind: ObjectType, described: dict[str, Any]) -> dict[str, Any]:
        return described


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
    guard: Guard = field(default_factory=_Open)

    @property
    def stamp(self) -> str:
        """The field that orders changes: history objects have no SystemModstamp."""
        return "SystemModstamp" if "systemmodstamp" in self.fields else "CreatedDate"

    def find(self, name: str) -> Field | None:
        """A field that the caller may read; None when unknown or hidden, which the API does not tell apart."""
        found = self.fields.get(name.lower())
        return found if found is not None and self.guard.sees(self, found) else None

    def find_relationship(self, name: str) -> Field | None:
        lower = name.lower()
        for item in self.fields.values():
            if item.relationship is not None and item.relationship.lower() == lower:
                return item if self.guard.sees(self, item) else None
        return None

    def readable(self) -> list[Field]:
        return [item for item in self.fields.values() if self.guard.sees(self, item)]

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
            "createable": self.createable and self.guard.may(self, "create"),
            "custom": self.name.endswith("__c"),
            "customSetting": False,
            "deepCloneable": False,
            "deletable": self.deletable and self.guard.may(self, "delete"),
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
            "updateable": self.updateable and self.guard.may(self, "edit"),
            "urls": {"rowTemplate": base + "/{ID}", "describe": base + "/describe", "sobject": base},
        }

    def describe(self, version: str, record_types: list[dict[str, Any]]) -> dict[str, Any]:
        """The full describe; `record_types` are its `recordTypeInfos`."""
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
            "recordTypeInfos": record_types,
            "searchLayoutable": True,
            "sobjectDescribeOption": "FULL",
            "supportedScopes": [],
            "fields": [
                self.guard.translate(self, item.describe(self.guard.edits(self, item))) for item in self.readable()
            ],
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
