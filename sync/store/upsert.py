"""Insert or update many rows by primary key, on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Insert, Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def upsert(tx: Connection, into: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, all of which name the same columns (the primary key among them); present ones are replaced."""
    if rows:
        tx.execute(_statement(into, tx.dialect.name, frozenset(rows[0])), [dict(r) for r in rows])


def insert_into(table: Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    """The INSERT of that database. What the other one needs is not loaded: it is a twentieth of a command's start."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


@lru_cache(maxsize=64)
def _statement(into: Table, dialect: str, names: frozenset[str]) -> Insert:
    insert = insert_into(into, dialect)
    keys = list(into.primary_key.columns)
    changed = {c.name: insert.excluded[c.name] for c in into.columns if c.key in names and c not in set(keys)}
    return (
        insert.on_conflict_do_update(index_elements=keys, set_=changed) if changed else insert.on_conflict_do_nothing()
    )
