"""Whatever is agreed anew covers what it was agreed for and nothing else, at every cycle; and people who work
elsewhere are measured by their own hours."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.changes import COMPANIES, Changing, run_changes, run_skewed
from tests.depth import share


def small(folder: Path, name: str, days: int) -> Changing:
    campaign = run_changes(folder, 6, COMPANIES[name], lives=3, handoffs=share(40, 20), length=timedelta(days=days))
    assert campaign.wrong == []
    return campaign


@pytest.mark.slow
def test_a_changed_clock_counts_from_its_day_on_and_moves_nothing_that_began_before(tmp_path: Path) -> None:
    campaign = small(tmp_path, "clocks", 12)
    assert campaign.seen["changed by the edit"] == 0
    assert campaign.seen["breached"] >= 10


@pytest.mark.slow
def test_a_closure_told_of_afterwards_corrects_what_was_said_and_accuses_nobody_of_long_ago(tmp_path: Path) -> None:
    campaign = small(tmp_path, "closure", 9)
    assert campaign.seen["changed by the edit"] >= 10
    assert campaign.seen["breached"] >= 10


@pytest.mark.slow
def test_colleagues_overseas_are_held_to_their_own_hours_whatever_the_season_does_to_clocks(tmp_path: Path) -> None:
    campaign = small(tmp_path, "overseas", 6)
    assert campaign.seen["breached"] >= 10


@pytest.mark.slow
def test_a_portal_minutes_ahead_of_the_org_makes_nobody_late_who_called(tmp_path: Path) -> None:
    campaign = run_skewed(tmp_path, 6, lives=3, length=timedelta(days=6))
    assert campaign.wrong == []
    assert campaign.seen["breached"] >= 10
