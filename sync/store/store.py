"""A store and its transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, bindparam, create_engine, event, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from sync.errors import ConfigError, Problem, TransientError
from sync.store.tables import Counter, Note, table
from sync.store.upsert import upsert

BUSY_TIMEOUT_MS = 30_000
CACHE_KIB = 6_144
"""Of each connection to SQLite; a backfill has several, and nothing went faster with sixteen megabytes."""
LOG_PAGES = 4_000
"""Of four kilobytes: so long the log of SQLite grows before it is worked into the database. A page that is written again
meanwhile is worked in once."""
BINARY = "baton_binary"
"""Option of a statement: PostgreSQL answers it in its own format, which is read in less time than text."""
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


@dataclass(frozen=True, slots=True)
class Store:
    """Where Baton keeps what it saw and decided. Thread-safe; transactions are short and never span an HTTP call."""

    engine: Engine
    url: str
    """Without password."""
    _writing: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """Writers of one process wait here rather than at the database, which lets them wait by guess."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view; nothing written in it is kept."""
        with telling(), self.engine.connect() as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction; commits at the end, rolls back on any error. On SQLite it takes the write lock at once."""
        with self._writing, telling(), self.engine.connect().execution_options(baton_write=True) as tx, tx.begin():
            yield tx

    @property
    def file(self) -> Path | None:
        """Of a SQLite database that is one."""
        name = self.engine.url.database
        return Path(name) if self.engine.dialect.name == "sqlite" and name and name != ":memory:" else None

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def telling() -> Iterator[None]:
    """What happens to the database itself, in words for the operator; the driver's would quote the statement's values."""
    try:
        yield
    except OperationalError as error:
        told = str(error.orig)
        if not isinstance(error.orig, sqlite3.Error):
            kind = type(error.orig).__name__
            raise TransientError(f"the database of the store does not answer ({kind})") from error.orig
        if "locked" in told or "busy" in told:
            raise TransientError(f"the store: {told}") from None
        hint = "look at the disk it lies on: free space, owner, and whether it may be written"
        raise ConfigError(Problem("store", f"cannot be used: {told}", hint)) from None


def connect(url: str) -> Store:
    """The store behind a SQLAlchemy URL, whatever its schema is: `open_store` is what commands use. A SQLite file that is
    not there is made. Raises ConfigError when the URL is not usable."""
    parsed = _parse(url)
    _make_private_file(parsed)
    engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
    return Store(engine, parsed.render_as_string(hide_password=True))


def compact(store: Store) -> None:
    """Write the database anew, so that nothing that was replaced stays in its pages."""
    with telling():
        if store.engine.dialect.name == "sqlite":
            session = store.engine.raw_connection()
            try:
                session.cursor().execute("VACUUM")
                session.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                session.close()
            return
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
            session.exec_driver_sql("VACUUM FULL source_record")


_counter = table(Counter)
_TAKE = (
    update(_counter)
    .where(_counter.c.name == "seq")
    .values(value=_counter.c.value + bindparam("amount"))
    .returning(_counter.c.value)
)


def next_number(tx: Connection, amount: int = 1) -> int:
    """The first of `amount` growing numbers; they order changes and name handoffs."""
    return tx.execute(_TAKE, {"amount": amount}).scalar_one() - amount + 1


def latest_number(tx: Connection) -> int:
    """Up to which numbers were given out. Whoever takes one keeps others from it until its transaction ends: all that was
    marked up to this one is there to be read."""
    return tx.execute(select(_counter.c.value).where(_counter.c.name == "seq")).scalar_one()


_NOTE = select(table(Note).c.value).where(table(Note).c.name == bindparam("name"))


def read_note(tx: Connection, name: str) -> str | None:
    return tx.execute(_NOTE, {"name": name}).scalar_one_or_none()


def write_note(tx: Connection, name: str, value: str) -> None:
    upsert(tx, table(Note), [{"name": name, "value": value}])


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() in _DRIVERS:
            return parsed.set(drivername=_DRIVERS[parsed.get_backend_name()])
    except (ArgumentError, NoSuchModuleError):
        pass
    hint = "write sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE"
    raise ConfigError(Problem("store", "is not the address of a SQLite or PostgreSQL database", hint))


def _make_private_file(url: URL) -> None:
    """Create the SQLite file so that only its owner can read it; SQLite gives its side files the same mode."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    path = Path(url.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as error:
        told = f"cannot be created or opened: {error.strerror}: {path}"
        raise ConfigError(Problem("store", told, "check the path and who may write there")) from error


def _postgresql(url: URL) -> Engine:
    from psycopg.pq import Format

    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)

    @event.listens_for(engine, "before_cursor_execute")
    def choose(_connection: Any, cursor: Any, _sql: str, _values: Any, context: Any, _many: bool) -> None:
        if BINARY in context.execution_options:
            cursor.format = Format.BINARY

    return engine


def _sqlite(url: URL) -> Engine:
    in_memory = not url.database or url.database == ":memory:"
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000}}
    engine = create_engine(
        url, hide_parameters=True, **options, **({"poolclass": StaticPool} if in_memory else {"pool_use_lifo": True})
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver must not open transactions by itself: it would take the write lock only at the first write.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "temp_store=MEMORY",
            f"cache_size=-{CACHE_KIB}",
            f"wal_autocheckpoint={LOG_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("baton_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
