"""Writes to the setup over the row resources: who has which permission set, and what a set grants.

Source: Object Reference (PermissionSetAssignment, FieldPermissions, ObjectPermissions); wording of refusals is unverified.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce.admin.draft import ProblemError
from connectors.simulator.salesforce.admin.grant import check_actions
from connectors.simulator.salesforce.admin.setup import BUSINESS, PermissionSet, setup_id
from connectors.simulator.salesforce.admin.tables import COLUMNS, refresh
from connectors.simulator.salesforce.error import row_error
from connectors.simulator.salesforce.schema import ObjectType
from connectors.simulator.salesforce.table import Row

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg


def create(org: SalesforceOrg, kind: ObjectType, values: Mapping[str, Any]) -> str:
    """Returns the new row's id. Raises ApiError with `row` set."""
    _require_right(org)
    return _change(org, lambda: CREATORS[kind.name](org, values))


def update(org: SalesforceOrg, kind: ObjectType, row: Row, values: Mapping[str, Any]) -> str:
    _require_right(org)
    if kind.name not in ("ObjectPermissions", "FieldPermissions", "PermissionSet"):
        raise row_error("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields")
    return _change(org, lambda: UPDATERS[kind.name](org, {**row, **values}))


def delete(org: SalesforceOrg, kind: ObjectType, row: Row) -> None:
    _require_right(org)
    _change(org, lambda: _drop(org, kind.name, row))


def _require_right(org: SalesforceOrg) -> None:
    if "AssignPermissionSets" not in org.rights.of(org.caller).system:
        text = "insufficient access rights on cross-reference id"
        raise row_error("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", text, status=org.switches.no_access_status)


def _change(org: SalesforceOrg, act: Callable[[], str]) -> str:
    """Do it so that a transaction around it can undo it."""
    before, undo = org.setup, org.data.tables["User"].undo
    org.setup = before.copy()
    try:
        made = act()
    except BaseException:
        org.setup = before
        raise
    org.setup.touch()

    def restore() -> None:
        version = org.setup.version
        org.setup = before
        before.version = version + 1

    if undo is not None:
        undo.append(restore)
    refresh(org, "PermissionSet")
    return made


def _set(org: SalesforceOrg, key: Any) -> PermissionSet:
    found = org.setup.sets.get(str(key))
    if found is None:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "ParentId")
    return found


def _assign(org: SalesforceOrg, values: Mapping[str, Any]) -> str:
    user, chosen = (
        org.data.tables["User"].rows.get(str(values.get("AssigneeId"))),
        _set(org, values.get("PermissionSetId")),
    )
    if user is None:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "AssigneeId")
    if not user["IsActive"]:
        raise row_error(
            "FIELD_INTEGRITY_EXCEPTION", "User must be active to be assigned a permission set.", "AssigneeId"
        )
    if user["Id"] == org.user_id and not org.switches.integration_licence and chosen.objects:
        lacking = f"Read {next(iter(chosen.objects))}"
        text = f"Can't assign permission set {chosen.name} to user {user['Username']}. The user license doesn't allow the permission: {lacking}"
        raise row_error("FIELD_INTEGRITY_EXCEPTION", text, "PermissionSetId")
    for key, held in org.setup.assignments.items():
        if held == (user["Id"], chosen.id):
            text = f"duplicate value found: PermissionSetId duplicates value on record with id: {key}"
            raise row_error("DUPLICATE_VALUE", text)
    key = setup_id("0Pa", user["Id"], chosen.id)
    org.setup.assignments[key] = (user["Id"], chosen.id)
    return key


