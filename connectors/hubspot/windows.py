"""HubSpot's ten-second windows: one per app for everything but search, one per account for associations.

Sources: "API usage guidelines and limits"; "Associate records" (100 a window with 100 of all calls, 150 with 190, 200 with
the add-on's 250; OAuth apps have 110 of all calls).
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.kit.limiter import Limiter
from connectors.kit.pace import Pace

_JITTER_S = 0.2
"""How much closer together calls may arrive than they were sent: of a window that is filled to the brim the next call would be
refused, and wait ten seconds."""
_ASSOCIATIONS = ((250, 200), (190, 150), (0, 100))
"""(calls of all kinds that the account's tier has at least, calls for associations), per window."""


class Windows:
    """Keeps to a share of both windows, and yields when others use up the rest. Nothing waits before an answer told how
    large they are."""

    def __init__(self, share: float, pace: Pace) -> None:
        self._share = share
        self._all = Limiter(0, 10.0, pace.clock, pace.sleep)
        self._associations = Limiter(0, 10.0, pace.clock, pace.sleep)
        self._known: tuple[int, float] | None = None

    @property
    def calls_per_second(self) -> float:
        """Of our share; 0 until an answer told how large the windows are."""
        return max(self._known[0] * self._share, 1) / self._known[1] if self._known else 0.0

    def wait(self, path: str) -> None:
        """Return when the next call may start."""
        if "/associations/" in path:
            self._associations.wait()
        self._all.wait()

    def note(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer's headers; answers of search carry none."""
        most, left, span = (_read(headers, name) for name in ("Max", "Remaining", "Interval-Milliseconds"))
        if not most or left is None:
            return
        seconds = (span or 10_000) / 1000
        if (most, seconds) != self._known:
            self._known = most, seconds
            self._all.allow(max(most * self._share, 1), seconds + _JITTER_S)
            own = next(own for tier, own in _ASSOCIATIONS if most >= tier)
            self._associations.allow(max(own * self._share, 1), seconds + _JITTER_S)
        reserve = most - int(most * self._share)
        if left < reserve:  # not by us alone: our share leaves more
            self._all.hold(seconds * (1 - left / reserve))


def _read(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(f"X-HubSpot-RateLimit-{name}", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
