"""What Baton needs in an org, as components of the Metadata API (source: Metadata API Developer Guide)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.salesforce.fields import WIRE_NAMES, custom_field, field_metadata
from connectors.salesforce.formula import BYPASS, condition
from connectors.salesforce.streams import STREAMS
from connectors.salesforce.xml import Node
from sync.core.mapping.spec import Text
from sync.core.model.flags import FlagField
from sync.outfit import Choice, InputField, Outfit, PassRule, RecordOutfit, View

FIELD, VIEW, RULE = "CustomField", "ListView", "ValidationRule"
SET, PERMISSION, TRANSLATION = "PermissionSet", "CustomPermission", "CustomObjectTranslation"
INTEGRATION, VIEWER, MANAGER, NG = "Baton_Integration", "Baton_Viewer", "Baton_Manager", "Baton_NG_Reference"
INPUT, APPROVER = "Handoff_Input", "Handoff_Approver"
"""Of people's own fields: without our prefix, and kept when Baton is taken out."""
MARK = "Baton setup"
"""In the description of what setup made, so that it is told from what the company had."""
OBJECTS = ("Account", "Contact", "Lead", "Opportunity")
"""Objects that have rights of their own; activities, roles and histories follow the records that they hang on."""
USER_PERMISSIONS = ("ActivitiesAccess", "ApiEnabled", "ViewSetup")
"""Of the integration user: see activities, use the API, read /limits and who has which role."""
LANGUAGES: Mapping[str, str] = {"ja": "ja", "en": "en_US"}
_LABEL, _HELP, _NAME, _MESSAGE = 40, 510, 40, 255
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Lead": ("FULL_NAME", "LEAD.COMPANY", "LEAD.STATUS", "CORE.USERS.ALIAS"),
    "Opportunity": ("OPPORTUNITY.NAME", "ACCOUNT.NAME", "OPPORTUNITY.STAGE_NAME", "CORE.USERS.ALIAS"),
    "Contact": ("FULL_NAME", "ACCOUNT.NAME", "CORE.USERS.ALIAS"),
}
"""What names a record in a list, by the Metadata API's names of columns."""
_PERMITTED: Mapping[str, frozenset[str]] = {
    "Account": frozenset({"Type"}),
    "Contact": frozenset({"AccountId", "Phone", "MobilePhone", "Email", "Title", "Department", "LeadSource", "Description"}),
    "Lead": frozenset({"Title", "Phone", "MobilePhone", "Email", "LeadSource", "Industry", "Description", "Website", "Rating"}),
    "Opportunity": frozenset({"AccountId", "Type", "NextStep", "LeadSource", "Amount", "Description", "CampaignId"}),
    "Event": frozenset({"WhoId", "WhatId", "Description", "IsAllDayEvent", "Location"}),
    "Task": frozenset({"WhoId", "WhatId", "Description", "Type", "CallType", "CallDurationInSeconds", "CallDisposition"}),
}  # fmt: skip
"""Standard fields that take permissions, where no org was asked: required and derived ones take none, and would fail the
deployment (source: recorded describes; of Task from general knowledge)."""


