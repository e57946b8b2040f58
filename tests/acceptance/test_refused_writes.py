"""What the org refuses while Baton runs, over HTTP: it costs what it must, and no record that is not concerned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.simulator.kernel import Request, Response
from sync.app import App
from sync.errors import Shortfall
from sync.flow.connect import prepare
from sync.flow.cycle import run_once
from sync.flow.report import CycleReport
from sync.flow.status import status
from sync.flow.undo import undo
from sync.trial import Trial
from tests.acceptance.harness import mark, opened, requests_since, rows_of, running_trial, written_since

SEED, HANDOFFS = 31, 30
NOTE = "Baton_Note__c"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Trial, App]]:
    """A company whose first cycle is about to write, by a Baton that has checked its fields."""
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial, opened(trial) as app:
        context, tally = prepare(app.context)
        assert tally.problems == []
        yield trial, replace(app, context=context)


def run(trial: Trial, app: App, **passing: float) -> CycleReport:
    trial.simulator.clock.advance(timedelta(**(passing or {"minutes": 1})))
    return run_once(app.context)


def check_again(app: App) -> App:
    """As a daemon does once a day."""
    context, _ = prepare(replace(app.context, prepared=False))
    return replace(app, context=context)


def writes(trial: Trial, since: tuple[int, int]) -> int:
    return sum(entry.method == "PATCH" for entry in requests_since(trial, since)["salesforce"])


def on_salesforce(trial: Trial, name: str = "Lead") -> dict[str, dict[str, Any]]:
    return {str(ref): dict(flags) for ref, flags in trial.read_back().items() if f":{name}:" in str(ref)}


@pytest.mark.parametrize("access", [{"editable": False}, {"readable": False}], ids=["read_only", "hidden"])
def test_a_field_that_lost_its_permission_costs_a_handful_of_calls_and_comes_back(
    desk: tuple[Trial, App], access: dict[str, bool]
) -> None:
    trial, app = desk
    org = trial.simulator.salesforce_server
    org.control("fls", {"object": "Lead", "field": NOTE, **access})
    start = mark(trial)
    report = run(trial, app)
    assert writes(trial, start) <= 3
    assert report.counts["deliver"].get("parked") is None
    assert [p for p in report.problems if p.code is Shortfall.UNWRITABLE and p.names == ("note",)]
    leads = [row for row in rows_of(trial, "salesforce", "Lead").values() if row.get("Baton_Status__c")]
    assert leads
    assert not any(row.get(NOTE) for row in leads)
    for _ in range(3):
        start = mark(trial)
        run(trial, app)
        assert not any(
            NOTE in one.values for one in written_since(trial, start) if one.ref.startswith("salesforce:Lead")
        )
    org.control("fls", {"object": "Lead", "field": NOTE, "readable": True, "editable": True})
    app = check_again(app)
    run(trial, app)
    assert any(flags["note"] for flags in on_salesforce(trial).values())
    assert status(app.context).unwritable == ()


@pytest.mark.parametrize("loss", ["archived", "read_only"])
def test_a_property_that_is_lost_in_hubspot_holds_nothing_else_up(desk: tuple[Trial, App], loss: str) -> None:
    trial, app = desk
    portal = trial.simulator.hubspot_server
    portal.control("property", {"object": "contacts", "name": "baton_note", loss: True})
    start = mark(trial)
    report = run(trial, app)
    assert report.counts["deliver"].get("parked") is None
    (line,) = report.problems
    assert (line.code, line.where, line.names) == (Shortfall.UNWRITABLE, "hubspot:contacts", ("note",))
    assert sum(entry.path.endswith("batch/update") for entry in requests_since(trial, start)["hubspot"]) <= 3
    contacts = rows_of(trial, "hubspot", "contacts").values()
    assert any(one.get("baton_status") for one in contacts)
    assert not any(one.get("baton_note") for one in contacts)
    portal.control("property", {"object": "contacts", "name": "baton_note", loss: False})
    app = check_again(app)
    run(trial, app)
    assert any(one.get("baton_note") for one in rows_of(trial, "hubspot", "contacts").values())


def test_locked_rows_are_tried_again_in_the_same_run_and_hold_nobody_up(desk: tuple[Trial, App]) -> None:
    trial, app = desk
    leads = sorted(
        trial.simulator.salesforce_server.control("dump", {"object": "Lead"})["records"], key=lambda r: r["Id"]
    )
    open_leads = [row["Id"] for row in leads if not row["IsConverted"] and not row["IsDeleted"]]
    stuck = set(open_leads[::5])
    planted = [{"id": one, "times": 99 if one in stuck else 1} for one in open_leads]
    trial.simulator.salesforce_server.control("row_errors", {"add": planted})
    report = run(trial, app)
    retry, first = report.counts["deliver"].get("retry", 0), on_salesforce(trial)
    trial.simulator.salesforce_server.control("row_errors", {"clear": True, "add": []})
    for _ in range(8):
        report = run(trial, app, minutes=10)
    assert report.counts["deliver"].get("retry") is None
    assert status(app.context).parked == ()
    written, late = ({ref for ref, one in each.items() if one.get("status")} for each in (first, on_salesforce(trial)))
    assert retry == len(late - written) > 0
    assert {ref.rpartition(":")[2] for ref in late - written} <= stuck


def test_a_validation_rule_parks_its_records_and_the_others_are_written(desk: tuple[Trial, App]) -> None:
    trial, app = desk
    org = trial.simulator.salesforce_server
    message = "業種を入力してください（営業企画 tanaka@example.jp / 03-5253-1111）"
    org.control("validation_rules", {"rules": [{"object": "Lead", "blank": "Industry", "message": message}]})
    report = run(trial, app)
    parked = report.counts["deliver"]["parked"]
    assert parked > 3
    (told,) = [p for p in report.problems if p.code is Shortfall.PARKED]
    assert (told.where, told.count) == ("salesforce", parked)
    assert told.detail.startswith("FIELD_CUSTOM_VALIDATION_EXCEPTION: 業種を入力してください")
    assert "tanaka" not in told.detail
    assert "5253" not in told.detail
    assert on_salesforce(trial, "Opportunity")
    start = mark(trial)
    run(trial, app)
    assert writes(trial, start) == 0, "not tried again for nothing"
    one = status(app.context).parked[0].ref
    event = {"op": "update", "object": "Lead", "id": one.record_id, "record": {"Industry": "製造"}}
    trial.simulator.clock.advance(timedelta(minutes=16))
    trial.simulator.apply([{"at": None, "system": "salesforce", **event}])
    run(trial, app, minutes=16)
    assert on_salesforce(trial)[str(one)]["status"], "the record was put right, so it is written"
    assert len(status(app.context).parked) == parked - 1


class Meanwhile:
    """Stands in front of a system; when the first write of leads arrives, something happens to the first of them."""

    def __init__(self, system: Any, make: Callable[[str, str], dict[str, Any]]) -> None:
        self.system, self.name, self.clock, self.make = system, system.name, system.clock, make
        self.lead = ""

    def handle(self, request: Request) -> Response:
        if request.method == "PATCH" and not self.lead:
            leads = [one["id"] for one in orjson.loads(request.body)["records"] if one["attributes"]["type"] == "Lead"]
            if len(leads) > 1:
                self.lead = leads[0]
                self.system.control("apply", {"events": [{"object": "Lead", **self.make(leads[0], leads[1])}]})
        return self.system.handle(request)

    def control(self, action: str, payload: dict[str, Any]) -> object:
        return self.system.control(action, payload)


FATES: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "convert": lambda lead, _: {
        "op": "convert", "id": lead, "record": {"Account": {"Name": "会社"}, "Contact": {"LastName": "x"}},
    },
    "merge": lambda lead, other: {"op": "merge", "id": other, "loser": lead},
    "delete": lambda lead, _: {"op": "delete", "id": lead},
}  # fmt: skip


@pytest.mark.parametrize("fate", sorted(FATES))
def test_a_lead_that_became_something_else_between_reading_and_writing_is_found_in_the_next_cycle(
    desk: tuple[Trial, App], fate: str
) -> None:
    trial, app = desk
    server = trial.simulator.salesforce_server
    server.system = gate = Meanwhile(server.system, FATES[fate])
    report = run(trial, app)
    assert report.counts["deliver"]["conflict"] == 1
    run(trial, app)
    start = mark(trial)
    report = run(trial, app)
    assert not [one for one in written_since(trial, start) if one.ref.endswith(gate.lead)]
    assert report.counts["deliver"].get("conflict") is None
    assert not [one for one in status(app.context).parked if one.ref.record_id == gate.lead]


def test_a_run_is_taken_back_over_the_apis(desk: tuple[Trial, App]) -> None:
    trial, app = desk
    first = run(trial, app)
    assert trial.read_back()
    trial.simulator.clock.advance(timedelta(minutes=2))
    done = undo(app.context, first.run_id, approved=True)
    assert not done.partial, done.report.problems
    assert not any(any(v for v in flags.values()) for flags in trial.read_back().values())
    start = mark(trial)
    run(trial, app)
    run(trial, app, hours=3)
    assert written_since(trial, start) == []
