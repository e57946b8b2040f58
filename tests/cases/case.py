"""Whole handoffs written by hand: YAML in, questions of `try handoff` and what the design expects of the answer out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from connectors.salesforce.soql import check_id
from tests.handoffs import settings

HERE = Path(__file__).parent
TOKYO = ZoneInfo("Asia/Tokyo")
_SHORT = re.compile(r"\d\d-\d\d \d\d:\d\d")
_ID = re.compile(r"0\w\w0000000000[A-Z]\w")
_CLOCK = re.compile(r"(\w+)(?: due (\d\d-\d\d \d\d:\d\d))?(?: at (\d\d-\d\d \d\d:\d\d))?")


@dataclass(frozen=True)
class Case:
    room: str
    name: str
    rule: str
    question: dict[str, Any]
    expect: dict[str, Any]
    open: str = ""
    """Why the engine does not answer so yet."""


@cache
def load_cases() -> tuple[Case, ...]:
    """Every case of every file, in order."""
    base = _yaml(HERE / "base.yaml")
    return tuple(
        Case(path.stem, raw["name"], raw["rule"], _question(raw, base), raw["expect"], raw.get("open", ""))
        for path in sorted((HERE / "handoffs").glob("*.yaml"))
        for raw in _yaml(path)
    )


def instant(text: str) -> datetime:
    """`10-06 11:00` in Tokyo, 2026."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=TOKYO)


def read_clock(text: str) -> dict[str, Any]:
    """`met due 10-07 18:00 at 10-06 11:00` as the contract writes it."""
    found = _CLOCK.fullmatch(text)
    assert found, text
    due, at = (instant(one).isoformat() if one else None for one in found.groups()[1:])
    return {"state": found[1], "due": due, "at": at}


def refer(short: str) -> str:
    """`Lead:00Q…` as `salesforce:Lead:00Q…`, with the id as the API returns it."""
    stream, _, record_id = short.partition(":")
    return f"{'salesforce' if stream[0].isupper() else 'hubspot'}:{stream}:{_long(record_id)}"


def _yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def _question(raw: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    sales = {
        stream: [_row(stream, row, base["salesforce"]) for row in rows]
        for stream, rows in raw.get("salesforce", {}).items()
    }
    portal = {
        stream: [_record(stream, row, base["hubspot"]) for row in rows]
        for stream, rows in raw.get("hubspot", {}).items()
    }
    history = [_change(entry) for entry in raw.get("history") or []]
    users = [{**user, "id": _long(user["id"])} for user in base["users"]]
    return {
        "id": raw["name"],
        "now": instant(raw["now"]).isoformat(),
        "users": users,
        "salesforce": sales,
        "hubspot": portal,
        "history": history,
    }


def _change(entry: dict[str, Any]) -> dict[str, Any]:
    ids = {name: _long(entry[name]) for name in ("old", "new") if isinstance(entry.get(name), str)}
    _, _, short = entry["record"].partition(":")
    return {**entry, **ids, "record": refer(short), "at": instant(entry["at"]).isoformat()}


def _row(stream: str, row: dict[str, Any], bases: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _wire(value, "%Y-%m-%dT%H:%M:%S.000+0000") for name, value in _whole("salesforce", stream, row, bases)
    }


def _record(stream: str, row: dict[str, Any], bases: dict[str, Any]) -> dict[str, Any]:
    cells = {name: _wire(value, "%Y-%m-%dT%H:%M:%S.000Z") for name, value in _whole("hubspot", stream, row, bases)}
    outside = {name: cells.pop(name) for name in ("id", "contacts", "archived") if name in cells}
    return {**outside, "properties": cells}


def _whole(system: str, stream: str, row: dict[str, Any], bases: dict[str, Any]) -> list[tuple[str, Any]]:
    """The record with what it is like, and every mapped field: what nobody named was read and is empty."""
    mapped = settings().mapping.streams[system, stream].fields
    cells = {**dict.fromkeys(mapped), **_like(row, bases)}
    hidden = cells.pop("without", ())
    return [(name, value) for name, value in cells.items() if name not in hidden]


def _like(row: dict[str, Any], bases: dict[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in row.items() if name != "like"}
    return {**_like(bases[row["like"]], bases), **own} if "like" in row else own


def _wire(value: Any, form: str) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and _SHORT.fullmatch(value):
        return instant(value).astimezone(UTC).strftime(form)
    return _long(value) if isinstance(value, str) else value


def _long(text: str) -> str:
    """A Salesforce id, written short in the cases, with its checksum."""
    return check_id(text) if _ID.fullmatch(text) else text
