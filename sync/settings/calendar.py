"""Model of `calendars` and `absences` in `config/baton.yaml`, and what is compiled from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sync.core.calendar import Calendars, CalendarSpec, compile_calendar, holiday_countries, next_opening
from sync.core.model.absence import Absence
from sync.errors import Problem
from sync.settings.check import Section, Wrong, suggest
from sync.settings.document import Document
from sync.settings.value import Day, RoleId, read_day, written

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AbsencesByOwner = Mapping[str, tuple[Absence, ...]]
"""Case-folded e-mail → when that colleague is away."""


def _read_interval(value: object) -> tuple[str, str]:
    first, dash, last = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not dash:
        raise Wrong(f"{str(value)!r} is no opening interval", 'write e.g. "09:00-18:00"')
    return first.strip(), last.strip()


def _read_weekday(value: object) -> str:
    if value not in WEEKDAYS:
        raise Wrong(f"{str(value)!r} is no weekday", suggest(value, WEEKDAYS))
    return str(value)


def _read_closure(value: object) -> tuple[date, date]:
    """`2026-12-29`, `2026-12-29..2027-01-03` or `{from: …, to: …}`."""
    if isinstance(value, dict) and set(value) == {"from", "to"}:
        return read_day(value["from"]), read_day(value["to"])
    first, _, last = value.partition("..") if isinstance(value, str) else (value, "", "")
    start = read_day(first.strip() if isinstance(first, str) else first)
    return start, read_day(last.strip()) if last else start


def _read_holidays(value: object) -> str | None:
    """`JP`, `DE-BY` or `{country: DE, subdivision: BY}`; kept in the short form."""
    if value is None:
        return None
    if isinstance(value, dict):
        if not {"country"} <= set(value) <= {"country", "subdivision"}:
            raise Wrong("no country, or something beside it", "write {country: DE, subdivision: BY}, or DE-BY")
        country, subdivision = str(value["country"]), str(value.get("subdivision") or "")
    else:
        country, _, subdivision = str(value).partition("-")
    known = holiday_countries()
    if country not in known:
        raise Wrong(
            f"{country!r} is no country",
            f"write e.g. JP, US-CA, or leave it empty for none{_near(country, known)}",
        )
    if subdivision and subdivision not in known[country]:
        raise Wrong(f"{subdivision!r} is no part of {country} with holidays of its own", _parts(country, subdivision))
    return f"{country}-{subdivision}" if subdivision else country


def _near(country: str, known: Mapping[str, object]) -> str:
    code = country.strip().upper()[:2]
    return f"; did you mean {code}?" if code in known else ""


def _parts(country: str, subdivision: str) -> str:
    parts = holiday_countries()[country]
    return suggest(subdivision, parts) if parts else f"write {country} alone: its holidays are the same everywhere"


def read_owner(value: object) -> str:
    """A case-folded e-mail address. Raises Wrong."""
    text = value.strip().casefold() if isinstance(value, str) else ""
    if text.count("@") != 1 or any(c.isspace() for c in text):
        raise Wrong(f"{str(value)!r} is no e-mail address", "write the address that the colleague has in the CRM")
    return text


_DAY = r"\d{4}-\d{2}-\d{2}"
Interval = Annotated[tuple[str, str], BeforeValidator(_read_interval), written(r"^[\d:]+ ?- ?[\d:]+$", "09:00-18:00")]
Closure = Annotated[
    tuple[date, date],
    BeforeValidator(_read_closure),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": rf"^{_DAY}(\.\.{_DAY})?$"},
                {
                    "type": "object",
                    "properties": {"from": {"type": "string"}, "to": {"type": "string"}},
                    "required": ["from", "to"],
                },
            ]
        }
    ),
]
Weekday = Annotated[str, BeforeValidator(_read_weekday)]
Owner = Annotated[str, BeforeValidator(read_owner)]
Holidays = Annotated[
    str | None,
    BeforeValidator(_read_holidays),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^[A-Z]{2}(-\w+)?$", "examples": ["JP", "DE-BY"]},
                {
                    "type": "object",
                    "properties": {"country": {"type": "string"}, "subdivision": {"type": "string"}},
                    "required": ["country"],
                    "additionalProperties": False,
                },
                {"type": "null"},
            ]
        }
    ),
]


class CalendarSection(Section):
    tz: str = "Asia/Tokyo"
    """IANA time zone, e.g. Asia/Tokyo."""
    hours: dict[Weekday, list[Interval]] = Field(default={})
    """Weekday (mon to sun) to opening intervals, e.g. mon: [09:00-18:00]."""
    holidays: Holidays = None
    """Public holidays: a country, or a part of one, e.g. JP, DE-BY or {country: DE, subdivision: BY}; empty for none."""
    closures: list[Closure] = Field(default=[])
    """Days or ranges without work, e.g. 2026-12-29..2027-01-03."""
    special_hours: dict[Day, list[Interval]] = Field(default={})
    """Other hours on single days; an empty list closes the day."""
    extra_working_days: list[Day] = Field(default=[])
    """Days that are worked although their weekday is off."""
    roles: list[RoleId] = Field(default=[])
    """Teams that work by this calendar instead of the clock's."""
    owners: list[Owner] = Field(default=[])
    """Colleagues (e-mail addresses) who work by this calendar, whatever their team."""

    @model_validator(mode="after")
    def _works(self) -> CalendarSection:
        try:
            compile_calendar(self.spec())
        except ValueError as error:
            raise Wrong(str(error), "see `calendars` in the shipped config/baton.yaml for an example") from error
        return self

    def spec(self) -> CalendarSpec:
        country, _, subdivision = (self.holidays or "").partition("-")
        return CalendarSpec(
            tz=self.tz,
            hours={WEEKDAYS.index(day): tuple(intervals) for day, intervals in self.hours.items()},
            holiday_country=country or None,
            holiday_subdivision=subdivision or None,
            closures=tuple(self.closures),
            special_hours={day: tuple(hours) for day, hours in self.special_hours.items()},
            extra_working_days=frozenset(self.extra_working_days),
        )


