"""「来月」 means the month after it was written, not after somebody last touched the record: told by both CRMs' histories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sync.core.model.records import RecordRef
from sync.trial import Trial
from tests.acceptance.harness import cycle, look, opened, running_trial

LONG_AGO, SINCE, LATELY = "2026-05-11T02:00:00+00:00", "2026-05-12T02:00:00+00:00", "2026-11-16T02:00:00+00:00"


def happen(trial: Trial, at: str, system: str, op: str, name: str, **more: Any) -> str:
    event = {"at": at, "system": system, "op": op, "object": name, **more}
    return trial.simulator.apply([event])[0]


def lead(trial: Trial, **values: str) -> str:
    record = {
        "LastName": "山田",
        "Company": "株式会社青葉",
        "Status": "Open - Not Contacted",
        "LeadSource": "紹介",
        **values,
    }
    return happen(trial, LONG_AGO, "salesforce", "insert", "Lead", record=record)


def contact(trial: Trial, **values: str) -> str:
    known = {"lastname": "佐藤", "lifecyclestage": "marketingqualifiedlead", "createdate": LONG_AGO, **values}
    return happen(trial, LONG_AGO, "hubspot", "insert", "contacts", record={"properties": known})


def test_an_old_answer_on_a_record_that_was_touched_lately_is_an_old_answer(tmp_path: Path) -> None:
    tracked = {"tracked_lead_fields": ["Status", "Desired_Timing__c"]}
    with running_trial(tmp_path, seed=5, handoffs=20, salesforce=tracked) as trial:
        old, new = lead(trial), lead(trial)
        happen(trial, SINCE, "salesforce", "update", "Lead", id=old, record={"Desired_Timing__c": "来月"})
        happen(trial, LATELY, "salesforce", "update", "Lead", id=old, record={"Title": "部長"})
        happen(trial, LATELY, "salesforce", "update", "Lead", id=new, record={"Desired_Timing__c": "来月"})
        aged, fresh = contact(trial, desired_timing="来月"), contact(trial)
        happen(trial, LATELY, "hubspot", "update", "contacts", id=aged, record={"properties": {"jobtitle": "部長"}})
        happen(
            trial, LATELY, "hubspot", "update", "contacts", id=fresh, record={"properties": {"desired_timing": "来月"}}
        )
        with opened(trial) as app:
            cycle(app)
        flags = look(trial)
    lacking = {
        name: "timing" in str(flags[RecordRef(*place)]["missing_items"]).split(";")
        for name, place in {
            "old lead": ("salesforce", "Lead", old),
            "new lead": ("salesforce", "Lead", new),
            "old contact": ("hubspot", "contacts", aged),
            "new contact": ("hubspot", "contacts", fresh),
        }.items()
    }
    assert lacking == {"old lead": True, "new lead": False, "old contact": True, "new contact": False}
