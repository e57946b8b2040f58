"""One process per store: a lock that vanishes with the process, without a time-out to guess."""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from sync.errors import ConfigError, Problem
from sync.store.store import Store


@contextmanager
def hold_lock(store: Store) -> Iterator[None]:
    """Hold the store for this process. Raises ConfigError at once when another process has it."""
    url = store.engine.url
    if url.get_backend_name() == "postgresql":
        with _advisory_lock(store):
            yield
    elif url.database and url.database != ":memory:":
        # One file under two names is one store.
        with _file_lock(Path(f"{os.path.realpath(url.database)}.lock")):
            yield
    else:
        yield


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _taken(os.pread(handle, 20, 0).decode().strip()) from error
        os.truncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        # The file stays: removing it would let two processes lock two files of the same name.
        os.close(handle)


@contextmanager
def _advisory_lock(store: Store) -> Iterator[None]:
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        number = zlib.crc32(f"baton:{session.execute(text('select current_schema()')).scalar_one()}".encode())
        if not session.execute(text("select pg_try_advisory_lock(:n)"), {"n": number}).scalar_one():
            raise _taken("")
        try:
            yield
        finally:
            session.execute(text("select pg_advisory_unlock(:n)"), {"n": number})


def _taken(process: str) -> ConfigError:
    who = f" (process {process})" if process else ""
    return ConfigError(
        Problem("store", f"is in use by another Baton{who}", "stop that one first; one process works on a store")
    )
