"""What is not kept for ever: once a day values are dropped whose time is over; a record that comes back is read again."""

from __future__ import annotations

from datetime import datetime

from sync.core.model.records import KeyRole, RecordRef
from sync.errors import AuthError, Shortfall, StreamUnavailable, TransientError
from sync.flow.context import Context
from sync.flow.link import find_closure
from sync.flow.pull import reread_refs
from sync.flow.report import Tally
from sync.store import dirty_records, expiry, handoff_members, key_index
from sync.store.expiry import Kept
from sync.store.store import read_note, write_note

BATCH = 1_000
_DONE = "house_kept"


def keep_house(context: Context, now: datetime) -> Tally:
    """Drop, once per local day, the values of handoffs that ended longer ago than `context.retention`, and of old writes."""
    tally = Tally()
    today = now.astimezone(context.rules.is_clock.calendar.zone).date().isoformat()
    wanted = f"{today} {context.retention.days}"
    with context.store.read() as tx:
        if read_note(tx, _DONE) == wanted:
            return tally
    before, kept = now - context.retention, _fields_kept(context)
    while True:
        with context.store.read() as tx:
            ids = expiry.find_over(tx, before, BATCH)
        if not ids:
            break
        with context.store.write() as tx:
            tally.add("values_dropped", expiry.expire(tx, ids, kept, now))
    with context.store.write() as tx:
        tally.add("writes_forgotten", expiry.expire_written(tx, before))
        write_note(tx, _DONE, wanted)
    return tally


def _fields_kept(context: Context) -> Kept:
    """Stored ids: without them records would no longer be one handoff."""
    streams = context.mapping.streams.items()
    return {name: frozenset(stream.record_id_fields) for name, stream in streams if stream.record_id_fields}


def read_expired(context: Context) -> Tally:
    """Read again what was dropped of the handoffs that changed records belong to now: they are judged on the whole."""
    tally = Tally()
    with context.store.read() as tx:
        if not expiry.has_expired(tx):
            return tally
        changed = {d.ref for d in dirty_records.read(tx, BATCH)}
        subjects = {key for _, key in key_index.read(tx, changed, (KeyRole.SUBJECT,))}
        touched = find_closure(tx, changed | {RecordRef.parse(key) for key in subjects})
        refs = expiry.find_expired_of(tx, handoff_members.find_by_members(tx, touched))
    for name in sorted({ref.connection for ref in refs}):
        mine = [ref for ref in refs if ref.connection == name]
        try:
            if name in context.connections:
                reread_refs(context, context.connections[name], mine, tally)
        except (TransientError, StreamUnavailable, AuthError) as error:
            # What is not read stays unreadable, which accuses nobody.
            tally.miss(Shortfall.EXPIRED_UNREAD, name, error, count=len(mine))
    return tally