@dataclass(frozen=True, slots=True)
class Component:
    type: str
    name: str
    """`Lead.Baton_Status__c`, `Baton_Viewer`."""
    node: Node
    translations: Mapping[str, Node] = field(default_factory=dict[str, Node])
    """Language → the part of the object's translation."""

    @property
    def parent(self) -> str:
        """The object, of what belongs to one."""
        return self.name.partition(".")[0] if "." in self.name else ""

    @property
    def own_name(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Known:
    """What was found out about the org. Without one everything mapped is taken to be there."""

    types: Mapping[str, str] = field(default_factory=dict[str, str])
    """`Lead.Pain__c` → its metadata type, of fields that are there."""
    readable: Mapping[str, frozenset[str]] | None = None
    """By object: fields that can be permitted. None: nobody asked."""
    bypass: bool = False
    """The custom permission is there already."""
    companys: frozenset[str] = frozenset()
    """Of the fields for people those that the company made itself: who may edit them is its own affair."""


UNASKED = Known()


def components(outfit: Outfit, known: Known = UNASKED) -> list[Component]:
    """Everything, in the order in which one thing needs another."""
    found: list[Component] = []
    for record in outfit.records:
        found += [_flag(record.stream, flag, outfit) for flag in record.flags]
        made = [one for one in own_inputs(record) if f"{record.stream}.{one.name}" not in known.companys]
        found += [_input(record.stream, one, outfit.language) for one in made]
    if with_bypass(outfit, known):
        found.append(_bypass(outfit.language))
    found += _permission_sets(outfit, known)
    for record in outfit.records:
        found += [_view(record.stream, view, outfit.language) for view in record.views]
        found += [_rule(record.stream, rule, outfit.language, known) for rule in record.rules]
    return found


def with_bypass(outfit: Outfit, known: Known) -> bool:
    return known.bypass or any(record.rules for record in outfit.records)


def own_inputs(record: RecordOutfit) -> list[InputField]:
    """Those that can be made: standard fields are there as they are."""
    return [one for one in record.inputs if one.name.endswith("__c")]


# -- fields --------------------------------------------------------------------------------------------------------


def _flag(stream: str, flag: FlagField, outfit: Outfit) -> Component:
    choices = outfit.choices.get(flag.name, ())
    label, help_ = outfit.texts(flag)
    labels = {one.value: one.label.in_(outfit.language) for one in choices}
    node = field_metadata(flag, [one.value for one in choices], labels, japanese=outfit.language == "ja")
    return _field(f"{stream}.{WIRE_NAMES[flag.name]}", node, label, help_, choices, outfit.language)


def _input(stream: str, one: InputField, language: str) -> Component:
    values = [(choice.value, choice.label.in_(language)) for choice in one.choices]
    node = custom_field(one.type, one.label.in_(language), values, one.length)
    return _field(f"{stream}.{one.name}", node, one.label, one.help, one.choices, language)


def _field(
    name: str, node: dict[str, Any], label: Text, help_: Text, choices: Sequence[Choice], language: str
) -> Component:
    own = name.rpartition(".")[2]
    node |= {"label": node["label"][:_LABEL], "inlineHelpText": help_.in_(language)[:_HELP], "description": MARK}
    told = {
        spoken: {
            "name": own,
            "label": label.in_(spoken)[:_LABEL],
            "help": help_.in_(spoken)[:_HELP],
            "picklistValues": [
                {"masterLabel": one.label.in_(language), "translation": one.label.in_(spoken)} for one in choices
            ],
        }
        for spoken in LANGUAGES
    }
    return Component(FIELD, name, {"fullName": own, **node}, told)


# -- rights --------------------------------------------------------------------------------------------------------


def _bypass(language: str) -> Component:
    texts = Text("パス時の入力チェックを受けない", "Not held up at the pass")
    return Component(PERMISSION, BYPASS, {"label": texts.in_(language), "isLicensed": False, "description": MARK})


def _permission_sets(outfit: Outfit, known: Known) -> Iterator[Component]:
    yield _integration(outfit, known)
    flags = [(f"{r.stream}.{WIRE_NAMES[f.name]}", f.choice) for r in outfit.records for f in r.flags]
    seen = [name for name, choice in flags if not choice]
    managed = [name for name, choice in flags if choice in ("", "minutes", "attempts")]
    yield _set(VIEWER, "Baton Viewer", _read(seen))
    yield _set(MANAGER, "Baton Manager", _read(managed))
    if sensitive := [name for name, choice in flags if choice == "ng_reference"]:
        yield _set(NG, "Baton NG Reference", _read(sensitive))
    inputs = {f"{r.stream}.{one.name}": one.approval for r in outfit.records for one in own_inputs(r)}
    made = {name: approval for name, approval in inputs.items() if name not in known.companys}
    if made:
        yield _set(INPUT, "Handoff Input", [_permit(name, edit=not approval) for name, approval in made.items()])
    if approving := [_permit(name, edit=True) for name, approval in made.items() if approval]:
        yield _set(APPROVER, "Handoff Approver", approving)


def _integration(outfit: Outfit, known: Known) -> Component:
    """Edit rights on our fields alone; a record can be edited only where its object can."""
    edited = {record.stream for record in outfit.records}
    made = {f"{r.stream}.{one.name}" for r in outfit.records for one in own_inputs(r)} - known.companys
    ours = [_permit(f"{r.stream}.{WIRE_NAMES[f.name]}", edit=True) for r in outfit.records for f in r.flags]
    mapped = [name for name in mapped_fields(outfit) if name in made or _takes_permission(name, known)]
    more: dict[str, Any] = {
        "objectPermissions": [_object(name, edit=name in edited) for name in OBJECTS if name in outfit.reads],
        "userPermissions": [{"name": name, "enabled": True} for name in USER_PERMISSIONS],
    }
    if with_bypass(outfit, known):
        more["customPermissions"] = [{"name": BYPASS, "enabled": True}]
    return _set(INTEGRATION, "Baton Integration", [*ours, *_read(mapped)], more)


def mapped_fields(outfit: Outfit) -> list[str]:
    """All that is read, as `Lead.Pain__c`; a field of a parent is read by the parent's own rights."""
    names = [
        f"{stream}.{name}"
        for stream, fields in outfit.reads.items()
        for name in (*fields, *STREAMS[stream].fact_fields)
        if "." not in name
    ]
    return list(dict.fromkeys(names))


def _takes_permission(name: str, known: Known) -> bool:
    object_, _, own = name.partition(".")
    if known.readable is not None:
        return own in known.readable.get(object_, frozenset())
    return own.endswith("__c") or own in _PERMITTED.get(object_, frozenset())


def _set(name: str, label: str, fields: Sequence[Node], more: Node | None = None) -> Component:
    permitted = {one["field"]: one for one in fields}
    node = {"label": label, "description": MARK, "hasActivationRequired": False, **(more or {})}
    return Component(SET, name, {**node, "fieldPermissions": [permitted[one] for one in sorted(permitted)]})


def _read(names: Sequence[str]) -> list[Node]:
    return [_permit(name, edit=False) for name in names]


def _permit(name: str, *, edit: bool) -> Node:
    return {"field": name, "readable": True, "editable": edit}


def _object(name: str, *, edit: bool) -> Node:
    return {
        "object": name,
        "allowCreate": False,
        "allowDelete": False,
        "allowEdit": edit,
        "allowRead": True,
        "modifyAllRecords": False,
        "viewAllRecords": True,
    }


# -- lists and rules -----------------------------------------------------------------------------------------------


def view_name(view: View) -> str:
    return "Baton_" + "_".join(part.capitalize() for part in view.name.split("_"))


def _view(stream: str, view: View, language: str) -> Component:
    filters = [_filter(flag, values) for flag, values in view.conditions]
    node = {
        "fullName": view_name(view),
        "label": view.label.in_(language)[:_LABEL],
        "filterScope": "Mine" if view.own else "Everything",
        "columns": [*_COLUMNS[stream], *(WIRE_NAMES[flag] for flag in view.columns)],
        "filters": filters,
    }
    return Component(VIEW, f"{stream}.{view_name(view)}", node)


def _filter(flag: str, values: Sequence[str]) -> Node:
    value = "TODAY" if list(values) == ["today"] else ",".join(values)
    return {"field": WIRE_NAMES[flag], "operation": "equals", "value": value}


def rule_name(item: str) -> str:
    """`Baton_Pass_Decision_Maker`: letters, digits and single underscores, 40 at most, one name per item for ever."""
    words = [word.capitalize() for word in re.split(r"[^0-9A-Za-z]+", item) if word]
    name = "Baton_Pass_" + "_".join(words)
    plain = re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", item) is not None and len(name) <= _NAME
    if plain:
        return name
    return f"Baton_Pass_{hashlib.sha256(item.encode()).hexdigest()[:12]}"


def _rule(stream: str, rule: PassRule, language: str, known: Known) -> Component:
    types = {name.partition(".")[2]: type_ for name, type_ in known.types.items() if name.startswith(f"{stream}.")}
    name = rule_name(rule.item)
    node = {
        "fullName": name,
        "active": True,
        "description": MARK,
        "errorConditionFormula": condition(rule, types),
        "errorDisplayField": rule.any_of[0][0].name,
        "errorMessage": _message(rule, types).in_(language)[:_MESSAGE],
    }
    told = {
        spoken: {"name": name, "errorMessage": _message(rule, types).in_(spoken)[:_MESSAGE]} for spoken in LANGUAGES
    }
    return Component(RULE, f"{stream}.{name}", node, told)


def _message(rule: PassRule, types: Mapping[str, str]) -> Text:
    answer = rule.any_of[0][0]
    type_ = types.get(answer.name) or custom_field(answer.type, "")["type"]
    head = Text(
        f"パスするには『{rule.label.ja}』が必要です。", f"“{rule.label.en}” is needed before you pass this on. "
    )
    if type_ in ("Text", "TextArea", "LongTextArea"):
        more = Text(
            "未確認の場合は『未確認：次回○/○に確認』と記入してください。",
            'If nobody knows yet, write "unknown: will ask on MM/DD".',
        )
    else:
        more = Text("あてはまるものを入力してください。", "Please fill it in.")
    return Text(head.ja + more.ja, head.en + more.en)
