"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.types import Instant, Json, RowId

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", RowId, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("outbox_id", RowId, nullable=False),
        sa.Column("run_id", RowId, nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_delivery_outbox_id", "delivery", ["outbox_id"], unique=False)
    op.create_table(
        "handoff",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("primary_ref", sa.Text(), nullable=True),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.Column("sort_at", Instant(), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("ambiguous", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("dirty_seq", RowId, nullable=True),
        sa.Column("wake_at", Instant(), nullable=True),
        sa.Column("rules_hash", sa.Text(), nullable=True),
        sa.Column("failed", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("in_scope", sa.Boolean(), nullable=True),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("memory", Json(), nullable=False),
        sa.Column("summary", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "handoff_dirty",
        "handoff",
        ["dirty_seq"],
        unique=False,
        sqlite_where=sa.text("dirty_seq IS NOT NULL"),
        postgresql_where=sa.text("dirty_seq IS NOT NULL"),
    )
    op.create_index("ix_handoff_anchor", "handoff", ["anchor"], unique=False)
    op.create_index("ix_handoff_rules_hash", "handoff", ["rules_hash"], unique=False)
    op.create_index("ix_handoff_wake_at", "handoff", ["wake_at"], unique=False)
    op.create_table(
        "handoff_member",
        sa.Column("handoff_id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("alias", sa.Boolean(), nullable=False),
        sa.Column("target", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("handoff_id", "ref"),
    )
    op.create_index("ix_handoff_member_ref", "handoff_member", ["ref"], unique=False)
    op.create_table(
        "note",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("handoff_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("run_id", RowId, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("old", Json(), nullable=False),
        sa.Column("new", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outbox_handoff_id", "outbox", ["handoff_id"], unique=False)
    op.create_index("ix_outbox_ref", "outbox", ["ref"], unique=False)
    op.create_index("outbox_state", "outbox", ["state", "connection", "settled_at"], unique=False)
    op.create_table(
        "record_key",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ref", "role", "key"),
    )
    op.create_index("record_key_key", "record_key", ["key", "role", "ref"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("counts", Json(), nullable=True),
        sa.Column("problems", Json(), nullable=True),
        sa.Column("behind", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "shown",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("handoff_id", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_index("ix_shown_handoff_id", "shown", ["handoff_id"], unique=False)
    op.create_table(
        "source_record",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("flags_hash", sa.LargeBinary(), nullable=True),
        sa.Column("modified_at", Instant(), nullable=False),
        sa.Column("flags_written_at", Instant(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("dirty_seq", RowId, nullable=True),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("flags", Json(), nullable=True),
        sa.Column("value_written", Json(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("vals", Json(), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_index(
        "source_record_dirty",
        "source_record",
        ["dirty_seq"],
        unique=False,
        sqlite_where=sa.text("dirty_seq IS NOT NULL"),
        postgresql_where=sa.text("dirty_seq IS NOT NULL"),
    )
    op.create_index("source_record_stream", "source_record", ["connection", "stream"], unique=False)
    op.create_index(
        "source_record_user",
        "source_record",
        ["kind"],
        unique=False,
        sqlite_where=sa.text("kind = 'user'"),
        postgresql_where=sa.text("kind = 'user'"),
    )
    op.create_index(
        "source_record_check",
        "source_record",
        ["ref", "content_hash", "flags_hash", "modified_at", "deleted", "flags_written_at"],
        unique=False,
    )
    op.create_table(
        "stream_state",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("cursor", Json(), nullable=True),
        sa.Column("fields_asked", Json(), nullable=True),
        sa.Column("last_success", Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("switched_off", sa.Text(), nullable=True),
        sa.Column("unreadable", Json(), nullable=True),
        sa.Column("last_sweep", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "stream"),
    )
    op.create_table(
        "tenant",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinned_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.bulk_insert(
        sa.table("counter", sa.column("name", sa.Text()), sa.column("value", RowId)), [{"name": "seq", "value": 0}]
    )
