"""The store: SQLite or PostgreSQL through SQLAlchemy; one module per aggregate."""

from __future__ import annotations

from sync.store.store import Store, open_store

__all__ = ["Store", "open_store"]
