"""`baton ops calendar`: the business hours and holidays of a CRM as a calendar of our settings, to look over and paste."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from sync.cli.catalogue import speak
from sync.cli.option import AnyFolder, AsJson
from sync.cli.show import printable, write_json
from sync.core.calendar import parse_hours
from sync.ports import DayOff, OfficeCalendars, OfficeHours
from sync.settings.calendar import WEEKDAYS
from sync.wording import Say

EXAMPLE = 'Example: baton ops calendar "Default" --as tokyo --config DIR > tokyo.yaml'

_Seconds = Sequence[tuple[int, int]]
"""Spans, after midnight."""


def show_calendar(
    name: Annotated[str | None, typer.Argument(help="of the business hours", show_default="the default ones")] = None,
    connection: Annotated[str | None, typer.Option(help="whose", show_default="the one that keeps some")] = None,
    years: Annotated[int, typer.Option(min=0, max=20, help="how many years ahead days off are written out")] = 2,
    key: Annotated[str, typer.Option("--as", help="what the calendar is called in our settings")] = "office",
    config: AnyFolder = Path(),
    as_json: AsJson = False,
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
    days_off = _days_off(found, office)
    entry, names = make_entry(office, days_off), {day: _names(some) for day, some in days_off.items()}
    if as_json:
        told = {"name": office.name, "from": first, "until": last, "calendars": {key: entry}, "days_off": names}
        write_json({**told, "unread": found.unread})
        return
    say = speak(settings.language)
    head = say("calendar_from", name=printable(office.name), first=first, last=last)
    typer.echo("\n".join([f"# {head}", *render(key, entry, names), *_unread(say, found.unread)]))


def _unread(say: Say, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"# {say('calendar_unread', name=_one_line(name))}"


def _pick(found: OfficeCalendars, name: str | None) -> OfficeHours:
    picked = next((one for one in found.offices if (one.default if name is None else one.name == name)), None)
    if picked is None:
        known = ", ".join(printable(one.name) for one in found.offices) or "none"
        raise typer.BadParameter(f"no such business hours are active; known: {known}")
    return picked


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `calendars`, as our settings take it."""

    tz: str
    hours: dict[str, list[str]]
    closures: list[date]
    special_hours: dict[date, list[str]]


def make_entry(office: OfficeHours, days_off: Mapping[date, Sequence[DayOff]]) -> Entry:
    closures = [day for day, found in days_off.items() if any(not one.hours for one in found)]
    return Entry(
        office.tz,
        {WEEKDAYS[day]: _spans(spans) for day, spans in sorted(office.hours.items()) if spans},
        closures,
        {day: _spans(_left(office.hours, day, found)) for day, found in days_off.items() if day not in closures},
    )


def _days_off(found: OfficeCalendars, office: OfficeHours) -> dict[date, list[DayOff]]:
    """By day. Days on which the office is closed anyway are left out."""
    by_day: dict[date, list[DayOff]] = {}
    for one in found.days_off:
        if office.hours.get(one.day.weekday()):
            by_day.setdefault(one.day, []).append(one)
    return by_day


def render(key: str, entry: Entry, names: Mapping[date, str]) -> Iterator[str]:
    """Its lines, with what each day off is called."""
    yield f"{key}:"
    yield f"  tz: {entry.tz}"
    yield f"  hours: {{{', '.join(f'{day}: {_quoted(spans)}' for day, spans in entry.hours.items())}}}"
    yield "  closures:" if entry.closures else "  closures: []"
    for day in entry.closures:
        yield f"    - {day}  # {names[day]}"
    yield "  special_hours:" if entry.special_hours else "  special_hours: {}"
    for day, spans in entry.special_hours.items():
        yield f"    {day}: {_quoted(spans)}  # {names[day]}"


def _left(hours: Mapping[int, Sequence[tuple[str, str]]], day: date, found: Sequence[DayOff]) -> list[tuple[str, str]]:
    """The usual hours of that weekday less the parts that are off."""
    spans: _Seconds = parse_hours(list(hours[day.weekday()]))
    for first, last in parse_hours([part for one in found for part in one.hours]):
        parts = [part for a, b in spans for part in ((a, min(b, first)), (max(a, last), b))]
        spans = [(a, b) for a, b in parts if a < b]
    return [(_wall(a), _wall(b)) for a, b in spans]


def _wall(second: int) -> str:
    rest = f":{second % 60:02d}" if second % 60 else ""
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}{rest}"


def _spans(spans: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{first}-{last}" for first, last in spans]


def _quoted(spans: Sequence[str]) -> str:
    return f"[{', '.join(f'{chr(34)}{span}{chr(34)}' for span in spans)}]"


def _names(found: Sequence[DayOff]) -> str:
    return ", ".join(dict.fromkeys(_one_line(one.name) for one in found))


def _one_line(text: str) -> str:
    """For a comment: nothing in the name may begin a line of its own."""
    return " ".join(printable(text).split())
