"""The reading half."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from connectors.hubspot.client import Client
from connectors.hubspot.head import read_head
from connectors.hubspot.inspect import Inspector
from connectors.hubspot.listing import Listing
from connectors.hubspot.owners import Owners
from connectors.hubspot.properties import Properties
from connectors.hubspot.records import Records
from connectors.hubspot.streams import OWNERS, PEOPLE, find_stream
from connectors.hubspot.sweep import Sweep
from connectors.hubspot.whole import PARALLEL, count_touched, plan_whole, read_automation
from connectors.kit.shape import shaped, shaped_methods
from sync.budget import Usage
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import AuthError, BatonError, BudgetExhausted, StreamUnavailable
from sync.inspection import Access, AccountFacts, Counted, ObjectFacts
from sync.ports import Automation, Covered, Cursor, Page, Part, Stamp, StreamSpec, Tenant, Touched, Walk, Whole

SANDBOXES = frozenset({"SANDBOX", "DEVELOPER_TEST", "APP_DEVELOPER"})
_OWNER_FIELDS = frozenset({"id", "email", "type", "firstName", "lastName", "userId", "createdAt", "updatedAt"})


@shaped_methods
class HubSpotSource:
    """Reads one portal. See `sync.ports.Source`; cursors are described in `head.py` and `owners.py`."""

    def __init__(self, connection: str, client: Client, properties: Properties) -> None:
        self.connection = connection
        self.parallel = PARALLEL
        self._client = client
        self._properties = properties
        self._owners = Owners(connection, client)
        self._records = Records(connection, client, properties, self._owners)
        self._listing = Listing(client, self._records)
        self._sweep = Sweep(client)
        self._inspector = Inspector(client, properties, self._records, self._owners)

    def tenant(self) -> Tenant:
        account = self._client.account()
        portal = str(account["portalId"])
        sandbox = account.get("accountType") in SANDBOXES
        return Tenant(portal, urlsplit(self._client.address).netloc, sandbox, f"portal {portal}")

    def server_time(self) -> datetime:
        return self._client.server_time()

    def usage(self) -> Usage:
        return self._client.meter.usage()

    def take_spent(self) -> Mapping[datetime, int]:
        return self._client.meter.take_spent()

    def set_spent(self, hours: Mapping[datetime, int]) -> None:
        self._client.meter.set_spent(hours)

    def note_time(self, at: datetime) -> None:
        self._client.meter.note_time(at)

    def available(
        self, specs: Sequence[StreamSpec]
    ) -> tuple[list[StreamSpec], dict[str, StreamUnavailable], dict[str, list[str]]]:
        self._records.drifted = False
        usable: list[StreamSpec] = []
        off: dict[str, StreamUnavailable] = {}
        unreadable: dict[str, list[str]] = {}
        for spec in specs:
            try:
                known = self._known(spec)
            except StreamUnavailable as error:
                off[spec.name] = error
                continue
            fields = tuple(name for name in spec.fields if name in known)
            calculated = self._properties.calculated(spec.name) if spec.name != OWNERS else frozenset[str]()
            unstamped = tuple(name for name in fields if name in calculated)
            usable.append(replace(spec, fields=fields, unstamped=unstamped))
            if missing := [name for name in spec.fields if name not in known]:
                unreadable[spec.name] = missing
        if any(spec.kind is Kind.ACTIVITY and spec.name in off for spec in specs):
            usable = [replace(spec, signs=spec.name == PEOPLE) for spec in usable]
        return usable, off, unreadable

    def drifted(self) -> bool:
        return self._records.drifted

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
            yield from read_head(self._client, self._records, self._listing, spec, cursor)

    def sweep(
        self, windows: Sequence[tuple[StreamSpec, datetime]]
    ) -> Iterator[tuple[str, Sequence[Stamp] | Covered | BatonError]]:
        yield from self._sweep.read(windows)

    def inventory(self, walks: Sequence[Walk]) -> Iterator[tuple[str, Part | BatonError]]:
        yield from self._sweep.read_all(walks)

    def read(self, spec: StreamSpec, record_ids: Sequence[str]) -> Iterator[SourceRecord]:
        if spec.name == OWNERS:
            yield from self._owners.find(spec, list(record_ids))
        else:
            yield from self._records.read(spec, list(dict.fromkeys(record_ids)))

    def activities_of(self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]) -> Iterator[SourceRecord]:
        people = self._people(subjects)
        for spec in specs if people else ():
            if not find_stream(spec.name).hangs_on_people:
                continue
            links = self._records.linked(PEOPLE, spec.name, people)
            yield from self._records.read(spec, list(dict.fromkeys(one for ids in links.values() for one in ids)))

    def whole(self, specs: Sequence[StreamSpec], bulk_from: int) -> Mapping[str, Whole]:
        known = {spec.name: frozenset(self._properties.of(spec.name)) for spec in specs if spec.name != OWNERS}
        return plan_whole(self._client, specs, known)

    def touched(self, specs: Sequence[StreamSpec], since: datetime, until: datetime | None) -> Mapping[str, Touched]:
        return count_touched(self._client, specs, since, until)

    def automation(self, specs: Sequence[StreamSpec]) -> Automation:
        return read_automation()

    def inspect_account(self, specs: Sequence[StreamSpec]) -> AccountFacts:
        return self._inspector.account(specs)

    def inspect_objects(self, specs: Sequence[StreamSpec]) -> Mapping[str, ObjectFacts | BatonError]:
        return self._inspector.objects(specs)

    def sample(self, specs: Sequence[StreamSpec], size: int) -> Mapping[str, Sequence[SourceRecord] | BatonError]:
        return self._inspector.sample(specs, size)

    def count(self, asked: Sequence[Counted]) -> Sequence[int | None]:
        return self._inspector.count(asked)

    def find_access(self, refs: Sequence[RecordRef]) -> Sequence[Access]:
        return ()  # an app's token sees and writes every record (source: field and team permissions do not apply to apps)

    def links_of(
        self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]
    ) -> Iterator[tuple[StreamSpec, Mapping[RecordRef, Sequence[str]]]]:
        people = self._people(subjects)
        for spec in specs if people else ():
            if find_stream(spec.name).hangs_on_people:
                links = self._records.linked(PEOPLE, spec.name, people)
                yield spec, {RecordRef(self.connection, PEOPLE, one): ids for one, ids in links.items()}

    def _people(self, subjects: Sequence[RecordRef]) -> list[str]:
        own = (ref.record_id for ref in subjects if ref.connection == self.connection and ref.stream == PEOPLE)
        return list(dict.fromkeys(own))
