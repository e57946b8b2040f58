"""What is missing, the status that follows, and who acts next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.mapping.spec import ItemSpec, Text
from sync.core.model.records import RecordRef
from sync.core.rules.definition import Requirement
from sync.core.rules.expression import Vocabulary, compile_expression
from tests.handoffs import Crm, good_lead, passed_deal, settings

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


# --- conditions -----------------------------------------------------------------------------------------------------
def requiring(*entries: tuple[str, dict[str, tuple[str, ...]]]) -> Crm:
    """A company whose list of items depends on conditions."""
    shipped = settings()
    options = {"budget_status": frozenset({"secured", "expected", "none", "unknown"})}
    streams = frozenset({"salesforce.Lead"})
    known = Vocabulary({item: spec.as_ for item, spec in shipped.mapping.items.items()}, options, streams=streams)
    rules = tuple(Requirement(compile_expression(when, known), **lists) for when, lists in entries)
    return Crm(rules_with={"requirements": rules})


SECURED = ("budget_status == 'secured'", {"typed": ("budget_amount",)})


@pytest.mark.parametrize(
    ("budget", "missing"),
    [("確保済み", ("budget_amount",)), ("見込みあり", ()), (None, ("budget_status",)), ("たぶん", ())],
)
def test_an_item_is_required_only_where_its_condition_is_known_to_hold(
    budget: str | None, missing: tuple[str, ...]
) -> None:
    crm = requiring(SECURED)
    assert crm.judge(good_lead(crm, budget_status=budget), BEFORE).missing == missing


def test_what_conditions_add_comes_after_the_preset_and_can_be_hidden_like_any_other() -> None:
    crm = requiring(SECURED)
    lead = good_lead(crm, next_action=None)
    judgement = crm.judge(lead, BEFORE)
    assert judgement.missing == ("next_action", "budget_amount")
    assert judgement.typed == (*crm.mapping.typed, "budget_amount")
    crm.hide(lead, "Budget_Amount__c")
    assert crm.judge(lead, BEFORE).status == "undetermined"


def test_what_is_not_required_any_more_is_neither_missing_nor_for_revops() -> None:
    crm = requiring(("stage == 'before_pass'", {"optional": ("timing", "company", "contact_channel")}))
    lead = good_lead(crm, timing=None, company=None, phone=None, email=None, sql_date="2026-10-06")
    judgement = crm.judge(lead, BEFORE)
    assert judgement.missing == ()
    assert "timing" not in judgement.typed and not {"company", "contact_channel"} & {*judgement.automatic}
    assert judgement.next_actor == "is", "the timing criterion is unknown all the same"


def test_later_entries_win_and_a_typed_item_is_no_automatic_one() -> None:
    crm = requiring(
        ("known(pain)", {"optional": ("timing", "pain")}),
        ("known(pain)", {"typed": ("timing", "company", "decision_maker")}),
        ("known(pain)", {"automatic": ("ng_topics",)}),
    )
    judgement = crm.judge(good_lead(crm, ng_topics=None), BEFORE)
    kept = tuple(item for item in crm.mapping.typed if item not in ("timing", "pain", "ng_topics"))
    assert judgement.typed == (*kept, "timing", "company")
    assert judgement.automatic == (*(item for item in crm.mapping.automatic if item != "company"), "ng_topics")
    assert (judgement.missing, judgement.next_actor) == ((), "is")


def test_the_stage_is_at_the_pass_from_the_pass_itself_on() -> None:
    crm = requiring(("stage == 'at_pass'", {"typed": ("purpose",)}), ("stage == 'opportunity'", {"typed": ("memo",)}))
    lead = good_lead(crm)
    assert crm.judge(lead, BEFORE).missing == ()
    crm.meeting(lead, "10-07 10:00", logged="10-06 11:00")
    assert crm.judge(lead, BEFORE).missing == ("purpose",)
    assert crm.judge(passed_deal(crm), AFTER).missing == ("memo",)


def test_a_typed_sql_date_is_no_item_before_the_pass() -> None:
    crm = requiring(("cycle == 1", {"typed": ("sql_date",)}))
    lead = good_lead(crm)
    assert crm.judge(lead, BEFORE).status == "ready"
    crm.hide(lead, "SQL_Date__c")
    assert crm.judge(lead, BEFORE).status == "ready"
    crm.set(lead, SQL_Date__c=None, Status="SQL")
    assert crm.judge(lead, BEFORE).missing == ("sql_date",)


def grouping(**parts: Any) -> Crm:
    """A company whose plan is two items at once."""
    shipped = settings().mapping
    pair = ItemSpec("pair", None, Text("次の約束", "Next step"), Text("日程と時期を確認", "ask"), **parts)
    return Crm(own_mapping=replace(shipped, items={**shipped.items, "pair": pair}, typed=("pair",)))


@pytest.mark.parametrize(
    ("cells", "hidden", "state"),
    [
        ({}, (), "present"),
        ({"timing": None}, (), "missing"),
        ({"timing": "2026年8月"}, (), "missing"),
        ({}, ("Desired_Timing__c",), "unreadable"),
        ({"next_action": "未定"}, ("Desired_Timing__c",), "missing"),
    ],
)
def test_a_group_of_all_is_as_bad_as_its_worst_part(cells: dict[str, Any], hidden: tuple[str, ...], state: str) -> None:
    crm = grouping(all_of=("next_action", "timing"))
    lead = good_lead(crm, **cells)
    for name in hidden:
        crm.hide(lead, name)
    judgement = crm.judge(lead, BEFORE)
    assert judgement.items["pair"].state == state
    assert judgement.missing == (("pair",) if state == "missing" else ())
    assert (judgement.status == "undetermined") is (state == "unreadable")


@pytest.mark.parametrize(
    ("cells", "hidden", "state"),
    [
        ({"timing": None}, (), "present"),
        ({"timing": None, "next_action": "未定"}, (), "missing"),
        ({"next_action": None}, ("Desired_Timing__c",), "unreadable"),
    ],
)
def test_a_group_of_any_is_as_good_as_its_best_part(cells: dict[str, Any], hidden: tuple[str, ...], state: str) -> None:
    crm = grouping(any_of=("next_action", "timing"))
    lead = good_lead(crm, **cells)
    for name in hidden:
        crm.hide(lead, name)
    assert crm.judge(lead, BEFORE).items["pair"].state == state


def test_a_reason_for_a_return_that_no_table_knows_is_listed() -> None:
    crm = Crm()
    deal = passed_deal(crm, fs_decision="差し戻し", return_reason="なんとなく")
    (unknown,) = crm.judge(deal, AFTER).unmapped
    assert (unknown.item, unknown.raw, unknown.reason) == ("return_reason", "なんとなく", "unmapped")
    crm.set(deal, Return_Reason__c="重複・既存顧客")
    assert crm.judge(deal, AFTER).unmapped == ()
