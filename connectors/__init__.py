"""The outside world: one folder per system, none of which knows another."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.kit.connector import Connector

KINDS = {
    "salesforce": "connectors.salesforce:CONNECTOR",
    "hubspot": "connectors.hubspot:CONNECTOR",
}
"""Kind as written in `config/baton.yaml` → where its connector is. Strings: a vendor's library loads on first use."""


def load(kind: str) -> Connector:
    """The connector of this kind. Raises ConfigError for a kind that does not exist."""
    if kind not in KINDS:
        from sync.errors import ConfigError, Problem

        raise ConfigError(Problem("connections.*.kind", f"no such kind: {kind!r}", f"use one of {', '.join(KINDS)}"))
    module, _, name = KINDS[kind].partition(":")
    return getattr(import_module(module), name)
