"""Working time: the company's calendar and the arithmetic of clocks on it."""

from __future__ import annotations

from sync.core.calendar.calendar import (
    Calendar,
    add_working,
    closing_of_business_day,
    compile_calendar,
    due,
    end_of_same_business_day,
    is_business_day,
    is_open,
    look_back,
    next_opening,
    take_working,
    working_seconds,
)
from sync.core.calendar.calendars import LONGEST, Calendars, without
from sync.core.calendar.daily import DayKind, DayShare, day_by_day
from sync.core.calendar.spec import CalendarSpec, holiday_countries, parse_hours
from sync.core.calendar.target import Target, TargetKind, parse_target

__all__ = [
    "LONGEST",
    "Calendar",
    "CalendarSpec",
    "Calendars",
    "DayKind",
    "DayShare",
    "Target",
    "TargetKind",
    "add_working",
    "closing_of_business_day",
    "compile_calendar",
    "day_by_day",
    "due",
    "end_of_same_business_day",
    "holiday_countries",
    "is_business_day",
    "is_open",
    "look_back",
    "next_opening",
    "parse_hours",
    "parse_target",
    "take_working",
    "without",
    "working_seconds",
]
