"""A simulated org and a source on it, for tests of what a reading asks and what it concludes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

import orjson

from connectors.kit.pace import Pace
from connectors.kit.retry import Retry
from connectors.salesforce.client import Client
from connectors.salesforce.describe import Schema
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.source import SalesforceSource
from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import LogEntry, LoopbackServer
from connectors.simulator.salesforce import SalesforceOrg
from sync.core.model.records import Kind
from sync.errors import BatonError
from sync.ports import Covered, Part, Stamp, StreamSpec, Walk

START = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
LEADS = StreamSpec("Lead", Kind.PERSON, ("LastName", "Title"))
MAILS = StreamSpec("EmailMessage", Kind.ACTIVITY)


@dataclass
class Org:
    server: LoopbackServer
    clock: SimClock
    source: SalesforceSource

    def pass_(self, **amount: float) -> datetime:
        """Time passes, and the source hears of it."""
        self.clock.advance(timedelta(**amount))
        self.source.tenant()
        return self.clock.now()

    def happen(self, op: str, name: str = "Lead", **more: Any) -> str:
        return self.server.control("apply", {"events": [{"op": op, "object": name, **more}]})["ids"][0]

    def lead(self, **more: Any) -> str:
        return self.happen("insert", record={"LastName": "x", "Company": "y"}, **more)

    def sweep(
        self, since: datetime, *specs: StreamSpec
    ) -> tuple[dict[str, Stamp], dict[str, datetime], dict[str, BatonError]]:
        """(stamps by id, what is vouched for by stream, errors by stream)."""
        stamps: dict[str, Stamp] = {}
        covered: dict[str, datetime] = {}
        errors: dict[str, BatonError] = {}
        for name, found in self.source.sweep([(spec, since) for spec in specs or (LEADS,)]):
            if isinstance(found, Covered):
                covered[name] = found.until
            elif isinstance(found, BatonError):
                errors[name] = found
            else:
                stamps |= {one.record_id: one for one in found}
        return stamps, covered, errors

    def inventory(self, *walks: Walk) -> list[tuple[str, Part | BatonError]]:
        return list(self.source.inventory(walks or [Walk(LEADS)]))

    def asked(self, since: int) -> list[list[str]]:
        """What each call since then asked for, the parts of a composed one apart."""
        return [_parts(entry) for entry in self.server.log[since:] if not entry.path.endswith("/token")]


def _parts(entry: LogEntry) -> list[str]:
    if entry.path.endswith("/composite"):
        return [unquote_plus(part["url"]) for part in orjson.loads(entry.body)["compositeRequest"]]
    return [unquote_plus(entry.path)]


@contextmanager
def running_org(**switches: Any) -> Iterator[Org]:
    clock = SimClock(START, speed=0)
    with LoopbackServer(SalesforceOrg(clock, **switches)) as server:
        auth = {"flow": "client_credentials", "client_id": "sim-consumer-key", "client_secret": "sim-consumer-secret"}
        settings = SalesforceSettings.model_validate({"url": server.base_url, "auth": auth})
        client = Client(settings, Retry(sleep=lambda _: None), Pace(sleep=lambda _: None))
        source = SalesforceSource("salesforce", client, Schema(client))
        source.available([LEADS, MAILS])
        yield Org(server, clock, source)


def feeds(calls: Sequence[Sequence[str]]) -> list[str]:
    return [part for call in calls for part in call if "/deleted/" in part]
