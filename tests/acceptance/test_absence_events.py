"""An absence that somebody takes back in Salesforce moves the deadline back, whatever way they take it back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.simulator.world import days
from sync.core.model.records import RecordRef
from sync.settings import write_overrides
from sync.trial import Trial
from tests.acceptance.harness import cycle, look, opened, running_trial

TAKEN_BACK: dict[str, dict[str, Any]] = {
    "deleted": {"op": "delete"},
    "deleted for good": {"op": "delete"},
    "busy": {"op": "update", "record": {"ShowAs": "Busy"}},
    "with a customer": {"op": "update", "record": {"WhoId": "lead"}},
}


def happen(trial: Trial, op: str, obj: str, **more: Any) -> str:
    at = trial.simulator.clock.now().isoformat()
    by = trial.world.colleagues["is1"].user_id
    return trial.simulator.apply([{"at": at, "system": "salesforce", "op": op, "object": obj, "by": by, **more}])[0]


@pytest.mark.parametrize("how", list(TAKEN_BACK))
def test_a_deadline_follows_the_absences_of_its_owner(tmp_path: Path, how: str) -> None:
    with running_trial(tmp_path, seed=5, handoffs=3) as trial:
        write_overrides(
            tmp_path, {"absences": {"events": True}, "clocks": {"is_first_contact": {"owner_absent": "pause"}}}
        )
        owner = trial.world.colleagues["is1"].user_id
        lead = happen(trial, "insert", "Lead", record={"LastName": "山田", "Company": "株式会社青葉", "OwnerId": owner,
                                                       "LeadSource": "デモ", "Status": "Open - Not Contacted"})  # fmt: skip
        ref = RecordRef("salesforce", "Lead", lead)
        with opened(trial) as app:

            def due() -> str:
                trial.simulator.clock.advance(timedelta(minutes=2))
                cycle(app, sweep=True)
                return str(look(trial)[ref]["is_due"])

            first = due()
            day = days.day_of(trial.simulator.clock.now())
            times = [f"{one}T00:00:00.000+0000" for one in (day, day + timedelta(days=1))]
            away = happen(trial, "insert", "Event", record={
                "Subject": "有休", "ShowAs": "OutOfOffice", "IsAllDayEvent": True, "ActivityDate": str(day),
                "OwnerId": owner, "StartDateTime": times[0], "EndDateTime": times[1]})  # fmt: skip
            assert due() > first
            back = TAKEN_BACK[how]
            record = {name: lead if value == "lead" else value for name, value in back.get("record", {}).items()}
            happen(trial, back["op"], "Event", id=away, record=record)
            if how == "deleted for good":
                happen(trial, "empty_bin", "Event", id=away)
            assert due() == first
