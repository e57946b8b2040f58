"""The reading half."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from connectors.hubspot.client import Client
from connectors.hubspot.head import PAGE, advance, read_head
from connectors.hubspot.owners import Owners
from connectors.hubspot.properties import Properties
from connectors.hubspot.records import READ_BATCH, Records
from connectors.hubspot.streams import OWNERS, PEOPLE, find_stream
from connectors.kit.instant import from_ms, read_instant, to_ms
from connectors.kit.shape import shaped, shaped_methods
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import AuthError, BatonError, BudgetExhausted, StreamUnavailable, TransientError
from sync.ports import Cursor, Page, Stamp, StreamSpec, Tenant, Usage

_SANDBOXES = frozenset({"SANDBOX", "DEVELOPER_TEST", "APP_DEVELOPER"})
_OWNER_FIELDS = frozenset({"id", "email", "type", "firstName", "lastName", "userId", "createdAt", "updatedAt"})


@shaped_methods
class HubSpotSource:
    """Reads one portal. See `sync.ports.Source`; cursors are described in `head.py` and `owners.py`."""

    def __init__(self, connection: str, client: Client, properties: Properties) -> None:
        self.connection = connection
        self._client = client
        self._properties = properties
        self._owners = Owners(connection, client)
        self._records = Records(connection, client, properties, self._owners)

    def tenant(self) -> Tenant:
        account = self._client.get(self._client.paths.account)
        portal = str(account["portalId"])
        sandbox = account.get("accountType") in _SANDBOXES
        return Tenant(portal, urlsplit(self._client.address).netloc, sandbox, f"portal {portal}")

    def server_time(self) -> datetime:
        return self._client.server_time()

    def usage(self) -> Usage:
        return self._client.meter.usage()

    def available(self, specs: Sequence[StreamSpec]) -> tuple[list[StreamSpec], dict[str, str], dict[str, list[str]]]:
        usable: list[StreamSpec] = []
        off: dict[str, str] = {}
        unreadable: dict[str, list[str]] = {}
        for spec in specs:
            try:
                known = self._known(spec)
            except StreamUnavailable as error:
                off[spec.name] = error.reason
                continue
            usable.append(replace(spec, fields=tuple(name for name in spec.fields if name in known)))
            if missing := [name for name in spec.fields if name not in known]:
                unreadable[spec.name] = missing
        return usable, off, unreadable

    def _known(self, spec: StreamSpec) -> frozenset[str]:
        """Readable fields. Asks for one record too: definitions may be readable where records are not."""
        find_stream(spec.name)
        if spec.name == OWNERS:
            self._client.get(self._client.paths.owners, {"limit": "1"}, stream=OWNERS)
            return _OWNER_FIELDS
        self._properties.forget(spec.name)
        names = frozenset(self._properties.of(spec.name))
        self._client.get(self._client.paths.objects(spec.name), {"limit": "1"}, stream=spec.name)
        return names

    def head(self, specs: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]) -> Iterator[Page]:
        first_error: BatonError | None = None
        for spec in specs:
            try:
                yield from self._head(spec, cursors.get(spec.name))
            except (AuthError, BudgetExhausted):
                raise  # of the connection, not of the stream: the others would meet the same
            except BatonError as error:
                first_error = first_error or error
        if first_error:
            raise first_error

    @shaped
    def _head(self, spec: StreamSpec, cursor: Cursor | None) -> Iterator[Page]:
        if find_stream(spec.name).name == OWNERS:
            yield self._owners.read(spec, cursor)
        else:
            yield from read_head(self._client, self._records, spec, cursor)

    def sweep(
        self, windows: Sequence[tuple[StreamSpec, datetime]]
    ) -> Iterator[tuple[str, Sequence[Stamp] | BatonError]]:
        for spec, since in windows:
            if find_stream(spec.name).kind is Kind.USER:
                continue  # every head reads all of them
            try:
                for stamps in (*self._sweep_live(spec, since), *self._sweep_archived(spec, since)):
                    yield spec.name, stamps
            except (StreamUnavailable, TransientError) as error:
                yield spec.name, error

    def _sweep_live(self, spec: StreamSpec, since: datetime) -> Iterator[Sequence[Stamp]]:
        modified, last = find_stream(spec.name).modified, 0
        lower = {"propertyName": modified, "operator": "GTE", "value": str(to_ms(since))}
        while True:
            beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": str(last)}
            rows = self._client.search(spec.name, [lower, beyond] if last else [lower], PAGE)
            if rows:
                last = advance(last, rows)
                yield [
                    Stamp(str(row["id"]), read_instant(row["properties"].get(modified)) or from_ms(0)) for row in rows
                ]
            if len(rows) < PAGE:
                return

    def _sweep_archived(self, spec: StreamSpec, since: datetime) -> Iterator[Sequence[Stamp]]:
        query = {"limit": str(READ_BATCH), "archived": "true", "properties": "hs_object_id"}
        for page in self._client.listed(self._client.paths.objects(spec.name), query, stream=spec.name):
            stamps = [
                Stamp(str(row["id"]), at, deleted=True)
                for row in page["results"]
                if (at := read_instant(row.get("archivedAt"))) and at >= since
            ]
            if stamps:
                yield stamps

    def read(self, spec: StreamSpec, record_ids: Sequence[str]) -> Iterator[SourceRecord]:
        if spec.name == OWNERS:
            yield from self._owners.find(spec, list(record_ids))
        else:
            yield from self._records.read(spec, list(dict.fromkeys(record_ids)))

    def activities_of(self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]) -> Iterator[SourceRecord]:
        people = [ref.record_id for ref in subjects if ref.connection == self.connection and ref.stream == PEOPLE]
        people = list(dict.fromkeys(people))
        for spec in specs if people else ():
            if not find_stream(spec.name).hangs_on_people:
                continue
            links = self._records.linked(PEOPLE, spec.name, people)
            yield from self._records.read(spec, list(dict.fromkeys(one for ids in links.values() for one in ids)))
