"""What Baton knows about itself, read from the store alone."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Transaction

from sync.core.mapping.normalise.tables import fold
from sync.core.rules.batch import days_needed
from sync.core.rules.definition import BatchPolicy
from sync.flow.case import load_directories
from sync.flow.context import Context
from sync.flow.gate import Hold, read_holds
from sync.flow.unenforced import Standing, read_count
from sync.flow.unmapped import Unmapped, count
from sync.ports import Tenant
from sync.store import (
    agenda,
    comparison,
    dirty_records,
    handoffs,
    ledger,
    records,
    restraints,
    runs,
    settlement,
    streams,
    summaries,
)
from sync.store.comparison import Progress
from sync.store.outbox import Entry, State
from sync.store.restraints import Restraint, RestraintKind
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
class OpenBatch:
    """People who came together, some of whom nobody has contacted yet."""

    clock: str
    source: str
    start: datetime
    due: datetime
    """The latest of those that are open."""
    records: int
    """Handoffs of it in scope."""
    open: int
    people: int | None
    """Who can work on it; None where nobody says how many they can contact a day."""
    per_day: int | None
    """How many each of them can contact."""
    days: float | None
    """Working days until all are contacted, rounded up to a tenth."""


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
    batches: tuple[OpenBatch, ...]
    """The earliest first."""
    thin: tuple[Standing, ...]
    """Clocks and teams that are not enforced, because too few contacts are on record."""
    outbox: Mapping[tuple[str, State], int]
    writes_per_handoff: float | None
    """Median over the handoffs that were written at all, their records in both CRMs together."""
    held: tuple[Hold, ...]
    parked: tuple[Entry, ...]
    parked_reasons: tuple[tuple[str, str, int], ...]
    """(connection, reason, entries), the commonest first."""
    unwritable: tuple[Restraint, ...]
    """Fields, and options of fields, that nobody can write."""
    contested: tuple[Restraint, ...]
    """Fields of records that somebody else rewrites."""
    undone: Mapping[int, int]
    """Run that was undone → records that are only observed because of it."""
    compared: tuple[Progress, ...]
    """How far the full comparison of each part of each connection is."""
    runs: tuple[StoredRun, ...]
    """Latest first."""


def status(context: Context) -> Status:
    """Read everything in one view of the store; asks no CRM."""
    with context.store.read() as tx:
        latest = runs.read_latest(tx, 10)
        kept = summaries.read_summaries(tx)
        now = next((r.ended_at for r in latest if r.ended_at), None)
        return Status(
            mode=context.mode.value,
            tenants=streams.read_tenants(tx),
            streams=tuple(one for one in streams.read_standings(tx) if _is_mapped(context, one)),
            records=records.count_by_stream(tx),
            records_waiting=dirty_records.count(tx),
            handoffs=summaries.count_by_status(tx),
            handoffs_waiting=agenda.count_pending(tx, now, context.rules_hash) if now else 0,
            next_wake=agenda.next_wake(tx),
            ambiguous=tuple(handoffs.read_ambiguous(tx, LISTED)),
            judge_failed=tuple(settlement.read_failed(tx, LISTED)),
            unmapped=count(summaries.read_unmapped(tx)),
            returned_incomplete=_count_returned(summaries.read_returned(tx)),
            clocks=_count_clocks(kept),
            batches=_find_batches(context, tx, kept),
            thin=read_thin(context, tx),
            outbox=ledger.count_by_state(tx),
            writes_per_handoff=_median(ledger.count_writes_by_handoff(tx).values()),
            held=tuple(read_holds(context, tx, now)) if now else (),
            parked=tuple(ledger.read_by_state(tx, State.PARKED, LISTED)),
            parked_reasons=tuple(ledger.count_parked(tx)),
            unwritable=tuple(restraints.read(tx, RestraintKind.UNWRITABLE)),
            contested=tuple(restraints.read(tx, RestraintKind.CONTESTED)),
            undone=restraints.count_undone(tx),
            compared=tuple(comparison.read(tx)),
            runs=tuple(latest),
        )


def _is_mapped(context: Context, standing: StreamStanding) -> bool:
    """What was taken out of the mapping is not read, and how it stands is nobody's concern."""
    return (standing.connection, standing.stream) in context.mapping.streams


def read_thin(context: Context, tx: Transaction) -> tuple[Standing, ...]:
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


_OPEN = frozenset({"waiting", "at_risk", "paused", "breached", "unverified"})


def _find_batches(context: Context, tx: Transaction, summaries: Iterable[Mapping[str, Any]]) -> tuple[OpenBatch, ...]:
    told: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for summary in summaries:
        for clock, own in summary["clocks"].items():
            if "batch" in own:
                told.setdefault((clock, fold(own["batch"][0]), own["batch"][1]), []).append(own)
    policies = {clock.id: clock.batch for clock in context.rules.clocks if clock.batch is not None}
    found: list[OpenBatch] = []
    for (clock, _, start), some in sorted(told.items(), key=lambda one: (one[0][2], one[0])):
        waiting = [own for own in some if own["state"] in _OPEN]
        dues = [datetime.fromisoformat(own["due"]) for own in waiting if own["due"]]
        policy = policies.get(clock)
        if dues and policy is not None:
            per_day = policy.capacity_per_day
            people = _count_people(context, tx, policy) if per_day is not None else None
            days = days_needed(len(waiting), people, per_day) if per_day is not None and people is not None else None
            since, source = datetime.fromisoformat(start), some[0]["batch"][0]
            one = OpenBatch(clock, source, since, max(dues), len(some), len(waiting), people, per_day, days)
            found.append(one)
    return tuple(found)


def _count_people(context: Context, tx: Transaction, policy: BatchPolicy) -> int:
    """As given, else the active colleagues with the roles that work on batches, each once."""
    if policy.people is not None:
        return policy.people
    directory = load_directories(context, tx)[context.rules.definition.version]
    able = (one for one in directory.values() if one.active and not one.machine and one.roles & policy.worked_by)
    return len({one.email or str(one.ref) for one in able})


def _median(counts: Collection[int]) -> float | None:
    return statistics.median(counts) if counts else None
