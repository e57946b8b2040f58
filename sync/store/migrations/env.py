"""Alembic's entry: always runs inside the transaction that opened the store."""

from __future__ import annotations

from alembic import context

from sync.store.tables import Schema

context.configure(connection=context.config.attributes["connection"], target_metadata=Schema.metadata)
context.run_migrations()
