"""An upload of badges over real HTTP: one start and one deadline on the records of both CRMs, one write each, one line of capacity."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from connectors.simulator.world import days
from connectors.simulator.world.journey import Journey
from sync.app import App
from sync.cli.catalogue import speak
from sync.cli.explanation import Teller
from sync.cli.status import lines_of
from sync.core.model.handoff import Colleague
from sync.flow.case import load_directories
from sync.flow.explain import explain
from sync.flow.status import status as read_status
from sync.settings import write_overrides
from sync.trial import Trial
from tests.acceptance.campaign import read_clocks
from tests.acceptance.harness import cycle, mark, opened, running_trial, written_since

DAY = {"source": "名刺交換", "from": "2026-11-19", "to": "2026-11-19", "start": "2026-11-18", "rank": "A"}
"""What the operator knows of the cards of the third evening."""


def go_on(trial: Trial, to: datetime) -> None:
    """What happens until then happens, in both CRMs."""
    events = trial.world.advance(to)
    trial.simulator.clock.set(to)
    trial.simulator.apply(events)


def of(trial: Trial, plot: str) -> list[Journey]:
    return [one for one in trial.world.plots.journeys if one.plot == plot and one.exists]


def dues(trial: Trial, journeys: list[Journey]) -> set[datetime | None]:
    shown = read_clocks(trial)
    return {shown[ref]["is_due"] for one in journeys for ref in one.targets}


def test_badges_of_both_systems_have_one_clock_and_each_is_written_once(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=11, handoffs=12, evidence=1) as trial:
        write_overrides(tmp_path, {"clocks": {"is_first_contact": {"batches": [DAY], "at_risk": "90%"}}})
        with opened(trial) as app:
            begun = trial.world.start
            go_on(trial, begun + timedelta(hours=8, minutes=45))
            cycle(app)
            early = of(trial, "evidence_badge")
            assert 10 < len(early) < 50, "too few for a batch as yet"
            go_on(trial, begun + timedelta(hours=9, minutes=20))
            start = mark(trial)
            cycle(app)
            go_on(trial, begun + timedelta(hours=9, minutes=22))
            cycle(app)
            badges = of(trial, "evidence_badge")
            assert len(badges) == 60 and {one.anchor.connection for one in badges} == {"salesforce", "hubspot"}
            assert dues(trial, badges) == {days.due_days(min(one.opened_at for one in badges), 5)}
            refs = {one.anchor.ref for one in badges}
            counted = Counter(one.ref for one in written_since(trial, start) if one.ref in refs)
            assert set(counted.values()) == {1}
            assert not counted.keys() & {one.anchor.ref for one in early}, (
                "what the first half reads was right all along"
            )
            tell(app, badges[-1].anchor.ref, trial.world.now)
            go_on(trial, begun + timedelta(days=2, hours=10))
            cycle(app)
            cards = of(trial, "evidence_card")
            assert len(cards) == 45
            assert dues(trial, cards) == {days.due_days(begun + timedelta(days=1), 2)}, (
                "by the day and the rank that were given"
            )


def tell(app: App, ref: str, now: datetime) -> None:
    """What an operator reads of it."""
    told = lines_of(read_status(app.context), app)
    (head,) = [
        n
        for n, line in enumerate(told)
        if "一括登録「展示会」（2026-11-17 17:20:00 JST〜）：未対応60件（全60件）" in line
    ]
    people = len({one.email for one in hired(app) if "IS" in one.roles and one.active})
    needed = math.ceil(600 / (people * 20)) / 10
    assert f"60件 ÷（{people}名 × 余力20件/日）＝ 約{needed:g}営業日" in told[head + 1]
    found = explain(app.context, ref, now)
    zone = app.settings.rules.is_clock.calendar.zone
    teller = Teller(speak("ja"), "ja", found.mapping, zone, found.calendars, together=found.together)
    lines = teller.clock(found.judgement.clocks[0])
    assert any("一括登録のSLA：「展示会」60件をまとめて 2026-11-17 17:20:00 JST から計る" in line for line in lines), (
        lines
    )


def hired(app: App) -> Iterable[Colleague]:
    with app.context.store.read() as tx:
        return load_directories(app.context, tx)[app.settings.rules.definition.version].values()
