"""What the engine asks of an outside system. A connector is a folder of functions behind these two protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Protocol, TypeGuard, runtime_checkable
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sync.address import is_loopback
from sync.budget import Usage
from sync.core.model.flags import FlagField, Flags
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import BatonError, StreamUnavailable

Cursor = Mapping[str, Any]
"""Where reading of a stream stands. Opaque to the engine, JSON-able; moves only together with saved records."""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """What to read of one stream."""

    name: str
    kind: Kind
    fields: tuple[str, ...] = ()
    """Vendor fields that the mapping asks for; the connector adds what its facts need."""
    carries_flags: bool = False
    hot: bool = True
    """Hot streams are read at the short interval."""
    watched: tuple[str, ...] = ()
    """Fields whose changes come as history rows of field `value`; of a history stream those of the records it tells of."""
    dated: tuple[str, ...] = ()
    """Those of `watched` whose reading depends on when or by whom they were written. Where the history of a record costs a
    call of its own, it is read for records in which one of these holds something."""
    chosen: frozenset[str] = frozenset()
    """Of our fields that are there by choice (`FlagField.choice`) those that are."""
    signs: bool = False
    """Of people: some activities that hang on them cannot be read, so the fact `contacted_at` is asked for. `available`
    tells, where the CRM has such a stamp."""
    unstamped: tuple[str, ...] = ()
    """Those of `fields` whose values change without moving the stamp: formulas, fields of parents. `available` tells."""
    kept: bool = True
    """Whether what is read is kept, and compared with what was: pages then bring fingerprints along."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a stream. Saving its records and its cursor is one transaction."""

    stream: str
    records: Sequence[SourceRecord]
    cursor: Cursor
    more: bool
    """False when the stream has nothing further for now."""
    fingerprints: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Of the first of `records`, in their order: reference text → fingerprint of all that the record is made from. One that
    has the same as when it was saved did not change, and its record need not be made."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One line of a sweep: that a record exists with this modification stamp."""

    record_id: str
    modified_at: datetime
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Covered:
    """What the sweep of one stream, read to its end, can vouch for."""

    until: datetime
    """Whatever has an older stamp is visible by now, as far as the CRM can tell: no transaction that began earlier is
    still open. The next sweep must reach back to it."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The way through everything that a stream holds."""

    spec: StreamSpec
    place: str = ""
    """Where to go on (`Part.place`); empty: at the beginning."""
    marks: Callable[[int], Sequence[str]] = lambda _size: ()
    """Ids that part what is stored of the stream into pieces of about that many records, in any order: a CRM that can be
    asked for several pieces at once asks for them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One step of the way through a stream."""

    stamps: Sequence[Stamp]
    place: str | None
    """Where to go on after it; None: there is no more."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whose data this is. The store belongs to exactly one tenant per connection."""

    tenant_id: str
    host: str
    sandbox: bool
    name: str

    @property
    def production(self) -> bool:
        """Whether a mistake would show to people at work. What runs on this machine is a simulator."""
        return not self.sandbox and not is_loopback(urlsplit(f"//{self.host}").hostname)

    def is_same(self, other: Tenant) -> bool:
        """Whether they are the same org or portal, at the same address. Names change."""
        return (self.tenant_id, self.host, self.sandbox) == (other.tenant_id, other.host, other.sandbox)


