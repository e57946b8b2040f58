"""Named stretches of the calendar and the fiscal year, as sales people write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from sync.core.mapping.normalise.moment import ERA_YEAR, FIRST_YEAR, LAST_YEAR, MONTH_NAMES, era_year, month_number
from sync.core.mapping.normalise.stretch import (
    Anchor,
    Window,
    add_months,
    fiscal_part,
    half_in,
    last_day_of,
    named_year,
    one_month,
    quarter_in,
    whole_months,
)


def find_period(form: str, anchor: Anchor) -> Window | None:
    """The window of a whole case-folded text, None when it is no known form."""
    for pattern, read in _FORMS:
        found = pattern.fullmatch(form)
        if found is not None:
            return read(found, anchor)
    return None


_RELATIVE = {
    "今": 0, "当": 0, "本": 0, "現": 0, "来": 1, "次": 1, "翌": 1, "次年": 1, "再来": 2, "翌々": 2, "昨": -1, "前": -1,
    "this ": 0, "current ": 0, "next ": 1, "the next ": 1,
}  # fmt: skip
_REL = "|".join(sorted((re.escape(w) for w in _RELATIVE), key=len, reverse=True))
_PART = r"(?:の)?\s*(中|通期|末|の終わり|初め?|頭|はじめ|首|明け|初頭|上期|下期|上半期|下半期|前期|後期|前半|後半|h[12]|[12]h|q\s*[1-4]|[1-4]\s*q|第?\s*[1-4一二三四]\s*四半期|\d{1,2}月(?:上旬|初旬|頭|中旬|半ば|下旬|前半|後半|末)?)?"
_OF_MONTH = "上旬|初旬|頭|あたま|初め?|はじめ|前半|中旬|半ば|下旬|後半|末日|末"
MONTH_PART = re.compile(_OF_MONTH)
_MONTH_PART = rf"(?:の)?[\s/-]*({_OF_MONTH})?"


def _relative_fiscal(found: re.Match[str], anchor: Anchor) -> Window | None:
    current = anchor.fiscal_year
    return None if current is None else fiscal_part(current + _RELATIVE[found[1]], anchor, found[2])


def _fiscal_named(found: re.Match[str], anchor: Anchor) -> Window | None:
    return fiscal_part(named_year(found[1], anchor), anchor, (found[2] or "").strip() or None)


def _fiscal_era(found: re.Match[str], anchor: Anchor) -> Window | None:
    return fiscal_part(named_year(str(era_year(found[1])), anchor), anchor, found[2])


def _fiscal_last(found: re.Match[str], anchor: Anchor) -> Window | None:
    return fiscal_part(named_year(found[2], anchor), anchor, found[1])


def _bare_part(found: re.Match[str], anchor: Anchor) -> Window | None:
    """A bare quarter or half is fiscal, and the coming one."""
    current = anchor.fiscal_year
    if current is None or anchor.written is None:
        return None
    window = fiscal_part(current, anchor, found[1])
    if window is not None and window[1] is not None and window[1] < anchor.written:
        window = fiscal_part(current + 1, anchor, found[1])
    return window


def _edge_of_half(found: re.Match[str], anchor: Anchor) -> Window | None:
    """上期末, 下期初め: the coming last or first month of that half."""
    if anchor.written is None or anchor.fiscal_year is None:
        return None
    month = anchor.fiscal_start + (0 if half_in(found[1]) == 1 else 6) + (5 if found[2] == "末" else 0)
    edge = whole_months(anchor.fiscal_year, month, 1)
    past = edge is not None and edge[1] is not None and edge[1] < anchor.written
    return whole_months(anchor.fiscal_year + 1, month, 1) if past else edge


def _this_half(found: re.Match[str], anchor: Anchor) -> Window | None:
    return None if anchor.fiscal_year is None else fiscal_part(anchor.fiscal_year, anchor, found[1])


def _fiscal_end(found: re.Match[str], anchor: Anchor) -> Window | None:
    current = anchor.fiscal_year
    return None if current is None else fiscal_part(current, anchor, "末")


def _next_fiscal_start(found: re.Match[str], anchor: Anchor) -> Window | None:
    current = anchor.fiscal_year
    return None if current is None else fiscal_part(current + 1, anchor, "頭")


def _relative_quarter(found: re.Match[str], anchor: Anchor) -> Window | None:
    current = anchor.fiscal_year
    if current is None or anchor.written is None:
        return None
    index = (anchor.written.month - anchor.fiscal_start) % 12 // 3 + _RELATIVE[found[1]]
    return whole_months(current, anchor.fiscal_start + 3 * index, 3)


def _within_this(found: re.Match[str], anchor: Anchor) -> Window | None:
    """年内, 年度内, 期中: from the day of writing to the end."""
    if anchor.written is None:
        return None
    if found[1] == "年":
        return anchor.written, date(anchor.written.year, 12, 31)
    if found[1] == "月":
        return anchor.written, _end_of_month(anchor.written)
    window = fiscal_part(anchor.written.year - (anchor.written.month < anchor.fiscal_start), anchor)
    return None if window is None else (anchor.written, window[1])


def _end_of_month(day: date) -> date:
    return day.replace(day=last_day_of(day.year, day.month))


def _relative_month(found: re.Match[str], anchor: Anchor) -> Window | None:
    if anchor.written is None:
        return None
    month = add_months(anchor.written.replace(day=1), _RELATIVE[found[1]])
    return one_month(month.year, month.month, found[2])


def _relative_week(found: re.Match[str], anchor: Anchor) -> Window | None:
    if anchor.written is None:
        return None
    monday = anchor.written - timedelta(days=anchor.written.weekday()) + timedelta(weeks=_RELATIVE[found[1]])
    return monday, monday + timedelta(days=6)


def _relative_year(found: re.Match[str], anchor: Anchor) -> Window | None:
    if anchor.written is None:
        return None
    return _year(anchor.written.year + _RELATIVE[found[1]], found[2], anchor)


def _named_calendar_year(found: re.Match[str], anchor: Anchor) -> Window | None:
    text = found[1]
    year = int(text) + (2000 if len(text) == 2 else 0) if text.isdigit() else era_year(text)
    return _year(year, found[2], anchor)


def _year(year: int, part: str | None, anchor: Anchor) -> Window | None:
    """A calendar year or a part of it; quarters and 上期, 下期 are fiscal all the same."""
    part = (part or "").strip()
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    if quarter_in(part) or part in ("上期", "下期"):
        return fiscal_part(named_year(str(year), anchor), anchor, part)
    if half_in(part):
        return whole_months(year, 1 if half_in(part) == 1 else 7, 6)
    if part in ("末", "の終わり"):
        return whole_months(year, 12, 1)
    if part in ("初", "初め", "頭", "はじめ", "明け", "初頭"):
        return whole_months(year, 1, 1)
    if part in _SEASONS:
        return whole_months(year, _SEASONS[part], 3)
    month = re.fullmatch(r"(\d{1,2})月(.*)", part)
    if month:
        return one_month(year, int(month[1]), month[2] or None)
    return whole_months(year, 1, 12)


_SEASONS = {"春": 3, "夏": 6, "秋": 9, "冬": 12, "spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_YEAR_PART = r"(?:の)?\s*(中|末|の終わり|初め?|頭|はじめ|明け|初頭|上期|下期|上半期|下半期|前半|後半|h[12]|q\s*[1-4]|[1-4]\s*q|第?\s*[1-4一二三四]\s*四半期|春|夏|秋|冬|\d{1,2}月(?:上旬|初旬|頭|初め|中旬|半ば|下旬|前半|後半|末日|末)?)?"


def _bare_season(found: re.Match[str], anchor: Anchor) -> Window | None:
    if anchor.written is None:
        return None
    window = whole_months(anchor.written.year, _SEASONS[found[1]], 3)
    if window is not None and window[1] is not None and window[1] < anchor.written:
        window = whole_months(anchor.written.year + 1, _SEASONS[found[1]], 3)
    return window


def _this_season(found: re.Match[str], anchor: Anchor) -> Window | None:
    """今春 is this year's. 今冬 lies in two years: it has no reading here."""
    return None if anchor.written is None else whole_months(anchor.written.year, _SEASONS[found[1]], 3)


