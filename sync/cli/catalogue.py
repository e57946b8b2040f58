"""What commands tell the operator, in Japanese and English."""

from __future__ import annotations

from collections.abc import Callable

from sync.cli.writing_text import WRITING
from sync.core.model.label import VALUE_LABELS

_FLAG_WORDS = {"actor": "next_actor", "verdict": "sql_verdict", "handoff_status": "status", "sla": "sla"}
"""How the keys of this catalogue name the values of flags."""

Say = Callable[..., str]
"""Key, then the parts to fill in → the text in the company's language."""

TEXTS: dict[str, tuple[str, str]] = {
    **WRITING,
    # explain
    "handoff": ("引き継ぎ {id}（{cycle}回目）", "Handoff {id} (cycle {cycle})"),
    "asked_about": ("対象レコード：{ref}", "Asked about: {ref}"),
    "anchor": ("基準レコード：{ref}", "Anchor: {ref}"),
    "members": ("紐づくレコード：{refs}", "Members: {refs}"),
    "shown_on": ("フラグを表示するレコード：{refs}", "Flags are shown on: {refs}"),
    "shown_nowhere": ("フラグを表示するレコードはありません", "Flags are shown on no record"),
    "other_handoffs": ("このレコードの他の引き継ぎ：{ids}", "Other handoffs of this record: {ids}"),
    "ambiguous": ("紐づけを確定できません：{reason}", "The join is ambiguous: {reason}"),
    "status": ("引き継ぎ状況：{status}／次の対応者：{actor}", "Status: {status} / next actor: {actor}"),
    "in_scope": ("対象：はい", "In scope: yes"),
    "out_of_scope": ("対象外：{reason}", "Out of scope: {reason}"),
    "out_of_scope_count": ("対象外：{reason}（{count}件）", "Out of scope: {reason} ({count})"),
    "pass": ("パス：{event}（{at}）{evidence}", "Pass: {event} ({at}) {evidence}"),
    "pass_unknown": ("パス：{event}（日時不明）{evidence}", "Pass: {event} (nobody recorded when) {evidence}"),
    "no_pass": ("パス：まだです", "Pass: not yet"),
    "grace": ("　補完の猶予：{at} まで", "  grace for completing it: until {at}"),
    "frozen": ("　パス時点の不足項目：{items}", "  missing at the pass: {items}"),
    "frozen_none": ("　パス時点の不足項目：なし", "  missing at the pass: none"),
    "items": ("項目", "Items"),
    "required": ("必須", "required"),
    "automatic": ("自動", "automatic"),
    "from": ("出典 {source}", "from {source}"),
    "fix_at": ("入力先 {place}", "fix at {place}"),
    "hidden": ("（表示しません）", "(not shown)"),
    "differs": ("別の値 {value}（{source}）", "differs: {value} ({source})"),
    "vague": ("具体性の確認", "too vague to act on"),
    "missing": ("不足項目：{items}", "Missing: {items}"),
    "missing_none": ("不足項目：なし", "Missing: nothing"),
    "missing_unknown": ("不足項目：判定できないため、表示しません", "Missing: not told, because this cannot be judged"),
    "rules": ("SQL基準", "SQL criteria"),
    "verdict": (
        "SQL判定：{verdict}（BANT 4項目中{bant}項目が判明）",
        "SQL verdict: {verdict} (BANT: {bant} of 4 known)",
    ),
    "criterion_optional": ("（参考。判定には含めません）", "(for information, not part of the verdict)"),
    "clocks": ("SLA", "Clocks"),
    "clock_start": ("起点 {at}（{why}）", "start {at} ({why})"),
    "clock_batch": (
        "一括登録のSLA：「{source}」{count}件をまとめて {at} から計る",
        "one of a batch: {count} people from “{source}” share the start {at}",
    ),
    "clock_batch_given": (
        "一括登録のSLA：「{source}」は設定（batches）により {at} から計る",
        "one of a batch: by `batches` of the settings people from “{source}” share the start {at}",
    ),
    "clock_target": ("目標 {target}", "target {target}"),
    "clock_due": ("期限 {at}", "due {at}"),
    "clock_contact": ("接触 {at}（{ref}）", "contact {at} ({ref})"),
    "clock_answer": ("回答 {at}（{ref}）", "answer {at} ({ref})"),
    "clock_sign": ("読めない接触の形跡 {at}（{ref}）", "trace of a contact that cannot be read {at} ({ref})"),
    "clock_time": ("営業時間内 {working}／実時間 {elapsed}", "working time {working} / elapsed {elapsed}"),
    "clock_why": ("判定理由 {reason}", "because {reason}"),
    "clock_measured": ("（計測のみ）", "(measured only)"),
    "clock_parts": (
        "担当の割り当て {at}まで 営業時間内 {system_working}／実時間 {system_elapsed}、そこから接触まで 営業時間内 {human_working}／実時間 {human_elapsed}",
        "until it was assigned ({at}) working time {system_working} / elapsed {system_elapsed}, from then to the contact "
        "{human_working} / {human_elapsed}",
    ),
    "clock_paused": ("停止 {since}〜{until}", "stood still {since} – {until}"),
    "clock_at_risk": ("期限が近づいています", "little time is left"),
    "attempts": ("接触の試み {count}回（目安 {at_least}回以上）", "attempts {count} (wanted: at least {at_least})"),
    "gave_up_early": ("目安の回数に達する前に追客を終えています", "given up before that"),
    "clocks_now": ("SLAの状況 {clock}：{counts}", "clock {clock}: {counts}"),
    "thin_evidence": (
        "  活動が記録されていないため、期限超過の判定を停止しています（{team}：{days}日で {contacted}/{counted} 件）",
        "  deadlines are not enforced, because activities are not on record ({team}: {contacted} of {counted} in {days} days)",
    ),
    "batch": (
        "  一括登録「{source}」（{start}〜）：未対応{open}件（全{records}件）、期限 {due}",
        "  batch “{source}” (since {start}): {open} of {records} not contacted yet, due {due}",
    ),
    "batch_days": (
        "    {open}件 ÷（{people}名 × 余力{per_day}件/日）＝ 約{days}営業日",
        "    {open} ÷ ({people} people × {per_day} a day each) = about {days} working days",
    ),
    "batch_nobody": (
        "    対応する人が見つかりません（definition.yaml の roles と batch の worked_by をご確認ください）",
        "    nobody is there to contact them: look at the roles in definition.yaml and worked_by of batch",
    ),
    "at_risk_count": ("うち期限間近 {count}", "of them with little time left: {count}"),
    "unread_count": (
        "うち読めない接触の記録があるとみられるもの {count}",
        "of them with a contact on record that seems to be out of Baton's sight: {count}",
    ),
    "clock_corrected": ("記録が後から追加されたため訂正しました", "corrected: the record was added later"),
    "history": ("書き込み履歴", "What was written when"),
    "history_none": ("書き込みはまだありません", "Nothing has been written yet"),
    "not_judged": ("まだ判定していません", "Not judged yet"),
    "empty": ("（空）", "(empty)"),
    "separator": ("、", ", "),
    "as_of": ("判定時点：{at}（最後に読み込んだ時点）", "As of {at} (the latest reading)"),
    "judge_failed": ("判定できませんでした：{place}", "The judgement failed: {place}"),
    "pending": ("これから変わるフラグ", "Flags that differ from what they should be"),
    "entry.observed": ("観察のみ（書き込みなし）", "observed only, not written"),
    "entry.ready": ("送信待ち", "ready to be sent"),
    "entry.held": ("承認待ち", "held for approval"),
    "entry.sending": ("送信中", "being sent"),
    "entry.unknown": ("結果を確認中", "outcome unknown, to be read back"),
    "entry.delivered": ("書き込み済み", "written"),
    "entry.superseded": ("新しい内容に置き換え", "superseded"),
    "entry.parked": ("書き込み停止（要確認）", "parked"),
    # working time day by day
    "days_due": ("期限までの営業時間", "working time until it is due"),
    "days_contact": ("接触までの営業時間", "working time until the contact"),
    "days_answer": ("回答までの営業時間", "working time until the answer"),
    "days_worked": ("{day}　{parts}　{taken}（累計 {total}）", "{day}  {parts}  {taken} (sum {total})"),
    "days_nothing": ("{day}　営業時間外のみ（累計 {total}）", "{day}  outside hours only (sum {total})"),
    "days_off": ("{day}　{reason}", "{day}  {reason}"),
    "days_cut": ("… ほか{count}日分 {taken}", "… {count} more days, {taken}"),
    "days_long": ("10年を超えるため、日ごとの内訳は省きました", "more than ten years: not told day by day"),
    "days_change": ("　夏時間の切り替え日", "  the clocks change"),
    "days_real": ("実時間の目標のため、営業時間は関係しません", "real time: opening hours play no part"),
    "day_off.weekly": ("定休日", "not a working day of the week"),
    "day_off.holiday": ("祝日", "public holiday"),
    "day_off.closure": ("休業", "closed"),
    "day_off.special": ("臨時休業", "closed on that date"),
    "day_off.extra": ("臨時営業日（営業時間なし）", "extra working day without hours"),
    "calendar_from": (
        "「{name}」の営業時間と休日（{first}〜{last}）です。CRMでは休日と営業時間の対応を読めないため、この拠点に当てはまらない日を消し、"
        "祝日が毎年同じなら holidays: JP などに置き換えてから config/baton.yaml の calendars に貼り付けてください。",
        "Business hours “{name}” and days off, {first} to {last}. Which days off belong to which hours cannot be read: take out "
        "what does not hold here, write e.g. holidays: JP instead of public holidays, and paste it under calendars in config/baton.yaml.",
    ),
    "calendar_unread": (
        "読み取れない設定です。手で確かめてください：{name}",
        "cannot be understood, look at it by hand: {name}",
    ),
    "day_off.absent": ("不在", "away"),
    "day_worked.absent": ("　一部不在", "  away for part of the day"),
    "day_worked.special": ("　特別営業時間", "  special hours"),
    "day_worked.extra": ("　臨時営業日", "  extra working day"),
    "weekday.0": ("(月)", "Mon"),
    "weekday.1": ("(火)", "Tue"),
    "weekday.2": ("(水)", "Wed"),
    "weekday.3": ("(木)", "Thu"),
    "weekday.4": ("(金)", "Fri"),
    "weekday.5": ("(土)", "Sat"),
    "weekday.6": ("(日)", "Sun"),
    # plan
    "reading": ("変更を読み込んでいます…", "reading what changed …"),
    "plan_scope": (
        "判定した引き継ぎ：{judged}件、うち対象：{in_scope}件",
        "Handoffs judged: {judged}, in scope: {in_scope}",
    ),
    "plan_unlinked": (
        "紐づけ前の変更が{count}件あります。先に baton plan（--stored なし）か baton ops once を実行してください",
        "{count} changed records are not linked yet: run baton plan without --stored, or baton ops once, first",
    ),
    "plan_unconfirmed": (
        "期限が過ぎています。記録をもう一度読み直してから、期限超過とするかを決めます",
        "a deadline has passed; the evidence is read again before this may turn to breached",
    ),
    "plan_daemon": (
        "常駐プロセスが動いているため、最後に読み込んだ内容から計画します",
        "A daemon is at work: this plan is made from what it read last",
    ),
    "plan_none": ("変更はありません。", "Nothing would change."),
    "plan_head": (
        "{records}件のレコードで{changes}件の項目が変わります（モード：{mode}）",
        "{changes} fields would change on {records} records (mode: {mode})",
    ),
    "plan_more": ("ほか{count}件。すべて見るには --limit 0", "{count} more records; --limit 0 shows all"),
    "plan_observe": (
        "観察モードのため書き込みません。書き込むには mode を pilot か write にします。",
        "Mode is observe: nothing is written. Set mode to pilot or write when you agree.",
    ),
    # ops once
    "once_observe": (
        "観察モードのため、CRMには何も書き込んでいません。書き込む予定の内容は baton plan、判定の理由は baton explain で確認できます。",
        "Mode is observe: nothing was written. `baton plan` shows what would be, `baton explain RECORD` why.",
    ),
    # status
    "mode": ("モード：{mode}", "Mode: {mode}"),
    "tenant": ("接続 {name}：{tenant}（{host}、{kind}）", "Connection {name}: {tenant} ({host}, {kind})"),
    "sandbox": ("Sandbox", "sandbox"),
    "production": ("本番", "production"),
    "no_contact": ("接続 {name}：まだ接続していません", "Connection {name}: no contact yet"),
    "streams": ("ストリーム", "Streams"),
    "never": ("未読込", "never read"),
    "last_success": ("最終読込", "last read"),
    "behind": ("遅れ", "behind"),
    "switched_off": ("停止：{reason}", "switched off: {reason}"),
    "unreadable": ("読めない項目：{fields}", "unreadable fields: {fields}"),
    "last_error": ("直近のエラー：{error}", "last error: {error}"),
    "calls": (
        "API呼び出し {connection}：変更がない日で約{calls}回／日{quota}",
        "API calls {connection}: about {calls} a day when nothing changes{quota}",
    ),
    "calls_measured": (
        "API呼び出し {connection}：直近1日の実績で約{calls}回／日{quota}",
        "API calls {connection}: about {calls} a day, as measured{quota}",
    ),
    "quota": (
        "（アカウントの上限 {max} の {share}。直近の使用数 {used}、うちBaton {ours}）",
        " ({share} of the account's {max}; {used} were used when last seen, {ours} of them by Baton)",
    ),
    "allowance": (
        "　Batonの1日の予算：{allowance}回（使用済み {ours}回）",
        "  Baton's budget: {allowance} calls a day ({ours} used)",
    ),
    "allowance_short": (
        "　今の読み込み間隔では、1日の予算が足りなくなります。schedule の間隔を長くするか、connections.{connection}.budget.daily を増やしてください。",
        "  At these intervals the budget does not last a day: lengthen `schedule`, or raise `connections.{connection}.budget.daily`.",
    ),
    "purpose.deadline": ("期限の確認", "confirming deadlines"),
    "purpose.delivery": ("フラグの書き込み", "writing flags"),
    "purpose.head": ("変更の読み込み", "reading changes"),
    "purpose.sweep": ("読み漏れの点検", "sweeps"),
    "purpose.reconcile": ("全件の照合", "full comparison"),
    "pause.budget": (
        "　休止中 {connection}：{purposes}（{since} から {until} まで）。Batonの予算のうち、この用途に使える分に達しました（Baton {ours}回、ほかのツール {others}回、上限 {max}回）。",
        "  Paused {connection}: {purposes}, from {since} to {until}. Baton's own budget for this is used up (Baton {ours}, other tools {others}, of {max} calls).",
    ),
    "pause.account": (
        "　休止中 {connection}：{purposes}（{since} から {until} まで。その時点で再確認）。全ツールの合計が上限に近いため、ほかのツールに譲っています（合計 {used}／{max}回、うちBaton {ours}回、ほかのツール {others}回）。",
        "  Paused {connection}: {purposes}, from {since} to {until}, when it is looked at again. All tools together are near the limit, so Baton yields ({used} of {max} calls: Baton {ours}, other tools {others}).",
    ),
    "pause.app": (
        "　休止中 {connection}：{purposes}（{since} から {until} まで。その時点で再確認）。CRMの管理者がこのアプリに設けた上限に達しました（Baton {ours}回）。",
        "  Paused {connection}: {purposes}, from {since} to {until}, when it is looked at again. The limit that the CRM's admin set for this app is reached (Baton {ours}).",
    ),
    "pause.vendor": (
        "　休止中 {connection}：{purposes}（{since} から {until} まで）。アカウントのAPI呼び出し回数の上限に達したため、CRMが受け付けていません（合計 {used}／{max}回、うちBaton {ours}回、ほかのツール {others}回）。",
        "  Paused {connection}: {purposes}, from {since} to {until}. The account's API calls are used up and the CRM refuses more ({used} of {max} calls: Baton {ours}, other tools {others}).",
    ),
    "writes_per_handoff": (
        "引き継ぎ1件あたりの書き込み：中央値 {median}回（両方の CRM の合計）",
        "Writes per handoff: {median} (median, its records in both CRMs together)",
    ),
    "outbox": ("送信待ち・結果：{counts}", "Outbox: {counts}"),
    "outbox_empty": ("送信待ち・結果：なし", "Outbox: empty"),
    "handoffs": ("引き継ぎ：{counts}", "Handoffs: {counts}"),
    "held_kind.item": ("引き継ぎ項目のフラグ", "item flags"),
    "held_kind.clock": ("SLAのフラグ", "clock flags"),
    "held_kind.undo": ("取り消し（元の値）", "undo (former values)"),
    "held": (
        "承認待ち：{connection} {kind} {count}件（通常の上限 {limit}件）。内容は baton approve で確認し、baton approve {connection}:{id} で承認",
        "Held: {connection} {kind}, {count} changes (usual limit {limit}). Look with baton approve; release with baton approve {connection}:{id}",
    ),
    "ambiguous_at": ("紐づけを確定できません：{anchor}　{reason}", "Ambiguous join: {anchor}  {reason}"),
    "ambiguous_hint": (
        "→ 重複しているレコードを統合すると、次のサイクルで自動的に解消します",
        "→ merge the duplicate records: this clears itself in the next cycle",
    ),
    "judge_failed_at": ("判定できませんでした：{anchor}　{place}", "The judgement failed: {anchor}  {place}"),
    "no_run": ("まだ実行していません", "No run yet"),
    "records": ("{count}件", "{count} records"),
    "outcome.done": ("完了", "done"),
    "outcome.partial": ("一部のみ完了", "partial"),
    "outcome.failed": ("失敗", "failed"),
    "outcome.running": ("実行中または中断", "running, or killed"),
    "problems": ("要確認", "To look at"),
    "last_run": ("直近の実行：{job} {outcome}（{at}）", "Last run: {job} {outcome} ({at})"),
    "bounds": (
        "反映までの最長時間：項目の変更は、CRMのAPIで読めるようになってから{hot}（更新頻度の低いデータは{other}）。遅れて読めるようになった変更、削除（ごみ箱・アーカイブ）、"
        "SLA計測中のHubSpotの関連付けのみの変更は{sweep}。それ以外の関連付けのみの変更と完全削除は{reconcile}。"
        "数式項目の値は{formulas}",
        "Seen at the latest: property changes {hot} ({other} for slow streams) after they are readable; changes that show up "
        "late, deletions (recycle bin, archive), and HubSpot association-only changes where a clock runs, {sweep}; other "
        "association-only changes and hard deletions, {reconcile}; values of formulas, {formulas}",
    ),
    "span.s": ("{count}秒", "{count} s"),
    "span.m": ("{count}分", "{count} min"),
    "span.h": ("{count}時間", "{count} h"),
    "compared": ("全件照合：{connection}　{at}", "Last full comparison: {connection}  {at}"),
    "compared_never": ("まだ完了していません", "none finished yet"),
    "comparing": ("（照合中：{parts}）", "  (under way: {parts})"),
    "unmapped_head": (
        "選択肢の対応表にない値（運用の確認事項。担当者には不足と伝えません）",
        "Values that no option knows (for RevOps; reps are not told that anything is missing)",
    ),
    "unmapped_at": (
        "{label} {value} {count}件（{field}）→ mappings/handoff.yaml の {place} で、次のいずれかに加えてください：{options}",
        "{label} {value}, {count} handoffs ({field}) → add it to one of these under {place} in mappings/handoff.yaml: {options}",
    ),
    "unmapped_hidden": (
        "（自由記述のため表示しません。CRM側の項目を選択リストにしてください）",
        "(free text, not shown: make the CRM's field a picklist)",
    ),
    "unmapped_more": ("ほか{count}種類。すべては --json で", "{count} more; --json lists them all"),
    "input.fs_decision": ("FSの回答", "FS's answer"),
    "input.return_reason": ("差し戻し理由", "return reason"),
    "input.waiver_items": ("例外申請：対象項目", "exception: items"),
    "unmapped_waiver": (
        "{field}（{label}）{value}：{count}件 → 項目かSQL基準の名前で書くと認識できます",
        "{field} ({label}) {value}: {count} → write the label or id of an item or criterion",
    ),
    "returned_complete": (
        "「情報不足」での差し戻し {returns}件のうち、パス時点で不足項目なし：{complete}件（多いときはパス基準の見直しどき）",
        "Returned for missing information: {returns}, of which nothing was missing at the pass: {complete} (if many, look at the definition)",
    ),
    # approve
    "hold_fields": ("　書き込む項目：{fields}", "  flags: {fields}"),
    "hold_samples": ("　例：{refs}（判定の理由は baton explain）", "  e.g. {refs} (why: baton explain)"),
    "hold_none": ("承認待ちの書き込みはありません", "Nothing is held"),
    "hold_released": (
        "{count}件を承認しました。次のサイクルで書き込みます",
        "{count} changes are released and are written by the next cycle",
    ),
    # erasure
    "erase_what": (
        "次の人物に関する記録を消去します（活動・変更履歴など、この人物だけに関するもの {hanging}件を含む）：",
        "This erases what is kept of one person ({hanging} activities, changes and roles that tell of nobody else with it):",
    ),
    "erase_record": ("　{ref}", "  {ref}"),
    "erase_ask": ("消去してよろしいですか（元に戻せません）", "Erase this? It cannot be undone"),
    "erase_stopped": ("何も消去していません", "Nothing was erased"),
    "erase_done": (
        "消去しました：レコード {records}件、関連 {hanging}件。CRM側のレコードとBatonの項目、ログとバックアップはそのままです。必要に応じて別途削除してください",
        "Erased: {records} records and {hanging} that hung on them. The records in the CRMs, our fields on them, logs and backups are untouched: see to them there",
    ),
    "erase_lifted": (
        "{count}件の消去を解除しました。次にCRMで変更されたときから、再び読み込みます",
        "{count} are kept again from the next time they change in their CRM",
    ),
    "erase_nothing_lifted": ("このレコードは消去されていません", "This record was not erased"),
    # waivers
    "waiver_line": (
        "{id}　{anchor}（{cycle}回目）{names}：{reason}（期限 {until}、{by}、{at}、{state}）",
        "{id}  {anchor} (cycle {cycle}) {names}: {reason} (until {until}, by {by}, {at}, {state})",
    ),
    "waiver_cycle_end": ("この回の終わり", "the end of the cycle"),
    "waiver_criterion": ("{label}（SQL基準）", "{label} (SQL criterion)"),
    "waiver_kept": ("例外を登録しました：{line}", "Kept: {line}"),
    "waiver_revoked_now": ("例外を取り消しました：{line}", "Withdrawn: {line}"),
    "waiver_next": ("次の判定から反映されます", "It counts from the next judgement on"),
    "waiver_none": ("登録された例外はありません", "No exception is kept"),
    "waiver_none_in_force": ("有効な例外はありません", "No exception is in force"),
    "waiver_state.in_force": ("有効", "in force"),
    "waiver_state.waiting": ("承認待ち", "not approved"),
    "waiver_state.expired": ("期限終了", "expired"),
    "waiver_state.past_cycle": ("以前の回のもの", "of an earlier cycle"),
    "waiver_state.revoked": ("取り消し済み", "withdrawn"),
    "waivers": ("例外承認", "Exceptions"),
    "waiver_asked": (
        "{names}：{reason}（期限 {until}、{state}）",
        "{names}: {reason} (until {until}, {state})",
    ),
    "waiver_approved": ("承認 {by}（{at}）", "approved by {by} ({at})"),
    "waiver_given": ("登録 {by}（{at}）", "given by {by} ({at})"),
    "waiver_by_nobody": ("記録なし", "nobody on record"),
    "waived": ("例外承認", "waived"),
    "written": ("入力 {at}", "written {at}"),
    "written_by": ("入力 {at}（{by}）", "written {at} by {by}"),
    "judged_by": ("適用したパス基準：{version}", "Judged by the definition {version}"),
    # definition
    "def_in_force": ("いま使っている版", "in use"),
    "def_future": ("これから使う版", "not yet in use"),
    "def_past": ("{until} までのパスに使う版", "used for passes until {until}"),
    "def_line": (
        "{mark}{version}　{label}（適用開始 {at}、{state}、ハッシュ {hash}）",
        "{mark}{version}  {label} (in force from {at}, {state}, hash {hash})",
    ),
    "def_presets": ("項目セット：1回のパスでISが入力する項目数", "Presets: entries that a pass costs an IS"),
    "def_preset": (
        "{mark}{name}：IS入力 {typed}項目、自動 {automatic}項目",
        "{mark}{name}: {typed} typed by IS, {automatic} filled by systems",
    ),
    "def_versions": ("パス基準の版", "Versions of the definition"),
    "diff_none": ("違いはありません", "No difference"),
    "diff_added": ("＋ {row}：{new}", "+ {row}: {new}"),
    "diff_removed": ("－ {row}：{old}", "- {row}: {old}"),
    "diff_changed": ("　 {row}・{column}：{old} → {new}", "  {row}, {column}: {old} → {new}"),
    "exported": ("{path} に書き出しました", "Written to {path}"),
    "wi_ever": ("すべてのパス", "All passes"),
    "wi_since": ("{day} 以降のパス", "Passes since {day}"),
    "wi_head": (
        "{since}を、いまの基準（{old}）と別の基準（{new}）で判定し直しました。CRMには何も書きません。",
        "{since}, judged under the present definition ({old}) and the other one ({new}). Nothing is written.",
    ),
    "wi_values": (
        "どちらも、いま保存されている値で判定しています（パス時点の値ではありません）。紐づけはいまのままです。",
        "Both look at the values as stored now, not as they were at the pass; links stay as they are.",
    ),
    "wi_present": ("いまの基準", "present"),
    "wi_other": ("別の基準", "other"),
    "wi_passes": ("パス", "passes"),
    "wi_qualified": ("SQL基準を満たす", "qualified"),
    "wi_not_qualified": ("基準未達", "not qualified"),
    "wi_undetermined": ("確認待ち", "undetermined"),
    "wi_complete": ("必須項目がそろっている", "complete"),
    "wi_rates": ("SQL基準を満たすパスのその後（95%信頼区間）", "What became of the qualified passes (95% interval)"),
    "wi_opportunity": ("商談化率（パス起点）", "passes that became an opportunity"),
    "wi_accepted": ("案件化率（FS受領）", "opportunities that FS accepted"),
    "wi_won": ("受注率（現時点）", "opportunities won so far"),
    "wi_rate": ("{share}（{hits}/{n}、{low}〜{high}）", "{share} ({hits}/{n}, {low} to {high})"),
    "wi_no_rate": ("—（0件）", "— (none)"),
    "wi_changed": (
        "側が変わるパス：{changed}件（新たに基準を満たす {gained}件、満たさなくなる {lost}件）",
        "Passes that change side: {changed} ({gained} newly qualified, {lost} no longer)",
    ),
    "wi_why": ("理由", "Why"),
    "wi_reason.criterion": ("SQL基準「{name}」：{old} → {new}", "criterion {name}: {old} → {new}"),
    "wi_reason.item.missing": ("項目「{name}」が不足になる", "item {name} is now missing"),
    "wi_reason.item.gone": ("項目「{name}」は不足でなくなる", "item {name} is no longer missing"),
    "wi_reason.scope": ("対象が変わる：{name}", "scope: {name}"),
    "wi_reason.pass": ("パスとみなす出来事が変わる：{old} → {new}", "what the pass is: {old} → {new}"),
    "wi_example": ("　例：{refs}", "  e.g. {refs}"),
    "wi_kept": ("両方で基準を満たすパス", "qualified under both"),
    "wi_dropped": ("別の基準では外れるパス", "no longer qualified"),
    "wi_small": (
        "件数が少なく（{kept}件と{dropped}件。各{smallest}件は必要）、別の基準のほうが商談化しやすいとも、しにくいとも言えません。",
        "Too few to say whether the other definition converts better or worse ({kept} and {dropped} passes; {smallest} of each are needed).",
    ),
    "wi_equal": (
        "商談化率の差は偶然の範囲です。別の基準で良くなるとは言えません。",
        "The difference is within chance: nothing says that the other definition converts better.",
    ),
    "wi_better": (
        "外れるパスの商談化率は、残るパスより明らかに低いです（過去の実績であり、効果の保証ではありません）。",
        "The passes that fall away converted clearly less often than those that stay (history, not a promise).",
    ),
    "wi_worse": (
        "外れるパスの商談化率は、残るパスより明らかに高いです。良い商談を落とす基準になっています。",
        "The passes that fall away converted clearly more often than those that stay: this definition drops good ones.",
    ),
    "wi_undated": ("日時不明のパス {count}件は含めていません", "{count} passes without a known time are left out"),
    "wi_failed": (
        "判定できなかった引き継ぎ {count}件は含めていません",
        "{count} handoffs could not be judged and are left out",
    ),
    "wi_unread": (
        "まだ読み込んでいない項目のため「読み取れません」として扱いました：{fields}",
        "Never read so far, and therefore treated as unreadable: {fields}",
    ),
    "wi_none": (
        "{since}：該当なし。--since を早めるか、過去のデータを読み込んでからお試しください",
        "{since}: there are none. Give an earlier --since, or read more history first",
    ),
    # words for states
    "state.present": ("入力あり", "present"),
    "state.declared_none": ("なし（回答済み）", "declared none"),
    "state.placeholder": ("要確認（仮の入力）", "placeholder"),
    "state.invalid": ("形式を確認", "invalid"),
    "state.stale": ("期日が過ぎています", "stale"),
    "state.missing": ("未入力", "missing"),
    "state.unreadable": ("読み取れません", "unreadable"),
    "criterion.met": ("満たす", "met"),
    "criterion.not_met": ("満たさない", "not met"),
    "criterion.unknown": ("確認待ち", "unknown"),
    "criterion.beside": ("判定に含めない", "no part of the verdict"),
    **{f"{word}.{value}": texts for word, flag in _FLAG_WORDS.items() for value, texts in VALUE_LABELS[flag].items()},
    "handoff_status.not_judged": ("未判定", "not judged yet"),
    "clock.is_first_contact": ("IS初回接触", "IS first contact"),
    "clock.fs_first_contact": ("FS初回対応", "FS first contact"),
    "rule.authority": ("決裁権", "authority"),
    "rule.budget": ("予算", "budget"),
    "rule.timing": ("導入時期", "timing"),
    "rule.need": ("課題", "need"),
    "rule.score": ("スコア", "score"),
    "mode.observe": ("観察（書き込みなし）", "observe (writes nothing)"),
    "mode.pilot": ("パイロット", "pilot"),
    "mode.write": ("書き込み", "write"),
}


def speak(language: str) -> Say:
    """The texts of one language. An unknown key of a word (`sla.new`) shows its last part: new values stay readable."""
    index = 0 if language == "ja" else 1

    def say(key: str, **parts: object) -> str:
        texts = TEXTS.get(key)
        return texts[index].format(**parts) if texts else key.rpartition(".")[2]

    return say
