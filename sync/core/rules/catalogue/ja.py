"""Japanese texts of the note."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    # Headlines, one per status.
    "head.passed": "引き継ぎに必要な項目はそろっています",
    "head.ready": "引き継ぎに必要な項目はそろっています",
    "head.passed_incomplete": "あと{count}項目で引き継ぎ完了です（対応：{actor}）",
    "head.preparing": "あと{count}項目でパスできます（対応：{actor}）",
    "head.returned": "FSから差し戻されました（理由：{reason}）",
    "head.returned_plain": "FSから差し戻されました",
    "head.undetermined_person": "判定できません：この商談の担当者（先方）を1人に特定できません",
    "head.undetermined_link": "判定できません：もう一方のCRMの同じ人を1件に特定できません",
    "head.undetermined_unreadable": "判定できません：読み取れない項目があります（{items}）",
    "revops.person": "→ 運用（RevOps）が、商談の「取引先責任者の役割」で主担当を1人設定",
    "revops.link": "→ 運用（RevOps）が、重複しているレコードを整理",
    "revops.unreadable": "→ 運用（RevOps）が、項目の権限とマッピングの設定を確認",
    # Missing items.
    "item.missing": "・{label}：未入力{ask}",
    "item.placeholder": "・{label}：「{raw}」と入力されています{ask}",
    "item.placeholder_hidden": "・{label}：仮の内容が入力されています{ask}",
    "item.invalid": "・{label}：「{raw}」は{why}{ask}",
    "item.invalid_hidden": "・{label}：入力内容を読み取れません{ask}",
    "item.stale": "・{label}：「{raw}」は時期が過ぎています{ask}",
    "item.stale_hidden": "・{label}：時期が過ぎています{ask}",
    "item.channel_unusable": "・{label}：つながる連絡先が入っていません{ask}",
    "ask": " → {ask}",
    "why.picklist": "選択肢にない値です",
    "why.timing": "時期として読み取れません（例：2026年10月）",
    "why.date": "日付として読み取れません（例：2026/10/01）",
    "why.datetime": "日時として読み取れません（例：2026/10/01 10:00）",
    "why.money": "金額として読み取れません（例：300万円）",
    "why.phone": "電話番号として読み取れません",
    "why.email": "メールアドレスとして読み取れません",
    "why.other": "読み取れません（形式をご確認ください）",
    # Vague texts and criteria.
    "vague": "・具体性の確認：{label}「{raw}」 → どの業務で、どのくらい困っているかを具体的に確認",
    "vague_hidden": "・具体性の確認：{label} → どの業務で、どのくらい困っているかを具体的に確認",
    "criterion.authority.unknown": "・決裁への関与：役職だけでは確認できません → 次回、決裁への関わりを確認",
    "criterion.budget.not_met": "・予算：「{raw}」のため、いまはSQL基準に届いていません → 予算化の見込みと時期を確認",
    "criterion.budget.unknown": "・予算：「{raw}」と入力されています → 予算が確保済みか、見込みがあるかを確認",
    "criterion.timing.not_met": (
        "・導入希望時期：「{raw}」は、SQL基準（{months}か月以内に開始）より先です → 早められる事情があるかを確認"
    ),
    "criterion.timing.unknown": "・導入希望時期：SQL判定日がないため、基準に合うか確認できません → SQL判定日を入力",
    "criterion.timing.follow_up": "・導入希望時期：「{raw}」と入力されています → 確認できた時期を入力",
    # What needs a look.
    "conflict": "要確認：{label}が一致しません（{values}）",
    "conflict_value": "{system}「{raw}」",
    "conflict_separator": "／",
    "ambiguous": "要確認：もう一方のCRMの同じ人を1件に特定できません → 運用（RevOps）が、重複しているレコードを整理",
    "automatic": "運用（RevOps）へ：{items}が入っていません → 連携とマッピングの設定を確認",
    # Clocks.
    "clock.is_first_contact": "IS初回接触",
    "clock.fs_first_contact": "FS初回対応",
    "clock.breached": "{clock}の期限（{due}）を過ぎています → 連絡して活動を記録してください",
    "clock.met_late": "{clock}：期限（{due}）の後、{at}に対応済みです",
    "clock.unverified": "{clock}：期限は{due}です。活動の記録を確認できていないため、確認でき次第お知らせします",
    "clock.corrected_met": "{clock}：記録が後から追加されたため「対応済み」に更新しました",
    "clock.corrected_met_late": "{clock}：記録が後から追加されたため「対応済み（期限後）」に更新しました",
    # Words.
    "where": "入力先：{where}",
    "more": "ほか{count}件",
    "actor.is": "IS",
    "actor.fs": "FS",
    "actor.revops": "運用",
    "actor.none": "なし",
    "list_separator": "、",
}
