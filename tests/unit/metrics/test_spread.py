"""Quantiles from counts are those of the sorted values."""

from __future__ import annotations

from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from sync.core.metrics.spread import Spread


def _spread(values: list[int]) -> Spread:
    spread = Spread()
    for value in values:
        spread.put(value)
    return spread


def test_of_nothing_nothing_is_said() -> None:
    assert Spread().median is None


@given(st.lists(st.integers(0, 5_000), min_size=1), st.sampled_from([0.5, 0.8, 0.9, 1.0]))
def test_a_quantile_is_the_nearest_rank(values: list[int], share: float) -> None:
    assert _spread(values).quantile(share) == sorted(values)[max(1, ceil(share * len(values) - 1e-9)) - 1]


def test_it_grows_with_different_values_alone() -> None:
    spread = _spread([5] * 10_000 + [7])
    assert spread.shape == {5: 10_000, 7: 1} and spread.n == 10_001
