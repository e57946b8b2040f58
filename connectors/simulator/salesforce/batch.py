"""Composite and sObject Collections. Source: REST API Developer Guide, Composite Resources."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, unquote_plus

import orjson

from connectors.simulator.kernel import Request, Response
from connectors.simulator.salesforce import payload, write
from connectors.simulator.salesforce.admin.setup import GRANTING
from connectors.simulator.salesforce.admin.tables import refresh
from connectors.simulator.salesforce.error import ApiError, not_found, row_error
from connectors.simulator.salesforce.result import render_fields
from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.transaction import transaction

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

Dispatch = Callable[[Request, str, list[str]], Response]

MAX_ROWS, MAX_RETRIEVED, MAX_CHUNKS = 200, 2000, 10
MAX_SUBREQUESTS, MAX_HEAVY = 25, 5
REFERENCE = re.compile(r"@\{([^}]+)\}")
TOO_MANY_PASSES = "Too many batch retries in the presence of Apex triggers and partial failures."
ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"


def answer_composite(
    org: SalesforceOrg, dispatch: Dispatch, request: Request, version: str, parts: list[str]
) -> Response:
    """Everything under /composite. Raises ApiError."""
    lower = [part.lower() for part in parts]
    if not parts and request.method == "POST":
        return _run_composite(org, dispatch, request, version)
    if lower == ["sobjects"] and request.method in ("PATCH", "POST", "DELETE"):
        return _save_collection(org, request)
    if len(parts) == 2 and lower[0] == "sobjects" and request.method in ("POST", "GET"):
        return _retrieve(org, request, version, parts[1])
    if lower in ([], ["sobjects"]) or lower[:1] == ["sobjects"]:
        message = f"HTTP Method '{request.method}' not allowed. Allowed are POST,PATCH,DELETE"
        raise ApiError("METHOD_NOT_ALLOWED", message, status=405)
    raise not_found()


def _run_composite(org: SalesforceOrg, dispatch: Dispatch, request: Request, version: str) -> Response:
    """Up to 25 subrequests for the price of one call; the outer status is always 200."""
    body = payload.read_json(request)
    subrequests = body.get("compositeRequest") or []
    _check_composite(subrequests)
    results: dict[str, Any] = {}
    notes: list[str] = []
    answers: list[dict[str, Any]] = []
    with transaction(org) as roll_back:
        for entry in subrequests:
            answer, note = _run_subrequest(org, dispatch, request, version, entry, results)
            notes.append(note)
            answers.append(answer)
        failed = [answer["httpStatusCode"] >= 400 for answer in answers]
        if body.get("allOrNone") and any(failed):
            roll_back()
            answers = [answer if bad else _halt(answer) for answer, bad in zip(answers, failed, strict=True)]
    return Response(200, {"compositeResponse": answers}, note="; ".join(filter(None, notes)))


def _check_composite(subrequests: list[dict[str, Any]]) -> None:
    if not subrequests:
        raise ApiError("INVALID_FIELD", "compositeRequest must contain at least one subrequest")
    if len(subrequests) > MAX_SUBREQUESTS:
        raise ApiError("LIMIT_EXCEEDED", f"Composite requests are limited to {MAX_SUBREQUESTS} subrequests")
    heavy = [
        entry for entry in subrequests if re.search(r"/(query|queryAll|composite/sobjects)\b", str(entry.get("url")))
    ]
    if len(heavy) > MAX_HEAVY:
        message = f"Composite requests are limited to {MAX_HEAVY} query and sObject collections subrequests"
        raise ApiError("LIMIT_EXCEEDED", message)
    names = [entry.get("referenceId") for entry in subrequests]
    if None in names or len(set(names)) != len(names):
        raise ApiError("INVALID_FIELD", "every subrequest needs a referenceId of its own")


def _run_subrequest(
    org: SalesforceOrg, dispatch: Dispatch, outer: Request, version: str, entry: dict[str, Any], results: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    try:
        inner = _make_request(outer, entry, results)
        parts = [part for part in inner.path.split("/") if part]
        if parts[:2] != ["services", "data"] or len(parts) < 3:
            raise not_found()
        org.obstacles.take_part(unquote_plus(inner.target))
        if parts[-1].lower() in ("updated", "deleted") and not org.switches.replication_in_composite:
            raise not_found()
        response = dispatch(inner, version, parts[3:])
    except ApiError as error:
        response = Response(error.status, error.body())
    results[entry["referenceId"]] = response.body
    answer = {
        "body": response.body,
        "httpHeaders": response.headers,
        "httpStatusCode": response.status,
        "referenceId": entry["referenceId"],
    }
    return answer, response.note


def _make_request(outer: Request, entry: dict[str, Any], results: dict[str, Any]) -> Request:
    target = REFERENCE.sub(lambda match: quote(str(_look_up(match[1], results))), str(entry.get("url", "")))
    body = entry.get("body")
    if body is not None:
        body = _replace_references(body, results)
    path, _, query = target.partition("?")
    headers = payload.merge_headers(outer, entry.get("httpHeaders"))
    return Request(
        str(entry.get("method", "GET")).upper(),
        unquote(path),
        parse_qs(query, keep_blank_values=True),
        headers,
        orjson.dumps(body) if body is not None else b"",
        target,
    )


def _replace_references(value: Any, results: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _replace_references(part, results) for name, part in value.items()}
    if isinstance(value, list):
        return [_replace_references(part, results) for part in value]
    if isinstance(value, str):
        whole = REFERENCE.fullmatch(value)
        if whole:
            return _look_up(whole[1], results)
        return REFERENCE.sub(lambda match: str(_look_up(match[1], results)), value)
    return value


def _look_up(path: str, results: dict[str, Any]) -> Any:
    """`ref.field` or `ref.records[0].Id` in the answers so far."""
    name, *steps = re.findall(r"[^.\[\]]+", path)
    try:
        found = results[name]
        for step in steps:
            found = found[int(step)] if isinstance(found, list) else found[step]
    except (KeyError, IndexError, TypeError, ValueError):
        raise ApiError("PROCESSING_HALTED", f"Invalid reference specified. No value for {path} found") from None
    return found


def _halt(answer: dict[str, Any]) -> dict[str, Any]:
    message = "The transaction was rolled back since another operation in the same transaction failed."
    body = [{"errorCode": "PROCESSING_HALTED", "message": message}]
    return {**answer, "body": body, "httpHeaders": {}, "httpStatusCode": 400}


def _save_collection(org: SalesforceOrg, request: Request) -> Response:
    """200 rows at most; always 200 with one result per row, in order."""
    if request.method == "DELETE":
        ids = [part for part in request.query.get("ids", [""])[0].split(",") if part]
        whole = request.query.get("allOrNone", ["false"])[0].lower() == "true"
        refresh(org, "PermissionSet")
        return Response(
            200, _save_rows(org, [{"id": record_id} for record_id in ids], whole, lambda row: _drop(org, row))
        )
    body = payload.read_json(request)
    records = body.get("records")
    if not isinstance(records, list) or not records:
        raise ApiError("INVALID_FIELD", "records must hold at least one record")
    refresh(org, " ".join(str(record.get("attributes", {}).get("type")) for record in records))
    creating = request.method == "POST"
    prepared = [_prepare_row(org, record, creating) for record in _check_rows(records)]
    save = (lambda row: _create(org, row, request)) if creating else (lambda row: _update(org, row, request))
    results = _save_rows(org, prepared, bool(body.get("allOrNone")), save)
    kinds = [org.data.find_object(str(record.get("attributes", {}).get("type"))) for record in records]
    notes = dict.fromkeys(payload.assignment_note(kind, request.headers) for kind in kinds if kind)
    return Response(200, results, note="; ".join(filter(None, notes)))


def _check_rows(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(records) > MAX_ROWS:
        message = "record limit reached. cannot submit more than 200 records into this call"
        raise ApiError("EXCEEDED_ID_LIMIT", message)
    types = [str(record.get("attributes", {}).get("type")).lower() for record in records]
    in_setup = {one in {name.lower() for name in GRANTING} for one in types}
    if len(in_setup) > 1:
        message = "DML operation on setup object is not permitted after you have updated a non-setup object"
        raise ApiError("MIXED_DML_OPERATION", message)
    chunks = 1 + sum(before != after for before, after in pairwise(types))
    if chunks > MAX_CHUNKS:
        raise ApiError("LIMIT_EXCEEDED", f"Cannot have more than {MAX_CHUNKS} chunks in a single operation")
    return records


def _prepare_row(org: SalesforceOrg, record: dict[str, Any], creating: bool) -> dict[str, Any]:
    """A row ready to save; an error of the row is kept in it, one of the request is raised."""
    name = record.get("attributes", {}).get("type")
    if not name:
        raise ApiError("INVALID_FIELD", "attributes.type is required on every record")
    kind = org.data.find_object(str(name))
    if kind is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    row: dict[str, Any] = {"kind": kind, "id": record.get("id") or record.get("Id")}
    try:
        row["values"] = write.prepare(org, kind, record, creating)
    except ApiError as error:
        if not error.row:
            raise
        row["error"] = error
    return row


def _create(org: SalesforceOrg, row: dict[str, Any], request: Request) -> str:
    return write.create(org, row["kind"], row["values"], request.headers)


def _update(org: SalesforceOrg, row: dict[str, Any], request: Request) -> str:
    if not row["id"]:
        raise row_error("MISSING_ARGUMENT", "Id not specified in an update call")
    return write.update(org, row["kind"], write.read_id(row["kind"], row["id"]), row["values"], request.headers)


def _drop(org: SalesforceOrg, row: dict[str, Any]) -> str:
    kind = org.data.by_prefix.get(row["id"][:3])
    if kind is None:
        raise row_error("MALFORMED_ID", f"malformed id {row['id']}")
    record_id = write.read_id(kind, row["id"])
    write.delete(org, kind, record_id)
    return record_id


def _save_rows(
    org: SalesforceOrg, rows: list[dict[str, Any]], all_or_none: bool, save: Callable[[dict[str, Any]], str]
) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    seen: set[str] = set()
    with transaction(org) as roll_back:
        for row in rows:
            try:
                results.append({"id": _save_once(org, row, save, seen), "success": True, "errors": []})
            except ApiError as error:
                if not error.row:
                    roll_back()
                    raise
                results.append(error.save_result())
        failed = sum(not result["success"] for result in results)
        if org.switches.trigger_passes is not None and failed >= org.switches.trigger_passes:
            roll_back()
            return [row_error("UNKNOWN_EXCEPTION", TOO_MANY_PASSES).save_result() for _ in results]
        if all_or_none and not all(result["success"] for result in results):
            roll_back()
            undone = row_error("ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK).save_result()
            return [undone if result["success"] else result for result in results]
    return results


def _save_once(org: SalesforceOrg, row: dict[str, Any], save: Callable[[dict[str, Any]], str], seen: set[str]) -> str:
    """Save a row. What becomes of an id that was in this call already is a switch."""
    if "error" in row:
        raise row["error"]
    key = str(row["id"])[:15] if row.get("id") else ""
    if key and key in seen and org.switches.duplicate_id != "apply":
        unknown = "<unknown>"
        message = f"duplicate value found: {unknown} duplicates value on record with id: {unknown}"
        raise ApiError("DUPLICATE_VALUE", message, (), row=org.switches.duplicate_id == "second")
    seen.add(key)
    return save(row)


def _retrieve(org: SalesforceOrg, request: Request, version: str, name: str) -> Response:
    """Records by id, in the order asked, null for what is gone."""
    kind = org.data.find_object(name)
    if kind is None:
        raise not_found()
    if request.method == "POST":
        body = payload.read_json(request)
        ids, names = body.get("ids") or [], body.get("fields") or []
    else:
        ids, names = (request.query.get(key, [""])[0].split(",") for key in ("ids", "fields"))
    if len(ids) > MAX_RETRIEVED:
        raise ApiError(
            "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MAX_RETRIEVED} records into this call"
        )
    fields = [_retrieved_field(kind, field_name) for field_name in names]
    rows = org.data.tables[kind.name].rows
    found = [rows.get(write.read_id(kind, record_id)) for record_id in ids]
    answers = [
        None
        if row is None or row.get("IsDeleted") or org.data.hides(row)
        else render_fields(kind, fields, row, version)
        for row in found
    ]
    return Response(200, answers)


def _retrieved_field(kind: ObjectType, name: str) -> Field:
    item = kind.find(name)
    if item is None:
        raise ApiError("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
    return item
