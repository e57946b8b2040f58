"""Who came from one source at about the same time, and where such arrivals make up a batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, select, update

from sync.core.model.handoff import Arrival
from sync.core.rules.batch import find_batches
from sync.core.rules.definition import BatchRule
from sync.store.tables import ArrivalRow, table
from sync.store.types import in_set

_arrival = table(ArrivalRow)
_Arrivals = Mapping[str, Mapping[str, Arrival]]
"""By handoff and key of the rule."""


def read(tx: Connection, ids: Collection[str]) -> dict[str, dict[str, Arrival]]:
    """Of these handoffs, by key of the rule; those of which nobody looks for a batch are absent."""
    found: dict[str, dict[str, Arrival]] = {}
    for row in tx.execute(select(_arrival).where(in_set(_arrival.c.handoff_id, ids))):
        found.setdefault(row.handoff_id, {})[row.rule] = Arrival(row.source, row.at, row.batch_at)
    return found


def count_together(tx: Connection, rule: str, arrival: Arrival) -> int:
    """How many came with this one."""
    c = _arrival.c
    same = and_(c.source == arrival.source, c.rule == rule, c.batch_at == arrival.batch_at)
    return tx.execute(select(func.count()).select_from(_arrival).where(same)).scalar_one()


def save(tx: Connection, before: _Arrivals, now: _Arrivals) -> set[str]:
    """Replace the arrivals of these handoffs, of which `before` was read; returns all handoffs, these and others, that
    are in another batch than before, in one for the first time or in none any more."""
    changed = {i for i, own in now.items() if not are_same(own, before.get(i, {}))}
    if not changed:
        return set()
    moved = [one for i in changed for one in (*before.get(i, {}).items(), *now[i].items())]
    tx.execute(delete(_arrival).where(in_set(_arrival.c.handoff_id, changed)))
    rows = [
        {"handoff_id": i, "rule": rule, "source": one.source, "at": one.at}
        for i in changed
        for rule, one in now[i].items()
    ]
    if rows:
        tx.execute(insert(_arrival), rows)
    others = _settle(tx, moved) - changed
    after = read(tx, changed)
    return others | {i for i in changed if _batches(before.get(i, {})) != _batches(after.get(i, {}))}


def leave(tx: Connection, ids: Collection[str]) -> set[str]:
    """Forget the arrivals of handoffs that are none any more; returns others for which that changes the batch."""
    before = read(tx, ids)
    return save(tx, before, {i: {} for i in before}) - set(ids) if before else set()


def are_same(one: Mapping[str, Arrival], other: Mapping[str, Arrival]) -> bool:
    """Whether somebody came in the same way, whatever the batch."""
    return _plain(one) == _plain(other)


def _plain(own: Mapping[str, Arrival]) -> dict[str, tuple[str, datetime]]:
    return {rule: (each.source, each.at) for rule, each in own.items()}


def _batches(own: Mapping[str, Arrival]) -> dict[str, datetime]:
    return {rule: one.batch_at for rule, one in own.items() if one.batch_at is not None}


def _settle(tx: Connection, moved: Collection[tuple[str, Arrival]]) -> set[str]:
    """Work out the batches around these arrivals, old and new ones, and keep what is different."""
    found: set[str] = set()
    for key in {key for key, _ in moved}:
        found |= _settle_rule(tx, key, [one for name, one in moved if name == key])
    return found


def _settle_rule(tx: Connection, key: str, moved: Collection[Arrival]) -> set[str]:
    rule = BatchRule.parse(key)
    c = _arrival.c
    near = and_(in_set(c.source, {one.source for one in moved}), c.rule == key)
    changes: list[dict[str, Any]] = []
    query = select(_arrival).where(near, _around(tx, near, rule.within, moved)).order_by(c.source, c.at, c.handoff_id)
    for _, some in groupby(tx.execute(query).all(), key=lambda row: row.source):
        rows = list(some)
        batches = find_batches([row.at for row in rows], rule)
        changes += [
            {"b_id": row.handoff_id, "b_batch": batch}
            for row, batch in zip(rows, batches, strict=True)
            if row.batch_at != batch
        ]
    if changes:
        same = and_(c.handoff_id == bindparam("b_id"), c.rule == key)
        tx.execute(update(_arrival).where(same).values(batch_at=bindparam("b_batch", type_=c.batch_at.type)), changes)
    return {change["b_id"] for change in changes}


def _around(
    tx: Connection, near: ColumnElement[bool], within: timedelta, moved: Collection[Arrival]
) -> ColumnElement[bool]:
    """The time that must be looked at: no batch that may change reaches beyond it, and none is cut by it."""
    c = _arrival.c
    # An arrival decides over spans that begin up to `within` before it, and those over arrivals as long after it.
    first, last = min(one.at for one in moved) - 2 * within, max(one.at for one in moved) + 2 * within
    while True:
        touched = select(func.min(c.batch_at), func.max(c.batch_at)).where(near, c.at.between(first, last))
        row = tx.execute(touched).one()
        begin, latest = row[0], row[1]
        if begin is None:
            return c.at.between(first, last)
        ends = select(func.max(c.at)).where(near, c.batch_at.between(begin, latest))
        end = tx.execute(ends).scalar_one()
        if begin >= first and end <= last:
            return c.at.between(first, last)
        first, last = min(first, begin), max(last, end)
