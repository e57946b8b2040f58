"""Working time against an oracle that looks at a wall clock once per step and shares nothing with the real thing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.calendar import (
    CalendarSpec,
    add_working,
    compile_calendar,
    is_open,
    next_opening,
    take_working,
    without,
    working_seconds,
)
from sync.core.model.absence import Absence

ZONES = ["Asia/Tokyo", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Beirut", "America/St_Johns"]
STEP = 5 * 60
BASE = datetime(2026, 1, 1, tzinfo=UTC)
CHANGES = [datetime(2026, m, d, tzinfo=UTC) for m, d in ((3, 7), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31))]


@st.composite
def hours(draw: st.DrawFn) -> list[tuple[str, str]]:
    marks = sorted(draw(st.sets(st.integers(0, 24 * 12), min_size=2, max_size=6)))
    names = [f"{m // 12:02d}:{m % 12 * 5:02d}" for m in marks]
    return list(zip(names[::2], names[1::2], strict=False))


@st.composite
def specs(draw: st.DrawFn) -> CalendarSpec:
    near = st.sampled_from(CHANGES).flatmap(lambda c: st.integers(0, 9).map(lambda d: c.date() + timedelta(days=d)))
    return CalendarSpec(
        tz=draw(st.sampled_from(ZONES)),
        hours={**draw(st.dictionaries(st.integers(0, 6), hours(), max_size=6)), 2: draw(hours())},
        holiday_country=None,
        holidays=frozenset(draw(st.sets(near, max_size=2))),
        special_hours=draw(st.dictionaries(near, st.one_of(st.just([]), hours()), max_size=2)),
    )


instants = st.builds(
    lambda base, step: base + timedelta(seconds=STEP * step),
    st.sampled_from(CHANGES),
    st.integers(0, 8 * 86400 // STEP),
)


@st.composite
def absences(draw: st.DrawFn) -> Absence:
    """Near the changes of clocks, as wall times (some for a few hours of each day) or as instants."""
    start, steps = draw(instants), draw(st.integers(1, 4 * 288))
    if draw(st.booleans()):
        return Absence(start, start + timedelta(seconds=STEP * steps))
    first = start.replace(tzinfo=None)
    marks = sorted(draw(st.sets(st.integers(0, 24 * 12), min_size=2, max_size=2)))
    missed = ((marks[0] * STEP, marks[1] * STEP),) if draw(st.booleans()) else ()
    return Absence(first, first + timedelta(seconds=STEP * steps), missed)


def oracle_away(absence: Absence, local: datetime) -> bool:
    if absence.start.tzinfo is not None:
        return absence.start <= local < absence.end
    wall = local.replace(tzinfo=None)
    second = (wall.hour * 60 + wall.minute) * 60
    inside = not absence.hours or any(a <= second < b for a, b in absence.hours)
    return inside and absence.start <= wall < absence.end


def oracle_open(spec: CalendarSpec, instant: datetime) -> bool:
    local = instant.astimezone(ZoneInfo(spec.tz))
    day: date = local.date()
    if day in spec.special_hours:
        today = spec.special_hours[day]
    elif day in spec.holidays:
        today = []
    else:
        today = spec.hours.get(day.weekday(), [])
    wall = local.strftime("%H:%M")
    return any(a <= wall < b for a, b in today)


def oracle_worked(spec: CalendarSpec, start: datetime, end: datetime) -> int:
    worked = 0
    while start < end:
        worked += STEP * oracle_open(spec, start)
        start += timedelta(seconds=STEP)
    return worked


@given(specs(), instants, st.integers(-5, 6 * 288))
@settings(max_examples=40)
def test_working_time_is_what_stepping_finds(spec: CalendarSpec, start: datetime, steps: int) -> None:
    end = start + timedelta(seconds=STEP * steps)
    assert working_seconds(compile_calendar(spec), start, end) == oracle_worked(spec, start, end)


@given(specs(), st.lists(absences(), max_size=4), instants, st.integers(0, 6 * 288))
@settings(max_examples=40)
def test_absences_take_what_stepping_finds(
    spec: CalendarSpec, away: list[Absence], start: datetime, steps: int
) -> None:
    own, zone = without(compile_calendar(spec), away), ZoneInfo(spec.tz)
    moments = [start + timedelta(seconds=STEP * step) for step in range(steps)]
    there = [not any(oracle_away(one, moment.astimezone(zone)) for one in away) for moment in moments]
    worked = sum(STEP for moment, here in zip(moments, there, strict=True) if here and oracle_open(spec, moment))
    assert working_seconds(own, start, start + timedelta(seconds=STEP * steps)) == worked


@given(specs(), instants)
@settings(max_examples=40)
def test_next_opening_is_the_first_open_step(spec: CalendarSpec, instant: datetime) -> None:
    calendar = compile_calendar(spec)
    assert is_open(calendar, instant) == oracle_open(spec, instant)
    opening = next_opening(calendar, instant)
    assert oracle_open(spec, opening)
    assert working_seconds(calendar, instant, opening) == 0


@given(specs(), instants, st.integers(1, 200 * 3600))
@settings(max_examples=60)
def test_adding_takes_exactly_that_much_working_time(spec: CalendarSpec, start: datetime, seconds: int) -> None:
    calendar, span = compile_calendar(spec), timedelta(seconds=seconds)
    later = add_working(calendar, start, span)
    assert working_seconds(calendar, start, later) == seconds
    assert working_seconds(calendar, start, later - timedelta(seconds=1)) == seconds - 1
    assert working_seconds(calendar, take_working(calendar, later, span), later) == seconds


@given(specs(), st.lists(instants, min_size=3, max_size=3).map(sorted))
@settings(max_examples=30)
def test_spans_add_up(spec: CalendarSpec, three: list[datetime]) -> None:
    calendar = compile_calendar(spec)
    a, b, c = three
    assert working_seconds(calendar, a, c) == working_seconds(calendar, a, b) + working_seconds(calendar, b, c)


@given(st.integers(1900, 2190), st.integers(1900, 2190))
@settings(max_examples=15)
def test_answers_do_not_depend_on_what_was_asked_before(first: int, second: int) -> None:
    spec = CalendarSpec(hours={0: [("09:00", "18:00")]}, holiday_country=None)
    warm = compile_calendar(spec)
    next_opening(warm, datetime(first, 6, 1, tzinfo=UTC))
    asked = datetime(second, 6, 1, tzinfo=UTC)
    assert next_opening(warm, asked) == next_opening(compile_calendar(spec), asked)
