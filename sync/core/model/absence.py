"""When a colleague is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Absence:
    """Away from `start` until `end`, half open: days, or parts of a day.

    Without a time zone both are wall times of the office that the colleague works by (a day of leave is a day there);
    with one they are instants.
    """

    start: datetime
    end: datetime
    hours: tuple[tuple[int, int], ...] = ()
    """Of wall times alone: away only in these hours of each date (seconds after midnight, half open); empty: throughout."""
