"""World events: what people and machines do in the org, as a generator tells it. See the simulator's README."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce import drift
from connectors.simulator.salesforce.change import add_field_history, insert_row, update_row
from connectors.simulator.salesforce.error import ApiError
from connectors.simulator.salesforce.record_id import to18
from connectors.simulator.salesforce.schema import ObjectType
from connectors.simulator.salesforce.table import Row
from connectors.simulator.salesforce.value import read_instant, read_value

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

LINKS = ("WhoId", "WhatId", "ContactId", "AccountId", "RelatedToId", "ReportsToId", "ParentId", "LeadId")


SETUP = frozenset({"define_fields", "delete_fields", "rename_fields", "record_types"})
"""Events of an administrator: they are there at once."""


def apply_event(org: SalesforceOrg, event: Mapping[str, Any], stamp: str) -> str:
    """Let one event happen, stamped as given. Raises ValueError for an event that makes no sense."""
    kind = _object(org, event["object"])
    by = to18(event["by"]) if event.get("by") else org.admin_id
    match event["op"]:
        case "insert":
            values = read_record(kind, {**event.get("record", {}), **_id_of(event)})
            if values.get("Id") in org.data.tables[kind.name].rows:
                raise ValueError(f"{kind.name} {values['Id']} exists already")
            return insert_row(org, kind, values, stamp, by)["Id"]
        case "update":
            values = read_record(kind, event.get("record", {}))
            return update_row(org, kind, _row(org, kind, event["id"]), values, stamp, by)["Id"]
        case "delete":
            return soft_delete(org, kind, _row(org, kind, event["id"]), stamp, by)
        case "hard_delete":
            row = _row(org, kind, event["id"])
            org.data.tables[kind.name].remove(row["Id"])
            org.deleted[kind.name].append((stamp, row["Id"]))
            return row["Id"]
        case "convert":
            return _convert(org, _row(org, kind, event["id"]), event["record"], stamp, by)
        case "merge":
            return _merge(org, kind, to18(event["id"]), to18(event["loser"]), stamp, by)
        case "undelete":
            return _undelete(org, kind, _row(org, kind, event["id"]), stamp, by)
        case "empty_bin":
            return _empty_bin(org, kind, event.get("id"))
        case "mass_update":
            return _mass_update(org, kind, event, stamp, by)
        case _:
            return _change_setup(org, kind, event, stamp, by)


def _change_setup(org: SalesforceOrg, kind: ObjectType, event: Mapping[str, Any], stamp: str, by: str) -> str:
    """What an administrator does."""
    match event["op"]:
        case "define_fields":
            drift.define_fields(org, kind, event["fields"])
        case "delete_fields":
            drift.delete_fields(org, kind, event["fields"])
        case "rename_fields":
            drift.rename_fields(org, kind, event["fields"])
        case "record_types":
            drift.define_record_types(org, kind, event["types"], stamp, by)
        case other:
            raise ValueError(f"unknown op {other!r}")
    return ""


def _id_of(event: Mapping[str, Any]) -> dict[str, Any]:
    return {"Id": event["id"]} if event.get("id") else {}


def _object(org: SalesforceOrg, name: str) -> ObjectType:
    kind = org.data.objects.get(name.lower())
    if kind is None or kind.name in org.switches.absent_objects:
        raise ValueError(f"the simulated org has no object {name!r}")
    return kind


def _row(org: SalesforceOrg, kind: ObjectType, record_id: str) -> Row:
    row = org.data.tables[kind.name].rows.get(to18(record_id))
    if row is None:
        raise ValueError(f"no {kind.name} {record_id}")
    return row


def read_record(kind: ObjectType, record: Mapping[str, Any]) -> dict[str, Any]:
    """An event's fields in stored form. Unknown fields and unfit values raise ValueError: the generator is wrong."""
    values: dict[str, Any] = {}
    for name, value in record.items():
        item = kind.fields.get(name.lower())
        if item is None:
            raise ValueError(f"{kind.name} has no field {name!r}")
        try:
            values[item.name] = read_value(item, value)
        except ApiError as error:
            raise ValueError(f"{kind.name}.{name}: {error}") from error
    return values


def soft_delete(org: SalesforceOrg, kind: ObjectType, row: Row, stamp: str, by: str | None, **more: Any) -> str:
    """Into the bin: still there for queryAll for 15 days, listed by the deleted feed."""
    update_row(org, kind, row, {"IsDeleted": True, **more}, stamp, by)
    org.deleted[kind.name].append((stamp, row["Id"]))
    return row["Id"]


def _undelete(org: SalesforceOrg, kind: ObjectType, row: Row, stamp: str, by: str) -> str:
    """Out of the bin again. Whether the deleted feed forgets it is unverified."""
    if not row.get("IsDeleted"):
        raise ValueError(f"{kind.name} {row['Id']} is not in the bin")
    update_row(org, kind, row, {"IsDeleted": False}, stamp, by)
    if not org.switches.undeleted_stays_logged:
        org.deleted[kind.name] = [entry for entry in org.deleted[kind.name] if entry[1] != row["Id"]]
    return row["Id"]


