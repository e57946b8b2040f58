"""Conditions of SOQL as closures over stored rows, with the type checks and messages of the org."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from connectors.simulator.salesforce.record_id import to18
from connectors.simulator.salesforce.schema import NUMBER_TYPES, TEXT_TYPES, Field
from connectors.simulator.salesforce.tree import Literal
from connectors.simulator.salesforce.value import day_start, normal_instant

Test = Callable[[Any], bool]

ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TYPE_WORDS = {"datetime": "dateTime", "int": "double", "currency": "double", "percent": "double"}


class Misfit(Exception):
    """A condition that does not fit its field. The caller knows where it stands in the text."""

    def __init__(self, message: str, code: str = "INVALID_FIELD") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def make_test(item: Field, sign: str, values: Sequence[Literal], today: date, zone: tzinfo) -> Test:
    """A test for one stored value. Null fails every order comparison and passes `!=` and NOT IN."""
    if not item.filterable:
        raise Misfit(f"field '{item.name}' can not be filtered in a query call")
    if sign in ("includes", "excludes"):
        return _test_choices(item, sign, values)
    if sign in ("in", "not in"):
        return _test_membership(item, sign, values)
    literal = values[0]
    if sign == "like":
        return _test_pattern(item, literal)
    if literal.kind == "null":
        return _test_null(sign)
    if literal.kind == "word":
        return _test_span(item, sign, literal.value, today, zone)
    wanted = read_literal(item, literal)
    if sign in ("=", "!="):
        same = _equal(item, wanted)
        return same if sign == "=" else lambda value: not same(value)
    if item.type == "boolean":
        raise Misfit(f"invalid operator on boolean field '{item.name}'", "INVALID_QUERY_FILTER_OPERATOR")
    compare = ORDERED[sign]
    if item.type in TEXT_TYPES:
        return lambda value: value is not None and compare(value.lower(), wanted)
    return lambda value: value is not None and compare(value, wanted)


def read_literal(item: Field, literal: Literal) -> Any:
    """The stored form of a literal, lower case for text."""
    kind, value = literal.kind, literal.value
    if item.type in ("id", "reference") and kind == "string":
        try:
            return to18(value) if value else ""
        except ValueError:
            raise Misfit(f"invalid ID field: {value}", "INVALID_QUERY_FILTER_OPERATOR") from None
    if item.type in TEXT_TYPES and kind == "string":
        return value.lower()
    if (item.type in NUMBER_TYPES or item.type == "int") and kind == "number":
        return value
    if item.type == "boolean" and kind == "boolean":
        return value
    if item.type == "datetime" and kind == "instant":
        return normal_instant(value)
    if item.type == "date" and kind == "day":
        return value
    word = TYPE_WORDS.get(item.type, item.type)
    quotes = "should be enclosed in quotes" if item.type in TEXT_TYPES else "should not be enclosed in quotes"
    if item.type in ("id", "reference"):
        word, quotes = "ID", "should be enclosed in quotes"
    elif item.type in TEXT_TYPES:
        word = "string"
    raise Misfit(f"value of filter criterion for field '{item.name}' must be of type {word} and {quotes}")


def _equal(item: Field, wanted: Any) -> Test:
    if item.type in TEXT_TYPES:
        if wanted == "":
            return lambda value: value is None  # an empty string is stored as null
        return lambda value: value is not None and value.lower() == wanted
    if wanted == "":
        return lambda value: value is None
    return lambda value: value is not None and value == wanted


def _test_null(sign: str) -> Test:
    if sign == "=":
        return lambda value: value is None
    if sign == "!=":
        return lambda value: value is not None
    raise Misfit("null can only be compared with = and !=", "MALFORMED_QUERY")


def _test_membership(item: Field, sign: str, values: Sequence[Literal]) -> Test:
    wanted = {None if literal.kind == "null" else read_literal(item, literal) for literal in values}
    text = item.type in TEXT_TYPES
    if text:
        inside: Test = lambda value: (value.lower() if value is not None else None) in wanted  # noqa: E731  # a pair with the next
    else:
        inside = lambda value: value in wanted  # noqa: E731  # a pair with the one above
    return inside if sign == "in" else lambda value: not inside(value)


def _test_pattern(item: Field, literal: Literal) -> Test:
    if item.type not in TEXT_TYPES or literal.kind != "string":
        raise Misfit(f"invalid operator on {item.type} field '{item.name}'", "INVALID_QUERY_FILTER_OPERATOR")
    pieces = re.findall(r"\\[%_]|[%_]|[^%_\\]+|\\", literal.value)
    regex = "".join(
        {"%": ".*", "_": "."}.get(piece) or re.escape(piece.removeprefix("\\") or piece) for piece in pieces
    )
    match = re.compile(regex, re.IGNORECASE | re.DOTALL).fullmatch
    return lambda value: value is not None and match(value) is not None


def _test_choices(item: Field, sign: str, values: Sequence[Literal]) -> Test:
    if item.type != "multipicklist":
        raise Misfit(f"includes and excludes need a multipicklist, not '{item.name}'", "INVALID_QUERY_FILTER_OPERATOR")
    groups = [{part.lower() for part in str(literal.value).split(";")} for literal in values]

    def included(value: Any) -> bool:
        chosen = set(value.lower().split(";")) if value else set[str]()
        return any(group <= chosen for group in groups)

    return included if sign == "includes" else lambda value: not included(value)


def _test_span(item: Field, sign: str, word: str, today: date, zone: tzinfo) -> Test:
    """Date literals name a span of days in the running user's zone."""
    if item.type not in ("date", "datetime"):
        raise Misfit(f"value of filter criterion for field '{item.name}' must be of type {item.type}")
    first, after = span_of(word, today)
    low, high = (first.isoformat(), after.isoformat())
    if item.type == "datetime":
        low, high = day_start(first, zone), day_start(after, zone)
    tests: dict[str, Test] = {
        "=": lambda value: value is not None and low <= value < high,
        "!=": lambda value: value is None or not low <= value < high,
        "<": lambda value: value is not None and value < low,
        "<=": lambda value: value is not None and value < high,
        ">": lambda value: value is not None and value >= high,
        ">=": lambda value: value is not None and value >= low,
    }
    return tests[sign]


