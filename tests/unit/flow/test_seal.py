"""Sensitive texts: nowhere in the store, judged all the same, and copied to our field only on their way between CRMs."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sync.core.mapping.keys import record_keys
from sync.core.mapping.sealed import is_sealed
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import TransientError
from sync.flow.connect import prepare
from sync.flow.report import Outcome
from sync.ports import WriteOutcome
from sync.store import dirty_records, intake, records
from tests.store.fakes import NOON
from tests.store.house import House

SECRET = "競合A社の前任者との揉め事には触れない"
OTHER = "値引きの話は部長の前では避ける"


@pytest.fixture
def choosing(house: House) -> House:
    """A company that wants the NG topics on its opportunities."""
    house.change(rules=replace(house.context.rules, chosen=frozenset({"ng_reference"})))
    return house


def deal(house: House, topics: str | None = SECRET, contact: str | None = None) -> RecordRef:
    """An opportunity that passed yesterday, with its person in HubSpot as well."""
    house.sf.put("Contact", "003A", {"LastName": "山田", "Title": "部長"}, created_at="2026-10-04T01:00:00Z")
    created = {"created_at": "2026-10-04T02:00:00Z", "owner": "salesforce:User:FS1", "closed": False}
    ref = house.sf.put("Opportunity", "006A", {"NG_Topics__c": topics, "Type": "New Business"}, **created)
    role = {"person": "salesforce:Contact:003A", "deal": str(ref), "role": "", "primary": True}
    house.sf.put("OpportunityContactRole", "00KA", **role)
    touch = {"type": "call", "status": "done", "owner": "salesforce:User:IS1", "subjects": [str(ref)]}
    house.sf.put("Task", "00TA", at="2026-10-04T03:00:00Z", logged_at="2026-10-04T03:00:00Z", **touch)
    person = {"salesforcecontactid": "003A", "ng_topics": contact, "lifecyclestage": "opportunity", "lastname": "山田"}
    house.hs.put("contacts", "101", person, created_at="2026-10-04T01:00:00Z")
    return ref


def everything_in(house: House) -> str:
    """Every byte of the database's files, and what was told."""
    house.context.store.engine.dispose()
    files = Path(str(house.context.store.engine.url.database)).parent.glob("baton.db*")
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files)


def test_the_text_goes_from_record_to_record_and_is_kept_nowhere(choosing: House) -> None:
    ref = deal(choosing)
    reports = [choosing.run(), choosing.settle()]
    assert choosing.sf.flags(ref)["ng_reference"] == SECRET
    assert all(SECRET not in repr(report) for report in reports)
    kept = everything_in(choosing)
    assert "sealed:present:19:" in kept and SECRET not in kept and "揉め事" not in kept


def test_it_comes_from_the_other_system_too(choosing: House) -> None:
    ref = deal(choosing, topics="確認中", contact=f"  {SECRET}\r\n")
    choosing.settle()
    assert choosing.sf.flags(ref)["ng_reference"] == SECRET
    assert "ng_topics" not in choosing.sf.flags(ref)["missing_items"]


def test_our_own_copy_coming_back_moves_nothing(choosing: House) -> None:
    deal(choosing)
    choosing.settle()
    start = len(choosing.written)
    for _ in range(2):
        choosing.clock.pass_(minutes=20)
        assert choosing.run(sweep=True).wrote == 0
    assert len(choosing.written) == start


def test_a_copy_that_somebody_edits_is_put_right(choosing: House) -> None:
    ref = deal(choosing)
    choosing.settle()
    choosing.clock.pass_(minutes=1)
    choosing.sf.set_flags(ref, ng_reference=OTHER)
    choosing.run()
    assert choosing.sf.flags(ref)["ng_reference"] == SECRET
    assert OTHER not in everything_in(choosing)


def test_what_is_no_answer_empties_the_copy(choosing: House) -> None:
    ref = deal(choosing)
    choosing.settle()
    choosing.clock.pass_(minutes=1)
    choosing.sf.put("Opportunity", "006A", {"NG_Topics__c": "未定"})
    choosing.run()
    assert choosing.sf.flags(ref).get("ng_reference") is None
    assert "ng_topics" in choosing.sf.flags(ref)["missing_items"]


def test_a_text_that_changed_before_it_was_sent_is_judged_anew(choosing: House) -> None:
    ref = deal(choosing)
    choosing.sf.put("Opportunity", "006A", {"NG_Topics__c": SECRET})
    choosing.run(write=False)
    choosing.sf.put("Opportunity", "006A", {"NG_Topics__c": OTHER}, silently=True)
    head = choosing.sf.changes
    choosing.sf.changes = []  # no reading tells of it before the write
    report = choosing.run()
    assert report.counts["deliver"]["conflict"] == 1
    assert "ng_reference" not in choosing.sf.flags(ref)
    choosing.sf.changes = head
    choosing.clock.pass_(minutes=1)
    choosing.run()
    assert choosing.sf.flags(ref)["ng_reference"] == OTHER


