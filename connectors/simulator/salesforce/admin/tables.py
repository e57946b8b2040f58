"""The setup as rows: what SOQL and the row resources show of permission sets, fields, list views and rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce.admin.setup import ACTIONS, USER_PERMISSIONS, setup_id
from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.table import Row, Table

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

COLUMNS = {
    "read": "PermissionsRead",
    "create": "PermissionsCreate",
    "edit": "PermissionsEdit",
    "delete": "PermissionsDelete",
    "view_all": "PermissionsViewAllRecords",
    "modify_all": "PermissionsModifyAllRecords",
}
METADATA_TYPES = {
    "string": "Text",
    "textarea": "TextArea",
    "picklist": "Picklist",
    "multipicklist": "MultiselectPicklist",
    "double": "Number",
    "currency": "Currency",
    "percent": "Percent",
    "boolean": "Checkbox",
    "date": "Date",
    "datetime": "DateTime",
    "email": "Email",
    "phone": "Phone",
    "url": "Url",
    "reference": "Lookup",
    "int": "Number",
}
"""Type in a describe to the type in metadata."""


def refresh(org: SalesforceOrg, text: str) -> None:
    """Bring the rows up to date if a text names any of these objects."""
    if not _NAMES.search(text):
        return
    at = (org.setup.version, org.schema_version)
    if at == org.tables_at:
        return
    org.tables_at = at
    stamp = max(org.schema_at.values()).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    audit = {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp}
    audit |= {"CreatedById": org.admin_id, "LastModifiedById": org.admin_id}
    for name, make in FILLERS.items():
        kind = org.data.objects[name.lower()]
        table = Table(kind)
        for row in make(org):
            table.put({**{item.name: None for item in kind.fields.values()}, **audit, **row})
        table.undo = org.data.tables[name].undo
        org.data.tables[name] = table


def _sets(org: SalesforceOrg) -> Iterator[Row]:
    for one in org.setup.sets.values():
        held = {f"Permissions{name}": name in one.user_permissions for name in USER_PERMISSIONS}
        kind = {"Type": "Profile" if one.profile else "Regular", "IsOwnedByProfile": bool(one.profile)}
        named = {"Name": one.name, "Label": one.label, "Description": one.description or None}
        yield {"Id": one.id, "ProfileId": one.profile or None, "IsCustom": not one.profile, **named, **kind, **held}


def _assignments(org: SalesforceOrg) -> Iterator[Row]:
    for key, (user, which) in org.setup.assignments.items():
        yield {"Id": key, "AssigneeId": user, "PermissionSetId": which, "IsActive": True}


def _object_permissions(org: SalesforceOrg) -> Iterator[Row]:
    for one in org.setup.sets.values():
        for name, actions in one.objects.items():
            held = {COLUMNS[action]: action in actions for action in ACTIONS}
            yield {"Id": setup_id("110", one.id, name), "ParentId": one.id, "SobjectType": name, **held}


def _field_permissions(org: SalesforceOrg) -> Iterator[Row]:
    for one in org.setup.sets.values():
        for name, (read, edit) in one.fields.items():
            if read:
                held = {"PermissionsRead": read, "PermissionsEdit": edit}
                place = {"SobjectType": name.partition(".")[0], "Field": name}
                yield {"Id": setup_id("01k", one.id, name), "ParentId": one.id, **place, **held}


def _entity_access(org: SalesforceOrg) -> Iterator[Row]:
    for one in org.setup.sets.values():
        for name in one.custom_permissions:
            target = org.setup.custom_permissions[name].id
            entity = {"SetupEntityId": target, "SetupEntityType": "CustomPermission"}
            yield {"Id": setup_id("0J0", one.id, name), "ParentId": one.id, **entity}


def _custom_permissions(org: SalesforceOrg) -> Iterator[Row]:
    for one in org.setup.custom_permissions.values():
        yield {"Id": one.id, "DeveloperName": one.name, "MasterLabel": one.label}


def _list_views(org: SalesforceOrg) -> Iterator[Row]:
    for one in org.setup.list_views.values():
        named = {"Name": one.content.get("label"), "DeveloperName": one.name}
        yield {"Id": one.id, "SobjectType": one.object, "IsSoqlCompatible": True, **named}


def _entities(org: SalesforceOrg) -> Iterator[Row]:
    for kind in org.data.objects.values():
        model = org.setup.sharing.get(kind.name, "ReadWrite")
        named = {"QualifiedApiName": kind.name, "DeveloperName": kind.name, "Label": kind.label}
        shared = {"InternalSharingModel": model, "ExternalSharingModel": "Private"}
        more = {"PluralLabel": kind.plural, "KeyPrefix": kind.prefix, "IsQueryable": True, "IsCustomizable": True}
        yield {"Id": kind.name, "DurableId": kind.name, **named, **shared, **more}


def _definitions(org: SalesforceOrg) -> Iterator[Row]:
    for kind in org.data.objects.values():
        for item in kind.fields.values():
            name = item.name.removesuffix("__c")
            named = {"QualifiedApiName": item.name, "DeveloperName": name, "Label": item.label}
            sizes = {"Length": item.length, "Precision": item.precision, "Scale": item.scale}
            durable = f"{kind.name}.{item.name if not item.custom else field_id(kind, item)[:15]}"
            more = {"DataType": _shown_type(item), "IsNillable": item.nillable, "EntityDefinitionId": kind.name}
            yield {"Id": durable, "DurableId": durable, "MasterLabel": item.label, **named, **sizes, **more}


def _custom_fields(org: SalesforceOrg) -> Iterator[Row]:
    for kind in org.data.objects.values():
        for item in kind.fields.values():
            if item.custom:
                described = field_metadata(item)
                place = {"TableEnumOrId": kind.name, "EntityDefinitionId": kind.name}
                named = {"DeveloperName": item.name.removesuffix("__c"), "FullName": f"{kind.name}.{item.name}"}
                texts = {"Description": described.get("description"), "InlineHelpText": described.get("inlineHelpText")}
                yield {"Id": field_id(kind, item), "Metadata": described, **place, **named, **texts}


def _rules(org: SalesforceOrg) -> Iterator[Row]:
    for full_name, rule in org.setup.rules.items():
        place = {"EntityDefinitionId": rule.object, "ValidationName": rule.name, "FullName": full_name}
        said = {"Active": rule.active, "ErrorMessage": rule.message, "ErrorDisplayField": rule.shown_at or None}
        more = {"Description": rule.description or None, "Metadata": rule.metadata()}
        yield {"Id": setup_id("03d", full_name), **place, **said, **more}


FILLERS: dict[str, Callable[[SalesforceOrg], Iterator[Row]]] = {
    "PermissionSet": _sets,
    "PermissionSetAssignment": _assignments,
    "ObjectPermissions": _object_permissions,
    "FieldPermissions": _field_permissions,
    "SetupEntityAccess": _entity_access,
    "CustomPermission": _custom_permissions,
    "ListView": _list_views,
    "EntityDefinition": _entities,
    "FieldDefinition": _definitions,
    "CustomField": _custom_fields,
    "ValidationRule": _rules,
}
TOOLING_ONLY = frozenset({"CustomField", "ValidationRule", "ApexTrigger", "WorkflowRule"})
_NAMES = re.compile("|".join([*FILLERS, "AssigneeId", "Assignments"]), re.IGNORECASE)


def field_id(kind: ObjectType, item: Field) -> str:
    return setup_id("00N", kind.name, item.name)


def _shown_type(item: Field) -> str:
    """Type as FieldDefinition shows it, such as "Text(255)" (unverified beyond the usual ones)."""
    name = METADATA_TYPES.get(item.type, item.type.capitalize())
    if item.type == "string":
        return f"{name}({item.length})"
    if item.type == "textarea" and item.length > 255:
        return f"Long Text Area({item.length})"
    if item.type == "double":
        return f"{name}({item.precision - item.scale}, {item.scale})"
    shown = {"MultiselectPicklist": "Picklist (Multi-Select)", "DateTime": "Date/Time", "TextArea": "Text Area"}
    return shown.get(name, name)


def field_metadata(item: Field) -> dict[str, Any]:
    """The definition of a custom field as Tooling gives it: as deployed, else put together from the field."""
    if item.metadata.get("given"):
        return dict(item.metadata["given"])
    long_text = item.type == "textarea" and item.length > 255
    made: dict[str, Any] = {"type": "LongTextArea" if long_text else METADATA_TYPES.get(item.type, "Text")}
    made["label"] = item.label
    if made["type"] in ("Text", "LongTextArea"):
        made["length"] = item.length
    if item.type in ("double", "currency", "percent"):
        made |= {"precision": item.precision, "scale": item.scale}
    if item.type in ("picklist", "multipicklist"):
        values = [{"valueName": value, "label": value, "default": False} for value in item.values]
        definition = {"sorted": False, "value": values}
        made["valueSet"] = {"restricted": item.restricted, "valueSetDefinition": definition}
    return made
