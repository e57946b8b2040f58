"""What people and other systems do in the portal, beside the API: the world events of the simulator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.simulator.hubspot.account_routes import make_owner
from connectors.simulator.hubspot.data import PortalData
from connectors.simulator.hubspot.objects import ASSOCIATION_TYPES
from connectors.simulator.hubspot.property_routes import read_definition, read_options
from connectors.simulator.hubspot.record_writes import lead_subject
from connectors.simulator.hubspot.records import Author, Record, Table
from connectors.simulator.hubspot.schema import Refused, iso, take_value

Event = dict[str, Any]


def apply_event(data: PortalData, event: Event) -> str:
    """Do one event and return the id of its record ("" where there is none).

    Raises ValueError for what no portal could hold: an undefined property, an unknown option, a missing record.
    """
    told = _instant(event.get("at"))
    at = told + data.clock.ahead if told is not None else data.clock.now()
    try:
        return _OPERATIONS[event["op"]](data, event, at)
    except (KeyError, Refused) as error:
        raise ValueError(f"cannot apply {event.get('op')} {event.get('object')} {event.get('id')}: {error}") from error


def _insert(data: PortalData, event: Event, at: datetime) -> str:
    table, record = data.tables[event["object"]], event.get("record") or {}
    number = int(event["id"]) if event.get("id") else data.new_id(table)
    if table.knows(number):
        raise ValueError(f"{event['object']} {number} exists")
    values = _values(table, record.get("properties") or {})
    email = values.get("email", "").lower()
    if email and table.find_by("email", email):
        raise ValueError(f"a contact with the e-mail {email} exists")
    links = record.get("associations") or []
    if event["object"] == "leads":
        values = _subject(data, links) | values
    data.insert(table, number, values, at, _author(event))
    for link in links:
        _associate(data, event["object"], number, link["to"], int(link["id"]), link.get("types"), at)
    return str(number)


def _update(data: PortalData, event: Event, at: datetime) -> str:
    """People may also move a lifecycle stage back."""
    table, record = _find(data, event)
    given = event.get("record") or {}
    data.write(table, record, _values(table, given.get("properties") or {}), at, _author(event))
    for link in given.get("associations") or []:
        _associate(data, event["object"], record.id, link["to"], int(link["id"]), link.get("types"), at)
    return str(record.id)


def _archive(data: PortalData, event: Event, at: datetime) -> str:
    table, record = _find(data, event)
    data.archive(table, record, at)
    return str(record.id)


def _restore(data: PortalData, event: Event, at: datetime) -> str:
    """Out of the recycle bin; only people can do that."""
    table = data.tables[event["object"]]
    record = table.archived.get(int(event["id"]))
    if record is None:
        raise ValueError(f"no archived {event['object']} {event['id']}")
    data.restore(table, record, at)
    return str(record.id)


def _mass_update(data: PortalData, event: Event, at: datetime) -> str:
    """The same values into many records (`ids`, or all) at one and the same millisecond, as a bulk edit does."""
    table = data.tables[event["object"]]
    values, author = _values(table, (event.get("record") or {}).get("properties") or {}), _author(event)
    ids = [int(one) for one in event["ids"]] if event.get("ids") is not None else list(table.live_ids)
    for number in ids:
        if record := table.find(number):
            data.write(table, record, values, at, author)
    return ""


def _link(data: PortalData, event: Event, at: datetime) -> str:
    _, record = _find(data, event)
    _associate(data, event["object"], record.id, event["to"], int(event["to_id"]), event.get("types"), at)
    return str(record.id)


def _unlink(data: PortalData, event: Event, at: datetime) -> str:
    _, record = _find(data, event)
    other = data.tables[event["to"]].find(int(event["to_id"]))
    data.dissociate(event["object"], record.id, event["to"], other.id if other else int(event["to_id"]), at)
    return str(record.id)


def _merge(data: PortalData, event: Event, at: datetime) -> str:
    """Returns the survivor's id, which is a new one unless the switch says otherwise; `new_id` chooses it."""
    table, winner = _find(data, event)
    loser = table.find(int(event["loser"]))
    if loser is None or loser is winner:
        raise ValueError(f"nothing to merge: {event['object']} {event['loser']}")
    chosen = event.get("new_id") or (event.get("record") or {}).get("new_id")
    new_id = int(chosen or data.new_id(table)) if data.switches.merge_new_id else None
    if new_id is not None and table.knows(new_id):
        raise ValueError(f"{event['object']} {new_id} exists")
    return str(data.merge(table, winner, loser, at, new_id).id)


def _erase(data: PortalData, event: Event, at: datetime) -> str:
    table, number = data.tables[event["object"]], int(event["id"])
    record = table.find(number) or table.archived[number]
    table.erase(record, at)
    return str(record.id)


