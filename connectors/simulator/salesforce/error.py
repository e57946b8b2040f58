"""Refusals of the simulated org, in the shapes of REST API Developer Guide, "Status Codes and Error Responses"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


class ApiError(Exception):
    """A refusal. `row` = it belongs to one record of a batch; otherwise the whole request fails with `status`."""

    def __init__(
        self, code: str, message: str, fields: Sequence[str] | None = None, status: int = 400, row: bool = False
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = fields
        self.status = status
        self.row = row
        self.others: tuple[ApiError, ...] = ()
        """What else is wrong with the same record."""

    def body(self) -> list[dict[str, Any]]:
        """The REST error array."""
        return [entry for one in (self, *self.others) for entry in one.own_body()]

    def own_body(self) -> list[dict[str, Any]]:
        entry: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            entry["fields"] = list(self.fields)
        return [entry]

    def save_result(self) -> dict[str, Any]:
        """One failed row of an sObject Collections answer; it names `statusCode`, not `errorCode`, and has no id."""
        errors = [
            {"statusCode": one.code, "message": one.message, "fields": list(one.fields or ())}
            for one in (self, *self.others)
        ]
        return {"success": False, "errors": errors}


def row_error(code: str, message: str, *fields: str, status: int = 400) -> ApiError:
    return ApiError(code, message, fields, status, row=True)


def several(errors: Iterable[ApiError]) -> ApiError:
    """One refusal of a record for several reasons."""
    first, *rest = errors
    first.others = tuple(rest)
    return first


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    return ApiError("NOT_FOUND", message, status=404)
