"""Permission sets from their definitions (source: Metadata API Guide, PermissionSet)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.simulator.salesforce.admin.draft import Draft, Outcome, ProblemError
from connectors.simulator.salesforce.admin.package import Component, as_list, true
from connectors.simulator.salesforce.admin.setup import BUSINESS, USER_PERMISSIONS, PermissionSet, setup_id

DEPENDS = {
    "create": ("read",),
    "edit": ("read",),
    "delete": ("read", "edit"),
    "view_all": ("read",),
    "modify_all": ("read", "edit", "delete", "view_all"),
}
ALLOWS = {
    "allowRead": "read",
    "allowCreate": "create",
    "allowEdit": "edit",
    "allowDelete": "delete",
    "viewAllRecords": "view_all",
    "modifyAllRecords": "modify_all",
}
WORDS = {
    "read": "Read",
    "create": "Create",
    "edit": "Edit",
    "delete": "Delete",
    "view_all": "View All",
    "modify_all": "Modify All",
}


def deploy_permission_set(draft: Draft, one: Component) -> Outcome:
    """What is deployed takes the place of all that the set held."""
    if not one.content.get("label"):
        raise ProblemError("Required field is missing: label")
    old = draft.setup.named(one.full_name)
    made = PermissionSet(
        old.id if old else setup_id("0PS", "set", one.full_name), one.full_name, str(one.content["label"])
    )
    made.description = str(one.content.get("description") or "")
    for part in as_list(one.content.get("userPermissions")):
        _grant_user_permission(made, part)
    for part in as_list(one.content.get("customPermissions")):
        if part["name"] not in draft.setup.custom_permissions:
            raise ProblemError(f"In field: customPermission - no CustomPermission named {part['name']} found")
        if true(part.get("enabled")):
            made.custom_permissions.add(str(part["name"]))
    for part in as_list(one.content.get("objectPermissions")):
        _grant_object(draft, made, part)
    for part in as_list(one.content.get("fieldPermissions")):
        _grant_field(draft, made, part)
    draft.setup.sets[made.id] = made
    return Outcome(created=old is None, changed=old != made, id=made.id)


def _grant_user_permission(made: PermissionSet, part: Mapping[str, Any]) -> None:
    name = str(part.get("name"))
    if name not in USER_PERMISSIONS:
        raise ProblemError(f"Unknown user permission: {name}")
    if true(part.get("enabled")):
        made.user_permissions.add(name)


def _grant_object(draft: Draft, made: PermissionSet, part: Mapping[str, Any]) -> None:
    name = str(part.get("object"))
    granting = name in BUSINESS or (name in ("Task", "Event") and draft.org.switches.activity_permissions)
    if draft.object(name) is None or not granting:
        raise ProblemError(f"In field: field - no CustomObject named {name} found")
    actions = {action for key, action in ALLOWS.items() if true(part.get(key))}
    check_actions(name, actions)
    made.objects[name] = actions


def check_actions(name: str, actions: set[str]) -> None:
    """Raises ProblemError where one permission needs another."""
    for action in sorted(actions, key=list(WORDS).index):
        lacking = [needed for needed in DEPENDS.get(action, ()) if needed not in actions]
        if lacking:
            needed = ", ".join(f"{WORDS[one]} {name}" for one in lacking)
            raise ProblemError(f"Permission {WORDS[action]} {name} depends on permission(s): {needed}")


def _grant_field(draft: Draft, made: PermissionSet, part: Mapping[str, Any]) -> None:
    full_name = str(part.get("field"))
    item = draft.find_field(full_name)
    if item is None:
        raise ProblemError(f"In field: field - no CustomField named {full_name} found")
    if not item.secured:
        raise ProblemError(f"You cannot deploy to a required field: {full_name}")
    edit = true(part.get("editable"))
    read = true(part.get("readable")) or edit
    if edit and not item.updateable and item.type != "address":
        raise ProblemError(f"Field {full_name} is not editable")
    object_name = full_name.partition(".")[0]
    if read:
        made.fields[f"{object_name}.{item.name}"] = (read, edit)
