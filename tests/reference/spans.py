"""Working time of any length by looping over days; and what standing still does to it."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from tests.reference import calendar

Gap = tuple[datetime, datetime]
_NOTHING = timedelta()


def working(start: datetime, end: datetime) -> timedelta:
    """Open time between two instants; never negative."""
    total, day = _NOTHING, start.astimezone(calendar.ZONE).date()
    while day <= end.astimezone(calendar.ZONE).date():
        if calendar.working(day):
            first, last = max(start, calendar.at(day, calendar.OPEN)), min(end, calendar.at(day, calendar.CLOSE))
            total += max(_NOTHING, last - first)
        day += timedelta(1)
    return total


def after(start: datetime, span: timedelta) -> datetime:
    """When so much open time has passed; what ends at a closing stays there."""
    day = start.astimezone(calendar.ZONE).date()
    while True:
        if calendar.working(day):
            first, last = max(start, calendar.at(day, calendar.OPEN)), calendar.at(day, calendar.CLOSE)
            if first < last and first + span <= last:
                return first + span
            span -= max(_NOTHING, last - first)
        day += timedelta(1)


def before(end: datetime, span: timedelta) -> datetime:
    """From when on so much open time is left until then."""
    day = end.astimezone(calendar.ZONE).date()
    while True:
        if calendar.working(day):
            first, last = calendar.at(day, calendar.OPEN), min(end, calendar.at(day, calendar.CLOSE))
            if first < last and last - span >= first:
                return last - span
            span -= max(_NOTHING, last - first)
        day -= timedelta(1)


def is_real(target: str) -> bool:
    return "business" not in target


def length(target: str) -> timedelta:
    """Of a target in minutes or hours, of whichever time."""
    amount, unit = target.split()
    return timedelta(**{unit.removeprefix("business_").rstrip("s") + "s": int(amount)})


def deadline(start: datetime, target: str, cutoff: time | None) -> datetime:
    """Without pauses."""
    if target == "same_business_day" or target.endswith("business_days"):
        return calendar.deadline(start, target, cutoff)
    return start + length(target) if is_real(target) else after(start, length(target))


def paused_deadline(start: datetime, target: str, cutoff: time | None, gaps: list[Gap]) -> datetime:
    """What time was left when a pause began is left when it ends. Gaps are in order and apart."""
    plain, real = deadline(start, target, cutoff), is_real(target)
    if not gaps or gaps[0][0] >= plain:
        return plain
    return through(start, plain - start if real else working(start, plain), gaps, real=real)


def through(start: datetime, left: timedelta, gaps: list[Gap], *, real: bool) -> datetime:
    """When so much time has passed outside the gaps."""
    cursor, end = start, start + left if real else after(start, left)
    for begin, over in gaps:
        if begin >= end:
            break
        left, cursor = left - (begin - cursor if real else working(cursor, begin)), over
        end = cursor + left if real else after(cursor, left)
    return end
