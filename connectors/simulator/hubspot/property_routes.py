"""`/crm/v3/properties/{type}…`: definitions and groups (source: "Properties" reference and live observations)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.simulator.hubspot.auth import schema_needs
from connectors.simulator.hubspot.call import Call, Route, batch, named_type
from connectors.simulator.hubspot.data import PortalData
from connectors.simulator.hubspot.definitions import BOOLEAN_OPTIONS
from connectors.simulator.hubspot.errors import ApiError, Body, error_body, invalid, not_found
from connectors.simulator.hubspot.objects import OBJECT_TYPES
from connectors.simulator.hubspot.schema import Definition, Option, Schema, iso
from connectors.simulator.kernel import Response

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
FIELD_TYPES = {
    "string": {"text", "textarea", "file", "html", "phonenumber", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"},
    "bool": {"booleancheckbox", "calculation_equation"},
}
_CHANGEABLE = {
    "label": "label",
    "description": "description",
    "groupName": "group",
    "fieldType": "field_type",
    "type": "type",
    "hidden": "hidden",
    "formField": "form_field",
    "displayOrder": "display_order",
}


def list_properties(call: Call) -> Response:
    """Everything at once; there is no paging."""
    schema = _schema(call)
    chosen = schema.archived.values() if call.archived else schema.visible()
    return Response(200, {"results": [one.as_json() for one in chosen]})


def get_property(call: Call) -> Response:
    return Response(200, _find(call, call.args[1]).as_json())


def create_property(call: Call) -> Response:
    return Response(201, _create(call, call.body()).as_json())


def create_batch(call: Call) -> Response:
    results: list[Body] = []
    errors: list[Body] = []
    for one in call.inputs():
        try:
            results.append(_create(call, one).as_json())
        except ApiError as error:
            kept = {name: value for name, value in error.body.items() if name != "correlationId"}
            errors.append({**kept, "context": {"name": [str(one.get("name"))]}})
    return batch(call, results, errors, success=201)


def read_batch(call: Call) -> Response:
    schema, names = _schema(call), [str(one.get("name")) for one in call.inputs()]
    found = {name: one for name in names if (one := schema.find(name))}
    missing = [name for name in names if name not in found]
    message = "Could not get some properties, they may be deleted or not exist."
    errors = [{"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"name": missing}}]
    return batch(call, [one.as_json() for one in found.values()], errors if missing else [])


def change_property(call: Call) -> Response:
    """Given options replace the whole list; without the key the list stays."""
    old, body = _find(call, call.args[1]), call.body()
    if old.hubspot_defined:
        raise invalid(f"Property {old.name} is read only: its definition belongs to HubSpot.")
    changes: dict[str, Any] = {field: body[key] for key, field in _CHANGEABLE.items() if key in body}
    if "options" in body:
        changes["options"] = _read_options(call, body["options"])
    new = replace(old, **changes, updated_at=iso(call.now))
    _refuse_odd_type(new.type, new.field_type)
    _schema(call).definitions[old.name] = new
    return Response(200, new.as_json())


def archive_property(call: Call) -> Response:
    _archive(call, call.args[1])
    return Response(204)


def archive_batch(call: Call) -> Response:
    for one in call.inputs():
        if _schema(call).find(str(one.get("name"))):
            _archive(call, str(one.get("name")))
    return Response(204)


def list_groups(call: Call) -> Response:
    return Response(200, {"results": list(_schema(call).groups.values())})


def get_group(call: Call) -> Response:
    return Response(200, _group(call))


def create_group(call: Call) -> Response:
    body, groups = call.body(), _schema(call).groups
    name = str(body.get("name", ""))
    if not name or not body.get("label"):
        raise invalid("A property group needs a name and a label.")
    if name in groups:
        raise _exists("PropertyGroupError.PROPERTY_GROUP_EXISTS", f"A property group named '{name}' already exists.")
    groups[name] = {
        "name": name,
        "label": str(body["label"]),
        "displayOrder": int(body.get("displayOrder", -1)),
        "archived": False,
    }
    return Response(201, groups[name])


def change_group(call: Call) -> Response:
    group = _group(call)
    group.update({key: value for key, value in call.body().items() if key in ("label", "displayOrder")})
    return Response(200, group)


def archive_group(call: Call) -> Response:
    name = str(_group(call)["name"])
    if any(one.group == name for one in _schema(call).definitions.values()):
        raise invalid(
            f"The property group {name} has active properties.",
            subCategory="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
        )
    del _schema(call).groups[name]
    return Response(204)


def read_definition(body: dict[str, Any], options: tuple[Option, ...], stamp: str) -> Definition:
    """A definition as the API takes it. Raises KeyError for a missing mandatory key."""
    return Definition(
        name=body["name"],
        label=body["label"],
        type=body["type"],
        field_type=body["fieldType"],
        group=body["groupName"],
        options=options or (BOOLEAN_OPTIONS if body["type"] == "bool" else ()),
        description=body.get("description", ""),
        unique=bool(body.get("hasUniqueValue")),
        hidden=bool(body.get("hidden")),
        form_field=bool(body.get("formField")),
        display_order=int(body.get("displayOrder", -1)),
        external_options=bool(body.get("externalOptions")),
        referenced=body.get("referencedObjectType"),
        created_at=stamp,
        updated_at=stamp,
    )


def read_options(raw: list[dict[str, Any]]) -> tuple[Option, ...]:
    return tuple(
        Option(str(one["value"]), str(one["label"]), int(one.get("displayOrder", at)), bool(one.get("hidden")))
        for at, one in enumerate(raw)
    )


def describe_limits(call: Call) -> Response:
    """`limits/custom-properties`: how many custom properties each object has (the shape is unverified)."""
    most = call.data.switches.properties_max
    used = {
        name: sum(not one.hubspot_defined for one in table.schema.definitions.values())
        for name, table in call.data.tables.items()
    }
    shown = [
        {
            "objectTypeId": OBJECT_TYPES[name].type_id,
            "pluralLabel": name,
            "limit": most,
            "usage": count,
            "percentage": count / most * 100,
        }
        for name, count in used.items()
    ]
    return Response(200, {"byObjectType": shown, "overallLimit": most * len(shown), "overallUsage": sum(used.values())})


def change_setup(data: PortalData, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Control action `property`: what an administrator does to one (`object`, `name`) while clients run.

    `archived` takes it away, or back with its values; `read_only` forbids writing it; `in_use` (a list or a workflow
    uses it) forbids archiving it over the API. Raises ValueError, KeyError.
    """
    schema, name = data.tables[payload["object"]].schema, payload["name"]
    if "in_use" in payload:
        (schema.in_use.add if payload["in_use"] else schema.in_use.discard)(name)
    if "archived" in payload and payload["archived"] != (name in schema.archived):
        if payload["archived"]:
            schema.archive(name, iso(now))
        else:
            schema.put(replace(schema.archived[name], archived=False, updated_at=iso(now)))
    if "read_only" in payload:
        schema.put(replace(schema.definitions[name], read_only=bool(payload["read_only"])))
    return {"archived": name in schema.archived}


