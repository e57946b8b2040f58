"""Conditions: what is refused with its place, and what they answer, three-valued."""

from __future__ import annotations

import pytest

from sync.core.model.records import Kind, RecordRef
from sync.core.reconcile.directory import build_directory
from sync.core.rules.evidence import Evidence, gather
from sync.core.rules.expression import ExpressionError, Vocabulary, compile_expression, fields_of
from tests.handoffs import Crm, at, good_lead, passed_deal, settings

KNOWN = Vocabulary(
    items={
        "pain": "text", "company": "company", "budget_status": "picklist", "budget_amount": "money", "timing": "timing",
        "sql_date": "date", "job_title": "title", "email": "email", "phone": "phone", "contact_channel": None,
        "lead_source": "picklist", "next_action": "text", "decision_maker": "text",
    },
    options={"budget_status": frozenset({"secured", "expected", "none"}), "fs_decision": frozenset({"accepted", "returned"})},
    roles=frozenset({"IS", "FS"}),
    streams=frozenset({"salesforce.Lead", "salesforce.Opportunity", "salesforce.Account", "hubspot.contacts"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message", "hint", "at"),
    [
        ("", "is empty", "write a condition", 1),
        ("   ", "is empty", "write a condition", 4),
        ("budget_status = 'secured'", "'=' means nothing", "write ==", 15),
        ("pain == 'x' && pain == 'y'", "'&' means nothing", "write and", 13),
        ("!known(pain)", "'!' means nothing", "write not", 1),
        ("pain == 「x」", "'「' means nothing", "'text'", 9),
        ("pain == 'x", "means nothing", "close the text", 9),
        ("pain", "compares nothing", "NAME == VALUE", 5),
        ("pain ==", "ends too early", "NAME == VALUE", 8),
        ("== 'x'", "'==' is not expected", "NAME == VALUE", 1),
        ("pain == 'x' AND pain == 'y'", "'AND' is not expected", "did you mean and?", 13),
        ("pain == 'x' pain == 'y'", "'pain' is not expected", "and / or", 13),
        ("(pain == 'x'", "')' is missing", "write )", 13),
        ("pain == 'x')", "')' is not expected", "and / or", 12),
        ("pian == 'x'", "'pian' is no item", "did you mean pain?", 1),
        ("known(pian)", "'pian' is no item", "did you mean pain?", 7),
        ("known pain", "'(' is missing", "write (", 7),
        ("known(pain, email)", "')' is missing", "write )", 11),
        ("known(hubspot.contacts.x)", "is no item", "known:", 7),
        ("pain == email", "compares two names", "compared with a value", 6),
        ("'a' == 'b'", "no name", "NAME == VALUE", 1),
        ("0 < cycle < 3", "one comparison at a time", "and", 11),
        ("contact_channel == 'x'", "is a group", "known(contact_channel)", 1),
        ("budget_status == 'secure'", "'secure' is no budget_status", "did you mean secured?", 18),
        ("fs_decision == 'accept'", "no fs_decision", "did you mean accepted?", 16),
        ("stage == 'passed'", "no stage", "at_pass", 10),
        ("job_title >= 'bosss'", "no rank", "manager", 14),
        ("'ISS' in owner_roles", "no role", "IS", 1),
        ("owner_roles == 'IS'", "does not go with a set", "'IS' in owner_roles", 13),
        ("budget_amount >= '3,000,000'", "compared with a number", "3000000", 18),
        ("timing <= '2026/12/01'", "compared with a day", "YYYY-MM-DD", 11),
        ("sql_date == 20261201", "compared with a day", "YYYY-MM-DD", 13),
        ("pain < 'x'", "has no order", "==", 8),
        ("pain == ''", "empty text equals nothing", "known", 9),
        ("pain in 'x'", "does not go with one value", "['a', 'b']", 6),
        ("pain == ['x']", "does not go with a list", "NAME == 'a'", 6),
        ("pain in []", "a list holds texts and numbers", "['a', 'b']", 10),
        ("pain in ['a' 'b']", "']' is missing", "write ]", 14),
        ("'x' in pain", "wants the name first", "NAME in", 5),
        ("salesforce.Leed.Status == 'x'", "salesforce.Leed is no stream", "salesforce.Lead", 1),
        ("salesforce.Lead == 'x'", "names no field", "connection.stream.FIELD", 1),
        ("pain == 'x' or (" * 25, "nested deeper", "split", 336),
        ("not " * 30 + "known(pain)", "nested deeper", "split", 81),
        ("pain == 'x' or " * 70, "longer than 1000", "split", 1001),
        ("__import__('os')", "is no item", "known:", 1),
        ("(lambda: 1)()", "':' means nothing", "write e.g.", 8),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_with_its_place_and_what_to_write(text, message, hint, at) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_expression(text, KNOWN)
    assert message in str(refused.value)
    assert hint in refused.value.hint
    assert refused.value.at == at


def test_what_a_condition_looks_at() -> None:
    found = compile_expression(
        "known(pain) and salesforce.Opportunity.RecordType.Name == 'x' and 3 <= hubspot.contacts.score", KNOWN
    )
    assert found.items == {"pain"}
    assert fields_of([found]) == {
        ("hubspot", "contacts"): ("score",),
        ("salesforce", "Opportunity"): ("RecordType.Name",),
    }


# --- answers ------------------------------------------------------------------------------------------------------------
def bare(crm: Crm, anchor: RecordRef, now: str = "10-06 12:00") -> Evidence:
    users = [record for record in crm.records.values() if record.kind is Kind.USER]
    directory = build_directory(users, crm.rules.definition)
    return gather(crm.case(anchor), settings().mapping, crm.rules, directory, at(now))


def evidence(crm: Crm, anchor: RecordRef, now: str = "10-06 12:00") -> Evidence:
    seen, judgement = bare(crm, anchor, now), crm.judge(anchor, now)
    seen.items, seen.passed = judgement.items, judgement.pass_
    return seen


def answer(text: str, seen: Evidence) -> bool | None:
    return compile_expression(text, KNOWN).judge(seen)


def lead_with(**cells) -> Evidence:
    crm = Crm()
    return evidence(crm, good_lead(crm, **cells))


@pytest.mark.parametrize(
    ("text", "cells", "said"),
    [
        # texts as typed, folded
        ("pain == 'ＡＢＣ が 遅い'", {"pain": "abc  が 遅い"}, True),
        ("pain != 'x'", {"pain": "abc"}, True),
        ("pain in ['x', 'ABC']", {"pain": "abc"}, True),
        ("pain not in ['x', 'y']", {"pain": "abc"}, True),
        ("company == '株式会社山田商事'", {}, True),
        ("email == 'YAMADA@yamada-shoji.co.jp'", {}, False),
        ("email == 'yamada@yamada-shoji.co.jp'", {}, True),
        ("phone == '+81352531111'", {}, True),
        # empty, and what is no answer
        ("pain == 'x'", {"pain": None}, False),
        ("pain != 'x'", {"pain": None}, True),
        ("pain in ['x']", {"pain": "確認中"}, False),
        ("pain not in ['x']", {"pain": "確認中"}, True),
        ("budget_amount < 5", {"budget_amount": None}, None),
        ("timing < '2030-01-01'", {"timing": "2026年8月"}, None),
        ("timing != '2030-01-01'", {"timing": "2026年8月"}, True),
        ("known(pain)", {"pain": "確認中"}, False),
        ("known(timing)", {"timing": "2026年8月"}, False),
        ("known(contact_channel)", {"phone": None}, True),
        ("known(contact_channel)", {"phone": None, "email": "不明"}, False),
        # choices
        ("budget_status == 'secured'", {}, True),
        ("budget_status in ['none', 'expected']", {}, False),
        ("budget_status == 'secured'", {"budget_status": "たぶん"}, None),
        ("budget_status != 'secured'", {"budget_status": "たぶん"}, None),
        ("known(budget_status)", {"budget_status": "たぶん"}, None),
        # ranks
        ("job_title >= 'manager'", {"job_title": "課長"}, True),
        ("job_title > 'manager'", {"job_title": "課長"}, False),
        ("'manager' < job_title", {"job_title": "部長"}, True),
        ("job_title in ['president', 'general_manager']", {"job_title": "部長"}, True),
        ("job_title >= 'manager'", {"job_title": "担当"}, None),
        # amounts: the whole range agrees, or nobody can tell
        ("budget_amount >= 3000000", {"budget_amount": "300〜500万円"}, True),
        ("budget_amount >= 3000001", {"budget_amount": "300〜500万円"}, None),
        ("budget_amount > 5000000", {"budget_amount": "300〜500万円"}, False),
        ("budget_amount == 3000000", {"budget_amount": "300万円"}, True),
        ("budget_amount == 4000000", {"budget_amount": "300〜500万円"}, None),
        ("budget_amount == 6000000", {"budget_amount": "300〜500万円"}, False),
        ("budget_amount in [1, 3000000]", {"budget_amount": "300万円"}, True),
        ("budget_amount <= 5000000", {"budget_amount": "500万以内"}, True),
        ("budget_amount < 100", {"budget_amount": "500万以内"}, None),
        ("budget_amount >= 1", {"budget_amount": "$50k"}, None),
        ("budget_amount >= 1", {"budget_amount": "月額30万円"}, None),
        # days
        ("timing <= '2026-12-31'", {"timing": "2026年12月"}, True),
        ("timing < '2026-12-31'", {"timing": "2026年12月"}, None),
        ("timing > '2026-12-31'", {"timing": "2026年12月"}, False),
        ("timing >= '2026-01-01'", {"timing": "2026年12月末まで"}, None),
        ("timing < '2030-01-01'", {"timing": "未確認：次回10/15に確認"}, None),
        ("sql_date == '2026-10-06'", {"sql_date": "2026-10-06"}, True),
        ("sql_date < '2026-10-06'", {"sql_date": "2026/10/5"}, True),
        # the handoff
        ("stage == 'before_pass'", {}, True),
        ("stage in ['at_pass', 'opportunity']", {}, False),
        ("status == 'open'", {}, True),
        ("status == 'open'", {"status": None}, False),
        ("cycle == 1", {}, True),
        ("contacts == 0", {}, True),
        ("contacts >= 1", {}, False),
        ("'IS' in owner_roles", {"owner": "is1"}, True),
        ("'IS' not in owner_roles", {"owner": "fs1"}, True),
        ("'IS' in owner_roles", {"owner": "boss"}, False),
        ("'IS' in owner_roles", {"owner": "stranger"}, None),
        ("'IS' in owner_roles", {}, None),
        ("fs_decision == 'returned'", {"fs_decision": "差し戻し"}, True),
        ("fs_decision == 'returned'", {}, False),
        ("fs_decision == 'returned'", {"fs_decision": "さあ"}, None),
        # Kleene
        ("known(budget_status) or known(pain)", {"budget_status": "たぶん"}, True),
        ("known(budget_status) and known(pain)", {"budget_status": "たぶん"}, None),
        ("known(budget_status) and not known(pain)", {"budget_status": "たぶん"}, False),
        ("not known(budget_status)", {"budget_status": "たぶん"}, None),
        ("known(pain) and (pain == 'x' or pain == 'abc')", {"pain": "abc"}, True),
        ("not (pain == 'x' or pain == 'y') and true == hubspot.contacts.x", {"pain": "x"}, False),
    ],
)  # fmt: skip
def test_what_a_condition_answers(text, cells, said) -> None:
    assert answer(text, lead_with(**cells)) is said


@pytest.mark.parametrize(
    ("text", "raw", "said"),
    [
        ("salesforce.Lead.X == 'ＡＢ'", "ab", True),
        ("salesforce.Lead.X == 'a'", None, False),
        ("salesforce.Lead.X != 'a'", " ", True),
        ("salesforce.Lead.X >= 3", 3, True),
        ("salesforce.Lead.X >= 3", "３,000", True),
        ("salesforce.Lead.X >= 3", "many", None),
        ("salesforce.Lead.X >= 3", True, None),
        ("salesforce.Lead.X == true", True, True),
        ("salesforce.Lead.X == true", "true", True),
        ("salesforce.Lead.X == false", True, False),
        ("salesforce.Lead.X == 'a'", {"a": 1}, None),
        ("salesforce.Lead.X < '2026-10-02'", "2026-10-01", True),
        ("salesforce.Lead.X < '2026-10-02'", "2026-10-01T23:00:00Z", False),
        ("salesforce.Lead.X < '2026-10-02'", "soon", None),
        ("salesforce.Lead.X in ['a', 3]", 3, True),
    ],
)
def test_a_field_is_compared_as_the_value_asks(text, raw, said) -> None:
    crm = Crm()
    lead = good_lead(crm)
    crm.set(lead, X=raw)
    assert answer(text, evidence(crm, lead)) is said


def test_a_field_is_that_of_the_anchor_else_of_the_newest_member_else_of_the_account() -> None:
    crm = Crm()
    deal = passed_deal(crm)
    crm.set(deal, Name="deal")
    seen = evidence(crm, deal)
    assert answer("salesforce.Opportunity.Name == 'deal'", seen) is True
    assert answer("salesforce.Lead.Status == 'open'", seen) is True
    assert answer("salesforce.Account.Name == '株式会社山田商事'", seen) is True
    assert answer("salesforce.Account.Industry == 'x'", seen) is None, "the field was not read"
    assert answer("hubspot.contacts.city == 'x'", seen) is None, "no such record"
    assert answer("stage == 'opportunity'", seen) is True


def test_contacts_are_counted_up_to_now_and_are_a_least_number_while_the_join_is_ambiguous() -> None:
    crm = Crm()
    lead = good_lead(crm, email="twice@yamada-shoji.co.jp")
    crm.act("call", lead, "10-06 10:00")
    crm.act("call", lead, "10-06 13:00")
    assert answer("contacts == 1", evidence(crm, lead)) is True
    crm.lead("L2", email="twice@yamada-shoji.co.jp")
    crm.hub(email="twice@yamada-shoji.co.jp")
    seen = evidence(crm, lead)
    assert [answer(f"contacts {how}", seen) for how in ("== 1", ">= 1", "< 1", "< 3")] == [None, True, False, None]


SEALED = "sealed:present:4:" + "0" * 32
"""A sensitive text as the daemon keeps it."""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pain == 'x'", None),
        ("pain != 'x'", None),
        ("known(pain)", True),
        ("salesforce.Lead.Pain__c == 'x'", None),
        ("salesforce.Lead.Pain__c in ['x']", None),
    ],
)
def test_of_a_sealed_text_only_its_state_is_known(text, said) -> None:
    assert answer(text, lead_with(pain=SEALED)) is said


def test_a_condition_before_the_items_are_read_is_unknown() -> None:
    crm = Crm()
    lead = good_lead(crm)
    assert answer("known(pain) or stage == 'opportunity'", bare(crm, lead)) is None
