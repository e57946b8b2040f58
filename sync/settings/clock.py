"""Whether the clocks can do their work on their calendars: start, be due, and look back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sync.core.calendar import (
    Calendar,
    CalendarSpec,
    Target,
    TargetKind,
    compile_calendar,
    due,
    look_back,
    next_opening,
)
from sync.errors import Problem
from sync.settings.baton import BatonFile
from sync.settings.definition import DefinitionFile
from sync.settings.document import Document, Loc
from sync.settings.policy import ClockSection

SPAN = timedelta(days=3653)
"""How long after `flags.enforce_from` a clock must still be able to run."""

_TRIED = frozenset({"calendar", "target", "look_back", "cutoff", "enforce_from"})
"""What decides whether a clock finds its working time."""
_SURE_UNTIL = date(2100, 1, 1)
_SHORT = 1000
"""Business days, or hours: weekly hours without end surely have room for a target as short as this."""


def find_clock_problems(document: Document, file: BatonFile) -> Iterator[Problem]:
    """Clocks that can never start, or whose target or look-back finds no working time in the calendar's years."""
    for id_, clock in file.clocks.all.items():
        for number, version in enumerate(clock.versions):
            at: Loc = ("clocks", id_)
            if number:
                if not clock.changes[number - 1].model_fields_set & _TRIED:
                    continue
                at = ("clocks", id_, "changes", number - 1)
            yield from _try(document, file, at, version)


def _try(document: Document, file: BatonFile, at: Loc, clock: ClockSection) -> Iterator[Problem]:
    spec, first = file.calendars[clock.calendar].spec(), clock.enforce_from or file.flags.enforce_from
    first_of_all = min([first, *(given.start for given in clock.batches)])
    last_of_all = max([first, *(given.start for given in clock.batches)])
    short = clock.look_back <= _SHORT and all(_is_short(t) for _, t in _targets(clock))
    if not (_is_endless(spec, first_of_all) and _is_endless(spec, last_of_all) and short):
        yield from _Probe(document, at, clock, compile_calendar(spec), first).problems()


def find_pass_problems(document: Document, file: DefinitionFile) -> Iterator[Problem]:
    """Pass events that can never happen: the clock of FS would wait for them in vain."""
    for index, event in enumerate(file.pass_.any_of):
        if event.status_in is not None and not any(event.status_in.values()):
            message = f"pass.any_of[{index}].status_in: names no status, so it never happens and starts no clock"
            yield Problem(document.place(("pass", "any_of", index)), message, "list the statuses, or take it out")


@dataclass(frozen=True, slots=True)
class _Probe:
    """One clock tried on its calendar, from the first day on which it is enforced."""

    document: Document
    at: Loc
    clock: ClockSection
    calendar: Calendar
    first: date

    def problems(self) -> Iterator[Problem]:
        start, name = self._midnight(self.first), self.clock.calendar
        if not _works(lambda: next_opening(self.calendar, start)):
            hint = "look at the calendar, and at flags.enforce_from"
            yield self._problem(("calendar",), f"can never start: {name} has no working time after {self.first}", hint)
            return
        for loc, target in _targets(self.clock):
            until = self._never_due_from(target)
            if until is not None:
                yield self._problem(loc, f"could never be due from {until} on: {name} has too little working time left")
        for index, given in enumerate(self.clock.batches):
            if not self._can_start(given.start):
                message = f"{name} has too little working time after {given.start}"
                yield self._problem(("batches", index, "start"), message)
        back = Target(TargetKind.BUSINESS_DAYS, days=self.clock.look_back)
        if not _works(lambda: look_back(self.calendar, start, back)):
            message = f"{name} has no {self.clock.look_back} working days before {self.first}"
            yield self._problem(("look_back",), message)

    def _never_due_from(self, target: Target) -> date | None:
        cutoff = self.clock.cutoff
        for day in (self.first, self.first + SPAN):
            start = self._midnight(day)
            if not _works(lambda start=start: due(self.calendar, start, target, cutoff)):
                return day
        return None

    def _can_start(self, day: date) -> bool:
        start, longest = self._midnight(day), Target(TargetKind.BUSINESS_DAYS, days=5)
        return _works(lambda: due(self.calendar, next_opening(self.calendar, start), longest))

    def _problem(self, loc: Loc, message: str, hint: str = "give the calendar weekly hours without end") -> Problem:
        where = (*self.at, *loc)
        return Problem(self.document.place(where), f"{'.'.join(str(part) for part in where)}: {message}", hint)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.calendar.zone)


def _targets(clock: ClockSection) -> list[tuple[Loc, Target]]:
    if isinstance(clock.target, dict):
        found: list[tuple[Loc, Target]] = [(("target", channel), target) for channel, target in clock.target.items()]
    else:
        found = [(("target",), clock.target)]
    return [(loc, target) for loc, target in found if target.kind is not TargetKind.NONE]


def _is_endless(spec: CalendarSpec, first: date) -> bool:
    """Weekly hours that go on; without a look at the calendar itself, which takes time at every start."""
    return any(spec.hours.values()) and all(day < _SURE_UNTIL for day in (first, *(last for _, last in spec.closures)))


def _is_short(target: Target) -> bool:
    return target.days <= _SHORT and target.span <= timedelta(hours=_SHORT)


def _works(ask: Callable[[], object]) -> bool:
    """The calendar's ValueError says that it knows no working time as early or as late as that."""
    try:
        ask()
    except (ValueError, OverflowError):
        return False
    return True
