"""Linking asks the store in sets: how often does not depend on how much came."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from sync.flow.cycle import finish, pull_all, start
from sync.flow.link import link_dirty
from tests.store.house import House


def count_statements(house: House, leads: range) -> int:
    """Of linking so many new leads."""
    house.clock.pass_(minutes=1)
    for number in leads:
        house.lead(f"00Q{number}", {"Email": f"p{number}@example.jp"})
    cycle = start(house.context, "once")
    pull_all(cycle)
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        told.append(statement)

    engine = house.context.store.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        linked = link_dirty(cycle.context, cycle.now)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    finish(cycle)
    assert linked.counts["handoffs_new"] == len(leads)
    return len(told)


def test_linking_forty_new_handoffs_takes_as_many_statements_as_linking_two(house: House) -> None:
    house.run()  # The first colleagues mark every handoff.
    count_statements(house, range(100, 102))  # What is asked once, by whichever comes first.
    assert count_statements(house, range(120, 122)) == count_statements(house, range(140, 180))
