"""`baton try value`: what Baton makes of a value, without any CRM."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, tzinfo
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from sync.cli.option import AnyFolder, AsJson
from sync.cli.show import DONE, PARTIAL, console, leave, printable, write_json
from sync.core.mapping.normalise import KINDS, Tables, normalise
from sync.core.mapping.normalise.moment import zone_of
from sync.core.mapping.spec import ItemSpec
from sync.core.model.items import NormaliseContext

EXAMPLE = """Example: baton try value --as money "300〜500万"

Many at once: baton try value --jsonl < values.jsonl, one value a line:
{"id": "1", "as": "timing", "value": "来期", "context": {"region": "JP", "written_on": "2026-01-15",
"fiscal_year_start": 4, "item": "timing"}} → {"id", "state", "value", "reason"}."""

_CONTEXT = {"region", "tz", "written_on", "fiscal_year_start", "fiscal_year_named_by", "currency", "item"}


@dataclass(frozen=True, slots=True)
class Reader:
    """What a question does not say itself: the company's tables, items and habits."""

    tables: Tables
    items: Mapping[str, ItemSpec]
    region: str
    fiscal_year_start: int
    now: datetime

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one question of the JSONL contract. Raises ValueError naming what is wrong with it."""
        given = question.get("context") or {}
        if not isinstance(given, dict) or not given.keys() <= _CONTEXT:
            raise ValueError(f"context knows {', '.join(sorted(_CONTEXT))}")
        item = self.items.get(given.get("item", ""))
        kind = question.get("as") or (item.as_ if item else None)
        if kind not in KINDS:
            raise ValueError(f"as: {kind!r} is no kind of value; known: {', '.join(KINDS)}")
        options = item.options if item else {}
        made = normalise(kind, question.get("value"), self._context(given), self.tables, options)
        named = {"id": question["id"]} if "id" in question else {}
        return {**named, "state": made.state, "value": made.value, "reason": made.reason}

    def _context(self, given: Mapping[str, Any]) -> NormaliseContext:
        context = NormaliseContext(
            region=given.get("region") or self.region,
            tz=given.get("tz"),
            fiscal_year_start=_read_month(given.get("fiscal_year_start", self.fiscal_year_start)),
            fiscal_year_named_by=given.get("fiscal_year_named_by", "start"),
            currency=given.get("currency"),
            item=given.get("item"),
        )
        return replace(context, written_on=_read_written_on(given.get("written_on"), zone_of(context)) or self.now)


def try_value(
    value: Annotated[str | None, typer.Argument(help="The value as a person typed it.")] = None,
    as_: Annotated[str | None, typer.Option("--as", metavar="KIND", help=f"One of: {', '.join(KINDS)}.")] = None,
    item: Annotated[str | None, typer.Option(help="The handoff item it stands for: its placeholders apply.")] = None,
    written_on: Annotated[
        str | None, typer.Option(help="The day it was typed (YYYY-MM-DD); today if left out.")
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Values on standard input, answers line by line.")] = False,
    config: AnyFolder = Path(),
    as_json: AsJson = False,
) -> None:
    """Print what Baton makes of a value."""
    reader = make_reader(config)
    if jsonl:
        leave(answer_lines(reader, sys.stdin.buffer))
    if value is None or (as_ is None and item is None):
        raise typer.BadParameter("give a value and --as KIND or --item ITEM (or --jsonl)")
    context = {key: given for key, given in {"item": item, "written_on": written_on}.items() if given}
    try:
        answer = reader.answer({"as": as_, "value": value, "context": context})
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if as_json:
        write_json(answer)
        return
    shown = "" if answer["value"] is None else orjson.dumps(answer["value"]).decode()
    console().print(printable("  ".join(part for part in (answer["state"], shown, answer["reason"] or "") if part)))


def make_reader(config: Path) -> Reader:
    """Tables, items and habits of the operator's folder. Raises ConfigError."""
    from sync.app import read_settings

    settings = read_settings(config)
    definition = settings.rules.definition
    now = datetime.now(UTC)
    return Reader(settings.tables, settings.mapping.items, definition.region, definition.fiscal_year_start, now)


def answer_lines(reader: Reader, lines: Iterable[bytes]) -> int:
    """Answer every line; the exit code is `partial` when one could not be read."""
    code = DONE
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        question: Any = None
        try:
            question = orjson.loads(line)
            if not isinstance(question, dict):
                raise ValueError("the line is no JSON object")
            write_json(reader.answer(question))
        except ValueError as error:
            code = PARTIAL
            name = question.get("id") if isinstance(question, dict) else None
            write_json({"id": name, "error": f"line {number}: {error}"})
    return code


def _read_written_on(text: Any, zone: tzinfo) -> datetime | None:
    """An instant; a day stands for its noon, far enough from midnight to stay that day."""
    if text is None:
        return None
    if len(str(text)) == len("2026-01-15"):
        return datetime.combine(date.fromisoformat(str(text)), time(12), zone)
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _read_month(month: Any) -> int:
    if not isinstance(month, int) or not 1 <= month <= 12:
        raise ValueError("fiscal_year_start is a month, 1 to 12")
    return month
