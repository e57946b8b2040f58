"""Texts of the pages, in both languages. Japanese first: it is what the people of the company read."""

from __future__ import annotations

_SLA_JA = {
    "waiting": "期限内（未対応）", "at_risk": "まもなく期限", "met": "対応済み", "breached": "期限超過（未対応）",
    "met_late": "対応済み（期限後）", "paused": "一時停止", "unverified": "確認中", "none": "対象外",
}  # fmt: skip
_SLA_EN = {
    "waiting": "In time (open)", "at_risk": "Due soon", "met": "Done", "breached": "Overdue (open)",
    "met_late": "Done (late)", "paused": "Paused", "unverified": "Being checked", "none": "Not applicable",
}  # fmt: skip

VALUE_LABELS: dict[str, dict[str, dict[str, str]]] = {
    "ja": {
        "*": _SLA_JA,
        "status": {
            "preparing": "パス準備中", "ready": "パス可", "passed_incomplete": "パス済み・要補完", "passed": "パス済み",
            "returned": "差し戻し（再パス待ち）", "undetermined": "判定できません（設定確認中）", "out_of_scope": "対象外",
        },
        "sql_verdict": {
            "qualified": "基準を満たす", "not_qualified": "基準未達", "undetermined": "確認待ち（情報不足）", "waived": "例外承認",
        },
        "next_actor": {"is": "IS", "fs": "FS", "revops": "運用", "none": "なし"},
        "criteria": {"authority": "決裁権", "budget": "予算", "timing": "時期", "need": "課題"},
    },
    "en": {
        "*": _SLA_EN,
        "status": {
            "preparing": "Preparing the pass", "ready": "Ready to pass", "passed_incomplete": "Passed, to be completed",
            "passed": "Passed", "returned": "Returned (to be passed again)",
            "undetermined": "Cannot be judged (setup being checked)", "out_of_scope": "Out of scope",
        },
        "sql_verdict": {
            "qualified": "Meets the criteria", "not_qualified": "Below the criteria", "undetermined": "To be confirmed", "waived": "Waived",
        },
        "next_actor": {"is": "IS", "fs": "FS", "revops": "RevOps", "none": "Nobody"},
        "criteria": {"authority": "Authority", "budget": "Budget", "timing": "Timing", "need": "Need"},
    },
}  # fmt: skip

