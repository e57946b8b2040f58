"""What changed in several streams: keyset queries in the order (stamp, Id), five streams in one Composite call."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.kit.batch import split
from connectors.kit.cut import read_cut
from connectors.kit.errors import Refused
from connectors.kit.instant import read_instant, write_instant
from connectors.kit.shape import shaped
from connectors.salesforce import soql
from connectors.salesforce.bulk import is_bulk, read_bulk
from connectors.salesforce.client import MAX_QUERIES
from connectors.salesforce.rows import Rows, find_stream
from connectors.salesforce.streams import Stream
from sync.errors import AuthError, BatonError, BudgetExhausted, StreamUnavailable
from sync.ports import Cursor, Page, StreamSpec

LIMIT = 2000
_SETTLE = timedelta(seconds=5)
"""Rows of one second do not all become visible at once, and the API is a few seconds behind itself. What lies in there is
read again by the next `head`, at no extra call."""
_BEGINNING = datetime(1999, 1, 1, tzinfo=UTC)  # before there was a Salesforce
_REFUSALS = 3
"""After so many one stream is left for the next time."""


@dataclass(slots=True)
class _Walk:
    """How far the reading of one stream has come within a `head`."""

    spec: StreamSpec
    stream: Stream
    at: datetime
    last_id: str
    floor: datetime
    """Where this `head` started: the cursor never goes back."""
    floor_id: str
    error: BatonError | None = None
    refusals: int = 0

    def cursor(self, now: datetime) -> Cursor:
        """Where the next `head` starts: not within the last seconds, whose rows may still be on their way."""
        settled = now - _SETTLE
        if self.at > settled:
            return {"t": write_instant(max(settled, self.floor)), "id": "" if settled > self.floor else self.floor_id}
        return {"t": write_instant(self.at), "id": self.last_id}


@dataclass
class Head:
    """Reads the heads of one org's streams."""

    rows: Rows

    def read(self, specs: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]) -> Iterator[Page]:
        walks = [self._start(spec, cursors.get(spec.name)) for spec in specs if not is_bulk(cursors.get(spec.name))]
        yield from self._walk(walks)
        for spec in specs:
            cursor = cursors.get(spec.name)
            if cursor is not None and is_bulk(cursor):
                walk = yield from self._read_bulk(spec, cursor)
                walks.append(walk)
        for walk in walks:
            if walk.error:
                raise walk.error

    def _read_bulk(self, spec: StreamSpec, cursor: Cursor) -> Generator[Page, None, _Walk]:
        """By a bulk job, and then what changed since it was made."""
        try:
            following = yield from read_bulk(self.rows, spec, cursor)
        except (AuthError, BudgetExhausted):
            raise  # of the connection, not of the stream
        except BatonError as error:
            walk = self._start(spec, None)
            walk.error = error
            return walk
        walk = self._start(spec, following)
        yield Page(spec.name, (), {"t": write_instant(walk.at), "id": ""}, more=True)
        yield from self._walk([walk])
        return walk

    def _walk(self, walks: Sequence[_Walk]) -> Iterator[Page]:
        pending = walks
        while pending:
            again: list[_Walk] = []
            for group in split(pending, MAX_QUERIES):
                for walk, answer in zip(group, self._ask(group), strict=True):
                    if isinstance(answer, BatonError):
                        if self._heal(walk, answer):
                            again.append(walk)
                    else:
                        more = yield from self._pages(walk, answer)
                        again += [walk] if more else []
            pending = again

    def _start(self, spec: StreamSpec, cursor: Cursor | None) -> _Walk:
        stream = find_stream(spec.name)
        at = (read_instant(cursor.get("t")) if cursor else None) or _BEGINNING
        last_id = str(cursor.get("id", "")) if cursor else ""
        last_id = last_id if soql.is_id(last_id) else ""  # a damaged cursor reads a little more, never less
        return _Walk(spec, stream, at, last_id, at, last_id)

    def _ask(self, walks: Sequence[_Walk]) -> list[Mapping[str, Any] | BatonError]:
        """First pages for up to five streams; one that has no query of its own keeps its place with its error."""
        queries: dict[int, str] = {}
        answers: list[Mapping[str, Any] | BatonError] = []
        for number, walk in enumerate(walks):
            try:
                queries[number] = self._head_query(walk)
                answers.append({})
            except StreamUnavailable as error:
                answers.append(error)
        if queries:
            names = [walks[number].stream.name for number in queries]
            got = self.rows.client.queries(list(queries.values()), names, read_cut)
            for number, answer in zip(queries, got, strict=True):
                answers[number] = answer
        return answers

    def _head_query(self, walk: _Walk) -> str:
        stamp = walk.stream.stamp
        where = soql.after(stamp, walk.at, walk.last_id)
        return soql.select(self.rows.columns(walk.spec), walk.stream.name, where, (stamp, "Id"), LIMIT)

    def _pages(self, walk: _Walk, first: Mapping[str, Any]) -> Iterator[Page]:
        """The answer and what follows it. Returns whether to ask again behind the last row."""
        total = 0
        try:
            for page in self.rows.client.pages(first, walk.stream.name, read_cut):
                total += len(page["records"])
                yield self._page(walk, page["records"], more=not page["done"] or total >= LIMIT)
        except Refused as error:
            # Only pages behind the first can be lost here; the keyset knows where to go on.
            if error.answer.code in ("INVALID_QUERY_LOCATOR", "INVALID_FIELD"):
                return True
            walk.error = error
            return False
        except BatonError as error:
            walk.error = error
            return False
        return total >= LIMIT

    @shaped
    def _page(self, walk: _Walk, rows: Sequence[Mapping[str, Any]], *, more: bool) -> Page:
        records, fingerprints = self.rows.look_over(walk.spec, rows)
        if rows:
            last = rows[-1]
            walk.at = read_instant(last[walk.stream.stamp]) or walk.at
            walk.last_id = str(last["Id"])
        return Page(walk.spec.name, records, walk.cursor(self.rows.client.server_time()), more, fingerprints)

    def _heal(self, walk: _Walk, error: BatonError) -> bool:
        """After a refusal: is it worth asking this stream again? Fields that went away are left out from now on."""
        walk.refusals += 1
        if walk.refusals <= _REFUSALS and self.rows.hide_refused(walk.stream.name, error):
            return True
        walk.error = error
        return False
