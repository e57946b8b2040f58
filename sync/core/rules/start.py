"""When clocks start: inquiries, the pass, an assignment, or a day that somebody typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime

from sync.core.calendar import closing_of_business_day
from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.spec import StreamMapping
from sync.core.model.fixed import fixed
from sync.core.model.items import NormaliseContext
from sync.core.model.records import Kind, SourceRecord
from sync.core.rules.contact import is_missed_call
from sync.core.rules.definition import ClockPolicy, StartKind
from sync.core.rules.evidence import Evidence, has_role, owner_has_role
from sync.core.rules.operand import Field
from sync.core.rules.owner import owner_changes

_DATE = 10
"""Characters of a bare date."""
_YEARS = range(1970, 2200)


@fixed
class Start:
    at: datetime
    reason: str
    inquiry: bool = True
    """Somebody asked; the mere opening of a handoff is none."""


@fixed
class Starts:
    """What is known of one handoff before any clock is looked at."""

    inquiries: list[Start]
    """Everything that starts or restarts the clock of the first contact, future ones included."""
    tables: Tables


def find_starts(evidence: Evidence, tables: Tables) -> list[Start]:
    """Everything that starts or restarts the clock of the first contact."""
    opened = evidence.case.membership.opened_at
    found = [Start(opened, "the handoff opened", inquiry=False)] if opened is not None else []
    for record in evidence.members:
        stream = evidence.stream_of(record) if record.kind is Kind.PERSON else None
        if stream is not None and stream.inquiry_fields:
            found += _read_dates(evidence, tables, record, stream.inquiry_fields)
    found += [
        Start(activity.at, f"a missed inbound call ({activity.ref})")
        for activity in evidence.activities
        if activity.at is not None and is_missed_call(activity)
    ]
    return found


def start_of(evidence: Evidence, policy: ClockPolicy, starts: Starts) -> Start | None:
    """The latest instant from which this clock would run, perhaps one to come; conditions apart."""
    kind = policy.start.kind
    found = list(_FINDERS[kind](evidence, policy, starts))
    if not found:
        return None
    passed_at = evidence.passed.at if evidence.passed is not None else None
    if kind.is_inquiry and passed_at is not None:
        found = [start for start in found if start.at <= passed_at]
    known = [start for start in found if start.at <= evidence.now]
    if known:
        return max(known, key=_at)
    # One to come is no start yet, but something to wait for.
    return min(found, key=_at, default=None) if not kind.is_inquiry else None


def _at(start: Start) -> datetime:
    return start.at


def _latest_inquiry(evidence: Evidence, policy: ClockPolicy, starts: Starts) -> Iterable[Start]:
    del evidence, policy
    return starts.inquiries


def _form_submitted(evidence: Evidence, policy: ClockPolicy, starts: Starts) -> Iterable[Start]:
    del policy
    return _dated(evidence, starts.tables, lambda stream: stream.form_fields)


def _mql_date(evidence: Evidence, policy: ClockPolicy, starts: Starts) -> Iterable[Start]:
    del policy
    return _dated(evidence, starts.tables, lambda stream: stream.mql_fields)


def _sql_date(evidence: Evidence, policy: ClockPolicy, starts: Starts) -> Iterator[Start]:
    del starts
    value = evidence.items.get("sql_date")
    if value is not None and value.state.usable and isinstance(value.value, str):
        yield Start(_closing(policy, value.value), f"sql_date is {value.value[:_DATE]}")


def _passed_at(evidence: Evidence, policy: ClockPolicy, starts: Starts) -> Iterator[Start]:
    del policy, starts
    passed = evidence.passed
    if passed is not None and passed.at is not None:
        yield Start(passed.at, f"the pass ({passed.event})")


def _assigned(evidence: Evidence, policy: ClockPolicy, starts: Starts) -> Iterator[Start]:
    """The latest change to an owner of the team; without one, the opening, if the present owner is of it."""
    del starts
    found = False
    for change in owner_changes(evidence):
        if any(has_role(change.new_owner, role, evidence.directory) for role in policy.team):
            found = True
            yield Start(change.at, f"{change.subject} was assigned to the team")
    opened = evidence.case.membership.opened_at
    of_team = any(owner_has_role(evidence.anchor, role, evidence.directory) for role in policy.team)
    if not found and opened is not None and of_team:
        yield Start(opened, "the handoff opened")


def _field(evidence: Evidence, policy: ClockPolicy, starts: Starts) -> Iterator[Start]:
    if policy.start.field is None:
        return
    operand = Field(*policy.start.field)
    record = operand.record_of(evidence)
    raw = record.values.get(operand.name) if record is not None else None
    at = _instant_of(raw, policy, evidence, starts.tables)
    if record is not None and at is not None:
        yield Start(at, f"{operand.name} of {record.ref}")


_FINDERS: Mapping[StartKind, Callable[[Evidence, ClockPolicy, Starts], Iterable[Start]]] = {
    StartKind.LATEST_INQUIRY: _latest_inquiry,
    StartKind.FORM_SUBMITTED: _form_submitted,
    StartKind.MQL_DATE: _mql_date,
    StartKind.SQL_DATE: _sql_date,
    StartKind.PASSED_AT: _passed_at,
    StartKind.ASSIGNED: _assigned,
    StartKind.FIELD: _field,
}


def _dated(evidence: Evidence, tables: Tables, fields_of: Callable[[StreamMapping], Iterable[str]]) -> Iterator[Start]:
    for record in evidence.members:
        stream = evidence.stream_of(record)
        if record.kind is Kind.PERSON and stream is not None:
            yield from _read_dates(evidence, tables, record, fields_of(stream))


def _read_dates(evidence: Evidence, tables: Tables, record: SourceRecord, names: Iterable[str]) -> list[Start]:
    found: list[Start] = []
    for name in names:
        raw = record.values.get(name)
        at = _moment(raw, evidence, tables) if raw is not None else None
        if at is not None:
            found.append(Start(at, f"{name} of {record.ref}"))
    return found


def _moment(raw: object, evidence: Evidence, tables: Tables) -> datetime | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, str) and raw.endswith("Z") and "T" in raw:
        try:
            return datetime.fromisoformat(raw)
        except ValueError:
            pass
    context = NormaliseContext(region=evidence.rules.definition.region, tz=str(evidence.zone))
    found = normalise("datetime", raw, context, tables)
    return datetime.fromisoformat(found.value).astimezone(UTC) if found.state.usable and found.value else None


def _instant_of(raw: object, policy: ClockPolicy, evidence: Evidence, tables: Tables) -> datetime | None:
    """A bare date is the closing of that day, so that whatever happened on it came before. None for a year that nobody
    means: no calendar knows it."""
    if isinstance(raw, str) and len(raw.strip()) == _DATE:
        try:
            at = _closing(policy, raw.strip())
        except (ValueError, OverflowError):
            return None
    else:
        at = _moment(raw, evidence, tables)
    return at if at is not None and at.year in _YEARS else None


def _closing(policy: ClockPolicy, day: str) -> datetime:
    return closing_of_business_day(policy.calendar, date.fromisoformat(day[:_DATE]))
