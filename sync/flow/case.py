"""Putting together everything known about handoffs, a batch at a time, in a handful of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection as Transaction

from sync.core.model.handoff import Arrival, Case, Waiver
from sync.core.model.records import KeyRole, Kind, RecordRef, SourceRecord
from sync.core.reconcile.version import Directories, build_directories
from sync.core.rules.definition import RuleSet
from sync.core.rules.repeated import OFTEN
from sync.flow.context import Context
from sync.flow.unenforced import read_unenforced
from sync.store import arrivals, handoff_members, handoffs, key_index, records, showing, texts, waivers
from sync.store.driver import Refs
from sync.store.handoffs import StoredHandoff
from sync.store.records import StoredRecord
from sync.store.streams import read_switched_off
from sync.store.texts import HeldTexts


@dataclass(frozen=True, slots=True)
class Batch:
    """Some handoffs with their cases, and which handoff each of their records shows."""

    stored: Mapping[str, StoredHandoff]
    cases: Mapping[str, Case]
    shown: Mapping[RecordRef, str]
    texts: Mapping[str, HeldTexts] = field(default_factory=dict[str, HeldTexts])
    """What their texts were recognised by when they were last judged."""
    arrived: Mapping[str, Mapping[str, Arrival]] = field(default_factory=dict[str, "Mapping[str, Arrival]"])
    """How their people came, as last judged."""

    @property
    def records(self) -> set[RecordRef]:
        """All records of these handoffs."""
        return {ref for case in self.cases.values() for ref in case.records}


def load_directories(context: Context, tx: Transaction) -> Directories:
    """All colleagues as each version of the definition sees them."""
    return build_directories(load_colleagues(tx, context.rules), context.editions)


def load_colleagues(tx: Transaction, rules: RuleSet) -> list[SourceRecord]:
    """All users, and their absences where those count."""
    users = records.load_kind(tx, Kind.USER)
    if not rules.is_clock.calendars.booked_count:
        return users
    hanging = [ref for ref, _ in key_index.find(tx, [user.ref for user in users], (KeyRole.SUBJECT,))]
    return [*users, *(stored.record for stored in records.load(tx, hanging).values())]


def load_batch(tx: Transaction, ids: Collection[str]) -> Batch:
    """The cases of these handoffs as stored now."""
    refs = Refs()
    stored = handoffs.load(tx, ids, refs)
    found = _Found(tx, stored, refs)
    unenforced, unread = read_unenforced(tx), read_switched_off(tx)
    held, given = texts.read(tx, stored, OFTEN), waivers.load(tx, stored)
    arrived = arrivals.read(tx, stored)
    cases = {
        i: _case(h, found, held.get(i), given.get(i, ()), arrived.get(i, {}), unenforced, unread)
        for i, h in stored.items()
    }
    return Batch(stored, cases, found.shown, held, arrived)


class _Found:
    """What belongs to some handoffs, by the references of their members."""

    def __init__(self, tx: Transaction, stored: Mapping[str, StoredHandoff], refs: Refs) -> None:
        wanted = set(refs)  # so far nothing but handoffs was read: these are their members
        self.accounts: dict[RecordRef, list[RecordRef]] = {}
        for ref, account in handoff_members.read_keys(tx, stored, KeyRole.CONTEXT):
            self.accounts.setdefault(refs[ref], []).append(refs[account])
            wanted.add(account)
        hanging: dict[RecordRef, set[str]] = {}
        for ref, subject in handoff_members.find_hanging_on(tx, stored):
            hanging.setdefault(refs[subject], set()).add(ref)
            wanted.add(ref)
        self.known = records.load_texts(tx, wanted, refs)
        self.hanging = {subject: {refs[ref] for ref in found} for subject, found in hanging.items()}
        self.shown = showing.read_of_members(tx, stored, refs)
        self.shown_on: dict[str, list[RecordRef]] = {}
        for ref, handoff in self.shown.items():
            self.shown_on.setdefault(handoff, []).append(ref)


def _case(
    handoff: StoredHandoff,
    found: _Found,
    held: HeldTexts | None,
    given: tuple[Waiver, ...],
    arrived: Mapping[str, Arrival],
    unenforced: frozenset[tuple[str, str]],
    unread: frozenset[tuple[str, str]],
) -> Case:
    own, known = (*handoff.membership.members, *handoff.membership.aliases), found.known
    wanted = dict.fromkeys(own)
    if found.accounts:
        wanted.update(dict.fromkeys(a for ref in own for a in found.accounts.get(ref, ())))
    present = {ref: known[ref] for ref in wanted if ref in known}
    hanging = {r for ref in own for r in found.hanging.get(ref, ())}
    return Case(
        handoff_id=handoff.id,
        membership=handoff.membership,
        shown_on=tuple(found.shown_on.get(handoff.id, ())),
        records={ref: one.record for ref, one in present.items()},
        attached=tuple(_present(sorted(hanging), known)) if hanging else (),
        memory=handoff.memory,
        value_written={ref: one.value_written for ref, one in present.items()},
        waivers=given,
        repeated=held.repeated if held is not None else frozenset(),
        unenforced=unenforced,
        batches=arrived,
        unread=unread,
    )


def _present(refs: list[RecordRef], known: Mapping[RecordRef, StoredRecord]) -> list[SourceRecord]:
    return [known[r].record for r in refs if r in known and not known[r].record.deleted]
