"""Exceptions given at the command line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.types import Instant, Json, RowId

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("handoff_id", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("items", Json(), nullable=False),
        sa.Column("criteria", Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=True),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_waiver_handoff_id", "waiver", ["handoff_id"], unique=False)