def _empty_bin(org: SalesforceOrg, kind: ObjectType, record_id: str | None) -> str:
    """Take one record, or all of the object, out of the bin for good: the deleted feed still lists them."""
    table = org.data.tables[kind.name]
    gone = [row["Id"] for row in table.rows.values() if row.get("IsDeleted")]
    for one in [to18(record_id)] if record_id else gone:
        if one not in gone:
            raise ValueError(f"{kind.name} {one} is not in the bin")
        table.remove(one)
    return to18(record_id) if record_id else ""


def _mass_update(org: SalesforceOrg, kind: ObjectType, event: Mapping[str, Any], stamp: str, by: str) -> str:
    """The same values into many records (`ids`, or all live ones) in one second, as a data loader does."""
    values, rows = read_record(kind, event.get("record", {})), org.data.tables[kind.name].rows
    ids = [to18(one) for one in event["ids"]] if event.get("ids") is not None else list(rows)
    for row in [rows[one] for one in ids]:
        if not row.get("IsDeleted"):
            update_row(org, kind, row, values, stamp, by)
    return ""


def _convert(org: SalesforceOrg, lead: Row, record: Mapping[str, Any], stamp: str, by: str) -> str:
    """Lead conversion: the lead stays, converted; account, contact and opportunity are new or existing."""
    if lead["IsConverted"]:
        raise ValueError(f"lead {lead['Id']} is converted already")
    account = _take_target(org, "Account", record, stamp, by, {})
    contact = _take_target(org, "Contact", record, stamp, by, {"AccountId": account})
    opportunity = _take_target(org, "Opportunity", record, stamp, by, {"AccountId": account})
    if opportunity and record.get("OpportunityContactRole"):
        role = {"OpportunityId": opportunity, "ContactId": contact, **record["OpportunityContactRole"]}
        kind = org.data.objects["opportunitycontactrole"]
        insert_row(org, kind, read_record(kind, role), stamp, by)
    values = {
        "IsConverted": True,
        "ConvertedDate": read_instant(stamp).astimezone(org.zone).date().isoformat(),
        "ConvertedAccountId": account,
        "ConvertedContactId": contact,
        "ConvertedOpportunityId": opportunity,
        "Status": record.get("ConvertedStatus") or "Closed - Converted",
    }
    update_row(org, org.data.objects["lead"], lead, values, stamp, by)
    add_field_history(org, org.data.objects["lead"], lead["Id"], "leadConverted", None, None, stamp, by)
    _move_activities(org, lead["Id"], contact, opportunity or account, stamp)
    return lead["Id"]


def _take_target(
    org: SalesforceOrg, name: str, record: Mapping[str, Any], stamp: str, by: str, defaults: dict[str, Any]
) -> str | None:
    """The record a lead is converted into: made from `record[name]` unless its id exists."""
    kind = org.data.objects[name.lower()]
    fields = record.get(name)
    wanted = record.get(f"{name}Id") or (fields or {}).get("Id")
    if wanted and to18(wanted) in org.data.tables[name].rows:
        return to18(wanted)
    if fields is None:
        if wanted:
            raise ValueError(f"convert: no {name} {wanted}, and no fields to make it from")
        return None
    identity = {"Id": wanted} if wanted else {}
    return insert_row(org, kind, read_record(kind, {**defaults, **fields, **identity}), stamp, by)["Id"]


def _move_activities(org: SalesforceOrg, lead: str, contact: str | None, what: str | None, stamp: str) -> None:
    for name in ("Task", "Event"):
        kind = org.data.objects[name.lower()]
        for row in org.data.tables[name].linked("WhoId", [lead]):
            values = {"WhoId": contact, "WhatId": row["WhatId"] or (what if org.switches.convert_sets_what else None)}
            _reparent(org, kind, row, values, stamp)
    mails = org.data.objects["emailmessage"]
    for row in org.data.tables["EmailMessage"].linked("RelatedToId", [lead]):
        _reparent(org, mails, row, {"RelatedToId": contact}, stamp)


def _merge(org: SalesforceOrg, kind: ObjectType, winner: str, loser: str, stamp: str, by: str) -> str:
    """The loser goes to the bin with MasterRecordId, its children go to the winner."""
    if not kind.mergeable:
        raise ValueError(f"{kind.name} can not be merged")
    soft_delete(org, kind, _row(org, kind, loser), stamp, by, MasterRecordId=winner)
    update_row(org, kind, _row(org, kind, winner), {}, stamp, by)
    for child in org.data.objects.values():
        table = org.data.tables[child.name]
        for link in LINKS:
            if table.has_link(link):
                for row in table.linked(link, [loser]):
                    _reparent(org, child, row, {link: winner}, stamp)
    return winner


def _reparent(org: SalesforceOrg, kind: ObjectType, row: Row, values: dict[str, Any], stamp: str) -> None:
    """Children move without triggers; whether that bumps SystemModstamp is unverified, hence a switch."""
    if not org.switches.reparent_bumps or kind.stamp != "SystemModstamp":
        org.data.tables[kind.name].put({**row, **values})
        return
    update_row(org, kind, row, values, stamp, None)
