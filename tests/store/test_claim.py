"""What is asked for in every cycle reads what it is about, not every handoff: rows are a page each, and most rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, update

from sync.store import Store, agenda, handoffs, showing
from sync.store.tables import HandoffRow, table
from tests.store.database import new_store
from tests.store.fakes import NOON
from tests.store.house import build

_handoff = table(HandoffRow)
ASKED: dict[str, Callable[[Connection], Any]] = {
    "claim": lambda tx: agenda.claim(tx, NOON, "m", 500),
    "claim up to a mark": lambda tx: agenda.claim(tx, NOON, "m", 500, 7),
    "count pending": lambda tx: agenda.count_pending(tx, NOON, "m"),
    "pending": lambda tx: list(agenda.read_pending(tx, NOON)),
    "next wake": agenda.next_wake,
    "running": lambda tx: handoffs.find_ids_with_running_clock(tx, "", 500),
    "open": lambda tx: handoffs.find_open_ids(tx, "", 500),
    "shown in scope": showing.count_in_scope,
}


@pytest.mark.parametrize("name", ASKED)
def test_nothing_that_is_asked_for_all_the_time_reads_every_handoff(tmp_path: Path, name: str) -> None:
    """On SQLite alone: PostgreSQL plans by how much there is."""
    store = new_store(tmp_path / "baton.db")
    asked: list[tuple[str, Any]] = []

    def note(_session: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", note)
    with store.read() as tx:
        ASKED[name](tx)
        steps = [
            str(row[3])
            for statement, values in asked[:]
            if statement.startswith("SELECT")
            for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert steps
    # A partial index is read from its beginning to its end: it holds nothing else.
    assert [s for s in steps if s.startswith("SCAN") and "INDEX handoff_in_scope" not in s] == []
    assert [s for s in steps if s == "USE TEMP B-TREE FOR ORDER BY"] == []


def test_changed_ones_come_first_then_the_most_overdue_then_those_of_other_rules(store: Store) -> None:
    house = build(store)
    for one in ("00Q1", "00Q2", "00Q3", "00Q4", "00Q5"):
        house.lead(one)
    house.settle()
    with store.write() as tx:
        first, second, third, fourth, fifth = handoffs.read_ids(tx, "", 9)
        tx.execute(update(_handoff).values(rules_hash="m", wake_at=None))
        for handoff, fields in {
            first: {"wake_at": NOON - timedelta(hours=1)},
            second: {"wake_at": NOON - timedelta(hours=2)},
            third: {"rules_hash": None},
            fourth: {"rules_hash": "z"},
        }.items():
            tx.execute(update(_handoff).where(_handoff.c.id == handoff).values(**fields))
        mark = agenda.mark_dirty(tx, [fifth])
        assert agenda.claim(tx, NOON, "m", 9) == [fifth, second, first]
        assert agenda.claim(tx, NOON, "m", 2) == [fifth, second]
        assert agenda.claim(tx, NOON, "m", 9, mark - 1) == [second, first]
        assert agenda.count_pending(tx, NOON, "m") == 5
        assert dict(agenda.read_pending(tx, NOON)) == {first: None, second: None, fifth: mark}
        tx.execute(update(_handoff).where(_handoff.c.id.in_([first, second])).values(wake_at=None))
        tx.execute(update(_handoff).values(dirty_seq=None))
        assert agenda.claim(tx, NOON, "m", 9) == [third, fourth]
        assert agenda.claim(tx, NOON, "z", 9) == [third, *sorted([first, second, fifth])]
        tx.execute(update(_handoff).where(_handoff.c.id == fourth).values(expired_at=NOON))
        assert agenda.claim(tx, NOON, "m", 9) == [third], "nothing is kept of it that could be judged"
        assert agenda.count_pending(tx, NOON, "m") == 1
