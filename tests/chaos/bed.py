"""One run's world, wire and Baton, and what troubles and people do to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from connectors.simulator.world.journey import Journey
from sync.core.model.records import RecordRef
from sync.flow.report import CycleReport, Outcome
from sync.store import ledger, restraints
from sync.store.outbox import State
from sync.store.restraints import RestraintKind
from sync.trial import Trial
from tests.acceptance.harness import Flat
from tests.chaos import people
from tests.chaos.engine import Engine
from tests.chaos.judge import Judges, held, shown
from tests.chaos.nursery import Nursery
from tests.chaos.wire import Values, Wire
from tests.leak import find_leaks


@dataclass
class Bed:
    """What lies in it while a run goes on."""

    trial: Trial
    wire: Wire
    engine: Engine
    judges: Judges
    nursery: Nursery
    random: Random
    counted: Counter[str] = field(default_factory=Counter[str])
    """How often troubles struck that are no planted faults."""
    losses: list[str] = field(default_factory=list[str])
    blind: set[str] = field(default_factory=set[str])
    """Troubles under way that hide what the reference has heard."""
    kept: dict[str, Any] = field(default_factory=dict[str, Any])
    """What a trouble under way must put back."""
    flood: set[str] = field(default_factory=set[str])
    """Ids of contacts that only are there in great numbers."""
    erased: list[str] = field(default_factory=list[str])
    """Records that left the org without a trace: no answer tells the reference."""
    untrue: bool = False
    """Something happened that the world does not know of: the reference alone judges."""
    edited: set[str] = field(default_factory=set[str])
    """Records into whose flags somebody typed."""
    moved: people.Moved = field(default_factory=list[Journey])
    """At whom something was done that leaves no stamp."""
    cycles: int = 0
    partial: int = 0

    @property
    def folder(self) -> Path:
        return self.trial.folder

    @property
    def now(self) -> datetime:
        return self.trial.simulator.clock.now()

    @property
    def org(self) -> Any:
        return self.trial.simulator.salesforce

    @property
    def portal(self) -> Any:
        return self.trial.simulator.hubspot

    def strike(self, name: str, times: int = 1) -> None:
        self.counted[name] += times

    def control(self, system: str, action: str, payload: dict[str, Any]) -> Any:
        return getattr(self.trial.simulator, f"{system}_server").control(action, payload)

    # -- time and people

    def live_on(self, *, acts: int = 2, minutes: float | None = None) -> None:
        """People react to what they see and do other things, and time passes until their changes can be found."""
        flags = {RecordRef.parse(ref): values for ref, values in shown(self.trial).items()}
        people.act(self.trial.world, self.random, self.now, acts, self.moved)
        self.trial.let_people_act(flags, timedelta(minutes=15))
        step = minutes if minutes is not None else self.random.choice((1, 5, 20, 45, 120, 300, 900))
        self.pass_time(step)

    def edit(self, count: int) -> None:
        """So many reps type something, and a minute passes."""
        for _ in range(count):
            people.edit(self.trial.world, self.random, self.now, self.moved)
        self.pass_time(1)

    def pass_time(self, minutes: float) -> None:
        self.trial.pass_time(self.now + timedelta(minutes=minutes))

    # -- Baton

    def cycle(self, *, sweep: bool = False, reconcile: bool = False) -> CycleReport | None:
        """One cycle of the daemon in this process, held to what it says of itself."""
        # Of what is edited between two judgements of one cycle Baton has seen more than the reference, which judges once.
        edited_within = self.wire.meanwhile is not None
        carried, disturbed = set(held(self.trial)), bool(self.blind) or self._threatened() or edited_within
        self.wire.begin_cycle()
        self.cycles += 1
        report = self.engine.cycle(sweep=sweep, reconcile=reconcile)
        done = report is not None and report.outcome is Outcome.DONE
        self.partial += not done
        unanswered = self.wire.unanswered()
        for one in self.flood:
            self.wire.served.records["contacts"].pop(one, None)
        if report is not None and done:
            self.judges.look(report.now, clean=not disturbed, held=carried)
        else:
            self.judges.look_later()
        if done and unanswered:
            self.losses.append(f"done, though not answered: {', '.join(unanswered[:3])}")
        if done and not self.blind and not self._restrained():
            there = held(self.trial)
            wrong = self.judges.differ(there, "reference", waiting=self._waiting() | self._untold(there))
            self.losses += [f"done, and yet at {self.now:%d %H:%M:%S} {one}" for one in wrong[:3]]
        if report is not None:
            self.losses += [f"told in a report: {one}" for one in find_leaks("\n".join(map(str, report.problems)))]
        if report is not None and not done and not (report.problems or report.behind or _counted(report)):
            self.losses.append("partial, and does not say why")
        return report

    def check_truth(self) -> None:
        """Everything that moves a stamp is found by the first sweep; only what was refused may still be waiting."""
        if not self._restrained() and not self.untrue:
            silent = {ref for journey in self.moved for ref in journey.targets}
            wrong = self.judges.differ(held(self.trial), "truth", waiting=self._waiting() | silent)
            self.losses += [f"not found by the sweep: {one}" for one in wrong[:3]]

    def _restrained(self) -> bool:
        """Whether some field of ours is left alone for now: that stands in `status` until it can be written again."""
        with self.engine.start().store.read() as tx:
            return any(restraints.read(tx, kind) for kind in RestraintKind)

    def _waiting(self) -> set[str]:
        """Records whose latest change was refused and stands in the outbox, and one that never is."""
        app = self.engine.start()
        stuck: set[str] = {"nothing:at:all", *self._overwritten()}
        with app.store.read() as tx:
            for state in (State.PARKED, State.READY):
                stuck |= {str(entry.ref) for entry in ledger.read_by_state(tx, state, 10_000)}
        return stuck

    def _untold(self, there: Flat) -> set[str]:
        """Contacts that no answer has told of yet: a merge makes one with the flags of those that it merged."""
        contacts = "hubspot:contacts:"
        told = self.wire.served.records["contacts"]
        return {ref for ref in there if ref.startswith(contacts) and ref.removeprefix(contacts) not in told}

    def _overwritten(self) -> set[str]:
        """Records into whose flags somebody typed: the search index may not tell of it yet, nor the head of a commit that
        is still to come or came behind its cursor."""
        holds = self.org.commits.holds
        self.edited = still_overwritten(self.edited, held(self.trial), self.wire.written, holds)
        return self.edited

    def _threatened(self) -> bool:
        simulator = self.trial.simulator
        return bool(len(simulator.salesforce_server.faults) + len(simulator.hubspot_server.faults))


def still_overwritten(
    edited: Collection[str], there: Flat, written: Mapping[str, Values], commits_later: Callable[[str], bool]
) -> set[str]:
    """Those of the records `edited` by hand that Baton may not have put right yet: what was typed stands there, or is to
    be committed (asked by id) and will stand behind the cursor."""
    return {
        ref
        for ref in edited
        if ref in there and (commits_later(ref.rsplit(":", 1)[1]) or not _carries(there[ref], written.get(ref)))
    }


def _counted(report: CycleReport) -> bool:
    return any(
        step.get(n) for step in report.counts.values() for n in ("parked", "conflict", "unknown", "retry", "held")
    )


def _carries(flags: Values, written: Values | None) -> bool:
    return written is not None and all(flags.get(name) == value for name, value in written.items() if name in flags)
