"""Ten records that a new user was shown, with what must be readable from the card alone: what is missing, who acts, where.

`python -m tests.unit.report.cards FOLDER` draws them as pages.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from sync.core.model.handoff import Memory
from sync.core.model.records import RecordRef
from sync.report.demo import Words
from sync.report.screens import Screen, write_screens
from tests.handoffs import Crm, at, good_lead, passed_deal, settings

LEAD = RecordRef("salesforce", "Lead", "L1")
KINDS = {"Opportunity": "opportunity", "Lead": "lead", "contacts": "contact"}
CONFIRMED = Memory(first_judged_at=at("10-05 10:00"), confirmed_at=at("10-19 10:00"))
DATED = {"sql_date": "2026-10-06"}
Answers = tuple[list[str], list[str], list[str]]
"""What is missing, who acts, where to type: words that must stand on the card."""


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    build: Callable[[Crm], tuple[RecordRef, RecordRef]]
    """Anchor, and the record on which the card is looked at."""
    ja: Answers
    en: Answers
    now: str = "10-20 12:00"
    memory: Memory | None = None


def _new_lead(crm: Crm) -> tuple[RecordRef, RecordRef]:
    lead = good_lead(crm, **DATED, decision_maker="確認中", timing=None)
    return lead, lead


def _contact_of_a_lead(crm: Crm) -> tuple[RecordRef, RecordRef]:
    return good_lead(crm, **DATED, ng_topics="-", next_action=None), crm.hub(lead_id="L1")


def _passed_deal(crm: Crm) -> tuple[RecordRef, RecordRef]:
    deal = passed_deal(crm, **DATED, budget_amount="500万円")
    crm.set(LEAD, Desired_Timing__c="2026年9月", Pain__c="業務効率化したい")
    crm.hub(contact_id="C1", budget_amount="300万円")
    crm.act("call", deal, "10-06 14:00", has_content=True)
    return deal, deal


def _accepted_deal(crm: Crm) -> tuple[RecordRef, RecordRef]:
    deal = passed_deal(crm, **DATED, fs_decision="受領")
    crm.set(LEAD, Decision_Maker__c="TBD")
    crm.act("call", deal, "10-06 14:00", owner="fs1", has_content=True)
    return deal, deal


def _returned_deal(crm: Crm) -> tuple[RecordRef, RecordRef]:
    deal = passed_deal(crm, **DATED, fs_decision="差し戻し", return_reason="決裁者に届いていない")
    crm.act("call", deal, "10-06 14:00", owner="fs1", has_content=True)
    return deal, deal


def _deal_about_nobody(crm: Crm) -> tuple[RecordRef, RecordRef]:
    deal = crm.deal()
    crm.act("call", deal, "10-06 14:00")
    return deal, deal


def _two_of_a_kind(crm: Crm) -> tuple[RecordRef, RecordRef]:
    lead = good_lead(crm, **DATED, pain=None)
    crm.lead("L2", email="yamada@yamada-shoji.co.jp")
    crm.hub(email="yamada@yamada-shoji.co.jp")
    return lead, lead


def _unclear_title(crm: Crm) -> tuple[RecordRef, RecordRef]:
    lead = good_lead(crm, **DATED, job_title="担当")
    return lead, lead


def _late_first_contact(crm: Crm) -> tuple[RecordRef, RecordRef]:
    deal = passed_deal(crm, **DATED)
    crm.act("call", deal, "10-05 14:00", has_content=True)
    return deal, deal


def _nothing_to_do(crm: Crm) -> tuple[RecordRef, RecordRef]:
    return good_lead(crm, **DATED), crm.hub(lead_id="L1")


CARDS: tuple[Card, ...] = (
    Card(
        "a lead before the pass", _new_lead,
        (["導入希望時期：未入力", "決裁者：「確認中」"], ["対応：IS", "次の対応者 IS"], ["入力先：このリードの「引き継ぎ情報」欄"]),
        (["Desired timing: empty", 'Decision maker: says "確認中"'], ["next: IS", "Next actor IS"], ['Where: the section "Handoff" of this lead']),
        now="10-06 12:00",
    ),
    Card(
        "the HubSpot contact of a lead", _contact_of_a_lead,
        (["NG事項（Salesforce）：仮の内容", "次回アクション予定：未入力"], ["対応：IS", "次の対応者 IS"], ["入力先：このコンタクトの「引き継ぎ情報」グループ"]),
        (["Topics to avoid (Salesforce): holds a placeholder", "Next action: empty"], ["next: IS"], ['Where: the property group "Handoff" of this contact']),
        now="10-06 12:00",
    ),
    Card(
        "a passed deal with gaps, something vague and two budgets", _passed_deal,
        (["あと1項目", "導入希望時期：「2026年9月」", "具体性の確認", "概算予算が一致しません"], ["対応：IS"], ["入力先：この商談の「引き継ぎ情報」欄"]),
        (["1 to go", 'Desired timing: "2026年9月" has passed', "More detail", "Budget amount differs"], ["next: IS"], ['the section "Handoff" of this opportunity']),
    ),
    Card(
        "a deal that FS has accepted", _accepted_deal,
        (["あと1項目", "決裁者：「TBD」"], ["対応：FS", "次の対応者 FS"], ["入力先：この商談の「引き継ぎ情報」欄"]),
        (["1 to go", 'Decision maker: says "TBD"'], ["next: FS", "Next actor FS"], ['the section "Handoff" of this opportunity']),
    ),
    Card(
        "a returned deal", _returned_deal,
        (["差し戻されました（理由：決裁者に届いていない）", "決裁者につないでいただく段取り"], ["対応：IS", "次の対応者 IS"], ["入力先：この商談の「引き継ぎ情報」欄"]),
        (["Returned by FS (reason: 決裁者に届いていない)", "get through to the decision maker"], ["next: IS"], ['the section "Handoff" of this opportunity']),
    ),
    Card(
        "a deal about nobody", _deal_about_nobody,
        (["お客様のご担当者を1人に特定できていません"], ["対応：運用", "次の対応者 運用"], ["商談の「取引先責任者の役割」で主担当を1人設定"]),
        (["not clear which contact"], ["next: RevOps", "Next actor RevOps"], ["one primary contact in the opportunity's contact roles"]),
    ),
    Card(
        "one person in two leads", _two_of_a_kind,
        (["同じ方のレコードを1件に特定できていません"], ["対応：運用", "次の対応者 運用"], ["重複しているレコード（同じメールアドレス）を統合"]),
        (["records of this person cannot be told apart"], ["next: RevOps"], ["merges the records with the same e-mail address"]),
        now="10-06 12:00",
    ),
    Card(
        "a title that says nothing about the decision", _unclear_title,
        (["役職「担当」だけでは確認できません", "あと1点ご確認ください"], ["対応：IS", "次の対応者 IS"], ["役職を更新", "入力先：このリードの「引き継ぎ情報」欄"]),
        (['Job title "担当" does not tell', "1 to confirm"], ["next: IS"], ["update Job title", 'the section "Handoff" of this lead']),
        now="10-06 12:00",
    ),
    Card(
        "a first contact that is overdue", _late_first_contact,
        (["FS初回対応の期限（10/07 18:00）を過ぎています", "期限超過（未対応）"], ["FS初回対応"], ["連絡して活動を記録"]),
        (["FS first contact was due 10/07 18:00", "Overdue (open)"], ["FS first contact"], ["get in touch and log the activity"]),
        memory=CONFIRMED,
    ),
    Card(
        "nothing to do", _nothing_to_do,
        (["そろっています", "不足項目数 0"], ["次の対応者 なし"], ["自動で更新される欄です"]),
        (["Everything the handoff needs is there", "Missing items (count) 0"], ["Next actor Nobody"], ["Filled in automatically"]),
        now="10-06 12:00",
    ),
)  # fmt: skip


def draw(card: Card) -> Screen:
    """The record with its flags in both languages."""
    flags = {}
    for language in ("ja", "en"):
        crm = Crm(language=language)
        anchor, ref = card.build(crm)
        flags[language] = crm.judge(anchor, card.now, card.memory).flags[ref]
    record, places = crm.records[ref], settings().mapping.streams[ref.connection, ref.stream].items
    inputs = [
        (item, str(record.values.get(names[0]) or "")) for item, names in places.items() if isinstance(names, tuple)
    ]
    return Screen(ref, KINDS[ref.stream], "株式会社山田商事", [], inputs, flags)


def words() -> Words:
    mapping = settings().mapping
    labels = {lang: {item.id: item.label.in_(lang) for item in mapping.items.values()} for lang in ("ja", "en")}
    return Words(labels, mapping.names, ZoneInfo("Asia/Tokyo"))


if __name__ == "__main__":
    print(*write_screens([draw(card) for card in CARDS], Path(sys.argv[1]), words()), sep="\n")
