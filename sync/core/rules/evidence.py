"""What the rules look at: one handoff with its facts read, at one instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import lru_cache

from sync.core.calendar import Calendar, Target, TargetKind, look_back
from sync.core.mapping.activity import Activity, Change, read_activity, read_change, read_ref
from sync.core.mapping.history import VALUE, date_by_history, rank
from sync.core.mapping.latest import Latest
from sync.core.mapping.normalise.tables import fold
from sync.core.mapping.spec import MappingSpec, StreamMapping
from sync.core.model.fixed import changed
from sync.core.model.handoff import Case, Directory, PassFinding
from sync.core.model.items import UNMAPPED, ItemValue, Provenance, ValueState
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.rules.contact import Contact, weigh
from sync.core.rules.definition import ClockPolicy, RuleSet

OWNER = "owner"
"""Field of a change: somebody else got the record."""


@dataclass(slots=True)
class Evidence:
    """One handoff as the rules see it. `members` are persons and deals that exist; roles stand apart."""

    case: Case
    mapping: MappingSpec
    rules: RuleSet
    directory: Directory
    now: datetime
    zone: tzinfo
    """Of the local days."""
    today: date
    """The local day of `now`."""
    anchor: SourceRecord
    stream: StreamMapping | None
    """Of the anchor."""
    is_deal: bool
    has_person: bool
    """Whether it is clear whom the handoff is about."""
    members: tuple[SourceRecord, ...]
    roles: tuple[SourceRecord, ...]
    activities: tuple[Activity, ...]
    contacts: tuple[Contact, ...]
    """One per activity, in the same order."""
    changes: tuple[Change, ...]
    items: Mapping[str, ItemValue]
    typed: tuple[str, ...]
    """Items that this pass needs and people type, in order."""
    automatic: tuple[str, ...]
    leads: frozenset[tuple[str, str]]
    """Streams of sales people who can be converted."""
    moves: tuple[Change, ...]
    """Of the changes those of an owner."""
    decision: str | None = None
    """FS's answer on the sales record, canonical; None where there is none, and on any other record."""
    passed: PassFinding | None = None
    """Once it is known."""
    turns: list[datetime] = field(default_factory=list[datetime])
    """Instants at which an item's state changes by time alone."""

    @property
    def forgets_before(self) -> datetime | None:
        """From the second cycle on, what happened before it belongs to the first."""
        return self.case.membership.opened_at if self.case.membership.cycle > 1 else None

    @property
    def reopened_at(self) -> datetime | None:
        """When the present round opened on the same anchor; None in its first one."""
        rounds = self.case.memory.rounds
        return rounds[-1] if rounds else None

    def written_at(self, record: SourceRecord, field: str) -> datetime:
        """When the present value of a vendor field was written, as far as anybody knows."""
        return self.case.value_written.get(record.ref, {}).get(field) or record.modified_at

    def changes_of(self, record: SourceRecord, field: str) -> list[Change]:
        """The changes of one vendor field that are on record by now, the earliest first."""
        if not self.changes:
            return []
        found = [
            change
            for change in self.changes
            if change.field == VALUE and change.name == field and change.subject == record.ref
            and change.at is not None and change.at <= self.now
        ]  # fmt: skip
        return sorted(found, key=rank)

    def stream_of(self, record: SourceRecord) -> StreamMapping | None:
        return self.mapping.streams.get(record.ref[:2])

    def is_lead(self, record: SourceRecord) -> bool:
        """A sales person record with a stage: it can be converted."""
        return record.ref[:2] in self.leads

    def converted_leads(self) -> Iterable[SourceRecord]:
        return (record for record in self.members if record.facts.get("converted") and self.is_lead(record))

    def input(self, name: str) -> str | None:
        """People's answer on the anchor in the present round: canonical where the mapping has a table for it."""
        return self.answer(name, self.typed_input(name))

    def typed_input(self, name: str) -> str | None:
        """The same as typed."""
        stream = self.stream
        api_name = stream.inputs.get(name, "") if stream is not None else ""
        raw = self.anchor.values.get(api_name)
        if not isinstance(raw, str) or not raw.strip() or self.is_of_earlier_round(self.anchor, api_name):
            return None
        return raw.strip()

    def answer(self, name: str, raw: object) -> str | None:
        """What an input says: canonical where the mapping has a table for it, else as typed."""
        if not isinstance(raw, str) or not raw.strip():
            return None
        table = self.mapping.input_values.get(name, {})
        return table.get(fold(raw.strip())) if table else raw.strip()

    def is_of_earlier_round(self, record: SourceRecord, field: str) -> bool:
        """Whether people wrote it before the present round of this anchor."""
        opened = self.reopened_at
        return opened is not None and self.written_at(record, field) < opened

    def unmapped_inputs(self) -> Iterable[ItemValue]:
        """Answers on the anchor that no entry of their table knows."""
        stream, values, tables = self.stream, self.anchor.values, self.mapping.input_values
        for name, api_name in stream.inputs.items() if stream is not None else ():
            raw = values.get(api_name)
            if raw and isinstance(raw, str) and tables.get(name) and raw.strip() and not self.answer(name, raw):
                source = Provenance(self.anchor.ref, api_name)
                yield ItemValue(name, ValueState.UNREADABLE, raw=raw, source=source, reason=UNMAPPED)


