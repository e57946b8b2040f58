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
    log_format: Annotated[
        str | None, typer.Option(help="json or console; console on a terminal, else json.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run until stopped: read what changed, judge, write back. With --json one report a line; logs go to stderr."""
    from sync import telemetry
    from sync.app import open_app
    from sync.workers.service import serve_app

    if log_level not in ("debug", "info", "warning", "error"):
        raise typer.BadParameter("write debug, info, warning or error", param_hint="--log-level")
    if log_format not in ("json", "console", None):
        raise typer.BadParameter("write json or console", param_hint="--log-format")
    machine = log_format == "json" if log_format else as_json or not sys.stderr.isatty()
    telemetry.configure(as_json=machine, level=log_level)

    def watch(job: str, report: CycleReport) -> None:
        if as_json:
            write_json({"job": job, "report": report})

    overrides = overrides_of(mode)
    with open_app(config, overrides, approve=approve) as app:
        serve_app(app, config, overrides, watch)
