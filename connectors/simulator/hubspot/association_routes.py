"""Associations v4 and their dated twins (source: "Associations v4" reference)."""

from __future__ import annotations

from typing import Any

from connectors.simulator.hubspot.auth import object_needs
from connectors.simulator.hubspot.call import (
    Call,
    Route,
    batch,
    named_type,
    object_in,
    objects_in,
    parse_object,
    record_id,
)
from connectors.simulator.hubspot.errors import ApiError, Body, error_body, invalid, not_found
from connectors.simulator.hubspot.objects import ASSOCIATION_TYPES, ObjectType
from connectors.simulator.kernel import Response

MAX_READ, MAX_WRITE, MAX_PAGE = 1_000, 2_000, 500


def read_batch(call: Call) -> Response:
    """An input without any association is missing from the results and reported as one error of its own."""
    source, target = named_type(call.args[0]), named_type(call.args[1])
    results: list[Body] = []
    errors: list[Body] = []
    inputs = call.inputs(MAX_READ)
    asked = {str(one.get("id")): () for one in inputs}
    refused = call.data.obstacles.take("associations", asked, call.data.switches)
    for one in inputs:
        source_id = record_id(one.get("id"))
        if (error := refused.get(str(one.get("id")))) is not None:
            errors.append(error)
            continue
        found, following = _page(call, source, source_id, target, one.get("after"))
        if not found and call.data.switches.no_associations != "empty":
            errors += _nothing(call, source, target, str(one.get("id")))
            continue
        body: Body = {"from": {"id": str(source_id)}, "to": found}
        if following is not None:
            body["paging"] = {"next": {"after": str(following)}}
        results.append(body)
    return batch(call, results, errors)


def list_associations(call: Call) -> Response:
    source, source_id, target = named_type(call.args[0]), record_id(call.args[1]), named_type(call.args[2])
    if source_id is None or call.data.tables[source.name].find(source_id) is None:
        raise not_found()
    limit = min(call.number("limit", MAX_PAGE), MAX_PAGE)
    found, following = _page(call, source, source_id, target, call.query("after"), limit)
    body: Body = {"results": found}
    if following is not None:
        link = f"https://api.hubapi.com{call.request.path}?after={following}"
        body["paging"] = {"next": {"after": str(following), "link": link}}
    return Response(200, body)


