"""A HubSpot portal on loopback HTTP."""

from __future__ import annotations

from connectors.simulator.hubspot.portal import HubSpotPortal
from connectors.simulator.hubspot.switches import Switches

__all__ = ["HubSpotPortal", "Switches"]
