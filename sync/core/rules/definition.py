"""The company's definition and clock policies, compiled from `config/definition.yaml` and `config/baton.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sync.core.calendar import Calendar, Calendars, Target
from sync.core.mapping.spec import Text


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
class ScopeSpec:
    contact_stages: frozenset[str]
    closed_lead_statuses: frozenset[str]
    excluded_deal_types: frozenset[str]
    partner_sources: frozenset[str]
    partner_account_types: frozenset[str]
    enforce_from: datetime
    """Passes and clock starts before it are measured, never flagged (start of that day in the clocks' zone)."""


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