TEXTS: dict[str, dict[str, str]] = {
    "ja": {
        "title": "Baton デモ：IS→FSの引き継ぎ漏れを、レコード上で解消",
        "lead": "Baton は、インサイドセールス（IS）からフィールドセールス（FS）への引き継ぎを自社のパス基準に照らして判定し、足りない項目、次に確認すること、初回接触の期限を Salesforce と HubSpot のレコードに表示します。以下は、架空の会社「{company}」につないだ{days}日間の記録です。データはすべて架空で、CRM もこの PC 上のシミュレーターです。",
        "found_title": "接続した時点の状況",
        "found_lead": "最初の1回で{records}件のレコードを読み取り、対象となる引き継ぎ{in_scope}件を判定しました。この時点では何も書き込んでいません（観察モード）。",
        "tile_complete": "引き継ぎがそろっているパス", "tile_incomplete": "要補完のパス", "tile_breached": "初回接触の期限超過", "tile_waiting": "期限内・対応待ち",
        "tile_of": "パス{n}件中", "tile_is": "インサイドセールス", "unit": "件",
        "missing_title": "要補完のパスで不足している項目", "missing_lead": "空欄のほか、「確認中」「-」などの仮の入力も不足として数えています。",
        "would_write": "書き込みを始めた場合の対象",
        "would_write_row": "{connection}：{n}件のレコード",
        "card_title": "FS が開く商談レコード", "card_lead": "同じ商談の、補完前と補完後です。Baton が書き込むのは「引き継ぎ（Baton）」の項目だけで、ほかの項目には触れません。",
        "screens": "それぞれの CRM の画面での見え方：", "before": "補完前", "after": "補完後", "own_fields_opportunity": "商談の項目", "own_fields_lead": "リードの項目", "own_fields_contact": "コンタクトの項目", "elsewhere": "（もう一方の CRM に入力あり）", "statuses": "引き継ぎ状況の内訳", "baton_fields": "引き継ぎ（Baton）", "empty": "未入力",
        "chapters_title": "期間中に起きたこと",
        "chapter_filled": "入力すると、フラグが自動で消える", "chapter_filled_lead": "足りない項目と入力先はメモに表示されます。入力すると、次の周期でフラグが自動的に消えます。",
        "chapter_corrected": "期限内に対応していれば、記録が遅れても訂正される", "chapter_corrected_lead": "期限から15分待ち、活動を読み直したうえで「期限超過」と表示します。期限内の電話が後から記録された場合は「対応済み」に訂正し、その旨をメモに残します。",
        "chapter_returned": "FS は理由を添えて差し戻せる", "chapter_returned_lead": "FS の回答は FS が入力する項目から読み取ります。差し戻しになると、次の対応者が IS に変わります。",
        "actor_rep": "担当者", "actor_customer": "お客様", "actor_baton": "Baton",
        "m_flagged": "不足{n}項目をレコードに表示", "m_filled": "「{item}」を入力", "m_cleared": "フラグを解除（残り{n}項目）", "m_complete": "フラグを解除（すべてそろいました）",
        "m_inquiry": "問い合わせが入る", "m_waiting": "初回接触の期限（{due}）を表示", "m_called": "期限内に電話（活動の記録はまだ）", "m_breached": "活動を読み直しても記録がないため、「期限超過（未対応）」と表示",
        "m_logged": "電話の活動を後から記録", "m_corrected": "「対応済み」に訂正し、その旨をメモに記載",
        "m_passed": "パスが成立（{event}）", "m_fs_returned": "FS が差し戻し（理由：{reason}）", "m_returned": "状況を「差し戻し」に、次の対応者を IS に変更",
        "m_corrected_late": "訂正し、その旨をメモに記載",
        "cost_title": "API コール数と書き込み回数", "cost_lead": "{cycles}回の周期で使ったコール数と、同じ読み書きに最低限必要なコール数です。このほか、接続時の認証と項目定義の確認に{startup}コールを使いました。",
        "cost_connection": "接続", "cost_calls": "使用", "cost_least": "最低限", "cost_ratio": "倍率",
        "writes": "レコードの更新は延べ{records}回、レコード1件あたり中央値{median}回・最大{max}回です。",
        "check_title": "答え合わせ",
        "check": "最後に、レコード{records}件のフラグ{flags}個を両方の CRM の API で読み直し、シミュレーターの正解データと照合しました。相違は{differences}件です。期間中に解除されたフラグは{cleared}個、訂正は{corrected}件でした。",
        "next_title": "次のステップ", "next": "自社の Sandbox につなぐ手順は README.ja.md の「実際の組織につなぐ」にあります。最初は観察モードで動き、何も書き込みません。",
        "simulated": "データはすべて架空です。Baton は人事評価のための道具ではありません。",
        "kind_opportunity": "商談", "kind_lead": "リード", "kind_contact": "コンタクト", "note": "引き継ぎメモ（自動）", "brief": "引き継ぎサマリー（自動）",
    },
    "en": {
        "title": "Baton demo: handoffs put right, on the record itself",
        "lead": "Baton judges every handoff from inside sales (IS) to field sales (FS) against the company's own definition, and shows on the Salesforce and HubSpot records what is missing, what to ask and by when to call. These are {days} days of it at {company}, a made-up company. All data is invented; both CRMs were simulated on this computer.",
        "found_title": "What Baton found",
        "found_lead": "The first cycle read {records} records and judged the {in_scope} handoffs in scope. Nothing was written at that point (observe mode).",
        "tile_complete": "passes with a complete handoff", "tile_incomplete": "passes to be completed", "tile_breached": "first contacts overdue", "tile_waiting": "in time, waiting for contact",
        "tile_of": "of {n} passes", "tile_is": "inside sales", "unit": "",
        "missing_title": "Items missing from passes", "missing_lead": "Not only empty fields: stand-ins such as 「確認中」 (being checked) or \"-\" count as well.",
        "would_write": "What would be written",
        "would_write_row": "{connection}: {n} records",
        "card_title": "The opportunity as field sales opens it", "card_lead": "The same opportunity before and after. Baton writes only the fields under \"Handoff (Baton)\" and touches nothing else. This company works in Japanese (`language: ja`), so note and brief are Japanese here.",
        "screens": "As it looks in each CRM:", "before": "Before", "after": "After", "own_fields_opportunity": "Opportunity fields", "own_fields_lead": "Lead fields", "own_fields_contact": "Contact properties", "elsewhere": "(filled in the other CRM)", "statuses": "Handoffs by status", "baton_fields": "Handoff (Baton)", "empty": "not filled in",
        "chapters_title": "What happened",
        "chapter_filled": "Fill it in and the flag goes", "chapter_filled_lead": "The note names what is missing and where to type it. The flag clears itself in the next cycle.",
        "chapter_corrected": "Called in time, logged late: corrected", "chapter_corrected_lead": "Fifteen minutes after the deadline Baton reads the activities again before it says overdue. A call logged later but made in time corrects the flag, with a note.",
        "chapter_returned": "Field sales can return a pass with a reason", "chapter_returned_lead": "Baton reads the answer from the fields that field sales fills in. After a return the next actor is inside sales.",
        "actor_rep": "Rep", "actor_customer": "Customer", "actor_baton": "Baton",
        "m_flagged": "shows {n} missing items on the record", "m_filled": "fills in \"{item}\"", "m_cleared": "clears the flag ({n} left)", "m_complete": "clears the flag (nothing missing)",
        "m_inquiry": "sends an inquiry", "m_waiting": "shows the deadline for first contact ({due})", "m_called": "calls in time (not logged yet)", "m_breached": "reads the activities again, finds none, shows \"Overdue (open)\"",
        "m_logged": "logs the call afterwards", "m_corrected": "corrects to \"Done\" and says so in the note",
        "m_passed": "pass made ({event})", "m_fs_returned": "field sales returns it (reason: {reason})", "m_returned": "sets \"Returned\"; the next actor is inside sales",
        "m_corrected_late": "corrects it and says so in the note",
        "cost_title": "API calls and writes", "cost_lead": "Calls spent in {cycles} cycles beside the least that the same reading and writing needs. Signing in and checking field definitions took another {startup}.",
        "cost_connection": "Connection", "cost_calls": "spent", "cost_least": "least", "cost_ratio": "ratio",
        "writes": "{records} record updates in all; per record a median of {median} and at most {max}.",
        "check_title": "Checked",
        "check": "At the end {flags} flags on {records} records were read back through the APIs of both CRMs and compared with what the simulator knows to be true: {differences} differ. On the way {cleared} flags were cleared and {corrected} corrected.",
        "next_title": "Next", "next": "How to point Baton at your own sandbox is in the README under \"Pointing it at a real org\". It starts in observe mode and writes nothing.",
        "simulated": "All of this is invented data. Baton is not for appraising people.",
        "kind_opportunity": "Opportunity", "kind_lead": "Lead", "kind_contact": "Contact", "note": "Handoff note (automatic)", "brief": "Handoff brief (automatic)",
    },
}  # fmt: skip

