"""`baton approve`: what is held is shown with what it would write, and released by name."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sync.app import open_app
from sync.flow.cycle import run_once
from sync.flow.gate import read_holds


@pytest.fixture
def held(trial, tmp_path: Path) -> Path:
    """A company whose first changes in mode write are more than is usual."""
    folder = tmp_path / "company"
    shutil.copytree(trial.folder, folder)
    with open_app(folder, trial.overrides("write")) as app:
        report = run_once(replace(app.context, hold_minimum=3, hold_share=0.0))
        assert report.counts["deliver"]["held"] > 0
    return folder


def states(folder: Path) -> set[str]:
    with open_app(folder, offline=True) as app, app.store.read() as tx:
        return {one.name for one in read_holds(app.context, tx, app.context.rules.definition.scope.enforce_from)}


def test_what_is_held_is_shown_with_its_fields_and_records(baton, held) -> None:
    told = baton("approve", "--config", str(held))
    assert told.code == 1
    assert "引き継ぎ状況" in told.out and "salesforce:Lead:" in told.out
    assert "baton approve salesforce:item" in told.out
    (first, *_) = baton("approve", "--json", "--config", str(held)).json["holds"]
    assert first["name"] == "hubspot:item" and first["held"] > 3 and first["fields"]["status"] == first["held"]
    assert 1 <= len(first["samples"]) <= 3


def test_one_is_released_and_the_others_wait_on(baton, held) -> None:
    told = baton("approve", "salesforce:item", "--config", str(held))
    assert told.code == 0 and "承認しました" in told.out
    assert "salesforce:item" not in states(held) and "hubspot:item" in states(held)
    assert baton("approve", "all", "--json", "--config", str(held)).json["released"] > 0
    assert states(held) == set()
    assert baton("approve", "--config", str(held)).code == 0


@pytest.mark.parametrize("name", ["salesforce", "salesforce:items", "../x", "\x1b[31m", ""])
def test_what_is_not_held_cannot_be_released(baton, held, name) -> None:
    told = baton("approve", name, "--config", str(held))
    assert told.code == 2 and "is not held" in told.err and "\x1b" not in told.err
    assert len(states(held)) >= 2


def test_status_names_the_command_that_releases(baton, held) -> None:
    assert "baton approve salesforce:item" in baton("status", "--config", str(held)).out
