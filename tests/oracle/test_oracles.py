"""Working time against two oracles that share no code with it; `make oracle` asks fifty times as much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from random import SystemRandom
from typing import Any

import pytest

from tests.oracle.campaign import ORACLES, run
from tests.oracle.engine import Engine, make_engine
from tests.oracle.office import OFFICES

SEED = SystemRandom().randint(1, 999_999)
SHARE, CAUGHT = 50, 20
"""One case in so many of a whole run; more to see a mistake found."""
ALL = [(oracle, name) for oracle, names in ORACLES.items() for name in names]
SECOND = timedelta(seconds=1)


def test_the_numbers_of_cases_are_those_promised() -> None:
    assert all(cases >= 2000 for cases in ORACLES["by second"].values())
    assert sum(ORACLES["by day"].values()) >= 20_000


@pytest.mark.parametrize(("oracle", "name"), ALL)
def test_the_engine_says_what_the_oracle_says(oracle: str, name: str) -> None:
    print(f"seed {SEED}: .venv/bin/python -m tests.oracle --seed {SEED}")
    cases, wrong = run(oracle, name, SEED, share=SHARE)
    assert not wrong, f"seed {SEED}, {len(wrong)} of {cases} cases: {wrong[:5]}"


def closing_belongs_to_the_day(right: Engine) -> dict[str, Any]:
    """A closing counted as open: the off-by-one that bisections invite."""
    return {"is_open": lambda at: right.is_open(at) or right.is_open(at - SECOND)}


def one_second_more(right: Engine) -> dict[str, Any]:
    def working_seconds(start: datetime, end: datetime) -> int:
        return right.working_seconds(start, end) + (right.is_open(end) and not right.is_open(end - SECOND))

    return {"working_seconds": working_seconds}


def due_at_the_next_opening(right: Engine) -> dict[str, Any]:
    """A deadline that falls on a closing pushed to the next opening."""

    def due_in(start: datetime, seconds: int) -> datetime:
        return right.next_opening(right.due_in(start, seconds))

    return {"due_in": due_in}


def cutoff_too_early(right: Engine) -> dict[str, Any]:
    def due(start: datetime, target: str, cutoff: time | None) -> datetime | None:
        return right.due(start, target, cutoff and time(max(0, cutoff.hour - 1)))

    return {"due": due}


def one_day_more(right: Engine) -> dict[str, Any]:
    return {"look_back": lambda start, target: right.look_back(start - timedelta(days=1), target)}


def no_daylight_saving(right: Engine) -> dict[str, Any]:
    """An hour of night taken for one that exists."""

    def working_seconds(start: datetime, end: datetime) -> int:
        skipped = (
            end.astimezone(OFFICES["Berlin"].zone).utcoffset() != start.astimezone(OFFICES["Berlin"].zone).utcoffset()
        )
        return right.working_seconds(start, end) + 3600 * skipped

    return {"working_seconds": working_seconds}


def nobody_is_away(right: Engine) -> dict[str, Any]:
    del right
    return {"working_seconds": make_engine(replace(OFFICES["absences"], leaves=())).working_seconds}


def one_country_one_holiday(right: Engine) -> dict[str, Any]:
    """Holidays of another place."""
    del right
    return {"due": make_engine(replace(OFFICES["Munich"], public="JP")).due}


@pytest.mark.parametrize(
    ("oracle", "name", "mistake"),
    [
        ("by second", "lunch gap", closing_belongs_to_the_day),
        ("by second", "Tokyo", one_second_more),
        ("by second", "night shift", due_at_the_next_opening),
        ("by second", "Berlin", no_daylight_saving),
        ("by day", "Tokyo", cutoff_too_early),
        ("by day", "extra working days", one_day_more),
        ("by second", "absences", nobody_is_away),
        ("by day", "absences", nobody_is_away),
        ("by day", "Munich", one_country_one_holiday),
    ],
)
def test_an_engine_that_is_wrong_is_caught(oracle: str, name: str, mistake: Callable[[Engine], dict[str, Any]]) -> None:
    right = make_engine(OFFICES[name])
    _, wrong = run(oracle, name, 1, share=CAUGHT, engine=replace(right, **mistake(right)))
    assert wrong