def _season_of_year(found: re.Match[str], anchor: Anchor) -> Window | None:
    return whole_months(int(found[2]), _SEASONS[found[1]], 3)


_HOLIDAYS = {"gw": (5, 6, 4, 28), "盆": (8, 17, 8, 12)}
"""Month and day of the first day after, and of the last day before, of ゴールデンウィーク and お盆 as customary."""


def _around_holidays(found: re.Match[str], anchor: Anchor) -> Window | None:
    """GW明け is the rest of May, お盆明け the rest of August; …前 is until then."""
    if anchor.written is None:
        return None
    month, day, last_month, last_day = _HOLIDAYS["盆" if "盆" in found[1] else "gw"]
    year = anchor.written.year
    if found[2] == "前":
        before = date(year, last_month, last_day)
        return None, before if before >= anchor.written else date(year + 1, last_month, last_day)
    year += date(year, month, last_day_of(year, month)) < anchor.written
    return date(year, month, day), date(year, month, last_day_of(year, month))


def _short_year_month(found: re.Match[str], anchor: Anchor) -> Window | None:
    """26/10 of the years around the day of writing; any other is as likely a day."""
    if anchor.written is None or anchor.region != "JP":
        return None
    year = 2000 + int(found[1])
    return one_month(year, int(found[2]), None) if -1 <= year - anchor.written.year <= 9 else None


