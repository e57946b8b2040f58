"""Reading request bodies and headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from connectors.simulator.kernel import JSON, Headers, Request
from connectors.simulator.salesforce import write
from connectors.simulator.salesforce.error import ApiError
from connectors.simulator.salesforce.schema import ObjectType


def read_json(request: Request) -> dict[str, Any]:
    """The request's JSON object."""
    if request.headers.get("content-type", "application/json").split(";")[0].strip() != JSON.split(";")[0]:
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", "Content type is not supported", status=415)
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        message = f"Unexpected character at [line:{error.lineno}, column:{error.colno}]"
        raise ApiError("JSON_PARSER_ERROR", message) from None
    if not isinstance(body, dict):
        raise ApiError(
            "JSON_PARSER_ERROR", "Cannot deserialize instance of object from START_ARRAY value [line:1, column:1]"
        )
    return body  # pyright: ignore[reportUnknownVariableType]  # JSON is untyped


def assignment_note(kind: ObjectType, headers: Mapping[str, str]) -> str:
    """What the request log says about assignment rules."""
    if kind.name not in write.ASSIGNED:
        return ""
    return "assignment rules ran" if write.runs_assignment(kind, headers) else "auto-assign off"


def merge_headers(request: Request, extra: Mapping[str, str] | None) -> Headers:
    return Headers({**dict(request.headers.items()), **(extra or {})})
