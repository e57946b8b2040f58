"""Two simulated CRMs on loopback HTTP: the trial without accounts and the test bed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import LoopbackServer

if TYPE_CHECKING:
    from connectors.simulator.hubspot import HubSpotPortal
    from connectors.simulator.salesforce import SalesforceOrg

__all__ = ["SimClock", "Simulator"]


class Simulator:
    """A Salesforce org and a HubSpot portal that share one clock, each behind its own loopback server.

    `Simulator.start()` gives a running one; it is also a context manager. Ports default to free ones.
    """

    def __init__(self, clock: SimClock, org: SalesforceOrg, portal: HubSpotPortal, host: str, ports: tuple[int, int]):
        self.clock = clock
        self.salesforce = org
        self.hubspot = portal
        self.salesforce_server = LoopbackServer(org, host, ports[0])
        self.hubspot_server = LoopbackServer(portal, host, ports[1])

    @classmethod
    def start(
        cls,
        clock: SimClock | None = None,
        *,
        host: str = "127.0.0.1",
        salesforce_port: int = 0,
        hubspot_port: int = 0,
        salesforce: Mapping[str, Any] | None = None,
        hubspot: Mapping[str, Any] | None = None,
    ) -> Simulator:
        """Start both servers. `salesforce` and `hubspot` are switches for the two systems (see the README)."""
        from connectors.simulator.hubspot import HubSpotPortal
        from connectors.simulator.salesforce import SalesforceOrg

        clock = clock or SimClock()
        org = SalesforceOrg(clock, **(salesforce or {}))
        portal = HubSpotPortal(clock, **(hubspot or {}))
        simulator = cls(clock, org, portal, host, (salesforce_port, hubspot_port))
        simulator.salesforce_server.start()
        simulator.hubspot_server.start()
        return simulator

    def stop(self) -> None:
        self.salesforce_server.stop()
        self.hubspot_server.stop()

    def __enter__(self) -> Simulator:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def salesforce_url(self) -> str:
        return self.salesforce_server.base_url

    @property
    def hubspot_url(self) -> str:
        return self.hubspot_server.base_url

    def apply(self, events: Iterable[dict[str, Any]]) -> list[str]:
        """Let things happen in the two CRMs, in the given order. Returns the id of each event's record."""
        servers = {"salesforce": self.salesforce_server, "hubspot": self.hubspot_server}
        return [servers[event["system"]].control("apply", {"events": [event]})["ids"][0] for event in events]
