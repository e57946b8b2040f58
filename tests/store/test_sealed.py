"""Sensitive texts on both databases: sealed as they come, and sealed in place where an earlier version kept them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sqlalchemy import select

from sync.core.mapping.keys import record_keys
from sync.core.model.records import RecordRef
from sync.flow.connect import prepare
from sync.store import Store, intake, records
from sync.store.tables import Schema
from tests.store.house import build

SECRET = "競合A社の前任者との揉め事には触れない"


def dump(store: Store) -> str:
    with store.read() as tx:
        return repr([[tuple(row) for row in tx.execute(select(table))] for table in Schema.metadata.sorted_tables])


def test_no_sensitive_text_is_in_any_table(store: Store) -> None:
    house = build(store)
    house.change(rules=replace(house.context.rules, chosen=frozenset({"ng_reference"})))
    house.lead(values={"NG_Topics__c": SECRET})
    house.settle()
    found = dump(store)
    assert "sealed:present:" in found and SECRET not in found


def test_what_an_earlier_version_kept_is_sealed_in_place(store: Store) -> None:
    house = build(store)
    ref = house.lead(values={"NG_Topics__c": SECRET, "Pain__c": "月末の締めが遅れる"})
    with store.write() as tx:
        keys = partial(record_keys, mapping=house.context.mapping)
        intake.save(tx, [replace(house.sf.records[ref], flags={"ng_reference": SECRET})], keys)
    assert SECRET in dump(store)
    assert prepare(house.context)[1].counts["sealed"] == 1
    assert SECRET not in dump(store)
    with store.read() as tx:
        (kept,) = records.load(tx, [RecordRef("salesforce", "Lead", ref.record_id)]).values()
    values, flags = kept.record.values, kept.record.flags or {}
    assert values["NG_Topics__c"] == flags["ng_reference"], "one text, one seal"
    assert values["Pain__c"] == "月末の締めが遅れる"
