"""`baton try clock`: working time between two instants, or when a target is due."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import orjson
import typer

from sync.cli.catalogue import speak
from sync.cli.days import DayTeller
from sync.cli.option import AnyFolder, AsJson
from sync.cli.show import DONE, PARTIAL, console, leave, local, write_json
from sync.core.calendar import (
    Calendar,
    CalendarSpec,
    DayShare,
    TargetKind,
    compile_calendar,
    day_by_day,
    parse_hours,
    parse_target,
    without,
)
from sync.core.model.absence import Absence
from sync.core.rules.pause import gaps_until, paused_due, worked

if TYPE_CHECKING:
    from sync.core.rules.definition import RuleSet
    from sync.settings import Settings

EXAMPLE = """Example: baton try clock --start 2026-10-09T17:30:00+09:00 --target "120 business_minutes"

Many at once: baton try clock --jsonl < questions.jsonl, one question a line:
{"id": "1", "calendar": {"tz": "Asia/Tokyo", "hours": {"0": [["09:00","12:00"],["13:00","18:00"]]}, "holidays": [],
"special": {}}, "start": ISO, "end": ISO} → {"id", "working_seconds", "elapsed_seconds"}; with "target" instead of "end"
→ {"id", "due"}. A calendar may also have "closures" [[from, to]], "extra_working_days" [day], "country", "subdivision" and
"absences" [[from, to] or [day, day, "09:00-13:00"]]. "pauses" [[from, to]] of the question: the clock stands still. Without "calendar" the question is asked of the configured one; "owner"
(e-mail) and "role" say whose."""


def try_clock(
    start: Annotated[str | None, typer.Option(help="ISO instant; without offset, the calendar's time zone")] = None,
    end: Annotated[str | None, typer.Option(help="measure working time until this instant")] = None,
    target: Annotated[str | None, typer.Option(help="or: when is this due, e.g. '2 business_days'")] = None,
    cutoff: Annotated[str | None, typer.Option(help="HH:MM, for the target same_business_day")] = None,
    owner: Annotated[str | None, typer.Option(help="e-mail: by this colleague's calendar, less absences")] = None,
    role: Annotated[str | None, typer.Option(help="by this team's calendar")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="questions on standard input, answers line by line")] = False,
    days: Annotated[
        bool | None,
        typer.Option("--days/--no-days", help="every day / no day of the arithmetic", show_default="the ends"),
    ] = None,
    config: AnyFolder = Path(),
    as_json: AsJson = False,
) -> None:
    """Ask the calendar when something is due.

    Or how much working time lies between two instants; with the arithmetic day by day.
    """
    if jsonl:
        leave(answer_lines(config, sys.stdin.buffer))
    if start is None or (end is None) == (target is None):
        raise typer.BadParameter("give --start and either --end or --target (or --jsonl)")
    asked = {"start": start, "end": end, "target": target, "cutoff": cutoff}
    question = {key: value for key, value in asked.items() if value is not None}
    settings = _settings(config)
    try:
        default = _whose(settings.rules, owner, role)
        answer = answer_clock(question, default)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    teller = DayTeller(speak(settings.language), settings.language)
    if as_json:
        write_json({**answer, **({"days": _shares(question, answer, default, settings.language)} if days else {})})
        return
    if "due" in answer:
        moment = datetime.fromisoformat(answer["due"]) if answer["due"] else None
        console().print(local(moment, default.zone))
    else:
        console().print(f"working {answer['working_seconds']} s, elapsed {answer['elapsed_seconds']} s")
    for line in [] if days is False else _told_days(question, answer, default, teller, whole=bool(days)):
        console().print(f"  {line}")


def _told_days(
    question: Mapping[str, str], answer: Mapping[str, Any], calendar: Calendar, teller: DayTeller, *, whole: bool
) -> list[str]:
    if "target" in question and parse_target(question["target"]).kind is TargetKind.ELAPSED:
        return [teller.say("days_real")]
    asked = _asked_span(question, answer, calendar)
    return teller.lines(calendar, *asked, whole=whole) if asked else []


def _shares(
    question: Mapping[str, str], answer: Mapping[str, Any], calendar: Calendar, language: str
) -> list[DayShare]:
    asked = _asked_span(question, answer, calendar)
    return list(day_by_day(calendar, *asked, language=language)) if asked else []


def _asked_span(
    question: Mapping[str, str], answer: Mapping[str, Any], calendar: Calendar
) -> tuple[datetime, datetime] | None:
    """From the start to the end that was asked for, or to the deadline if there is one."""
    end = answer["due"] if "target" in question else question["end"]
    return (_instant(question, "start", calendar.zone), _instant({"end": end}, "end", calendar.zone)) if end else None


def _whose(rules: RuleSet, owner: object, role: object) -> Calendar:
    """The configured calendar of a colleague, of a team, or of everybody. Raises ValueError for what is no name."""
    if not isinstance(owner, str | None) or not isinstance(role, str | None):
        raise ValueError("owner is an e-mail address and role the name of a team")
    if role and role not in rules.definition.roles:
        raise ValueError(f"{role!r} is no role of config/definition.yaml: {', '.join(rules.definition.roles)}")
    address = (owner or "").strip().casefold()
    listed = [name for name, spec in rules.definition.roles.items() if address in spec.users]
    return rules.is_clock.calendars.calendar_of(address or None, [role] if role else listed)


def answer_clock(question: Mapping[str, Any], default: Calendar | None = None) -> dict[str, Any]:
    """Answer one question of the JSONL contract. Raises ValueError naming what is wrong with it."""
    calendar = read_calendar(question["calendar"]) if "calendar" in question else default
    if calendar is None:
        raise ValueError("calendar is missing")
    start = _instant(question, "start", calendar.zone)
    named = {"id": question["id"]} if "id" in question else {}
    pauses = _pauses(question.get("pauses", ()), calendar.zone)
    if "target" in question:
        cutoff = time.fromisoformat(question["cutoff"]) if question.get("cutoff") else None
        gaps = gaps_until(pauses, start, max((end for _, end in pauses), default=start))
        moment = paused_due(calendar, start, parse_target(str(question["target"])), cutoff, gaps)
        return {**named, "due": moment.astimezone(calendar.zone).isoformat() if moment else None}
    end = _instant(question, "end", calendar.zone)
    elapsed = int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds())
    counted = worked(calendar, start, end, gaps_until(pauses, start, end))
    return {**named, "working_seconds": counted, "elapsed_seconds": elapsed}


def _pauses(raw: object, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """`[[from, to], …]`, instants; without offset in the calendar's zone."""
    if not isinstance(raw, list | tuple) or not all(isinstance(one, list) and len(one) == 2 for one in raw):
        raise ValueError("pauses: a list of [from, to] is expected")
    found = [(_instant({"from": a}, "from", zone), _instant({"to": b}, "to", zone)) for a, b in raw]
    if any(end < begin for begin, end in found):
        raise ValueError("pauses: one ends before it begins")
    return found


