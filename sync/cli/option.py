"""Options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sync.errors import ConfigError, Problem

LARGEST = 10**12
"""No number in a store comes near it, and any store can be asked for it."""


def _hold_files(folder: Path) -> Path:
    """A store is made in the operator's folder: a folder that is nobody's shall not get one."""
    if folder.is_dir() and not any((folder / name).is_dir() for name in ("config", "mappings")):
        raise ConfigError(
            Problem(str(folder), "holds neither config/ nor mappings/", "name your folder with --config DIR")
        )
    return folder


def _config_option(check: Callable[[Path], Path] | None) -> Any:
    return typer.Option(
        "--config",
        envvar="BATON_CONFIG",
        metavar="DIR",
        show_default="the current folder",
        help="Folder with config/ and mappings/; a file that it lacks is taken from the shipped ones.",
        callback=check,
    )


Folder = Annotated[Path, _config_option(_hold_files)]
AnyFolder = Annotated[Path, _config_option(None)]
"""For commands that need no CRM and no store: the shipped files will do."""
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


# Where the CRMs are and whose days count: answers of `init` that `audit` takes as well.
SalesforceUrl = Annotated[str | None, typer.Option(metavar="URL", help="My Domain address of the org.")]
Environment = Annotated[str | None, typer.Option(help="sandbox or production.")]
SalesforceAuth = Annotated[str | None, typer.Option(help="client_credentials or jwt.")]
SalesforceUsername = Annotated[str | None, typer.Option(help="Of Baton's user, for jwt.")]
Hubspot = Annotated[str | None, typer.Option(help="token, oauth or none.")]
HubspotUrl = Annotated[str | None, typer.Option(metavar="URL", help="Of HubSpot's API.", hidden=True)]
Country = Annotated[str | None, typer.Option(help="Of the public holidays: JP, US-CA.")]
TimeZone = Annotated[str | None, typer.Option(help="Time zone: Asia/Tokyo.")]
