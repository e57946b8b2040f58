"""What is kept of the judgements of all handoffs, for what tells how things stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, func, select, type_coerce

from sync.core.model.flags import Status
from sync.store.agenda import rests
from sync.store.tables import HandoffRow, table

_handoff = table(HandoffRow)
_AT_ONCE = 1_000


def read_summaries(tx: Connection) -> list[Mapping[str, Any]]:
    """What is kept of the judgements of all handoffs that are in scope."""
    return list(tx.execute(select(_handoff.c.summary).where(_handoff.c.in_scope)).scalars())


def read_some(tx: Connection, after: str, limit: int) -> list[tuple[str, Mapping[str, Any]]]:
    """(handoff, what is kept of its judgement) of the next ones in order of their ids, in scope or not."""
    query = select(_handoff.c.id, _handoff.c.summary).where(_handoff.c.id > after, _handoff.c.summary.isnot(None))
    return [(handoff, summary) for handoff, summary in tx.execute(query.order_by(_handoff.c.id).limit(limit))]


def read_logged(tx: Connection, now: datetime) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(handoff, what is kept of its judgement) of those in scope that tell how well contacts are on record, and neither
    changed since nor are due; a few at a time: all of them are more than memory should hold."""
    some = type_coerce(_handoff.c.summary, Text).contains('"logged":[', autoescape=True)
    query = select(_handoff.c.id, _handoff.c.summary).where(_handoff.c.in_scope, some, rests(now))
    rows = tx.execute(query.execution_options(yield_per=_AT_ONCE))
    yield from ((handoff, summary) for handoff, summary in rows)


def read_returned(tx: Connection) -> list[Mapping[str, Any]]:
    """What is kept of the judgements of handoffs that FS returned and nobody passed again yet."""
    return list(tx.execute(select(_handoff.c.summary).where(_handoff.c.status == Status.RETURNED.value)).scalars())


def read_unmapped(tx: Connection) -> list[Sequence[str | None]]:
    """(connection, stream, field, item, value) of every choice that no option knows, per handoff in scope."""
    some = type_coerce(_handoff.c.summary, Text).contains('"unmapped":[[', autoescape=True)
    found = tx.execute(select(_handoff.c.summary).where(_handoff.c.in_scope, some)).scalars()
    return [row for summary in found for row in summary["unmapped"]]


def count_by_status(tx: Connection) -> dict[str, int]:
    """Handoffs by status; those never judged under `not_judged`."""
    rows = tx.execute(select(_handoff.c.status, func.count()).group_by(_handoff.c.status))
    return {status or "not_judged": n for status, n in rows}
