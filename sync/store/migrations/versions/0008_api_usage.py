"""API calls per connection and hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.types import Instant

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "api_usage",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("hour", Instant(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "hour"),
    )
