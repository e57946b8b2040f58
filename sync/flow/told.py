"""Judging one person's records as they were told, without a store: the same linking and the same judgement.

What Baton would remember of them is replayed: the evidence is what was told, so nothing has to be read again, and the
state at the pass is what the records held then, where their history says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync.core.mapping.activity import read_instant
from sync.core.mapping.keys import record_keys
from sync.core.mapping.normalise import Tables
from sync.core.mapping.spec import MappingSpec
from sync.core.model.handoff import Case, Directory, Judgement, Membership, Memory
from sync.core.model.records import KeyRole, Kind, RecordRef, SourceRecord
from sync.core.reconcile.directory import build_directory
from sync.core.reconcile.graph import build_graph
from sync.core.reconcile.judge import judge
from sync.core.reconcile.link import LinkResult, link
from sync.core.rules.definition import RuleSet
from sync.ports import FieldChange

_LINKED = frozenset({Kind.PERSON, Kind.DEAL, Kind.ROLE, Kind.ACCOUNT})
_HOLDS_ITEMS = frozenset({Kind.PERSON, Kind.DEAL})
_BEFORE = timedelta(seconds=1)
Records = Mapping[RecordRef, SourceRecord]


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that was told about one person."""

    records: Records
    changes: Sequence[FieldChange]


@dataclass(frozen=True, slots=True)
class Answer:
    """What Baton makes of it: who was joined across systems, and every handoff with its judgement, newest first."""

    links: tuple[tuple[RecordRef, RecordRef], ...]
    handoffs: tuple[tuple[Membership, Judgement], ...]


def judge_told(told: Told, mapping: MappingSpec, rules: RuleSet, tables: Tables, now: datetime) -> Answer:
    """Pure. A handoff whose records would carry nothing has a judgement without flags."""
    told = Told(told.records, [change for change in told.changes if change.at <= now])
    users = [record for record in told.records.values() if record.kind is Kind.USER]
    bench = _Bench(mapping, rules, tables, build_directory(users, rules.definition))
    linked = bench.link(told.records)
    found = [(membership, bench.judge(told, linked, membership, now)) for membership in linked.memberships]
    found.sort(key=lambda pair: _rank(*pair), reverse=True)
    people = (record for record in told.records.values() if record.kind in _LINKED)
    joins = build_graph(list(people), mapping, rules.definition).joins
    pairs = sorted((person, other) for person, others in joins.items() for other in others)
    return Answer(tuple(pairs), tuple(found))


def _rank(membership: Membership, judgement: Judgement) -> tuple[bool, bool, float]:
    at = membership.sort_at
    return judgement.in_scope, membership.open, at.timestamp() if at is not None else float("-inf")


@dataclass(frozen=True, slots=True)
class _Bench:
    """The rules under which everything is judged."""

    mapping: MappingSpec
    rules: RuleSet
    tables: Tables
    directory: Directory

    def link(self, records: Records) -> LinkResult:
        return link(
            [record for record in records.values() if record.kind in _LINKED], self.mapping, self.rules.definition
        )

    def judge(self, told: Told, linked: LinkResult, membership: Membership, now: datetime) -> Judgement:
        case = self._case(told, linked, membership, now)
        judgement = self._judge(replace(case, memory=Memory(confirmed_at=now)), now)
        grace_end = judgement.pass_.grace_end if judgement.pass_ is not None else None
        if grace_end is None or grace_end > now:
            return judgement
        at_pass = self._missing_at(told, case, grace_end)
        if at_pass is None:
            return judgement
        memory = Memory(grace_end - _BEFORE, grace_end, at_pass, confirmed_at=now)
        return self._judge(replace(case, memory=memory), now)

    def _judge(self, case: Case, now: datetime) -> Judgement:
        return judge(
            case, mapping=self.mapping, rules=self.rules, tables=self.tables, directory=self.directory, now=now
        )

    def _missing_at(self, told: Told, case: Case, at: datetime) -> tuple[str, ...] | None:
        """What was missing then; None where nobody can say what the records held."""
        if not all(_is_known_at(case.records[ref], told, at) for ref in case.membership.members if ref in case.records):
            return None
        then = Told(_as_of(told, at), [change for change in told.changes if change.at <= at])
        linked = self.link(then.records)
        own = {*case.membership.members}
        for membership in linked.memberships:
            if membership.anchor in own and (membership.primary is not None):
                memory = Memory(at - _BEFORE, confirmed_at=at)
                return self._judge(replace(self._case(then, linked, membership, at), memory=memory), at).missing
        return None

    def _case(self, told: Told, linked: LinkResult, membership: Membership, now: datetime) -> Case:
        own = (*membership.members, *membership.aliases)
        names = {str(ref) for ref in own}
        records = {ref: told.records[ref] for ref in own if ref in told.records}
        accounts = {key for record in records.values() for key in self._keys(record, KeyRole.CONTEXT)}
        records |= {ref: record for ref, record in told.records.items() if str(ref) in accounts}
        hanging = [
            record
            for record in told.records.values()
            if not record.deleted and names.intersection(self._keys(record, KeyRole.SUBJECT))
        ]
        shown_on = tuple(ref for ref in membership.targets if linked.shown.get(ref) == membership.anchor)
        written = {ref: _written(record, told.changes, now) for ref, record in records.items()}
        attached = tuple(sorted(hanging, key=lambda record: record.ref))
        return Case(str(membership.anchor), membership, shown_on, records, attached, value_written=written)

    def _keys(self, record: SourceRecord, role: KeyRole) -> Iterable[str]:
        return (key.key for key in record_keys(record, self.mapping) if key.role is role)


def _written(record: SourceRecord, changes: Iterable[FieldChange], now: datetime) -> Mapping[str, datetime]:
    """Since when the record holds each value: by its history, else since it was last changed, or made."""
    made = read_instant(record.facts, "created_at")
    since = made if made is not None and record.modified_at >= now else record.modified_at
    written = dict.fromkeys(record.values, since)
    for change in sorted(changes, key=lambda change: change.at):
        if change.record == record.ref:
            written[change.field] = change.at
    return written


def _is_known_at(record: SourceRecord, told: Told, at: datetime) -> bool:
    """Whether what the record held then can be told: untouched since, made later, or its items have a history."""
    if record.kind not in _HOLDS_ITEMS or record.modified_at <= at or _is_made_after(record, at):
        return True
    return any(change.record == record.ref and change.field in record.values for change in told.changes)


def _as_of(told: Told, at: datetime) -> Records:
    """The records as they were then: later ones gone, later changes undone."""
    later = [change for change in told.changes if change.at > at]
    kept = {ref: record for ref, record in told.records.items() if not _is_made_after(record, at)}
    gone = {str(ref) for ref in told.records.keys() - kept.keys()}
    return {ref: _undo(record, later, gone) for ref, record in kept.items()}


def _is_made_after(record: SourceRecord, at: datetime) -> bool:
    name = "logged_at" if record.kind is Kind.ACTIVITY else "at" if record.kind is Kind.HISTORY else "created_at"
    made = read_instant(record.facts, name)
    return made is not None and made > at


def _undo(record: SourceRecord, later: Iterable[FieldChange], gone: set[str]) -> SourceRecord:
    values, facts = dict(record.values), dict(record.facts)
    for change in sorted(later, key=lambda change: change.at, reverse=True):
        if change.record == record.ref and change.field in values:
            values[change.field] = change.old
    if gone.intersection(facts.get("converted_to") or ()):
        facts |= {"converted": False, "converted_to": [], "converted_on": None}
    return replace(record, values=values, facts=facts)
