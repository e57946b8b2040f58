"""How long things took: a distribution that is as large as the number of different values, however many are put in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil


@dataclass(slots=True)
class Spread:
    """Counts per whole unit (minutes, hours); what is put in is rounded down to one."""

    counts: Counter[int] = field(default_factory=Counter[int])

    @property
    def n(self) -> int:
        return self.counts.total()

    def put(self, value: int) -> None:
        self.counts[value] += 1

    def quantile(self, share: float) -> int | None:
        """The smallest value that at least this share of all does not exceed (nearest rank); None of nothing."""
        wanted = max(1, ceil(share * self.n - 1e-9))
        for value in sorted(self.counts):
            wanted -= self.counts[value]
            if wanted <= 0:
                return value
        return None

    @property
    def median(self) -> int | None:
        return self.quantile(0.5)

    @property
    def shape(self) -> Mapping[int, int]:
        """Value → how often, the smallest first."""
        return dict(sorted(self.counts.items()))
