"""When, by whom and over what the properties of a contact were written: property history as history records.

History comes with a batch read of at most 50 records, half of what a plain one takes. So it is not asked for along with
the values: a second read takes the contacts in which a dated property holds something, unless this process has already
delivered the history of exactly these values (then a form, a page view or our own flag moved the stamp).
Source: "Retrieve records with property history"; a contact keeps 45 revisions of a property.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import orjson

from connectors.hubspot.client import Client
from connectors.hubspot.errors import check_parts
from connectors.hubspot.facts import Facts, Reading, read_revision
from connectors.hubspot.streams import HISTORY_DEPTH
from connectors.kit.batch import split
from connectors.kit.instant import read_instant
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.ports import StreamSpec

HISTORY_BATCH = 50
HISTORY = "property_history"
"""Stands where a stream stands in the reference of such a record: `hubspot:property_history:<id>:<property>:<instant>`."""
_REMEMBERED = 50_000
"""Contacts whose history is known to be delivered; the oldest is forgotten and costs one more reading."""
Raw = Mapping[str, Any]


class ValueHistory:
    """Reads the history of the watched properties of one portal's contacts."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._delivered: dict[str, bytes] = {}
        self._asked: dict[str, bytes] = {}

    def owed(self, spec: StreamSpec, raws: Sequence[Raw], names: Collection[str]) -> list[str]:
        """Ids of those of these records whose history is wanted; `names` are the properties of the portal."""
        if not raws:
            return []
        watched, dated = _watched(spec, names), dated_names(spec, names)
        return [str(raw["id"]) for raw in raws if dated and self._is_wanted(raw, watched, dated)]

    def read(
        self, spec: StreamSpec, ids: Sequence[str], names: Collection[str], reading: Reading
    ) -> Iterator[SourceRecord]:
        """Every change of the watched properties of these records."""
        path, watched, dated = (
            self._client.paths.objects(spec.name, "batch/read"),
            _watched(spec, names),
            dated_names(spec, names),
        )
        for some in split(ids, HISTORY_BATCH):
            inputs = [{"id": one} for one in some]
            body = {"inputs": inputs, "properties": ["hs_object_id"], "propertiesWithHistory": watched}
            answer = self._client.post(path, body, stream=spec.name)
            check_parts(answer)
            for raw in answer["results"]:
                yield from read_changes(raw, dated, reading, spec.name)

    def keep(self, records: Iterable[SourceRecord]) -> None:
        """These have been saved: what is in them needs no further reading while the values stay the same."""
        told = {one.ref.record_id.partition(":")[0] for one in records if one.ref.stream == HISTORY}
        with self._lock:
            for record_id in told:
                if (digest := self._asked.pop(record_id, None)) is not None:
                    self._delivered.pop(record_id, None)
                    self._delivered[record_id] = digest
            for known in (self._delivered, self._asked):
                while len(known) > _REMEMBERED:
                    del known[next(iter(known))]

    def _is_wanted(self, raw: Raw, watched: Sequence[str], dated: Collection[str]) -> bool:
        values: Mapping[str, Any] = raw["properties"]
        record_id = str(raw["id"])
        if not any(map(values.get, dated)) or raw.get("archived"):  # asked of every contact of every page
            return False
        digest = blake2b(orjson.dumps([values.get(name) for name in watched]), digest_size=8).digest()
        with self._lock:
            if self._delivered.get(record_id) == digest:
                return False
            self._asked[record_id] = digest
        return True


def _watched(spec: StreamSpec, names: Collection[str]) -> list[str]:
    return sorted({*spec.watched}.intersection(names))


def dated_names(spec: StreamSpec, names: Collection[str]) -> frozenset[str]:
    """Of these properties those in whose holding something the history of a record is read."""
    return frozenset({*spec.dated}.intersection(spec.watched, names))


def read_changes(raw: Raw, dated: Collection[str], reading: Reading, stream: str) -> Iterator[SourceRecord]:
    """The revisions of each property as changes.

    Left out: the one behind which more may have been cut off, and what a record was made with, unless its reading depends
    on when that was.
    """
    record_id, created = str(raw["id"]), read_instant(raw.get("createdAt"))
    told = raw.get("propertiesWithHistory")
    for name, found in told.items() if isinstance(told, dict) else ():
        listed = found if isinstance(found, list) else ()
        revisions = [one for one in listed if isinstance(one, dict) and read_instant(one.get("timestamp"))]
        older: list[Raw | None] = [*revisions[1:], None]
        for revision, before in zip(revisions[: HISTORY_DEPTH - 1], older, strict=False):
            at = read_instant(revision["timestamp"])
            if at is None or (before is None and name not in dated and created is not None and at <= created):
                continue
            ref = RecordRef(reading.connection, HISTORY, f"{record_id}:{name}:{revision['timestamp']}")
            facts: Facts = read_revision(revision, before, reading)
            facts |= {"subject": str(RecordRef(reading.connection, stream, record_id)), "name": name}
            yield SourceRecord(ref, Kind.HISTORY, at, facts=facts)
