"""Who came from one source at about the same time, and where such arrivals make up a batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, and_, bindparam, func, select, update

from sync.core.model.handoff import Arrival
from sync.core.rules.batch import find_batches
from sync.core.rules.definition import BatchRule
from sync.store.driver import fetch, is_postgresql, put, run
from sync.store.tables import ArrivalRow, table
from sync.store.types import from_micros, to_micros

_arrival = table(ArrivalRow)
_SPANS_OF_JSON = (
    "(SELECT json_extract(value, '$[0]') AS source, json_extract(value, '$[1]') AS first_at, "
    "json_extract(value, '$[2]') AS last_at FROM json_each(?)) AS w"
)
_READ = "SELECT handoff_id, rule, source, at, batch_at FROM arrival WHERE handoff_id {}"
_DELETE = "DELETE FROM arrival WHERE handoff_id {}"
_IN_SPANS = (
    "SELECT a.source, a.at, a.handoff_id, a.batch_at FROM {} CROSS JOIN arrival AS a WHERE a.source = w.source "
    "AND a.rule = {} AND a.at BETWEEN w.first_at AND w.last_at"
)
_EXTENTS = (
    "SELECT a.source, a.batch_at, max(a.at) FROM {} CROSS JOIN arrival AS a WHERE a.source = w.source "
    "AND a.rule = {} AND a.batch_at = w.first_at GROUP BY a.source, a.batch_at"
)
_Arrivals = Mapping[str, Mapping[str, Arrival]]
"""By handoff and key of the rule."""


def read(tx: Connection, ids: Collection[str]) -> dict[str, dict[str, Arrival]]:
    """Of these handoffs, by key of the rule; those of which nobody looks for a batch are absent."""
    found: dict[str, dict[str, Arrival]] = {}
    for handoff, rule, source, at, batch_at in fetch(tx, _READ, ids):
        began = None if batch_at is None else from_micros(batch_at)
        found.setdefault(handoff, {})[rule] = Arrival(source, from_micros(at), began)
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
    if left := [i for i in changed if before.get(i)]:
        run(tx, _DELETE, left)
    rows = [(i, rule, one.source, to_micros(one.at), None) for i in changed for rule, one in now[i].items()]
    put(tx, "arrival", ("handoff_id", "rule", "source", "at", "batch_at"), ("handoff_id", "rule"), rows)
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
    changes: list[dict[str, Any]] = []
    for rows in _around(tx, key, rule, moved):
        batches = find_batches([from_micros(row.at) for row in rows], rule)
        changes += [
            {"b_id": row.handoff, "b_batch": batch}
            for row, batch in zip(rows, batches, strict=True)
            if row.batch != (None if batch is None else to_micros(batch))
        ]
    if changes:
        same = and_(_arrival.c.handoff_id == bindparam("b_id"), _arrival.c.rule == key)
        batch_at = bindparam("b_batch", type_=_arrival.c.batch_at.type)
        tx.execute(update(_arrival).where(same).values(batch_at=batch_at), changes)
    return {change["b_id"] for change in changes}


class _Span(NamedTuple):
    """A stretch of time, both ends included, of the arrivals from one source."""

    source: str
    first: int
    last: int


class _Row(NamedTuple):
    source: str
    at: int
    handoff: str
    batch: int | None


def _around(tx: Connection, key: str, rule: BatchRule, moved: Collection[Arrival]) -> Iterator[list[_Row]]:
    """The arrivals that must be looked at, in order of time, a stretch at a time: no batch that may change reaches beyond
    one, none is cut by one, and what lies between them is not read."""
    # An arrival decides over spans that begin up to `within` before it, and those over arrivals as long after it.
    near = 2 * (rule.within // timedelta(microseconds=1))
    spans = _unite([_Span(one.source, to_micros(one.at) - near, to_micros(one.at) + near) for one in moved])
    while True:
        # Sorted here: databases have orders of texts of their own.
        rows = sorted(_Row(*row) for row in _fetch(tx, _IN_SPANS, key, spans))
        met = {(row.source, row.batch) for row in rows if row.batch is not None}
        if not met:
            break
        batches = [_Span(source, batch, batch) for source, batch in sorted(met)]
        wider = _unite([*spans, *(_Span(*row) for row in _fetch(tx, _EXTENTS, key, batches))])
        if wider == spans:
            break
        spans = wider
    ends = iter(spans)
    end = next(ends)
    held: list[_Row] = []
    for row in rows:
        while row.source != end.source or row.at > end.last:
            end = next(ends)
            yield held
            held = []
        held.append(row)
    yield held


def _unite(spans: Iterable[_Span]) -> list[_Span]:
    """In order; those that touch one another as one."""
    united: list[_Span] = []
    for span in sorted(spans):
        before = united[-1] if united else None
        if before is not None and before.source == span.source and span.first <= before.last:
            united[-1] = before._replace(last=max(before.last, span.last))
        else:
            united.append(span)
    return united


def _fetch(tx: Connection, sql: str, rule: str, spans: Sequence[_Span]) -> list[tuple[Any, ...]]:
    """Rows of a query over these stretches, as the driver gives them."""
    if is_postgresql(tx):
        among: tuple[Any, ...] = tuple(list(column) for column in zip(*spans, strict=True))
        sql = sql.format("unnest(%s::text[], %s::bigint[], %s::bigint[]) AS w(source, first_at, last_at)", "%s")
    else:
        among = (orjson.dumps([tuple(span) for span in spans]).decode(),)
        sql = sql.format(_SPANS_OF_JSON, "?")
    return [tuple(row) for row in tx.exec_driver_sql(sql, (*among, rule))]