_lead_streams: Latest[frozenset[tuple[str, str]]] = Latest()


def lead_streams(mapping: MappingSpec) -> frozenset[tuple[str, str]]:
    """Person streams of the sales side (the connection with a stream of deals) that have a stage."""
    return _lead_streams.get((mapping,), lambda: _find_lead_streams(mapping))


def _find_lead_streams(mapping: MappingSpec) -> frozenset[tuple[str, str]]:
    sales = {connection for (connection, _), stream in mapping.streams.items() if stream.kind is Kind.DEAL}
    return frozenset(
        name
        for name, stream in mapping.streams.items()
        if name[0] in sales and stream.kind is Kind.PERSON and stream.stage_field
    )


def gather(case: Case, mapping: MappingSpec, rules: RuleSet, directory: Directory, now: datetime) -> Evidence:
    """Read the facts of a case. Its items are filled in by whoever reads them (they need the activities)."""
    records, membership = case.records, case.membership
    members: list[SourceRecord] = []
    roles: list[SourceRecord] = []
    for ref in membership.members:
        record = records.get(ref)
        if record is None or record.deleted:
            continue
        if record.kind is Kind.PERSON or record.kind is Kind.DEAL:
            members.append(record)
        elif record.kind is Kind.ROLE:
            roles.append(record)
    activities: list[Activity] = []
    changes: list[Change] = []
    for record in case.attached:
        if record.deleted:
            continue
        if record.kind is Kind.ACTIVITY:
            activities.append(_read(record, mapping))
        elif record.kind is Kind.HISTORY:
            changes.append(read_change(record))
    if changes:
        case = date_by_history(case, changes, now)
    floor = _floor(case, rules.is_clock)
    if floor is not None:
        activities = [a for a in activities if (at := a.at or a.logged_at) is None or at >= floor]
    anchor, zone = records[membership.anchor], rules.is_clock.calendar.zone
    is_deal, leads = anchor.kind is Kind.DEAL, lead_streams(mapping)
    evidence = Evidence(
        case=case,
        mapping=mapping,
        rules=rules,
        directory=directory,
        now=now,
        zone=zone,
        today=_local_day(now, zone),
        anchor=anchor,
        stream=mapping.streams.get(anchor.ref[:2]),
        is_deal=is_deal,
        has_person=not is_deal or membership.primary is not None,
        members=tuple(members),
        roles=tuple(roles),
        activities=tuple(activities),
        contacts=tuple([_of_cycle(weigh(activity, directory, rules), floor) for activity in activities])
        if activities
        else (),
        changes=tuple(changes),
        items={},
        typed=mapping.typed,
        automatic=mapping.automatic,
        leads=leads,
        moves=tuple([change for change in changes if change.field == OWNER]) if changes else (),
    )
    if is_deal or evidence.is_lead(anchor):
        evidence.decision = evidence.input("fs_decision")
    return evidence


@lru_cache(maxsize=64)
def _local_day(now: datetime, zone: tzinfo) -> date:
    """Kept: all of a run are judged at one instant."""
    return now.astimezone(zone).date()


def _read(record: SourceRecord, mapping: MappingSpec) -> Activity:
    activity = read_activity(record)
    stream = mapping.streams.get(record.ref[:2])
    if stream is not None and stream.actor_field is not None:
        named = record.values.get(stream.actor_field)
        activity.actor = str(named) if named else None
    return activity


def _of_cycle(contact: Contact, floor: datetime | None) -> Contact:
    """A meeting that takes place in this cycle and was booked in an earlier one was that one's contact."""
    if floor is None or contact.at is None or contact.at >= floor or not contact.counts:
        return contact
    return changed(contact, counts=False, reason="booked in an earlier cycle")


def reach_back(clock: ClockPolicy, start: datetime, calendar: Calendar | None = None) -> datetime:
    """How early a contact may be and still meet a clock that starts then, by its own working time unless another's is
    given."""
    return look_back(calendar or clock.calendar, start, _days(clock.look_back_days))


@lru_cache(maxsize=64)
def _days(count: int) -> Target:
    return Target(TargetKind.BUSINESS_DAYS, days=count)


def created_at(record: SourceRecord) -> datetime | None:
    text = record.facts.get("created_at")
    return datetime.fromisoformat(text) if text else None


def owner_has_role(record: SourceRecord, role: str, directory: Directory) -> bool:
    owner = record.facts.get("owner")
    return bool(owner) and has_role(read_ref(owner), role, directory)


def has_role(user: RecordRef | None, role: str, directory: Directory) -> bool:
    colleague = directory.get(user) if user is not None else None
    return colleague is not None and role in colleague.roles


def _floor(case: Case, clock: ClockPolicy) -> datetime | None:
    opened = case.membership.opened_at
    return reach_back(clock, opened) if case.membership.cycle > 1 and opened is not None else None
