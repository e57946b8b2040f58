"""When a clock stands still, and its arithmetic around that.

A condition is true or false since some instant. Where it reads the status alone and its history is on record, every
stretch in which it held follows from that; else what was seen of it at each judgement is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sync.core.calendar import Calendar, Target, TargetKind, add_working, due, working_seconds
from sync.core.mapping.activity import Change
from sync.core.mapping.spec import NameFields
from sync.core.model.handoff import Stretch
from sync.core.model.records import SourceRecord
from sync.core.rules.evidence import Evidence
from sync.core.rules.expression import Expression
from sync.core.rules.operand import Field
from sync.core.rules.owner import OWNER, owner_changes
from sync.core.rules.twin import genuine_contacts, once

Gap = tuple[datetime, datetime]
_STATUS = frozenset({"status"})
_ALWAYS = datetime.min.replace(tzinfo=UTC)


# --- when a condition held ----------------------------------------------------------------------------------------------
def stretches(
    evidence: Evidence, begins: Expression, ends: Expression | None, remembered: Sequence[Stretch]
) -> tuple[Stretch, ...]:
    """When `begins` held, until `ends` did (without one: until `begins` was false), the earliest first."""
    if _rests_on_status(begins) and (ends is None or _rests_on_status(ends)):
        changes = _status_changes(evidence)
        if changes:
            return tuple(_walk(_history(evidence, changes), begins, ends))
    return _observe(evidence, begins, ends, remembered)


def _rests_on_status(condition: Expression) -> bool:
    return condition.facts == _STATUS and not condition.items and not condition.fields


def _status_changes(evidence: Evidence) -> list[Change]:
    found = [
        change
        for change in evidence.changes
        if change.field == "status" and change.subject == evidence.anchor.ref and change.told
        and change.at is not None and change.at <= evidence.now
    ]  # fmt: skip
    return sorted(found, key=lambda change: (change.at or _ALWAYS, str(change.new)))


def _history(evidence: Evidence, changes: Sequence[Change]) -> Iterator[tuple[datetime, Evidence]]:
    """The handoff with each status that its anchor has had, from when on. Since when it had the first is not known."""
    yield evidence.forgets_before or evidence.case.membership.opened_at or _ALWAYS, _with(evidence, changes[0].old)
    for change in changes:
        yield change.at or _ALWAYS, _with(evidence, change.new)


def _with(evidence: Evidence, status: str | None) -> Evidence:
    stream = evidence.stream_of(evidence.anchor)
    name = stream.stage_field if stream is not None else None
    values = {**evidence.anchor.values, name: status} if name else evidence.anchor.values
    return replace(evidence, anchor=replace(evidence.anchor, values=values))


def _walk(steps: Iterable[tuple[datetime, Evidence]], begins: Expression, ends: Expression | None) -> Iterator[Stretch]:
    began: datetime | None = None
    for at, then in steps:
        begun, ended = begins.judge(then), _ended(begins, ends, then)
        if began is None and begun is True and ended is not True:
            began = at
        elif began is not None and ended is True:
            yield began, max(began, at)
            began = None
    if began is not None:
        yield began, None


def _ended(begins: Expression, ends: Expression | None, then: Evidence) -> bool | None:
    if ends is not None:
        return ends.judge(then)
    held = begins.judge(then)
    return None if held is None else not held


def _observe(
    evidence: Evidence, begins: Expression, ends: Expression | None, remembered: Sequence[Stretch]
) -> tuple[Stretch, ...]:
    """What is remembered, with what can be seen now: an edge lies where something that the condition reads was written."""
    known = tuple(remembered)
    began = known[-1][0] if known and known[-1][1] is None else None
    begun, ended = begins.judge(evidence), _ended(begins, ends, evidence)
    if began is None and begun is True and ended is not True:
        at = written_at(evidence, (begins,))
        latest = known[-1][1] if known else None
        return (*known, (max(at, latest) if latest is not None else at, None))
    if began is not None and ended is True:
        return (*known[:-1], (began, max(began, written_at(evidence, (begins,) if ends is None else (ends,)))))
    return known


def written_at(evidence: Evidence, conditions: Iterable[Expression]) -> datetime:
    """The latest instant by now at which anything that these look at was written; now where nobody can tell."""
    found = [at for condition in conditions for at in _written(evidence, condition) if at <= evidence.now]
    return max(found, default=evidence.now)


def _written(evidence: Evidence, condition: Expression) -> Iterator[datetime]:
    anchor, stream = evidence.anchor, evidence.stream_of(evidence.anchor)
    for item in condition.items:
        value = evidence.items.get(item)
        if value is not None and value.source is not None:
            record = evidence.case.records.get(value.source.record)
            if record is not None:
                yield evidence.written_at(record, value.source.field)
        elif stream is not None:
            fields = stream.items.get(item, ())
            names = (fields.family, fields.given) if isinstance(fields, NameFields) else fields
            yield from (evidence.written_at(anchor, name) for name in names)
    for connection, stream_name, name in condition.fields:
        record = Field(connection, stream_name, name).record_of(evidence)
        if record is not None:
            yield evidence.written_at(record, name)
    for fact in condition.facts:
        yield from _fact_written(evidence, anchor, fact)


def _fact_written(evidence: Evidence, anchor: SourceRecord, fact: str) -> Iterator[datetime]:
    stream = evidence.stream_of(anchor)
    if fact == "status":
        changes = _status_changes(evidence)
        if changes and changes[-1].at is not None:
            yield changes[-1].at
        elif stream is not None and stream.stage_field:
            yield evidence.written_at(anchor, stream.stage_field)
    elif fact == "owner_roles":
        yield from (change.at for change in owner_changes(evidence, anchor)[-1:])
    elif fact == "contacts":
        yield from (at for at, _, _ in once(genuine_contacts(evidence)))
    elif fact == "stage":
        passed = evidence.passed
        if passed is not None and passed.at is not None:
            yield passed.at
    elif fact != OWNER and stream is not None and fact in stream.inputs:
        yield evidence.written_at(anchor, stream.inputs[fact])


# --- arithmetic around gaps ---------------------------------------------------------------------------------------------
def gaps_until(pauses: Iterable[Stretch], start: datetime, end: datetime) -> tuple[Gap, ...]:
    """The parts of pauses between start and end, in order, without overlaps."""
    found: list[Gap] = []
    for begin, over in sorted(pauses, key=lambda pause: pause[0]):
        first = max(begin, start, found[-1][1] if found else start)
        last = min(over, end) if over is not None else end
        if first < last:
            found.append((first, last))
    return tuple(found)


def paused_due(
    calendar: Calendar, start: datetime, target: Target, cutoff: time | None, gaps: Sequence[Gap]
) -> datetime | None:
    """When a clock is due that stands still in the gaps: what time was left when one began is left when it ends."""
    plain = due(calendar, start, target, cutoff=cutoff)
    if plain is None or not any(begin < plain and end > start for begin, end in gaps):
        return plain
    if target.kind is TargetKind.ELAPSED:
        return passed_real(start, target.span, gaps)
    return passed_working(calendar, start, timedelta(seconds=working_seconds(calendar, start, plain)), gaps)


def passed_real(start: datetime, span: timedelta, gaps: Sequence[Gap]) -> datetime:
    """When so much real time has passed outside the gaps."""
    end = start.astimezone(UTC) + span
    for begin, over in gaps:
        if begin < end:
            end += over - begin
    return end


def passed_working(calendar: Calendar, start: datetime, span: timedelta, gaps: Sequence[Gap]) -> datetime:
    """When so much working time has passed outside the gaps. Raises ValueError when the calendar ends before."""
    left, cursor = span, start
    for begin, over in gaps:
        worked = timedelta(seconds=working_seconds(calendar, cursor, begin))
        if worked >= left:
            break
        left, cursor = left - worked, over
    return add_working(calendar, cursor, left)


def worked(calendar: Calendar, start: datetime, end: datetime, gaps: Sequence[Gap]) -> int:
    """Working seconds from start to end outside the gaps (of that span)."""
    lost = sum(working_seconds(calendar, begin, min(over, end)) for begin, over in gaps if begin < end)
    return max(0, working_seconds(calendar, start, end) - lost)
