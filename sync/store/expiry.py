"""What is kept only for a time: values of records whose handoffs ended long ago, and what was once written.

Ids, stamps, states, verdicts and dates stay: reports need them, and so does knowing a record again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, or_, select, update

from sync.core.model.records import KeyRole, Kind, RecordRef
from sync.store import fingerprints, key_index
from sync.store.outbox import IN_FLIGHT, UNSENT
from sync.store.tables import (
    DeliveryRow,
    HandoffMemberRow,
    HandoffRow,
    OutboxRow,
    RecordKeyRow,
    RunRow,
    SharedTextRow,
    SourceRecordRow,
    table,
)  # fmt: skip
from sync.store.types import in_set, to_micros

_record, _key = table(SourceRecordRow), table(RecordKeyRow)
_handoff, _member = table(HandoffRow), table(HandoffMemberRow)
_outbox, _delivery, _run, _text = table(OutboxRow), table(DeliveryRow), table(RunRow), table(SharedTextRow)

Kept = Mapping[tuple[str, str], frozenset[str]]
"""(connection, stream) → fields of which records go on being known as the same person or deal."""

_DATED = frozenset(
    {"at", "logged_at", "created_at", "type", "direction", "status", "connected", "automated", "field", "subject",
     "subjects", "owner", "created_by", "converted", "converted_on", "converted_to", "merged_into", "closed", "won",
     "person", "deal", "primary", "account"}
)  # fmt: skip
"""Facts that are instants, ids, states or kinds; of others may be people's words."""


def find_over(tx: Connection, before: datetime, limit: int) -> list[str]:
    """Handoffs that are out of scope and of whose records and activities none was modified since `before`."""
    own = _member.c.handoff_id == _handoff.c.id
    recent = _record.c.modified_at >= before
    member = select(_record.c.ref).join(_member, _member.c.ref == _record.c.ref).where(own, recent)
    hanging = select(_record.c.ref).join(_key, _key.c.ref == _record.c.ref).join(_member, _member.c.ref == _key.c.key)
    hanging = hanging.where(own, recent, _key.c.role == KeyRole.SUBJECT.value)
    touched = or_(*(query.correlate(_handoff).exists() for query in (member, hanging)))
    query = select(_handoff.c.id).where(
        _handoff.c.expired_at.is_(None), ~_handoff.c.in_scope, _handoff.c.dirty_seq.is_(None), ~touched
    )
    return list(tx.execute(query.order_by(_handoff.c.id).limit(limit)).scalars())


def expire(tx: Connection, ids: Collection[str], kept: Kept, now: datetime) -> int:
    """Drop the values of the records that belong to these handoffs alone, but the `kept` fields; returns how many records
    that were."""
    rows = tx.execute(select(_handoff.c.id, _handoff.c.summary).where(in_set(_handoff.c.id, ids))).all()
    over = update(_handoff).where(_handoff.c.id == bindparam("b_id")).values(
        expired_at=now, wake_at=None, running=False, summary=bindparam("b_summary", type_=_handoff.c.summary.type)
    )  # fmt: skip
    told = [{"b_id": i, "b_summary": summary and {**summary, "unmapped": []}} for i, summary in rows]
    if told:
        tx.execute(over, told)
    tx.execute(delete(_text).where(in_set(_text.c.handoff_id, ids)))
    members = _only_of(tx, ids)
    return _drop_values(tx, sorted(members | key_index.find_hanging_only_on(tx, members)), kept, now)


def _only_of(tx: Connection, ids: Collection[str]) -> set[str]:
    """Members of these handoffs that no handoff has which is still kept."""
    refs = set(tx.execute(select(_member.c.ref).where(in_set(_member.c.handoff_id, ids))).scalars())
    kept = select(_member.c.ref).join(_handoff, _handoff.c.id == _member.c.handoff_id)
    living = set(tx.execute(kept.where(in_set(_member.c.ref, refs), _handoff.c.expired_at.is_(None))).scalars())
    return refs - living


def _drop_values(tx: Connection, refs: Sequence[str], kept: Kept, now: datetime) -> int:
    columns = (_record.c.ref, _record.c.modified_at, _record.c.vals, _record.c.facts)
    rows = tx.execute(select(*columns).where(in_set(_record.c.ref, refs), _record.c.expired_at.is_(None)))
    dropped = [_dropped(ref, at, values, facts, kept) for ref, at, values, facts in rows]
    fingerprints.forget(tx, refs)
    if dropped:
        names = ("vals", "facts", "flags", "value_written")
        values = {_record.c[n]: bindparam(f"b_{n}", type_=_record.c[n].type) for n in names}
        change = update(_record).where(_record.c.ref == bindparam("b_ref"))
        # No content has that hash: whatever is read of the record next counts as changed and is kept again.
        tx.execute(change.values({**values, _record.c.content_hash: b"", _record.c.expired_at: now}), dropped)
    tx.execute(delete(_key).where(in_set(_key.c.ref, refs), _key.c.role == KeyRole.EMAIL.value))
    return len(dropped)


def _dropped(ref: str, modified_at: datetime, values: Mapping[str, Any], facts: Mapping[str, Any], kept: Kept) -> Any:
    names = kept.get(RecordRef.parse(ref)[:2], frozenset())
    return {
        "b_ref": ref,
        "b_vals": {name: value for name, value in values.items() if name in names},
        "b_facts": {name: value for name, value in facts.items() if name in _DATED},
        "b_flags": None,
        "b_value_written": {"*": to_micros(modified_at)},
    }


def expire_written(tx: Connection, before: datetime) -> int:
    """Drop old and new values of writes that were settled before, the vendor's words about them, and problems of runs."""
    settled = select(_outbox.c.id).where(_settled_before(before))
    tx.execute(
        update(_delivery).where(_delivery.c.outbox_id.in_(settled), _delivery.c.message != "").values(message="")
    )
    found = tx.execute(update(_outbox).where(_settled_before(before)).values(old={}, new={}, reason=""))
    tx.execute(update(_run).where(_run.c.ended_at < before, _run.c.problems.isnot(None)).values(problems=None))
    return found.rowcount


def _settled_before(before: datetime) -> ColumnElement[bool]:
    waiting = [state.value for state in (*UNSENT, *IN_FLIGHT)]
    return (_outbox.c.settled_at < before) & _outbox.c.state.notin_(waiting) & (_outbox.c.new != {})


def has_expired(tx: Connection) -> bool:
    return bool(tx.execute(select(exists(select(_record.c.ref).where(_record.c.expired_at.isnot(None))))).scalar())


def find_expired_of(tx: Connection, ids: Iterable[str]) -> list[RecordRef]:
    """Records of these handoffs, and activities that hang on them, whose values were dropped and can be read again."""
    members = set(tx.execute(select(_member.c.ref).where(in_set(_member.c.handoff_id, ids))).scalars())
    role = _key.c.role == KeyRole.SUBJECT.value
    hanging = set(tx.execute(select(_key.c.ref).where(role, in_set(_key.c.key, members))).scalars())
    query = select(_record.c.ref).where(
        in_set(_record.c.ref, members | hanging), _record.c.expired_at.isnot(None), ~_record.c.deleted,
        _record.c.kind != Kind.HISTORY.value,
    )  # fmt: skip
    return [RecordRef.parse(ref) for ref in tx.execute(query.order_by(_record.c.ref)).scalars()]
