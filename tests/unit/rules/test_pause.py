"""The arithmetic around pauses, against counting minute by minute."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from sync.core.calendar import Calendar, CalendarSpec, compile_calendar, due, is_open, parse_target
from sync.core.rules.pause import gaps_until, passed_working, paused_due, worked
from tests.handoffs import TOKYO

OFFICE = compile_calendar(
    CalendarSpec(hours={day: [("09:00", "12:00"), ("13:00", "18:00")] for day in range(5)}, holiday_country="JP")
)
MINUTE = timedelta(minutes=1)
Gaps = tuple[tuple[datetime, datetime], ...]


def draw(rng: random.Random) -> tuple[datetime, Gaps]:
    """A start in two weeks with a holiday in them, and up to four pauses, some of which touch or lie outside hours."""
    start = datetime(2026, 10, 5, 7, tzinfo=TOKYO) + rng.randrange(8 * 24 * 60) * MINUTE
    begins = sorted(start + rng.randrange(-600, 6 * 24 * 60) * MINUTE for _ in range(rng.randrange(5)))
    found = [(begin, begin + rng.choice((1, 30, 240, 1500, 4000)) * MINUTE) for begin in begins]
    return start, gaps_until(found, start, start + timedelta(days=30))


def minutes(calendar: Calendar, start: datetime, gaps: Gaps) -> list[datetime]:
    """The minutes of work outside the gaps, of twenty days."""
    every = (start + n * MINUTE for n in range(20 * 24 * 60))
    return [at for at in every if is_open(calendar, at) and not any(begin <= at < end for begin, end in gaps)]


@pytest.mark.parametrize("seed", range(12))
def test_time_outside_pauses_is_counted_as_minute_by_minute(seed: int) -> None:
    rng = random.Random(seed)
    start, gaps = draw(rng)
    counted = minutes(OFFICE, start, gaps)
    wanted = rng.randrange(1, 2000)
    assert passed_working(OFFICE, start, wanted * MINUTE, gaps) == counted[wanted - 1] + MINUTE
    end = start + rng.randrange(1, 10 * 24 * 60) * MINUTE
    assert worked(OFFICE, start, end, gaps_until(gaps, start, end)) == 60 * sum(at < end for at in counted)


@pytest.mark.parametrize("seed", range(12))
def test_a_deadline_leaves_as_much_time_as_it_would_without_pauses(seed: int) -> None:
    rng = random.Random(seed)
    start, gaps = draw(rng)
    target = parse_target(
        rng.choice(("same_business_day", "2 business_days", "5 business_hours", "30 business_minutes"))
    )
    plain, moved = due(OFFICE, start, target), paused_due(OFFICE, start, target, None, gaps)
    assert plain is not None and moved is not None
    left = len([at for at in minutes(OFFICE, start, ()) if at < plain])
    assert len([at for at in minutes(OFFICE, start, gaps) if at < moved]) == left
    assert moved >= plain
    if not any(begin < plain for begin, _ in gaps):
        assert moved == plain


@pytest.mark.parametrize("seed", range(8))
def test_real_time_stands_still_too(seed: int) -> None:
    start, gaps = draw(random.Random(seed))
    moved = paused_due(OFFICE, start, parse_target("30 hours"), None, gaps)
    assert moved is not None
    outside = sum(
        not any(begin <= start + n * MINUTE < end for begin, end in gaps) for n in range((moved - start) // MINUTE)
    )
    assert outside == 30 * 60


def test_pauses_that_overlap_or_reach_beyond_are_one_and_cut() -> None:
    at = [datetime(2026, 10, 5, hour, tzinfo=TOKYO) for hour in range(9, 19)]
    pauses = ((at[4], at[6]), (at[0], at[2]), (at[1], at[5]), (at[8], None))
    assert gaps_until(pauses, at[1], at[9]) == ((at[1], at[2]), (at[2], at[5]), (at[5], at[6]), (at[8], at[9]))