def test_nothing_is_sent_while_the_source_cannot_be_read(choosing: House) -> None:
    ref = deal(choosing, topics=None, contact=SECRET)
    choosing.run(write=False)
    choosing.hs.broken["read contacts"] = TransientError("timed out")
    assert choosing.run().outcome is Outcome.PARTIAL
    assert "ng_reference" not in choosing.sf.flags(ref)
    del choosing.hs.broken["read contacts"]
    choosing.clock.pass_(minutes=2)
    choosing.run()
    assert choosing.sf.flags(ref)["ng_reference"] == SECRET


def test_what_a_crm_says_about_such_a_write_is_not_repeated(choosing: House) -> None:
    ref = deal(choosing)
    choosing.sf.answer = lambda change: WriteOutcome.REJECTED if change.ref == ref else None
    report = choosing.run()
    assert any("TEST: not shown" in problem.detail for problem in report.problems), report.problems


def test_nothing_is_copied_where_nobody_chose_it(house: House) -> None:
    ref = deal(house)
    house.settle()
    assert house.sf.flags(ref)["status"] and "ng_reference" not in house.sf.flags(ref)
    assert all("ng_reference" not in values for _, values in house.written)
    assert SECRET not in everything_in(house)


def test_values_in_their_history_are_sealed_as_well(house: House) -> None:
    ref = deal(house)
    change = {"field": "value", "name": "NG_Topics__c", "old": OTHER, "new": SECRET, "at": "2026-10-05T01:00:00Z"}
    house.sf.put("OpportunityHistory", "017A", subject=str(ref), **change)
    house.run()
    kept = everything_in(house)
    assert SECRET not in kept and OTHER not in kept


# --- a store that was filled before anything was sealed ---------------------------------------------------------------
def fill_in_clear(house: House) -> None:
    """As an earlier version kept it."""
    ref = deal(house)
    old = house.sf.records[ref]
    change = {"field": "value", "name": "NG_Topics__c", "old": OTHER, "new": SECRET, "subject": str(ref)}
    gone = SourceRecord(
        RecordRef("salesforce", "Lead", "00QG"), Kind.PERSON, NOON, {"NG_Topics__c": OTHER}, deleted=True
    )
    history = SourceRecord(RecordRef("salesforce", "OpportunityHistory", "1"), Kind.HISTORY, NOON, {}, change)
    with house.context.store.write() as tx:
        intake.save(tx, [old, gone, history], partial(record_keys, mapping=house.context.mapping))


def test_a_store_of_an_earlier_version_is_sealed_before_anything_is_read(house: House) -> None:
    fill_in_clear(house)
    assert SECRET in everything_in(house)
    _, tally = prepare(house.context)
    assert tally.counts["sealed"] == 3
    kept = everything_in(house)
    assert SECRET not in kept and OTHER not in kept
    assert prepare(house.context)[1].counts.get("sealed", 0) == 0


def test_what_was_sealed_in_place_counts_as_read(house: House) -> None:
    fill_in_clear(house)
    with house.context.store.read() as tx:
        dirty = {d.ref for d in dirty_records.read(tx, 10)}
    prepare(house.context)
    report = house.run()
    with house.context.store.read() as tx:
        (stored,) = records.load(tx, [RecordRef("salesforce", "Opportunity", "006A")]).values()
    assert is_sealed(stored.record.values["NG_Topics__c"])
    assert report.counts["pull"].get("changed", 0) == 0, "the same text seals to the same"
    assert len(dirty) == 3


def test_under_other_tables_the_texts_are_read_again(house: House) -> None:
    ref = deal(house, topics="社内調整中につき保留")
    house.settle()
    assert "ng_topics" not in str(house.sf.flags(ref)["missing_items"])
    common = house.context.tables.placeholders["common"] | {"社内調整中につき保留"}
    tables = replace(house.context.tables, placeholders={**house.context.tables.placeholders, "common": common})
    house.change(tables=tables, rules=replace(house.context.rules, rules_hash="other"))
    house.clock.pass_(minutes=1)
    house.run()
    assert "ng_topics" in str(house.sf.flags(ref)["missing_items"])


def test_the_pages_of_the_database_hold_no_text(house: House) -> None:
    """Read as a database, too: what sqlite finds is what stands there."""
    deal(house)
    house.run()
    path = str(house.context.store.engine.url.database)
    house.context.store.engine.dispose()
    with sqlite3.connect(path) as session:
        dump = "\n".join(session.iterdump())
    assert SECRET not in dump
