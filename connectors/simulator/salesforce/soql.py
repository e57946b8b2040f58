"""SOQL: a LALR grammar, the tree it makes, and a cache of query shapes. Source: SOQL and SOSL Reference.

What the grammar does not know is refused with MALFORMED_QUERY, as the org does: bind variables, ALL ROWS, mixed
AND/OR without parentheses, and so on. TYPEOF, WITH, FOR, USING SCOPE and date functions are refused too (see README).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError

from connectors.simulator.salesforce.error import ApiError
from connectors.simulator.salesforce.tree import Call, Condition, Item, Junction, Literal, Name, OrderBy, Query

GRAMMAR = r"""
start: query
query: _SELECT item ("," item)* _FROM from_object [where] [group] [having] [order] [limit] [offset]
from_object: NAME [[_AS] NAME]
item: NAME [NAME]              -> field_item
    | call [NAME]              -> call_item
    | "(" query ")"            -> child_item
call: NAME "(" [NAME] ")"

where: _WHERE logic
having: _HAVING logic
?logic: unary
      | unary (_AND unary)+    -> both
      | unary (_OR unary)+     -> either
?unary: _NOT unary             -> negate
      | "(" logic ")"
      | operand OPERATOR value -> compare
      | operand _LIKE text     -> like
      | operand _IN members    -> inside
      | operand _NOT _IN members -> outside
      | operand _INCLUDES "(" text ("," text)* ")" -> includes
      | operand _EXCLUDES "(" text ("," text)* ")" -> excludes
operand: NAME -> operand_field
       | call -> operand_call
members: "(" value ("," value)* ")" -> member_values
       | LIST_PARAM             -> member_param
       | "(" query ")"          -> member_query
text: STRING | STRING_PARAM
value: STRING | STRING_PARAM | INSTANT | DAY | TIME_PARAM | NUMBER | TRUE | FALSE | NULL | DATE_WORD

group: _GROUP _BY NAME ("," NAME)*
order: _ORDER _BY order_item ("," order_item)*
order_item: operand [DIRECTION] [_NULLS NULLS_END]
limit: _LIMIT NUMBER
offset: _OFFSET NUMBER

_SELECT.3: /select\b/i
_FROM.3: /from\b/i
_AS.3: /as\b/i
_WHERE.3: /where\b/i
_HAVING.3: /having\b/i
_AND.3: /and\b/i
_OR.3: /or\b/i
_NOT.3: /not\b/i
_LIKE.3: /like\b/i
_IN.3: /in\b/i
_INCLUDES.3: /includes\b/i
_EXCLUDES.3: /excludes\b/i
_GROUP.3: /group\b/i
_ORDER.3: /order\b/i
_BY.3: /by\b/i
_NULLS.3: /nulls\b/i
_LIMIT.3: /limit\b/i
_OFFSET.3: /offset\b/i
DIRECTION.3: /(asc|desc)\b/i
NULLS_END.3: /(first|last)\b/i
TRUE.3: /true\b/i
FALSE.3: /false\b/i
NULL.3: /null\b/i
DATE_WORD.2: /(today|yesterday|tomorrow|this_week|last_week|this_month|last_month|this_year|last_year)\b/i
           | /(last|next)_n_days:\d+\b/i
           | /n_days_ago:\d+\b/i
           | /(last|next)_90_days\b/i
