"""Model of `config/definition.yaml` and its compiled form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, tzinfo
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from sync.core.mapping.normalise.tables import RANKS
from sync.core.rules.definition import Definition, Exclusion, PassEvent, RoleSpec, ScopeSpec, ScoreSpec
from sync.settings.check import Section, Wrong, suggest
from sync.settings.mapping import TextSection
from sync.settings.value import Condition, DateItemId, Day, Line, NumberItemId, RoleId, StreamId, names_of

_PLAIN_EVENTS = ("meeting_booked_with_fs", "lead_converted", "opportunity_created")


def _read_rank(value: object) -> str:
    if value not in RANKS:
        raise Wrong(f"{str(value)!r} is no rank", suggest(value, RANKS))
    return str(value)


def _read_budget(value: object, info: ValidationInfo) -> str:
    options = names_of(info).options.get("budget_status", frozenset())
    text = "none" if value is None else str(value)
    if text not in options:
        raise Wrong(f"{text!r} is no budget_status of mappings/handoff.yaml", suggest(text, options))
    return text


def _spread(value: object) -> object:
    """A bare event name stands for an event without settings."""
    if not isinstance(value, str):
        return value
    if value in _PLAIN_EVENTS:
        return {value: True}
    shapes = (*_PLAIN_EVENTS, "owner_role_changes", "status_in", "field")
    raise Wrong(f"{value!r} is no pass event", suggest(value, shapes))


class RoleChangeSection(Section):
    from_: RoleId = Field(alias="from")
    """Role of the owner before."""
    to: RoleId
    """Role of the owner after."""


class PassEventSection(Section):
    meeting_booked_with_fs: Literal[True] | None = None
    """A meeting owned by FS is entered."""
    lead_converted: Literal[True] | None = None
    """The Lead is converted."""
    opportunity_created: Literal[True] | None = None
    """The Opportunity is created."""
    owner_role_changes: RoleChangeSection | None = None
    """The owner changes from one role to another."""
    status_in: dict[StreamId, list[Line]] | None = None
    """connection.stream to values of its stage field."""
    field: DateItemId | None = None
    """A date item, e.g. sql_date."""

    @model_validator(mode="after")
    def _one_event(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise Wrong("names several pass events in one entry", "start each event with its own `-`")
        return self

    def compile(self) -> PassEvent:
        if self.owner_role_changes:
            change = self.owner_role_changes
            return PassEvent("owner_role_changes", from_role=change.from_, to_role=change.to)
        if self.status_in:
            statuses = {_stream(name): frozenset(values) for name, values in self.status_in.items()}
            return PassEvent("status_in", statuses=statuses)
        if self.field:
            return PassEvent("field", item=self.field)
        return PassEvent(next(iter(self.model_fields_set)))


PassEventEntry = Annotated[
    PassEventSection,
    BeforeValidator(
        _spread,
        json_schema_input_type=PassEventSection
        | Literal["meeting_booked_with_fs", "lead_converted", "opportunity_created"],
    ),
]
"""A mapping, or the bare name of an event without settings."""


class PassSection(Section):
    any_of: list[PassEventEntry] = Field(min_length=1)
    """The events that are a pass; the earliest wins."""
    grace: Literal["end_of_same_business_day"] = "end_of_same_business_day"
    """How long IS may still write the notes after the call."""


class RoleSection(Section):
    users: list[str] = Field(default=[])
    """E-mails of users."""
    names: list[Line] = Field(default=[])
    """Role, profile or team names as the CRMs hold them."""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.users and not self.names:
            raise Wrong("names nobody", "add `users: [e-mail, …]` or `names: [role name, …]`")
        return self


class ExclusionSection(Section):
    when: Condition
    """Where this holds (unknown does not), the record is out of scope, e.g. "salesforce.Account.Type == 'Competitor'"."""
    reason: TextSection
    """Why."""

    def compile(self) -> Exclusion:
        return Exclusion(self.when, self.reason.compile())


class ScopeSection(Section):
    contact_stages: list[Line]
    """Lifecycle stages of HubSpot contacts that are in scope."""
    closed_lead_statuses: list[Line] = Field(default=[])
    """Lead statuses that end a lead."""
    excluded_deal_types: list[Line] = Field(default=[])
    """Opportunity types or record types out of scope (renewals, upsells)."""
    partner_sources: list[Line] = Field(default=[])
    """Lead sources of partner deals, out of scope."""
    partner_account_types: list[Line] = Field(default=[])
    """Account types of partners, out of scope."""
    exclude: list[ExclusionSection] = Field(default=[])
    """What else is left out, each with the reason that `explain` gives."""


class CriterionSection(Section):
    required: bool = True
    """false: judged and shown, without a say in the verdict."""


class AuthoritySection(CriterionSection):
    rank_at_least: Annotated[str, BeforeValidator(_read_rank), WithJsonSchema({"enum": list(RANKS)})] = "manager"
    """Lowest rank that meets the criterion; below it the criterion is unknown, never not met."""


class BudgetSection(CriterionSection):
    met: list[Annotated[str, BeforeValidator(_read_budget)]] = Field(min_length=1)
    """Values of budget_status that meet the criterion."""
    not_met: list[Annotated[str, BeforeValidator(_read_budget)]] = Field(default=[])
    """Values that do not; all others are unknown."""

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        both = set(self.met) & set(self.not_met)
        if both:
            raise Wrong(f"{min(both)!r} is met and not met at once", "keep it in one of the two lists")
        return self


class TimingSection(CriterionSection):
    within_months: int = Field(default=6, ge=1, le=60)
    """The wanted start lies within so many months of the SQL date."""


class NeedSection(CriterionSection):
    pass


class ScoreSection(CriterionSection):
    item: NumberItemId
    """Item of kind number, e.g. the lead score of the MA tool."""
    at_least: float = Field(allow_inf_nan=False)
    """From where on the criterion is met."""


class CriteriaSection(Section):
    authority: AuthoritySection = AuthoritySection()
    """Who decides."""
    budget: BudgetSection
    """Whether there is money."""
    timing: TimingSection = TimingSection()
    """When they want to start."""
    need: NeedSection = NeedSection()
    """Whether a concrete pain is stated."""
    score: ScoreSection | None = None
    """Whether another tool's score suffices; absent: no such criterion."""

    @property
    def optional(self) -> frozenset[str]:
        parts = {name: getattr(self, name) for name in type(self).model_fields}
        return frozenset(name for name, part in parts.items() if part is not None and not part.required)


