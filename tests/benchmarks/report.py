"""What a report over many handoffs costs: `python -m tests.benchmarks.report [HANDOFFS]`.

The store is filled with what judgements leave behind (one row of kept summary a handoff), then the command runs in a process
of its own: all formats, wall time, CPU and the most memory it ever held. Flat means: twice the handoffs, about the same;
the page takes some 110 MB more than the others, however many there are: the engine that draws its charts.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from sync.app import open_app
from sync.store.tables import HandoffRow, table

_ROOT = Path(__file__).parents[2]
_CHANNELS = (
    "inbound_form",
    "demo",
    "download",
    "webinar",
    "ad",
    "event",
    "business_card",
    "referral",
    "trial",
    "quote",
)
_ITEMS = (
    "company", "contact_name", "job_title", "phone", "email", "contact_channel", "lead_source", "sql_date", "sql_reason",
    "budget_status", "timing", "decision_maker", "pain", "contact_history", "engaged_content", "ng_topics", "next_action",
)  # fmt: skip
_STAGES = ("Prospecting", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review")
_START = datetime(2025, 12, 1, tzinfo=UTC)
_SLICE = 5_000


def main(handoffs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as name:
        folder = Path(name)
        for room in ("config", "mappings"):
            shutil.copytree(_ROOT / room, folder / room)
        began = time.monotonic()
        fill(folder, handoffs)
        print(f"{handoffs:,} handoffs made in {time.monotonic() - began:.0f} s")
        for format_ in ("html", "csv", "json", "xlsx"):
            command = ["report", "--config", str(folder), "--month", "2025-12..2026-11", "--format", format_]
            seconds, cpu, peak = run([*command, "--output", str(folder / f"report.{format_}")])
            print(f"{format_:5} {seconds:6.1f} s  CPU {cpu:6.1f} s  {peak:5.0f} MB at most")


def fill(folder: Path, handoffs: int) -> None:
    """Rows as judgements leave them."""
    with open_app(folder, offline=True) as app:
        rows: list[dict[str, Any]] = []
        for row in _rows(handoffs):
            rows.append(row)
            if len(rows) == _SLICE:
                _save(app.store, rows)
                rows = []
        _save(app.store, rows)


def _save(store: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        with store.write() as tx:
            tx.execute(insert(table(HandoffRow)), rows)


def _rows(handoffs: int) -> Iterator[dict[str, Any]]:
    rng = random.Random(7)
    for number in range(handoffs):
        summary = kept_summary(rng, number)
        yield {
            "id": f"{number:09}", "anchor": summary["track"]["record"], "cycle": summary["cycle"], "open": True,
            "ambiguous": False, "reason": "", "running": False, "memory": {}, "summary": summary, "status": "passed",
            "in_scope": True,
        }  # fmt: skip


def kept_summary(rng: random.Random, number: int) -> dict[str, Any]:
    born = _START + timedelta(minutes=rng.randrange(350 * 1440))
    passed = born + timedelta(hours=rng.randrange(2, 400)) if rng.random() < 0.6 else None
    deal = passed + timedelta(hours=rng.randrange(1, 200)) if passed and rng.random() < 0.4 else None
    closed = deal + timedelta(days=rng.randrange(10, 90)) if deal and rng.random() < 0.5 else None
    won = closed is not None and rng.random() < 0.5
    states = " ".join(f"{item}={rng.choices('pdvhsim', (70, 4, 3, 7, 3, 2, 11))[0]}" for item in _ITEMS)
    stages = [[(deal + timedelta(days=3 * n)).isoformat(), stage] for n, stage in enumerate(_STAGES)] if deal else []
    last = "Closed Won" if won else "Closed Lost"
    track = {
        "record": f"salesforce:{'Opportunity' if deal else 'Lead'}:00Q{number:012}", "rounds": 0, "born": born.isoformat(),
        "deal": deal is not None, "deal_at": deal.isoformat() if deal else None,
        "stages": [*stages, *([[closed.isoformat(), last]] if closed else [])], "stage": last if closed else "Prospecting",
        "closed": closed is not None, "won": won, "groups": ["is", "東日本"],
        "choices": {"lead_source": rng.choice(_CHANNELS), "job_title": "manager", "budget_status": "secured"},
        "states": states, "states_at_pass": states if passed else None, "returned": rng.random() < 0.05,
        "return_reason": "info_missing",
    }  # fmt: skip
    clock = {"state": rng.choice(["met", "met", "met_late", "breached", "waiting"]), "due": born.isoformat(), "start": born.isoformat(),
             "time": [rng.randrange(90_000), rng.randrange(30_000)], "system": [600, 600], "human": [3_000, 3_000]}  # fmt: skip
    return {
        "status": "passed", "scope_reason": "", "verdict": "qualified", "next_actor": "none", "missing": [], "unmet": [],
        "waived": [], "cycle": 1 + (rng.random() < 0.1), "definition": "2026-10", "return_reason": None,
        "missing_at_pass": (["pain"] if rng.random() < 0.4 else []) if passed else None,
        "pass": {"event": "lead_converted", "at": passed.isoformat()} if passed else None,
        "clocks": {"is_first_contact": clock, "fs_first_contact": clock}, "attempts": rng.randrange(6), "gave_up_early": False,
        "unmapped": [], "track": track, "earlier": [],
    }  # fmt: skip


def run(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[float, float, float]:
    """A command in a process of its own: seconds, seconds of CPU, megabytes at most."""
    began = time.monotonic()
    code = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=sys.stderr); "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss); sys.exit(done.returncode)"
    )
    command = [sys.executable, "-c", code, sys.executable, "-m", "sync", *arguments]
    found = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=_ROOT, check=False)
    if found.returncode:
        raise SystemExit(f"{arguments[0]} ended with {found.returncode}: {found.stderr[-2000:]}")
    cpu, peak = found.stdout.split()
    return time.monotonic() - began, float(cpu), int(peak) / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 150_000)
