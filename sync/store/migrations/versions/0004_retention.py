"""What is dropped when its time is over, and what was erased on request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.types import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("source_record", sa.Column("expired_at", Instant(), nullable=True))
    op.add_column("handoff", sa.Column("expired_at", Instant(), nullable=True))
    some = sa.text("expired_at IS NOT NULL")
    op.create_index("source_record_expired", "source_record", ["ref"], sqlite_where=some, postgresql_where=some)
    op.create_table(
        "tombstone",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("erased_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mark"),
    )
