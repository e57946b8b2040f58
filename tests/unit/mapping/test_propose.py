"""Candidate fields by label, sort, choices and values: sure only where nothing speaks against it."""

from __future__ import annotations

import pytest

from sync.core.mapping.propose import SURE, FieldCounts, FieldSeen, Proposal, propose, rate_fields

BUDGET = {"確保済み": "secured", "見込みあり": "expected", "予算なし": "none"}
KNOWN = {"pain": ["Pain__c"], "job_title": ["Title"]}
FULL = FieldCounts(records=100, filled=80, usable=60, fitting=58)


def proposed(*fields: FieldSeen, counts: FieldCounts = FULL) -> dict[str, Proposal]:
    candidates = rate_fields(fields, {"budget_status": BUDGET}, KNOWN)
    return propose(candidates, {(one.item, one.field): counts for one in candidates})


def sure(found: dict[str, Proposal]) -> dict[str, list[str]]:
    return {item: [one.field for one in proposal.sure] for item, proposal in found.items() if proposal.sure}


def test_a_japanese_label_is_enough_whatever_the_api_name() -> None:
    fields = [
        FieldSeen("Field_1__c", "決裁者"),
        FieldSeen("Field_2__c", "導入希望時期"),
        FieldSeen("Field_3__c", "ＮＧ事項（引継ぎ用）"),
        FieldSeen("Field_4__c", "予算化の有無", "choice", tuple(BUDGET)),
    ]
    assert sure(proposed(*fields)) == {
        "decision_maker": ["Field_1__c"],
        "timing": ["Field_2__c"],
        "ng_topics": ["Field_3__c"],
        "budget_status": ["Field_4__c"],
    }


@pytest.mark.parametrize(
    ("label", "sort"),
    [
        ("決裁者向け説明資料", "text"),
        ("予算コード", "text"),
        ("競合製品の契約更新日", "date"),
        ("競合製品の契約更新時期", "text"),
        ("課題管理番号", "text"),
        ("訪問目的", "text"),
        ("NG理由", "text"),
        ("自社担当部署", "text"),
        ("親会社名", "text"),
        ("メール配信停止", "boolean"),
        ("失注判定理由", "text"),
        ("次回アクションの自社担当", "text"),
        ("SQL判定日", "text"),
        ("Rating", "choice"),
        ("Mailing City", "text"),
    ],
)
def test_a_field_about_something_else_is_never_sure(label: str, sort: str) -> None:
    assert sure(proposed(FieldSeen("Field_9__c", label, sort))) == {}


def test_a_longer_label_hints_and_is_marked_for_a_look() -> None:
    found = proposed(FieldSeen("Field_9__c", "お客様の導入希望時期目安"))
    assert [one.field for one in found["timing"].doubtful] == ["Field_9__c"]
    assert found["timing"].sure == ()


def test_two_fields_that_cannot_be_told_apart_are_both_doubtful() -> None:
    found = proposed(FieldSeen("A__c", "決裁者"), FieldSeen("B__c", "最終決裁者"))
    assert found["decision_maker"].sure == ()
    assert {one.field for one in found["decision_maker"].doubtful} == {"A__c", "B__c"}
    assert all("two_fields" in one.evidence for one in found["decision_maker"].doubtful)


def test_a_field_that_is_never_filled_is_not_sure() -> None:
    found = proposed(FieldSeen("A__c", "決裁者"), counts=FieldCounts(records=100))
    assert found["decision_maker"].sure == ()
    assert found["decision_maker"].doubtful[0].confidence < SURE


def test_values_of_another_sort_take_the_certainty_away() -> None:
    phones = proposed(FieldSeen("A__c", "電話番号"), counts=FieldCounts(100, 80, 80, 4))
    assert sure(phones) == {}
    assert sure(proposed(FieldSeen("A__c", "電話番号"))) == {"phone": ["A__c"]}


def test_a_known_api_name_under_a_label_about_something_else_is_doubtful() -> None:
    found = proposed(FieldSeen("Pain__c", "社内稟議ルート", spelled="Pain", custom=True))
    assert sure(found) == {}
    assert "label_differs" in found["pain"].doubtful[0].evidence


def test_choices_of_another_list_take_the_certainty_away() -> None:
    assert sure(proposed(FieldSeen("A__c", "予算状況", "choice", ("A", "B", "C")))) == {}
