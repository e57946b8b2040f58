"""What `baton init` asks and tells. (Japanese, English)."""

from __future__ import annotations

from sync.wording import Texts

QUESTIONS: Texts = {
    "language": ("言語 / Language (ja, en)", "言語 / Language (ja, en)"),
    "salesforce_url": (
        "Salesforce の「私のドメイン」（例：https://yourcompany.my.salesforce.com）",
        "Salesforce My Domain address (e.g. https://yourcompany.my.salesforce.com)",
    ),
    "environment": (
        "その組織は本番ですか（sandbox, production）。sandbox なら本番組織には書き込みません",
        "Is that org a sandbox or production (sandbox, production)? With sandbox nothing is ever written to a production org",
    ),
    "salesforce_auth": (
        "Salesforce への接続方法（client_credentials, jwt）",
        "How Baton signs in to Salesforce (client_credentials, jwt)",
    ),
    "salesforce_username": (
        "Salesforce での Baton のユーザー名（jwt のとき）",
        "User name of Baton's user in Salesforce (for jwt)",
    ),
    "hubspot": (
        "HubSpot への接続方法（token＝サービスキー, oauth, none＝使わない）",
        "How Baton signs in to HubSpot (token: a service key, oauth, none: no HubSpot)",
    ),
    "country": ("祝日の国・地域（例：JP, US-CA）", "Country of your public holidays (e.g. JP, US-CA)"),
    "tz": ("タイムゾーン", "Time zone"),
    "days": ("営業日（mon,tue,…）", "Working days (mon,tue,…)"),
    "hours": (
        "営業時間（昼休みがあれば 09:00-12:00,13:00-18:00）",
        "Working hours (with a lunch gap: 09:00-12:00,13:00-18:00)",
    ),
    "fiscal_year_start": ("期首の月（1〜12）", "First month of the fiscal year (1 to 12)"),
    "inside": (
        "インサイドセールスは誰ですか。メール、または CRM 上のロール名・チーム名（複数はカンマ区切り）",
        "Who is inside sales? E-mails, or role or team names as the CRMs hold them (commas between)",
    ),
    "field": (
        "フィールドセールスは誰ですか。メール、または CRM 上のロール名・チーム名（複数はカンマ区切り）",
        "Who is field sales? E-mails, or role or team names as the CRMs hold them (commas between)",
    ),
    "passes": (
        "何をもってパスとしますか（meeting＝FSとの商談設定, owner＝担当がISからFSへ変わる, conversion＝リードの取引開始, "
        "opportunity＝商談の作成, status＝リードの状況）。複数はカンマ区切り",
        "What is a pass at your company (meeting: booked with FS, owner: changes from IS to FS, conversion: of the lead, "
        "opportunity: is created, status: of the lead)? Commas between",
    ),
    "sql_status": (
        "パスを意味するリードの状況（複数はカンマ区切り）",
        "Lead statuses that mean a pass (commas between)",
    ),
    "preset": (
        "パスに必要な項目（starter＝ISの入力は7項目, article＝記事の必須項目, full＝すべて）",
        "Which items a pass needs (starter: seven to type, article, full: everything)",
    ),
    "enforce_from": (
        "いつからのパス・問い合わせをレコードに表示しますか（YYYY-MM-DD）",
        "From which day on do passes and inquiries show on records (YYYY-MM-DD)?",
    ),
}
"""In the order in which they are asked."""

TEXTS: Texts = {
    "begin": (
        "{folder} に設定ファイルを作ります。[ ] 内は既定値で、Enter でそのまま使います。あとからファイルで変更できます。",
        "Making your settings in {folder}. Enter takes what stands in [ ]. Everything can be changed in the files later.",
    ),
    "wrong": ("　{message}。{hint}", "  {message}; {hint}"),
    "written": ("作成しました：", "Written:"),
    "mode": (
        "モードは observe です。判定するだけで、CRM には何も書き込みません。",
        "The mode is observe: Baton judges and writes nothing to any CRM.",
    ),
    "checking": ("続けて baton check を実行します。", "Now `baton check`:"),
    "next": ("次の手順：", "Next:"),
    "next_env": ("　1. {env} に認証情報を書く", "  1. write the credentials into {env}"),
    "next_setup": (
        "　2. baton setup plan --config {folder}（Baton の項目を作る内容を確認し、setup apply で作成）",
        "  2. baton setup plan --config {folder}   (look at what creates Baton's fields, then `setup apply`)",
    ),
    "next_check": (
        "　3. baton check --config {folder}（権限・項目・記録のしかたを確認）",
        "  3. baton check --config {folder}   (rights, fields, how contacts are logged)",
    ),
}
