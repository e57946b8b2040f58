"""What `baton report` says on the terminal: (Japanese, English). Of what it refuses: what is wrong, and what to do."""

from __future__ import annotations

from sync.wording import Texts

TEXTS: Texts = {
    "saved": ("レポートを作成しました：{path}", "report written: {path}"),
    "format": ("Excel ファイルは画面に出力できません", "an Excel file cannot be shown on the terminal"),
    "format.hint": ("--output FILE.xlsx を加えてください", "add --output FILE.xlsx"),
    "month": ("{text!r} は月として読めません", "{text!r} is no month"),
    "month.hint": (
        "YYYY-MM、または YYYY-MM..YYYY-MM（古い月が先、120か月まで）と書いてください",
        "write YYYY-MM, or YYYY-MM..YYYY-MM (the earlier one first, 120 months at most)",
    ),
    "list": ("{text!r} という率はありません", "{text!r} is no rate"),
    "list.hint": ("使える値：{known}", "known: {known}"),
    "segment": ("report.segment が設定されていないため、区分別に分けられません", "report.segment is not set, so there is nothing to part by"),
    "segment.hint": (
        "「report: {{segment: 項目}}」と、選択肢から選ぶ項目（業種など）を書いてください",
        "write `report: {{segment: ITEM}}` with an item that is picked from a list, e.g. an industry",
    ),
    "unwritable": ("書き込めません：{why}", "cannot be written: {why}"),
    "unwritable.hint": ("パスと権限を確かめてください", "check path and rights"),
}  # fmt: skip
