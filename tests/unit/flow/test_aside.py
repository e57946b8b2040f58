"""Who was put aside until contacts are counted is not judged again to be told the same; whoever changed since is."""

from __future__ import annotations

import pytest

from sync.core.model.handoff import Judgement
from sync.core.reconcile.version import judge_in_force
from sync.flow.aside import AT_MOST, Aside
from sync.flow.case import load_batch, load_directories
from sync.store import handoffs
from tests.store.house import House

NONE = frozenset[tuple[str, str]]()
STOPPED = frozenset({("is_first_contact", "IS")})


@pytest.fixture
def overdue(house: House) -> Judgement:
    """Of a Lead whose deadline is over, and whose evidence nobody has read since."""
    house.lead()
    house.run(write=False)
    house.clock.pass_(hours=24)
    with house.context.store.read() as tx:
        (case,) = load_batch(tx, handoffs.read_ids(tx, "", 9)).cases.values()
        directories = load_directories(house.context, tx)
    found = judge_in_force(case, house.context.editions, directories, house.clock.now)
    assert found.needs_confirmation
    return found


def aside(judgement: Judgement) -> Aside:
    made = Aside(counting=True)
    made.keep(7, {judgement.handoff_id: judgement}, NONE)
    return made


def test_what_it_said_counts_as_long_as_nothing_changed(overdue: Judgement) -> None:
    own, clock = overdue.handoff_id, overdue.clocks[0]
    assert clock.logged is not None
    row = (own, clock.id, clock.logged.team, clock.start, clock.logged.settled_at, clock.logged.contacted)
    assert row in aside(overdue).known({own: 7, "another": 7})[own]
    assert aside(overdue).known({own: 8}) == {}
    assert aside(overdue).known({own: None}) == {}
    assert aside(overdue).known({"another": 7}) == {}


def test_it_asks_for_its_evidence_again_where_the_same_is_enforced(overdue: Judgement) -> None:
    own = overdue.handoff_id
    assert aside(overdue).asks(own, 7, NONE)
    assert not aside(overdue).asks(own, 7, STOPPED), "maybe nobody is accused any more"
    assert not aside(overdue).asks(own, 8, NONE), "it changed"
    assert not aside(overdue).asks("another", 7, NONE)


def test_no_more_is_known_than_memory_should_hold(overdue: Judgement) -> None:
    made = Aside(counting=True)
    made.keep(7, {f"h{n}": overdue for n in range(AT_MOST + 5)}, NONE)
    assert len(made.known({f"h{n}": 7 for n in range(AT_MOST + 5)})) == AT_MOST
