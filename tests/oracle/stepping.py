"""Working time by looking at the wall clock once a second."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

from tests.oracle.engine import Engine
from tests.oracle.office import Office

TWO_HOURS = 7200
_YEARS = (2024, 2027)


def is_open(office: Office, second: int) -> bool:
    """Whether the office's wall clock shows an hour of work at this second of UTC (counted from 1970)."""
    local = datetime.fromtimestamp(second, office.zone)
    wall = local.hour * 3600 + local.minute * 60 + local.second
    away = any(first <= second < last for first, last in office.away_on(second // 86400))
    return not away and any(first <= wall < last for first, last in office.hours_on(local.date()))


def check(office: Office, engine: Engine, random: Random, cases: int) -> Iterator[str]:
    """What the engine gets wrong, in words: every question that can be answered by stepping, around edges."""
    changes = clock_changes(office)
    for number in range(cases):
        edge = random.choice(changes) if changes and number % 3 == 0 else _some_edge(office, random)
        start = edge + random.choice((0, -1, 1, -random.randint(0, TWO_HOURS), random.randint(-600, 600)))
        steps = [is_open(office, second) for second in range(start, start + random.randint(0, TWO_HOURS))]
        for wrong in _compare(engine, start, steps, random):
            yield f"{office.name}, case {number}, from {_at(start).isoformat()} for {len(steps)} s: {wrong}"


def clock_changes(office: Office) -> list[int]:
    """The first seconds of a new offset."""
    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (_YEARS[0], _YEARS[1] + 1))
    halves = range(first, last, 1800)
    return [half for half in halves if _offset(office, half) != _offset(office, half - 1)]


def _compare(engine: Engine, start: int, steps: list[bool], random: Random) -> Iterator[str]:
    end, opened = start + len(steps), [start + n for n, step in enumerate(steps) if step]
    yield from _differ("working time", engine.working_seconds(_at(start), _at(end)), len(opened))
    yield from _differ("the other way round", engine.working_seconds(_at(end), _at(start)), 0)
    if steps:
        yield from _differ("open", engine.is_open(_at(start)), steps[0])
    if not opened:
        return
    yield from _differ("next opening", engine.next_opening(_at(start)), _at(opened[0]))
    some = random.choice((1, len(opened), random.randint(1, len(opened))))
    after, before = engine.due_in(_at(start), some), engine.taken(_at(end), some)
    yield from _differ(f"due after {some} s", after, _at(opened[some - 1] + 1))
    yield from _differ(f"{some} s before the end", before, _at(opened[-some]))


def _differ(what: str, said: object, right: object) -> Iterator[str]:
    if said != right:
        yield f"{what} is {right}, not {said}"


def _some_edge(office: Office, random: Random) -> int:
    """An opening or closing on some date."""
    while True:
        day = date(random.randint(*_YEARS), random.randint(1, 12), random.randint(1, 28))
        if edges := [second for part in office.hours_on(day) for second in part]:
            midnight = datetime(day.year, day.month, day.day, tzinfo=office.zone)
            return int(midnight.timestamp()) + random.choice(edges)


def _offset(office: Office, second: int) -> timedelta | None:
    return datetime.fromtimestamp(second, office.zone).utcoffset()


def _at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
