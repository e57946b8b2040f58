"""What Salesforce's codes mean (sources: REST API Developer Guide, "Status Codes and Error Responses"; Composite)."""

from __future__ import annotations

from typing import Any

import orjson

from connectors.kit.errors import Answer, ErrorTable, RecordRow, Refused, Row
from sync.errors import AuthError, BudgetExhausted, StreamUnavailable, Throttled, TransientError
from sync.ports import WriteOutcome

_QUARTER = 900.0

TABLE = ErrorTable(
    "Salesforce",
    (
        Row(
            401,
            "INVALID_SESSION_ID",
            AuthError,
            "this session may not use the REST API",
            "grant the Run-As user 'API Enabled'",
            contains="not valid for use with the REST API",
        ),
        Row(
            401,
            "",
            AuthError,
            "the access token is refused, a fresh one too",
            "check the app's policies and the Run-As user",
        ),
        Row(
            403,
            "REQUEST_LIMIT_EXCEEDED",
            BudgetExhausted,
            "the org's daily API requests are used up",
            "",
            contains="TotalRequests",
            retry_after=_QUARTER,
        ),
        Row(None, "REQUEST_LIMIT_EXCEEDED", Throttled, "too many long requests at once", retry_after=5.0),
        Row(None, "API_CURRENTLY_DISABLED", AuthError, "the API is disabled for this user", "grant 'API Enabled'"),
        Row(
            None,
            "API_DISABLED_FOR_ORG",
            AuthError,
            "the org's edition has no API",
            "it needs an edition with API access",
        ),
        Row(
            None,
            "TXN_SECURITY_NO_ACCESS",
            AuthError,
            "a transaction security policy blocks the user",
            "exempt the Run-As user",
        ),
        Row(410, "", AuthError, "the API version is retired", "update Baton"),
        Row(None, "UNSUPPORTED_API_VERSION", AuthError, "the API version is not offered", "update Baton"),
        Row(
            None,
            "INVALID_TYPE",
            StreamUnavailable,
            "the org has no such object, or the user may not see it",
            "grant read access in the permission set",
            certain=True,
        ),
        Row(
            404,
            "NOT_FOUND",
            StreamUnavailable,
            "the org has no such object, or the user may not see it",
            "grant read access in the permission set",
        ),
        Row(None, "INVALID_FIELD", Refused, "a field is missing or hidden"),
        Row(None, "INVALID_QUERY_LOCATOR", Refused, "a query's pages have expired"),
        Row(None, "QUERY_TIMEOUT", TransientError, "a query ran too long"),
        Row(None, "UNABLE_TO_LOCK_ROW", TransientError, "a record is locked by another transaction", retry_after=1.0),
        Row(503, "", TransientError, "the org is busy or in maintenance", maybe_applied=True),
        Row((420, 406, 500, 502, 504), "", TransientError, "the edge or the org failed", maybe_applied=True),
    ),
)

GRANT_TABLE = ErrorTable(
    "Salesforce (token endpoint)",
    (
        Row(
            None,
            "invalid_grant",
            AuthError,
            "the grant is refused: no Run-As user",
            "set 'Run As' in the app's policies",
            contains="no client credentials user",
        ),
        Row(
            None,
            "invalid_grant",
            AuthError,
            "the grant is refused on this host",
            "use the My Domain address",
            contains="not supported on this domain",
        ),
        Row(
            None,
            "invalid_grant",
            AuthError,
            "the grant is refused: the user has not approved the app",
            "pre-authorise the app for the user's permission set",
            contains="hasn't approved",
        ),
        Row(
            None,
            "invalid_grant",
            AuthError,
            "the assertion is refused",
            "check key, audience and this machine's clock",
            contains="assertion",
        ),
        Row(None, "invalid_client", AuthError, "consumer key or secret is wrong", "copy both from the app again"),
        Row(None, "invalid_client_id", AuthError, "the consumer key is wrong", "copy it from the app again"),
        Row((400, 401, 403), "", AuthError, "the grant is refused", "check the app, its Run-As user and IP ranges"),
    ),
)

RECORD_TABLE: tuple[RecordRow, ...] = (
    RecordRow("CANNOT_UPDATE_CONVERTED_LEAD", WriteOutcome.CONFLICT),
    RecordRow("ENTITY_IS_DELETED", WriteOutcome.CONFLICT),
    RecordRow("INVALID_CROSS_REFERENCE_KEY", WriteOutcome.CONFLICT),
    RecordRow("NOT_FOUND", WriteOutcome.CONFLICT),
    RecordRow("MALFORMED_ID", WriteOutcome.CONFLICT),
    RecordRow("UNABLE_TO_LOCK_ROW", WriteOutcome.RETRY, retry_after=5.0, alone=True),
    RecordRow("", WriteOutcome.RETRY, contains="unable to obtain exclusive access", retry_after=5.0, alone=True),
    RecordRow("", WriteOutcome.RETRY, contains="UNABLE_TO_LOCK_ROW", retry_after=5.0, alone=True),
    RecordRow("", WriteOutcome.RETRY, contains="too many batch retries", retry_after=5.0),
    RecordRow("", WriteOutcome.RETRY, contains="AsyncApexExecutions Limit exceeded", retry_after=3600.0),
    RecordRow("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", WriteOutcome.RETRY, retry_after=600.0, tries=2),
    RecordRow("CANNOT_EXECUTE_FLOW_TRIGGER", WriteOutcome.RETRY, retry_after=600.0, tries=2),
    RecordRow("ENTITY_IS_LOCKED", WriteOutcome.RETRY, retry_after=3600.0),
    RecordRow("SERVER_UNAVAILABLE", WriteOutcome.RETRY, retry_after=30.0),
    RecordRow("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", WriteOutcome.RETRY, retry_after=300.0),
    RecordRow("REQUEST_LIMIT_EXCEEDED", WriteOutcome.RETRY, retry_after=30.0),
    RecordRow("ALL_OR_NONE_OPERATION_ROLLED_BACK", WriteOutcome.RETRY, retry_after=5.0),
    RecordRow("PROCESSING_HALTED", WriteOutcome.RETRY, retry_after=5.0),
)

UPSET = frozenset({"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER"})
"""The org's own automation failed; a neighbour in the batch may be the cause."""
OF_AN_OPTION = frozenset({"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"})
SYSTEMIC = OF_AN_OPTION | {"INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_FIELD"}
"""Refusals that every record with that field, or that option of it, meets."""


def read_answer(status: int, content: Any) -> Answer:
    """Any body that Salesforce or its edge sends with an error: REST array, OAuth object, HTML, nothing."""
    if isinstance(content, bytes | str):
        try:
            content = orjson.loads(content)
        except orjson.JSONDecodeError:
            return Answer(status, body=None)
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return Answer(status, body=content)
    code = first.get("errorCode") or first.get("statusCode") or first.get("error") or ""
    text = first.get("message") or first.get("error_description") or ""
    return Answer(status, str(code), str(text), body=content)
