"""Deletes components, as destructiveChanges.xml names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.simulator.salesforce.admin.draft import Draft, Outcome, ProblemError
from connectors.simulator.salesforce.admin.package import Component, as_list

ORDER = ("ValidationRule", "ListView", "PermissionSet", "CustomPermission", "CustomObjectTranslation", "CustomField")
"""Within one file, what uses goes before what is used."""


def in_order(components: list[Component]) -> list[Component]:
    return sorted(components, key=lambda one: ORDER.index(one.type) if one.type in ORDER else len(ORDER))


def remove(draft: Draft, one: Component) -> Outcome:
    """Delete one component. Raises ProblemError for what is not there or still in use."""
    handler = HANDLERS.get(one.type)
    if handler is None:
        raise ProblemError(f"The simulated org does not delete components of type {one.type}")
    handler(draft, one)
    return Outcome(deleted=True, changed=True)


def _missing(one: Component) -> ProblemError:
    return ProblemError(f"No {one.type} named: {one.full_name} found")


def _remove_field(draft: Draft, one: Component) -> None:
    item = draft.find_field(one.full_name)
    if item is None:
        raise _missing(one)
    if not item.custom:
        raise ProblemError("Cannot delete a standard field")
    object_name = one.full_name.partition(".")[0]
    full_name = f"{object_name}.{item.name}"
    for name, rule in draft.setup.rules.items():
        if rule.uses(object_name, item.name):
            raise ProblemError(_referenced(f"Validation Rule - {name.partition('.')[2]}"))
    for view in draft.setup.list_views.values():
        used = [
            *as_list(view.content.get("columns")),
            *(part.get("field") for part in as_list(view.content.get("filters"))),
        ]
        if view.object == object_name and item.name in used:
            raise ProblemError(_referenced(f"List View - {view.content.get('label')}"))
    draft.fields_of(object_name).pop(item.name.lower())
    draft.deleted.append((object_name, item.name))
    draft.setup.forget_field(full_name)


def _referenced(by: str) -> str:
    return f"This custom field is referenced elsewhere in salesforce.com. : {by}"


def _remove_set(draft: Draft, one: Component) -> None:
    found = draft.setup.named(one.full_name)
    if found is None:
        raise _missing(one)
    held = [key for key, (_, which) in draft.setup.assignments.items() if which == found.id]
    if held and not draft.org.switches.assigned_set_deletable:
        raise ProblemError("You can't delete this permission set because it's assigned to one or more users.")
    for key in held:
        del draft.setup.assignments[key]
    del draft.setup.sets[found.id]


def _remove_custom_permission(draft: Draft, one: Component) -> None:
    if draft.setup.custom_permissions.pop(one.full_name, None) is None:
        raise _missing(one)
    for rule in draft.setup.rules.values():
        if rule.uses_permission(one.full_name):
            raise ProblemError(f"This custom permission is referenced elsewhere : Validation Rule - {rule.name}")
    for held in draft.setup.sets.values():
        held.custom_permissions.discard(one.full_name)


def _remove_from(rows: Callable[[Draft], dict[str, Any]]) -> Callable[[Draft, Component], None]:
    def handler(draft: Draft, one: Component) -> None:
        if rows(draft).pop(one.full_name, None) is None:
            raise _missing(one)

    return handler


def _remove_translation(draft: Draft, one: Component) -> None:
    object_name, _, language = one.full_name.partition("-")
    labels = draft.setup.labels.get(language, {})
    for name in [name for name in labels if name.startswith(f"{object_name}.")]:
        del labels[name]


HANDLERS: dict[str, Callable[[Draft, Component], None]] = {
    "CustomField": _remove_field,
    "PermissionSet": _remove_set,
    "CustomPermission": _remove_custom_permission,
    "ListView": _remove_from(lambda draft: draft.setup.list_views),
    "ValidationRule": _remove_from(lambda draft: draft.setup.rules),
    "CustomObjectTranslation": _remove_translation,
}
