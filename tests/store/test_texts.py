"""Which handoffs hold the same texts: told of whoever becomes one of many, or is none any more, and of nobody else."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import Connection

from sync.store import Store, texts

OFTEN = 3
IDS = [f"h{number}" for number in range(20)]
ITEMS = ("pain", "purpose")


def repeated(tx: Connection) -> dict[str, frozenset[str]]:
    held = texts.read(tx, IDS, OFTEN)
    return {handoff: own.repeated for handoff, own in held.items() if own.repeated}


def count(marks: dict[str, dict[str, str]]) -> dict[str, frozenset[str]]:
    """The same by a look at all of them."""
    every = [mark for own in marks.values() for mark in own.values()]
    found = {i: frozenset(n for n, mark in own.items() if every.count(mark) >= OFTEN) for i, own in marks.items()}
    return {handoff: items for handoff, items in found.items() if items}


@pytest.mark.parametrize("seed", range(3))
def test_it_stays_what_a_look_at_all_of_them_finds(store: Store, seed: int) -> None:
    rng, kept = Random(seed), dict[str, dict[str, str]]()
    with store.write() as tx:
        for _ in range(80):
            some = rng.sample(IDS, rng.choice((1, 2, 5)))
            marks = {i: {n: f"{n} {rng.randint(0, 4)}" for n in ITEMS if rng.random() < 0.6} for i in some}
            before, held = repeated(tx), texts.read(tx, some, OFTEN)
            told = texts.save(tx, held, marks, OFTEN)
            kept |= marks
            after = repeated(tx)
            assert after == count(kept)
            moved = {i for i in IDS if before.get(i) != after.get(i)}
            assert moved <= told
            assert told - {*marks} <= moved, "nobody else is judged again"


def test_what_is_held_already_is_not_written_again(store: Store) -> None:
    with store.write() as tx:
        texts.save(tx, {}, {"h1": {"pain": "m"}}, OFTEN)
        assert texts.save(tx, texts.read(tx, ["h1"], OFTEN), {"h1": {"pain": "m"}, "h2": {}}, OFTEN) == set()
