"""Records that were read, as they are kept: without those that were erased, sealed, and with marks at whatever they no
longer refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection as Transaction

from sync.core.mapping.keys import record_keys
from sync.core.model.records import KeyRole, Kind, RecordRef, SourceRecord
from sync.flow.context import Context
from sync.flow.erase import leave_out_erased
from sync.flow.report import Tally
from sync.flow.seal import open_sealer
from sync.store import agenda, dirty_records, handoff_members, intake, key_index
from sync.store.intake import NO_FINGERPRINTS, Saved


def keep_records(
    context: Context,
    tx: Transaction,
    found: Sequence[SourceRecord],
    *,
    consistent: bool,
    taken: Mapping[str, bytes] = NO_FINGERPRINTS,
    saved: Saved | None = None,
) -> Saved:
    """Keep what changed (see `intake.save`)."""
    sealer = open_sealer(context, tx)
    kept = [sealer.record(record) for record in leave_out_erased(tx, found)]
    keys_of = partial(record_keys, mapping=context.mapping)
    saved = intake.save(tx, kept, keys_of, consistent=consistent, taken=taken, saved=saved)
    _mark_left_behind(context, tx, saved)
    return saved


def count_saved(tally: Tally, read: int, saved: Saved) -> None:
    tally.add("read", read)
    for name in ("new", "changed", "reverted", "echo", "touched", "unchanged", "older"):
        tally.add(name, getattr(saved, name))


def _mark_left_behind(context: Context, tx: Transaction, saved: Saved) -> None:
    """Records and handoffs that a changed record no longer refers to must be looked at as well."""
    lost = {role: {k.key for _, k in saved.lost_keys if k.role is role} for role in KeyRole}
    joined = lost[KeyRole.RECORD_ID] | lost[KeyRole.EMAIL]
    if joined:
        left = key_index.find(tx, joined, (KeyRole.RECORD_ID, KeyRole.EMAIL))
        named = [RecordRef.parse(k) for k in lost[KeyRole.RECORD_ID] if k.count(":") >= 2]
        dirty_records.mark(tx, {*(ref for ref, _ in left), *named})
    if lost[KeyRole.SUBJECT]:
        agenda.mark_dirty(tx, handoff_members.find_by_members(tx, lost[KeyRole.SUBJECT]))
        _mark_for_lost_absences(context, tx, lost[KeyRole.SUBJECT])


def _mark_for_lost_absences(context: Context, tx: Transaction, subjects: Iterable[str]) -> None:
    """What hung on a colleague was an absence: one that was deleted, or is an ordinary event now."""
    if not context.rules.is_clock.calendars.booked_count:
        return
    streams = context.mapping.streams
    of = (streams.get(RecordRef.parse(subject)[:2]) for subject in subjects)
    if any(stream is not None and stream.kind is Kind.USER for stream in of):
        agenda.mark_all_dirty(tx)
