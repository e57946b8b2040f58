"""Reading for `audit`: page after page into the ledger, each record once, with patience.

A call that fails was repeated by the connector within seconds; here the stream goes on behind its last page, after longer and
longer waits. What stays away is a gap that is told; everything else is still read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from sync.core.mapping.roster import Crowd
from sync.core.mapping.spec import MappingSpec
from sync.core.mapping.stock import Ledger, Reading
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import AuthError, BatonError, BudgetExhausted, StreamUnavailable, TransientError
from sync.flow.ahead import read_ahead
from sync.ports import Connection, Cursor, Page, StreamSpec, Walk

WAITS = (5.0, 20.0, 60.0)
"""Seconds before asking again. A wait that the CRM asks for counts, up to the longest of these."""
_AT_ONCE = 200
_SEED = 17
"""Two audits of the same CRM draw the same sample."""
_LATE = timedelta(minutes=10)
"""What was changed so shortly before the reading began, or since, may be found twice: at its old place and at its new one."""
_One = TypeVar("_One")


@dataclass(frozen=True, slots=True)
class Gap:
    """Why something was not read, or not all of it."""

    why: str
    """`unavailable`, `no_answer`, `no_budget`, `no_login` or `absent`."""
    detail: str = ""
    """The CRM's words, or ours about them; English."""


def explain_gap(error: BatonError) -> Gap:
    match error:
        case StreamUnavailable():
            return Gap("unavailable" if error.certain else "no_answer", error.reason)
        case BudgetExhausted():
            return Gap("no_budget", str(error))
        case AuthError():
            return Gap("no_login", str(error))
        case _:
            return Gap("no_answer", str(error))


@dataclass
class Desk:
    """One connection while it is read."""

    connection: Connection
    mapping: MappingSpec
    ledger: Ledger
    sample: int | None
    tell: Callable[[str, int], None]
    sleep: Callable[[float], None]
    readings: dict[str, Reading] = field(default_factory=dict[str, Reading])
    unread: dict[str, Gap] = field(default_factory=dict[str, Gap])
    absent: dict[str, Gap] = field(default_factory=dict[str, Gap])
    totals: Counter[str] = field(default_factory=Counter[str])
    drawn: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    waits: Sequence[float] = WAITS
    shut: BatonError | None = None
    """Why the connection is asked nothing more: refused as a whole, or its budget is used up."""
    _since: datetime | None = None
    _seen: defaultdict[str, Crowd] = field(default_factory=lambda: defaultdict[str, Crowd](Crowd))
    """Stream → records that were counted."""

    @property
    def name(self) -> str:
        return self.connection.name

    def take(self, stream: str, records: Iterable[SourceRecord]) -> None:
        """Count those of one stream that are news; of a sample no changes of what was not drawn."""
        reading = self.readings[stream]
        if self._since is None:
            self._since = self.connection.source.server_time() - _LATE
        seen = self._seen[stream]
        fresh: list[SourceRecord] = []
        for record in records:
            if record.kind is not reading.kind or not self._is_drawn(record):
                continue
            name = record.ref.record_id
            if record.modified_at >= self._since and name in seen:
                continue
            seen.put(name)
            fresh.append(record)
        self.ledger.take(fresh, reading)

    def _is_drawn(self, record: SourceRecord) -> bool:
        """History is read whole."""
        return self.sample is None or record.kind is not Kind.HISTORY or self.ledger.knows(record.facts.get("subject"))

    def told(self, stream: str) -> None:
        self.tell(stream, self.ledger.stock.records[f"{self.name}:{stream}"])

    def give_up(self, error: BatonError, streams: Iterable[str]) -> None:
        """These stay unread, or half read; from now on nothing is waited for."""
        self.unread |= {name: explain_gap(error) for name in streams}
        self.waits = ()
        if isinstance(error, AuthError | BudgetExhausted):
            self.shut = error


def ask_patiently(desk: Desk, ask: Callable[[], _One]) -> _One:
    """Raises what is left after the last wait."""
    for wait in desk.waits:
        try:
            return ask()
        except BudgetExhausted:
            raise
        except TransientError as error:
            desk.sleep(_longer(wait, error))
    return ask()


def _longer(wait: float, error: TransientError) -> float:
    return min(max(wait, error.retry_after or 0.0), WAITS[-1])


