"""Writing what is ready, and settling every single entry by what the CRM said about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection as Transaction

from sync.core.model.flags import Flags, FlagValue
from sync.core.model.records import RecordRef
from sync.core.reconcile.plan import diff
from sync.errors import AuthError, BudgetExhausted, Shortfall, StreamUnavailable, TransientError
from sync.flow.context import Context, Mode
from sync.flow.gate import hold
from sync.flow.pull import reread_refs
from sync.flow.refusal import Told, hush
from sync.flow.report import Tally
from sync.flow.restraint import Restraints, load_restraints, tell_unwritable
from sync.flow.reveal import Revealed, reveal
from sync.flow.seal import open_sealer
from sync.ports import Connection, WriteOutcome, WriteResult
from sync.store import agenda, dirty_records, outbox, records, restraints, rewriting
from sync.store.outbox import IN_FLIGHT, Attempt, Change, ChangeKind, Entry, State
from sync.store.restraints import Restraint, RestraintKind

BATCH = 2_000
BACKOFF = timedelta(seconds=30)
BACKOFF_AT_MOST = timedelta(hours=1)
UNKNOWN_AT_ONCE, UNKNOWN_AT_MOST = 8, 20
"""Attempts without an answer after which an entry waits longer and longer, and after which it is parked."""
HEAL_EVERY, HEAL_FOR = timedelta(days=1), timedelta(days=7)
"""A refused write is tried again so often, for so long: rules change, and nobody tells us."""
_SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class _Delivery:
    """Writing to one connection in one run."""

    context: Context
    connection: Connection
    now: datetime
    run: int | None
    tally: Tally
    told: Told = field(default_factory=Told)

    def tell(self) -> None:
        self.told.tell(self.connection.name, self.tally)


def recover(context: Context, now: datetime, run: int | None = None) -> Tally:
    """Read back entries whose outcome nobody knows (time-out, crash after sending): there → delivered, else ready again."""
    tally = Tally()
    with context.store.read() as tx:
        if not outbox.has_in(tx, IN_FLIGHT):
            return tally
    for connection in context.connections.values():
        with context.store.read() as tx:
            entries = outbox.read_in_flight(tx, connection.name)
        if not entries:
            continue
        delivery = _Delivery(context, connection, now, run, tally)
        try:
            held = _seal(context, connection.sink.read_flags([e.ref for e in entries]))
            _settle_read_back(delivery, entries, held)
        except (TransientError, AuthError, StreamUnavailable) as error:
            tally.miss(Shortfall.WRITES_UNREAD, connection.name, error, count=len(entries))
        delivery.tell()
    return tally


def deliver(context: Context, now: datetime, run: int | None = None, only: ChangeKind | None = None) -> Tally:
    """Send ready and due entries of all connections. Committed as `sending` before anything leaves the house."""
    tally = recover(context, now, run)
    if context.mode is Mode.OBSERVE:
        return tally
    with context.store.read() as tx:
        if not outbox.has_in(tx, (State.READY, State.HELD)):
            return tally
    tally.join(hold(context, now))
    for connection in context.connections.values():
        delivery = _Delivery(context, connection, now, run, tally)
        try:
            while _send_batch(delivery, only):
                pass
        except AuthError as error:
            tally.miss(Shortfall.UNSENT, connection.name, error)
        delivery.tell()
    return tally


def _send_batch(delivery: _Delivery, only: ChangeKind | None) -> bool:
    """Send one batch; False when nothing (more) should be sent now."""
    context, connection = delivery.context, delivery.connection
    with context.store.write() as tx:
        claimed = outbox.claim(tx, connection.name, delivery.now, BATCH, only)
        entries = _trim(tx, claimed, load_restraints(tx, [e.ref for e in claimed]), delivery)
    if not claimed:
        return False
    found = reveal(context, entries, delivery.tally)
    entries = _put_off(delivery, entries, found)
    try:
        results = connection.sink.write(found.writes) if found.writes else []
    except BudgetExhausted as error:
        waiting = [_not_sent(w.ref, error) for w in found.writes]
        _settle(delivery, entries, waiting)
        return False
    except (TransientError, AuthError, StreamUnavailable) as error:
        silent = [WriteResult(w.ref, WriteOutcome.UNKNOWN, type(error).__name__, str(error)) for w in found.writes]
        _settle(delivery, entries, found.quiet(silent))
        if isinstance(error, AuthError):
            raise
        return False
    _settle(delivery, entries, hush(context, connection, found.quiet(results), entries, delivery.tally))
    return len(claimed) == BATCH and all(result.sent for result in results)


def _not_sent(ref: RecordRef, error: TransientError) -> WriteResult:
    code = type(error).__name__
    return WriteResult(ref, WriteOutcome.RETRY, code, str(error), error.retry_after, sent=False)


def _trim(tx: Transaction, entries: Sequence[Entry], known: Restraints, delivery: _Delivery) -> list[Entry]:
    """Without what turned out not to be writable since these entries were made."""
    bound = [e for e in entries if not e.new or known.touch(e.ref)]
    if not bound:
        return list(entries)
    left = {e.id: {n: v for n, v in e.new.items() if _may_go(e, known, n, v)} for e in bound}
    trimmed = [_cut(e, left[e.id]) for e in bound if len(left[e.id]) < len(e.new) or not e.new]
    outbox.trim(tx, [e for e in trimmed if e.new])
    empty = [
        Change(e.id, State.SUPERSEDED, e.attempts, reason="nothing of it can be written") for e in trimmed if not e.new
    ]
    outbox.settle(tx, empty, [], delivery.now, delivery.run)
    by_id = {e.id: e for e in trimmed}
    return [one for e in entries if (one := by_id.get(e.id, e)).new]


def _may_go(entry: Entry, known: Restraints, flag: str, value: FlagValue) -> bool:
    """Records that are only observed, because a run was undone, get nothing but their former values."""
    own = entry.kind is ChangeKind.UNDO or entry.ref not in known.undone
    return own and not known.bars(entry.ref, flag, value)


def _without(entry: Entry, left_out: Collection[str]) -> Entry:
    return _cut(entry, {n: v for n, v in entry.new.items() if n not in left_out}) if left_out else entry


def _cut(entry: Entry, new: Mapping[str, Any]) -> Entry:
    return replace(entry, new=new, old={name: entry.old.get(name) for name in new})


def _put_off(delivery: _Delivery, entries: Sequence[Entry], found: Revealed) -> Sequence[Entry]:
    """Settle what is not sent, because its text could not be read or is another one now; returns the rest."""
    others = [e for e in entries if e.ref in found.told]
    if others:
        now = delivery.now
        with delivery.context.store.write() as tx:
            attempts = [
                Attempt(e.id, now, r.outcome.value, r.code, r.message) for e in others for r in (found.told[e.ref],)
            ]
            outbox.settle(tx, [_change(e, found.told[e.ref], now) for e in others], attempts, now, delivery.run)
            agenda.mark_dirty_of(tx, [e.ref for e in others])
        for entry in others:
            _count(delivery, entry, found.told[entry.ref])
    return [e for e in entries if e.ref not in found.told]


def _seal(context: Context, held: Mapping[RecordRef, Flags | None]) -> dict[RecordRef, Flags | None]:
    with context.store.write() as tx:
        sealer = open_sealer(context, tx)
    return {ref: flags and sealer.flags(flags) for ref, flags in held.items()}


def _settle(delivery: _Delivery, entries: Sequence[Entry], results: Sequence[WriteResult]) -> None:
    context, now, run = delivery.context, delivery.now, delivery.run
    by_ref = {r.ref: r for r in results}
    silent = "no_answer", "the connector gave no result for this record"
    told = {e.id: by_ref.get(e.ref) or WriteResult(e.ref, WriteOutcome.UNKNOWN, *silent) for e in entries}
    written_at = _after_writing(delivery.connection, now)
    sent = {e.id: _without(e, told[e.id].left_out) for e in entries}
    applied = {e.ref: sent[e.id].new for e in entries if told[e.id].outcome is WriteOutcome.APPLIED}
    conflicts = [e for e in entries if told[e.id].outcome is WriteOutcome.CONFLICT]
    barred = _find_barred(entries, told, now)
    with context.store.write() as tx:
        attempts = [
            Attempt(e.id, written_at, r.outcome.value, r.code, r.message) for e in entries for r in (told[e.id],)
        ]
        outbox.trim(tx, [e for e in sent.values() if e.new and told[e.id].left_out])
        outbox.settle(tx, [_change(sent[e.id], told[e.id], now) for e in entries], attempts, now, run)
        rewriting.record_written_flags(tx, applied, written_at)
        restraints.save(tx, barred)
        # Marked in the same transaction: a crash before the record is read again must not lose what it should carry.
        agenda.mark_dirty_of(tx, [e.ref for e in conflicts])
    delivery.tally.add("fields_given_up", len(barred))
    delivery.tally.problems += tell_unwritable(barred)
    for entry in entries:
        _count(delivery, sent[entry.id], told[entry.id])
    if conflicts:
        _pull_again(delivery, conflicts, told)


def _find_barred(entries: Sequence[Entry], told: Mapping[int, WriteResult], now: datetime) -> list[Restraint]:
    """Fields, and options of fields, of which these results say that nobody can write them."""
    found: dict[tuple[str, str, str, str], Restraint] = {}
    for entry in entries:
        result, ref = told[entry.id], entry.ref
        for flag, option in result.left_out.items():
            found.setdefault(
                (ref.connection, ref.stream, flag, option),
                Restraint(
                    RestraintKind.UNWRITABLE, ref.connection, ref.stream, now, flag=flag, option=option,
                    code=result.code or "REFUSED", message=result.message,
                ),
            )  # fmt: skip
    return list(found.values())


def _after_writing(connection: Connection, now: datetime) -> datetime:
    """No version of a written record with an older stamp can know of the write. The CRM's clock shows whole seconds."""
    return max(now, connection.source.server_time()) + _SECOND


