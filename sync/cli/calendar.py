"""`baton ops calendar`: the business hours and holidays of a CRM as a calendar of our settings, to look over and paste."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from sync.cli.catalogue import speak
from sync.cli.option import AnyFolder
from sync.cli.show import printable
from sync.core.calendar import parse_hours
from sync.ports import DayOff, OfficeCalendars, OfficeHours
from sync.settings.calendar import WEEKDAYS
from sync.wording import Say

EXAMPLE = 'Example: baton ops calendar "Default" --as tokyo --config DIR > tokyo.yaml'

_Spans = Sequence[tuple[int, int]]
"""Seconds after midnight."""


def show_calendar(
    name: Annotated[str | None, typer.Argument(help="of the business hours", show_default="the default ones")] = None,
    connection: Annotated[str | None, typer.Option(help="whose", show_default="the one that keeps some")] = None,
    years: Annotated[int, typer.Option(min=0, max=20, help="how many years ahead days off are written out")] = 2,
    key: Annotated[str, typer.Option("--as", help="what the calendar is called in our settings")] = "office",
    config: AnyFolder = Path(),
) -> None:
    """Print a calendar from the business hours and holidays of the CRM.

    Nothing is kept: look it over and paste it into config/baton.yaml.
    """
    from sync.app import open_calendars, read_settings

    settings = read_settings(config)
    source = open_calendars(settings, connection)
    today = source.server_time().date()
    first = date(min(today.year, settings.rules.definition.scope.enforce_from.year), 1, 1)
    last = date(today.year + years, 12, 31)
    found = source.read_calendars(first, last)
    office = _pick(found, name)
    say = speak(settings.language)
    head = say("calendar_from", name=printable(office.name), first=first, last=last)
    lines = [f"# {head}", *render(key, office, found.days_off), *_unread(say, found.unread)]
    typer.echo("\n".join(lines))


def _unread(say: Say, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"# {say('calendar_unread', name=_one_line(name))}"


def _pick(found: OfficeCalendars, name: str | None) -> OfficeHours:
    picked = next((one for one in found.offices if (one.default if name is None else one.name == name)), None)
    if picked is None:
        known = ", ".join(printable(one.name) for one in found.offices) or "none"
        raise typer.BadParameter(f"no such business hours are active; known: {known}")
    return picked


def render(key: str, office: OfficeHours, days_off: Sequence[DayOff]) -> Iterator[str]:
    """The lines of one entry of `calendars`. Days on which the office is closed anyway are left out."""
    hours = {WEEKDAYS[day]: spans for day, spans in sorted(office.hours.items()) if spans}
    yield f"{key}:"
    yield f"  tz: {office.tz}"
    yield f"  hours: {{{', '.join(f'{day}: {_written(spans)}' for day, spans in hours.items())}}}"
    by_day: dict[date, list[DayOff]] = {}
    for one in days_off:
        if office.hours.get(one.day.weekday()):
            by_day.setdefault(one.day, []).append(one)
    closed = {day: found for day, found in by_day.items() if any(not one.hours for one in found)}
    yield "  closures:" if closed else "  closures: []"
    for day, found in closed.items():
        yield f"    - {day}  # {_names(found)}"
    partly = {day: found for day, found in by_day.items() if day not in closed}
    yield "  special_hours:" if partly else "  special_hours: {}"
    for day, found in partly.items():
        yield f"    {day}: {_written(_left(office.hours, day, found))}  # {_names(found)}"


def _left(hours: Mapping[int, Sequence[tuple[str, str]]], day: date, found: Sequence[DayOff]) -> list[tuple[str, str]]:
    """The usual hours of that weekday less the parts that are off."""
    spans: _Spans = parse_hours(list(hours[day.weekday()]))
    for first, last in parse_hours([part for one in found for part in one.hours]):
        parts = [part for a, b in spans for part in ((a, min(b, first)), (max(a, last), b))]
        spans = [(a, b) for a, b in parts if a < b]
    return [(_wall(a), _wall(b)) for a, b in spans]


def _wall(second: int) -> str:
    rest = f":{second % 60:02d}" if second % 60 else ""
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}{rest}"


def _written(spans: Sequence[tuple[str, str]]) -> str:
    return f"[{', '.join(f'{chr(34)}{first}-{last}{chr(34)}' for first, last in spans)}]"


def _names(found: Sequence[DayOff]) -> str:
    return ", ".join(dict.fromkeys(_one_line(one.name) for one in found))


def _one_line(text: str) -> str:
    """For a comment: nothing in the name may begin a line of its own."""
    return " ".join(printable(text).split())
