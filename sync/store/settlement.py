"""What the judgement of a handoff leaves behind, and the handoffs whose judgement broke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from sync.core.model.fixed import fixed
from sync.core.model.handoff import Memory
from sync.store.driver import is_postgresql
from sync.store.memory import write_memory
from sync.store.tables import HandoffRow, table
from sync.store.types import to_micros, write_json

_SETTLE = (
    "UPDATE handoff SET memory = {0}, wake_at = {0}, rules_hash = {0}, status = {0}, in_scope = {0}, running = {0}, "
    "summary = {0}, failed = {0}, expired_at = NULL, dirty_seq = CASE WHEN dirty_seq = {0} THEN NULL ELSE dirty_seq END "
    "WHERE id = {0}"
)
_handoff = table(HandoffRow)


@fixed
class Settled:
    """What one judgement leaves behind."""

    id: str
    seen: int | None
    """The dirty mark that was judged; a later one stays."""
    memory: Memory
    wake_at: datetime | None
    rules_hash: str
    status: str | None
    in_scope: bool | None
    running: bool
    """A contact that came or went now would change what a published clock says."""
    summary: Mapping[str, Any] | None
    failed: str | None = None


def settle(tx: Connection, judged: Sequence[Settled]) -> None:
    """Keep what judgements left behind; a dirty mark set meanwhile stays."""
    if judged:
        mark = "%s" if is_postgresql(tx) else "?"
        tx.exec_driver_sql(_SETTLE.format(mark), [_settled_row(one) for one in judged])


def _settled_row(settled: Settled) -> tuple[Any, ...]:
    """In the order of `_SETTLE`."""
    summary, wake_at = settled.summary, settled.wake_at
    return (
        write_json(write_memory(settled.memory)),
        None if wake_at is None else to_micros(wake_at),
        settled.rules_hash,
        settled.status,
        settled.in_scope,
        settled.running,
        None if summary is None else write_json(summary),
        settled.failed,
        settled.seen,
        settled.id,
    )


def park(tx: Connection, failed: Mapping[str, str], rules_hash: str) -> None:
    """Handoffs that cannot even be loaded or kept → type and place of the error. They rest until something changes."""
    parked = update(_handoff).where(_handoff.c.id == bindparam("b_id"))
    parked = parked.values(failed=bindparam("b_failed"), rules_hash=rules_hash, dirty_seq=None, wake_at=None)
    if failed:
        tx.execute(parked, [{"b_id": i, "b_failed": where} for i, where in failed.items()])


def count_failed(tx: Connection) -> int:
    """Handoffs whose judgement broke."""
    return tx.execute(select(func.count()).select_from(_handoff).where(_handoff.c.failed.isnot(None))).scalar_one()


def read_failed(tx: Connection, limit: int) -> list[tuple[str, str, str]]:
    """(handoff, anchor, type and place) of judgements that are parked."""
    query = select(_handoff.c.id, _handoff.c.anchor, _handoff.c.failed).where(_handoff.c.failed.isnot(None))
    return [(i, a, f) for i, a, f in tx.execute(query.order_by(_handoff.c.id).limit(limit))]
