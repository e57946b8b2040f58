"""Whether the daemon lives, and whether what it says of the CRMs is as fresh as the operator asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.core.model.records import Kind
from sync.flow.context import Context
from sync.flow.pull import is_owed
from sync.store import Store
from sync.store.streams import StreamStanding, read_standings
from sync.workers.pulse import Beat

STUCK = timedelta(minutes=15)
"""A step that for so long neither ends nor makes a call hangs. The longest that computes alone takes a few minutes."""


@dataclass(frozen=True, slots=True)
class Lag:
    """One stream that is meant to be read."""

    connection: str
    stream: str
    last_success: datetime | None
    behind: timedelta | None
    """Since it was last read to its end; None: never."""
    error: str | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """`reasons` empty: ready. Words and names of connections and streams, nobody's data."""

    reasons: tuple[str, ...]
    streams: tuple[Lag, ...]
    stopped: tuple[str, ...]
    """Connections whose credentials were refused."""

    @property
    def ready(self) -> bool:
        return not self.reasons


def is_alive(beat: Beat, interval: timedelta) -> bool:
    """`interval`: of the job that runs most often."""
    return beat.silent < (STUCK + interval).total_seconds()


def read_lags(store: Store, configured: Context, now: datetime) -> tuple[Lag, ...]:
    """Every stream of the configuration that its tenant lets us read or has taken away, at `now` of the CRMs."""
    with store.read() as tx:
        standings = {(one.connection, one.stream): one for one in read_standings(tx)}
    specs = [(name, spec) for name, one in configured.connections.items() for spec in one.streams]
    found = [(name, spec, standings.get((name, spec.name))) for name, spec in specs]
    return tuple(_lag(name, spec.name, one, now) for name, spec, one in found if not _is_off(one, spec.kind))


def judge_readiness(beat: Beat, ready: Context | None, lags: Sequence[Lag], behind: timedelta) -> Readiness:
    """`ready`: what can be read now; `behind`: how far a stream may be."""
    stopped = tuple(sorted(ready.stopped)) if ready is not None else ()
    return Readiness(tuple(_reasons(beat, ready, lags, behind)), tuple(lags), stopped)


def _reasons(beat: Beat, ready: Context | None, lags: Sequence[Lag], behind: timedelta) -> Iterator[str]:
    if not beat.first_done:
        yield "the first cycle is under way"
    if ready is not None:
        for name in sorted(ready.stopped):
            yield f"{name}: stopped: its credentials were refused"
        for name in sorted(ready.unreachable - ready.stopped):
            yield f"{name}: could not be reached when it was last asked"
    late = [lag for lag in lags if lag.behind is None or lag.behind > behind]
    for name in dict.fromkeys(lag.connection for lag in late):
        own = [lag for lag in late if lag.connection == name]
        ages = [lag.behind for lag in own]
        told = "never read" if None in ages else f"behind by {_minutes(max(age for age in ages if age))} minutes"
        yield f"{name}: {told}: {', '.join(lag.stream for lag in own)}"


def _lag(connection: str, stream: str, standing: StreamStanding | None, now: datetime) -> Lag:
    last = standing.last_success if standing else None
    behind = max(now - last, timedelta()) if last else None
    return Lag(connection, stream, last, behind, standing.last_error if standing else None)


def _is_off(standing: StreamStanding | None, kind: Kind) -> bool:
    return standing is not None and standing.switched_off is not None and not is_owed(standing, kind)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60
