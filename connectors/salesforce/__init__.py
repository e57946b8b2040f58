"""Salesforce: simple-salesforce in direct mode over our own session."""

from __future__ import annotations

from collections.abc import Callable

from connectors.kit.connector import Connector, Setup
from connectors.kit.pace import Pace
from connectors.salesforce.client import MAX_QUERIES, Client
from connectors.salesforce.describe import Schema
from connectors.salesforce.fields import WIRE_NAMES
from connectors.salesforce.given import name_record, read_given
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.sink import SalesforceSink
from connectors.salesforce.source import SalesforceSource
from connectors.salesforce.streams import STREAMS

_STREAMS = {name: stream.kind for name, stream in STREAMS.items()}


def _open(
    name: str,
    settings: SalesforceSettings,
    chosen: frozenset[str] = frozenset(),
    pace: Pace | None = None,
    reread: Callable[[], SalesforceSettings] | None = None,
) -> tuple[SalesforceSource, SalesforceSink]:
    client = Client(settings, pace=pace, reread=reread)
    schema = Schema(client)
    return SalesforceSource(name, client, schema), SalesforceSink(name, client, schema, chosen)


def _load_setup() -> Setup:
    from connectors.salesforce.setup import SETUP

    return SETUP


CONNECTOR = Connector(
    "salesforce",
    SalesforceSettings,
    _open,
    WIRE_NAMES,
    _STREAMS,
    read_given,
    name_record,
    streams_per_call=MAX_QUERIES,
    setup=_load_setup,
)
