"""What `baton check` tells: per finding what was seen and what to do. (Japanese, English).

One long table, because ids, both languages and docs/findings.md, which is made of it, are read side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sync.wording import Texts


class Told(NamedTuple):
    """Texts of one finding; `{names}` are filled from its parts."""

    seen_ja: str
    seen_en: str
    do_ja: str = ""
    do_en: str = ""

    def seen(self, language: str) -> str:
        return self.seen_ja if language == "ja" else self.seen_en

    def do(self, language: str) -> str:
        return self.do_ja if language == "ja" else self.do_en


FINDINGS: Mapping[str, Told] = {
    "config": Told("設定に誤りがあります：{message}", "A setting cannot stand: {message}", "{hint}", "{hint}"),
    "secret_missing": Told(
        "認証情報がありません：{message}",
        "Credentials are missing: {message}",
        "参照先（.env、環境変数、ファイル）に値を用意してください：{hint}",
        "{hint}",
    ),
    "store": Told("ストアを開けません：{message}", "The store cannot be opened: {message}", "{hint}", "{hint}"),
    "secret_open": Told(
        "認証情報のファイル {where} を、このマシンのほかのユーザーも読めます（{mode}）",
        "{where} holds a secret, and others on this machine can read it ({mode})",
        "chmod 600 {where} を実行してください",
        "run chmod 600 {where}",
    ),
    "refused": Told(
        "接続を拒否されました：{message}",
        "The connection is refused: {message}",
        "認証情報、実行ユーザー、API の利用権限、エディションを確認してください",
        "check the credentials, the user that Baton signs in as, its API permission and the edition",
    ),
    "unreachable": Told(
        "読み取れませんでした：{message}",
        "Could not be read: {message}",
        "しばらくしてからもう一度実行してください。続く場合はネットワークと CRM の稼働状況を確認してください",
        "try again later; if it stays, look at the network and at the CRM's status page",
    ),
    "other_tenant": Told(
        "接続先は {tenant}（{id}、{host}）ですが、ストアは {pinned}（{pinned_id}）のものです",
        "Leads to {tenant} ({id} at {host}), but the store belongs to {pinned} ({pinned_id})",
        "接続先を戻すか、別のストアを使ってください",
        "point the connection back, or give the other tenant a store of its own",
    ),
    "production_refused": Told(
        "{tenant}（{host}）は本番ですが、environment は sandbox です。書き込みは拒否されます",
        "{tenant} at {host} is production and `environment` says sandbox: nothing will be written",
        "本番に書き込むなら config/baton.yaml で environment: production に、まだなら mode: observe にしてください",
        "set `environment: production` in config/baton.yaml if you mean it, or `mode: observe`",
    ),
    "production_observed": Told(
        "{tenant}（{host}）は本番です。observe の間は書き込みません",
        "{tenant} at {host} is production; in mode observe nothing is written",
        "書き込みを始めるときに、config/baton.yaml で environment: production にしてください",
        "set `environment: production` before you let Baton write",
    ),
    "scope_missing": Told(
        "{user} のトークンにスコープ {scope} がありません",
        "The token of {user} lacks the scope {scope}",
        "サービスキー（またはアプリ）に {scope} を追加してください",
        "add {scope} to the service key or app",
    ),
    "rights_unknown": Told(
        "トークンのスコープを確認できませんでした。実際に読めるものから判断しています",
        "The token's scopes could not be read; what follows goes by what can be read",
        "サービスキーのスコープを HubSpot の設定画面で確認してください",
        "look at the key's scopes in HubSpot's settings",
    ),
    "clocks_apart": Told(
        "CRM どうしの時計が15分以上ずれています（{clocks}）。この間は判定しません",
        "The CRMs' clocks are more than 15 minutes apart ({clocks}); nothing is judged meanwhile",
        "CRM の稼働状況とプロキシを確認してください",
        "look at the CRMs' status pages and at proxies between",
    ),
    "clock_skew": Told(
        "このマシンの時計（{here}）と CRM の時計（{there}）がずれています。Baton は CRM の時計を使います",
        "This machine's clock ({here}) differs from the CRM's ({there}); Baton goes by the CRM's",
        "このマシンの時刻同期（NTP）を確認してください",
        "look at this machine's time synchronisation (NTP)",
    ),
    "account": Told(
        "接続先：{tenant}（{id}、{host}、{edition}）、ユーザー：{user}",
        "Connected to {tenant} ({id} at {host}, {edition}) as {user}",
    ),
    "object_missing": Told(
        "{user} は {object} を読めません：{reason}",
        "{user} cannot read {object}: {reason}",
        "権限セット「Baton Integration」に {object} の参照を加え、{user} に割り当ててください（HubSpot はスコープを追加）",
        "grant read access to {object} in the permission set “Baton Integration” and assign it to {user} (HubSpot: the scope)",
    ),
    "object_unanswered": Told(
        "{object} を確認できませんでした。使えるかどうか分かりません：{reason}",
        "{object} could not be checked, so whether it can be read is not known: {reason}",
        "時間をおいて baton check をもう一度実行してください。この環境に {object} がない場合は、mappings から外してください",
        "run baton check again a little later; if this account has no {object}, take it out of mappings",
    ),
    "object_off": Told(
        "{object} を読めないため、その活動は数えません：{reason}",
        "{object} cannot be read, so its activities count for nothing: {reason}",
        "{user} に参照権限（HubSpot は sales-email-read などのスコープ）を加えるか、mappings から外してください",
        "grant {user} read access (HubSpot: scopes such as sales-email-read), or take it out of mappings",
    ),
    "history_off": Told(
        "{object} はこの環境にないか、読めません：{reason}",
        "{object} is not there or cannot be read: {reason}",
        "誰がいつ変更したかが必要な項目は、項目履歴管理を有効にしてください",
        "switch on field history tracking for what must be known of who changed it when",
    ),
    "field_unreadable": Told(
        "{user} には {object} の項目 {field} が見えません（ないか、項目レベルセキュリティで非表示）。使う項目：{items}",
        "{user} cannot see the field {field} of {object} (it does not exist, or field-level security hides it); needed for {items}",
        "権限セット「Baton Integration」で {object}.{field} を参照可にして {user} に割り当てるか、mappings の項目名を直してください",
        "make {object}.{field} readable in the permission set “Baton Integration” of {user}, or correct its name in mappings",
    ),
    "field_unreadable_spare": Told(
        "{user} には {object} の項目 {field} が見えません（判定に必須ではありません）。使う項目：{items}",
        "{user} cannot see the field {field} of {object} (nothing required depends on it); used for {items}",
        "使うなら {object}.{field} を参照可にし、使わないなら mappings から外してください",
        "make {object}.{field} readable if you use it, or take it out of mappings",
    ),
    "field_type": Told(
        "{object}.{field} の型（{sort}）は、項目「{item}」の読み方（{as}）に合いません",
        "{object}.{field} is of type {sort}, in which no {as} can stand (item {item})",
        "mappings で別の項目を指定するか、handoff.yaml の as を変えてください",
        "name another field in mappings, or change `as` in handoff.yaml",
    ),
    "fact_unreadable": Told(
        "{user} には {object} の {field} が見えません。判定の根拠の一部が欠けます",
        "{user} cannot see {field} of {object}, on which part of the judgement rests",
        "権限セット「Baton Integration」で {object}.{field} を参照可にしてください",
        "make {object}.{field} readable in the permission set “Baton Integration”",
    ),
    "flag_missing": Told(
        "{object} に Baton の項目がないか、{user} に見えません：{fields}",
        "{object} lacks Baton's own fields, or {user} cannot see them: {fields}",
        "baton setup apply を実行してください。作成済みなら（Salesforce）権限セット「Baton Integration」を {user} に割り当ててください",
        "run `baton setup apply`; if they are there (Salesforce) assign the permission set “Baton Integration” to {user}",
    ),
    "flag_readonly": Told(
        "{user} は {object} の {field} を編集できません",
        "{user} cannot edit the field {field} of {object}",
        "権限セット「Baton Integration」で {object}.{field} を編集可にしてください（HubSpot は読み取り専用の解除）",
        "make {object}.{field} editable in the permission set “Baton Integration” (HubSpot: not read-only)",
    ),
    "flag_type": Told(
        "{object}.{field} の型が {sort} です（必要な型：{wanted}）",
        "{object}.{field} is of type {sort}; wanted is {wanted}",
        "この項目を削除して baton setup apply を実行してください",
        "delete the field and run `baton setup apply`",
    ),
    "flag_short": Told(
        "{object}.{field} の長さ {length} は足りません（必要：{wanted}）",
        "{object}.{field} takes {length}, and {wanted} is needed",
        "baton setup apply を実行してください",
        "run `baton setup apply`",
    ),
    "flag_options": Told(
        "{object}.{field} に選択肢がありません：{values}",
        "{object}.{field} lacks the options {values}",
        "baton setup apply を実行してください（選択肢は追加だけ行います）",
        "run `baton setup apply` (it only adds options)",
    ),
    "flag_record_type": Told(
        "レコードタイプ「{type}」では {object}.{field} の選択肢を選べません：{values}",
        "Record type “{type}” does not offer these options of {object}.{field}: {values}",
        "baton setup apply を実行してください（レコードタイプにも追加します）",
        "run `baton setup apply` (it adds them to the record type too)",
    ),
    "object_readonly": Told(
        "{user} は {object} を編集できません（オブジェクト権限「編集」がありません）",
        "{user} may not edit {object} (no object permission “Edit”)",
        "権限セット「Baton Integration」に {object} の編集を加え、{user} に割り当ててください",
        "grant Edit on {object} in the permission set “Baton Integration” and assign it to {user}",
    ),
    "rights_wide": Told(
        "{user} は {object} のほかの項目も{count}個編集できます（Baton は自分の項目にしか書きません）",
        "{user} may edit {count} other fields of {object} too (Baton writes its own and no others)",
        "必要最小限にするなら、権限セット「Baton Integration」だけを持つ専用ユーザーにしてください",
        "give Baton a user of its own with the permission set “Baton Integration” alone, if it should be able to do no more",
    ),
    "sharing": Told(
        "{user} には共有された {object} しか見えません（共有設定が非公開で「すべて表示」がありません）",
        "{user} sees only those records of {object} that are shared with it (private sharing without “View All”)",
        "権限セット「Baton Integration」に {object} の「すべて表示」を加えてください",
        "grant “View All” on {object} in the permission set “Baton Integration”",
    ),
    "record_unshared": Told(
        "{user} に見えない {object} があります：{asked}件のうち{count}件（例：{examples}）。活動だけが見えています",
        "{user} cannot see records of {object}: {count} of {asked} looked at (for example {examples}); only their activities can be seen",
        "{object} の「すべて表示」を権限セット「Baton Integration」に加えるか、共有ルール・ロール階層で {user} に共有してください",
        "grant “View All” on {object} in “Baton Integration”, or share them with {user} by a sharing rule or the role hierarchy",
    ),
    "record_unseen": Told(
        "もう一方の CRM に ID が残る {object} のうち{count}件が {user} に見えません（削除済みか未共有。例：{examples}）",
        "{count} records of {object} whose ids the other CRM has stored cannot be seen by {user}: deleted, or not shared (for example {examples})",
        "存在するレコードなら {user} に共有してください。削除済みなら対応は不要です",
        "share them with {user} if they exist; if they were deleted there is nothing to do",
    ),
    "record_readonly": Told(
        "{user} が編集できない {object} があります：{asked}件のうち{count}件（例：{examples}）",
        "{user} may not edit records of {object}: {count} of {asked} looked at (for example {examples})",
        "{user} をロール階層で担当者より上に置くか、「参照・更新」の共有ルールを作成してください",
        "put {user} above the owners in the role hierarchy, or give it a read/write sharing rule",
    ),
    "item_unmapped": Told(
        "必須項目「{item}」を読む欄がどこにも指定されていません。すべての引き継ぎが「判定できません」になります",
        "The required item {item} has no field anywhere: every handoff would be undetermined",
        "mappings/<接続>.yaml で欄を指定するか、preset から外してください",
        "name its field in mappings/<connection>.yaml, or take it out of the preset",
    ),
    "item_unmapped_automatic": Told(
        "自動項目「{item}」を読む欄がどこにも指定されていません",
        "The automatic item {item} has no field anywhere",
        "mappings/<接続>.yaml で欄を指定するか、preset から外してください",
        "name its field in mappings/<connection>.yaml, or take it out of the preset",
    ),
    "item_stuck": Told(
        "項目「{item}」はリードにしか欄がなく、取引開始後に直せません（{objects} に欄がない）",
        "The item {item} has a field on leads alone: once converted nobody can correct it (no field on {objects})",
        "{objects} に同じ欄を作り（baton setup apply --items）、リード項目の対応付けと mappings に加えてください",
        "create it on {objects} too (`baton setup apply --items`), and map it in the lead conversion and in mappings",
    ),
    "choice_unknown": Told(
        "{field} の選択肢のうち{count}件は項目「{item}」の値として知られていません：{values}",
        "{count} choices of {field} mean nothing for the item {item} yet: {values}",
        "mappings/handoff.yaml の items.{item}.options に加えてください。それまでは運用に知らせ、不足とはしません",
        "add them to items.{item}.options in mappings/handoff.yaml; until then RevOps is told, and nobody lacks anything",
    ),
    "answer_unknown": Told(
        "{field} の選択肢のうち{count}件は {item} の値として知られていません：{values}",
        "{count} choices of {field} mean nothing for {item} yet: {values}",
        "mappings/handoff.yaml の inputs.{item} に加えてください",
        "add them to inputs.{item} in mappings/handoff.yaml",
    ),
    "role_empty": Told(
        "有効なユーザーの中に {role} が1人もいません（設定：{names}）。CRM にあるロール・チーム：{held}",
        "No active user is {role} (configured: {names}); roles and teams that the CRMs hold: {held}",
        "config/definition.yaml の roles.{role} に、メールか上のロール名・チーム名を書いてください",
        "write e-mails or names of these roles or teams under roles.{role} in config/definition.yaml",
    ),
    "user_unknown": Told(
        "{email} という有効なユーザーは、どの CRM にもいません",
        "No active user of either CRM has the address {email}",
        "綴りを確認するか、退職・異動した人なら外してください",
        "check the spelling, or take out who left",
    ),
    "native_sync": Told(
        "HubSpot 標準の Salesforce 連携が動いています（書き手が2つになります）",
        "HubSpot's own Salesforce sync runs here: there are two writers",
        "連携の項目マッピングに Baton の項目（baton_… / Baton_…__c）を加えないでください。加わっていれば外してください",
        "keep Baton's fields (baton_… / Baton_…__c) out of its field mappings; take them out if they are in",
    ),
    "native_sync_user": Told(
        "標準連携が ToDo を書くユーザーが指定されていません。フォーム送信や配信メールの ToDo が接触と数えられるおそれがあります",
        "The user under which the native sync writes tasks is not named: its form submissions and marketing mails could count as contacts",
        "Salesforce の連携ユーザーのメールを config/definition.yaml の native_sync_users に書いてください",
        "write the e-mail of its Salesforce user under native_sync_users in config/definition.yaml",
    ),
    "machine_unlisted": Told(
        "活動の{share}（{count}件）を {user} が作成し、所有者は別の人です（CTI やメール連携のユーザーと思われます）",
        "{user} created {share} of the activities ({count}) for other owners: probably the user of a call system or mail capture",
        "config/definition.yaml の integration_users に加え、担当者の入る項目があれば actor_field に指定してください",
        "add it to integration_users in config/definition.yaml, and name the field with the real actor as actor_field",
    ),
    "scope_count": Told(
        "{object}：{total}件のうち約{inside}件が対象です", "{object}: about {inside} of {total} records are in scope"
    ),
    "scope_empty": Told(
        "{object} は{total}件ありますが、対象が1件もありません",
        "There are {total} records of {object}, and none is in scope",
        "config/definition.yaml の scope（ステージ・状況の値）を確認してください",
        "look at `scope` in config/definition.yaml (stages and statuses as the CRM has them)",
    ),
    "stage_unknown": Told(
        "{setting} の値がどれも CRM にありません。CRM の値：{known}",
        "None of the values of {setting} exists in the CRM; it has {known}",
        "config/definition.yaml の {setting} を CRM の値に合わせてください",
        "write the CRM's values under {setting} in config/definition.yaml",
    ),
    "pass_status_unknown": Told(
        "パスとみなす状況「{values}」は CRM にありません。CRM の値：{known}",
        "The status {values} that is to be a pass does not exist in the CRM; it has {known}",
        "config/definition.yaml の pass.any_of の status_in を直すか、外してください",
        "correct status_in under pass.any_of in config/definition.yaml, or take it out",
    ),
    "contact_roles": Told(
        "進行中の商談{open}件のうち、取引先責任者の役割があるのは{tied}件（{share}）です。人が決まらない商談は判定できません",
        "Only {tied} of {open} open opportunities ({share}) have a contact role; without an unambiguous person nothing can be judged",
        "商談に取引先責任者の役割（1件か、主担当1件）を登録する運用にしてください。取引開始で作られた商談は不要です",
        "make it a habit to add a contact role (one, or one primary); opportunities made by conversion need none",
    ),
    "fiscal_year": Told(
        "CRM の会計年度は{there}月始まり、設定は{here}月始まりです",
        "The CRM's fiscal year starts in month {there}, the settings say {here}",
        "config/definition.yaml の fiscal_year_start を確認してください（「来期」などの読み方に使います）",
        "look at fiscal_year_start in config/definition.yaml (it decides how 「来期」 is read)",
    ),
    "logging": Told(
        "直近の活動{count}件：種類 {types}、本文あり {content}、自動 {automated}、作成者 {makers}",
        "Latest {count} activities: {types}; {content} with text, {automated} automated; made by {makers}",
    ),
    "logging_none": Told(
        "活動の記録が1件も読めません。どの期限も「対応済み」になりません",
        "No activity is on record at all: no deadline could ever be met",
        "電話・メール・ミーティングをどこに記録しているかを確認してください（Einstein 活動キャプチャは活動として保存する設定が必要です）",
        "find out where calls, mails and meetings are logged (Einstein Activity Capture must store them as activities)",
    ),
    "logging_thin": Told(
        "数日前までに登録された{asked}件のうち、接触の記録があるのは{met}件（{share}）です。期限超過の判定は停止されます",
        "Of {asked} people who came some days ago {met} ({share}) have a contact on record: nobody would be called late (`thin`)",
        "架電・メールの記録のしかた（CTI、活動キャプチャ、権限）を整えてください",
        "see to how calls and mails are logged (call system, activity capture, rights)",
    ),
    "mail_silent": Told(
        "活動{count}件の中にメールが1通もありません（Einstein 活動キャプチャが保存していない可能性があります）",
        "Not one mail among {count} activities (Einstein Activity Capture may keep them elsewhere)",
        "メールを活動として保存する設定か、HubSpot のメール連携と sales-email-read を確認してください",
        "let mails be stored as activities, or look at HubSpot's mail connection and the scope sales-email-read",
    ),
    "mail_without_text": Told(
        "メール{count}通のうち本文が読めるのは{share}です",
        "Only {share} of {count} mails have a text that can be read",
        "本文の項目の参照権限（HubSpot は sales-email-read）を確認してください",
        "look at the right to read their text (HubSpot: sales-email-read)",
    ),
    "clock_blind": Told(
        "SLA「{clock}」の根拠になる活動（{streams}）が1つも読めません。期限を過ぎても「確認中」のままです",
        "None of the activities that the clock {clock} rests on can be read ({streams}): it would stay unverified for ever",
        "活動の参照権限を加えるか、config/baton.yaml の evidence を見直してください",
        "grant read access to activities, or look at `evidence` in config/baton.yaml",
    ),
    "clock_no_owner_times": Told(
        "SLA「{clock}」は担当者の変更日時を使いますが、変更履歴が読めません",
        "The clock {clock} goes by when owners changed, and no history can be read",
        "リードの所有者の項目履歴管理を有効にし、参照権限を加えてください",
        "switch on field history tracking of the lead owner and grant read access",
    ),
    "clock_sources": Told(
        "期限のないリードソース（計測のみ）：{sources}",
        "Lead sources without a deadline (measured only): {sources}",
    ),
    "calendar_no_holidays": Told(
        "祝日の国が指定されていません（{tz}）。祝日も営業日になります",
        "No country of public holidays is named ({tz}): holidays count as working days",
        "config/baton.yaml の calendars に holidays: JP のように書いてください",
        "write e.g. `holidays: JP` under calendars in config/baton.yaml",
    ),
    "calendar_past": Told(
        "登録された休業日はすべて過ぎています（最後は {last}）",
        "Every closure that is entered lies back (the last one: {last})",
        "config/baton.yaml の closures に今後の休業日を加えてください",
        "enter the coming ones under `closures` in config/baton.yaml",
    ),
    "calendar_year_end": Told(
        "{year}年12月30日は営業日です（年末年始の休業が登録されていません）",
        "30 December {year} is a working day: no year-end closure is entered",
        "休業するなら、config/baton.yaml の closures に期間で加えてください（例：2026-12-29..2027-01-03）",
        "enter it under `closures` in config/baton.yaml if you close (such as 2026-12-29..2027-01-03)",
    ),
    "budget": Told(
        "API コール：何もない日で約{planned}、Baton の上限 {allowance}、アカウント全体 {used}/{max}",
        "API calls: about {planned} on an idle day; Baton may use {allowance}; the account has used {used} of {max}",
    ),
    "budget_short": Told(
        "何もない日のコール数（{planned}）が Baton の上限（{allowance}）を超えています",
        "An idle day takes {planned} calls, more than Baton may use ({allowance})",
        "config/baton.yaml の schedule を長くするか、budget.daily を上げてください",
        "lengthen `schedule` or raise `budget.daily` in config/baton.yaml",
    ),
    "probe_alike": Told(
        "{object}：Baton の項目は書いたとおりに読み返せます",
        "{object}: Baton's fields come back as they were written",
    ),
    "probe_unlike": Told(
        "{object} の項目は、書いたとおりに読み返せません：{fields}。これらには書き込みません",
        "Fields of {object} do not come back as they were written: {fields}. They are not written",
        "入力規則・フロー・桁数を確認し、直したらもう一度 baton check --probe を実行してください",
        "look at rules, flows and lengths there, then run `baton check --probe` again",
    ),
    "probe_owner_moved": Told(
        "{object} に書き込むと所有者が変わりました。{object} には書き込みません",
        "Writing to {object} changed the owner. Nothing is written to {object}",
        "割り当てルールとフローを確認し、直したらもう一度 baton check --probe を実行してください",
        "look at assignment rules and flows, then run `baton check --probe` again",
    ),
    "probe_automation": Told(
        "{object} に書き込むと、ほかの項目も変わりました（組織の自動化）：{fields}",
        "Writing to {object} changed other fields too (the org's own automation): {fields}",
        "Baton の項目の更新で動かなくてよい自動化なら、条件から外してください",
        "take Baton's fields out of its conditions if it need not run for them",
    ),
    "probe_visible": Told(
        "変更が検索で見つかるまで {seconds}秒かかりました",
        "A change took {seconds} s until it was found",
    ),
    "probe_not_visible": Told(
        "変更が {seconds}秒たっても検索で見つかりませんでした",
        "A change was not found within {seconds} s",
        "反映が遅い間は schedule.overlap を長くしてください（この結果の2倍までは自動で遡ります）",
        "lengthen `schedule.overlap` while it is that slow (sweeps reach back by twice this at least)",
    ),
    "probe_identical": Told(
        "同じ値の書き込みで最終更新日は動きますか：{moves}（Baton は同じ値を書きません）",
        "Does writing the same value move the modification stamp: {moves} (Baton writes no such value)",
    ),
    "probe_missing": Told(
        "存在しないレコードへの書き込みは、同じ一括のほかのレコードに影響しません",
        "A write to a record that is gone leaves its neighbours in the batch alone",
    ),
    "probe_missing_unclear": Told(
        "存在しないレコードへの書き込みが、消えたレコードとして返されません。その書き込みは要確認として止まります",
        "A write to a record that is gone is not told as such; such writes would be parked",
        "baton ops outbox list で止まった書き込みを確認してください",
        "look at parked writes with `baton ops outbox list`",
    ),
    "probe_impossible": Told(
        "{where} では確かめられません（Baton の項目がないか、書き込めません）",
        "{where} cannot be used: Baton's fields are not there or cannot be written",
        "baton setup apply のあとで実行してください",
        "run it after `baton setup apply`",
    ),
    "probe_failed": Told(
        "{where} で確かめられませんでした：{message}",
        "Could not be settled on {where}: {message}",
        "内容を直してから、もう一度実行してください",
        "put that right and run it again",
    ),
    "probe_not_restored": Told(
        "{where} の Baton の項目を元の値に戻せませんでした：{fields}",
        "Baton's fields of {where} could not be put back: {fields}",
        "次の実行で、必要な値を書き直します。急ぐ場合は画面で確認してください",
        "the next run writes what they should hold; look at the record if it cannot wait",
    ),
    "unprobed": Told(
        "この環境の細かな挙動は確かめていないため、安全な側で動きます",
        "Details of how this account behaves were never probed: Baton stays on the safe side",
        "Sandbox なら baton check --probe --record ID で確かめられます",
        "in a sandbox `baton check --probe --record ID` settles them",
    ),
    "budget_others": Told(
        "ほかのツールが1日の API コールの大半を使っています（{others}/{max}）。Baton は譲って待ちます",
        "Other tools use most of the day's API calls ({others} of {max}); Baton yields and waits",
        "どのツールが使っているかを CRM の API 使用状況で確認してください",
        "see in the CRM's API usage page which tools they are",
    ),
}

TEXTS: Texts = {
    "error": ("要対応", "error"),
    "warning": ("注意", "warning"),
    "info": ("情報", "info"),
    "group.files": ("設定ファイルと認証情報", "Files and credentials"),
    "group.connection": ("接続", "Connections"),
    "group.fields": ("項目", "Fields"),
    "group.rights": ("権限と共有", "Rights and sharing"),
    "group.items": ("引き継ぎ項目と選択肢", "Items and choices"),
    "group.people": ("ユーザーと自動連携", "People and machines"),
    "group.scope": ("対象とパス", "Scope and pass"),
    "group.contacts": ("接触の記録", "How contacts are logged"),
    "group.clocks": ("SLA とカレンダー", "Clocks and calendars"),
    "group.budget": ("API コール", "API calls"),
    "group.facts": ("未確認の挙動", "Unsettled behaviour"),
    "summary": (
        "要対応 {errors}件、注意 {warnings}件、情報 {infos}件（API コール：{calls}）",
        "{errors} errors, {warnings} warnings, {infos} notes (API calls: {calls})",
    ),
    "probe_ask": (
        "{records} の Baton の項目に確認用の値を書き、元の値に戻します。続けますか",
        "Baton's own fields of {records} will be written and put back. Go on?",
    ),
    "probe_stopped": ("中止しました。何も書き込んでいません。", "Stopped. Nothing was written."),
    "no_calls": ("なし", "none"),
    "ready": ("要対応の項目はありません。", "Nothing has to be put right."),
    "separator": ("、", ", "),
    "nothing": ("なし", "nothing"),
    "yes": ("はい", "yes"),
    "no": ("いいえ", "no"),
}
