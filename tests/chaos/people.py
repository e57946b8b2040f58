"""What people do between two cycles beside reacting to flags; the world keeps the truth of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from connectors.simulator.world.journey import Journey
from connectors.simulator.world.world import World

Moved = list[Journey]
"""Those at whom something was done that leaves no stamp: it is found where a clock runs, and elsewhere within the day."""
Act = Callable[[World, Random, datetime, Moved], None]


def _open(world: World, wanted: Callable[[Journey], bool]) -> list[Journey]:
    return [j for j in world.plots.journeys if j.exists and not j.out and not j.scripted and wanted(j)]


def inquire(world: World, rng: Random, now: datetime, _moved: Moved) -> None:
    """Somebody new asks for something."""
    world.plots.working(now + timedelta(minutes=1), hs=rng.random() < 0.7, sf=rng.random() < 0.7)


def enter_twice(world: World, rng: Random, now: datetime, _moved: Moved) -> None:
    """Entered twice, and merged within the hour or the day."""
    (world.plots.duplicate_lead if rng.random() < 0.5 else world.plots.duplicate_contact)(now)


def call_and_move(world: World, rng: Random, now: datetime, moved: Moved) -> None:
    """A call is logged at the wrong person, and moved to the right one: an association, which bumps nothing."""
    found = _open(world, lambda j: j.contact is not None and j.deal is None)
    if len(found) < 2:
        return
    wrong, right = rng.sample(found, 2)
    moved += [wrong, right]
    world.ledger.call(wrong, now, right.rep, via="hs")
    touch = wrong.touches.pop()
    assert wrong.contact is not None and right.contact is not None
    later = now + timedelta(minutes=rng.choice((1, 30, 300)))

    def move() -> None:
        if wrong.contact is None or right.contact is None or not (wrong.exists and right.exists):
            return
        _, obj, record_id = touch.ref.split(":")
        for op, contact in (("associate", right.contact.id), ("dissociate", wrong.contact.id)):
            more = {"object": obj, "id": record_id, "to": "contacts", "to_id": contact}
            world.ledger.add(later, {"system": "hubspot", "op": op, **more})
        wrong.touches.remove(touch)
        right.touches.append(touch)

    wrong.touches.append(touch)
    world._do(later, move)


def call(world: World, rng: Random, now: datetime, _moved: Moved) -> None:
    """A call to somebody who waits for none, and sometimes the log of it is thrown away."""
    found = _open(world, lambda j: True)
    if not found:
        return
    journey = rng.choice(found)
    world.ledger.call(journey, now, journey.rep, via=rng.choice(("sf", "hs")))
    touch = journey.touches[-1]
    if rng.random() < 0.5:
        later = now + timedelta(minutes=rng.choice((5, 60, 600)))
        world._do(later, lambda: _throw_away(world, touch.ref, later))


def _throw_away(world: World, ref: str, at: datetime) -> None:
    system, obj, record_id = ref.split(":")
    if system == "salesforce":
        world.ledger.salesforce(at, "delete", obj, record_id, {}, "revops1")
    else:
        world.ledger.hubspot(at, "archive", obj, record_id, {})
    for journey in world.plots.journeys:  # a merge may have carried it along
        journey.touches = [touch for touch in journey.touches if touch.ref != ref]


def give_back(world: World, rng: Random, now: datetime, _moved: Moved) -> None:
    """Field sales returns a pass with a reason, or takes it."""
    found = _open(world, lambda j: j.deal is not None and not j.nobody and not j.decision)
    if found:
        journey = rng.choice(found)
        answer = rng.choice((("差し戻し", "returned", "基準未達"), ("受領", "accepted", "")))
        world.ledger.decide(journey, now, journey.field_rep, *answer)


def throw_away(world: World, rng: Random, now: datetime, _moved: Moved) -> None:
    """Somebody asks, nobody touches it, and the record is deleted."""
    quiet = world.plots.quiet(now, hs=rng.random() < 0.5)
    later = now + timedelta(minutes=rng.choice((20, 90, 700)))
    world._do(later, lambda: world.plots.delete(quiet, later))


def edit(world: World, rng: Random, now: datetime, _moved: Moved) -> None:
    """A rep types something, or overwrites it with what is no answer."""
    found = _open(world, lambda j: j.lead is not None and not j.converted)
    if found:
        journey = rng.choice(found)
        assert journey.lead is not None
        item = rng.choice(("pain", "budget_status", "timing", "next_action"))
        writer = world.plots.writer
        cell = writer.placeholder(item) if journey.lead.cell(item).usable and rng.random() < 0.6 else writer.sound(item)
        world.ledger.set_values(journey.lead, now, journey.rep, {item: cell})


ACTS: tuple[Act, ...] = (inquire, enter_twice, call_and_move, call, give_back, throw_away, edit)


def act(world: World, rng: Random, now: datetime, count: int, moved: Moved) -> None:
    """So many things happen about now."""
    for number in range(count):
        rng.choice(ACTS)(world, rng, now + timedelta(seconds=number), moved)
