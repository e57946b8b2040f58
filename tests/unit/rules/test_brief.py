"""The brief on a deal: a line per topic with its source, from both CRMs, for whoever talks to the customer next."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sync.core.model.records import RecordRef
from sync.core.reconcile.judge import judge
from sync.core.rules.brief import LONGEST_BRIEF
from tests.handoffs import Crm, at, good_lead, passed_deal, settings

GRACE, OVER = "10-06 12:00", "10-06 18:00"
LATE = "10-20 12:00"
LEAD = RecordRef("salesforce", "Lead", "L1")
CONTENT = {"has_content": True}


def brief(crm: Crm, deal: RecordRef, now: str = LATE) -> list[str]:
    return str(crm.flags(deal, now)["brief"]).split("\n")


def line(crm: Crm, deal: RecordRef, topic: str, now: str = LATE) -> str:
    """What it says about a topic."""
    return next(one for one in brief(crm, deal, now) if one.startswith(f"{topic}：")).removeprefix(f"{topic}：")


def busy_deal(language: str = "ja") -> tuple[Crm, RecordRef]:
    crm = Crm(language=language)
    deal = passed_deal(crm, timing="来期", budget_amount="300〜500万円", ng_topics="前任者の名前を出さない")
    hub = crm.hub(contact_id="C1", budget_amount="500万円", ng_topics="値引きの話")
    crm.set(hub, engaged_content="ROI試算シート", competitors="A社と比較中", purpose="-", handoff_memo="内緒のメモ")
    crm.act("call", deal, "10-05 14:00", **CONTENT)
    crm.act("email", deal, "10-06 09:10", direction="inbound", owner=None, **CONTENT)
    crm.act("call", deal, "10-02 10:00")
    crm.meeting(deal, "10-19 14:00", logged="10-06 10:00", **CONTENT)
    return crm, deal


def test_the_whole_brief_as_fs_reads_it() -> None:
    crm, deal = busy_deal()
    assert brief(crm, deal) == [
        "課題：月末の請求書発行に経理3名で4日かかっている［Salesforce］",
        "目的：要確認「-」［HubSpot］",
        "予算：確保済み・300〜500万円［Salesforce］／500万円［HubSpot］",
        "時期：来期（2027/04/01〜2028/03/31）［Salesforce］",
        "決裁：情報システム本部長［Salesforce］",
        "競合：A社と比較中［HubSpot］",
        "刺さった資料：導入事例集［Salesforce］／ROI試算シート［HubSpot］",
        "次回：10/20 に見積を送る［Salesforce］",
        "直近の接触：2026/10/19 打ち合わせ［Salesforce］／2026/10/06 メール受信［Salesforce］／2026/10/05 架電［Salesforce］",
    ]


def test_the_same_in_english() -> None:
    crm, deal = busy_deal("en")
    assert brief(crm, deal) == [
        "Pain: 月末の請求書発行に経理3名で4日かかっている [Salesforce]",
        'Purpose: to be confirmed: "-" [HubSpot]',
        "Budget: 確保済み, 300〜500万円 [Salesforce] / 500万円 [HubSpot]",
        "Timing: 来期 (2027/04/01 to 2028/03/31) [Salesforce]",
        "Decision: 情報システム本部長 [Salesforce]",
        "Competitors: A社と比較中 [HubSpot]",
        "Engaged content: 導入事例集 [Salesforce] / ROI試算シート [HubSpot]",
        "Next: 10/20 に見積を送る [Salesforce]",
        "Latest contacts: 2026/10/19 meeting [Salesforce] / 2026/10/06 e-mail from them [Salesforce] / "
        "2026/10/05 call [Salesforce]",
    ]


# --- when and where -------------------------------------------------------------------------------------------------
def test_it_is_written_when_the_grace_of_the_pass_is_over_and_on_the_deal_alone() -> None:
    crm = Crm()
    deal = passed_deal(crm)
    hub = crm.hub(contact_id="C1")
    assert crm.flags(deal, GRACE)["brief"] is None
    flags = crm.judge(deal, OVER).flags
    assert flags[deal]["brief"]
    assert flags[hub]["brief"] is None


def test_a_passed_lead_has_none() -> None:
    crm = Crm()
    lead = good_lead(crm)
    crm.history(lead, "owner", "is1", "fs1", "10-06 11:00")
    assert crm.flags(lead, LATE)["brief"] is None


def test_a_deal_about_nobody_has_none() -> None:
    crm = Crm()
    deal = crm.deal()
    crm.act("call", deal, GRACE)
    assert crm.flags(deal, LATE)["brief"] is None


# --- the lines ------------------------------------------------------------------------------------------------------
def test_nothing_known_is_said_topic_by_topic() -> None:
    crm = Crm()
    contact, deal = crm.contact(), crm.deal()
    crm.role(deal, contact)
    crm.act("task", deal, GRACE)
    topics = ["課題", "目的", "予算", "時期", "決裁", "競合", "刺さった資料", "次回"]
    assert brief(crm, deal) == [*(f"{topic}：未入力" for topic in topics), "直近の接触：記録なし"]


def test_what_cannot_be_read_is_not_called_missing() -> None:
    crm = Crm()
    deal = passed_deal(crm)
    for record in (deal, LEAD):
        crm.hide(record, "Purpose__c")
    assert line(crm, deal, "目的") == "読み取れません（設定確認中）"


def test_a_role_and_a_booked_meeting_stand_in_for_what_nobody_typed() -> None:
    crm = Crm()
    deal = passed_deal(crm)
    crm.set(LEAD, Decision_Maker__c=None, Next_Action__c=None)
    crm.role(deal, RecordRef("salesforce", "Contact", "C1"), role="Decision Maker", primary=True)
    crm.meeting(deal, "11-02 10:00", logged="10-06 11:30")
    assert line(crm, deal, "決裁") == "「取引先責任者の役割」に登録あり［Salesforce］"
    assert line(crm, deal, "次回") == "2026/11/02 打ち合わせ予定［Salesforce］"


def test_a_year_in_the_text_needs_no_window_beside_it() -> None:
    crm = Crm()
    deal = passed_deal(crm, timing="２０２６年１２月")
    assert line(crm, deal, "時期") == "２０２６年１２月［Salesforce］"


@pytest.mark.parametrize(
    ("typed", "ja", "en"),
    [
        ("すぐにでも", "すぐにでも（2026/10/05〜）", "すぐにでも (from 2026/10/05)"),
        ("年内まで", "年内まで（〜2026/12/31）", "年内まで (by 2026/12/31)"),
    ],
)
def test_an_open_end_is_left_open(typed: str, ja: str, en: str) -> None:
    for language, told, topic in (("ja", ja, "時期：{}［Salesforce］"), ("en", en, "Timing: {} [Salesforce]")):
        crm = Crm(language=language)
        deal = passed_deal(crm, timing=typed)
        assert topic.format(told) in brief(crm, deal)


def test_three_pieces_at_most_and_each_only_once() -> None:
    crm = Crm()
    deal = passed_deal(crm, engaged_content="導入事例集")
    hub = crm.hub(contact_id="C1")
    crm.set(hub, engaged_content="動画", recent_conversion_event_name="ウェビナー")
    second = crm.hub("H2", contact_id="C1")
    crm.set(second, engaged_content="比較表", recent_conversion_event_name="不明")
    told = re.split("[／・]", re.sub("［.*?］", "", line(crm, deal, "刺さった資料")))
    assert len(told) == len(set(told)) == 3
    assert not any("不明" in one for one in told)


def test_contacts_of_machines_and_what_did_not_take_place_are_left_out() -> None:
    crm = Crm(rules_with={"definition": {"native_sync_users": frozenset({"sync@ours.example.jp"})}})
    deal = passed_deal(crm)
    crm.act("email", deal, "10-06 09:00", automated=True)
    crm.act("call", deal, "10-06 10:00", by="sync")
    crm.act("call", deal, "10-06 11:00", direction="internal")
    crm.act("call", deal, "10-06 11:10", status="canceled")
    crm.meeting(deal, "10-21 10:00", logged="10-06 10:00")
    assert line(crm, deal, "直近の接触") == "記録なし"
    crm.act("call", deal, "10-06 14:00")
    assert line(crm, deal, "直近の接触") == "2026/10/06 架電（内容の記録なし）［Salesforce］"


# --- what must never be in one --------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_topic_to_avoid_no_memo_and_no_colleague(language: str) -> None:
    crm, deal = busy_deal(language)
    text = "\n".join(brief(crm, deal))
    assert not re.search("前任者|値引き|内緒|is1|fs1|ours.example", text)


def test_it_does_not_change_with_time_alone() -> None:
    crm, deal = busy_deal()
    crm.set(RecordRef("salesforce", "Lead", "L1"), Next_Action__c="見積を送る")
    assert brief(crm, deal, "10-20 12:00") == brief(crm, deal, "12-20 12:00")


def test_it_fits_its_field_whatever_was_typed() -> None:
    crm, deal = busy_deal()
    names = [name for name in crm.records[deal].values if name not in ("FS_Decision__c", "Return_Reason__c", "Type")]
    for ref in (deal, LEAD):
        crm.set(ref, **{name: "長い" * 4000 for name in names if name in crm.records[ref].values})
    text = str(crm.flags(deal, LATE)["brief"])
    assert len(text) <= LONGEST_BRIEF
    assert text.split("\n")[-1].startswith("直近の接触：2026/10/19")
    assert crm.judge(deal, LATE).flags == crm.judge(deal, LATE).flags


def test_a_topic_that_the_company_calls_sensitive_is_left_out() -> None:
    crm, deal = busy_deal()
    mapping = settings().mapping
    items = {**mapping.items, "pain": replace(mapping.items["pain"], sensitive=True)}
    found = judge(
        crm.case(deal),
        mapping=replace(mapping, items=items),
        rules=crm.rules,
        tables=settings().tables,
        directory={},
        now=at(LATE),
    )
    assert str(found.flags[deal]["brief"]).startswith("目的：")
