"""Writing what is ready, and settling every single entry by what the CRM said about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sync.core.model.flags import Flags
from sync.core.model.records import RecordRef
from sync.core.reconcile.plan import diff
from sync.errors import AuthError, StreamUnavailable, TransientError
from sync.flow.context import Context, Mode
from sync.flow.gate import hold
from sync.flow.pull import reread_refs
from sync.flow.report import Tally
from sync.flow.reveal import Revealed, reveal
from sync.flow.seal import open_sealer
from sync.ports import Connection, WriteOutcome, WriteResult
from sync.store import handoffs, outbox, records
from sync.store.outbox import Attempt, Change, Entry, State

BATCH = 2_000
BACKOFF = timedelta(seconds=30)
BACKOFF_AT_MOST = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


def recover(context: Context, now: datetime, run: int | None = None) -> Tally:
    """Read back entries whose outcome nobody knows (time-out, crash after sending): there → delivered, else ready again."""
    tally = Tally()
    for connection in context.connections.values():
        with context.store.read() as tx:
            entries = outbox.read_in_flight(tx, connection.name)
        if not entries:
            continue
        try:
            held = _seal(context, connection.sink.read_flags([e.ref for e in entries]))
            _settle_read_back(context, connection, entries, held, now, run, tally)
        except (TransientError, AuthError, StreamUnavailable) as error:
            tally.problems.append(
                f"{connection.name}: {len(entries)} writes not read back: {type(error).__name__}: {error}"
            )
    return tally


def deliver(context: Context, now: datetime, run: int | None = None) -> Tally:
    """Send ready and due entries of all connections. Committed as `sending` before anything leaves the house."""
    tally = recover(context, now, run)
    if context.mode is Mode.OBSERVE:
        return tally
    tally.join(hold(context, now))
    for connection in context.connections.values():
        try:
            while _send_batch(context, connection, now, run, tally):
                pass
        except AuthError as error:
            tally.problems.append(f"{connection.name}: {type(error).__name__}: {error}")
    return tally


def _send_batch(context: Context, connection: Connection, now: datetime, run: int | None, tally: Tally) -> bool:
    """Send one batch; False when nothing (more) should be sent now."""
    with context.store.write() as tx:
        entries = outbox.claim(tx, connection.name, now, BATCH)
    if not entries:
        return False
    claimed = len(entries)
    found = reveal(context, entries, tally)
    entries = _put_off(context, entries, found, now, run, tally)
    try:
        results = connection.sink.write(found.writes) if found.writes else []
    except (TransientError, AuthError, StreamUnavailable) as error:
        silent = [WriteResult(w.ref, WriteOutcome.UNKNOWN, type(error).__name__, str(error)) for w in found.writes]
        _settle(context, connection, entries, found.quiet(silent), now, run, tally)
        if isinstance(error, AuthError):
            raise
        return False
    _settle(context, connection, entries, found.quiet(results), now, run, tally)
    return claimed == BATCH


def _put_off(
    context: Context, entries: Sequence[Entry], found: Revealed, now: datetime, run: int | None, tally: Tally
) -> Sequence[Entry]:
    """Settle what is not sent, because its text could not be read or is another one now; returns the rest."""
    others = [e for e in entries if e.ref in found.told]
    if others:
        with context.store.write() as tx:
            attempts = [
                Attempt(e.id, now, r.outcome.value, r.code, r.message) for e in others for r in (found.told[e.ref],)
            ]
            outbox.settle(tx, [_change(e, found.told[e.ref], now) for e in others], attempts, now, run)
            handoffs.mark_dirty(tx, {e.handoff_id for e in others})
        for entry in others:
            _count(entry, found.told[entry.ref], tally)
    return [e for e in entries if e.ref not in found.told]


def _seal(context: Context, held: Mapping[RecordRef, Flags | None]) -> dict[RecordRef, Flags | None]:
    with context.store.write() as tx:
        sealer = open_sealer(context, tx)
    return {ref: flags and sealer.flags(flags) for ref, flags in held.items()}


def _settle(
    context: Context, connection: Connection, entries: Sequence[Entry], results: Sequence[WriteResult], now: datetime,
    run: int | None, tally: Tally,
) -> None:  # fmt: skip
    by_ref = {r.ref: r for r in results}
    silent = "no_answer", "the connector gave no result for this record"
    told = {e.id: by_ref.get(e.ref) or WriteResult(e.ref, WriteOutcome.UNKNOWN, *silent) for e in entries}
    written_at = _after_writing(connection, now)
    applied = {e.ref: e.new for e in entries if told[e.id].outcome is WriteOutcome.APPLIED}
    conflicts = [e for e in entries if told[e.id].outcome is WriteOutcome.CONFLICT]
    with context.store.write() as tx:
        attempts = [
            Attempt(e.id, written_at, r.outcome.value, r.code, r.message) for e in entries for r in (told[e.id],)
        ]
        outbox.settle(tx, [_change(e, told[e.id], now) for e in entries], attempts, now, run)
        records.record_written_flags(tx, applied, written_at)
        # Marked in the same transaction: a crash before the record is read again must not lose what it should carry.
        handoffs.mark_dirty(tx, {e.handoff_id for e in conflicts})
    for entry in entries:
        _count(entry, told[entry.id], tally)
    if conflicts:
        _pull_again(context, connection, conflicts, told, now, run, tally)


def _after_writing(connection: Connection, now: datetime) -> datetime:
    """No version of a written record with an older stamp can know of the write. The CRM's clock shows whole seconds."""
    return max(now, connection.source.server_time()) + _SECOND


