"""The writing half: sObject Collections, 200 records a call, one verdict per record."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.kit.batch import WHOLE, Pace, name_flags, refused_option, same_for_all, settle, split
from connectors.kit.errors import Refused, judge_record, redact
from connectors.kit.sending import Sending
from connectors.kit.shape import shaped_methods
from connectors.salesforce import soql
from connectors.salesforce.client import MAX_QUERIES, Client
from connectors.salesforce.describe import FieldInfo, Schema
from connectors.salesforce.errors import OF_AN_OPTION, RECORD_TABLE, SYSTEMIC, UPSET
from connectors.salesforce.fields import from_wire, to_wire, wire_names
from sync.core.model.flags import FlagField, Flags
from sync.core.model.records import RecordRef
from sync.errors import BatonError, OutcomeUnknown, StreamUnavailable, TransientError
from sync.ports import FlagWrite, WriteOutcome, WriteResult

BATCH = 200
MISSING = "missing, hidden or read-only for the Run-As user"
_RERUN = "too many batch retries"
_OURS = re.compile(r"\bBaton_\w+?__c\b")
_TOO_LARGE = 413


@shaped_methods
@dataclass
class SalesforceSink:
    """Writes flags into one org. See `sync.ports.Sink`."""

    connection: str
    client: Client = field(repr=False)
    schema: Schema = field(repr=False)
    chosen: frozenset[str] = frozenset()
    """Of our fields that are there by choice those that are."""
    sleep: Callable[[float], None] = time.sleep
    pace: Pace = field(default_factory=lambda: Pace(BATCH))

    def write(self, changes: Sequence[FlagWrite]) -> Sequence[WriteResult]:
        ordered = sorted(changes, key=lambda change: (change.ref.stream, change.ref.record_id))  # types in runs
        for change in ordered:
            _body(change, self.chosen)  # nothing is sent before all of it is checked
        return settle(changes, Sending(self.pace, self._call, self.sleep).send_all(ordered))

    def read_flags(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Flags | None]:
        flags: dict[RecordRef, Flags | None] = dict.fromkeys(refs)
        by_id = {(ref.stream, soql.check_id(ref.record_id)): ref for ref in refs}
        for stream in sorted({ref.stream for ref in refs}):
            ids = [record_id for name, record_id in by_id if name == stream]
            for row in self._rows(stream, ids):
                if not row.get("IsDeleted"):
                    flags[by_id[stream, row["Id"]]] = from_wire(row)
        return flags

    def check_fields(self, streams: Sequence[str], fields: Sequence[FlagField]) -> Mapping[str, Sequence[str]]:
        faults: dict[str, Sequence[str]] = {}
        for stream in streams:
            known, own = self._known(stream), wire_names(stream, self.chosen)
            here = [one.name for one in fields if one.name in own]
            bad = [name for name in here if not ((info := known.get(own[name])) and info.updateable)]
            if bad:
                faults[stream] = bad
        return faults

    def _known(self, stream: str) -> Mapping[str, FieldInfo]:
        try:
            return self.schema.fields(stream)
        except StreamUnavailable:
            return {}

    def _call(self, sending: Sending, batch: Sequence[FlagWrite], kept: Sequence[FlagWrite]) -> list[WriteResult]:
        bodies = [_body(change, self.chosen) for change in kept]
        try:
            answer = self.client.patch("composite/sobjects", {"allOrNone": False, "records": bodies}, stream="a write")
        except OutcomeUnknown as error:
            return sending.doubt(batch, error)
        except Refused as error:
            return self._divide(sending, batch, kept, error)
        except StreamUnavailable as error:
            if not error.certain:
                return sending.stop(batch, TransientError(str(error)))
            streams = _by_stream(batch)
            return sending.part(streams) if len(streams) > 1 else sending.bar_all(batch, "INVALID_TYPE", error.reason)
        except TransientError as error:
            return sending.stop(batch, error)
        rows = answer if isinstance(answer, list) and len(answer) == len(batch) else []
        return list(self._judge(sending, batch, kept, rows))

    def _divide(
        self, sending: Sending, batch: Sequence[FlagWrite], kept: Sequence[FlagWrite], error: Refused
    ) -> list[WriteResult]:
        """A request refused as a whole (unknown field, wrong type, too large) is the fault of one type, one field or one
        record in it."""
        answer = error.answer
        if answer.code == "INVALID_FIELD" and self._bar_closed(sending, kept, answer.text):
            return sending.part([batch])
        if len(batch) == 1:
            message = redact(answer.text) or str(error)
            return same_for_all(batch, WriteOutcome.REJECTED, answer.code or str(answer.status), message)
        if answer.status == _TOO_LARGE:
            sending.pace.slower(len(batch))
        streams = _by_stream(batch)
        return sending.part(streams) if len(streams) > 1 else sending.halve(batch)

    def _bar_closed(self, sending: Sending, kept: Sequence[FlagWrite], text: str) -> bool:
        """Find out at once which of these fields are missing, hidden or read-only; the answer names only the first."""
        streams = sorted({change.ref.stream for change in kept})
        barred = False
        for stream in [one for one in streams if one in text.split()] or streams:
            closed = self._find_closed(stream, set(_OURS.findall(text)))
            changes = [change for change in kept if change.ref.stream == stream]
            held = [sending.bar(c, name, WHOLE, "INVALID_FIELD", MISSING) for c in changes for name in closed]
            barred = barred or any(held)
        return barred

    def _find_closed(self, stream: str, named: Collection[str]) -> list[str]:
        own = wire_names(stream, self.chosen)
        self.schema.forget(stream)
        try:
            known = self._known(stream)
        except TransientError:
            return name_flags(named, own)
        return [name for name, w in own.items() if w in named or not ((info := known.get(w)) and info.updateable)]

    def _judge(
        self, sending: Sending, batch: Sequence[FlagWrite], kept: Sequence[FlagWrite], rows: Sequence[Any]
    ) -> Iterator[WriteResult]:
        """One verdict per row. Sent again are rows without a field that nobody can write, and in two halves those that
        failed only because a neighbour upset the org's automation."""
        again: list[FlagWrite] = []
        upset: list[FlagWrite] = []
        for change, part, row in zip(batch, kept, rows, strict=False):
            if self._bar_refused(sending, part, row):
                again.append(change)
            elif len(batch) > 1 and _is_upset(row):
                upset.append(change)
            else:
                yield _result(sending, change, row)
        if len(upset) > 1:
            sending.pace.slower(len(batch))
        else:
            sending.went(len(batch))
        if again:
            yield from sending.part([again])
        if upset:
            yield from sending.halve(upset)

    def _bar_refused(self, sending: Sending, change: FlagWrite, row: Any) -> bool:
        """Whether this row met a refusal that every record with that field, or that option of it, would meet."""
        code, text = _first_error(row)
        if code not in SYSTEMIC:
            return False
        errors = row["errors"]
        fields = [str(name) for one in errors for name in one.get("fields") or ()] or _OURS.findall(text)
        flags = name_flags(fields, wire_names(change.ref.stream, self.chosen))
        found = [flag for flag in flags if flag in change.values]
        for flag in found:
            told = text.rpartition(": ")[2]
            option = refused_option(change.values[flag], told) if code in OF_AN_OPTION else WHOLE
            sending.bar(change, flag, option, code, redact(text))
        return bool(found)

    def _rows(self, stream: str, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        known = self.schema.fields(stream)
        columns = ["Id", "IsDeleted", *(n for n in wire_names(stream, self.chosen).values() if n in known)]
        queries = [soql.select(columns, stream, soql.id_in("Id", some)) for some in split(ids, soql.ID_BATCH)]
        for group in split(queries, MAX_QUERIES):
            for answer in self.client.queries(group, [stream] * len(group)):
                if isinstance(answer, BatonError):
                    raise answer
                for page in self.client.pages(answer, stream):
                    yield from page["records"]


def _body(change: FlagWrite, chosen: frozenset[str]) -> dict[str, Any]:
    return {
        "attributes": {"type": soql.check_name(change.ref.stream)},
        "id": soql.check_id(change.ref.record_id),
        **to_wire(change.values, change.ref.stream, chosen),
    }


def _by_stream(batch: Sequence[FlagWrite]) -> list[list[FlagWrite]]:
    streams = sorted({change.ref.stream for change in batch})
    return [[change for change in batch if change.ref.stream == stream] for stream in streams]


def _first_error(row: Any) -> tuple[str, str]:
    errors = row.get("errors") if isinstance(row, dict) else None
    first = errors[0] if errors else {}
    return str(first.get("statusCode", "")), str(first.get("message", ""))


def _is_upset(row: Any) -> bool:
    code, text = _first_error(row)
    return code in UPSET or _RERUN in text.lower()


def _result(sending: Sending, change: FlagWrite, row: Any) -> WriteResult:
    if isinstance(row, dict) and row.get("success") is True:
        return WriteResult(change.ref, WriteOutcome.APPLIED)
    code, text = _first_error(row)
    verdict = judge_record(RECORD_TABLE, code, text)
    if verdict.alone:
        sending.locked.add(change.ref)
    return WriteResult(change.ref, verdict.outcome, code, redact(text), verdict.retry_after, tries=verdict.tries)
