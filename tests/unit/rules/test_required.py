"""What is missing, the status that follows, and who acts next."""

from __future__ import annotations

from typing import Any

import pytest

from sync.core.model.records import RecordRef
from tests.handoffs import Crm, good_lead, passed_deal

BEFORE, AFTER = "10-06 12:00", "10-06 18:00"
LEAD = RecordRef("salesforce", "Lead", "L1")


def test_missing_items_come_in_the_order_of_the_form_the_channel_first() -> None:
    crm = Crm()
    assert crm.judge(crm.lead(pain="課題を三つ具体的に書いている"), BEFORE).missing == (
        "contact_channel",
        "sql_reason",
        "budget_status",
        "timing",
        "decision_maker",
        "ng_topics",
        "next_action",
    )


@pytest.mark.parametrize("typed", ["特になし", "なし"])
def test_none_is_an_answer_for_topics_to_avoid(typed: str) -> None:
    crm = Crm()
    assert crm.judge(good_lead(crm, ng_topics=typed), BEFORE).missing == ()


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        ({"decision_maker": "未確認"}, ("decision_maker",)),
        ({"budget_status": "たぶん"}, ()),
        ({"timing": "2026年8月"}, ("timing",)),
        ({"timing": "いい感じの頃"}, ("timing",)),
        ({"lead_source": None, "company": None}, ()),
        ({"pain": "業務効率化したい"}, ()),
    ],
)
def test_placeholders_unreadable_forms_and_past_dates_are_missing(
    cells: dict[str, Any], missing: tuple[str, ...]
) -> None:
    crm = Crm()
    assert crm.judge(good_lead(crm, **cells), BEFORE).missing == missing


# --- status ---------------------------------------------------------------------------------------------------------
def test_before_the_pass_a_lead_is_preparing_or_ready() -> None:
    crm = Crm()
    lead = good_lead(crm)
    assert crm.judge(lead, BEFORE).status == "ready"
    crm.set(lead, Pain__c=None)
    assert crm.judge(lead, BEFORE).status == "preparing"


def test_after_the_grace_it_is_passed_or_incomplete() -> None:
    crm = Crm()
    deal = passed_deal(crm)
    assert crm.judge(deal, BEFORE).status == "ready"
    assert crm.judge(deal, AFTER).status == "passed"
    crm.set(LEAD, Pain__c=None)
    assert crm.judge(deal, AFTER).status == "passed_incomplete"


def test_an_unreadable_typed_item_makes_it_undetermined_but_not_an_automatic_one() -> None:
    crm = Crm()
    lead = good_lead(crm, pain=None)
    crm.hide(lead, "Company")
    assert crm.judge(lead, BEFORE).status == "preparing"
    crm.hide(lead, "Decision_Maker__c")
    judgement = crm.judge(lead, BEFORE)
    assert (judgement.status, judgement.next_actor, judgement.missing) == ("undetermined", "revops", ("pain",))


def test_returned_comes_before_everything_but_scope() -> None:
    crm = Crm()
    deal = passed_deal(crm, fs_decision="差し戻し", pain=None)
    crm.set(LEAD, Pain__c=None)
    crm.hide(deal, "Decision_Maker__c")
    crm.hide(LEAD, "Decision_Maker__c")
    judgement = crm.judge(deal, AFTER)
    assert (judgement.status, judgement.next_actor) == ("returned", "is")
    crm.change(deal, facts={"closed": True})
    assert crm.judge(deal, AFTER).status == "out_of_scope"


@pytest.mark.parametrize("answer", ["RETURNED", "差し戻し ", "returned"])
def test_a_lead_may_be_returned_too(answer: str) -> None:
    crm = Crm()
    assert crm.judge(good_lead(crm, fs_decision=answer), BEFORE).status == "returned"


def test_an_answer_on_a_marketing_contact_or_a_strange_one_says_nothing() -> None:
    crm = Crm()
    hub = crm.hub()
    crm.set(hub, fs_decision="差し戻し")
    assert crm.judge(hub, BEFORE).status == "preparing"
    assert crm.judge(good_lead(crm, fs_decision="そのうち"), BEFORE).status == "ready"


def test_a_deal_without_an_unambiguous_person_is_undetermined_and_lacks_nothing() -> None:
    crm = Crm()
    deal = crm.deal()
    crm.act("call", deal, BEFORE)
    flags = crm.flags(deal, "10-20 12:00")
    assert {name: flags[name] for name in flags if flags[name] is not None and name != "note"} == {
        "status": "undetermined",
        "sql_verdict": "undetermined",
        "next_actor": "revops",
        "is_sla": "none",
        "fs_sla": "none",
        "passed_at": "2026-10-06T02:00:00Z",
        "definition": "2026-10",
    }


# --- next actor -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cells", "actor"),
    [
        ({"pain": None}, "is"),
        ({"pain": None, "fs_decision": "受領"}, "fs"),
        ({"job_title": "担当"}, "is"),
        ({"job_title": "担当", "fs_decision": "受領"}, "fs"),
        ({"company": None}, "revops"),
        ({"budget_status": "予算なし"}, "none"),
        ({}, "none"),
    ],
)
def test_who_acts_next(cells: dict[str, Any], actor: str) -> None:
    crm = Crm()
    assert crm.judge(good_lead(crm, sql_date="2026-10-06", **cells), BEFORE).next_actor == actor


def test_an_ambiguous_join_is_for_revops_once_the_rep_has_nothing_to_do() -> None:
    crm = Crm()
    lead = good_lead(crm, sql_date="2026-10-06")
    crm.lead("L2", email="yamada@yamada-shoji.co.jp")
    crm.hub(email="yamada@yamada-shoji.co.jp")
    judgement = crm.judge(lead, BEFORE)
    assert (judgement.status, judgement.next_actor) == ("ready", "revops")
    crm.set(lead, Pain__c="確認中")
    assert crm.judge(lead, BEFORE).next_actor == "is"


def test_the_sql_date_is_asked_for_from_the_pass_on() -> None:
    crm = Crm()
    deal = passed_deal(crm, created="10-06 11:00")
    assert crm.judge(deal, BEFORE).next_actor == "revops"
    crm.set(deal, SQL_Date__c="2026-10-06")
    assert crm.judge(deal, BEFORE).next_actor == "none"
