"""Phone numbers to E.164 with extension, in the region of the connection."""

from __future__ import annotations

import re
from functools import cache

import phonenumbers

from sync.core.mapping.normalise.tables import Tables
from sync.core.model.items import NormaliseContext, Normalised, ValueState

_DASHES = re.compile(r"[‐‑‒–—―−ー─]")
_FIRST_OF_ROW = re.compile(r"\s*[~〜]\s*\d{1,4}(?=\D*$)")
"""03-5253-1111~3: a row of numbers, called by its first."""
_UNUSUAL_MARKS = re.compile(r"(0\d{1,3})[~・･_](\d{1,4})[~・･_](\d{3,4})")
_HOURS = re.compile(r"(?<=\d)\s+\d{1,2}\s*(?:時|:\d{2}).*$")
_MASKED = re.compile(r"\d[\d\s()-]*[x*●○〇◯■□△]{2,}", re.IGNORECASE)
"""090-XXXX-1234: digits kept back; phonenumbers would dial the letters."""
_AT_HOME = re.compile(r"0[1-9]\d{8,9}")
_SEPARATORS = str.maketrans("", "", "-() .")
_SEVERAL = re.compile(
    r"[/、,;|\n]|\s(?:or|and)\s|または|又は|もしくは|(?<=\d)\s*(?=\(?(?:tel|fax|mobile|phs|携帯|直通|代表|本社|会社|自宅)[^\d()]{0,6}\d)",
    re.IGNORECASE,
)
_FAX = re.compile(r"(?:fax|ファックス|ファクス|ファクシミリ|\(f\)|^f\s*[:.])", re.IGNORECASE)
_VOICE = re.compile(r"tel|phone|電話|携帯|直通|代表|兼", re.IGNORECASE)
_EXTENSION = re.compile(
    r"[\s(\[、,;]*(?:内線(?:番号)?|内(?=\s*\d)|extension|ext|(?<=[\d\s)])x|#)\s*[.:=]?\s*(\d{1,8})\s*[)\]]?",
    re.IGNORECASE,
)
_RUN = re.compile(r"\+?\(?\d[\d\-(). ]{5,}\d")
_JP_DUMMIES = frozenset(
    {"0123456789", "01234567890", "9876543210", "0987654321", "12345678", "123456789", "12345678901"}
)


def read_phone(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    del raw, tables
    if context.region == "JP":
        digits = text.translate(_SEPARATORS)
        if _AT_HOME.fullmatch(digits) and _assigned_in_japan().fullmatch(digits, 1) and not _is_dummy(digits, "JP"):
            return _present(f"+81{digits[1:]}", None)
    if _MASKED.search(text):
        return Normalised(ValueState.PLACEHOLDER, reason="masked number")
    return _read_any(_tidy(text), context.region)


@cache
def _assigned_in_japan() -> re.Pattern[str]:
    """The library's own table of what is assigned in Japan, without its parser, which costs fifty times as much."""
    japan = phonenumbers.PhoneMetadata.metadata_for_region("JP")
    kinds = (japan.fixed_line, japan.mobile, japan.voip, japan.toll_free, japan.uan) if japan else ()
    patterns = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)")


def _tidy(text: str) -> str:
    """With the usual marks, without office hours and without the end of a row of numbers."""
    text = _UNUSUAL_MARKS.sub(r"\1-\2-\3", _DASHES.sub("-", text))
    text = _FIRST_OF_ROW.sub("", _HOURS.sub("", text))
    return "+81" + text[4:] if text.startswith("0081") else text


def _read_any(text: str, region: str) -> Normalised:
    part = _first_voice_number(text)
    if part is None:
        return Normalised(ValueState.INVALID, reason="fax")
    extension = _EXTENSION.search(part)
    bare = part[: extension.start()] if extension else part
    digits = re.sub(r"\D", "", bare)
    if _is_dummy(digits, region):
        return Normalised(ValueState.PLACEHOLDER, reason="dummy number")
    number = _parse(_number_in(bare, region), region)
    if isinstance(number, str):
        return Normalised(ValueState.INVALID, reason=number)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return _present(e164, extension[1] if extension else number.extension)


def _number_in(bare: str, region: str) -> str:
    """The only number of a text, or the first of several whole ones. Letters are dialled nowhere but abroad."""
    runs = [run for run in _RUN.findall(bare) if len(re.sub(r"\D", "", run)) >= 9] or _RUN.findall(bare)
    if not runs or (region != "JP" and re.search(r"[A-Za-z]", bare)):
        return bare
    return _run_with_plus(bare, runs[0])


def _run_with_plus(bare: str, run: str) -> str:
    return f"+{run}" if f"+{run}" in bare and not run.startswith("+") else run


def _first_voice_number(text: str) -> str | None:
    """Of several numbers the first that is no fax; None when there are only fax numbers."""
    parts = [p for p in _SEVERAL.split(text) if len(re.sub(r"\D", "", p)) >= 8]
    if len(parts) < 2:
        parts = [text]
    spoken = [p for p in parts if not _FAX.search(p) or _VOICE.search(p)]
    return spoken[0] if spoken else None


def _parse(text: str, region: str) -> phonenumbers.PhoneNumber | str:
    """The number, or the reason why it is none."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        too_long = error.error_type == phonenumbers.NumberParseException.TOO_LONG
        return "too long" if too_long else "not a phone number"
    if phonenumbers.is_valid_number(number):
        return number
    match phonenumbers.is_possible_number_with_reason(number):
        case phonenumbers.ValidationResult.TOO_SHORT:
            return "too short"
        case phonenumbers.ValidationResult.TOO_LONG:
            return "too long"
        case _:
            return "no such number"


def _is_dummy(digits: str, region: str) -> bool:
    """0000000000, 090-0000-0000, 111-1111-1111, 1234567890: typed to get past a required field."""
    if len(digits) < 5:
        return False
    if len(set(digits.lstrip("0"))) <= 1 or digits == "1234567890":
        return True
    if region != "JP" or digits.startswith("010"):
        return False
    at_home = digits.startswith(("0", "81")) and len(digits) >= 9
    mobile = re.fullmatch(r"(?:81|0)[5-9]0(\d)\1{7}", digits)
    return digits in _JP_DUMMIES or bool(mobile) or (at_home and digits.endswith("0000000"))


def _present(e164: str, extension: str | None) -> Normalised:
    return Normalised(ValueState.PRESENT, {"e164": e164, "extension": extension})
