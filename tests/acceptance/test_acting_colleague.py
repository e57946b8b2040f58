"""Who acted, where a call system writes under its own user or in somebody's name: the field in which it says so is read from
both CRMs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sync.core.model.records import RecordRef
from sync.trial import Trial
from tests.acceptance.harness import cycle, look, opened, running_trial

FIELDS = {"salesforce": ("Task", "CTI_Agent__c"), "hubspot": ("calls", "cti_agent")}
STATES = {
    # what the tool leaves, by whom and how → what the clock of a lead says whose call belongs to somebody of no team
    "nobody": "waiting",
    "is1 by e-mail": "met",
    "is1 by id": "met",
    "is1 by the other id": "met",
    "cs1 by e-mail": "waiting",
    "a colleague who left by e-mail": "waiting",
    "the call system by e-mail": "waiting",
    "a stranger": "waiting",
}


def map_field(folder: Path, system: str) -> None:
    path, yaml = folder / "mappings" / f"{system}.yaml", YAML()
    tree = yaml.load(path.read_text(encoding="utf-8"))
    stream, name = FIELDS[system]
    tree["streams"][stream]["actor_field"] = name
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)


def define(trial: Trial) -> None:
    sf, hs = FIELDS["salesforce"], FIELDS["hubspot"]
    fields = [{"name": sf[1], "type": "string", "length": 80}]
    properties = [{"name": hs[1]}]
    trial.simulator.apply(
        [
            {"at": None, "system": "salesforce", "op": "define_fields", "object": sf[0], "fields": fields},
            {"at": None, "system": "hubspot", "op": "define_properties", "object": hs[0], "properties": properties},
        ]
    )


def name(trial: Trial, whom: str, system: str) -> str:
    """As the tool writes it."""
    people = trial.world.colleagues
    is1 = people["is1"]
    short, long = (is1.user_id[:15], is1.user_id) if system == "salesforce" else (str(is1.hubspot_user), is1.owner_id)
    return {
        "nobody": "",
        "is1 by e-mail": is1.email.upper(),
        "is1 by id": long,
        "is1 by the other id": short,
        "cs1 by e-mail": people["cs1"].email,
        "a colleague who left by e-mail": people["retired1"].email,
        "the call system by e-mail": people["cti"].email,
        "a stranger": "999",
    }[whom]


def arrive(trial: Trial, whom: str, system: str) -> RecordRef:
    """A person of now, with a call by the call system in the name of customer support."""
    people, now = trial.world.colleagues, trial.simulator.clock.now()
    at, owner = now.isoformat(), people["cs1"]
    told = name(trial, whom, system)

    def happen(obj: str, record: dict[str, Any]) -> str:
        event = {"at": at, "system": system, "op": "insert", "object": obj, "record": record, "by": by}
        return trial.simulator.apply([event])[0]

    if system == "salesforce":
        by = people["cti"].user_id
        lead = happen("Lead", {"LastName": "山田", "Company": "株式会社青葉", "LeadSource": "デモ", "OwnerId": by,
                               "Status": "Open - Not Contacted"})  # fmt: skip
        happen("Task", {"WhoId": lead, "TaskSubtype": "Call", "Status": "Completed", "CallType": "Outbound",
                        "OwnerId": owner.user_id, FIELDS[system][1]: told or None})  # fmt: skip
        return RecordRef("salesforce", "Lead", lead)
    by = "INTEGRATION"
    contact = happen("contacts", {"properties": {"lastname": "佐藤", "lifecyclestage": "marketingqualifiedlead",
                                                 "lead_source": "デモ", "createdate": at}})  # fmt: skip
    happen("calls", {"properties": {"hs_timestamp": at, "hs_call_direction": "OUTBOUND", "hs_call_status": "COMPLETED",
                                    "hubspot_owner_id": owner.owner_id, FIELDS[system][1]: told},
                     "associations": [{"to": "contacts", "id": contact}]})  # fmt: skip
    return RecordRef("hubspot", "contacts", contact)


@pytest.mark.parametrize("system", ["salesforce", "hubspot"])
def test_the_field_says_who_acted_and_else_the_owner_did(tmp_path: Path, system: str) -> None:
    with running_trial(tmp_path, seed=5, handoffs=3) as trial:
        map_field(tmp_path, system)
        define(trial)
        refs = {whom: arrive(trial, whom, system) for whom in STATES}
        trial.simulator.clock.advance(timedelta(minutes=2))
        with opened(trial) as app:
            cycle(app)
        flags = look(trial)
    assert {whom: flags[ref]["is_sla"] for whom, ref in refs.items()} == STATES
