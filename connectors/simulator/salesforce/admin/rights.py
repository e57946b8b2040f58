"""What a user may do: object permissions, field-level security, sharing. One place for every road into the org.

Sources: Salesforce Help, "Control Who Sees What"; Object Reference, UserRecordAccess; Metadata API, PermissionSet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce.admin.setup import BUSINESS, GRANTING, PermissionSet
from connectors.simulator.salesforce.refuse import Access
from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.table import Row

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

ACTIVITIES = frozenset({"Task", "Event", "EmailMessage"})
FOLLOWS = {
    "OpportunityContactRole": "Opportunity",
    "OpportunityHistory": "Opportunity",
    "OpportunityFieldHistory": "Opportunity",
    "LeadHistory": "Lead",
}
"""Objects without permissions of their own."""
PARENTS = {
    "Task": ("WhoId", "WhatId"),
    "Event": ("WhoId", "WhatId"),
    "EmailMessage": ("RelatedToId", "ActivityId"),
    "OpportunityContactRole": ("OpportunityId",),
    "OpportunityHistory": ("OpportunityId",),
    "OpportunityFieldHistory": ("OpportunityId",),
    "LeadHistory": ("LeadId",),
}
DETAILS = frozenset({"OpportunityContactRole", "OpportunityHistory", "OpportunityFieldHistory", "LeadHistory"})
"""Have no owner: always as the parent."""


@dataclass(slots=True)
class UserRights:
    """Of one user, all sets together."""

    system: set[str] = field(default_factory=set[str])
    custom: set[str] = field(default_factory=set[str])
    objects: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    fields: dict[str, tuple[bool, bool]] = field(default_factory=dict[str, tuple[bool, bool]])
    below: frozenset[str] = frozenset()
    """Users whose records the user may edit as theirs: own, and those of roles below; queues of these too."""


class Rights:
    """Answers for one org; what it has computed holds until the setup or a user changes."""

    def __init__(self, org: SalesforceOrg) -> None:
        self.org = org
        self._known: dict[str, UserRights] = {}
        self._at: tuple[int, int] = (-1, -1)

    def of(self, user: str) -> UserRights:
        at = (self.org.setup.version, self.org.people_version)
        if at != self._at:
            self._known, self._at = {}, at
        if user not in self._known:
            row = self.org.data.tables["User"].rows.get(user) or {}
            profile = row.get("ProfileId") or self.org.standard_profile
            found = combine(self.org.setup.sets_of(user, profile))
            found.below = self._below(user)
            self._known[user] = found
        return self._known[user]

    def sees(self, kind: ObjectType, item: Field) -> bool:
        return self.field(self.org.caller, kind, item)[0]

    def edits(self, kind: ObjectType, item: Field) -> bool:
        return self.field(self.org.caller, kind, item)[1]

    def field(self, user: str, kind: ObjectType, item: Field) -> tuple[bool, bool]:
        """Whether a user may read and edit a field. What no permission set may name is open, unless a test took it away
        all the same (control action `fls`).
        """
        fields = self.of(user).fields
        free = not item.secured or not has_field_security(kind, item)
        own = fields.get(f"{kind.name}.{item.name}", (free, free))
        whole = fields.get(f"{kind.name}.{item.compound}", (False, False)) if item.compound and not free else own
        return own[0] or whole[0], own[1] or whole[1]

    def may(self, kind: ObjectType, action: str) -> bool:
        """Whether the caller may do this with records of an object at all."""
        return self.may_user(self.org.caller, kind, action)

    def may_user(self, user: str, kind: ObjectType, action: str) -> bool:
        rights = self.of(user)
        if kind.name in ACTIVITIES:
            by_object = action in rights.objects.get(kind.name, ()) and self.org.switches.activity_permissions
            return by_object or "ActivitiesAccess" in rights.system or "ViewAllData" in rights.system
        if kind.name in GRANTING:
            return "ViewSetup" in rights.system if action == "read" else "AssignPermissionSets" in rights.system
        name = FOLLOWS.get(kind.name, kind.name)
        if name not in BUSINESS:
            return True
        if kind.name in FOLLOWS:
            action = action if action == "read" else "edit"
        return action in rights.objects.get(name, ())

    def translate(self, kind: ObjectType, described: dict[str, Any]) -> dict[str, Any]:
        """A field's labels in the caller's language."""
        user = self.org.data.tables["User"].rows.get(self.org.caller) or {}
        labels = self.org.setup.labels.get(str(user.get("LanguageLocaleKey")), {})
        found = labels.get(f"{kind.name}.{described['name']}")
        if not found:
            return described
        values = found.get("values", {})
        shown = [{**one, "label": values.get(one["value"], one["label"])} for one in described["picklistValues"]]
        named = {"label": found["label"]} if found.get("label") else {}
        helped = {"inlineHelpText": found["help"]} if found.get("help") else {}
        return {**described, **named, **helped, "picklistValues": shown}

    def access(self, user: str, row: Row) -> Access:
        """What a user may do with one record, by object permission and by sharing."""
        kind = self.org.kind_of(row)
        if kind is None:
            return "edit"
        if not self.may_user(user, kind, "read"):
            return "none"
        shared = self._shared(user, kind, row)
        return "read" if shared == "edit" and not self.may_user(user, kind, "edit") else shared

    def _shared(self, user: str, kind: ObjectType, row: Row) -> Access:
        planted = self.org.obstacles.access(user, row)
        if planted is not None:
            return planted
        rights, model = self.of(user), self.org.setup.sharing.get(kind.name, "ReadWrite")
        actions = rights.objects.get(kind.name, set[str]())
        if kind.name in DETAILS:
            return self._of_parents(user, kind, row, "none")
        if model == "ReadWrite" or "ModifyAllData" in rights.system or "modify_all" in actions:
            return "edit"
        if kind.name not in BUSINESS and kind.name not in ACTIVITIES:
            return "edit"
        owner = row.get("OwnerId") or row.get("CreatedById") or ""
        if owner in rights.below:
            return "edit"
        if model == "ControlledByParent":
            return self._of_parents(user, kind, row, "none")
        return "read" if model == "Read" or "view_all" in actions or "ViewAllData" in rights.system else "none"

    def _of_parents(self, user: str, kind: ObjectType, row: Row, alone: Access) -> Access:
        """The most that any record allows on which this one hangs; `alone` where it hangs on none."""
        found = [self.org.data.target(row.get(link)) for link in PARENTS.get(kind.name, ())]
        levels = {self.access(user, target[1]) for target in found if target is not None}
        if not levels:
            return alone
        return "edit" if "edit" in levels else "read" if "read" in levels else "none"

    def hides(self, row: Row) -> bool:
        """Whether the caller is kept from a row."""
        return self.access(self.org.caller, row) == "none"

    def _below(self, user: str) -> frozenset[str]:
        """The user, everybody in a role below the user's, and the queues that any of them is a member of."""
        tables = self.org.data.tables
        role = (tables["User"].rows.get(user) or {}).get("UserRoleId")
        people = {user}
        if role:
            under = roles_below(tables["UserRole"].rows.values(), role)
            people |= {row["Id"] for row in tables["User"].rows.values() if row.get("UserRoleId") in under}
        queues = {row["GroupId"] for row in tables["GroupMember"].rows.values() if row["UserOrGroupId"] in people}
        return frozenset(people | queues)


def combine(sets: Iterable[PermissionSet]) -> UserRights:
    """Permissions add up; nothing takes away."""
    found = UserRights()
    for one in sets:
        found.system |= one.user_permissions
        found.custom |= one.custom_permissions
        for name, actions in one.objects.items():
            found.objects[name] = found.objects.get(name, set()) | actions
        for name, (read, edit) in one.fields.items():
            old = found.fields.get(name, (False, False))
            found.fields[name] = (old[0] or read, old[1] or edit)
    return found


def has_field_security(kind: ObjectType, item: Field) -> bool:
    """Custom fields of any object; standard ones of the objects that sales people work with."""
    return item.custom or kind.name in BUSINESS or kind.name in ("Task", "Event")


def roles_below(rows: Iterable[Row], role: str) -> set[str]:
    """Roles under one, however deep, without itself."""
    children: dict[str, list[str]] = {}
    for row in rows:
        if row.get("ParentRoleId"):
            children.setdefault(row["ParentRoleId"], []).append(row["Id"])
    found: set[str] = set()
    waiting = [role]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found
