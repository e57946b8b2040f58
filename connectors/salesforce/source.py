"""The reading half of one org."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlsplit

from connectors.kit.batch import split
from connectors.kit.shape import shaped_methods
from connectors.salesforce import soql
from connectors.salesforce.calendar import read_calendars
from connectors.salesforce.client import MAX_QUERIES, Client
from connectors.salesforce.describe import FieldInfo, Schema, key_of, settle
from connectors.salesforce.head import Head
from connectors.salesforce.inspect import Inspector
from connectors.salesforce.inventory import read_inventory
from connectors.salesforce.rows import Rows
from connectors.salesforce.streams import ABSENT_IN_MANY_ORGS
from connectors.salesforce.sweep import Sweep
from connectors.salesforce.whole import PARALLEL, count_touched, plan_whole, read_automation
from sync.budget import Usage
from sync.core.model.records import RecordRef, SourceRecord
from sync.errors import BatonError, StreamUnavailable
from sync.inspection import Access, AccountFacts, Counted, ObjectFacts
from sync.ports import (
    Automation,
    Covered,
    Cursor,
    OfficeCalendars,
    Page,
    Part,
    Stamp,
    StreamSpec,
    Tenant,
    Touched,
    Walk,
    Whole,
)

_SUBJECT_FIELDS = {"Task": ("WhoId", "WhatId"), "Event": ("WhoId", "WhatId"), "EmailMessage": ("RelatedToId",)}
_PREFIXES = {"WhoId": ("00Q", "003"), "WhatId": ("006",), "RelatedToId": ("00Q", "003", "006")}


@shaped_methods
class SalesforceSource:
    """Reads one org. See `sync.ports.Source`; cursors are `{t, id}`, the place in the order (stamp, Id)."""

    def __init__(self, connection: str, client: Client, schema: Schema) -> None:
        self.connection = connection
        self.parallel = PARALLEL
        self._client = client
        self._schema = schema
        self._rows = Rows(connection, client, schema)
        self._head = Head(self._rows)
        self._sweep = Sweep(self._rows)
        self._inspector = Inspector(client, self._rows)

    def tenant(self) -> Tenant:
        self._client.verify()
        org = self._rows.read_organization()  # asked anew: a refreshed sandbox keeps its address
        return Tenant(org["Id"], urlsplit(self._client.address).netloc, bool(org["IsSandbox"]), org["Name"])

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
        self._client.verify()
        self._rows.drifted = False
        usable: list[StreamSpec] = []
        off: dict[str, StreamUnavailable] = {}
        unreadable: dict[str, list[str]] = {}
        for spec in specs:
            self._schema.forget(spec.name)
            try:
                known = self._rows.known(spec.name)
            except StreamUnavailable as error:
                off[spec.name] = error
                continue
            fields = tuple(name for name in spec.fields if key_of(name, known))
            unstamped = tuple(name for name in fields if _is_unstamped(name, known))
            usable.append(replace(spec, fields=fields, unstamped=unstamped))
            if missing := [n for n in spec.fields if n not in fields and n not in ABSENT_IN_MANY_ORGS]:
                unreadable[spec.name] = missing
        return usable, settle(off, self._client), unreadable

    def drifted(self) -> bool:
        return self._rows.drifted

    def head(self, specs: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]) -> Iterator[Page]:
        yield from self._head.read(specs, cursors)

    def sweep(
        self, windows: Sequence[tuple[StreamSpec, datetime]]
    ) -> Iterator[tuple[str, Sequence[Stamp] | Covered | BatonError]]:
        yield from self._sweep.read(windows)

    def inventory(self, walks: Sequence[Walk]) -> Iterator[tuple[str, Part | BatonError]]:
        yield from read_inventory(self._rows, walks)

    def read(self, spec: StreamSpec, record_ids: Sequence[str]) -> Iterator[SourceRecord]:
        ids = list(dict.fromkeys(soql.check_id(one) for one in record_ids))
        columns = self._rows.columns(spec)
        wanted = [(spec, soql.select(columns, spec.name, soql.id_in("Id", some))) for some in split(ids, soql.ID_BATCH)]
        found: set[str] = set()
        yield from self._select(wanted, found)
        for one in ids:
            if one not in found:
                yield self._rows.gone(spec, one)

    def activities_of(self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]) -> Iterator[SourceRecord]:
        ids = list(dict.fromkeys(soql.check_id(ref.record_id) for ref in subjects if ref.connection == self.connection))
        wanted: list[tuple[StreamSpec, str]] = []
        for spec in specs:
            columns, known = self._rows.columns(spec), self._rows.known(spec.name)
            wanted += [
                (spec, soql.select(columns, spec.name, soql.id_in(name, some)))
                for name in _SUBJECT_FIELDS.get(spec.name, ())
                if name in known
                for some in split([one for one in ids if one[:3] in _PREFIXES[name]], soql.ID_BATCH)
            ]
        yield from self._select(wanted, set())

    def _select(self, wanted: Sequence[tuple[StreamSpec, str]], found: set[str]) -> Iterator[SourceRecord]:
        """Records of any of the queries, each once, five queries a call; ids of all rows go to `found`."""
        for group in split(wanted, MAX_QUERIES):
            answers = self._client.queries([query for _, query in group], [spec.name for spec, _ in group])
            for (spec, _), answer in zip(group, answers, strict=True):
                if isinstance(answer, BatonError):
                    self._rows.hide_refused(spec.name, answer)  # the next time it is not asked for
                    raise answer
                for page in self._client.pages(answer, spec.name):
                    fresh = [row for row in page["records"] if row["Id"] not in found]
                    found.update(row["Id"] for row in fresh)
                    yield from self._rows.records(spec, fresh)

    def whole(self, specs: Sequence[StreamSpec], bulk_from: int) -> Mapping[str, Whole]:
        return plan_whole(self._rows, specs, bulk_from)

    def touched(self, specs: Sequence[StreamSpec], since: datetime, until: datetime | None) -> Mapping[str, Touched]:
        return count_touched(self._rows, specs, since, until)

    def automation(self, specs: Sequence[StreamSpec]) -> Automation:
        return read_automation(self._rows, specs)

    def inspect_account(self, specs: Sequence[StreamSpec]) -> AccountFacts:
        return self._inspector.account()

    def inspect_objects(self, specs: Sequence[StreamSpec]) -> Mapping[str, ObjectFacts | BatonError]:
        return self._inspector.objects(specs)

    def sample(self, specs: Sequence[StreamSpec], size: int) -> Mapping[str, Sequence[SourceRecord] | BatonError]:
        return self._inspector.sample(specs, size)

    def count(self, asked: Sequence[Counted]) -> Sequence[int | None]:
        return self._inspector.count(asked)

    def find_access(self, refs: Sequence[RecordRef]) -> Sequence[Access]:
        return self._inspector.access(refs)

    def read_calendars(self, first: date, last: date) -> OfficeCalendars:
        return read_calendars(self._client, first, last)


def _is_unstamped(name: str, known: Mapping[str, FieldInfo]) -> bool:
    """A formula, or a field of a parent: both change with other records."""
    return "." in name or known[name].calculated
