"""The store: SQLite or PostgreSQL through SQLAlchemy; one module per aggregate."""

from __future__ import annotations

from sync.store.opening import open_store
from sync.store.store import Store

__all__ = ["Store", "open_store"]
