"""What `baton backfill` tells. (Japanese, English)."""

from __future__ import annotations

from sync.wording import Texts

TEXTS: Texts = {
    "head": (
        "過去分の取り込み（{since}以降に動きのあった引き継ぎ）の見積もり",
        "Backfill of handoffs that something happened to since {since}: what it would cost",
    ),
    "head_until": (
        "過去分の取り込み（{since}以降、{until}より前に動きのあった引き継ぎ）の見積もり",
        "Backfill of handoffs that something happened to since {since} and before {until}: what it would cost",
    ),
    "connection": ("{name}", "{name}"),
    "stream": (
        "  {stream}：約{records}件 → {way}、API コール{calls}回",
        "  {stream}: about {records} records → {way}, {calls} API calls",
    ),
    "stream_along": (
        "  {stream}：約{records}件 → {way}（上と同じコールで読みます）",
        "  {stream}: about {records} records → {way}, in the same calls",
    ),
    "stream_unknown": (
        "  {stream}：件数不明 → {way}、API コール{calls}回以上",
        "  {stream}: unknown number of records → {way}, at least {calls} API calls",
    ),
    "nothing": (
        "  読み取り済みです（新しく読むものはありません）",
        "  was read before (nothing to read from the beginning)",
    ),
    "way.bulk": ("Bulk API 2.0 のジョブ", "a job of Bulk API 2.0"),
    "way.query": ("クエリ", "queries"),
    "way.list": ("一覧", "the list"),
    "calls": (
        "  API コール：読み取り{read}回＋書き込み最大{write}回",
        "  API calls: {read} to read, at most {write} to write",
    ),
    "quota": ("  1日の API 上限{quota}回の{share}", "  {share} of the {quota} calls a day that the account has"),
    "quota_unknown": (
        "  1日の API 上限は、この CRM からは読み取れません",
        "  this CRM does not tell how many calls a day the account has",
    ),
    "days": (
        "  予算により{days}日に分かれます（上限に達すると、再開できる時刻まで自動で待ちます）",
        "  the budget spreads it over {days} days (when it is used up, it waits by itself until it may go on)",
    ),
    "touched": (
        "  書き込み対象の候補：{stream} 対応中 最大{open}件、クローズ済み 最大{closed}件",
        "  may be written: {stream}, at most {open} open and {closed} closed records",
    ),
    "touched_all": (
        "  書き込み対象の候補：{stream} 最大{open}件（クローズ済みとの区別は CRM 側ではできません）",
        "  may be written: {stream}, at most {open} records (the CRM cannot tell open from closed)",
    ),
    "touched_unknown": ("  書き込み対象の候補：{stream} 件数不明", "  may be written: {stream}, nobody tells how many"),
    "automation": (
        "  書き込みで動く自動処理：{stream} {counts}",
        "  automation that writing sets off: {stream}: {counts}",
    ),
    "automation_none": (
        "  書き込みで動く自動処理：見つかりません",
        "  automation that writing sets off: none was found",
    ),
    "automation_unread": (
        "  書き込みで動く自動処理：確認できません（{why}）",
        "  automation that writing sets off: cannot be read ({why})",
    ),
    "kind.flow": ("フロー{count}件", "{count} flows"),
    "kind.trigger": ("Apex トリガー{count}件", "{count} Apex triggers"),
    "why.flow": ("このユーザーにはフローが見えません", "this user may not see flows"),
    "why.trigger": ("このユーザーには Apex トリガーが見えません", "this user may not see Apex triggers"),
    "why.flow_trigger": (
        "このユーザーにはフローと Apex トリガーが見えません",
        "this user may see neither flows nor Apex triggers",
    ),
    "why.workflow": (
        "HubSpot のワークフローを読むスコープ（automation）は使いません",
        "Baton does not ask for the scope that shows HubSpot's workflows (automation)",
    ),
    "why.untold": ("この CRM からは読み取れません", "this CRM does not tell"),
    "why.unasked": ("確認中に失敗しました", "it could not be asked"),
    "total": (
        "合計：書き込み最大{writes}件。所要時間の目安：読み取り{read}、判定{judge}、書き込み{write}",
        "In all at most {writes} records to write. It takes about {read} to read, {judge} to judge and {write} to write.",
    ),
    "observe": (
        "モードは observe です。読み取りと判定だけを行い、CRM には何も書き込みません。",
        "The mode is observe: it reads and judges, and writes nothing to any CRM.",
    ),
    "closed": (
        "クローズ済みの引き継ぎには何も書き込みません。過去の分は baton report の集計に入ります。",
        "Nothing is written to handoffs that are closed; the past counts in baton report.",
    ),
    "dry": (
        "見積もりのみで終了しました。何も書き込んでいません。",
        "This was the estimate alone. Nothing was written.",
    ),
    "progress.read": (
        "読み取り {done}/{of}件（毎秒{rate}件、残り{left}）",
        "reading {done}/{of} ({rate} a second, {left} left)",
    ),
    "progress.link": (
        "紐づけ {done}/{of}件（毎秒{rate}件、残り{left}）",
        "linking {done}/{of} ({rate} a second, {left} left)",
    ),
    "progress.judge": (
        "判定 {done}/{of}件（毎秒{rate}件、残り{left}）",
        "judging {done}/{of} ({rate} a second, {left} left)",
    ),
    "progress.write": ("書き込み {done}/{of}件（残り{left}）", "writing {done}/{of} ({left} left)"),
    "progress.pause": (
        "{connection}：API 予算を使い切ったため、{until}まで待ちます（{reason}）",
        "{connection}: the budget of API calls is used up; it waits until {until} ({reason})",
    ),
    "resumed": (
        "途中まで進んだ取り込みを、その続きから再開します。",
        "A backfill under way goes on from where it stands.",
    ),
    "look": (
        "最初の{written}件に書き込みました。残りは{left}件です。続ける前に、CRM で内容を確認してください：",
        "{written} records were written first; {left} are left. Look at some in the CRM before it goes on:",
    ),
    "look_how": (
        "問題がなければ  baton backfill --continue 、1件の根拠は  baton explain レコード 、元に戻すには  baton ops undo {run}",
        "If they are right: baton backfill --continue. Why one says what it says: baton explain RECORD. To take them back: baton ops undo {run}",
    ),
    "unread": (
        "読み取りが途中です。同じコマンドをもう一度実行すると、続きから再開します。",
        "Not everything was read. The same command goes on from there.",
    ),
    "written": ("書き込み：{written}件", "written: {written} records"),
    "left": (
        "未書き込み：{count}件（{stream}）。baton backfill --continue で続きから書き込みます。",
        "not written yet: {count} records ({stream}); baton backfill --continue goes on",
    ),
    "observed": (
        "書き込みを見送った変更：{count}件（期間内に動きがないか、クローズ済み、または observe モード）",
        "changes that were left alone: {count} (nothing happened to them in the span, they are closed, or the mode is observe)",
    ),
    "done": (
        "取り込みが終わりました。以降は通常の巡回（baton run）が引き継ぎます。",
        "The backfill is done. The daemon (baton run) goes on from here.",
    ),
    "partial": ("取り込みは終わりましたが、次の点が残っています。", "The backfill came to its end, but this is left:"),
    "nothing_to_continue": ("続ける取り込みはありません", "there is no backfill to go on with"),
    "nothing_to_continue_hint": (
        "baton backfill --since YYYY-MM-DD で始めてください",
        "begin one with baton backfill --since YYYY-MM-DD",
    ),
    "continue_alone": (
        "--until・--stream・--dry-run は、--since と一緒に指定してください",
        "--until, --stream and --dry-run belong to --since",
    ),
    "continue_alone_hint": (
        "続きから進めるだけなら、ほかのオプションを付けずに baton backfill --continue を実行してください",
        "to go on alone: baton backfill --continue without them",
    ),
    "since_missing": ("--since がありません", "is missing"),
    "since_missing_hint": (
        "どの日以降の引き継ぎかを YYYY-MM-DD で指定してください",
        "say from which day on, as YYYY-MM-DD",
    ),
    "order": ("--since より後の日ではありません", "is not after --since"),
    "order_hint": (
        "後の日を指定するか、現在までなら --until を外してください",
        "name a later day, or leave it out to go up to the present",
    ),
    "minutes": ("{n}分", "{n} min"),
    "hours": ("{n}時間", "{n} h"),
    "seconds": ("{n}秒", "{n} s"),
    "unknown": ("不明", "unknown"),
}
