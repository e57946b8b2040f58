"""A small fixed part of the campaign, and that it can fail. `make chaos` runs all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.campaign import make_campaign
from tests.chaos.plan import name_of
from tests.chaos.planted import BUGS

_ROOT = Path(__file__).resolve().parents[2]
SEED = 20
TROUBLES = ("killed before an answer", "two daemons", "late commits")
"""What only processes and time can show; every refusal of the two APIs has contract tests of its own."""


def chaos(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: it forks, and whoever forks should have no threads."""
    command = [sys.executable, "-m", "tests.chaos", "--processes", "1", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    return subprocess.run(command, capture_output=True, text=True, cwd=_ROOT, env=environment, check=False)


@pytest.mark.slow
def test_nothing_is_lost_or_repeated_in_a_few_companies() -> None:
    numbers = [make_campaign(SEED).troubles.index(name) for name in TROUBLES]
    done = chaos("--seed", str(SEED), "--numbers", *map(str, numbers))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert f"seed {SEED}: {len(numbers)} runs" in done.stdout
    assert " 0 repeated, 0 runs with losses" in done.stdout


@pytest.mark.slow
def test_a_planted_bug_is_found() -> None:
    name = "batch as unit of success"
    done = chaos("--plant", name, "--seed", "3")
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-1000:]
    assert f"{name}: found after" in done.stdout


def test_every_planted_bug_is_shown_by_troubles_that_exist() -> None:
    known = set(make_campaign(1).troubles)
    assert [name for bug in BUGS.values() for name in bug.shown_by if name not in known] == []
    assert len(BUGS) == 7


def test_every_kind_of_trouble_has_a_run_of_its_own_and_all_come_back_together() -> None:
    campaign = make_campaign(5)
    alone = [campaign.plan(number).alone for number in range(campaign.least_runs)]
    assert alone == [*campaign.troubles, *map(name_of, campaign.values)]
    together = [
        name
        for number in range(campaign.least_runs, campaign.least_runs + 110)
        for e in campaign.plan(number).episodes
        for name in e
    ]
    assert min(together.count(name) for name in campaign.troubles if name not in campaign.once) >= 2


def test_the_same_seed_makes_the_same_plan() -> None:
    first, again, other = (make_campaign(seed).plan(460) for seed in (5, 5, 6))
    assert first == again
    assert first != other
