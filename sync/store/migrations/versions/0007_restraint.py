"""What keeps Baton from writing: fields that nobody can write, fields that somebody else rewrites, records of a run that
was undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.types import Instant, RowId

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "restraint",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("flag", sa.Text(), nullable=False),
        sa.Column("option", sa.Text(), nullable=False),
        sa.Column("run_id", RowId, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "connection", "stream", "ref", "flag", "option", "run_id"),
    )
    op.create_index("restraint_ref", "restraint", ["ref"])
