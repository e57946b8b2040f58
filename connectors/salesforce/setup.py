"""Setting an org up: who may, and what an administrator gets who does it without us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.kit.connector import Setup
from connectors.kit.pace import Pace
from connectors.salesforce.administrator import SalesforceAdministrator
from connectors.salesforce.client import Client
from connectors.salesforce.component import LANGUAGES, components
from connectors.salesforce.package import metadata_files, removal_files, source_files, translated_files, zip_files
from connectors.salesforce.settings import API_VERSION, AdminSettings, SalesforceSettings
from sync.outfit import Outfit


def _open(
    name: str, settings: AdminSettings, daemon: SalesforceSettings | None, pace: Pace | None = None
) -> SalesforceAdministrator:
    own = Client(daemon, pace=pace) if daemon is not None else None
    return SalesforceAdministrator(name, Client(settings, pace=pace), own, (pace or Pace()).sleep)


def export(outfit: Outfit) -> dict[str, bytes]:
    """A source tree, and zips for any deployment tool: all of it, its translations, and what takes it out again."""
    parts = components(outfit)
    files = source_files(parts, API_VERSION)
    files["package.zip"] = zip_files(metadata_files(parts, API_VERSION))
    for language in LANGUAGES:
        files[f"translations-{language}.zip"] = zip_files(translated_files(parts, language, API_VERSION))
    removed = removal_files([(one.type, one.name) for one in parts], API_VERSION)
    files |= {f"removal/{name}": content for name, content in removed.items()}
    files["removal.zip"] = zip_files(removed)
    return files


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
    export,
)
