"""Judging one person's records as they were told, without a store: the same linking and the same judgement.

The evidence is what was told, so nothing has to be read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sync.core.mapping.activity import read_instant
from sync.core.mapping.keys import record_keys
from sync.core.mapping.spec import MappingSpec
from sync.core.model.handoff import Case, Judgement, Membership, Memory
from sync.core.model.records import KeyRole, Kind, RecordRef, SourceRecord
from sync.core.reconcile.graph import build_graph
from sync.core.reconcile.link import LinkResult, link
from sync.core.reconcile.version import build_directories, judge_in_force
from sync.core.rules.edition import Edition, Editions, in_force

_LINKED = frozenset({Kind.PERSON, Kind.DEAL, Kind.ROLE, Kind.ACCOUNT})
Records = Mapping[RecordRef, SourceRecord]


@dataclass(frozen=True, slots=True)
class Answer:
    """What Baton makes of it: who was joined across systems, and every handoff with its judgement, newest first."""

    links: tuple[tuple[RecordRef, RecordRef], ...]
    handoffs: tuple[tuple[Membership, Judgement], ...]


def judge_told(records: Records, editions: Editions, now: datetime) -> Answer:
    """Pure. `records` is everything that was told, colleagues and changes of fields included. A handoff whose records
    would carry nothing has a judgement without flags."""
    zone = editions[0].rules.is_clock.calendar.zone
    present = in_force(editions, now.astimezone(zone).date())
    linked = _link(records, present)
    users = (record for record in records.values() if record.kind in (Kind.USER, Kind.ABSENCE))
    directories = build_directories(users, editions)
    cases = (
        (membership, _case(records, linked, membership, present.mapping, now)) for membership in linked.memberships
    )
    found = [(membership, judge_in_force(case, editions, directories, now)) for membership, case in cases]
    found.sort(key=lambda pair: _rank(*pair), reverse=True)
    people = [record for record in records.values() if record.kind in _LINKED]
    joins = build_graph(people, present.mapping, present.rules.definition).joins
    pairs = sorted((person, other) for person, others in joins.items() for other in others)
    return Answer(tuple(pairs), tuple(found))


def _rank(membership: Membership, judgement: Judgement) -> tuple[bool, bool, float]:
    at = membership.sort_at
    return judgement.in_scope, membership.open, at.timestamp() if at is not None else float("-inf")


def _link(records: Records, edition: Edition) -> LinkResult:
    linked = [record for record in records.values() if record.kind in _LINKED]
    return link(linked, edition.mapping, edition.rules.definition)


def _case(records: Records, linked: LinkResult, membership: Membership, mapping: MappingSpec, now: datetime) -> Case:
    def keys(record: SourceRecord, role: KeyRole) -> Iterable[str]:
        return (key.key for key in record_keys(record, mapping) if key.role is role)

    own = (*membership.members, *membership.aliases)
    names = {str(ref) for ref in own}
    known = {ref: records[ref] for ref in own if ref in records}
    accounts = {key for record in known.values() for key in keys(record, KeyRole.CONTEXT)}
    known |= {ref: record for ref, record in records.items() if str(ref) in accounts}
    hanging = [
        record
        for record in records.values()
        if not record.deleted and names.intersection(keys(record, KeyRole.SUBJECT))
    ]
    return Case(
        handoff_id=str(membership.anchor),
        membership=membership,
        shown_on=tuple(ref for ref in membership.targets if linked.shown.get(ref) == membership.anchor),
        records=known,
        attached=tuple(sorted(hanging, key=lambda record: record.ref)),
        memory=Memory(confirmed_at=now),
        value_written={ref: _seen(record, now) for ref, record in known.items()},
    )


def _seen(record: SourceRecord, now: datetime) -> Mapping[str, datetime]:
    """Since when the record holds its values, where no change is on record: since it was last changed, or made."""
    made = read_instant(record.facts, "created_at")
    return dict.fromkeys(record.values, made if made is not None and record.modified_at > now else record.modified_at)
