"""Every refusal of the portal by name, with its exact body.

Sources: developers.hubspot.com, "Error handling", "API usage guidelines and limits", "Manage OAuth tokens"; bodies
quoted by users of HubSpot's client libraries.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.simulator.hubspot import errors
from connectors.simulator.refusal import Match, Refusal, RowRefusal, by_name, network_refusals

TOPICS: dict[str, Match] = {
    "token": {"method": "POST", "path": r"/oauth/\S+/token"},
    "list": {"method": "GET", "path": r"/objects/(v3/|[\d-]+/)?[a-z]+(\?|$)"},
    "search": {"method": "POST", "path": r"/search$"},
    "read": {"method": "POST", "path": r"/objects/\S*/batch/read"},
    "associations": {"method": "GET|POST", "path": r"/associations/\S*batch/read|/\d+/associations/"},
    "definitions": {"method": "GET", "path": r"/(properties|pipelines|owners)/"},
    "account": {"method": "GET|POST", "path": r"/(account-info|oauth/v2/private-apps)/"},
    "write": {"method": "POST|PATCH", "path": r"/batch/update|/objects/\S*/\d+(\?|$)"},
    "create": {"method": "POST", "path": r"/batch/(create|upsert)|/objects/(v3/|[\d-]+/)?[a-z]+(\?|$)"},
}
"""What a request is about."""
READS = ("list", "search", "read", "associations", "definitions", "account")
WRITES = ("write", "create")
DATA = (*READS, *WRITES)
PORTAL = 4_242_424
EXPIRED_SECONDS = 4


def _on(*topics: str) -> dict[str, Match]:
    return {topic: TOPICS[topic] for topic in topics}


def _body(message: str, category: str | None = None, **more: Any) -> dict[str, Any]:
    """The envelope with a fixed correlation id: these bodies do not pass through the portal."""
    body = errors.error_body(message, category, **more)
    return {**body, "correlationId": "c93e06a4-7d61-4c3e-b63f-edf486fc6e90"}


def refusals() -> dict[str, Refusal]:
    """All refusals of whole requests by name, those of the network included."""
    network = network_refusals(_on("token", *READS), _on(*WRITES))
    return by_name([*_credentials(), *_grants(), *_limits(), *_requests(), *_writes(), *_servers(), *network])


def _credentials() -> Iterator[Refusal]:
    for name, error, passes in (
        ("401_invalid", errors.bad_credentials(), False),
        ("401_expired", errors.expired_credentials(EXPIRED_SECONDS), True),
        ("403_missing_scopes", errors.missing_scopes(["crm.objects.contacts.read"]), False),
    ):
        yield Refusal(name, "status", _on(*DATA), passes, error.status, {**error.body, "correlationId": "c"})
    yield Refusal("401_empty", "status", _on(*DATA), False, 401)
    yield Refusal("403_banned", "status", _on(*DATA), False, 403, _body("This app has been blocked", "BANNED"))
    yield Refusal("403_empty", "status", _on(*DATA), False, 403)
    yield Refusal("403_html", "html", _on(*DATA), True, 403, "<html><title>Attention Required!</title></html>")


GRANTS = {
    "refresh_token": ("invalid_grant", "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked"),
    "auth_code": ("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code"),
    "client_id": ("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id"),
    "client_secret": ("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret"),
    "redirect_uri": ("invalid_request", "BAD_REDIRECT_URI", "redirect URI mismatch"),
    "hub": ("invalid_request", "BAD_HUB", "missing or unknown hub id"),
}
"""What the token endpoint says for good: all of it needs a person."""


def _grants() -> Iterator[Refusal]:
    for name, (error, status, text) in GRANTS.items():
        body = {"error": error, "error_description": text, "status": status, "message": text}
        yield Refusal(f"grant_{name}", "status", _on("token"), False, 400, body)
    yield Refusal("grant_without_token", "status", _on("token"), True, 200, {"token_type": "bearer"})
    yield Refusal("grant_429", "status", _on("token"), True, 429, _body("too many requests", "RATE_LIMITS"))
    yield Refusal("grant_500", "status", _on("token"), True, 500, _body("internal error"))
    yield Refusal("grant_502_html", "html", _on("token"), True, 502, "<html><h1>502 Bad Gateway</h1></html>")


def _limits() -> Iterator[Refusal]:
    rest = tuple(topic for topic in DATA if topic != "search")
    burst = _body(
        "You have reached your ten_secondly_rolling limit.",
        errorType="RATE_LIMIT",
        policyName="TEN_SECONDLY_ROLLING",
        groupName=f"publicapi:private-app-api-calls-ten-secondly:{PORTAL}",
    )
    daily = _body("You have reached your daily limit.", errorType="RATE_LIMIT", policyName="DAILY")
    secondly = _body("You have reached your secondly limit.", errorType="RATE_LIMIT", policyName="SECONDLY")
    search = _body("You have reached your secondly limit.", "RATE_LIMITS")
    yield Refusal("429_burst", "status", _on(*rest), True, 429, burst)
    yield Refusal("429_burst_retry_after", "status", _on(*rest), True, 429, burst, {"Retry-After": "1"})
    yield Refusal("429_retry_after_ms", "status", _on(*rest), True, 429, burst, {"Retry-After": "100000"})
    yield Refusal("429_secondly", "status", _on(*rest), True, 429, secondly)
    yield Refusal("429_search", "status", _on("search"), True, 429, search)
    yield Refusal("429_daily", "status", _on(*DATA), True, 429, {**daily, "requestId": "3d3e35b7-0dae-4b9f-a6e3"})
    yield Refusal("429_empty", "status", _on(*DATA), True, 429)
    yield Refusal("429_html", "html", _on(*DATA), True, 429, "<html><title>Rate limited</title></html>")
    locked = _body("The records are locked by another operation")
    yield Refusal("423_locked", "status", _on(*WRITES), True, 423, locked)
    yield Refusal("423_empty", "status", _on(*WRITES), True, 423)
    yield Refusal("477_migration", "status", _on(*DATA), True, 477, _body("migrating"), {"Retry-After": "60"})
    yield Refusal("477_long", "status", _on(*DATA), True, 477, None, {"Retry-After": "86400"})


def _requests() -> Iterator[Refusal]:
    generic = _body("There was a problem with the request.")
    yield Refusal("400_generic", "status", _on("search"), False, 400, generic)
    yield Refusal("400_empty", "status", _on(*DATA), False, 400)
    filters = _body("Too many filters: 5 groups are allowed.", "VALIDATION_ERROR")
    yield Refusal("400_search_limits", "status", _on("search"), False, 400, filters)
    cursor = _body("Invalid paging cursor: x", "VALIDATION_ERROR")
    yield Refusal("400_cursor", "status", _on("list", "associations"), False, 400, cursor)
    json = _body("Invalid input JSON on line 3, column 9: Cannot deserialize value of type `java.lang.String`")
    yield Refusal("400_malformed_json", "status", _on("search", "read", *WRITES), False, 400, json)
    many = _body(
        "The maximum number of inputs supported in a batch is 100. Please reduce the number of items and try again",
        "VALIDATION_ERROR",
    )
    yield Refusal("400_too_many_inputs", "status", _on("read", *WRITES), False, 400, many)
    history = _body(
        "The maximum number of inputs supported in a batch request for property histories is 50.", "VALIDATION_ERROR"
    )
    yield Refusal("400_too_much_history", "status", _on("read"), False, 400, history)
    twice = _body(
        "Duplicate IDs found in batch input: [1]. IDs must be unique", "VALIDATION_ERROR", context={"ids": ["1"]}
    )
    yield Refusal("400_duplicate_ids", "status", _on("read", *WRITES), False, 400, twice)
    missing = _body("resource not found", "OBJECT_NOT_FOUND")
    yield Refusal("404_record", "status", _on("read", "write", "definitions"), False, 404, missing)
    yield Refusal("404_path", "status", _on(*DATA), False, 404, _body("Not Found"))
    yield Refusal("404_html", "html", _on(*DATA), False, 404, "<html><h1>404</h1></html>")
    yield Refusal("405_empty", "status", _on(*DATA), False, 405)
    yield Refusal("414_uri", "status", _on("list"), False, 414, _body("URI Too Long"))
    yield Refusal("415_media_type", "status", _on(*WRITES), False, 415)


def _problem(name: str, code: str, text: str) -> dict[str, Any]:
    return {
        "isValid": False,
        "message": text,
        "error": code,
        "name": name,
        "localizedErrorMessage": text,
        "portalId": PORTAL,
    }


PROBLEMS = {
    "property_missing": ("PROPERTY_DOESNT_EXIST", 'Property "{name}" does not exist'),
    "property_read_only": ("READ_ONLY_VALUE", '"{name}" is a read only property; its value cannot be set.'),
    "bad_option": ("INVALID_OPTION", "x was not one of the allowed options: [a, b]"),
    "bad_email": ("INVALID_EMAIL", "Email address x is invalid"),
    "bad_long": ("INVALID_LONG", "x was not a valid long."),
    "bad_integer": ("INVALID_INTEGER", "x was not a valid integer."),
    "bad_number": ("INVALID_NUMBER", "x was not a valid number."),
    "bad_date": ("INVALID_DATE", "1 is at 00:00:00.1 UTC, not midnight!"),
    "too_long": ("TOO_LONG", "Property {name} is longer than 65536 characters."),
    "required": ("MISSING_REQUIRED_PROPERTY", 'Property "{name}" is required'),
    "conditionally_required": ("MISSING_CONDITIONAL_REQUIRED_PROPERTY", 'Property "{name}" is required here'),
}
"""Why one value is refused: code and text."""


def _writes() -> Iterator[Refusal]:
    """A batch that is refused as a whole, in the three shapes in which the property is named."""
    for reason, (code, text) in PROBLEMS.items():
        body = errors.values_body([_problem("baton_status", code, text.format(name="baton_status"))])
        for shape in SHAPES:
            shown = {**shape_values(body, shape), "correlationId": "c"}
            yield Refusal(f"400_{reason}_{shape}", "status", _on(*WRITES), False, 400, shown)
    exists = _body("Contact already exists. Existing ID: 123456", "CONFLICT")
    yield Refusal("409_contact_exists", "status", _on(*WRITES), False, 409, exists)
    association = _body(
        "No contact with ID 1 exists", "VALIDATION_ERROR", subCategory="crm.associations.TO_OBJECT_NOT_FOUND"
    )
    yield Refusal("400_association_target", "status", _on("create"), False, 400, association)
    yield Refusal("404_association_target", "status", _on("create"), False, 404, association)


SHAPES = ("both", "message", "errors")
"""Where a refusal names the property: as JSON inside the message, in `errors`, or in both."""


def shape_values(body: dict[str, Any], shape: str) -> dict[str, Any]:
    """A refusal of property values as older layers (`message`) or newer ones (`errors`) put it."""
    if shape == "message":
        return {name: value for name, value in body.items() if name != "errors"}
    return {**body, "message": "Property values were not valid"} if shape == "errors" else body


def _servers() -> Iterator[Refusal]:
    page = "<html><head><title>api.hubapi.com | {status}</title></head><body>cloudflare</body></html>"
    for status in (500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526):
        html = page.format(status=status)
        yield Refusal(f"{status}_html", "html", _on(*DATA), True, status, html)
        yield Refusal(f"{status}_html_applied", "status_after", _on(*WRITES), True, status, html)
    internal = _body("internal error", "INTERNAL_ERROR")
    yield Refusal("500_json", "status", _on(*DATA), True, 500, internal)
    yield Refusal("500_json_applied", "status_after", _on(*WRITES), True, 500, internal)
    yield Refusal("500_empty", "status", _on(*DATA), True, 500)
    yield Refusal("503_json", "status", _on(*DATA), True, 503, _body("Service temporarily unavailable"))
    yield Refusal("504_empty_applied", "status_after", _on(*WRITES), True, 504)


def row_refusals() -> dict[str, RowRefusal]:
    """Refusals of one record of a batch by name: of a batch read (`read_…`), of an association read (`link_…`), of a
    batch update in part (207) or as a whole because of this record (400, or 404)."""
    return {one.name: one for one in (*_update_rows(), *_read_rows())}


def _update_rows() -> Iterator[RowRefusal]:
    for reason, (code, text) in PROBLEMS.items():
        values = {"code": code, "message": text, "category": "VALIDATION_ERROR"}
        yield RowRefusal(f"partial_{reason}", False, {**values, "on": "update", "how": "partial"})
        yield RowRefusal(f"whole_{reason}", False, {**values, "on": "update", "how": "whole"})
    for name, category, text, passes in (
        ("partial_not_found", "OBJECT_NOT_FOUND", "Could not update some objects, they may be deleted", False),
        ("partial_rate_limited", "RATE_LIMITS", "You have reached your secondly limit.", True),
        ("partial_internal", "INTERNAL_ERROR", "internal error", True),
        ("partial_locked", "VALIDATION_ERROR", "The record is locked by another operation", True),
        ("partial_conflict", "CONFLICT", "Contact already exists. Existing ID: 123456", False),
    ):
        yield RowRefusal(name, passes, {"on": "update", "how": "partial", "category": category, "message": text})
    gone = {"category": "OBJECT_NOT_FOUND", "message": "resource not found", "on": "update", "how": "whole"}
    yield RowRefusal("whole_not_found_404", False, {**gone, "status": 404})
    yield RowRefusal("whole_not_found_400", False, {**gone, "status": 400})
    conflict = {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 123456", "status": 409}
    yield RowRefusal("whole_conflict", False, {**conflict, "on": "update", "how": "whole"})


def _read_rows() -> Iterator[RowRefusal]:
    for name, category, text, passes in (
        ("read_missing", "OBJECT_NOT_FOUND", "Could not get some objects, they may be deleted or not exist.", True),
        ("read_internal", "INTERNAL_ERROR", "internal error", True),
        ("read_rate_limited", "RATE_LIMITS", "You have reached your secondly limit.", True),
    ):
        yield RowRefusal(name, passes, {"on": "read", "how": "partial", "category": category, "message": text})
    for name, sub, text, passes in (
        ("link_from_missing", "crm.associations.FROM_OBJECT_NOT_FOUND", "No contact with ID {id} exists", False),
        ("link_none", "crm.associations.NO_ASSOCIATIONS_FOUND", "No company is associated with contact {id}.", True),
    ):
        fields = {"category": "OBJECT_NOT_FOUND", "sub_category": sub, "message": text}
        yield RowRefusal(name, passes, {"on": "associations", "how": "partial", **fields})
    failed = {"category": "INTERNAL_ERROR", "message": "internal error", "on": "associations", "how": "partial"}
    yield RowRefusal("link_internal", True, failed)
