"""The core's reasons in Japanese. The core speaks English only; what is not in the table is shown as it is."""

from __future__ import annotations

import re

_RANKS = {
    "staff": "一般", "senior_staff": "主任", "supervisor": "係長", "manager": "課長", "deputy_general_manager": "次長",
    "general_manager": "部長", "division_head": "本部長", "executive_officer": "執行役員", "board_director": "取締役",
    "president": "社長・代表",
}  # fmt: skip
_WORDS = {
    **_RANKS,
    "secured": "確保済み", "expected": "見込みあり", "none": "なし", "unknown": "不明",
    "meeting_booked_with_fs": "FSとの商談設定", "owner_role_changes": "担当がISからFSへ変更",
    "lead_converted": "リードの取引開始", "opportunity_created": "商談の作成", "status_in": "状況の変更",
}  # fmt: skip

_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(english), japanese)
    for english, japanese in (
        # scope
        (r"passed before flags\.enforce_from", "運用開始日（flags.enforce_from）より前のパス"),
        (
            r"the stage is empty or unreadable and is not in scope\.contact_stages",
            "ライフサイクルステージが空か、読み取れない",
        ),
        (r"the stage (.+) is not in scope\.contact_stages", "ライフサイクルステージ {0} は対象外"),
        (r"converted without an opportunity", "商談なしで取引開始"),
        (r"the lead is closed: (.+)", "リードはクローズ済み（{0}）"),
        (r"owned by FS from the start, without a pass", "最初からFSが担当（FS直）"),
        (r"a business card of FS", "FSが交換した名刺（FS直）"),
        (r"the opportunity is closed", "商談はクローズ済み"),
        (r"the opportunity's type is (.+)", "商談の種別が {0}"),
        (r"the lead source is (.+)", "リードソースが {0}"),
        (r"the account's type is (.+)", "取引先の種別が {0}"),
        (r"no converted lead and no activity of IS", "取引開始したリードもISの活動もない"),
        # pass
        (r"(\S+) is a meeting of a colleague with role FS", "{0} はFSの会議"),
        (r"the owner of (\S+) changed from role (\S+) to (\S+)", "{0} の担当が {1} から {2} に変わった"),
        (r"(\S+) was converted", "{0} の取引を開始"),
        (r"(\S+) was converted on an unknown day", "{0} の取引を開始（日付不明）"),
        (r"(\S+) was converted on (\S+)", "{0} の取引を {1} に開始"),
        (r"(\S+) was created", "{0} を作成"),
        (r"(\S+) got the status (.+)", "{0} の状況が {1} になった"),
        (r"(\S+) has the status; nobody recorded since when", "{0} はその状況にあるが、いつからかの記録がない"),
        # waivers
        (r"nobody has approved it yet", "まだ承認されていない"),
        (r"nobody can tell who approved it: no change is on record", "だれが承認したか、変更の履歴がない"),
        (r"it was approved by somebody who is none of the approvers", "承認者でない人が承認した"),
        (r"the approval on record is not the one on the record", "承認の履歴が、レコードの値と合わない"),
        (r"it was changed after it was approved", "承認のあとで内容が変わった"),
        (r"its last day is no date", "期限が日付として読み取れない"),
        (r"its last day is over", "期限が過ぎた"),
        (r"(?:asked for|given) in an earlier (?:round|cycle)", "以前の回のもの"),
        # criteria
        (r"the job title names no rank", "役職から職位を判断できない"),
        (r"rank (\S+)", "職位：{0}"),
        (r"rank (\S+) says nothing about influence", "職位（{0}）だけでは決裁への関与が分からない"),
        (r"the budget status is not known", "予算化の有無が分からない"),
        (r"budget (\S+)", "予算：{0}"),
        (r"the timing is not known", "導入希望時期が分からない"),
        (r"no SQL date and no pass to measure from", "起算日（SQL判定日・パス日）がない"),
        (r"starts at once, needed by (\S+)", "すぐに開始（{0} までなら基準内）"),
        (r"starts (\S+), needed by (\S+)", "{0} から（{1} までなら基準内）"),
        (r"starts (\S+), after (\S+)", "{0} から（{1} より後）"),
        (r"no pain is stated", "課題が書かれていない"),
        (r"the pain is vague", "課題が具体的でない"),
        (r"a concrete pain is stated", "具体的な課題がある"),
        (r"nobody says how much they want to solve it", "解決意欲が分からない"),
        (r"the score is not known", "スコアが分からない"),
        (r"score (\S+), below (\S+)", "スコア {0}（基準 {1} 未満）"),
        (r"score (\S+)", "スコア {0}"),
        (r"nobody knows whom this opportunity is about", "商談の相手を特定できない"),
        # clocks
        (r"the handoff opened", "引き継ぎの開始"),
        (r"a missed inbound call \((\S+)\)", "不在着信（{0}）"),
        (r"the batch from (.+)", "一括登録の最初の1件（{0}）"),
        (r"the day given for the batch from (.+)", "一括登録に指定された開始日（{0}）"),
        (r"the pass \((\S+)\)", "パス（{0}）"),
        (r"(\S+) of (\S+:\S+:\S+)", "{1} の {0}"),
        (r"passed before it was due", "期限前にパス済み"),
        (r"returned by FS", "FSから差し戻し"),
        (r"out of scope", "対象外"),
        (r"there is no target", "目標時間の設定がない"),
        (r"nobody knows when it started", "起点（問い合わせ・パス）がまだないか、日時が分からない"),
        (r"start_when does not hold", "開始条件（start_when）を満たさない"),
        (r"it starts later", "起点がまだ来ていない"),
        (r"it started before its enforce_from", "起点がこのSLAの運用開始日（enforce_from）より前"),
        (r"pause_when holds", "停止条件（pause_when）に当てはまる"),
        (r"cancel_when holds", "取り消し条件（cancel_when）に当てはまる"),
        (r"reset_when began to hold", "再開始条件（reset_when）に当てはまった"),
        (r"the owner of (\S+) changed", "{0} の担当変更"),
        (r"(\S+) was assigned to the team", "{0} のチームへの割り当て"),
        (r"sql_date is (\S+)", "SQL判定日 {0}"),
        (r"no contact found", "接触が見つからない"),
        (r"no answer yet", "FSの回答（受領・差し戻し）待ち"),
        (r"no answer found", "FSの回答（受領・差し戻し）がない"),
        (
            r"an answer may hang on a record that could not be joined",
            "紐づけが決まらないレコードに回答がある可能性がある",
        ),
        (
            r"the native sync copied a contact from a record that is not joined",
            "標準連携が書いた活動の元の記録が、紐づいていないコンタクトにあるとみられる（RevOpsが紐づけを確認すると判定できる）",
        ),
        (
            r"a contact seems to be on record that cannot be read",
            "Baton に閲覧権限のない接触の記録があるとみられる（RevOpsが閲覧権限を付与すると判定できる）",
        ),
        (r"FS answered: accepted", "FSが受領"),
        (r"FS answered: returned", "FSが差し戻し"),
        (r"it started before flags\.enforce_from", "起点が運用開始日（flags.enforce_from）より前"),
        (r"evidence too thin", "このチームの活動が十分に記録されていないため、期限超過を判定していない"),
        (r"no contact yet", "まだ接触がない"),
        (r"no contact found when the evidence was read again", "記録を読み直したが、接触が見つからない"),
        (r"the evidence could not be read again", "記録を読み直せなかった"),
        (
            r"a contact may hang on a record that could not be joined",
            "紐づけが決まらないレコードに接触の記録がある可能性がある",
        ),
        (r"due; the evidence has yet to be read again", "期限を過ぎたが、記録の読み直しがまだ"),
        (r"a meeting (?:was|is) booked", "会議の設定"),
        (r"an outbound call", "発信の架電"),
        (r"an answered inbound call", "応答した着信"),
        (r"an outbound e-?mail", "1対1のメール送信"),
        (r"an outbound message", "メッセージの送信"),
        (r"a done task of type (.+)", "完了した活動（種別：{0}）"),
        # values
        (r"placeholder word", "仮の入力とみられる語"),
        (r"in_future", "先の日付"),
        (r"before_creation", "レコードの作成日より前の日付"),
        (r"own_name", "ご担当者ご本人の名前・役職"),
        (r"typed, but not usable", "入力はあるが使えない"),
        (r"not a number", "数値として読めない"),
        (r"the field is not readable", "項目を読み取れない"),
        (r"not mapped on any record of this handoff", "この引き継ぎのどのレコードにも対応する項目がない"),
        (r"the link to (\S+) is ambiguous", "{0} との紐づけを確定できない"),
        (r"unmapped", "選択肢の対応表にない値"),
        (r"dummy number", "実在しない番号"),
        (r"masked number", "伏せ字のある番号"),
        (r"dummy address", "実在しないアドレス"),
        (r"no such top-level domain", "存在しないドメイン"),
        (r"follow-up", "次回確認の予定あり"),
        (r"a contact role names the decision maker", "取引先責任者の役割に決裁者がいる"),
        (r"an activity with content", "内容のある活動記録がある"),
        (r"monthly", "月額"),
        (r"yearly", "年額"),
        (r"only punctuation", "記号だけの入力"),
        (r"nobody in particular", "特定の人ではない"),
        (r"not a name", "人名として読めない"),
        (r"several people", "複数の人の名前"),
        (r"a post without a name", "役職だけで名前がない"),
        (r"a legal form without a name", "法人格だけで社名がない"),
        (r"made-up name", "仮の社名とみられる語"),
        (r"not a text", "文字として読めない"),
        (r"fax", "FAX番号"),
        (r"too short", "桁数が足りない"),
        (r"too long", "桁数が多すぎる"),
        (r"no such number|not a phone number", "電話番号として正しくない"),
        (
            r"no @|not an e-mail address|local part (?:over 64 characters|outside ASCII)"
            r"|.*(?:@-sign|email address|display name|close quote|bracketed).*",  # in the words of email-validator
            "メールアドレスとして正しくない",
        ),
        (r"not an amount|no exact amount", "金額として読めない"),
        (r"a unit is missing", "単位（円・万円など）がない"),
        (r"several amounts|both an upper and a lower limit", "金額が複数ある"),
        (r"two currencies|a currency that several countries use", "通貨を特定できない"),
        (r"the range runs backwards", "範囲の上限と下限が逆"),
        (r"digits are grouped wrongly|the point may group or divide", "桁区切りを判断できない"),
        (r"no known form of a timing", "時期として読めない"),
        (r"unknown form, or relative without a date of writing", "時期として読めないか、記入日が分からない"),
        (r"not a date|a number that is no date|out of range|no such date", "日付として正しくない"),
        (r"the order of day and month is unclear", "日と月の順を判断できない"),
        (r"no such time|no such offset", "時刻として正しくない"),
        (r"no time given", "時刻の記載なし"),
        # links
        (r"(\S+): (\d+) (\S+) records have one of its e-mail addresses", "{0}：同じメールアドレスの {2} が{1}件ある"),
        (r"cut: (\d+) records hang together", "{0}件がつながっているため分割"),
    )
)
_TARGET = re.compile(r"(?:(.+): )?(none|same_business_day|(\d+) business_days|(\d+) (business_)?seconds)")


def phrase(text: str | None, language: str) -> str:
    """A reason of the core in the company's language."""
    if not text or language != "ja":
        return text or ""
    for pattern, japanese in _PHRASES:
        if found := pattern.fullmatch(text):
            return japanese.format(*(_WORDS.get(part, part) for part in found.groups()))
    return _WORDS.get(text, text)


def target_phrase(text: str, language: str) -> str:
    """A clock's target: 「demo: 2 business_days」."""
    found = _TARGET.fullmatch(text) if language == "ja" else None
    if found is None:
        return text
    channel, span, days, seconds, business = found.groups()
    if days:
        told = f"{days}営業日以内"
    elif seconds:
        told = f"{int(seconds) // 60}分以内{'（営業時間）' if business else ''}"
    else:
        told = "なし" if span == "none" else "当日中（営業日）"
    if channel and channel.startswith("rank "):
        return f"{told}（一括登録のランク{channel.removeprefix('rank ')}）"
    channel = "不明" if channel == "no known channel" else channel
    return f"{told}（リードソース：{channel}）" if channel else told
