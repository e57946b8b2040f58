"""What `setup` tells. (Japanese, English)."""

from __future__ import annotations

from sync.wording import Texts

TEXTS: Texts = {
    "tenant": ("■ {connection}：{name}（{id}、{host}）", "■ {connection}: {name} ({id}, {host})"),
    "own_credentials": (
        "  管理者の認証情報が指定されていないため、接続の認証情報で確認します（--admin で指定できます）。",
        "  No administrator's credentials were named: looked at with the connection's own (`--admin` names others).",
    ),
    "state.there": ("作成済み", "there"),
    "state.missing": ("作成", "create"),
    "state.different": ("追加", "add to"),
    "state.surplus": ("削除", "take away"),
    "state.blocked": ("作成不可", "blocked"),
    "kind.field": ("項目", "field"),
    "kind.group": ("プロパティグループ", "property group"),
    "kind.permission_set": ("権限セット", "permission set"),
    "kind.assignment": ("権限セットの割り当て", "assignment"),
    "kind.list_view": ("リストビュー", "list view"),
    "kind.rule": ("入力規則", "validation rule"),
    "kind.custom_permission": ("カスタム権限", "custom permission"),
    "kind.record_type": ("レコードタイプの選択リスト値", "values in the record type"),
    "piece": ("  ＋ {state}　{kind} {name}{label}", "  + {state}: {kind} {name}{label}"),
    "label": ("「{label}」", " “{label}”"),
    "detail": ("      {detail}", "      {detail}"),
    "more_details": ("      ほか{count}件（--all で表示）", "      and {count} more (--all shows them)"),
    "nothing": ("  追加するものはありません（{count}件すべて作成済み）。", "  Nothing to do: all {count} are there."),
    "to_do": ("  これから作成・追加：{count}件（作成済み {there}件）", "  To create or add to: {count} ({there} are there)"),
    "ask_apply": ("この内容で反映しますか？", "Make these changes?"),
    "ask_remove": (
        "Baton の項目と値をすべて削除します。よろしいですか？",
        "This deletes all of Baton's fields with their values. Go on?",
    ),
    "not_asked": (
        "確認できないため中止しました。内容を見たうえで --yes を付けて実行してください。",
        "Nobody could be asked, so nothing was done. Look the plan over, then run it with --yes.",
    ),
    "stopped": ("中止しました。何も変更していません。", "Stopped. Nothing was changed."),
    "done": ("  ✓ {kind} {name}{label}", "  ✓ {kind} {name}{label}"),
    "applied": ("{connection}：反映しました（{count}件）。", "{connection}: done ({count})."),
    "unfinished": (
        "{connection}：まだ残っています：{names}。もう一度 baton setup apply を実行すると続きから行います。",
        "{connection}: still to do: {names}. Run `baton setup apply` again; it goes on from there.",
    ),
    "no_user": (
        "  ! Baton の接続ユーザーが分からないため、権限セット Baton Integration を割り当てていません。.env に接続用の認証情報を入れて"
        "もう一度実行するか、設定画面で手動で割り当ててください。",
        "  ! The user that Baton signs in as is not known, so Baton Integration is assigned to nobody yet: put the "
        "connection's credentials into .env and run this again, or assign it by hand in Setup.",
    ),
    "next_sets": (
        "次にすること：営業メンバーに権限セット Baton Viewer（マネージャーには Baton Manager）を割り当て、ページレイアウトに項目を置いてください。"
        "手順は baton setup export DIR で出力されるガイドにあります。",
        "What is left for you: give reps the permission set Baton Viewer (managers Baton Manager), and put the fields on "
        "the page. `baton setup export DIR` writes a guide.",
    ),
    "next_items": (
        "入力項目を作成しました。取引開始時の項目の対応付けとページレイアウトは自動では変更しません。手順は baton setup export DIR --items のガイド"
        "（items.md）をご覧ください。入力する人には権限セット Handoff Input、例外の承認者には Handoff Approver を割り当てます。",
        "The fields for people are there. Lead conversion mapping and page layouts are never changed from here: items.md "
        "of `baton setup export DIR --items` says how. Give Handoff Input to those who type, Handoff Approver to approvers.",
    ),
    # refusals
    "refused": ("反映できません（{connection}）：", "{connection} cannot be set up as it is:"),
    "refused.no_right": (
        "  ! 管理者権限が足りません：{name} {detail}\n    → Salesforce は「アプリケーションのカスタマイズ」「メタデータ API 関数を使用した"
        "メタデータの変更」「権限セットの割り当て」を持つユーザー、HubSpot は crm.schemas.contacts.write を持つサービスキーを --admin で指定してください。",
        "  ! These credentials lack a right: {name} {detail}\n    → name others with --admin: in Salesforce a user with "
        "Customize Application, Modify Metadata and Assign Permission Sets, in HubSpot a service key with "
        "crm.schemas.contacts.write.",
    ),
    "refused.other_type": (
        "  ! {name} は別の型で存在します（現在の型 → 必要な型：{detail}）\n    → 使っていなければ名前を変えるか削除してから、もう一度実行してください。"
        "値は上書きしません。",
        "  ! {name} exists with another type (there → needed: {detail})\n    → rename or delete it if nobody uses it, then "
        "run this again. Nothing in it was touched.",
    ),
    "refused.read_only": (
        "  ! {name} は読み取り専用です\n    → HubSpot の設定で編集できるようにしてください。",
        "  ! {name} is read-only\n    → make it editable in HubSpot's settings.",
    ),
    "refused.no_field": (
        "  ! 入力規則 {name} が調べる項目が組織にありません：{detail}\n    → --items を付けて作成するか、mappings/salesforce.yaml で自社の項目に対応付けてください。",
        "  ! {name} would test a field that the org does not have: {detail}\n    → make it with --items, or map a field of "
        "yours in mappings/salesforce.yaml.",
    ),
    "refused.bin": (
        "  ! {name} と同じ名前の項目が「削除された項目」に残っています：{detail}\n    → 設定 → オブジェクトマネージャー → 項目とリレーション → "
        "「削除された項目」で完全に削除（または復元）してください。",
        "  ! a deleted field still holds the name {name}: {detail}\n    → erase (or restore) it in Setup → Object Manager → "
        "Fields & Relationships → Deleted Fields.",
    ),
    "refused.limit": (
        "  ! 項目数の上限に達しています：{name} {detail}\n    → 使っていない項目を減らしてください。何も作成していません（HubSpot はそれまでに作成した分が残ります）。",
        "  ! the limit of fields is reached: {name} {detail}\n    → remove fields that nobody uses. In Salesforce nothing was "
        "made; in HubSpot what was made before stays.",
    ),
    "refused.used": (
        "  ! {name} はほかの設定で使われています：{detail}\n    → 使っているリストビュー・レポート・フロー・ワークフローから外してから、もう一度実行してください。",
        "  ! {name} is used elsewhere: {detail}\n    → take it out of the list views, reports, flows or workflows that use "
        "it, then run this again.",
    ),
    "refused.other_tenant": (
        "  ! 別の組織です：{name}。このフォルダーの Baton は {detail} のものです\n    → 認証情報を見直すか、別のフォルダーで実行してください。",
        "  ! this is another tenant: {name}; this folder belongs to {detail}\n    → check the credentials, or use another "
        "folder.",
    ),
    "refused.production": (
        "  ! 本番環境です：{name}\n    → 本番に反映するときは config/baton.yaml に environment: production と書いてください。",
        "  ! this is production: {name}\n    → write `environment: production` in config/baton.yaml if you mean it.",
    ),
    "refused.writing": (
        "  ! mode が {name} です。項目を消すと書き込み先がなくなります\n    → config/baton.yaml を mode: observe にするか、承知のうえで --anyway を付けてください。",
        "  ! mode is {name}: what is written to would be gone\n    → set `mode: observe` in config/baton.yaml, or add "
        "--anyway if you know what you do.",
    ),
    "refused.workbench": (
        "  ! トランスレーションワークベンチが有効ではありません：{detail}\n    → 有効にしてから翻訳を反映してください。",
        "  ! the translation workbench is off: {detail}\n    → turn it on before you deploy translations.",
    ),
    "refused.failed": ("  ! {name}：{detail}", "  ! {name}: {detail}"),
    "nothing_done": ("何も変更していません。", "Nothing was changed."),
    # remove
    "remove_head": ("  削除：{count}件", "  To be deleted: {count}"),
    "remove_piece": ("  － {kind} {name}{label}", "  - {kind} {name}{label}"),
    "remove_kept": (
        "  残すもの（入力された内容があるため）：{names}\n    → これも削除するには --items を付けてください。",
        "  Kept, because they hold what people typed: {names}\n    → --items deletes these too.",
    ),
    "remove_nothing": ("  Baton のものはありません。", "  There is nothing of Baton's."),
    "removed": ("{connection}：削除しました（{count}件）。", "{connection}: deleted ({count})."),
    "removed_bin": (
        "削除した項目は CRM 側にしばらく残ります（本番の Salesforce は「削除された項目」に15日、HubSpot はアーカイブに90日）。すぐに消すには各画面で完全に削除してください。",
        "The CRMs keep deleted fields for a while: a production org for 15 days under Deleted Fields, HubSpot for 90 days "
        "in its archive. Erase them there to have them gone at once.",
    ),
    # export
    "exported": ("{count}個のファイルを {folder} に出力しました。", "{count} files written to {folder}."),
    "export_start": ("まず {path} をお読みください。", "Start with {path}."),
}  # fmt: skip
