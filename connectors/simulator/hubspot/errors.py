"""HubSpot's error bodies (source: developers.hubspot.com, "Error handling", and recorded answers)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

Body = dict[str, Any]


class ApiError(Exception):
    """An answer that is not a success. The portal adds `correlationId`."""

    def __init__(self, status: int, body: Body, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body.get('message', '')}")
        self.status = status
        self.body = body
        self.headers = headers or {}


def error_body(message: str, category: str | None = None, **extra: Any) -> Body:
    """The common envelope; None values are left out."""
    body: Body = {"status": "error", "message": message, "correlationId": None}
    body.update({name: value for name, value in extra.items() if value is not None})
    if category:
        body["category"] = category
    return body


def invalid(message: str, **extra: Any) -> ApiError:
    return ApiError(400, error_body(message, "VALIDATION_ERROR", **extra))


def bad_request() -> ApiError:
    """The generic 400 of search, which names neither reason nor category."""
    return ApiError(400, error_body("There was a problem with the request."))


def not_found(message: str = "resource not found", **extra: Any) -> ApiError:
    return ApiError(404, error_body(message, "OBJECT_NOT_FOUND", **extra))


def no_route() -> ApiError:
    """What the edge says about a path that no service answers."""
    return ApiError(404, error_body("Not Found"))


def values_body(problems: Sequence[Body]) -> Body:
    """Refused property values: the list stands as JSON text inside the message, and again in `errors`."""
    return error_body(
        f"Property values were not valid: {orjson.dumps(list(problems)).decode()}",
        "VALIDATION_ERROR",
        errors=[
            {"message": one["message"], "code": one["error"], "context": {"propertyName": [one["name"]]}}
            for one in problems
        ],
    )


def contact_exists(existing_id: str) -> ApiError:
    return ApiError(409, error_body(f"Contact already exists. Existing ID: {existing_id}", "CONFLICT"))


def bad_credentials() -> ApiError:
    return ApiError(
        401,
        error_body(
            "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
            "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
            "INVALID_AUTHENTICATION",
        ),
    )


def expired_credentials(seconds: int) -> ApiError:
    message = f"The OAuth token used to make this call expired {seconds} second(s) ago."
    return ApiError(401, error_body(message, "EXPIRED_AUTHENTICATION"))


def missing_scopes(alternatives: Sequence[str]) -> ApiError:
    """403; any one of the listed scopes would do."""
    page = "https://developers.hubspot.com/scopes"
    return ApiError(
        403,
        error_body(
            f"This app hasn't been granted all required scopes to make this call. Read more about required scopes "
            f"here: {page}.",
            "MISSING_SCOPES",
            errors=[
                {
                    "message": "One or more of the following scopes are required.",
                    "context": {"requiredGranularScopes": list(alternatives)},
                }
            ],
            links={"scopes": page},
        ),
    )