class Source(Protocol):
    """The reading half of a connection. All instants are aware UTC and come from the server's clock."""

    connection: str

    def tenant(self) -> Tenant:
        """Who we are connected to. Raises AuthError, TransientError."""
        ...

    def server_time(self) -> datetime:
        """The CRM's clock, from the `Date` header of the latest answer (asks once if there was none)."""
        ...

    def available(
        self, specs: Sequence[StreamSpec]
    ) -> tuple[list[StreamSpec], dict[str, StreamUnavailable], dict[str, list[str]]]:
        """Check streams against this tenant: (usable, refused and why, unreadable fields by stream).

        The usable specs come back with only the fields that exist and are readable. A refusal is `certain` where the CRM
        says that the stream is not there for us; where it did not answer that, the stream counts as unread, not as absent.
        """
        ...

    def drifted(self) -> bool:
        """Whether reading has shown that the fields differ from what `available` told last."""
        ...

    def head(self, specs: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]) -> Iterator[Page]:
        """What changed since the cursors, oldest first, for all the given streams with the fewest calls possible.

        A stream that breaks raises only after the pages of the others were yielded.
        """
        ...

    def sweep(
        self, windows: Sequence[tuple[StreamSpec, datetime]]
    ) -> Iterator[tuple[str, Sequence[Stamp] | Covered | BatonError]]:
        """Ids and stamps of everything in the streams modified since their instants, deletions included, without
        values, with the fewest calls possible.

        Yields (stream, stamps) and at the end of each stream what that covers; a stream that breaks yields its error and
        nothing after it, and the others go on.
        """
        ...

    def inventory(self, walks: Sequence[Walk]) -> Iterator[tuple[str, Part | BatonError]]:
        """Ids and stamps of everything that the streams hold now, with the fewest calls possible; memory does not grow
        with it.

        The parts of one stream come in order. A stream that breaks yields its error and nothing after it, and the
        others go on; one that every head reads whole yields nothing.
        """
        ...

    def read(self, spec: StreamSpec, record_ids: Sequence[str]) -> Iterator[SourceRecord]:
        """These records as they are now, strongly consistent; ids that are gone come back with `deleted`."""
        ...

    def activities_of(self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]) -> Iterator[SourceRecord]:
        """All activities of the given streams that hang on these people and deals now, batched.

        The confirmation read before a breach.
        """
        ...

    def usage(self) -> Usage: ...


@runtime_checkable
class LinksSilently(Protocol):
    """A source in which a record can come to hang on somebody without a stamp moving."""

    def links_of(
        self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]
    ) -> Iterator[tuple[StreamSpec, Mapping[RecordRef, Sequence[str]]]]:
        """Per stream whose records can hang on them: which records of it hang on each of these people now, strongly
        consistent; people without any are absent."""
        ...


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Opening hours of a week as a CRM keeps them."""

    name: str
    default: bool
    tz: str
    hours: Mapping[int, tuple[tuple[str, str], ...]]
    """Weekday (Monday = 0) → wall times `HH:MM`; `24:00` closes at the next midnight."""


@dataclass(frozen=True, slots=True)
class DayOff:
    day: date
    name: str
    hours: tuple[tuple[str, str], ...] = ()
    """Off in these wall times alone; empty: all day."""


@dataclass(frozen=True, slots=True)
class OfficeCalendars:
    offices: Sequence[OfficeHours]
    days_off: Sequence[DayOff]
    """In order; which of them an office keeps is for the operator to say."""
    unread: Sequence[str]
    """Names of what is kept there and cannot be understood."""


@runtime_checkable
class KeepsCount(Protocol):
    """A source that keeps to a budget of calls a day."""

    def take_spent(self) -> Mapping[datetime, int]:
        """Calls that cost, by full hour, since this was asked last."""
        ...

    def set_spent(self, hours: Mapping[datetime, int]) -> None:
        """All that was kept of them so far, by any process."""
        ...

    def note_time(self, at: datetime) -> None:
        """What time it is elsewhere: while it makes no calls it hears of none."""
        ...


def keeps_count(source: object) -> TypeGuard[KeepsCount]:
    """Asked of every connection in every cycle, and slow to find out."""
    return _keeps_count(type(source))


@cache
def _keeps_count(kind: type) -> bool:
    return issubclass(kind, KeepsCount)


@runtime_checkable
class KeepsCalendars(Protocol):
    """A source whose CRM knows the company's working time."""

    def server_time(self) -> datetime: ...

    def read_calendars(self, first: date, last: date) -> OfficeCalendars:
        """Opening hours, and the days off from `first` to `last`, both inclusive, repetitions written out.

        Raises AuthError, TransientError, StreamUnavailable.
        """
        ...


class WriteOutcome(StrEnum):
    APPLIED = "applied"
    CONFLICT = "conflict"
    """Converted, merged or deleted meanwhile: pull it again."""
    REJECTED = "rejected"
    """Refused for this record: park with the reason."""
    RETRY = "retry"
    UNKNOWN = "unknown"
    """May or may not have been applied: read back first."""


@dataclass(frozen=True, slots=True)
class FlagWrite:
    """The flags of one record that must change. Names are flag names; only these are sent."""

    ref: RecordRef
    values: Flags


