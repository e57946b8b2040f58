"""What the records must show: the slow reference and the world's own truth, asked at every cycle, compared at the end.

Both remember (§8 of the judgement) what Baton found when it first looked. In a cycle that was disturbed Baton may have
known less than what was served, or judged and died: the frozen state of a pass that was first judged or frozen then is
left out of the comparison, for that handoff alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from connectors.hubspot.fields import WIRE_NAMES as HUBSPOT_NAMES
from connectors.hubspot.fields import from_wire as from_hubspot
from connectors.salesforce.fields import from_wire as from_salesforce
from sync.trial import Trial
from tests.acceptance.harness import Flat, differences, existing, normal, rows_of, without_texts
from tests.chaos.wire import Values, Wire, modified_at
from tests.reference.judge import NAMES, Reference

_LOOSE = "missing_at_pass"
_OURS = frozenset(HUBSPOT_NAMES.values())
_GONE = {name: "out_of_scope" if name == "status" else None for name in NAMES}


@dataclass
class Judges:
    """Reference and truth of one run."""

    trial: Trial
    wire: Wire
    folder: Path
    reference: Reference = field(init=False)
    loose: set[str] = field(default_factory=set[str])
    """Records whose handoff was first judged, or frozen, in a disturbed cycle."""
    missed: bool = False
    told: Flat = field(default_factory=dict[str, dict[str, Any]])
    true: Flat = field(default_factory=dict[str, dict[str, Any]])

    def __post_init__(self) -> None:
        self.reference = Reference(self.folder)
        for edition in self.reference.editions:
            for name in ("is_placeholder", "says_none", "vague", "rank"):
                setattr(edition.tables, name, cache(getattr(edition.tables, name)))  # asked the same at every cycle

    def look_later(self) -> None:
        """A disturbed cycle is over: what it did to the memory is left out when one is looked at again."""
        self.missed = True

    def look(self, now: datetime, *, clean: bool, held: set[str]) -> None:
        """One cycle of Baton is over. `held`: records that carried a flag when it began."""
        clean, self.missed = clean and not self.missed, False
        flagged = held | self.wire.flagged
        self.reference.flagged = set(flagged)
        before = {anchor: (m.first, m.frozen) for anchor, m in self.reference.memory.items()}
        found = self.reference.judge_all(self.wire.served, now)
        self.told = {ref: {n: normal(n, v) for n, v in flags.items()} for ref, flags in found.items()}
        world = self.trial.world
        world._flagged = set(flagged)
        earlier = {j.key: (j.first_judged, j.frozen_done) for j in world.plots.journeys}
        tell_stamps(self.trial, self.wire.untouched)
        expected = world.expect(now)["records"]
        self.true = {ref: {n: normal(n, v) for n, v in flags.items()} for ref, flags in expected.items()}
        for ref in flagged:  # one that no handoff shows any more says that, too
            self.told.setdefault(ref, dict(_GONE))
            self.true.setdefault(ref, dict(_GONE))
        if not clean:
            memory = self.reference.memory
            new = {a for a, m in memory.items() if before.get(a) != (m.first, m.frozen)}
            self.loose |= {ref for ref, handoff in self.reference.shown.items() if handoff.anchor.ref in new}
            moved = [j for j in world.plots.journeys if earlier.get(j.key) != (j.first_judged, j.frozen_done)]
            self.loose |= {ref for journey in moved for ref in journey.targets}

    def differ(self, found: Flat, against: str, *, waiting: Collection[str] = ()) -> list[str]:
        """Readable differences of what the records hold and what the judge `against` says they must.

        Not at rest, with `waiting` records whose change is known to be stuck: those are left out, and a breach whose
        evidence was not read again yet may be unverified.
        """
        other = existing(self.trial, self.told if against == "reference" else self.true)
        found = existing(self.trial, found)
        compared = self._loosened(found, other)
        if waiting:
            found = {ref: _doubting(flags, compared.get(ref)) for ref, flags in found.items() if ref not in waiting}
            compared = {ref: flags for ref, flags in compared.items() if ref not in waiting}
        return differences(found, compared, ("engine", against))

    def _loosened(self, found: Flat, other: Flat) -> Flat:
        loosened = dict(other)
        for ref in self.loose & other.keys() & found.keys():
            loosened[ref] = {**other[ref], _LOOSE: found[ref].get(_LOOSE)}
        return loosened


def tell_stamps(trial: Trial, untouched: Mapping[str, datetime]) -> None:
    """What moves a stamp is for the CRM to say (a call in HubSpot may, and an admin's mass edit does): the world's truth takes
    it from there. `untouched`: stamps of records before Baton's first write to them."""
    stamps = trial.world.ledger.stamps.of
    systems = {"salesforce": trial.simulator.salesforce, "hubspot": trial.simulator.hubspot}
    for ref in (entry.ref for journey in trial.world.plots.journeys for entry in journey.entries()):
        at = untouched.get(ref) or modified_at(systems[ref.split(":")[0]], ref)
        if at is not None:
            stamps[ref] = max(at, stamps.get(ref, at))


def _doubting(flags: Values, wanted: Values | None) -> Values:
    doubted = [n for n in ("is_sla", "fs_sla") if wanted and (flags[n], wanted[n]) == ("unverified", "breached")]
    return {**flags, **dict.fromkeys(doubted, "breached")}


def held(trial: Trial) -> Flat:
    """Flags on all records in the form that is compared, asked by the back door."""
    return {ref: without_texts(flags) for ref, flags in shown(trial).items()}


def shown(trial: Trial) -> Flat:
    """Flags on all records that carry some, as they lie in the CRMs, asked by the back door."""
    found: Flat = {}
    for name in ("Lead", "Opportunity"):
        for record_id, row in rows_of(trial, "salesforce", name).items():
            if not row["IsDeleted"] and not (name == "Lead" and row["IsConverted"]):
                found[f"salesforce:{name}:{record_id}"] = dict(from_salesforce(row))
    for record_id, record in list(trial.simulator.hubspot.data.tables["contacts"].live.items()):
        if _OURS & record.properties.keys():
            found[f"hubspot:contacts:{record_id}"] = dict(from_hubspot(record.properties))
    return {ref: flags for ref, flags in found.items() if any(value is not None for value in flags.values())}
