"""Taking back what a run wrote: its records are only observed from then on, and get back what they held before, where
nobody has changed it since. Killed at any point, it is simply asked for again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Transaction

from sync.budget import Purpose, calling_for
from sync.core.mapping.sealed import is_sealed
from sync.core.model.flags import Flags, FlagValue
from sync.core.model.records import RecordRef
from sync.core.reconcile.plan import is_same
from sync.errors import BatonError, ConfigError, NoConnection, Problem, RunProblem, TransientError
from sync.flow.connect import prepare, read_clock
from sync.flow.context import Context, Mode
from sync.flow.deliver import deliver, recover
from sync.flow.report import CycleReport, Outcome, Tally, failure
from sync.flow.restraint import Restraints, load_restraints
from sync.flow.seal import open_sealer
from sync.flow.spending import keep_count
from sync.store import agenda, approval, ledger, outbox, restraints, runs
from sync.store.outbox import ChangeKind, NewEntry, State
from sync.store.restraints import Restraint, RestraintKind

GONE = "the record is gone"
CHANGED = "changed since"
NOT_KEPT = "what stood there was not kept"
NOT_WRITABLE = "cannot be written"


@dataclass(frozen=True, slots=True)
class Restoration:
    """What one record gets back."""

    ref: RecordRef
    handoff_id: str
    old: Mapping[str, FlagValue]
    """As it is now."""
    new: Mapping[str, FlagValue]
    """As it was before the run."""


@dataclass(frozen=True, slots=True)
class Left:
    """What one record does not get back, and why."""

    ref: RecordRef
    reason: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing a run comes to."""

    run: int
    records: int
    """That the run wrote."""
    restore: tuple[Restoration, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Undone:
    """What was done."""

    plan: Undoing
    report: CycleReport
    held: int
    """Restorations that wait for approval, because they are far more than usual."""

    @property
    def partial(self) -> bool:
        return bool(self.plan.left or self.held or self.report.partial)


@dataclass(slots=True)
class _Written:
    """What a run wrote on one record, its entries put together."""

    handoff_id: str
    before: dict[str, Any] = field(default_factory=dict[str, Any])
    after: dict[str, Any] = field(default_factory=dict[str, Any])


def plan_undo(context: Context, run: int) -> Undoing:
    """Compare what a run wrote with what the records hold now; reads them, writes nothing.

    Raises ConfigError when there is no such run, TransientError when a record cannot be read.
    """
    with context.store.read() as tx:
        written = _read_written(tx, run)
        known = load_restraints(tx, written)
    return _plan(run, written, _read_now(context, list(written)), known)


def undo(context: Context, run: int, *, approved: bool) -> Undone:
    """Observe the records of a run from now on, and write back what they held before it.

    Works in every mode, because only values from before are written. Asked again, it goes on where it stopped; what is
    restored already costs a reading. Raises ConfigError, TransientError (nothing can be read).
    """
    with context.store.read() as tx:
        _read_written(tx, run)
    context, prepared = prepare(replace(context, mode=Mode.WRITE, prepared=False, gate_approved=False))
    if not context.connections:
        raise NoConnection(prepared.problems)
    now = read_clock(context)
    with context.store.write() as tx:
        own = runs.start(tx, "undo", context.mode.value, now)
    try:
        with calling_for(Purpose.DELIVERY):
            return _take_back(context, run, own, approved, prepared, now)
    except BatonError as error:
        _close(context, own, now, Outcome.FAILED, {}, [*prepared.problems, failure(error)])
        raise


def _take_back(context: Context, run: int, own: int, approved: bool, prepared: Tally, now: datetime) -> Undone:
    tally = recover(context, now, own)
    with context.store.write() as tx:
        written = _read_written(tx, run)
        _observe(tx, run, written, now)
        known = load_restraints(tx, written)
    plan = _plan(run, written, _read_now(context, list(written)), known)
    with context.store.write() as tx:
        outbox.add(tx, [_entry(one, approved) for one in plan.restore], now, own)
    tally.join(deliver(context, now, own, ChangeKind.UNDO))
    with context.store.read() as tx:
        held = sum(count for (_, kind), count in approval.count_held(tx).items() if kind is ChangeKind.UNDO)
    return Undone(plan, _end(context, own, now, prepared, tally), held)


def release(context: Context, run: int) -> int:
    """Let the records of an undone run be written again; returns how many they are."""
    with context.store.write() as tx:
        refs = restraints.release(tx, run)
        agenda.mark_dirty_of(tx, refs)
    return len(refs)


def _read_written(tx: Transaction, run: int) -> dict[RecordRef, _Written]:
    if not runs.exists(tx, run):
        raise ConfigError(Problem(f"run {run}", "there is no such run", "`baton status --json` lists the latest runs"))
    written: dict[RecordRef, _Written] = {}
    for entry in ledger.read_of_run(tx, run):
        own = written.setdefault(entry.ref, _Written(entry.handoff_id))
        own.before = {**{name: entry.old.get(name) for name in entry.new}, **own.before}
        own.after |= entry.new
    return written


def _observe(tx: Transaction, run: int, written: Mapping[RecordRef, _Written], now: datetime) -> None:
    """First of all: nothing of Baton's own goes out to these records any more."""
    kind = RestraintKind.UNDONE
    restraints.save(tx, [Restraint(kind, ref.connection, ref.stream, now, ref, run=run) for ref in written])
    outbox.supersede_records(tx, written, now)
    agenda.mark_dirty_of(tx, written)


def _read_now(context: Context, refs: Sequence[RecordRef]) -> dict[RecordRef, Flags | None]:
    held: dict[RecordRef, Flags | None] = {}
    for name in sorted({ref.connection for ref in refs}):
        if name not in context.connections:
            raise TransientError(f"{name} cannot be read, so nobody knows what its records hold now")
        held |= context.connections[name].sink.read_flags([ref for ref in refs if ref.connection == name])
    with context.store.write() as tx:
        sealer = open_sealer(context, tx)
    return {ref: flags and sealer.flags(flags) for ref, flags in held.items()}


def _plan(
    run: int, written: Mapping[RecordRef, _Written], now: Mapping[RecordRef, Flags | None], known: Restraints
) -> Undoing:
    restore: list[Restoration] = []
    left: list[Left] = []
    for ref, own in sorted(written.items(), key=lambda pair: pair[0]):
        held = now.get(ref)
        if held is None:
            left.append(Left(ref, GONE, tuple(own.after)))
            continue
        if not own.after:
            left.append(Left(ref, NOT_KEPT, ()))
            continue
        reasons = {name: _reason(ref, name, own, held, known) for name in own.after}
        back = {name: own.before[name] for name, reason in reasons.items() if reason == ""}
        if back:
            restore.append(Restoration(ref, own.handoff_id, {name: held.get(name) for name in back}, back))
        left += [
            Left(ref, why, tuple(name for name, told in reasons.items() if told == why))
            for why in sorted({told for told in reasons.values() if told})
        ]
    return Undoing(run, len(written), tuple(restore), tuple(left))


def _reason(ref: RecordRef, name: str, own: _Written, held: Flags, known: Restraints) -> str | None:
    """Why a field does not get back what it held; empty when it does, None when it has it already."""
    before, present = own.before[name], held.get(name)
    if is_same(name, present, before):
        return None
    if not is_same(name, present, own.after[name]):
        return CHANGED
    if is_sealed(before):
        return NOT_KEPT
    return NOT_WRITABLE if known.bars(ref, name, before) else ""


def _entry(one: Restoration, approved: bool) -> NewEntry:
    return NewEntry(one.ref, one.handoff_id, ChangeKind.UNDO, State.READY, dict(one.old), dict(one.new), approved)


def _end(context: Context, run: int, now: datetime, prepared: Tally, tally: Tally) -> CycleReport:
    problems = [*prepared.problems, *tally.problems]
    amiss = {"parked", "conflict", "unknown", "retry", "held"} & tally.counts.keys()
    outcome = Outcome.PARTIAL if problems or amiss else Outcome.DONE
    counts = {"prepare": dict(prepared.counts), "deliver": dict(tally.counts)}
    _close(context, run, now, outcome, counts, problems)
    return CycleReport(run, now, now, outcome, counts, tuple(problems), {})


def _close(
    context: Context, run: int, now: datetime, outcome: Outcome, counts: Mapping[str, dict[str, int]],
    problems: Sequence[RunProblem],
) -> None:  # fmt: skip
    with context.store.write() as tx:
        keep_count(tx, context.connections.values())
        runs.end(tx, run, now, outcome.value, counts, problems, {})
