"""Whether a condition holds wherever another does, by trying what the names in them may be worth.

Only what they are compared with matters: a value, one beside it, and none. Answers are certain where they say yes; where
too much would have to be tried, they say no.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise, product

from sync.core.rules.expression import Expression
from sync.core.rules.operand import EMPTY, Count, Fact, Item, Literal, Operand, Span, Worth

_MOST = 20_000
_OTHER = "\0another value"
_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Supposed:
    worths: Mapping[Operand, Worth]

    def worth(self, operand: Operand, literal: Literal) -> Worth:
        del literal
        return self.worths[operand]

    def is_known(self, item: Item) -> bool | None:
        return self.worths[item] is not EMPTY


def implies(first: Expression | None, then: Expression) -> bool:
    """Whether `then` holds wherever `first` does; without a first, everywhere."""
    tried = False
    for view in _suppose(*(one for one in (first, then) if one is not None)):
        tried = True
        if (first is None or first.judge_as(view) is True) and then.judge_as(view) is not True:
            return False
    return tried


def can_hold(condition: Expression) -> bool:
    """False where nothing that could be written makes it true."""
    views = list(_suppose(condition))
    return not views or any(condition.judge_as(view) is True for view in views)


def _suppose(*conditions: Expression) -> Iterator[_Supposed]:
    literals: dict[Operand, list[Literal]] = {}
    for condition in conditions:
        for operand, wanted in condition.compared:
            literals.setdefault(operand, []).extend(wanted)
    domains = {operand: list(dict.fromkeys(_domain(operand, found))) for operand, found in literals.items()}
    size = 1
    for domain in domains.values():
        size *= len(domain)
    if size > _MOST:
        return
    for worths in product(*domains.values()):
        yield _Supposed(dict(zip(domains, worths, strict=True)))


def _domain(operand: Operand, literals: list[Literal]) -> Iterator[Worth]:
    if operand.is_set:
        names = [str(literal) for literal in literals]
        yield from (frozenset[str](), *(frozenset({name}) for name in names), frozenset(names))
        return
    options = operand.options if isinstance(operand, Item | Fact) else frozenset[str]()
    if options:
        yield from sorted(options)
    else:
        yield from _beside(operand, literals)
    if not isinstance(operand, Count) and not (isinstance(operand, Fact) and operand.name == "stage"):
        yield EMPTY


def _beside(operand: Operand, literals: list[Literal]) -> Iterator[Worth]:
    """Every value that is compared with, and some between, below and above."""
    yield from (literal for literal in literals if isinstance(literal, str))
    days = {literal for literal in literals if isinstance(literal, date)}
    yield from (Span(day, day) for day in sorted({day + n * _DAY for day in days for n in (-1, 0, 1)}))
    numbers = sorted({literal for literal in literals if isinstance(literal, int | float)})
    if numbers:
        between = [(a + b) / 2 for a, b in pairwise(numbers)]
        tried = sorted({*numbers, *between, *(n + step for n in numbers for step in (-1, 1))})
        counts = isinstance(operand, Count)
        yield from (Span(n, n) for n in tried if not counts or (n >= 0 and n == int(n)))
    if not days and not numbers:
        yield _OTHER
