"""The tables, in one file though it is long: what is stored at a glance. Records are keyed by their reference text
`connection:stream:id`; instants are UTC microseconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, Table, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sync.store.types import Instant, Json, RowId


class Schema(DeclarativeBase):
    type_annotation_map = {datetime: Instant, str: Text, dict[str, Any]: Json, list[str]: Json, bytes: LargeBinary}  # noqa: RUF012 (SQLAlchemy reads it so)


class Counter(Schema):
    """Growing numbers, taken inside the transaction that uses them."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(RowId)


class Note(Schema):
    """Single facts about the store itself, such as the mode of the latest judgement."""

    __tablename__ = "note"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class TenantRow(Schema):
    __tablename__ = "tenant"
    connection: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[str]
    host: Mapped[str]
    sandbox: Mapped[bool]
    name: Mapped[str]
    pinned_at: Mapped[datetime]


class StreamState(Schema):
    __tablename__ = "stream_state"
    connection: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[dict[str, Any] | None]
    fields_asked: Mapped[list[str] | None]
    """Fields that the stored records were read with; other fields ask for a new reading from the start."""
    last_success: Mapped[datetime | None]
    last_error: Mapped[str | None]
    switched_off: Mapped[str | None]
    unreadable: Mapped[list[str] | None]
    last_sweep: Mapped[datetime | None]


class ComparisonRow(Schema):
    """One part of the full comparison: a stream, or something else that moves no stamp."""

    __tablename__ = "comparison"
    connection: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    begun_at: Mapped[datetime | None]
    """None: not under way."""
    place: Mapped[str]
    """Where to go on."""
    finished_at: Mapped[datetime | None]


class ComparedRow(Schema):
    """A record that the comparison under way has seen in its CRM."""

    __tablename__ = "compared"
    ref: Mapped[str] = mapped_column(primary_key=True)


class SourceRecordRow(Schema):
    """The small columns stand first: the change check reads nothing behind them."""

    __tablename__ = "source_record"
    ref: Mapped[str] = mapped_column(primary_key=True)
    content_hash: Mapped[bytes]
    flags_hash: Mapped[bytes | None]
    modified_at: Mapped[datetime]
    flags_written_at: Mapped[datetime | None]
    """Our latest write to it: an older version of the record says nothing about our flags."""
    deleted: Mapped[bool]
    dirty_seq: Mapped[int | None] = mapped_column(RowId)
    connection: Mapped[str]
    stream: Mapped[str]
    kind: Mapped[str]
    flags: Mapped[dict[str, Any] | None]
    value_written: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    values: Mapped[dict[str, Any]] = mapped_column("vals")
    expired_at: Mapped[datetime | None] = mapped_column()
    """When its values were dropped, because nothing happened to its handoffs for as long as the operator keeps them."""

    __table_args__ = (
        Index(
            "source_record_expired",
            "ref",
            sqlite_where=expired_at.isnot(None),
            postgresql_where=expired_at.isnot(None),
        ),
        Index(
            "source_record_dirty",
            "dirty_seq",
            sqlite_where=dirty_seq.isnot(None),
            postgresql_where=dirty_seq.isnot(None),
        ),
        Index("source_record_stream", "connection", "stream"),
        Index("source_record_user", "kind", sqlite_where=text("kind = 'user'"), postgresql_where=text("kind = 'user'")),
        # The change check reads this index alone: rows are a page each, and most of them did not change.
        Index("source_record_check", "ref", "content_hash", "flags_hash", "modified_at", "deleted", "flags_written_at"),
    )


class FingerprintRow(Schema):
    """What a record looked like when it was read last: see `sync.store.fingerprints`."""

    __tablename__ = "fingerprint"
    ref: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes]

    __table_args__ = ({"sqlite_with_rowid": False},)


class RecordKeyRow(Schema):
    __tablename__ = "record_key"
    ref: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (Index("record_key_key", "key", "role", "ref"),)


class HandoffRow(Schema):
    __tablename__ = "handoff"
    id: Mapped[str] = mapped_column(primary_key=True)
    anchor: Mapped[str] = mapped_column(index=True)
    primary_ref: Mapped[str | None]
    cycle: Mapped[int]
    opened_at: Mapped[datetime | None]
    sort_at: Mapped[datetime | None]
    open: Mapped[bool]
    ambiguous: Mapped[bool]
    reason: Mapped[str]
    dirty_seq: Mapped[int | None] = mapped_column(RowId)
    wake_at: Mapped[datetime | None] = mapped_column(index=True)
    rules_hash: Mapped[str | None]
    failed: Mapped[str | None] = mapped_column()
    """Type and place of the error that parked its judgement."""
    status: Mapped[str | None] = mapped_column(index=True)
    in_scope: Mapped[bool | None]
    running: Mapped[bool]
    """A clock waits for a contact."""
    memory: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any] | None]
    expired_at: Mapped[datetime | None] = mapped_column()
    """When the values of its records were dropped; it is judged again only when one of them changes."""

    # Rows are a page each, and most of them are out of scope: what is asked for in every cycle looks at none of those.
    __table_args__ = (
        Index(
            "handoff_dirty",
            "dirty_seq",
            "id",
            sqlite_where=dirty_seq.isnot(None),
            postgresql_where=dirty_seq.isnot(None),
        ),
        Index(
            "handoff_rules",
            "rules_hash",
            "id",
            sqlite_where=expired_at.is_(None),
            postgresql_where=expired_at.is_(None),
        ),
        Index("handoff_running", "id", sqlite_where=text("running = 1"), postgresql_where=text("running")),
        Index("handoff_in_scope", "id", sqlite_where=text("in_scope = 1"), postgresql_where=text("in_scope")),
        Index("handoff_failed", "id", sqlite_where=failed.isnot(None), postgresql_where=failed.isnot(None)),
    )


