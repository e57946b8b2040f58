"""Why a record carries what it carries: its stored case judged again, with everything that was ever written to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection as Transaction

from sync.core.calendar import Calendar
from sync.core.mapping.history import date_items
from sync.core.mapping.spec import MappingSpec
from sync.core.model.flags import Flags
from sync.core.model.handoff import Case, Directory, Judgement
from sync.core.model.records import RecordRef, SourceRecord
from sync.core.reconcile.version import judge_in_force
from sync.core.rules.cycle import in_round
from sync.core.rules.edition import Edition
from sync.core.rules.evidence import gather
from sync.core.rules.run import calendars_used
from sync.errors import ConfigError, Problem
from sync.flow.case import load_batch, load_directories
from sync.flow.change import RecordChange, find_changes
from sync.flow.context import Context
from sync.flow.restraint import load_restraints
from sync.store import arrivals, handoff_members, ledger, records, showing
from sync.store.outbox import Attempt, Entry


@dataclass(frozen=True, slots=True)
class Explanation:
    """One record, the handoff it shows (or belongs to) and how both came to be what they are."""

    ref: RecordRef
    record: SourceRecord
    case: Case
    judgement: Judgement
    mapping: MappingSpec
    """Of the version of the definition by which it was judged."""
    directory: Directory
    calendars: Mapping[str, Calendar]
    """By clock: the working time by which it was measured."""
    shown: bool
    """The record carries this handoff's flags."""
    held: Flags
    """Our fields on the record, as last seen or written."""
    pending: tuple[RecordChange, ...]
    """What differs on the handoff's records from what they should carry."""
    others: tuple[str, ...]
    """Other handoffs that the record belongs to."""
    together: Mapping[str, int]
    """By clock that starts with a batch that was found: of how many people that is."""
    failed: str | None
    """Where the latest judgement broke, if it did."""
    entries: tuple[Entry, ...]
    """Outbox entries of the record, newest first."""
    attempts: Mapping[int, tuple[Attempt, ...]]
    """Deliveries by entry."""


def explain(context: Context, ref: RecordRef | str, now: datetime) -> Explanation:
    """Judge the stored case of this record at `now`. Asks no CRM and writes nothing.

    Raises ConfigError when the reference is no `connection:stream:id`, the record is unknown or no handoff has it.
    """
    wanted = _parse(ref)
    with context.store.read() as tx:
        stored = records.load(tx, [wanted]).get(wanted)
        if stored is None:
            raise _unknown(wanted, "is not in the store", "check the id, or run a pull first")
        own = showing.read(tx, [wanted]).get(wanted)
        member_of = sorted(handoff_members.find_by_members(tx, [wanted]))
        handoff = own or (member_of[-1] if member_of else None)
        if handoff is None:
            raise _unknown(wanted, "belongs to no handoff", "only people and deals do")
        batch = load_batch(tx, [handoff])
        together = _count_together(context, tx, batch.cases[handoff])
        directories = load_directories(context, tx)
        entries = ledger.read_history(tx, [wanted])
        attempts = ledger.read_attempts(tx, [e.id for e in entries])
        known = load_restraints(tx, batch.records)
    case = batch.cases[handoff]
    judgement = judge_in_force(case, context.editions, directories, now)
    judgement = replace(judgement, items=date_items(judgement.items, case, now))
    edition = next(one for one in context.editions if one.version == judgement.version)
    changes = find_changes(batch, {handoff: judgement}, known)
    return Explanation(
        ref=wanted,
        record=stored.record,
        case=case,
        judgement=judgement,
        mapping=edition.mapping,
        directory=directories[edition.version],
        calendars=_calendars(case, edition, directories[edition.version], judgement, now),
        shown=own is not None,
        held=stored.record.flags or {},
        pending=tuple(c for c in changes if c.new),
        others=tuple(i for i in member_of if i != handoff),
        together={c.id: together[c.id] for c in judgement.clocks if c.batch is not None and c.id in together},
        failed=batch.stored[handoff].failed,
        entries=tuple(entries),
        attempts={e.id: tuple(a for a in attempts if a.outbox_id == e.id) for e in entries},
    )


def _count_together(context: Context, tx: Transaction, case: Case) -> dict[str, int]:
    """By clock: how many people came with this one."""
    keys = {clock.id: clock.batch.rule.key for clock in context.rules.clocks if clock.batch is not None}
    joined = {key: own for key, own in case.batches.items() if own.batch_at is not None}
    counted = {key: arrivals.count_together(tx, key, own) for key, own in joined.items()}
    return {clock: counted[key] for clock, key in keys.items() if key in counted}


def _calendars(
    case: Case, edition: Edition, directory: Directory, judgement: Judgement, now: datetime
) -> Mapping[str, Calendar]:
    evidence = gather(in_round(case), edition.mapping, edition.rules, directory, now)
    return calendars_used(evidence, judgement.clocks)


def _parse(ref: RecordRef | str) -> RecordRef:
    try:
        return ref if isinstance(ref, RecordRef) else RecordRef.parse(ref)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            Problem(str(ref), "is not written as connection:stream:id", "salesforce:Lead:00Q…")
        ) from error


def _unknown(ref: RecordRef, message: str, hint: str) -> ConfigError:
    return ConfigError(Problem(str(ref), message, hint))
