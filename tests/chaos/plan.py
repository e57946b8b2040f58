"""Which troubles a run goes through. Depends on the seed and the number of the run alone, so that any can be run again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

ALONE_EPISODES, MIXED_EPISODES = 3, 9


@dataclass(frozen=True)
class Plan:
    seed: int
    number: int | str
    episodes: Sequence[tuple[str, ...]]
    """Troubles by name, one after the other; those of one episode at the same time."""
    salesforce: dict[str, Any] = field(default_factory=dict[str, Any])
    """Switches of the org."""
    hubspot: dict[str, Any] = field(default_factory=dict[str, Any])
    alone: str = ""
    """The one kind of trouble that this run is about."""

    @property
    def name(self) -> str:
        return f"{self.seed}:{self.number}"

    @property
    def random(self) -> Random:
        return Random(f"chaos run:{self.seed}:{self.number}")


Switch = tuple[str, str, Any]
"""System, switch, value that is not the default one."""


@dataclass(frozen=True)
class Campaign:
    """All there is to plan with."""

    seed: int
    troubles: Sequence[str]
    switches: dict[str, dict[str, Sequence[Any]]]
    """By system and name: the values, the default first."""
    once: frozenset[str] = frozenset()
    """Troubles that have a run of their own and no other, with one episode."""

    @property
    def values(self) -> list[Switch]:
        return [
            (system, name, value)
            for system, known in self.switches.items()
            for name, values in known.items()
            for value in values[1:]
        ]

    @property
    def least_runs(self) -> int:
        """Runs until every kind has had one of its own."""
        return len(self.troubles) + len(self.values)

    def plan(self, number: int | str) -> Plan:
        """`x3.14.15`: those troubles one after the other, three times over; what a campaign adds where a kind struck too
        seldom, and `x3` where it never struck alone. `xx3` and so on if that was not enough."""
        if isinstance(number, str):
            names = [self.troubles[int(one)] for one in number.lstrip("x").split(".")]
            alone = names[0] if len({*names}) == 1 else ""
            return Plan(self.seed, number, [(name,) for name in names * ALONE_EPISODES], alone=alone)
        if number < len(self.troubles):
            return self._alone(number, self.troubles[number])
        if number < self.least_runs:
            return self._switched(number, self.values[number - len(self.troubles)])
        return self._mixed(number)

    def _alone(self, number: int, name: str) -> Plan:
        return Plan(self.seed, number, [(name,)] * (1 if name in self.once else ALONE_EPISODES), alone=name)

    def _switched(self, number: int, switch: Switch) -> Plan:
        system, name, value = switch
        chosen = {system: {name: value}}
        return Plan(
            self.seed, number, [()] * ALONE_EPISODES, chosen.get("salesforce", {}), chosen.get("hubspot", {}),
            alone=name_of(switch),
        )  # fmt: skip

    def _mixed(self, number: int) -> Plan:
        """The next cards of a deck that holds every trouble once, and a value for every switch."""
        rng = Random(f"chaos plan:{self.seed}:{number}")
        first = (number - self.least_runs) * MIXED_EPISODES
        names = [self._card(first + step) for step in range(MIXED_EPISODES)]
        episodes = [(name,) if rng.random() < 0.7 else (name, rng.choice(names)) for name in names]
        chosen = {
            system: {name: rng.choice(values) for name, values in known.items()}
            for system, known in self.switches.items()
        }
        return Plan(
            self.seed,
            number,
            [tuple(dict.fromkeys(e)) for e in episodes],
            chosen.get("salesforce", {}),
            chosen.get("hubspot", {}),
        )

    def _card(self, place: int) -> str:
        deck = [name for name in self.troubles if name not in self.once]
        Random(f"chaos deck:{self.seed}:{place // len(deck)}").shuffle(deck)
        return deck[place % len(deck)]


def name_of(switch: Switch) -> str:
    system, name, value = switch
    return f"{system} {name}={value}"
