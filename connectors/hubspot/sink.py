"""The writing half: batch update, 100 records a call, results matched by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.hubspot.client import Client
from connectors.hubspot.errors import RECORD_TABLE, SYSTEMIC, check_parts, named_ids, property_problems
from connectors.hubspot.fields import from_wire, to_wire, wire_names
from connectors.hubspot.properties import Properties
from connectors.kit.batch import same_for_all, settle, split, split_unique
from connectors.kit.errors import Refused, judge_record, redact
from connectors.kit.shape import shaped_methods
from sync.core.model.flags import FlagField, Flags
from sync.core.model.records import RecordRef
from sync.errors import BugError, OutcomeUnknown, StreamUnavailable, TransientError
from sync.ports import FlagWrite, WriteOutcome, WriteResult

BATCH = 100
Entry = tuple[FlagWrite, dict[str, str]]


@shaped_methods
class HubSpotSink:
    """Writes flags into one portal. See `sync.ports.Sink`."""

    def __init__(
        self, connection: str, client: Client, properties: Properties, chosen: frozenset[str] = frozenset()
    ) -> None:
        """`chosen`: of our properties that are there by choice those that are."""
        self.connection = connection
        self._chosen = chosen
        self._client = client
        self._properties = properties

    def write(self, changes: Sequence[FlagWrite]) -> Sequence[WriteResult]:
        entries = [
            (change, _body(change, self._chosen)) for change in changes
        ]  # nothing is sent before all of it is checked
        results: list[WriteResult] = []
        for stream in sorted({change.ref.stream for change in changes}):
            own = [(change, body) for change, body in entries if change.ref.stream == stream]
            for batch in split_unique(own, BATCH, lambda entry: entry[0].ref):
                results += settle([change for change, _ in batch], self._send(stream, batch))
        return settle(changes, results)

    def read_flags(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Flags | None]:
        flags: dict[RecordRef, Flags | None] = dict.fromkeys(refs)
        for stream in sorted({ref.stream for ref in refs}):
            by_id = {ref.record_id: ref for ref in refs if ref.stream == stream}
            known = self._properties.of(stream)
            names = [name for name in wire_names(self._chosen).values() if name in known] or ["hs_object_id"]
            for some in split(by_id, BATCH):
                body = {"inputs": [{"id": one} for one in some], "properties": names, "propertiesWithHistory": []}
                answer = self._client.post(self._client.paths.objects(stream, "batch/read"), body, stream=stream)
                check_parts(answer)
                for raw in answer["results"]:
                    if (ref := by_id.get(str(raw["id"]))) and not raw.get("archived"):
                        flags[ref] = from_wire(raw["properties"])
        return flags

    def check_fields(self, streams: Sequence[str], fields: Sequence[FlagField]) -> Mapping[str, Sequence[str]]:
        faults: dict[str, Sequence[str]] = {}
        for stream in streams:
            self._properties.forget(stream)
            writable = self._writable(stream)
            own = wire_names(self._chosen)
            here = [one.name for one in fields if one.name in own]
            bad = [name for name in here if not writable.get(own[name], False)]
            if bad:
                faults[stream] = bad
        return faults

    def _writable(self, stream: str) -> Mapping[str, bool]:
        try:
            return self._properties.of(stream)
        except StreamUnavailable:
            return {}

    def _send(self, stream: str, batch: Sequence[Entry]) -> list[WriteResult]:
        changes = [change for change, _ in batch]
        inputs = [{"id": change.ref.record_id, "properties": body} for change, body in batch]
        path = self._client.paths.objects(stream, "batch/update")
        try:
            answer = self._client.post(path, {"inputs": inputs}, stream=stream, writing=True)
        except OutcomeUnknown as error:
            return same_for_all(changes, WriteOutcome.UNKNOWN, "NO_ANSWER", str(error))
        except Refused as error:
            return self._divide(stream, batch, error)
        except StreamUnavailable as error:
            return same_for_all(changes, WriteOutcome.REJECTED, "UNAVAILABLE", error.reason)
        except TransientError as error:
            return same_for_all(changes, WriteOutcome.RETRY, type(error).__name__, str(error), error.retry_after)
        return list(_results(changes, answer))

    def _divide(self, stream: str, batch: Sequence[Entry], error: Refused) -> list[WriteResult]:
        """The whole batch was refused, and nothing of it written: find whose fault it is, send the others again."""
        guilty = _guilty(batch, error)
        rest = [entry for entry in batch if entry not in guilty]
        results = [_refused(change, error) for change, _ in guilty]
        if guilty:
            return results + (self._send(stream, rest) if rest else [])
        half = len(batch) // 2
        return [result for part in (batch[:half], batch[half:]) for result in self._send(stream, part)]


def _guilty(batch: Sequence[Entry], error: Refused) -> list[Entry]:
    """Those that the answer names, by record or by a property that nobody can write; none = cannot tell."""
    if len(batch) == 1:
        return list(batch)
    body = error.answer.body
    errors = body.get("errors") or () if isinstance(body, dict) else ()
    ids = {one for part in (body, *errors) for one in named_ids(part)}
    broken = {problem.name for problem in property_problems(body) if problem.code in SYSTEMIC}
    return [entry for entry in batch if entry[0].ref.record_id in ids or broken & entry[1].keys()]


def _refused(change: FlagWrite, error: Refused) -> WriteResult:
    answer = error.answer
    code, text = _reason(answer.body, answer.code or str(answer.status), answer.text or str(error))
    verdict = judge_record(RECORD_TABLE, code, text)
    return WriteResult(change.ref, verdict.outcome, code, redact(text), verdict.retry_after)


def _reason(body: Any, code: str, text: str) -> tuple[str, str]:
    """Code and words of a refusal: those about properties say more than the envelope around them."""
    problems = property_problems(body)
    if not problems:
        return code, text
    return problems[0].code or code, "; ".join(f"{one.name}: {one.text}" for one in problems)


def _results(changes: Sequence[FlagWrite], answer: Mapping[str, Any]) -> Iterator[WriteResult]:
    """By id, never by order; a change that neither list names is left to `settle`."""
    by_id = {change.ref.record_id: change.ref for change in changes}
    for raw in answer.get("results") or ():
        if ref := by_id.pop(str(raw.get("id")), None):
            yield WriteResult(ref, WriteOutcome.APPLIED)
    for error in answer.get("errors") or ():
        code, text = _reason(error, str(error.get("category") or ""), str(error.get("message") or ""))
        verdict = judge_record(RECORD_TABLE, code, text)
        for one in named_ids(error):
            if ref := by_id.pop(one, None):
                yield WriteResult(ref, verdict.outcome, code, redact(text), verdict.retry_after)


def _body(change: FlagWrite, chosen: frozenset[str]) -> dict[str, str]:
    if not (change.ref.record_id.isascii() and change.ref.record_id.isdecimal()):
        raise BugError("not a HubSpot record id")
    return to_wire(change.values, chosen)
