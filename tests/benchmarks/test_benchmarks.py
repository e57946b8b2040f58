"""That `make bench` still runs; how fast, no test can say on a machine that does other work."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.benchmarks.crm import ROOT


@pytest.mark.slow
def test_the_benchmarks_run_on_a_small_company() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--handoffs", "20", "--rounds", "1", "--scale", "2000"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=240, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    lines = done.stdout.decode().splitlines()
    for figure in (
        "pull, all new, PostgreSQL",
        "pull, all new, SQLite",
        "first cycle: whole",
        "idle cycle",
        "floor, salesforce",
        "pull, all unchanged, hubspot, SQLite",
        "store, changed, PostgreSQL",
        "first load: whole",
        "read again, 99% unchanged: whole",
        "judge, warm",
    ):
        assert any(line.startswith(f"| {figure}") for line in lines), figure
