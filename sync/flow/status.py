"""What Baton knows about itself, read from the store alone."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Transaction

from sync.flow.context import Context
from sync.flow.gate import Hold, read_holds
from sync.flow.unenforced import Standing, read_count
from sync.flow.unmapped import Unmapped, count
from sync.ports import Tenant
from sync.store import handoffs, outbox, records, runs, streams
from sync.store.outbox import Entry, State
from sync.store.runs import StoredRun
from sync.store.streams import StreamStanding

LISTED = 50


INFO_MISSING = "info_missing"
"""Canonical reason of a return: FS could not work with what was handed over."""


@dataclass(frozen=True, slots=True)
class Returned:
    """How often FS missed information where the definition was content: its error rate."""

    returns: int
    """Handoffs returned for missing information whose state at the pass is known."""
    complete: int
    """Those of them that lacked nothing at the pass."""


@dataclass(frozen=True, slots=True)
class ClockCount:
    """How many handoffs one clock finds in which state."""

    states: Mapping[str, int]
    at_risk: int
    """Of those that wait or say so: with little time left."""
    unread: int = 0
    """Of the unverified ones: with a contact on record that cannot be read."""


@dataclass(frozen=True, slots=True)
class Status:
    """Lists are cut at 50; counts are whole. Instants are aware UTC."""

    mode: str
    tenants: Mapping[str, Tenant]
    streams: tuple[StreamStanding, ...]
    records: Mapping[tuple[str, str], int]
    """Present records per (connection, stream)."""
    records_waiting: int
    """Changed records that are not linked yet."""
    handoffs: Mapping[str, int]
    """By handoff status; `not_judged` for those never judged."""
    handoffs_waiting: int
    """Handoffs that a judgement would take up at the end of the latest run."""
    next_wake: datetime | None
    ambiguous: tuple[tuple[str, str, str], ...]
    """(handoff, anchor, reason) of joins that were not guessed."""
    judge_failed: tuple[tuple[str, str, str], ...]
    """(handoff, anchor, type and place of the error)."""
    unmapped: tuple[Unmapped, ...]
    """Choices of handoffs in scope that no option knows."""
    returned_incomplete: Returned
    """Of the handoffs that FS returned for missing information."""
    clocks: Mapping[str, ClockCount]
    """By clock, of the handoffs in scope."""
    thin: tuple[Standing, ...]
    """Clocks and teams that are not enforced, because too few contacts are on record."""
    outbox: Mapping[tuple[str, State], int]
    writes_per_handoff: float | None
    """Median over the handoffs that were written at all, their records in both CRMs together."""
    held: tuple[Hold, ...]
    parked: tuple[Entry, ...]
    runs: tuple[StoredRun, ...]
    """Latest first."""


def status(context: Context) -> Status:
    """Read everything in one view of the store; asks no CRM."""
    with context.store.read() as tx:
        latest = runs.read_latest(tx, 10)
        now = next((r.ended_at for r in latest if r.ended_at), None)
        return Status(
            mode=context.mode.value,
            tenants=streams.read_tenants(tx),
            streams=tuple(streams.read_standings(tx)),
            records=records.count_by_stream(tx),
            records_waiting=records.count_dirty(tx),
            handoffs=handoffs.count_by_status(tx),
            handoffs_waiting=handoffs.count_pending(tx, now, context.rules_hash) if now else 0,
            next_wake=handoffs.next_wake(tx),
            ambiguous=tuple(handoffs.read_ambiguous(tx, LISTED)),
            judge_failed=tuple(handoffs.read_failed(tx, LISTED)),
            unmapped=count(handoffs.read_unmapped(tx)),
            returned_incomplete=_count_returned(handoffs.read_returned(tx)),
            clocks=_count_clocks(handoffs.read_summaries(tx)),
            thin=_read_thin(context, tx),
            outbox=outbox.count_by_state(tx),
            writes_per_handoff=_median(outbox.count_writes_by_handoff(tx).values()),
            held=tuple(read_holds(context, tx, now)) if now else (),
            parked=tuple(outbox.read_by_state(tx, State.PARKED, LISTED)),
            runs=tuple(latest),
        )


def _read_thin(context: Context, tx: Transaction) -> tuple[Standing, ...]:
    guarded = {clock.id for clock in context.rules.clocks if clock.thin is not None}
    count = read_count(tx)
    return tuple(one for one in count.standings if one.stopped and one.clock in guarded) if count else ()


def _count_returned(summaries: Iterable[Mapping[str, Any]]) -> Returned:
    lacked = [
        one["missing_at_pass"]
        for one in summaries
        if one.get("return_reason") == INFO_MISSING and one.get("missing_at_pass") is not None
    ]
    return Returned(len(lacked), sum(not items for items in lacked))


def _count_clocks(summaries: Iterable[Mapping[str, Any]]) -> Mapping[str, ClockCount]:
    states: dict[str, Counter[str]] = {}
    at_risk, unread = Counter[str](), Counter[str]()
    for summary in summaries:
        for clock, told in summary["clocks"].items():
            states.setdefault(clock, Counter())[told["state"]] += 1
            at_risk[clock] += bool(told.get("at_risk"))
            unread[clock] += bool(told.get("unread"))
    return {
        clock: ClockCount(dict(sorted(found.items())), at_risk[clock], unread[clock])
        for clock, found in sorted(states.items())
    }


def _median(counts: Collection[int]) -> float | None:
    return statistics.median(counts) if counts else None
