"""Validation rules of an org."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from connectors.simulator.salesforce.admin.draft import Draft, ProblemError
from connectors.simulator.salesforce.admin.package import Component


@dataclass(frozen=True, slots=True)
class Rule:
    """Refuses a save while its formula is true."""

    object: str
    name: str
    formula: str
    message: str
    field: str = ""
    active: bool = True
    description: str = ""

    def metadata(self) -> dict[str, Any]:
        return {
            "active": self.active,
            "description": self.description or None,
            "errorConditionFormula": self.formula,
            "errorDisplayField": self.field or None,
            "errorMessage": self.message,
        }

    def uses(self, object_name: str, field: str) -> bool:
        mentioned = re.search(rf"(?<![\w.]){re.escape(field)}(?!\w)", self.formula, re.IGNORECASE)
        return self.object == object_name and (self.field == field or mentioned is not None)

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
    field = str(content.get("errorDisplayField") or "")
    if field and draft.find_field(f"{object_name}.{field}") is None:
        raise ProblemError(f"In field: errorDisplayField - no CustomField named {object_name}.{field} found")
    return Rule(
        object_name,
        name,
        str(content["errorConditionFormula"]),
        str(content["errorMessage"]),
        field,
        str(content.get("active")).lower() == "true",
        str(content.get("description") or ""),
    )
