"""Ids and stamps of what changed since some instant, and what was deleted: queries and getDeleted in Composite calls.

getDeleted tells of rows that no query shows any more, and by `latestDateCovered` up to when everything is visible: it is
held back to the start of any transaction that still runs. Whether it may ride in Composite no document at hand settles:
it is tried, and asked for alone (and then seldom) where it is refused. Sources: "getDeleted", "Polling for Changes" and
"Composite" in the SOAP and REST API Developer Guides.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.kit.batch import split
from connectors.kit.errors import Refused
from connectors.kit.instant import read_instant
from connectors.salesforce import soql
from connectors.salesforce.client import MAX_COMPOSED, MAX_QUERIES, query_path
from connectors.salesforce.rows import Rows, find_stream
from sync.errors import AuthError, BatonError, BudgetExhausted, StreamUnavailable, TransientError
from sync.ports import Covered, Stamp, StreamSpec

LIMIT = 2000
MINUTE = timedelta(minutes=1)
REACH = timedelta(days=15) - timedelta(hours=1)
"""getDeleted looks back 15 days."""
ALONE_EVERY = timedelta(hours=1)
"""Where each feed costs a call of its own, it is asked no more often: hard deletions are rare, and the window of the
stamps simply reaches back to where the last one vouched for."""
_HALVINGS = 10

Answer = Mapping[str, Any] | BatonError
Found = tuple[str, Sequence[Stamp] | Covered | BatonError]


@dataclass(slots=True)
class _Window:
    """Where the sweep of one stream stands."""

    spec: StreamSpec
    since: datetime
    until: datetime
    """What the sweep will vouch for."""
    at: datetime
    last_id: str = ""
    error: BatonError | None = None

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass
class Sweep:
    """Sweeps one org, and remembers what of it is refused here."""

    rows: Rows
    rides: bool = True
    """getDeleted is taken as a part of a Composite call."""
    _without_feed: set[str] = field(default_factory=set[str])
    """Objects that keep no list of deletions, whatever describe says."""
    _covered: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """What getDeleted vouched for when it was asked last."""
    _asked_alone: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def read(self, asked: Sequence[tuple[StreamSpec, datetime]]) -> Iterator[Found]:
        now = self.rows.client.server_time()
        windows: list[_Window] = []
        for spec, since in asked:
            try:
                self.rows.known(spec.name)
                windows.append(_Window(spec, since, now, since))
            except StreamUnavailable as error:
                yield spec.name, error
        feeds = [one for one in windows if self._has_feed(one, now)]
        pending = windows
        while pending:
            again: list[_Window] = []
            for group in split(pending, MAX_QUERIES):
                # What a feed vouches for must be asked before any stamps, or along with them and in front of them.
                answers = yield from self._ask(feeds, group, now)
                feeds = []
                for window, answer in zip(group, answers, strict=True):
                    more = yield from self._stamps(window, answer)
                    again += [window] if more else []
            pending = again

    def _ask(
        self, feeds: Sequence[_Window], group: Sequence[_Window], now: datetime
    ) -> Generator[Found, None, list[Answer]]:
        """Answers to the queries of the group, and in the first call also what the feeds say."""
        queries = [query_path(self._query(one)) for one in group]
        riding = feeds[: MAX_COMPOSED - MAX_QUERIES] if self.rides else []
        answers: list[Answer] = []
        if riding:
            paths = [_feed_path(one, one.since, now) for one in riding] + queries
            try:
                answers = self.rows.client.compose(paths, [one.name for one in (*riding, *group)])
            except Refused:
                self.rides, riding = False, []  # the whole call, for what was on board
        for window, answer in zip(riding, answers, strict=False):
            yield from self._take(window, answer, now)
        for window in feeds[len(riding) :]:
            yield from self._take(window, None, now)
        if riding:
            return answers[len(riding) :]
        return self.rows.client.compose(queries, [one.name for one in group])

    # -- deletions -----------------------------------------------------------------------------------------------

    def _has_feed(self, window: _Window, now: datetime) -> bool:
        """Whether the feed is asked for this stream and now; without it the window vouches for what it can."""
        if window.name in self._without_feed or not self.rows.schema.has_deletions(window.name):
            return False
        if _minute(now) - _minute(window.since) < MINUTE:
            window.until = min(window.until, window.since)
            return False
        if not self.rides and now - self._asked_alone.get(window.name, window.since - ALONE_EVERY) < ALONE_EVERY:
            window.until = min(window.until, self._covered.get(window.name, window.since))
            return False
        return True

    def _take(self, window: _Window, answer: Answer | None, now: datetime) -> Iterator[Found]:
        """What the feed of one stream says; asked alone where it could not ride."""
        try:
            parts = self._parts(window, answer, now)
        except (AuthError, BudgetExhausted):
            raise
        except TransientError as error:
            window.error = error
            return
        covered = min(_instant(part["latestDateCovered"]) for part in parts) if parts else window.until
        window.until = self._covered[window.name] = min(window.until, covered)
        gone = [
            Stamp(soql.check_id(one["id"]), _instant(one["deletedDate"]), deleted=True)
            for part in parts
            for one in part["deletedRecords"]
        ]
        if gone:
            yield window.name, gone

    def _parts(self, window: _Window, answer: Answer | None, now: datetime) -> list[Mapping[str, Any]]:
        """The feed since the beginning of the window, in as many parts as it takes; none where there is no feed."""
        if answer is None or (isinstance(answer, BatonError) and not _is_of_the_span(answer)):
            alone = self._alone(window, window.since, now)
            self._asked_alone[window.name] = now
            if answer is not None and not isinstance(alone, BatonError):
                self.rides = False  # refused on board and taken alone
            answer = alone
        return self._divide(window, answer, max(window.since, now - REACH), now, _HALVINGS)

    def _divide(
        self, window: _Window, answer: Answer, start: datetime, end: datetime, left: int
    ) -> list[Mapping[str, Any]]:
        """The answer; of a span that holds too much its halves, of one that reaches back too far its later half."""
        if not isinstance(answer, BatonError):
            return [answer]
        if not _is_of_the_span(answer):
            if isinstance(answer, Refused | StreamUnavailable):
                self._without_feed.add(window.name)
                return []
            raise answer
        middle = start + (end - start) / 2
        if not left or middle - start < MINUTE or end - middle < MINUTE:
            return []
        halves = [(middle, end)]
        if _code(answer) == "EXCEEDED_ID_LIMIT":
            halves.insert(0, (start, middle))
        return [
            part
            for low, high in halves
            for part in self._divide(window, self._alone(window, low, high), low, high, left - 1)
        ]

    def _alone(self, window: _Window, start: datetime, end: datetime) -> Answer:
        try:
            return self.rows.client.get(_feed_path(window, start, end), stream=window.name)
        except (Refused, StreamUnavailable) as error:
            return error

    # -- stamps --------------------------------------------------------------------------------------------------

    def _query(self, window: _Window) -> str:
        stamp = find_stream(window.name).stamp
        where = soql.after(stamp, window.at, window.last_id)
        return soql.select(self.rows.stamp_columns(window.spec), window.name, where, (stamp, "Id"), LIMIT)

    def _stamps(self, window: _Window, first: Answer) -> Generator[Found, None, bool]:
        """Returns whether to ask again behind the last row."""
        total, stamp = 0, find_stream(window.name).stamp
        try:
            if window.error is not None:
                raise window.error
            if isinstance(first, BatonError):
                raise first
            for page in self.rows.client.pages(first, window.name):
                if rows := page["records"]:
                    total += len(rows)
                    window.at, window.last_id = _instant(rows[-1][stamp]), rows[-1]["Id"]
                    yield window.name, self.rows.stamps(window.spec, rows)
        except BudgetExhausted:
            raise  # of the connection, not of the stream
        except (StreamUnavailable, TransientError) as error:
            self.rows.hide_refused(window.name, error)
            yield window.name, error
            return False
        if total < LIMIT:
            yield window.name, Covered(window.until)
        return total >= LIMIT


def _feed_path(window: _Window, start: datetime, end: datetime) -> str:
    """Seconds are ignored there; the server's own present is the latest end that is sure not to lie in its future."""
    span = {"start": max(_minute(start), _minute(end - REACH)), "end": _minute(end)}
    query = urlencode({name: soql.literal(at) for name, at in span.items()})
    return f"sobjects/{soql.check_name(window.name)}/deleted/?{query}"


def _code(error: BatonError) -> str:
    return error.answer.code if isinstance(error, Refused) else ""


def _is_of_the_span(error: BatonError) -> bool:
    return _code(error) in ("INVALID_REPLICATION_DATE", "EXCEEDED_ID_LIMIT")


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _instant(text: str) -> datetime:
    at = read_instant(text)
    if at is None:
        raise ValueError("no instant where one must be")
    return at
