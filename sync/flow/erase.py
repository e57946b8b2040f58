"""Erasing a person from the store on request, and keeping what was erased from coming back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection as Transaction

from sync.core.model.records import KeyRole, Kind, RecordRef, SourceRecord
from sync.flow.seal import Seal, open_seal
from sync.store import Store, dirty_records, erasure, key_index, records, rewriting
from sync.store.store import compact

_PERSONAL = (KeyRole.EMAIL, KeyRole.RECORD_ID)


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is, or would be, erased."""

    records: tuple[RecordRef, ...]
    """The record that was named and those that are the same person."""
    hanging: int
    """Activities, changes and roles that tell of nobody else."""


def find(store: Store, ref: RecordRef) -> Erasure:
    """What `erase` would erase."""
    with store.read() as tx:
        same = _find_same(tx, ref)
        return Erasure(tuple(sorted(same)), len(_find_hanging(tx, same)))


def erase(store: Store, ref: RecordRef, now: datetime) -> Erasure:
    """Forget this record, every record of the same person and what hangs on them alone; they are not kept again.

    The rest of their handoffs is linked and judged anew by the next cycle. The database is written anew, so that nothing
    stays in its pages. The CRMs are not touched. Must be called by the process that holds the store.
    """
    with store.write() as tx:
        same = _find_same(tx, ref)
        hanging = _find_hanging(tx, same)
        left = erasure.find_neighbours(tx, same)
        seal = open_seal(tx)
        erasure.keep_tombstones(tx, (_mark(seal, one) for one in same), now)
        _leave_in_others(tx, same)
        erasure.erase(tx, same | hanging)
        erasure.forget_texts(tx, left)
        dirty_records.mark(tx, left)
    compact(store)
    return Erasure(tuple(sorted(same)), len(hanging))


def _leave_in_others(tx: Transaction, same: Collection[RecordRef]) -> None:
    """What tells of others too is kept without them."""
    gone = {str(ref) for ref in same}
    shared = [ref for ref, _ in key_index.find(tx, gone, (KeyRole.SUBJECT,))]
    for stored in records.load(tx, shared).values():
        told = stored.record
        if (kept := _without(told, gone, str(told.ref), *_tells_of(told.facts))) is not None:
            rewriting.replace_in_place(tx, kept)


def lift(store: Store, refs: Collection[RecordRef]) -> int:
    """Keep these records again when they are read the next time; returns how many of them were erased."""
    with store.write() as tx:
        seal = open_seal(tx)
        return erasure.lift_tombstones(tx, (_mark(seal, ref) for ref in refs))


def leave_out_erased(tx: Transaction, found: Sequence[SourceRecord]) -> Sequence[SourceRecord]:
    """Without records that were erased, and without what tells of such records alone. `tx` must be one that writes."""
    if not found or not erasure.has_tombstones(tx):
        return found
    seal = open_seal(tx)
    about = {record.ref: [str(record.ref), *_tells_of(record.facts)] for record in found}
    marks = {ref: _mark(seal, ref) for refs in about.values() for ref in refs}
    erased = erasure.find_tombstones(tx, marks.values())
    gone = {ref for ref, mark in marks.items() if mark in erased}
    return [kept for record in found if (kept := _without(record, gone, *about[record.ref]))]


def _without(record: SourceRecord, gone: AbstractSet[str], own: str, *others: str) -> SourceRecord | None:
    """What may be kept of a record: nothing of one that is erased or tells of erased ones alone."""
    if own in gone or (others and set(others) <= gone):
        return None
    left = [one for one in others if one not in gone]
    return record if len(left) == len(others) else replace(record, facts={**record.facts, "subjects": left})


def _tells_of(facts: Mapping[str, object]) -> list[str]:
    """People whom an activity, a change or a role tells of."""
    subjects = facts.get("subjects")
    told = subjects if isinstance(subjects, list) else [facts.get("subject") or facts.get("person")]
    return [one for one in told if isinstance(one, str)]


def _mark(seal: Seal, ref: object) -> str:
    return seal.mark("erased", str(ref))


def _find_same(tx: Transaction, ref: RecordRef) -> set[RecordRef]:
    """Person records that one of the keys by which records are joined ties to this one, and so on; itself in any case."""
    same, frontier = {ref}, {ref}
    while frontier:
        keys = {key for _, key in key_index.read(tx, frontier, _PERSONAL)} | {str(one) for one in frontier}
        found = {one for one, _ in key_index.find(tx, keys, _PERSONAL)} | _named(keys)
        frontier = {one for one in _people(tx, found) if one not in same}
        same |= frontier
    return same


def _named(keys: Collection[str]) -> set[RecordRef]:
    return {RecordRef.parse(key) for key in keys if key.count(":") >= 2}


def _people(tx: Transaction, refs: Collection[RecordRef]) -> set[RecordRef]:
    return {ref for ref, stored in records.load(tx, refs).items() if stored.record.kind is Kind.PERSON}


def _find_hanging(tx: Transaction, same: Collection[RecordRef]) -> set[RecordRef]:
    names = {str(ref) for ref in same}
    hanging = {RecordRef.parse(ref) for ref in key_index.find_hanging_only_on(tx, names)}
    tied = {ref for ref, _ in key_index.find(tx, names, (KeyRole.RECORD_ID,))}
    roles = {ref for ref, stored in records.load(tx, tied).items() if stored.record.kind is Kind.ROLE}
    return hanging | roles
