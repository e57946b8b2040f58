"""A flag that somebody changes by hand is put right at the next reading; our own writing coming back moves nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.hubspot.fields import wire_names as hubspot_names
from connectors.salesforce.fields import wire_names
from sync.core.model.flags import FLAG_NAMES
from sync.trial import Trial
from tests.acceptance.harness import Flat, cycle, is_write, mark, opened, requests_since, running_trial, written_since

SEED, HANDOFFS = 29, 24
OTHER = {"status": "passed", "missing_count": 99, "note": "書き換えました"}


def change_by_hand(trial: Trial, ref: str, flags: dict[str, object]) -> None:
    system, name, record_id = ref.split(":")
    own = wire_names(name) if system == "salesforce" else hubspot_names()
    flags = {flag: value for flag, value in flags.items() if flag in own}
    if system == "salesforce":
        user = trial.world.colleagues["is1"].user_id
        event = {"record": {own[flag]: value for flag, value in flags.items()}, "by": user}
    else:
        properties = {own[flag]: "" if value is None else str(value) for flag, value in flags.items()}
        event = {"record": {"properties": properties}}
    trial.simulator.apply([{"at": None, "system": system, "op": "update", "object": name, "id": record_id, **event}])


def shown(trial: Trial) -> Flat:
    return {str(ref): dict(flags) for ref, flags in trial.read_back().items()}


@pytest.mark.parametrize("flags", [dict.fromkeys(FLAG_NAMES), OTHER], ids=["cleared", "changed"])
def test_flags_changed_by_hand_are_restored_at_the_next_reading(tmp_path: Path, flags: dict[str, object]) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial, opened(trial) as app:
        cycle(app)
        trial.simulator.clock.advance(timedelta(minutes=2))
        cycle(app)
        before = shown(trial)
        touched = [next(ref for ref in sorted(before) if ref.startswith(kind)) for kind in KINDS]
        trial.simulator.clock.advance(timedelta(minutes=1))
        for ref in touched:
            change_by_hand(trial, ref, flags)
        assert {ref: shown(trial).get(ref) for ref in touched} != {ref: before[ref] for ref in touched}
        start = mark(trial)
        trial.simulator.clock.advance(timedelta(minutes=1))
        report = cycle(app)
        sent = written_since(trial, start)
        assert shown(trial) == before
    assert report.counts["pull"]["reverted"] == len(touched)
    assert sorted(one.ref for one in sent) == sorted(touched), "each once, and nobody else"
    for one in sent:
        assert 0 < len(one.values) <= sum(before[one.ref][name] != flags.get(name, ...) for name in FLAG_NAMES)


KINDS = ("salesforce:Lead", "salesforce:Opportunity", "hubspot:contacts")


def test_our_own_writing_coming_back_moves_nothing(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial, opened(trial) as app:
        first = cycle(app)
        start = mark(trial)
        trial.simulator.clock.advance(timedelta(minutes=2))
        report = cycle(app)
        asked = requests_since(trial, start)
    assert first.wrote > 0
    assert report.counts["pull"].get("echo") == first.wrote
    assert report.counts["judge"] == {}
    assert not any(is_write(entry) for entries in asked.values() for entry in entries)
