"""`truth.json`: what was planted and what really happened, per handoff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.simulator.world.expectation import Judge, flags_of, item_of, stamp
from connectors.simulator.world.journey import Journey, Touch
from connectors.simulator.world.outcome import outcome_of, outcomes
from connectors.simulator.world.rates import rates_of
from connectors.simulator.world.words import TYPED

if TYPE_CHECKING:
    from connectors.simulator.world.world import World


def truth_of(world: World) -> dict[str, Any]:
    """The whole world at its `now`. Asking changes nothing."""
    return {
        "seed": world.seed,
        "language": world.language,
        "start": stamp(world.start),
        "now": stamp(world.now),
        "users": [
            {"key": c.key, "role": c.role, "email": c.email, "salesforce": c.user_id, "hubspot": c.owner_id}
            for c in world.colleagues.values()
        ],
        "outcomes": outcomes(world.plots.journeys, world.now),
        "rates": rates_of(world.plots.journeys, world.now),
        "handoffs": [_handoff(world, one) for one in world.plots.journeys if one.exists],
    }


def _handoff(world: World, journey: Journey) -> dict[str, Any]:
    judge = Judge(journey, world.now, world.enforce_from)
    judge.stopped = world.thin.of(journey, judge)
    reason = judge.out_of_scope()
    flags = None if reason else flags_of(journey, judge)
    passing = judge.passing
    return {
        "id": journey.key,
        "plot": journey.plot,
        "anchor": journey.anchor.ref,
        "records": [entry.ref for entry in journey.entries()],
        "shown_on": journey.targets,
        "cycle": 2 if journey.reopened_at else 1,
        "out_of_scope": reason or None,
        "passed": {"at": stamp(passing.at), "how": passing.kind, "by": passing.by} if passing else None,
        "decision": journey.decision or None,
        "outcome": outcome_of(journey) if passing else None,
        "items": {item: item_of(journey, item).state for item in TYPED},
        "planted": dict(journey.planted),
        "contacts": [_contact(touch) for touch in sorted(journey.touches, key=lambda t: (t.at, t.ref))],
        "flags": flags,
        "who_acts": flags["next_actor"] if flags else None,
    }


def _contact(touch: Touch) -> dict[str, Any]:
    return {
        "record": touch.ref,
        "kind": touch.kind,
        "direction": touch.direction,
        "at": stamp(touch.at),
        "logged_at": stamp(touch.logged_at),
        "by": touch.by,
        "role": touch.actor,
        "genuine": touch.genuine,
        "missed": touch.missed,
        "same_as_other_crm": touch.twin,
    }
