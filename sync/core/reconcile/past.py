"""A handoff as its records held it at an earlier instant, where that can be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sync.core.mapping.activity import Change, read_instant
from sync.core.mapping.history import VALUE, Written, rank
from sync.core.model.fixed import changed
from sync.core.model.handoff import Case, Membership, Memory
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.reconcile.link import link
from sync.core.rules.evidence import Evidence

_BEFORE = timedelta(seconds=1)
_CREATED = {Kind.ACTIVITY: "logged_at", Kind.HISTORY: "at"}


def case_at(evidence: Evidence, at: datetime) -> Case | None:
    """The case as it was at `at` (aware), shown on no record; None where nobody can tell what the records held then or
    whom they were about.

    What was made later is left out, with the conversions to it; changes of values that are on record are undone.
    """
    case = evidence.case
    records = _records_at(evidence, at)
    membership = _membership_at(evidence, records) if records is not None else None
    if records is None or membership is None:
        return None
    return changed(
        case,
        membership=membership,
        shown_on=(),
        records=records,
        attached=tuple(_still_to_come(record, at) for record in case.attached if not _is_made_after(record, at)),
        # Judged before and frozen already: only what was missing is asked.
        memory=Memory(at - _BEFORE, at, confirmed_at=at, rounds=case.memory.rounds),
        value_written=_written_at(case, at),
        waivers=tuple(waiver for waiver in case.waivers if waiver.at is None or waiver.at <= at),
    )


def _records_at(evidence: Evidence, at: datetime) -> dict[RecordRef, SourceRecord] | None:
    changes = _changes_by_record(evidence.changes)
    kept: dict[RecordRef, SourceRecord] = {}
    for ref, record in evidence.case.records.items():
        if _is_made_after(record, at):
            continue
        then = _undo(evidence, record, changes.get(ref, ()), at)
        if then is None:
            return None
        kept[ref] = then
    gone = {str(ref) for ref in evidence.case.records.keys() - kept.keys()}
    return {ref: _unconvert(record, gone) for ref, record in kept.items()}


def _changes_by_record(changes: Iterable[Change]) -> Mapping[RecordRef, Sequence[Change]]:
    found: defaultdict[RecordRef, list[Change]] = defaultdict(list)
    for change in changes:
        if change.field == VALUE and change.subject is not None and change.at is not None:
            found[change.subject].append(change)
    return found


def _undo(evidence: Evidence, record: SourceRecord, changes: Sequence[Change], at: datetime) -> SourceRecord | None:
    """The record without its later changes; None when it changed since and nobody kept what."""
    if record.kind not in (Kind.PERSON, Kind.DEAL) or record.modified_at <= at or record.deleted:
        return record
    stream = evidence.stream_of(record)
    watched = stream.watched if stream is not None else ()
    known = [change for change in changes if change.name in watched]
    if not known:
        return None
    values = dict(record.values)
    for change in sorted(known, key=rank, reverse=True):
        if change.at is not None and change.at > at and change.name in values:
            if not change.told:
                return None
            values[change.name] = change.old
    return changed(record, values=values)


def _written_at(case: Case, at: datetime) -> dict[RecordRef, Mapping[str, datetime]]:
    """What was written since and undone had stood there from the start, unless an earlier change tells better."""
    return {ref: _as_of(fields, at, case.records.get(ref)) for ref, fields in case.value_written.items()}


def _as_of(written: Mapping[str, datetime], at: datetime, record: SourceRecord | None) -> Written:
    def tell(name: str, when: datetime | None) -> datetime | None:
        del name
        return when if when is None or when <= at else min(when, _made(record) or at)

    return Written(written, tell)


def _made(record: SourceRecord | None) -> datetime | None:
    return read_instant(record.facts, "created_at") if record is not None else None


def _unconvert(record: SourceRecord, gone: Collection[str]) -> SourceRecord:
    if not any(ref in gone for ref in record.facts.get("converted_to") or ()):
        return record
    facts: dict[str, Any] = {**record.facts, "converted": False, "converted_to": [], "converted_on": None}
    return changed(record, facts=facts)


def _membership_at(evidence: Evidence, records: Mapping[RecordRef, SourceRecord]) -> Membership | None:
    """Linked anew: the deal may not have been there yet, nor the person known. Where that leaves several, the one of
    the record on the sales side. What came from elsewhere stays: the cycle, and that the join is in doubt."""
    now = evidence.case.membership
    own = {*now.members}
    linked = link([*records.values()], evidence.mapping, evidence.rules.definition)
    found = [one for one in linked.memberships if one.anchor in own and one.primary is not None]
    if not found:
        return None

    def is_nearer(one: Membership) -> tuple[bool, bool, bool, datetime]:
        record = records[one.anchor]
        known = one.sort_at is not None
        return record.kind is Kind.DEAL, evidence.is_lead(record), known, one.sort_at or evidence.now

    return changed(
        max(found, key=is_nearer),
        cycle=now.cycle - len(evidence.case.memory.rounds),
        opened_at=now.opened_at,
        ambiguous=now.ambiguous,
        reason=now.reason,
    )


def _still_to_come(record: SourceRecord, at: datetime) -> SourceRecord:
    """A meeting that has taken place since was an appointment then."""
    happened = read_instant(record.facts, "at")
    if record.facts.get("type") != "meeting" or record.facts.get("status") != "done" or not happened or happened <= at:
        return record
    return changed(record, facts={**record.facts, "status": "scheduled"})


def _is_made_after(record: SourceRecord, at: datetime) -> bool:
    made = read_instant(record.facts, _CREATED.get(record.kind, "created_at"))
    return made is not None and made > at
