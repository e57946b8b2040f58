"""Killed before any commit, on either database, Baton starts again as if nothing had been: same flags, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from sync.core.model.records import RecordRef
from sync.store import Store, open_store
from tests.depth import share
from tests.store.database import new_store
from tests.store.fakes import Killed
from tests.store.house import COMPLETE, House, build


class Undertaker:
    """Kills at the n-th commit, before it happens."""

    def __init__(self, at: int | None) -> None:
        self.left = at
        self.commits = 0

    def __call__(self, _connection: Any) -> None:
        self.commits += 1
        if self.left is not None and self.commits == self.left:
            raise Killed


@contextmanager
def watched(store: Store, at: int | None) -> Iterator[Undertaker]:
    undertaker = Undertaker(at)
    event.listen(store.engine, "commit", undertaker)
    try:
        yield undertaker
    finally:
        event.remove(store.engine, "commit", undertaker)


def seed(house: House) -> None:
    for n in range(4):
        house.lead(f"00Q{n}")
    at = "2026-10-05T00:00:00Z"
    house.hs.put("contacts", "101", {"email": "00Q1@example.jp", "lifecyclestage": "lead"}, created_at=at)
    house.hs.put(
        "contacts", "102", {"email": "x@example.jp", "lifecyclestage": "marketingqualifiedlead"}, created_at=at
    )


def edit(house: House) -> None:
    """A day later: a lead was completed, one deleted, one converted, one called."""
    house.clock.pass_(days=1)
    house.lead("00Q0", dict(COMPLETE))
    house.sf.delete(RecordRef("salesforce", "Lead", "00Q2"))
    at = "2026-10-07T01:00:00Z"
    deal = house.sf.put("Opportunity", "0061", created_at=at, closed=False, owner="salesforce:User:FS1")
    contact = house.sf.put("Contact", "0031", {"LastName": "山田"}, created_at=at)
    house.lead("00Q3", converted=True, converted_on="2026-10-07", converted_to=[str(contact), str(deal)])
    house.sf.put(
        "Task", "00T1", type="call", direction="outbound", at=at, logged_at=at, status="done",
        owner="salesforce:User:IS1", subjects=["salesforce:Lead:00Q1"],
    )  # fmt: skip


def until_quiet(house: House) -> None:
    for _ in range(3):
        house.clock.pass_(seconds=30)
        house.run()
    assert house.run().counts["judge"] == {}


def outcome(house: House) -> tuple[dict[RecordRef, dict[str, Any]], list[tuple[RecordRef, dict[str, Any]]]]:
    flags = {ref: crm.flags(ref) for crm in (house.sf, house.hs) for ref in crm.records if crm.flags(ref)}
    return flags, sorted(house.written, key=lambda w: (w[0], sorted(w[1])))


def undisturbed(store: Store) -> tuple[Any, int]:
    house = build(store)
    with watched(store, None) as undertaker:
        seed(house)
        house.run()
        edit(house)
        house.run()
    until_quiet(house)
    return outcome(house), undertaker.commits


@pytest.fixture
def expected(tmp_path: Any) -> Iterator[tuple[Any, int]]:
    store = new_store(tmp_path / "undisturbed.db")
    yield undisturbed(store)
    store.close()


def test_a_kill_before_a_commit_loses_and_repeats_nothing(expected: tuple[Any, int], tmp_path: Any) -> None:
    """Every fifth commit (`make deep`: every second); which ones they are moves with the code."""
    wanted, commits = expected
    for place in range(1, commits + 1, share(2, 5)):
        _check(new_store(tmp_path / f"{place}.db"), place, wanted)


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_the_same_on_postgresql(postgres_url: str, expected: tuple[Any, int], share: float) -> None:
    wanted, commits = expected
    _check(open_store(postgres_url), int(commits * share), wanted)


def _check(store: Store, place: int, wanted: Any) -> None:
    house = build(store)
    seed(house)
    steps = iter((house.run, lambda: edit(house), house.run))
    with pytest.raises(Killed), watched(store, place):
        for step in steps:
            step()
    store.close()
    again = open_store(store.url)
    house.context = replace(house.context, store=again)
    house.run()
    for step in steps:
        step()
    until_quiet(house)
    again.close()
    assert outcome(house) == wanted, f"killed at commit {place}"
