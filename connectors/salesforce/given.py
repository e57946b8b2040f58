"""Rows handed over as the API returns them, and history told by hand, read by the readers of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.kit.given import (
    change_record,
    check_days,
    check_instants,
    check_texts,
    first_stamp,
    in_place,
    is_watched,
    rows_of,
)
from connectors.salesforce import soql
from connectors.salesforce.facts import Reading, read_deal_field_history, read_lead_history
from connectors.salesforce.rows import make_record
from connectors.salesforce.streams import STREAMS
from sync.core.model.records import RecordRef, SourceRecord
from sync.ports import FieldChange, Given, StreamSpec

_KINDS = {name: stream.kind for name, stream in STREAMS.items()}
_UNREAD = frozenset({"Campaign", "CampaignMember", "Case", "Group", "Note", "Organization"})
_INSTANTS = ("CreatedDate", "CompletedDateTime", "StartDateTime", "EndDateTime", "MessageDate")
_DAYS = ("ActivityDate", "ConvertedDate")
_TEXTS = ("Status", "Type", "Role", "Role__c", "StageName", "TaskSubtype", "CallType", "Email", "LeadSource")
_TRACKED = {"OwnerId": "Owner", "IsConverted": "leadConverted"}
"""Field → what field history calls it."""


def name_record(connection: str, stream: str, record_id: str) -> RecordRef:
    if not soql.is_id(record_id):
        raise ValueError(f"{record_id!r} is no Salesforce record id (15 or 18 letters and digits)")
    return RecordRef(connection, stream, soql.check_id(record_id))


def read_given(given: Given) -> Iterator[SourceRecord]:
    """Raises ValueError naming object, record and field of what cannot be read."""
    reading = Reading(given.connection, given.now, lambda: given.zone)
    for spec, place, row in rows_of(given, _KINDS, _UNREAD):
        with in_place(place):
            record = make_record(spec, _whole(spec, place, row, given), reading)
        if record is not None:
            yield record
    yield from _users(given, reading)
    for number, change in enumerate(given.changes):
        facts = _facts(change, reading)
        if facts is not None and is_watched(given, change, facts):
            yield change_record(given, change, number, facts)


def _whole(spec: StreamSpec, place: str, row: Mapping[str, Any], given: Given) -> Mapping[str, Any]:
    """The row with a sound id, instants that are some, and a stamp, if only an empty one."""
    with in_place(f"{place}.Id"):
        name_record(given.connection, spec.name, str(row.get("Id") or ""))
    check_instants(row, _INSTANTS, place)
    check_days(row, _DAYS, place)
    check_texts(row, _TEXTS, place)
    stamp = STREAMS[spec.name].stamp
    return {**row, stamp: first_stamp(row, (stamp, "LastModifiedDate"), place)}


def _users(given: Given, reading: Reading) -> Iterator[SourceRecord]:
    spec = next((spec for spec in given.specs if spec.name == "User"), None)
    for number, user in enumerate(given.users if spec else ()):
        if not user.get("id"):
            continue  # a colleague of the other system alone
        row = {
            "Id": str(user["id"]),
            "Email": user.get("email"),
            "IsActive": user.get("active", True),
            "Role__c": user.get("role"),
        }
        assert spec is not None, "the loop runs over nothing without it"
        record = make_record(spec, _whole(spec, f"users[{number}]", row, given), reading)
        if record is not None:
            yield record


def _facts(change: FieldChange, reading: Reading) -> Mapping[str, Any] | None:
    """What the change says to the core; None for nothing."""
    row = {
        "LeadId": change.record.record_id,
        "OpportunityId": change.record.record_id,
        "Field": _TRACKED.get(change.field, change.field),
        "OldValue": change.old,
        "NewValue": change.new,
        "CreatedById": change.by,
    }
    if change.record.stream == "Lead":
        return read_lead_history(row, reading)
    if change.field == "StageName":
        return {"field": "stage", "old": change.old, "new": change.new, "by": reading.user(change.by)}
    return read_deal_field_history(row, reading)
