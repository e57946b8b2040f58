"""Deploys and deletes one component at a time into a draft. The wording of refusals is the vendor's as far as public
deployment logs show it; what they do not show is marked unverified in the simulator's README.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.simulator.salesforce.admin.draft import Draft, Outcome, ProblemError
from connectors.simulator.salesforce.admin.package import Component, as_list
from connectors.simulator.salesforce.admin.rule import make_rule
from connectors.simulator.salesforce.admin.setup import (
    BUSINESS,
    USER_PERMISSIONS,
    CustomPermission,
    ListView,
    PermissionSet,
    setup_id,
)
from connectors.simulator.salesforce.definition import make_field
from connectors.simulator.salesforce.schema import Field

TYPES = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
    "Lookup": "reference",
}
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
MUST = {
    "Text": ("length",),
    "LongTextArea": ("length", "visibleLines"),
    "MultiselectPicklist": ("visibleLines", "valueSet"),
    "Picklist": ("valueSet",),
    "Number": ("precision", "scale"),
    "Currency": ("precision", "scale"),
    "Percent": ("precision", "scale"),
    "Checkbox": ("defaultValue",),
    "Lookup": ("referenceTo",),
}
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
NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
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


FLAGS = frozenset(
    [
        "default",
        "restricted",
        "sorted",
        "externalId",
        "unique",
        "required",
        "trackHistory",
        "trackFeedHistory",
        "caseSensitive",
    ]
)
AMOUNTS = frozenset(["length", "precision", "scale", "visibleLines", "startingNumber"])


def typed(value: Any, name: str = "") -> Any:
    """XML as JSON has it: flags and amounts are no texts, and `value` of a value set is a list of `valueName`."""
    if isinstance(value, Mapping):
        entries: dict[str, Any] = {str(key): one for key, one in value.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # XML is untyped
        if "fullName" in entries:
            entries["valueName"] = entries.pop("fullName")
        return {key: typed(as_list(one) if key == "value" else one, key) for key, one in entries.items()}
    if isinstance(value, list):
        return [typed(one, name) for one in value]  # pyright: ignore[reportUnknownVariableType]  # as above
    if name in FLAGS:
        return true(value)
    return int(value) if name in AMOUNTS and str(value).isdigit() else value


def true(value: Any) -> bool:
    return str(value).strip().lower() == "true"


def _deploy_field(draft: Draft, one: Component) -> Outcome:
    object_name, _, name = one.full_name.partition(".")
    kind = draft.object(object_name)
    if kind is None:
        raise ProblemError(f"Entity Enumeration Or ID: bad value for restricted picklist field: {object_name}")
    if not name.endswith("__c"):
        raise ProblemError("Could not resolve standard field's name.")
    if not NAME.fullmatch(name.removesuffix("__c")):
        raise ProblemError(
            "The Field Name field can only contain underscores and alphanumeric characters. It must be unique, begin "
            "with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores."
        )
    if len(name.removesuffix("__c")) > 40:
        raise ProblemError("Value too long for field: DeveloperName maximum length is:40")
    old, made = draft.fields_of(object_name).get(name.lower()), read_field(name, one.content)
    if (
        old is None
        and sum(item.custom for item in draft.fields_of(object_name).values()) >= draft.org.switches.fields_max
    ):
        raise ProblemError("You have reached the maximum number of custom fields on this object")
    if old is not None:
        _refuse_new_type(old, made)
        made.name = old.name
    changed = old is None or old.metadata.get("given") != made.metadata["given"]
    if changed:
        draft.fields_of(object_name)[name.lower()] = made
        _offer_choices(draft, object_name, old, made)
    return Outcome(created=old is None, changed=changed, id=setup_id("00N", kind.name, made.name))


def _refuse_new_type(old: Field, made: Field) -> None:
    if made.type == "reference" and old.type != "reference":
        raise ProblemError("Cannot update a field to a Lookup, MasterDetail, or Hierarchy from something else")
    if made.type != old.type or (made.length > 255) != (old.length > 255):
        raise ProblemError(f"Cannot change the type of {old.name} from {old.type} to {made.type}")


def _offer_choices(draft: Draft, object_name: str, old: Field | None, made: Field) -> None:
    """Whether the values of a new picklist, or new values of an old one, are in the record types is a switch."""
    added = [value for value in made.values if old is None or value not in old.values]
    for record_type, row in draft.org.data.tables["RecordType"].rows.items():
        offered = draft.setup.choices.get(record_type, {})
        if row["SobjectType"] != object_name or not added:
            continue
        if old is None and not draft.org.switches.picklists_in_record_types:
            draft.setup.choices.setdefault(record_type, {})[made.name] = ()
        elif old is not None and not draft.org.switches.values_in_record_types:
            kept = offered.get(made.name, old.values)
            draft.setup.choices.setdefault(record_type, {})[made.name] = tuple(kept)
        elif made.name in offered and draft.org.switches.values_in_record_types:
            draft.setup.choices[record_type][made.name] = (*offered[made.name], *added)


def read_field(name: str, content: Mapping[str, Any]) -> Field:
    """A field from its definition. Raises ProblemError for what no org takes."""
    given = str(content.get("type") or "")
    if given not in TYPES:
        raise ProblemError(
            f"'{given}' is not a valid value for the enum 'FieldType'" if given else "Must specify a type"
        )
    missing = [key for key in MUST.get(given, ()) if content.get(key) in (None, "")]
    if missing:
        raise ProblemError(f"Must specify '{missing[0]}' for a CustomField of type {given}")
    if not content.get("label"):
        raise ProblemError(f"Must specify 'label' for a CustomField of type {given}")
    for key, shown, most in (
        ("label", "MasterLabel", 40),
        ("inlineHelpText", "InlineHelpText", 510),
        ("description", "Description", 1000),
    ):
        if len(str(content.get(key) or "")) > most:
            raise ProblemError(f"Value too long for field: {shown} maximum length is:{most}")
    length, precision, scale = (_number(content, key) for key in ("length", "precision", "scale"))
    _check_sizes(given, length, precision, scale, _number(content, "visibleLines"))
    length = 255 if given == "TextArea" else length
    item = make_field(name, TYPES[given], label=str(content["label"]), length=precision or length, scale=scale)
    item.external_id, item.unique = true(content.get("externalId")), true(content.get("unique"))
    item.universal = true(content.get("required"))
    item.nillable = item.nillable and not item.universal
    if given in ("Picklist", "MultiselectPicklist"):
        _read_values(item, content["valueSet"])
    if given == "Lookup":
        item.refers_to, item.relationship = (str(content["referenceTo"]),), name.removesuffix("__c") + "__r"
    texts = {key: content[key] for key in ("inlineHelpText", "description") if content.get(key)}
    kept = {key: typed(value, key) for key, value in content.items() if key != "fullName"}
    item.metadata = {**item.metadata, **texts, "given": kept}
    return item


def _number(content: Mapping[str, Any], key: str) -> int:
    text = str(content.get(key) or 0)
    if not text.isdigit():
        raise ProblemError(f"Error parsing file: '{text}' is not a valid value for the type xsd:int")
    return int(text)


def _check_sizes(given: str, length: int, precision: int, scale: int, lines: int) -> None:
    if given == "Text" and not 1 <= length <= 255:
        raise ProblemError("The length of a text field must be between 1 and 255")
    if given == "LongTextArea" and not 256 <= length <= 131_072:
        raise ProblemError("The length of a long text area field must be between 256 and 131072")
    if given in ("Number", "Currency", "Percent") and not (1 <= precision <= 18 and scale <= precision):
        raise ProblemError("Precision must be between 1 and 18, and not less than the scale")
    if given == "LongTextArea" and lines < 2:
        raise ProblemError("Number of visible lines must be at least 2")
    if given == "MultiselectPicklist" and not 3 <= lines <= 10:
        raise ProblemError("Number of visible lines must be between 3 and 10")


def _read_values(item: Field, value_set: Mapping[str, Any]) -> None:
    definition = value_set.get("valueSetDefinition") if isinstance(value_set, Mapping) else None
    if not isinstance(definition, Mapping):
        raise ProblemError("The simulated org knows no global value sets")
    entries = as_list(definition.get("value"))
    names = [str(one.get("fullName") or one.get("valueName") or "") for one in entries]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ProblemError(f"Duplicate value: {twice}")
    if "" in names or any(len(name) > 255 for name in names):
        raise ProblemError("Picklist values must have a name of at most 255 characters")
    item.values = tuple(names)
    item.restricted = true(value_set.get("restricted"))
    labels = [str(one.get("label") or name) for one, name in zip(entries, names, strict=True)]
    item.metadata["labels"] = dict(zip(names, labels, strict=True))
    chosen = next((name for one, name in zip(entries, names, strict=True) if true(one.get("default"))), None)
    item.default, item.defaulted = chosen, chosen is not None


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


def _deploy_permission_set(draft: Draft, one: Component) -> Outcome:
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
    "CustomField": _deploy_field,
    "ListView": _deploy_list_view,
    "ValidationRule": _deploy_rule,
    "CustomPermission": _deploy_custom_permission,
    "PermissionSet": _deploy_permission_set,
    "Translations": _deploy_translation,
    "CustomObjectTranslation": _deploy_translation,
}