def _page(
    call: Call, source: ObjectType, source_id: int | None, target: ObjectType, after: Any, limit: int | None = None
) -> tuple[list[Body], int | None]:
    """Associated live records from id `after` on. `toObjectId` is a number, other than ids elsewhere."""
    record = call.data.tables[source.name].find(source_id)
    one_way = call.data.switches.lead_deals_one_way and (source.name, target.name) == ("deals", "leads")
    if record is None or one_way:
        return [], None
    labels = {one.type_id: one.label for one in ASSOCIATION_TYPES.get((source.name, target.name), ())}
    links, start = call.data.links.of(source.name, record.id, target.name), record_id(after or 0) or 0
    ids = sorted(one for one in links if one >= start and call.data.is_live(target.name, one))
    size = limit or call.data.switches.association_page
    shown = [
        {
            "toObjectId": target_id,
            "associationTypes": [
                {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": labels.get(type_id)}
                for type_id in sorted(links[target_id], reverse=True)
            ],
        }
        for target_id in ids[:size]
    ]
    return shown, ids[size] if len(ids) > size else None


def _nothing(call: Call, source: ObjectType, target: ObjectType, source_id: str) -> list[Body]:
    if call.data.switches.no_associations == "silent":
        return []
    error: Body = {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {target.singular} is associated with {source.singular} {source_id}.",
        "context": {
            "fromObjectId": [source_id],
            "fromObjectType": [source.singular],
            "toObjectType": [target.singular],
        },
    }
    return [error]


def create_batch(call: Call) -> Response:
    return _write_batch(call, labelled=True)


def associate_default(call: Call) -> Response:
    return _write_batch(call, labelled=False)


def _write_batch(call: Call, *, labelled: bool) -> Response:
    source, target = named_type(call.args[0]), named_type(call.args[1])
    results: list[Body] = []
    errors: list[Body] = []
    for one in call.inputs(MAX_WRITE):
        try:
            source_id, target_id = _ends(call, source, object_in(one, "from"), target, object_in(one, "to"))
            if labelled:
                types = _types(source, target, objects_in(one, "types"))
                results.append(_associate(call, source, source_id, target, target_id, types))
            else:
                results += _associate_default(call, source, source_id, target, target_id)
        except ApiError as error:
            errors.append({name: error.body[name] for name in _SHOWN if name in error.body})
    return batch(call, results, errors, success=200 if call.dated or not labelled else 201)


_SHOWN = ("status", "category", "subCategory", "message", "context")


def archive_batch(call: Call) -> Response:
    """Inputs are `{from: {id}, to: [{id}…]}`. v4 answers 204 without a body, dated paths 200 with one."""
    source, target = named_type(call.args[0]), named_type(call.args[1])
    for one in call.inputs(MAX_WRITE):
        source_id = record_id(object_in(one, "from").get("id"))
        for end in objects_in(one, "to"):
            target_id = record_id(end.get("id"))
            if source_id is not None and target_id is not None:
                call.data.dissociate(source.name, source_id, target.name, target_id, call.now)
    return batch(call, [], []) if call.dated else Response(204)


def put_association(call: Call) -> Response:
    """`PUT …/{id}/associations/{type}/{id}` with an array of types."""
    source, target = named_type(call.args[0]), named_type(call.args[2])
    raw = objects_in(parse_object(b'{"types":' + (call.request.body or b"[]") + b"}"), "types")
    source_id, target_id = _ends(call, source, {"id": call.args[1]}, target, {"id": call.args[3]})
    return Response(201, _associate(call, source, source_id, target, target_id, _types(source, target, raw)))


def put_default(call: Call) -> Response:
    """`PUT …/{id}/associations/default/{type}/{id}`."""
    source, target = named_type(call.args[0]), named_type(call.args[2])
    source_id, target_id = _ends(call, source, {"id": call.args[1]}, target, {"id": call.args[3]})
    return batch(call, _associate_default(call, source, source_id, target, target_id), [])


def delete_association(call: Call) -> Response:
    source, target = named_type(call.args[0]), named_type(call.args[2])
    source_id, target_id = record_id(call.args[1]), record_id(call.args[3])
    if source_id is not None and target_id is not None:
        call.data.dissociate(source.name, source_id, target.name, target_id, call.now)
    return Response(204)


def list_labels(call: Call) -> Response:
    source, target = named_type(call.args[0]), named_type(call.args[1])
    types = ASSOCIATION_TYPES.get((source.name, target.name), [])
    results = [{"category": "HUBSPOT_DEFINED", "typeId": one.type_id, "label": one.label} for one in types]
    return Response(200, {"results": results})


def _ends(call: Call, source: ObjectType, left: Any, target: ObjectType, right: Any) -> tuple[int, int]:
    """Ids of both ends. Raises FROM_/TO_OBJECT_NOT_FOUND, and for a pair that cannot be associated."""
    if (source.name, target.name) not in ASSOCIATION_TYPES:
        raise invalid(
            f"{source.singular.upper()} cannot be associated with {target.singular.upper()}",
            subCategory="crm.associations.INVALID_ASSOCIATION_TYPE",
        )
    ids: list[int] = []
    for side, kind, end in (("FROM", source, left), ("TO", target, right)):
        text = end.get("id")
        number = record_id(text)
        if number is None or not call.data.is_live(kind.name, number):
            body = error_body(
                f"No {kind.singular} with ID {text} exists",
                "OBJECT_NOT_FOUND",
                subCategory=f"crm.associations.{side}_OBJECT_NOT_FOUND",
                context={f"{side.lower()}ObjectId": [str(text)]},
            )
            raise ApiError(404, body)
        ids.append(number)
    return ids[0], ids[1]


def _types(source: ObjectType, target: ObjectType, specs: list[dict[str, Any]]) -> list[int]:
    known = {one.type_id for one in ASSOCIATION_TYPES[(source.name, target.name)]}
    ids = [int(spec.get("associationTypeId", 0)) for spec in specs]
    for type_id in ids:
        if type_id not in known:
            raise invalid(
                f"0-{type_id} is not a valid association type between {source.singular.upper()} and "
                f"{target.singular.upper()}",
                subCategory="crm.associations.INVALID_ASSOCIATION_TYPE",
            )
    if not ids:
        raise invalid("At least one association type is required.")
    return ids


def _associate(
    call: Call, source: ObjectType, source_id: int, target: ObjectType, target_id: int, types: list[int]
) -> Body:
    """Moves nobody's modified date."""
    call.data.associate(source.name, source_id, target.name, target_id, call.now, types)
    known = ASSOCIATION_TYPES[(source.name, target.name)]
    labels = [one.label for one in known if one.label and one.type_id in types]
    return {
        "fromObjectTypeId": source.type_id,
        "fromObjectId": source_id,
        "toObjectTypeId": target.type_id,
        "toObjectId": target_id,
        "labels": labels,
    }


def _associate_default(
    call: Call, source: ObjectType, source_id: int, target: ObjectType, target_id: int
) -> list[Body]:
    """The unlabelled association, shown from both ends."""
    call.data.associate(source.name, source_id, target.name, target_id, call.now)
    plain = ASSOCIATION_TYPES[(source.name, target.name)][0]
    ends = ((source_id, target_id, plain.type_id), (target_id, source_id, plain.inverse))
    return [
        {
            "from": {"id": str(left)},
            "to": {"id": str(right)},
            "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id},
        }
        for left, right, type_id in ends
    ]


def _needs(action: str, *places: int) -> Any:
    def needs(args: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [
            need
            for kind in dict.fromkeys(named_type(args[place]).scope for place in places)
            for need in object_needs(kind, kind, action)
        ]

    return needs


_ONE = "objects/{}/{}/associations"
ROUTES = [
    Route("POST", "associations/{}/{}/batch/read", read_batch, _needs("read", 0, 1), association=True),
    Route("POST", "associations/{}/{}/batch/create", create_batch, _needs("write", 0), association=True),
    Route(
        "POST", "associations/{}/{}/batch/associate/default", associate_default, _needs("write", 0), association=True
    ),
    Route("POST", "associations/{}/{}/batch/archive", archive_batch, _needs("write", 0), association=True),
    Route("GET", "associations/{}/{}/labels", list_labels, _needs("read", 0, 1), association=True),
    Route("PUT", f"{_ONE}/default/{{}}/{{}}", put_default, _needs("write", 0), association=True),
    Route("GET", f"{_ONE}/{{}}", list_associations, _needs("read", 0, 2), association=True),
    Route("PUT", f"{_ONE}/{{}}/{{}}", put_association, _needs("write", 0), association=True),
    Route("DELETE", f"{_ONE}/{{}}/{{}}", delete_association, _needs("write", 0), association=True),
]
