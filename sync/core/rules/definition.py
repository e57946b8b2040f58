"""The company's definition and clock policies, compiled from `config/definition.yaml` and `config/baton.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sync.core.calendar import Calendar, Calendars, Target
from sync.core.mapping.spec import Text
from sync.core.rules.expression import Expression


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """Who has a role: by e-mail, or by a role name that the CRM holds for the user (both compared case-folded)."""

    users: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PassEvent:
    """One entry of `pass.any_of`. `kind` is the entry's name; the rest is filled as that kind needs."""

    kind: str
    from_role: str | None = None
    to_role: str | None = None
    item: str | None = None
    statuses: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict[tuple[str, str], frozenset[str]])
    """(connection, stream) → values of its stage field."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Handoffs that a company leaves out, and why."""

    when: Expression
    reason: Text


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a pass needs beside the preset, or no longer needs, where a condition holds."""

    when: Expression
    typed: tuple[str, ...] = ()
    automatic: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreSpec:
    """A number that another tool computes, and from where on it suffices."""

    item: str
    at_least: float


@dataclass(frozen=True, slots=True)
class ScopeSpec:
    contact_stages: frozenset[str]
    closed_lead_statuses: frozenset[str]
    excluded_deal_types: frozenset[str]
    partner_sources: frozenset[str]
    partner_account_types: frozenset[str]
    enforce_from: datetime
    """Passes and clock starts before it are measured, never flagged (start of that day in the clocks' zone)."""
    exclude: tuple[Exclusion, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    version: str
    label: Text
    effective_from: date
    roles: Mapping[str, RoleSpec]
    integration_users: frozenset[str]
    native_sync_users: frozenset[str]
    automation_users: frozenset[str]
    pass_events: tuple[PassEvent, ...]
    scope: ScopeSpec
    rank_at_least: str
    budget_met: frozenset[str]
    budget_not_met: frozenset[str]
    within_months: int
    fiscal_year_start: int
    region: str
    score: ScoreSpec | None = None
    optional_criteria: frozenset[str] = frozenset()
    """Judged and shown, without a say in the verdict."""
    approvers: RoleSpec = RoleSpec()
    """Who may approve an exception (例外承認)."""
    silent_days: int = 180
    """An inquiry after so many days without a sign of life opens a new round."""


PUBLISHED = ("is_first_contact", "fs_first_contact")
"""Clocks whose state is written on the records; every other one is measured."""


class StartKind(StrEnum):
    """From when a clock runs; the first three are inquiries."""

    LATEST_INQUIRY = "latest_inquiry"
    FORM_SUBMITTED = "form_submitted"
    MQL_DATE = "mql_date"
    SQL_DATE = "sql_date"
    PASSED_AT = "passed_at"
    ASSIGNED = "assigned"
    FIELD = "field"

    @property
    def is_inquiry(self) -> bool:
        """What comes after the pass starts no such clock, and a pass in time calls it off."""
        return self in (StartKind.LATEST_INQUIRY, StartKind.FORM_SUBMITTED, StartKind.MQL_DATE)


class StopKind(StrEnum):
    """What ends a clock."""

    FIRST_TWO_WAY_OR_OUTBOUND = "first_two_way_or_outbound"
    OUTBOUND_ONLY = "outbound_only"
    CONNECTED_ONLY = "connected_only"
    DECIDED = "decided"
    """FS accepted or returned."""


class Who(StrEnum):
    """Whose contact ends a clock; one by nobody known always does."""

    TEAM = "team"
    OWNER = "owner"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class StartSpec:
    kind: StartKind
    field: tuple[str, str, str] | None = None
    """(connection, stream, vendor field), for the kind `field`."""


@dataclass(frozen=True, slots=True)
class AtRisk:
    """From when on a clock is at risk: the last part of its time, or a span before it is due."""

    share: float = 0.0
    """Of the time between start and due, if there is no span."""
    span: Target | None = None


@dataclass(frozen=True, slots=True)
class ThinPolicy:
    """Where too few contacts are on record to accuse a team. Shares in percent."""

    stop_below: int
    resume_above: int
    over: timedelta
    """Clocks that started so long ago or less are looked at."""
    at_least: int
    """Fewer handoffs than that change nothing."""

    def stops(self, contacted: int, counted: int, *, stopped: bool) -> bool:
        """Whether the clock is not enforced, given whether it was not until now."""
        if counted < self.at_least:
            return stopped
        if stopped:
            return contacted * 100 <= self.resume_above * counted
        return contacted * 100 < self.stop_below * counted


@dataclass(frozen=True, slots=True)
class BatchRule:
    """How many people from one source, and how close together, are one batch."""

    at_least: int
    within: timedelta

    @property
    def key(self) -> str:
        """Under which arrivals are kept: clocks with the same rule see the same batches."""
        return f"{self.at_least}/{self.within // timedelta(seconds=1)}"

    @classmethod
    def parse(cls, key: str) -> BatchRule:
        """Read a key back."""
        at_least, seconds = key.split("/")
        return cls(int(at_least), timedelta(seconds=int(seconds)))


@dataclass(frozen=True, slots=True)
class GivenBatch:
    """What the operator says of an upload."""

    source: str
    """Raw lead source, folded."""
    first: date
    """Local days on which its people were created, both inclusive."""
    last: date
    start: date
    """The clock starts at the opening of that day."""
    rank: str | None
    """A, B or C; None: the target of the lead source."""


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """When people who came together have one clock."""

    rule: BatchRule
    sources: frozenset[str]
    """Canonical lead sources of which batches are found; given ones may be of any."""
    given: tuple[GivenBatch, ...] = ()
    capacity_per_day: int | None = None
    """Of one person beside their other work."""
    worked_by: frozenset[str] = frozenset()
    """Roles of those who work on them."""
    people: int | None = None
    """How many they are; None: those with these roles."""


@dataclass(frozen=True, slots=True)
class ClockPolicy:
    """One clock: `target`, or `target_by_channel` (lead source → target)."""

    id: str
    calendars: Calendars
    team: frozenset[str]
    who: Who
    look_back_days: int
    confirm_after: timedelta
    start: StartSpec
    stop: StopKind = StopKind.FIRST_TWO_WAY_OR_OUTBOUND
    cutoff: time | None = None
    target: Target | None = None
    target_by_channel: Mapping[str, Target] = field(default_factory=dict[str, Target])
    start_when: Expression | None = None
    pause_when: Expression | None = None
    resume_when: Expression | None = None
    """Where absent, a pause ends when `pause_when` is false."""
    cancel_when: Expression | None = None
    reset_when: Expression | None = None
    restarts: bool = False
    """Whether another owner before any contact starts it anew."""
    owner_absent_pauses: bool = False
    at_risk: AtRisk | None = None
    enforce_from: datetime | None = None
    """In the place of that of the scope."""
    evidence: frozenset[tuple[str, str]] = frozenset()
    """(connection, stream) of the activities that it rests on; empty: all."""
    thin: ThinPolicy | None = None
    """When it is not enforced for want of contacts on record; None: it always is."""
    batch: BatchPolicy | None = None
    """How those who came together are treated; None: each by themselves."""
    label: Text | None = None
    changes: tuple[tuple[datetime, ClockPolicy], ...] = ()
    """Policies in its place for runs that start at these instants or later, the earliest first."""

    @property
    def calendar(self) -> Calendar:
        """The clock's own, whoever the owner is."""
        return self.calendars.default

    @property
    def is_published(self) -> bool:
        return self.id in PUBLISHED

    @property
    def conditions(self) -> tuple[Expression, ...]:
        """Everything that its policies look at."""
        own = (self.start_when, self.pause_when, self.resume_when, self.cancel_when, self.reset_when)
        later = (when for _, policy in self.changes for when in policy.conditions)
        return (*(when for when in own if when is not None), *later)

    @property
    def start_fields(self) -> tuple[tuple[str, str, str], ...]:
        """Fields that its policies start from."""
        specs = (self.start, *(policy.start for _, policy in self.changes))
        return tuple(spec.field for spec in specs if spec.field is not None)


@dataclass(frozen=True, slots=True)
class AttemptPolicy:
    """How often a person is to be tried before a lead is given up as unresponsive."""

    at_least: int
    within: Target
    """After the first clock's start: who gave up later than that took their time."""
    unresponsive_statuses: frozenset[str]
    """Lead statuses that mean it."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Everything that decides a judgement besides the records: its hash stamps each handoff."""

    definition: Definition
    is_clock: ClockPolicy
    fs_clock: ClockPolicy
    task_types: frozenset[str]
    language: str
    rules_hash: str
    """Of everything but wording; a new hash re-judges all in scope."""
    chosen: frozenset[str] = frozenset()
    """Of our fields that are there by choice (`FlagField.choice`) those that are."""
    requirements: tuple[Requirement, ...] = ()
    """In their order: later ones win."""
    measured_clocks: tuple[ClockPolicy, ...] = ()
    """Beside the two that are published."""
    attempts: AttemptPolicy | None = None
    shows_at_risk: bool = False
    """Whether records say `at_risk`; else they go on waiting."""

    @property
    def clocks(self) -> tuple[ClockPolicy, ...]:
        """All of them, the published ones first."""
        return (self.is_clock, self.fs_clock, *self.measured_clocks)
