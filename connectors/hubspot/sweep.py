"""Ids and stamps: of what changed since some instant, of what was archived, and of everything there is.

The list of archived records is in order of id and knows no instant to begin at, so a long one is walked a few pages a
sweep; whoever forgets the place (another process) begins anew. An archived record moves no stamp.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.hubspot.client import Client, next_after
from connectors.hubspot.records import READ_BATCH
from connectors.hubspot.search import search_ids
from connectors.hubspot.streams import find_stream
from connectors.kit.errors import Refused
from connectors.kit.instant import from_ms, read_instant, to_ms
from sync.core.model.records import Kind
from sync.errors import BatonError, BudgetExhausted, StreamUnavailable, TransientError
from sync.ports import Covered, Part, Stamp, StreamSpec, Walk

ARCHIVED_PAGES = 10
"""Pages of archived records, 100 each, that one sweep looks at."""
Row = Mapping[str, Any]


@dataclass
class Sweep:
    """Sweeps one portal, and remembers where it stands in its lists of archived records."""

    client: Client
    archived_pages: int = ARCHIVED_PAGES
    _archived_after: dict[str, str] = field(default_factory=dict[str, str])

    def read(
        self, windows: Sequence[tuple[StreamSpec, datetime]]
    ) -> Iterator[tuple[str, Sequence[Stamp] | Covered | BatonError]]:
        now = self.client.server_time()
        for spec, since in windows:
            try:
                if find_stream(spec.name).kind is not Kind.USER:  # of those every head reads all
                    for stamps in (*self._read_live(spec, since), *self._read_archived(spec, since)):
                        yield spec.name, stamps
                yield spec.name, Covered(now)
            except BudgetExhausted:
                raise  # of the connection, not of the stream
            except (StreamUnavailable, TransientError) as error:
                yield spec.name, error

    def _read_live(self, spec: StreamSpec, since: datetime) -> Iterator[Sequence[Stamp]]:
        modified = find_stream(spec.name).modified
        lower = {"propertyName": modified, "operator": "GTE", "value": str(to_ms(since))}
        last, more = 0, True
        while more:
            found = search_ids(self.client, spec, [lower], last)
            last, more = found.last, found.more
            if found.rows:
                yield [_stamp(row, modified) for row in found.rows]

    def _read_archived(self, spec: StreamSpec, since: datetime) -> Iterator[Sequence[Stamp]]:
        """All that was archived since then; of a long list some pages, with whatever stands there."""
        after = start = self._archived_after.pop(spec.name, "")
        for _ in range(self.archived_pages):
            page = self._page(spec, after, archived=True)
            following = next_after(page)
            whole = not start and not following
            stamps = [
                Stamp(str(row["id"]), at, deleted=True)
                for row in page["results"]
                if (at := read_instant(row.get("archivedAt"))) and (at >= since or not whole)
            ]
            if stamps:
                yield stamps
            if not following:
                return
            after = following
        self._archived_after[spec.name] = after

    def _page(self, spec: StreamSpec, after: str, *, archived: bool = False) -> Any:
        query = {"limit": str(READ_BATCH), "properties": find_stream(spec.name).modified}
        query |= {"archived": "true"} if archived else {}
        path = self.client.paths.objects(spec.name)
        try:
            return self.client.get(path, {**query, **({"after": after} if after else {})}, stream=spec.name)
        except Refused:
            if not after:
                raise
            return self.client.get(path, query, stream=spec.name)  # a place that is no longer there: from the beginning

    # -- everything ----------------------------------------------------------------------------------------------

    def read_all(self, walks: Sequence[Walk]) -> Iterator[tuple[str, Part | BatonError]]:
        for walk in walks:
            try:
                if find_stream(walk.spec.name).kind is not Kind.USER:
                    yield from ((walk.spec.name, part) for part in self._parts(walk))
            except BudgetExhausted:
                raise  # of the connection, not of the stream
            except (StreamUnavailable, TransientError) as error:
                yield walk.spec.name, error

    def _parts(self, walk: Walk) -> Iterator[Part]:
        modified, place = find_stream(walk.spec.name).modified, walk.place
        while True:
            page = self._page(walk.spec, place)
            following = next_after(page)
            if following is not None and following == place:
                raise TransientError("HubSpot's list leads back to the same page")
            yield Part([_stamp(row, modified) for row in page["results"]], following)
            if following is None:
                return
            place = following


def _stamp(row: Row, modified: str) -> Stamp:
    at = read_instant(row["properties"].get(modified)) or read_instant(row.get("updatedAt"))
    return Stamp(str(row["id"]), at or from_ms(0))
