"""What a handoff lacked when the grace was over, for one that Baton saw only later: told by stamps and property history.

A record that nobody touched since says what it said then. A HubSpot contact that was touched tells by its history, which
Baton reads where something dated stands in it. Anything else that was touched leaves the question open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from connectors.simulator.world.expectation import Bar, Judge
from connectors.simulator.world.journey import Entry, Journey

Stamps = Mapping[str, datetime]
"""Record ref → when it was last modified, by whatever the CRM counts as that."""


def missing_then(journey: Journey, stamps: Stamps, at: datetime, bar: Bar) -> tuple[str, ...] | None:
    """None where nobody can tell."""
    if journey.nobody:
        return None
    kept: dict[int, Entry | None] = {}
    for entry in journey.entries():
        if entry.created_at > at:
            kept[id(entry)] = None
        elif stamps[entry.ref] <= at:
            kept[id(entry)] = entry
        elif _has_history(entry):
            kept[id(entry)] = replace(entry, cells=entry.cells_at(at))
        else:
            return None
    then = _journey_of(journey, kept, at)
    return Judge(then, at, at, bar).missing() if then.exists else None


def _has_history(entry: Entry) -> bool:
    return entry.connection == "hubspot" and any(entry.cell(item).raw for item in ("timing", "next_action"))


def _journey_of(journey: Journey, kept: Mapping[int, Entry | None], at: datetime) -> Journey:
    def find(entry: Entry | None) -> Entry | None:
        return kept[id(entry)] if entry is not None else None

    deal = find(journey.deal)
    return replace(
        journey,
        contact=find(journey.contact),
        lead=find(journey.lead),
        person=find(journey.person),
        deal=deal,
        others=[one for entry in journey.others if (one := find(entry)) is not None],
        converted=journey.converted and find(journey.person) is not None,
        decider_role=journey.decider_role and deal is not None,
        touches=[touch for touch in journey.touches if touch.logged_at <= at],
        passings=[passing for passing in journey.passings if passing.at <= at],
    )
