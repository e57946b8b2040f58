"""Words of 「パス基準書」 in Japanese and English."""

from __future__ import annotations

from collections.abc import Callable

Word = Callable[..., str]

TEXTS: dict[str, tuple[str, str]] = {
    "title": ("パス基準書", "Handoff definition"),
    "agreed": ("IS責任者・FS責任者の合意欄", "Agreed by"),
    "sign.is": ("IS責任者", "IS manager"),
    "sign.fs": ("FS責任者", "FS manager"),
    "sign.date": ("日付", "date"),
    "section.overview": ("概要", "Overview"),
    "section.passes": ("パスとみなす出来事（いちばん早いもの）", "What a pass is (the earliest of these)"),
    "section.people": ("ISとFS", "Who is IS, who is FS"),
    "section.scope": ("対象", "Scope"),
    "section.items": ("引き継ぎ項目", "Handoff items"),
    "section.criteria": ("SQL基準", "SQL criteria"),
    "section.clocks": ("SLA（初回接触の期限）", "SLA (first contact)"),
    "section.hours": ("営業時間", "Working time"),
    "column.name": ("項目", "Setting"), "column.content": ("内容", "Content"), "column.event": ("出来事", "Event"),
    "column.who": ("役割", "Role"), "column.role_names": ("CRM上の役割名", "Role names in the CRMs"),
    "column.users": ("ユーザー", "Users"), "column.item": ("項目", "Item"), "column.required": ("必須", "Required"),
    "column.who_fills": ("誰が入れるか", "Who fills it"), "column.ask": ("確認すること", "What to ask"),
    "column.where": ("入力先", "Where"), "column.choices": ("選択肢", "Choices"),
    "column.criterion": ("基準", "Criterion"), "column.met": ("満たす", "Met"),
    "column.not_met": ("満たさない", "Not met"), "column.unknown": ("確認待ち", "Unknown"),
    "column.clock": ("SLA", "Clock"), "column.target": ("期限", "Target"), "column.start": ("起点", "Starts with"),
    "column.team": ("誰の接触で止まるか", "Whose contact counts"), "column.details": ("補足", "Details"),
    "column.calendar": ("名前", "Name"), "column.zone": ("時間帯", "Time zone"), "column.opening": ("営業時間", "Hours"),
    "column.holidays": ("祝日", "Holidays"), "column.closures": ("休業日", "Closures"),
    "version": ("版", "Version"), "label": ("名称", "Name"), "effective_from": ("適用開始日", "In force from"),
    "enforce_from": ("フラグの運用開始日", "Flags from"), "preset": ("項目セット", "Preset"),
    "entries": ("1回のパスでISが入力する項目", "Entries that a pass costs an IS"),
    "entries_of": ("{count}項目", "{count}"), "hash": ("内容ハッシュ", "Content hash"),
    "grace": ("パス後の補完の猶予", "Grace for completing it"),
    "grace.same_day": ("その営業日の終業まで", "until the end of that business day"),
    "event.meeting_booked_with_fs": ("FSとの商談設定", "Meeting booked with FS"),
    "event.meeting_booked_with_fs.when": ("FSが担当する会議が登録されたとき", "a meeting owned by FS is entered"),
    "event.lead_converted": ("リードの取引開始", "Lead converted"),
    "event.lead_converted.when": ("リードが取引開始されたとき", "the lead is converted"),
    "event.opportunity_created": ("商談の作成", "Opportunity created"),
    "event.opportunity_created.when": ("商談が作成されたとき", "the opportunity is created"),
    "event.owner_role_changes": ("担当者の変更", "Owner changes"),
    "event.roles": ("{old} から {new} へ", "from {old} to {new}"),
    "event.status_in": ("状況の変更", "Status reached"), "event.field": ("日付項目", "Date field"),
    "event.field_when": ("その日の終業時刻", "at the closing of that day"),
    "integration_users": ("システム連携ユーザー", "Integration users"),
    "native_sync_users": ("HubSpot標準連携のユーザー", "Users of HubSpot's own sync"),
    "automation_users": ("自動化のユーザー", "Automation users"),
    "scope.contact_stages": ("対象とするコンタクトのステージ", "Contact stages in scope"),
    "scope.closed_lead_statuses": ("対象外とするリード状況", "Lead statuses out of scope"),
    "scope.excluded_deal_types": ("対象外とする商談の種別", "Opportunity types out of scope"),
    "scope.partner_sources": ("代理店経由とみなすリードソース", "Lead sources of partners"),
    "scope.partner_account_types": ("代理店とみなす取引先の種別", "Account types of partners"),
    "need.typed": ("必須", "required"), "need.automatic": ("必須（自動）", "required (automatic)"),
    "need.optional": ("任意", "optional"),
    "fills.typed": ("IS", "IS"), "fills.automatic": ("システム（空なら運用が確認）", "systems (RevOps when empty)"),
    "fills.optional": ("分かる範囲で", "whoever knows"),
    "any_of": ("{items} のいずれか1つ", "one of {items}"), "comma": ("、", ", "), "semicolon": ("；", "; "),
    "authority": ("決裁権", "Authority"), "budget": ("予算", "Budget"), "timing": ("導入時期", "Timing"),
    "need": ("課題", "Need"), "never": ("—", "—"),
    "authority.met": ("役職が{rank}以上", "rank {rank} or above"),
    "authority.unknown": ("それ未満、または役職不明（決裁への関与を確認）", "below that, or no rank (ask about influence)"),
    "budget.unknown": ("それ以外・不明", "anything else, or not known"),
    "timing.met": ("SQL判定日から{months}か月以内に開始", "starts within {months} months of the SQL date"),
    "timing.not_met": ("{months}か月より後に開始", "starts later than {months} months"),
    "timing.unknown": ("時期が分からない", "not known"),
    "need.met": ("具体的な課題が書かれている", "a concrete pain is stated"),
    "need.unknown": ("課題がない、または具体的でない", "none stated, or too vague"),
    "budget_status.secured": ("確保済み", "secured"), "budget_status.expected": ("見込みあり", "expected"),
    "budget_status.none": ("予算なし", "none"), "budget_status.unknown": ("不明", "unknown"),
    "rank.staff": ("一般", "staff"), "rank.senior_staff": ("主任", "senior staff"), "rank.supervisor": ("係長", "supervisor"),
    "rank.manager": ("課長", "manager"), "rank.deputy_general_manager": ("次長", "deputy general manager"),
    "rank.general_manager": ("部長", "general manager"), "rank.division_head": ("本部長・事業部長", "division head"),
    "rank.executive_officer": ("執行役員", "executive officer"), "rank.board_director": ("取締役", "board director"),
    "rank.president": ("社長・代表", "president"),
    "clock.is_first_contact": ("IS初回接触", "IS first contact"),
    "clock.fs_first_contact": ("FS初回対応", "FS first contact"),
    "start.inquiry": ("問い合わせ（MQL・不在着信を含む）", "the inquiry (or MQL date, missed call)"),
    "start.pass": ("パス", "the pass"), "anyone": ("誰でも", "anyone"),
    "look_back": ("起点前{days}営業日の接触も有効", "contacts up to {days} business days before count"),
    "confirm": ("期限の{span}後に記録を読み直してから判定", "judged {span} after it is due, once the evidence was read again"),
    "cutoff": ("{at} 以降の問い合わせは翌営業日扱い", "inquiries from {at} on count as the next business day"),
    "target.none": ("期限なし", "none"), "target.same_day": ("当日中（営業日）", "same business day"),
    "target.days": ("{days}営業日以内", "within {days} business days"),
    "target.working": ("営業時間で{span}以内", "within {span} of working time"),
    "target.elapsed": ("{span}以内", "within {span}"),
    "hours": ("{count}時間", "{count} h"), "minutes": ("{count}分", "{count} min"), "seconds": ("{count}秒", "{count} s"),
}  # fmt: skip


def words(language: str) -> Word:
    """The words of one language. A company's own word (a choice of its own) is shown as it is."""
    index = 0 if language == "ja" else 1

    def say(key: str, **parts: object) -> str:
        texts = TEXTS.get(key)
        return texts[index].format(**parts) if texts else key.rpartition(".")[2]

    return say
