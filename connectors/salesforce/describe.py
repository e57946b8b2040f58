"""What this user may see and change in the org, as describe tells it (field-level security included)."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.salesforce.client import Client
from sync.errors import StreamUnavailable, TransientError


@dataclass(frozen=True, slots=True)
class FieldInfo:
    name: str
    updateable: bool
    relationship: str | None = None
    """By which queries reach the record that it refers to: `RecordType` of RecordTypeId."""
    calculated: bool = False
    """A formula: its value changes with what it is computed from, and no stamp moves."""
    type: str = ""
    """As describe names it: `boolean`, `double`, `datetime`, …"""


class Schema:
    """Describes, asked once per object and kept until `forget`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._fields: dict[str, dict[str, FieldInfo]] = {}
        self._replicated: set[str] = set()
        self._refused: dict[str, set[str]] = {}

    def fields(self, stream: str) -> Mapping[str, FieldInfo]:
        """Readable fields by name. Raises StreamUnavailable when the org has no such object for us."""
        with self._lock:
            if stream not in self._fields:
                refused = self._refused.get(stream, set())
                told = self._client.describe(stream)
                self._fields[stream] = {
                    one["name"]: _field(one) for one in told["fields"] if one["name"] not in refused
                }
                (self._replicated.add if told.get("replicateable") else self._replicated.discard)(stream)
            return self._fields[stream]

    def has_deletions(self, stream: str) -> bool:
        """Whether the org keeps a list of what was deleted of it. Raises StreamUnavailable."""
        self.fields(stream)
        return stream in self._replicated

    def forget(self, stream: str) -> None:
        """Ask anew at the next use."""
        with self._lock:
            self._fields.pop(stream, None)
            self._refused.pop(stream, None)

    def hide(self, stream: str, names: Collection[str]) -> None:
        """Ask anew; what a query refused counts as hidden, whatever describe says, until `forget`."""
        with self._lock:
            self._fields.pop(stream, None)
            self._refused.setdefault(stream, set()).update(names)


def settle(refused: Mapping[str, StreamUnavailable], client: Client) -> dict[str, StreamUnavailable]:
    """The same, certain where the org's list of objects does not name the stream either: one call, if any is in doubt.

    A describe answers that there is no such object (404) as any path does that is not found; the list names what the org has
    and this user may see (source: REST API Developer Guide, "Describe Global").
    """
    found = dict(refused)
    doubtful = [error for error in refused.values() if not error.certain]
    if doubtful:
        listed = _list_objects(client)
        for error in doubtful:
            certain = listed is not None and error.stream not in listed
            found[error.stream] = StreamUnavailable(error.stream, error.reason, certain=certain)
    return found


def _list_objects(client: Client) -> frozenset[str] | None:
    """None where the org does not answer."""
    try:
        return frozenset(str(one["name"]) for one in client.get("sobjects/", stream="sobjects")["sobjects"])
    except (StreamUnavailable, TransientError):
        return None


def _field(told: Mapping[str, Any]) -> FieldInfo:
    name, relationship = told["name"], told.get("relationshipName")
    return FieldInfo(
        name, bool(told.get("updateable")), relationship, bool(told.get("calculated")), str(told.get("type"))
    )


def key_of(name: str, known: Mapping[str, FieldInfo]) -> str | None:
    """The readable field that a name stands for: itself, or the key that leads to the parent of `RecordType.Name`.
    None when there is none."""
    parent, dot, _ = name.partition(".")
    if not dot:
        return name if name in known else None
    return next((one.name for one in known.values() if one.relationship == parent), None)
