"""Uploads of a world: the truth and a slow reading of the raw records find the same batches, and the same deadlines."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from connectors.simulator.world import World, days
from tests.reference.judge import Reference
from tests.unit.world.org import Org
from tests.unit.world.test_world import compare

COMPANY = Path(__file__).parents[3] / "examples/saas-jp"


def test_badges_of_one_upload_are_due_together_and_too_few_cards_by_themselves() -> None:
    world, org, reference = World(3, 12, evidence=1), Org(), Reference(COMPANY)
    org.apply(world.seed_events())
    for hours in (9, 34, 60):
        now = world.start + timedelta(hours=hours)
        org.apply(world.advance(now))
        flags = compare(world, org, reference, now)
    badges = [one for one in world.plots.journeys if one.plot == "evidence_badge"]
    cards = [one for one in world.plots.journeys if one.plot == "evidence_card"]
    assert len({one.batch_at for one in badges}) == 2 and {one.batch_at for one in cards} == {None}
    assert (
        sum(days.next_closing(one.opened_at) > days.next_closing(one.batch_at) for one in badges if one.batch_at) >= 30
    )
    assert len({flags[one.targets[0]]["is_due"] for one in badges}) == 2, "one deadline of each upload"
    assert len({flags[one.targets[0]]["is_due"] for one in cards}) == 2, "those after closing are due a day later"


def test_what_goes_away_may_leave_no_batch() -> None:
    world = World(3, 12, evidence=1)
    world.advance(world.start + timedelta(hours=10))
    badges = [one for one in world.plots.journeys if one.plot == "evidence_badge" and one.exists]
    assert {one.batch_at for one in badges} == {min(one.opened_at for one in badges)}
    for one in badges[:11]:
        one.gone = True
    world.advance(world.start + timedelta(hours=10, minutes=1))
    assert {one.batch_at for one in badges} == {None}
