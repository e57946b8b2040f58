"""`baton ops …`: seldom needed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sync.cli.catalogue import speak
from sync.cli.option import Approve, AsJson, Folder, ModeOption, overrides_of
from sync.cli.shortfall_text import say_problem
from sync.cli.show import DONE, PARTIAL, console, leave, printable, working, write_json
from sync.flow.report import CycleReport

EXAMPLE = "Example: baton ops once --config DIR --mode observe --sweep"


def once(
    config: Folder = Path(),
    mode: ModeOption = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="Also compare the stamps of the overlap window.")] = False,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Also compare everything in the CRMs with what is stored.")
    ] = False,
    approve: Approve = False,
    as_json: AsJson = False,
) -> None:
    """Run one whole cycle: read what changed, judge, write back."""
    from sync import telemetry
    from sync.app import open_app
    from sync.flow.cycle import run_once
    from sync.store.lock import hold_lock

    telemetry.configure(as_json=not sys.stderr.isatty(), level="warning")
    with (
        open_app(config, overrides_of(mode), approve=approve) as app,
        hold_lock(app.store),
        working("reading, judging, writing …", quiet=as_json),
    ):
        report = run_once(app.context, sweep=sweep, reconcile=reconcile)
    if as_json:
        write_json(report)
    else:
        for line in lines_of(report, app.settings.language):
            console().print(line)
        if app.settings.mode == "observe":
            console().print(speak(app.settings.language)("once_observe"))
    leave(PARTIAL if report.partial else DONE)


def lines_of(report: CycleReport, language: str = "en") -> list[str]:
    """A report for people: what was done per step, then everything that was not."""
    lines = [f"run {report.run_id}: {report.outcome.value}"]
    for step, counts in report.counts.items():
        told = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
        lines.append(f"  {step}: {told or 'nothing'}")
    lines += [f"  ! {say_problem(problem, language)}" for problem in report.problems]
    lines += [
        f"  ! {printable(stream)} is behind: read until {until or 'never'}" for stream, until in report.behind.items()
    ]
    return lines
