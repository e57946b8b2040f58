"""NG topics reach FS on the opportunity, by choice; on the way they are in no file, no output and no other field."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sync.app import open_app, read_settings
from sync.trial import Trial
from tests.acceptance.harness import cycle, rows_of, written_since

SEED, HANDOFFS = 47, 60
CHOSEN = frozenset({"ng_reference", "attempts"})
PLANTED = "前任者の退職には触れない"


def overrides(trial: Trial) -> dict[str, object]:
    return trial.overrides("write") | {"flags": dict.fromkeys(sorted(CHOSEN), True)}


def plant(trial: Trial) -> set[str]:
    """Every topic to avoid that anybody typed gets a text that can be looked for; returns them."""
    told: set[str] = set()
    events = []
    for stream in ("Lead", "Opportunity"):
        for record_id, row in rows_of(trial, "salesforce", stream).items():
            if row.get("NG_Topics__c") and not row.get("IsConverted"):
                told.add(text := f"{PLANTED}（{record_id}）")
                change = {"record": {"NG_Topics__c": text}, "by": trial.world.colleagues["is1"].user_id}
                events.append(
                    {"at": None, "system": "salesforce", "op": "update", "object": stream, "id": record_id, **change}
                )
    trial.simulator.apply(events)
    return told


def test_the_topics_are_on_the_opportunity_and_nowhere_else(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    trial = Trial.start(tmp_path, seed=SEED, handoffs=HANDOFFS)
    try:
        trial.create_flag_fields(read_settings(tmp_path).mapping, CHOSEN)
        trial.pass_time(trial.simulator.clock.now() + timedelta(days=1))
        plant(trial)
        with open_app(trial.folder, overrides(trial), approve=True) as app:
            for _ in range(2):
                trial.simulator.clock.advance(timedelta(minutes=2))
                assert PLANTED not in repr(cycle(app))
        held = trial.read_back(CHOSEN)
        deals = rows_of(trial, "salesforce", "Opportunity")
    finally:
        trial.stop()
    shown = {ref: str(flags["ng_reference"]) for ref, flags in held.items() if flags["ng_reference"]}
    assert sum(PLANTED in text for text in shown.values()) >= 3, (
        "some opportunities of the company have topics to avoid"
    )
    for ref, text in shown.items():
        assert ref.stream == "Opportunity"
        assert text == deals[ref.record_id]["NG_Topics__c"] or not deals[ref.record_id]["NG_Topics__c"]
    for ref, flags in held.items():
        assert PLANTED not in repr({name: value for name, value in flags.items() if name != "ng_reference"}), ref
    assert any(isinstance(flags["attempts"], int) for flags in held.values())
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert PLANTED.encode() not in path.read_bytes(), path
    assert PLANTED not in "".join(capfd.readouterr())


def test_a_company_that_does_not_choose_them_has_no_such_fields(tmp_path: Path) -> None:
    trial = Trial.start(tmp_path, seed=SEED, handoffs=20)
    try:
        trial.create_flag_fields(read_settings(tmp_path).mapping)
        with open_app(trial.folder, trial.overrides("write"), approve=True) as app:
            cycle(app)
        sent = {name for one in written_since(trial) for name in one.values}
        asked = "\n".join(
            f"{entry.path} {entry.query} {entry.body!r}"
            for server in (trial.simulator.salesforce_server, trial.simulator.hubspot_server)
            for entry in server.log
        )
    finally:
        trial.stop()
    own = ("NG_Reference", "ng_reference", "Minutes", "_minutes", "Attempts", "attempts")
    assert sent and not [name for name in sent if name.endswith(own) or name.endswith("Attempts__c")]
    assert "Baton_NG_Reference" not in asked and "Baton_Attempts" not in asked and "baton_attempts" not in asked
