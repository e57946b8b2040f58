"""Who came together, by one upload or at one event, told from the lives: they share the start of their first clock."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from unicodedata import normalize

from connectors.simulator.world.expectation import TOGETHER, item_of
from connectors.simulator.world.journey import Journey

AT_LEAST = 50
"""As `examples/saas-jp/config/baton.yaml` says; so is `TOGETHER`."""
SOURCES = frozenset(("event", "business_card", "list"))


def note_batches(journeys: Iterable[Journey]) -> None:
    """Write down on each that exists when the first of its batch came; on all others that there was none."""
    came: dict[str, list[tuple[datetime, Journey]]] = {}
    for journey in journeys:
        journey.batch_at = None
        if not journey.exists:
            continue
        source = item_of(journey, "lead_source")
        if source.usable and source.meaning in SOURCES and source.raw:
            raw = normalize("NFKC", source.raw).casefold().strip()
            came.setdefault(raw, []).append((journey.opened_at, journey))
    for people in came.values():
        if len(people) >= AT_LEAST:
            _note(people)


def _note(people: list[tuple[datetime, Journey]]) -> None:
    people.sort(key=lambda one: one[0])
    instants = [at for at, _ in people]
    groups: list[tuple[int, int]] = []
    for first, at in enumerate(instants):
        last = bisect_right(instants, at + TOGETHER) - 1
        if last - first + 1 < AT_LEAST:
            continue
        if groups and first <= groups[-1][1]:
            groups[-1] = (groups[-1][0], last)
        else:
            groups.append((first, last))
    for first, last in groups:
        for _, journey in people[first : last + 1]:
            journey.batch_at = instants[first]