def _schema(call: Call) -> Schema:
    return call.table.schema


def _find(call: Call, name: str) -> Definition:
    found = _schema(call).archived.get(name) if call.archived else _schema(call).find(name)
    if found is None:
        raise not_found(f"Property {name} does not exist.")
    return found


def _group(call: Call) -> dict[str, Any]:
    group = _schema(call).groups.get(call.args[1])
    if group is None:
        raise not_found(f"Property group {call.args[1]} does not exist.")
    return group


def _create(call: Call, body: dict[str, Any]) -> Definition:
    missing = [key for key in ("name", "label", "type", "fieldType", "groupName") if not body.get(key)]
    if missing:
        raise invalid(f"Some required fields were not set: [{', '.join(missing)}]")
    name, schema = str(body["name"]), _schema(call)
    if not NAME.fullmatch(name) or name.startswith("hs_"):
        raise invalid(f"'{name}' is not a valid property name.", subCategory="PropertyValidationError.INVALID_NAME")
    if name in schema.definitions:
        raise _exists("Properties.PROPERTY_WITH_NAME_EXISTS", f"A property named '{name}' already exists.")
    if body["groupName"] not in schema.groups:
        raise invalid(f"The property group {body['groupName']} does not exist.")
    _refuse_odd_type(body["type"], body["fieldType"])
    made = sum(not one.hubspot_defined for one in schema.definitions.values())
    if made >= call.data.switches.properties_max:
        most, sub_category = call.data.switches.properties_max, "Properties.PROPERTY_LIMIT_EXCEEDED"
        raise invalid(f"The limit of {most} custom properties is reached.", subCategory=sub_category)
    definition = read_definition(body, _read_options(call, body.get("options") or []), iso(call.now))
    schema.put(definition, _delay(call.data))
    if definition.unique:
        call.table.watch_unique(name)
    return definition


