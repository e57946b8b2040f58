"""Which arrivals from one source are a batch: so many within a span, and whatever such spans share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sync.core.rules.batch import days_needed, find_batches
from sync.core.rules.definition import BatchRule

NINE = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(*minutes: float) -> list[datetime]:
    return [NINE + timedelta(minutes=one) for one in minutes]


def starts(rule: BatchRule, *minutes: float) -> list[float | None]:
    found = find_batches(at(*minutes), rule)
    return [None if one is None else (one - NINE).total_seconds() / 60 for one in found]


@pytest.mark.parametrize(
    ("minutes", "first"),
    [
        ((), ()),
        ((0, 10), (None, None)),  # one too few
        ((0, 10, 20), (0, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),  # in one second
        ((0, 30, 60), (0, 0, 0)),  # exactly the span
        ((0, 30, 60.0001), (None, None, None)),
        ((0, 30, 60, 90), (0, 0, 0, 0)),  # in two halves: the second span shares arrivals with the first
        ((0, 30, 60, 130), (0, 0, 0, None)),  # a late one comes alone
        ((0, 50, 60, 70), (0, 0, 0, 0)),
        ((0, 55, 110, 111, 112), (None, 55, 55, 55, 55)),  # a trickle before is no part of it
        ((0, 1, 2, 120, 121, 122), (0, 0, 0, 120, 120, 120)),  # two uploads
        ((0, 1, 2, 62, 63, 64), (0, 0, 0, 62, 62, 62)),  # no span holds arrivals of both
        ((0, 1, 2, 62, 62), (0, 0, 0, 0, 0)),  # the third, and both of an hour later
        ((0, 1, 2, 61, 62, 120), (0, 0, 0, 0, 0, 0)),
    ],
)
def test_a_batch_is_so_many_within_the_span(minutes: tuple[float, ...], first: tuple[float | None, ...]) -> None:
    assert starts(BatchRule(3, HOUR), *minutes) == list(first)


def test_forty_nine_are_none_and_fifty_are_one() -> None:
    rule = BatchRule(50, HOUR)
    assert set(starts(rule, *range(49))) == {None}
    assert set(starts(rule, *range(50))) == {0}


def find_slowly(arrivals: Sequence[datetime], rule: BatchRule) -> list[datetime | None]:
    """Every span that may be one, joined as long as any two share an arrival."""
    spans = [{n for n, one in enumerate(arrivals) if begin <= one <= begin + rule.within} for begin in arrivals]
    batches = [span for span in spans if len(span) >= rule.at_least]
    while any(a is not b and a & b for a in batches for b in batches):
        a, b = next((a, b) for a in batches for b in batches if a is not b and a & b)
        batches = [one for one in batches if one is not a and one is not b] + [a | b]
    return [next((arrivals[min(one)] for one in batches if n in one), None) for n in range(len(arrivals))]


@pytest.mark.parametrize("seed", range(60))
def test_it_is_what_looking_at_every_span_says(seed: int) -> None:
    rng = Random(seed)
    arrivals = sorted(at(*(rng.randint(0, 400) for _ in range(rng.randint(0, 24)))))
    rule = BatchRule(rng.randint(2, 5), timedelta(minutes=rng.choice((15, 30, 60))))
    assert find_batches(arrivals, rule) == find_slowly(arrivals, rule)


@pytest.mark.parametrize(
    ("records", "people", "per_day", "days"),
    [(800, 12, 20, 3.4), (240, 12, 20, 1.0), (241, 12, 20, 1.1), (1, 12, 20, 0.1), (5, 0, 20, None)],
)
def test_days_are_rounded_up_to_a_tenth(records: int, people: int, per_day: int, days: float | None) -> None:
    assert days_needed(records, people, per_day) == days
