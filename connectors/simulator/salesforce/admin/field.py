"""Custom fields from their definitions, as metadata gives them (source: Metadata API Guide, CustomField)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.simulator.salesforce.admin.draft import Draft, Outcome, ProblemError
from connectors.simulator.salesforce.admin.package import Component, as_list, true
from connectors.simulator.salesforce.admin.setup import setup_id
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
NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")


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


def deploy_field(draft: Draft, one: Component) -> Outcome:
    """Make or change a custom field. Raises ProblemError."""
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
