"""What commands tell about writing: refusals, closed and contested fields, undone runs. (Japanese, English)."""

from __future__ import annotations

from sync.wording import Texts

WRITING: Texts = {
    "parked_group": (
        "書き込み停止（要確認）{connection} {count}件：{reason}（例：{examples}）",
        "Parked, {connection}, {count}: {reason} (for example {examples})",
    ),
    "parked_hint": (
        "レコードが変わると自動で再試行します。一覧と再試行は baton ops outbox list / retry",
        "Tried again when a record changes. `baton ops outbox list` shows them, `baton ops outbox retry` tries at once.",
    ),
    "unwritable": (
        "書き込めない項目 {stream}：{fields}（{reason}）。ほかの項目は書き込んでいます。権限か項目を直すと次の確認で自動的に再開します。",
        "Cannot be written on {stream}: {fields} ({reason}). The other fields are. It resumes at the next check once "
        "the field is there and may be edited.",
    ),
    "unwritable_checked": ("項目がない、見えない、または読み取り専用", "missing, hidden or read-only"),
    "contested": (
        "{stream} の{count}件の「{flag}」は、書き込むたびに別の処理で書き換えられるため、{until} まで書き込みません（Batonの値：{ours}、現在の値：{theirs}。例：{examples}）",
        "{stream}, {count}: “{flag}” is rewritten by somebody else each time, so it is left alone until {until} (ours: "
        "{ours}, there now: {theirs}; for example {examples})",
    ),
    "sort.empty": ("空", "empty"),
    "sort.text": ("文字列", "text"),
    "sort.number": ("数値", "a number"),
    "sort.instant": ("日時", "a date and time"),
    "sort.choice": ("選択肢にない値", "another choice"),
    "sort.multi_choice": ("複数選択の値", "a list of choices"),
    "undone": (
        "実行 {run} を取り消したため、{count}件のレコードは観察のみです。再開は baton ops undo {run} --release",
        "Run {run} was undone: {count} records are only observed. `baton ops undo {run} --release` lets them be written.",
    ),
    # ops outbox
    "outbox_none": ("該当する書き込みはありません", "No such entries"),
    "outbox_row": ("{id}　{state}　{ref}　{fields}", "{id}  {state}  {ref}  {fields}"),
    "outbox_why": ("    {reason}", "    {reason}"),
    "outbox_tries": ("    試行{attempts}回　作成 {created}{again}", "    attempts {attempts}, made {created}{again}"),
    "outbox_again": ("　次の試行 {at}", ", next try {at}"),
    "outbox_more": ("ほか{count}件。すべて見るには --limit 0", "{count} more; --limit 0 shows all"),
    "outbox_retried": (
        "{count}件を再試行します。次の実行で、そのときに必要な内容だけを書き込みます。",
        "{count} entries will be tried again: the next run writes what is still wanted.",
    ),
    "outbox_parked": (
        "{count}件の書き込みを止めました。retry するまで書き込みません。",
        "{count} entries are parked and stay so until somebody retries them.",
    ),
    "outbox_unknown": ("{id}：この番号の書き込みはありません", "{id}: there is no such entry"),
    "outbox_not_retried": ("{id}：{state} のため再試行できません", "{id}: {state}, nothing to try again"),
    "outbox_not_parked": ("{id}：{state} のため止められません", "{id}: {state}, too late to park it"),
    "by_hand": ("手動で停止", "parked by hand"),
    # ops undo
    "undo_head": (
        "実行 {run} は{records}件のレコードに書き込みました。{restore}件を書き込み前の値に戻します。",
        "Run {run} wrote {records} records; {restore} get back what they held before.",
    ),
    "undo_left": (
        "戻さないもの：{reason}　{count}件（例：{examples}）",
        "Left: {reason}, {count} records (for example {examples})",
    ),
    "undo_why.the record is gone": ("レコードがない", "the record is gone"),
    "undo_why.changed since": ("その後に変更された", "changed since"),
    "undo_why.what stood there was not kept": ("以前の値を保存していない", "what stood there was not kept"),
    "undo_why.cannot be written": ("項目に書き込めない", "the field cannot be written"),
    "undo_dry": ("確認のみです。何も書き込んでいません。", "Only shown: nothing was written."),
    "undo_done": (
        "{count}件を戻しました。対象のレコードは観察のみになりました。再開は baton ops undo {run} --release",
        "{count} records got back what they held. They are only observed now; `baton ops undo {run} --release` lets "
        "them be written again.",
    ),
    "undo_held": (
        "{count}件は通常より多いため承認待ちです。内容を確認し、baton ops undo {run} --approve を実行してください。",
        "{count} wait for approval, being far more than usual: look at them, then `baton ops undo {run} --approve`.",
    ),
    "undo_released": ("{count}件のレコードへの書き込みを再開します。", "{count} records may be written again."),
    "undo_more": ("ほか{count}件", "{count} more records"),
}
