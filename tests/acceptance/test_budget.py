"""A good guest through the whole loop: what the budget has no room for waits, is named, and goes on; deadlines go first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

from connectors.kit.pace import Pace
from connectors.simulator.catalogue import troubles
from connectors.simulator.kernel import LogEntry
from sync.app import App, open_app, read_spending
from sync.budget import Limit, Purpose
from sync.flow.connect import prepare
from sync.flow.cycle import run_once
from sync.flow.report import Outcome
from sync.flow.status import status
from sync.store import agenda
from sync.trial import Trial
from tests.acceptance.harness import cycle, mark, opened, requests_since, running_trial, settle
from tests.acceptance.process import baton

SEED, HANDOFFS = 5, 24
SYSTEMS = ("salesforce", "hubspot")


@contextmanager
def budgeted(trial: Trial, budget: Mapping[str, Any]) -> Iterator[App]:
    """The application with budgets by connection, whose waits pass on the trial's clock."""
    overrides = trial.overrides("write")
    for name, one in budget.items():
        overrides["connections"][name]["budget"] = one
    clock = trial.simulator.clock
    pace = Pace(lambda: clock.now().timestamp(), lambda seconds: clock.advance(timedelta(seconds=seconds)))
    with open_app(trial.folder, overrides, approve=True, pace=pace) as app:
        yield app


def spent(app: App, name: str) -> int:
    return app.context.connections[name].source.usage().ours


def others_use(trial: Trial, name: str, share: float) -> None:
    server = getattr(trial.simulator, f"{name}_server")
    told = server.control("usage", {})
    server.control("usage", {"others": ceil(told["max"] * share) - told["used"]})


def breached(app: App) -> int:
    return sum(count.states.get("breached", 0) for count in status(app.context).clocks.values())


def test_a_budget_that_ends_in_the_middle_of_a_cycle(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        with opened(trial) as app:
            cycle(app)
            settle(trial, app)
            before = spent(app, "hubspot")
        ready = len(app.context.connections["hubspot"].streams) * 2 + 1  # what checking the streams costs
        daily = ceil((before + ready + 4) / 0.9)
        with budgeted(trial, {"hubspot": daily}) as app:
            trial.simulator.clock.advance(timedelta(minutes=1))
            context, _ = prepare(app.context)  # as a daemon does, once a day
            report = run_once(context)
            assert report.outcome is Outcome.PARTIAL
            (told,) = [one for one in report.problems if "budget" in one.detail]
            assert told.where == "hubspot"
            assert f"{daily} a day in all" in told.detail and "budget.daily" in told.detail
            assert report.behind.keys() and all(name.startswith("hubspot:") for name in report.behind)
            assert spent(app, "hubspot") == int(daily * 0.9)
            (pause,) = [
                p for p in app.context.connections["hubspot"].source.usage().pauses if p.purpose is Purpose.HEAD
            ]
            start = mark(trial)
            for _ in range(3):
                trial.simulator.clock.advance(timedelta(minutes=1))
                assert run_once(context).behind.keys() == {
                    f"hubspot:{s.name}" for s in context.connections["hubspot"].streams
                }
            asked = requests_since(trial, start)
            assert not [e for e in asked["hubspot"] if e.path.endswith("/search")], "nothing is read meanwhile"
            assert asked["salesforce"], "the other connection goes on"
            trial.simulator.clock.set(pause.until)
            assert run_once(context).outcome is Outcome.DONE
            settle(trial, app)


def test_status_tells_since_when_until_when_and_by_whom(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        with opened(trial) as app:
            cycle(app)
        for name in SYSTEMS:
            others_use(trial, name, 0.9)
        with budgeted(trial, {}) as app:
            report = run_once(app.context)
        assert report.outcome is Outcome.PARTIAL
        for name in SYSTEMS:
            assert [one for one in report.problems if one.connection == name and "all tools together" in one.detail]
        trial.write_config("write")
        told = baton(tmp_path, "status", "--json")
        assert told.code == 1
        for name in SYSTEMS:
            one = told.json()["connections"][name]
            assert one["quota"]["others"] > one["quota"]["max"] * 0.85
            assert 0 < one["budget"]["used"] < one["budget"]["allowed"]
            assert {pause["purpose"] for pause in one["pauses"]} == set(Purpose) - {Purpose.DEADLINE}
            assert {pause["limit"] for pause in one["pauses"]} == {Limit.ACCOUNT}
            assert all(pause["since"] < pause["until"] for pause in one["pauses"])
        shown = baton(tmp_path, "status").out
        assert shown.count("休止中") == 2
        assert "フラグの書き込み、変更の読み取り" in shown


def test_deadlines_are_confirmed_while_everything_else_yields(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        with opened(trial) as app:
            cycle(app)
            settle(trial, app)
        with budgeted(trial, {}) as app:
            known, clock = breached(app), trial.simulator.clock
            report, start, last = None, mark(trial), clock.now() + timedelta(days=5)
            while breached(app) == known:
                with app.store.read() as tx:
                    wake = agenda.next_wake(tx)
                assert wake is not None and clock.now() < last, "no clock ran out"
                clock.set(max(wake + timedelta(minutes=1), clock.now() + timedelta(hours=2)))
                for name in SYSTEMS:
                    others_use(trial, name, 0.9)
                start = mark(trial)
                report = run_once(app.context)
            assert report is not None
            assert report.outcome is Outcome.PARTIAL
            assert report.wrote == 0
            asked = requests_since(trial, start)
            assert [entry for entry in asked["hubspot"] if "/associations/" in entry.path]
            assert not [entry for entry in asked["hubspot"] if entry.path.endswith(("/search", "/batch/update"))]
            clock.advance(timedelta(hours=25))
            assert run_once(app.context).wrote > 0
            settle(trial, app)


def test_what_is_spent_on_a_connection_that_cannot_be_used_counts_and_its_pause_is_told(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        overrides = trial.overrides("write")
        overrides["connections"]["salesforce"]["budget"] = 3
        trial.write_config("write", connections=overrides["connections"])
        for _ in range(3):
            with open_app(trial.folder, approve=True) as app:
                run_once(app.context)
        assert sum(is_counted(entry) for entry in requests_since(trial)["salesforce"]) <= 3
        told = baton(trial.folder, "status").out
        assert "休止中 salesforce" in told


def test_a_quota_that_was_heard_is_told_though_the_crm_is_not_reached_now(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        with opened(trial) as app:
            cycle(app)
            heard = read_spending(app)["salesforce"].usage
        action, payload = troubles()["salesforce.request.token.grant_503"].plan(times=None)
        trial.simulator.salesforce_server.control(action, payload)
        with opened(trial) as app:
            assert run_once(app.context).outcome is Outcome.PARTIAL
            now = read_spending(app)["salesforce"].usage
        assert heard.quota_max
        assert (now.quota_max, now.allowance) == (heard.quota_max, heard.allowance)


def is_counted(entry: LogEntry) -> bool:
    return entry.cost > 0
