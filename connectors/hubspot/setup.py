"""Setting a portal up: who may, and what an administrator gets who does it without us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.hubspot.administrator import HubSpotAdministrator
from connectors.hubspot.client import Client
from connectors.hubspot.outfit import export_files
from connectors.hubspot.settings import HubSpotSettings
from connectors.kit.connector import Setup
from connectors.kit.pace import Pace


def _open(
    name: str, settings: HubSpotSettings, daemon: HubSpotSettings | None, pace: Pace | None = None
) -> HubSpotAdministrator:
    del daemon  # a portal has no user behind a key
    return HubSpotAdministrator(name, Client(settings, pace=pace), (pace or Pace()).sleep)


def _read_auth(references: Sequence[str]) -> Mapping[str, str]:
    if len(references) == 1:
        return {"flow": "token", "token": references[0]}
    raise ValueError("one reference (a service key)")


SETUP = Setup(
    HubSpotSettings, ({"flow": "token", "token": "env:BATON_HUBSPOT_ADMIN_TOKEN"},), _read_auth, _open, export_files
)
