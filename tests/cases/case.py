"""Whole handoffs written by hand: YAML in, questions of `try handoff` and what the design expects of the answer out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from connectors.salesforce.soql import check_id

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
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
    config: dict[str, Any] = field(default_factory=dict)
    """File → what it says other than the shipped one: mappings are merged, everything else takes the place."""

    def ask(self, room: Path) -> dict[str, Any]:
        """The question; the folder that it names, if it needs one, is made under `room`."""
        return {**self.question, "config": str(write_config(self.config, room))} if self.config else self.question


@cache
def load_cases() -> tuple[Case, ...]:
    """Every case of every file, in order."""
    base = read_base()
    return tuple(
        Case(
            path.stem,
            raw["name"],
            raw["rule"],
            compose(raw, base),
            raw["expect"],
            raw.get("open", ""),
            raw.get("config", {}),
        )
        for path in sorted((HERE / "handoffs").glob("*.yaml"))
        for raw in _yaml(path)
    )


def write_config(config: dict[str, Any], room: Path) -> Path:
    """A folder of its own for what the case says otherwise; the same words give the same folder."""
    digest = hashlib.sha256(json.dumps(config, default=str, sort_keys=True).encode()).hexdigest()[:16]
    folder = room / digest
    for name, own in config.items():
        path = folder / name
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8") as out:
                YAML(typ="safe").dump(merge(_shipped(name), own), out)
    return folder


def merge(shipped: Any, own: Any) -> Any:
    """`own` laid over `shipped`: mappings key by key, everything else instead."""
    if not (isinstance(shipped, dict) and isinstance(own, dict)):
        return own
    return {**shipped, **{name: merge(shipped.get(name), value) for name, value in own.items()}}


def _shipped(name: str) -> Any:
    """What a file of that name starts from; another version of the definition is written as what it changes."""
    parent, _, file = name.rpartition("/")
    if parent.startswith("config/definitions"):
        name = "mappings/handoff.yaml" if file == "handoff.yaml" else "config/definition.yaml"
    return _yaml(ROOT / name)


@cache
def read_base() -> dict[str, Any]:
    """Users, and the records that cases start from."""
    found: dict[str, Any] = _yaml(HERE / "base.yaml")
    return found


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


def compose(raw: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """The question of a case as it is written."""
    mapped = _mapped(raw.get("config", {}))
    sales = {
        stream: [_row(mapped.get(stream, ()), row, base["salesforce"]) for row in rows]
        for stream, rows in raw.get("salesforce", {}).items()
    }
    portal = {
        stream: [_record(mapped.get(stream, ()), row, base["hubspot"]) for row in rows]
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
    told = {name: _wire(entry[name], "%Y-%m-%dT%H:%M:%SZ") for name in ("old", "new", "by") if name in entry}
    _, _, short = entry["record"].partition(":")
    return {**entry, **told, "record": refer(short), "at": instant(entry["at"]).isoformat()}


def _mapped(config: dict[str, Any]) -> dict[str, list[str]]:
    """Stream → the fields of its records that anything is read from."""
    found: dict[str, list[str]] = {}
    for connection in ("salesforce", "hubspot"):
        name = f"mappings/{connection}.yaml"
        for stream, spec in merge(_read_shipped(name), config.get(name, {}))["streams"].items():
            found[stream] = [one for one in _named(spec) if "." not in one]
    return found


@cache
def _read_shipped(name: str) -> Any:
    return _yaml(ROOT / name)


def _named(spec: dict[str, Any]) -> Iterator[str]:
    identity = spec.get("identity") or {}
    singles = [spec.get(name) for name in ("stage_field", "deal_type_field", "source_field", "inquiry_fields")]
    for held in (*(spec.get("items") or {}).values(), *(spec.get("inputs") or {}).values(), *singles):
        yield from held.values() if isinstance(held, dict) else [held] if isinstance(held, str) else held or ()
    yield from (*(identity.get("email") or ()), *(identity.get("record_ids") or ()))


def _row(mapped: Iterable[str], row: dict[str, Any], bases: dict[str, Any]) -> dict[str, Any]:
    return {name: _wire(value, "%Y-%m-%dT%H:%M:%S.000+0000") for name, value in _whole(mapped, row, bases)}


def _record(mapped: Iterable[str], row: dict[str, Any], bases: dict[str, Any]) -> dict[str, Any]:
    cells = {name: _wire(value, "%Y-%m-%dT%H:%M:%S.000Z") for name, value in _whole(mapped, row, bases)}
    outside = {name: cells.pop(name) for name in ("id", "contacts", "archived") if name in cells}
    return {**outside, "properties": cells}


def _whole(mapped: Iterable[str], row: dict[str, Any], bases: dict[str, Any]) -> list[tuple[str, Any]]:
    """The record with what it is like, and every mapped field: what nobody named was read and is empty."""
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
