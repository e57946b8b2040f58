"""A seeded company whose CRMs the simulators hold, together with the truth about it."""

from __future__ import annotations

from connectors.simulator.world.world import START, World

__all__ = ["START", "World"]