@dataclass(frozen=True, slots=True)
class WriteResult:
    ref: RecordRef
    outcome: WriteOutcome
    code: str = ""
    message: str = ""
    retry_after: float | None = None
    """Seconds."""
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    """Flags that were not sent, because nobody can write that field now (""), or that option of it. The outcome is that of
    the rest; REJECTED when nothing is left of the write."""
    tries: int | None = None
    """Of a RETRY: attempts after which it counts as refused."""
    sent: bool = True
    """False: it never left the house, and costs no attempt."""


class Sink(Protocol):
    """The writing half. It can write flags and nothing else: the allow-list is its only door."""

    connection: str

    def write(self, changes: Sequence[FlagWrite]) -> Sequence[WriteResult]:
        """Send in the largest batches the API takes; exactly one result per change, in any order. Never raises for
        a record; raises AuthError when the connection as a whole is refused.

        A field or option that nobody can write is left out of the rest of this write (`WriteResult.left_out`); a record
        that upsets a batch is parted from the others.
        """
        ...

    def read_flags(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Flags | None]:
        """Flags as the records hold them now (strongly consistent); None for a record that is gone."""
        ...

    def check_fields(self, streams: Sequence[str], fields: Sequence[FlagField]) -> Mapping[str, Sequence[str]]:
        """Flag names per stream that belong there and cannot be written (missing, hidden or read-only field), as of
        the source's latest `available`."""
        ...


class Notifier(Protocol):
    """Takes messages to people."""

    def send(self, message: Mapping[str, Any]) -> None:
        """Raises TransientError unless it was taken; what it says holds no secret."""
        ...


@dataclass(frozen=True, slots=True)
class Connection:
    """A configured account of a CRM, ready to use."""

    name: str
    kind: str
    source: Source
    sink: Sink
    streams: tuple[StreamSpec, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class FieldChange:
    """That somebody changed one vendor field of one record: field history, told by hand."""

    record: RecordRef
    field: str
    old: Any
    new: Any
    at: datetime
    by: str | None = None
    """Id of the user in that system."""


@dataclass(frozen=True, slots=True)
class Given:
    """Records of one connection as its API returns them, from somewhere else than the API (`try handoff`)."""

    connection: str
    specs: Sequence[StreamSpec]
    objects: Mapping[str, Sequence[Any]]
    """By stream, unchecked."""
    users: Sequence[Mapping[str, Any]]
    """Colleagues: `id`, `email`, `role`, `active`, `hubspot_owner_id`."""
    changes: Sequence[FieldChange]
    """Of this connection."""
    now: datetime
    zone: ZoneInfo
    """Of days without a time."""


@dataclass(frozen=True, slots=True)
class Whole:
    """How one stream would be read from its beginning."""

    records: int | None
    """About so many, as the CRM counts; None where it does not tell."""
    way: str
    """`bulk`, `query` or `list`."""
    calls: int
    """API calls that this takes; where the CRM does not count, at least."""
    seconds: float
    """At the pace that the CRM permits, with nothing else going on."""
    cursor: Cursor | None
    """To begin the head reading with."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Records of one stream that flags could be written to and that changed in some span."""

    open: int | None
    """None: the CRM does not tell."""
    closed: int | None
    """Of those that are over; None: the CRM does not tell them apart, they are among the others."""


@dataclass(frozen=True, slots=True)
class Automation:
    """What the company has set up to run when one of our fields is written."""

    counts: Mapping[str, Mapping[str, int]]
    """By stream: kind of automation → how many are active."""
    unread: Sequence[str] = ()
    """Kinds that this user or token is not shown (`flow`, `trigger`, `workflow`); `unasked`, `untold`: nobody knows of any."""


@runtime_checkable
class ReadsWhole(Protocol):
    """A source that knows the cheapest way to read a stream from its beginning."""

    parallel: int
    """Streams that are best read at the same time."""

    def whole(self, specs: Sequence[StreamSpec], bulk_from: int) -> Mapping[str, Whole]:
        """By stream. `bulk_from`: records from which on a bulk job is worth its trouble. Costs a call or a few."""
        ...

    def touched(self, specs: Sequence[StreamSpec], since: datetime, until: datetime | None) -> Mapping[str, Touched]:
        """Of the streams that carry flags. Costs a call or a few."""
        ...

    def automation(self, specs: Sequence[StreamSpec]) -> Automation:
        """Raises nothing for a right that is not there: that is told in `unread`."""
        ...