def _end_of_named_month(found: re.Match[str], anchor: Anchor) -> Window | None:
    month = month_number(found[1])
    return one_month(int(found[2]), month, "末") if found[2] else _coming_month(month, "末", anchor)


def _end_of_named_year(found: re.Match[str], anchor: Anchor) -> Window | None:
    if found[1]:
        return fiscal_part(named_year(found[2], anchor), anchor, "末")
    return whole_months(int(found[2]), 12, 1) if len(found[2]) == 4 else None


def _next_season(found: re.Match[str], anchor: Anchor) -> Window | None:
    """来春 is next year's; written in winter nobody can tell which."""
    if anchor.written is None or anchor.written.month <= 3:
        return None
    return whole_months(anchor.written.year + 1, _SEASONS[found[1]], 3)


def _month_of_year(found: re.Match[str], anchor: Anchor) -> Window | None:
    text = found[1]
    return one_month(int(text) if text.isdigit() else era_year(text), int(found[2]), found[3])


def _compact_month(found: re.Match[str], anchor: Anchor) -> Window | None:
    return one_month(int(found[1]), int(found[2]), None)


def _month_first(found: re.Match[str], anchor: Anchor) -> Window | None:
    return one_month(int(found[2]), int(found[1]), None)


def _named_month(found: re.Match[str], anchor: Anchor) -> Window | None:
    month = month_number(found[1])
    return one_month(int(found[2]), month, None) if found[2] else _coming_month(month, None, anchor)


def _bare_month(found: re.Match[str], anchor: Anchor) -> Window | None:
    return _coming_month(int(found[1]), found[2], anchor)


def _coming_month(month: int, part: str | None, anchor: Anchor) -> Window | None:
    if anchor.written is None or not 1 <= month <= 12:
        return None
    return one_month(anchor.written.year + (month < anchor.written.month), month, part)


def _bare_day(found: re.Match[str], anchor: Anchor) -> Window | None:
    if anchor.written is None:
        return None
    month, day = int(found[1]), int(found[2])
    year = anchor.written.year + ((month, day) < (anchor.written.month, anchor.written.day))
    return date(year, month, day), date(year, month, day)


def _year_end(found: re.Match[str], anchor: Anchor) -> Window | None:
    return None if anchor.written is None else whole_months(anchor.written.year, 12, 1)


def _new_year(found: re.Match[str], anchor: Anchor) -> Window | None:
    return None if anchor.written is None else whole_months(anchor.written.year + 1, 1, 1)


