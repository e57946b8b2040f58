"""Whole months, quarters, halves and years of the calendar and of a company's fiscal year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from sync.core.mapping.normalise.moment import FIRST_YEAR, LAST_YEAR

Window = tuple[date | None, date | None]
"""First and last day, both inclusive; None for an open end."""

_KANJI = {c: i for i, c in enumerate("〇一二三四五六七八九")}


@dataclass(frozen=True, slots=True)
class Anchor:
    """What relative words refer to. Without `written` they cannot be read."""

    written: date | None
    fiscal_start: int
    named_by_end: bool
    region: str

    @property
    def fiscal_year(self) -> int | None:
        """The calendar year in which the fiscal year of the day of writing started."""
        if self.written is None:
            return None
        return self.written.year - (self.written.month < self.fiscal_start)


def add_months(day: date, months: int) -> date:
    """The same day some months later, at most the last of that month. Raises ValueError beyond known years."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("out of range")
    return date(year, month + 1, min(day.day, last_day_of(year, month + 1)))


def read_count(text: str) -> int | None:
    """3, 三, 十二; None for 数 (a few) and for what is no count (a year)."""
    if text.isdigit():
        return int(text) if len(text) <= 3 else None
    if "十" in text:
        tens, _, ones = text.partition("十")
        return 10 * (_KANJI.get(tens, 1) if tens else 1) + (_KANJI.get(ones, 0) if ones else 0)
    return _KANJI.get(text)


def last_day_of(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def whole_months(year: int, month: int, count: int) -> Window | None:
    """`count` whole months; `month` may run past December."""
    first = add_months(date(year, 1, 1), month - 1) if FIRST_YEAR <= year <= LAST_YEAR else None
    return None if first is None else (first, add_months(first, count) - timedelta(days=1))


def one_month(year: int, month: int, part: str | None) -> Window | None:
    if not 1 <= month <= 12 or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    last = last_day_of(year, month)
    first_day, last_day = {
        **dict.fromkeys(("上旬", "初旬", "頭", "あたま", "初", "初め", "はじめ"), (1, 10)), "前半": (1, 15), "中旬": (11, 20), "半ば": (11, 20),
        "下旬": (21, last), "後半": (16, last), "末": (last, last), "末日": (last, last),
    }.get(part or "", (1, last))  # fmt: skip
    return date(year, month, first_day), date(year, month, last_day)


def fiscal_part(year: int, anchor: Anchor, part: str | None = None) -> Window | None:
    """The fiscal year that starts in `year`, or its quarter, half, beginning or end."""
    start = anchor.fiscal_start
    quarter, half = quarter_in(part), half_in(part)
    if not part or part in ("中", "通期"):
        return whole_months(year, start, 12)
    if quarter:
        return whole_months(year, start + 3 * (quarter - 1), 3)
    if half:
        return whole_months(year, start + 6 * (half - 1), 6)
    if part in ("末", "の終わり"):
        return whole_months(year, start + 11, 1)
    if part in ("初", "初め", "頭", "はじめ", "首", "明け", "初頭"):
        return whole_months(year, start, 1)
    month = re.fullmatch(r"(\d{1,2})月(.*)", part)
    if month and 1 <= int(month[1]) <= 12:
        return one_month(year + (int(month[1]) < start), int(month[1]), month[2] or None)
    return None


def quarter_in(part: str | None) -> int | None:
    found = re.search(r"q\s*([1-4])|([1-4])\s*q|第?\s*([1-4一二三四])\s*四半期", part or "")
    return read_count(next(g for g in found.groups() if g)) if found else None


def half_in(part: str | None) -> int | None:
    if part in ("上期", "上半期", "前期", "前半", "h1", "1h", "上"):
        return 1
    return 2 if part in ("下期", "下半期", "後期", "後半", "h2", "2h", "下") else None


def named_year(text: str, anchor: Anchor) -> int:
    """The calendar year in which the fiscal year called so starts."""
    year = int(text) + (2000 if len(text) == 2 else 0)
    return year - 1 if anchor.named_by_end and anchor.fiscal_start > 1 else year
