"""Where a batch ends is found by an index: there may be as many others of its source as there are handoffs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    batched = sa.text("batch_at IS NOT NULL")
    columns = ["source", "rule", "batch_at", "at"]
    op.create_index("arrival_batch", "arrival", columns, sqlite_where=batched, postgresql_where=batched)