def _change(entry: Entry, result: WriteResult, now: datetime) -> Change:
    attempts = entry.attempts + result.sent
    reason = f"{result.code}: {result.message}" if result.code else result.message
    match result.outcome:
        case WriteOutcome.APPLIED:
            return Change(entry.id, State.DELIVERED, attempts)
        case WriteOutcome.REJECTED if not entry.new:
            return Change(entry.id, State.SUPERSEDED, attempts, reason=reason)
        case WriteOutcome.REJECTED:
            return _parked(entry, attempts, reason, now)
        case WriteOutcome.CONFLICT:
            return Change(entry.id, State.SUPERSEDED, attempts, reason=reason)
        case WriteOutcome.RETRY if result.tries is not None and attempts >= result.tries:
            return _parked(entry, attempts, reason, now)
        case WriteOutcome.RETRY:
            wait = _backoff(entry.attempts if result.sent else 0)
            wait = max(wait, timedelta(seconds=result.retry_after or 0))
            return Change(entry.id, State.READY, attempts, now + wait, reason)
        case WriteOutcome.UNKNOWN:
            return Change(entry.id, State.UNKNOWN, attempts, reason=reason)


def _backoff(attempts: int) -> timedelta:
    return min(BACKOFF * 2 ** min(attempts, 10), BACKOFF_AT_MOST)


