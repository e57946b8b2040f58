"""Source records and their keys: changed ones are found by hash and written in sets, unchanged ones cost one lookup."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import compress
from operator import eq, not_
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, delete, func, literal, select, update

from sync.core.model.fixed import fixed
from sync.core.model.records import KeyRole, Kind, RecordKey, RecordRef, SourceRecord
from sync.store import fingerprints
from sync.store.driver import Refs, fetch, put
from sync.store.store import next_number
from sync.store.tables import RecordKeyRow, SourceRecordRow, table
from sync.store.types import from_micros, in_set, read_json, to_micros

KeysOf = Callable[[SourceRecord], Iterable[RecordKey]]
_Key = tuple[str, str, str]
"""Reference, role and key, as they lie in their table."""

NO_FINGERPRINTS: Mapping[str, bytes] = {}

_record = table(SourceRecordRow)
_key = table(RecordKeyRow)
_CHECK = (
    "SELECT ref, content_hash, flags_hash, modified_at, deleted, flags_written_at FROM source_record {} WHERE ref {{}}"
)
_PRESENT = "SELECT ref FROM source_record {} WHERE ref {{}}"
_TO_LINK = "SELECT ref, kind, modified_at, facts, deleted, vals FROM source_record WHERE ref {}"
_DIRTY_AMONG = "SELECT ref, kind, dirty_seq FROM source_record WHERE ref {} AND dirty_seq IS NOT NULL"
_STAMPS = "SELECT ref, modified_at, deleted FROM source_record {} WHERE ref {{}}"
_BY_INDEX = {"sqlite": "INDEXED BY source_record_check"}
_COLUMNS = (
    "ref", "content_hash", "flags_hash", "modified_at", "deleted", "dirty_seq", "connection", "stream", "kind", "flags",
    "value_written", "facts", "vals", "expired_at",
)  # fmt: skip
_SORTED = orjson.OPT_SORT_KEYS
_FIRST = "*"
"""In `value_written`: the stamp of the version in which all fields without a stamp of their own were first seen."""
_ONE = '{"*":'
_LOAD = "SELECT ref, kind, modified_at, vals, facts, flags, deleted, value_written FROM source_record WHERE ref {}"


_KEPT = (
    _record.c.ref, _record.c.kind, _record.c.modified_at, _record.c.vals, _record.c.facts, _record.c.flags,
    _record.c.deleted, _record.c.value_written,
)  # fmt: skip
_ROLES = {role.value: role for role in KeyRole}
_KINDS = {kind.value: kind for kind in Kind}
# Asking a member of an enumeration for its value is a call.
_ROLE_NAMES, _KIND_NAMES = {role: name for name, role in _ROLES.items()}, {kind: name for name, kind in _KINDS.items()}
_SELF = KeyRole.SELF
_SLICE = 1_000
_REWRITE = (
    update(_record)
    .where(_record.c.ref == bindparam("b_ref"))
    .values(
        {
            _record.c[name]: bindparam(f"b_{name}", type_=_record.c[name].type)
            for name in ("vals", "facts", "flags", "content_hash", "flags_hash")
        }
    )
)


@fixed
class StoredRecord:
    """A record as kept, with when its present values were first seen (by vendor field, the record's stamp then)."""

    record: SourceRecord
    value_written: Mapping[str, datetime]


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


class DirtyRecord(NamedTuple):
    ref: RecordRef
    kind: Kind
    seq: int


@dataclass(slots=True)
class _Seen:
    ref: str
    record: SourceRecord
    modified_at: int
    content: bytes
    flags: bytes | None
    values: bytes
    """As JSON."""
    facts: bytes


class _Known(NamedTuple):
    """What the change check needs of a kept record."""

    ref: str
    content_hash: bytes
    flags_hash: bytes | None
    modified_at: int
    deleted: bool
    flags_written_at: int | None


_BEFORE = "SELECT ref, vals, facts, flags, value_written FROM source_record WHERE ref {}"


class _Before(NamedTuple):
    """What else was kept of a record that changed, as JSON."""

    ref: str
    vals: str
    facts: str
    flags: str | None
    value_written: str


def _look_at(ref: str, record: SourceRecord) -> _Seen:
    """`content`: of exactly what is kept, values and facts; of a deleted record only that, and what it was merged into."""
    values, facts = orjson.dumps(record.values, option=_SORTED), orjson.dumps(record.facts, option=_SORTED)
    kept = _write_json(["deleted", record.facts.get("merged_into")]) if record.deleted else b"[%b,%b]" % (values, facts)
    content = blake2b(kept, digest_size=16).digest()
    return _Seen(ref, record, to_micros(record.modified_at), content, flags_hash(record.flags), values, facts)


def flags_hash(flags: Mapping[str, Any] | None) -> bytes | None:
    """Of the flags that are not empty, ids joined by `;` in any order; None where the stream carries none."""
    if flags is None:
        return None
    held = {n: ";".join(sorted(v.split(";"))) if isinstance(v, str) else v for n, v in flags.items() if v or v == 0}
    if not held:
        return _BARE
    return blake2b(orjson.dumps(held, option=orjson.OPT_SORT_KEYS), digest_size=8).digest()


_BARE = blake2b(b"{}", digest_size=8).digest()
"""Of a record that holds no flag: most do."""


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
    seen = {ref: _look_at(ref, record) for ref, record in newest.items()}
    check = _CHECK.format(_BY_INDEX.get(tx.dialect.name, ""))
    stored = {row[0]: _Known._make(row) for row in fetch(tx, check, seen)} if seen else {}
    saved = saved or Saved()
    write: list[_Seen] = []
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
    believed = _believed(seen, stored, taken, saved)
    fingerprints.forget(tx, [ref for ref in stored if ref not in believed])
    fingerprints.save(tx, believed)
    return saved


def _believed(
    seen: Mapping[str, _Seen], stored: Mapping[str, _Known], taken: Mapping[str, bytes], saved: Saved
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


def _sort(item: _Seen, row: Any, consistent: bool, saved: Saved) -> bool:
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


def _count_same(item: _Seen, row: Any, saved: Saved) -> None:
    if item.modified_at <= row.modified_at:
        saved.unchanged += 1
    elif row.flags_written_at is not None and row.modified_at < row.flags_written_at:
        saved.echo += 1
    else:
        saved.touched += 1


def _before_our_write(item: _Seen, written_at: int | None) -> bool:
    return written_at is not None and item.modified_at < written_at


def _write(
    tx: Connection,
    items: Sequence[_Seen],
    stored: Mapping[str, _Known],
    keys_of: KeysOf,
    saved: Saved,
    consistent: bool,
) -> None:
    seq = next_number(tx)
    present = [i.ref for i in items if i.ref in stored]
    before = {row[0]: _Before._make(row) for row in fetch(tx, _BEFORE, present)} if present else {}
    kept = [_merge(i, stored.get(i.ref), before.get(i.ref), saved, consistent) for i in items]
    rows = [_row(i, record, before.get(i.ref), seq) for i, record in zip(items, kept, strict=True)]
    put(tx, "source_record", _COLUMNS, ("ref",), rows)
    wanted = {
        (item.ref, _ROLE_NAMES[role], key)
        for item, record in zip(items, kept, strict=True)
        for role, key in keys_of(record)
        if role is not _SELF  # the record's row is found by that already
    }
    _replace_keys(tx, wanted, present, saved)


def _merge(item: _Seen, known: _Known | None, before: _Before | None, saved: Saved, consistent: bool) -> SourceRecord:
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
    item.flags = flags_hash(flags)
    return SourceRecord(record.ref, record.kind, from_micros(stamp), values, facts, flags, record.deleted)


def _row(item: _Seen, record: SourceRecord, before: _Before | None, seq: int) -> tuple[Any, ...]:
    """In the order of `_COLUMNS`."""
    ref, flags, same = record.ref, record.flags, record is item.record
    stamp = item.modified_at if same else to_micros(record.modified_at)
    held = None if flags is None else {n: v for n, v in flags.items() if v is not None}
    values = item.values if same else _write_json(record.values)
    return (
        item.ref, item.content, item.flags, stamp, record.deleted, seq, ref.connection, ref.stream,
        _KIND_NAMES[record.kind],
        None if held is None else _write_json(held) if held else b"{}",
        _value_written(record.values, values, before, stamp),
        item.facts if same else _write_json(record.facts),
        values,
        None,
    )  # fmt: skip


def _write_json(value: Any) -> bytes:
    return orjson.dumps(value, option=_SORTED)


def _value_written(values: Mapping[str, Any], text: bytes, before: _Before | None, stamp: int) -> bytes | str:
    """When present values were first seen, in microseconds; of the values, which are also `text`. Most of a record was
    seen in its first version."""
    if before is None:
        return b'{"*":%d}' % stamp
    kept = before.vals.encode()
    if kept == text:
        return before.value_written
    had = read_json(kept)
    stays = [*map(eq, values.values(), map(had.get, values))]
    if not any(value is not None and value != "" for value in compress(values.values(), stays)):
        return b'{"*":%d}' % stamp  # nothing stayed: it begins anew
    differ = compress(values, map(not_, stays))
    now = {n: stamp for n in differ if values[n] is not None and values[n] != ""}
    old = _read_stamps(before.value_written)
    still = {n: at for n, at in old.items() if n == _FIRST or (n not in now and values.get(n) not in (None, ""))}
    return _write_json({**still, **now})


class _FirstSeen(Mapping[str, datetime]):
    """When each value that is present was first seen. Reckoned where it is asked for: of most values nobody does."""

    __slots__ = ("_own", "_values")

    def __init__(self, values: Mapping[str, Any], stamps: Mapping[str, int]) -> None:
        self._values, self._own = values, stamps

    def get(self, key: str, default: Any = None) -> Any:
        value = self._values.get(key)
        if value is None or value == "":
            return default
        own = self._own
        return from_micros(own[key] if key in own else own[_FIRST])

    def __getitem__(self, key: str) -> datetime:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name, value in self._values.items() if value is not None and value != "")

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _replace_keys(tx: Connection, wanted: set[_Key], present: Sequence[str], saved: Saved) -> None:
    """Bring the keys of records in line; only those that were `present` can have any."""
    held: set[Any] = set(fetch(tx, "SELECT ref, role, key FROM record_key WHERE ref {}", present)) if present else set()
    lost = sorted(held - wanted)
    if lost:
        gone = delete(_key).where(
            _key.c.ref == bindparam("b_ref"), _key.c.role == bindparam("b_role"), _key.c.key == bindparam("b_key")
        )
        tx.execute(gone, [{"b_ref": ref, "b_role": role, "b_key": key} for ref, role, key in lost])
        saved.lost_keys += [(RecordRef.parse(ref), RecordKey(_ROLES[role], key)) for ref, role, key in lost]
    put(tx, "record_key", ("ref", "role", "key"), ("ref", "role", "key"), sorted(wanted - held))


def load(tx: Connection, refs: Iterable[RecordRef]) -> dict[RecordRef, StoredRecord]:
    """These records as kept; unknown ones are absent."""
    return load_texts(tx, map(str, refs), Refs())


def load_texts(tx: Connection, texts: Iterable[str], known: Refs) -> dict[RecordRef, StoredRecord]:
    """The same by their references as text; `known`: those that were read already."""
    found: dict[RecordRef, StoredRecord] = {}
    for text, kind, at, values, facts, flags, deleted, stamps in fetch(tx, _LOAD, texts):
        ref, held = known[text], read_json(values)
        record = SourceRecord(
            ref, _KINDS[kind], from_micros(at), held, read_json(facts), _read_flags(flags), bool(deleted)
        )
        found[ref] = StoredRecord(record, _FirstSeen(held, _read_stamps(stamps)))
    return found


def _read_flags(text: str | None) -> dict[str, Any] | None:
    return {} if text == "{}" else read_json(text)


def _read_stamps(text: str) -> dict[str, int]:
    # Most of a record was seen in its first version alone.
    if text.startswith(_ONE) and text[len(_ONE) : -1].isdecimal():
        return {_FIRST: int(text[len(_ONE) : -1])}
    return read_json(text)


def load_to_link(
    tx: Connection, refs: Iterable[str], names: Mapping[tuple[str, str], Collection[str]]
) -> list[SourceRecord]:
    """Of these references the records as far as linking looks at them: without our fields, and with the values of these
    fields by (connection, stream) only. All of everything that hangs together would be the most that a backfill holds."""
    found: list[SourceRecord] = []
    waiting = [*refs]
    for first in range(0, len(waiting), _SLICE):
        for text, kind, at, facts, deleted, values in fetch(tx, _TO_LINK, waiting[first : first + _SLICE]):
            ref = RecordRef.parse(text)
            wanted = names.get((ref.connection, ref.stream))
            every = read_json(values) if wanted else {}
            held = {name: every[name] for name in wanted or () if name in every}
            found.append(
                SourceRecord(ref, _KINDS[kind], from_micros(at), held, read_json(facts), deleted=bool(deleted))
            )
    return found


def load_kind(tx: Connection, kind: Kind) -> list[SourceRecord]:
    """All present records of a kind that has few (users)."""
    # Written out in the statement: databases use the index over users alone only where they can see the word.
    named = literal(kind.value, literal_execute=True)
    rows = tx.execute(select(*_KEPT).where(_record.c.kind == named, ~_record.c.deleted))
    return [_stored(r).record for r in rows]


def _stored(row: Any) -> StoredRecord:
    ref, kind, modified_at, values, facts, flags, deleted, stamps = row
    record = SourceRecord(RecordRef.parse(ref), _KINDS[kind], modified_at, values, facts, flags, deleted)
    return StoredRecord(record, _FirstSeen(record.values, stamps))


def rewrite(tx: Connection, change: Callable[[SourceRecord], SourceRecord]) -> int:
    """Replace what is kept of records by what `change` makes of it, in place: nothing counts as changed in a CRM.
    Returns how many records that were."""
    count, after = 0, ""
    while rows := list(tx.execute(select(*_KEPT).where(_record.c.ref > after).order_by(_record.c.ref).limit(_SLICE))):
        after = rows[-1].ref
        before = [_stored(row).record for row in rows]
        pairs = [(old, new) for old in before if (new := change(old)) != old]
        if pairs:
            fingerprints.forget(tx, [str(new.ref) for _, new in pairs])
            tx.execute(_REWRITE, [_rewritten(new) for _, new in pairs])
        count += len(pairs)
    return count


def replace_in_place(tx: Connection, record: SourceRecord) -> None:
    """Keep this instead of what is kept of the record; nothing counts as changed in a CRM."""
    fingerprints.forget(tx, [str(record.ref)])
    tx.execute(_REWRITE, [_rewritten(record)])


def _rewritten(record: SourceRecord) -> dict[str, Any]:
    return {
        "b_ref": str(record.ref),
        "b_vals": dict(record.values),
        "b_facts": dict(record.facts),
        "b_flags": None if record.flags is None else dict(record.flags),
        "b_content_hash": _look_at(str(record.ref), record).content,
        "b_flags_hash": flags_hash(record.flags),
    }


def read_stamps(tx: Connection, refs: Iterable[RecordRef | str]) -> dict[RecordRef, tuple[datetime, bool]]:
    """Modification stamp and whether deleted, of the records that are known."""
    check = _STAMPS.format(_BY_INDEX.get(tx.dialect.name, ""))
    found = fetch(tx, check, [str(ref) for ref in refs])
    return {RecordRef.parse(ref): (from_micros(at), bool(deleted)) for ref, at, deleted in found}


def read_dirty(tx: Connection, limit: int, after: int = 0) -> list[DirtyRecord]:
    """Records that changed since they were last linked, in order of change."""
    query = select(_record.c.ref, _record.c.kind, _record.c.dirty_seq).where(_record.c.dirty_seq > after)
    rows = tx.execute(query.order_by(_record.c.dirty_seq, _record.c.ref).limit(limit)).all()
    return [DirtyRecord(RecordRef.parse(ref), _KINDS[kind], seq) for ref, kind, seq in rows]


def find_connected(tx: Connection, refs: Collection[str], roles: Iterable[KeyRole], known: set[str]) -> set[str]:
    """References of the records that these name by a key in one of these roles, or share one with, or are named by. Keys
    that were looked for are added to `known`, and those that are in it are not looked for again."""
    roles = [*roles]
    own = {key for _, key in _fetch_keys(tx, "ref", refs, roles)} - known
    keys = own.union(refs) - known
    known |= keys
    found = {ref for ref, _ in _fetch_keys(tx, "key", keys, roles)} if keys else set[str]()
    named = fetch(tx, _PRESENT.format(_BY_INDEX.get(tx.dialect.name, "")), own) if own else ()
    return found.union(ref for (ref,) in named)


def read_contexts(tx: Connection, refs: Iterable[str]) -> set[str]:
    """References of the records (accounts) that these name as what they are part of."""
    return {key for _, key in _fetch_keys(tx, "ref", refs, (KeyRole.CONTEXT,))}


def read_dirty_among(tx: Connection, refs: Iterable[RecordRef | str]) -> list[DirtyRecord]:
    """Which of these records changed since they were last linked."""
    rows = fetch(tx, _DIRTY_AMONG, [str(ref) for ref in refs])
    return [DirtyRecord(RecordRef.parse(ref), _KINDS[kind], seq) for ref, kind, seq in rows]


def clear_dirty(tx: Connection, seen: Sequence[DirtyRecord]) -> None:
    """Clear marks, except where the record changed again meanwhile."""
    if seen:
        # Numbers only grow: whatever was marked after `seen` was read has a higher one.
        latest = max(d.seq for d in seen)
        clear = update(_record).where(in_set(_record.c.ref, (d.ref for d in seen)), _record.c.dirty_seq <= latest)
        tx.execute(clear.values(dirty_seq=None))


def mark_dirty(tx: Connection, refs: Iterable[RecordRef]) -> None:
    tx.execute(update(_record).where(in_set(_record.c.ref, refs)).values(dirty_seq=next_number(tx)))


def count_dirty(tx: Connection) -> int:
    return tx.execute(select(func.count()).select_from(_record).where(_record.c.dirty_seq.isnot(None))).scalar_one()


def count_by_stream(tx: Connection) -> dict[tuple[str, str], int]:
    """Present records per (connection, stream)."""
    query = select(_record.c.connection, _record.c.stream, func.count()).where(~_record.c.deleted)
    return {(c, s): n for c, s, n in tx.execute(query.group_by(_record.c.connection, _record.c.stream))}


def read_keys(tx: Connection, refs: Iterable[RecordRef], roles: Iterable[KeyRole]) -> list[tuple[RecordRef, str]]:
    """(record, key) of these records in these roles."""
    return [(RecordRef.parse(ref), key) for ref, key in _fetch_keys(tx, "ref", refs, roles)]


def find_by_keys(tx: Connection, keys: Iterable[object], roles: Iterable[KeyRole]) -> list[tuple[RecordRef, str]]:
    """(record, key) of the records that have one of these keys in one of these roles."""
    return [(RecordRef.parse(ref), key) for ref, key in _fetch_keys(tx, "key", keys, roles)]


def _fetch_keys(
    tx: Connection, column: str, among: Iterable[object], roles: Iterable[KeyRole]
) -> list[tuple[str, str]]:
    wanted = ", ".join(f"'{role.value}'" for role in roles)
    texts = [str(one) for one in among]
    return [*fetch(tx, f"SELECT ref, key FROM record_key WHERE {column} {{}} AND role IN ({wanted})", texts)]  # noqa: S608 (roles are ours)


def find_hanging_only_on(tx: Connection, refs: Collection[str]) -> set[str]:
    """Activities, history rows and the like whose every subject is one of these."""
    role, among = _key.c.role == KeyRole.SUBJECT.value, set(refs)
    found = set(tx.execute(select(_key.c.ref).where(role, in_set(_key.c.key, among))).scalars())
    pairs = tx.execute(select(_key.c.ref, _key.c.key).where(role, in_set(_key.c.ref, found)))
    return found - {ref for ref, subject in pairs if subject not in among}


def record_written_flags(tx: Connection, written: Mapping[RecordRef, Mapping[str, Any]], at: datetime) -> None:
    """The CRM accepted these flags: they are what the records hold from `at` on."""
    query = select(_record.c.ref, _record.c.flags).where(in_set(_record.c.ref, written))
    rows: list[dict[str, Any]] = []
    for text, flags in tx.execute(query):
        now_held = {**(flags or {}), **written[RecordRef.parse(text)]}
        held = {name: value for name, value in now_held.items() if value is not None}
        rows.append({"b_ref": text, "b_flags": held, "b_hash": flags_hash(held), "b_at": at})
    if rows:
        fingerprints.forget(tx, [row["b_ref"] for row in rows])
        change = update(_record).where(_record.c.ref == bindparam("b_ref"))
        tx.execute(
            change.values(
                flags=bindparam("b_flags", type_=_record.c.flags.type),
                flags_hash=bindparam("b_hash"),
                flags_written_at=bindparam("b_at", type_=_record.c.modified_at.type),
            ),
            rows,
        )
