"""Companies whose clocks or calendars change while Baton runs on them, or whose people work elsewhere; cycle by cycle, beside
a second statement of what was agreed.

`python -m tests.acceptance.changes` runs them with another seed each time.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from connectors.simulator.world import World, days
from connectors.simulator.world.expectation import Judge
from connectors.simulator.world.journey import Journey, Touch
from sync.flow.connect import prepare
from sync.flow.context import Context
from sync.settings import write_overrides
from sync.store import handoffs
from tests.acceptance.campaign import THIN, WEEKS, Campaign, instants, run_campaign
from tests.acceptance.harness import opened, running_trial

WAYS = ("in_time", "late", "never", "missed", "late_logged", "stranger", "passed")
SKEW = timedelta(minutes=7)
_DAY = timedelta(days=1)
_SHIPPED = {"referral": 1, "download": 2, "webinar": 2, "ad": 2, "event": 5, "business_card": 5}
_SAME_DAY = frozenset(("inbound_form", "demo", "quote", "trial", "missed_call"))


@dataclass(frozen=True)
class Office:
    """Working time, day by day."""

    zone: ZoneInfo = days.TOKYO
    off: frozenset[date] = days.HOLIDAYS | days.CLOSURES
    opening: time = time(9)
    closing: time = time(18)

    def at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def works(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.off

    def step(self, day: date, days_on: int) -> date:
        """So many working days later, or earlier."""
        while days_on:
            day += _DAY if days_on > 0 else -_DAY
            days_on -= (1 if days_on > 0 else -1) * self.works(day)
        return day

    def first_day(self, start: datetime) -> date:
        here = start.astimezone(self.zone)
        open_yet = self.works(here.date()) and here.time() < self.closing
        return here.date() if open_yet else self.step(here.date(), 1)

    def due(self, start: datetime, target: str) -> datetime:
        amount, _, unit = target.partition(" ")
        if unit == "business_days":
            return self.at(self.step(self.first_day(start), int(amount)), self.closing)
        if unit == "business_hours":
            return self._after(start, timedelta(hours=int(amount)))
        here = start.astimezone(self.zone)
        if self.works(here.date()) and here.time() > days.CUTOFF:
            return self.at(self.step(here.date(), 1), days.NOON)
        return self.at(self.first_day(start), self.closing)

    def _after(self, start: datetime, left: timedelta) -> datetime:
        day = self.first_day(start)
        while True:
            begin, end = max(start, self.at(day, self.opening)), self.at(day, self.closing)
            if begin + left <= end:
                return begin + left
            left, day = left - (end - begin), self.step(day, 1)

    def look_back(self, start: datetime) -> datetime:
        return self.at(self.step(start.astimezone(self.zone).date(), -2), self.opening)


Target = Callable[[datetime, str], str | None]
"""What was agreed for a run of the clock that starts then, of that lead source; none where it is empty or unknown."""


def shipped(start: datetime, channel: str) -> str | None:
    del start
    if channel in _SAME_DAY:
        return "same_business_day"
    return f"{_SHIPPED[channel]} business_days" if channel in _SHIPPED else None


class Elsewhere(Judge):
    """One handoff under what was agreed here."""

    def __init__(self, journey: Journey, world: World, now: datetime, agreed: Agreed) -> None:
        super().__init__(journey, now, world.enforce_from)
        self.world, self.agreed = world, agreed

    def office(self, start: datetime) -> Office:
        return self.agreed.office_of(self.world, self.journey, start)

    def span_of_first_contact(self) -> tuple[datetime, datetime] | None:
        start, channel = self.start_of_first_contact(), self.cells["lead_source"]
        target = self.agreed.target(start, str(channel.meaning) if channel.usable else "")
        if target is None or start < self.enforce_from:
            return None
        return start, self.office(start).due(start, target)

    def span_of_field_contact(self) -> tuple[datetime, datetime] | None:
        start = self.passed_at
        if start is None or start < self.enforce_from:
            return None
        return start, self.office(start).due(start, "1 business_days")

    def contacts(self, start: datetime) -> Iterator[Touch]:
        since = self.office(start).look_back(start)
        return (t for t in self._touches() if t.genuine and since <= t.instant <= self.now)


@dataclass(frozen=True)
class Agreed:
    """What holds from some moment on: for everything, whenever it started."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    """As the operator writes it into `config/baton.yaml`."""
    target: Target = shipped
    office: Office = field(default_factory=Office)
    offices: Mapping[str, Office] = field(default_factory=dict)
    """Of colleagues who work elsewhere, by key."""

    def office_of(self, world: World, journey: Journey, start: datetime) -> Office:
        """Where whoever had it then works."""
        holder = world.thin.holder_of(journey, start)
        return self.offices.get(holder.key if holder is not None else "", self.office)


@dataclass
class Changing(Campaign):
    """A campaign in which the operator edits the files and starts Baton again."""

    agreed: Agreed = field(default_factory=Agreed)
    blamed: dict[tuple[str, str], datetime] = field(default_factory=dict)
    dues: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def look_at(self, journey: Journey, now: datetime) -> Judge:
        return Elsewhere(self._as_readable(journey), self.trial.world, now, self.agreed)

    def reach(self, journey: Journey, start: datetime) -> datetime:
        return self.agreed.office_of(self.trial.world, journey, start).look_back(start)

    def hold_memory(self, context: Context, now: datetime) -> None:
        """One breach is told once: its instant stays for as long as the deadline does."""
        with context.store.read() as tx:
            ids = handoffs.read_ids(tx, "", 10_000)
            kept = handoffs.load(tx, ids)
        for handoff, stored in kept.items():
            for clock, at in stored.memory.breached_at.items():
                due: str | None = ((stored.summary or {}).get("clocks", {}).get(clock) or {}).get("due")
                where, before = (handoff, clock), self.blamed.get((handoff, clock))
                again = before is not None and before != at and self.dues.get(where) == due
                if again and before is not None and due is not None and before >= datetime.fromisoformat(due):
                    self._complain(now, f"{handoff} {clock}: breached at {before} and again at {at}")
                self.blamed[where], self.dues[where] = at, due


@dataclass
class Skewed(Campaign):
    """The portal's clock goes before the org's: what is said is said at its time, the latest that anybody tells."""

    def _count_thin(self, now: datetime) -> None:
        super()._count_thin(now + SKEW)

    def _compare(self, now: datetime, asked: Mapping[str, str]) -> None:
        super()._compare(now + SKEW, asked)


def run_skewed(folder: Path, seed: int, *, lives: int = 5, length: timedelta = WEEKS) -> Campaign:
    """Two weeks, or less, of a company whose portal is minutes ahead of its org."""
    switches = {"hubspot": {"ahead": SKEW.total_seconds()}}
    with running_trial(folder, seed=seed, handoffs=40, evidence=lives, ways=WAYS, **switches) as trial:
        campaign = Skewed(trial)
        with opened(trial) as app:
            context, _ = prepare(app.context)
            campaign.run(context, instants(trial.world.start, trial.world.start + length, timedelta(hours=3)))
    return campaign


def run_changes(
    folder: Path, seed: int, agreements: Sequence[tuple[timedelta, Agreed]], *, lives: int = 5, handoffs: int = 60,
    ways: Collection[str] = WAYS, length: timedelta = WEEKS,
) -> Changing:  # fmt: skip
    """Two weeks, or less; each of the agreements holds from so long after the start on, and Baton is started again for it."""
    with running_trial(folder, seed=seed, handoffs=handoffs, evidence=lives, ways=ways) as trial:
        campaign = Changing(trial)
        moments = list(instants(trial.world.start, trial.world.start + length, timedelta(hours=3)))
        edges = [trial.world.start + after for after, _ in agreements]
        for (_, agreed), begin, end in zip(agreements, edges, [*edges[1:], moments[-1][0] + _DAY], strict=True):
            campaign.agreed, campaign.known = agreed, {}
            write_overrides(folder, agreed.settings)
            with opened(trial) as app:
                context, _ = prepare(app.context)
                for moment in (one for one in moments if begin <= one[0] < end):
                    before = {
                        (ref, clock): told for ref, said in campaign.shown.items() for clock, told in said.items()
                    }
                    campaign.run(context, iter([moment]))
                    campaign.hold_memory(context, moment[0])
                    if moment[0] == begin:
                        campaign.seen["changed by the edit"] += sum(
                            before.get((ref, clock), told) != told
                            for ref, said in campaign.shown.items()
                            for clock, told in said.items()
                        )
    return campaign


# --- what may be agreed -------------------------------------------------------------------------------------------------
_FIRST, _SECOND = date(2026, 11, 19), date(2026, 11, 25)
CLOSED = date(2026, 11, 19)


def later_targets(start: datetime, channel: str) -> str | None:
    """Four hours for what is urgent from the first day on, one day for everything from the second."""
    day = days.day_of(start)
    if day >= _SECOND:
        return "1 business_days"
    return "4 business_hours" if day >= _FIRST and channel in _SAME_DAY else shipped(start, channel)


def first_targets(start: datetime, channel: str) -> str | None:
    urgent = days.day_of(start) >= _FIRST and channel in _SAME_DAY
    return "4 business_hours" if urgent else shipped(start, channel)


def _clock(*changes: Mapping[str, Any]) -> dict[str, Any]:
    return {"clocks": {"is_first_contact": {"changes": [dict(one) for one in changes]}}}


_URGENT = {
    "from": _FIRST.isoformat(),
    "target": {
        **{name: f"{count} business_days" for name, count in _SHIPPED.items()},
        **dict.fromkeys(sorted(_SAME_DAY), "4 business_hours"),
    },
}
_ALL = {"from": _SECOND.isoformat(), "target": "1 business_days"}
_OFF = [*sorted(one.isoformat() for one in days.CLOSURES)]
_NEW_YORK = Office(ZoneInfo("America/New_York"), frozenset())
_SYDNEY = Office(ZoneInfo("Australia/Sydney"), frozenset(), time(8), time(17))
_AWAY = {"is1": _NEW_YORK, "is2": _SYDNEY, "fs1": _NEW_YORK}


def _calendar(office: Office, *owners: str) -> dict[str, Any]:
    hours = [f"{office.opening:%H:%M}-{office.closing:%H:%M}"]
    return {
        "tz": office.zone.key,
        "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), hours),
        "owners": [f"{one}@kakehashi-cloud.example" for one in owners],
    }


COMPANIES: Mapping[str, tuple[tuple[timedelta, Agreed], ...]] = {
    "clocks": (
        (timedelta(), Agreed(_clock(_URGENT), first_targets)),
        (timedelta(days=7), Agreed(_clock(_URGENT, _ALL), later_targets)),
    ),
    "closure": (
        (timedelta(), Agreed()),
        (
            timedelta(days=7),
            Agreed(
                {"calendars": {"tokyo": {"closures": [*_OFF, CLOSED.isoformat()]}}},
                office=Office(off=Office().off | {CLOSED}),
            ),
        ),
    ),
    "overseas": (
        (
            timedelta(),
            Agreed(
                {"calendars": {"new_york": _calendar(_NEW_YORK, "is1", "fs1"), "sydney": _calendar(_SYDNEY, "is2")}},
                offices=_AWAY,
            ),
        ),
    ),
}
"""By what is other than shipped, and from when on."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.changes", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randint(1, 999_999))
    parser.add_argument("--lives", type=int, default=12)
    given = parser.parse_args()
    found: dict[str, Callable[[Path, int], Campaign]] = {}
    found |= {name: partial(run_changes, agreements=those, lives=given.lives) for name, those in COMPANIES.items()}
    found["skewed"] = partial(run_skewed, lives=given.lives)
    found["thin"] = partial(run_campaign, lives=30, ways=THIN, outage=None, step=timedelta(hours=1))
    wrong = 0
    for name, run in found.items():
        with TemporaryDirectory() as folder:
            campaign = run(Path(folder), given.seed)
        wrong += len(campaign.wrong)
        seen: Counter[str] = campaign.seen
        print(
            f"{name}, seed {given.seed}: {seen['cycles']} cycles, {seen['breached']} breaches, "
            f"{seen['corrected']} corrected, {seen['changed by the edit']} changed by the edit, "
            f"{seen['spared while stopped']} times spared, {len(campaign.wrong)} WRONG"
        )
        print(*campaign.wrong[:10], sep="\n    ", end="\n" if campaign.wrong else "", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