def _parked(entry: Entry, attempts: int, reason: str, now: datetime) -> Change:
    again = now + HEAL_EVERY if now - entry.created_at < HEAL_FOR else None
    return Change(entry.id, State.PARKED, attempts, again, reason)


def _count(delivery: _Delivery, entry: Entry, result: WriteResult) -> None:
    state = _change(entry, result, delivery.now).state
    reason = f"{result.code}: {result.message}" if result.code else result.message
    match result.outcome:
        case WriteOutcome.APPLIED:
            delivery.tally.add("delivered")
        case WriteOutcome.CONFLICT:
            delivery.tally.add("conflict")
        case WriteOutcome.UNKNOWN:
            delivery.tally.add("unknown")
            delivery.told.add(Shortfall.UNKNOWN, result.code, entry.ref)
        case _ if state is State.PARKED:
            delivery.tally.add("parked")
            delivery.told.add(Shortfall.PARKED, reason, entry.ref)
        case WriteOutcome.RETRY:
            delivery.tally.add("retry")
            delivery.told.add(Shortfall.RETRY, reason if not result.sent else result.code, entry.ref)
        case WriteOutcome.REJECTED:
            delivery.tally.add("not_writable")


def _pull_again(delivery: _Delivery, conflicts: Sequence[Entry], told: Mapping[int, WriteResult]) -> None:
    """The records are not what we took them for. One that turns out unchanged would conflict for ever: it is parked."""
    context, connection, tally = delivery.context, delivery.connection, delivery.tally
    refs = [e.ref for e in conflicts]
    try:
        reread_refs(context, connection, refs, tally)
    except (TransientError, AuthError, StreamUnavailable) as error:
        tally.miss(Shortfall.CONFLICTS_UNREAD, connection.name, error, count=len(refs))
        return
    with context.store.write() as tx:
        moved = {d.ref for d in dirty_records.read_among(tx, refs)}
        # One that is gone needs no write any more; it may have been known to be gone before.
        moved |= {ref for ref, (_, deleted) in records.read_stamps(tx, refs).items() if deleted}
        stuck = [e for e in conflicts if e.ref not in moved]
        reasons = {e.id: f"{told[e.id].code}: {told[e.id].message}" for e in stuck}
        parked = [_parked(e, e.attempts + 1, reasons[e.id], delivery.now) for e in stuck]
        outbox.settle(tx, parked, [], delivery.now, delivery.run)
    tally.add("parked", len(stuck))
    for entry in stuck:
        delivery.told.add(Shortfall.PARKED, reasons[entry.id], entry.ref)


