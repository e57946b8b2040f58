"""The setup of one org: permission sets and who has them, sharing defaults, list views, rules, translations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from zlib import crc32

from connectors.simulator.salesforce.record_id import make_id, to18
from connectors.simulator.salesforce.schema import ObjectType

Sharing = Literal["Private", "Read", "ReadWrite", "ControlledByParent"]
MODELS: tuple[Sharing, ...] = ("Private", "Read", "ReadWrite", "ControlledByParent")
ACTIONS = ("read", "create", "edit", "delete", "view_all", "modify_all")
BUSINESS = ("Lead", "Contact", "Account", "Opportunity")
"""Objects with object permissions of their own."""
GRANTING = frozenset(
    {"PermissionSet", "PermissionSetAssignment", "ObjectPermissions", "FieldPermissions", "SetupEntityAccess"}
)
"""Objects whose rows are who has which permission set, and what it grants. They are read with "View Setup and Configuration"
and saved by `admin/save.py`."""
USER_PERMISSIONS = frozenset(
    [
        "ApiEnabled",
        "ApiUserOnly",
        "ViewSetup",
        "ViewAllData",
        "ModifyAllData",
        "CustomizeApplication",
        "ModifyMetadata",
        "ManageUsers",
        "AssignPermissionSets",
        "ActivitiesAccess",
        "EditTask",
        "EditEvent",
        "ViewAllUsers",
        "ViewRoles",
        "RunReports",
        "ExportReport",
        "EditReports",
        "ManageDashboards",
        "LightningExperienceUser",
        "ConvertLeads",
        "TransferAnyLead",
        "ViewPublicReports",
        "ViewPublicDashboards",
        "ManageTranslation",
        "BulkApiHardDelete",
        "PasswordNeverExpires",
        "ViewDeveloperName",
        "ViewAllProfiles",
        "ViewEventLogFiles",
        "EditPublicTemplates",
        "ImportLeads",
        "MassInlineEdit",
        "ListEmailSend",
        "EmailSingle",
        "ChatterInternalUser",
        "UpdateWithInactiveOwner",
        "CreateAuditFields",
        "ViewEncryptedData",
        "SubscribeToLightningReports",
    ]
)
"""User permissions by API name (source: Object Reference, PermissionSet, `Permissions…`); the usual ones."""


@dataclass(slots=True)
class PermissionSet:
    """A permission set, or the one behind a profile (`profile` holds its id)."""

    id: str
    name: str
    label: str
    profile: str = ""
    description: str = ""
    user_permissions: set[str] = field(default_factory=set[str])
    custom_permissions: set[str] = field(default_factory=set[str])
    objects: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Object name to actions."""
    fields: dict[str, tuple[bool, bool]] = field(default_factory=dict[str, tuple[bool, bool]])
    """`Lead.Phone` to (readable, editable)."""

    def copy(self) -> PermissionSet:
        objects = {name: set(actions) for name, actions in self.objects.items()}
        return PermissionSet(
            self.id, self.name, self.label, self.profile, self.description,
            set(self.user_permissions), set(self.custom_permissions), objects, dict(self.fields),
        )  # fmt: skip

    def grant_all(self, kinds: Iterable[ObjectType]) -> None:
        """Every action on the business objects, and every field that is there now."""
        self.objects = {name: set(ACTIONS) for name in BUSINESS}
        for kind in kinds:
            for item in kind.fields.values():
                if item.secured:
                    self.fields[f"{kind.name}.{item.name}"] = (True, True)


@dataclass(frozen=True, slots=True)
class CustomPermission:
    id: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class ListView:
    id: str
    object: str
    name: str
    content: dict[str, Any]


@dataclass(slots=True)
class Setup:
    """Everything of it; `version` moves with every change, so that what is computed from it can be kept."""

    sets: dict[str, PermissionSet] = field(default_factory=dict[str, PermissionSet])
    assignments: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Id of the assignment to (user, permission set)."""
    custom_permissions: dict[str, CustomPermission] = field(default_factory=dict[str, CustomPermission])
    sharing: dict[str, Sharing] = field(default_factory=dict[str, Sharing])
    """Organisation-wide defaults; what is not named is public for reading and writing."""
    list_views: dict[str, ListView] = field(default_factory=dict[str, ListView])
    """`Lead.Mine` to the list view."""
    rules: dict[str, Any] = field(default_factory=dict[str, Any])
    """`Lead.Name_Of_Rule` to the validation rule."""
    labels: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Language to `Lead.Baton_Status__c` to its translation."""
    languages: set[str] = field(default_factory=set[str])
    choices: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict[str, dict[str, tuple[str, ...]]])
    """Record type to picklist field to the values that it offers; what is not named offers all."""
    default_types: dict[str, str] = field(default_factory=dict[str, str])
    """Object to the record type that new records get."""
    version: int = 0

    def touch(self) -> None:
        self.version += 1

    def copy(self) -> Setup:
        """A draft: changes to it do not show until it takes the other's place."""
        return Setup(
            {key: one.copy() for key, one in self.sets.items()},
            dict(self.assignments),
            dict(self.custom_permissions),
            dict(self.sharing),
            dict(self.list_views),
            dict(self.rules),
            {language: dict(labels) for language, labels in self.labels.items()},
            set(self.languages),
            {name: dict(values) for name, values in self.choices.items()},
            dict(self.default_types),
            self.version,
        )

    def named(self, name: str) -> PermissionSet | None:
        return next((one for one in self.sets.values() if one.name == name and not one.profile), None)

    def of_profile(self, profile: str) -> PermissionSet | None:
        return next((one for one in self.sets.values() if one.profile == profile), None)

    def sets_of(self, user: str, profile: str) -> list[PermissionSet]:
        """What a user has: the profile's set and the assigned ones."""
        owned = self.of_profile(profile)
        assigned = [self.sets[which] for who, which in self.assignments.values() if who == user and which in self.sets]
        return [owned, *assigned] if owned else assigned

    def forget_field(self, full_name: str) -> None:
        """A deleted field leaves nothing behind."""
        for one in self.sets.values():
            one.fields.pop(full_name, None)
        for labels in self.labels.values():
            labels.pop(full_name, None)
        self.touch()


def setup_id(prefix: str, *names: str) -> str:
    """An id that follows from what it names, so that a row keeps it."""
    return to18(make_id(prefix, crc32("/".join(names).encode())))
