"""What every step of the flow works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.spec import MappingSpec
from sync.core.rules.definition import RuleSet
from sync.core.rules.edition import Edition, in_force
from sync.ports import Connection, StreamSpec
from sync.store import Store


class Mode(StrEnum):
    """How far Baton goes with what it decides."""

    OBSERVE = "observe"
    """Judge and keep what it would write; write nothing."""
    PILOT = "pilot"
    """Write only handoffs whose anchor is owned by one of `pilot_owners` or by a member of one of `pilot_teams`."""
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that the flow needs besides the time. Immutable: a change of configuration is a new one."""

    store: Store
    connections: Mapping[str, Connection]
    mapping: MappingSpec
    rules: RuleSet
    """Those of config/definition.yaml; `editions` has every version."""
    tables: Tables
    mode: Mode
    pilot_owners: frozenset[str] = frozenset()
    """Users as `connection:stream:id` or by e-mail (compared case-folded)."""
    pilot_teams: frozenset[str] = frozenset()
    """Role, profile or team names as the CRMs hold them (compared case-folded)."""
    production: bool = True
    """The operator says that production may be written to; without it only sandboxes (and simulators) are."""
    overlap: timedelta = timedelta(minutes=30)
    """How far back a sweep looks."""
    reconcile: timedelta = timedelta(hours=24)
    """How often everything is compared."""
    formulas: timedelta = timedelta(hours=24)
    """How often values are read again that change without a stamp."""
    retention: timedelta = timedelta(days=400)
    """How long values are kept after the last change of a handoff that is over."""
    hold_minimum: int = 500
    hold_share: float = 0.05
    """More changes than max(hold_minimum, hold_share × records in scope) within 24 h wait for approval."""
    gate_approved: bool = False
    """The operator has seen the plan and approves what the gate would hold; of a daemon, its first cycle."""
    prepared: bool = False
    """True once `flow.connect.prepare` has checked tenants and streams; set by it alone."""

    unreachable: frozenset[str] = frozenset()
    """Configured connections that cannot be read now: their evidence is unknown."""
    stopped: frozenset[str] = frozenset()
    """Those of them whose credentials were refused: trying again would lock accounts."""
    kept: tuple[Edition, ...] = ()
    """Further versions of the definition: earlier and later ones."""

    @property
    def editions(self) -> tuple[Edition, ...]:
        """All versions of the definition, in the order of their first days."""
        own = Edition(self.mapping, self.rules, self.tables)
        return tuple(sorted((own, *self.kept), key=lambda edition: edition.first_day)) if self.kept else (own,)

    @property
    def rules_hash(self) -> str:
        """Of everything that decides a judgement; a new one judges everything again."""
        if not self.kept:
            return self.rules.rules_hash
        return "+".join(edition.rules.rules_hash for edition in self.editions)

    def in_force(self, now: datetime) -> Edition:
        """The version of the definition that is in force on the local day of `now`."""
        return in_force(self.editions, now.astimezone(self.rules.is_clock.calendar.zone).date())

    def spec(self, connection: str, stream: str) -> StreamSpec | None:
        """The usable stream of that name; None when it is switched off or not configured."""
        found = self.connections.get(connection)
        return next((s for s in found.streams if s.name == stream), None) if found else None

    def with_streams(self, streams: Mapping[str, tuple[StreamSpec, ...]]) -> Context:
        """The same with only these connections and streams; how `prepare` leaves out what cannot be read."""
        kept = {name: replace(self.connections[name], streams=specs) for name, specs in streams.items()}
        unreachable = self.unreachable | (self.connections.keys() - kept.keys())
        return replace(self, connections=kept, unreachable=unreachable, prepared=True)

    def stop(self, connection: str) -> Context:
        """The same after the credentials of one connection were refused."""
        kept = {name: c.streams for name, c in self.connections.items() if name != connection}
        return replace(self.with_streams(kept), stopped=self.stopped | {connection})
