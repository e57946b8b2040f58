"""Choices that no option knows are counted while they stand on a record, and nothing of a person is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.mapping.normalise.tables import fold
from sync.flow.preview import plan
from sync.flow.status import status
from sync.flow.unmapped import Unmapped
from tests.store.house import COMPLETE, House

FIELD = ("salesforce", "Lead", "Budget_Status__c", "budget_status")


def _values(house: House) -> list[Unmapped]:
    return list(status(house.context).unmapped)


def test_they_are_counted_per_field_and_value_and_go_when_the_record_is_put_right(house: House) -> None:
    house.lead("00Q1", values={**COMPLETE, "Budget_Status__c": "社内調整中"})
    house.lead("00Q2", values={**COMPLETE, "Budget_Status__c": "社内調整中"})
    house.lead("00Q3", values={**COMPLETE, "Budget_Status__c": "他部門予算", "LeadSource": "社長の知人"})
    house.run()
    assert _values(house) == [
        Unmapped(*FIELD, "社内調整中", 2),
        Unmapped(*FIELD, "他部門予算", 1),
        Unmapped("salesforce", "Lead", "LeadSource", "lead_source", "社長の知人", 1),
    ]
    assert plan(house.context, house.clock.now).unmapped == status(house.context).unmapped
    house.clock.pass_(seconds=30)
    house.lead("00Q1", values={**COMPLETE, "Budget_Status__c": "確保済み"})
    house.lead("00Q2", values={"Budget_Status__c": "社内調整中", "Status": "Unqualified"})
    house.run()
    assert [(one.value, one.count) for one in _values(house)] == [("他部門予算", 1), ("社長の知人", 1)]


def test_they_go_to_revops_and_never_to_a_rep(house: House) -> None:
    lead = house.lead(values={**COMPLETE, "Budget_Status__c": "社内調整中"})
    house.run()
    flags = dict(house.written)[lead]
    assert (flags["status"], flags["next_actor"]) == ("undetermined", "revops")
    assert "missing_items" not in flags or not flags["missing_items"]


@pytest.mark.parametrize("raw", ["tanaka@example.co.jp に確認", "03-5253-1111 へ連絡", "一行目\n二行目", "長" * 61])
def test_what_may_be_personal_is_counted_and_not_kept(house: House, raw: str) -> None:
    house.lead(values={**COMPLETE, "Budget_Status__c": raw})
    house.run()
    assert _values(house) == [Unmapped(*FIELD, None, 1)]


def test_nothing_of_a_sensitive_item_is_kept(house: House) -> None:
    mapping = house.context.mapping
    spec = replace(mapping.items["budget_status"], sensitive=True)
    house.change(mapping=replace(mapping, items={**mapping.items, "budget_status": spec}))
    house.lead(values={**COMPLETE, "Budget_Status__c": "社内調整中"})
    house.run()
    assert [one.value for one in _values(house)] == [None]


def test_an_answer_of_fs_that_the_table_does_not_know_is_not_dropped(house: House) -> None:
    house.lead(values={**COMPLETE, "FS_Decision__c": "差戻し"})
    house.run()
    assert _values(house) == [Unmapped("salesforce", "Lead", "FS_Decision__c", "fs_decision", "差戻し", 1)]


def test_a_value_that_was_mapped_is_gone(house: House) -> None:
    house.lead(values={**COMPLETE, "Budget_Status__c": "社内調整中"})
    house.run()
    mapping = house.context.mapping
    known = mapping.items["budget_status"]
    spec = replace(known, options={**known.options, fold("社内調整中"): "expected"})
    rules = replace(house.context.rules, rules_hash="another")
    house.change(mapping=replace(mapping, items={**mapping.items, "budget_status": spec}), rules=rules)
    house.run()
    assert _values(house) == []
