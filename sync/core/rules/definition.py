"""The company's definition and clock policies, compiled from `config/definition.yaml` and `config/baton.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

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


@dataclass(frozen=True, slots=True)
class ClockPolicy:
    """One clock. `target_by_channel` for is_first_contact, `target` for the others."""

    id: str
    calendars: Calendars
    team: frozenset[str]
    anyone: bool
    look_back_days: int
    confirm_after: timedelta
    cutoff: time | None = None
    target: Target | None = None
    target_by_channel: Mapping[str, Target] = field(default_factory=dict[str, Target])

    @property
    def calendar(self) -> Calendar:
        """The clock's own, whoever the owner is."""
        return self.calendars.default


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
