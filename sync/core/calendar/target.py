"""Targets: how long a clock may run, as operators write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class TargetKind(StrEnum):
    NONE = "none"
    """Measured, never due."""
    WORKING_TIME = "working_time"
    """Consumed inside open intervals."""
    SAME_BUSINESS_DAY = "same_business_day"
    BUSINESS_DAYS = "business_days"
    """Closing of the n-th working day after the day on which the clock effectively starts."""
    ELAPSED = "elapsed"
    """Real time from the start, whatever the calendar."""


@dataclass(frozen=True, slots=True)
class Target:
    kind: TargetKind
    span: timedelta = timedelta(0)
    """Of WORKING_TIME and ELAPSED."""
    days: int = 0
    """Of BUSINESS_DAYS."""


_FORM = re.compile(r"(\d{1,7})\s*(business[_ ])?(second|minute|hour|day)s?")
_UNIT = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def parse_target(text: str) -> Target:
    """Read `5 business_minutes`, `4 business_hours`, `same_business_day`, `2 business_days`, `24 hours` or `none`.

    Raises ValueError, naming the accepted forms, on anything else and on a span of nothing.
    """
    form = text.strip().lower()
    if form == "none":
        return Target(TargetKind.NONE)
    if form in ("same_business_day", "same business day"):
        return Target(TargetKind.SAME_BUSINESS_DAY)
    found = _FORM.fullmatch(form)
    if found is None or int(found[1]) == 0:
        raise ValueError(
            f"{text!r} is not a target; write e.g. '5 business_minutes', '4 business_hours', '2 business_days', "
            "'same_business_day', '24 hours' or 'none'"
        )
    count, business, unit = int(found[1]), found[2], found[3]
    if business and unit == "day":
        return Target(TargetKind.BUSINESS_DAYS, days=count)
    return Target(TargetKind.WORKING_TIME if business else TargetKind.ELAPSED, timedelta(seconds=count * _UNIT[unit]))
