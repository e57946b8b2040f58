"""Model of `clocks` in `config/baton.yaml`, and the policies compiled from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    InstanceOf,
    PlainSerializer,
    Tag,
    ValidationInfo,
    model_validator,
)

from sync.core.calendar import Calendars, Target, TargetKind
from sync.core.rules.definition import (
    AtRisk,
    AttemptPolicy,
    ClockPolicy,
    StartKind,
    StartSpec,
    StopKind,
    Who,
)
from sync.settings.batch import BatchSection, GivenBatchSection
from sync.settings.check import Section, Wrong, suggest
from sync.settings.mapping import TextSection
from sync.settings.thin import ThinSection
from sync.settings.value import (
    TARGET_SCHEMA,
    CalendarId,
    Channel,
    Condition,
    Day,
    DaysBack,
    Line,
    RoleId,
    Span,
    StreamId,
    TargetText,
    names_of,
    read_target,
    written,
)

_SHARE = re.compile(r"(\d{1,2})\s*%")
_STARTS = tuple(kind.value for kind in StartKind if kind is not StartKind.FIELD)


def _read_time(value: object) -> time:
    try:
        return time.fromisoformat(value) if isinstance(value, str) else time.fromisoformat("")
    except ValueError as error:
        raise Wrong(f"{str(value)!r} is no time of day", 'write e.g. "16:00"') from error


def _read_start(value: object, info: ValidationInfo) -> StartSpec:
    """A kind of start, or `field:connection.stream.FIELD`."""
    if isinstance(value, StartSpec):
        return value
    if not isinstance(value, str):
        raise Wrong("starts with nothing", f"write one of {', '.join(_STARTS)}, or field:connection.stream.FIELD")
    if value in _STARTS:
        return StartSpec(StartKind(value))
    kind, colon, name = value.partition(":")
    parts = name.split(".", 2)
    if kind != StartKind.FIELD or not colon:
        raise Wrong(f"{value!r} is no start of a clock", suggest(value, (*_STARTS, "field:connection.stream.FIELD")))
    if len(parts) != 3 or not all(parts):
        raise Wrong(f"{value!r} names no field", "write field:connection.stream.FIELD")
    known = names_of(info).records
    if f"{parts[0]}.{parts[1]}" not in known:
        raise Wrong(
            f"{parts[0]}.{parts[1]} is no stream of people, deals or accounts", suggest(f"{parts[0]}.{parts[1]}", known)
        )
    return StartSpec(StartKind.FIELD, (parts[0], parts[1], parts[2]))


def _write_start(start: StartSpec) -> str:
    return f"field:{'.'.join(start.field)}" if start.field is not None else start.kind.value


def _read_at_risk(value: object) -> AtRisk:
    if isinstance(value, AtRisk):
        return value
    found = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is not None and int(found[1]) > 0:
        return AtRisk(share=int(found[1]) / 100)
    if isinstance(value, str) and "%" not in value:
        span = read_target(value)
        if span.kind in (TargetKind.WORKING_TIME, TargetKind.ELAPSED):
            return AtRisk(span=span)
    raise Wrong(f"{str(value)!r} is no part of the time and no span", "write e.g. 25%, 2 business_hours or 1 hour")


def _read_deadline(value: object) -> object:
    """One target; lead sources are left to be read one by one."""
    return value if isinstance(value, dict | Target) else read_target(value)


def _shape(value: object) -> str:
    return "by_channel" if isinstance(value, dict) else "one"


TimeOfDay = Annotated[time, BeforeValidator(_read_time), written(r"^\d{2}:\d{2}(:\d{2})?$", "16:00")]
StartText = Annotated[
    InstanceOf[StartSpec],
    BeforeValidator(_read_start),
    PlainSerializer(_write_start),
    written(rf"^({'|'.join(_STARTS)}|field:[^.]+\.[^.]+\..+)$", "latest_inquiry", "field:salesforce.Lead.Demo_At__c"),
]
AtRiskText = Annotated[
    InstanceOf[AtRisk],
    BeforeValidator(_read_at_risk),
    PlainSerializer(lambda risk: f"{risk.share} {risk.span}"),
    written(r"^(\d{1,2} ?%|\d+ ?(business[_ ])?(second|minute|hour|day)s?)$", "25%", "2 business_hours"),
]
Deadline = Annotated[
    Annotated[Annotated[InstanceOf[Target], TARGET_SCHEMA], Tag("one")]
    | Annotated[dict[Channel, TargetText], Tag("by_channel")],
    Discriminator(_shape),
    BeforeValidator(_read_deadline),
]
"""One target, or one for each lead source."""
Stop = Literal["first_two_way_or_outbound", "outbound_only", "connected_only", "decided"]


class PolicySection(Section):
    """What a clock and a change of one have in common."""

    cutoff: TimeOfDay | None = None
    """Starts after this time of day on a business day are due the next one at noon, e.g. 16:00 in quotes."""
    start_when: Condition | None = None
    """It starts only where this holds (unknown does not), e.g. "lead_source == 'demo'"."""
    stop: Stop = "first_two_way_or_outbound"
    """What stops it: any genuine contact, only one of our own accord, only calls that connected, or FS's answer."""
    who: Literal["team", "owner", "anyone"] = "team"
    """`team`: only their contacts count; `owner`: those of who had the record then; `anyone`: of every colleague."""
    look_back: DaysBack = 2
    """Contacts so many business days before the start still count, e.g. 2 business_days."""
    confirm_after: Span = timedelta(minutes=15)
    """How long after the deadline the evidence is read again before anybody is called late."""
    at_risk: AtRiskText | None = None
    """From when on little time is left: 25% of it, or a span before the deadline, e.g. 2 business_hours."""
    pause_when: Condition | None = None
    """It stands still while this holds, e.g. "status == '保留'"."""
    resume_when: Condition | None = None
    """It goes on when this holds; by default when pause_when does not."""
    cancel_when: Condition | None = None
    """It is called off where this holds."""
    reset_when: Condition | None = None
    """It starts anew when this begins to hold."""
    on_reassign: Literal["keep", "restart"] = "keep"
    """restart: another owner before any contact starts it anew."""
    owner_absent: Literal["team", "pause"] = "team"
    """pause: the absences of who has the record are no working time."""
    enforce_from: Day | None = None
    """Starts before this day are measured and never flagged; by default flags.enforce_from."""
    evidence: list[StreamId] = Field(default=[])
    """Streams of activities that it rests on (connection.stream): one that cannot be read leaves it unverified. Default: all."""


