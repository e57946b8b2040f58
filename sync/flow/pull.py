"""Reading: the head of streams from their cursors, records as they are now, and the evidence of an accusation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from itertools import islice

from sync.budget import Purpose, calling_for, current_purpose
from sync.core.model.records import KeyRole, Kind, RecordRef, SourceRecord
from sync.errors import AuthError, RunProblem, Shortfall, StreamUnavailable, TransientError
from sync.flow.bundle import PAGES_HELD, Bundle
from sync.flow.context import Context
from sync.flow.keep import count_saved, keep_records
from sync.flow.report import Tally
from sync.ports import Connection, Cursor, StreamSpec
from sync.store import comparison, key_index
from sync.store import streams as stream_store
from sync.store.backfills import Phase, read_backfill
from sync.store.lock import is_backfilling
from sync.store.streams import StreamStanding

READ_BATCH = 1_000
_SPARED = frozenset({Kind.HISTORY, Kind.QUALIFICATION})
"""What is judged and written without: what people have changed is seen as it is read, and leads of HubSpot are shown only."""


def pull_head(
    context: Context,
    connection: Connection,
    streams: Sequence[StreamSpec],
    now: datetime,
    enough: Callable[[], bool] | None = None,
) -> Tally:
    """Read what changed since the cursors of these streams; every page is saved together with its cursor.

    A stream that breaks makes the tally partial; the others are read to their end. `enough`: reading stops behind the
    page after which it says so (for a backfill, which takes turns; whoever does not say so leaves it what it reads). Raises
    AuthError.
    """
    tally = Tally()
    filled = find_filled(context) if enough is None else frozenset[str]()
    with context.store.read() as tx:
        standings = {s.stream: s for s in stream_store.read_standings(tx, connection.name)}
    for gone in find_gone(context, [connection.name]).values():
        _tell_behind(connection, gone.stream, gone.last_success, tally)
    streams = [s for s in streams if s.name not in standings or standings[s.name].switched_off is None]
    for name in [s.name for s in streams if f"{connection.name}:{s.name}" in filled]:
        _tell_behind(connection, name, standings[name].last_success if name in standings else None, tally)
    streams = [s for s in streams if f"{connection.name}:{s.name}" not in filled]
    if not streams:
        return tally
    cursors = {s.name: _cursor(standings.get(s.name)) for s in streams}
    _begin_sweeping(context, connection, [s.name for s in streams if not _was_swept(standings.get(s.name))], now)
    unfinished: set[str] = set()
    for purpose, some in _in_turn(streams, cursors):
        unfinished |= _read_head(context, connection, some, purpose, cursors, tally, enough)
    for name in unfinished:
        _tell_behind(connection, name, standings[name].last_success if name in standings else None, tally)
    with context.store.write() as tx:
        stream_store.record_success(tx, connection.name, sorted(cursors.keys() - unfinished), now)
    return tally


def _tell_behind(connection: Connection, stream: str, last: datetime | None, tally: Tally) -> None:
    tally.behind[f"{connection.name}:{stream}"] = last.isoformat() if last else ""


def _read_head(
    context: Context,
    connection: Connection,
    streams: Sequence[StreamSpec],
    purpose: Purpose,
    cursors: dict[str, Cursor | None],
    tally: Tally,
    enough: Callable[[], bool] | None,
) -> set[str]:
    """Read these streams on from their cursors, which move along; returns those that were not read to their end."""
    waiting, untold = {s.name for s in streams}, set[str]()
    again = partial(reread_refs, context, connection, tally=tally)
    bundle = Bundle(context, connection.name, tally, again, most=PAGES_HELD if enough is None else 1)
    try:
        with calling_for(purpose), closing(bundle):
            for page in connection.source.head(streams, cursors):
                moved = page.cursor != cursors.get(page.stream)
                if page.records or moved:
                    bundle.add(page)
                cursors[page.stream] = page.cursor
                (untold.add if page.more else untold.discard)(page.stream)
                if not page.more:
                    waiting.discard(page.stream)
                # Where the place did not move, what follows was fetched along with it.
                elif enough is not None and (moved or not page.records) and enough():
                    return untold | waiting
        return untold
    except StreamUnavailable as error:
        switch_off(context, connection, error, tally)
        # One error is told, and others may have broken as well: who was not heard to the end was not read.
        return untold | waiting | bundle.unsaved | {error.stream}
    except TransientError as error:
        waiting |= bundle.unsaved
        fail(context, connection, waiting, error, tally)
        return waiting


def find_filled(context: Context) -> frozenset[str]:
    """`connection:stream` of what a backfill is reading from the beginning at this moment."""
    with context.store.read() as tx:
        backfill = read_backfill(tx)
    reading = backfill is not None and backfill.phase is Phase.READING
    return frozenset(backfill.streams) if backfill and reading and is_backfilling(context.store) else frozenset()


def read_evidence(context: Context, subjects: Collection[RecordRef], tally: Tally, *, signs: bool = False) -> set[str]:
    """Read all activities of these people and deals as they are now; returns the connections that could not be read.

    `signs`: the people too, where some of their activities cannot be read.
    """
    failed: set[str] = set()
    for name in sorted({s.connection for s in subjects}):
        if name not in context.connections:
            failed.add(name)
            continue
        try:
            own = [s for s in subjects if s.connection == name]
            _read_evidence_of(context, context.connections[name], own, tally)
            if signs:
                told = {stream.name for stream in context.connections[name].streams if stream.signs}
                reread_refs(context, context.connections[name], [s for s in own if s.stream in told], tally)
        except (TransientError, StreamUnavailable, AuthError) as error:
            failed.add(name)
            tally.miss(Shortfall.ACTIVITIES_UNREAD, name, error)
    return failed


def reread(
    context: Context, connection: Connection, stream: StreamSpec, record_ids: Sequence[str], tally: Tally
) -> None:
    """Read these records as they are now; such a reading does not lag and is believed."""
    for start in range(0, len(record_ids), READ_BATCH):
        save(context, connection, connection.source.read(stream, record_ids[start : start + READ_BATCH]), tally)


def reread_refs(context: Context, connection: Connection, refs: Iterable[RecordRef], tally: Tally) -> None:
    """The same for records of several streams; those of a stream that is switched off stay as they are."""
    by_stream: dict[str, list[str]] = {}
    for ref in dict.fromkeys(refs):
        by_stream.setdefault(ref.stream, []).append(ref.record_id)
    for name, ids in by_stream.items():
        if (stream := context.spec(connection.name, name)) is not None:
            reread(context, connection, stream, ids, tally)


def save(context: Context, connection: Connection, found: Iterable[SourceRecord], tally: Tally) -> None:
    """Keep records of a consistent reading, a batch per transaction."""
    incoming = iter(found)
    while batch := list(islice(incoming, READ_BATCH)):
        with context.store.write() as tx:
            saved = keep_records(context, tx, batch, consistent=True)
        count_saved(tally, len(batch), saved)


def _in_turn(
    streams: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]
) -> Iterator[tuple[Purpose, Sequence[StreamSpec]]]:
    """What is read from its beginning comes behind the news, and may spend less."""
    news = [s for s in streams if cursors[s.name] is not None]
    everything = [s for s in streams if cursors[s.name] is None]
    if news:
        yield current_purpose(), news
    if everything:
        yield Purpose.RECONCILE, everything


def _cursor(standing: StreamStanding | None) -> Cursor | None:
    return standing.cursor if standing and isinstance(standing.cursor, dict) else None


def _was_swept(standing: StreamStanding | None) -> bool:
    return standing is not None and standing.last_sweep is not None


def _begin_sweeping(context: Context, connection: Connection, streams: Sequence[str], now: datetime) -> None:
    """The first sweep reaches back to when reading began: what was deleted since is in no head."""
    if streams:
        with context.store.write() as tx:
            for name in streams:
                stream_store.record_sweep(tx, connection.name, name, now)
            comparison.begin_counting(tx, connection.name, streams, now)


def _read_evidence_of(context: Context, connection: Connection, subjects: list[RecordRef], tally: Tally) -> None:
    streams = [s for s in connection.streams if s.kind is Kind.ACTIVITY]
    asked = _mapped_activities(context, connection.name)
    if not subjects or not asked:
        return
    if not streams:
        raise TransientError("none of its activities can be read")
    left_out = asked - {(connection.name, s.name) for s in streams}
    if left_out and (gone := sorted(left_out & find_gone(context, [connection.name]).keys())):
        names = ", ".join(stream for _, stream in gone)
        raise TransientError(f"{names}: not read, and whether it is there is not known")
    found = list(connection.source.activities_of(streams, subjects))
    save(context, connection, found, tally)
    names = {s.name for s in streams}
    with context.store.read() as tx:
        known = {ref for ref, _ in key_index.find(tx, subjects, (KeyRole.SUBJECT,)) if ref.stream in names}
    # What we thought hangs on them and was not found was deleted or hung elsewhere: its own reading tells.
    reread_refs(context, connection, sorted(known - {r.ref for r in found}), tally)


def _mapped_activities(context: Context, connection: str) -> set[tuple[str, str]]:
    """The streams of activities of this connection that the operator's mapping asks for."""
    return {key for key, m in context.mapping.streams.items() if m.kind is Kind.ACTIVITY and key[0] == connection}


