"""The one day that a free text names: 「10/15 14時 訪問」「2026年12月1日にデモ」「来週火曜に架電」.

Precision first. A text that names no day, two days, a stretch of days (10/15〜10/17, 10/15以降, 10/15頃, 10月末), or a day
that two readers would place differently (a weekday alone, 「来週日曜」) has none. Times, versions, telephone numbers,
amounts and fractions are no days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from math import gcd

from sync.core.mapping.normalise.moment import (
    ERA_YEAR,
    MONTH_NAMES,
    calendar_day,
    date_at,
    month_and_day,
    month_number,
)
from sync.core.mapping.normalise.period import find_period
from sync.core.mapping.normalise.stretch import Anchor
from sync.core.mapping.normalise.text import clean

_BACK, _AHEAD = timedelta(days=30), timedelta(days=270)
"""Where a day without a year is looked for. Notes are also written afterwards; and of a day that was six weeks ago, or
will be in eleven months, nobody can tell which was meant."""

_ADDRESS = re.compile(
    r"https?://[!-~]+|www\.[!-~]+|(?<![a-z0-9._%+-])[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}\.[a-z0-9.-]+"
    r"|(?<![a-z0-9_./-])[a-z0-9_./-]{0,80}\.(?:pdf|xlsx?|docx?|pptx?|csv|zip|png|jpe?g)\b"
)
_ENGLISH_DAY = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_START = re.compile(
    rf"\d+|{ERA_YEAR}|(?<![a-z])(?:{MONTH_NAMES})(?![a-z])|(?<![a-z])(?:{_ENGLISH_DAY})(?![a-z])"
    r"|(?:今|来|再来)[週月]|今日(?!子)|本日|明日(?!香)|明後日|(?:the )?day after tomorrow|(?<![a-z])(?:today|tomorrow)(?![a-z])|[月火水木金土日]曜"
)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})(?![\d/])")
_JAPANESE = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_NAMED_FIRST = re.compile(rf"({MONTH_NAMES})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?(?![a-z\d])")
_NAMED_LAST = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[\s-]*(?:of )?({MONTH_NAMES})(?![a-z])\.?")
_OF_WEEK = re.compile(r"((?:今|来|再来)週)の?\s*\(?([月火水木金土日])(?:曜日?|\)|(?=[\s、。にはで]|$))\)?")
_OF_MONTH = re.compile(r"((?:今|来|再来)月)の?\s*(\d{1,2})日(?!間|後|以内|前)")
_DAYS_LATER = re.compile(r"(?<![^\s。、,:;(・])(\d{1,2})日後")
_LONE_DAY = re.compile(r"(\d{1,2})日(?=に|は|まで|の|[\s(、。,]|$)")
_WEEKDAY = re.compile(
    r"\s*\(\s*([月火水木金土日])(?:曜日?)?(?:[・/]?祝日?)?\s*\)|\s*([月火水木金土日])曜日?|\s*\((mon|tue|wed|thu|fri|sat|sun)[a-z]*\)"
)
_WEEKDAYS = {w: i for i, names in enumerate(("月", "火", "水", "木", "金", "土", "日")) for w in names} | {
    w: i for i, w in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
}

_GLUED = re.compile(
    r"[0-9a-z_+¥$€£%]$|[0-9a-z][./-]$|(?:no|ver|vol|version|p)\.?\s*$|[#第]\s*$|バージョン\s*$|毎[年月週]の?\s*$"
)
"""Before a number that is part of something else, or of what returns every month."""
_COUNTED = re.compile(
    r"[a-z_%/\d]|\.\d|-\d{3,}|社(?![長内外員会])|件(?!名)|名(?![古刺])|人(?![事材])|台(?![湾風北])|回(?![答収線])|個(?![別人室])|本(?![社部日店契番])"
    r"|票|点(?![検])|割|円|万|億|倍|枚|時間|完了|達成|ページ|インチ|拠点|店舗|部(?![長門署会])|問(?![題合い])|冊"
)
"""Right behind a number that counts something."""
_NOT_THE_ACTION = re.compile(
    r"の(?:件|議事録|内容|資料|続き|[御お]?礼|結果|宿題|振り?返り|フォロー|メール|質問)|は?(?:不可|ng|休み|休業|不在)|(?:時点|現在|付け?の)"
)
"""The day of something else: 「10/15の議事録を送付」."""
_STRETCH = re.compile(
    r"\s*(?:[~〜–—―‐]|-\s*\d|から|より|以降|以後|以前|onwards?\b|(?:to|through|or|and)\s+\d"
    r"|頃|ごろ|ころ|前後|あたり|辺り|近辺|の?週(?!次)|\?|前(?![回提])|後(?!日)|を?(?:過|す)ぎ"
    r"|の?(?:前日|翌日|次の日|直前|直後|前週|翌週|翌営業日|前営業日|\d+(?:営業)?日[前後])"
    r"|(?:[,、・&/]|か|と|または|もしくは|及び|および)\s*(?:\d{1,2}(?!\d)(?:\s*(?:日|\(|$|[にではの,、・か~〜-])|\s+[^\d時名人社件])|[月火水木金土日](?:曜|\))))"
    r"|[^\s\d、。,()|]{0,10}?(?:(?<!午)後(?!日)|明け)(?:に|は|[、,\s]|$)"
)
"""Behind a day that is one of several, only about right, or where something begins."""
_ACTIONS = (
    "訪問|架電|再架電|電話|tel|商談|打ち?合わ?せ|打合|mtg|ミーティング|会議|会食|デモ|連絡|送付|送信|提出|メール|アポ|面談|来社|再訪|往訪|"
    "フォロー|ヒアリング|確認|回答|返答|提案|見積|説明|オンライン|web|zoom|teams|meet|call|demo|visit|mail|予定|実施|開催|締|期限|納品|契約|発注|稟議"
)
_MEANT_AS_DAY = re.compile(
    rf"\s*(?:午前|午後|朝|昼|夕|夜|am\b|pm\b|\d{{1,2}}\s*(?:時|:)|(?:に|には|までに|、|,|は)?\s*(?:{_ACTIONS}))"
)
_ASKED_FOR = re.compile(r"(?:次回|次は|予定日?|期限|日程|日時|アポ|期日|締切|on|by)\s*:?\s*$")
_OF_YEAR = re.compile(r"(再来年|来年|今年|本年)の?\s*$")
_OTHER_YEAR = re.compile(r"(?:昨年|去年|翌年|前年)の?\s*$")

_NEAR = re.compile(r"今日|本日|明日|明後日|today|tomorrow")
_AFTER_TOMORROW = re.compile(r"(?:the )?day after tomorrow")
_LONE_WEEKDAY = re.compile(rf"[月火水木金土日]曜日?|(?:{_ENGLISH_DAY})")
_DATE_FOLLOWS = re.compile(rf",?\s+(?:\d|(?:{MONTH_NAMES})\b)")

_Reading = tuple[date | None, int]
"""A day, or None for one that nobody could tell; and where it ends."""


def find_day(text: str, written_on: date | None, region: str = "JP") -> date | None:
    """The one calendar day that the text names, else None. Nothing is raised.

    `written_on` is the local day of writing: without it only days with their year are read. A day without a year is the
    one from 30 days before the day of writing to 270 days after it; outside of that nobody can tell. The same day named
    twice is one day; a weekday that does not fit the day leaves none. 「10/15まで」 names 10/15.
    """
    folded = (clean(text) or "").casefold()
    if _START.search(folded) is None:
        return None
    folded = _ADDRESS.sub("|", folded)
    found: date | None = None
    for day in _days(folded, Anchor(written_on, 4, False, region)):
        if day is None or (found is not None and day != found):
            return None
        found = day
    return found


def _days(text: str, anchor: Anchor) -> Iterator[date | None]:
    at = 0
    while (start := _START.search(text, at)) is not None:
        reading = _read(text, start.start(), anchor)
        at = start.end() if reading is None else max(reading[1], start.end())
        if reading is not None:
            day, end = reading
            weekday = _WEEKDAY.match(text, end)
            if weekday is not None:
                at = end = weekday.end()
                if day is not None and day.weekday() != _WEEKDAYS[next(g for g in weekday.groups() if g)]:
                    day = None
            if not _NOT_THE_ACTION.match(text, end):
                yield None if _STRETCH.match(text, end) else day


def _read(text: str, start: int, anchor: Anchor) -> _Reading | None:
    """What begins at a place of the text; None when it is no day."""
    if not text[start].isdigit():
        return _read_words(text, start, anchor) or _read_absolute(text, start, anchor)
    if _GLUED.search(text, max(0, start - 10), start):
        return None
    return _read_absolute(text, start, anchor) or _read_without_year(text, start, anchor)


def _read_absolute(text: str, start: int, anchor: Anchor) -> _Reading | None:
    found = date_at(text, start, anchor.region)
    if found is None:
        return None
    day, end = found
    written = text[start:end]
    is_date = "/" in written or "年" in written or not written[0].isdigit() or not written[1:2].isdigit()
    if not is_date and (isinstance(day, str) or not re.match(r"\d{4}|\d\d?[\s-]*[a-z]", written)):
        return None
    if re.match(r"[a-su-z_%/\d]|t(?!\d)|[.-]\d", text[end:]):
        return None
    return (None if isinstance(day, str) else day), end


def _read_without_year(text: str, start: int, anchor: Anchor) -> _Reading | None:
    slashed = _SLASHED.match(text, start)
    if slashed is not None:
        return _read_slashed(text, slashed, anchor)
    if (found := _JAPANESE.match(text, start)) is not None:
        return _nearest(text, found, int(found[1]), int(found[2]), anchor), found.end()
    if (found := _NAMED_LAST.match(text, start)) is not None:
        return _nearest(text, found, month_number(found[2]), int(found[1]), anchor), found.end()
    if (found := _DAYS_LATER.match(text, start)) is not None:
        return (anchor.written + timedelta(days=int(found[1])) if anchor.written else None), found.end()
    if (found := _LONE_DAY.match(text, start)) is not None:
        return _by_weekday(text, found, anchor), found.end()
    return None


def _read_slashed(text: str, found: re.Match[str], anchor: Anchor) -> _Reading | None:
    a, b = int(found[1]), int(found[2])
    if found[0] == "24/7" or _COUNTED.match(text, found.end()):
        return None
    order = month_and_day(a, b, anchor.region)
    if order is None:
        return None, found.end()
    if not 1 <= order[0] <= 12 or not 1 <= order[1] <= 31:
        return None
    if _looks_like_fraction(found) and not _is_meant_as_day(text, found):
        return None
    return _nearest(text, found, *order, anchor), found.end()


def _looks_like_fraction(found: re.Match[str]) -> bool:
    """1/3, 2/5, 3/10; not 01/03, 2/4, 11/25."""
    a, b = int(found[1]), int(found[2])
    return a < b <= 10 and gcd(a, b) == 1 and "/0" not in found[0] and found[0][0] != "0"


def _is_meant_as_day(text: str, found: re.Match[str]) -> bool:
    return bool(
        _WEEKDAY.match(text, found.end())
        or _MEANT_AS_DAY.match(text, found.end())
        or _ASKED_FOR.search(text, max(0, found.start() - 12), found.start())
    )


def _read_words(text: str, start: int, anchor: Anchor) -> _Reading | None:
    if (found := _OF_WEEK.match(text, start)) is not None:
        return _in_week(found, anchor), found.end()
    if (found := _OF_MONTH.match(text, start)) is not None:
        month = find_period(found[1], anchor)
        day = calendar_day(month[0].year, month[0].month, int(found[2])) if month and month[0] else None
        return (day if isinstance(day, date) else None), found.end()
    if (found := _NAMED_FIRST.match(text, start)) is not None and date_at(text, start, anchor.region) is None:
        return _nearest(text, found, month_number(found[1]), int(found[2]), anchor), found.end()
    if (found := _NEAR.match(text, start)) is not None:
        near = find_period(found[0], anchor)
        return (near[0] if near else None), found.end()
    if (found := _AFTER_TOMORROW.match(text, start)) is not None:
        return (anchor.written + timedelta(days=2) if anchor.written else None), found.end()
    if (found := _LONE_WEEKDAY.match(text, start)) is not None:
        before_a_date = found[0].isascii() and _DATE_FOLLOWS.match(text, found.end())
        return None if before_a_date else (None, found.end())
    return None


def _in_week(found: re.Match[str], anchor: Anchor) -> date | None:
    """Weeks begin on Sunday for some and on Monday for others: no day that this makes a difference for."""
    week, weekday = find_period(found[1], anchor), _WEEKDAYS[found[2]]
    if week is None or week[0] is None or anchor.written is None or 6 in (weekday, anchor.written.weekday()):
        return None
    return week[0] + timedelta(days=weekday)


def _nearest(text: str, found: re.Match[str], month: int, day: int, anchor: Anchor) -> date | None:
    before = text[max(0, found.start() - 6) : found.start()]
    if anchor.written is None or _OTHER_YEAR.search(before):
        return None
    named = _OF_YEAR.search(before)
    if named is not None:
        year = anchor.written.year + {"来年": 1, "再来年": 2}.get(named[1], 0)
        that = calendar_day(year, month, day)
        return that if isinstance(that, date) else None
    for year in (anchor.written.year - 1, anchor.written.year, anchor.written.year + 1):
        that = calendar_day(year, month, day)
        if isinstance(that, date) and -_BACK <= that - anchor.written <= _AHEAD:
            return that
    return None


def _by_weekday(text: str, found: re.Match[str], anchor: Anchor) -> date | None:
    """25日(水): the one month around the day of writing in which it is so."""
    weekday = _WEEKDAY.match(text, found.end())
    if weekday is None or anchor.written is None:
        return None
    wanted = _WEEKDAYS[next(g for g in weekday.groups() if g)]
    near = (anchor.written + timedelta(days=n) for n in range(-7, 46))
    days = [day for day in near if day.day == int(found[1]) and day.weekday() == wanted]
    return days[0] if len(days) == 1 else None
