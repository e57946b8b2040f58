"""A fingerprint spares a look only while what is kept is what was made of that answer; on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from sync.core.model.records import Kind, RecordKey, RecordRef, SourceRecord
from sync.store import Store, erasure, fingerprints, intake, rewriting
from sync.store.tables import FingerprintRow, table

_fingerprint = table(FingerprintRow)
T0 = datetime(2026, 10, 1, tzinfo=UTC)
LEAD = RecordRef("salesforce", "Lead", "00Q1")
ONE = {str(LEAD): b"one"}


def lead(minutes: int = 0, flags: dict[str, Any] | None = None, **values: Any) -> SourceRecord:
    return SourceRecord(LEAD, Kind.PERSON, T0 + timedelta(minutes=minutes), values, {"created_at": "x"}, flags or {})


def no_keys(record: SourceRecord) -> list[RecordKey]:
    del record
    return []


def save(store: Store, record: SourceRecord, taken: Mapping[str, bytes], *, consistent: bool = False) -> None:
    with store.write() as tx:
        intake.save(tx, [record], no_keys, consistent=consistent, taken=taken)


def held(store: Store) -> dict[str, bytes]:
    with store.read() as tx:
        return {ref: bytes(digest) for ref, digest in tx.execute(select(_fingerprint.c.ref, _fingerprint.c.digest))}


def test_it_is_kept_with_a_new_a_changed_and_an_unchanged_record(store: Store) -> None:
    save(store, lead(Email="a@b.jp"), ONE)
    assert held(store) == ONE
    save(store, lead(5, Email="c@d.jp"), {str(LEAD): b"two"})
    assert held(store) == {str(LEAD): b"two"}
    save(store, lead(9, Email="c@d.jp"), {str(LEAD): b"three"})
    assert held(store) == {str(LEAD): b"three"}


def test_a_reading_without_one_forgets_it(store: Store) -> None:
    save(store, lead(Email="a@b.jp"), ONE)
    save(store, lead(5, Email="c@d.jp"), {}, consistent=True)
    assert held(store) == {}


def test_of_an_older_version_none_is_kept(store: Store) -> None:
    save(store, lead(5, Email="c@d.jp"), {})
    save(store, lead(Email="a@b.jp"), ONE)
    assert held(store) == {}


def test_what_we_wrote_is_looked_at_again(store: Store) -> None:
    save(store, lead(Email="a@b.jp"), ONE)
    with store.write() as tx:
        rewriting.record_written_flags(tx, {LEAD: {"status": "preparing"}}, T0 + timedelta(minutes=3))
    assert held(store) == {}


def test_a_version_in_doubt_is_not_believed(store: Store) -> None:
    save(store, lead(Email="a@b.jp"), {})
    with store.write() as tx:
        rewriting.record_written_flags(tx, {LEAD: {"status": "preparing"}}, T0 + timedelta(minutes=3))
    save(store, lead(2, Email="new@b.jp"), ONE)
    assert held(store) == {}


def test_of_a_deleted_an_erased_and_a_rewritten_record_none_is_kept(store: Store) -> None:
    save(store, replace(lead(Email="a@b.jp"), deleted=True), ONE)
    assert held(store) == {}
    save(store, lead(5, Email="a@b.jp"), ONE)
    with store.write() as tx:
        rewriting.replace_in_place(tx, lead(5, Email=None))
    assert held(store) == {}
    save(store, lead(6, Email="a@b.jp"), ONE)
    with store.write() as tx:
        rewriting.rewrite(tx, lambda record: replace(record, values={"Email": "x"}))
    assert held(store) == {}
    save(store, lead(7, Email="a@b.jp"), ONE)
    with store.write() as tx:
        erasure.erase(tx, [LEAD])
    assert held(store) == {}


def test_those_that_were_asked_for_are_found_in_whatever_order_and_company(store: Store) -> None:
    taken = {f"salesforce:Lead:00Q{n:03}": bytes([n]) for n in range(60)}
    with store.write() as tx:
        fingerprints.save(tx, taken)
    refs = [*taken]
    for asked in (refs, refs[::-1], refs[10:20], refs[::9], [refs[3], "salesforce:Lead:00Q0035", refs[4]], ["x"]):
        told = {ref: taken.get(ref, b"new") for ref in asked}
        for changed in ({}, {asked[0]: b"other"}, dict.fromkeys(asked, b"other"), {asked[-1]: b""}):
            with store.read() as tx:
                found = fingerprints.find_others(tx, told | changed)
            assert {*found} == changed.keys() | (told.keys() - taken.keys())


def test_a_reference_may_hold_any_character(store: Store) -> None:
    taken = {"salesforce:Lead:a\x1fb": b"one", "salesforce:Lead:c\x1e": b"two"}
    with store.write() as tx:
        fingerprints.save(tx, taken)
        assert not fingerprints.find_others(tx, taken)
        assert {*fingerprints.find_others(tx, {**taken, "salesforce:Lead:a": b"one"})} == {"salesforce:Lead:a"}
