"""Records as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.simulator.hubspot.call import Call, record_id
from connectors.simulator.hubspot.errors import Body, invalid
from connectors.simulator.hubspot.objects import ASSOCIATION_TYPES, ObjectType
from connectors.simulator.hubspot.records import Record, Table
from connectors.simulator.hubspot.schema import epoch_text


def shown_names(table: Table, asked: Sequence[str]) -> list[str]:
    """Property names of an answer, alphabetical. Undefined ones vanish without a word."""
    chosen = asked or table.kind.defaults
    return sorted({name for name in (*chosen, *table.kind.always) if table.schema.find(name)})


def show(record: Record, names: Sequence[str], properties: dict[str, str] | None = None) -> Body:
    """One record; values are strings or null. `properties` stands in for the live ones (search)."""
    values = record.properties if properties is None else properties
    body: Body = {
        "id": str(record.id),
        "properties": {name: values.get(name) for name in names},
        "createdAt": record.created,
        "updatedAt": record.modified,
        "archived": record.archived_at is not None,
    }
    if record.archived_at is not None:
        body["archivedAt"] = record.archived_at
    return body


def with_url(call: Call, kind: ObjectType, body: Body) -> Body:
    """List, get and search add the link into the user interface."""
    link = f"https://app.hubspot.com/contacts/{call.data.portal_id}/record/{kind.type_id}/{body['id']}"
    return {**body, "url": link}


def with_history(table: Table, record: Record, body: Body, names: Sequence[str]) -> Body:
    defined = [name for name in names if table.schema.find(name)]
    if defined:
        depth = table.history_depth()
        body["propertiesWithHistory"] = {name: record.history(name, depth) for name in sorted(defined)}
    return body


def with_associations(call: Call, kind: ObjectType, body: Body, targets: Sequence[ObjectType]) -> Body:
    """Associations of a listed record: one entry per type of link, so one id can occur twice."""
    found: dict[str, Any] = {}
    for target in targets:
        results = _linked(call, kind, int(body["id"]), target)
        if results:
            found[target.name] = {"results": results}
    if found:
        body["associations"] = found
    return body


def _linked(call: Call, kind: ObjectType, source_id: int, target: ObjectType) -> list[Body]:
    labels = {one.type_id: one.label for one in ASSOCIATION_TYPES.get((kind.name, target.name), ())}
    several = len(labels) > 1
    results: list[Body] = []
    for target_id, types in sorted(call.data.links.of(kind.name, source_id, target.name).items()):
        if not call.data.is_live(target.name, target_id):
            continue
        for type_id in sorted(types):
            plain = several and labels.get(type_id) is None
            name = f"{kind.singular}_to_{target.singular}" + ("_unlabeled" if plain else "")
            results.append({"id": str(target_id), "type": name})
    return results


def show_written(table: Table, record: Record, sent: dict[str, str], *, created: bool) -> Body:
    """Answer of a write: what was sent and a selection of computed values, not the whole record.

    A cleared value comes back as the empty string; stage dates of a create come as epoch milliseconds.
    """
    names = {*sent, table.kind.modified, *(("hs_email_domain",) if "email" in sent else ())}
    if created:
        names |= {*table.kind.always, *_COMPUTED, *(n for n in record.properties if n.startswith("hs_lifecyclestage_"))}
    values = {name: record.properties.get(name, "" if name in sent else None) for name in sorted(names)}
    values = {name: value for name, value in values.items() if value is not None}
    if created:
        for name in values:
            if name.startswith("hs_lifecyclestage_"):
                values[name] = epoch_text(values[name])
    body = show(record, ())
    body["properties"] = values
    return body


_COMPUTED = ("hs_all_contact_vids", "hs_is_contact", "hs_is_unworked", "hs_pipeline", "lifecyclestage")


def find_record(call: Call, text: str, id_property: str | None) -> Record | None:
    """By id (also one that was merged away), e-mail or a unique property; archived ones with `archived=true`."""
    table = call.table
    if id_property and id_property != "hs_object_id":
        if id_property not in table.unique:
            raise invalid(f"Property {id_property} is not a unique property of {call.kind.singular.upper()}.")
        return table.find_by(id_property, text)
    number = record_id(text)
    if call.archived:
        return table.archived.get(number) if number is not None else None
    return table.find(number)
