"""After any cycle the flags are what the slow reference derives from the records as served so far, while people work."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.harness import (
    cycle,
    differences,
    existing,
    listen,
    look,
    opened,
    referred,
    running_trial,
    written,
)
from tests.depth import share
from tests.reference.judge import Reference


@pytest.mark.slow
def test_flags_follow_the_records_as_served_cycle_by_cycle(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=21, handoffs=share(150, 80)) as trial:
        served = listen(trial)
        reference = Reference(tmp_path)
        written_before, changed = written(trial), 0
        with opened(trial) as app:
            for step in range(share(30, 16)):
                report = cycle(app, sweep=step % 4 == 3)
                found = written(trial)
                slow = existing(trial, referred(reference, served, report.now))
                assert differences(found, slow, ("engine", "reference"))[:20] == [], f"step {step} at {report.now}"
                changed += found != written_before
                written_before = found
                trial.let_people_act(look(trial), timedelta(minutes=20))
                trial.pass_time(trial.simulator.clock.now() + timedelta(minutes=37))
        assert changed >= share(10, 6), "people worked and yet the flags hardly moved"
