"""Whatever happens, Baton changes its own fields and nothing else: seen in what it sends, and in what the CRMs then hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.hubspot.fields import wire_names as hubspot_names
from connectors.salesforce.fields import wire_names as salesforce_names
from connectors.simulator.kernel import Request, Response
from sync.trial import Trial
from tests.acceptance.harness import cycle, is_write, opened, requests_since, rows_of, running_trial, written_since

SEED, HANDOFFS, STEPS = 17, 40, 6
OURS = {"salesforce": set(salesforce_names("Opportunity").values()), "hubspot": set(hubspot_names().values())}
"""Of a company that chose none of the fields that are there by choice."""
AMOUNT = {"salesforce": 17, "hubspot": 16}
STREAMS = {"salesforce:Lead", "salesforce:Opportunity", "hubspot:contacts"}
OBJECTS = {
    "salesforce": [
        "Lead",
        "Contact",
        "Account",
        "Opportunity",
        "OpportunityContactRole",
        "Task",
        "Event",
        "EmailMessage",
        "User",
    ],
    "hubspot": ["contacts", "leads", "calls", "emails", "meetings", "tasks", "communications"],
}
SELDOM = {"Baton_Missing_At_Pass__c", "baton_missing_at_pass"}
"""Written when a grace ends in which a rep left items out: hardly anybody does in so short a trial."""
MOVED_BY_ANY_WRITE = {"SystemModstamp", "LastModifiedDate", "LastModifiedById", "lastmodifieddate"}


class Letterbox:
    """Stands in front of a system and keeps the headers of everything that could change it."""

    def __init__(self, system: Any) -> None:
        self.system, self.name, self.clock = system, system.name, system.clock
        self.headers: list[dict[str, str]] = []

    def handle(self, request: Request) -> Response:
        if request.method == "PATCH":
            self.headers.append(dict(request.headers))
        return self.system.handle(request)

    def control(self, action: str, payload: dict[str, Any]) -> object:
        return self.system.control(action, payload)


def watch_org(trial: Trial) -> Letterbox:
    box = Letterbox(trial.simulator.salesforce_server.system)
    trial.simulator.salesforce_server.system = box
    return box


def test_only_our_fields_are_ever_sent_while_people_work(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        box = watch_org(trial)
        with opened(trial) as app:
            for step in range(STEPS):
                cycle(app, sweep=step % 3 == 2)
                trial.let_people_act(trial.read_back(), timedelta(hours=2))
                trial.pass_time(trial.simulator.clock.now() + timedelta(hours=5))
            cycle(app)
        sent = written_since(trial)
        asked = requests_since(trial)
    for system, names in OURS.items():
        assert len(names) == AMOUNT[system]
        used = {name for one in sent if one.ref.startswith(system) for name in one.values}
        assert used <= names, "not ours"
        assert names - used <= SELDOM, "a trial in which a field is never used shows too little"
    assert {one.ref.rpartition(":")[0] for one in sent} == STREAMS
    org_writes = [entry for entry in asked["salesforce"] if is_write(entry)]
    assert {entry.method for entry in org_writes} == {"PATCH"}
    assert len(box.headers) == len(org_writes)
    assert {headers.get("sforce-auto-assign") for headers in box.headers} == {"FALSE"}
    assert {entry.method for entry in asked["hubspot"]} == {"GET", "POST"}


def test_the_crms_hold_what_they_would_hold_without_us(tmp_path: Path) -> None:
    """Two companies live the same week; Baton works in one of them. An assignment rule lies in wait for every lead."""
    trap = {"salesforce": {"assignment_owner": "0055j00000TRAPPED"}}
    with (
        running_trial(tmp_path / "with", seed=SEED, handoffs=HANDOFFS, **trap) as ours,
        running_trial(tmp_path / "without", seed=SEED, handoffs=HANDOFFS, **trap) as theirs,
        opened(ours) as app,
    ):
        for _ in range(3):
            cycle(app, sweep=True)
            for trial in (ours, theirs):
                trial.pass_time(trial.simulator.clock.now() + timedelta(hours=30))
        cycle(app)
        assert written_since(ours)
        for system, names in OBJECTS.items():
            for name in names:
                assert others(ours, system, name) == others(theirs, system, name), name


def others(trial: Trial, system: str, name: str) -> dict[str, dict[str, Any]]:
    """Everything that an object holds besides our fields and the stamps that any write moves."""
    hidden = OURS[system] | MOVED_BY_ANY_WRITE
    return {
        record_id: {field: value for field, value in row.items() if field not in hidden and not is_stamp(field)}
        for record_id, row in rows_of(trial, system, name).items()
    }


def is_stamp(field: str) -> bool:
    return field.startswith("hs_") and field.endswith(("lastmodifieddate", "updated_by_user_id"))
