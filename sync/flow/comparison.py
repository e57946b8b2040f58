"""The slow full comparison: everything that the CRMs hold against everything that is stored, a slice at a time.

Ids and stamps of every stream; what hangs on the people of open handoffs where no stamp tells of it; values that change
without a stamp. What differs is read again and goes the usual way. Where it stands is stored, so that a restart goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection as Transaction

from sync.budget import Purpose, calling_for
from sync.core.model.records import RecordRef
from sync.errors import BatonError, Shortfall, StreamUnavailable, TransientError
from sync.flow.context import Context
from sync.flow.pull import READ_BATCH, reread, switch_off
from sync.flow.report import Tally
from sync.flow.sweep import compare_links, find_stale, give_up, links_silently
from sync.ports import Connection, Part, StreamSpec, Walk
from sync.store import comparison, handoff_members, handoffs
from sync.store import streams as stream_store
from sync.store.comparison import FORMULAS, LINKS, Progress

SLICE = 20
"""Steps after which the other jobs get their turn: a page of 2,000 or 100 records, or a thousand handoffs."""
MISSING_AT_MOST = 100
MISSING_SHARE = 0.1
"""When more than max(MISSING_AT_MOST, MISSING_SHARE x records) are not found, rights were more likely taken away than
records deleted."""


HELD = "!"
"""In the place of a place: too much is missing, and a person must say that it was deleted."""


class _Budget:
    """Steps that a slice may take; None: as many as there are."""

    def __init__(self, steps: int | None) -> None:
        self.left = steps

    def spend(self) -> None:
        self.left = None if self.left is None else self.left - 1

    @property
    def is_spent(self) -> bool:
        return self.left is not None and self.left <= 0


def begin_comparison(context: Context, now: datetime, *, at_once: bool = False) -> None:
    """Mark the parts whose time has come (`at_once`: all) as under way; those under way go on where they stand."""
    with context.store.write() as tx:
        for connection in context.connections.values():
            for one in _progress(tx, connection):
                if _begins(context, one, now, at_once=at_once):
                    comparison.forget_seen(tx, connection.name, one.part)
                    comparison.save(tx, replace(one, begun_at=now, place=""))


def has_work(context: Context, now: datetime) -> bool:
    """Whether anything is under way or due; a question to the store alone."""
    with context.store.read() as tx:
        unread = stream_store.read_switched_off(tx)
        found = [one for connection in context.connections.values() for one in _progress(tx, connection)]
    wanted = [one for one in found if (one.connection, one.part) not in unread]
    return any(_goes_on(one) or _begins(context, one, now, at_once=False) for one in wanted)


def _goes_on(progress: Progress) -> bool:
    return progress.begun_at is not None and progress.place != HELD


def _progress(tx: Transaction, connection: Connection) -> list[Progress]:
    """Of every part that the connection has. What is no stream and was never compared was read along with the streams."""
    known = {one.part: one for one in comparison.read(tx, connection.name)}
    streams = [known.get(spec.name) or Progress(connection.name, spec.name) for spec in connection.streams]
    since = [one.finished_at for one in streams]
    first = None if None in since else min((at for at in since if at), default=None)
    more = [LINKS] if links_silently(connection) else []
    more += [FORMULAS] if any(spec.unstamped for spec in connection.streams) else []
    return streams + [known.get(part) or Progress(connection.name, part, finished_at=first) for part in more]


def _begins(context: Context, progress: Progress, now: datetime, *, at_once: bool) -> bool:
    since = progress.finished_at
    if progress.begun_at is not None:
        if progress.place != HELD or context.gate_approved:
            return False
        since = progress.begun_at
    interval = context.formulas if progress.part == FORMULAS else context.reconcile
    return at_once or since is None or now - since >= interval


def compare(context: Context, connection: Connection, now: datetime, steps: int | None = SLICE) -> Tally:
    """Go on with what is under way of one connection, for so many steps (None: to its end). Raises AuthError."""
    tally = Tally()
    try:
        with calling_for(Purpose.RECONCILE):
            _compare(context, connection, _Budget(steps), tally)
    except TransientError as error:  # the next slice goes on from what was kept
        tally.miss(Shortfall.UNCOMPARED, connection.name, error)
    return tally


def _compare(context: Context, connection: Connection, budget: _Budget, tally: Tally) -> None:
    with context.store.read() as tx:
        unread = {s.stream for s in stream_store.read_standings(tx, connection.name) if s.switched_off is not None}
        under_way = {one.part: one for one in comparison.read(tx, connection.name) if one.begun_at is not None}
    streams = {s.name: s for s in connection.streams if s.name in under_way and s.name not in unread}
    for name in [name for name in streams if under_way[name].place == HELD]:
        _finish(context, connection, streams.pop(name), under_way[name], tally)
    _compare_streams(context, connection, list(streams.values()), under_way, budget, tally)
    for part, step in ((LINKS, _compare_links), (FORMULAS, _read_formulas)):
        if part in under_way and not budget.is_spent:
            _walk_handoffs(context, connection, under_way[part], step, budget, tally)


# -- streams -------------------------------------------------------------------------------------------------------


def _compare_streams(
    context: Context,
    connection: Connection,
    specs: Sequence[StreamSpec],
    under_way: dict[str, Progress],
    budget: _Budget,
    tally: Tally,
) -> None:
    left = {spec.name: spec for spec in specs}
    walks = [
        Walk(spec, under_way[spec.name].place, partial(_marks, context, connection.name, spec.name)) for spec in specs
    ]
    for name, found in connection.source.inventory(walks) if walks else ():
        if isinstance(found, BatonError):
            left.pop(name)
            give_up(context, connection, name, found, tally)
            continue
        _compare_part(context, connection, left[name], found, tally)
        if found.place is None:
            _finish(context, connection, left.pop(name), under_way[name], tally)
        else:
            _save(context, replace(under_way[name], place=found.place))
        budget.spend()
        if budget.is_spent:
            return
    for name in left:  # every head reads them whole
        _save(context, _finished(under_way[name]))


def _marks(context: Context, connection: str, stream: str, size: int) -> Sequence[str]:
    with context.store.read() as tx:
        return comparison.read_marks(tx, connection, stream, size)


def _compare_part(context: Context, connection: Connection, spec: StreamSpec, part: Part, tally: Tally) -> None:
    tally.add("compared", len(part.stamps))
    stale = find_stale(context, connection.name, spec, part.stamps)
    tally.add("differing", len(stale))
    reread(context, connection, spec, stale, tally)
    with context.store.write() as tx:
        comparison.note_seen(tx, [RecordRef(connection.name, spec.name, one.record_id) for one in part.stamps])


def _finish(context: Context, connection: Connection, spec: StreamSpec, progress: Progress, tally: Tally) -> None:
    """Ask for every record that was not found, one by one in batches: only what the CRM then says is gone is gone."""
    assert progress.begun_at is not None
    with context.store.read() as tx:
        missing = comparison.count_unseen(tx, connection.name, spec.name, progress.begun_at)
        present = comparison.count_present(tx, connection.name, spec.name)
    if missing > max(MISSING_AT_MOST, MISSING_SHARE * present) and not context.gate_approved:
        _save(context, replace(progress, place=HELD))
        tally.add("missing_held", missing)
        tally.miss(Shortfall.MISSING, f"{connection.name}:{spec.name}", str(present), count=missing)
        return
    tally.add("missing", missing)
    after = ""
    while missing:
        with context.store.read() as tx:
            refs = comparison.find_unseen(tx, connection.name, spec.name, progress.begun_at, after, READ_BATCH)
        if not refs:
            break
        reread(context, connection, spec, [ref.record_id for ref in refs], tally)
        after = str(refs[-1])
    with context.store.write() as tx:
        comparison.forget_seen(tx, connection.name, spec.name)
        comparison.save(tx, _finished(progress))


# -- what hangs on handoffs ----------------------------------------------------------------------------------------

_Step = Callable[[Context, Connection, Sequence[str], Tally], None]


def _walk_handoffs(
    context: Context, connection: Connection, progress: Progress, step: _Step, budget: _Budget, tally: Tally
) -> None:
    """A step for every thousand handoffs that are open and in scope."""
    while not budget.is_spent:
        with context.store.read() as tx:
            ids = handoffs.find_open_ids(tx, progress.place, READ_BATCH)
        if not ids:
            _save(context, _finished(progress))
            return
        try:
            step(context, connection, ids, tally)
        except StreamUnavailable as error:
            switch_off(context, connection, error, tally)
            return
        progress = _save(context, replace(progress, place=ids[-1]))
        budget.spend()


def _compare_links(context: Context, connection: Connection, ids: Sequence[str], tally: Tally) -> None:
    compare_links(context, connection, ids, tally)


def _read_formulas(context: Context, connection: Connection, ids: Sequence[str], tally: Tally) -> None:
    """Read the members again that hold values which change without a stamp."""
    with context.store.read() as tx:
        members = handoff_members.read(tx, ids)
    for spec in connection.streams:
        if spec.unstamped:
            wanted = sorted(ref.record_id for ref in members if ref[:2] == (connection.name, spec.name))
            tally.add("formulas", len(wanted))
            reread(context, connection, spec, wanted, tally)


def _save(context: Context, progress: Progress) -> Progress:
    with context.store.write() as tx:
        comparison.save(tx, progress)
    return progress


def _finished(progress: Progress) -> Progress:
    return replace(progress, begun_at=None, place="", finished_at=progress.begun_at)
