"""`baton try handoff`: one person's records judged without any CRM, by the code that the daemon runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
import typer

from sync.cli.option import AnyFolder
from sync.cli.show import DONE, PARTIAL, leave, write_json
from sync.core.model.flags import Flags
from sync.core.model.handoff import Judgement
from sync.core.model.records import RecordRef
from sync.errors import ConfigError
from sync.flow.told import Answer, judge_told
from sync.settings import Settings

EXAMPLE = """Example: baton try handoff --jsonl < people.jsonl, one person a line:
{"id": "1", "now": ISO, "users": [{"id": "005…", "role": "IS", "email": …, "active": true, "hubspot_owner_id": …}],
"hubspot": {"contacts": [{"id": "101", "properties": {…}}], "calls": [{"id": "1", "properties": {…}, "contacts": ["101"]}]},
"salesforce": {"Lead": [{"Id": "00Q…", …}], "Opportunity": […], "Task": […]},
"history": [{"record": "salesforce:Lead:00Q…", "field": "OwnerId", "old": …, "new": …, "at": ISO, "by": …}],
"config": DIR} → {"id", "passed_at", "links", "records"}. A key that a record lacks was not readable; null is empty."""

_KNOWN = frozenset({"id", "now", "users", "hubspot", "salesforce", "history", "config"})
_CLOCKS = {"is_first_contact": "is", "fs_first_contact": "fs"}


@dataclass(slots=True)
class Judge:
    """Answers questions; keeps the configurations that they name."""

    folder: Path
    kept: dict[Path, Settings] = field(default_factory=dict[Path, Settings])

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one question of the JSONL contract. Raises ValueError whose text begins with the field at fault."""
        from sync.app import read_given

        settings = self._settings(question)
        unknown = question.keys() - _KNOWN - {configured.name for configured in settings.connections}
        if unknown:
            raise ValueError(f"{min(unknown)}: not a key of the contract; known: {', '.join(sorted(_KNOWN))}")
        now = _read_now(question, settings.rules.is_clock.calendar.zone)
        objects = _read_objects(question, settings)
        users, history = _read_list(question, "users"), _read_list(question, "history")
        told = read_given(settings, objects, users, history, now)
        answer = judge_told(told, settings.editions, now)
        named = {"id": question["id"]} if "id" in question else {}
        return {**named, **_tell(answer, _spoken(objects), settings.rules.is_clock.calendar.zone)}

    def _settings(self, question: Mapping[str, Any]) -> Settings:
        from sync.app import read_settings

        named = question.get("config")
        if named is not None and not isinstance(named, str):
            raise ValueError("config: the path of a folder is expected")
        folder = Path(named) if named is not None else self.folder
        if named is not None and not folder.is_dir():
            raise ValueError(f"config: {named} is no folder")
        if folder not in self.kept:
            try:
                self.kept[folder] = read_settings(folder)
            except ConfigError as error:
                if named is None:
                    raise
                problems = "; ".join(f"{problem.path}: {problem.message}" for problem in error.problems)
                raise ValueError(f"config: {problems}") from None
        return self.kept[folder]


def try_handoff(
    jsonl: Annotated[bool, typer.Option("--jsonl", help="People on standard input, answers line by line.")] = False,
    config: AnyFolder = Path(),
) -> None:
    """Judge one person's records without any CRM.

    The records are given as the APIs return them.
    """
    if not jsonl:
        raise typer.BadParameter("give --jsonl and one person a line on standard input")
    leave(answer_lines(Judge(config), sys.stdin.buffer))


def answer_lines(judge: Judge, lines: Iterable[bytes]) -> int:
    """Answer every line; the exit code is `partial` when one could not be answered."""
    code = DONE
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        question: Any = None
        try:
            question = orjson.loads(line)
            if not isinstance(question, dict):
                raise ValueError("the line is no JSON object")
            write_json(judge.answer(question))
        except ConfigError:
            raise
        except ValueError as error:
            code = PARTIAL
            write_json(_refusal(question, number, str(error)))
        except (TypeError, AttributeError, KeyError) as error:
            # Rows of a shape that no API returns must not end the answers to all others.
            code = PARTIAL
            write_json(_refusal(question, number, f"a value has a type that no API returns ({type(error).__name__})"))
    return code


