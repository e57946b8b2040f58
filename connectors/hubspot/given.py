"""Records handed over as the API returns them, and history told by hand, read by the readers of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.hubspot.facts import Reading, read_owner
from connectors.hubspot.records import make_gone, make_record, merged_ids
from connectors.hubspot.streams import OWNERS, STREAMS
from connectors.kit.given import change_record, check_instants, first_stamp, in_place, is_watched, rows_of
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.ports import FieldChange, Given, StreamSpec

_KINDS = {name: stream.kind for name, stream in STREAMS.items()}
_UNREAD = frozenset({"companies", "deals", "notes", "postal_mail", "tickets"})
_INSTANTS = (
    "createdate",
    "hs_createdate",
    "hs_timestamp",
    "hs_meeting_start_time",
    "hs_meeting_end_time",
    "hs_task_completion_date",
)


def name_record(connection: str, stream: str, record_id: str) -> RecordRef:
    if not record_id:
        raise ValueError("the id is empty")
    return RecordRef(connection, stream, record_id)


def read_given(given: Given) -> Iterator[SourceRecord]:
    """Raises ValueError naming object, record and field of what cannot be read."""
    owners = [row for row in given.objects.get(OWNERS) or () if isinstance(row, dict)]
    by_user = {str(one["userId"]): str(one.get("id")) for one in owners if one.get("userId")}
    by_user |= {str(one["id"]): str(one["hubspot_owner_id"]) for one in given.users if _is_owner(one)}
    reading = Reading(given.connection, given.now, by_user.get)
    for spec, place, row in rows_of(given, _KINDS, _UNREAD):
        if not row.get("id"):
            raise ValueError(f"{place}.id: missing")
        if spec.name == OWNERS:
            yield _owner(given, spec, row)
            continue
        raw = _whole(spec, place, row)
        with in_place(place):
            record = make_record(spec, raw, reading, _contacts(row, place))
        yield record
        if spec.kind is Kind.PERSON:
            for old, new in merged_ids([raw]).items():
                yield make_gone(given.connection, spec, old, given.now, new)
    yield from _colleagues(given)
    for number, change in enumerate(given.changes):
        facts = _facts(change, reading)
        if is_watched(given, change, facts):
            yield change_record(given, change, number, facts)


def _whole(spec: StreamSpec, place: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = row.get("properties")
    if not isinstance(properties, dict):
        raise ValueError(f"{place}.properties: an object is expected")
    check_instants(properties, _INSTANTS, place)
    stamp = STREAMS[spec.name].modified
    found = first_stamp(properties, (stamp, "lastmodifieddate", "hs_lastmodifieddate"), place)
    found = found or first_stamp(row, ("updatedAt",), place)
    created = properties.get("createdate", row.get("createdAt")) if spec.kind is Kind.PERSON else None
    return {**row, "properties": {**properties, **({"createdate": created} if created else {}), stamp: found}}


def _contacts(row: Mapping[str, Any], place: str) -> Sequence[str]:
    """Ids of the contacts that an activity hangs on: `contacts`, or the associations as a read with them returns."""
    ids = row.get("contacts")
    if ids is None:
        told = ((row.get("associations") or {}).get("contacts") or {}).get("results") or ()
        ids = [one.get("id") for one in told]
    if not isinstance(ids, list):
        raise ValueError(f"{place}.contacts: a list of ids is expected")
    return [str(one) for one in ids]


def _owner(given: Given, spec: StreamSpec, row: Mapping[str, Any]) -> SourceRecord:
    ref = RecordRef(given.connection, OWNERS, str(row["id"]))
    return SourceRecord(ref, spec.kind, given.now, facts=read_owner(row))


def _colleagues(given: Given) -> Iterator[SourceRecord]:
    spec = next((spec for spec in given.specs if spec.name == OWNERS), None)
    for user in given.users if spec else ():
        if user.get("hubspot_owner_id"):
            row = {
                "id": user["hubspot_owner_id"],
                "email": user.get("email"),
                "archived": not user.get("active", True),
                "teams": [{"name": user.get("role")}],
            }
            assert spec is not None, "the loop runs over nothing without it"
            yield _owner(given, spec, row)


def _is_owner(user: Mapping[str, Any]) -> bool:
    return bool(user.get("id") and user.get("hubspot_owner_id"))


def _facts(change: FieldChange, reading: Reading) -> Mapping[str, Any]:
    """What the change says to the core."""
    by = reading.user(change.by) or reading.owner(change.by)
    if change.field == "hubspot_owner_id":
        return {"field": "owner", "old": reading.owner(change.old), "new": reading.owner(change.new), "by": by}
    if change.field == "lifecyclestage":
        return {"field": "status", "old": change.old, "new": change.new, "by": by}
    return {"field": "value", "name": change.field, "old": change.old, "new": change.new, "by": by}
