"""A store of the first schema, with handoffs in it, comes to this code: nothing is lost, everything works, and it happens
only as it should: alone on the store, with a copy kept, on PostgreSQL only when somebody says so."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from sync.core.model.handoff import Memory, Waiver
from sync.core.model.records import RecordRef
from sync.errors import ConfigError
from sync.store import Store, handoffs, open_store, waivers
from sync.store.lock import hold_lock
from sync.store.opening import back_up, read_schema, upgrade
from sync.store.store import connect
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
def old_store(store_url: str) -> str:
    _fill(store_url)
    return store_url


def _fill(url: str) -> None:
    """One judged handoff and one that nobody judged yet, under the first schema."""
    driver = url.replace("postgresql://", "postgresql+psycopg://", 1)
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


@pytest.fixture
def upgraded(old_store: str) -> Iterator[Store]:
    before = connect(old_store)
    upgrade(before)
    before.close()
    store = open_store(old_store)
    yield store
    store.close()


@pytest.fixture
def old_file(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str, Path]:
    """The same on SQLite alone: its address and its file."""
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    _fill(url)
    return url, tmp_path / "baton.db"


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


# -- how it happens ------------------------------------------------------------------------------------------------


def _revision(url: str) -> str | None:
    store = connect(url)
    try:
        return read_schema(store).present
    finally:
        store.close()


def test_files_are_named_after_their_revisions_which_follow_one_another(tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    store = open_store(f"sqlite:///{tmp_path / 'baton.db'}")
    assert read_schema(store).head == script.get_current_head()
    store.close()
    for revision in script.walk_revisions():
        assert Path(revision.path).name.startswith(f"{revision.revision}_")
        assert revision.down_revision is None or int(revision.down_revision) == int(revision.revision) - 1


def test_sqlite_is_upgraded_when_it_is_opened_and_kept_as_it_was(old_file: tuple[str, Path]) -> None:
    url, file = old_file
    store = open_store(url)
    assert read_schema(store).current
    store.close()
    kept = file.with_name("baton.db.0001.backup")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert _revision(f"sqlite:///{kept}") == "0001"
    again = connect(f"sqlite:///{kept}")
    with again.read() as tx:
        assert tx.execute(text("select count(*) from handoff")).scalar_one() == 2
    again.close()
    assert not file.with_name("baton.db.0001.unfinished").exists()


def test_a_store_that_somebody_works_on_is_not_upgraded(old_file: tuple[str, Path]) -> None:
    url, file = old_file
    working = connect(url)
    with hold_lock(working), pytest.raises(ConfigError, match="in use by another Baton"):
        open_store(url)
    working.close()
    assert _revision(url) == "0001"
    assert not list(file.parent.glob("*.backup"))


def test_an_upgrade_that_breaks_leaves_everything_as_it_was(old_file: tuple[str, Path]) -> None:
    url, file = old_file
    engine = create_engine(url)
    with engine.begin() as tx:
        tx.execute(text("create table waiver (x integer)"))  # what a later revision creates
    engine.dispose()
    with pytest.raises(ConfigError, match="table waiver already exists"):
        open_store(url)
    assert _revision(url) == "0001"
    engine = create_engine(url)
    with engine.begin() as tx:
        assert tx.execute(text("select count(*) from handoff")).scalar_one() == 2
        tx.execute(text("drop table waiver"))
    engine.dispose()
    open_store(url).close()
    assert file.with_name("baton.db.0001.backup").exists(), "the copy of the first try is in nobody's way"


def test_without_room_for_the_copy_nothing_is_upgraded(old_file: tuple[str, Path]) -> None:
    url, file = old_file
    file.with_name("baton.db.0001.unfinished").mkdir()
    with pytest.raises(ConfigError, match="unfinished: cannot be written"):
        open_store(url)
    assert _revision(url) == "0001"


def test_postgresql_is_upgraded_only_when_somebody_says_so(postgres_url: str) -> None:
    _fill(postgres_url)
    with pytest.raises(ConfigError, match="baton ops db upgrade") as caught:
        open_store(postgres_url)
    assert "has schema 0001" in str(caught.value)
    assert _revision(postgres_url) == "0001"
    store = connect(postgres_url)
    done = upgrade(store)
    assert (done.before, done.backup) == ("0001", None)
    assert upgrade(store).before == done.after, "a second time does nothing"
    store.close()
    open_store(postgres_url).close()


def test_a_schema_of_a_newer_version_is_refused(store_url: str) -> None:
    open_store(store_url).close()
    store = connect(store_url)
    with store.write() as tx:
        tx.execute(text("update alembic_version set version_num = '9999'"))
    assert not read_schema(store).known
    store.close()
    with pytest.raises(ConfigError, match="9999, which this version does not know"):
        open_store(store_url)


def test_a_copy_can_be_made_while_somebody_works_and_overwrites_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    store = open_store(url)
    copy = tmp_path / "copy.db"
    with hold_lock(store), store.write() as tx:
        tx.execute(text("update counter set value = 41"))
        back_up(store, copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with pytest.raises(ConfigError, match="exists"):
        back_up(store, copy)
    store.close()
    found = open_store(f"sqlite:///{copy}")
    with found.read() as tx:
        assert tx.execute(text("select value from counter where name = 'seq'")).scalar_one() == 0, (
            "as of before the change"
        )
    found.close()


def test_a_database_of_a_server_is_copied_by_its_own_means(postgres_url: str, tmp_path: Path) -> None:
    store = open_store(postgres_url)
    with pytest.raises(ConfigError, match="pg_dump"):
        back_up(store, tmp_path / "copy.db")
    store.close()
    assert not list(tmp_path.iterdir())
