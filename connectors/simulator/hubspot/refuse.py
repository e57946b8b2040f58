"""Refusals of single records of a batch, as tests and demos plant them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connectors.simulator.hubspot.errors import ApiError, Body, error_body, values_body
from connectors.simulator.hubspot.refusal import shape_values
from connectors.simulator.hubspot.switches import Switches


@dataclass(slots=True)
class RowError:
    """One planted refusal. `times` None = for ever. `code` and `property` make it a refusal of a value."""

    record_id: str
    on: Literal["update", "read", "associations"] = "update"
    how: Literal["partial", "whole"] = "partial"
    status: int = 400
    category: str = "VALIDATION_ERROR"
    sub_category: str | None = None
    code: str = ""
    message: str = ""
    property: str = ""
    times: int | None = 1

    def body(self, sent: Iterable[str], switches: Switches) -> Body:
        """The error body; without a named property it is the first one sent."""
        if self.code:
            name = self.property or next(iter(sent), "")
            text = self.message.replace("{name}", name)
            problem = {"isValid": False, "message": text, "error": self.code, "name": name}
            return shape_values(values_body([problem]), switches.refusal_shape)
        message = self.message.replace("{id}", self.record_id)
        return error_body(message, self.category, subCategory=self.sub_category, context={"ids": [self.record_id]})


class Obstacles:
    """Everything planted in one portal."""

    def __init__(self) -> None:
        self._rows: list[RowError] = []

    def plant(self, payload: Mapping[str, Any]) -> dict[str, int]:
        """Control action `row_errors`. Raises TypeError for an unknown key."""
        if payload.get("clear"):
            self._rows.clear()
        for entry in payload.get("add", []):
            fields = dict(entry)
            self._rows.append(RowError(str(fields.pop("id")), **fields))
        return {"waiting": len(self._rows)}

    def take(self, on: str, inputs: Mapping[str, Iterable[str]], switches: Switches) -> dict[str, Body]:
        """What is planted for these records, used up by one: error bodies by id. `inputs` = sent names by id.

        Raises the refusal of the whole batch.
        """
        if not self._rows:
            return {}
        refused: dict[str, Body] = {}
        for planted in [one for one in self._rows if one.on == on and one.record_id in inputs]:
            self._use_up(planted)
            body = planted.body(inputs[planted.record_id], switches)
            if planted.how == "whole":
                raise ApiError(planted.status, body)
            refused[planted.record_id] = _entry(body, "fromObjectId" if on == "associations" else "ids", planted)
        return refused

    def _use_up(self, planted: RowError) -> None:
        if planted.times is not None:
            planted.times -= 1
            if planted.times <= 0:
                self._rows.remove(planted)


def _entry(body: Body, key: str, planted: RowError) -> Body:
    """An entry of `errors`: the envelope without correlation id, with the id of its record."""
    kept = {name: value for name, value in body.items() if name != "correlationId"}
    return {**kept, "context": {key: [planted.record_id]}}
