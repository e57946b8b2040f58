"""What a daemon costs that has nothing to do, and how soon a change in a CRM is a flag on its record.

`baton run` in a process of its own against simulated CRMs in another, in real time. Alone: `python -m
tests.benchmarks.daemon [--idle SECONDS] [--changes N]`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import requests

from sync.settings import write_overrides
from tests.benchmarks.crm import ROOT, Crms, running_crms

SEED, HANDOFFS = 7, 200
_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE_S, _LOOK_S = 120.0, 0.05
_WARM_S = 45.0
"""Its own writes come back, and whatever the company's clocks had due is done."""


@dataclass(frozen=True, slots=True)
class Idle:
    """A daemon at default intervals while nobody changes anything."""

    seconds: float
    cpu_s: float
    memory: int
    """Resident, in bytes, at the end."""
    peak: int
    """The most it ever was, the first reading of everything included."""

    def line(self) -> str:
        return (
            f"idle daemon, default intervals, {self.seconds:.0f} s: {self.cpu_s / self.seconds:.2%} of a core, "
            f"{self.memory / 1e6:.0f} MB resident (at most {self.peak / 1e6:.0f} MB)"
        )


@dataclass(slots=True)
class Latency:
    """From a save in a CRM to the flag on its record."""

    name: str
    spans: list[float] = field(default_factory=list[float])
    """Seconds."""

    def line(self) -> str:
        """Both together, then each CRM: changes are made by turns."""
        parts = (("both", self.spans), ("Salesforce", self.spans[0::2]), ("HubSpot", self.spans[1::2]))
        return f"{self.name}: " + "; ".join(f"{name} {_spread(spans)}" for name, spans in parts if spans)


def _spread(spans: Sequence[float]) -> str:
    found = sorted(spans)
    p95 = found[max(0, -(-len(found) * 95 // 100) - 1)]
    return f"median {statistics.median(found):.2f} s, p95 {p95:.2f} s of {len(found)}"


@dataclass(frozen=True, slots=True)
class Running:
    process: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self, name: str = "VmRSS") -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))

    def await_job(self, job: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if orjson.loads(line).get("job") == job:
                return
        raise AssertionError(f"the daemon ended before {job}")


def measure_idle(seconds: float, *, handoffs: int = HANDOFFS) -> Idle:
    with tempfile.TemporaryDirectory() as place, _crms(Path(place), handoffs) as crms:
        _configure(crms)
        with _daemon(crms.folder) as first:
            first.await_job("start")
        # A second start: what made the store is no part of a daemon that runs for weeks.
        with _daemon(crms.folder) as running:
            running.await_job("start")
            time.sleep(min(_WARM_S, seconds))
            before, begun = running.cpu_s(), time.monotonic()
            time.sleep(seconds)
            spent, took = running.cpu_s() - before, time.monotonic() - begun
            return Idle(took, spent, running.memory(), running.memory("VmHWM"))


def measure_latency(changes: int, name: str, **settings: Any) -> Latency:
    """`settings`: of config/baton.yaml, on top of a trial's."""
    found = Latency(name)
    with tempfile.TemporaryDirectory() as place, _crms(Path(place), 60) as crms:
        for url in crms.urls:
            _control(url, "switch", {"index_lag": [0, 0]} if url == crms.urls[1] else {})
        _configure(crms, **settings)
        with _daemon(crms.folder) as running:
            running.await_job("start")
            running.await_job("hubspot:hot")
            for number in range(changes):
                found.spans.append(_change_and_wait(crms, number))
    return found


def _change_and_wait(crms: Crms, number: int) -> float:
    """Somebody makes a new lead, by turns in each CRM; how long until it is flagged."""
    system, stream = (("salesforce", "Lead"), ("hubspot", "contacts"))[number % 2]
    record: dict[str, Any] = {"LastName": f"計測{number}", "Company": f"計測{number}株式会社", "LeadSource": "Web"}
    if system == "hubspot":
        typed = {"email": f"m{number}@measure.example", "lastname": f"計測{number}"}
        record = {"properties": {**typed, "lifecyclestage": "marketingqualifiedlead"}}
    url = crms.urls[number % 2]
    event = {"at": None, "system": system, "op": "insert", "object": stream, "record": record}
    record_id = _control(url, "apply", {"events": [event]})["ids"][0]
    begun = time.monotonic()
    while time.monotonic() - begun < _PATIENCE_S:
        if _is_flagged(url, stream, record_id):
            return time.monotonic() - begun
        time.sleep(_LOOK_S)
    raise AssertionError(f"{system}:{stream} was not flagged within {_PATIENCE_S:.0f} s")


def _is_flagged(url: str, stream: str, record_id: str) -> bool:
    found = _control(url, "dump", {"object": stream})
    if stream == "Lead":
        record = next(row for row in found["records"] if row["Id"] == record_id)
    else:
        record = found[record_id]["properties"]
    return any(name.lower().startswith("baton_") and value for name, value in record.items())


def _control(url: str, action: str, payload: Mapping[str, Any]) -> Any:
    answer = requests.post(f"{url}/__sim/{action}", json=payload, timeout=30)
    answer.raise_for_status()
    return answer.json()


@contextmanager
def _crms(folder: Path, handoffs: int) -> Iterator[Crms]:
    """Time flows in them as it does here, and nobody does anything."""
    with running_crms(folder, seed=SEED, handoffs=handoffs) as crms:
        _control(crms.urls[0], "clock", {"speed": 1})
        yield crms


def _configure(crms: Crms, **settings: Any) -> None:
    write_overrides(crms.folder, crms.overrides)
    write_overrides(crms.folder, settings)


@contextmanager
def _daemon(folder: Path) -> Iterator[Running]:
    command = [
        sys.executable,
        "-m",
        "sync",
        "run",
        "--json",
        "--approve",
        "--log-level",
        "error",
        "--config",
        str(folder),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    try:
        yield Running(process)
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


def measure(idle_s: float, changes: int) -> list[str]:
    """All of it, one line each."""
    quick = {"schedule": {"hot": "1s"}, "flags": {"enforce_from": "2026-01-01"}}
    return [
        measure_idle(idle_s).line(),
        measure_latency(changes, "change to flag, hot streams every second, no index lag", **quick).line(),
        measure_latency(max(2, changes // 5), "change to flag, default intervals").line(),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.daemon", description=__doc__)
    parser.add_argument("--idle", type=float, default=180.0, help="seconds of silence")
    parser.add_argument("--changes", type=int, default=40)
    asked = parser.parse_args()
    for line in measure(asked.idle, asked.changes):
        print(line, flush=True)


if __name__ == "__main__":
    main()
