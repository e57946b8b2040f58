"""Opening a store: whether its schema is the one that this code knows, and how it becomes that."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from sync.errors import ConfigError, Problem
from sync.store.lock import hold_lock
from sync.store.store import Store, connect, telling

_MIGRATIONS = Path(__file__).parent / "migrations"
_CREATION = 0x6261746F6E
"""Number of the lock under which an empty database gets its tables."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Where a store stands."""

    present: str | None
    """Revision in the database; None: it is empty."""
    head: str
    """Revision that this code works with."""
    known: bool
    """This code knows the present one: it is that or an older one."""

    @property
    def current(self) -> bool:
        return self.present == self.head


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What became of a store."""

    before: str | None
    after: str
    backup: Path | None
    """How it was before, where Baton could keep that."""


def open_store(url: str) -> Store:
    """Open or create the store behind a SQLAlchemy URL (`sqlite:///…`, `postgresql+psycopg://…`).

    An empty database gets its tables. An older schema on SQLite is kept in a file beside it and upgraded, while no other
    process works on it; on PostgreSQL, where others look after backups, it is refused. Raises ConfigError when the URL is
    not usable, the schema is older on PostgreSQL or newer than this code, or a process works on what must be upgraded.
    """
    store = connect(url)
    try:
        schema = read_schema(store)
        refuse_newer(schema)
        if schema.present is None:
            _create(store)
        elif not schema.current:
            _refuse_unasked(store, schema)
            upgrade(store)
    except BaseException:
        store.close()
        raise
    return store


def refuse_newer(schema: Schema) -> None:
    """Raises ConfigError for a schema that this code does not know."""
    if not schema.known:
        told = f"has schema {schema.present}, which this version does not know"
        raise ConfigError(Problem("store", told, "install a newer Baton"))


def _refuse_unasked(store: Store, schema: Schema) -> None:
    """Whoever runs a server looks after its backups: only they know when."""
    if store.engine.dialect.name != "sqlite":
        told = f"has schema {schema.present}, and this version works with {schema.head}"
        hint = "stop the daemon, make a backup (pg_dump), then run `baton ops db upgrade`"
        raise ConfigError(Problem("store", told, hint))


def read_schema(store: Store) -> Schema:
    """Told without the library that migrates: it is large, and seldom there is anything to do."""
    known = sorted(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    with store.read() as tx:
        present = _present(tx)
    return Schema(present, known[-1], present is None or present in known)


def _present(tx: Connection) -> str | None:
    if not inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(text("select version_num from alembic_version")).scalar_one_or_none()


def upgrade(store: Store) -> Upgrade:
    """Bring the schema to the present one, alone on the store; all of it or nothing. On SQLite the file is kept first.

    Raises ConfigError when another process works on the store or there is no room for the copy.
    """
    with hold_lock(store):
        schema = read_schema(store)
        if schema.current:
            return Upgrade(schema.present, schema.head, None)
        kept = _keep(store, schema.present) if schema.present is not None else None
        with store.write() as tx:
            _migrate(tx)
        return Upgrade(schema.present, schema.head, kept)


def back_up(store: Store, target: Path) -> None:
    """A whole copy of a SQLite store as it is now, for its owner alone; others may go on working on it.

    Raises ConfigError when the file exists, cannot be written, or the store is no SQLite file.
    """
    if store.file is None:
        hint = "use what its server has for that: pg_dump --format=custom --file=FILE DATABASE"
        raise ConfigError(Problem("store", "is not a file that Baton could copy", hint))
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise ConfigError(Problem(str(target), "exists", "name a file that does not")) from None
    except OSError as error:
        raise ConfigError(Problem(str(target), f"cannot be written: {error.strerror}", "check the path")) from None
    try:
        with telling():
            session = store.engine.raw_connection()
            try:
                session.cursor().execute("VACUUM INTO ?", (str(target),))
            finally:
                session.close()
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _keep(store: Store, revision: str) -> Path | None:
    """A copy beside the file, named after its schema. One of an upgrade that failed is replaced: the store was not."""
    file = store.file
    if file is None:
        return None
    kept, fresh = (file.with_name(f"{file.name}.{revision}.{end}") for end in ("backup", "unfinished"))
    try:
        fresh.unlink(missing_ok=True)
        back_up(store, fresh)
        fresh.replace(kept)
    except OSError as error:
        raise ConfigError(
            Problem(str(error.filename), f"cannot be written: {error.strerror}", "check the path")
        ) from None
    return kept


def _create(store: Store) -> None:
    """Two processes may come to an empty database at once: the second finds the tables."""
    with store.write() as tx:
        if tx.dialect.name == "postgresql":
            tx.execute(text("select pg_advisory_xact_lock(:n)"), {"n": _CREATION})
        if _present(tx) is None:
            _migrate(tx)


def _migrate(tx: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = tx
    command.upgrade(config, "head")
