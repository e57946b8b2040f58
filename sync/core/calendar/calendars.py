"""Whose working time counts: the clock's calendar, a team's, a colleague's own, and the last less absences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sync.core.calendar.calendar import Calendar
from sync.core.calendar.table import Table, length, to_micro
from sync.core.model.absence import Absence

LONGEST = timedelta(days=3653)
"""Ten years. Whoever is away for longer is not expected back."""
_KEPT = 1_024
"""Colleagues' calendars that are kept ready."""
_Ready = dict[tuple[str, int], tuple[tuple[Absence, ...], Calendar]]
"""E-mail and office → what was booked, and the calendar without it."""


@dataclass(frozen=True, slots=True, eq=False)
class Calendars:
    """The calendars of one clock. E-mails are compared case-folded."""

    default: Calendar
    """The clock's own."""
    by_role: Mapping[str, Calendar] = field(default_factory=dict[str, Calendar])
    """Team → its calendar, in the operator's order: the first that a colleague belongs to counts."""
    by_owner: Mapping[str, Calendar] = field(default_factory=dict[str, Calendar])
    """Case-folded e-mail → calendar."""
    absences: Mapping[str, tuple[Absence, ...]] = field(default_factory=dict[str, tuple[Absence, ...]])
    """Case-folded e-mail → when that colleague is away, as the operator wrote."""
    booked_count: bool = False
    """Whether absences that are booked in a CRM count too."""
    _ready: _Ready = field(default_factory=_Ready, repr=False)

    def team_calendar_of(self, owner: str | None, roles: Collection[str] = ()) -> Calendar:
        """The office by which a colleague works, absences or not: the e-mail's, else the first role's, else the clock's."""
        own = self.by_owner.get(owner.strip().casefold()) if owner else None
        if own is not None:
            return own
        return next((calendar for role, calendar in self.by_role.items() if role in roles), self.default)

    def calendar_of(self, owner: str | None, roles: Collection[str] = (), booked: tuple[Absence, ...] = ()) -> Calendar:
        """That office less the colleague's absences: those of the operator's file, and those booked in a CRM if they count.

        Nobody (a queue, an owner who is not known) is never absent. See `without` on absences without an end.
        """
        office = self.team_calendar_of(owner, roles)
        if not owner:
            return office
        address = owner.strip().casefold()
        listed, counted = self.absences.get(address, ()), booked if self.booked_count else ()
        if not listed and not counted:
            return office
        key = (address, id(office))
        known = self._ready.get(key)
        if known is not None and known[0] == counted:
            return known[1]
        if len(self._ready) >= _KEPT:
            self._ready.pop(next(iter(self._ready)))
        own = without(office, (*listed, *counted))
        self._ready[key] = (counted, own)
        return own


def without(calendar: Calendar, absences: Iterable[Absence]) -> Calendar:
    """The same office for somebody who is away then; always one with working time.

    Absences that between them leave no working time for more than ten years are not believed and count for nothing:
    somebody has left, and the office's calendar answers for them.
    """
    kept: tuple[Absence, ...] = tuple(sorted({a for a in absences if _length(a) <= LONGEST}, key=_order))
    while kept:
        own = Calendar(calendar.rule, calendar, kept)
        void = _find_void(own, calendar)
        if void is None:
            return own
        kept = tuple(absence for absence in kept if not _touches(absence, void, calendar.zone))
    return calendar


def _find_void(own: Calendar, office: Calendar) -> tuple[int, int] | None:
    """The first stretch of more than ten years in which the office works and the colleague does not."""
    first = min(absence.start.year for absence in own.absences) - 1
    last = max(absence.end.year for absence in own.absences) + 1
    table, whole = own.over(first, last), office.over(first, last)
    limit, since = length(LONGEST), table.starts
    for opens, closes in zip((*table.opens, table.ends), (*table.closes, table.ends), strict=True):
        if opens - since > limit and _works_between(whole, since, opens):
            return since, opens
        since = closes
    return None


def _works_between(table: Table, start: int, end: int) -> bool:
    return any(start <= opens < end for opens in table.opens)


def _touches(absence: Absence, void: tuple[int, int], zone: ZoneInfo) -> bool:
    start, end = (to_micro(at if at.tzinfo else at.replace(tzinfo=zone)) for at in (absence.start, absence.end))
    return start < void[1] and void[0] < end


def _length(absence: Absence) -> timedelta:
    return absence.end.replace(tzinfo=None) - absence.start.replace(tzinfo=None)


def _order(absence: Absence) -> tuple[datetime, datetime, tuple[tuple[int, int], ...]]:
    """Instants and wall times side by side: any order will do, as long as it is one."""
    return absence.start.replace(tzinfo=None), absence.end.replace(tzinfo=None), absence.hours
