"""What companies call the handoff items: labels as admins write them, and words that mean something else.

Every word is compared folded (width, case, blanks, punctuation). Only a label that is one of these as a whole is sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the field of one item can be known."""

    words: tuple[str, ...]
    """Labels that say it as a whole; inside a longer label they only hint at it."""
    sorts: tuple[str, ...] = ("text", "multi_choice", "choice")
    """Sorts of fields that can hold it."""
    kind: str = ""
    """The normaliser whose readers must understand most values; empty: any text will do."""
    against: tuple[str, ...] = ()
    """Words in a label that make it another thing."""


_CHOICE = ("choice", "text", "multi_choice")
_OTHERS = ("id", "番号", "コード", "code", "url", "フラグ", "flag", "件数", "スコア", "score", "最終更新", "登録日")

WANTED: Mapping[str, Wanted] = {
    "company": Wanted(
        ("会社名", "企業名", "法人名", "貴社名", "御社名", "組織名", "顧客名", "取引先名", "company", "companyname", "accountname", "organization"),
        ("text",),
        "company",
        ("親会社", "競合", "紹介", "パートナー", "代理店", "parent", "partner", "competitor"),
    ),
    "department": Wanted(
        ("部署名", "部署", "所属部署", "部門", "部門名", "所属", "お客様部署", "department", "division"),
        _CHOICE,
        "",
        ("is部署", "fs部署", "営業部門", "自社", "担当部署", "owner"),
    ),
    "contact_name": Wanted(("担当者名", "氏名", "お名前", "ご担当者名", "contactname", "fullname"), ("text",), "person", ("営業", "is", "fs", "自社", "決裁", "owner")),
    "job_title": Wanted(
        ("役職", "役職名", "肩書", "肩書き", "職位", "jobtitle", "title", "position"),
        _CHOICE,
        "title",
        ("決裁者", "営業"),
    ),
    "phone": Wanted(
        ("電話", "電話番号", "携帯", "携帯電話", "携帯番号", "携帯電話番号", "会社電話", "直通電話", "tel", "phone", "phonenumber", "mobile", "mobilephone", "mobilephonenumber"),
        ("text",),
        "phone",
        ("fax", "ファックス", "代表"),
    ),
    "email": Wanted(
        ("メール", "メールアドレス", "eメール", "電子メール", "email", "emailaddress", "mail"),
        ("text",),
        "email",
        ("配信", "オプトアウト", "opt", "件名", "最終", "cc", "営業", "ドメイン", "domain"),
    ),
    "lead_source": Wanted(
        ("リードソース", "流入元", "流入経路", "獲得経路", "獲得チャネル", "リード獲得元", "チャネル", "問い合わせ経路", "お問い合わせ経路", "認知経路", "leadsource", "source", "channel", "originalsource", "originaltrafficsource"),
        _CHOICE,
        "",
        ("詳細", "detail", "ドリル", "drill"),
    ),
    "sql_date": Wanted(
        ("sql判定日", "sql日", "sql化日", "sql認定日", "商談化判定日", "パス日", "案件引き渡し日", "トスアップ日", "sqldate", "becameasalesqualifiedleaddate", "dateenteredsalesqualifiedlead"),
        ("date", "instant"),
        "",
        ("予定", "mql"),
    ),
    "sql_reason": Wanted(
        ("sql判定理由", "判定理由", "sql理由", "sql化理由", "sql認定理由", "商談化理由", "パス理由", "トスアップ理由", "sqlreason", "qualificationreason"),
        _CHOICE,
        "",
        ("失注", "差し戻し", "差戻", "除外", "不可", "lost", "return"),
    ),
    "budget_status": Wanted(
        ("予算化の有無", "予算化", "予算化状況", "予算の有無", "予算有無", "予算状況", "予算確保", "予算確保状況", "budgetstatus", "budgetconfirmed"),
        ("choice", "text"),
        "picklist",
        ("金額", "額", "amount", "年度", "自社"),
    ),
    "budget_amount": Wanted(
        ("概算予算", "予算額", "予算金額", "想定予算", "予算規模", "予算感", "ご予算", "予算", "budgetamount", "budget", "estimatedbudget"),
        ("text", "number", "choice"),
        "money",
        ("有無", "状況", "確保", "自社", "広告", "status"),
    ),
    "timing": Wanted(
        ("導入希望時期", "導入時期", "導入予定時期", "検討時期", "希望導入時期", "利用開始希望時期", "希望時期", "desiredtiming", "timing", "timeline", "timeframe"),
        ("text", "choice", "date"),
        "timing",
        ("契約更新", "競合", "現行", "renewal"),
    ),
    "decision_maker": Wanted(
        ("決裁者", "最終決裁者", "決裁者名", "意思決定者", "決裁権者", "キーマン", "decisionmaker", "economicbuyer"),
        ("text", "reference", "choice"),
        "",
        ("資料", "説明", "面談", "接触", "同席", "有無", "アプローチ", "met", "reached"),
    ),
    "decision_process": Wanted(
        ("意思決定プロセス", "決裁プロセス", "決裁フロー", "稟議フロー", "稟議プロセス", "意思決定フロー", "決裁ルート", "決裁の流れ", "decisionprocess", "approvalprocess"),
        _CHOICE,
        "",
        ("自社", "社内値引"),
    ),
    "pain": Wanted(
        ("課題", "顕在化している課題", "顕在課題", "お客様の課題", "現状の課題", "課題感", "抱えている課題", "困りごと", "お困りごと", "課題内容", "pain", "painpoint", "painpoints", "challenge", "challenges"),
        _CHOICE,
        "",
        ("管理", "社内", "解決済", "有無"),
    ),
    "purpose": Wanted(
        ("導入目的", "目的", "期待する成果", "導入目的期待する成果", "期待効果", "導入の目的", "期待成果", "purpose", "goal", "goals"),
        _CHOICE,
        "",
        ("訪問", "商談の", "会議", "来場", "利用目的", "個人情報"),
    ),
    "competitors": Wanted(
        ("競合検討状況", "競合", "競合状況", "競合他社", "比較検討先", "他社検討状況", "比較検討状況", "検討中の他社", "competitors", "competitor", "competition"),
        _CHOICE,
        "",
        ("契約", "更新", "失注", "製品", "lost", "期限"),
    ),
    "contact_history": Wanted(
        ("過去のコンタクト履歴", "コンタクト履歴", "接触履歴", "対応履歴", "これまでの経緯", "経緯", "ヒアリング履歴", "contacthistory"),
        ("text",),
        "",
        ("クレーム", "サポート"),
    ),
    "engaged_content": Wanted(
        ("刺さったコンテンツ", "刺さったコンテンツ資料", "刺さった資料", "反応のよかった資料", "反応の良かった資料", "関心コンテンツ", "興味を持った資料", "engagedcontent"),
        _CHOICE,
        "",
        ("送付",),
    ),
    "ng_topics": Wanted(
        ("ng事項", "ngトピック", "ng話題", "ng", "注意事項", "避けるべき話題", "触れてはいけないこと", "禁句", "ngtopics", "topicstoavoid"),
        _CHOICE,
        "",
        ("理由", "配信", "架電", "電話ng", "メールng", "reason"),
    ),
    "next_action": Wanted(
        ("次回アクション", "次回アクション予定", "次のアクション", "次のステップ", "ネクストアクション", "次回予定", "nextaction", "nextstep", "nextsteps"),
        _CHOICE,
        "",
        ("自社", "次回更新"),
    ),
    "memo": Wanted(
        ("補足メモ", "引き継ぎメモ", "引継ぎメモ", "引継メモ", "補足", "補足事項", "申し送り", "申し送り事項", "handoffmemo", "handoffnote"),
        ("text",),
        "",
        ("自動",),
    ),
}  # fmt: skip
"""By item id."""

INPUTS: Mapping[str, Wanted] = {
    "fs_decision": Wanted(
        ("fs判定", "fs判断", "fs受領", "fs受領判定", "受領判定", "受領差し戻し", "受け入れ判定", "パス判定", "fs回答", "fsの回答", "fsdecision"),
        ("choice", "text"),
        "choices",
    ),
    "return_reason": Wanted(
        ("差し戻し理由", "差戻し理由", "差戻理由", "返却理由", "リサイクル理由", "returnreason"),
        ("choice", "text"),
        "choices",
        ("失注", "lost"),
    ),
}  # fmt: skip
"""People's answers that a definition rests on, by input id."""

ELSEWHERE = _OTHERS
"""In a longer label: a thing about the item and not the item."""
