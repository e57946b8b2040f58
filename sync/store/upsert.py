"""Insert or update many rows by primary key, on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(tx: Connection, into: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, all of which name the same columns (the primary key among them); present ones are replaced."""
    if rows:
        tx.execute(_statement(into, tx.dialect.name, frozenset(rows[0])), [dict(r) for r in rows])


@lru_cache(maxsize=64)
def _statement(into: Table, dialect: str, names: frozenset[str]) -> Insert:
    insert = postgresql.insert(into) if dialect == "postgresql" else sqlite.insert(into)
    keys = list(into.primary_key.columns)
    changed = {c.name: insert.excluded[c.name] for c in into.columns if c.key in names and c not in set(keys)}
    return (
        insert.on_conflict_do_update(index_elements=keys, set_=changed) if changed else insert.on_conflict_do_nothing()
    )
