"""One process per store: a lock that vanishes with the process, without a time-out to guess."""

from __future__ import annotations

import fcntl
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import text

from sync.errors import ConfigError, Problem
from sync.store.store import Store

_TRIES, _ASKED_S = 30, 0.02
"""A daemon that asks whether there is a backfill has its lock for a moment."""


@contextmanager
def hold_lock(store: Store, *, turns: bool = False) -> Iterator[None]:
    """Hold the store for this process. Raises ConfigError at once when another process has it.

    A backfill may work beside it: `turns` says that this process takes a turn for every step (`take_turn`); without it,
    it has the turn from here to the end.
    """
    with _locked(store, "lock"):
        if turns:
            yield
        else:
            with take_turn(store):
                yield


@contextmanager
def hold_backfill(store: Store) -> Iterator[None]:
    """Be the one backfill of this store. Raises ConfigError, within some tenths of a second, when there is another."""
    with ExitStack() as held:
        for more in reversed(range(_TRIES)):
            try:
                held.enter_context(_locked(store, "backfill"))
                break
            except ConfigError:
                if not more:
                    raise
                time.sleep(_ASKED_S)
        yield


@contextmanager
def take_turn(store: Store) -> Iterator[None]:
    """Wait until nobody else is in the middle of a step, and be the one who is. Not to be taken within itself."""
    with _locked(store, "turn", wait=True):
        yield


def is_backfilling(store: Store) -> bool:
    """Whether a backfill works on the store at this moment, in whatever process."""
    try:
        with _locked(store, "backfill"):
            return False
    except ConfigError:
        return True


@contextmanager
def _locked(store: Store, name: str, *, wait: bool = False) -> Iterator[None]:
    url = store.engine.url
    if url.get_backend_name() == "postgresql":
        with _advisory_lock(store, name, wait=wait):
            yield
    elif url.database and url.database != ":memory:":
        # One file under two names is one store.
        with _file_lock(Path(f"{os.path.realpath(url.database)}.{name}"), wait=wait):
            yield
    else:
        yield


@contextmanager
def _file_lock(path: Path, *, wait: bool) -> Iterator[None]:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise _taken(os.pread(handle, 20, 0).decode().strip()) from error
        os.truncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        # The file stays: removing it would let two processes lock two files of the same name.
        os.close(handle)


@contextmanager
def _advisory_lock(store: Store, name: str, *, wait: bool) -> Iterator[None]:
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        owner = "baton" if name == "lock" else f"baton-{name}"
        number = zlib.crc32(f"{owner}:{session.execute(text('select current_schema()')).scalar_one()}".encode())
        if wait:
            session.execute(text("select pg_advisory_lock(:n)"), {"n": number})
        elif not session.execute(text("select pg_try_advisory_lock(:n)"), {"n": number}).scalar_one():
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
