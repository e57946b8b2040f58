"""The company as a whole: what happened before the start, what goes on by itself, what reps do, and what must be true."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from connectors.simulator.world import days
from connectors.simulator.world.batch import note_batches
from connectors.simulator.world.cast import Cast
from connectors.simulator.world.colleagues import arrivals, hire
from connectors.simulator.world.evidence import Evidence
from connectors.simulator.world.expectation import STANDARD, Judge, flags_of, out_of_scope_flags
from connectors.simulator.world.fate import Fate
from connectors.simulator.world.ids import Ids
from connectors.simulator.world.journey import Journey
from connectors.simulator.world.ledger import Ledger
from connectors.simulator.world.past import missing_then
from connectors.simulator.world.plots import Plots
from connectors.simulator.world.records import Event
from connectors.simulator.world.reps import Reps
from connectors.simulator.world.scenes import ROLES
from connectors.simulator.world.thin import Thin
from connectors.simulator.world.truth import truth_of
from connectors.simulator.world.words import Writer

START = datetime(2026, 11, 17, 0, 0, tzinfo=UTC)
"""Tuesday 09:00 in Tokyo."""
ENFORCE_FROM = datetime(2026, 9, 30, 15, 0, tzinfo=UTC)
"""1 October 2026 in Tokyo, as the shipped configuration says."""
HISTORY = timedelta(weeks=8)


class World:
    """A seeded company. The same arguments make the same events, whatever the machine.

    `handoffs`: about how many handoffs exist at `start`. `pace`: how lively the time after `start` is (1 = as before it).
    `evidence`: so many inquiries more, in the time ahead, for every way in which a first contact is or is not on record,
    or for these `ways` alone (names in `evidence.py`).
    `now` is the instant up to which everything has happened; it moves only through `advance` and `act`.
    """

    def __init__(
        self,
        seed: int,
        handoffs: int,
        language: str = "ja",
        start: datetime = START,
        *,
        enforce_from: datetime = ENFORCE_FROM,
        weeks_ahead: int = 2,
        pace: float = 1.0,
        evidence: int = 0,
        ways: Collection[str] = (),
        merges_anew: bool = True,
    ) -> None:
        self.rng = Random(f"baton-world:{seed}:{handoffs}:{language}")
        self.seed, self.handoffs, self.language, self.start = seed, handoffs, language, start
        self.enforce_from = enforce_from
        self.ids = Ids(self.rng)
        self.colleagues = hire(self.rng, self.ids, start)
        self.ledger = Ledger(self.ids, self.colleagues)
        fate = Fate(Random(f"baton-fate:{seed}:{handoffs}:{language}"))
        self.plots = Plots(self.ledger, Writer(language, self.rng), self.rng, fate, start, self._do)
        self.plots.merges_anew = merges_anew
        self.now = start - HISTORY - timedelta(days=3)
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._planned = 0
        self.thin = Thin(self.colleagues)
        self._flagged: set[str] = set()
        self._left: set[str] = set()
        self.cast = Cast(self.plots, start)
        self.reps = Reps(self.plots, self._do)
        self._populate()
        self._foresee(weeks_ahead, pace)
        if evidence:
            Evidence(self.plots, seed, start).enter(evidence, ways)
        self._run(start)
        self._past = self.ledger.drain()

    def seed_events(self) -> list[Event]:
        """Everything up to `start`, oldest first, users and owners before the rest."""
        return [*arrivals(self.colleagues, self.start - HISTORY - timedelta(days=200)), *self._past]

    def advance(self, to: datetime) -> list[Event]:
        """Let time pass: what happens until then (inclusive), rep actions that were under way included."""
        self._run(to)
        return self.ledger.drain()

    def act(
        self, now: datetime, flags: Mapping[str, Mapping[str, Any]], within: timedelta | None = None
    ) -> list[Event]:
        """Reps look at the flags (by record ref) and act on nothing else; answers with what happens.

        Without `within` they take their time, so most of it comes out of later calls of `act` or `advance`. With it, those
        who react do so within that time from `now` (never outside office hours), and everything until then is answered.
        """
        events = self.advance(now)
        self.reps.look(now, flags, within)
        return [*events, *self.advance(now + within if within else now)]

    def expect(self, now: datetime, *, written: bool = True) -> dict[str, Any]:
        """What the records must show at `now`. Call once per cycle, in order, after the events until `now`.

        `records`: ref → every flag but the texts, for records that carry flags. `absent`: refs that must hold none.
        `written`: False while Baton only observes and so leaves no flag behind.
        """
        records: dict[str, Mapping[str, Any]] = {}
        absent: list[str] = []
        self.thin.look(self.plots.journeys, now, self.enforce_from)
        for journey in self.plots.journeys:
            if not journey.exists:
                continue
            judge = Judge(journey, now, self.enforce_from)
            judge.stopped = self.thin.of(journey, judge)
            if journey.first_judged is None:
                journey.first_judged = now
            reason = judge.out_of_scope()
            flags = None if reason else flags_of(journey, judge, self._missing_then)
            if journey.nobody and journey.contact is not None:
                absent.append(journey.contact.ref)
            for ref in journey.targets:
                if flags is not None:
                    records[ref] = flags
                    if written:
                        self._flagged.add(ref)
                elif ref in self._flagged:
                    records[ref] = out_of_scope_flags()
                else:
                    absent.append(ref)
        return {"records": records, "absent": sorted(absent)}

    def _missing_then(self, journey: Journey, at: datetime) -> tuple[str, ...] | None:
        return missing_then(journey, self.ledger.stamps.of, at, STANDARD)

    def truth(self) -> dict[str, Any]:
        """All that was planted and all that happened so far, per handoff, as JSON-able data."""
        return truth_of(self)

    def story(self) -> dict[str, dict[str, Any]]:
        """The protagonists: `completed`, `cleared`, `corrected`, `returned`. Each gives its record refs and moments."""
        return self.cast.story()

    # ------------------------------------------------------------------------------------------------------------------

    def _do(self, at: datetime, action: Callable[[], None]) -> None:
        self._planned += 1
        heapq.heappush(self._heap, (at, self._planned, action))

    def _run(self, to: datetime) -> None:
        while self._heap and self._heap[0][0] <= to:
            self.now, _, action = heapq.heappop(self._heap)
            action()
        self.now = max(self.now, to)
        note_batches(self.plots.journeys)

    def _populate(self) -> None:
        """The eight weeks before the start."""
        plots, total = self.plots, self.handoffs
        self.cast.enter()
        for name, share in _SHARES.items():
            for _ in range(max(1, round(total * share))):
                self._live(name, self._arrival(name))
        friday = days.day_of(self.start) - timedelta(days=(days.day_of(self.start).weekday() + 3) % 7 + 7)
        self._event(friday, max(3, round(total * 0.09)))
        plots.ambiguous(plots.arrival(self.start - timedelta(days=12), self.start - timedelta(days=1)))

    def _arrival(self, name: str) -> datetime:
        """Work in progress is young; passes and what became of them are older."""
        back = {"working": 14, "lead_only": 14, "contact": 12, "monday": 2}.get(name, 56)
        latest = self.start - timedelta(hours=1 if back < 20 else 60)
        return self.plots.arrival(self.start - timedelta(days=back), latest)

    def _live(self, name: str, at: datetime) -> None:
        plots = self.plots
        kind, _, detail = name.partition(":")
        if kind == "pass":
            if detail == "convert":
                role = self.rng.choices(tuple(ROLES), tuple(ROLES.values()))[0]
                plots.passed(at, detail, hs=self.rng.random() < 0.85, role=role)
            else:
                plots.passed(at, detail, hs=self.rng.random() < 0.85)
        elif kind == "deal":
            plots.by_hand(plots.worked(at, 10), detail)
        else:
            _LIVES[kind](plots, at)

    def _event(self, day: Any, badges: int) -> None:
        """Hundreds of badges on a Friday evening, uploaded within the hour."""
        opened = days.at_time(day, time(18, 40))
        for number in range(badges):
            at = opened + timedelta(seconds=1 + int(3300 * number / badges))
            self.plots.badge(at, hs=self.rng.random() < 0.7)

    def _foresee(self, weeks: int, pace: float) -> None:
        """What will happen after the start by itself."""
        plots, start, rng = self.plots, self.start, self.rng
        end = start + timedelta(weeks=weeks)
        arrivals_ahead = max(4, round(self.handoffs * 0.04 * weeks * pace))
        for _ in range(arrivals_ahead):
            at = plots.arrival(start + timedelta(minutes=10), end)
            self._live(rng.choice(("working", "working", "contact", "lead_only", "pass:convert", "pass:owner")), at)
        self._event(
            days.day_of(start) + timedelta(days=(4 - days.day_of(start).weekday()) % 7),
            max(3, round(self.handoffs * 0.05)),
        )
        few = max(1, round(self.handoffs * 0.002))
        for _ in range(few):
            trio = plots.ambiguous(plots.arrival(start - timedelta(days=9), start - timedelta(days=1)))
            merged = plots.worked(start, rng.uniform(30, 900))
            self._do(merged, lambda trio=trio, merged=merged: plots.disambiguate(trio, merged))
            for hs in (True, False):
                lost = plots.quiet(plots.arrival(start - timedelta(days=9), start - timedelta(days=1)), hs=hs)
                at = plots.worked(start, rng.uniform(30, 1200))
                self._do(at, lambda lost=lost, at=at: plots.delete(lost, at))
            alone = plots.working(plots.arrival(start - timedelta(days=6), start - timedelta(days=1)), sf=False)
            at = plots.worked(start, rng.uniform(40, 1200))
            self._do(at, lambda alone=alone, at=at: plots.enter_sales(alone, at))
            called = plots.working(
                plots.arrival(start - timedelta(days=4), start - timedelta(days=2)), "demo", hs=False, how="in_time"
            )
            at = plots.worked(start, rng.uniform(40, 900))
            self._do(at, lambda called=called, at=at: plots.forget_call(called, at))
            ripe = plots.unripe(plots.arrival(start - timedelta(days=20), start - timedelta(days=2)))
            at = plots.worked(start, rng.uniform(20, 1200))
            self._do(at, lambda ripe=ripe, at=at: plots.ripen(ripe, at))


def _single(method: Callable[[Plots, datetime], Any]) -> Callable[[Plots, datetime], None]:
    def live(plots: Plots, at: datetime) -> None:
        method(plots, at)

    return live


_LIVES: Mapping[str, Callable[[Plots, datetime], None]] = {
    "working": _single(lambda plots, at: plots.working(at)),
    "lead_only": _single(lambda plots, at: plots.working(at, hs=False)),
    "contact": _single(lambda plots, at: plots.working(at, sf=False)),
    "monday": _single(lambda plots, at: plots.working(at, "inbound_form")),
    "own_lead": _single(Plots.own_lead),
    "closed_lead": _single(Plots.closed_lead),
    "closed_deal": _single(Plots.closed_deal),
    "without_deal": _single(Plots.without_deal),
    "unripe": _single(Plots.unripe),
    "duplicate_lead": _single(Plots.duplicate_lead),
    "duplicate_contact": _single(Plots.duplicate_contact),
    "shared_address": _single(Plots.shared_address),
    "early_call": _single(Plots.early_call),
    "recycled": _single(Plots.recycled),
    "ambiguous": _single(Plots.ambiguous),
}
_SHARES: Mapping[str, float] = {
    "working": 0.16,
    "monday": 0.01,
    "lead_only": 0.04,
    "contact": 0.09,
    "pass:owner": 0.07,
    "pass:status": 0.05,
    "pass:meeting": 0.08,
    "pass:convert": 0.15,
    "deal:touched": 0.03,
    "deal:two_roles": 0.01,
    "deal:no_role": 0.02,
    "deal:crowd": 0.01,
    "deal:direct": 0.035,
    "deal:renewal": 0.035,
    "deal:partner": 0.015,
    "deal:partner_account": 0.015,
    "own_lead": 0.01,
    "closed_lead": 0.02,
    "closed_deal": 0.02,
    "without_deal": 0.01,
    "unripe": 0.01,
    "duplicate_lead": 0.006,
    "duplicate_contact": 0.006,
    "shared_address": 0.004,
    "early_call": 0.008,
    "recycled": 0.01,
    "ambiguous": 0.003,
}
