"""HubSpot: the transport of hubspot-api-client with raw answers, on date-versioned paths."""

from __future__ import annotations

from collections.abc import Callable

from connectors.hubspot.client import Client
from connectors.hubspot.fields import WIRE_NAMES
from connectors.hubspot.given import name_record, read_given
from connectors.hubspot.properties import Properties
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.sink import HubSpotSink
from connectors.hubspot.source import HubSpotSource
from connectors.hubspot.streams import STREAMS
from connectors.kit.connector import Connector, Setup
from connectors.kit.pace import Pace
from sync.core.model.records import Kind

_STREAMS = {name: stream.kind for name, stream in STREAMS.items()}


def _open(
    name: str,
    settings: HubSpotSettings,
    chosen: frozenset[str] = frozenset(),
    pace: Pace | None = None,
    reread: Callable[[], HubSpotSettings] | None = None,
) -> tuple[HubSpotSource, HubSpotSink]:
    client = Client(settings, pace=pace, reread=reread)
    properties = Properties(client)
    return HubSpotSource(name, client, properties), HubSpotSink(name, client, properties, chosen)


def _load_setup() -> Setup:
    from connectors.hubspot.setup import SETUP

    return SETUP


CONNECTOR = Connector(
    "hubspot",
    HubSpotSettings,
    _open,
    WIRE_NAMES,
    _STREAMS,
    read_given,
    name_record,
    calls_per_sweep=2,  # a search, and the list of what was archived
    listed_per_page=100,
    unswept=frozenset({Kind.USER}),
    setup=_load_setup,
)
