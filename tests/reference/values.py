"""Values, read the slow way. Knows the forms that the test world writes and refuses (AssertionError) what it does not know."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any

import phonenumbers

USABLE = {"present", "declared_none"}
RANKS = (
    "staff",
    "senior_staff",
    "supervisor",
    "manager",
    "deputy_general_manager",
    "general_manager",
    "division_head",
    "executive_officer",
    "board_director",
    "president",
)
SHARED = {
    "info",
    "sales",
    "noreply",
    "no-reply",
    "support",
    "contact",
    "office",
    "admin",
    "inquiry",
    "webmaster",
    "postmaster",
    "help",
    "mail",
    "toiawase",
    "eigyo",
    "soumu",
    "recruit",
    "hello",
    "marketing",
}


def fold(text: object) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", str(text))).strip()


@cache
def key(text: object) -> str:
    return fold(text).casefold()


class Tables:
    """The operator's tables, as the YAML files have them."""

    def __init__(self, plain: dict[str, Any], titles: dict[str, Any], handoff: dict[str, Any]) -> None:
        self.placeholders = plain["placeholders"]
        self.declared_none = plain["declared_none"]
        self.vague_words = plain["vague"]
        self.titles = titles
        self.options = {
            item: {
                key(word): canonical
                for canonical, words in (spec.get("options") or {}).items()
                for word in [canonical, *words]
            }
            for item, spec in handoff["items"].items()
        }

    def is_placeholder(self, word: str, item: str, as_: str) -> bool:
        lists = [self.placeholders.get(name, []) for name in ("common", item, as_)]
        return any(bare(word) == bare(key(known)) for words in lists for known in words)

    def says_none(self, word: str, item: str) -> bool:
        words: list[Any] = self.declared_none.get(item, [])
        flat = [w for entry in words for w in (entry if isinstance(entry, list) else [entry])]
        return any(bare(word) == bare(key(known)) for known in flat)

    def vague(self, text: str, item: str) -> bool:
        word = bare(key(text))
        known = {bare(key(w)) for name in ("common", item) for w in self.vague_words.get(name, [])}
        tails = sorted((bare(key(w)) for w in self.vague_words["endings"]), key=len, reverse=True)
        for _ in range(3):
            if word in known:
                return True
            word = next((word.removesuffix(tail) for tail in tails if word.endswith(tail)), word)
        return word in known

    def rank(self, title: str) -> str:
        """Highest rank whose word is in the title; `unknown` when none is."""
        text = key(title)
        for phrase in sorted(self.titles["no_rank"], key=len, reverse=True):
            text = text.replace(key(phrase), "|")
        words = sorted(
            ((key(w), rank) for rank, ws in self.titles["ranks"].items() for w in ws), key=lambda w: -len(w[0])
        )
        best = -1
        for word, rank in words:
            pattern = rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word)
            for found in re.finditer(pattern, text):
                before, after = text[: found.start()], text[found.end() :]
                if before.endswith(tuple(self.titles["not_when_preceded_by"])) or after.startswith(
                    tuple(self.titles["not_when_followed_by"])
                ):
                    continue
                down = after.startswith(tuple(self.titles["step_down"])) or before.endswith(
                    tuple(self.titles["step_down_before"])
                )
                best = max(best, RANKS.index(rank) - (1 if down else 0))
            text = re.sub(pattern, "|", text)
        return RANKS[best] if best >= 0 else "unknown"


@cache
def bare(word: str) -> str:
    return re.sub(r"[\s\W_]+", "", word) or ("?" if "?" in word else "")


def read(item: str, as_: str, raw: object, tables: Tables, written: date) -> tuple[str, Any]:
    """State and value of one raw text."""
    text = "" if raw is None else fold(raw)
    return _read(item, as_, text, tables, written) if text else ("missing", None)


@lru_cache(maxsize=20_000)
def _read(item: str, as_: str, text: str, tables: Tables, written: date) -> tuple[str, Any]:
    """Asked the same at every cycle."""
    word = text.casefold()
    if as_ == "picklist":
        if word in tables.options[item]:
            return "present", tables.options[item][word]
        blank = tables.is_placeholder(word, item, as_) or bare(word) == ""
        return ("placeholder", None) if blank else ("unmapped", None)
    if tables.says_none(word, item):
        return "declared_none", None
    if tables.is_placeholder(word, item, as_) or bare(word) == "":
        return "placeholder", None
    if word.startswith("未確認"):
        return "present", None  # 「未確認：次回○/○に確認」 is a good answer
    if as_ == "phone":
        return read_phone(word)
    if as_ == "email":
        return ("present", word) if re.fullmatch(r"[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+", word) else ("invalid", None)
    if as_ == "timing":
        return read_timing(text, written)
    if as_ == "money":
        return "present", word
    if as_ == "number":
        digits = word.replace(",", "")
        return ("present", float(digits)) if re.fullmatch(r"-?\d+(\.\d+)?", digits) else ("invalid", None)
    if as_ == "date":
        found = re.match(r"(\d{4})-(\d{2})-(\d{2})", text)
        assert found, text
        return "present", date(*map(int, found.groups()))
    return "present", text


