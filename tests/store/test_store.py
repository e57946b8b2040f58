"""Opening a store: private, migrated, refused when it is somebody else's or from the future."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from sync.errors import ConfigError
from sync.store import Store, open_store
from sync.store.lock import hold_lock
from sync.store.store import next_number, read_note, write_note
from sync.store.tables import Schema


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(store: Store) -> None:
    with store.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx, opts={"compare_type": True}), Schema.metadata) == []


def test_opening_again_keeps_everything(store_url: str) -> None:
    first = open_store(store_url)
    with first.write() as tx:
        write_note(tx, "mode", "observe")
    first.close()
    again = open_store(store_url)
    with again.read() as tx:
        assert read_note(tx, "mode") == "observe"
    again.close()


def test_a_schema_from_the_future_is_refused(store_url: str) -> None:
    store = open_store(store_url)
    with store.write() as tx:
        tx.execute(text("update alembic_version set version_num = '9999'"))
    store.close()
    with pytest.raises(ConfigError, match="9999"):
        open_store(store_url)


@pytest.mark.parametrize("url", ["", "baton.db", "mysql://root@localhost/x", "nonsense://"])
def test_an_address_that_is_no_store_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError):
        open_store(url)


def test_a_folder_that_cannot_be_written_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError):
        open_store(f"sqlite:///{tmp_path / 'file' / 'baton.db'}")


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = open_store(f"sqlite:///{tmp_path / 'baton.db'}")
        with store.write() as tx:
            write_note(tx, "a", "b")
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}, modes


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as tx:
        write_note(tx, "a", "b")
        raise RuntimeError
    with store.read() as tx:
        assert read_note(tx, "a") is None


def test_numbers_grow_and_are_never_given_twice(store: Store) -> None:
    with store.write() as tx:
        assert next_number(tx, 3) == 1
    with store.write() as tx:
        assert next_number(tx) == 4


def test_a_second_holder_is_refused_and_the_lock_goes_with_the_first(store: Store, store_url: str) -> None:
    other = open_store(store_url)
    with hold_lock(store), pytest.raises(ConfigError, match="in use by another Baton"), hold_lock(other):
        pass
    with hold_lock(other):
        pass
    other.close()


def test_one_file_under_two_names_is_one_store(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'baton.db'}")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.db").symlink_to(tmp_path / "baton.db")
    other = open_store(f"sqlite:///{tmp_path / 'other' / 'b.db'}")
    with hold_lock(store), pytest.raises(ConfigError, match="in use by another Baton"), hold_lock(other):
        pass
    store.close()
    other.close()
