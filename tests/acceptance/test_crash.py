"""`kill -9` of the daemon wherever it stands: the flags end as those of an undisturbed twin, and nothing is written twice blindly."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote_plus

import pytest

from connectors.simulator.kernel import LogEntry
from sync.flow.status import status
from sync.store.outbox import State
from sync.trial import Trial
from tests.acceptance.harness import (
    Flat,
    cycle,
    differences,
    mark,
    opened,
    requests_since,
    running_trial,
    settle,
    written,
    written_since,
)
from tests.acceptance.process import daemon, until

SEED, HANDOFFS = 31, 50
HOLD_S = 60.0
SF_WRITE = {"method": "PATCH", "path": "/composite/sobjects"}
HS_WRITE = {"method": "POST", "path": "/batch/update"}
Fault = dict[str, Any]


def held(match: dict[str, str], after: int = 0) -> Fault:
    return {"kind": "slow", "match": match, "seconds": HOLD_S, "after": after}


def plant(trial: Trial, system: str, *faults: Fault) -> None:
    getattr(trial.simulator, f"{system}_server").control("faults", {"add": list(faults)})


def is_held(entry: LogEntry) -> bool:
    return "fault slow" in entry.note


def kill_when_held(trial: Trial, system: str) -> None:
    """Start the daemon, wait until it hangs on the planted slow answer, and kill it there."""
    since = mark(trial)
    kill_when(trial, lambda: any(map(is_held, requests_since(trial, since)[system])))


def kill_when(trial: Trial, condition: Callable[[], Any]) -> None:
    with daemon(trial.folder) as running:
        until(lambda: condition() or running.process.poll() is not None, "the moment to kill")
        assert running.process.poll() is None, running.err
        running.kill()


def kill_at_random(trial: Trial, random: Random) -> None:
    """After some number of requests, and some instant after that one."""
    since, number = mark(trial), random.randint(1, 40)

    def reached() -> bool:
        return sum(map(len, requests_since(trial, since).values())) >= number

    kill_when(trial, reached)
    time.sleep(random.random() * 0.02)


def run_through(trial: Trial) -> None:
    """Start again at once; one undisturbed cycle."""
    with daemon(trial.folder) as running:
        report = running.report("start")
        assert report["problems"] == [], report["problems"]
        assert running.end() == 0


def work_on(trial: Trial) -> None:
    """People act on what they see; then the search index has caught up."""
    trial.let_people_act(trial.read_back(), timedelta(hours=2))
    trial.pass_time(trial.simulator.clock.now() + timedelta(hours=1))


def in_flight(trial: Trial) -> int:
    with opened(trial, "observe") as app:
        counts = status(app.context).outbox
    return sum(n for (_, state), n in counts.items() if state in (State.SENDING, State.UNKNOWN))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Flat]:
    """What the records show after each of three rounds of work, and at rest."""
    with running_trial(tmp_path_factory.mktemp("twin"), seed=SEED, handoffs=HANDOFFS) as twin, opened(twin) as app:
        shown: list[Flat] = []
        for _ in range(3):
            cycle(app)
            shown.append(written(twin))
            work_on(twin)
        settle(twin, app)
        return [*shown, written(twin)]


@pytest.mark.slow
def test_killed_wherever_it_stands(tmp_path: Path, undisturbed: list[Flat]) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("write")
        # while it reads the one, then the other, then between what it sent and the answer
        plant(trial, "salesforce", held({"path": "/composite$"}, after=1))
        kill_when_held(trial, "salesforce")
        plant(trial, "hubspot", held({"path": "/contacts\\?.*properties"}))
        kill_when_held(trial, "hubspot")
        plant(trial, "salesforce", held(SF_WRITE))
        kill_when_held(trial, "salesforce")
        assert in_flight(trial) > 0, "it was not killed between sending and the answer"
        unanswered = written_since(trial)
        assert unanswered
        run_through(trial)
        assert differences(written(trial), undisturbed[0], ("killed", "twin")) == []
        applied = {one.ref for one in unanswered}
        assert not [one for one in written_since(trial)[len(unanswered) :] if one.ref in applied], "written again"

        # one write lost on its way, the other applied and unanswered
        work_on(trial)
        plant(trial, "salesforce", {"kind": "reset_before", "match": SF_WRITE})
        plant(trial, "hubspot", held(HS_WRITE))
        kill_when_held(trial, "hubspot")
        lost = [e for e in requests_since(trial)["salesforce"] if "reset_before" in e.note]
        assert len(lost) == 1
        run_through(trial)
        assert differences(written(trial), undisturbed[1], ("killed", "twin")) == []
        assert repeated_writes(trial), "the lost write was not sent again"

        # anywhere
        work_on(trial)
        random = Random(SEED)
        for _ in range(2):
            kill_at_random(trial, random)
        run_through(trial)
        assert differences(written(trial), undisturbed[2], ("killed", "twin")) == []
        work_on(trial)
        with opened(trial) as app:
            settle(trial, app)
        assert differences(written(trial), undisturbed[3], ("killed", "twin")) == []
        assert in_flight(trial) == 0
        assert [again for again in repeated_writes(trial) if not again[1]] == []


def repeated_writes(trial: Trial) -> list[tuple[str, bool]]:
    """Every field that was written with the value it had been written with last, and whether the record was read between."""
    logs = requests_since(trial)
    last: dict[tuple[str, str], tuple[Any, int]] = {}
    found: list[tuple[str, bool]] = []
    for one in written_since(trial):
        for name, value in one.values.items():
            before = last.get((one.ref, name))
            if before is not None and before[0] == value:
                system, _, record_id = one.ref.split(":")
                between = logs[system][before[1] + 1 : one.position]
                found.append((f"{one.ref} {name}", any(reads_flags(entry, record_id) for entry in between)))
            last[one.ref, name] = value, one.position
    return found


def reads_flags(entry: LogEntry, record_id: str) -> bool:
    """Whether this request read our fields of that record by its id."""
    if not (entry.path.endswith(("/composite", "/batch/read"))):
        return False
    body = unquote_plus(entry.body.decode())
    return record_id in body and "baton_" in body.lower()
