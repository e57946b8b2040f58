"""What a SOQL query is made of, once parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

AGGREGATES = frozenset({"count", "count_distinct", "sum", "avg", "min", "max"})


@dataclass(frozen=True, slots=True)
class Name:
    """A field path with where it stands in the text."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    argument: Name | None
    at: int


@dataclass(frozen=True, slots=True)
class Item:
    """One thing selected: a field, a function of one, or a child query."""

    what: Name | Call | Query
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """`kind` is string, like, instant, day, number, boolean, null or word (a date literal)."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison; `values` has one literal but for in, includes and their opposites."""

    operand: Name | Call
    operator: str
    values: tuple[Literal, ...]
    query: Query | None = None


@dataclass(frozen=True, slots=True)
class Junction:
    """`and`, `or` or `not` over further parts."""

    operator: str
    parts: tuple[Condition | Junction, ...]


@dataclass(frozen=True, slots=True)
class OrderBy:
    operand: Name | Call
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    items: tuple[Item, ...]
    source: Name
    alias: str | None
    where: Condition | Junction | None
    group: tuple[Name, ...]
    having: Condition | Junction | None
    order: tuple[OrderBy, ...]
    limit: int | None
    offset: int
