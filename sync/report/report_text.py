"""Words of the report, in both languages. Japanese first: it is what the people of the company read."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[..., str]

TEXTS: dict[str, tuple[str, str]] = {
    # head
    "title": ("引き継ぎレポート", "Handoff report"),
    "window": ("対象期間 {first}〜{last}", "{first} to {last}"),
    "window_one": ("対象期間 {first}", "{first}"),
    "as_of": ("{at} 時点のデータ", "data as of {at}"),
    "definition_now": ("適用中のパス基準：{version}", "definition in force: {version}"),
    "month": ("{year}年{month}月", "{name} {year}"),
    # rates
    "rates_title": ("3つの率", "The three rates"),
    "rates_lead": (
        "商談化率だけを追うと弱いアポが増え、案件化率や受注率が下がることがあります。必ず3つをあわせて見てください。太い数字は、対象期間に始まったものが今日までにどうなったか（コホート）です。",
        "Chasing the first rate alone brings weak appointments and lowers the other two: read them as one set. The large numbers follow what began in the period up to today (cohort).",
    ),
    "rate.lead_to_deal": ("商談化率（リード起点）", "Lead to opportunity"),
    "rate.pass_to_deal": ("商談化率（パス起点）", "Pass to opportunity"),
    "rate.accepted": ("案件化率", "Opportunities accepted"),
    "rate.won": ("受注率", "Opportunities won"),
    "rate.won_of_closed": ("受注率（クローズ分）", "Won of those closed"),
    "rate.pass_accepted": ("案件化率（パス月別）", "Accepted, by month of the pass"),
    "rate.pass_won": ("受注率（パス月別）", "Won, by month of the pass"),
    "rate.returned": ("差し戻し率", "Passes returned"),
    "rate.complete": ("引き継ぎがそろっていたパス", "Passes that were complete"),
    "rate.doubted": ("そろっていたのに「情報不足」で差し戻し", "Complete, yet returned for lack of information"),
    "what.lead_to_deal": ("リードのうち、商談になったもの。月はリードの発生（再度の引き合いはその日）。", "Leads that became an opportunity ÷ leads, by the month in which the lead (or its new cycle) began."),
    "what.pass_to_deal": ("パスのうち、商談になったもの。月はパスの日。", "Passes that became an opportunity ÷ passes, by the month of the pass."),
    "what.accepted": ("商談のうち、FSが受領したもの、または{stages}に進んだもの。途中のフェーズを飛ばして受注した商談も含みます。月は商談の作成。", "Opportunities that FS accepted or that entered {stages} ÷ opportunities, by the month of creation. One that was won without either counts."),
    "what.accepted_plain": ("商談のうち、FSが受領したもの。受領の記録なしに受注した商談も含みます。月は商談の作成。", "Opportunities that FS accepted ÷ opportunities, by the month of creation. One that was won without an answer counts."),
    "what.won": ("商談のうち、受注したもの。月は商談の作成。", "Opportunities won ÷ opportunities, by the month of creation."),
    "what.won_of_closed": ("クローズした商談のうち、受注したもの。月はクローズの日。", "Opportunities won ÷ opportunities closed, by the month of closing."),
    "what.pass_accepted": ("商談になったパスのうち、案件化したもの。月はパスの日。", "Passes with an opportunity that FS accepted ÷ passes with an opportunity, by the month of the pass."),
    "what.pass_won": ("商談になったパスのうち、受注したもの。月はパスの日。", "Passes with an opportunity that was won ÷ passes with an opportunity, by the month of the pass."),
    "what.returned": ("パスのうち、FSが一度でも差し戻したもの。月はパスの日。", "Passes that FS returned at least once ÷ passes, by the month of the pass."),
    "what.complete": ("パスのうち、パス当日の終業時点で必須項目がそろっていたもの（当時の状態が分かるパスのみ）。", "Passes with nothing required missing at the end of the day of the pass ÷ passes of which that is known."),
    "what.doubted": ("そろっていたパスのうち、FSが「情報不足」で差し戻したもの。パス基準の見直しどころです。", "Complete passes that FS returned for lack of information ÷ complete passes: how often the definition is wrong."),
    "of": ("{n}件中{hits}件", "{hits} of {n}"),
    "interval": ("95%信頼区間 {low}〜{high}", "95% interval {low} to {high}"),
    "withheld": ("件数が{smallest}件に満たないため率は表示しません", "fewer than {smallest}: no rate is shown"),
    "withheld_short": ("件数不足", "too few"),
    "immature": ("集計途中：これから増える見込み", "still ripening: will go on rising"),
    "immature_short": ("途中", "ripening"),
    "immature_why": ("この率は、結果が出るまでに8割のケースで約{days}日かかります。", "Four of five get there within about {days} days."),
    "immature_unknown": ("結果が出るまでの日数は、件数が少ないためまだ分かりません。", "How long it takes cannot be told yet: too few."),
    "tight": ("どの区分でも抜けが5%未満の項目：{items}", "Lacking in fewer than 5% everywhere: {items}"),
    "none": ("対象なし", "none"),
    "cohort": ("コホート", "Cohort"), "period": ("期間", "Period"),
    "period_ratio": ("期間内の件数比", "Events in the period"),
    "first_cycles": ("うち初回のみ（人単位）", "First cycles alone (persons)"),
    "undated": ("日付が不明で、どの月にも数えていないもの：{rate} {n}件", "Undated, counted in no month: {rate} {n}"),
    "persons": ("集計した引き継ぎは{cycles}回、うち初回（人数）は{persons}です。", "{cycles} cycles counted, of {persons} persons' first."),
    # guard
    "guard": (
        "商談化率は上がっていますが、同じ時期のパスの{rate}が誤差の範囲を超えて下がっています（{before}：{old} → {after}：{new}）。弱いアポが増えていないか確認してください。",
        "Passes convert more often, but of the same cohorts {rate} fell beyond chance ({before}: {old} → {after}: {new}). Check whether weak appointments are being passed.",
    ),
    # advice
    "next_title": ("次にやること", "What to do next"),
    "advice.guard": ("商談化率以外の2つの率が下がった原因を、下の「パス基準の変更前後」で確認する。", "Find out why the other rates fell: see the change of the definition below."),
    "advice.leak": ("「{channel}」からのパスで「{item}」が抜けやすくなっています（{of}件中{count}件）。ヒアリングの進め方か、入力欄を見直す。", "Passes from {channel} often lack \"{item}\" ({count} of {of}): look at how it is asked for, or where it is typed."),
    "advice.slow": ("「{channel}」の{clock}が期限を過ぎがちです（{of}件中{count}件）。割り当てまでの時間か、対応する人数を見直す。", "{clock} is often late for {channel} ({count} of {of}): look at the assignment, or at who is there to call."),
    "advice.doubted": ("基準ではそろっていたのに「情報不足」で差し戻されたパスが{count}件あります。ISとFSで、どの情報が足りなかったかを確認し、パス基準に加える。", "{count} passes were complete by the definition and returned for lack of information: ask IS and FS what was missing, and add it."),
    "advice.returned": ("パスの{share}が差し戻されています（{of}件中{count}件）。理由の多い順に、ISとFSで対処を決める。", "{share} of the passes are returned ({count} of {of}): agree between IS and FS on what to do, the commonest reason first."),
    "advice.unverified": ("活動の記録を確認できない初回接触が{count}件あります。CRM の権限と連携の設定を確認する（運用）。", "{count} first contacts cannot be verified: check permissions and the sync (RevOps)."),
    "advice.nothing": ("特に目立つ点はありません。", "Nothing stands out."),
    # trend
    "trend_title": ("推移", "Trend"),
    "trend_lead": (
        "縦の帯は95%信頼区間、白抜きの点は集計途中の月、破線はパス基準が変わった時点です。{smallest}件に満たない月は表示していません。",
        "Bars are 95% intervals, hollow points are months still ripening, dashed lines are changes of the definition. Months with fewer than {smallest} are left out.",
    ),
    "trend_table": ("数字で見る", "As a table"),
    # leaks
    "leaks_title": ("どこで抜けているか", "Where passes leak"),
    "leaks_then": ("パス時点（当日の終業時点）で未入力・要確認・形式だった割合です。濃いほど抜けが多い箇所です。", "Share that was empty, to be confirmed or malformed at the pass. The darker, the more is lacking."),
    "leaks_now": ("パス時点の状態が分かるものが少ないため、現在の状態で示しています。未入力・要確認・形式の割合で、濃いほど抜けが多い箇所です。", "Too few passes are known as they were then: this is how they stand now. The darker, the more is lacking."),
    "leaks_cells": ("{smallest}件に満たない欄は「–」です。読み取れない項目は数えていません。", "Fewer than {smallest} show as \"–\". What cannot be read is not counted."),
    "all_channels": ("全体", "All"),
    "no_channel": ("（不明）", "(unknown)"),
    "unmapped": ("（対応表にない値）", "(not in the table)"),
    "no_group": ("（未設定）", "(none)"),
    "states_title": ("項目ごとの内訳", "State of each item"),
    "state.p": ("入力あり", "Filled"), "state.d": ("「なし」と回答", "Declared none"), "state.v": ("具体性の確認", "Vague"),
    "state.h": ("要確認（仮の入力）", "Placeholder"), "state.s": ("要確認（期日経過）", "Stale"), "state.i": ("形式", "Malformed"),
    "state.m": ("未入力", "Empty"), "state.u": ("読み取り不可", "Unreadable"),
    "then": ("パス時点", "At the pass"), "now": ("現在", "Now"),
    # first contact
    "contact_title": ("初回接触", "First contact"),
    "contact_lead": ("期限までに最初の接触があった割合です。時間は営業時間で数えています。「割当まで」は仕組み側、「割当から」は人の側の時間です。", "Share with a first contact in time. Times are working time: until the assignment (systems) and from it (people)."),
    "contact_none": ("この期間に始まった計測はありません。", "No clock began in this period."),
    "met": ("期限内", "In time"), "late": ("期限後", "Late"), "overdue": ("超過・未対応", "Overdue"),
    "waiting": ("結果待ち", "Open"),
    "median": ("中央値", "Median"), "p90": ("90%点", "90th percentile"),
    "system": ("割当まで（中央値）", "Until assigned (median)"), "human": ("割当から（中央値）", "From then (median)"),
    "minutes": ("{m}分", "{m} min"), "hours": ("{h}時間{m}分", "{h} h {m} min"), "hours_flat": ("{h}時間", "{h} h"),
    "attempts": ("商談設定までの接触回数：中央値 {median}回、90%点 {p90}回（パス{n}件）", "Attempts until the appointment: median {median}, 90th percentile {p90} ({n} passes)"),
    "channel": ("リードソース", "Lead source"), "segment": ("区分", "Segment"), "team": ("チーム", "Team"),
    # returns
    "returns_title": ("差し戻し", "Returns"),
    "returns_lead": ("パス{n}件中{hits}件（{share}）が差し戻されました。", "{hits} of {n} passes ({share}) were returned."),
    "returns_few": ("パス{n}件中{hits}件が差し戻されました。", "{hits} of {n} passes were returned."),
    "returns_none": ("差し戻しはありません。", "None were returned."),
    "doubted": ("このうち、基準ではそろっていたのに「情報不足」で差し戻されたもの：{hits}件（そろっていたパス{n}件中）", "Of these, complete by the definition and returned for lack of information: {hits} (of {n} complete passes)"),
    "no_reason": ("（理由なし）", "(no reason given)"),
    # completeness
    "whole_title": ("そろっていたパスと、不足があったパス", "Complete and incomplete passes"),
    "whole_lead": ("パス時点の状態で分けています。あとから補完されても、区分は変わりません。パスの中身以外の違いも含まれるため、因果関係を示すものではありません。", "Parted by how they were at the pass; filling in later moves none. They may differ in other ways too: this shows no cause."),
    "whole.yes": ("そろっていた", "Complete"), "whole.no": ("不足あり", "Incomplete"), "whole.unknown": ("当時の状態が不明", "Not known"),
    "whole_few": ("比べられるだけの件数がまだありません。", "Too few to compare."),
    # definition
    "breaks_title": ("パス基準の変更前後", "Before and after the definition changed"),
    "break_head": ("{day} {before} → {after}", "{day} {before} → {after}"),
    "before": ("変更前", "Before"), "after": ("変更後", "After"), "difference": ("差", "Difference"),
    "differs": ("誤差を超える差", "beyond chance"), "equal": ("誤差の範囲", "within chance"), "few": ("件数不足で判断できない", "too few to say"),
    "breaks_none": ("この期間に、パス基準の変更はありません。", "The definition did not change in this time."),
    "points": ("{sign}{n}ポイント", "{sign}{n} points"),
    # groups
    "groups_title": ("{by}別", "By {by}"),
    "passes": ("パス", "Passes"), "group": ("区分", "Group"),
    # lists
    "lists_title": ("レコードの一覧", "Records"),
    "list.pass_to_deal": ("商談になっていないパス", "Passes without an opportunity"),
    "list.complete": ("不足があったパス", "Incomplete passes"),
    "list.returned": ("差し戻されたパス", "Returned passes"),
    "list.doubted": ("そろっていたのに「情報不足」で差し戻されたパス", "Complete, yet returned for lack of information"),
    "list.overdue": ("初回接触の期限を過ぎて未対応", "First contact overdue"),
    "list_more": ("先頭{n}件です。全件は baton report --list {rate} で出力できます。", "The first {n}; all of them: baton report --list {rate}"),
    "list_first": ("先頭{n}件です。", "The first {n}."),
    "record": ("レコード", "Record"), "passed_at": ("パス日", "Passed"), "missing": ("パス時点の不足", "Missing at the pass"),
    "outcome": ("現在", "Now"), "reason": ("差し戻し理由", "Reason"), "born_at": ("発生日", "Began"), "cycle": ("回", "Cycle"),
    "o.won": ("受注", "Won"), "o.lost": ("失注", "Lost"), "o.accepted": ("案件化", "Accepted"), "o.deal": ("商談", "Opportunity"),
    "o.passed": ("パス済み", "Passed"), "o.open": ("パス前", "Not passed"),
    "n": ("件数", "n"), "rate": ("率", "Rate"), "share": ("割合", "Share"), "month_head": ("月", "Month"), "item": ("項目", "Item"),
    "numerator": ("分子", "Numerator"), "denominator": ("分母", "Denominator"), "low": ("下限（95%）", "Low (95%)"), "high": ("上限（95%）", "High (95%)"),
    "view": ("見方", "View"), "state": ("状態", "State"), "versions": ("パス基準", "Definition"), "what": ("定義", "What it is"), "months": ("対象月", "Months"),
    "clock": ("SLA", "Clock"),
    # foot
    "notes_title": ("数え方", "How it is counted"),
    "scope": ("対象：ISが引き継ぐ見込み客（既存・更新・パートナー経由・FS直を除く）。終了した商談も数えます。", "Counted: what IS hands over (no renewals, partner deals or deals of FS alone), closed ones included."),
    "benchmark": (
        "公開されている商談化率の目安（広告経由11〜20%、合格ライン約15%など。いずれもリード起点）は、定義の違いで4倍ほど開きます。目標や評価には使わず、参考にとどめてください。",
        "Published rates (ads 11–20%, a pass mark of about 15%, both per lead) differ by a factor of four because their definitions do. They are context, not a target.",
    ),
    "appraisal": ("このレポートは引き継ぎの改善のためのものです。個人の評価・順位づけには使わないでください。", "This report is for improving handoffs. It is not for appraising or ranking people."),
    "empty": ("この期間に数えられる引き継ぎがありません。--month で別の月を指定するか、backfill で過去分を読み取ってください。", "Nothing to count in this period. Name another month with --month, or read history with backfill."),
}  # fmt: skip

CLOCKS = {
    "is_first_contact": ("IS初回接触", "IS first contact"),
    "fs_first_contact": ("FS初回対応", "FS first contact"),
}
REASONS = {
    "info_missing": ("情報不足", "Information missing"), "not_sql": ("基準未達", "Below the criteria"),
    "too_early": ("時期尚早", "Too early"), "no_decision_maker": ("決裁者に届いていない", "No access to the decision maker"),
    "wrong_territory": ("担当・テリトリー違い", "Wrong owner or territory"),
    "duplicate_or_customer": ("重複・既存顧客", "Duplicate or customer"), "unreachable": ("連絡不通", "Unreachable"),
    "other": ("その他", "Other"),
}  # fmt: skip
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def speak(language: str) -> Say:
    """Key and what fills the text in → the text in that language."""
    index = 0 if language == "ja" else 1
    return lambda key, **values: TEXTS[key][index].format(**values)