OPERATOR: "=" | "!=" | "<>" | "<=" | ">=" | "<" | ">"
STRING: /'(?:[^'\\]|\\.)*'/s
INSTANT.2: /\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)/
DAY.1: /\d{4}-\d\d-\d\d/
NUMBER: /[+-]?\d+(\.\d+)?/
STRING_PARAM.4: /:S\d+/
TIME_PARAM.4: /:T\d+/
LIST_PARAM.4: /:L\d+/
NAME: /[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*/
%ignore /\s+/
"""

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


@v_args(inline=True)
class _Builder(Transformer[Token, Query]):
    """Makes the tree out of the grammar's rules."""

    def start(self, query: Query) -> Query:
        return query

    def query(self, *parts: Any) -> Query:
        *items, source, where, group, having, order, limit, offset = parts
        name, alias = source
        return Query(tuple(items), name, alias, where, group or (), having, order or (), limit, offset or 0)

    def from_object(self, name: Token, alias: Token | None) -> tuple[Name, str | None]:
        return _name(name), str(alias) if alias else None

    def field_item(self, name: Token, alias: Token | None) -> Item:
        return Item(_name(name), str(alias) if alias else None)

    def call_item(self, call: Call, alias: Token | None) -> Item:
        return Item(call, str(alias) if alias else None)

    def child_item(self, query: Query) -> Item:
        return Item(query)

    def call(self, function: Token, argument: Token | None) -> Call:
        return Call(str(function), _name(argument) if argument else None, function.start_pos or 0)

    def where(self, logic: Any) -> Any:
        return logic

    having = where

    def both(self, *parts: Any) -> Junction:
        return Junction("and", parts)

    def either(self, *parts: Any) -> Junction:
        return Junction("or", parts)

    def negate(self, part: Any) -> Junction:
        return Junction("not", (part,))

    def compare(self, operand: Name | Call, operator: Token, value: Literal) -> Condition:
        return Condition(operand, "!=" if operator == "<>" else str(operator), (value,))

    def like(self, operand: Name | Call, value: Literal) -> Condition:
        return Condition(operand, "like", (value,))

    def inside(self, operand: Name | Call, members: Any) -> Condition:
        return _membership(operand, "in", members)

    def outside(self, operand: Name | Call, members: Any) -> Condition:
        return _membership(operand, "not in", members)

    def includes(self, operand: Name | Call, *values: Literal) -> Condition:
        return Condition(operand, "includes", values)

    def excludes(self, operand: Name | Call, *values: Literal) -> Condition:
        return Condition(operand, "excludes", values)

    def operand_field(self, name: Token) -> Name:
        return _name(name)

    def operand_call(self, call: Call) -> Call:
        return call

    def member_values(self, *values: Literal) -> tuple[Literal, ...]:
        return values

    def member_param(self, token: Token) -> tuple[Literal, ...]:
        return (Literal("param", str(token)),)

    def member_query(self, query: Query) -> Query:
        return query

    def text(self, token: Token) -> Literal:
        return _literal(token)

    value = text

    def group(self, *names: Token) -> tuple[Name, ...]:
        return tuple(_name(name) for name in names)

    def order(self, *items: OrderBy) -> tuple[OrderBy, ...]:
        return items

    def order_item(self, operand: Name | Call, direction: Token | None, nulls: Token | None) -> OrderBy:
        return OrderBy(
            operand, bool(direction) and direction.lower() == "desc", bool(nulls) and nulls.lower() == "last"
        )

    def limit(self, number: Token) -> int:
        return int(number)

    offset = limit


def _name(token: Token) -> Name:
    return Name(str(token), token.start_pos or 0)


def _membership(operand: Name | Call, operator: str, members: Any) -> Condition:
    if isinstance(members, Query):
        return Condition(operand, operator, (), members)
    return Condition(operand, operator, members)


def _literal(token: Token) -> Literal:
    text = str(token)
    match token.type:
        case "STRING":
            return Literal("string", text[1:-1])
        case "STRING_PARAM" | "TIME_PARAM":
            return Literal("param", text)
        case "INSTANT":
            return Literal("instant", text)
        case "DAY":
            return Literal("day", text)
        case "NUMBER":
            return Literal("number", float(text))
        case "TRUE" | "FALSE":
            return Literal("boolean", token.type == "TRUE")
        case "NULL":
            return Literal("null", None)
        case _:
            return Literal("word", text.upper())


PARSER = Lark(GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=True, propagate_positions=False)
BUILDER = _Builder()

SHAPE = re.compile(
    r"\(\s*'(?:[^'\\]|\\.)*'(?:\s*,\s*'(?:[^'\\]|\\.)*')*\s*\)"
    r"|'(?:[^'\\]|\\.)*'"
    r"|\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))?",
    re.DOTALL,
)
ONE_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
IN_BEFORE = re.compile(r"\bin\s*$", re.IGNORECASE)


def parse(text: str) -> Query:
    """The tree of a query. Polling sends the same shape with other literals: shapes are parsed once.

    Raises ApiError MALFORMED_QUERY with row, column and caret.
    """
    if ":S" not in text and ":T" not in text and ":L" not in text:
        shape, params = _split_shape(text)
        tree = _parse_shape(shape)
        if tree is not None:
            return _fill_query(tree, params)
    return parse_exact(text)


def parse_exact(text: str) -> Query:
    """Parse without the cache: positions in the tree are those of this text."""
    return _fill_query(_parse_text(text), {})


def _split_shape(text: str) -> tuple[str, dict[str, tuple[Literal, ...]]]:
    params: dict[str, tuple[Literal, ...]] = {}

    def take(match: re.Match[str]) -> str:
        found = match[0]
        if found[0] == "(":
            if not IN_BEFORE.search(text, max(0, match.start() - 12), match.start()):
                return found
            mark = f":L{len(params)}"
            params[mark] = tuple(Literal("string", part) for part in ONE_STRING.findall(found))
        elif found[0] == "'":
            mark = f":S{len(params)}"
            params[mark] = (Literal("string", found[1:-1]),)
        else:
            mark = f":T{len(params)}"
            params[mark] = (Literal("instant" if "T" in found else "day", found),)
        return mark

    return SHAPE.sub(take, text), params


@lru_cache(maxsize=500)
def _parse_shape(shape: str) -> Query | None:
    """None when the shape does not parse: then the text itself is parsed, for positions that mean something."""
    try:
        return BUILDER.transform(PARSER.parse(shape))
    except (UnexpectedInput, VisitError):
        return None


def _parse_text(text: str) -> Query:
    try:
        return BUILDER.transform(PARSER.parse(text))
    except UnexpectedToken as error:
        at = len(text) if error.token.type == "$END" else (error.token.start_pos or 0)
        shown = "<EOF>" if error.token.type == "$END" else str(error.token)
        raise malformed(text, at, f"unexpected token: '{shown}'") from None
    except UnexpectedInput as error:
        at = error.pos_in_stream or 0
        shown = text[at : at + 1] or "<EOF>"
        raise malformed(text, at, f"unexpected token: '{shown}'") from None


def malformed(text: str, at: int, message: str) -> ApiError:
    return ApiError("MALFORMED_QUERY", pointed(text, at, message))


def pointed(text: str, at: int, message: str) -> str:
    """A message as the org words it: the line, a caret under the place, row and column."""
    row = text.count("\n", 0, at) + 1
    line_start = text.rfind("\n", 0, at) + 1
    line = text[line_start:].split("\n", 1)[0]
    column = at - line_start
    if column == len(line) and at == len(text) and row == 1:
        column = max(0, len(line))
    cut = max(0, column - 60)
    window = line[cut : column + 60]
    return f"\n{window}\n{' ' * (column - cut)}^\nERROR at Row:{row}:Column:{column + 1}\n{message}"


def _fill_query(query: Query, params: dict[str, tuple[Literal, ...]]) -> Query:
    """Put the literals back into a shape."""
    items = tuple(
        replace(item, what=_fill_query(item.what, params)) if isinstance(item.what, Query) else item
        for item in query.items
    )
    where = _fill(query.where, params) if query.where else None
    having = _fill(query.having, params) if query.having else None
    return replace(query, items=items, where=where, having=having)


def _fill(node: Condition | Junction, params: dict[str, tuple[Literal, ...]]) -> Condition | Junction:
    if isinstance(node, Junction):
        return Junction(node.operator, tuple(_fill(part, params) for part in node.parts))
    values: list[Literal] = []
    for literal in node.values:
        values.extend(_resolve(literal, params, node.operator == "like"))
    query = _fill_query(node.query, params) if node.query else None
    return Condition(node.operand, node.operator, tuple(values), query)


def _resolve(literal: Literal, params: dict[str, tuple[Literal, ...]], like: bool) -> Sequence[Literal]:
    if literal.kind == "param":
        if literal.value not in params:
            raise ApiError("MALFORMED_QUERY", f"unexpected token: '{literal.value}'")
        found = params[literal.value]
    else:
        found = (literal,)
    return [_unescape(part, like) if part.kind == "string" else part for part in found]


def _unescape(literal: Literal, like: bool) -> Literal:
    """Resolve escapes; in a LIKE pattern `\\%` and `\\_` stay marked, elsewhere they are illegal."""
    raw = literal.value
    if "\\" not in raw:
        return literal
    out: list[str] = []
    chars = iter(raw)
    for char in chars:
        if char != "\\":
            out.append(char)
            continue
        escaped = next(chars, "")
        if like and escaped in "%_":
            out.append("\\" + escaped)
        elif escaped in ESCAPES:
            out.append(ESCAPES[escaped])
        else:
            message = f"Invalid string literal '{raw}'. Illegal character sequence '\\{escaped}' in string literal."
            raise ApiError("MALFORMED_QUERY", message)
    return Literal("string", "".join(out))
