from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.metrics import Rate, may_differ
from sync.core.metrics.rate import difference


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (10, 20, 0.2993, 0.7007),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_wilson_interval_is_that_of_the_books(hits, n, low, high):
    found = Rate(hits, n).interval

    assert found == pytest.approx((low, high), abs=5e-5)


def test_the_difference_is_newcombes():
    # Newcombe 1998, table II, example (a), method 10.
    assert difference(Rate(56, 70), Rate(48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        (Rate(20, 29), Rate(1, 100), None),
        (Rate(20, 100), Rate(0, 0), None),
        (Rate(20, 40), Rate(19, 40), False),
        (Rate(30, 40), Rate(10, 40), True),
        (Rate(10, 40), Rate(30, 40), True),
    ],
)
def test_two_groups_differ_only_beyond_chance_and_when_large_enough(one, other, answer):
    assert may_differ(one, other) is answer


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_interval_holds_the_share(hits, more):
    rate = Rate(hits, hits + more)
    low, high = rate.interval

    assert 0.0 <= low <= high <= 1.0
    assert rate.share is None or low - 1e-9 <= rate.share <= high + 1e-9
