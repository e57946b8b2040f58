"""The writing half: batch update, 100 records a call, results matched by id."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.hubspot.client import Client
from connectors.hubspot.errors import (
    OF_AN_OPTION,
    RECORD_TABLE,
    SYSTEMIC,
    check_parts,
    named_ids,
    property_problems,
)
from connectors.hubspot.fields import from_wire, to_wire, wire_names
from connectors.hubspot.properties import Properties
from connectors.kit.batch import WHOLE, Pace, name_flags, refused_option, settle, split
from connectors.kit.errors import Refused, judge_record, redact
from connectors.kit.sending import Sending
from connectors.kit.shape import shaped_methods
from sync.core.model.flags import FlagField, Flags, carries
from sync.core.model.records import RecordRef
from sync.errors import BugError, OutcomeUnknown, StreamUnavailable, TransientError
from sync.ports import FlagWrite, WriteOutcome, WriteResult

BATCH = 100
_NOT_ALLOWED = " was not one of the allowed options"
_TOO_LARGE = 413


@shaped_methods
class HubSpotSink:
    """Writes flags into one portal. See `sync.ports.Sink`."""

    def __init__(
        self,
        connection: str,
        client: Client,
        properties: Properties,
        chosen: frozenset[str] = frozenset(),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`chosen`: of our properties that are there by choice those that are."""
        self.connection = connection
        self._chosen = chosen
        self._client = client
        self._properties = properties
        self._sleep = sleep
        self._pace = Pace(BATCH)

    def write(self, changes: Sequence[FlagWrite]) -> Sequence[WriteResult]:
        for change in changes:
            _body(change, self._chosen)  # nothing is sent before all of it is checked
        sending = Sending(self._pace, self._call, self._sleep)
        results: list[WriteResult] = []
        for stream in sorted({change.ref.stream for change in changes}):
            results += sending.send_all([change for change in changes if change.ref.stream == stream])
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

    def _call(self, sending: Sending, batch: Sequence[FlagWrite], kept: Sequence[FlagWrite]) -> list[WriteResult]:
        stream = batch[0].ref.stream
        inputs = [{"id": change.ref.record_id, "properties": _body(change, self._chosen)} for change in kept]
        path = self._client.paths.objects(stream, "batch/update")
        try:
            answer = self._client.post(path, {"inputs": inputs}, stream=stream, writing=True)
        except OutcomeUnknown as error:
            return sending.doubt(batch, error)
        except Refused as error:
            return self._divide(sending, batch, kept, error)
        except StreamUnavailable as error:
            if not error.certain:
                return sending.stop(batch, TransientError(str(error)))
            return sending.bar_all(batch, "UNAVAILABLE", error.reason)
        except TransientError as error:
            return sending.stop(batch, error)
        sending.went(len(batch))
        return self._judge(sending, batch, kept, answer)

    def _divide(
        self, sending: Sending, batch: Sequence[FlagWrite], kept: Sequence[FlagWrite], error: Refused
    ) -> list[WriteResult]:
        """The whole batch was refused, and nothing of it written: find what or whose fault it is, send the others again."""
        answer = error.answer
        if self._bar_refused(sending, kept, answer.body):
            return sending.part([batch])
        guilty = set(_named(answer.body)) if len(batch) > 1 else {change.ref.record_id for change in batch}
        results = [_refused(change.ref, error) for change in batch if change.ref.record_id in guilty]
        rest = [change for change in batch if change.ref.record_id not in guilty]
        if results:
            return results + (sending.part([rest]) if rest else [])
        if answer.status == _TOO_LARGE:
            sending.pace.slower(len(batch))
        return sending.halve(batch)

    def _judge(
        self, sending: Sending, batch: Sequence[FlagWrite], kept: Sequence[FlagWrite], answer: Mapping[str, Any]
    ) -> list[WriteResult]:
        """By id, never by order; a change that neither list names is left to `settle`."""
        whole, parts = ({one.ref.record_id: one for one in some} for some in (batch, kept))
        done = [str(raw.get("id")) for raw in answer.get("results") or ()]
        results = [WriteResult(change.ref, WriteOutcome.APPLIED) for one in done if (change := whole.pop(one, None))]
        again: list[FlagWrite] = []
        for error in answer.get("errors") or ():
            found = [change for one in named_ids(error) if (change := whole.pop(one, None))]
            if self._bar_refused(sending, [parts[change.ref.record_id] for change in found], error):
                again += found
            else:
                code, text = _reason(error, str(error.get("category") or ""), str(error.get("message") or ""))
                results += [_judged(sending, change.ref, code, text) for change in found]
        return results + (sending.part([again]) if again else [])

    def _bar_refused(self, sending: Sending, changes: Sequence[FlagWrite], body: Any) -> bool:
        """Whether it is about properties, or options of them, that nobody can write."""
        barred = False
        for problem in property_problems(body):
            flags = name_flags([problem.name], wire_names(self._chosen)) if problem.code in SYSTEMIC else []
            told = problem.text.partition(_NOT_ALLOWED)[0].strip().strip('"')
            for flag in flags:
                for change in changes:
                    option = WHOLE
                    if problem.code in OF_AN_OPTION:
                        option = told if len(changes) > 1 else refused_option(change.values.get(flag), told)
                        if not carries(change.values.get(flag), option):
                            continue
                    barred |= sending.bar(change, flag, option, problem.code, redact(problem.text))
        return barred


def _named(body: Any) -> list[str]:
    """Ids of the records that a refusal names."""
    errors = body.get("errors") or () if isinstance(body, dict) else ()
    return [one for part in (body, *errors) for one in named_ids(part)]


def _refused(ref: RecordRef, error: Refused) -> WriteResult:
    answer = error.answer
    code, text = _reason(answer.body, answer.code or str(answer.status), answer.text or str(error))
    verdict = judge_record(RECORD_TABLE, code, text)
    return WriteResult(ref, verdict.outcome, code, redact(text), verdict.retry_after)


def _judged(sending: Sending, ref: RecordRef, code: str, text: str) -> WriteResult:
    verdict = judge_record(RECORD_TABLE, code, text)
    if verdict.alone:
        sending.locked.add(ref)
    return WriteResult(ref, verdict.outcome, code, redact(text), verdict.retry_after)


def _reason(body: Any, code: str, text: str) -> tuple[str, str]:
    """Code and words of a refusal: those about properties say more than the envelope around them."""
    problems = property_problems(body)
    if not problems:
        return code, text
    return problems[0].code or code, "; ".join(f"{one.name}: {one.text}" for one in problems)


def _body(change: FlagWrite, chosen: frozenset[str]) -> dict[str, str]:
    if not (change.ref.record_id.isascii() and change.ref.record_id.isdecimal()):
        raise BugError("not a HubSpot record id")
    return to_wire(change.values, chosen)
