"""What a head cannot see: rows that came late, deletions, and records that came to hang on somebody without any stamp."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sync.budget import Purpose, calling_for
from sync.core.model.records import KeyRole, Kind, RecordRef
from sync.errors import AuthError, BatonError, Shortfall, StreamUnavailable, TransientError
from sync.flow.context import Context
from sync.flow.pull import READ_BATCH, fail, reread, switch_off
from sync.flow.report import Tally
from sync.ports import Connection, Covered, LinksSilently, Stamp, StreamSpec
from sync.store import handoff_members, handoffs, key_index, records
from sync.store import streams as stream_store

_HANGING = frozenset({Kind.ACTIVITY, Kind.QUALIFICATION})


def sweep(
    context: Context, connection: Connection, windows: Sequence[tuple[StreamSpec, datetime]], now: datetime
) -> Tally:
    """Compare ids and stamps of everything modified since then with the store; read what is unknown or newer.

    The next one reaches back to what this one could vouch for.
    """
    tally, swept = Tally(), {stream.name: stream for stream, _ in windows}
    covered: dict[str, datetime] = {}
    try:
        with calling_for(Purpose.SWEEP):
            for name, found in connection.source.sweep(windows):
                if isinstance(found, BatonError):
                    give_up(context, connection, name, found, tally)
                elif isinstance(found, Covered):
                    covered[name] = min(found.until, now)
                else:
                    tally.add("stamps", len(found))
                    stale = find_stale(context, connection.name, swept[name], found)
                    reread(context, connection, swept[name], stale, tally)
    except StreamUnavailable as error:
        switch_off(context, connection, error, tally)
    except TransientError as error:
        fail(context, connection, swept.keys() - covered.keys(), error, tally)
    with context.store.write() as tx:
        for name, until in covered.items():
            stream_store.record_sweep(tx, connection.name, name, until)
    return tally


def give_up(context: Context, connection: Connection, stream: str, error: BatonError, tally: Tally) -> None:
    """One stream of several could not be read."""
    if isinstance(error, StreamUnavailable):
        switch_off(context, connection, error, tally)
    elif isinstance(error, TransientError):
        fail(context, connection, [stream], error, tally)
    else:
        raise error


def find_stale(context: Context, connection: str, stream: StreamSpec, stamps: Sequence[Stamp]) -> list[str]:
    """Which of these records are unknown, newer there, or deleted on one side alone."""
    refs = {s.record_id: RecordRef(connection, stream.name, s.record_id) for s in stamps}
    with context.store.read() as tx:
        known = records.read_stamps(tx, refs.values())
    return [s.record_id for s in stamps if _is_stale(s, known.get(refs[s.record_id]))]


def _is_stale(stamp: Stamp, known: tuple[datetime, bool] | None) -> bool:
    if known is None:
        return not stamp.deleted
    modified_at, deleted = known
    return stamp.deleted != deleted or stamp.modified_at > modified_at


def sweep_links(context: Context, now: datetime) -> Tally:
    """Look again at what hangs on the people of handoffs whose clock is running, where no stamp would tell of it."""
    tally, after = Tally(), ""
    while True:
        with context.store.read() as tx:
            ids = handoffs.find_ids_with_running_clock(tx, after, READ_BATCH)
        if not ids:
            return tally
        after = ids[-1]
        for connection in context.connections.values():
            try:
                compare_links(context, connection, ids, tally)
            except (TransientError, StreamUnavailable, AuthError) as error:
                tally.miss(Shortfall.LINKS_UNREAD, connection.name, error)


def links_silently(connection: Connection) -> bool:
    return isinstance(connection.source, LinksSilently)


def compare_links(context: Context, connection: Connection, ids: Sequence[str], tally: Tally) -> None:
    """Read again what hangs on the members of these handoffs in the CRM or in the store, and not in both."""
    source = connection.source
    specs = [spec for spec in connection.streams if spec.kind in _HANGING]
    if not isinstance(source, LinksSilently) or not specs:
        return
    with context.store.read() as tx:
        subjects = sorted(ref for ref in handoff_members.read(tx, ids) if ref.connection == connection.name)
        held = key_index.find(tx, subjects, (KeyRole.SUBJECT,))
    with calling_for(Purpose.SWEEP):
        for spec, links in source.links_of(specs, subjects):
            there = {(one, str(subject)) for subject, found in links.items() for one in found}
            here = {(ref.record_id, key) for ref, key in held if ref[:2] == (connection.name, spec.name)}
            reread(context, connection, spec, sorted({one for one, _ in there ^ here}), tally)