def _near_day(found: re.Match[str], anchor: Anchor) -> Window | None:
    if anchor.written is None:
        return None
    day = anchor.written + timedelta(days={"明日": 1, "tomorrow": 1, "明後日": 2}.get(found[0], 0))
    return day, day


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Anchor], Window | None]], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"(\d{{4}}|{ERA_YEAR})\s*(?:年|[-/.])\s*(\d{{1,2}})\s*月?{_MONTH_PART}", _month_of_year),
        (r"(20\d{2})(0[1-9]|1[0-2])", _compact_month),
        (r"(\d{1,2})/(\d{4})", _month_first),
        (r"(1[3-9]|[2-9]\d)/(\d{1,2})", _short_year_month),
        (rf"({MONTH_NAMES})\.?,?\s*(\d{{4}})?", _named_month),
        (rf"fy\s*'?(\d{{4}}|\d{{2}})[\s/-]*{_PART}", _fiscal_named),
        (rf"(\d{{4}}|\d{{2}})\s*(?:年度|fy){_PART}", _fiscal_named),
        (rf"({ERA_YEAR})\s*年度{_PART}", _fiscal_era),
        (r"(q[1-4]|[1-4]q|h[12]|[12]h)[\s/'-]*(?:of\s+)?(?:fy\s*'?)?(\d{4}|\d{2})(?:年度?)?", _fiscal_last),
        (r"(\d{4}|\d{2})\s*[-/]?\s*(q[1-4]|[1-4]q|h[12])", _fiscal_named),
        (rf"({_REL})(?:期|年度|会計年度|fiscal year|fy){_PART}", _relative_fiscal),
        (rf"({_REL})\s*(?:四半期|クォーター|quarter|q)中?", _relative_quarter),
        (rf"({_REL})\s*(?:月|month)(?:中)?{_MONTH_PART}", _relative_month),
        (rf"({_REL})\s*(?:週|week)(?:中|末)?", _relative_week),
        (rf"({_REL})\s*(?:年|year){_YEAR_PART}", _relative_year),
        (rf"(\d{{4}}|\d{{2}}(?=\s*年)|{ERA_YEAR}(?=\s*年))\s*年?{_YEAR_PART}", _named_calendar_year),
        (rf"(\d{{1,2}})月(?:中)?{_MONTH_PART}", _bare_month),
        (r"(\d{1,2})(?:/|月)(\d{1,2})日?", _bare_day),
        (
            r"(q[1-4]|[1-4]q|第\s*[1-4一二三四]\s*四半期|[1-4一二三四]\s*四半期|上期|下期|上半期|下半期|h[12]|[12]h)中?",
            _bare_part,
        ),
        (r"(上期|下期|上半期|下半期)の?(末|初め?|頭|はじめ)", _edge_of_half),
        (r"今(上期|下期|上半期|下半期)", _this_half),
        (r"(\d{2})(上期|下期|上半期|下半期)", _fiscal_named),
        (r"(年|年度|期|月)(?:内|中)|(?:今)?(期)中", _within_this),
        (r"年度末|期末|end of (?:the )?(?:fiscal year|fy)", _fiscal_end),
        (r"年度初め?|期初|期首|年度明け|年度[替変が]わり|新年度|新期", _next_fiscal_start),
        (r"年末|年の瀬|(?:the )?end of (?:the |this )?year|year end|eoy", _year_end),
        (r"年明け|年始|年初", _new_year),
        (r"(春|夏|秋|冬|spring|summer|autumn|winter)", _bare_season),
        (r"今(春|夏|秋)", _this_season),
        (r"来(春|夏|秋|冬)", _next_season),
        (r"(spring|summer|autumn|fall|winter)\s+(?:of\s+)?(\d{4})", _season_of_year),
        (r"(gw|ゴールデンウイーク|ゴールデンウィーク|お?盆)(?:休み)?の?(明け|後|前)", _around_holidays),
        (rf"(?:the )?end of ({MONTH_NAMES})\.?,?\s*(\d{{4}})?", _end_of_named_month),
        (r"(?:the )?end of (fy)?\s*'?(\d{4}|\d{2})", _end_of_named_year),
        (r"今日|本日|明日|明後日|today|tomorrow", _near_day),
    )
)
