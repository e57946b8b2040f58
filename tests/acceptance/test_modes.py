"""Observe watches, pilot serves a few owners, write serves all; and what `plan` showed is what gets written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sync.core.model.flags import FLAG_NAMES
from sync.flow.cycle import run_once
from sync.flow.preview import PlannedChange, plan
from sync.trial import Trial
from tests.acceptance.harness import cycle, is_write, opened, requests_since, rows_of, running_trial, written
from tests.acceptance.process import baton

SEED, HANDOFFS = 23, 40
PILOTS = ["IS2@kakehashi-cloud.example", "fs3@kakehashi-cloud.example"]


def has_written(trial: Trial) -> bool:
    return any(is_write(entry) for entries in requests_since(trial).values() for entry in entries)


def test_observe_writes_nothing_and_plan_lists_what_write_then_writes(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("observe")
        assert baton(tmp_path, "ops", "once").code == 0
        answer, shown = baton(tmp_path, "plan", "--json"), baton(tmp_path, "plan", "--limit", "0")
        assert (answer.code, shown.code) == (0, 0)
        assert not has_written(trial)
        assert written(trial) == {}
        with opened(trial, "write") as app:
            run_once(app.context)
        held = {str(ref): flags for ref, flags in trial.read_back().items()}
    planned = answer.json()["changes"]
    assert {change["ref"] for change in planned} == held.keys()
    assert len(held) > HANDOFFS / 2
    for change in planned:
        assert not change["unconfirmed"]
        assert all(field["old"] is None for field in change["fields"])
        new = {field["name"]: as_set(field["new"]) for field in change["fields"]}
        assert new == {name: as_set(held[change["ref"]][name]) for name in FLAG_NAMES if held[change["ref"]][name]} | {
            name: 0 for name in ("missing_count",) if held[change["ref"]][name] == 0
        }
        assert change["ref"] in shown.out
    assert "不足項目: （空） → " in shown.out


def as_set(value: Any) -> Any:
    """A CRM gives the ids of a list back in its own order."""
    return frozenset(value.split(";")) if isinstance(value, str) and ";" in value and "\n" not in value else value


def test_pilot_writes_the_handoffs_of_its_owners_alone_and_write_the_rest(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("observe", pilot={"owners": PILOTS})
        with opened(trial, "pilot") as app:
            run_once(app.context, write=False)
            changes = plan(app.context, trial.simulator.clock.now()).changes
            cycle(app)
            served = written(trial)
            assert written(trial).keys() == {str(c.ref) for c in changes if owner_of(trial, c, changes) in PILOT_NAMES}
            assert served
            cycle(app)
            assert written(trial) == served
        with opened(trial, "write") as app:
            cycle(app)
        everyone = written(trial)
    assert everyone.keys() == {str(c.ref) for c in changes}
    assert len(everyone) > len(served)
    assert {ref: everyone[ref] for ref in served} == served


PILOT_NAMES = {name.casefold() for name in PILOTS}


def owner_of(trial: Trial, change: PlannedChange, changes: tuple[PlannedChange, ...]) -> str:
    """E-mail of who owns the handoff's anchor: its Salesforce record where it has one, else the contact itself."""
    own = [c.ref for c in changes if c.handoff_id == change.handoff_id]
    anchors = [ref for ref in own if ref.connection == "salesforce"] or own
    assert len(anchors) == 1
    anchor = anchors[0]
    if anchor.connection == "salesforce":
        owner = rows_of(trial, "salesforce", anchor.stream)[anchor.record_id]["OwnerId"]
        user = rows_of(trial, "salesforce", "User").get(owner, {})
        return str(user.get("Email") or "").casefold()
    owner = rows_of(trial, "hubspot", anchor.stream)[anchor.record_id].get("hubspot_owner_id")
    colleagues = trial.world.colleagues.values()
    return next((c.email for c in colleagues if owner and c.owner_id == owner), "")
