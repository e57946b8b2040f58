"""HubSpot's own Salesforce sync, which runs beside us in many companies."""

from __future__ import annotations

from connectors.simulator.neighbour.sync import NativeSync, Settings

__all__ = ["NativeSync", "Settings"]
