"""Both simulated CRMs with a company in them, in a process of their own, so that their work is not counted as ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import requests

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Crms:
    """Running elsewhere; `folder` points Baton at them, `overrides` are settings on top of it."""

    folder: Path
    overrides: dict[str, Any]
    urls: tuple[str, ...]

    def advance(self, seconds: float) -> None:
        """Both systems share one clock."""
        answer = requests.post(f"{self.urls[0]}/__sim/clock", json={"advance_seconds": seconds}, timeout=30)
        answer.raise_for_status()


@contextmanager
def running_crms(folder: Path, *, seed: int, handoffs: int) -> Iterator[Crms]:
    """Time stands still in them until it is advanced."""
    command = [sys.executable, "-m", "tests.benchmarks.crm", str(folder), str(seed), str(handoffs)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdin is not None and process.stdout is not None
    try:
        told = orjson.loads(process.stdout.readline())
        yield Crms(folder, told["overrides"], tuple(told["urls"]))
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def serve(folder: Path, seed: int, handoffs: int) -> None:
    """Until standard input ends."""
    from sync.app import read_settings
    from sync.trial import Trial

    trial = Trial.start(folder, seed=seed, handoffs=handoffs)
    try:
        trial.create_flag_fields(read_settings(folder).mapping)
        urls = (trial.simulator.salesforce_url, trial.simulator.hubspot_url)
        print(orjson.dumps({"overrides": trial.overrides("write"), "urls": urls}).decode(), flush=True)
        sys.stdin.read()
    finally:
        trial.stop()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
