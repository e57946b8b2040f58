"""Records of one object type: values, history, archive, aliases of merged ids."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from connectors.simulator.hubspot.index import SearchIndex
from connectors.simulator.hubspot.objects import ObjectType
from connectors.simulator.hubspot.schema import Schema, iso

MAX_VERSIONS = {"contacts": 45}


class Author(NamedTuple):
    """Who wrote a value, as property history shows it."""

    source_type: str
    source_id: str | None = None
    user_id: int | None = None


class Version(NamedTuple):
    value: str
    at: str
    author: Author


@dataclass(slots=True)
class Record:
    """`properties` holds only what has a value and is replaced, never changed, so that the index can share it."""

    id: int
    properties: dict[str, str]
    born: dict[str, str]
    created: str
    modified: str
    author: Author
    archived_at: str | None = None
    changes: dict[str, list[Version]] = field(default_factory=dict[str, list[Version]])

    def history(self, name: str, limit: int) -> list[dict[str, Any]]:
        """Newest first."""
        versions = list(self.changes.get(name, ()))
        if name in self.born:
            versions.insert(0, Version(self.born[name], self.created, self.author))
        return [_show_version(one) for one in reversed(versions[-limit:])]


def _show_version(version: Version) -> dict[str, Any]:
    body: dict[str, Any] = {"value": version.value, "timestamp": version.at, "sourceType": version.author.source_type}
    if version.author.source_id:
        body["sourceId"] = version.author.source_id
    if version.author.user_id is not None:
        body["updatedByUserId"] = version.author.user_id
    return body


class Table:
    """All records of one type."""

    def __init__(self, kind: ObjectType, schema: Schema, index: SearchIndex) -> None:
        self.kind = kind
        self.schema = schema
        self.index = index
        self.live: dict[int, Record] = {}
        self.archived: dict[int, Record] = {}
        self.live_ids: list[int] = []
        self.archived_ids: list[int] = []
        self.aliases: dict[int, int] = {}
        self.merged: dict[int, Record] = {}
        """What was merged away, as it was; some portals may list it as archived."""
        self.unique: dict[str, dict[str, int]] = {"email": {}} if kind.name == "contacts" else {}
        self.forgotten: set[str] = set()

    def find(self, record_id: int | None) -> Record | None:
        """A live record, by its id or one that was merged into it."""
        if record_id is None:
            return None
        while record_id in self.aliases:
            record_id = self.aliases[record_id]
        return self.live.get(record_id)

    def find_by(self, name: str, value: str) -> Record | None:
        """By e-mail or a property with unique values."""
        record_id = self.unique.get(name, {}).get(value.strip().lower())
        return self.live.get(record_id) if record_id is not None else None

    def knows(self, record_id: int) -> bool:
        return record_id in self.live or record_id in self.archived or record_id in self.aliases

    def insert(self, record_id: int, values: dict[str, str], at: datetime, author: Author) -> Record:
        stamp = iso(at)
        properties = {name: value for name, value in values.items() if value}
        properties["hs_object_id"] = str(record_id)
        created = properties.setdefault(self.kind.created, stamp)
        modified = properties.setdefault(self.kind.modified, stamp)
        record = Record(record_id, properties, properties, created, modified, author)
        self.live[record_id] = record
        insort(self.live_ids, record_id)
        self._claim(record, properties)
        self.index.publish(record_id, properties, modified, at)
        return record

    def write(self, record: Record, values: dict[str, str], at: datetime, author: Author, *, bump: bool) -> bool:
        """Set values ("" clears). False when nothing differed; then only `bump` moves the modified date."""
        changed = {name: value for name, value in values.items() if record.properties.get(name, "") != value}
        if not changed and not bump:
            return False
        stamp = iso(at)
        properties = {**record.properties, **changed, self.kind.modified: stamp}
        for name, value in changed.items():
            if not value:
                del properties[name]
            record.changes.setdefault(name, []).append(Version(value, stamp, author))
        self._release(record, changed)
        record.properties, record.modified = properties, stamp
        self._claim(record, changed)
        self.index.publish(record.id, properties, stamp, at)
        return bool(changed)

    def archive(self, record: Record, at: datetime) -> None:
        """Into the recycle bin: hidden everywhere but with `archived=true`."""
        self._take_out(record)
        record.archived_at = iso(at)
        self.archived[record.id] = record
        insort(self.archived_ids, record.id)
        self.index.publish(record.id, None, "", at)

    def restore(self, record: Record, at: datetime) -> None:
        """Out of the recycle bin, with its id."""
        del self.archived[record.id]
        del self.archived_ids[bisect_left(self.archived_ids, record.id)]
        record.archived_at = None
        self.live[record.id] = record
        insort(self.live_ids, record.id)
        self._claim(record, record.properties)
        self.index.publish(record.id, record.properties, record.modified, at)

    def merge_away(self, record: Record, survivor_id: int, at: datetime) -> None:
        """The id lives on as an alias; the record is in no list, archived or not (but see `merged`)."""
        self._take_out(record)
        self.aliases[record.id] = survivor_id
        self.merged[record.id] = replace(record, archived_at=iso(at))
        self.index.publish(record.id, None, "", at)

    def erase(self, record: Record, at: datetime) -> None:
        """For good, as a privacy deletion does; its e-mail address stays blocked."""
        if record.id in self.archived:
            del self.archived[record.id]
            self.archived_ids.remove(record.id)
        else:
            self._take_out(record)
            self.index.publish(record.id, None, "", at)
        if email := record.properties.get("email"):
            self.forgotten.add(email.lower())

    def page(self, after: int, limit: int, *, archived: bool, merged: bool = False) -> tuple[list[Record], int | None]:
        """Records from id `after` on in order of id, and the id that the next page starts with."""
        ids, records = (self.archived_ids, self.archived) if archived else (self.live_ids, self.live)
        if archived and merged and self.merged:
            records = {**self.archived, **self.merged}
            ids = sorted(records)
        start = bisect_left(ids, after)
        chosen = ids[start : start + limit + 1]
        return [records[one] for one in chosen[:limit]], chosen[limit] if len(chosen) > limit else None

    def watch_unique(self, name: str) -> None:
        """Keep track of a property whose values must be unique; existing values are taken as they are."""
        self.unique[name] = {
            record.properties[name].strip().lower(): record.id
            for record in self.live.values()
            if name in record.properties
        }

    def _take_out(self, record: Record) -> None:
        del self.live[record.id]
        del self.live_ids[bisect_left(self.live_ids, record.id)]
        self._release(record, self.unique)

    def _claim(self, record: Record, names: Iterable[str]) -> None:
        for name, taken in self.unique.items():
            if name in names and (value := record.properties.get(name)):
                taken.setdefault(value.strip().lower(), record.id)

    def _release(self, record: Record, names: Iterable[str]) -> None:
        for name, taken in self.unique.items():
            value = record.properties.get(name, "").strip().lower()
            if name in names and taken.get(value) == record.id:
                del taken[value]
        if self.kind.name == "contacts" and names is self.unique:
            taken = self.unique["email"]
            for extra in record.properties.get("hs_additional_emails", "").split(";"):
                if taken.get(extra) == record.id:
                    del taken[extra]

    def history_depth(self) -> int:
        return MAX_VERSIONS.get(self.kind.name, 20)
