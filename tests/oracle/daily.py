"""Working time by adding up the days between, one after the other, over spans of up to ten years."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tests.oracle.engine import Engine
from tests.oracle.office import Office, all_days

TEN_YEARS = 10 * 365 * 86400 + 2 * 86400
_QUARTER = 900
Span = tuple[int, int]
"""Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    midnight: int
    open: tuple[Span, ...]


def days_of(office: Office) -> list[Day]:
    """Every date of every year, worked or not, in order."""
    return [_day(office, day) for day in all_days()]


def check(office: Office, engine: Engine, random: Random, cases: int) -> Iterator[str]:
    """What the engine gets wrong, in words: a span, a deadline and a look-back each time."""
    days = days_of(office)
    for number in range(cases):
        start = random.randint(_second(2016), _second(2026))
        if number % 4 == 0:
            start = _edge(days, random)
        for wrong in _compare(office, engine, days, start, random):
            yield f"{office.name}, case {number}, from {_at(start).isoformat()}: {wrong}"


def worked(days: list[Day], start: int, end: int) -> int:
    total = 0
    for day in days[_index(days, start) :]:
        if day.midnight >= end:
            break
        for first, last in day.open:
            total += max(0, min(last, end) - max(first, start))
    return total


def due(office: Office, days: list[Day], start: int, target: str, cutoff: time | None) -> int:
    if target == "same_business_day":
        return _same_day(office, days, start, cutoff)
    count, unit = target.split()
    amount = int(count)
    match unit:
        case "hours":
            return start + amount * 3600
        case "business_days":
            ahead = [day for day in days[_index(days, start) :] if day.open and day.open[-1][1] > start]
            return ahead[amount].open[-1][1]
        case _:
            return _consume(days, start, amount * {"business_minutes": 60, "business_hours": 3600}[unit])


def look_back(office: Office, days: list[Day], start: int, count: int) -> int:
    """Opening of the n-th working day before the local day of the start; a day off stands for the next working day."""
    index = _index(days, start)
    while not days[index].open:
        index += 1
    while count:
        index -= 1
        count -= bool(days[index].open)
    return days[index].open[0][0]


def _compare(office: Office, engine: Engine, days: list[Day], start: int, random: Random) -> Iterator[str]:
    end = start + random.choice((random.randint(0, TEN_YEARS), random.randint(0, 40 * 86400)))
    right, said = worked(days, start, end), engine.working_seconds(_at(start), _at(end))
    if said != right:
        yield f"working time until {_at(end).isoformat()} is {right}, not {said}"
    target, cutoff = _target(random), random.choice((None, time(16), time(11, 59, 59), time(23)))
    moment, answer = _at(due(office, days, start, target, cutoff)), engine.due(_at(start), target, cutoff)
    if answer != moment:
        yield f"{target} (cutoff {cutoff}) is due {moment}, not {answer}"
    count = random.choice((1, 2, 5, random.randint(1, 400)))
    limit, answer = _at(look_back(office, days, start, count)), engine.look_back(_at(start), f"{count} business_days")
    if answer != limit:
        yield f"{count} business_days back is {limit}, not {answer}"


def _target(random: Random) -> str:
    amount = random.choice((1, 2, 5, random.randint(1, 100), random.randint(1, 2000)))
    units = ("business_days", "business_minutes", "business_hours", "hours")
    return random.choice(("same_business_day", *(f"{amount} {unit}" for unit in units)))


def _consume(days: list[Day], start: int, left: int) -> int:
    for day in days[_index(days, start) :]:
        for first, last in day.open:
            here = max(0, last - max(first, start))
            if here >= left:
                return max(first, start) + left
            left -= here
    raise AssertionError("the oracle knows no later day")


def _same_day(office: Office, days: list[Day], start: int, cutoff: time | None) -> int:
    index = _index(days, start)
    local = datetime.fromtimestamp(start, office.zone)
    late = cutoff is not None and bool(days[index].open) and local.time() > cutoff
    if late:
        index += 1
    while not days[index].open or days[index].open[-1][1] <= start:
        index += 1
    day = days[index]
    noon = int(datetime.combine(day.date, time(12), office.zone).timestamp())
    return noon if late and day.open[0][0] < noon <= day.open[-1][1] else day.open[-1][1]


def _day(office: Office, day: date) -> Day:
    midnight, following = _midnight(office, day), _midnight(office, day + timedelta(1))
    hours = office.hours_on(day)
    if following - midnight == 86400:
        return Day(
            day, midnight, _present(office, midnight, [(midnight + first, midnight + last) for first, last in hours])
        )
    open_: list[Span] = []
    for quarter in range(midnight, following, _QUARTER):
        local = datetime.fromtimestamp(quarter, office.zone)
        wall = local.hour * 3600 + local.minute * 60
        if any(first <= wall < last for first, last in hours):
            open_.append((quarter, quarter + _QUARTER))
    return Day(day, midnight, _present(office, midnight, open_))


def _present(office: Office, midnight: int, open_: list[Span]) -> tuple[Span, ...]:
    """Without the absences between instants, one after the other."""
    for away in {away for day in (0, 1) for away in office.away_on(midnight // 86400 + day)}:
        parts = ((first, min(last, away[0])) for first, last in open_)
        rest = ((max(first, away[1]), last) for first, last in open_)
        open_ = sorted(span for span in (*parts, *rest) if span[0] < span[1])
    return tuple(open_)


def _index(days: list[Day], second: int) -> int:
    """Of the local day in which the second lies: a guess, then walking."""
    index = min(len(days) - 1, max(0, (second - days[0].midnight) // 86400 - 1))
    while days[index + 1].midnight <= second:
        index += 1
    return index


def _edge(days: list[Day], random: Random) -> int:
    while True:
        if open_ := random.choice(days[800:4000]).open:
            return random.choice(random.choice(open_)) + random.choice((-1, 0, 0, 1))


def _midnight(office: Office, day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=office.zone).timestamp())


def _second(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def _at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
