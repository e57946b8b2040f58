"""`make bench`: what the path of a record costs. With `--record DATE` the table is kept in RESULTS.md."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from pathlib import Path

from sync.cli import calm_collector
from tests.benchmarks.core import measure_core
from tests.benchmarks.crm import running_crms
from tests.benchmarks.cycle import measure_cycle
from tests.benchmarks.measure import Table
from tests.benchmarks.path import measure_path

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    asked = _arguments()
    calm_collector()
    table = Table()
    held = None
    for _ in range(asked.rounds):
        measure_path(table, asked.scale)
        with (
            tempfile.TemporaryDirectory() as folder,
            running_crms(Path(folder), seed=asked.seed, handoffs=asked.handoffs) as crms,
        ):
            held = measure_cycle(crms, table)
    assert held is not None
    measure_core(held, table, asked.rounds)
    print(table.text())
    if asked.record:
        RESULTS.write_text(_page(table, asked), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--handoffs", type=int, default=2000, help="size of the generated company")
    parser.add_argument("--scale", type=int, default=40, help="the stub holds two million records divided by this")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", metavar="DATE", help="write RESULTS.md, with this date on it")
    return parser.parse_args()


def _page(table: Table, asked: argparse.Namespace) -> str:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}"
    return (
        f"# What the path of a record costs\n\n{asked.record} · {machine} · a generated company of {asked.handoffs:,} "
        f"handoffs (seed {asked.seed}) in simulated CRMs on loopback HTTP · medians of {asked.rounds} rounds · other work on "
        f"the machine while it ran: load average {os.getloadavg()[1]:.1f}.\n\n"
        f"From `floor` to `read again` it is against a stub in another process that serves prepared pages of "
        f"{2_000_000 // asked.scale:,} records\n(2.1 KB a Lead, 70 fields): the mix of a million contacts, 300,000 leads, 100,000 "
        "opportunities and 600,000 activities.\nThe rest is against the simulated CRMs.\n\n"
        "CPU is that of Baton's process alone, which is one; the CRMs and PostgreSQL run in others. Wall time includes\n"
        "waiting for them, and says little on a machine that does other work.\n\n"
        f"{table.text()}\n\nMade by `python -m tests.benchmarks --record DATE`.\n"
    )


main()
