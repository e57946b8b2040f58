"""Marks of texts that several handoffs may share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "shared_text",
        sa.Column("handoff_id", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("handoff_id", "item"),
    )
    op.create_index("ix_shared_text_mark", "shared_text", ["mark"], unique=False)
