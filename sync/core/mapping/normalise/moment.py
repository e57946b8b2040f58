"""Dates and instants. A date stays a date; an instant without offset is in the context's zone."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from sync.core.mapping.normalise.tables import Tables, word_set
from sync.core.model.items import NormaliseContext, Normalised, ValueState

FIRST_YEAR, LAST_YEAR = 1900, 2100
_ZONES = {
    "JP": "Asia/Tokyo", "US": "America/New_York", "GB": "Europe/London", "DE": "Europe/Berlin", "FR": "Europe/Paris",
    "CN": "Asia/Shanghai", "KR": "Asia/Seoul", "TW": "Asia/Taipei", "HK": "Asia/Hong_Kong", "SG": "Asia/Singapore",
    "IN": "Asia/Kolkata", "AU": "Australia/Sydney", "TH": "Asia/Bangkok", "VN": "Asia/Ho_Chi_Minh",
}  # fmt: skip
_DAY_FIRST = word_set("GB IE AU NZ IN DE AT FR IT ES PT NL BE SG HK BR MX SE NO DK FI PL TH VN ID")
_MONTH_FIRST, _YEAR_FIRST = frozenset({"US", "PH"}), frozenset({"JP", "CN", "KR", "TW"})
_UNCLEAR_ORDER = "the order of day and month is unclear"
_ERAS = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925}
_MONTHS = {
    name: i + 1
    for i, names in enumerate(
        [
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ]
    )
    for name in names.split()
}
MONTH_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
ERA_YEAR = r"(?:令和|平成|昭和|(?<![a-z])[rhs](?=\s*\.?\d))\s*\.?\s*(?:元|\d{1,2})"

_WEEKDAY = re.compile(
    r"\s*\((?:[月火水木金土日](?:曜日?)?(?:・祝)?|祝|mon|tue|wed|thu|fri|sat|sun)\)\s*|\s*[月火水木金土日]曜日?\s*"
    r"|^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+"
)
_LARGEST_OFFSET = timedelta(hours=15)
_BARE_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_YMD = re.compile(r"(?P<a>\d{4})(?P<mark>[-/.])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,2})")
_YMD_SPACED = re.compile(r"(\d{4})\s*(?:年|[-/.] )\s*(\d{1,2})\s*(?:月|[-/.] )\s*(\d{1,2})(?:\s*日)?")
_ERA_YMD = re.compile(rf"({ERA_YEAR})\s*(?:年|[-/.])\s*(\d{{1,2}})\s*(?:月|[-/.])\s*(\d{{1,2}})(?:\s*日)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_COMPACT_INSTANT = re.compile(r"(20\d{6})t?([01]\d|2[0-3])([0-5]\d)([0-5]\d)?")
_DASHES = re.compile(r"(?<=\d)\s*[‐‑‒–—―−ー]\s*(?=\d)")
_SHORT = re.compile(r"(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{4}|\d{1,2})")
_SHORT_JP = re.compile(r"'?(\d{2})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})(?:\s*日)?")
_NAMED_MDY = re.compile(rf"({MONTH_NAMES})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})")
_NAMED_DMY = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[\s-]*({MONTH_NAMES})\.?,?[\s-]+(\d{{4}})")
_TIME = re.compile(
    r"(?:(?:t|\s|,|at\s)\s*)?(?:(午前|午後|am|pm)\s*)?(\d{1,2})\s*(?::|時)\s*(?:(\d{1,2})(半)?\s*分?)?(?::(\d{2})(?:[.,]\d{1,9})?)?(半)?"
    r"\s*(am|pm|a\.m\.|p\.m\.)?\s*(z|utc|gmt|jst|[+-]\d{2}:?\d{2})?"
)
_TIME_RANGE = re.compile(r"(?!t)\s*\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}")
"""10:00-11:00 is no instant eleven hours west of Greenwich."""


def zone_of(context: NormaliseContext) -> tzinfo:
    """The zone in which values without offset were typed; UTC where neither zone nor region is known."""
    try:
        return ZoneInfo(context.tz or _ZONES.get(context.region, "UTC"))
    except (KeyError, ValueError, OSError):
        return UTC


def read_date(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    """`YYYY-MM-DD`. Midnight UTC is how APIs write a date and is not shifted; any other instant is the local day."""
    del tables
    found = _find(text, raw, context)
    if isinstance(found, str):
        return Normalised(ValueState.INVALID, reason=found)
    if isinstance(found, datetime):
        found = _day_of(found, context)
    return Normalised(ValueState.PRESENT, found.isoformat())


def read_datetime(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    """ISO 8601 with offset. A date alone is its midnight, and `reason` says that no time was given."""
    del tables
    found = _find(text, raw, context)
    if isinstance(found, str):
        return Normalised(ValueState.INVALID, reason=found)
    if isinstance(found, datetime):
        return Normalised(ValueState.PRESENT, _aware(found, context).isoformat())
    midnight = datetime.combine(found, time(), zone_of(context))
    return Normalised(ValueState.PRESENT, midnight.isoformat(), reason="no time given")


def date_in(text: str, region: str) -> date | str:
    """A whole text that is one date (no time), or the reason why it is none."""
    plain = _from_iso(text)
    if type(plain) is date:
        return plain
    folded = _fold_marks(text)
    found = date_at(folded, 0, region)
    return found[0] if found and found[1] == len(folded) else "not a date"


def date_at(text: str, start: int, region: str) -> tuple[date | str, int] | None:
    """The whole date, with its year, that begins at a place of a folded text, or why it is none; and where it ends."""
    for pattern, order in _FORMS:
        found = pattern.match(text, start)
        if found and not re.match(r"\d\d", text[found.end() - 1 : found.end() + 1]):
            return _make(order, found, region), found.end()
    return None


def _find(text: str, raw: object, context: NormaliseContext) -> date | datetime | str:
    """A datetime is naive where the text gave no offset."""
    if isinstance(raw, date):
        known = FIRST_YEAR <= raw.year <= LAST_YEAR
        return raw if known else "out of range"
    if isinstance(raw, bool):
        return "not a date"
    if isinstance(raw, int | float | Decimal):
        return _from_number(float(raw))
    if _BARE_NUMBER.fullmatch(text) and not _is_compact(text):
        return _from_number(float(text[:40]))
    plain = _from_iso(text)
    if plain is not None:
        return plain
    folded = _fold_marks(text)
    compact = _COMPACT_INSTANT.fullmatch(folded)
    if compact is not None:
        folded = f"{compact[1]} {compact[2]}:{compact[3]}:{compact[4] or '00'}"
    at = date_at(folded, 0, context.region)
    if at is None:
        return "not a date"
    day, rest = at[0], folded[at[1] :].strip()
    return day if isinstance(day, str) or not rest else _with_time(day, rest)


def _from_iso(text: str) -> date | datetime | None:
    """What APIs send, at a tenth of the price: YYYY-MM-DD, or that with T and a time. None: look closer."""
    if (
        text[4:5] != "-"
        or text[7:8] != "-"
        or (len(text) != 10 and (len(text) < 19 or text[10] != "T" or text[11:13] == "24"))
    ):
        return None
    try:
        found = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError:
        return None
    offset = found.utcoffset() if isinstance(found, datetime) else None
    usual = offset is None or (abs(offset) < _LARGEST_OFFSET and offset.seconds % 60 == 0)
    return found if usual and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _is_compact(text: str) -> bool:
    """20260108, 202601081000 or 20260108100000: no number of days or milliseconds."""
    return bool(_COMPACT.fullmatch(text) or _COMPACT_INSTANT.fullmatch(text))


def _fold_marks(text: str) -> str:
    """Without weekday, with plain hyphens between numbers."""
    folded = text.casefold()
    if not folded.isascii():
        folded = _DASHES.sub("-", folded)
    return _WEEKDAY.sub(" ", folded).strip()


def _from_number(value: float) -> date | datetime | str:
    """Excel serial, epoch seconds or epoch milliseconds, by magnitude."""
    if not math.isfinite(value):
        return "not a date"
    if 10_000 <= value < 110_000:
        moment = datetime(1899, 12, 30) + timedelta(seconds=round(value * 86400))  # noqa: DTZ001 (a sheet has no zone)
        found: date | datetime = moment if value % 1 else moment.date()
    elif 10**8 <= value < 10**11:
        found = datetime.fromtimestamp(value, UTC) if value < 4.2e9 else date.max
    elif 10**11 <= value < 10**14:
        found = datetime.fromtimestamp(value / 1000, UTC) if value < 4.2e12 else date.max
    else:
        return "a number that is no date"
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else "out of range"


def _make(order: str, found: re.Match[str], region: str) -> date | str:
    a, b, c = found.group("a", "b", "c") if "a" in found.groupdict() else found.groups()
    if order == "era":
        return calendar_day(era_year(a), int(b), int(c))
    if order == "mdy":
        return calendar_day(int(c), _MONTHS[a], int(b))
    if order == "dmy":
        return calendar_day(int(c), _MONTHS[b], int(a))
    if order == "short":
        return _short(int(a), int(b), c, region)
    year = int(a) + (2000 if len(a) == 2 else 0)
    return calendar_day(year, int(b), int(c))


def _short(a: int, b: int, c: str, region: str) -> date | str:
    """1/8/2026 and 26/1/8: only where the order is beyond doubt."""
    if len(c) < 3:
        return calendar_day(2000 + a, b, int(c)) if region == "JP" and 13 <= a <= 60 else _UNCLEAR_ORDER
    if region in _MONTH_FIRST:
        return calendar_day(int(c), a, b)
    if region in _DAY_FIRST or a > 12 or a == b:
        return calendar_day(int(c), b, a)
    return calendar_day(int(c), a, b) if b > 12 else _UNCLEAR_ORDER


def month_and_day(a: int, b: int, region: str) -> tuple[int, int] | None:
    """Of 10/15 without a year, in the region's order; Japan and its neighbours write the month first. None: unclear."""
    if region in _MONTH_FIRST or region in _YEAR_FIRST:
        return a, b
    if region in _DAY_FIRST or a > 12:
        return b, a
    return (a, b) if b > 12 or a == b else None


