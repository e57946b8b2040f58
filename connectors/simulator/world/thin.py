"""Of which teams hardly any contact is on record, so that nobody of them can be called late: counted once a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from connectors.simulator.world import days
from connectors.simulator.world.colleagues import Colleague
from connectors.simulator.world.expectation import CONFIRM_AFTER, Judge
from connectors.simulator.world.journey import Journey

OVER = timedelta(days=30)
AT_LEAST = 20
STOP_BELOW, RESUME_ABOVE = 0.3, 0.6
_ROLES = ("IS", "FS")


class Thin:
    """What is remembered from one day to the next: (clock, team) that accuse nobody."""

    def __init__(self, colleagues: Mapping[str, Colleague]) -> None:
        self.colleagues = colleagues
        self.stop_below = STOP_BELOW
        self.stopped: set[tuple[str, str]] = set()
        self._day: date | None = None
        self._certain: set[tuple[str, str]] | None = None
        """Who was stopped before a count in which not everything could be read."""

    def look(self, journeys: Iterable[Journey], now: datetime, enforce_from: datetime, *, whole: bool = True) -> None:
        """To be called at every look at the records, in order; counts at the first one of a day. `whole`: whether all
        activities were read within a day; what was counted without is counted again, from what was so before."""
        if self._day == days.day_of(now) and (self._certain is None or not whole):
            return
        self._day = days.day_of(now)
        certain = self.stopped if self._certain is None else self._certain
        self._certain = None if whole else certain
        self.stopped = set(certain)
        seen: dict[tuple[str, str], list[bool]] = defaultdict(list)
        for journey in journeys:
            judge = Judge(journey, now, enforce_from)
            if not journey.exists or journey.nobody or judge.out_of_scope():
                continue
            for clock, span in (("is", judge.span_of_first_contact()), ("fs", judge.span_of_field_contact())):
                if span is None or span[0] < now - OVER or span[1] + CONFIRM_AFTER > now:
                    continue
                team = self.team_of(journey, max(span[0], journey.opened_at))
                if team:
                    seen[clock, team].append(any(True for _ in judge.contacts(span[0])))
        for group, contacted in seen.items():
            share = sum(contacted) / len(contacted)
            if len(contacted) < AT_LEAST:
                continue
            if share > RESUME_ABOVE:
                self.stopped.discard(group)
            elif share < self.stop_below:
                self.stopped.add(group)

    def of(self, journey: Journey, judge: Judge) -> frozenset[str]:
        """Clocks that accuse nobody who has this journey."""
        if not self.stopped:
            return frozenset()
        spans = {"is": judge.span_of_first_contact(), "fs": judge.span_of_field_contact()}
        return frozenset(
            clock
            for clock, span in spans.items()
            if span is not None and (clock, self.team_of(journey, max(span[0], journey.opened_at))) in self.stopped
        )

    def team_of(self, journey: Journey, at: datetime) -> str:
        """Role of who had it then."""
        holder = self.holder_of(journey, at)
        return holder.role if holder is not None and holder.role in _ROLES else ""

    def holder_of(self, journey: Journey, at: datetime) -> Colleague | None:
        """The anchor's owner then, else that of the newest record that was there."""
        others = sorted(journey.entries()[1:], key=lambda one: one.created_at, reverse=True)
        for entry in (journey.anchor, *others):
            owner = self.colleagues.get(entry.owner_at(at))
            if entry.created_at <= at and owner is not None:
                return owner
        return None
