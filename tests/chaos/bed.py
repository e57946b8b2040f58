"""One run's world, wire and Baton, and what troubles and people do to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sync.core.model.records import RecordRef
from sync.flow.report import CycleReport, Outcome
from sync.store import outbox
from sync.store.outbox import State
from sync.trial import Trial
from tests.chaos.engine import Engine
from tests.chaos.judge import Judges, held, shown
from tests.chaos.nursery import Nursery
from tests.chaos.people import act
from tests.chaos.wire import Wire


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
        act(self.trial.world, self.random, self.now, acts)
        self.trial.let_people_act(flags, timedelta(minutes=15))
        step = minutes if minutes is not None else self.random.choice((1, 5, 20, 45, 120, 300, 900))
        self.pass_time(step)

    def pass_time(self, minutes: float) -> None:
        self.trial.pass_time(self.now + timedelta(minutes=minutes))

    # -- Baton

    def cycle(self, *, sweep: bool = False) -> CycleReport | None:
        """One cycle of the daemon in this process, held to what it says of itself."""
        carried, disturbed = set(held(self.trial)), bool(self.blind) or self._threatened()
        self.wire.begin_cycle()
        self.cycles += 1
        report = self.engine.cycle(sweep=sweep)
        done = report is not None and report.outcome is Outcome.DONE
        self.partial += not done
        unanswered = self.wire.unanswered()
        clean = done and not disturbed
        self.judges.look(report.now if report else self.now, clean=clean, held=carried)
        if done and unanswered:
            self.losses.append(f"done, though not answered: {', '.join(unanswered[:3])}")
        if done and not self.blind:
            wrong = self.judges.differ(held(self.trial), "reference", waiting=self._waiting())
            self.losses += [f"done, and yet at {self.now:%d %H:%M:%S} {one}" for one in wrong[:3]]
        if report is not None and not done and not (report.problems or report.behind or _counted(report)):
            self.losses.append("partial, and does not say why")
        return report

    def _waiting(self) -> set[str]:
        """Records whose latest change was refused and stands in the outbox, and one that never is."""
        app = self.engine.start()
        stuck: set[str] = {"nothing:at:all"}
        with app.store.read() as tx:
            for state in (State.PARKED, State.READY):
                stuck |= {str(entry.ref) for entry in outbox.read_by_state(tx, state, 10_000)}
        return stuck

    def _threatened(self) -> bool:
        simulator = self.trial.simulator
        return bool(len(simulator.salesforce_server.faults) + len(simulator.hubspot_server.faults))

    def after_death(self, carried: set[str]) -> None:
        """Baton ran in a process that is gone; nobody knows how far it came."""
        self.judges.look(self.now, clean=False, held=carried)


def _counted(report: CycleReport) -> bool:
    return any(
        step.get(n) for step in report.counts.values() for n in ("parked", "conflict", "unknown", "retry", "held")
    )
