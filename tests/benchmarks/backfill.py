"""A backfill of the whole mix against the stub, by the real command: time, memory, calls; killed at random and gone on with.

`python -m tests.benchmarks.backfill --scale 1` reads two million records; `--scale 10` a tenth of them. `--kills 5` kills it
so many times with SIGKILL and compares what it leaves behind with that of a run that nobody killed. `--modelled` lets the
stub take 80 ms a call and keep to HubSpot's limits, of which the whole is then allowed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

from sync.settings.write import write_overrides
from tests.benchmarks.stub import ROOT, Stub, running_stub

_PAGE_B, _MB = os.sysconf("SC_PAGE_SIZE"), 1_000_000
_TICK = os.sysconf("SC_CLK_TCK")
_PERMITTED = 19.0
"""HubSpot calls a second, searches apart: 190 in ten seconds."""


@dataclass(slots=True)
class Figures:
    """Of one backfill, over all processes that it took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    reading_s: float = 0.0
    reading_cpu_s: float = 0.0
    reading_calls: int = 0
    memory: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """(seconds, MB)"""

    @property
    def peak(self) -> float:
        return max((mb for _, mb in self.memory), default=0.0)


def main() -> None:
    asked = _arguments()
    with (
        tempfile.TemporaryDirectory() as place,
        running_stub(Path(place), scale=asked.scale, modelled=asked.modelled) as stub,
    ):
        print(f"{stub.records:,} records: {stub.counts}", flush=True)
        stub.record()
        dice = random.Random(asked.seed)
        killed = _run(stub, "killed.db", [dice.random() for _ in range(asked.kills)])
        requests = stub.requests()
        _tell(stub, killed, requests, asked.kills, asked.modelled)
        if asked.kills:
            whole = _run(stub, "whole.db", [])
            print(f"unbroken: {whole.wall_s:,.0f} s, {whole.cpu_s:,.0f} s of CPU, peak {whole.peak:,.0f} MB")
            same = _digest(stub.folder / "var" / "killed.db") == _digest(stub.folder / "var" / "whole.db")
            print("what both leave behind is", "the same" if same else "DIFFERENT")
            sys.exit(0 if same else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.backfill", description=__doc__)
    parser.add_argument("--scale", type=int, default=10, help="two million records divided by this")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--modelled", action="store_true", help="80 ms a call, and HubSpot's limits")
    return parser.parse_args()


def _run(stub: Stub, store: str, kills: list[float]) -> Figures:
    """`kills`: at which parts of all HubSpot pages."""
    told: dict[str, Any] = {**stub.overrides, "mode": "observe", "store": f"sqlite:///var/{store}"}
    connections = {name: {**one, "budget": "100%"} for name, one in told["connections"].items()}
    connections["hubspot"]["budget"] = {"daily": "100%", "account": "100%", "burst": "100%"}
    small = stub.records < 1_000_000
    write_overrides(
        stub.folder, {**told, "connections": connections, "backfill": {"bulk_from": 500 if small else 50_000}}
    )
    figures, begun = Figures(), _lists(stub)
    goals = [begun + int(part * _least(stub)) for part in sorted(kills)]
    for goal in [*goals, None]:
        _follow(stub, figures, goal)
    return figures


def _follow(stub: Stub, figures: Figures, goal: int | None) -> None:
    command = [sys.executable, "-m", "sync", "backfill", "--since", "2020-01-01", "--config", str(stub.folder)]
    started, calls = time.monotonic(), _lists(stub)
    cpu = read_at = read_cpu = 0.0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            elapsed, lists = time.monotonic() - started, _lists(stub)
            with contextlib.suppress(OSError, IndexError):
                pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
                figures.memory.append((figures.wall_s + elapsed, pages * _PAGE_B / _MB))
                times = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
                cpu = (int(times[11]) + int(times[12])) / _TICK
            if lists > calls:
                figures.reading_calls += lists - calls
                calls, read_at, read_cpu = lists, elapsed, cpu
            if goal is not None and lists >= goal:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.1)
        if goal is None and process.returncode:
            raise SystemExit(f"the backfill ended with {process.returncode}")
    figures.wall_s += time.monotonic() - started
    figures.cpu_s += cpu
    figures.reading_s += read_at
    figures.reading_cpu_s += read_cpu


def _lists(stub: Stub) -> int:
    told = stub.told()["HubSpotStub"]
    return told.get("objects", 0) + told.get("read", 0)


def _least(stub: Stub) -> int:
    """Pages of all HubSpot lists."""
    return sum(ceil(n / 100) for name, n in stub.counts.items() if name.startswith("hubspot."))


def _tell(stub: Stub, figures: Figures, requests: list[tuple[str, str, str]], kills: int, modelled: bool) -> None:
    lists = [url for method, url, _ in requests if method == "GET" and "/objects/" in url and "limit=100" in url]
    pages = lists + [url for _, url, _ in requests if "/results?" in url]
    histories = sum(
        "propertiesWithHistory" in body and '"propertiesWithHistory":[]' not in body for _, _, body in requests
    )
    twice = sum(n - 1 for n in Counter(pages).values())
    hubspot = [url for _, url, _ in requests if "/crm/" in url and "/search" not in url and "/properties/" not in url]
    least = _least(stub) + histories
    print(
        f"{figures.wall_s:,.0f} s, {figures.cpu_s:,.0f} s of CPU: {stub.records / figures.cpu_s:,.0f} records a CPU second"
    )
    print(f"memory: peak {figures.peak:,.0f} MB; by tenths of the time: {_tenths(figures.memory)}")
    print(
        f"HubSpot: {len(hubspot):,} calls beside searches, the least possible {least:,} ({len(hubspot) / least - 1:+.1%})"
    )
    print(f"{kills} kills: {twice} pages read twice of {len(set(pages)):,}")
    if modelled:
        pace = figures.reading_calls / figures.reading_s
        print(
            f"pace while reading: {pace:.1f} calls a second, {pace / _PERMITTED:.0%} of what is permitted, on "
            f"{figures.reading_cpu_s / figures.reading_s:.0%} of a core"
        )


def _tenths(memory: list[tuple[float, float]]) -> str:
    end = memory[-1][0] or 1.0
    peaks = [max((mb for at, mb in memory if n <= 10 * at / end <= n + 1), default=0.0) for n in range(10)]
    return " ".join(f"{mb:.0f}" for mb in peaks)


def _digest(path: Path) -> str:
    """Of all that a run leaves behind, but for the numbers that only order it."""
    total = hashlib.sha256()
    with contextlib.closing(sqlite3.connect(path)) as store:
        for query in (
            "SELECT ref, content_hash, deleted FROM source_record ORDER BY ref",
            "SELECT ref, role, key FROM record_key ORDER BY ref, role, key",
            "SELECT anchor, status, in_scope, open FROM handoff ORDER BY anchor",
            "SELECT ref, state, new FROM outbox WHERE state != 'superseded' ORDER BY ref",
        ):
            for row in store.execute(query):
                total.update(repr(row).encode())
    return total.hexdigest()


if __name__ == "__main__":
    main()
