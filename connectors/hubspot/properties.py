"""Which properties a portal has. Asking for one that it lacks is silently ignored, so we ask only for those it has."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.hubspot.client import Client
from connectors.kit.errors import Refused
from sync.errors import StreamUnavailable

_NO_OBJECT = "Unable to infer object type"
"""What HubSpot says of a type that the portal lacks (400)."""


class Properties:
    """Definitions, asked once per object type and kept until `forget`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._writable: dict[str, dict[str, bool]] = {}
        self._calculated: dict[str, frozenset[str]] = {}

    def of(self, stream: str) -> Mapping[str, bool]:
        """Name → whether its value can be written. Raises StreamUnavailable."""
        with self._lock:
            if stream not in self._writable:
                self._writable[stream] = self._ask(stream)
            return self._writable[stream]

    def calculated(self, stream: str) -> frozenset[str]:
        """Those whose values HubSpot computes. Raises StreamUnavailable."""
        self.of(stream)
        return self._calculated[stream]

    def forget(self, stream: str) -> None:
        with self._lock:
            self._writable.pop(stream, None)

    def tell(self, stream: str) -> Sequence[Mapping[str, Any]]:
        """The definitions as they are now, asked anew and not kept whole. Raises StreamUnavailable."""
        told = self._fetch(stream)
        with self._lock:
            self._writable[stream] = self._learn(stream, told)
        return [one for one in told if not one.get("archived")]

    def _ask(self, stream: str) -> dict[str, bool]:
        return self._learn(stream, self._fetch(stream))

    def _fetch(self, stream: str) -> Sequence[Mapping[str, Any]]:
        try:
            return self._client.get(self._client.paths.properties(stream), stream=stream)["results"]
        except Refused as error:
            if error.answer.status in (400, 404):
                lacks = _NO_OBJECT in error.answer.text
                reason = "the portal has no such object" if lacks else f"its properties are not told ({error})"
                raise StreamUnavailable(stream, reason, certain=lacks) from None
            raise

    def _learn(self, stream: str, told: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
        self._calculated[stream] = frozenset(one["name"] for one in told if one.get("calculated"))
        return {
            one["name"]: not (one.get("modificationMetadata") or {}).get("readOnlyValue", False)
            for one in told
            if not one.get("archived")
        }
