"""How people came, and with whom: those of one upload share the start of their clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.types import Instant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "arrival",
        sa.Column("handoff_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("batch_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("handoff_id", "rule"),
    )
    op.create_index("arrival_source", "arrival", ["source", "rule", "at"])
