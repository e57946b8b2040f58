"""What a backfill would cost, before it reads anything: calls, minutes, quota, records, and what the writing would set off."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from sync.budget import SHARES, Purpose, calling_for
from sync.errors import AuthError, RunProblem, Shortfall, StreamUnavailable, TransientError
from sync.flow.context import Context, Mode
from sync.ports import Automation, Connection, ReadsWhole, StreamSpec, Touched, Whole
from sync.store import streams as stream_store

RECORDS_PER_SECOND = 4_000
"""Linked and judged, of everything that is read."""
BATCHES: Mapping[str, int] = {"salesforce": 200, "hubspot": 100}
"""Records that one writing call takes, by kind of connection."""


@dataclass(frozen=True, slots=True)
class ConnectionCost:
    """Of one connection."""

    name: str
    streams: Mapping[str, Whole]
    """What is read from its beginning; what was read before is not there."""
    touched: Mapping[str, Touched]
    """Records that flags could be written to, by stream: at most so many are."""
    automation: Automation
    write_calls: int
    """At most."""
    quota: int | None
    """Calls a day of the whole account, as the vendor tells; None: it does not."""
    allowance: int | None
    """What Baton may spend of them on this in a day."""
    problem: RunProblem | None = None
    """Why some of this could not be told."""

    @property
    def read_calls(self) -> int:
        return sum(one.calls for one in self.streams.values())

    @property
    def calls(self) -> int:
        return self.read_calls + self.write_calls

    @property
    def records(self) -> int:
        return sum(one.records or 0 for one in self.streams.values())

    @property
    def seconds(self) -> float:
        """Reading alone."""
        return sum(one.seconds for one in self.streams.values())

    @property
    def share(self) -> float | None:
        """Of a day's quota."""
        return self.calls / self.quota if self.quota else None

    @property
    def days(self) -> int:
        """On how many days the budget lets it call; 1 where it is no matter."""
        return max(ceil(self.calls / self.allowance), 1) if self.allowance else 1


@dataclass(frozen=True, slots=True)
class Cost:
    connections: Sequence[ConnectionCost]
    writes: int
    """Records, at most."""
    seconds_to_read: float
    seconds_to_judge: float
    seconds_to_write: float
    resumed: bool = False
    """Some of it was read before: the figures are of all that is read, not of what is left."""
    problems: Sequence[RunProblem] = field(default=())


def estimate(
    context: Context,
    streams: Collection[str],
    since: datetime,
    until: datetime | None,
    *,
    writes_per_minute: int,
    bulk_from: int,
) -> Cost:
    """`streams`: `connection:stream` that it is about. Costs a handful of calls per connection; raises nothing for what
    cannot be told."""
    found = [
        _of_connection(context, one, streams, since, until, bulk_from=bulk_from) for one in context.connections.values()
    ]
    writes = sum(_writes(one.touched) for one in found)
    records = sum(one.records for one in found)
    return Cost(
        found,
        writes,
        # The systems are read beside one another.
        max((one.seconds for one in found), default=0.0),
        records / RECORDS_PER_SECOND,
        0.0 if context.mode is Mode.OBSERVE else 60.0 * writes / writes_per_minute,
        problems=[one.problem for one in found if one.problem is not None],
    )


def _of_connection(
    context: Context,
    connection: Connection,
    streams: Collection[str],
    since: datetime,
    until: datetime | None,
    *,
    bulk_from: int,
) -> ConnectionCost:
    source, problem = connection.source, None
    wanted = unread(context, connection, streams)
    whole: Mapping[str, Whole] = {}
    touched: Mapping[str, Touched] = {}
    automation = Automation({}, ["untold"])
    if isinstance(source, ReadsWhole):
        automation = Automation({}, ["unasked"])
        try:
            with calling_for(Purpose.RECONCILE):
                whole = source.whole(wanted, bulk_from) if wanted else {}
                touched = source.touched(connection.streams, since, until)
                automation = source.automation(connection.streams)
        except (TransientError, StreamUnavailable, AuthError) as error:
            problem = RunProblem(Shortfall.UNASKED, connection.name, str(error), error=type(error).__name__)
    usage = source.usage()
    writes = 0 if context.mode is Mode.OBSERVE else _writes(touched)
    allowance = None if usage.allowance is None else int(usage.allowance * SHARES[Purpose.RECONCILE])
    calls = ceil(writes / BATCHES.get(connection.kind, 100))
    return ConnectionCost(
        connection.name, whole, touched, automation, calls, usage.quota_max, allowance or None, problem
    )


def _writes(touched: Mapping[str, Touched]) -> int:
    """What is closed carries no flags."""
    return sum(one.open or 0 for one in touched.values())


def unread(context: Context, connection: Connection, streams: Collection[str]) -> list[StreamSpec]:
    """Of these streams those that were never read to their end, and can be read."""
    with context.store.read() as tx:
        standings = {s.stream: s for s in stream_store.read_standings(tx, connection.name)}
    return [
        spec
        for spec in connection.streams
        if f"{connection.name}:{spec.name}" in streams
        and (
            (standing := standings.get(spec.name)) is None
            or (standing.switched_off is None and (standing.last_success is None or standing.cursor is None))
        )
    ]
