"""Records that a new user was shown, with what must be readable from the card alone: what is missing, who acts, where.

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
    repeated: frozenset[str] = frozenset()
    chosen: frozenset[str] = frozenset()


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


def _waived(crm: Crm) -> tuple[RecordRef, RecordRef]:
    lead = good_lead(crm, **DATED, decision_maker=None, budget_status="予算なし")
    crm.set(
        lead,
        Waiver_Items__c="決裁者、予算",
        Waiver_Reason__c="社長の紹介で進行中",
        Waiver_Until__c="2026-12-31",
        Waiver_Approved__c=True,
    )
    return lead, lead


def _asked_to_be_spared(crm: Crm) -> tuple[RecordRef, RecordRef]:
    lead = good_lead(crm, **DATED, decision_maker=None)
    crm.set(lead, Waiver_Items__c="決裁者", Waiver_Reason__c="次回の訪問まで待ちたい", Waiver_Approved__c=False)
    return lead, lead


def _second_round(crm: Crm) -> tuple[RecordRef, RecordRef]:
    lead = good_lead(crm, created="10-01 10:00", sql_date="2026-10-06", pain=None)
    crm.hub(lead_id="L1", created="10-01 10:00", converted_at=at("10-06 10:00").isoformat().replace("+00:00", "Z"))
    crm.history(lead, "status", "Open", "失注", "10-03 10:00")
    return lead, lead


def _named_themselves(crm: Crm) -> tuple[RecordRef, RecordRef]:
    lead = good_lead(crm, **DATED, decision_maker="山田 太郎 様", job_title="主任")
    return lead, lead


def _step_is_over(crm: Crm) -> tuple[RecordRef, RecordRef]:
    deal = passed_deal(crm, **DATED, next_action="10/15 訪問")
    crm.set(LEAD, Next_Action__c=None)
    crm.act("call", deal, "10-06 14:00", owner="fs1", has_content=True)
    return deal, deal


def _pasted(crm: Crm) -> tuple[RecordRef, RecordRef]:
    lead = good_lead(crm, **DATED)
    return lead, lead


def _topics_on_the_deal(crm: Crm) -> tuple[RecordRef, RecordRef]:
    deal = passed_deal(crm, **DATED, ng_topics="前任者の退職の話はしない")
    crm.act("call", deal, "10-06 14:00", owner="fs1", has_content=True)
    return deal, deal


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
        (["Returned by FS (reason: no way to the decision maker yet)", "get through to the decision maker"], ["next: IS"], ['the section "Handoff" of this opportunity']),
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
    Card(
        "what somebody need not supply", _waived,
        (["そろっています", "例外承認：決裁者、SQL基準「予算」（理由：社長の紹介で進行中、2026/12/31まで）", "SQL判定 例外承認"], ["次の対応者 なし"], ["自動で更新される欄です"]),
        (["Everything the handoff needs is there", 'Waived: Decision maker, SQL criterion "Budget" (reason: 社長の紹介で進行中; until 2026/12/31)', "SQL verdict Waived"], ["Next actor Nobody"], ["Filled in automatically"]),
        now="10-06 12:00",
    ),
    Card(
        "what somebody asked to be spared", _asked_to_be_spared,
        (["あと1項目", "決裁者：未入力", "例外申請（承認待ち）：決裁者（理由：次回の訪問まで待ちたい）"], ["対応：IS", "承認者が内容を確認"], ["入力先：このリードの「引き継ぎ情報」欄"]),
        (["1 to go", "Decision maker: empty", "Waiver to be approved: Decision maker"], ["next: IS", "an approver checks it"], ['the section "Handoff" of this lead']),
        now="10-06 12:00",
    ),
    Card(
        "a lead that came back", _second_round,
        (["再パス（2回目）：あと1項目", "顕在化している課題：未入力"], ["対応：IS", "次の対応者 IS"], ["入力先：このリードの「引き継ぎ情報」欄"]),
        (["Round 2: 1 to go", "Pain: empty"], ["next: IS", "Next actor IS"], ['the section "Handoff" of this lead']),
        now="10-06 12:00",
    ),
    Card(
        "a decision maker that is the contact", _named_themselves,
        (["決裁者：ご担当者本人のお名前", "ご本人が決裁される場合は「本人」と入力"], ["対応：IS", "次の対応者 IS"], ["入力先：このリードの「引き継ぎ情報」欄"]),
        (["Decision maker: holds the contact's own name", 'write "the contact decides"'], ["next: IS"], ['the section "Handoff" of this lead']),
        now="10-06 12:00",
    ),
    Card(
        "a next step whose day is over", _step_is_over,
        (["あと1項目", "次回アクション予定：「10/15 訪問」は予定日を過ぎています"], ["対応：IS", "次の対応者 IS"], ["入力先（次回アクション予定）：この商談の「次のステップ」欄"]),
        (["1 to go", 'Next action: the day in "10/15 訪問" has passed'], ["next: IS"], ['Where (Next action): the field "Next Step" of this opportunity']),
    ),
    Card(
        "a text that many handoffs share", _pasted,
        (["具体性の確認：SQL判定理由「予算と時期が合い、決裁者と話せている」は、ほかの引き継ぎと同じ文面です", "このお客様の状況を書き足すと"], ["次の対応者 なし"], ["入力先：このリードの「引き継ぎ情報」欄"]),
        (["reads the same in other handoffs", "add what is particular to this customer"], ["Next actor Nobody"], ['the section "Handoff" of this lead']),
        now="10-06 12:00", repeated=frozenset({"sql_reason"}),
    ),
    Card(
        "topics to avoid, for FS", _topics_on_the_deal,
        (["NG事項（参照） 前任者の退職の話はしない", "そろっています"], ["次の対応者 なし"], ["自動で更新される欄です"]),
        (["NG reference 前任者の退職の話はしない", "Everything the handoff needs is there"], ["Next actor Nobody"], ["Filled in automatically"]),
        chosen=frozenset({"ng_reference"}),
    ),
)  # fmt: skip


def draw(card: Card) -> Screen:
    """The record with its flags in both languages."""
    flags = {}
    for language in ("ja", "en"):
        crm = Crm(language=language, rules_with={"chosen": card.chosen}, repeated=card.repeated)
        anchor, ref = card.build(crm)
        flags[language] = crm.judge(anchor, card.now, card.memory).flags[ref]
    record, mapping = crm.records[ref], settings().mapping
    items = {
        i: names for i, names in mapping.streams[ref.connection, ref.stream].items.items() if isinstance(names, tuple)
    }
    own = {i for i in items if (ref.connection, ref.stream) in mapping.items[i].fix_at}
    inputs = [(item, str(record.values.get(names[0]) or "")) for item, names in items.items() if item not in own]
    facts = [("next_step", str(record.values.get(items[item][0]) or "")) for item in sorted(own)]
    return Screen(ref, KINDS[ref.stream], "株式会社山田商事", facts, inputs, flags, card.chosen)


def words() -> Words:
    mapping = settings().mapping
    labels = {lang: {item.id: item.label.in_(lang) for item in mapping.items.values()} for lang in ("ja", "en")}
    return Words(labels, mapping.names, ZoneInfo("Asia/Tokyo"))


if __name__ == "__main__":
    print(*write_screens([draw(card) for card in CARDS], Path(sys.argv[1]), words()), sep="\n")