def era_year(text: str) -> int:
    """令和8 → 2026; 元 is the first year. Of text that matches ERA_YEAR."""
    name = next(e for e in _ERAS if text.startswith(e))
    count = text[len(name) :].strip(" .")
    return _ERAS[name] + (1 if count == "元" else int(count))


def month_number(name: str) -> int:
    return _MONTHS[name]


def calendar_day(year: int, month: int, day: int) -> date | str:
    """The day of known years, or the reason why there is none."""
    try:
        found = date(year, month, day)
    except ValueError:
        return "no such date"
    return found if FIRST_YEAR <= year <= LAST_YEAR else "out of range"


def _with_time(day: date, rest: str) -> datetime | str:
    found = _TIME.fullmatch(rest)
    if found is None or _TIME_RANGE.fullmatch(rest):
        return "not a date"
    hour, minute = int(found[2]), 30 if found[4] or found[6] else int(found[3] or 0)
    half = (found[1] or found[7] or "").replace(".", "")
    if half and hour > 12:
        return "no such time"
    if half in ("午後", "pm"):
        hour = hour % 12 + 12
    elif half:
        hour = hour % 12
    try:
        moment = datetime.combine(day, time(hour, minute, int(found[5] or 0)))
    except ValueError:
        return "no such time"
    return _at_offset(moment, found[8])


