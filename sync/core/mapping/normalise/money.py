"""Amounts of money to (low, high, currency); an open end is None, an exact amount has low = high."""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation

from sync.core.mapping.normalise.currency import CURRENCY, currency_of, groups_by_dot, region_currency
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.normalise.text import is_follow_up
from sync.core.model.items import NormaliseContext, Normalised, ValueState

_LARGEST = Decimal(10) ** 15
_BARE_YEN = 10_000
"""A bare 「300」 in a yen text is 300万円 as often as not: below this nobody can tell."""

_MONTHLY = re.compile(
    r"/?月額|^月(?=\s*約?\s*[\d¥$])|\bmrr\b|月々|毎月|ひと月|(?:/|per|a|毎)\s*(?:mo(?:nth)?\b|月)|\bmonthly\b|\bpm\b|/\s*(?:ヶ|か|カ)月"
)
_YEARLY = re.compile(
    r"/?年額|^年(?=\s*約?\s*[\d¥$])|\barr\b|年間|毎年|(?:/|per|a)\s*(?:yr|year|annum|年)|\b(?:yearly|annually|annual)\b|\bp\.?a\.?$|/\s*年"
)
_TAX = r"(?:税込み?|税抜き?|税別|消費税別途?|税別途|[+＋]\s*(?:消費)?税(?:別)?|(?:inc(?:l(?:uding|\.)?)?|excl?(?:uding|\.)?|plus)\s*(?:vat|gst|tax)|ttc|brutto|netto|inkl\.?\s*mwst\.?)(?:価格)?"
_ASKED = r"(?:稟議|申請|調整|検討|承認|決裁|確保|見込|相談)(?:中|済み?|予定)?"
_NOISE = re.compile(
    rf"予算感|概算予算|予算[枠額]?[はがも]?|概算|見込み?|総額|合計|トータル|^計|最大(?=.*まで)|おおよそ|およそ|大体|だいたい|ざっくり|凡そ|約|程度|"
    rf"ぐらい|くらい|位$|ほど|前後|(?<=[万億円])[強弱]|\({_TAX}\)|{_TAX}|規模|[をの]?想定|[をの]?予定|[をの]見込む?|[がを]?希望|[でを]?{_ASKED}|[応要]相談|"
    r"\((?:仮|案)\)|です|なり$|也$|^金(?=\d)|\b(?:our|list|total) price\b|"
    r"\b(?:approx(?:imately)?|about|around|roughly|budget|circa|ca|estimated?|price)\b\.?|[:：]|^[~〜](?=\s*\d.*[~〜])|^between(?=.*\band\b)|"
    r"\(\s*\)"
)
_BUDGET_YEAR = re.compile(
    r"[(（]?(?:(?:今|来|当|次|翌)(?:期|年度)|(?:20)?\d{2}年度|fy\s?(?:20)?\d{2})(?:の|中)?[)）]?(?=.*\d)|\((?:(?:20)?\d{2}年度|fy\s?(?:20)?\d{2})\)$"
)
"""来期300万円: which year's budget it is changes no amount."""
_FROM_TO = re.compile(r"(.*?\d.*?)(?:以上|超え?)[~〜、,\s]*(.*?\d.*?)(?:以下|未満|以内|まで)")
_NEXT_DIGIT = re.compile(r"([1-8])、([2-9])(?=[十百千万億])")
_REMARK = re.compile(r"(.*\d.*?)\s*\(([^()]*\d[^()]*)\)")
_UP_TO = re.compile(
    r"(?:以内|以下|未満|まで|上限|が?上限|max(?:imum)?|or less)|^\s*(?:最大|上限|max\.?|up to|under|below|less than|within|~|〜|≤|<=?)"
)
_AT_LEAST = re.compile(
    r"(?:以上|超え?|を?超える|から$|より$|~$|〜$|下限|\+$|or more|and up)|^\s*(?:最低|下限|ミニマム|min\.?|over|above|more than|at least|from|≥|>=?)"
)
_BETWEEN = re.compile(r"\s*(?:~|〜|から|–|—|―|−|‐|-|\bto\b|\band\b)\s*")
_BAND = re.compile(r"(\D*)(\d[\d,.]*)(\D+?)台$")
_CURRENCY = re.compile(CURRENCY)
_NUMBER = r"\d+(?:[,.' ]\d+)*|\.\d+"
_PIECE = re.compile(
    rf"({_NUMBER})|([〇一二三四五六七八九])|(十|百|千)|(万|億|兆)|(thousand|million|billion|mil|mn|mm|bn|k|m|b)"
)
_FIGURE, _YEN_UNIT = r"(\d{1,3}(?:,\d{3})+|\d{1,9})", "(万|千|百万|千万|億)?"
_PLAIN_YEN = re.compile(rf"約?(¥)?{_FIGURE}{_YEN_UNIT}(円)?(?:[~〜-]{_FIGURE}{_YEN_UNIT}(円)?)?(?:程度|前後)?")
_YEN_UNITS = {None: 1, "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "億": 10**8}
_YEN_SIGN = re.compile(r"\\(?=\d)")
"""Where text came from a Japanese code page, its yen sign is a backslash."""
_HAS_FIGURE = re.compile(r"[\d一二三四五六七八九十]")
_FROM = re.compile(r"^from\s+")
_FIGURES = re.compile(r"\d[\d,.]*")
_DIGITS = {c: Decimal(i) for i, c in enumerate("〇一二三四五六七八九")}
_SMALL = {"十": Decimal(10), "百": Decimal(100), "千": Decimal(1000)}
_LARGE = {"万": Decimal(10**4), "億": Decimal(10**8), "兆": Decimal(10**12)}
_LATIN = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "mil": 10**6, "mn": 10**6, "mm": 10**6, "million": 10**6,
    "b": 10**9, "bn": 10**9, "billion": 10**9,
}  # fmt: skip
_UNIT = re.compile(r"[十百千万億兆kmb]|thousand|million|billion|mil|mn|bn")


