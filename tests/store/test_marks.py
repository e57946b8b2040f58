"""Marks are cleared by number: a change between claim and commit stays marked, on SQLite and on PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from sync.core.mapping.keys import record_keys
from sync.core.model.records import RecordRef, SourceRecord
from sync.flow.context import Context
from sync.flow.judge import judge_dirty
from sync.flow.link import link_dirty
from sync.store import Store, agenda, comparison, dirty_records, handoff_members, handoffs, intake, records
from sync.store.comparison import Progress
from tests.store.fakes import NOON
from tests.store.house import COMPLETE, House, build

LEAD = RecordRef("salesforce", "Lead", "00Q1")


class Meanwhile:
    """A store in which something happens between two transactions, as another process would do it."""

    def __init__(self, store: Store, after: int, happen: Any) -> None:
        self._store, self._left, self._happen = store, after, happen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def read(self) -> Any:
        with self._store.read() as tx:
            yield tx
        self._left -= 1
        if self._left == 0:
            self._happen()

    @contextmanager
    def write(self) -> Any:
        with self._store.write() as tx:
            yield tx


@pytest.fixture
def house(store: Store) -> House:
    house = build(store)
    house.lead(values=dict(COMPLETE))
    house.settle()
    return house


def meanwhile(house: House, after: int, happen: Any) -> None:
    house.change(store=Meanwhile(house.context.store, after, happen))


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_change_while_records_are_linked_is_linked_afterwards(house: House, after: int) -> None:
    """Whichever of its readings it follows."""
    plain = house.context.store
    person = house.hs.put("contacts", "101", {"email": "other@example.jp"}, created_at="2026-10-05T00:00:00Z")
    house.settle()
    with plain.write() as tx:
        dirty_records.mark(tx, [person])
        kept = records.load(tx, [person])[person].record

    def happen() -> None:
        """The address that joins them comes while the record is being linked as it was."""
        values = {**kept.values, "email": "00Q1@example.jp"}
        newer = replace(kept, values=values, modified_at=house.clock.now + timedelta(minutes=1))
        with plain.write() as tx:
            intake.save(tx, [newer], partial(record_keys, mapping=house.context.mapping))

    meanwhile(house, after, happen)
    link_dirty(house.context, house.clock.now)
    house.change(store=plain)
    link_dirty(house.context, house.clock.now)
    with plain.read() as tx:
        assert (
            handoff_members.find_by_members(tx, [LEAD]).keys() == handoff_members.find_by_members(tx, [person]).keys()
        )
        assert dirty_records.count(tx) == 0


@pytest.mark.parametrize(("after", "linked"), [(1, 2), (2, 1)])
def test_what_hangs_together_is_linked_at_once_as_far_as_it_was_looked_for(
    house: House, after: int, linked: int
) -> None:
    """Changed before anybody looked what hangs together it is linked with it; changed behind that, afterwards."""
    plain = house.context.store
    person = house.hs.put("contacts", "101", {"email": "00Q1@example.jp"}, created_at="2026-10-05T00:00:00Z")
    house.settle()
    with plain.write() as tx:
        dirty_records.mark(tx, [person])

    def happen() -> None:
        with plain.write() as tx:
            dirty_records.mark(tx, [LEAD])

    meanwhile(house, after, happen)
    asked = iter([False, True])
    tally = link_dirty(house.context, house.clock.now, lambda: next(asked))
    assert tally.counts["records"] == linked
    with plain.read() as tx:
        assert [one.ref for one in dirty_records.read(tx, 9)] == ([] if linked == 2 else [LEAD])


@pytest.mark.parametrize("after", [3, 4, 5, 6])
def test_a_change_while_a_handoff_is_judged_is_judged_afterwards(house: House, after: int) -> None:
    plain = house.context
    with plain.store.write() as tx:
        kept = records.load(tx, [LEAD])[LEAD].record
        agenda.mark_dirty(tx, handoff_members.find_by_members(tx, [LEAD]))

    def happen() -> None:
        """Somebody empties an item; it is saved and linked while the handoff is judged as it was."""
        newer = replace(
            kept, values={**kept.values, "Pain__c": None}, modified_at=house.clock.now + timedelta(minutes=1)
        )
        with plain.store.write() as tx:
            intake.save(tx, [newer], partial(record_keys, mapping=plain.mapping))
        link_dirty(plain, house.clock.now)

    meanwhile(house, after, happen)
    judge_dirty(house.context, house.clock.now)
    judge_dirty(plain, house.clock.now)
    with plain.store.read() as tx:
        (stored,) = handoffs.load(tx, handoff_members.find_by_members(tx, [LEAD])).values()
    if records_differ(plain, kept):
        assert stored.summary is not None and stored.summary["missing"] == ["pain"]
    assert stored.dirty_seq is None


def records_differ(context: Context, kept: SourceRecord) -> bool:
    """Whether it came to the change at all: a judgement has only so many readings."""
    with context.store.read() as tx:
        return records.load(tx, [LEAD])[LEAD].record.values != kept.values


# -- the full comparison -------------------------------------------------------------------------------------------


def _refs(tx: Connection, before: Any = None) -> list[str]:
    unseen = comparison.find_unseen(tx, "salesforce", "Lead", before or NOON.replace(year=2027), "", 100)
    return [ref.record_id for ref in unseen]


def test_what_was_not_seen_is_found_whatever_the_case_and_order_of_ids(store: Store) -> None:
    house = build(store)
    ids = ["00Qa", "00QB", "00Qb", "00QA", "9", "10", "00Q_%"]
    for one in ids:
        house.lead(one)
    house.sf.put("Contact", "0031", {"LastName": "x"})
    house.run()
    with store.write() as tx:
        comparison.note_seen(tx, [RecordRef("salesforce", "Lead", one) for one in ids[::2]])
        comparison.note_seen(tx, [RecordRef("salesforce", "Lead", one) for one in ids[:1]])
        assert sorted(_refs(tx)) == sorted(ids[1::2])
        assert _refs(tx, NOON) == [], "what changed since the comparison began is not looked for"
        assert comparison.count_unseen(tx, "salesforce", "Lead", NOON.replace(year=2027)) == 3
        assert comparison.count_present(tx, "salesforce", "Lead") == len(ids)
        marks = comparison.read_marks(tx, "salesforce", "Lead", 2)
        assert len(marks) == 3 and set(marks) <= set(ids)
        comparison.forget_seen(tx, "salesforce", "Lead")
        assert sorted(_refs(tx)) == sorted(ids)


def test_where_a_comparison_stands_comes_back_as_it_was_kept(store: Store) -> None:
    one = Progress("salesforce", "Lead", NOON, "00Q1", None)
    with store.write() as tx:
        comparison.save(tx, one)
        comparison.begin_counting(tx, "salesforce", ["Lead", "Contact"], NOON)
    with store.read() as tx:
        assert comparison.read(tx, "salesforce") == [Progress("salesforce", "Contact", None, "", NOON), one]
        assert comparison.read(tx, "hubspot") == []
