"""BusinessHours and Holidays of an org as working time (sources: Object Reference, BusinessHours and Holiday).

Which holidays belong to which business hours cannot be read: the link is metadata (BusinessHoursSettings). So all of them
are told, with their names. Two readings that the documents leave open: `00:00` to `00:00` is the whole day, as the screen
of Setup shows it; a monthly holiday on a day that a month does not have is not kept in that month.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from connectors.salesforce import soql
from connectors.salesforce.client import Client
from sync.ports import DayOff, OfficeCalendars, OfficeHours

_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_INSTANCES = ("First", "Second", "Third", "Fourth")
_HOURS = (
    "Id",
    "Name",
    "IsDefault",
    "TimeZoneSidKey",
    *(f"{day}{edge}Time" for day in _WEEK for edge in ("Start", "End")),
)
_HOLIDAY = ("Id", "Name", "ActivityDate", "IsAllDay", "StartTimeInMinutes", "EndTimeInMinutes", "IsRecurrence",
            "RecurrenceType", "RecurrenceInterval", "RecurrenceDayOfWeekMask", "RecurrenceDayOfMonth",
            "RecurrenceInstance", "RecurrenceMonthOfYear", "RecurrenceStartDate", "RecurrenceEndDateOnly")  # fmt: skip
_WHOLE_DAY = (("00:00", "24:00"),)

Row = Mapping[str, Any]


def read_calendars(client: Client, first: date, last: date) -> OfficeCalendars:
    """Active business hours, and the holidays from `first` to `last`, both inclusive. Raises as every call."""
    hours = _rows(client, soql.select(_HOURS, "BusinessHours", "IsActive = true", ("Name",)), "BusinessHours")
    holidays = _rows(client, soql.select(_HOLIDAY, "Holiday", "", ("ActivityDate", "Name")), "Holiday")
    offices: list[OfficeHours] = []
    days: list[DayOff] = []
    unread: list[str] = []
    for row in hours:
        try:
            offices.append(read_hours(row))
        except (TypeError, ValueError, KeyError):
            unread.append(str(row.get("Name")))
    for row in holidays:
        try:
            days += read_holiday(row, first, last)
        except (TypeError, ValueError, KeyError):
            unread.append(str(row.get("Name")))
    return OfficeCalendars(offices, sorted(days, key=lambda one: (one.day, one.name)), unread)


def _rows(client: Client, query: str, stream: str) -> Iterator[Row]:
    for page in client.query_all(query, stream=stream):
        yield from page


def read_hours(row: Row) -> OfficeHours:
    """One row of BusinessHours. Raises ValueError for an unknown zone and for a day that ends before it starts."""
    tz = str(row["TimeZoneSidKey"])
    if tz not in available_timezones():
        raise ValueError("an unknown time zone")
    hours = {number: _day_hours(row[f"{day}StartTime"], row[f"{day}EndTime"]) for number, day in enumerate(_WEEK)}
    return OfficeHours(str(row["Name"]), bool(row["IsDefault"]), tz, hours)


def _day_hours(start: str | None, end: str | None) -> tuple[tuple[str, str], ...]:
    if start is None or end is None:
        return ()
    opens, closes = _wall(start), _wall(end)
    if closes == "00:00":
        closes = "24:00"
    if closes <= opens:
        raise ValueError("opening hours over midnight")
    return ((opens, closes),)


def _wall(text: str) -> str:
    """`09:00:00.000Z`: a wall time in spite of its Z."""
    hour, minute, second = text.partition(".")[0].split(":")
    return f"{int(hour):02d}:{int(minute):02d}" + (f":{int(second):02d}" if int(second) else "")


def read_holiday(row: Row, first: date, last: date) -> Iterator[DayOff]:
    """The days of one row of Holiday in that span. Raises ValueError for a kind of repetition that is not documented."""
    hours = () if row["IsAllDay"] else ((_minutes(row["StartTimeInMinutes"]), _minutes(row["EndTimeInMinutes"])),)
    if hours == _WHOLE_DAY:
        hours = ()
    for day in _days(row, first, last):
        yield DayOff(day, str(row["Name"]), hours)


def _minutes(count: int) -> str:
    return f"{count // 60:02d}:{count % 60:02d}"


def _days(row: Row, first: date, last: date) -> Iterator[date]:
    if not row["IsRecurrence"]:
        day = date.fromisoformat(row["ActivityDate"])
        yield from [day] if first <= day <= last else []
        return
    rule = _read_rule(row)
    end = min(last, date.fromisoformat(row["RecurrenceEndDateOnly"])) if row["RecurrenceEndDateOnly"] else last
    for ordinal in range(max(first, rule.start).toordinal(), end.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if rule.holds_on(day):
            yield day


@dataclass(frozen=True, slots=True)
class _Rule:
    """How a holiday repeats. `mask`: Sunday 1, Monday 2, … Saturday 64."""

    kind: str
    start: date
    interval: int
    mask: int
    day: int
    instance: str
    month: int

    def holds_on(self, day: date) -> bool:
        months = (day.year - self.start.year) * 12 + day.month - self.start.month
        match self.kind:
            case "RecursDaily":
                return (day - self.start).days % self.interval == 0
            case "RecursEveryWeekday":
                return day.weekday() < 5
            case "RecursWeekly":
                # Sunday begins the week: ordinal 7 was one.
                weeks = day.toordinal() // 7 - self.start.toordinal() // 7
                return weeks % self.interval == 0 and self._is_weekday(day)
            case "RecursMonthly":
                return months % self.interval == 0 and day.day == self.day
            case "RecursMonthlyNth":
                return months % self.interval == 0 and self._is_nth(day)
            case "RecursYearly":
                return day.month == self.month and day.day == self.day
            case _:
                return day.month == self.month and self._is_nth(day)

    def _is_weekday(self, day: date) -> bool:
        return bool(self.mask & 1 << day.isoweekday() % 7)

    def _is_nth(self, day: date) -> bool:
        """The n-th (or last) day of its month among those of the mask."""
        if not self._is_weekday(day):
            return False
        month = [day.replace(day=number) for number in range(1, monthrange(day.year, day.month)[1] + 1)]
        of_mask = [one for one in month if self._is_weekday(one)]
        wanted = len(of_mask) - 1 if self.instance == "Last" else _INSTANCES.index(self.instance)
        return of_mask[wanted : wanted + 1] == [day]


def _read_rule(row: Row) -> _Rule:
    kind, month, instance = row["RecurrenceType"], row["RecurrenceMonthOfYear"], row["RecurrenceInstance"]
    if kind not in ("RecursDaily", "RecursEveryWeekday", "RecursWeekly", "RecursMonthly", "RecursMonthlyNth",
                    "RecursYearly", "RecursYearlyNth"):  # fmt: skip
        raise ValueError("an unknown kind of repetition")
    if kind.endswith("Nth") and instance not in (*_INSTANCES, "Last"):
        raise ValueError("an unknown instance")
    start = date.fromisoformat(row["RecurrenceStartDate"] or row["ActivityDate"])
    return _Rule(
        kind,
        start,
        max(1, int(row["RecurrenceInterval"] or 1)),
        int(row["RecurrenceDayOfWeekMask"] or 0),
        int(row["RecurrenceDayOfMonth"] or 0),
        str(instance or ""),
        _MONTHS.index(month) + 1 if month else 0,
    )