def find_gone(context: Context, connections: Iterable[str]) -> dict[tuple[str, str], StreamStanding]:
    """Streams of these connections that went away, or never were there, without an answer that says so."""
    return {key: one for key, one in find_owed(context, connections).items() if one.gone}


def find_owed(context: Context, connections: Iterable[str]) -> dict[tuple[str, str], StreamStanding]:
    """Those, and what was read till the CRM said that it is not for us any more. One that is no longer mapped, or never
    was there, is nobody's want."""
    with context.store.read() as tx:
        standings = [s for name in connections for s in stream_store.read_standings(tx, name)]
    mapped = {key: stream.kind for key, stream in context.mapping.streams.items()}
    known = {key: s for s in standings if (key := (s.connection, s.stream)) in mapped}
    return {key: s for key, s in known.items() if is_owed(s, mapped[key])}


def is_owed(standing: StreamStanding, kind: Kind) -> bool:
    """Whether a stream of this kind that is switched off leaves something undone."""
    return standing.gone or (standing.lost and kind not in _SPARED)


def tell_gone(context: Context, told: Iterable[RunProblem]) -> Tally:
    """Every stream that is owed and that `told` does not name: told in every run until it is there or asked for no more."""
    tally, known = Tally(), {one.where for one in told if one.code is Shortfall.SWITCHED_OFF}
    for (connection, stream), standing in find_owed(context, context.connections).items():
        name = f"{connection}:{stream}"
        _tell_behind(context.connections[connection], stream, standing.last_success, tally)
        if name not in known:
            code = Shortfall.SWITCHED_OFF if standing.lost else Shortfall.UNANSWERED
            tally.miss(code, name, standing.switched_off or "")
    return tally


def switch_off(context: Context, connection: Connection, error: StreamUnavailable, tally: Tally) -> None:
    with context.store.write() as tx:
        stream_store.switch_off(tx, connection.name, error.stream, error.reason)
    tally.add("streams_switched_off")
    tally.miss(Shortfall.SWITCHED_OFF, f"{connection.name}:{error.stream}", error.reason)


def fail(
    context: Context, connection: Connection, streams: Collection[str], error: TransientError, tally: Tally
) -> None:
    with context.store.write() as tx:
        for name in sorted(streams):
            stream_store.record_failure(tx, connection.name, name, type(error).__name__)
    tally.miss(Shortfall.UNREAD, connection.name, error, names=sorted(streams))
