"""How many cases each oracle puts to each kind of calendar."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from tests.oracle import daily, stepping
from tests.oracle.engine import Engine, make_engine
from tests.oracle.office import OFFICES

CHECKS = {"by second": stepping.check, "by day": daily.check}
ORACLES: Mapping[str, Mapping[str, int]] = {
    "by second": dict.fromkeys(OFFICES, 2000),
    "by day": dict.fromkeys(OFFICES, -(-20_000 // len(OFFICES))),
}
"""Oracle → kind of calendar → cases of a whole run."""


def run(oracle: str, name: str, seed: int, *, share: int = 1, engine: Engine | None = None) -> tuple[int, list[str]]:
    """Cases put (one in `share` of a whole run) and what the engine answered wrongly, in words."""
    office, cases = OFFICES[name], -(-ORACLES[oracle][name] // share)
    asked = engine or make_engine(office)
    return cases, list(CHECKS[oracle](office, asked, Random(f"{seed} {oracle} {name}"), cases))
