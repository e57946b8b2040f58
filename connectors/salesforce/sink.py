"""The writing half: sObject Collections, 200 records a call, one verdict per record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.kit.batch import same_for_all, settle, split, split_unique
from connectors.kit.errors import Refused, judge_record, redact
from connectors.kit.shape import shaped_methods
from connectors.salesforce import soql
from connectors.salesforce.client import MAX_QUERIES, Client
from connectors.salesforce.describe import FieldInfo, Schema
from connectors.salesforce.errors import RECORD_TABLE
from connectors.salesforce.fields import from_wire, to_wire, wire_names
from sync.core.model.flags import FlagField, Flags
from sync.core.model.records import RecordRef
from sync.errors import BatonError, OutcomeUnknown, StreamUnavailable, TransientError
from sync.ports import FlagWrite, WriteOutcome, WriteResult

BATCH = 200
_RERUN = "too many batch retries"


@shaped_methods
@dataclass
class SalesforceSink:
    """Writes flags into one org. See `sync.ports.Sink`."""

    connection: str
    client: Client = field(repr=False)
    schema: Schema = field(repr=False)
    chosen: frozenset[str] = frozenset()
    """Of our fields that are there by choice those that are."""

    def write(self, changes: Sequence[FlagWrite]) -> Sequence[WriteResult]:
        ordered = sorted(changes, key=lambda change: (change.ref.stream, change.ref.record_id))  # types in runs
        bodies = [
            (change, _body(change, self.chosen)) for change in ordered
        ]  # nothing is sent before all of it is checked
        results: list[WriteResult] = []
        for batch in split_unique(bodies, BATCH, lambda pair: pair[0].ref):
            results += settle([change for change, _ in batch], self._send(batch))
        return settle(changes, results)

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
            self.schema.forget(stream)
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

    def _send(self, batch: Sequence[tuple[FlagWrite, dict[str, Any]]]) -> list[WriteResult]:
        changes = [change for change, _ in batch]
        try:
            answer = self.client.patch("composite/sobjects", {"allOrNone": False, "records": [row for _, row in batch]})
        except OutcomeUnknown as error:
            return same_for_all(changes, WriteOutcome.UNKNOWN, "NO_ANSWER", str(error))
        except Refused as error:
            return self._divide(batch, error)
        except StreamUnavailable as error:
            return same_for_all(changes, WriteOutcome.REJECTED, "INVALID_TYPE", error.reason)
        except TransientError as error:
            return same_for_all(changes, WriteOutcome.RETRY, type(error).__name__, str(error), error.retry_after)
        rows = answer if isinstance(answer, list) and len(answer) == len(batch) else []
        results = [_result(change, row) for change, row in zip(changes, rows, strict=False)]
        return list(self._rerun(batch, results, rows))

    def _divide(self, batch: Sequence[tuple[FlagWrite, dict[str, Any]]], error: Refused) -> list[WriteResult]:
        """A request refused as a whole (unknown field, wrong type) is the fault of one type or one record in it."""
        if len(batch) == 1:
            answer = error.answer
            message = redact(answer.text) or str(error)
            return same_for_all([batch[0][0]], WriteOutcome.REJECTED, answer.code or str(answer.status), message)
        streams = sorted({change.ref.stream for change, _ in batch})
        if len(streams) > 1:
            parts = [[pair for pair in batch if pair[0].ref.stream == stream] for stream in streams]
        elif error.answer.code == "INVALID_FIELD":
            message = "one of our fields is missing or hidden: run `baton setup plan`"
            return same_for_all([change for change, _ in batch], WriteOutcome.REJECTED, "INVALID_FIELD", message)
        else:
            parts = [list(batch[: len(batch) // 2]), list(batch[len(batch) // 2 :])]
        return [result for part in parts for result in self._send(part)]

    def _rerun(
        self, batch: Sequence[tuple[FlagWrite, dict[str, Any]]], results: Sequence[WriteResult], rows: Sequence[Any]
    ) -> Iterator[WriteResult]:
        """Rows that failed only because a neighbour upset the org's triggers are sent again in two halves."""
        upset = [number for number, row in enumerate(rows) if len(batch) > 1 and _RERUN in _first_error(row)[1].lower()]
        yield from (result for number, result in enumerate(results) if number not in upset)
        half = (len(upset) + 1) // 2
        for part in (upset[:half], upset[half:]):
            if part:
                yield from self._send([batch[number] for number in part])

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


def _first_error(row: Any) -> tuple[str, str]:
    errors = row.get("errors") if isinstance(row, dict) else None
    first = errors[0] if errors else {}
    return str(first.get("statusCode", "")), str(first.get("message", ""))


def _result(change: FlagWrite, row: Any) -> WriteResult:
    if isinstance(row, dict) and row.get("success") is True:
        return WriteResult(change.ref, WriteOutcome.APPLIED)
    code, text = _first_error(row)
    verdict = judge_record(RECORD_TABLE, code, text)
    return WriteResult(change.ref, verdict.outcome, code, redact(text), verdict.retry_after)
