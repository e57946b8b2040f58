"""Setting an org up: who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.kit.connector import Setup
from connectors.kit.pace import Pace
from connectors.salesforce.administrator import SalesforceAdministrator
from connectors.salesforce.client import Client
from connectors.salesforce.export import export_files
from connectors.salesforce.settings import AdminSettings, SalesforceSettings


def _open(
    name: str, settings: AdminSettings, daemon: SalesforceSettings | None, pace: Pace | None = None
) -> SalesforceAdministrator:
    own = Client(daemon, pace=pace) if daemon is not None else None
    return SalesforceAdministrator(name, Client(settings, pace=pace), own, (pace or Pace()).sleep)


def _read_auth(references: Sequence[str]) -> Mapping[str, str]:
    if len(references) == 1:
        return {"flow": "token", "token": references[0]}
    if len(references) == 2:
        return {"flow": "client_credentials", "client_id": references[0], "client_secret": references[1]}
    raise ValueError("one reference (an access token) or two (client id, client secret)")


SETUP = Setup(
    AdminSettings,
    (
        {"flow": "token", "token": "env:BATON_SF_ADMIN_TOKEN"},
        {
            "flow": "client_credentials",
            "client_id": "env:BATON_SF_ADMIN_CLIENT_ID",
            "client_secret": "env:BATON_SF_ADMIN_CLIENT_SECRET",
        },
    ),
    _read_auth,
    _open,
    export_files,
)
