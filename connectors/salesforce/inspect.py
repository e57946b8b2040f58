"""What the org tells about itself, its objects and the rights of Baton's user. Everything here only reads.

Sources: REST API Developer Guide (Composite, sObject Describe), UI API Developer Guide (picklist values by record type),
Object Reference (ObjectPermissions, PermissionSetAssignment, EntityDefinition, UserRecordAccess).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from connectors.kit.batch import split
from connectors.salesforce import soql
from connectors.salesforce.client import MAX_QUERIES, Client
from connectors.salesforce.describe import settle
from connectors.salesforce.fields import wire_names
from connectors.salesforce.rows import Rows
from connectors.salesforce.streams import ABSENT_IN_MANY_ORGS, STREAMS
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import AuthError, BatonError, BudgetExhausted, StreamUnavailable
from sync.inspection import Access, AccountFacts, Condition, Counted, FieldFacts, Held, ObjectFacts, Sort
from sync.ports import StreamSpec

_SORTS = {
    **dict.fromkeys(("string", "textarea", "email", "phone", "url", "combobox", "id", "encryptedstring"), Sort.TEXT),
    **dict.fromkeys(("int", "double", "currency", "percent", "long"), Sort.NUMBER),
    "picklist": Sort.CHOICE,
    "multipicklist": Sort.MULTI_CHOICE,
    "boolean": Sort.BOOLEAN,
    "date": Sort.DATE,
    "datetime": Sort.INSTANT,
    "reference": Sort.REFERENCE,
}
_PERMISSIONS = "PermissionsRead, PermissionsEdit, PermissionsViewAllRecords, PermissionsModifyAllRecords"
_OPEN = {"Lead": "IsConverted = false", "Opportunity": "IsClosed = false"}
_SPARE = frozenset({"MasterRecordId", "Type", "CallDisposition", "ShowAs", "IsRecurrence", "TextBody"})
"""Fact fields whose absence changes little, and which many orgs lack."""
_SHARED = frozenset({"Read", "ReadWrite", "ReadWriteTransfer", "FullAccess"})
_PRIVATE = "Private"
"""What is controlled by a parent is seen as that is, which its own answer tells."""
MAX_ACCESS = 200
"""Records that one query of UserRecordAccess takes (source: Object Reference)."""
Answer = Mapping[str, Any] | BatonError


@dataclass
class Inspector:
    """Asks one org. `rows` reads records as the source does."""

    client: Client = field(repr=False)
    rows: Rows = field(repr=False)

    def account(self) -> AccountFacts:
        self.client.verify()
        org = self.rows.read_organization()  # signs in, which tells who we are
        user = self.client.user_id
        where = f"Id = '{soql.check_id(user)}'" if soql.is_id(user) else "Id = null"
        user_told, org_told = self._query(
            soql.select(("Username", "Name"), "User", where),
            f"SELECT OrganizationType, FiscalYearStartMonth FROM Organization WHERE Id = '{soql.check_id(org['Id'])}'",  # noqa: S608  checked id
        )
        person, company = _first(user_told), _first(org_told)
        month = company.get("FiscalYearStartMonth")
        return AccountFacts(
            user=str(person.get("Username") or user or "?"),
            edition=str(company.get("OrganizationType") or ""),
            rights_by_field=True,
            fiscal_year_start=int(month) if isinstance(month, int | float) else None,
        )

    def objects(self, specs: Sequence[StreamSpec]) -> Mapping[str, ObjectFacts | BatonError]:
        """All describes in one call, and with them who sees what."""
        names = [spec.name for spec in specs]
        paths = [f"sobjects/{soql.check_name(name)}/describe" for name in names]
        rights = self._rights_queries(names)
        told = self.client.compose([*paths, *(f"query/?{urlencode({'q': one})}" for one in rights)], [*names, *rights])
        describes = dict(zip(names, told, strict=False))
        if all(isinstance(one, BatonError) for one in describes.values()):
            describes = {name: self._describe(name) for name in names}  # an org that composes no describes
        refused = {name: one for name, one in describes.items() if isinstance(one, StreamUnavailable)}
        describes |= settle(refused, self.client)
        sees = self._sees_all(told[len(names) :])
        return {spec.name: self._object(spec, describes[spec.name], sees.get(spec.name)) for spec in specs}

    def _describe(self, name: str) -> Answer:
        try:
            return self.client.describe(name)
        except StreamUnavailable as error:
            return error

    def _rights_queries(self, names: Sequence[str]) -> list[str]:
        quoted = ", ".join(f"'{soql.check_name(name)}'" for name in names)
        user = self.client.user_id
        if not soql.is_id(user):
            return []
        mine = f"SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{user}'"  # noqa: S608  checked id
        return [
            f"SELECT SobjectType, {_PERMISSIONS} FROM ObjectPermissions WHERE SobjectType IN ({quoted}) AND ParentId IN ({mine})",  # noqa: S608  checked names
            f"SELECT PermissionsViewAllData FROM PermissionSet WHERE Id IN ({mine})",  # noqa: S608  as above
            f"SELECT QualifiedApiName, InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName IN ({quoted})",  # noqa: S608  as above
        ]

    def _sees_all(self, told: Sequence[Answer]) -> dict[str, bool]:
        """By object, where the org tells: through a permission, or because everybody sees such records. "No" takes the
        answers to all three questions."""
        if len(told) < 3 or isinstance(told[0], BatonError):
            return {}
        rights, sets, entities = (_rows(one) for one in told)
        models = {row["QualifiedApiName"]: row.get("InternalSharingModel") for row in entities}
        everything = any(row.get("PermissionsViewAllData") for row in sets)
        names = {str(row["SobjectType"]) for row in rights}
        by_right = {
            str(row["SobjectType"])
            for row in rights
            if row.get("PermissionsViewAllRecords") or row.get("PermissionsModifyAllRecords")
        }
        seen = {name for name in names if everything or name in by_right or models.get(name) in _SHARED}
        private = {name for name in names - seen if models.get(name) == _PRIVATE}
        unseen = set[str]() if isinstance(told[1], BatonError) else private
        return dict.fromkeys(seen, True) | dict.fromkeys(unseen, False)

    def _object(self, spec: StreamSpec, told: Answer, sees_all: bool | None) -> ObjectFacts | BatonError:
        if isinstance(told, BatonError):
            return told
        fields = {one["name"]: _field(one) for one in told["fields"]}
        stream = STREAMS[spec.name]
        own = wire_names(spec.name, spec.chosen) if spec.carries_flags else {}
        listed = [name for name in own.values() if name in fields and fields[name].choices is not None]
        types = [one for one in told.get("recordTypeInfos") or () if one.get("active") and not one.get("master")]
        return ObjectFacts(
            stream=spec.name,
            fields={**fields, **_parents(spec, told["fields"])},
            own=own,
            editable=bool(told.get("updateable", True)),
            unread_facts=tuple(
                n for n in stream.fact_fields if not (n in fields or n in _SPARE or "." in n or n.endswith("__c"))
            ),
            record_types=self._offered(spec.name, types, listed) if listed else {},
            sees_all=sees_all,
        )

    def _offered(
        self, stream: str, types: Sequence[Mapping[str, Any]], fields: Sequence[str]
    ) -> dict[str, Mapping[str, tuple[str, ...]]]:
        """What each record type offers, of those of which the org tells; a call each."""
        found: dict[str, Mapping[str, tuple[str, ...]]] = {}
        for one in types:
            path = f"ui-api/object-info/{soql.check_name(stream)}/picklist-values/{soql.check_id(one['recordTypeId'])}"
            try:
                values = self.client.get(path, stream=stream)["picklistFieldValues"]
            except StreamUnavailable:
                continue
            found[str(one["name"])] = {
                name: tuple(str(value["value"]) for value in values[name]["values"])
                for name in fields
                if name in values
            }
        return found

    def sample(self, specs: Sequence[StreamSpec], size: int) -> dict[str, Sequence[SourceRecord] | BatonError]:
        found: dict[str, Sequence[SourceRecord] | BatonError] = {}
        wanted: list[tuple[StreamSpec, str]] = []
        for spec in specs:
            try:
                wanted.append((spec, self._newest(spec, size)))
            except StreamUnavailable as error:
                found[spec.name] = error
        for group in split(wanted, MAX_QUERIES):
            answers = self._query(*(query for _, query in group))
            for (spec, _), answer in zip(group, answers, strict=True):
                found[spec.name] = answer if isinstance(answer, BatonError) else self._records(spec, answer, size)
        return found

    def _newest(self, spec: StreamSpec, size: int) -> str:
        columns = self.rows.columns(spec)
        where = {"Lead": _OPEN["Lead"], "User": "IsActive = true"}.get(spec.name, "")
        return f"{soql.select(columns, spec.name, where)} ORDER BY CreatedDate DESC LIMIT {size}"

    def _records(self, spec: StreamSpec, first: Mapping[str, Any], size: int) -> list[SourceRecord]:
        found: list[SourceRecord] = []
        for page in self.client.pages(first, spec.name):
            found += self.rows.records(spec, page["records"])
            if len(found) >= size:
                break
        return found[:size]

    def count(self, asked: Sequence[Counted]) -> list[int | None]:
        told: list[int | None] = []
        for group in split(asked, MAX_QUERIES):
            answers = self._query(*(_count_query(one) for one in group))
            told += [None if isinstance(answer, BatonError) else int(answer["totalSize"]) for answer in answers]
        return told

    def access(self, refs: Sequence[RecordRef]) -> list[Access]:
        user = self.client.user_id
        streams = sorted({ref.stream for ref in refs})
        by_stream = {name: [ref for ref in refs if ref.stream == name][:MAX_ACCESS] for name in streams}
        found: list[Access] = []
        for name, some in by_stream.items() if soql.is_id(user) else ():
            ids = [soql.check_id(ref.record_id) for ref in some]
            converted = ", IsConverted" if name == "Lead" else ""
            rights = f"SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess WHERE UserId = '{user}' AND {soql.id_in('RecordId', ids)}"  # noqa: S608  checked ids
            states = f"SELECT Id, IsDeleted{converted} FROM {soql.check_name(name)} WHERE {soql.id_in('Id', ids)}"  # noqa: S608  as above
            told, state = self.client.compose(
                [f"query/?{urlencode({'q': rights})}", f"queryAll/?{urlencode({'q': states})}"], [name, name]
            )
            if isinstance(told, BatonError) or isinstance(state, BatonError):
                continue
            gone = {row["Id"] for row in state["records"] if row.get("IsDeleted") or row.get("IsConverted")}
            by_id = {soql.check_id(ref.record_id): ref for ref in some}
            found += [
                Access(by_id[one], bool(row["HasReadAccess"]), bool(row["HasEditAccess"]), one in gone)
                for row in told["records"]
                if (one := soql.check_id(row["RecordId"])) in by_id
            ]
        return found

    def _query(self, *queries: str) -> list[Answer]:
        """Up to five in one call, of what is not deleted: answers or errors, in order."""
        paths = [f"query/?{urlencode({'q': one})}" for one in queries]
        told = self.client.compose(paths, ["a query"] * len(paths)) if paths else []
        for one in told:
            if isinstance(one, AuthError | BudgetExhausted):
                raise one
        return list(told)


def _field(told: Mapping[str, Any]) -> FieldFacts:
    sort = _SORTS.get(str(told["type"]), Sort.OTHER)
    listed = sort in (Sort.CHOICE, Sort.MULTI_CHOICE)
    choices = tuple(str(one["value"]) for one in told.get("picklistValues") or () if one.get("active", True))
    length = int(told.get("length") or 0) if sort is Sort.TEXT else None
    if sort is Sort.NUMBER:
        length = int(told.get("digits") or 0) or int(told.get("precision") or 0) - int(told.get("scale") or 0)
    return FieldFacts(
        name=told["name"],
        sort=sort,
        label=str(told.get("label") or ""),
        length=length or None,
        writable=bool(told.get("updateable")),
        guarded=bool(told.get("permissionable")),
        choices=choices if listed else None,
        closed=listed and bool(told.get("restrictedPicklist")),
    )


def _parents(spec: StreamSpec, fields: Sequence[Mapping[str, Any]]) -> dict[str, FieldFacts]:
    """Mapped fields of parents (`RecordType.Name`) to which a readable key leads; absent ones that hardly any org has
    count as read."""
    relations = {one.get("relationshipName") for one in fields}
    dotted = [name for name in spec.fields if "." in name]
    return {
        name: FieldFacts(name, Sort.TEXT, writable=False)
        for name in dotted
        if name.partition(".")[0] in relations or name in ABSENT_IN_MANY_ORGS
    }


def _count_query(asked: Counted) -> str:
    parts = [_condition(one) for one in asked.conditions]
    parts += [_OPEN[asked.stream]] if asked.open and asked.stream in _OPEN else []
    if STREAMS[asked.stream].kind is Kind.DEAL and asked.with_role:
        parts.append("Id IN (SELECT OpportunityId FROM OpportunityContactRole)")
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    return f"SELECT COUNT() FROM {soql.check_name(asked.stream)}{where}"  # noqa: S608  names checked, values quoted


def _condition(one: Condition) -> str:
    name = soql.check_name(one.field)
    flags = [value for value in one.values if isinstance(value, bool)]
    if flags:
        return f"{name} = {str(flags[0]).lower()}"
    quoted = ", ".join(soql.quote(str(value)) for value in one.values)
    if one.held is Held.ONE_OF:
        return f"{name} IN ({quoted})"
    return f"({name} = null OR {name} NOT IN ({quoted}))"


def _rows(answer: Answer) -> Sequence[Mapping[str, Any]]:
    return () if isinstance(answer, BatonError) else answer["records"]


def _first(answer: Answer) -> Mapping[str, Any]:
    return next(iter(_rows(answer)), {})