def _settle_read_back(delivery: _Delivery, entries: Sequence[Entry], held: Mapping[RecordRef, Flags | None]) -> None:
    context, connection, now, run, tally = (
        delivery.context, delivery.connection, delivery.now, delivery.run, delivery.tally,
    )  # fmt: skip
    there = [e for e in entries if _is_there(e, held.get(e.ref))]
    gone = [e for e in entries if held.get(e.ref) is None]
    absent = [e for e in entries if e not in there and e not in gone]
    changes = [Change(e.id, State.DELIVERED, e.attempts) for e in there]
    changes += [Change(e.id, State.SUPERSEDED, e.attempts, reason="record is gone") for e in gone]
    changes += [_absent(e, now) for e in absent]
    attempts = [Attempt(e.id, now, "read_back", "there" if e in there else "absent", "") for e in entries]
    with context.store.write() as tx:
        outbox.settle(tx, changes, attempts, now, run)
        rewriting.record_written_flags(tx, {e.ref: e.new for e in there}, _after_writing(connection, now))
        agenda.mark_dirty_of(tx, [e.ref for e in entries])
    tally.add("found_delivered", len(there))
    tally.add("found_absent", len(absent) + len(gone))
    for entry in absent:
        if entry.attempts >= UNKNOWN_AT_MOST:
            tally.add("parked")
            delivery.told.add(Shortfall.PARKED, entry.reason, entry.ref)
    reread_refs(context, connection, [e.ref for e in (*absent, *gone)], tally)


def _absent(entry: Entry, now: datetime) -> Change:
    """It did not arrive. One that gets no answer time and again, whatever its company, waits longer and longer."""
    if entry.attempts >= UNKNOWN_AT_MOST:
        return _parked(entry, entry.attempts, entry.reason, now)
    late = entry.attempts > UNKNOWN_AT_ONCE
    return Change(
        entry.id, State.READY, entry.attempts, now + _backoff(entry.attempts - UNKNOWN_AT_ONCE) if late else None
    )


def _is_there(entry: Entry, held: Flags | None) -> bool:
    return held is not None and not diff({**held, **entry.new}, held)