def span_of(word: str, today: date) -> tuple[date, date]:
    """First day, and the day after the last, of a date literal such as LAST_N_DAYS:30."""
    name, _, number = word.partition(":")
    day, count = timedelta(days=1), timedelta(days=int(number or 0))
    week = today - timedelta(days=(today.weekday() + 1) % 7)
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    spans = {
        "TODAY": (today, today + day),
        "YESTERDAY": (today - day, today),
        "TOMORROW": (today + day, today + 2 * day),
        "THIS_WEEK": (week, week + 7 * day),
        "LAST_WEEK": (week - 7 * day, week),
        "THIS_MONTH": (month, (month + 31 * day).replace(day=1)),
        "LAST_MONTH": ((month - day).replace(day=1), month),
        "THIS_YEAR": (year, year.replace(year=year.year + 1)),
        "LAST_YEAR": (year.replace(year=year.year - 1), year),
        "LAST_90_DAYS": (today - 90 * day, today + day),
        "NEXT_90_DAYS": (today + day, today + 91 * day),
        "LAST_N_DAYS": (today - count, today + day),
        "NEXT_N_DAYS": (today + day, today + count + day),
        "N_DAYS_AGO": (today - count, today - count + day),
    }
    return spans[name]


def sort_key(item: Field) -> Callable[[Any], Any]:
    """Text sorts without regard to case."""
    return (lambda value: value.lower()) if item.type in TEXT_TYPES else (lambda value: value)


def local_day(now: datetime, zone: tzinfo) -> date:
    return now.astimezone(zone).date()
