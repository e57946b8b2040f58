"""What would change, without writing: the same judgement and the same difference, minus the last steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sync.core.model.flags import Flags, FlagValue
from sync.core.model.records import RecordRef
from sync.core.reconcile.version import judge_in_force
from sync.flow.case import load_batch, load_directories
from sync.flow.change import find_changes
from sync.flow.context import Context
from sync.flow.judge import BATCH
from sync.flow.restraint import load_restraints
from sync.flow.unmapped import Row, Unmapped, count, rows_of
from sync.store import dirty_records, handoffs


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one record."""

    name: str
    old: FlagValue
    new: FlagValue


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """Everything that would change on one record."""

    ref: RecordRef
    handoff_id: str
    status: str
    fields: tuple[FieldChange, ...]
    unconfirmed: bool
    """A clock of this handoff has run out and its evidence must be read again first: it may turn to breached."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run at `now` would write, if everything stored is what the CRMs hold."""

    now: datetime
    changes: tuple[PlannedChange, ...]
    judged: int
    in_scope: int
    out_of_scope: Mapping[str, int]
    """Handoffs by the reason why they are out of scope."""
    unlinked: int
    """Changed records that are not linked yet: run a pull first."""
    failed: tuple[str, ...]
    """Handoffs whose judgement breaks."""
    unmapped: tuple[Unmapped, ...]
    """Choices of handoffs in scope that no option knows."""


def plan(context: Context, now: datetime) -> Plan:
    """Judge all handoffs as stored and compare with what the records hold. Writes nothing, asks no CRM."""
    changes: list[PlannedChange] = []
    reasons: dict[str, int] = {}
    failed: list[str] = []
    unknown: list[Row] = []
    judged, after = 0, ""
    with context.store.read() as tx:
        directories, editions = load_directories(context, tx), context.editions
        unlinked = dirty_records.count(tx)
        while ids := handoffs.read_ids(tx, after, BATCH):
            after = ids[-1]
            batch = load_batch(tx, ids)
            judgements = {}
            for handoff, case in batch.cases.items():
                try:
                    judgements[handoff] = judge_in_force(case, editions, directories, now, whole=False)
                except Exception as error:
                    # Shown to the person who asked for the plan; a run would park this handoff.
                    failed.append(f"{handoff}: {type(error).__name__}")
            judged += len(judgements)
            for judgement in judgements.values():
                unknown += rows_of(judgement, context.mapping)
                if not judgement.in_scope:
                    reasons[judgement.scope_reason] = reasons.get(judgement.scope_reason, 0) + 1
            known = load_restraints(tx, batch.records)
            for change in find_changes(batch, judgements, known):
                if change.new:
                    its = judgements[change.handoff_id]
                    fields = _fields(change.old, change.new)
                    changes.append(
                        PlannedChange(change.ref, its.handoff_id, its.status.value, fields, its.needs_confirmation)
                    )
    changes.sort(key=lambda c: c.ref)
    in_scope = judged - sum(reasons.values())
    return Plan(now, tuple(changes), judged, in_scope, reasons, unlinked, tuple(failed), count(unknown))


def _fields(old: Flags, new: Flags) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(name, old.get(name), value) for name, value in new.items())
