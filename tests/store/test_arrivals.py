"""Arrivals in the store: whatever comes, goes and moves, each stands in the batch that a look at all of them finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Connection, event

from sync.core.model.handoff import Arrival
from sync.core.rules.batch import find_batches
from sync.core.rules.definition import BatchRule
from sync.store import Store, arrivals

RULE = BatchRule(3, timedelta(hours=1))
NINE = datetime(2026, 11, 20, tzinfo=UTC)
Kept = dict[str, tuple[str, datetime]]


def arrival(source: str, minute: float) -> Arrival:
    return Arrival(source, NINE + timedelta(minutes=minute))


def put(tx: Connection, **came: Arrival | None) -> set[str]:
    """These handoffs came like that now; None: in no way that matters."""
    now = {i: {RULE.key: one} if one else {} for i, one in came.items()}
    return arrivals.save(tx, arrivals.read(tx, now), now)


def batches(tx: Connection, ids: list[str]) -> dict[str, datetime | None]:
    return {i: own[RULE.key].batch_at for i, own in arrivals.read(tx, ids).items()}


def test_who_is_judged_again(store: Store) -> None:
    with store.write() as tx:
        assert put(tx, a=arrival("展示会", 0), b=arrival("展示会", 10)) == set()
        assert put(tx, x=arrival("名刺", 10)) == set(), "another source"
        assert put(tx, c=arrival("展示会", 60)) == {"a", "b", "c"}, (
            "now they are three, the first and the last exactly an hour apart"
        )
        assert put(tx, d=arrival("展示会", 61)) == {"d"}, "of a batch that stays only who comes is told"
        assert put(tx, e=arrival("展示会", -5)) == {"a", "b", "c", "d", "e"}, "one from before moves the start of all"
        assert put(tx, d=arrival("展示会", 62)) == set(), "its own time tells nothing"
        assert put(tx, e=None) == {"a", "b", "c", "d", "e"}
        assert put(tx, c=arrival("名刺", 60)) == {"a", "b", "c", "d"}
        assert set(batches(tx, list("abcdex")).values()) == {None}


def test_who_goes_with_the_records(store: Store) -> None:
    with store.write() as tx:
        put(tx, **{name: arrival("展示会", n) for n, name in enumerate("abcd")})
        assert arrivals.leave(tx, ["d"]) == set()
        assert arrivals.leave(tx, ["c", "unknown"]) == {"a", "b"}
        assert arrivals.leave(tx, ["a", "b"]) == set()
        assert batches(tx, list("abcd")) == {}


def test_other_rules_leave_nothing_of_the_earlier_ones(store: Store) -> None:
    wider = BatchRule(2, timedelta(hours=2))
    with store.write() as tx:
        put(tx, a=arrival("展示会", 0), b=arrival("展示会", 90), c=arrival("展示会", 91), d=arrival("展示会", 92))
        before = arrivals.read(tx, "abcd")
        now = {i: {wider.key: Arrival(own[RULE.key].source, own[RULE.key].at)} for i, own in before.items()}
        assert arrivals.save(tx, before, now) == set("abcd")
        assert {key for own in arrivals.read(tx, "abcd").values() for key in own} == {wider.key}
        assert arrivals.count_together(tx, wider.key, arrivals.read(tx, "a")["a"][wider.key]) == 4
        assert arrivals.save(tx, arrivals.read(tx, "abcd"), {i: {} for i in "abcd"}) == set("abcd")


@pytest.mark.parametrize("seed", range(4))
def test_it_stays_what_a_look_at_all_of_them_finds(store: Store, seed: int) -> None:
    rng, ids, kept = Random(seed), [f"h{n}" for n in range(40)], Kept()
    with store.write() as tx:
        for _ in range(120):
            came = {
                i: arrival(rng.choice(("展示会", "名刺", "リスト")), rng.randint(0, 700))
                if rng.random() < 0.85
                else None
                for i in rng.sample(ids, rng.choice((1, 1, 2, 6)))
            }
            before = batches(tx, ids)
            told = put(tx, **came)
            kept = {i: one for i, one in kept.items() if i not in came}
            kept |= {i: (one.source, one.at) for i, one in came.items() if one}
            after = batches(tx, ids)
            assert after == find_all(kept)
            assert told == {i for i in ids if before.get(i) != after.get(i)}


def find_all(kept: Kept) -> dict[str, datetime | None]:
    found: dict[str, datetime | None] = {}
    for source in {source for source, _ in kept.values()}:
        own = sorted((at, i) for i, (its, at) in kept.items() if its == source)
        found |= dict(zip((i for _, i in own), find_batches([at for at, _ in own], RULE), strict=True))
    return found


def test_an_upload_costs_as_many_statements_as_one_row(store: Store) -> None:
    counted: list[str] = []
    with store.write() as tx:
        event.listen(tx, "before_cursor_execute", lambda *told: counted.append(told[2]))
        put(tx, a=arrival("展示会", 0))
        one = len(counted)
        counted.clear()
        put(tx, **{f"h{n}": arrival(f"展示会 {n % 7}", n % 50) for n in range(3_000)})
    assert len(counted) <= one + 6
