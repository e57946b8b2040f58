"""Two simulated CRMs on loopback HTTP: the trial without accounts and the test bed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any

from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import LoopbackServer

if TYPE_CHECKING:
    from connectors.simulator.hubspot import HubSpotPortal
    from connectors.simulator.neighbour import NativeSync
    from connectors.simulator.salesforce import SalesforceOrg

__all__ = ["SimClock", "Simulator"]

SETS = frozenset({"fights", "activities"})
"""Settings of the neighbour that come as lists over the control API."""


class _Both:
    """Holds two servers, always in the same order."""

    def __init__(self, *servers: LoopbackServer) -> None:
        self._servers = servers
        self._held = ExitStack()

    def __enter__(self) -> None:
        held = ExitStack()
        for server in self._servers:
            held.enter_context(server.hold())
        self._held = held

    def __exit__(self, *exc: object) -> None:
        self._held.close()


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
        self.neighbour: NativeSync | None = None
        for server in (self.salesforce_server, self.hubspot_server):
            server.shared_actions["neighbour"] = self._drive_neighbour

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

    def start_neighbour(self, **settings: Any) -> NativeSync:
        """Let HubSpot's own Salesforce sync run beside us from now on; keywords as in its `Settings`."""
        from connectors.simulator.neighbour import NativeSync, Settings

        given = {name: frozenset(value) if name in SETS else value for name, value in settings.items()}
        made = Settings(**{**given, **({"delay": tuple(given["delay"])} if "delay" in given else {})})
        self.neighbour = NativeSync(self.salesforce, self.hubspot, self.clock, self._hold_both(), made)
        return self.neighbour

    def _hold_both(self) -> AbstractContextManager[object]:
        return _Both(self.salesforce_server, self.hubspot_server)

    def _drive_neighbour(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Control action `neighbour`: `start` {settings}, `mail` {contacts, name}, `stop`; else, and after that, a run."""
        if "start" in payload:
            self.start_neighbour(**payload["start"])
        if payload.get("stop"):
            self.neighbour = None
        if self.neighbour is None:
            return {"running": False}
        if "mail" in payload:
            self.neighbour.send_mail([int(one) for one in payload["mail"]["contacts"]], payload["mail"]["name"])
        return {"running": True, "user_id": self.neighbour.user_id, **self.neighbour.run()}

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
