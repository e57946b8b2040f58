"""Which of the generated companies write so little down that nobody of a team may be called late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.simulator.world import World

DAY = timedelta(days=1)
SILENT = ("unlogged", "unlogged", "unlogged", "unlogged", "passed")


def look(world: World, after: timedelta, *, whole: bool = True) -> set[tuple[str, str]]:
    now = world.start + after
    world.advance(now)
    world.thin.look(world.plots.journeys, now, world.enforce_from, whole=whole)
    return set(world.thin.stopped)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_usual_company_writes_enough_down(seed: int) -> None:
    world = World(seed, 150)
    assert [look(world, step * DAY) for step in range(0, 15, 2)] == [set()] * 8


def test_calls_by_phones_that_no_system_knows_stop_one_team_until_they_are_imported() -> None:
    world = World(6, 40, evidence=30, ways=SILENT)
    stopped = [look(world, step * DAY) for step in range(15)]
    assert stopped[0] == set()
    assert stopped[9] == {("is", "IS")}, "field sales writes its calls down"
    assert stopped[14] == set()


def test_it_is_counted_once_a_day_and_again_where_not_all_could_be_read() -> None:
    world = World(6, 40, evidence=30, ways=SILENT)
    assert look(world, 0 * DAY) == set()
    assert look(world, timedelta(hours=14)) == set()
    assert look(world, 9 * DAY, whole=False) == {("is", "IS")}
    world.plots.journeys = [one for one in world.plots.journeys if one.plot != "evidence_unlogged"]
    assert look(world, 9 * DAY + timedelta(hours=1), whole=False) == {("is", "IS")}
    assert look(world, 9 * DAY + timedelta(hours=2)) == set(), "nothing was certain"


def test_who_had_it_is_told_of_the_time_of_the_start() -> None:
    world = World(6, 40, evidence=10, ways=["passed"])
    world.advance(world.start + 14 * DAY)
    passed = next(one for one in world.plots.journeys if one.plot == "evidence_passed" and one.lead is not None)
    assert passed.lead is not None
    arrived, handed_over = passed.lead.created_at, passed.passings[0].at
    assert world.thin.team_of(passed, arrived) == "IS"
    assert world.thin.team_of(passed, handed_over) == "FS"
