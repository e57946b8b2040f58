"""§10 of the page: conditions in three values. True, False, or None for what nobody can tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.reference.values import RANKS, key

_ENDLESS = {float: (float("-inf"), float("inf")), date: (date.min, date.max)}


@dataclass(frozen=True)
class Operand:
    """What a name stands for. `kind`: unknown, empty, value (there, but compares with nothing), text, number,
    day, rank or list."""

    kind: str
    low: Any = None
    """A text, the items of a list, or the lower end of what is ordered; None there: no end."""
    high: Any = None


UNKNOWN, EMPTY = Operand("unknown"), Operand("empty")
Lookup = Callable[[str], Operand]


def text(value: object) -> Operand:
    return Operand("text", key(value))


def number(value: float) -> Operand:
    return Operand("number", float(value), float(value))


def truth(expression: str, lookup: Lookup) -> bool | None:
    return _truth(ast.parse(expression.strip(), mode="eval").body, lookup)


def _truth(node: ast.expr, lookup: Lookup) -> bool | None:
    if isinstance(node, ast.BoolOp):
        found = [_truth(part, lookup) for part in node.values]
        return _all(found) if isinstance(node.op, ast.And) else _not(_all([_not(one) for one in found]))
    if isinstance(node, ast.UnaryOp):
        assert isinstance(node.op, ast.Not)
        return _not(_truth(node.operand, lookup))
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        assert node.func.id == "known"
        found = lookup(_name(node.args[0]))
        return None if found.kind == "unknown" else found.kind != "empty"
    assert isinstance(node, ast.Compare)
    sides = [node.left, *node.comparators]
    return _all([_compare(a, op, b, lookup) for a, op, b in zip(sides, node.ops, sides[1:], strict=False)])


def _all(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def _not(found: bool | None) -> bool | None:
    return None if found is None else not found


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    assert isinstance(node, ast.Name)
    return node.id


def _compare(left: ast.expr, op: ast.cmpop, right: ast.expr, lookup: Lookup) -> bool | None:
    if isinstance(op, ast.In | ast.NotIn):
        found = _within(left, right, lookup)
        return found if isinstance(op, ast.In) else _not(found)
    mirrored = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
    kind = type(op)
    if isinstance(left, ast.Constant):
        left, right, kind = right, left, mirrored.get(kind, kind)
    operand, literal = lookup(_name(left)), _literal(right)
    if operand.kind == "empty":
        return {ast.Eq: False, ast.NotEq: True}.get(kind)
    if kind is ast.NotEq:
        return _not(_ordered(operand, ast.Eq, literal))
    return _ordered(operand, kind, literal)


def _within(left: ast.expr, right: ast.expr, lookup: Lookup) -> bool | None:
    if isinstance(left, ast.Constant):
        held = lookup(_name(right))
        if held.kind == "empty":
            return False
        return left.value is not None and key(left.value) in held.low if held.kind == "list" else None
    operand = lookup(_name(left))
    if operand.kind == "empty":
        return False
    assert isinstance(right, ast.List | ast.Tuple)
    return _not(_all([_not(_ordered(operand, ast.Eq, _literal(one))) for one in right.elts]))


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_literal(node.operand)
    assert isinstance(node, ast.Constant)
    return node.value


def _ordered(operand: Operand, kind: type[ast.cmpop], literal: Any) -> bool | None:
    fitted = _fit(operand, literal)
    if fitted is None:
        return None
    low, high, other = fitted
    if operand.kind == "text" and isinstance(other, str):
        return low == other if kind is ast.Eq else None
    if kind is ast.Eq:
        return True if low == high == other else None if low <= other <= high else False
    if kind is ast.Gt:
        return _not(_ordered(operand, ast.LtE, literal))
    if kind is ast.GtE:
        return _not(_ordered(operand, ast.Lt, literal))
    if kind is ast.Lt:
        return True if high < other else False if low >= other else None
    return True if high <= other else False if low > other else None


def _fit(operand: Operand, literal: Any) -> tuple[Any, Any, Any] | None:
    """Both ends and the literal, all of one type; None where they have none in common."""
    if operand.kind == "text" and not isinstance(literal, bool) and isinstance(literal, int | float):
        digits = operand.low.replace(",", "")
        return (float(digits), float(digits), float(literal)) if re.fullmatch(r"-?\d+(\.\d+)?", digits) else None
    if operand.kind == "text":
        return operand.low, operand.low, key(literal)
    if operand.kind == "rank":
        return (operand.low, operand.high, RANKS.index(literal)) if literal in RANKS else None
    if operand.kind == "number" and not isinstance(literal, bool) and isinstance(literal, int | float):
        return *_ends(operand, float), float(literal)
    if operand.kind == "day" and isinstance(literal, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", literal):
        return *_ends(operand, date), date.fromisoformat(literal)
    return None


def _ends(operand: Operand, type_: type) -> tuple[Any, Any]:
    first, last = _ENDLESS[type_]
    return (first if operand.low is None else operand.low), (last if operand.high is None else operand.high)
