"""What is asked: which months, parted by what, as of when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from sync.core.metrics.track import Track

CHANNEL, SEGMENT, TEAM = "channel", "segment", "team"
GROUPS = (CHANNEL, SEGMENT, TEAM)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the definition and the local day from which on it is in force."""

    version: str
    first_day: date
    label: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Months are `YYYY-MM` in the company's zone."""

    now: datetime
    zone: tzinfo
    months: tuple[str, ...]
    """The window, in order."""
    trend: tuple[str, ...]
    """Months of the trend, in order; the window is among them."""
    by: str = CHANNEL
    smallest: int = 10
    """A rate over fewer is withheld."""
    versions: tuple[Version, ...] = ()
    """All that are known, in order of their first day."""

    def month_of(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        return f"{local.year:04}-{local.month:02}"

    def group_of(self, track: Track) -> str:
        return track.segment if self.by == SEGMENT else track.team if self.by == TEAM else track.channel


def months_until(last: str, count: int) -> tuple[str, ...]:
    """So many months, the last one included."""
    year, month = (int(part) for part in last.split("-"))
    index = year * 12 + month - 1
    return tuple(f"{one // 12:04}-{one % 12 + 1:02}" for one in range(index - count + 1, index + 1))


def end_of(month: str, zone: tzinfo) -> datetime:
    """The first instant after the month, as UTC."""
    year, number = (int(part) for part in month.split("-"))
    following = date(year + number // 12, number % 12 + 1, 1)
    return datetime.combine(following, time(), zone).astimezone(UTC)
