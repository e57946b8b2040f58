"""A store of the first schema, with handoffs in it, opened by this code: nothing is lost, and everything works."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from sync.core.model.handoff import Memory, Waiver
from sync.core.model.records import RecordRef
from sync.store import Store, handoffs, open_store, waivers
from sync.store.tables import Schema

MIGRATIONS = Path(handoffs.__file__).parent / "migrations"
AT = datetime(2026, 10, 6, 3, tzinfo=UTC)
MEMORY = (
    '{"breached_at":{"is_first_contact":"2026-10-06T09:15:00+00:00"},"confirm_failed":false,'
    '"confirmed_at":"2026-10-06T09:15:00+00:00","first_judged_at":"2026-10-05T01:00:00+00:00",'
    '"frozen_at":"2026-10-06T09:00:00+00:00","missing_at_pass":["pain"]}'
)
"""As the first version wrote it."""


@pytest.fixture
def old_store(store_url: str) -> Iterator[str]:
    """One judged handoff and one that nobody judged yet, under the first schema."""
    driver = store_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(driver)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "0001")
        for number, memory in ((1, MEMORY), (2, "{}")):
            tx.execute(
                text(
                    "insert into handoff (id, anchor, cycle, open, ambiguous, reason, running, memory) "
                    "values (:id, :anchor, 1, :yes, :no, '', :no, :memory)"
                ),
                {"id": f"h{number}", "anchor": f"salesforce:Lead:{number}", "yes": True, "no": False, "memory": memory},
            )
        tx.execute(text("update counter set value = 7"))
    engine.dispose()
    yield store_url


@pytest.fixture
def upgraded(old_store: str) -> Iterator[Store]:
    store = open_store(old_store)
    yield store
    store.close()


def test_it_has_the_tables_that_the_code_uses(upgraded: Store) -> None:
    with upgraded.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx, opts={"compare_type": True}), Schema.metadata) == []


def test_what_was_remembered_is_remembered(upgraded: Store) -> None:
    with upgraded.read() as tx:
        found = handoffs.load(tx, ["h1", "h2"])
    memory = found["h1"].memory
    assert (memory.missing_at_pass, memory.frozen_at) == (("pain",), datetime(2026, 10, 6, 9, tzinfo=UTC))
    assert memory.breached_at == {"is_first_contact": datetime(2026, 10, 6, 9, 15, tzinfo=UTC)}
    assert (memory.rounds, memory.frozen_definition) == ((), None)
    assert found["h2"].memory == Memory()


def test_what_is_new_can_be_kept(upgraded: Store) -> None:
    given = Waiver(("pain",), ("need",), "取締役会の決定", date(2026, 12, 31), "ops", AT)
    with upgraded.write() as tx:
        number = waivers.add(tx, "h1", 2, given)
        waivers.add(tx, "h2", 1, given)
    with upgraded.read() as tx:
        assert waivers.load(tx, ["h1"]) == {"h1": (given,)}
        assert [(one.id, one.anchor, one.cycle) for one in waivers.read_all(tx, ["h1"])] == [
            (number, RecordRef("salesforce", "Lead", "1"), 2)
        ]


def test_a_second_opening_upgrades_nothing(old_store: str, upgraded: Store) -> None:
    again = open_store(old_store)
    with again.read() as tx:
        assert handoffs.read_ids(tx, "", 9) == ["h1", "h2"]
        assert tx.execute(text("select value from counter where name = 'seq'")).scalar_one() == 7
    again.close()


def test_an_exception_is_withdrawn_once_and_goes_with_its_handoff(store: Store) -> None:
    given = Waiver((), ("budget",), "x", None, "ops", AT)
    with store.write() as tx:
        tx.execute(
            text(
                "insert into handoff (id, anchor, cycle, open, ambiguous, reason, running, memory) "
                "values ('h1', 'salesforce:Lead:1', 1, :yes, :no, '', :no, '{}')"
            ),
            {"yes": True, "no": False},
        )
        number = waivers.add(tx, "h1", 1, given)
        waivers.revoke(tx, [number], AT, "somebody")
        waivers.revoke(tx, [number], datetime(2030, 1, 1, tzinfo=UTC), "somebody else")
        assert waivers.load(tx, ["h1"]) == {}
        assert [(one.revoked_at, one.revoked_by) for one in waivers.read_all(tx)] == [(AT, "somebody")]
        handoffs.remove(tx, ["h1"])
        assert tx.execute(text("select count(*) from waiver")).scalar_one() == 0
