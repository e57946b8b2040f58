"""Working time told day by day: the intervals that were counted, the running sum, and why a day was off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sync.cli.show import printable
from sync.core.calendar import Calendar, DayShare, day_by_day
from sync.wording import Say

_MOST = 12
"""Lines that are shown unless all are asked for: the first of them, and the last few."""
_LAST = 3
_LONGEST = timedelta(days=3653)
"""Ten years: nobody reads longer arithmetic unasked."""


@dataclass(frozen=True, slots=True)
class DayTeller:
    say: Say
    language: str

    def lines(self, calendar: Calendar, start: datetime, end: datetime, *, whole: bool = False) -> list[str]:
        """One line per worked day and one per stretch of days off with the same reason."""
        if not whole and end - start > _LONGEST:
            return [self.say("days_long")]
        shares = list(day_by_day(calendar, start, end, language=self.language))
        groups = [list(group) for _, group in groupby(shares, key=_alike)]
        if whole or len(groups) <= _MOST:
            return [self._line(calendar, group) for group in groups]
        first, cut, last = groups[: _MOST - _LAST], groups[_MOST - _LAST : -_LAST], groups[-_LAST:]
        left = [share for group in cut for share in group]
        between = self.say("days_cut", count=len(left), taken=span(sum(share.seconds for share in left)))
        return [*(self._line(calendar, g) for g in first), between, *(self._line(calendar, g) for g in last)]

    def _line(self, calendar: Calendar, group: Sequence[DayShare]) -> str:
        share = group[0]
        day = self._date(share) if len(group) == 1 else f"{self._date(share)}–{self._date(group[-1])}"
        if not share.worked:
            reason = self.say(f"day_off.{share.kind}")
            return self.say("days_off", day=day, reason=reason) + (f" {printable(share.name)}" if share.name else "")
        if not share.counted:
            return self.say("days_nothing", day=day, total=span(share.total))
        parts = " ".join(f"{_wall(calendar, a, share)}–{_wall(calendar, b, share)}" for a, b in share.counted)
        line = self.say("days_worked", day=day, parts=parts, taken=span(share.seconds), total=span(share.total))
        if share.kind in ("absent", "special", "extra"):
            line += self.say(f"day_worked.{share.kind}")
        return line + (self.say("days_change") if _changes(calendar, share) else "")

    def _date(self, share: DayShare) -> str:
        return f"{share.date.isoformat()} {self.say(f'weekday.{share.date.weekday()}')}"


def span(seconds: int) -> str:
    """`16:30:00`, hours without limit."""
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours}:{rest // 60:02d}:{rest % 60:02d}"


def _alike(share: DayShare) -> tuple[object, ...]:
    """Days off in a row with the same reason are one line; a day that is worked has its own."""
    return (share.date,) if share.worked else (share.kind, share.name)


def _wall(calendar: Calendar, at: datetime, share: DayShare) -> str:
    local = at.astimezone(calendar.zone)
    if local.date() == share.date + timedelta(days=1) and not (local.hour or local.minute or local.second):
        return "24:00"
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def _changes(calendar: Calendar, share: DayShare) -> bool:
    """Whether clocks change between the first and the last counted instant of the day."""
    first, last = share.counted[0][0].astimezone(calendar.zone), share.counted[-1][1].astimezone(calendar.zone)
    return first.utcoffset() != last.utcoffset()