class ApproversSection(Section):
    users: list[str] = Field(default=[])
    """E-mails of users."""
    names: list[Line] = Field(default=[])
    """Role, profile or team names as the CRMs hold them."""


class CyclesSection(Section):
    silent_days: int = Field(default=180, ge=1, le=3650)
    """An inquiry after so many days without a sign of life opens a new round on the same record."""


class DefinitionFile(Section):
    version: Line = Field(min_length=1, max_length=80)
    """Short name that flags carry, e.g. 2026-10."""
    label: TextSection
    """Name for people."""
    effective_from: Day
    """First day of this version (YYYY-MM-DD)."""
    roles: dict[str, RoleSection] = Field(min_length=1)
    """Who is IS and who is FS."""
    integration_users: list[str] = Field(default=[])
    """E-mails of users that machines log in with."""
    native_sync_users: list[str] = Field(default=[])
    """E-mails of users under which HubSpot's own Salesforce sync writes."""
    automation_users: list[str] = Field(default=[])
    """E-mails of users whose activities are automation."""
    approvers: ApproversSection = ApproversSection()
    """Who may approve an exception; nobody is asked of where a field permission sees to it (`approval: permission`)."""
    cycles: CyclesSection = CyclesSection()
    """When the same person is passed again."""
    pass_: PassSection = Field(alias="pass")
    """What a pass is."""
    scope: ScopeSection
    """Which records are judged at all."""
    sql: CriteriaSection
    """When a lead is an SQL."""
    fiscal_year_start: int = Field(4, ge=1, le=12)
    """Month in which the fiscal year starts, 1 to 12."""
    region: str = Field("JP", pattern=r"^[A-Z]{2}$")
    """Country of bare phone numbers, amounts and times, e.g. JP."""

    @model_validator(mode="after")
    def _both_sides(self) -> Self:
        absent = {"IS", "FS"} - set(self.roles)
        if absent:
            raise Wrong(f"roles has no {' and no '.join(sorted(absent))}", "say under `roles` who is IS and who is FS")
        return self


def compile_definition(file: DefinitionFile, enforce_from: date, zone: tzinfo) -> Definition:
    """The checked file as the core wants it. Days become their first instant in `zone`."""
    sql, scope = file.sql, file.scope
    return Definition(
        version=file.version,
        label=file.label.compile(),
        effective_from=file.effective_from,
        roles={role: RoleSpec(_folded(who.users), _folded(who.names)) for role, who in file.roles.items()},
        integration_users=_folded(file.integration_users),
        native_sync_users=_folded(file.native_sync_users),
        automation_users=_folded(file.automation_users),
        pass_events=tuple(event.compile() for event in file.pass_.any_of),
        scope=ScopeSpec(
            contact_stages=frozenset(scope.contact_stages),
            closed_lead_statuses=frozenset(scope.closed_lead_statuses),
            excluded_deal_types=frozenset(scope.excluded_deal_types),
            partner_sources=frozenset(scope.partner_sources),
            partner_account_types=frozenset(scope.partner_account_types),
            enforce_from=datetime.combine(enforce_from, time(), zone),
            exclude=tuple(each.compile() for each in scope.exclude),
        ),
        rank_at_least=sql.authority.rank_at_least,
        budget_met=frozenset(sql.budget.met),
        budget_not_met=frozenset(sql.budget.not_met),
        within_months=sql.timing.within_months,
        fiscal_year_start=file.fiscal_year_start,
        region=file.region,
        score=ScoreSpec(sql.score.item, sql.score.at_least) if sql.score is not None else None,
        optional_criteria=sql.optional,
        approvers=RoleSpec(_folded(file.approvers.users), _folded(file.approvers.names)),
        silent_days=file.cycles.silent_days,
    )


def decisive(file: DefinitionFile) -> Mapping[str, Any]:
    """Everything of the file that can change a verdict: all but its wording."""
    return file.model_dump(exclude={"label": True, "scope": {"exclude": {"__all__": {"reason"}}}})


def _stream(name: str) -> tuple[str, str]:
    connection, _, stream = name.partition(".")
    return connection, stream


def _folded(names: list[str]) -> frozenset[str]:
    return frozenset(name.strip().casefold() for name in names)
