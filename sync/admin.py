"""Who sets the CRMs up: the connections once more, with an administrator's credentials. Beside `sync.app`, for setup alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import connectors
from connectors.kit.connector import Setup
from connectors.kit.pace import Pace
from sync.app import refuse_example
from sync.errors import ConfigError, Problem
from sync.outfit import Administrator, Outfit
from sync.ports import Source
from sync.settings import ConnectionSettings, Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """One CRM to be set up."""

    connection: str
    kind: str
    administrator: Administrator
    own: bool
    """The daemon's own credentials, for want of others."""
    daemon: Source | None
    """The connection as the daemon opens it, where its credentials are at hand."""


def open_desks(settings: Settings, named: Mapping[str, Sequence[str]], pace: Pace | None = None) -> list[Desk]:
    """Every connection that can be set up. `named`: connection → references to credentials that a person gave.

    Opens nothing before the first call. Raises ConfigError with every problem.
    """
    problems: list[Problem] = []
    found: list[Desk] = []
    for configured, setup in _setups(settings, named):
        try:
            refuse_example(configured)
            found.append(_open(configured, setup, named.get(configured.name, ()), pace))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return found


def export_files(settings: Settings, outfits: Mapping[str, Outfit]) -> dict[str, bytes]:
    """What an administrator needs in each CRM who does it without us: files below `<connection>/`."""
    return {
        f"{configured.name}/{path}": content
        for configured, setup in _setups(settings, {})
        for path, content in setup.export(outfits[configured.name]).items()
    }


def _setups(settings: Settings, named: Mapping[str, Sequence[str]]) -> Iterator[tuple[ConnectionSettings, Setup]]:
    known = {configured.name for configured in settings.connections}
    if unknown := sorted(set(named) - known):
        hint = f"configured are {', '.join(sorted(known))}"
        raise ConfigError(Problem("--admin", f"{unknown[0]!r} is no connection", hint))
    for configured in settings.connections:
        connector = connectors.load(configured.kind)
        if connector.setup is not None:
            yield configured, connector.setup()


def _open(configured: ConnectionSettings, setup: Setup, named: Sequence[str], pace: Pace | None) -> Desk:
    connector = connectors.load(configured.kind)
    auth = _auth(configured, setup, named)
    raw = _with_auth(configured, auth if auth is not None else configured.references.get("auth", {}))
    chosen = connector.read_settings(configured.name, raw, setup.settings)
    try:
        daemon = connector.read_settings(configured.name, configured.resolved())
    except ConfigError:
        daemon = None  # setup may run on a machine that has no secret of the daemon's
    source = connector.open(configured.name, daemon, pace=pace)[0] if daemon is not None else None
    administrator = setup.open(configured.name, chosen, daemon, pace=pace)
    return Desk(configured.name, configured.kind, administrator, auth is None, source)


def _auth(configured: ConnectionSettings, setup: Setup, named: Sequence[str]) -> Mapping[str, str] | None:
    """References to use; None: only the connection's own are there."""
    if named:
        try:
            return setup.read_auth(named)
        except ValueError as error:
            place = f"--admin {configured.name}=…"
            raise ConfigError(
                Problem(place, f"{configured.kind} takes {error}", "see `baton setup apply --help`")
            ) from None
    return next((auth for auth in setup.auth if _is_there(configured, auth)), None)


def _is_there(configured: ConnectionSettings, auth: Mapping[str, str]) -> bool:
    try:
        _with_auth(configured, auth)
    except ConfigError:
        return False
    return True


def _with_auth(configured: ConnectionSettings, auth: Mapping[str, Any]) -> Mapping[str, Any]:
    """The connection's settings under other credentials, secrets resolved. Raises ConfigError."""
    return replace(configured, references={**configured.references, "auth": dict(auth)}).resolved()
