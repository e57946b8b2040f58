"""What `baton audit` tells. (Japanese, English)."""

from __future__ import annotations

from sync.wording import Texts

TEXTS: Texts = {
    "reading": ("読み取り中：{stream} {count:,}件", "reading {stream}: {count:,}"),
    "found": (
        "引き継ぎ項目：16項目中 {sure} 項目の候補を確定、要確認 {doubt}。レコード {records:,}件、API {calls:,}回。CRM には何も書き込んでいません。",
        "Items: {sure} of 16 found, {doubt} more to be confirmed. {records:,} records, {calls:,} API calls. Nothing was written to a CRM.",
    ),
    "written": ("作成しました：", "Written:"),
    "partial": ("読み取れなかった範囲があります：{where}（レポートの末尾に理由）", "Could not be read: {where} (reasons at the end of the page)"),
    "next": ("次に {page} を開き、mappings/ の「要確認」を確かめてください。", "Open {page}, then look at what is marked in mappings/."),
    "mark_sure": ("{label}（確信度 {confidence}）", "{label} (confidence {confidence})"),
    "mark_doubt": ("要確認（確信度 {confidence}）：{label}。正しければ行頭の # を外す", "to be confirmed (confidence {confidence}): {label}; if right, uncomment"),
    "mark_none": ("候補の項目なし", "no candidate field"),
    "mark_waiver": ("例外申請を使う場合に項目を作成して指定", "for exceptions: make the field, then uncomment"),
}  # fmt: skip