def _change(entry: Entry, result: WriteResult, now: datetime) -> Change:
    attempts = entry.attempts + 1
    reason = f"{result.code}: {result.message}" if result.code else result.message
    match result.outcome:
        case WriteOutcome.APPLIED:
            return Change(entry.id, State.DELIVERED, attempts)
        case WriteOutcome.REJECTED:
            return Change(entry.id, State.PARKED, attempts, reason=reason)
        case WriteOutcome.CONFLICT:
            return Change(entry.id, State.SUPERSEDED, attempts, reason=reason)
        case WriteOutcome.RETRY:
            wait = min(BACKOFF * 2 ** min(entry.attempts, 10), BACKOFF_AT_MOST)
            wait = max(wait, timedelta(seconds=result.retry_after or 0))
            return Change(entry.id, State.READY, attempts, now + wait, reason)
        case WriteOutcome.UNKNOWN:
            return Change(entry.id, State.UNKNOWN, attempts, reason=reason)


_COUNTED = {
    WriteOutcome.APPLIED: "delivered",
    WriteOutcome.REJECTED: "parked",
    WriteOutcome.CONFLICT: "conflict",
    WriteOutcome.RETRY: "retry",
    WriteOutcome.UNKNOWN: "unknown",
}


def _count(entry: Entry, result: WriteResult, tally: Tally) -> None:
    tally.add(_COUNTED[result.outcome])
    if result.outcome is WriteOutcome.REJECTED:
        tally.problems.append(f"{entry.ref}: parked: {result.code}: {result.message}")
    elif result.outcome in (WriteOutcome.RETRY, WriteOutcome.UNKNOWN):
        tally.problems.append(f"{entry.ref}: {result.outcome.value}: {result.code}")


def _pull_again(
    context: Context, connection: Connection, conflicts: Sequence[Entry], told: Mapping[int, WriteResult], now: datetime,
    run: int | None, tally: Tally,
) -> None:  # fmt: skip
    """The records are not what we took them for. One that turns out unchanged would conflict for ever: it is parked."""
    refs = [e.ref for e in conflicts]
    try:
        reread_refs(context, connection, refs, tally)
    except (TransientError, AuthError, StreamUnavailable) as error:
        tally.problems.append(f"{connection.name}: {len(refs)} conflicts not re-read: {type(error).__name__}: {error}")
        return
    with context.store.write() as tx:
        moved = {d.ref for d in records.read_dirty_among(tx, refs)}
        stuck = [e for e in conflicts if e.ref not in moved]
        reasons = {e.id: f"{told[e.id].code}: {told[e.id].message}" for e in stuck}
        outbox.settle(
            tx, [Change(e.id, State.PARKED, e.attempts + 1, reason=reasons[e.id]) for e in stuck], [], now, run
        )
    tally.add("parked", len(stuck))
    tally.problems += [f"{e.ref}: parked: {reasons[e.id]}" for e in stuck]


def _settle_read_back(
    context: Context, connection: Connection, entries: Sequence[Entry], held: Mapping[RecordRef, Flags | None],
    now: datetime, run: int | None, tally: Tally,
) -> None:  # fmt: skip
    there = [e for e in entries if _is_there(e, held.get(e.ref))]
    gone = [e for e in entries if held.get(e.ref) is None]
    absent = [e for e in entries if e not in there and e not in gone]
    changes = [Change(e.id, State.DELIVERED, e.attempts) for e in there]
    changes += [Change(e.id, State.SUPERSEDED, e.attempts, reason="record is gone") for e in gone]
    changes += [Change(e.id, State.READY, e.attempts) for e in absent]
    attempts = [Attempt(e.id, now, "read_back", "there" if e in there else "absent", "") for e in entries]
    with context.store.write() as tx:
        outbox.settle(tx, changes, attempts, now, run)
        records.record_written_flags(tx, {e.ref: e.new for e in there}, _after_writing(connection, now))
        handoffs.mark_dirty(tx, {e.handoff_id for e in entries})
    tally.add("found_delivered", len(there))
    tally.add("found_absent", len(absent) + len(gone))
    reread_refs(context, connection, [e.ref for e in (*absent, *gone)], tally)


def _is_there(entry: Entry, held: Flags | None) -> bool:
    return held is not None and not diff({**held, **entry.new}, held)
