"""Who changed what and when, as both CRMs keep it; and the records as they were once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.reference.served import Served
from tests.reference.world import Change, Node, Raw, instant, refer

_NO_FIELD = {"created", "leadMerged", "feedEvent"}
_BY_HAND = {"CRM_UI", "CRM_UI_BULK_ACTION", "CONTACTS_WEB", "IMPORT", "MOBILE_ANDROID", "MOBILE_IOS"}


def changes_of(served: Served) -> list[Change]:
    found = [*_sales_changes(served), *_portal_changes(served)]
    for told in served.told:
        stage = (
            "status" if told["field"] == "lifecyclestage" else "owner" if told["field"] == "hubspot_owner_id" else None
        )
        old, new = told["old"], told["new"]
        if stage == "owner":
            old, new = (refer("owners", str(one)) for one in (old, new))
        found.append(
            Change(refer("contacts", told["id"]), stage or "value", old, new, told["at"], told["field"], told["by"])
        )
    return found


def _sales_changes(served: Served) -> Iterator[Change]:
    for stream, parent, of in (
        ("LeadHistory", "LeadId", "Lead"),
        ("OpportunityFieldHistory", "OpportunityId", "Opportunity"),
    ):
        for row in served.rows[stream].values():
            name, old, new, at = row["Field"], row.get("OldValue"), row.get("NewValue"), instant(row["CreatedDate"])
            assert at
            subject, by = refer(of, row[parent]), row.get("CreatedById")
            if name == "Owner":
                if str(new or "").startswith(("005", "00G")):  # else the row with names; its twin holds the ids
                    yield Change(subject, "owner", refer("User", str(old)), refer("User", str(new)), at, None, by)
            elif of == "Lead" and name in ("Status", "leadConverted"):
                yield Change(subject, "status" if name == "Status" else "converted", old, new, at, None, by)
            elif name not in _NO_FIELD:
                yield Change(subject, "value", old, new, at, name, by, told=(old, new) != (None, None))


def _portal_changes(served: Served) -> Iterator[Change]:
    for record_id, properties in served.revisions.items():
        for name, revisions in properties.items():
            for number, revision in enumerate(revisions):
                older = revisions[number + 1] if number + 1 < len(revisions) else {}
                at = instant(revision["timestamp"])
                assert at
                by = revision.get("updatedByUserId") if revision.get("sourceType") in _BY_HAND else None
                value, before = revision.get("value") or None, older.get("value") or None
                yield Change(refer("contacts", record_id), "value", before, value, at, name, by and str(by))


def rewind(raw: Raw, at: datetime) -> Raw:
    """The records as they were then: what was made later gone, what was changed later undone."""
    kept = {ref: node for ref, node in raw.nodes.items() if node.created <= at}
    gone = {ref.rpartition(":")[2] for ref in raw.nodes.keys() - kept.keys()}
    return replace(
        raw,
        nodes={ref: _undo(node, raw.changes, at, gone) for ref, node in kept.items()},
        acts=[
            replace(act, scheduled=True) if act.type == "meeting" and act.held and act.at > at else act
            for act in raw.acts
            if act.logged <= at
        ],
        changes=[change for change in raw.changes if change.at <= at],
    )


def _undo(node: Node, changes: list[Change], at: datetime, gone: set[str]) -> Node:
    values: dict[str, Any] = dict(node.values)
    for change in sorted(changes, key=lambda change: change.at, reverse=True):
        if change.at > at and change.subject == node.ref and change.field == "value" and change.name in values:
            if change.told:
                values[change.name] = change.old
            else:
                del values[change.name]
    if gone & {values.get("ConvertedOpportunityId"), values.get("ConvertedContactId")}:
        values |= {"IsConverted": False, "ConvertedDate": None}
        values |= dict.fromkeys(("ConvertedOpportunityId", "ConvertedContactId"))
    return replace(node, values=values)
