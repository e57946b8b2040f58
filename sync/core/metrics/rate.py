"""One rate with its interval, and whether two of them differ."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959964
"""Two-sided 95%."""
SMALLEST = 30
"""Below it a group is too small for a statement about rates."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `n`."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson score interval at 95%; everything is possible where nothing was seen."""
        if not self.n:
            return 0.0, 1.0
        n, p, zz = self.n, self.hits / self.n, Z * Z
        middle = (p + zz / (2 * n)) / (1 + zz / n)
        half = Z * sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n)
        return max(0.0, middle - half), min(1.0, middle + half)


def may_differ(one: Rate, other: Rate) -> bool | None:
    """Whether two disjoint groups differ beyond chance; None while either is too small to say."""
    if min(one.n, other.n) < SMALLEST:
        return None
    low, high = difference(one, other)
    return low > 0 or high < 0


def difference(one: Rate, other: Rate) -> tuple[float, float]:
    """Newcombe's interval of `one` − `other`. Both need at least one observation."""
    p, q = one.hits / one.n, other.hits / other.n
    (low_p, high_p), (low_q, high_q) = one.interval, other.interval
    return (
        p - q - sqrt((p - low_p) ** 2 + (high_q - q) ** 2),
        p - q + sqrt((high_p - p) ** 2 + (q - low_q) ** 2),
    )