def _grant_field(org: SalesforceOrg, values: Mapping[str, Any]) -> str:
    parent, name = _set(org, values.get("ParentId")), str(values.get("Field"))
    object_name, _, field_name = name.partition(".")
    kind = org.data.objects.get(object_name.lower())
    item = kind.fields.get(field_name.lower()) if kind else None
    if kind is None or item is None or not item.secured:
        text = f"Field Name: bad value for restricted picklist field: {name}"
        raise row_error("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, "Field")
    read, edit = bool(values.get("PermissionsRead")), bool(values.get("PermissionsEdit"))
    if edit and not read:
        raise row_error("FIELD_INTEGRITY_EXCEPTION", f"Permission Edit {name} depends on permission(s): Read {name}")
    parent.fields[f"{kind.name}.{item.name}"] = (read, edit)
    return setup_id("01k", parent.id, f"{kind.name}.{item.name}")


def _grant_object(org: SalesforceOrg, values: Mapping[str, Any]) -> str:
    parent, name = _set(org, values.get("ParentId")), str(values.get("SobjectType"))
    if name not in BUSINESS and not (name in ("Task", "Event") and org.switches.activity_permissions):
        text = f"SObject Type Name: bad value for restricted picklist field: {name}"
        raise row_error("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, "SobjectType")
    actions = {action for action, column in COLUMNS.items() if values.get(column)}
    try:
        check_actions(name, actions)
    except ProblemError as error:
        raise row_error("FIELD_INTEGRITY_EXCEPTION", str(error)) from None
    parent.objects[name] = actions
    return setup_id("110", parent.id, name)


def _make_set(org: SalesforceOrg, values: Mapping[str, Any]) -> str:
    name = str(values.get("Name"))
    if org.setup.named(name):
        raise row_error("DUPLICATE_VALUE", "duplicate value found: Name duplicates value on record")
    made = PermissionSet(setup_id("0PS", "set", name), name, str(values.get("Label") or name))
    org.setup.sets[made.id] = made
    return made.id


def _rename_set(org: SalesforceOrg, values: Mapping[str, Any]) -> str:
    found = _set(org, values["Id"])
    found.label = str(values.get("Label") or found.label)
    return found.id


def _give_custom_permission(org: SalesforceOrg, values: Mapping[str, Any]) -> str:
    parent = _set(org, values.get("ParentId"))
    wanted = next((one for one in org.setup.custom_permissions.values() if one.id == values.get("SetupEntityId")), None)
    if wanted is None:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "SetupEntityId")
    parent.custom_permissions.add(wanted.name)
    return setup_id("0J0", parent.id, wanted.name)


def _drop(org: SalesforceOrg, name: str, row: Row) -> str:
    setup = org.setup
    if name == "PermissionSetAssignment":
        del setup.assignments[row["Id"]]
    elif name == "FieldPermissions":
        setup.sets[row["ParentId"]].fields.pop(row["Field"], None)
    elif name == "ObjectPermissions":
        setup.sets[row["ParentId"]].objects.pop(row["SobjectType"], None)
    elif name == "SetupEntityAccess":
        known = {one.id: one.name for one in setup.custom_permissions.values()}
        setup.sets[row["ParentId"]].custom_permissions.discard(known[row["SetupEntityId"]])
    else:
        if (
            any(which == row["Id"] for _, which in setup.assignments.values())
            and not org.switches.assigned_set_deletable
        ):
            text = "You can't delete this permission set because it's assigned to one or more users."
            raise row_error("DELETE_FAILED", text)
        setup.sets.pop(row["Id"])
        setup.assignments = {key: held for key, held in setup.assignments.items() if held[1] != row["Id"]}
    return row["Id"]


CREATORS: dict[str, Callable[[SalesforceOrg, Mapping[str, Any]], str]] = {
    "PermissionSet": _make_set,
    "PermissionSetAssignment": _assign,
    "ObjectPermissions": _grant_object,
    "FieldPermissions": _grant_field,
    "SetupEntityAccess": _give_custom_permission,
}
UPDATERS: dict[str, Callable[[SalesforceOrg, Mapping[str, Any]], str]] = {
    "PermissionSet": _rename_set,
    "ObjectPermissions": _grant_object,
    "FieldPermissions": _grant_field,
}
