"""A stricter definition under which fewer passes qualify and more of them convert; and that few passes prove nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.simulator.world import World
from sync.cli.whatif import SMALLEST
from tests.acceptance.harness import cycle, opened, running_trial
from tests.acceptance.process import Answer, baton
from tests.depth import share


def compare(folder: Path, *more: str) -> Answer:
    """The shipped example of a stricter definition, held against the one in force."""
    found = baton(folder, "definition", "what-if", str(folder / "stricter.yaml"), *more)
    assert found.code == 0, found.err
    return found


def same_as_planted(told: dict[str, Any], planted: dict[str, Any]) -> None:
    """Every count of one side is the one that the generator knows."""
    for name in ("passes", "qualified", "not_qualified", "undetermined", "complete"):
        assert told[name] == planted[name], name
    for group in ("all", "of_qualified"):
        known = planted[group if group != "all" else "of_all"]
        assert told[group]["opportunity"]["hits"] == known["opportunity"]
        assert told[group]["accepted"]["hits"] == known["accepted"]
        assert told[group]["won"]["hits"] == known["won"]


@pytest.mark.slow
def test_fewer_passes_qualify_and_more_of_them_become_opportunities(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=1, handoffs=share(1400, 1000)) as trial:
        trial.write_config("observe")
        with opened(trial, "observe") as app:
            cycle(app)
        planted = trial.world.truth()["outcomes"]
        told, shown = compare(tmp_path, "--json").json(), compare(tmp_path).out
    present, other = told["present"], told["other"]
    assert present["passes"] == other["passes"] >= share(550, 390)
    same_as_planted(present, planted["standard"])
    same_as_planted(other, planted["stricter"])

    assert other["qualified"] < present["qualified"]
    before, after = present["of_qualified"]["opportunity"], other["of_qualified"]["opportunity"]
    assert before["high"] < after["low"], "the intervals overlap"
    assert told["differs"] is True
    for rate in (before, after):
        assert f"{rate['hits']}/{rate['n']}" in shown
        assert f"{rate['low']:.0%}" in shown and f"{rate['high']:.0%}" in shown


def test_of_a_few_passes_it_says_that_they_are_too_few(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=1, handoffs=15) as trial:
        trial.write_config("observe")
        with opened(trial, "observe") as app:
            cycle(app)
        told, shown = compare(tmp_path, "--json").json(), compare(tmp_path).out
    assert told["differs"] is None
    assert min(told["kept"]["opportunity"]["n"], told["dropped"]["opportunity"]["n"]) < SMALLEST
    assert "言えません" in shown and str(SMALLEST) in shown


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_was_handed_over_decides_and_chance_beside_it(seed: int) -> None:
    """In the generated company itself: the better the content, the more opportunities; and some surprises both ways."""
    world = World(seed, 900)
    decided = [
        one["outcome"] for one in world.truth()["handoffs"] if one["outcome"] and one["outcome"]["merit"] is not None
    ]
    good = [one["opportunity"] for one in decided if one["merit"] >= 0.5]
    poor = [one["opportunity"] for one in decided if one["merit"] < 0.25]
    assert min(len(good), len(poor)) > 40
    assert sum(good) / len(good) > 0.55 > 0.25 > sum(poor) / len(poor)
    assert sum(poor) > 0 and sum(good) < len(good)
    expected = sum(one["merit"] for one in decided)
    assert abs(sum(one["opportunity"] for one in decided) - expected) < 3 * len(decided) ** 0.5 / 2
