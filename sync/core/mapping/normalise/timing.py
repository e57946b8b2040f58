"""「来期」「3ヶ月以内」「FY26 Q2」 to a window of dates, both ends inclusive, None for an open end.

Relative words are anchored on the day on which the value was written. A form that is not known as a whole is invalid:
「来期の予算次第」 is no window.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from sync.core.mapping.normalise.moment import date_in, read_date, zone_of
from sync.core.mapping.normalise.period import MONTH_PART, find_period
from sync.core.mapping.normalise.stretch import Anchor, Window, add_months, read_count
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.normalise.text import is_follow_up
from sync.core.model.items import NormaliseContext, Normalised, ValueState

_NOISE = re.compile(
    r"(?:導入|利用|運用|本番|サービス)?(?:開始|稼働|リリース|カットオーバー|スタート|導入|切替|切り替え)(?:を?(?:希望|予定|目標|想定|したい))?|"
    r"(?:を|で)?(?:希望|予定|想定|目標|目[処途]|メド|検討中?|見込み?)(?:です)?|を?目指(?:す|したい)|早々(?:に)?$|"
    r"^(?:できれば|出来れば|できたら|可能(?:であれば|なら(?:ば)?)|なるべく)[、,]?|あたり|辺り|ごろ|頃|くらい|ぐらい|程度|"
    r"です|に(?:は)?(?=$|\s)|^(?:by the|in the|in|by the end of(?= \d)|around|about|approx\.?|the|during)\s+|[。.!、,]+$|^時期[:：]?"
)
_ASAP = re.compile(
    r"asap|as soon as possible|immediate(?:ly)?|now|urgent|即時|即日|即|すぐ(?:に)?(?:でも)?|至急|早急(?:に)?|大至急|"
    r"(?:できる|出来る)(?:だけ|限り)(?:早く|早め|早期)(?:に)?|なるべく早く|なる(?:早|はや)(?:で)?|最短(?:で)?|可能な限り早く"
)
_COUNT = r"(\d+|[一二三四五六七八九十]+|半|数)"
_SPAN = re.compile(
    rf"(?:within|in|next|in the next|less than)?\s*(?:約)?{_COUNT}\s*(?:(?:(?:ヶ|か|カ|ヵ|ケ|箇|個)(?=月))?((?<=[ヶかカヵケ箇個])月|年|週間|週|日間|日)|(month|year|week|day)s?)"
)
_BARE_COUNT = re.compile(r"\d+|[一二三四五六七八九十]+")
_INSIDE = re.compile(r"(?:以内|内|のうち|中)$")
_WITHIN = re.compile(r"^(?:within|in the next|next(?= \d)|less than|<)\s*")
_LATER = re.compile(r"(?:後|先|later|from now)$")
_UNTIL = re.compile(
    r"(?:までに?|迄に?|以前|前まで)(?:に?は)?$|^(?:by|before|until|no later than|by the end of)\s+|^遅くとも|^遅くても"
)
_SINCE = re.compile(
    r"(?:以降|以後|から|より後|onwards?|or later|[~〜])$|^(?:after|from|since)\s+|^(?:最短(?:で|でも)?|早ければ|早くても?)"
)
_TO = re.compile(r"\s*(?:~|〜|から|–|—|―|\bto\b|\s-\s)\s*")
_EITHER = re.compile(r"\s*(?:か|または|又は|もしくは|or|[・、,])\s*")
_REFINED = re.compile(r"(.+?)\s*\(([^()]+)\)")
_INSTANT = re.compile(r"\d{4}[-/.年].*\d:\d\d|\d{13}$")
_HYPHEN = re.compile(r"(?<=[月日期度qh\d])-(?=.*[月期度日qh])|(?<=\d)-(?=\d+\s*(?:(?:ヶ|か|カ|ヵ|ケ|箇|個)月|months?))")


def read_timing(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    """{"from", "to"} as ISO dates. A follow-up (「未確認：次回…に確認」) is present without a window."""
    serial = isinstance(raw, int | float) and not isinstance(raw, bool) and raw >= 10_000
    if (serial and not 190_001 <= float(str(raw)) <= 210_012) or _INSTANT.match(text):
        day = read_date(text, raw, context, tables)
        return _present((date.fromisoformat(day.value), date.fromisoformat(day.value))) if day.value else day
    written = context.written_on.astimezone(zone_of(context)).date() if context.written_on else None
    anchor = Anchor(written, context.fiscal_year_start, context.fiscal_year_named_by == "end", context.region)
    form = text.casefold().replace("_", " ").strip()
    try:
        window = _window(form, anchor) or _window(_strip(form), anchor) or _joined(form, anchor)
    except (ValueError, OverflowError):
        return Normalised(ValueState.INVALID, reason="no such date")
    if window is not None:
        return _present(window)
    if is_follow_up(text):
        return Normalised(ValueState.PRESENT, None, "follow-up")
    reason = "no known form of a timing" if written else "unknown form, or relative without a date of writing"
    return Normalised(ValueState.INVALID, reason=reason)


def _strip(form: str) -> str:
    """Without what says nothing about when: 「を目指す」「頃」「導入開始」."""
    for _ in range(3):
        shorter = re.sub(r"\s+", " ", _NOISE.sub(" ", form)).strip(" の")
        if shorter == form or not shorter:
            return form
        form = shorter
    return form


def _window(form: str, anchor: Anchor) -> Window | None:
    if _ASAP.fullmatch(form):
        return (anchor.written, None) if anchor.written else None
    return _exact(form, anchor) or _span(form, anchor) or _limited(form, anchor) or _between(form, anchor)


def _joined(form: str, anchor: Anchor) -> Window | None:
    """来期（4月） is what both say; 10月か11月 is both, because one follows on the other."""
    refined = _REFINED.fullmatch(form)
    if refined is not None:
        outer, inner = (_window(_strip(part.strip()), anchor) for part in refined.groups())
        return _overlap(outer, inner) if outer and inner else None
    parts = [part for part in _EITHER.split(form) if part]
    if len(parts) != 2:
        return None
    if re.fullmatch(r"\d{1,2}", parts[0]) and re.match(r"\d{1,2}月", parts[1]):
        parts[0] += "月"
    first = _exact(_strip(parts[0]), anchor)
    second = _exact(_strip(parts[1]), Anchor(first[0], *_company(anchor))) if first and first[0] else None
    if first is None or second is None or first[1] is None or second[0] != first[1] + timedelta(days=1):
        return None
    return first[0], second[1]


def _company(anchor: Anchor) -> tuple[int, bool, str]:
    return anchor.fiscal_start, anchor.named_by_end, anchor.region


def _overlap(one: Window, other: Window) -> Window | None:
    start = max((day for day in (one[0], other[0]) if day), default=None)
    end = min((day for day in (one[1], other[1]) if day), default=None)
    return None if start and end and start > end else (start, end)


def _exact(form: str, anchor: Anchor) -> Window | None:
    day = date_in(form, anchor.region)
    if isinstance(day, date):
        return day, day
    inside = _INSIDE.search(form)
    period = find_period(form, anchor) or (find_period(form[: inside.start()].rstrip(), anchor) if inside else None)
    if period is None:
        return None
    start, end = period
    if inside and start and anchor.written and start < anchor.written and (end is None or end >= anchor.written):
        start = anchor.written
    return start, end


def _limited(form: str, anchor: Anchor) -> Window | None:
    """…まで has an open start, …以降 an open end."""
    until, since = _UNTIL.search(form), _SINCE.search(form)
    for found, pattern in ((until, _UNTIL), (since, _SINCE)):
        if found is None:
            continue
        rest = _strip(pattern.sub("", form).strip())
        window = _exact(rest, anchor) or _span(rest, anchor, plain=True)
        if window is not None:
            return (None, window[1]) if pattern is _UNTIL else (window[0], None)
    return None


def _between(form: str, anchor: Anchor) -> Window | None:
    for pattern in (_TO, _HYPHEN):
        parts = [p.strip() for p in pattern.split(form)]
        if len(parts) == 2 and all(parts):
            window = _ends(parts[0], parts[1], anchor)
            if window is not None:
                return window
    return None


def _ends(first: str, second: str, anchor: Anchor) -> Window | None:
    second = _UNTIL.sub("", second).strip()
    if (spread := _spread(first, second, anchor)) is not None:
        return spread
    if re.fullmatch(r"\d{1,2}", first) and re.fullmatch(r"\d{1,2}月.*", second):
        first += "月"
    start = _exact(_strip(first), anchor)
    if start is None or start[0] is None:
        return None
    year = re.match(r"(\d{4})\s*[年/.-]|((?:令和|r)\s*\d+)\s*[年/.]", first)
    if MONTH_PART.fullmatch(second):
        second = re.sub(rf"(?:の)?(?:{MONTH_PART.pattern})$", "", first) + second
    end = _exact(_strip(second), Anchor(start[0], *_company(anchor)))
    if end is None and year:
        end = _exact(_strip(year[0] + second), anchor)
    if end is None or end[1] is None or end[1] < start[0]:
        return None
    return start[0], end[1]


def _spread(first: str, second: str, anchor: Anchor) -> Window | None:
    """3〜6ヶ月(以内, 後), 3ヶ月〜1年: from the third month to the sixth."""
    high = _length(second)
    if high is None or anchor.written is None:
        return None
    count, unit = (read_count(first), high[1]) if _BARE_COUNT.fullmatch(first) else (_length(first) or (None, ""))
    if count is None:
        return None
    start, end = _after(anchor.written, count, unit), _after(anchor.written, *high)
    return (start, end) if start <= end else None


def _length(text: str) -> tuple[int, str] | None:
    """半年 is (6, 月): how long a text that is a length says."""
    text = _in_months(text)
    found = _SPAN.match(text)
    if found is None:
        return None
    tail, count = text[found.end() :].strip(), read_count(found[1])
    if count is None or (tail and not _INSIDE.search(tail) and not _LATER.search(tail)):
        return None
    return count, found[2] or found[3]


def _in_months(form: str) -> str:
    words = {"半年": "6ヶ月", "半期": "6ヶ月", "四半期": "3ヶ月"}
    return next((months + form.removeprefix(word) for word, months in words.items() if form.startswith(word)), form)


def _span(form: str, anchor: Anchor, *, plain: bool = False) -> Window | None:
    """3ヶ月以内 runs from the day of writing; 3ヶ月後 is that month. `plain` (before まで, 以降): that day."""
    form = _in_months(form)
    within = bool(_WITHIN.search(form))
    rest = _WITHIN.sub("", form)
    rest = re.sub(r"^in\s+", "", rest) if not within else rest
    found = _SPAN.match(rest)
    if found is None or anchor.written is None:
        return None
    tail = rest[found.end() :].strip()
    count = read_count(found[1])
    if count is None:
        return None
    unit = found[2] or found[3]
    day = _after(anchor.written, count, unit)
    inside = bool(tail and _INSIDE.fullmatch(tail)) and (tail != "中" or unit in ("月", "年"))
    if (within and not tail) or inside:
        return anchor.written, day
    if (plain and not tail) or (plain and _LATER.fullmatch(tail)):
        return day, day
    is_later = bool(tail and _LATER.fullmatch(tail)) or (form.startswith("in ") and not tail)
    if not is_later:
        return None
    if unit in ("月", "month", "年", "year"):
        first = day.replace(day=1)
        return first, add_months(first, 1) - timedelta(days=1)
    return day, day


def _after(day: date, count: int, unit: str) -> date:
    match unit:
        case "月" | "month":
            return add_months(day, count)
        case "年" | "year":
            return add_months(day, 12 * count)
        case "週間" | "週" | "week":
            return day + timedelta(weeks=count)
        case _:
            return day + timedelta(days=count)


def _present(window: Window) -> Normalised:
    start, end = window
    return Normalised(
        ValueState.PRESENT,
        {"from": start.isoformat() if start else None, "to": end.isoformat() if end else None},
    )
