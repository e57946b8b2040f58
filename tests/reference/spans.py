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
    plain = deadline(start, target, cutoff)
    left = plain - start if is_real(target) else working(start, plain)
    cursor, due = start, plain
    for begin, end in gaps:
        if begin >= due:
            break
        used = begin - cursor if is_real(target) else working(cursor, begin)
        left, cursor = left - used, end
        due = cursor + left if is_real(target) else after(cursor, left)
    return due
