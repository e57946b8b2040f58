"""A backfill of the whole mix against the stub, by the real command: time, memory, calls; killed at random and gone on with.

`python -m tests.benchmarks.backfill --scale 1` reads two million records; `--scale 10` a tenth of them. `--kills 5` kills it
so many times with SIGKILL and compares what it leaves behind with that of a run that nobody killed. `--modelled` lets the
stub take 80 ms a call and keep to HubSpot's limits, of which the whole is then allowed, and ends when everything is read; its
measure needs a machine that does nothing else (`chrt -f 10 python -m …` on one that does).
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
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

import orjson
import requests

from sync.settings.write import write_overrides
from tests.benchmarks.pages import CALL_S
from tests.benchmarks.stub import ROOT, Stub, running_stub

_PAGE_B, _MB = os.sysconf("SC_PAGE_SIZE"), 1_000_000
_TICK = os.sysconf("SC_CLK_TCK")
_WINDOW, _WINDOW_S = 190, 10.0
"""HubSpot calls in any ten seconds, searches apart."""
Request = tuple[float, str, str, str]
"""When it came by this machine's monotonic clock, method, address, body."""


@dataclass(slots=True)
class Figures:
    """Of one backfill, over all processes that it took."""

    began: float = 0.0
    """The latest process, by the monotonic clock."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    memory: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """(seconds, MB)"""
    spent: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """(monotonic clock, seconds of CPU of the latest process)"""

    @property
    def peak(self) -> float:
        return max((mb for _, mb in self.memory), default=0.0)

    def cpu_until(self, at: float) -> float:
        """Seconds of CPU that the latest process had spent at that instant."""
        return max((cpu for told, cpu in self.spent if told <= at), default=0.0)


def main() -> None:
    asked = _arguments()
    with (
        tempfile.TemporaryDirectory() as place,
        running_stub(Path(place), scale=asked.scale, modelled=asked.modelled) as stub,
    ):
        print(f"{stub.records:,} records: {stub.counts}", flush=True)
        stub.record()
        dice = random.Random(asked.seed)
        parts = [dice.random() for _ in range(asked.kills)]
        killed = _run(stub, "killed.db", parts, read_only=asked.modelled and not parts)
        made = stub.timed_requests()
        _tell(stub, killed, made, asked.kills)
        if asked.modelled and not asked.kills:
            _tell_pace(killed, made)
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
    parser.add_argument("--modelled", action="store_true", help="80 ms a call, and HubSpot's limits: reading alone")
    return parser.parse_args()


def _run(stub: Stub, store: str, kills: list[float], *, read_only: bool = False) -> Figures:
    """`kills`: at which parts of all HubSpot pages. `read_only`: it is over when everything is read."""
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
        _follow(stub, figures, goal, stub.folder / "var" / store if read_only else None)
    return figures


def _follow(stub: Stub, figures: Figures, goal: int | None, until_read: Path | None) -> None:
    """One process, to its end, to so many pages, or until this store says that all is read."""
    command = [sys.executable, "-m", "sync", "backfill", "--since", "2020-01-01", "--config", str(stub.folder)]
    figures.began, figures.spent, cpu = time.monotonic(), [], 0.0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            now = time.monotonic()
            with contextlib.suppress(OSError, IndexError):
                pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
                figures.memory.append((figures.wall_s + now - figures.began, pages * _PAGE_B / _MB))
                times = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
                cpu = (int(times[11]) + int(times[12])) / _TICK
                figures.spent.append((now, cpu))
            if goal is not None and _lists(stub) >= goal:
                process.send_signal(signal.SIGKILL)
            if until_read is not None and _is_read(until_read):
                process.send_signal(signal.SIGKILL)
            time.sleep(0.1)
        killed = goal is not None or until_read is not None
        if process.returncode not in ((-signal.SIGKILL, 0) if killed else (0,)):
            raise SystemExit(f"the backfill ended with {process.returncode}")
    figures.wall_s += time.monotonic() - figures.began
    figures.cpu_s += cpu


def _is_read(store: Path) -> bool:
    """Whether a backfill has read everything."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as db,
    ):
        found = db.execute("SELECT value FROM note WHERE name = 'backfill'").fetchone()
        return found is not None and orjson.loads(found[0])["phase"] != "reading"
    return False