def read_all(desk: Desk, specs: Sequence[StreamSpec]) -> None:
    """Page after page, each counted and forgotten while the next one is asked for."""
    pending = {spec.name: spec for spec in specs}
    cursors: dict[str, Cursor | None] = {}
    waits = iter(desk.waits)
    while pending:
        if desk.shut is not None:
            desk.give_up(desk.shut, pending)
            return
        try:
            for page in read_ahead(desk.connection.source.head(list(pending.values()), dict(cursors))):
                _take_page(desk, page, cursors, pending)
            return
        except StreamUnavailable as error:
            lost = [error.stream] if error.stream in pending else list(pending)
            desk.unread |= {name: explain_gap(error) for name in lost}
            pending = {name: spec for name, spec in pending.items() if name not in lost}
        except BatonError as error:
            wait = next(waits, None) if _is_passing(error) else None
            if wait is None:
                desk.give_up(error, pending)
                return
            desk.sleep(_longer(wait, error) if isinstance(error, TransientError) else wait)


def _is_passing(error: BatonError) -> bool:
    return isinstance(error, TransientError) and not isinstance(error, BudgetExhausted)


def _take_page(desk: Desk, page: Page, cursors: dict[str, Cursor | None], pending: dict[str, StreamSpec]) -> None:
    desk.take(page.stream, page.records)
    cursors[page.stream] = page.cursor
    if not page.more:
        pending.pop(page.stream, None)
    desk.told(page.stream)


def read_sample(desk: Desk, specs: Sequence[StreamSpec], size: int) -> None:
    """Of each stream so many records, drawn by chance from the list of all."""
    for spec in specs:
        if not _draw(desk, spec, size):
            continue
        for part in _parts(desk.drawn[spec.name]):
            found = _try(desk, [spec.name], lambda spec=spec, part=part: list(desk.connection.source.read(spec, part)))
            if found is None:
                break
            desk.take(spec.name, found)
        desk.told(spec.name)


def _draw(desk: Desk, spec: StreamSpec, size: int) -> bool:
    """Whether the whole list was seen: a part of it is no fair sample, so that nothing is read then."""
    random = Random(f"{_SEED} {spec.name}")  # noqa: S311  a sample, not a secret
    drawn = desk.drawn.setdefault(spec.name, [])
    place = [""]

    def walk() -> None:
        for _, told in desk.connection.source.inventory([Walk(spec, place[0])]):
            if isinstance(told, BatonError):
                raise told
            for stamp in told.stamps:
                if not stamp.deleted:
                    desk.totals[spec.name] += 1
                    _put(drawn, stamp.record_id, desk.totals[spec.name], size, random)
            place[0] = told.place or place[0]

    if _try(desk, [spec.name], lambda: walk() or True):
        return True
    drawn.clear()
    return False


def _put(drawn: list[str], record_id: str, total: int, size: int, random: Random) -> None:
    """Each of all that came so far is among those drawn with the same chance (reservoir sampling, algorithm R)."""
    if len(drawn) < size:
        drawn.append(record_id)
    elif (place := random.randrange(total)) < size:
        drawn[place] = record_id


def read_activities(desk: Desk, specs: Sequence[StreamSpec]) -> None:
    """What is on record of those who were drawn."""
    people = [
        RecordRef(desk.name, name, one)
        for name, drawn in desk.drawn.items()
        if desk.readings[name].kind in (Kind.PERSON, Kind.DEAL)
        for one in drawn
    ]
    names = [spec.name for spec in specs]
    seen: set[RecordRef] = set()
    for part in _parts(people):
        found = _try(desk, names, lambda part=part: list(desk.connection.source.activities_of(specs, part)))
        if found is None:
            return
        fresh = {record.ref: record for record in found if record.ref not in seen}
        seen |= fresh.keys()
        for name in names:
            desk.take(name, [record for ref, record in fresh.items() if ref.stream == name])
    for name in names:
        desk.told(name)


def _try(desk: Desk, streams: Sequence[str], ask: Callable[[], _One]) -> _One | None:
    """None: given up, and told."""
    try:
        if desk.shut is not None:
            raise desk.shut
        return ask_patiently(desk, ask)
    except StreamUnavailable as error:
        desk.unread |= {name: explain_gap(error) for name in ([error.stream] if error.stream in streams else streams)}
    except BatonError as error:
        desk.give_up(error, streams)
    return None


def _parts(some: Sequence[_One]) -> Iterator[Sequence[_One]]:
    return (some[start : start + _AT_ONCE] for start in range(0, len(some), _AT_ONCE))
