"""A deployment under way: a copy of the setup and of the fields, which takes the org's place when all is well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.simulator.salesforce.admin.setup import Setup
from connectors.simulator.salesforce.drift import add_fields, delete_fields
from connectors.simulator.salesforce.schema import Field, ObjectType

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg


class ProblemError(Exception):
    """Why one component cannot be deployed, in the vendor's words."""


@dataclass(slots=True)
class Outcome:
    """What became of one component."""

    created: bool = False
    changed: bool = False
    deleted: bool = False
    id: str = ""


@dataclass(slots=True)
class Draft:
    org: SalesforceOrg
    setup: Setup
    fields: dict[str, dict[str, Field]] = field(default_factory=dict[str, dict[str, Field]])
    """Lower-case object to lower-case field name to field, of the objects that the deployment touches."""
    deleted: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @classmethod
    def of(cls, org: SalesforceOrg) -> Draft:
        return cls(org, org.setup.copy())

    def object(self, name: str) -> ObjectType | None:
        return self.org.data.objects.get(name.lower())

    def fields_of(self, name: str) -> dict[str, Field]:
        """Fields of an object as they will be."""
        kind = self.org.data.objects[name.lower()]
        return self.fields.setdefault(name.lower(), dict(kind.fields))

    def find_field(self, full_name: str) -> Field | None:
        """`Lead.Phone` as it will be; None for what there is not."""
        name, _, item = full_name.partition(".")
        return self.fields_of(name).get(item.lower()) if self.object(name) else None

    def commit(self) -> None:
        """Let it be so: deleted fields lose their values, new ones are empty in every record."""
        org = self.org
        for name, item in self.deleted:
            kind = org.data.objects[name.lower()]
            if item.lower() in kind.fields:
                delete_fields(org, kind, [item])
        self.setup.version = org.setup.version + 1
        org.setup = self.setup
        for name, fields in self.fields.items():
            kind = org.data.objects[name]
            changed = [item for lower, item in fields.items() if kind.fields.get(lower) is not item]
            if changed:
                add_fields(org, kind, changed)
        org.schema_version += 1