class AbsencesSection(Section):
    file: str | None = None
    """A CSV file in this folder, e.g. config/absences.csv, with the columns user, from, to, hours and note."""
    events: bool = False
    """Whether Salesforce events shown as out of office, with no customer on them, count as absences too."""


def find_calendar_problems(document: Document, file: Mapping[str, CalendarSection], first: date) -> Iterator[Problem]:
    """Teams and colleagues with two calendars, and calendars of theirs without working time from `first` on."""
    seen: dict[tuple[str, str], str] = {}
    for name, section in file.items():
        named = [("roles", role) for role in section.roles] + [("owners", owner) for owner in section.owners]
        for kind, one in named:
            place = document.place(("calendars", name, kind))
            if (other := seen.setdefault((kind, one), name)) != name:
                yield Problem(place, f"calendars.{name}.{kind}: {one} has the calendar {other} already", "keep one")
        if named and not _opens_after(section.spec(), first):
            message = f"calendars.{name}: has no working time after {first}, so its colleagues could never be due"
            yield Problem(document.place(("calendars", name)), message, "give it weekly hours without end")


def _opens_after(spec: CalendarSpec, first: date) -> bool:
    calendar = compile_calendar(spec)
    try:
        next_opening(calendar, datetime.combine(first, time(), calendar.zone))
    except ValueError:
        return False
    return True


def compile_calendars(
    sections: Mapping[str, CalendarSection], absences: AbsencesByOwner, *, booked_count: bool = False
) -> dict[str, Calendars]:
    """By the name of the calendar that a clock names."""
    made = {name: compile_calendar(section.spec()) for name, section in sections.items()}
    by_role = {role: made[name] for name, section in sections.items() for role in section.roles}
    by_owner = {owner: made[name] for name, section in sections.items() for owner in section.owners}
    return {name: Calendars(calendar, by_role, by_owner, absences, booked_count) for name, calendar in made.items()}
