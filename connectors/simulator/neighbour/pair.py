"""Which contact of the portal and which lead or contact of the org the native sync takes for the same person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.hubspot.records import Record
from connectors.simulator.neighbour.value import from_hubspot, from_salesforce
from connectors.simulator.salesforce import SalesforceOrg
from connectors.simulator.salesforce.record_id import to18
from connectors.simulator.salesforce.table import Row

STORED = {"Lead": "salesforceleadid", "Contact": "salesforcecontactid"}
"""Property of a contact that holds the id of its partner, by Salesforce object."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One person in both systems, as they stand now."""

    contact: Record
    kind: str
    """Lead or Contact."""
    row: Row

    @property
    def key(self) -> str:
        """The same for as long as the contact lives, whatever becomes of the lead."""
        return str(self.contact.id)

    def values(self, org: SalesforceOrg, portal: HubSpotPortal, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """HubSpot's and Salesforce's value by property, for the fields that exist on both sides."""
        schema, kind = portal.data.tables["contacts"].schema, org.data.objects[self.kind.lower()]
        found: dict[str, tuple[str, str]] = {}
        for name, field in names.items():
            definition, item = schema.definitions.get(name), kind.fields.get(field.lower())
            if definition is not None and item is not None:
                there = from_hubspot(definition, self.contact.properties.get(name, ""))
                found[name] = (there, from_salesforce(item, self.row.get(item.name)))
        return found


def pairs(org: SalesforceOrg, portal: HubSpotPortal, *, by_email: bool) -> Iterator[Pair]:
    """Everybody whom both systems know: by stored id, else by an e-mail address that one record on each side has."""
    addresses = _addresses(org) if by_email else {}
    contacts = list(portal.data.tables["contacts"].live.values())
    mails = Counter(contact.properties.get("email", "").lower() for contact in contacts) if by_email else Counter()
    for contact in contacts:
        partner = _stored(org, contact)
        email = contact.properties.get("email", "").lower()
        if partner is None and email and mails[email] == 1 and len(found := addresses.get(email, [])) == 1:
            partner = found[0]
        if partner is not None:
            yield Pair(contact, *partner)


def _addresses(org: SalesforceOrg) -> dict[str, list[tuple[str, Row]]]:
    found: dict[str, list[tuple[str, Row]]] = {}
    for kind in STORED:
        for row in org.data.tables[kind].rows.values():
            if row["Email"] and not row["IsDeleted"] and not row.get("IsConverted"):
                found.setdefault(row["Email"].lower(), []).append((kind, row))
    return found


def _stored(org: SalesforceOrg, contact: Record) -> tuple[str, Row] | None:
    """By the stored ids, contact before lead, following conversions and merges. None for what is gone."""
    for kind in ("Contact", "Lead"):
        text = contact.properties.get(STORED[kind])
        found = follow(org, kind, text) if text else None
        if found is not None:
            return found
    return None


def follow(org: SalesforceOrg, kind: str, text: str) -> tuple[str, Row] | None:
    """What became of a lead or contact: itself, the winner of its merge, or the contact it was converted into."""
    try:
        row = org.data.tables[kind].rows.get(to18(text))
    except ValueError:
        return None  # somebody typed something into the property
    while row is not None and row["MasterRecordId"]:
        row = org.data.tables[kind].rows.get(row["MasterRecordId"])
    if row is not None and row.get("IsConverted") and row["ConvertedContactId"]:
        return follow(org, "Contact", row["ConvertedContactId"])
    return None if row is None or row["IsDeleted"] else (kind, row)