SCREEN_TEXTS: dict[str, dict[str, str]] = {
    "ja": {
        "name_of_language": "日本語", "title_salesforce": "Salesforce のレコードページでの見え方", "title_hubspot": "HubSpot のコンタクト画面での見え方",
        "lead": "Baton のデモで動いたレコードの、実際のフラグです。画面の枠は説明のために描いたもので、製品の画面そのものではありません。", "back": "デモの結果に戻る",
        "kind_opportunity": "商談", "kind_lead": "リード", "kind_contact": "コンタクト",
        "tab_details": "詳細", "tab_related": "関連", "tab_activity": "活動", "tab_overview": "概要", "tab_activities": "アクティビティー",
        "section_baton": "引き継ぎ（Baton）", "section_inputs": "引き継ぎ情報", "group_inputs": "引き継ぎ情報", "about": "このコンタクトについて",
        "hint_baton": "自動で更新される欄です（入力は「引き継ぎ情報」へ）", "empty": "—",
        "fact_account": "取引先", "fact_stage": "フェーズ", "fact_close": "完了予定日", "fact_company": "会社名", "fact_status": "リード状況", "fact_source": "リードソース",
        "fact_title": "役職", "fact_lifecycle": "ライフサイクルステージ", "edit": "編集", "follow": "フォロー", "note": "メモ", "mail": "Eメール", "call": "コール", "task": "タスク", "meeting": "ミーティング",
    },
    "en": {
        "name_of_language": "English", "title_salesforce": "As it looks on a Salesforce record page", "title_hubspot": "As it looks on a HubSpot contact",
        "lead": "Real flags of records from Baton's demo. The frame around them is our own drawing, not the product's screen.", "back": "Back to the demo",
        "kind_opportunity": "Opportunity", "kind_lead": "Lead", "kind_contact": "Contact",
        "tab_details": "Details", "tab_related": "Related", "tab_activity": "Activity", "tab_overview": "Overview", "tab_activities": "Activities",
        "section_baton": "Handoff (Baton)", "section_inputs": "Handoff", "group_inputs": "Handoff", "about": "About this contact",
        "hint_baton": "Filled in automatically; type into \"Handoff\"", "empty": "—",
        "fact_account": "Account", "fact_stage": "Stage", "fact_close": "Close date", "fact_company": "Company", "fact_status": "Lead status", "fact_source": "Lead source",
        "fact_title": "Job title", "fact_lifecycle": "Lifecycle stage", "edit": "Edit", "follow": "Follow", "note": "Note", "mail": "Email", "call": "Call", "task": "Task", "meeting": "Meeting",
    },
}  # fmt: skip
