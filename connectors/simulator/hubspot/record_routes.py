"""`/crm/v3/objects/{type}…`: list, get, write, batches, search, merge (source: "CRM objects" reference)."""

from __future__ import annotations

from typing import Any

from connectors.simulator.hubspot import record_writes, search
from connectors.simulator.hubspot.auth import object_needs
from connectors.simulator.hubspot.call import (
    Call,
    Route,
    batch,
    named_type,
    objects_in,
    parse_object,
    record_id,
    shuffle,
)
from connectors.simulator.hubspot.errors import Body, bad_request, error_body, invalid, not_found
from connectors.simulator.hubspot.record_views import (
    find_record,
    show,
    shown_names,
    with_associations,
    with_history,
    with_url,
)
from connectors.simulator.hubspot.records import Record
from connectors.simulator.hubspot.schema import iso
from connectors.simulator.hubspot.search import Looseness
from connectors.simulator.kernel import Response

MAX_PAGE, MAX_HISTORY = 100, 50


def list_records(call: Call) -> Response:
    table, history = call.table, call.names("propertiesWithHistory")
    names = shown_names(table, call.names("properties"))
    targets = [named_type(text) for text in call.names("associations")]
    limit, after = _read_page(call, MAX_HISTORY if history else MAX_PAGE)
    merged = call.data.switches.merged_in_archived
    records, following = table.page(after, limit, archived=call.archived, merged=merged)
    results: list[Body] = []
    for record in records:
        body = with_url(call, call.kind, show(record, names))
        results.append(with_associations(call, call.kind, with_history(table, record, body, history), targets))
    body: Body = {"results": results}
    if following is not None:
        link = f"https://api.hubapi.com{call.request.path}?after={following}&limit={limit}"
        body["paging"] = {"next": {"after": str(following), "link": link}}
    return Response(200, body)


def _read_page(call: Call, maximum: int) -> tuple[int, int]:
    limit, after = call.query("limit") or "10", call.query("after") or "0"
    size = int(limit) if limit.isdecimal() else 0
    if size > maximum and call.data.switches.page_too_big == "cap":
        size = maximum
    if not 0 < size <= maximum:
        raise invalid(f"The limit must be between 1 and {maximum}; {limit} was asked for.")
    number = record_id(after)
    if number is None:
        raise invalid(f"Invalid paging cursor: {after}")
    return size, number


def get_record(call: Call) -> Response:
    record = find_record(call, call.args[1], call.query("idProperty"))
    if record is None:
        raise not_found()
    targets = [named_type(text) for text in call.names("associations")]
    body = with_url(call, call.kind, show(record, shown_names(call.table, call.names("properties"))))
    with_history(call.table, record, body, call.names("propertiesWithHistory"))
    return Response(200, with_associations(call, call.kind, body, targets))


def read_batch(call: Call) -> Response:
    body = call.body()
    history = body.get("propertiesWithHistory") or []
    if history and len(objects_in(body, "inputs")) > MAX_HISTORY:
        raise invalid(
            f"The maximum number of inputs supported in a batch request for property histories is {MAX_HISTORY}. "
            f"Please reduce the number of items and try again"
        )
    ids = [str(one.get("id")) for one in call.inputs()]
    record_writes.refuse_duplicates(ids)
    names, id_property = shown_names(call.table, body.get("properties") or []), body.get("idProperty")
    refused = call.data.obstacles.take("read", dict.fromkeys(ids, ()), call.data.switches)
    found: list[Record] = []
    missing: list[str] = []
    for text in ids:
        if text in refused:
            continue
        record = find_record(call, text, id_property)
        if record is None:
            missing.append(text)
        else:
            found.append(record)
    results = [with_history(call.table, one, show(one, names), history) for one in found]
    errors = [*refused.values(), *([_missing(call, missing)] if missing else [])]
    return batch(call, shuffle(call, results, 1 / 3), errors)


def _missing(call: Call, ids: list[str]) -> Body:
    message = (
        f"Could not get some {call.kind.singular.upper()} objects, they may be deleted or not exist. Check that ids "
        f"are valid."
    )
    body = error_body(message, "OBJECT_NOT_FOUND", context={"ids": ids})
    del body["correlationId"]
    return body