def _refuse_odd_type(value_type: str, field_type: str) -> None:
    if field_type not in FIELD_TYPES.get(value_type, ()):
        raise invalid(f"{field_type} is not a valid field type for a property of type {value_type}.")


def _read_options(call: Call, raw: list[dict[str, Any]]) -> tuple[Option, ...]:
    """Dated paths want the display order of every option."""
    if any("value" not in one or "label" not in one for one in raw):
        raise invalid("Every option needs a label and a value.")
    if call.dated and any("displayOrder" not in one for one in raw):
        raise invalid("Every option needs a displayOrder.")
    values = [one["value"] for one in raw]
    if len(set(values)) < len(values):
        raise invalid("Property option values must be unique.")
    return read_options(raw)


def _delay(data: PortalData) -> Callable[[], bool] | None:
    """When a new property shows: after the lag, in simulated or real time, whichever is over first."""
    low, high = data.switches.property_delay
    seconds = data.random.uniform(low, high)
    if seconds <= 0:
        return None
    simulated, real = data.clock.now() + timedelta(seconds=seconds), time.monotonic() + seconds
    return lambda: data.clock.now() >= simulated or time.monotonic() >= real


def _archive(call: Call, name: str) -> None:
    if _find(call, name).hubspot_defined:
        raise invalid(f"Property {name} cannot be archived: it belongs to HubSpot.")
    if name in _schema(call).in_use:
        raise invalid(
            f"The property {name} cannot be deleted because it is in use.",
            subCategory="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
        )
    _schema(call).archive(name, iso(call.now))


def _exists(sub_category: str, message: str) -> ApiError:
    return ApiError(409, error_body(message, "OBJECT_ALREADY_EXISTS", subCategory=sub_category))


def _needs(action: str) -> Callable[[tuple[str, ...]], list[tuple[str, ...]]]:
    return lambda args: schema_needs(named_type(args[0]).scope, action)


ROUTES = [
    Route("GET", "properties/{}", list_properties, _needs("read")),
    Route("POST", "properties/{}", create_property, _needs("write")),
    Route("POST", "properties/{}/batch/create", create_batch, _needs("write")),
    Route("POST", "properties/{}/batch/read", read_batch, _needs("read")),
    Route("POST", "properties/{}/batch/archive", archive_batch, _needs("write")),
    Route("GET", "properties/{}/groups", list_groups, _needs("read")),
    Route("POST", "properties/{}/groups", create_group, _needs("write")),
    Route("GET", "properties/{}/groups/{}", get_group, _needs("read")),
    Route("PATCH", "properties/{}/groups/{}", change_group, _needs("write")),
    Route("DELETE", "properties/{}/groups/{}", archive_group, _needs("write")),
    Route("GET", "properties/{}/{}", get_property, _needs("read")),
    Route("PATCH", "properties/{}/{}", change_property, _needs("write")),
    Route("DELETE", "properties/{}/{}", archive_property, _needs("write")),
]
