"""A CRM in memory behind the real ports, with faults that tests switch on. Small enough to be seen to be right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.budget import Usage
from sync.core.model.flags import FlagField, Flags
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import BatonError, StreamUnavailable
from sync.ports import (
    Connection,
    Covered,
    Cursor,
    FlagWrite,
    Page,
    Part,
    Stamp,
    StreamSpec,
    Tenant,
    Walk,
    WriteOutcome,
    WriteResult,
)  # fmt: skip

NOON = datetime(2026, 10, 6, 3, 0, tzinfo=UTC)
"""A Tuesday, 12:00 in Tokyo."""
PAGE = 3


class Killed(BaseException):
    """Stands for kill -9: nothing of ours runs after it."""


@dataclass
class Clock:
    """The CRMs' common clock; stands still unless moved."""

    now: datetime = NOON

    def pass_(self, **amount: float) -> datetime:
        self.now += timedelta(**amount)
        return self.now


@dataclass
class MemoryCrm:
    """One connection: its records, the order in which they changed, and a log of all that was asked."""

    connection: str
    clock: Clock
    streams: tuple[StreamSpec, ...]
    records: dict[RecordRef, SourceRecord] = field(default_factory=dict[RecordRef, SourceRecord])
    changes: list[RecordRef] = field(default_factory=list[RecordRef])
    calls: list[str] = field(default_factory=list[str])
    written: list[tuple[RecordRef, dict[str, Any]]] = field(default_factory=list[tuple[RecordRef, dict[str, Any]]])
    """Writes as they were applied."""
    missing: dict[str, str] = field(default_factory=dict[str, str])
    doubtful: set[str] = field(default_factory=set[str])
    """Those of the missing of which no answer says that they are not there."""
    """Streams that this tenant lacks, with the reason."""
    broken: dict[str, Exception] = field(default_factory=dict[str, Exception])
    """Streams (or `read STREAM`, `activities`, `write`, `read_flags`) that raise."""
    answer: Callable[[FlagWrite], WriteOutcome | None] = lambda _change: None
    """What becomes of a write; None: applied."""
    verdict: WriteResult | None = None
    """What every write is answered with."""
    closed: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Stream → flags that no write can change."""
    told_closed: bool = True
    """Whether `check_fields` knows of them."""
    kill_after_writing: bool = False
    covered: datetime | None = None
    """Up to when everything is visible; None: now."""
    unlisted: set[str] = field(default_factory=set[str])
    """Ids that the inventory leaves out."""
    hidden: set[str] = field(default_factory=set[str])
    """Fields that the user may not read."""
    has_drifted: bool = False
    checked: int = 0
    """How often the streams were checked."""
    tenant_error: Exception | None = None
    unstamped: tuple[str, ...] = ()
    """Fields that change without a stamp."""
    tenant_id: str = "T1"

    # -- what people do in it

    def put(
        self,
        stream: str,
        record_id: str,
        values: Mapping[str, Any] | None = None,
        *,
        silently: bool = False,
        **facts: Any,
    ) -> RecordRef:
        """Create or edit a record; `silently` leaves its stamp, as an association does."""
        ref = RecordRef(self.connection, stream, record_id)
        spec = next(s for s in self.streams if s.name == stream)
        before = self.records.get(ref)
        old = before or SourceRecord(ref, spec.kind, self.clock.now, flags={} if spec.carries_flags else None)
        stamp = old.modified_at if silently else self.clock.now
        given = {**dict.fromkeys(spec.fields), **old.values, **(values or {})}
        self.records[ref] = replace(old, modified_at=stamp, values=given, facts={**old.facts, **facts})
        if not silently:
            self.changes.append(ref)
        return ref

    def delete(self, ref: RecordRef, **facts: Any) -> None:
        old = self.records[ref]
        self.records[ref] = replace(old, modified_at=self.clock.now, deleted=True, facts={**old.facts, **facts})
        self.changes.append(ref)

    def set_flags(self, ref: RecordRef, **flags: Any) -> None:
        """A person edits our fields."""
        old = self.records[ref]
        self.records[ref] = replace(old, modified_at=self.clock.now, flags={**(old.flags or {}), **flags})
        self.changes.append(ref)

    def flags(self, ref: RecordRef) -> dict[str, Any]:
        return {n: v for n, v in (self.records[ref].flags or {}).items() if v is not None}

    # -- Source

    def tenant(self) -> Tenant:
        if self.tenant_error is not None:
            raise self.tenant_error
        return Tenant(self.tenant_id, f"{self.connection}.example", True, f"{self.connection} sandbox")

    def server_time(self) -> datetime:
        return self.clock.now

    def available(
        self, specs: Sequence[StreamSpec]
    ) -> tuple[list[StreamSpec], dict[str, StreamUnavailable], dict[str, list[str]]]:
        signs = any(s.kind is Kind.ACTIVITY and s.name in self.missing for s in specs)
        told = [replace(s, signs=signs and s.kind is Kind.PERSON) for s in specs if s.name not in self.missing]
        told = [replace(s, unstamped=tuple(f for f in s.fields if f in self.unstamped)) for s in told]
        unread = {s.name: [f for f in s.fields if f in self.hidden] for s in told}
        told = [replace(s, fields=tuple(f for f in s.fields if f not in self.hidden)) for s in told]
        self.has_drifted = False
        self.checked += 1
        off = {
            name: StreamUnavailable(name, reason, certain=name not in self.doubtful)
            for name, reason in self.missing.items()
        }
        return told, off, {name: fields for name, fields in unread.items() if fields}

    def head(self, specs: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]) -> Iterator[Page]:
        self.calls.append("head")
        for spec in specs:
            if spec.name not in self.broken:
                yield from self._pages(spec, int((cursors.get(spec.name) or {}).get("n", 0)))
        for spec in specs:
            if spec.name in self.broken:
                raise self.broken[spec.name]

    def _pages(self, spec: StreamSpec, after: int) -> Iterator[Page]:
        changed = [(n, r) for n, r in enumerate(self.changes, 1) if n > after and r.stream == spec.name]
        while len(changed) > PAGE:
            page, changed = changed[:PAGE], changed[PAGE:]
            yield Page(spec.name, [self._shown(r) for _, r in page], {"n": page[-1][0]}, more=True)
        cursor = {"n": changed[-1][0] if changed else after}
        yield Page(spec.name, [self._shown(r) for _, r in changed], cursor, more=False)

    def sweep(
        self, windows: Sequence[tuple[StreamSpec, datetime]]
    ) -> Iterator[tuple[str, Sequence[Stamp] | Covered | BatonError]]:
        self.calls.append("sweep")
        for spec, since in windows:
            found = [r for r in self.records.values() if r.ref.stream == spec.name and r.modified_at >= since]
            broken = self.broken.get(f"sweep {spec.name}")
            if isinstance(broken, BatonError):
                yield spec.name, broken
                continue
            yield spec.name, [Stamp(r.ref.record_id, r.modified_at, r.deleted) for r in found]
            yield spec.name, Covered(min(self.clock.now, self.covered or self.clock.now))

    def drifted(self) -> bool:
        return self.has_drifted

    def inventory(self, walks: Sequence[Walk]) -> Iterator[tuple[str, Part | BatonError]]:
        for walk in walks:
            self.calls.append(f"inventory {walk.spec.name}")
            broken = self.broken.get(f"inventory {walk.spec.name}")
            if isinstance(broken, BatonError):
                yield walk.spec.name, broken
                continue
            own = sorted(r.ref.record_id for r in self.records.values() if r.ref.stream == walk.spec.name)
            own = [one for one in own if one > walk.place and one not in self.unlisted]
            for start in range(0, max(len(own), 1), PAGE):
                some = [
                    self.records[RecordRef(self.connection, walk.spec.name, one)] for one in own[start : start + PAGE]
                ]
                stamps = [Stamp(r.ref.record_id, r.modified_at, r.deleted) for r in some]
                yield walk.spec.name, Part(stamps, own[start + PAGE - 1] if start + PAGE < len(own) else None)

    def links_of(
        self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]
    ) -> Iterator[tuple[StreamSpec, Mapping[RecordRef, Sequence[str]]]]:
        self.calls.append("links")
        if "links" in self.broken:
            raise self.broken["links"]
        for spec in specs:
            found: dict[RecordRef, list[str]] = {}
            for record in self.records.values():
                if record.ref.stream == spec.name and not record.deleted:
                    for subject in subjects:
                        if str(subject) in record.facts.get("subjects", ()):
                            found.setdefault(subject, []).append(record.ref.record_id)
            yield spec, found

    def read(self, spec: StreamSpec, record_ids: Sequence[str]) -> Iterator[SourceRecord]:
        self.calls.append(f"read {spec.name}")
        if f"read {spec.name}" in self.broken:
            raise self.broken[f"read {spec.name}"]
        for record_id in record_ids:
            ref = RecordRef(self.connection, spec.name, record_id)
            gone = SourceRecord(ref, spec.kind, self.clock.now, deleted=True)
            yield self._shown(ref) if ref in self.records else gone

    def _shown(self, ref: RecordRef) -> SourceRecord:
        """As the user may see it."""
        record = self.records[ref]
        if self.hidden.isdisjoint(record.values):
            return record
        self.has_drifted = True
        return replace(record, values={n: v for n, v in record.values.items() if n not in self.hidden})

    def activities_of(self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]) -> Iterator[SourceRecord]:
        self.calls.append("activities")
        if "activities" in self.broken:
            raise self.broken["activities"]
        names, wanted = {s.name for s in specs}, {str(s) for s in subjects}
        for record in list(self.records.values()):
            if record.ref.stream in names and not record.deleted and wanted & set(record.facts.get("subjects", ())):
                yield record

    def usage(self) -> Usage:
        return Usage(len(self.calls))

    # -- Sink

    def write(self, changes: Sequence[FlagWrite]) -> Sequence[WriteResult]:
        self.calls.append("write")
        if "write" in self.broken:
            raise self.broken["write"]
        self.clock.pass_(seconds=1)
        results = [self._write(change) for change in changes]
        if self.kill_after_writing:
            raise Killed
        return results

    def _write(self, change: FlagWrite) -> WriteResult:
        if self.verdict is not None:
            return replace(self.verdict, ref=change.ref)
        outcome = self.answer(change) or WriteOutcome.APPLIED
        record = self.records.get(change.ref)
        if record is None:
            return WriteResult(change.ref, WriteOutcome.CONFLICT, "TEST", "it is gone")
        left_out = {name: "" for name in change.values if name in self.closed.get(change.ref.stream, ())}
        if left_out:
            rest = {name: value for name, value in change.values.items() if name not in left_out}
            done = self._write(FlagWrite(change.ref, rest)).outcome if rest else WriteOutcome.REJECTED
            return WriteResult(change.ref, done, "CLOSED", "the field is closed", left_out=left_out)
        if record.deleted:
            outcome = WriteOutcome.CONFLICT
        if outcome is WriteOutcome.APPLIED:
            self.records[change.ref] = replace(
                record, modified_at=self.clock.now, flags={**(record.flags or {}), **change.values}
            )
            self.changes.append(change.ref)
            self.written.append((change.ref, dict(change.values)))
        return WriteResult(change.ref, outcome, "" if outcome is WriteOutcome.APPLIED else "TEST", "as the test says")

    def read_flags(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Flags | None]:
        self.calls.append("read_flags")
        if "read_flags" in self.broken:
            raise self.broken["read_flags"]
        return {r: None if self.records[r].deleted else dict(self.records[r].flags or {}) for r in refs}

    def check_fields(self, streams: Sequence[str], fields: Sequence[FlagField]) -> Mapping[str, Sequence[str]]:
        if not self.told_closed:
            return {}
        return {stream: sorted(self.closed[stream]) for stream in streams if self.closed.get(stream)}

    def as_connection(self) -> Connection:
        return Connection(self.connection, self.connection, self, self, self.streams)


def unavailable(stream: str) -> StreamUnavailable:
    return StreamUnavailable(stream, "the token has no scope for it")


def spec(name: str, kind: Kind, *fields: str, carries_flags: bool = False) -> StreamSpec:
    return StreamSpec(name, kind, fields, carries_flags)
