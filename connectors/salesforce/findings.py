"""What an org has of what setup makes: read with an administrator's eyes, whoever may see the fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.kit.errors import Refused
from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.component import USER_PERMISSIONS
from connectors.salesforce.describe import settle
from sync.errors import StreamUnavailable, TransientError

RIGHTS = {"allowRead": "PermissionsRead", "allowEdit": "PermissionsEdit", "viewAllRecords": "PermissionsViewAllRecords"}


@dataclass(slots=True)
class FoundField:
    id: str
    metadata: Mapping[str, Any]

    @property
    def type(self) -> str:
        return str(self.metadata.get("type") or "")

    @property
    def values(self) -> list[dict[str, Any]]:
        """Its choices: (value, label) and whether each can be chosen."""
        defined = (self.metadata.get("valueSet") or {}).get("valueSetDefinition") or {}
        return list(defined.get("value") or [])

    @property
    def restricted(self) -> bool:
        return bool((self.metadata.get("valueSet") or {}).get("restricted"))


@dataclass(slots=True)
class FoundSet:
    id: str
    fields: dict[str, tuple[str, bool, bool]] = field(default_factory=dict[str, tuple[str, bool, bool]])
    """`Lead.Phone` → (id of the row, readable, editable)."""
    objects: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict[str, tuple[str, frozenset[str]]])
    """Object → (id of the row, rights by their names in metadata)."""
    users: frozenset[str] = frozenset()
    custom: frozenset[str] = frozenset()
    """Ids of custom permissions."""


class Findings:
    """Asked anew every time: somebody may be at work in Setup."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def field_ids(self, objects: Sequence[str]) -> dict[str, dict[str, str]]:
        """Custom fields by object: developer name (without `__c`) → id. Those of managed packages are not among them."""
        names = ", ".join(soql.quote(one) for one in objects)
        where = f"TableEnumOrId IN ({names})"
        found: dict[str, dict[str, str]] = {name: {} for name in objects}
        for row in self.tooling(
            "Id", "DeveloperName", "TableEnumOrId", "NamespacePrefix", of="CustomField", where=where
        ):
            if not row.get("NamespacePrefix"):
                found.setdefault(row["TableEnumOrId"], {})[row["DeveloperName"]] = row["Id"]
        return found

    def field(self, id_: str) -> FoundField:
        return FoundField(id_, self._client.get(f"tooling/sobjects/CustomField/{soql.check_id(id_)}")["Metadata"])

    def described(self, object_: str) -> dict[str, bool]:
        """Fields, as far as this user sees them, and whether they take permissions. Empty where the org has no such
        object. Raises TransientError where it does not say so for certain."""
        try:
            told = self._client.describe(object_)["fields"]
        except StreamUnavailable as error:
            self._make_sure(error)
            return {}
        return {one["name"]: bool(one.get("permissionable")) for one in told}

    def permission_sets(self, names: Sequence[str]) -> dict[str, FoundSet]:
        columns = ["Id", "Name", *(f"Permissions{name}" for name in USER_PERMISSIONS)]
        found: dict[str, FoundSet] = {}
        for row in self.query(columns, "PermissionSet", self._in("Name", names)):
            users = frozenset(name for name in USER_PERMISSIONS if row.get(f"Permissions{name}"))
            found[row["Name"]] = FoundSet(row["Id"], users=users)
        by_id = {one.id: one for one in found.values()}
        if by_id:
            self._fill(by_id)
        return found

    def _fill(self, by_id: Mapping[str, FoundSet]) -> None:
        where = soql.id_in("ParentId", by_id)
        for row in self.query(
            ["Id", "ParentId", "Field", "PermissionsRead", "PermissionsEdit"], "FieldPermissions", where
        ):
            permitted = row["Id"], bool(row["PermissionsRead"]), bool(row["PermissionsEdit"])
            by_id[row["ParentId"]].fields[row["Field"]] = permitted
        for row in self.query(["Id", "ParentId", "SobjectType", *RIGHTS.values()], "ObjectPermissions", where):
            held = frozenset(right for right, column in RIGHTS.items() if row.get(column))
            by_id[row["ParentId"]].objects[row["SobjectType"]] = row["Id"], held
        for row in self.query(["ParentId", "SetupEntityId"], "SetupEntityAccess", where):
            by_id[row["ParentId"]].custom |= {row["SetupEntityId"]}

    def custom_permission(self, name: str) -> str | None:
        where = f"DeveloperName = {soql.quote(name)}"
        return next((row["Id"] for row in self.query(["Id"], "CustomPermission", where)), None)

    def list_views(self, objects: Sequence[str]) -> dict[str, str]:
        """`Lead.Baton_Overdue` → id, of those with our prefix."""
        where = f"{self._in('SobjectType', objects)} AND DeveloperName LIKE 'Baton\\_%'"
        rows = self.query(["Id", "DeveloperName", "SobjectType"], "ListView", where)
        return {f"{row['SobjectType']}.{row['DeveloperName']}": row["Id"] for row in rows}

    def rules(self, objects: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """`Lead.Baton_Pass_Pain` → metadata, of those with our prefix."""
        found: dict[str, Mapping[str, Any]] = {}
        for name in objects:
            where = f"EntityDefinition.QualifiedApiName = {soql.quote(name)}"
            for row in self.tooling("Id", "ValidationName", of="ValidationRule", where=where):
                if row["ValidationName"].startswith("Baton_Pass_"):
                    told = self._client.get(f"tooling/sobjects/ValidationRule/{soql.check_id(row['Id'])}")
                    found[f"{name}.{row['ValidationName']}"] = told["Metadata"]
        return found

    def record_types(self, object_: str) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """Active record types: developer name → (id, metadata). An org that has none may not know the object at all.
        Raises TransientError where it does not say so for certain."""
        where = f"SobjectType = {soql.quote(object_)} AND IsActive = true"
        found: dict[str, tuple[str, Mapping[str, Any]]] = {}
        try:
            rows = list(self.query(["Id", "DeveloperName"], "RecordType", where))
        except StreamUnavailable as error:
            self._make_sure(error)
            return {}
        for row in rows:
            told = self._client.get(f"tooling/sobjects/RecordType/{soql.check_id(row['Id'])}")
            found[row["DeveloperName"]] = row["Id"], told["Metadata"]
        return found

    def assigned(self, user: str, sets: Sequence[str]) -> set[str]:
        """Of these permission sets (ids) those that the user has."""
        if not sets:
            return set()
        where = f"{soql.id_in('PermissionSetId', sets)} AND {soql.id_in('AssigneeId', [user])}"
        return {row["PermissionSetId"] for row in self.query(["PermissionSetId"], "PermissionSetAssignment", where)}

    def assignments(self, sets: Sequence[str]) -> list[str]:
        if not sets:
            return []
        where = soql.id_in("PermissionSetId", sets)
        return [row["Id"] for row in self.query(["Id"], "PermissionSetAssignment", where)]

    def lacking(self, wanted: Sequence[str]) -> list[str]:
        """Of these user permissions those that the caller does not have; none where the org does not tell."""
        columns = [f"Permissions{name}" for name in wanted]
        try:
            row = next(iter(self.query(columns, "UserPermissionAccess")), None)
        except (StreamUnavailable, Refused):
            return []
        return [name for name, column in zip(wanted, columns, strict=True) if row and not row.get(column)]

    # -- asking ----------------------------------------------------------------------------------------------------

    def query(self, columns: Sequence[str], object_: str, where: str = "") -> Iterator[dict[str, Any]]:
        first = self._client.get("query/", {"q": soql.select(columns, object_, where)}, stream=object_)
        for page in self._client.pages(first, object_):
            yield from page["records"]

    def tooling(self, *columns: str, of: str, where: str) -> Iterator[dict[str, Any]]:
        first = self._client.get("tooling/query/", {"q": soql.select(columns, of, where)}, stream=of)
        for page in self._client.pages(first, of):
            yield from page["records"]

    def _make_sure(self, error: StreamUnavailable) -> None:
        """Raises TransientError unless the org really has no such object: setup would call done what it left out."""
        if not settle({error.stream: error}, self._client)[error.stream].certain:
            raise TransientError(f"whether the org has {error.stream} is not known ({error.reason}); try again later")

    def _in(self, column: str, names: Sequence[str]) -> str:
        return f"{soql.check_name(column)} IN ({', '.join(soql.quote(one) for one in names)})"
