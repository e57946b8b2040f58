"""What other tools do to every record at once, or again and again: it costs reading, moves no judgement, and dies out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import ceil
from pathlib import Path

import pytest

from sync.app import App
from sync.flow.cycle import run_once
from sync.trial import Trial
from tests.acceptance.harness import cycle, is_write, mark, opened, requests_since, running_trial, settle, written_since

SEED, HANDOFFS = 17, 24
FIELD = "Baton_Next_Actor__c"
AT_MOST = 3
"""Times a day that a field is put right."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Trial, App]]:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial, opened(trial) as app:
        cycle(app)
        settle(trial, app)
        yield trial, app


def test_an_edit_that_bumps_every_record_is_read_once_and_judged_by_nobody(desk: tuple[Trial, App]) -> None:
    """As when an admin renames a stage: every stamp moves, and nothing that counts."""
    trial, app = desk
    simulator, now = trial.simulator, trial.simulator.clock.now().isoformat()
    for server, name, change in (
        (simulator.salesforce_server, "Lead", {"Rating": "Warm"}),
        (simulator.salesforce_server, "Opportunity", {"IsPrivate": True}),
        (simulator.hubspot_server, "contacts", {"properties": {"fax": "03-0000-0000"}}),
    ):
        event = {"op": "mass_update", "object": name, "record": change, "at": now}
        server.control("apply", {"events": [event]})
    contacts = len(simulator.hubspot_server.control("dump", {"object": "contacts"}))
    start = mark(trial)
    simulator.clock.advance(timedelta(minutes=1))
    report = cycle(app)
    asked = requests_since(trial, start)
    pulled = report.counts["pull"]
    assert pulled["read"] > contacts and pulled.keys() <= {"read", "touched", "echo"}, "nothing counts as changed"
    assert report.counts["judge"] == {} and report.counts["deliver"] == {}
    assert not [one for entries in asked.values() for one in entries if is_write(one)]
    read = [one for one in asked["hubspot"] if one.path.endswith("contacts/batch/read")]
    assert len(read) <= ceil(contacts / 100) + 1
    simulator.clock.advance(timedelta(minutes=1))
    assert cycle(app).counts["pull"].get("touched") is None, "each once"


def test_two_machines_that_edit_the_same_field_come_to_rest(desk: tuple[Trial, App]) -> None:
    """Somebody's automation knows another status, and writes it back whenever it looks."""
    trial, app = desk
    server = trial.simulator.salesforce_server
    leads = server.control("dump", {"object": "Lead"})["records"]
    fought = [row["Id"] for row in leads if row.get(FIELD) not in (None, "none")][:5]
    user = trial.world.colleagues["hubspot-sync"].user_id
    edits = [{"op": "update", "object": "Lead", "id": one, "record": {FIELD: "none"}, "by": user} for one in fought]
    wrote: list[int] = []
    for _ in range(AT_MOST + 4):
        server.control("apply", {"events": edits})
        start = mark(trial)
        trial.simulator.clock.advance(timedelta(minutes=15))
        run_once(app.context)
        wrote.append(sum(FIELD in one.values for one in written_since(trial, start)))
    assert wrote[0] == len(fought) == 5, "at first it is put right, whoever changed it"
    assert wrote[AT_MOST + 1 :] == [0, 0, 0], wrote