class HandoffMemberRow(Schema):
    __tablename__ = "handoff_member"
    handoff_id: Mapped[str] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(primary_key=True, index=True)
    position: Mapped[int]
    alias: Mapped[bool]
    target: Mapped[bool]


class ShownRow(Schema):
    """Which handoff a target record shows."""

    __tablename__ = "shown"
    ref: Mapped[str] = mapped_column(primary_key=True)
    handoff_id: Mapped[str] = mapped_column(index=True)
    connection: Mapped[str]


class SharedTextRow(Schema):
    """By what the text of an item of an open handoff can be recognised in others."""

    __tablename__ = "shared_text"
    handoff_id: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(index=True)


class ArrivalRow(Schema):
    """How the person of one handoff came, under one rule of what makes a batch."""

    __tablename__ = "arrival"
    handoff_id: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    """Raw lead source, folded."""
    at: Mapped[datetime]
    batch_at: Mapped[datetime | None] = mapped_column()
    """When the first of its batch came; empty: it is in none."""

    __table_args__ = (
        Index("arrival_source", "source", "rule", "at"),
        Index(
            "arrival_batch",
            "source",
            "rule",
            "batch_at",
            "at",
            sqlite_where=batch_at.isnot(None),
            postgresql_where=batch_at.isnot(None),
        ),
    )


class WaiverRow(Schema):
    """One exception given at the command line."""

    __tablename__ = "waiver"
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    handoff_id: Mapped[str] = mapped_column(index=True)
    given_for: Mapped[str | None]
    """Anchor of the handoff for which it was given: it comes back to it when what was merged comes apart."""
    cycle: Mapped[int]
    items: Mapped[list[str]]
    criteria: Mapped[list[str]]
    reason: Mapped[str]
    until: Mapped[str | None]
    """Last local day, `YYYY-MM-DD`."""
    given_by: Mapped[str]
    given_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]


class TombstoneRow(Schema):
    """A record that was erased on request and is kept no more: by a mark that only this store can make."""

    __tablename__ = "tombstone"
    mark: Mapped[str] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


class OutboxRow(Schema):
    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    connection: Mapped[str]
    ref: Mapped[str] = mapped_column(index=True)
    handoff_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    state: Mapped[str]
    approved: Mapped[bool]
    attempts: Mapped[int]
    retry_at: Mapped[datetime | None]
    reason: Mapped[str]
    run_id: Mapped[int | None] = mapped_column(RowId)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    old: Mapped[dict[str, Any]]
    new: Mapped[dict[str, Any]]

    __table_args__ = (Index("outbox_state", "state", "connection", "settled_at"),)


class RestraintRow(Schema):
    """One thing that keeps Baton from writing. Of all records of a stream: `ref` empty; of all fields: `flag` empty."""

    __tablename__ = "restraint"
    kind: Mapped[str] = mapped_column(primary_key=True)
    connection: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(primary_key=True)
    flag: Mapped[str] = mapped_column(primary_key=True)
    option: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    code: Mapped[str]
    message: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]

    __table_args__ = (Index("restraint_ref", "ref"),)


class DeliveryRow(Schema):
    """One attempt to write one entry."""

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    outbox_id: Mapped[int] = mapped_column(RowId, index=True)
    run_id: Mapped[int | None] = mapped_column(RowId)
    at: Mapped[datetime]
    outcome: Mapped[str]
    code: Mapped[str]
    message: Mapped[str]


class RunRow(Schema):
    __tablename__ = "run"
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    job: Mapped[str]
    mode: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    counts: Mapped[dict[str, Any] | None]
    problems: Mapped[list[Any] | None] = mapped_column(Json)
    behind: Mapped[dict[str, Any] | None]


class ApiUsageRow(Schema):
    """API calls of one connection in one hour of its CRM's clock."""

    __tablename__ = "api_usage"
    connection: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    calls: Mapped[int]


def table(row: type[Schema]) -> Table:
    """The Core table behind a typed row."""
    found = row.__table__
    assert isinstance(found, Table)
    return found
