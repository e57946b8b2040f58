"""The note: every message in both languages, and what must never be in one."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sync.core.mapping.spec import ItemSpec, Text
from sync.core.model.flags import CriterionState
from sync.core.model.handoff import CriterionFinding, Memory, PassFinding, Waiver, WaiverFinding, WaiverState
from sync.core.model.items import ItemValue, Provenance, ValueState
from sync.core.model.records import RecordRef
from sync.core.rules.catalogue import CATALOGUES, messages
from sync.core.rules.definition import ScoreSpec
from sync.core.rules.note import LONGEST_NOTE, _fit, compose_notes, quote
from sync.core.rules.sentence import words_of
from tests.handoffs import FULL, Crm, at, good_lead, passed_deal, settings

NOW = "10-06 12:00"
LATE = "10-20 12:00"
CONFIRMED = Memory(first_judged_at=at("10-05 10:00"), confirmed_at=at("10-19 10:00"))
LEAD = RecordRef("salesforce", "Lead", "L1")
DATED = {"sql_date": "2026-10-06"}

Scene = Callable[[Crm], tuple[RecordRef, str, Memory | None]]


def scene(now: str = NOW, memory: Memory | None = None, **cells: str | None) -> Scene:
    def build(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
        return good_lead(crm, **{**DATED, **cells}), now, memory

    return build


def deal_scene(now: str = LATE, memory: Memory | None = None, **cells: str | None) -> Scene:
    def build(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
        deal = passed_deal(crm, **{**DATED, **cells})
        crm.act("call", deal, "10-06 14:00", owner=None, has_content=True)
        return deal, now, memory

    return build


def lonely(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
    deal = crm.deal()
    crm.act("call", deal, NOW)
    return deal, LATE, None


def ambiguous(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
    lead = good_lead(crm, **DATED)
    crm.lead("L2", email="yamada@yamada-shoji.co.jp")
    crm.hub(email="yamada@yamada-shoji.co.jp")
    return lead, NOW, None


def ambiguous_and_empty(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
    lead, now, memory = ambiguous(crm)
    crm.set(lead, Pain__c=None)
    return lead, now, memory


def unreadable(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
    lead = good_lead(crm, **DATED)
    crm.hide(lead, "Pain__c")
    crm.hide(lead, "NG_Topics__c")
    return lead, NOW, None


def hidden(*fields: str) -> Scene:
    def build(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
        lead = good_lead(crm, **DATED)
        for name in fields:
            crm.hide(lead, name)
        return lead, NOW, None

    return build


def scored(raw: object) -> Scene:
    def build(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
        mapping = crm.mapping
        lead = mapping.streams["salesforce", "Lead"]
        streams = {
            **mapping.streams,
            ("salesforce", "Lead"): replace(lead, items={**lead.items, "lead_score": ("S__c",)}),
        }
        score = ItemSpec("lead_score", "number", Text("リードスコア", "Lead score"))
        crm.own_mapping = replace(mapping, items={**mapping.items, "lead_score": score}, streams=streams)
        crm.rules_with = {"definition": {"score": ScoreSpec("lead_score", 70)}}
        made = good_lead(crm, **DATED)
        crm.set(made, S__c=raw)
        return made, NOW, None

    return build


def conflict(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
    lead = good_lead(crm, **DATED, budget_amount="500万円")
    crm.hub(lead_id="L1", budget_amount="300万円", lead_source="資料DL")
    return lead, NOW, None


def incomplete(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
    deal = passed_deal(crm, **DATED)
    crm.set(LEAD, Pain__c=None)
    return deal, LATE, None


def contacted(when: str, blamed: str | None = None) -> Scene:
    def build(crm: Crm) -> tuple[RecordRef, str, Memory | None]:
        lead = good_lead(crm, **DATED)
        crm.act("call", lead, when)
        return lead, LATE, Memory(breached_at={"is_first_contact": at(blamed)} if blamed else {})

    return build


SCENES: list[tuple[str, Scene, str, str]] = [
    ("head.ready", scene(), "引き継ぎに必要な項目はそろっています", "Everything the handoff needs is there"),
    ("head.passed", deal_scene(), "引き継ぎに必要な項目はそろっています", "Everything the handoff needs is there"),
    (
        "head.preparing",
        scene(pain=None, timing=None),
        "あと2項目でパスできます（対応：IS）",
        "2 to go before this can be passed (next: IS)",
    ),
    (
        "head.passed_incomplete",
        incomplete,
        "あと1項目で引き継ぎ完了です（対応：IS）",
        "1 to go until the handoff is complete (next: IS)",
    ),
    (
        "head.returned",
        deal_scene(fs_decision="差し戻し", return_reason="情報不足"),
        "FSから差し戻されました（理由：情報不足）",
        "Returned by FS (reason: information missing)",
    ),
    (
        "head.returned_plain",
        deal_scene(fs_decision="差し戻し"),
        "FSから差し戻されました",
        "Returned by FS",
    ),
    (
        "returned.info_missing",
        deal_scene(fs_decision="差し戻し", return_reason="情報不足"),
        "→ 不足している点をFSに確認し、補ってから再パス（対応：IS）",
        "→ ask FS what is lacking, add it, then pass again (next: IS)",
    ),
    (
        "returned.other",
        deal_scene(fs_decision="差し戻し", return_reason="なんとなく"),
        "→ 差し戻しの理由をFSに確認し、補ってから再パス（対応：IS）",
        "→ ask FS for the reason, add what is lacking, then pass again (next: IS)",
    ),
    (
        "head.to_confirm",
        scene(job_title="担当", pain="業務効率化したい"),
        "引き継ぎに必要な項目はそろっています。SQL判定のため、あと2点ご確認ください（対応：IS）",
        "Everything the handoff needs is there; 2 to confirm for the SQL verdict (next: IS)",
    ),
    (
        "head.for_revops",
        scene(engaged_content=None),
        "引き継ぎに必要な項目はそろっています（対応：運用）",
        "Everything the handoff needs is there (next: RevOps)",
    ),
    (
        "criterion.authority.missing",
        scene(job_title=None),
        "・決裁への関与：役職が未入力のため確認できません → 役職を確認して入力",
        "- Part in the decision: cannot be told, Job title is empty → ask for it and enter it",
    ),
    (
        "head.undetermined_person",
        lonely,
        "まだ判定できません：この商談のお客様のご担当者を1人に特定できていません（対応：運用）",
        "Cannot be judged yet: it is not clear which contact this opportunity is about (next: RevOps)",
    ),
    (
        "revops.person",
        lonely,
        "→ 運用（RevOps）が、商談の「取引先責任者の役割」で主担当を1人設定",
        "→ RevOps sets one primary contact in the opportunity's contact roles",
    ),
    (
        "head.undetermined_link",
        ambiguous_and_empty,
        "まだ判定できません：HubSpotとSalesforceで、同じ方のレコードを1件に特定できていません（対応：運用）",
        "Cannot be judged yet: in HubSpot and Salesforce the records of this person cannot be told apart (next: RevOps)",
    ),
    (
        "revops.link",
        ambiguous_and_empty,
        "→ 運用（RevOps）が、重複しているレコード（同じメールアドレス）を統合",
        "→ RevOps merges the records with the same e-mail address",
    ),
    (
        "head.undetermined_unreadable",
        unreadable,
        "まだ判定できません：読み取れない項目があります（顕在化している課題、NG事項／対応：運用）",
        "Cannot be judged yet: some fields cannot be read (Pain, Topics to avoid; next: RevOps)",
    ),
    (
        "revops.unreadable",
        unreadable,
        "→ 運用（RevOps）が、項目の参照権限とマッピングを確認（入力し直す必要はありません）",
        "→ RevOps checks field permissions and the mapping (nothing to type again)",
    ),
    (
        "item.missing",
        scene(timing=None),
        "・導入希望時期：未入力 → 「いつまでに利用開始したいか」を確認",
        "- Desired timing: empty → ask by when they want to start",
    ),
    (
        "item.placeholder",
        scene(decision_maker="確認中"),
        "・決裁者：「確認中」と入力されています → 次回、最終決裁者と稟議の流れを確認",
        '- Decision maker: says "確認中" → ask who signs off and how approval works',
    ),
    (
        "item.placeholder_hidden",
        scene(ng_topics="確認中"),
        "・NG事項：仮の内容が入力されています（内容は表示していません） → 避けるべき話題がないかを確認（なければ「特になし」）",
        '- Topics to avoid: holds a placeholder (not shown here) → ask what to avoid (write "none" if nothing)',
    ),
    (
        "item.invalid",
        scene(timing="ふわっと"),
        "・導入希望時期：「ふわっと」は時期として読み取れません（例：2026年10月） → 「いつまでに利用開始したいか」を確認",
        '- Desired timing: "ふわっと" cannot be read as a time (e.g. October 2026) → ask by when they want to start',
    ),
    (
        "unmapped",
        scene(budget_status="たぶん"),
        "・予算化の有無：「たぶん」は、まだ対応表にない値です",
        '- Budget status: "たぶん" is not in the table of choices yet',
    ),
    (
        "revops.unmapped",
        scene(budget_status="たぶん"),
        "→ 運用（RevOps）が、この値を選択肢の対応表に追加（入力し直す必要はありません）",
        "→ RevOps adds this value to the table of choices (nothing to type again)",
    ),
    (
        "item.stale",
        scene(timing="2026年8月"),
        "・導入希望時期：「2026年8月」は時期が過ぎています → 「いつまでに利用開始したいか」を確認",
        '- Desired timing: "2026年8月" has passed → ask by when they want to start',
    ),
    (
        "item.channel_unusable",
        scene(phone="000-0000-0000", email=None),
        "・連絡先（電話またはメール）：つながる連絡先が未入力です → つながる電話番号かメールアドレスを確認",
        "- Phone or e-mail: empty, or nothing that reaches the person → ask for a phone number or e-mail address that works",
    ),
    (
        "vague",
        scene(pain="業務効率化したい"),
        "・具体性の確認：顕在化している課題「業務効率化したい」 → どの業務で、どのくらい困っているかを具体的に確認",
        '- More detail, please: Pain "業務効率化したい" → ask in which task it hurts, and how much',
    ),
    (
        "criterion.authority.unknown",
        scene(job_title="担当"),
        "・決裁への関与：役職「担当」だけでは確認できません → 決裁に関わる方（課長以上）を確認し、役職を更新するか、その方を取引先責任者に追加",
        '- Part in the decision: Job title "担当" does not tell → find out who decides (manager or above); '
        "update Job title or add that contact",
    ),
    (
        "criterion.authority.unreadable",
        hidden("Title"),
        "・決裁への関与：役職を読み取れないため確認できません → 次回、決裁への関わりを確認",
        "- Part in the decision: cannot be told, Job title cannot be read → ask what part they have in it",
    ),
    (
        "criterion.budget.not_met",
        scene(budget_status="予算なし"),
        "・予算化の有無：「予算なし」のため、SQL基準にはまだ届いていません → 予算化の見込みが出たら更新",
        '- Budget status: "予算なし", so the SQL criteria are not met yet → update it once a budget is in sight',
    ),
    (
        "criterion.budget.unknown",
        scene(budget_status="不明・未確認"),
        "・予算化の有無：「不明・未確認」と入力されています → 予算が確保済みか、見込みがあるかを確認",
        '- Budget status: says "不明・未確認" → ask whether it is secured or expected',
    ),
    (
        "criterion.score.not_met",
        scored(41),
        "・リードスコア：「41」のため、SQL基準（70以上）にはまだ届いていません → 関心が高まるまで、情報提供を続ける",
        '- Lead score: "41", so the SQL criteria (70 or more) are not met yet → keep them informed until their interest grows',
    ),
    (
        "criterion.score.unknown",
        scored(None),
        "・リードスコア：値を確認できないため、SQL基準（70以上）に合うか確認できません → 運用（RevOps）に連携の状況を確認",
        "- Lead score: no value that can be used, so the SQL criteria (70 or more) cannot be compared → ask RevOps about the integration",
    ),
    (
        "criterion.timing.not_met",
        scene(timing="2027年12月"),
        "・導入希望時期：「2027年12月」は、SQL基準（6か月以内に開始）より先です → 前倒しの見込みが出たら更新",
        '- Desired timing: "2027年12月" is later than the SQL criteria ask (a start within 6 months) → '
        "update it if it moves forward",
    ),
    (
        "criterion.timing.unknown",
        scene(sql_date=None),
        "・SQL判定日：未入力のため、導入希望時期「2026年12月」がSQL基準（6か月以内に開始）に合うか確認できません → SQLと判断した日を入力",
        '- SQL date: empty, so Desired timing "2026年12月" cannot be compared with the SQL criteria '
        "(a start within 6 months) → enter the day it became an SQL",
    ),
    (
        "criterion.timing.unreadable",
        hidden("SQL_Date__c"),
        "・SQL判定日：読み取れないため、導入希望時期「2026年12月」がSQL基準（6か月以内に開始）に合うか確認できません → SQLと判断した日を確認",
        '- SQL date: cannot be read, so Desired timing "2026年12月" cannot be compared with the SQL criteria '
        "(a start within 6 months) → ask for the day it became an SQL",
    ),
    (
        "criterion.timing.follow_up",
        scene(timing="未確認：次回10/15に確認"),
        "・導入希望時期：「未確認：次回10/15に確認」と入力されています → 確認できた時期を入力",
        '- Desired timing: says "未確認：次回10/15に確認" → enter the time once it is known',
    ),
    (
        "conflict",
        conflict,
        "要確認：概算予算が一致しません（HubSpot「300万円」／Salesforce「500万円」）",
        'Please check: Budget amount differs (HubSpot "300万円" / Salesforce "500万円")',
    ),
    (
        "ambiguous",
        ambiguous,
        "運用（RevOps）へ：HubSpotとSalesforceで、同じ方のレコードを1件に特定できていません → 重複しているレコード（同じメールアドレス）を統合",
        "For RevOps: in HubSpot and Salesforce the records of this person cannot be told apart "
        "→ merge those with the same e-mail address",
    ),
    (
        "automatic",
        scene(company=None, engaged_content=None),
        "運用（RevOps）へ：会社名、刺さったコンテンツ・資料が未入力です → 連携とマッピングの設定を確認",
        "For RevOps: Company, Engaged content empty → check the integration and the mapping",
    ),
    (
        "automatic_unreadable",
        hidden("Company", "Engaged_Content__c"),
        "運用（RevOps）へ：会社名、刺さったコンテンツ・資料を読み取れません → 項目の権限とマッピングの設定を確認",
        "For RevOps: Company, Engaged content cannot be read → check field permissions and the mapping",
    ),
    (
        "clock.breached",
        scene(now=LATE, memory=CONFIRMED),
        "IS初回接触の期限（10/07 18:00）を過ぎています → 連絡して活動を記録してください",
        "IS first contact was due 10/07 18:00 → get in touch and log the activity",
    ),
    (
        "clock.met_late",
        contacted("10-08 10:20"),
        "IS初回接触：期限（10/07 18:00）の後、10/08 10:20に対応済みです",
        "IS first contact: done 10/08 10:20, after it was due (10/07 18:00)",
    ),
    (
        "clock.unverified",
        scene(now=LATE, memory=Memory(confirm_failed=True)),
        "IS初回接触：期限は10/07 18:00です。活動の記録を確認できていないため、確認でき次第お知らせします",
        "IS first contact was due 10/07 18:00; the activities could not be checked yet, this will be updated",
    ),
    (
        "clock.corrected_met",
        contacted("10-07 10:00", blamed="10-07 18:20"),
        "IS初回接触：記録が後から追加されたため「対応済み」に更新しました",
        'IS first contact: an activity was added later, so this is now "met"',
    ),
    (
        "clock.corrected_met_late",
        contacted("10-07 18:10", blamed="10-07 18:20"),
        "IS初回接触：記録が後から追加されたため「対応済み（期限後）」に更新しました",
        'IS first contact: an activity was added later, so this is now "met late"',
    ),
    (
        "where",
        scene(pain=None),
        "入力先：このリードの「引き継ぎ情報」欄",
        'Where: the section "Handoff" of this lead',
    ),
]


def write(build: Scene, language: str) -> str:
    crm = Crm(language=language)
    anchor, now, memory = build(crm)
    return str(crm.flags(anchor, now, memory)["note"])


@pytest.mark.parametrize(("message", "build", "ja", "en"), SCENES, ids=[message for message, *_ in SCENES])
def test_each_message_is_said_where_it_belongs(message: str, build: Scene, ja: str, en: str) -> None:
    assert ja in write(build, "ja").split("\n"), message
    assert en in write(build, "en").split("\n"), message


UNTIL = date(2026, 12, 31)
NAME = ItemValue(
    "decision_maker", ValueState.PLACEHOLDER, raw="山田太郎", source=Provenance(LEAD, "x"), reason="own_name"
)
VISIT = ItemValue("next_action", ValueState.STALE, raw="10/5 訪問", source=Provenance(LEAD, "x"))
AHEAD = ItemValue("sql_date", ValueState.INVALID, raw="2027-10-06", source=Provenance(LEAD, "x"), reason="in_future")
BEFORE = replace(AHEAD, reason="before_creation")
UNWILLING = ItemValue("willingness", ValueState.MISSING)
UNSEEN = ItemValue("willingness", ValueState.UNREADABLE)
_DECIDES = Waiver(("decision_maker",), (), "社長の内諾あり", UNTIL)
_BUDGET = Waiver((), ("budget",), "", None)
_UNSURE = CriterionFinding("need", CriterionState.UNKNOWN)

JUDGED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "around.again",
        {"cycle": 2},
        "再パス（2回目）：引き継ぎに必要な項目はそろっています",
        "Round 2: Everything the handoff needs is there",
    ),
    (
        "item.own_name",
        {"items": [NAME], "missing": ("decision_maker",)},
        "・決裁者：ご担当者本人のお名前が入っています → ご本人が決裁される場合は「本人」と入力し、ほかの方が決裁される場合はその方を確認",
        '- Decision maker: holds the contact\'s own name → if they sign off themselves, write "the contact decides"; '
        "otherwise ask who does",
    ),
    (
        "item.stale_day",
        {"items": [VISIT], "missing": ("next_action",)},
        "・次回アクション予定：「10/5 訪問」は予定日を過ぎています → 次回の日程か、次にすることを記入",
        '- Next action: the day in "10/5 訪問" has passed → enter the next date or step',
    ),
    (
        "why.in_future",
        {"items": [AHEAD], "missing": ("sql_date",)},
        "・SQL判定日：「2027-10-06」は先の日付です",
        '- SQL date: "2027-10-06" lies in the future',
    ),
    (
        "automatic.before_creation",
        {"items": [BEFORE], "pass_": PassFinding("lead_converted", None)},
        "運用（RevOps）へ：SQL判定日「2027-10-06」はリードの作成日より前の日付です → 日付と連携の設定を確認",
        'For RevOps: SQL date "2027-10-06" is before the lead was created → check the date and the integration',
    ),
    (
        "criterion.need.unknown",
        {"items": [UNWILLING], "criteria": (_UNSURE,)},
        "・解決意欲：確認できる内容がないため、SQL基準「課題」を確認できません → いつまでに解決したいか、後回しにできない理由を確認",
        '- Willingness to solve it: nothing usable, so the SQL criterion "Need" cannot be told → ask how urgent it is and why it cannot wait',
    ),
    (
        "criterion.need.unreadable",
        {"items": [UNSEEN], "criteria": (replace(_UNSURE, required=False),)},
        "・解決意欲：読み取れないため、SQL基準「課題」を確認できません → いつまでに解決したいか、後回しにできない理由を確認（参考：SQL判定には含めません）",
        '- Willingness to solve it: cannot be read, so the SQL criterion "Need" cannot be told → ask how urgent it is and why it cannot wait '
        "(for information: no part of the SQL verdict)",
    ),
    (
        "waived.reason.until",
        {"waived": {"decision_maker": _DECIDES, "ng_topics": _DECIDES}},
        "例外承認：決裁者、NG事項（理由：社長の内諾あり、2026/12/31まで）",
        "Waived: Decision maker, Topics to avoid (reason: 社長の内諾あり; until 2026/12/31)",
    ),
    (
        "waived",
        {"sql_waived": {"budget": _BUDGET}},
        "例外承認：SQL基準「予算」（この回の引き継ぎが終わるまで）",
        'Waived: SQL criterion "Budget" (until this round of the handoff ends)',
    ),
    (
        "waiting.reason.until",
        {"waivers": (WaiverFinding(_DECIDES, WaiverState.WAITING),)},
        "例外申請（承認待ち）：決裁者（理由：社長の内諾あり、2026/12/31まで） → 承認者が内容を確認し、承認欄に記録",
        "Waiver to be approved: Decision maker (reason: 社長の内諾あり; until 2026/12/31) "
        "→ an approver checks it and records the approval",
    ),
    (
        "waiting",
        {"waivers": (WaiverFinding(_BUDGET, WaiverState.WAITING),)},
        "例外申請（承認待ち）：SQL基準「予算」 → 承認者が内容を確認し、承認欄に記録",
        'Waiver to be approved: SQL criterion "Budget" → an approver checks it and records the approval',
    ),
    (
        "waiting.unclear",
        {"waivers": (WaiverFinding(Waiver((), (), "急ぎ", None), WaiverState.WAITING),)},
        "例外申請：対象の項目が分かりません → 項目名を入力（例：決裁者）",
        "Waiver asked for, but it is not clear for which item → name the item (e.g. Decision maker)",
    ),
]


def word(language: str, items: Sequence[ItemValue] = (), **judged: Any) -> list[str]:
    """The note of a whole lead of which something else was judged."""
    crm = Crm(language=language)
    lead = good_lead(crm, **DATED)
    judgement = replace(crm.judge(lead, NOW), **judged)
    evidence = crm.evidence(lead, NOW)
    evidence.items = {**judgement.items, **{value.item: value for value in items}}
    return compose_notes(evidence, judgement).texts[lead].split("\n")


@pytest.mark.parametrize(("message", "judged", "ja", "en"), JUDGED, ids=[message for message, *_ in JUDGED])
def test_each_finding_is_told(message: str, judged: dict[str, Any], ja: str, en: str) -> None:
    assert ja in word("ja", **judged), message
    assert en in word("en", **judged), message


def test_a_waived_item_leaves_nothing_to_type() -> None:
    assert word("ja", waived={"decision_maker": _DECIDES})[-1].startswith("例外承認：")


def test_the_contacts_own_name_is_not_repeated() -> None:
    note = "\n".join(word("ja", [NAME], missing=("decision_maker",)))
    assert "山田" not in note


# --- where to type --------------------------------------------------------------------------------------------------
def placed(anchor: str, *items: str, language: str = "ja") -> list[str]:
    return list(words_of(settings().mapping, language).where(("salesforce", anchor), items))


def test_an_item_with_a_place_of_its_own_names_it() -> None:
    own, usual = "入力先（次回アクション予定）：この商談の「次のステップ」欄", "入力先：この商談の「引き継ぎ情報」欄"
    assert placed("Opportunity", "next_action", "pain") == [own, usual]
    assert placed("Opportunity", "next_action") == [own]
    assert placed("Lead", "next_action", "pain") == ["入力先：このリードの「引き継ぎ情報」欄"]
    assert placed("Opportunity") == [usual]


def test_what_cannot_be_typed_on_this_record_names_the_field_of_another() -> None:
    assert placed("Opportunity", "job_title")[0] == "入力先（役職）：SalesforceのContact「Title」"
    assert placed("Opportunity", "job_title", "contact_channel", language="en") == [
        "Where (Job title): Title of the Contact in Salesforce",
        "Where (Phone or e-mail): Phone of the Contact in Salesforce",
    ]


def test_a_group_names_the_parts_that_it_wants() -> None:
    crm = Crm()
    lead = good_lead(crm, **DATED, budget_amount=None)
    judgement = replace(crm.judge(lead, NOW), missing=("money",))
    for kind, line in (
        ("all_of", "・予算一式：概算予算が未入力か、要確認です"),
        ("any_of", "・予算一式：予算化の有無、概算予算のどれかを確認して入力"),
    ):
        evidence = crm.evidence(lead, NOW)
        group = ItemSpec("money", None, Text("予算一式", "Budget"), **{kind: ("budget_status", "budget_amount")})
        evidence.mapping = replace(evidence.mapping, items={**evidence.mapping.items, "money": group})
        evidence.items = {**judgement.items, "money": ItemValue("money", ValueState.MISSING)}
        assert line in compose_notes(evidence, judgement).texts[lead].split("\n")


# --- content and wording --------------------------------------------------------------------------------------------
def digest(language: str = "ja", **cells: str | None) -> str:
    crm = Crm(language=language)
    return crm.judge(good_lead(crm, **DATED, **cells), NOW).memory.told[str(LEAD)].digest


def test_the_content_of_a_note_is_what_it_says_and_not_its_words() -> None:
    assert digest(pain="確認中") == digest("en", pain="確認中")
    assert len({digest(), digest(pain=None), digest(pain="確認中"), digest(pain="未定"), digest(timing=None)}) == 5


def test_the_whole_note_as_a_rep_reads_it() -> None:
    crm = Crm()
    deal = passed_deal(crm, **DATED, budget_amount="500万円")
    crm.set(LEAD, Decision_Maker__c="確認中", Desired_Timing__c=None)
    crm.act("call", deal, "10-06 14:00", owner=None, has_content=True)
    crm.hub(contact_id="C1", budget_amount="300万円")
    assert crm.note(deal, LATE) == [
        "あと2項目で引き継ぎ完了です（対応：IS）",
        "・導入希望時期：未入力 → 「いつまでに利用開始したいか」を確認",
        "・決裁者：「確認中」と入力されています → 次回、最終決裁者と稟議の流れを確認",
        "要確認：概算予算が一致しません（HubSpot「300万円」／Salesforce「500万円」）",
        "入力先：この商談の「引き継ぎ情報」欄",
    ]


def test_a_breached_clock_of_fs_names_itself() -> None:
    crm = Crm()
    deal = passed_deal(crm, **DATED)
    crm.act("call", deal, "10-05 14:00", has_content=True)
    expected = "FS初回対応の期限（10/07 18:00）を過ぎています → 連絡して活動を記録してください"
    assert expected in crm.note(deal, LATE, CONFIRMED)


def test_a_record_that_lacks_nothing_is_told_so_and_no_more() -> None:
    assert write(scene(), "ja") == "引き継ぎに必要な項目はそろっています"


def test_a_value_is_named_with_its_system_on_a_record_of_another() -> None:
    crm = Crm()
    lead = good_lead(crm, **DATED, decision_maker="確認中", pain=None)
    hub = crm.hub(lead_id="L1")
    flags = crm.judge(lead, NOW).flags
    assert "・決裁者：「確認中」と入力されています" in str(flags[lead]["note"])
    assert "・決裁者（Salesforce）：「確認中」と入力されています" in str(flags[hub]["note"])
    assert "・顕在化している課題：未入力" in str(flags[hub]["note"])


def test_each_record_is_told_where_its_own_fields_are() -> None:
    crm = Crm()
    lead = good_lead(crm, **DATED, pain=None)
    hub = crm.hub(lead_id="L1")
    flags = crm.judge(lead, NOW).flags
    assert str(flags[lead]["note"]).endswith("入力先：このリードの「引き継ぎ情報」欄")
    assert str(flags[hub]["note"]).endswith("入力先：このコンタクトの「引き継ぎ情報」グループ")


# --- what must never be in one --------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_topic_to_avoid_and_no_persons_detail_is_ever_quoted(language: str) -> None:
    crm = Crm(language=language)
    lead = crm.lead(ng_topics="確認中" * 80, phone="1111111111", email="taro-no-mail", family="山田", given="太郎")
    hub = crm.hub(lead_id="L1", ng_topics="-")
    for record in (lead, hub):
        note = str(crm.judge(lead, NOW).flags[record]["note"])
        assert not re.search("山田|太郎|1111|taro|確認中", note)


def test_a_quote_is_one_short_line_without_control_characters() -> None:
    assert quote("確認\r\n中\t\x00\u202e\u200b  です") == "確認 中 です"
    assert quote("あ" * 41) == "あ" * 39 + "…"
    assert len(quote("あ" * 40)) == 40


def test_a_placeholder_with_line_breaks_stays_on_its_line() -> None:
    assert "・決裁者：「確認中」と入力されています → 次回、最終決裁者と稟議の流れを確認" in write(
        scene(decision_maker="\r\n確認中\n\n"), "ja"
    )


def test_the_note_is_the_same_at_any_later_time() -> None:
    crm = Crm()
    lead = good_lead(crm, **{**DATED, "next_action": "見積を送る"}, pain="確認中")
    assert crm.note(lead, "10-20 12:00", CONFIRMED) == crm.note(lead, "11-20 12:00", CONFIRMED)


def test_a_note_fits_its_field_whatever_was_typed() -> None:
    crm = Crm()
    lead = crm.lead(**dict.fromkeys(FULL, "確認中" + "。" * 3000), budget_amount="500万円")
    crm.hub(lead_id="L1", **dict.fromkeys(FULL, "-"), budget_amount="300万円")
    note = str(crm.flags(lead, LATE, CONFIRMED)["note"])
    assert len(note) <= LONGEST_NOTE
    assert note.endswith("入力先：このリードの「引き継ぎ情報」欄")


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    ja, en = CATALOGUES["ja"], CATALOGUES["en"]
    assert ja.keys() == en.keys()
    for message in ja:
        assert _fields(ja[message]) == _fields(en[message]), message
    assert messages("fr") is ja


def test_every_text_can_be_filled_in() -> None:
    for catalogue in CATALOGUES.values():
        for message, text in catalogue.items():
            assert "{" not in text.format(**dict.fromkeys(_fields(text), "x")), message


def test_what_does_not_fit_is_counted_and_the_last_line_stays() -> None:
    lines = [f"・項目{n:03}：" + "あ" * 90 for n in range(30)]
    text = _fit(lines, ["入力先：ここ"], CATALOGUES["ja"]["more"])
    assert len(text) <= LONGEST_NOTE
    assert text.split("\n")[-2:] == ["ほか10件", "入力先：ここ"]
    assert text.startswith(lines[0])


def test_no_text_accuses() -> None:
    for catalogue in CATALOGUES.values():
        for text in catalogue.values():
            assert not re.search("違反|不備|エラー|怠|放置|violation|fault|error|fail", text, re.IGNORECASE), text


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
