"""Simulated reps. They know nothing but the flags: what a flag asks for is what they do, some sooner, some never."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.simulator.world.colleagues import Colleague
from connectors.simulator.world.fields import holds
from connectors.simulator.world.journey import Entry, Journey
from connectors.simulator.world.plots import Plots
from connectors.simulator.world.words import present

FlagsOfRecord = Mapping[str, Any]


class Reps:
    """Looks at the flags of each record and plans what its people do about them."""

    def __init__(self, plots: Plots, do: Callable[[datetime, Callable[[], None]], None]) -> None:
        self.plots = plots
        self.do = do
        self._busy: set[tuple[str, str]] = set()
        """(handoff, what) that somebody has taken on or decided to leave."""
        self._within: timedelta | None = None

    def look(self, now: datetime, flags: Mapping[str, FlagsOfRecord], within: timedelta | None = None) -> None:
        """Plan reactions to flags that nobody has reacted to yet; `within` some time from now, if that is given."""
        self._within = within
        shown = {ref: one for one in self.plots.journeys for ref in one.targets}
        seen: set[str] = set()
        for ref in sorted(flags):
            journey = shown.get(ref)
            if journey is None or journey.asleep or journey.key in seen or not flags[ref].get("status"):
                continue
            seen.add(journey.key)
            self._react(journey, now, flags[ref])

    def _react(self, journey: Journey, now: datetime, flags: FlagsOfRecord) -> None:
        colleagues = self.plots.ledger.colleagues
        inside, field = colleagues[journey.rep], colleagues[journey.field_rep]
        status, missing = flags["status"], flags.get("missing_items") or ""
        if flags.get("is_sla") in ("waiting", "breached") and not journey.scripted:
            self._take(journey, f"is:{flags['is_due']}", now, inside, lambda at: self._call(journey, at, inside))
        if flags.get("fs_sla") in ("waiting", "breached") and not journey.scripted:
            self._take(journey, f"fs:{flags['fs_due']}", now, field, lambda at: self._call(journey, at, field))
        if missing and flags.get("next_actor") in ("is", "fs"):
            who = inside if flags["next_actor"] == "is" else field
            items = missing.split(";")
            self._take(journey, f"fill:{missing}", now, who, lambda at: self._fill(journey, at, who, items))
        elif status == "returned":
            self._take(journey, "again", now, field, lambda at: self._accept(journey, at, field))
        elif status == "passed":
            self._take(journey, "accept", now, field, lambda at: self._accept(journey, at, field))
        elif status == "ready" and flags.get("sql_verdict") == "qualified" and not journey.scripted:
            self._take(journey, "pass", now, inside, lambda at: self._pass(journey, at))

    def _take(
        self, journey: Journey, what: str, now: datetime, who: Colleague, action: Callable[[datetime], None]
    ) -> None:
        """Decide once whether and when somebody does something about it."""
        if (journey.key, what) in self._busy:
            return
        self._busy.add((journey.key, what))
        rng = self.plots.rng
        if not journey.eager and rng.random() > who.diligence:
            return
        pause = rng.uniform(25, 80) if journey.eager else rng.expovariate(1 / 150) + 12
        if self._within is not None:
            pause = self._within.total_seconds() / 60 * rng.uniform(0.1, 0.9)
        at = self.plots.worked(now, pause, None if journey.eager else who)

        def then() -> None:
            if journey.exists and not journey.out:
                action(at)

        self.do(at, then)

    def _call(self, journey: Journey, at: datetime, who: Colleague) -> None:
        """Call, and write it down at once or, the untidy ones, hours later."""
        rng, call = self.plots.rng, self.plots.ledger.call
        via = rng.choice(("sf", "hs", "sf+cti", "hs+cti"))
        text = self.plots.writer.say("要件を伺った", "Talked about needs")
        if rng.random() < who.tidy or journey.contact is None:
            call(journey, at, who.key, via=via, text=text)
            return
        logged = self.plots.worked(at, rng.uniform(40, 600), who)

        def write_down() -> None:
            if journey.exists and journey.contact is not None:
                call(journey, at, who.key, via="hs", logged_at=logged, text=text)

        self.do(logged, write_down)

    def _fill(self, journey: Journey, at: datetime, who: Colleague, items: list[str]) -> None:
        """Type what the flag names into the record that it is shown on; the hasty type only part of it."""
        rng, writer = self.plots.rng, self.plots.writer
        anchor = journey.anchor
        chosen = items if journey.eager or rng.random() < 0.75 else items[: max(1, len(items) // 2)]
        cells = {item: writer.sound(item) for item in chosen if holds(anchor.stream, item)}
        if "contact_channel" in chosen:
            entry = self._holder(journey)
            phone = {"phone": present(writer.phone())}
            if entry is anchor:
                cells |= phone
            elif entry is not None:
                self.plots.ledger.set_values(entry, at, who.key, phone)
        if cells:
            self.plots.ledger.set_values(anchor, at, who.key, cells)

    def _holder(self, journey: Journey) -> Entry | None:
        """The record that has a place for a phone number and can be edited."""
        found = (journey.person,) if journey.deal else (journey.lead, journey.contact)
        return next((one for one in found if one is not None), None)

    def _accept(self, journey: Journey, at: datetime, who: Colleague) -> None:
        if journey.anchor.connection == "salesforce" and journey.decision != "accepted":
            self.plots.ledger.decide(journey, at, who.key, "受領", "accepted")

    def _pass(self, journey: Journey, at: datetime) -> None:
        """The record says that it may be passed, so it is."""
        if journey.lead is None or journey.converted or journey.passings:
            return
        ways = ("owner", "status", "meeting") if journey.reopened_at else ("owner", "status", "meeting", "convert")
        self.plots.hand_over(journey, at, self.plots.rng.choice(ways))