def read_phone(word: str) -> tuple[str, Any]:
    digits = re.sub(r"\D", "", word)
    if digits and (len(set(digits.lstrip("0") or "0")) == 1 or digits in "1234567890123"):
        return "placeholder", None
    try:
        number = phonenumbers.parse(word, "JP")
    except phonenumbers.NumberParseException:
        return "invalid", None
    return ("present", word) if phonenumbers.is_valid_number(number) else ("invalid", None)


def month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def read_timing(text: str, written: date) -> tuple[str, Any]:
    fiscal = written.year if written.month >= 4 else written.year - 1
    if found := re.fullmatch(r"(\d{4})[/年-](\d{1,2})月?(?:頃|ごろ)?", text):
        year, month = map(int, found.groups())
        return "present", (date(year, month, 1), month_end(year, month))
    if found := re.fullmatch(r"(\d{4})[/年-](\d{1,2})[/月-](\d{1,2})日?(まで)?", text):
        year, month, day = map(int, found.groups()[:3])
        exact = date(year, month, day)
        return "present", (None if found[4] else exact, exact)
    if found := re.fullmatch(r"令和(\d+)年(\d{1,2})月", text):
        year, month = 2018 + int(found[1]), int(found[2])
        return "present", (date(year, month, 1), month_end(year, month))
    if found := re.fullmatch(r"(\d{1,2})月(?:頃|ごろ)?", text):
        month = int(found[1])
        year = written.year if month >= written.month else written.year + 1
        return "present", (date(year, month, 1), month_end(year, month))
    if found := re.fullmatch(r"(?:(\d+)[ヶか箇カケ]月|(半年)|(\d+)年)以内", text):
        months = int(found[1]) if found[1] else 6 if found[2] else 12 * int(found[3])
        return "present", (written, add_months(written, months))
    if text == "年内":
        return "present", (written, date(written.year, 12, 31))
    if text in ("年度内", "今期中"):
        return "present", (written, date(fiscal + 1, 3, 31))
    if text == "今期":
        return "present", (date(fiscal, 4, 1), date(fiscal + 1, 3, 31))
    if text == "来期" or text == "来年度":
        return "present", (date(fiscal + 1, 4, 1), date(fiscal + 2, 3, 31))
    if found := re.fullmatch(r"(?:来年度|来期)\s*(?:Q([1-4])|第?([1-4])四半期)", text):
        return "present", quarter(fiscal + 1, int(found[1] or found[2]))
    if found := re.fullmatch(r"FY(\d{2})\s*Q([1-4])", text):
        return "present", quarter(2000 + int(found[1]), int(found[2]))
    if found := re.fullmatch(r"(\d{4})年度", text):
        return "present", (date(int(found[1]), 4, 1), date(int(found[1]) + 1, 3, 31))
    if text.upper() in {"ASAP", "すぐ", "すぐにでも", "至急", "できるだけ早く", "なるべく早く", "早急に"}:
        return "present", (written, None)
    raise AssertionError(f"the reference does not know the timing {text!r}")


def quarter(fiscal: int, number: int) -> tuple[date, date]:
    first = add_months(date(fiscal, 4, 1), 3 * (number - 1))
    return first, add_months(first, 3) - timedelta(1)


def amount_of(text: str) -> tuple[float | None, float | None]:
    """Both ends of an amount in plain yen or 万円; None: open."""
    word = re.sub(r"[,円¥]|以内$|以下$", "", fold(text))
    found = re.fullmatch(r"(\d+)(万?)(?:[~〜-](\d+)(万?))?", word)
    assert found, f"the reference does not know the amount {text!r}"
    unit = 10_000 if "万" in word else 1
    low = float(found[1]) * unit
    high = float(found[3]) * unit if found[3] else low
    return (None if re.search(r"以内|以下", fold(text)) else low), high


def find_day(text: str, written: date) -> date | None:
    """The one day that a text names."""
    word = fold(text)
    assert not re.search(r"本日|今日|明日|明後日|[月火水木金土日]曜|来週|今週", word), (
        f"the reference does not know {text!r}"
    )
    days = set()
    for found in re.finditer(r"(?:(\d{4})[/年-])?(\d{1,2})[/月](\d{1,2})日?", word):
        month, day = int(found[2]), int(found[3])
        years = [int(found[1])] if found[1] else [written.year - 1, written.year, written.year + 1]
        near = [one for year in years if (one := _date(year, month, day)) and (found[1] or _is_near(one, written))]
        days.add(near[0] if near else None)
    return days.pop() if len(days) == 1 else None


def _date(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1] else None


def _is_near(day: date, written: date) -> bool:
    return -30 <= (day - written).days <= 270


def bare_name(text: str) -> str:
    """A name without honorific and blanks."""
    return re.sub(r"[ ・,]", "", re.sub(r"(様|さん|さま|殿|氏)$", "", key(text)))


def name_forms(text: str) -> set[str]:
    """How a person of that name (family name first) may be written: in either order, or by the family name alone."""
    parts = [part for part in re.split(r"[ ・,]", key(text)) if part]
    return {"".join(parts), "".join(reversed(parts)), parts[0]} if parts else set()
