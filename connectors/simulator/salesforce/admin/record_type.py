"""Record types: which values of a picklist a record of each may hold (source: RecordType metadata, UI API)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.simulator.kernel import Response
from connectors.simulator.salesforce.drift import MASTER, describe_record_types
from connectors.simulator.salesforce.error import ApiError, not_found, row_error
from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.table import Row

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

PICKLISTS = ("picklist", "multipicklist")


def offered(org: SalesforceOrg, record_type: str | None, item: Field) -> tuple[str, ...]:
    """Values of a picklist in one record type."""
    return org.setup.choices.get(record_type or "", {}).get(item.name, item.values)


def check_choice(org: SalesforceOrg, kind: ObjectType, item: Field, value: str, record_type: str | None) -> None:
    """Raises for a value of a restricted picklist that the record's type does not offer."""
    if item.type not in PICKLISTS or not item.restricted or record_type is None:
        return
    allowed = offered(org, record_type, item)
    for part in value.split(";"):
        if part not in allowed:
            text = f"{item.label}: bad value for restricted picklist field: {part}"
            raise row_error("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, item.name)


def choices_of(org: SalesforceOrg, row: Row) -> dict[str, Any]:
    """The metadata of a record type."""
    kind = org.data.objects[row["SobjectType"].lower()]
    held = org.setup.choices.get(row["Id"], {})
    lists = [
        {
            "picklist": item.name,
            "values": [
                {"valueName": value, "default": value == item.default} for value in held.get(item.name, item.values)
            ],
        }
        for item in kind.fields.values()
        if item.type in PICKLISTS and item.values and (item.custom or item.updateable)
    ]
    return {"label": row["Name"], "active": row["IsActive"], "description": None, "picklistValues": lists}


def set_choices(org: SalesforceOrg, row: Row, metadata: Mapping[str, Any]) -> None:
    """Replace what a record type offers. Raises ApiError for a value that the picklist does not have."""
    kind = org.data.objects[row["SobjectType"].lower()]
    made: dict[str, tuple[str, ...]] = {}
    for one in metadata.get("picklistValues") or []:
        item = kind.fields.get(str(one.get("picklist")).lower())
        if item is None:
            raise ApiError(
                "FIELD_INTEGRITY_EXCEPTION", f"Picklist {one.get('picklist')} not found", ("picklistValues",)
            )
        values = tuple(str(part.get("valueName") or part.get("fullName")) for part in one.get("values") or [])
        unknown = next((value for value in values if value not in item.values), None)
        if unknown is not None:
            text = f"Picklist value: {unknown} in picklist: {item.name} not found"
            raise ApiError("FIELD_INTEGRITY_EXCEPTION", text, ("picklistValues",))
        made[item.name] = values
    left = {name: () for name in org.setup.choices.get(row["Id"], {}) if name not in made}
    org.setup.choices[row["Id"]] = {**left, **made}
    org.setup.touch()
    org.touch_schema(kind)


def answer_object_info(org: SalesforceOrg, version: str, parts: list[str]) -> Response:
    """`ui-api/object-info/X` and `…/picklist-values/{recordTypeId}`, as the caller may see it. Raises ApiError."""
    kind = org.data.find_object(parts[0]) if parts else None
    if kind is None:
        raise ApiError(
            "INSUFFICIENT_ACCESS", f"You don't have access to this record. Ask your administrator: {parts}", status=403
        )
    if len(parts) == 1:
        infos = {one["recordTypeId"]: one for one in describe_record_types(org, kind)} or _master()
        default = org.setup.default_types.get(kind.name, MASTER)
        shown = {"apiName": kind.name, "label": kind.label, "keyPrefix": kind.prefix, "recordTypeInfos": infos}
        fields = {item.name: {"apiName": item.name, "dataType": item.type.capitalize()} for item in kind.readable()}
        return Response(200, {**shown, "defaultRecordTypeId": default, "fields": fields, "eTag": ""})
    if len(parts) != 3 or parts[1] != "picklist-values":
        raise not_found()
    known = {row["Id"] for row in org.data.tables["RecordType"].rows.values() if row["SobjectType"] == kind.name}
    if parts[2] not in known and parts[2] != MASTER:
        raise not_found("The requested resource does not exist")
    url = f"/services/data/v{version}/ui-api/object-info/{kind.name}/picklist-values/{parts[2]}"
    lists = {
        item.name: {
            "controllerValues": {},
            "defaultValue": None,
            "eTag": "",
            "url": f"{url}/{item.name}",
            "values": [
                {
                    "attributes": None,
                    "label": item.metadata.get("labels", {}).get(value, value),
                    "validFor": [],
                    "value": value,
                }
                for value in offered(org, parts[2], item)
            ],
        }
        for item in kind.readable()
        if item.type in PICKLISTS
    }
    return Response(200, {"eTag": "", "picklistFieldValues": lists})


def _master() -> dict[str, Any]:
    return {
        MASTER: {
            "available": True,
            "defaultRecordTypeMapping": True,
            "master": True,
            "name": "Master",
            "recordTypeId": MASTER,
        }
    }
