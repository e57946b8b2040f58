"""The functions: how many arguments, of which type, and what they give."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.simulator.salesforce.admin.formula.value import Scene, Type, is_blank, show

Run = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Function:
    """`takes`: a type per argument, the last one for all further ones; "Any" is anything but a picklist."""

    gives: Type | str
    """A type, or `argument` for that of the argument with this number (`0`, `1`)."""
    takes: tuple[str, ...]
    least: int
    most: int
    run: Run
    """Gets the scene, and the values of the arguments."""


def _text(run: Run) -> Run:
    return lambda scene, *values: run(*values)


def _is_number(value: str) -> bool:
    return re.fullmatch(r"\s*[-+]?\d+(\.\d+)?\s*", value) is not None


def _number(value: str) -> float | None:
    return float(value) if _is_number(value) else None


def _day(value: Any, scene: Scene) -> date | None:
    """DATEVALUE: the day of an instant in the running user's zone."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.astimezone(scene.zone).date()
    return value if isinstance(value, date) else date.fromisoformat(value)


def _instant(value: Any) -> datetime | None:
    if is_blank(value):
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def _includes(held: str, wanted: str) -> bool:
    return wanted in held.split(";")


def _middle(text: str, start: float, length: float) -> str:
    return text[max(0, int(start) - 1) :][: int(length)]


def _find(wanted: str, text: str, start: float = 1) -> int:
    return text.find(wanted, max(0, int(start) - 1)) + 1


def _round(value: float | None, digits: float) -> float | None:
    """Half away from zero, as the platform does."""
    if value is None:
        return None
    scale = 10 ** int(digits)
    return math.copysign(math.floor(abs(value) * scale + 0.5) / scale, value)


def _weekday(day: date | None) -> int | None:
    """1 is Sunday."""
    return None if day is None else day.isoweekday() % 7 + 1


def _part(name: str) -> Run:
    return lambda scene, day: None if day is None else getattr(day, name)


