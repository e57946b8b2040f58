"""What people read who wonder what one of our fields is: its help text in the CRM. (Japanese, English)."""

from __future__ import annotations

from collections.abc import Mapping

FLAG_HELP: Mapping[str, tuple[str, str]] = {
    "status": (
        "この引き継ぎ（パス）がいまどの段階かを、自社のパス基準に沿って自動で表示します。",
        "Where this handoff stands, judged by your company's own definition. Set automatically.",
    ),
    "sql_verdict": (
        "SQL判定基準を満たしているか。情報が足りないときは「確認待ち」になり、不合格とはみなしません。",
        "Whether the SQL criteria are met. What is not known yet is to be confirmed, never a failure.",
    ),
    "missing_items": (
        "パスに必要で、まだ確認できていない項目。入力すると自動で消えます。",
        "Items that the pass needs and that are not there yet. Fill them in and they go away by themselves.",
    ),
    "missing_count": ("まだ確認できていない項目の数。", "How many items are not there yet."),
    "unmet_criteria": ("満たしていないことが確認できたSQL基準。", "SQL criteria that are known not to be met."),
    "next_actor": ("次に対応する役割（IS・FS・運用）。", "Who acts next: IS, FS or RevOps."),
    "note": (
        "次に対応する人へのメモ。足りない項目と、どこに入力すればよいかを自動で書きます。手で書き換えても元に戻ります。",
        "For whoever acts next: what is missing and where to type it. Written automatically; edits are put back.",
    ),
    "brief": (
        "FSへの引き継ぎのまとめ。各行の末尾は出どころです。手で書き換えても元に戻ります。",
        "The handoff in brief for field sales, each line with its source. Written automatically; edits are put back.",
    ),
    "is_sla": ("ISの初回接触が期限内かどうか。", "Whether inside sales made the first contact in time."),
    "is_due": (
        "ISの初回接触の期限（営業時間で計算）。",
        "By when inside sales is to make the first contact (working time).",
    ),
    "is_at": ("ISの初回接触の日時（活動記録から）。", "When inside sales made the first contact, from the activities."),
    "fs_sla": ("FSの初回対応が期限内かどうか。", "Whether field sales made the first contact in time."),
    "fs_due": (
        "FSの初回対応の期限（営業時間で計算）。",
        "By when field sales is to make the first contact (working time).",
    ),
    "fs_at": ("FSの初回対応の日時（活動記録から）。", "When field sales made the first contact, from the activities."),
    "missing_at_pass": (
        "パスの時点で確認できていなかった項目。あとから入力しても変わりません（振り返り用）。",
        "Items that were not there at the pass. Stays as it was, for looking back.",
    ),
    "passed_at": ("パスした日時。", "When the handoff was passed."),
    "definition": ("判定に使ったパス基準の版。", "The version of the definition that was applied."),
    "ng_reference": (
        "NG事項の写し（参照専用）。元の項目で編集してください。",
        "A copy of the topics to avoid, for reference. Edit the original field.",
    ),
    "is_minutes": (
        "ISの初回接触までの営業時間（分）。人事評価には使いません。",
        "Working minutes until the first contact of inside sales. Not for appraising people.",
    ),
    "fs_minutes": (
        "FSの初回対応までの営業時間（分）。人事評価には使いません。",
        "Working minutes until the first contact of field sales. Not for appraising people.",
    ),
    "attempts": (
        "接触を試みた回数。人事評価には使いません。",
        "How often a contact was tried. Not for appraising people.",
    ),
}
"""By flag, for every flag."""
