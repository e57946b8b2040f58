"""`baton ops …`: seldom needed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from sync.cli.catalogue import speak
from sync.cli.ops_text import TEXTS
from sync.cli.option import Approve, AsJson, Folder, ModeOption, overrides_of
from sync.cli.shortfall_text import say_problem
from sync.cli.show import DONE, PARTIAL, console, leave, local, working, write_json
from sync.flow.report import CycleReport
from sync.wording import speak as fill

_ORDER = [key.removeprefix("step.") for key in TEXTS if key.startswith("step.")]
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
        for line in lines_of(report, app.settings.language, app.settings.rules.is_clock.calendar.zone):
            console().print(line)
        if app.settings.mode == "observe":
            console().print(speak(app.settings.language)("once_observe"))
    leave(PARTIAL if report.partial else DONE)


def lines_of(report: CycleReport, language: str, zone: ZoneInfo) -> list[str]:
    """A report for people: what was done per step, then everything that was not."""
    say = fill(TEXTS, language, words=True)
    lines = [say("run", run=report.run_id, outcome=speak(language)(f"outcome.{report.outcome}"))]
    done = {step: counts for step, counts in report.counts.items() if any(counts.values())}
    for step in sorted(done, key=_ORDER.index):
        told = [say("count", name=say(name), count=count) for name, count in done[step].items() if count]
        lines.append(say("step", step=say(f"step.{step}"), counts=say("separator").join(told)))
    lines += [] if done else [say("nothing")]
    lines += [f"  ! {say_problem(problem, language)}" for problem in report.problems]
    return [*lines, *behind_lines(report.behind, language, zone)]


def behind_lines(behind: Mapping[str, str], language: str, zone: ZoneInfo) -> list[str]:
    """What was not read to its end, by up to when it was."""
    say = fill(TEXTS, language)
    together: dict[str, list[str]] = {}
    for stream, until in behind.items():
        together.setdefault(until, []).append(stream)
    return [
        say("behind", streams=say("separator").join(streams), until=local(datetime.fromisoformat(until), zone))
        if until
        else say("behind_never", streams=say("separator").join(streams))
        for until, streams in together.items()
    ]
