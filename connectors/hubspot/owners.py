"""Owners: a short list without a modification search, read whole and compared."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from typing import Any

import orjson

from connectors.hubspot.client import Client
from connectors.hubspot.facts import read_owner
from connectors.hubspot.streams import OWNERS
from connectors.kit.instant import read_instant
from sync.core.model.records import RecordRef, SourceRecord
from sync.ports import Cursor, Page, StreamSpec

Owner = Mapping[str, Any]


class Owners:
    """The colleagues of one portal, and which user id belongs to which of them."""

    def __init__(self, connection: str, client: Client) -> None:
        self._connection = connection
        self._client = client
        self._lock = threading.Lock()
        self._by_user: dict[str, str] | None = None

    def of_user(self, user_id: str) -> str | None:
        """Owner id of a user, None for a user who is no owner. The first question reads both lists."""
        with self._lock:
            if self._by_user is None:
                self._by_user = {}
                self._learn([*self._list(archived=False), *self._list(archived=True)])
            return self._by_user.get(user_id)

    def known_users(self) -> str:
        """A fingerprint of which user is which owner."""
        self.of_user("")
        with self._lock:
            told = orjson.dumps(self._by_user, option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(told, digest_size=8).hexdigest()

    def read(self, spec: StreamSpec, cursor: Cursor | None) -> Page:
        """Those that are new or differ from what the cursor remembers: one call unless somebody left.

        The first reading, and one that misses somebody, asks for the deactivated ones too: records keep their id.
        """
        known: Mapping[str, str] = (cursor or {}).get("owners", {})
        owners = {owner["id"]: owner for owner in self._list(archived=False)}
        left = {one for one, mark in known.items() if one not in owners and not mark.startswith("-")}
        if cursor is None or left:
            owners |= {owner["id"]: owner for owner in self._list(archived=True)}
        marks = {one: _mark(owner) for one, owner in owners.items()}
        records = [self._record(spec, owner) for one, owner in owners.items() if known.get(one) != marks[one]]
        gone = [one for one in left if one not in owners]
        records += [self._gone(spec, one) for one in gone]
        remembered = {one: mark for one, mark in known.items() if one not in gone} | marks
        with self._lock:
            self._by_user = self._by_user or {}
            self._learn(list(owners.values()))
        unchanged = cursor is not None and remembered == dict(known)
        return Page(spec.name, records, cursor if unchanged and cursor else {"owners": remembered}, more=False)

    def find(self, spec: StreamSpec, owner_ids: list[str]) -> list[SourceRecord]:
        owners = {owner["id"]: owner for archived in (True, False) for owner in self._list(archived=archived)}
        return [
            self._record(spec, owners[one]) if one in owners else self._gone(spec, one)
            for one in dict.fromkeys(owner_ids)
        ]

    def _list(self, *, archived: bool) -> list[Owner]:
        query = {"limit": "500", **({"archived": "true"} if archived else {})}
        pages = self._client.listed(self._client.paths.owners, query, stream=OWNERS)
        return [owner for page in pages for owner in page["results"]]

    def _learn(self, owners: list[Owner]) -> None:
        for owner in owners:
            user_id = owner.get("userIdIncludingInactive") or owner.get("userId")
            if user_id and self._by_user is not None:
                self._by_user[str(user_id)] = str(owner["id"])

    def _record(self, spec: StreamSpec, owner: Owner) -> SourceRecord:
        return SourceRecord(
            ref=RecordRef(self._connection, OWNERS, str(owner["id"])),
            kind=spec.kind,
            modified_at=read_instant(owner.get("updatedAt")) or self._client.server_time(),
            values={name: owner[name] for name in spec.fields if name in owner},
            facts=read_owner(owner),
        )

    def _gone(self, spec: StreamSpec, owner_id: str) -> SourceRecord:
        ref = RecordRef(self._connection, OWNERS, owner_id)
        return SourceRecord(ref, spec.kind, self._client.server_time(), facts={"active": False}, deleted=True)


def _mark(owner: Owner) -> str:
    """A short fingerprint; deactivated ones are marked, so that their absence from the list is no news."""
    digest = hashlib.blake2b(orjson.dumps(read_owner(owner), option=orjson.OPT_SORT_KEYS), digest_size=6).hexdigest()
    return ("-" if owner.get("archived") else "") + digest
