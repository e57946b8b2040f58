"""Object types and the associations between them (source: "Understanding the CRM" and "Associations v4")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ObjectType:
    name: str
    """Plural, as in paths."""
    singular: str
    type_id: str
    modified: str
    """Property that search has to use for the modification instant."""
    created: str
    defaults: tuple[str, ...]
    """Properties that come when none was asked for."""

    @property
    def engagement(self) -> bool:
        return self.created == "hs_createdate" and self.name != "leads"

    @property
    def scope(self) -> str:
        """The object whose scopes cover this one: engagements go with contacts."""
        return "contacts" if self.engagement else self.name

    @property
    def always(self) -> tuple[str, str, str]:
        return ("hs_object_id", self.created, self.modified)


def _record(name: str, singular: str, type_id: str, modified: str, defaults: str) -> ObjectType:
    return ObjectType(name, singular, type_id, modified, "createdate", tuple(defaults.split()))


def _activity(name: str, singular: str, type_id: str) -> ObjectType:
    return ObjectType(name, singular, type_id, "hs_lastmodifieddate", "hs_createdate", ())


OBJECT_TYPES = {
    one.name: one
    for one in (
        _record("contacts", "contact", "0-1", "lastmodifieddate", "email firstname lastname"),
        _record("companies", "company", "0-2", "hs_lastmodifieddate", "name domain"),
        _record("deals", "deal", "0-3", "hs_lastmodifieddate", "dealname amount closedate pipeline dealstage"),
        _activity("leads", "lead", "0-136"),
        _activity("calls", "call", "0-48"),
        _activity("emails", "email", "0-49"),
        _activity("meetings", "meeting", "0-47"),
        _activity("tasks", "task", "0-27"),
        _activity("notes", "note", "0-46"),
        _activity("communications", "communication", "0-18"),
    )
}

_BY_ALIAS = {alias: one for one in OBJECT_TYPES.values() for alias in (one.name, one.singular, one.type_id)}


def find_type(text: str) -> ObjectType | None:
    """By plural or singular name in any case, or by type id."""
    return _BY_ALIAS.get(text.lower())


@dataclass(frozen=True, slots=True)
class AssociationType:
    source: str
    target: str
    type_id: int
    label: str | None
    inverse: int
    """Type id of the same link seen from the other end."""


_PAIRS = (
    # from, to, type id, type id of the way back, label. Lead pairs: the way back is not documented, taken as id + 1.
    ("contacts", "companies", 279, 280, None),
    ("contacts", "companies", 1, 2, "Primary"),
    ("contacts", "deals", 4, 3, None),
    ("deals", "companies", 341, 342, None),
    ("deals", "companies", 5, 6, "Primary"),
    ("contacts", "calls", 193, 194, None),
    ("contacts", "emails", 197, 198, None),
    ("contacts", "meetings", 199, 200, None),
    ("contacts", "notes", 201, 202, None),
    ("contacts", "tasks", 203, 204, None),
    ("contacts", "communications", 82, 81, None),
    ("contacts", "leads", 609, 608, None),
    ("contacts", "leads", 579, 578, "Primary"),
    ("companies", "leads", 611, 610, None),
    ("companies", "leads", 581, 580, "Primary"),
    ("companies", "calls", 181, 182, None),
    ("companies", "emails", 185, 186, None),
    ("companies", "meetings", 187, 188, None),
    ("companies", "notes", 189, 190, None),
    ("companies", "tasks", 191, 192, None),
    ("companies", "communications", 88, 87, None),
    ("deals", "calls", 205, 206, None),
    ("deals", "emails", 209, 210, None),
    ("deals", "meetings", 211, 212, None),
    ("deals", "notes", 213, 214, None),
    ("deals", "tasks", 215, 216, None),
    ("deals", "communications", 86, 85, None),
    ("leads", "calls", 596, 597, None),
    ("leads", "emails", 598, 599, None),
    ("leads", "meetings", 600, 601, None),
    ("leads", "communications", 602, 603, None),
    ("leads", "tasks", 646, 647, None),
    ("leads", "notes", 854, 855, None),
    ("leads", "deals", 1037, 1038, None),
    ("contacts", "contacts", 449, 449, None),
)


def _both_ways() -> dict[tuple[str, str], list[AssociationType]]:
    table: dict[tuple[str, str], list[AssociationType]] = {}
    for source, target, type_id, inverse, label in _PAIRS:
        table.setdefault((source, target), []).append(AssociationType(source, target, type_id, label, inverse))
        if source != target:
            table.setdefault((target, source), []).append(AssociationType(target, source, inverse, label, type_id))
    return table


ASSOCIATION_TYPES = _both_ways()
"""Per pair of plural names; the unlabelled one comes first."""