def _lists(stub: Stub) -> int:
    """Pages that were asked for so far; 0 where the stub is too busy to say."""
    try:
        told = stub.told()["HubSpotStub"]
    except requests.ConnectionError:
        return 0
    return told.get("objects", 0) + told.get("read", 0)


def _least(stub: Stub) -> int:
    """Pages of all HubSpot lists."""
    return sum(ceil(n / 100) for name, n in stub.counts.items() if name.startswith("hubspot."))


def _is_list(request: Request) -> bool:
    _, method, address, _ = request
    return method == "GET" and "/objects/" in address and "limit=100" in address


def _is_history(request: Request) -> bool:
    return "propertiesWithHistory" in request[3] and '"propertiesWithHistory":[]' not in request[3]


def _is_paced(request: Request) -> bool:
    """One that counts in HubSpot's ten-second window."""
    address = request[2]
    hubspot = any(part in address for part in ("/crm/", "/account-info/", "/oauth/v2/", "/integrations/"))
    return hubspot and not address.endswith("/search")


def _tell(stub: Stub, figures: Figures, asked: Sequence[Request], kills: int) -> None:
    lists = [address for one in asked if _is_list(one) for address in (one[2],)]
    pages = lists + [address for _, _, address, _ in asked if "/results?" in address]
    histories = [orjson.loads(one[3])["inputs"] for one in asked if _is_history(one)]
    people = len({told["id"] for inputs in histories for told in inputs})
    twice = sum(n - 1 for n in Counter(pages).values())
    least, made = _least(stub) + ceil(people / 50), len(lists) + len(histories)
    paced = [one for one in asked if _is_paced(one)]
    searches = sum(address.endswith("/search") for _, _, address, _ in asked)
    print(
        f"{figures.wall_s:,.0f} s, {figures.cpu_s:,.0f} s of CPU: {stub.records / figures.cpu_s:,.0f} records a CPU second"
    )
    print(f"memory: peak {figures.peak:,.0f} MB; by tenths of the time: {_tenths(figures.memory)}")
    print(
        f"HubSpot: {made:,} calls for pages and histories, the least possible Σ⌈records/100⌉ + ⌈dated/50⌉ = "
        f"{_least(stub):,} + {ceil(people / 50):,} = {least:,} ({made / least - 1:+.1%}); to begin and to end "
        f"{len(paced) - made:,} more ({len(paced) / least - 1:+.1%}) and {searches} searches"
    )
    print(
        f"to begin and to end: {dict(Counter(_name(one) for one in paced if not _is_list(one) and not _is_history(one)))}"
    )
    print(f"{kills} kills: {twice} pages read twice of {len(set(pages)):,}")
    for page, times in Counter(pages).items():
        if times > 1 and not kills:
            print(f"  {times} times: …{page[-60:]}")


def _name(request: Request) -> str:
    """What was asked, without ids and values."""
    steps = request[2].partition("?")[0].split("/")[3:]
    return " ".join([request[1], *(one for one in steps if not one.isdecimal() and "-" not in one)])


def _tell_pace(figures: Figures, asked: Sequence[Request]) -> None:
    """How fast windows are used up, one after the other; and the whole, which cannot take less than the windows that it fills:
    while reading, and with all that comes before."""
    data = [one[0] for one in asked if _is_list(one) or _is_history(one)]
    first, last = min(data), max(data)
    paced = sorted(one[0] for one in asked if _is_paced(one) and one[0] >= first)
    if windows := (len(paced) - 1) // _WINDOW:
        begun, ended = paced[0], paced[windows * _WINDOW]
        cpu = figures.cpu_until(ended) - figures.cpu_until(begun)
        print(
            f"steady state, {windows} windows of {_WINDOW} calls in {_WINDOW_S:.0f} s: {ended - begun:.1f} s, "
            f"{windows * _WINDOW_S / (ended - begun):.0%} of what is permitted, on {cpu / (ended - begun):.0%} of a core"
        )
    for name, begun in (("reading", first), ("with its start", figures.began)):
        made = sum(begun <= one[0] <= last and _is_paced(one) for one in asked)
        took, least = last - begun + CALL_S, (made - 1) // _WINDOW * _WINDOW_S + CALL_S
        cpu = figures.cpu_until(last) - figures.cpu_until(begun)
        print(
            f"{name}: {made:,} calls in {took:.1f} s ({made / took:.1f} a second), by the limits at least {least:.1f} s: "
            f"{least / took:.0%} of what is permitted, on {cpu / took:.0%} of a core"
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