class ChangeSection(PolicySection):
    from_: Day = Field(alias="from")
    """Runs that start on this local day or later go by what follows."""
    calendar: CalendarId | None = None
    """Another calendar."""
    team: list[RoleId] = Field(default=[])
    """Another team."""
    start: StartText | None = None
    """Another start."""
    target: Deadline | None = None
    """Another deadline."""


class ClockSection(PolicySection):
    label: TextSection | None = None
    """What people call it."""
    calendar: CalendarId
    """A calendar of this file: for all owners whom no calendar names by its `owners` or `roles`."""
    team: list[RoleId] = Field(min_length=1)
    """Roles whose contact stops the clock."""
    start: StartText
    """From when it runs: latest_inquiry, form_submitted, mql_date, sql_date, passed_at, assigned or
    field:connection.stream.FIELD."""
    target: Deadline
    """Deadline: same_business_day, 2 business_days, 4 business_hours, 24 hours or none; or one for each lead source."""
    thin: ThinSection | None = None
    """When too few contacts are on record to accuse a team (checked once a day); absent or null: never."""
    batch: BatchSection | None = None
    """People who came together have one clock; absent: each their own."""
    batches: list[GivenBatchSection] = Field(default=[])
    """Uploads of which people know the day and the rank; of several that fit the last one counts."""
    changes: list[ChangeSection] = Field(default=[])
    """What is different for runs that start from some day on; earlier ones go on as they began."""

    @model_validator(mode="after")
    def _thin_of_contacts(self) -> ClockSection:
        if self.thin is not None and self.stop == "decided":
            raise Wrong("thin looks at contacts, and FS's answer stops this clock", "take thin out")
        return self

    @model_validator(mode="after")
    def _batch_of_arrivals(self) -> ClockSection:
        if self.batches and self.batch is None:
            raise Wrong("batches are given and batch is not on", "add batch: {} to the clock")
        kinds = {self.start.kind, *(change.start.kind for change in self.changes if change.start is not None)}
        if self.batch is not None and kinds != {StartKind.LATEST_INQUIRY}:
            raise Wrong("batch is for clocks that start at the latest inquiry", "take batch out of this clock")
        return self

    @model_validator(mode="after")
    def _in_order(self) -> ClockSection:
        days = [change.from_ for change in self.changes]
        if days != sorted(set(days)):
            raise Wrong("changes are not in the order of their days", "put the earliest first, each day once")
        return self

    @property
    def versions(self) -> Iterator[ClockSection]:
        """As it is at first, then with each change on top of those before."""
        section = self
        yield section
        for change in self.changes:
            told = {name: getattr(change, name) for name in change.model_fields_set - {"from_"}}
            section = section.model_copy(update=told)
            yield section