MANY = 10_000
FUNCTIONS: dict[str, Function] = {
    "AND": Function("Boolean", ("Boolean",), 1, MANY, _text(lambda *parts: all(parts))),
    "OR": Function("Boolean", ("Boolean",), 1, MANY, _text(lambda *parts: any(parts))),
    "NOT": Function("Boolean", ("Boolean",), 1, 1, _text(lambda part: not part)),
    "ISBLANK": Function("Boolean", ("Anything",), 1, 1, _text(is_blank)),
    "ISNULL": Function("Boolean", ("Anything",), 1, 1, _text(lambda value: value is None)),
    "ISPICKVAL": Function("Boolean", ("Picklist", "Text"), 2, 2, _text(lambda held, wanted: held == wanted)),
    "INCLUDES": Function("Boolean", ("Multipicklist", "Text"), 2, 2, _text(_includes)),
    "ISNEW": Function("Boolean", (), 0, 0, lambda scene: scene.old is None),
    "ISNUMBER": Function("Boolean", ("Text",), 1, 1, _text(_is_number)),
    "CONTAINS": Function("Boolean", ("Text", "Text"), 2, 2, _text(lambda text, part: part in text)),
    "BEGINS": Function("Boolean", ("Text", "Text"), 2, 2, _text(lambda text, part: text.startswith(part))),
    "REGEX": Function("Boolean", ("Text", "Text"), 2, 2, _text(lambda text, rule: re.fullmatch(rule, text) is not None)),
    "LEN": Function("Number", ("Text",), 1, 1, _text(len)),
    "TRIM": Function("Text", ("Text",), 1, 1, _text(str.strip)),
    "LOWER": Function("Text", ("Text",), 1, 2, _text(lambda text, locale="": text.lower())),
    "UPPER": Function("Text", ("Text",), 1, 2, _text(lambda text, locale="": text.upper())),
    "LEFT": Function("Text", ("Text", "Number"), 2, 2, _text(lambda text, size: text[: int(size)])),
    "RIGHT": Function("Text", ("Text", "Number"), 2, 2, _text(lambda text, size: text[-int(size) :] if size else "")),
    "MID": Function("Text", ("Text", "Number", "Number"), 3, 3, _text(_middle)),
    "FIND": Function("Number", ("Text", "Text", "Number"), 2, 3, _text(_find)),
    "SUBSTITUTE": Function("Text", ("Text", "Text", "Text"), 3, 3, _text(lambda text, old, new: text.replace(old, new))),
    "VALUE": Function("Number", ("Text",), 1, 1, _text(_number)),
    "TEXT": Function("Text", ("Showable",), 1, 1, _text(show)),
    "BLANKVALUE": Function("0", ("Any", "Any"), 2, 2, _text(lambda value, other: other if is_blank(value) else value)),
    "NULLVALUE": Function("0", ("Any", "Any"), 2, 2, _text(lambda value, other: other if value is None else value)),
    "IF": Function("1", ("Boolean", "Any", "Any"), 3, 3, _text(lambda test, then, other: then if test else other)),
    "TODAY": Function("Date", (), 0, 0, lambda scene: scene.now.astimezone(scene.zone).date()),
    "NOW": Function("DateTime", (), 0, 0, lambda scene: scene.now),
    "DATE": Function("Date", ("Number",) * 3, 3, 3, _text(lambda year, month, day: date(int(year), int(month), int(day)))),
    "DATEVALUE": Function("Date", ("Any",), 1, 1, lambda scene, value: _day(value, scene)),
    "DATETIMEVALUE": Function("DateTime", ("Any",), 1, 1, _text(_instant)),
    "YEAR": Function("Number", ("Date",), 1, 1, _part("year")),
    "MONTH": Function("Number", ("Date",), 1, 1, _part("month")),
    "DAY": Function("Number", ("Date",), 1, 1, _part("day")),
    "WEEKDAY": Function("Number", ("Date",), 1, 1, _text(_weekday)),
    "ABS": Function("Number", ("Number",), 1, 1, _text(lambda value: None if value is None else abs(value))),
    "ROUND": Function("Number", ("Number", "Number"), 2, 2, _text(_round)),
    "MAX": Function("Number", ("Number",), 1, MANY, _text(lambda *values: max((v for v in values if v is not None), default=None))),
    "MIN": Function("Number", ("Number",), 1, MANY, _text(lambda *values: min((v for v in values if v is not None), default=None))),
    "MOD": Function("Number", ("Number", "Number"), 2, 2, _text(lambda value, by: math.fmod(value, by) if by else None)),
    "FLOOR": Function("Number", ("Number",), 1, 1, _text(lambda value: None if value is None else math.floor(value))),
    "CEILING": Function("Number", ("Number",), 1, 1, _text(lambda value: None if value is None else math.ceil(value))),
}  # fmt: skip
"""All but CASE, ISCHANGED and PRIORVALUE, which take fields or pairs."""


def compare(sign: str, left: Any, right: Any) -> bool:
    """Blank is equal to blank and to nothing else; order with a blank is never so."""
    if sign in ("=", "<>"):
        same = (is_blank(left) and is_blank(right)) or left == right
        return same if sign == "=" else not same
    if is_blank(left) or is_blank(right):
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def reckon(sign: str, left: Any, right: Any) -> Any:
    """Arithmetic; with a blank there is no result. Days are added to dates and instants."""
    if sign == "&" or (sign == "+" and isinstance(left, str)):
        return f"{left}{right}"
    if left is None or right is None:
        return None
    if isinstance(left, date) and isinstance(right, date):
        return (left - right) / timedelta(days=1)
    if isinstance(left, date):
        span = timedelta(days=right)
        return left + span if sign == "+" else left - span
    if sign == "+" and isinstance(right, date):
        return right + timedelta(days=left)
    if sign == "/":
        return left / right if right else None
    return {"+": left + right, "-": left - right, "*": left * right, "^": left**right}[sign]
