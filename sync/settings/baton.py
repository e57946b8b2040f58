"""Model of `config/baton.yaml`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from sync.address import is_loopback
from sync.core.model.flags import CHOICES
from sync.settings.calendar import AbsencesSection, CalendarSection
from sync.settings.check import Section, Wrong
from sync.settings.policy import ClocksSection
from sync.settings.report import ReportSection
from sync.settings.service import AlertsSection, ServiceSection, read_off, settle_behind
from sync.settings.value import Day, Line, Span

_SHORTEST = timedelta(seconds=1)
_SHORTEST_RETENTION = timedelta(days=30)


def _read_url(value: object) -> str:
    """An https address; plain http only on this machine."""
    parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Wrong(f"{str(value)!r} is no address", "write e.g. https://yourcompany.my.salesforce.com")
    if parts.username or parts.password:
        raise Wrong("the address holds a user or password (not shown)", "put credentials under `auth`, by reference")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise Wrong(f"{value!r} is not encrypted", "write https://; plain http is for this machine alone")
    return str(value).rstrip("/")


def _read_store(value: object) -> str:
    if not isinstance(value, str) or not re.match(r"(sqlite|postgresql(\+psycopg)?)://|env:[A-Za-z_]\w*$|file:", value):
        hint = "write sqlite:///var/baton.db, postgresql+psycopg://user@host/db or env:NAME"
        raise Wrong(f"{str(value).split('@')[-1]!r} is no store", hint)
    if not value.startswith(("env:", "file:")) and urlsplit(value).password:
        raise Wrong("a password is written in clear (not shown)", "write `store: env:NAME`, or use PGPASSFILE")
    return value


Url = Annotated[str, BeforeValidator(_read_url)]


class PilotSection(Section):
    owners: list[str] = Field(default=[])
    """E-mails of record owners (either CRM) whose records are written in mode `pilot`."""
    teams: list[Line] = Field(default=[])
    """Role, profile or team names, as the CRMs hold them, of such owners."""


class ScheduleSection(Section):
    hot: Span = timedelta(seconds=30)
    """How often streams are read that people wait for, e.g. 30s."""
    other: Span = timedelta(minutes=5)
    """How often slow streams (accounts, users) are read, e.g. 5m."""
    sweep: Span = timedelta(minutes=15)
    """How often everything is swept for what a head cannot see, e.g. 15m."""
    overlap: Span = timedelta(minutes=30)
    """How far back a sweep looks; at least as long as `sweep`."""
    reconcile: Span = timedelta(hours=24)
    """How often everything in the CRMs is compared with what is stored, e.g. 24h: the latest at which a hard deletion or a
    mere association is noticed."""
    formulas: Span = timedelta(hours=24)
    """How often mapped formulas and fields of parents are read again, which change without a trace."""

    @model_validator(mode="after")
    def _sensible(self) -> ScheduleSection:
        if min(self.hot, self.other, self.sweep) < _SHORTEST:
            raise Wrong("an interval is shorter than a second", "write 1s or more")
        if min(self.reconcile, self.formulas) < self.sweep:
            raise Wrong("reconcile or formulas is shorter than sweep, which is the quicker way to the same",
                        "write 24h, or at least the span of sweep")  # fmt: skip
        if self.overlap < self.sweep:
            raise Wrong("overlap is shorter than sweep, so changes between two sweeps could be lost",
                        "make overlap at least as long as sweep")  # fmt: skip
        return self


class BackfillSection(Section):
    first: Annotated[int, Field(ge=1, le=2_000)] = 200
    """Records that are written before a person is asked to look."""
    writes_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 600
    """Records that are written in a minute behind that: what runs in the CRMs when a record is written wants time."""
    bulk_from: Annotated[int, Field(ge=1)] = 50_000
    """Records of a Salesforce object from which on it is read by a job of Bulk API 2.0."""


class FlagsSection(Section):
    enforce_from: Day
    """Passes and clock starts before this day are measured and never flagged (YYYY-MM-DD)."""
    ng_reference: bool = False
    """Opportunities have a field with the NG topics, for FS: give it a permission set of its own."""
    minutes: bool = False
    """Records have fields with the working minutes until the first contact: for managers alone."""
    attempts: bool = False
    """Records have a field with the number of attempts to reach the person: for managers alone. Costs a write each."""
    at_risk: bool = False
    """Records say at_risk when little time is left (`at_risk` of the clock), instead of waiting. Costs a write each."""

    @property
    def chosen(self) -> frozenset[str]:
        return frozenset(name for name in CHOICES if getattr(self, name))


class ConnectionSection(Section):
    """What every connection has; the connector checks the rest with its own model."""

    model_config = ConfigDict(extra="allow")

    kind: str
    """Kind of CRM: salesforce or hubspot."""
    url: Url | None = None
    """Its address."""


def _read_connections(value: object) -> object:
    """`hubspot: none` says that there is none."""
    if not isinstance(value, dict):
        return value
    return {name: section for name, section in value.items() if section not in (None, "none")}


class BatonFile(Section):
    language: Literal["ja", "en"] = "ja"
    """Language of flags, notes and reports."""
    environment: Literal["sandbox", "production"] = "sandbox"
    """Write `production` when you mean it: otherwise only sandboxes are written to."""
    mode: Literal["observe", "pilot", "write"] = "observe"
    """observe: judge and write nothing; pilot: write for the listed owners and teams; write: for everybody."""
    pilot: PilotSection = PilotSection()
    """Who takes part in the pilot."""
    store: Annotated[str, BeforeValidator(_read_store)] = "sqlite:///var/baton.db"
    """sqlite:///var/baton.db, postgresql+psycopg://user@host/db or env:NAME."""
    connections: Annotated[
        dict[str, ConnectionSection],
        BeforeValidator(
            _read_connections, json_schema_input_type=dict[str, ConnectionSection | Literal["none"] | None]
        ),
    ] = Field(min_length=1)
    """One entry per CRM; `none` for a CRM that you do not have. Secrets are references: env:NAME or file:PATH."""
    schedule: ScheduleSection = ScheduleSection()
    """How often the CRMs are read."""
    flags: FlagsSection
    """From when on records carry flags."""
    backfill: BackfillSection = BackfillSection()
    """How fast `baton backfill` writes, and how it reads."""
    calendars: dict[str, CalendarSection] = Field(min_length=1)
    """Working time, by name."""
    absences: AbsencesSection = AbsencesSection()
    """When colleagues are away."""
    clocks: ClocksSection
    """Deadlines of the first contacts."""
    service: Annotated[
        ServiceSection | None,
        BeforeValidator(read_off, json_schema_input_type=ServiceSection | Literal["none", "off"] | None),
    ] = ServiceSection()
    """Where the daemon shows how it is; `none` turns that off."""
    alerts: AlertsSection = AlertsSection()
    """Whom the daemon tells when it needs somebody."""
    report: ReportSection = ReportSection()
    """What a report parts by, and what it withholds."""
    retention: Span = timedelta(days=400)
    """How long what was read is kept after the last change of a handoff that is over, e.g. 400 days."""

    @field_validator("retention")
    @classmethod
    def _long_enough(cls, value: timedelta) -> timedelta:
        if value < _SHORTEST_RETENTION:
            raise Wrong(
                f"{value.days} days are too few to judge returns and recycled leads by", "write 30 days or more"
            )
        return value

    @model_validator(mode="after")
    def _late_is_later_than_usual(self) -> BatonFile:
        settle_behind(self.alerts.behind, max(self.schedule.hot, self.schedule.other))
        return self

    @property
    def behind(self) -> timedelta:
        """How far a stream may be behind before it is told."""
        return settle_behind(self.alerts.behind, max(self.schedule.hot, self.schedule.other))

    @model_validator(mode="after")
    def _pilot_has_somebody(self) -> BatonFile:
        if self.mode == "pilot" and not self.pilot.owners and not self.pilot.teams:
            hint = "list the e-mails of the pilot team there, or its role or team name under pilot.teams"
            raise Wrong("mode is pilot, but pilot.owners is empty", hint)
        return self
