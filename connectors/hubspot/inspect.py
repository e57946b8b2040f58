"""What the portal tells about itself, its objects and the rights of Baton's token. Everything here only reads.

Sources: account information, access token metadata, Properties API, CRM search (developers.hubspot.com).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.hubspot.client import Client
from connectors.hubspot.fields import wire_names
from connectors.hubspot.owners import Owners
from connectors.hubspot.properties import Properties
from connectors.hubspot.records import Records
from connectors.hubspot.streams import OWNERS, PEOPLE, find_stream
from connectors.kit.errors import Refused
from sync.core.model.records import SourceRecord
from sync.errors import AuthError, BatonError, BudgetExhausted, StreamUnavailable
from sync.inspection import AccountFacts, Counted, FieldFacts, Held, ObjectFacts, Sort
from sync.ports import StreamSpec

NEEDED = ("crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.owners.read")
"""Without the second nothing can be written; without the others nothing can be judged."""
FOR_MAILS = "sales-email-read"
_NATIVE = frozenset({"salesforceleadid", "salesforcecontactid", "salesforceaccountid"})
"""Properties that exist only where HubSpot's own Salesforce integration is installed."""
_TEXT_LENGTH = 65_536
_PAGE = 200
_SORTS = {"number": Sort.NUMBER, "date": Sort.DATE, "datetime": Sort.INSTANT, "bool": Sort.BOOLEAN}
_OWNER_FIELDS = ("id", "email", "type", "firstName", "lastName", "userId", "createdAt", "updatedAt")


@dataclass
class Inspector:
    """Asks one portal. `records` and `owners` read as the source does."""

    client: Client = field(repr=False)
    properties: Properties = field(repr=False)
    records: Records = field(repr=False)
    owners: Owners = field(repr=False)
    _people: Sequence[Mapping[str, Any]] | None = None
    """Definitions of the contacts' properties, until they are told."""

    def account(self, specs: Sequence[StreamSpec]) -> AccountFacts:
        account = self.client.account()
        granted = self.client.granted()
        names = {spec.name for spec in specs}
        needed = (*NEEDED, *((FOR_MAILS,) if "emails" in names else ()))
        self._people = self.properties.tell(PEOPLE) if PEOPLE in names else ()
        return AccountFacts(
            user=f"portal {account['portalId']}",
            edition=str(account.get("accountType") or ""),
            lacking=tuple(one for one in needed if granted is not None and one not in granted),
            rights_known=granted is not None,
            native_sync=any(one["name"] in _NATIVE for one in self._people),
        )

    def objects(self, specs: Sequence[StreamSpec]) -> Mapping[str, ObjectFacts | BatonError]:
        found: dict[str, ObjectFacts | BatonError] = {}
        for spec in specs:
            try:
                found[spec.name] = self._object(spec)
            except StreamUnavailable as error:
                found[spec.name] = error
        return found

    def _object(self, spec: StreamSpec) -> ObjectFacts:
        stream = find_stream(spec.name)
        if spec.name == OWNERS:
            self.client.get(self.client.paths.owners, {"limit": "1"}, stream=OWNERS)
            return ObjectFacts(OWNERS, {name: FieldFacts(name, Sort.TEXT, writable=False) for name in _OWNER_FIELDS})
        told = self._properties(spec.name)
        # Definitions may be readable where records are not.
        self.client.get(self.client.paths.objects(spec.name), {"limit": "1"}, stream=spec.name)
        fields = {one["name"]: _field(one) for one in told}
        lacking = tuple(
            n for n in ("hs_timestamp", "hubspot_owner_id", "createdate") if n in stream.fact_fields and n not in fields
        )
        own = wire_names(spec.chosen) if spec.carries_flags else {}
        return ObjectFacts(spec.name, fields, own, unread_facts=lacking)

    def _properties(self, stream: str) -> Sequence[Mapping[str, Any]]:
        known, self._people = (self._people, None) if stream == PEOPLE else (None, self._people)
        return known or self.properties.tell(stream)

    def sample(self, specs: Sequence[StreamSpec], size: int) -> dict[str, Sequence[SourceRecord] | BatonError]:
        found: dict[str, Sequence[SourceRecord] | BatonError] = {}
        for spec in specs:
            try:
                found[spec.name] = self._newest(spec, size)
            except (AuthError, BudgetExhausted):
                raise
            except BatonError as error:
                found[spec.name] = error
        return found

    def _newest(self, spec: StreamSpec, size: int) -> list[SourceRecord]:
        if spec.name == OWNERS:
            return list(self.owners.read(spec, None).records)
        made = "createdate" if spec.name == PEOPLE else "hs_createdate"
        body = {
            "sorts": [{"propertyName": made, "direction": "DESCENDING"}],
            "properties": ["hs_object_id"],
            "limit": min(size, _PAGE),
        }
        ids = [str(one["id"]) for one in self.client.find(spec.name, body)["results"]]
        plain = replace(spec, watched=(), dated=())  # what the records hold; when it was written is not asked
        read = self.records.read(plain, ids) if ids else ()
        return [one for one in read if one.kind is spec.kind and not one.deleted]

    def count(self, asked: Sequence[Counted]) -> list[int | None]:
        return [self._count(one) for one in asked]

    def _count(self, asked: Counted) -> int | None:
        """Every condition that allows what has no value doubles the groups, of which a search takes five."""
        groups: list[list[dict[str, Any]]] = [[]]
        for one in asked.conditions:
            listed = {"propertyName": one.field, "operator": "IN", "values": [str(value) for value in one.values]}
            if one.held is Held.ONE_OF:
                groups = [[*group, listed] for group in groups]
            else:
                free = [{**listed, "operator": "NOT_IN"}, {"propertyName": one.field, "operator": "NOT_HAS_PROPERTY"}]
                groups = [[*group, test] for group in groups for test in free]
        filled = [{"filters": group} for group in groups if group]
        body = {"properties": ["hs_object_id"], "limit": 1, **({"filterGroups": filled} if filled else {})}
        try:
            return int(self.client.find(asked.stream, body)["total"])
        except (StreamUnavailable, Refused):
            return None


def _field(told: Mapping[str, Any]) -> FieldFacts:
    sort = _SORTS.get(str(told["type"]), Sort.TEXT if told["type"] in ("string", "phone_number") else Sort.OTHER)
    shape = told.get("fieldType")
    if told["type"] == "enumeration":
        sort = {"checkbox": Sort.MULTI_CHOICE, "booleancheckbox": Sort.BOOLEAN}.get(str(shape), Sort.CHOICE)
    options = tuple(str(one["value"]) for one in told.get("options") or ())
    listed = sort in (Sort.CHOICE, Sort.MULTI_CHOICE) and not told.get("externalOptions")
    return FieldFacts(
        name=told["name"],
        sort=Sort.REFERENCE if told.get("referencedObjectType") else sort,
        label=str(told.get("label") or ""),
        length=_TEXT_LENGTH if sort is Sort.TEXT else None,
        writable=not (told.get("modificationMetadata") or {}).get("readOnlyValue", False),
        choices=options if listed and not told.get("referencedObjectType") else None,
        closed=listed,
    )