class InquiryClockSection(ClockSection):
    start: StartText = StartSpec(StartKind.LATEST_INQUIRY)
    """From when it runs; by default from the latest inquiry."""


class PassClockSection(ClockSection):
    start: StartText = StartSpec(StartKind.PASSED_AT)
    """From when it runs; by default from the pass."""


class AttemptsSection(Section):
    at_least: int = Field(default=3, ge=1, le=100)
    """How often somebody is to be tried before a lead is given up."""
    within: TargetText = Target(TargetKind.BUSINESS_DAYS, days=10)
    """Giving up later than this after the inquiry is never early."""
    unresponsive_statuses: list[Line] = Field(min_length=1)
    """Lead statuses that mean that nobody could be reached."""


class ClocksSection(Section):
    """Two are published on the records; further ones, by any id, are measured."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, ClockSection] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]  # so one types further keys

    task_types: list[Line] = Field(default=[])
    """Types of completed tasks that count as a contact."""
    attempts: AttemptsSection | None = None
    """When a lead was given up too early; absent: nobody asks."""
    is_first_contact: InquiryClockSection
    """From the inquiry to the first contact."""
    fs_first_contact: PassClockSection
    """From the pass to FS's first contact."""

    @property
    def all(self) -> Mapping[str, ClockSection]:
        published = {"is_first_contact": self.is_first_contact, "fs_first_contact": self.fs_first_contact}
        return {**published, **self.__pydantic_extra__}


def compile_clocks(section: ClocksSection, calendars: Mapping[str, Calendars]) -> tuple[ClockPolicy, ...]:
    """The policies, the published ones first: is_first_contact, fs_first_contact. Clocks share calendars."""
    zone = calendars[section.is_first_contact.calendar].default.zone
    return tuple(_compile(name, clock, calendars, zone) for name, clock in section.all.items())


def _compile(name: str, clock: ClockSection, calendars: Mapping[str, Calendars], zone: tzinfo) -> ClockPolicy:
    first, *later = (_policy(name, version, calendars, zone) for version in clock.versions)
    starts = (_midnight(change.from_, zone) for change in clock.changes)
    if not later:
        return first
    return _policy(name, clock, calendars, zone, tuple(zip(starts, later, strict=True)))


def _policy(
    name: str,
    clock: ClockSection,
    calendars: Mapping[str, Calendars],
    zone: tzinfo,
    changes: tuple[tuple[datetime, ClockPolicy], ...] = (),
) -> ClockPolicy:
    targets: dict[str, Any] = (
        {"target_by_channel": dict(clock.target)} if isinstance(clock.target, dict) else {"target": clock.target}
    )
    return ClockPolicy(
        id=name,
        calendars=calendars[clock.calendar],
        team=frozenset(clock.team),
        who=Who(clock.who),
        look_back_days=clock.look_back,
        confirm_after=clock.confirm_after,
        start=clock.start,
        stop=StopKind(clock.stop),
        cutoff=clock.cutoff,
        start_when=clock.start_when,
        pause_when=clock.pause_when,
        resume_when=clock.resume_when,
        cancel_when=clock.cancel_when,
        reset_when=clock.reset_when,
        restarts=clock.on_reassign == "restart",
        owner_absent_pauses=clock.owner_absent == "pause",
        at_risk=clock.at_risk,
        enforce_from=_midnight(clock.enforce_from, zone) if clock.enforce_from is not None else None,
        evidence=frozenset(_stream(stream) for stream in clock.evidence),
        thin=clock.thin.compile() if clock.thin is not None else None,
        batch=clock.batch.compile(clock.team, clock.batches) if clock.batch is not None else None,
        label=clock.label.compile() if clock.label is not None else None,
        changes=changes,
        **targets,
    )


def compile_attempts(section: ClocksSection) -> AttemptPolicy | None:
    found = section.attempts
    if found is None:
        return None
    return AttemptPolicy(found.at_least, found.within, frozenset(found.unresponsive_statuses))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _stream(name: str) -> tuple[str, str]:
    connection, _, stream = name.partition(".")
    return connection, stream
