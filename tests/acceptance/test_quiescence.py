"""At rest, the flags on all records are what two others say: the slow reference, and the truth of the world."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.harness import (
    cycle,
    differences,
    listen,
    normal,
    opened,
    referred,
    running_trial,
    settle,
    written,
)
from tests.depth import share
from tests.reference.judge import Reference


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "handoffs"), [(11, share(2000, 500)), (12, share(400, 200))])
def test_a_company_at_rest(tmp_path: Path, seed: int, handoffs: int) -> None:
    with running_trial(tmp_path, seed=seed, handoffs=handoffs) as trial:
        served = listen(trial)
        reference = Reference(tmp_path)
        with opened(trial) as app:
            first = cycle(app)
            referred(reference, served, first.now)
            trial.world.expect(first.now)
            last = settle(trial, app)
        found = written(trial)
        slow = referred(reference, served, last.now)
        truth = trial.world.expect(last.now)["records"]
    true = {ref: {n: normal(n, v) for n, v in flags.items()} for ref, flags in truth.items()}
    assert len(found) > handoffs / 2
    assert differences(found, slow, ("engine", "reference"))[:20] == []
    assert differences(found, true, ("engine", "truth"))[:20] == []
