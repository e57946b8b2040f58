"""Which properties a portal has. Asking for one that it lacks is silently ignored, so we ask only for those it has."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from connectors.hubspot.client import Client
from connectors.kit.errors import Refused
from sync.errors import StreamUnavailable


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

    def _ask(self, stream: str) -> dict[str, bool]:
        try:
            answer = self._client.get(self._client.paths.properties(stream), stream=stream)
        except Refused as error:
            if error.answer.status in (400, 404):  # 400: "Unable to infer object type"
                raise StreamUnavailable(stream, "the portal has no such object") from None
            raise
        self._calculated[stream] = frozenset(one["name"] for one in answer["results"] if one.get("calculated"))
        return {
            one["name"]: not (one.get("modificationMetadata") or {}).get("readOnlyValue", False)
            for one in answer["results"]
            if not one.get("archived")
        }