def _at_offset(moment: datetime, offset: str | None) -> datetime | str:
    if offset is None:
        return moment
    if offset in ("z", "utc", "gmt"):
        return moment.replace(tzinfo=UTC)
    if offset == "jst":
        return moment.replace(tzinfo=ZoneInfo("Asia/Tokyo"))
    digits = offset.replace(":", "")
    if int(digits[1:3]) > 14 or int(digits[3:]) > 59:
        return "no such offset"
    return datetime.fromisoformat(f"{moment.isoformat()}{digits[:3]}:{digits[3:]}")


def _aware(moment: datetime, context: NormaliseContext) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone_of(context))


def _day_of(moment: datetime, context: NormaliseContext) -> date:
    if moment.tzinfo is None:
        return moment.date()
    in_utc = moment.astimezone(UTC)
    if in_utc.time() == time():
        return in_utc.date()
    if moment.utcoffset() != timedelta(0):
        return moment.date()
    return moment.astimezone(zone_of(context)).date()


_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (_YMD, "ymd"),
    (_YMD_SPACED, "ymd"),
    (_ERA_YMD, "era"),
    (_COMPACT, "ymd"),
    (_SHORT_JP, "ymd"),
    (_SHORT, "short"),
    (_NAMED_MDY, "mdy"),
    (_NAMED_DMY, "dmy"),
)
