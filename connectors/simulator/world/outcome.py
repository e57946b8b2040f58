"""What a definition makes of all passes so far, and what became of them: the counts that a comparison must arrive at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from connectors.simulator.world.expectation import STANDARD, STRICTER, Bar, Judge
from connectors.simulator.world.journey import Journey

PART_OF_HISTORY = ("", "closed", "closed lead", "converted without an opportunity")
"""Why a handoff may be out of scope now and yet count: it is over."""


def outcomes(journeys: Iterable[Journey], now: datetime) -> dict[str, dict[str, Any]]:
    """For each bar: passes, how many of each verdict, how many complete, and what became of the qualified ones."""
    passed = [one for one in journeys if one.exists and one.out in PART_OF_HISTORY]
    return {name: _count(passed, now, bar) for name, bar in (("standard", STANDARD), ("stricter", STRICTER))}


def outcome_of(journey: Journey) -> dict[str, Any]:
    """What became of one pass, and how likely an opportunity was when field sales decided (None: it did not have to)."""
    deal = journey.deal is not None
    return {
        "merit": None if journey.merit is None else round(journey.merit, 3),
        "opportunity": deal,
        "accepted": deal and (journey.decision == "accepted" or bool(journey.won)),
        "won": journey.won,
    }


def _count(journeys: Iterable[Journey], now: datetime, bar: Bar) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(("passes", "qualified", "not_qualified", "undetermined", "complete"), 0)
    of_all, of_qualified = _nothing(), _nothing()
    for journey in journeys:
        judge = Judge(journey, now, datetime.min.replace(tzinfo=now.tzinfo), bar)
        if judge.passing is None:
            continue
        verdict = judge.verdict()[0]
        found["passes"] += 1
        found[verdict] += 1
        found["complete"] += not judge.missing()
        for tally in (of_all, of_qualified) if verdict == "qualified" else (of_all,):
            became = outcome_of(journey)
            for name in tally:
                tally[name] += bool(became[name])
    return {**found, "of_all": of_all, "of_qualified": of_qualified}


def _nothing() -> dict[str, int]:
    return {"opportunity": 0, "accepted": 0, "won": 0}
