"""Options that commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path,
    typer.Option(
        "--config",
        envvar="BATON_CONFIG",
        metavar="DIR",
        show_default="the current folder",
        help="Folder with config/ and mappings/; what it lacks is taken from the shipped files.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]


class ModeName(StrEnum):
    observe = "observe"
    pilot = "pilot"
    write = "write"


ModeOption = Annotated[
    ModeName | None, typer.Option("--mode", help="Instead of `mode` in config/baton.yaml.", show_default=False)
]
Approve = Annotated[
    bool,
    typer.Option("--approve", help="Release changes that are held because they are far more than usual: see `plan`."),
]


def overrides_of(mode: ModeName | None) -> dict[str, str]:
    return {"mode": mode.value} if mode else {}
