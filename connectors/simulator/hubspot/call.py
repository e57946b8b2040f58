"""One API call on its way through the portal, and the shape of answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from connectors.simulator.hubspot.auth import Token
from connectors.simulator.hubspot.data import PortalData
from connectors.simulator.hubspot.errors import ApiError, Body, error_body, invalid
from connectors.simulator.hubspot.objects import ObjectType, find_type
from connectors.simulator.hubspot.records import Table
from connectors.simulator.hubspot.schema import iso
from connectors.simulator.kernel import Request, Response


@dataclass(slots=True)
class Call:
    data: PortalData
    request: Request
    version: str
    """As in the path: v3, v4 or a date."""
    args: tuple[str, ...]
    """What stood at the wildcards of the route."""
    token: Token
    now: datetime

    @property
    def dated(self) -> bool:
        return not self.version.startswith("v")

    @property
    def kind(self) -> ObjectType:
        return named_type(self.args[0])

    @property
    def table(self) -> Table:
        return self.data.tables[self.kind.name]

    def query(self, name: str) -> str | None:
        values = self.request.query.get(name)
        return values[0] if values else None

    def number(self, name: str, default: int) -> int:
        text = self.query(name)
        if text is not None and not text.isdecimal():
            raise invalid(f"Invalid value for {name}: {text}")
        return int(text) if text else default

    def names(self, name: str) -> list[str]:
        """A list parameter: repeated, comma separated, or both."""
        return [part for value in self.request.query.get(name, ()) for part in value.split(",") if part]

    @property
    def archived(self) -> bool:
        return (self.query("archived") or "").lower() == "true"

    def body(self) -> dict[str, Any]:
        return parse_object(self.request.body)

    def inputs(self, limit: int = 100) -> list[dict[str, Any]]:
        """The inputs of a batch. A missing key counts as none, as in the original."""
        inputs = objects_in(self.body(), "inputs")
        if len(inputs) > limit:
            raise invalid(
                f"The maximum number of inputs supported in a batch is {limit}. Please reduce the number of items and "
                f"try again"
            )
        return inputs


Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A path with wildcards. `action` and `needs` decide the scopes, the two marks which limits count."""

    method: str
    path: str
    handler: Handler
    needs: Callable[[tuple[str, ...]], list[tuple[str, ...]]]
    search: bool = False
    association: bool = False


def named_type(text: str) -> ObjectType:
    kind = find_type(text)
    if kind is None:
        raise invalid(f"Unable to infer object type from: {text}")
    return kind


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises the 400 of malformed JSON, which has no category."""
    try:
        body = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError as error:
        message = f"Invalid input JSON on line {error.lineno}, column {error.colno}: {error.msg}"
        raise ApiError(400, error_body(message)) from None
    if not isinstance(body, dict):
        raise _malformed("object for the body")
    return body


def objects_in(body: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of JSON objects; absent counts as empty. Raises the 400 of malformed JSON."""
    found = body.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _malformed(f"list of objects for {key}")
    return found


def object_in(body: dict[str, Any], key: str) -> dict[str, Any]:
    """A JSON object; absent counts as empty. Raises the 400 of malformed JSON."""
    found = body.get(key) or {}
    if not isinstance(found, dict):
        raise _malformed(f"object for {key}")
    return found


def _malformed(wanted: str) -> ApiError:
    message = f"Invalid input JSON on line 1, column 1: Cannot deserialize value of type {wanted}"
    return ApiError(400, error_body(message))


def record_id(text: object) -> int | None:
    """Ids are digits; anything else finds nothing."""
    value = str(text)
    return int(value) if value.isdecimal() and len(value) < 19 else None


def batch(call: Call, results: list[Body], errors: list[Body], success: int = 200) -> Response:
    """The envelope of batch answers; partly failed is 207, on dated paths the success code with `numErrors`."""
    body: Body = {"status": "COMPLETE", "results": results}
    status = success
    if errors:
        body["numErrors"], body["errors"] = len(errors), errors
        status = success if call.dated and call.data.switches.dated_partial_status == 200 else 207
    body["startedAt"] = body["completedAt"] = iso(call.now)
    return Response(status, body)


def shuffle(call: Call, results: list[Body], chance: float) -> list[Body]:
    """Another order than asked for, as batch answers often have."""
    if call.data.switches.reorder and call.data.random.random() < chance:
        call.data.random.shuffle(results)
    return results
