"""Every refusal of the org by name, with its exact body.

Sources: REST API Developer Guide, "Status Codes and Error Responses"; OAuth error codes; bodies quoted by clients
(jsforce, restforce, CumulusCI). Where a status is unverified there is one entry per status.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.simulator.refusal import Match, Plan, Refusal, RowRefusal, by_name, network_refusals

TOPICS: dict[str, Match] = {
    "token": {"method": "POST", "path": r"/services/oauth2/token"},
    "versions": {"method": "GET", "path": r"/services/data/?$"},
    "describe": {"method": "GET", "path": r"/sobjects/\w+/describe|/sobjects/?$"},
    "read": {
        "method": "GET|POST",
        "path": r"/(query|queryAll)/?\?|/composite/?(\?|$)|/composite/sobjects/\w+|/sobjects/\w+/[a-zA-Z0-9]{15,18}",
    },
    "page": {"method": "GET", "path": r"/(query|queryAll)/\w+-\d+"},
    "replication": {"method": "GET", "path": r"/sobjects/\w+/(updated|deleted)/?\?"},
    "write": {"method": "PATCH", "path": r"/composite/sobjects/?$|/sobjects/\w+/\w+"},
    "create": {"method": "POST", "path": r"/composite/sobjects/?$|(?<!/composite)/sobjects/\w+/?$"},
}
"""What a request is about. A composite call counts as reading: its parts are refused by `part_refusals`."""
READS = ("versions", "describe", "read", "page", "replication")
WRITES = ("write", "create")
DATA = ("describe", "read", "page", "replication", *WRITES)
EDGE_503 = (
    "<!DOCTYPE html><html><head><title>Service Not Available</title></head><body>Service Not Available</body></html>"
)


def _on(*topics: str) -> dict[str, Match]:
    return {topic: TOPICS[topic] for topic in topics}


def _array(code: str, message: str, **more: Any) -> list[dict[str, Any]]:
    return [{"message": message, "errorCode": code, **more}]


def refusals() -> dict[str, Refusal]:
    """All refusals of whole requests by name, those of the network included."""
    network = network_refusals(_on("token", *READS), _on(*WRITES))
    return by_name([*_sessions(), *_grants(), *_limits(), *_requests(), *_servers(), *network])


def _sessions() -> Iterator[Refusal]:
    token = {"WWW-Authenticate": "Token"}
    expired = _array("INVALID_SESSION_ID", "Session expired or invalid")
    yield Refusal("session_expired", "status", _on(*DATA), True, 401, expired, token)
    blocked = _array("INVALID_SESSION_ID", "This session is not valid for use with the REST API")
    yield Refusal("session_not_for_rest", "status", _on(*DATA), False, 401, blocked)
    agent = _array("INVALID_SESSION_ID", "Connected app is not attached to Agent")
    yield Refusal("session_not_for_agent", "status", _on(*DATA), False, 401, agent)
    yield Refusal("401_empty", "status", _on(*DATA), True, 401)
    yield Refusal("401_html", "html", _on(*DATA), True, 401, "<html><body>Unauthorized</body></html>")
    yield Refusal("401_object", "status", _on(*DATA), True, 401, {"error": "invalid_token"})


GRANTS = {
    "authentication_failure": ("invalid_grant", "authentication failure"),
    "expired_token": ("invalid_grant", "expired access/refresh token"),
    "user_not_approved": ("invalid_grant", "user hasn't approved this consumer"),
    "wrong_domain": ("invalid_grant", "request not supported on this domain"),
    "no_run_as_user": ("invalid_grant", "no client credentials user enabled"),
    "inactive_user": ("invalid_grant", "inactive user"),
    "inactive_organization": ("invalid_grant", "inactive organization"),
    "ip_restricted": ("invalid_grant", "ip restricted"),
    "invalid_assertion": ("invalid_grant", "invalid assertion"),
    "invalid_client_id": ("invalid_client_id", "client identifier invalid"),
    "invalid_client": ("invalid_client", "invalid client credentials"),
    "invalid_app_access": ("invalid_app_access", "user is not admin approved to access this app"),
    "unsupported_grant_type": ("unsupported_grant_type", "grant type not supported"),
}
"""OAuth errors: an object, not the error array. All of them need a person."""


def _grants() -> Iterator[Refusal]:
    for name, (error, text) in GRANTS.items():
        body = {"error": error, "error_description": text}
        yield Refusal(f"grant_{name}", "status", _on("token"), False, 400, body)
    bad = {"error": "invalid_client", "error_description": "invalid client credentials"}
    yield Refusal("grant_401_invalid_client", "status", _on("token"), False, 401, bad)
    yield Refusal("grant_without_token", "status", _on("token"), True, 200, {"token_type": "Bearer"})
    yield Refusal("grant_429", "status", _on("token"), True, 429)
    unavailable = {"error": "temporarily_unavailable", "error_description": "server busy"}
    yield Refusal("grant_503", "status", _on("token"), True, 503, unavailable)
    yield Refusal("grant_500_empty", "status", _on("token"), True, 500)


def _limits() -> Iterator[Refusal]:
    for name, text, passes in (
        ("daily_limit", "TotalRequests Limit exceeded.", True),
        ("long_transactions", "ConcurrentPerOrgLongTxn Limit exceeded.", True),
        ("concurrent_requests", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", True),
    ):
        yield Refusal(name, "status", _on(*DATA), passes, 403, _array("REQUEST_LIMIT_EXCEEDED", text))
    for name, code, text in (
        ("api_disabled_for_user", "API_CURRENTLY_DISABLED", "API is disabled for this User"),
        ("api_disabled_for_org", "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"),
        ("transaction_security", "TXN_SECURITY_NO_ACCESS", "The operation you requested was blocked by a policy"),
        ("transaction_metering", "TXN_SECURITY_METERING_ERROR", "Transaction security policies are taking too long"),
        ("insufficient_access_403", "INSUFFICIENT_ACCESS", "insufficient access rights on object id"),
    ):
        passes = code == "TXN_SECURITY_METERING_ERROR"
        yield Refusal(name, "status", _on(*DATA), passes, 403, _array(code, text))
    security = _array("TXN_SECURITY_NO_ACCESS", "The operation you requested was blocked by a policy")
    yield Refusal("transaction_security_400", "status", _on(*DATA), False, 400, security)


def _requests() -> Iterator[Refusal]:
    for name, code, text, topics, passes in _BAD_REQUESTS:
        yield Refusal(name, "status", _on(*topics), passes, 400, _array(code, text))
    for name, status, code, text, topics in (
        ("not_found", 404, "NOT_FOUND", "The requested resource does not exist", DATA),
        ("method_not_allowed", 405, "METHOD_NOT_ALLOWED", "HTTP Method 'PUT' not allowed. Allowed are GET", DATA),
        ("api_version_gone", 410, "UNSUPPORTED_API_VERSION", "The requested API version is no longer supported.", DATA),
        ("unsupported_media_type", 415, "UNSUPPORTED_MEDIA_TYPE", "Content type is not supported", WRITES),
        ("precondition_required", 428, "PRECONDITION_REQUIRED", "The request was not conditional", WRITES),
    ):
        yield Refusal(name, "status", _on(*topics), False, status, _array(code, text))
    yield Refusal("conflict_409", "status", _on(*WRITES), True, 409, _array("CONFLICT", "conflict with current state"))
    yield Refusal("precondition_failed", "status", _on("write"), False, 412)
    yield Refusal("uri_too_long", "html", _on("read", "replication"), False, 414, "<html><h1>414</h1></html>")
    yield Refusal("headers_too_long", "html", _on(*DATA), False, 431, "<html><h1>431</h1></html>")


_COLUMN = (
    "\nSELECT Id, Nope__c FROM Lead\n           ^\nERROR at Row:1:Column:12\nNo such column 'Nope__c' on entity 'Lead'."
)
_BAD_REQUESTS: tuple[tuple[str, str, str, tuple[str, ...], bool], ...] = (
    ("malformed_query", "MALFORMED_QUERY", "unexpected token: '<EOF>'", ("read",), False),
    ("query_invalid_field", "INVALID_FIELD", _COLUMN, ("read",), False),
    ("query_invalid_type", "INVALID_TYPE", "sObject type 'XYZZY' is not supported.", ("read",), False),
    ("query_timeout", "QUERY_TIMEOUT", "Your query request was running for too long.", ("read", "page"), True),
    ("query_too_complicated", "QUERY_TOO_COMPLICATED", "Query is either selecting too many fields", ("read",), False),
    ("invalid_query_locator", "INVALID_QUERY_LOCATOR", "invalid query locator", ("page",), False),
    ("number_outside_range", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000", ("read",), False),
    (
        "replication_date",
        "INVALID_REPLICATION_DATE",
        "startDate before org replication enabled date",
        ("replication",),
        False,
    ),
    ("exceeded_id_limit", "EXCEEDED_ID_LIMIT", "query returned more than 600000 ids", ("replication",), False),
    ("not_replicable", "INVALID_TYPE", "sObject type Lead is not replicable", ("replication",), False),
    ("write_invalid_field", "INVALID_FIELD", "No such column 'Nope__c' on sobject of type Lead", WRITES, False),
    (
        "write_parser_error",
        "JSON_PARSER_ERROR",
        "Cannot deserialize instance of double from VALUE_STRING value abc or request may be missing a required field "
        "at [line:1, column:84]",
        WRITES,
        False,
    ),
    (
        "too_many_records",
        "EXCEEDED_ID_LIMIT",
        "record limit reached. cannot submit more than 200 records into this call",
        WRITES,
        False,
    ),
    ("write_lock_row", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", WRITES, True),
    ("insufficient_access_400", "INSUFFICIENT_ACCESS", "insufficient access rights on object id", DATA, False),
)


def _servers() -> Iterator[Refusal]:
    busy = _array("SERVER_UNAVAILABLE", "Server too busy")
    maintenance = _array("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "")
    unknown = _array(
        "UNKNOWN_EXCEPTION",
        "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (-12345)",
    )
    apex = _array("APEX_ERROR", "System.NullPointerException: Attempt to de-reference a null object")
    shapes: Mapping[str, tuple[int, Any]] = {
        "server_busy": (503, busy),
        "maintenance": (503, maintenance),
        "unknown_exception": (500, unknown),
        "apex_error": (500, apex),
        "500_empty": (500, None),
        "502_html": (502, "<html><body><h1>502 Bad Gateway</h1></body></html>"),
        "502_empty": (502, None),
        "503_html": (503, EDGE_503),
        "504_html": (504, "<html><body><h1>504 Gateway Time-out</h1></body></html>"),
        "504_empty": (504, None),
        "420_no_routing": (420, None),
        "406_html": (406, "<html><body>Not Acceptable</body></html>"),
    }
    for name, (status, body) in shapes.items():
        yield Refusal(name, "status", _on(*DATA), True, status, body)
        if status >= 500:
            yield Refusal(f"{name}_applied", "status_after", _on(*WRITES), True, status, body)


ROWS: tuple[tuple[str, str, str, tuple[str, ...], bool], ...] = (
    ("lock_row", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: {id}", (), True),
    (
        "validation_rule",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "Website is required when Status is Qualified.",
        ("Website",),
        False,
    ),
    (
        "required_field",
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [LastName]",
        ("LastName",),
        False,
    ),
    ("field_integrity", "FIELD_INTEGRITY_EXCEPTION", "field integrity exception", (), False),
    ("lookup_filter", "FIELD_FILTER_VALIDATION_EXCEPTION", "Value does not match filter criteria.", (), False),
    ("string_too_long", "STRING_TOO_LONG", "Company: data value too large: x... (max length=255)", ("Company",), False),
    ("number_out_of_range", "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range on numeric field", (), False),
    ("invalid_email", "INVALID_EMAIL_ADDRESS", "Email: invalid email address: someone", ("Email",), False),
    ("invalid_type_on_field", "INVALID_TYPE_ON_FIELD_IN_RECORD", "value not of required type", (), False),
    (
        "restricted_picklist",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Score Band: bad value for restricted picklist field: Z",
        ("Score_Band__c",),
        False,
    ),
    (
        "field_read_only",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "Unable to create/update fields: {fields}. Please check the security settings of this field and verify that "
        "it is read/write for your profile or permission set.",
        ("Baton_Status__c",),
        False,
    ),
    ("no_access", "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", (), False),
    (
        "no_access_to_reference",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "insufficient access rights on cross-reference id: 0015e00000tW1f0",
        (),
        False,
    ),
    ("insufficient_access", "INSUFFICIENT_ACCESS", "insufficient access rights on object id", (), False),
    ("deleted", "ENTITY_IS_DELETED", "entity is deleted", (), False),
    ("cross_reference", "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (), False),
    ("converted_lead", "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", (), False),
    ("locked_by_approval", "ENTITY_IS_LOCKED", "the entity is locked for editing", (), True),
    ("duplicates_detected", "DUPLICATES_DETECTED", "Use one of these records?", (), False),
    (
        "duplicate_value",
        "DUPLICATE_VALUE",
        "duplicate value found: HubSpot_Id__c duplicates value on record with id: 00Q5g00000A1b203",
        (),
        False,
    ),
    ("duplicate_external_id", "DUPLICATE_EXTERNAL_ID", "External Id value already exists", (), False),
    (
        "trigger_failed",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "LeadTrigger: execution of AfterUpdate\n\ncaused by: System.LimitException: Too many SOQL queries: 101\n\n"
        "Trigger.LeadTrigger: line 5, column 1",
        (),
        False,
    ),
    (
        "trigger_lock",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "LeadTrigger: System.DmlException: Update failed. first error: UNABLE_TO_LOCK_ROW, unable to obtain exclusive "
        "access to this record",
        (),
        True,
    ),
    (
        "async_apex_limit",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "LeadTrigger: System.AsyncException: AsyncApexExecutions Limit exceeded.",
        (),
        True,
    ),
    ("flow_failed", "CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save this record because a process failed.", (), False),
    (
        "batch_retries",
        "UNKNOWN_EXCEPTION",
        "Too many batch retries in the presence of Apex triggers and partial failures.",
        (),
        True,
    ),
    ("rolled_back", "ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back", (), True),
    ("row_server_busy", "SERVER_UNAVAILABLE", "Server too busy", (), True),
    ("row_maintenance", "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "maintenance", (), True),
    ("malformed_id", "MALFORMED_ID", "Lead ID: id value of incorrect type: {id}", ("Id",), False),
)


def row_refusals() -> dict[str, RowRefusal]:
    """Refusals of one record of an sObject Collections call, by name."""
    return {
        name: RowRefusal(name, passes, {"code": code, "message": text, "fields": list(fields)})
        for name, code, text, fields, passes in ROWS
    }


PARTS: tuple[tuple[str, int, str, str, bool], ...] = (
    ("part_query_timeout", 400, "QUERY_TIMEOUT", "Your query request was running for too long.", True),
    ("part_invalid_field", 400, "INVALID_FIELD", _COLUMN, False),
    ("part_invalid_type", 400, "INVALID_TYPE", "sObject type 'Lead' is not supported.", False),
    ("part_too_complicated", 400, "QUERY_TOO_COMPLICATED", "Query is either selecting too many fields", False),
    ("part_limit", 403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", True),
    ("part_unknown_exception", 500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.", True),
    ("part_busy", 503, "SERVER_UNAVAILABLE", "Server too busy", True),
    ("part_halted", 400, "PROCESSING_HALTED", "The transaction was rolled back", True),
)


def part_refusals() -> dict[str, bool]:
    """Refusals of one subrequest of a composite call by name, and whether they pass by themselves."""
    return {name: passes for name, _, _, _, passes in PARTS}


def plan_part(name: str, url: str = "", *, times: int | None = 1) -> Plan:
    """The control action that refuses the next subrequests whose URL (percent-decoded) this regex finds."""
    status, code, message = next(rest[:3] for known, *rest in PARTS if known == name)
    return "part_errors", {"add": [{"url": url, "status": status, "code": code, "message": message, "times": times}]}
