"""Taking in what was read: a page of records at once, the changed ones found by hash; unchanged ones cost one lookup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, update

from sync.core.model.records import KeyRole, Kind, RecordKey, RecordRef, SourceRecord
from sync.store import fingerprints, first_seen, key_index
from sync.store.driver import as_bytes, by_check_index, fetch, put
from sync.store.hashes import Hashed, hash_flags, hash_record
from sync.store.store import next_number
from sync.store.tables import SourceRecordRow, table
from sync.store.types import from_micros, read_json, to_micros, write_bytes

KeysOf = Callable[[SourceRecord], Iterable[RecordKey]]
NO_FINGERPRINTS: Mapping[str, bytes] = {}
_record = table(SourceRecordRow)
_CHECK = (
    "SELECT ref, content_hash, flags_hash, modified_at, deleted, flags_written_at FROM source_record {} WHERE ref {{}}"
)
_BEFORE = "SELECT ref, {}, facts, flags, value_written FROM source_record WHERE ref {{}}"
_COLUMNS = (
    "ref", "content_hash", "flags_hash", "modified_at", "deleted", "dirty_seq", "connection", "stream", "kind", "flags",
    "value_written", "facts", "vals", "expired_at",
)  # fmt: skip
# Asking a member of an enumeration for its value is a call.
_ROLE_NAMES, _KIND_NAMES = {role: role.value for role in KeyRole}, {kind: kind.value for kind in Kind}
_SELF = KeyRole.SELF


@dataclass(slots=True)
class Saved:
    """What became of the records of one page."""

    new: int = 0
    changed: int = 0
    reverted: int = 0
    """Only our own fields differ from what we know: a person changed them."""
    echo: int = 0
    """The stamp moved because of our own write."""
    touched: int = 0
    """The stamp moved, nothing that we keep did."""
    unchanged: int = 0
    older: int = 0
    """Versions older than the stored one, ignored."""
    doubtful: list[RecordRef] = field(default_factory=list[RecordRef])
    """Versions from before our latest write whose flags contradict it: only a consistent reading can tell."""
    lost_keys: list[tuple[RecordRef, RecordKey]] = field(default_factory=list[tuple[RecordRef, RecordKey]])
    """Keys that changed records no longer have."""

    @property
    def dirty(self) -> int:
        return self.new + self.changed + self.reverted


class _Known(NamedTuple):
    """What the change check needs of a kept record."""

    ref: str
    content_hash: bytes
    flags_hash: bytes | None
    modified_at: int
    deleted: bool
    flags_written_at: int | None


class _Before(NamedTuple):
    """What else was kept of a record that changed, as JSON."""

    ref: str
    vals: bytes
    facts: str
    flags: str | None
    value_written: str


def save(
    tx: Connection,
    records: Sequence[SourceRecord],
    keys_of: KeysOf,
    *,
    consistent: bool = False,
    taken: Mapping[str, bytes] = NO_FINGERPRINTS,
    saved: Saved | None = None,
) -> Saved:
    """Keep what changed, mark it dirty, and count the rest.

    `consistent`: the records come from a reading that cannot lag, so they are believed even against our own write.
    `taken`: fingerprints of the answers that the records were made of, by reference. `saved`: what to count on from.
    """
    newest: dict[str, SourceRecord] = {}
    for record in records:
        ref = str(record.ref)
        if ref not in newest or record.modified_at >= newest[ref].modified_at:
            newest[ref] = record
    seen = {ref: hash_record(ref, record) for ref, record in newest.items()}
    check = _CHECK.format(by_check_index(tx))
    stored = {row[0]: _Known._make(row) for row in fetch(tx, check, seen)} if seen else {}
    saved = saved or Saved()
    write: list[Hashed] = []
    stamps: list[dict[str, Any]] = []
    for ref, item in seen.items():
        row = stored.get(ref)
        if _sort(item, row, consistent, saved):
            write.append(item)
        elif item.modified_at > stored[ref].modified_at and item.record.ref not in saved.doubtful:
            stamps.append({"b_ref": ref, "b_at": item.record.modified_at})
    if stamps:
        moved = (
            update(_record)
            .where(_record.c.ref == bindparam("b_ref"))
            .values(modified_at=bindparam("b_at", type_=_record.c.modified_at.type))
        )
        tx.execute(moved, stamps)
    if write:
        _write(tx, write, stored, keys_of, saved, consistent)
    believed = _believed(seen, stored, taken, saved) if taken else {}
    fingerprints.forget(tx, [ref for ref in stored if ref not in believed])
    fingerprints.save(tx, believed)
    return saved


def _believed(
    seen: Mapping[str, Hashed], stored: Mapping[str, _Known], taken: Mapping[str, bytes], saved: Saved
) -> dict[str, bytes]:
    """Of which of these is kept now what was read: not of a version older than the kept one, or one in doubt."""
    doubtful = {str(ref) for ref in saved.doubtful}
    return {
        ref: taken[ref]
        for ref, item in seen.items()
        if ref in taken
        and ref not in doubtful
        and not item.record.deleted
        and (ref not in stored or item.modified_at >= stored[ref].modified_at)
    }


def _sort(item: Hashed, row: Any, consistent: bool, saved: Saved) -> bool:
    """Count one record; True when it must be written."""
    record = item.record
    if row is None:
        saved.new += 1
        return True
    if item.modified_at < row.modified_at and not consistent and not (record.deleted and not row.deleted):
        saved.older += 1
        return False
    if item.content != row.content_hash:
        saved.changed += 1
        return True
    if record.deleted or item.flags is None or item.flags == row.flags_hash:
        _count_same(item, row, saved)
        return False
    if not consistent and _before_our_write(item, row.flags_written_at):
        saved.doubtful.append(record.ref)
        return False
    saved.reverted += 1
    return True


def _count_same(item: Hashed, row: Any, saved: Saved) -> None:
    if item.modified_at <= row.modified_at:
        saved.unchanged += 1
    elif row.flags_written_at is not None and row.modified_at < row.flags_written_at:
        saved.echo += 1
    else:
        saved.touched += 1


def _before_our_write(item: Hashed, written_at: int | None) -> bool:
    return written_at is not None and item.modified_at < written_at


def _write(
    tx: Connection,
    items: Sequence[Hashed],
    stored: Mapping[str, _Known],
    keys_of: KeysOf,
    saved: Saved,
    consistent: bool,
) -> None:
    seq = next_number(tx)
    present = [i.ref for i in items if i.ref in stored]
    kept_before = _BEFORE.format(as_bytes(tx, "vals"))
    before = {row[0]: _Before._make(row) for row in fetch(tx, kept_before, present)} if present else {}
    kept = [_merge(i, stored.get(i.ref), before.get(i.ref), saved, consistent) for i in items]
    rows = [_row(i, record, before.get(i.ref), seq) for i, record in zip(items, kept, strict=True)]
    put(tx, "source_record", _COLUMNS, ("ref",), rows)
    wanted = {
        (item.ref, _ROLE_NAMES[role], key)
        for item, record in zip(items, kept, strict=True)
        for role, key in keys_of(record)
        if role is not _SELF  # the record's row is found by that already
    }
    saved.lost_keys += key_index.replace(tx, wanted, present)


def _merge(item: Hashed, known: _Known | None, before: _Before | None, saved: Saved, consistent: bool) -> SourceRecord:
    """The record to keep: a deleted one keeps the values it had; flags older than our write stay as we wrote them."""
    record = item.record
    if known is None or before is None:
        return record
    values, facts, flags = record.values, record.facts, record.flags
    stamp = max(item.modified_at, known.modified_at)
    if record.deleted:
        values, facts = read_json(before.vals), {**read_json(before.facts), **record.facts}
        flags = read_json(before.flags)
    elif flags is None:
        flags = read_json(before.flags)
    elif not consistent and item.flags != known.flags_hash and _before_our_write(item, known.flags_written_at):
        # The stamp stays as well: if the consistent reading fails, the next sweep finds a newer one.
        saved.doubtful.append(record.ref)
        flags, stamp = read_json(before.flags), known.modified_at
    if flags is record.flags and stamp == item.modified_at and not record.deleted:
        return record
    item.flags = hash_flags(flags)
    return SourceRecord(record.ref, record.kind, from_micros(stamp), values, facts, flags, record.deleted)


def _row(item: Hashed, record: SourceRecord, before: _Before | None, seq: int) -> tuple[Any, ...]:
    """In the order of `_COLUMNS`."""
    ref, flags, same = record.ref, record.flags, record is item.record
    stamp = item.modified_at if same else to_micros(record.modified_at)
    held = None if flags is None else {n: v for n, v in flags.items() if v is not None}
    values = item.values if same else write_bytes(record.values)
    return (
        item.ref, item.content, item.flags, stamp, record.deleted, seq, ref.connection, ref.stream,
        _KIND_NAMES[record.kind],
        None if held is None else write_bytes(held) if held else b"{}",
        first_seen.write_first(stamp)
        if before is None
        else first_seen.write_next(record.values, values, before.vals, before.value_written, stamp),
        item.facts if same else write_bytes(record.facts),
        values,
        None,
    )  # fmt: skip