class _Unclear(Exception):
    """Why a person could not tell either."""


def read_money(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    """Free text, or a number from a currency field. A period (月額, 年額) is named in `reason`, the amount stays."""
    del tables
    default = context.currency or region_currency(context.region)
    if isinstance(raw, bool):
        return _invalid("not an amount")
    if isinstance(raw, int | float | Decimal):
        return _from_number(raw, default)
    if is_follow_up(text):
        return Normalised(ValueState.PRESENT, None, "follow-up")
    if default == "JPY" and (plain := _PLAIN_YEN.fullmatch(text)) and (found := _from_plain(plain)):
        return found
    try:
        return _from_text(text.casefold(), default, context.region)
    except _Unclear as why:
        return _invalid(str(why))


def _from_plain(found: re.Match[str]) -> Normalised | None:
    """300万円, 300〜500万円程度, ¥3,000,000: the bulk of Japanese budgets, at a tenth of the price. None: look closer."""
    sign, first, first_unit, first_yen, second, unit, yen = found.groups()
    if second is None:
        unit, yen, second = first_unit, first_yen, first
    elif first_unit is None or unit is None:
        unit = first_unit = first_unit or unit
    low = int(first.replace(",", "")) * _YEN_UNITS[first_unit]
    high = int(second.replace(",", "")) * _YEN_UNITS[unit]
    if low > high or (high < _BARE_YEN and not (sign or first_yen or yen or unit)):
        return None
    return _present(Decimal(low), Decimal(high), "JPY", None)


def _from_number(raw: float | Decimal, currency: str | None) -> Normalised:
    amount = Decimal(str(raw)) if math.isfinite(raw) else Decimal(-1)
    if not 0 <= amount <= _LARGEST:
        return _invalid("not an amount")
    return _present(amount, amount, currency, None)


def _from_text(text: str, default: str | None, region: str) -> Normalised:
    period = "monthly" if _MONTHLY.search(text) else "yearly" if _YEARLY.search(text) else None
    text = _without_remark(_YEN_SIGN.sub("¥", text.replace("萬", "万")), default, region)
    text = _NOISE.sub(" ", _BUDGET_YEAR.sub(" ", _YEARLY.sub(" ", _MONTHLY.sub(" ", text)), count=1))
    text = _NOISE.sub(" ", text) if "(" in text else text  # a bracket that is empty now
    text, currency, named = _take_currency(text.strip(), default, region)
    low, high = _ends(_NEXT_DIGIT.sub(r"\1~\2", text), currency, named)
    return _present(low, high, currency, period)


def _ends(text: str, currency: str | None, named: bool) -> tuple[Decimal | None, Decimal | None]:
    band = _BAND.fullmatch(text)
    if band:
        return _band(band[1] + band[2] + band[3], currency)
    limits = _FROM_TO.fullmatch(text)
    parts = list(limits.groups()) if limits else [p for p in _BETWEEN.split(text) if p.strip()]
    if len(parts) == 2 and all(_HAS_FIGURE.search(p) for p in parts):
        low, high = _range(_FROM.sub("", parts[0].strip()), parts[1].strip(), currency)
        if not named and not _UNIT.search(text) and currency == "JPY" and high < _BARE_YEN:
            raise _Unclear("a unit is missing")
        return low, high
    up_to, at_least = _UP_TO.search(text), _AT_LEAST.search(text)
    bare = _AT_LEAST.sub(" ", _UP_TO.sub(" ", text)).strip()
    amount = _amount(bare, currency)
    if not named and bare.replace(",", "").isdigit() and currency == "JPY" and 0 < amount < _BARE_YEN:
        raise _Unclear("a unit is missing")
    if up_to and at_least:
        raise _Unclear("both an upper and a lower limit")
    return None if up_to else amount, None if at_least else amount


def _without_remark(text: str, default: str | None, region: str) -> str:
    """Without brackets that say the same amount with tax, in another currency or in other figures."""
    found = _REMARK.fullmatch(text)
    if found is None:
        return text
    if re.search(_TAX, found[2]):
        return found[1]
    try:
        outer, inner = _from_text(found[1], default, region), _from_text(found[2], default, region)
    except _Unclear:
        return text
    same = outer.value == inner.value or outer.value["currency"] != inner.value["currency"]
    return found[1] if same else text


def _take_currency(text: str, default: str | None, region: str) -> tuple[str, str | None, bool]:
    """The text without currency words, the currency, and whether one was named."""
    words = dict.fromkeys(_CURRENCY.findall(text))
    codes = {currency_of(word, region) for word in words}
    if len(codes) > 1 and "$" in words:
        codes.discard(currency_of("$", region))
    if len(codes) > 1:
        raise _Unclear("two currencies")
    if None in codes:
        raise _Unclear("a currency that several countries use")
    # Two blanks: what stood on either side of a currency is never one number.
    return _CURRENCY.sub("  ", text).lstrip(" *※").rstrip(" *※.,-–—"), next(iter(codes), default), bool(words)


def _range(first: str, second: str, currency: str | None) -> tuple[Decimal, Decimal]:
    """Both ends; a unit written once belongs to both (300〜500万)."""
    second = _UP_TO.sub("", second).strip()
    first_units, second_units = _UNIT.findall(first), _UNIT.findall(second)
    if second_units and not first_units:
        first += "".join(second_units)
    elif first_units and not second_units:
        second += "".join(first_units)
    low, high = _amount(first, currency), _amount(second, currency)
    if low > high:
        raise _Unclear("the range runs backwards")
    return low, high


def _band(text: str, currency: str | None) -> tuple[Decimal, Decimal]:
    """300万円台: up to the next step of its last non-zero digit."""
    low = _amount(text.strip(), currency)
    if low <= 0:
        raise _Unclear("not an amount")
    step = Decimal(1)
    while low % (step * 10) == 0:
        step *= 10
    return low, low + step - 1


def _amount(text: str, currency: str | None) -> Decimal:
    text = text.strip()
    if re.match(r"[数何]", text):
        raise _Unclear("no exact amount")
    if text in ("千", "万", "億", "兆", "k", "m", "b"):
        raise _Unclear("not an amount")
    if not text or _PIECE.sub("", text).strip():
        several = len(_FIGURES.findall(text)) > 1
        raise _Unclear("several amounts" if several else "not an amount")
    amount = _sum(text, currency)
    if amount > _LARGEST:
        raise _Unclear("not an amount")
    return amount


def _sum(text: str, currency: str | None) -> Decimal:
    """1億5000万, 3百万, 二千五百万, 1.5m: small units inside large ones."""
    total = Decimal(0)
    section: Decimal | None = None
    number: Decimal | None = None
    scaled = bool(_UNIT.search(text))
    last_large: Decimal | None = None
    for figure, digit, small, large, latin in _PIECE.findall(text):
        if figure or digit:
            if number is not None and not digit:
                raise _Unclear("several amounts")
            value = _number(figure, currency, scaled) if figure else _DIGITS[digit]
            number = value if number is None else number * 10 + value
        elif small:
            section = (section or Decimal(0)) + (1 if number is None else number) * _SMALL[small]
            number = None
        elif large:
            factor = _LARGE[large]
            if last_large is not None and factor >= last_large:
                raise _Unclear("not an amount")
            part = Decimal(1) if section is None and number is None else (section or 0) + (number or 0)
            total += part * factor
            section, number, last_large = None, None, factor
        else:
            section, number = None, ((section or 0) + (1 if number is None else number)) * Decimal(_LATIN[latin])
    if number is not None and last_large is not None and last_large > 10**4:
        raise _Unclear("a unit is missing")
    return total + (section or 0) + (number or 0)


def _number(figure: str, currency: str | None, scaled: bool) -> Decimal:
    """Separators by their place: the last of two kinds is the decimal one; groups have three digits."""
    figure = _unspaced(figure)
    marks = [c for c in figure if c in ",."]
    if len(set(marks)) == 2:
        decimal = marks[-1]
        if marks.count(decimal) > 1:
            raise _Unclear("not an amount")
        whole, _, part = figure.rpartition(decimal)
        figure = f"{_ungroup(whole, ',' if decimal == '.' else '.')}.{part}"
    elif len(marks) > 1:
        figure = _ungroup(figure, marks[0])
    elif marks:
        figure = _one_mark(figure, marks[0], currency, scaled)
    try:
        return Decimal(figure)
    except InvalidOperation as error:
        raise _Unclear("not an amount") from error


def _unspaced(figure: str) -> str:
    """1 298,00 and 1'298.00 without the blank or apostrophe between groups."""
    for mark in " '":
        if mark in figure:
            whole = re.split(r"[.,]", figure, maxsplit=1)[0]
            figure = _ungroup(whole, mark) + figure[len(whole) :]
            if mark in figure:
                raise _Unclear("digits are grouped wrongly")
    return figure


def _one_mark(figure: str, mark: str, currency: str | None, scaled: bool) -> str:
    whole, _, part = figure.partition(mark)
    three = len(part) == 3 and 1 <= len(whole) <= 3 and whole != "0"
    if mark == ",":
        if three:
            return whole + part
        if currency == "JPY" or len(part) > 2:
            raise _Unclear("digits are grouped wrongly")
        return f"{whole}.{part}"
    if three and not scaled:
        if groups_by_dot(currency):
            return whole + part
        if currency not in ("KWD", "BHD"):
            raise _Unclear("the point may group or divide")
    return f"{whole or 0}.{part or 0}"


def _ungroup(figure: str, mark: str) -> str:
    groups = figure.split(mark)
    if any(len(g) != 3 for g in groups[1:]) or not 1 <= len(groups[0]) <= 3:
        raise _Unclear("digits are grouped wrongly")
    return "".join(groups)


def _plain(amount: Decimal | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _present(low: Decimal | None, high: Decimal | None, currency: str | None, period: str | None) -> Normalised:
    return Normalised(
        ValueState.PRESENT, {"low": _plain(low), "high": _plain(high), "currency": currency}, reason=period
    )


def _invalid(reason: str) -> Normalised:
    return Normalised(ValueState.INVALID, reason=reason)
