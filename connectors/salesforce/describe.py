"""What this user may see and change in the org, as describe tells it (field-level security included)."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from connectors.salesforce.client import Client


@dataclass(frozen=True, slots=True)
class FieldInfo:
    name: str
    updateable: bool


class Schema:
    """Describes, asked once per object and kept until `forget`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._fields: dict[str, dict[str, FieldInfo]] = {}

    def fields(self, stream: str) -> Mapping[str, FieldInfo]:
        """Readable fields by name. Raises StreamUnavailable when the org has no such object for us."""
        with self._lock:
            if stream not in self._fields:
                described = self._client.describe(stream)
                self._fields[stream] = {
                    one["name"]: FieldInfo(one["name"], bool(one.get("updateable"))) for one in described["fields"]
                }
            return self._fields[stream]

    def forget(self, stream: str) -> None:
        """The org's schema changed: ask again at the next use."""
        with self._lock:
            self._fields.pop(stream, None)

    def refresh(self, stream: str, without: Collection[str]) -> None:
        """Ask again now; what a query refused is treated as hidden whatever describe says. Raises StreamUnavailable."""
        self.forget(stream)
        known = self.fields(stream)
        with self._lock:
            self._fields[stream] = {name: info for name, info in known.items() if name not in without}
