"""What tests and demos plant in an org: refused records and subrequests, locks, and records kept from our user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from connectors.simulator.salesforce.error import ApiError, row_error
from connectors.simulator.salesforce.record_id import to18
from connectors.simulator.salesforce.table import Row

Access = Literal["none", "read", "edit"]
LOCKING = ("Id", "AccountId", "OpportunityId", "ContactId", "WhoId", "WhatId")
"""A save locks its row and these parents."""
PLANTED = ("row_errors", "part_errors", "locks", "share")
"""Control actions of `Obstacles.plant`."""


@dataclass(slots=True)
class RowError:
    """A planted refusal of one record, such as a lock. `times` None = for ever."""

    record_id: str
    code: str = "UNABLE_TO_LOCK_ROW"
    message: str = "unable to obtain exclusive access to this record or 1 records: {id}"
    fields: tuple[str, ...] = ()
    times: int | None = 1


@dataclass(slots=True)
class PartError:
    """A planted refusal of the next subrequests of composite calls whose URL (decoded) `url` finds."""

    url: str = ""
    status: int = 400
    code: str = "QUERY_TIMEOUT"
    message: str = "Your query request was running for too long."
    times: int | None = 1


class Obstacles:
    """Everything planted in one org."""

    def __init__(self) -> None:
        self.rows: list[RowError] = []
        self.parts: list[PartError] = []
        self.shares: dict[tuple[str, str], Access] = {}
        """Access of a user by record id or by owner id, whatever the sharing model says."""
        self._locks: dict[str, datetime] = {}

    def lock(self, parent: str, until: datetime) -> None:
        """Another transaction holds this record, and with it everything below it, until then."""
        self._locks[to18(parent)] = until

    def check_locks(self, row: Row, now: datetime) -> None:
        """Raises UNABLE_TO_LOCK_ROW for a row that is locked, or one below a locked parent."""
        for name in LOCKING if self._locks else ():
            held = self._locks.get(row.get(name) or "")
            if held is not None and now < held:
                text = f"unable to obtain exclusive access to this record or 1 records: {row[name]}"
                raise row_error("UNABLE_TO_LOCK_ROW", text)

    def take_row(self, record_id: str) -> None:
        """Raise what is planted for this record, used up by one."""
        for planted in self.rows:
            if planted.record_id == record_id:
                _use_up(self.rows, planted)
                names = ", ".join(planted.fields)
                message = planted.message.replace("{id}", record_id).replace("{fields}", names)
                raise row_error(planted.code, message, *planted.fields)

    def take_part(self, url: str) -> None:
        """Raise what is planted for a subrequest, used up by one."""
        for planted in self.parts:
            if re.search(planted.url, url):
                _use_up(self.parts, planted)
                raise ApiError(planted.code, planted.message, status=planted.status)

    def access(self, user: str, row: Row) -> Access | None:
        """What was planted for a user and a row: by its own share, or by its owner's."""
        if not self.shares:
            return None
        return self.shares.get((user, row["Id"])) or self.shares.get((user, row.get("OwnerId") or ""))

    def plant(self, action: str, payload: Mapping[str, Any], now: datetime, user: str) -> dict[str, Any] | None:
        """Do one control action; None for an action that is not one of these. `user`: whom it means by default."""
        match action:
            case "row_errors":
                made = [RowError(to18(one["id"]), **_rest(one)) for one in _added(payload, self.rows)]
                self.rows += made
                return {"waiting": len(self.rows)}
            case "part_errors":
                self.parts += [PartError(**one) for one in _added(payload, self.parts)]
                return {"waiting": len(self.parts)}
            case "locks":
                for one in _added(payload, self._locks):
                    self.lock(one["parent"], now + timedelta(seconds=float(one["seconds"])))
                return {"locks": len(self._locks)}
            case "share":
                for one in _added(payload, self.shares):
                    self.shares[to18(payload.get("user") or user), to18(one["id"])] = _access(one["access"])
                return {"shares": len(self.shares)}
            case _:
                return None


def _access(text: str) -> Access:
    if text not in ("none", "read", "edit"):
        raise ValueError(f"access is none, read or edit, not {text!r}")
    return text


def _rest(entry: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in entry.items() if name != "id"}
    return {**fields, "fields": tuple(fields.get("fields", ()))}


def _added(payload: Mapping[str, Any], planted: Any) -> list[dict[str, Any]]:
    if payload.get("clear"):
        planted.clear()
    return list(payload.get("add", []))


def _use_up(planted: list[Any], one: Any) -> None:
    if one.times is not None:
        one.times -= 1
        if one.times <= 0:
            planted.remove(one)
