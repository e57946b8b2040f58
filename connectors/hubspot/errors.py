"""What HubSpot's answers mean (sources: developers.hubspot.com, "Error handling", "API usage guidelines")."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from connectors.kit.errors import Answer, ErrorTable, RecordRow, Refused, Row
from sync.errors import AuthError, BudgetExhausted, StreamUnavailable, Throttled, TransientError
from sync.ports import WriteOutcome

_HOUR, _DAY = 3600.0, 86_400.0

TABLE = ErrorTable(
    "HubSpot",
    (
        Row(401, "", AuthError, "the token is refused", "check that it belongs to this portal and was not rotated"),
        Row(403, "BANNED", AuthError, "the app or portal is blocked", "ask HubSpot support"),
        Row(403, "MISSING_SCOPES", StreamUnavailable, "the token lacks a scope", "grant one of the scopes named here",
            certain=True),
        Row(403, "", StreamUnavailable, "the portal does not offer this to the token", "check subscription and scopes",
            certain=True),
        Row(404, "OBJECT_NOT_FOUND", Refused, "something named in the request does not exist"),
        Row(404, "", StreamUnavailable, "the portal has no such object or path"),
        Row(414, "", Refused, "the address is too long"),
        Row(423, "", Throttled, "the records are locked by a heavy sync", retry_after=2.0),
        Row(429, "DAILY", BudgetExhausted, "the portal's daily calls are used up", retry_after=_HOUR),
        Row(429, "", BudgetExhausted, "the portal's daily calls are used up", contains="daily limit", retry_after=_HOUR),
        Row(429, "TEN_SECONDLY_ROLLING", Throttled, "too many calls in ten seconds", retry_after=10.0),
        Row(429, "", Throttled, "too many calls in ten seconds", contains="ten_secondly", retry_after=10.0),
        Row(429, "", Throttled, "too many calls in a second", retry_after=1.0),
        Row(477, "", Throttled, "the account is moving to another data centre", retry_after=_HOUR),
        Row((502, 503, 504, 521, 523, 524), "", TransientError, "HubSpot is busy or down", retry_after=2.0,
            maybe_applied=True),
        Row((500, 520, 522, 525, 526), "", TransientError, "HubSpot failed", maybe_applied=True),
    ),
)  # fmt: skip

GRANT_TABLE = ErrorTable(
    "HubSpot (token endpoint)",
    (
        Row((400, 401, 403), "BAD_REFRESH_TOKEN", AuthError, "the refresh token is revoked", "install the app again"),
        Row((400, 401, 403), "BAD_CLIENT_SECRET", AuthError, "the client secret is wrong", "copy it from the app again"),
        Row((400, 401, 403), "BAD_CLIENT_ID", AuthError, "the client id is wrong", "copy it from the app again"),
        Row((400, 401, 403), "BAD_HUB", AuthError, "the app was uninstalled, or the portal is gone"),
        Row(429, "", Throttled, "too many token calls", retry_after=10.0),
        Row((400, 401, 403), "", AuthError, "the grant is refused", "check the app and install it again"),
    ),
)  # fmt: skip

RECORD_TABLE: tuple[RecordRow, ...] = (
    RecordRow("OBJECT_NOT_FOUND", WriteOutcome.CONFLICT),
    RecordRow("RATE_LIMITS", WriteOutcome.RETRY, retry_after=10.0),
    RecordRow("INTERNAL_ERROR", WriteOutcome.UNKNOWN),
    RecordRow("", WriteOutcome.RETRY, contains="locked", retry_after=2.0, alone=True),
)

OF_AN_OPTION = frozenset({"INVALID_OPTION"})
SYSTEMIC = OF_AN_OPTION | {"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"}
"""Refusals that every record with that property, or that option of it, meets."""


def read_answer(status: int, data: bytes, headers: Mapping[str, str]) -> Answer:
    """Any body of HubSpot or of the edge before it: the envelope, an OAuth object, HTML, nothing."""
    body: Any = None
    with contextlib.suppress(orjson.JSONDecodeError):
        body = orjson.loads(data)
    if not isinstance(body, dict):
        return Answer(status, retry_after=_retry_after(headers))
    policy = body.get("policyName") if status == 429 else None
    oauth = body.get("status") if "error_description" in body else None
    code = policy or oauth or body.get("category") or body.get("error") or ""
    shown = ", ".join(
        scope for error in body.get("errors") or () for scope in _context(error).get("requiredGranularScopes") or ()
    )
    return Answer(status, str(code), str(body.get("message") or ""), _retry_after(headers), body, shown)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, a day at most. HubSpot documents milliseconds in places: more than a day is read as such."""
    text = headers.get("Retry-After", "")
    if not text.isdecimal():
        return None
    seconds = float(text)
    return min(seconds / 1000, _DAY) if seconds > _DAY else seconds


def _context(error: Any) -> Mapping[str, Any]:
    context = error.get("context") if isinstance(error, dict) else None
    return context if isinstance(context, dict) else {}


def named_ids(error: Any) -> list[str]:
    """Record ids that an error body, or one entry of `errors`, is about."""
    return [str(one) for one in _named(error, "ids")]


def _named(error: Any, kind: str) -> Sequence[Any]:
    """What the context of an error lists; one that is not listed is one."""
    named = _context(error).get(kind) or ()
    return named if isinstance(named, list | tuple) else (named,)


class PropertyProblem(NamedTuple):
    name: str
    code: str
    text: str


def property_problems(body: Any) -> list[PropertyProblem]:
    """What is wrong with a refused write. Newer bodies list it, older ones hold JSON inside the message."""
    if not isinstance(body, dict):
        return []
    problems = [
        PropertyProblem(str(name), str(error.get("code") or ""), str(error.get("message") or ""))
        for error in body.get("errors") or ()
        if isinstance(error, dict)
        for name in _named(error, "propertyName")
    ]
    return problems or list(_problems_in(str(body.get("message") or "")))


def _problems_in(message: str) -> Iterator[PropertyProblem]:
    start, end = message.find("["), message.rfind("]")
    try:
        listed = orjson.loads(message[start : end + 1]) if 0 <= start < end else []
    except orjson.JSONDecodeError:
        return
    for one in listed:
        if isinstance(one, dict) and one.get("name"):
            yield PropertyProblem(str(one["name"]), str(one.get("error") or ""), str(one.get("message") or ""))


def check_parts(answer: Mapping[str, Any]) -> None:
    """A batch answer is whole if all that is missing does not exist. Raises TransientError for anything else."""
    bad = [error.get("category") for error in answer.get("errors") or () if error.get("category") != "OBJECT_NOT_FOUND"]
    if bad:
        raise TransientError(f"HubSpot answered a batch in part only ({bad[0]})")
