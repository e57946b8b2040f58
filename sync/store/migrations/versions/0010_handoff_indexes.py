"""What is asked for in every cycle is found by an index of its own: handoffs are a page each, and most are out of scope."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.drop_index("handoff_dirty", "handoff")
    op.drop_index("ix_handoff_rules_hash", "handoff")
    _create("handoff_dirty", ["dirty_seq", "id"], "dirty_seq IS NOT NULL", "dirty_seq IS NOT NULL")
    _create("handoff_rules", ["rules_hash", "id"], "expired_at IS NULL", "expired_at IS NULL")
    _create("handoff_running", ["id"], "running = 1", "running")
    _create("handoff_in_scope", ["id"], "in_scope = 1", "in_scope")
    _create("handoff_failed", ["id"], "failed IS NOT NULL", "failed IS NOT NULL")
    op.create_index("ix_handoff_status", "handoff", ["status"])


def _create(name: str, columns: list[str], on_sqlite: str, on_postgresql: str) -> None:
    op.create_index(name, "handoff", columns, sqlite_where=sa.text(on_sqlite), postgresql_where=sa.text(on_postgresql))
