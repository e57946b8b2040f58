"""What people type, in Japanese and English, with what each text means. The meaning is given here, never computed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

TYPED = ("sql_reason", "pain", "budget_status", "timing", "decision_maker", "ng_topics", "next_action")
"""What a pass needs people to type, in the order in which it is listed."""
AUTOMATIC = (
    "company",
    "contact_name",
    "contact_channel",
    "lead_source",
    "sql_date",
    "contact_history",
    "engaged_content",
)
EXTRA = ("budget_amount", "decision_process", "purpose", "competitors", "memo")


@dataclass(frozen=True, slots=True)
class Cell:
    """One typed value: the text, the state it is in, and what it means where a rule asks for that.

    `meaning`: budget_status → secured, expected, none or unknown; timing → (first day or None, last day or None), None
    for an open or far end; job_title → True when the rank is manager or above; pain → True when it is vague;
    lead_source → the channel, None for a word that no table knows.
    """

    raw: str | None
    state: str
    meaning: Any = None

    @property
    def usable(self) -> bool:
        return self.state in ("present", "declared_none")


EMPTY = Cell(None, "missing")


def present(raw: str, meaning: Any = None) -> Cell:
    return Cell(raw, "present", meaning)


_OPEN = (None, None)
_LATE = (date(2027, 10, 1), None)
_TIMING_JA = (
    *(present(raw, _OPEN) for raw in ("半年以内", "６ヶ月以内", "今期中", "すぐにでも", " 半年以内 ", "今期中")),
    present("年内", (None, date(2026, 12, 31))),
    present("2027年3月31日まで", (None, date(2027, 3, 31))),
    present("2027/2", (date(2027, 2, 1), date(2027, 2, 28))),
    present("２０２７年３月", (date(2027, 3, 1), date(2027, 3, 31))),
    present("令和9年1月", (date(2027, 1, 1), date(2027, 1, 31))),
    present("2026年12月", (date(2026, 12, 1), date(2026, 12, 31))),
)
_TIMING_EN = (
    *(present(raw, _OPEN) for raw in ("ASAP", "ASAP")),
    present("2027-02", (date(2027, 2, 1), date(2027, 2, 28))),
    present("2027/03", (date(2027, 3, 1), date(2027, 3, 31))),
    present("2027-01-31", (date(2027, 1, 31), date(2027, 1, 31))),
)
_TIMING_LATE = {"ja": (present("2027年10月", _LATE), present("2028/4", _LATE)), "en": (present("2027-10", _LATE),)}
_TIMING_STALE = {
    "ja": (Cell("2026年8月", "stale"), Cell("2026/9", "stale")),
    "en": (Cell("2026-08", "stale"), Cell("2026-09", "stale")),
}
_MANAGER = {
    "ja": (
        *(
            [
                "課長",
                "部長",
                "次長",
                "本部長",
                "取締役",
                "代表取締役",
                "執行役員",
                "室長",
                "情報システム部長",
                "総務部課長",
                "代表取締役社長",
                "部長代理",
            ]
        ),
        *("情報システム部　課長", "取締役 兼 営業本部長", "経営企画部 部長 兼 ＤＸ推進室長", "購買部・課長"),
    ),
    "en": ("General Manager", "VP of Operations", "CEO", "Director of Procurement", "CFO"),
}
_BELOW = {
    "ja": ["主任", "係長", "課長代理", "情報ｼｽﾃﾑ部 主任", "営業企画課 係長", "主任 兼 係長"],
    "en": ["Staff", "Account Manager", "Project Manager"],
}
_BUDGET = {
    "ja": {
        "secured": ("確保済み", "予算あり", "予算化済み", " 確保済み"),
        "expected": ("見込みあり", "予算化予定", "申請中"),
        "none": ("予算なし",),
        "unknown": ("不明・未確認",),
    },
    "en": {"secured": ("Secured",), "expected": ("Expected",), "none": ("None",), "unknown": ("Unknown",)},
}
_AMOUNT = {
    "ja": ("300万円", "３００万円", "300〜500万円", "1.5億", "500万以内", "月額20万円", "120万", "¥3,000,000"),
    "en": ("$50k", "$120,000", "USD 30,000"),
}
CHANNELS = {
    "ja": {
        "inbound_form": ("問い合わせ", "お問い合わせ", "Web"),
        "demo": ("デモ依頼", "デモ"),
        "quote": ("見積依頼",),
        "trial": ("無料トライアル",),
        "missed_call": ("不在着信",),
        "referral": ("紹介",),
        "download": ("資料DL", "資料ダウンロード", "ホワイトペーパー"),
        "webinar": ("ウェビナー", "セミナー"),
        "ad": ("広告", "リスティング広告", "PAID_SEARCH"),
        "event": ("展示会",),
        "business_card": ("名刺交換",),
        "list": ("購入リスト",),
        "outbound": ("テレアポ", "アウトバウンド"),
    },
    "en": {
        "inbound_form": ("Contact Us", "Inbound Form"),
        "demo": ("Demo",),
        "quote": ("Quote",),
        "trial": ("Trial",),
        "missed_call": ("Missed Call",),
        "referral": ("Customer Referral",),
        "download": ("Download",),
        "webinar": ("Webinar",),
        "ad": ("Advertisement",),
        "event": ("Trade Show",),
        "business_card": ("Business Card",),
        "list": ("Purchased List",),
        "outbound": ("Outbound",),
    },
}
UNMAPPED = {"ja": "その他（要確認）", "en": "Billboard XY"}
_TEAMS = {
    "ja": [
        "購買部",
        "経理部",
        "総務部",
        "営業部",
        "情報システム部",
        "人事部",
        "物流管理課",
        "品質保証部",
        "生産管理部",
        "経営企画室",
    ],
    "en": [
        "Procurement",
        "Finance",
        "Operations",
        "Sales",
        "IT",
        "HR",
        "Logistics",
        "Quality",
        "Production",
        "Planning",
    ],
}
_PAIN = {
    "ja": (
        "{team}で紙の注文書を月{n}枚手入力しており、転記ミスが週{m}件出ている",
        "{team}の承認が紙とメールで回り、締めに毎月{m}日かかっている",
        "拠点{m}か所の在庫がExcel{n}ファイルに分かれ、{team}が毎週突き合わせている",
        "見積の版が分からなくなり、{team}で旧単価のまま発注した例が今年{m}件あった",
    ),
    "en": (
        "{team} retypes {n} paper orders a month and finds {m} errors a week",
        "Month-end closing in {team} takes {m} days because approvals run on paper and mail",
        "Stock of {m} sites lives in {n} spreadsheets that {team} compares by hand every week",
    ),
}
_REASON = {
    "ja": (
        "{team}の責任者が比較検討中で、{m}名での利用を想定",
        "デモ後に{team}から見積{n}ID分の依頼あり",
        "現行契約の更新前に{team}で切り替えたいと明言",
    ),
    "en": ("{team} head compares vendors for {m} users", "Asked for a quote of {n} seats for {team} after the demo"),
}
_DECIDER = {
    "ja": ("{team}長の{family}様", "{family}専務", "代表の{family}様（稟議は{team}起案）", "{team} {family}部長"),
    "en": ("{family}, head of {team}", "Managing director {family}"),
}
NG_TOPICS = {
    "ja": ("他社比較の話題は避ける", "値引きの話を先に出さない", "前任者の話題に触れない", "夕方の電話は避ける"),
    "en": ("Do not mention the former vendor", "Never open with discounts"),
}
NONE_WORD = {"ja": "特になし", "en": "none"}
_NEXT = {
    "ja": (
        "{team}向けデモの日程調整",
        "見積書を送付し{family}様に電話",
        "導入事例を送って{team}の反応を確認",
        "要件ヒアリング（{m}名参加）",
    ),
    "en": ("Schedule a demo for {team}", "Send the quote and call {family}"),
}
_CONTENT = {
    "ja": ("導入事例集（製造業）", "料金表", "電子帳簿保存法ガイド", "ROI試算シート", "比較資料"),
    "en": ("Case studies", "Price list", "ROI sheet"),
}
_PROCESS = {"ja": ("部長決裁→役員会", "稟議（総務→経理→社長）"), "en": ("Head signs, board confirms",)}
_PURPOSE = {"ja": ("受発注の一元化", "締め日数の半減", "監査対応"), "en": ("One place for all orders",)}
_COMPETITORS = {"ja": ("特になし", "A社と比較中", "現行：Excel運用"), "en": ("none", "Compares with vendor A")}
_MEMO = {"ja": ("金曜午前は不在", "紹介元：既存顧客の担当者様", "ﾌｫﾛｰ希望"), "en": ("Out on Fridays",)}
_PLACEHOLDER = {
    "sql_reason": ("-", "確認中", "不明"),
    "pain": ("不明", "確認中", "テスト"),
    "budget_status": ("確認中", "Select"),
    "timing": ("未定", "確認中", "TBD"),
    "decision_maker": ("確認中", "不明", "TBD", "-"),
    "ng_topics": ("確認中", "不明"),
    "next_action": ("未定", "確認中", "TBD"),
    "phone": ("000-0000-0000", "-", "不明"),
    "email": ("-", "不明"),
    "engaged_content": ("-", "不明"),
    "company": ("不明", "-"),
}
_PLACEHOLDER_EN = ("TBD", "N/A", "-")
VAGUE = {"ja": ("業務効率化したい", "BANT確認済み"), "en": ("improve efficiency",)}
INCOMPLETE = "情報不足"
FAMILY = {
    "ja": [
        "佐藤",
        "鈴木",
        "高橋",
        "田中",
        "伊藤",
        "渡辺",
        "山本",
        "中村",
        "小林",
        "加藤",
        "吉田",
        "山田",
        "佐々木",
        "山口",
        "松本",
        "井上",
        "木村",
        "林",
        "斎藤",
        "清水",
        "阿部",
        "森",
        "池田",
        "橋本",
        "髙橋",
        "石川",
        "前田",
        "藤田",
        "岡田",
        "後藤",
    ],
    "en": [
        "Baker",
        "Carter",
        "Dixon",
        "Ellis",
        "Foster",
        "Grant",
        "Hughes",
        "Irving",
        "Jensen",
        "Keller",
        "Lawson",
        "Mercer",
        "Nolan",
        "Owens",
        "Palmer",
    ],
}
GIVEN = {
    "ja": [
        "翔太",
        "美咲",
        "健一",
        "陽子",
        "大輔",
        "由美",
        "拓也",
        "恵",
        "直樹",
        "真由美",
        "亮",
        "久美子",
        "悟",
        "千尋",
        "和也",
        "智子",
        "隆",
        "奈々",
        "誠",
        "さゆり",
    ],
    "en": ["Anna", "Ben", "Clara", "David", "Emma", "Frank", "Grace", "Henry", "Iris", "Jack", "Karen", "Liam"],
}
_FIRM_HEAD = {
    "ja": [
        "山吹",
        "青葉",
        "若草",
        "東雲",
        "紅葉",
        "白鷺",
        "千歳",
        "朝日丘",
        "藤波",
        "桐生",
        "春日野",
        "水無月",
        "北斗",
        "瑞穂",
        "榛名",
    ],
    "en": ["Alder", "Birch", "Cedar", "Dale", "Elm", "Fern", "Grove", "Hazel", "Ivy", "Juniper"],
}
_FIRM_TAIL = {
    "ja": [
        "製作所",
        "物流",
        "商事",
        "精機",
        "食品",
        "建設",
        "電機",
        "化学",
        "印刷",
        "運輸",
        "メディカル",
        "システムズ",
    ],
    "en": ["Manufacturing", "Logistics", "Trading", "Foods", "Systems", "Medical"],
}
_FIRM_FORM = {
    "ja": ("株式会社{}", "{}株式会社", "(株){}", "㈱{}", "有限会社{}", "合同会社{}"),
    "en": ("{} Inc.", "{} GmbH", "{} Co., Ltd."),
}
_HALF = {"物流": "ﾌﾞﾂﾘｭｳ", "システムズ": "ｼｽﾃﾑｽﾞ", "メディカル": "ﾒﾃﾞｨｶﾙ"}
_PHONES = (
    "03-52{a}-{b}",
    "０３－６８１２－{b}",
    "03(6812){b}",
    "+81 3-6812-{b}",
    "06-6123-{b}",
    "052-218-{b}",
    "090-44{a}-{b}",
    "080-33{a}-{b}",
    "045-227-{b}",
)


class Writer:
    """Chooses texts for one language; every choice comes from the generator's stream of chance."""

    def __init__(self, language: str, rng: Random) -> None:
        self.language = language
        self.rng = rng

    def usable(self, item: str) -> Cell:
        """A value that answers the item."""
        language, rng = self.language, self.rng
        if item == "budget_status":
            return self.budget(rng.choices(("secured", "expected", "none", "unknown"), (50, 34, 8, 8))[0])
        if item == "timing":
            pool = _TIMING_JA if language == "ja" else _TIMING_EN
            return rng.choice(_TIMING_LATE[language] if rng.random() < 0.08 else pool)
        if item == "pain":
            vague = rng.random() < 0.08
            return present(rng.choice(VAGUE[language]) if vague else self._fill(_PAIN), vague)
        if item == "ng_topics":
            return Cell(NONE_WORD[language], "declared_none") if rng.random() < 0.45 else present(self._fill(NG_TOPICS))
        if item == "phone":
            return present(self.phone())
        pools = {
            "sql_reason": _REASON,
            "decision_maker": _DECIDER,
            "next_action": _NEXT,
            "engaged_content": _CONTENT,
            "budget_amount": _AMOUNT,
            "decision_process": _PROCESS,
            "purpose": _PURPOSE,
            "competitors": _COMPETITORS,
            "memo": _MEMO,
            "department": _TEAMS,
        }
        return present(self._fill(pools[item]))

    def budget(self, meaning: str) -> Cell:
        return present(self.rng.choice(_BUDGET[self.language][meaning]), meaning)

    def sound(self, item: str) -> Cell:
        """A usable value that also meets the SQL criterion, where the item has one."""
        if item == "budget_status":
            return self.budget(self.rng.choice(("secured", "expected")))
        if item == "timing":
            return self.rng.choice(_TIMING_JA if self.language == "ja" else _TIMING_EN)
        if item == "pain":
            return present(self._fill(_PAIN), False)
        return self.usable(item)

    def placeholder(self, item: str) -> Cell:
        """Something typed to get past a required field."""
        pool = _PLACEHOLDER[item] if self.language == "ja" or item in ("ng_topics", "phone") else _PLACEHOLDER_EN
        return Cell(self.rng.choice(pool), "placeholder")

    def defect(self, item: str) -> Cell:
        """Missing, a placeholder, invalid or stale; which of them the cell says."""
        roll = self.rng.random()
        if item == "timing" and roll < 0.25:
            return self.rng.choice(_TIMING_STALE[self.language])
        if item == "phone" and roll < 0.3:
            return Cell("03-12", "invalid")
        if item == "email" and roll < 0.3:
            return Cell("sato＠", "invalid")
        return self.placeholder(item) if roll < 0.5 and item in _PLACEHOLDER else EMPTY

    def title(self) -> Cell:
        roll = self.rng.random()
        if roll < 0.12:
            return EMPTY
        manager = roll < 0.78
        return present(self.rng.choice((_MANAGER if manager else _BELOW)[self.language]), manager)

    def channel(self, channel: str) -> Cell:
        return present(self.rng.choice(CHANNELS[self.language][channel]), channel)

    def phone(self) -> str:
        a, b = f"{self.rng.randint(17, 89)}", f"{self.rng.randint(2101, 8989)}"
        return self.rng.choice(_PHONES).format(a=a, b=b)

    def firm(self) -> str:
        head, tail = self.rng.choice(_FIRM_HEAD[self.language]), self.rng.choice(_FIRM_TAIL[self.language])
        if self.rng.random() < 0.05:
            tail = _HALF.get(tail, tail)
        joint = "" if self.language == "ja" else " "
        return self.rng.choice(_FIRM_FORM[self.language]).format(head + joint + tail)

    def family(self) -> str:
        return self.rng.choice(FAMILY[self.language])

    def given(self) -> str:
        return self.rng.choice(GIVEN[self.language])

    def say(self, ja: str, en: str) -> str:
        return ja if self.language == "ja" else en

    def _fill(self, pool: dict[str, tuple[str, ...]] | dict[str, list[str]]) -> str:
        rng = self.rng
        text = rng.choice(pool[self.language])
        if "{" not in text:
            return text
        return text.format(
            team=rng.choice(_TEAMS[self.language]), family=self.family(), n=rng.randint(20, 480), m=rng.randint(2, 19)
        )
