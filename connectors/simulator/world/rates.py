"""The rates of the generated company, counted from what was planted: what a report must arrive at.

Shares no line with the engine's metrics. `[hits, n]` everywhere; months are local.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from connectors.simulator.world import days
from connectors.simulator.world.expectation import Judge, item_of
from connectors.simulator.world.journey import Journey
from connectors.simulator.world.outcome import PART_OF_HISTORY, outcome_of
from connectors.simulator.world.words import TYPED

Pairs = dict[str, list[int]]


class Way:
    """One journey as a report sees it."""

    def __init__(self, journey: Journey, now: datetime) -> None:
        judge = Judge(journey, now, datetime.min.replace(tzinfo=now.tzinfo))
        became = outcome_of(journey)
        self.journey, self.judge = journey, judge
        self.born_at = journey.opened_at
        self.passed_at = judge.passed_at
        self.deal_at = journey.deal.created_at if journey.deal is not None else None
        self.deal, self.accepted, self.won = became["opportunity"], became["accepted"], bool(journey.won)
        self.closed_at = journey.closed_at if self.deal else None
        self.returned = journey.decision == "returned"
        cell = item_of(journey, "lead_source")
        self.channel = str(cell.meaning) if cell.usable else "unmapped" if cell.state == "unmapped" else ""

    @property
    def first(self) -> bool:
        return self.journey.reopened_at is None


def rates_of(journeys: Iterable[Journey], now: datetime) -> dict[str, Any]:
    """By month of the cohort, by channel, and of first cycles; returns by reason; the states of the typed items of passes."""
    ways = [Way(one, now) for one in journeys if one.exists and one.out in PART_OF_HISTORY]
    passes = [way for way in ways if way.passed_at is not None]
    deals = [way for way in ways if way.deal]
    counted: dict[str, tuple[list[Way], Callable[[Way], bool], Callable[[Way], datetime | None]]] = {
        "lead_to_deal": (ways, lambda way: way.deal, lambda way: way.born_at),
        "pass_to_deal": (passes, lambda way: way.deal, lambda way: way.passed_at),
        "accepted": (deals, lambda way: way.accepted, lambda way: way.deal_at),
        "won": (deals, lambda way: way.won, lambda way: way.deal_at),
        "won_of_closed": (
            [way for way in deals if way.closed_at is not None],
            lambda way: way.won,
            lambda way: way.closed_at,
        ),
        "returned": (passes, lambda way: way.returned, lambda way: way.passed_at),
    }
    return {
        "cohorts": {name: _by(group, hit, lambda way, at=at: _month(at(way))) for name, (group, hit, at) in counted.items()},
        "channels": {name: _by(group, hit, lambda way: way.channel) for name, (group, hit, _) in counted.items()},
        "first_cycles": {
            name: _by([way for way in group if way.first], hit, lambda _: "all") for name, (group, hit, _) in counted.items()
        },
        "reasons": _reasons(passes),
        "items": _items(passes),
    }  # fmt: skip


def _by(ways: Iterable[Way], hit: Callable[[Way], bool], key: Callable[[Way], str]) -> Pairs:
    found: Pairs = {}
    for way in ways:
        pair = found.setdefault(key(way), [0, 0])
        pair[0] += hit(way)
        pair[1] += 1
    return dict(sorted(found.items()))


def _month(at: datetime | None) -> str:
    return days.day_of(at).strftime("%Y-%m") if at is not None else "unknown"


def _reasons(passes: Iterable[Way]) -> dict[str, int]:
    """As typed."""
    found: dict[str, int] = {}
    for way in passes:
        if way.returned:
            reason = way.journey.return_reason
            found[reason] = found.get(reason, 0) + 1
    return dict(sorted(found.items()))


def _items(passes: Iterable[Way]) -> dict[str, Pairs]:
    """Item → state → [passes in it, passes]. A pain that is present and vague is in a state of its own."""
    found: dict[str, Pairs] = {}
    ways = list(passes)
    for way in ways:
        for item, state in _states(way):
            pair = found.setdefault(item, {}).setdefault(state, [0, len(ways)])
            pair[0] += 1
    return found


def _states(way: Way) -> Iterator[tuple[str, str]]:
    for item in TYPED:
        cell = way.judge.cells[item]
        state = "unreadable" if cell.state == "unmapped" else cell.state
        yield item, "vague" if item == "pain" and state == "present" and cell.meaning else state
