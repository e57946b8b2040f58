"""`baton ops db`: told, upgraded, copied; in both languages, with exit codes."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from sync.settings import write_overrides
from sync.store import opening


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of an operator, without a store yet."""
    write_overrides(tmp_path, {"store": "sqlite:///baton.db", "language": "en"})
    return tmp_path


@pytest.fixture
def old(place: Path) -> Path:
    engine = create_engine(f"sqlite:///{place / 'baton.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path(opening.__file__).parent / "migrations"))
    with engine.begin() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "0001")
    engine.dispose()
    return place


def test_a_store_of_this_version_is_told_in_both_languages(baton, place):
    assert baton("ops", "db", "status", "--config", str(place), "--json").json["state"] == "empty"
    assert baton("status", "--config", str(place)).code == 0
    told = baton("ops", "db", "status", "--config", str(place), "--json")
    assert (told.code, told.json["state"], told.json["database"]) == (0, "current", "sqlite")
    assert told.json["schema"] == told.json["schema_of_this_version"]
    assert "as this version needs it" in baton("ops", "db", "status", "--config", str(place)).out
    write_overrides(place, {"language": "ja"})
    assert "このバージョンで使えます" in baton("ops", "db", "status", "--config", str(place)).out


def test_an_older_one_is_told_and_left_alone_until_it_is_upgraded(baton, old):
    told = baton("ops", "db", "status", "--config", str(old))
    assert told.code == 1
    assert "baton ops db upgrade" in told.out
    assert not list(old.glob("*.backup"))
    done = baton("ops", "db", "upgrade", "--config", str(old), "--json").json
    assert (done["before"], Path(done["backup"]).name) == ("0001", "baton.db.0001.backup")
    assert baton("ops", "db", "status", "--config", str(old), "--json").json["state"] == "current"
    again = baton("ops", "db", "upgrade", "--config", str(old))
    assert (again.code, again.out.startswith(f"Schema {done['after']}")) == (0, True)


def test_a_newer_one_is_refused(baton, old):
    engine = create_engine(f"sqlite:///{old / 'baton.db'}")
    with engine.begin() as tx:
        tx.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    assert baton("ops", "db", "status", "--config", str(old), "--json").json["state"] == "newer"
    for arguments in (("ops", "db", "upgrade"), ("status",)):
        told = baton(*arguments, "--config", str(old))
        assert told.code == 2
        assert "install a newer Baton" in told.err


def test_a_copy_is_for_its_owner_alone_and_can_be_worked_on(baton, place, tmp_path_factory):
    baton("status", "--config", str(place))
    copy = tmp_path_factory.mktemp("backup") / "copy.db"
    assert baton("ops", "db", "backup", str(copy), "--config", str(place)).code == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    told = baton("ops", "db", "backup", str(copy), "--config", str(place))
    assert told.code == 2
    assert "exists" in told.err
    shutil.move(copy, place / "baton.db")
    assert baton("ops", "db", "status", "--config", str(place), "--json").json["state"] == "current"
