"""What a run left undone, in words. (Japanese, English)."""

from __future__ import annotations

from sync.cli.show import printable
from sync.cli.writing_text import WRITING
from sync.core.model.flags import FLAG_FIELDS
from sync.errors import RunProblem, Shortfall
from sync.flow.restraint import CHECKED
from sync.wording import Texts

# fmt: off
TEXTS: Texts = {
    Shortfall.UNUSABLE: ("この接続を使えません", "cannot be used"),
    Shortfall.STOPPED: ("この接続を止めました", "stopped for the rest of the run"),
    Shortfall.LEFT_OUT: ("前回の確認で使えなかったため、この接続を除きました", "left out: it could not be used when it was last asked"),
    Shortfall.FAILED: ("最後まで実行できませんでした", "the run did not come to its end"),
    Shortfall.UNREAD: ("{names} を読み取れませんでした", "{names} not read"),
    Shortfall.SWITCHED_OFF: (
        "読み取りを停止しています（閲覧の権限を戻してください。1時間以内に再確認します。使わないものはマッピングから外してください）",
        "switched off (give its right back: asked again within the hour; or take it out of the mapping if it is not to be "
        "read)",
    ),
    Shortfall.UNANSWERED: (
        "読み取れず、この環境にあるかどうかも分かりません（数分以内に再確認します。実際にないものはマッピングから外してください）",
        "not read, and whether it is there is not known (asked again within minutes; if this account has no such thing, "
        "take it out of the mapping)",
    ),
    Shortfall.ACTIVITIES_UNREAD: ("活動を読み直せませんでした", "activities not read again"),
    Shortfall.LINKS_UNREAD: ("活動の紐づけを読み直せませんでした", "links not read again"),
    Shortfall.EXPIRED_UNREAD: (
        "保存期間を過ぎて値を消した{count}件を読み直せませんでした",
        "{count} records whose values had been dropped were not read again",
    ),
    Shortfall.CONFLICTS_UNREAD: ("書き込みの間に変わった{count}件を読み直せませんでした", "{count} conflicts not read again"),
    Shortfall.WRITES_UNREAD: ("結果が不明な書き込み{count}件を確かめられませんでした", "{count} writes of unknown outcome not read back"),
    Shortfall.TOPICS_UNREAD: ("NG事項を読み取れませんでした", "NG topics not read"),
    Shortfall.REFUSALS_UNREAD: ("書き込みを拒否されたレコードを読み取れませんでした", "records of refused writes not read"),
    Shortfall.UNCOMPARED: ("全件の照合を最後まで行えませんでした", "not compared to the end"),
    Shortfall.MISSING: (
        "保存済みの{detail}件のうち{count}件がCRMの一覧にありません。閲覧権限が外れた可能性があります。"
        "実際に削除したのであれば baton ops once --reconcile --approve",
        "{count} of {detail} stored records are not in the CRM's list; rights may have been taken away. If they were really "
        "deleted: baton ops once --reconcile --approve",
    ),
    Shortfall.UNASKED: ("見積もりに必要なことの一部を確かめられませんでした", "not all could be asked"),
    Shortfall.UNJUDGED: (
        "すべてのストリームを読むまで判定しません。--stream を付けずに、または残りのストリームを指定して再度実行してください",
        "nothing is judged before all streams are read: begin again without --stream, or with the others",
    ),
    Shortfall.LINK_FAILED: ("紐づけられませんでした", "could not be joined"),
    Shortfall.JUDGE_FAILED: ("判定できませんでした", "the judgement failed"),
    Shortfall.UNSENT: ("書き込めませんでした", "not written"),
    Shortfall.PARKED: ("{count}件の書き込みを停止（要確認）：{detail}（例：{names}）", "{count} parked: {detail} ({names})"),
    Shortfall.RETRY: ("{count}件は後で再試行：{detail}（例：{names}）", "{count} to be tried again: {detail} ({names})"),
    Shortfall.UNKNOWN: ("{count}件は書き込み結果を確認中：{detail}（例：{names}）", "{count} of unknown outcome: {detail} ({names})"),
    Shortfall.UNWRITABLE: ("書き込めない項目：{names}（{detail}）", "cannot be written: {names} ({detail})"),
    Shortfall.CONTESTED: (
        "{count}件の {detail} は、書き込むたびに別の処理で書き換えられるため1日書き込みません（例：{names}）",
        "{detail} of {count} is left alone for a day: somebody changes it back each time ({names})",
    ),
    Shortfall.ERASED: ("消去したレコードについての記録のため、残していません", "not kept: it named a record that was erased"),
    Shortfall.TOLD: ("{detail}", "{detail}"),
}
_FLAGS = {flag.name: flag for flag in FLAG_FIELDS}
_ERRORS: Texts = {
    "TransientError": ("一時的な失敗", "it may pass"),
    "Throttled": ("CRMの呼び出し制限", "the CRM asks to slow down"),
    "BudgetExhausted": ("API予算の上限", "the API budget is used up"),
    "OutcomeUnknown": ("結果が不明", "nobody knows the outcome"),
    "AuthError": ("認証情報の拒否", "the credentials were refused"),
    "StreamUnavailable": ("この環境では利用不可", "not there, or no right to it"),
}
# fmt: on
_OURS: Texts = {CHECKED: WRITING["unwritable_checked"]}
"""Details that are a word of ours."""


def say_problem(problem: RunProblem, language: str) -> str:
    """In a line that is safe for a terminal."""
    index, colon, comma, brackets = (0, "：", "、", "（{}）") if language == "ja" else (1, ": ", ", ", " ({})")
    text, detail = TEXTS[problem.code][index], problem.detail
    detail = _OURS[detail][index] if detail in _OURS else detail
    names = [*problem.names, *(["…"] if problem.count > len(problem.names) else [])]
    if problem.code is Shortfall.UNWRITABLE:
        names = [_label(name, language) for name in names]
    elif problem.code is Shortfall.CONTESTED:
        detail = _label(detail, language)
    told = text.format(count=problem.count, names=comma.join(names), detail=detail)
    if problem.error:
        told += brackets.format(say_error(problem.error, language))
    parts = (problem.where, told, "" if "{detail}" in text else detail)
    return printable(colon.join(part for part in parts if part))


def _label(name: str, language: str) -> str:
    """A field of ours as it is labelled in the CRMs, with the option of it that is meant."""
    flag, space, option = name.partition(" ")
    return _FLAGS[flag].label(language) + space + option if flag in _FLAGS else name


def say_error(name: str, language: str) -> str:
    """A class of `sync.errors`, by what it means for whoever waits; any other by its name."""
    return _ERRORS[name][language != "ja"] if name in _ERRORS else name
