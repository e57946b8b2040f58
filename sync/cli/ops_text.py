"""What a run did, step by step. (Japanese, English)."""

from __future__ import annotations

from sync.wording import Texts

# fmt: off
TEXTS: Texts = {
    "run": ("実行 {run}：{outcome}", "Run {run}: {outcome}"),
    "nothing": ("  新しいことは何もありませんでした", "  nothing was new"),
    "step": ("  {step}：{counts}", "  {step}: {counts}"),
    "count": ("{name} {count}", "{name} {count}"),
    "separator": ("、", ", "),
    "behind": ("  ! {streams}：{until} まで読み取り済みです。続きは、次に読めたときに読み取ります", "  ! {streams}: read until {until}; the rest follows when it can be read"),
    "behind_never": ("  ! {streams}：まだ読み取っていません", "  ! {streams}: not read yet"),
    "step.prepare": ("接続の確認", "connections"),
    "step.pull": ("読み取り", "reading"),
    "step.sweep": ("見落としの確認", "sweep"),
    "step.reconcile": ("全件照合", "full comparison"),
    "step.backfill": ("過去分の取り込み", "backfill"),
    "step.link": ("紐づけ", "joining"),
    "step.judge": ("判定", "judging"),
    "step.deliver": ("書き込み", "writing"),
    "step.house": ("保存期間の整理", "housekeeping"),
    # prepare
    "sealed": ("秘匿したレコード", "sealed"),
    "streams_restarted": ("最初から読み直すストリーム", "streams to read from the beginning"),
    "fields_not_writable": ("書き込めない項目", "fields that cannot be written"),
    # pull, sweep, reconcile
    "read": ("読み取ったレコード", "records"),
    "new": ("新規", "new"),
    "changed": ("変更", "changed"),
    "reverted": ("Batonの項目だけ変更", "only our fields changed"),
    "echo": ("Baton自身の書き込み", "our own writes"),
    "touched": ("使わない項目だけ変更", "only other fields changed"),
    "unchanged": ("変更なし", "unchanged"),
    "older": ("古い版", "older versions"),
    "doubtful": ("読み直したレコード", "read again"),
    "streams_switched_off": ("停止したストリーム", "streams switched off"),
    "stamps": ("確認したレコード", "looked at"),
    "compared": ("照合したレコード", "compared"),
    "differing": ("相違", "differing"),
    "missing": ("一覧にないレコード", "not in the list"),
    "missing_held": ("一覧にないレコード（保留）", "not in the list (held)"),
    "formulas": ("数式項目を読み直したレコード", "formulas read again"),
    # link
    "records": ("レコード", "records"),
    "handoffs_new": ("新しい引き継ぎ", "new handoffs"),
    "handoffs_changed": ("変わった引き継ぎ", "changed handoffs"),
    "handoffs_gone": ("なくなった引き継ぎ", "handoffs gone"),
    "ambiguous": ("紐づけを確定できないもの", "ambiguous joins"),
    "link_failed": ("紐づけられなかったレコード", "could not be joined"),
    # judge
    "judged": ("判定した引き継ぎ", "handoffs"),
    "judge_failed": ("判定できなかった引き継ぎ", "failed"),
    "confirmed": ("期限超過の前に活動を読み直した引き継ぎ", "confirmed by reading activities again"),
    "unconfirmed": ("活動を読み直せなかった引き継ぎ", "not confirmed"),
    "planned_ready": ("書き込むレコード", "to be written"),
    "planned_observed": ("書き込まずに観察するレコード", "observed, not to be written"),
    "planned_held": ("承認待ちのレコード", "held for approval"),
    "planned_parked": ("停止したままのレコード", "still parked"),
    "superseded": ("新しい内容に置き換え", "superseded"),
    "waiting_for_outcome": ("前の書き込みの結果待ち", "waiting for an outcome"),
    "waiting_for_undo": ("取り消し待ち", "waiting for an undo"),
    "contested": ("別の処理と競合する項目", "contested fields"),
    # deliver
    "delivered": ("書き込んだレコード", "written"),
    "held": ("承認待ち", "held for approval"),
    "approved": ("承認済み", "approved"),
    "conflict": ("書き込みの間に変わったレコード", "conflicts"),
    "unknown": ("結果を確認中", "of unknown outcome"),
    "parked": ("停止（要確認）", "parked"),
    "retry": ("後で再試行", "to be tried again"),
    "tried_again": ("再試行", "tried again"),
    "not_writable": ("書き込めるものがないレコード", "nothing writable"),
    "fields_given_up": ("書き込めないと分かった項目", "fields given up"),
    "found_delivered": ("書き込み済みと確認", "found written"),
    "found_absent": ("書き込まれていないと確認", "found not written"),
    # house
    "values_dropped": ("保存期間を過ぎて値を消したレコード", "values dropped"),
    "writes_forgotten": ("保存期間を過ぎて消した書き込み記録", "writes forgotten"),
}
# fmt: on
