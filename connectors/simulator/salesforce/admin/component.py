"""Deploys and deletes one component at a time into a draft. The wording of refusals is the vendor's as far as public
deployment logs show it; what they do not show is marked unverified in the simulator's README.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.simulator.salesforce.admin.draft import Draft, Outcome, ProblemError
from connectors.simulator.salesforce.admin.field import deploy_field
from connectors.simulator.salesforce.admin.grant import deploy_permission_set
from connectors.simulator.salesforce.admin.package import Component, as_list
from connectors.simulator.salesforce.admin.rule import make_rule
from connectors.simulator.salesforce.admin.setup import CustomPermission, ListView, setup_id

ELEMENTS = {
    "CustomField": frozenset(
        [
            "fullName",
            "businessOwnerGroup",
            "businessOwnerUser",
            "businessStatus",
            "caseSensitive",
            "complianceGroup",
            "isActive",
            "defaultValue",
            "deleteConstraint",
            "description",
            "displayFormat",
            "externalId",
            "formula",
            "formulaTreatBlanksAs",
            "inlineHelpText",
            "label",
            "length",
            "lookupFilter",
            "maskChar",
            "maskType",
            "precision",
            "referenceTo",
            "relationshipLabel",
            "relationshipName",
            "relationshipOrder",
            "required",
            "scale",
            "securityClassification",
            "startingNumber",
            "trackFeedHistory",
            "trackHistory",
            "trackTrending",
            "translateData",
            "type",
            "unique",
            "valueSet",
            "visibleLines",
        ]
    ),
    "ListView": frozenset(
        [
            "fullName",
            "booleanFilter",
            "columns",
            "division",
            "filterScope",
            "filters",
            "label",
            "language",
            "queue",
            "sharedTo",
        ]
    ),
    "ValidationRule": frozenset(
        ["fullName", "active", "description", "errorConditionFormula", "errorDisplayField", "errorMessage"]
    ),
    "PermissionSet": frozenset(
        [
            "applicationVisibilities",
            "classAccesses",
            "customMetadataTypeAccesses",
            "customPermissions",
            "customSettingAccesses",
            "description",
            "externalDataSourceAccesses",
            "fieldPermissions",
            "flowAccesses",
            "hasActivationRequired",
            "label",
            "license",
            "objectPermissions",
            "pageAccesses",
            "recordTypeVisibilities",
            "tabSettings",
            "userPermissions",
        ]
    ),
    "CustomPermission": frozenset(["connectedApp", "description", "isLicensed", "label", "requiredPermission"]),
}
SCOPES = frozenset(
    ["Everything", "Mine", "Queue", "Delegated", "MyTerritory", "MyTeamTerritory", "Team", "AssignedToMe", "SalesTeam"]
)
LIST_COLUMN = re.compile(r"[A-Z][A-Z0-9_.]*")
"""Standard columns of list views have names of their own, such as LEAD.STATUS, which are taken as they come."""


def deploy(draft: Draft, one: Component) -> Outcome:
    """Make or change one component. Raises ProblemError."""
    known = ELEMENTS.get(one.type)
    unknown = [name for name in one.content if known is not None and name not in known]
    if unknown:
        place = f"{{http://soap.sforce.com/2006/04/metadata}}{unknown[0]}"
        raise ProblemError(f"Error parsing file: Element {place} invalid at this location in type {one.type}")
    handler = HANDLERS.get(one.type)
    if handler is None:
        raise ProblemError(f"The simulated org does not deploy components of type {one.type}")
    return handler(draft, one)


def _deploy_list_view(draft: Draft, one: Component) -> Outcome:
    object_name, _, name = one.full_name.partition(".")
    if draft.object(object_name) is None:
        raise ProblemError(f"Entity Enumeration Or ID: bad value for restricted picklist field: {object_name}")
    if not one.content.get("label"):
        raise ProblemError("Required field is missing: label")
    if len(str(one.content["label"])) > 40:
        raise ProblemError("Value too long for field: Name maximum length is:40")
    if one.content.get("filterScope") not in SCOPES:
        raise ProblemError(f"'{one.content.get('filterScope')}' is not a valid value for the enum 'FilterScope'")
    used = [*as_list(one.content.get("columns")), *(part.get("field") for part in as_list(one.content.get("filters")))]
    for column in used:
        if draft.find_field(f"{object_name}.{column}") is None and (
            str(column).endswith("__c") or not LIST_COLUMN.fullmatch(str(column))
        ):
            raise ProblemError(f"Could not resolve list view column: {column}")
    old = draft.setup.list_views.get(one.full_name)
    made = ListView(setup_id("00B", one.full_name), object_name, name, dict(one.content))
    draft.setup.list_views[one.full_name] = made
    return Outcome(created=old is None, changed=old != made, id=made.id)


def _deploy_rule(draft: Draft, one: Component) -> Outcome:
    old = draft.setup.rules.get(one.full_name)
    made = make_rule(draft, one)
    draft.setup.rules[one.full_name] = made
    return Outcome(created=old is None, changed=old != made, id=setup_id("03d", one.full_name))


def _deploy_custom_permission(draft: Draft, one: Component) -> Outcome:
    if not one.content.get("label"):
        raise ProblemError("Required field is missing: label")
    old = draft.setup.custom_permissions.get(one.full_name)
    made = CustomPermission(setup_id("0CP", one.full_name), one.full_name, str(one.content["label"]))
    draft.setup.custom_permissions[one.full_name] = made
    return Outcome(created=old is None, changed=old != made, id=made.id)


def _deploy_translation(draft: Draft, one: Component) -> Outcome:
    if not draft.org.switches.translation_workbench:
        raise ProblemError("Not available for deploy for this organization")
    if one.type == "Translations":
        new = one.full_name not in draft.setup.languages
        draft.setup.languages.add(one.full_name)
        return Outcome(created=new, changed=new)
    object_name, _, language = one.full_name.partition("-")
    if draft.object(object_name) is None:
        raise ProblemError(f"In field: fullName - no CustomObject named {object_name} found")
    labels = draft.setup.labels.setdefault(language, {})
    before = dict(labels)
    for part in as_list(one.content.get("fields")):
        _translate_field(draft, object_name, labels, part)
    return Outcome(created=not before, changed=before != labels)


def _translate_field(draft: Draft, object_name: str, labels: dict[str, Any], part: Mapping[str, Any]) -> None:
    name = str(part.get("name"))
    item = draft.find_field(f"{object_name}.{name}")
    if item is None:
        raise ProblemError(f"In field: name - no CustomField named {object_name}.{name} found")
    if len(str(part.get("label") or "")) > 40:
        raise ProblemError("Value too long for field: Label maximum length is:40")
    named = item.metadata.get("labels", {})
    by_label = {label: value for value, label in named.items()}
    values: dict[str, str] = {}
    for choice in as_list(part.get("picklistValues")):
        master = str(choice.get("masterLabel"))
        if item.type in ("picklist", "multipicklist") and master not in by_label and master not in item.values:
            raise ProblemError(f"Picklist value: {master} in picklist: {name} not found")
        values[by_label.get(master, master)] = str(choice.get("translation") or master)
    labels[f"{object_name}.{item.name}"] = {"label": part.get("label"), "help": part.get("help"), "values": values}


HANDLERS: dict[str, Callable[[Draft, Component], Outcome]] = {
    "CustomField": deploy_field,
    "ListView": _deploy_list_view,
    "ValidationRule": _deploy_rule,
    "CustomPermission": _deploy_custom_permission,
    "PermissionSet": deploy_permission_set,
    "Translations": _deploy_translation,
    "CustomObjectTranslation": _deploy_translation,
}