def search_records(call: Call) -> Response:
    body, maximum = call.body(), call.data.switches.search_body_max
    if maximum is not None and len(call.request.body.decode()) > maximum:
        raise bad_request()
    table, kind = call.table, call.kind
    names = shown_names(table, body.get("properties") or [])
    looseness = Looseness.of(call.data.switches)
    page = search.find(table, body, lambda other, other_id: call.data.links.of(other, other_id, kind.name), looseness)
    results = [with_url(call, kind, _show_indexed(call, one, names)) for one in page.ids]
    answer: Body = {"total": page.total, "results": results}
    if page.next is not None:
        answer["paging"] = {"next": {"after": str(page.next)}}
    return Response(200, answer)


def _show_indexed(call: Call, number: int, names: list[str]) -> Body:
    """A search result shows what the index knows, which may be old or gone meanwhile."""
    kind, values = call.kind, call.table.index.records[number]
    return {
        "id": str(number),
        "properties": {name: values.get(name) for name in names},
        "createdAt": values[kind.created],
        "updatedAt": values[kind.modified],
        "archived": False,
    }


def archive_record(call: Call) -> Response:
    """Also 204 for an id that never was, as far as is known."""
    record = call.table.find(record_id(call.args[1]))
    if record:
        call.data.archive(call.table, record, call.now)
    elif call.data.switches.delete_unknown == 404:
        raise not_found()
    return Response(204)


def archive_batch(call: Call) -> Response:
    for one in call.inputs():
        record = call.table.find(record_id(one.get("id")))
        if record:
            call.data.archive(call.table, record, call.now)
    return Response(204)


def merge_records(call: Call) -> Response:
    body = call.body()
    winner = call.table.find(record_id(body.get("primaryObjectId")))
    loser = call.table.find(record_id(body.get("objectIdToMerge")))
    if winner is None or loser is None:
        raise not_found()
    if winner is loser:
        raise invalid("A record cannot be merged with itself.")
    new_id = call.data.new_id(call.table) if call.data.switches.merge_new_id else None
    survivor = call.data.merge(call.table, winner, loser, call.now, new_id)
    return Response(200, show(survivor, shown_names(call.table, [])))


def erase_contact(call: Call) -> Response:
    """Privacy deletion: permanent, archived records too."""
    body: dict[str, Any] = parse_object(call.request.body)
    table, text = call.data.tables["contacts"], str(body.get("objectId", ""))
    if body.get("idProperty") == "email":
        record = table.find_by("email", text)
    else:
        record = table.find(record_id(text)) or table.archived.get(record_id(text) or -1)
    if record:
        table.erase(record, call.now)
    return Response(204)


def describe_usage(call: Call, used: int, resets_at: Any) -> Response:
    """`account-info/…/api-usage/daily/private-apps`."""
    result = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": call.data.switches.daily_max,
        "currentUsage": used,
        "collectedAt": iso(call.now),
        "fetchStatus": "SUCCESS",
        "resetsAt": iso(resets_at),
    }
    return Response(200, {"results": [result]})


def _needs(action: str) -> Any:
    def needs(args: tuple[str, ...]) -> list[tuple[str, ...]]:
        kind = named_type(args[0])
        return object_needs(kind.name, kind.scope, action)

    return needs


def _contact_needs(_: tuple[str, ...]) -> list[tuple[str, ...]]:
    return object_needs("contacts", "contacts", "write")


ROUTES = [
    Route("POST", "objects/contacts/gdpr-delete", erase_contact, _contact_needs),
    Route("GET", "objects/{}", list_records, _needs("read")),
    Route("POST", "objects/{}", record_writes.create_record, _needs("write")),
    Route("POST", "objects/{}/search", search_records, _needs("read"), search=True),
    Route("POST", "objects/{}/merge", merge_records, _needs("write")),
    Route("POST", "objects/{}/batch/read", read_batch, _needs("read")),
    Route("POST", "objects/{}/batch/create", record_writes.create_batch, _needs("write")),
    Route("POST", "objects/{}/batch/update", record_writes.update_batch, _needs("write")),
    Route("POST", "objects/{}/batch/archive", archive_batch, _needs("write")),
    Route("GET", "objects/{}/{}", get_record, _needs("read")),
    Route("PATCH", "objects/{}/{}", record_writes.update_record, _needs("write")),
    Route("DELETE", "objects/{}/{}", archive_record, _needs("write")),
]
