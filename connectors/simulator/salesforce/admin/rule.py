"""Validation rules of an org."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce.admin.draft import Draft, ProblemError
from connectors.simulator.salesforce.admin.formula import Formula, FormulaError, Scene, build
from connectors.simulator.salesforce.admin.package import Component
from connectors.simulator.salesforce.schema import Field

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

PLANTED = "Planted_"


def _never(_: Scene) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Rule:
    """Refuses a save while its formula is true."""

    object: str
    name: str
    formula: str
    message: str
    shown_at: str = ""
    """The field at which the message is shown; empty: at the top of the page."""
    active: bool = True
    description: str = ""
    test: Formula = field(default=_never, compare=False, repr=False)

    def metadata(self) -> dict[str, Any]:
        return {
            "active": self.active,
            "description": self.description or None,
            "errorConditionFormula": self.formula,
            "errorDisplayField": self.shown_at or None,
            "errorMessage": self.message,
        }

    def uses(self, object_name: str, name: str) -> bool:
        mentioned = re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", self.formula, re.IGNORECASE)
        return self.object == object_name and (self.shown_at == name or mentioned is not None)

    def uses_permission(self, name: str) -> bool:
        return re.search(rf"\$Permission\.{re.escape(name)}\b", self.formula, re.IGNORECASE) is not None


def make_rule(draft: Draft, one: Component) -> Rule:
    """A rule from its definition. Raises ProblemError for what no org takes."""
    object_name, _, name = one.full_name.partition(".")
    content = one.content
    if draft.object(object_name) is None:
        raise ProblemError(f"Entity Enumeration Or ID: bad value for restricted picklist field: {object_name}")
    if not content.get("errorConditionFormula"):
        raise ProblemError("Required field is missing: errorConditionFormula")
    if not content.get("errorMessage"):
        raise ProblemError("Required field is missing: errorMessage")
    if len(name) > 40:
        raise ProblemError("Value too long for field: ValidationName maximum length is:40")
    if len(str(content["errorMessage"])) > 255:
        raise ProblemError("Value too long for field: ErrorMessage maximum length is:255")
    shown_at = str(content.get("errorDisplayField") or "")
    if shown_at and draft.find_field(f"{object_name}.{shown_at}") is None:
        raise ProblemError(f"In field: errorDisplayField - no CustomField named {object_name}.{shown_at} found")
    try:
        test = build(draft, object_name, str(content["errorConditionFormula"]))
    except FormulaError as error:
        raise ProblemError(str(error)) from None
    return Rule(
        object_name,
        name,
        str(content["errorConditionFormula"]),
        str(content["errorMessage"]),
        shown_at,
        str(content.get("active")).lower() == "true",
        str(content.get("description") or ""),
        test,
    )


def broken_rules(org: SalesforceOrg, name: str, new: Mapping[str, Any], old: Mapping[str, Any] | None) -> list[Rule]:
    """The active rules that a save would break; they run whichever fields were sent, and for everybody."""
    rules = [rule for rule in org.setup.rules.values() if rule.active and rule.object == name]
    if not rules:
        return []
    scene = Scene(org, name, new, old, org.clock.now())
    return [rule for rule in rules if rule.test(scene)]


def plant_rules(org: SalesforceOrg, planted: Sequence[Mapping[str, Any]]) -> None:
    """Control action `validation_rules`: `{object, message, blank, changed, when}` as rules, instead of earlier ones."""
    draft = Draft.of(org)
    draft.setup.rules = {name: rule for name, rule in draft.setup.rules.items() if not rule.name.startswith(PLANTED)}
    for at, one in enumerate(planted):
        shown_at = str(one.get("blank") or one.get("changed") or "")
        content = {
            "active": "true",
            "errorConditionFormula": _formula_of(draft, one),
            "errorMessage": one["message"],
            "errorDisplayField": shown_at,
        }
        try:
            made = make_rule(draft, Component("ValidationRule", f"{one['object']}.{PLANTED}{at}", "", content))
        except ProblemError as error:
            raise ValueError(str(error)) from None
        draft.setup.rules[f"{one['object']}.{made.name}"] = made
    draft.commit()


def _formula_of(draft: Draft, one: Mapping[str, Any]) -> str:
    tests = [_equals(draft, f"{one['object']}.{name}", value) for name, value in (one.get("when") or {}).items()]
    if one.get("changed"):
        tests.append(f"ISCHANGED({one['changed']})")
    elif one.get("blank"):
        tests.append(_is_blank(draft.find_field(f"{one['object']}.{one['blank']}"), str(one["blank"])))
    return f"AND({', '.join(tests or ['TRUE'])})"


def _is_blank(item: Field | None, name: str) -> str:
    """A formula that every org takes, whether or not its ISBLANK takes picklists."""
    return f"ISBLANK(TEXT({name}))" if item is not None and item.type == "picklist" else f"ISBLANK({name})"


def _equals(draft: Draft, full_name: str, value: Any) -> str:
    item = draft.find_field(full_name)
    if item is None:
        raise ValueError(f"no field {full_name}")
    if value is None:
        return _is_blank(item, item.name)
    if isinstance(value, bool):
        return item.name if value else f"NOT({item.name})"
    text = '"' + str(value).replace('"', '\\"') + '"'
    return f"ISPICKVAL({item.name}, {text})" if item.type == "picklist" else f"{item.name} = {text}"