def _refusal(question: Any, number: int, text: str) -> dict[str, Any]:
    named = question.get("id") if isinstance(question, dict) else None
    place, colon, _ = text.partition(": ")
    is_field = bool(colon) and isinstance(question, dict) and " " not in place
    return {"id": named, "error": f"line {number}: {text}", "line": number, "field": place if is_field else None}


def _read_now(question: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    text = question.get("now")
    if text is None:
        return datetime.now(UTC)
    try:
        now = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"now: {text!r} is no ISO instant") from None
    return (now if now.tzinfo else now.replace(tzinfo=zone)).astimezone(UTC)


def _read_objects(question: Mapping[str, Any], settings: Settings) -> dict[str, Mapping[str, Any]]:
    """Records by connection and stream. The contract names systems; a connection may be called otherwise."""
    found: dict[str, Mapping[str, Any]] = {}
    for configured in settings.connections:
        given = question.get(configured.name, question.get(configured.kind))
        if given is not None and not isinstance(given, dict):
            raise ValueError(f"{configured.name}: an object of record lists is expected")
        found[configured.name] = given or {}
    return found


def _read_list(question: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = question.get(name) or []
    if not isinstance(found, list):
        raise ValueError(f"{name}: a list is expected")
    for number, entry in enumerate(found):
        if not isinstance(entry, dict):
            raise ValueError(f"{name}[{number}]: an object is expected")
    return found


def _spoken(objects: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The ids as they were given, by their first 15 characters: the longer form of one that was given short is ours."""
    ids = (
        (f"{connection}:{stream}:{row['Id'][:15]}", f"{connection}:{stream}:{row['Id']}")
        for connection, streams in objects.items()
        for stream, rows in streams.items()
        for row in rows
        if isinstance(row.get("Id"), str)
    )
    return dict(ids)


def _tell(answer: Answer, spoken: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    def name(ref: RecordRef) -> str:
        short = f"{ref.connection}:{ref.stream}:{ref.record_id[:15]}"
        return spoken.get(short, str(ref))

    shown = {
        name(ref): _tell_record(judgement, flags, zone)
        for _, judgement in answer.handoffs
        if judgement.in_scope
        for ref, flags in judgement.flags.items()
    }
    first = answer.handoffs[0][1].pass_ if answer.handoffs else None
    return {
        "passed_at": _iso(first.at, zone) if first is not None else None,
        "links": [[name(a), name(b)] for a, b in answer.links],
        "records": dict(sorted(shown.items())),
    }


def _tell_record(judgement: Judgement, flags: Flags, zone: ZoneInfo) -> dict[str, Any]:
    at_pass = judgement.memory.missing_at_pass if judgement.pass_ is not None else None
    return {
        "status": flags["status"],
        "verdict": flags["sql_verdict"],
        "missing": _ids(flags["missing_items"]),
        "unmet": _ids(flags["unmet_criteria"]),
        "next_actor": flags["next_actor"],
        "clocks": {
            clock: {
                "state": flags[f"{prefix}_sla"],
                "due": _moment(flags[f"{prefix}_due"], zone),
                "at": _moment(flags[f"{prefix}_at"], zone),
            }
            for clock, prefix in _CLOCKS.items()
        },
        "note": flags["note"],
        "brief": flags.get("brief"),
        "bant": judgement.bant,
        "passed_at": _moment(flags["passed_at"], zone),
        "missing_at_pass": list(at_pass) if at_pass is not None else None,
        "definition": flags["definition"],
        "cycle": judgement.cycle,
        "measured": {
            clock.id: {"state": clock.state.value, "due": _iso(clock.due, zone), "at": _iso(clock.contact_at, zone)}
            for clock in judgement.clocks
            if not clock.published
        },
    }


def _ids(value: object) -> list[str]:
    return str(value).split(";") if value else []


def _moment(value: object, zone: ZoneInfo) -> str | None:
    return _iso(datetime.fromisoformat(str(value)), zone) if value else None


def _iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at is not None else None
