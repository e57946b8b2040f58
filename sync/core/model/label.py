"""What the values of our flags are called, in both languages: on records, pages and terminals alike."""

from __future__ import annotations

from collections.abc import Mapping

VALUE_LABELS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "status": {
        "preparing": ("パス準備中", "Preparing the pass"),
        "ready": ("パス可", "Ready to pass"),
        "passed_incomplete": ("パス済み・要補完", "Passed, to be completed"),
        "passed": ("パス済み", "Passed"),
        "returned": ("差し戻し（再パス待ち）", "Returned (to be passed again)"),
        "undetermined": ("判定できません（設定確認中）", "Cannot be judged (setup being checked)"),
        "out_of_scope": ("対象外", "Out of scope"),
    },
    "sql_verdict": {
        "qualified": ("基準を満たす", "Meets the criteria"),
        "not_qualified": ("基準未達", "Below the criteria"),
        "undetermined": ("確認待ち（情報不足）", "To be confirmed"),
        "waived": ("例外承認", "Waived"),
    },
    "next_actor": {
        "is": ("IS", "IS"),
        "fs": ("FS", "FS"),
        "revops": ("運用", "RevOps"),
        "none": ("なし", "Nobody"),
    },
    "sla": {
        "waiting": ("期限内（未対応）", "In time (open)"),
        "at_risk": ("まもなく期限", "Due soon"),
        "met": ("対応済み", "Done"),
        "breached": ("期限超過（未対応）", "Overdue (open)"),
        "met_late": ("対応済み（期限後）", "Done (late)"),
        "paused": ("一時停止", "Paused"),
        "unverified": ("確認中", "Being checked"),
        "none": ("対象外", "Not applicable"),
    },
    "unmet_criteria": {
        "authority": ("決裁権", "Authority"),
        "budget": ("予算", "Budget"),
        "timing": ("時期", "Timing"),
        "need": ("課題", "Need"),
        "score": ("スコア", "Score"),
    },
    "return_reason": {
        "info_missing": ("情報不足", "information missing"),
        "not_sql": ("基準未達", "below the criteria"),
        "too_early": ("時期尚早", "too early"),
        "no_decision_maker": ("決裁者に届いていない", "no way to the decision maker yet"),
        "wrong_territory": ("担当・テリトリー違い", "wrong owner or territory"),
        "duplicate_or_customer": ("重複・既存顧客", "duplicate or existing customer"),
        "unreachable": ("連絡不通", "cannot be reached"),
        "other": ("その他", "other"),
    },
}
"""Group → value → (Japanese, English). A group is the name of a flag or input; `sla` serves both first-contact states."""


def labels_of(flag: str, language: str) -> dict[str, str]:
    """Value → label for a choice flag in `ja` or `en`."""
    group = "sla" if flag.endswith("_sla") else flag
    return {value: texts[0 if language == "ja" else 1] for value, texts in VALUE_LABELS[group].items()}