def read_calendar(raw: Any) -> Calendar:
    """A calendar of the contract: weekdays count from Monday = 0, and only the holidays that are given count."""
    if not isinstance(raw, dict):
        raise ValueError("calendar is no object")
    unknown = set(raw) - {"tz", "hours", "holidays", "special", "closures", "extra_working_days", "country"}
    unknown -= {"subdivision", "absences"}
    if unknown:
        raise ValueError(f"calendar has an unknown key {min(unknown)!r}")
    try:
        office = compile_calendar(
            CalendarSpec(
                tz=raw.get("tz", "Asia/Tokyo"),
                hours={int(day): _intervals(hours) for day, hours in raw.get("hours", {}).items()},
                holidays=frozenset(date.fromisoformat(day) for day in raw.get("holidays", ())),
                holiday_country=raw.get("country"),
                holiday_subdivision=raw.get("subdivision"),
                closures=tuple((date.fromisoformat(a), date.fromisoformat(b)) for a, b in raw.get("closures", ())),
                special_hours={date.fromisoformat(day): _intervals(h) for day, h in raw.get("special", {}).items()},
                extra_working_days=frozenset(date.fromisoformat(day) for day in raw.get("extra_working_days", ())),
            )
        )
        return without(office, [_absence(*row) for row in raw.get("absences", ())])
    except (TypeError, AttributeError, OverflowError) as error:
        raise ValueError("calendar is not of the documented shape") from error


def _absence(first: str, last: str, hours: str = "") -> Absence:
    """Days, both inclusive; or date-times, wall times or instants. `hours`: away in these alone each day."""
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    whole = len(last) == len("2026-10-06")
    opens, _, closes = hours.partition("-")
    if (start.tzinfo is None) != (end.tzinfo is None):
        raise ValueError(f"absence {first}–{last}: give both with an offset or neither")
    return Absence(start, end + timedelta(days=whole), parse_hours([(opens, closes)] if hours else []))


def _intervals(hours: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(first), str(last)) for first, last in hours)


def _instant(question: Mapping[str, Any], name: str, zone: ZoneInfo) -> datetime:
    if name not in question:
        raise ValueError(f"{name} is missing")
    try:
        moment = datetime.fromisoformat(str(question[name]))
    except ValueError as error:
        raise ValueError(f"{name}: {question[name]!r} is no instant; write it like 2026-10-09T17:30+09:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def answer_lines(config: Path, lines: Iterable[bytes]) -> int:
    """Answer every line; the exit code is `partial` when one could not be answered."""
    code = DONE
    rules: RuleSet | None = None
    cache: dict[bytes, Calendar] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        question: Any = None
        try:
            question = orjson.loads(line)
            if not isinstance(question, dict):
                raise ValueError("the line is no JSON object")
            if "calendar" not in question:
                rules = rules or _settings(config).rules
                calendar = _whose(rules, question.get("owner"), question.get("role"))
            else:
                calendar = _cached(question["calendar"], cache)
            asked = {key: value for key, value in question.items() if key != "calendar"}
            write_json(answer_clock(asked, calendar))
        except ValueError as error:
            code = PARTIAL
            write_json({"id": question.get("id") if isinstance(question, dict) else None,
                        "error": f"line {number}: {error}"})  # fmt: skip
    return code


def _cached(raw: object, cache: dict[bytes, Calendar]) -> Calendar:
    """The question's own calendar: exports repeat the same one, and building one costs more than asking it."""
    key = orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
    if key not in cache:
        cache[key] = read_calendar(raw)
    return cache[key]


def _settings(config: Path) -> Settings:
    from sync.app import read_settings

    return read_settings(config)