def _define(data: PortalData, event: Event, at: datetime) -> str:
    """`properties` (or `record.properties`): definitions as the API takes them; visible at once, with their groups."""
    table = data.tables[event["object"]]
    for body in event.get("properties") or event["record"]["properties"]:
        given = {"label": body["name"], "type": "string", "fieldType": "text", "groupName": "handoff", **body}
        group = given["groupName"]
        table.schema.groups.setdefault(group, {"name": group, "label": group, "displayOrder": -1, "archived": False})
        table.schema.put(read_definition(given, read_options(given.get("options") or []), iso(at)))
        if given.get("hasUniqueValue"):
            table.watch_unique(given["name"])
    return ""


def _put_owner(data: PortalData, event: Event, at: datetime) -> str:
    """Add or change an owner; `archived: true` deactivates."""
    record = dict(event["record"])
    record.setdefault("id", event.get("id"))
    known = data.owners.get(str(record["id"]))
    if known:
        kept = {"userId": known["userIdIncludingInactive"], "teams": known.get("teams")}
        record = {**known, **kept, **record}
    made = make_owner(record, iso(at))
    data.owners[made["id"]] = {**made, "createdAt": known["createdAt"]} if known else made
    return str(made["id"])


_OPERATIONS = {
    "insert": _insert,
    "update": _update,
    "archive": _archive,
    "restore": _restore,
    "mass_update": _mass_update,
    "associate": _link,
    "dissociate": _unlink,
    "merge": _merge,
    "gdpr_delete": _erase,
    "define_properties": _define,
    "owner": _put_owner,
}


def _instant(text: str | datetime | None) -> datetime | None:
    instant = datetime.fromisoformat(text) if isinstance(text, str) else text
    if instant is not None and instant.tzinfo is None:
        raise ValueError(f"an event needs an aware instant, got {text}")
    return instant


def _find(data: PortalData, event: Event) -> tuple[Table, Record]:
    table = data.tables[event["object"]]
    record = table.find(int(event["id"]))
    if record is None:
        raise ValueError(f"no {event['object']} {event['id']}")
    return table, record


def _values(table: Table, properties: dict[str, Any]) -> dict[str, str]:
    """Read-only properties may be given: they are what HubSpot itself would have computed.

    A bare date for an instant means midnight UTC (the API itself refuses it).
    """
    values: dict[str, str] = {}
    for name, value in properties.items():
        definition = table.schema.find(name)
        if definition is None:
            raise ValueError(f"{table.kind.name} has no property {name}")
        if definition.type == "datetime" and isinstance(value, str) and len(value) == len("2026-10-06"):
            value = f"{value}T00:00:00.000Z"
        values[name] = take_value(definition, value)
    return values


def _subject(data: PortalData, links: list[dict[str, Any]]) -> dict[str, str]:
    """What a lead mirrors of its first contact and company."""
    mirrored: dict[str, str] = {}
    for link in links:
        found = data.tables[link["to"]].find(int(link["id"]))
        if found and link["to"] in ("contacts", "companies"):
            mirrored = lead_subject(found, link["to"]) | mirrored
    return mirrored


def _author(event: Event) -> Author:
    """`by`: digits = a user in the UI, other text = a source such as SALESFORCE or FORM; `INTEGRATION:5` = on behalf of a user."""
    by = event.get("by")
    if by is None:
        return Author("CRM_UI")
    source, _, user = str(by).rpartition(":")
    if user.isdecimal():
        return Author(source.upper() or "CRM_UI", None if source else f"userId:{user}", int(user))
    return Author(user.upper())


def _associate(
    data: PortalData, source: str, source_id: int, target: str, other: int, types: Any, at: datetime
) -> None:
    found = data.tables[target].find(other)
    if found is None or (source, target) not in ASSOCIATION_TYPES:
        raise ValueError(f"cannot associate {source} {source_id} with {target} {other}")
    data.associate(source, source_id, target, found.id, at, types or ())


def dump(data: PortalData, name: str | None = None) -> dict[str, Any]:
    """All live and archived records of one object by id, or of all objects by name, with values and associations."""
    if name:
        return _dump_table(data, data.tables[name])
    return {one: _dump_table(data, table) for one, table in data.tables.items()}


def _dump_table(data: PortalData, table: Table) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for record in (*table.live.values(), *table.archived.values()):
        links: dict[str, list[str]] = {}
        for _, target, target_id, _types in data.links.everything(table.kind.name, record.id):
            links.setdefault(target, []).append(str(target_id))
        shown[str(record.id)] = {
            "properties": record.properties,
            "associations": links,
            "archived": record.archived_at is not None,
        }
    return shown
