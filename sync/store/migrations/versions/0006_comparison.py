"""How far the full comparison is, what it has seen, and of which record an exception was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.types import Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "comparison",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "part"),
    )
    op.create_table("compared", sa.Column("ref", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("ref"))
    op.add_column("waiver", sa.Column("given_for", sa.Text(), nullable=True))
    op.execute(
        "UPDATE waiver SET given_for = (SELECT handoff.anchor FROM handoff WHERE handoff.id = waiver.handoff_id)"
    )
