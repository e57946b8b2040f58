"""`baton run`: the daemon."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sync.cli.option import Approve, AsJson, Folder, ModeOption, overrides_of
from sync.cli.show import write_json
from sync.flow.report import CycleReport

EXAMPLE = "Example: baton run --config /etc/baton --mode observe   (SIGTERM or Ctrl-C ends it after the step under way)"


def run(
    config: Folder = Path(),
    mode: ModeOption = None,
    approve: Approve = False,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
    as_json: AsJson = False,
) -> None:
    """Run until stopped: read what changed, judge, write back. With --json one report a line; logs go to stderr."""
    from sync import telemetry
    from sync.app import open_app
    from sync.workers.local import Schedule, serve

    if log_level not in ("debug", "info", "warning", "error"):
        raise typer.BadParameter("write debug, info, warning or error", param_hint="--log-level")
    telemetry.configure(as_json=as_json or not sys.stderr.isatty(), level=log_level)
    with open_app(config, overrides_of(mode), approve=approve) as app:
        hot, other, sweep = app.intervals

        def watch(job: str, report: CycleReport) -> None:
            if as_json:
                write_json({"job": job, "report": report})

        serve(app.context, Schedule(hot=hot, other=other, sweep=sweep), watch)
