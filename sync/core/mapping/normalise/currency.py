"""Which currency a sign or word means, and what a region pays in."""

from __future__ import annotations

import re

from sync.core.mapping.normalise.tables import word_set

_SIGNS: dict[str, str] = {
    "円": "JPY", "yen": "JPY", "ドル": "USD", "米ドル": "USD", "usドル": "USD", "us$": "USD", "u.s.$": "USD",
    "dollars": "USD", "dollar": "USD", "€": "EUR", "ユーロ": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP",
    "ポンド": "GBP", "人民元": "CNY", "元": "CNY", "rmb": "CNY", "₩": "KRW", "ウォン": "KRW", "원": "KRW",
    "a$": "AUD", "au$": "AUD", "豪ドル": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD", "s$": "SGD", "sg$": "SGD",
    "シンガポールドル": "SGD", "hk$": "HKD", "香港ドル": "HKD", "nt$": "TWD", "台湾ドル": "TWD", "mx$": "MXN", "r$": "BRL",
    "₹": "INR", "rs.": "INR", "rs": "INR", "ルピー": "INR", "バーツ": "THB", "฿": "THB", "rp": "IDR", "₫": "VND",
    "₱": "PHP", "rm": "MYR", "₪": "ILS", "₺": "TRY", "tl": "TRY", "₽": "RUB", "руб": "RUB", "руб.": "RUB", "₴": "UAH",
    "грн": "UAH", "грн.": "UAH", "zł": "PLN", "kč": "CZK", "ft": "HUF", "lei": "RON", "лв": "BGN", "лв.": "BGN",
    "スイスフラン": "CHF", "sfr": "CHF", "ルーブル": "RUB", "рублей": "RUB", "р.": "RUB", "р": "RUB", "kd": "KWD", "ksh": "KES",
    "tsh": "TZS", "j$": "JMD", "tt$": "TTD", "gy$": "GYD", "mop$": "MOP", "nis": "ILS", "₦": "NGN", "₸": "KZT", "₮": "MNT",
    "₭": "LAK", "៛": "KHR", "֏": "AMD", "₼": "AZN", "؋": "AFN", "₾": "GEL", "₲": "PYG", "₡": "CRC", "₵": "GHS", "vnđ": "VND",
    "ドン": "VND", "圆": "CNY", "圓": "JPY", "stg": "GBP", "ر.س": "SAR", "د.إ": "AED", "ر.ق": "QAR", "ج.م": "EGP", "د.أ": "JOD",
}  # fmt: skip
_CODES = word_set("""AED ARS AUD BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR JPY KES KRW KWD MXN MYR NGN
    NOK NZD PEN PHP PKR PLN QAR RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR
    BDT BOB CRC GHS ISK JMD JOD KHR KZT LAK LKR MAD MMK MNT MOP OMR PYG RSD TTD TZS UYU XAF XOF""")
_DOLLARS = {"AU": "AUD", "CA": "CAD", "SG": "SGD", "HK": "HKD", "NZ": "NZD", "TW": "TWD", "MX": "MXN"}
_KRONOR = {"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK"}
_OF_REGION = {
    "JP": "JPY", "US": "USD", "GB": "GBP", "CN": "CNY", "KR": "KRW", "TW": "TWD", "HK": "HKD", "SG": "SGD", "IN": "INR",
    "AU": "AUD", "NZ": "NZD", "CA": "CAD", "BR": "BRL", "MX": "MXN", "CH": "CHF", "SE": "SEK", "NO": "NOK", "DK": "DKK",
    "TH": "THB", "VN": "VND", "ID": "IDR", "PH": "PHP", "MY": "MYR", "PL": "PLN", "CZ": "CZK",
    **dict.fromkeys(("DE", "FR", "IT", "ES", "NL", "BE", "AT", "IE", "PT", "FI", "GR", "LU", "SK", "SI", "EE"), "EUR"),
}  # fmt: skip
_DOT_GROUPS = frozenset({"EUR", "BRL", "IDR", "VND", "TRY", "DKK", "CLP", "ARS", "COP"})
"""Where 1.234 is more likely one thousand two hundred and thirty-four."""

_SPACED_DOLLAR = r"(?<![a-z])(?:us|au|ca|nz|hk|sg|nt|mx)\s+\$"
_WORDS = sorted((*_SIGNS, *(c.lower() for c in _CODES), "$", "¥", "kr"), key=len, reverse=True)
CURRENCY = (
    _SPACED_DOLLAR
    + "|"
    + "|".join(
        rf"(?<![a-z]){re.escape(w)}(?![a-z])"
        if w[0].isalpha() and (w.isascii() or w[0] in "рл") and w[-1].isalpha()
        else re.escape(w)
        for w in _WORDS
    )
)
"""A pattern that matches one currency sign, word or code in case-folded text."""


def currency_of(word: str, region: str) -> str | None:
    """ISO code of a matched sign; 「$」, 「¥」 and 「kr」 depend on the region. None where that cannot be told."""
    word = word.replace(" ", "")
    if word == "$":
        return _DOLLARS.get(region, "USD")
    if word == "¥":
        return "CNY" if region == "CN" else "JPY"
    if word == "kr":
        return _KRONOR.get(region)
    return _SIGNS.get(word) or word.upper()


def region_currency(region: str) -> str | None:
    return _OF_REGION.get(region)


def groups_by_dot(currency: str | None) -> bool:
    return currency in _DOT_GROUPS
