"""From the text of a formula to its tree (source: Salesforce Help, "Formula Operators and Functions")."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_LENGTH = 3900
TOKEN = re.compile(
    r"""(?P<space>\s+|/\*.*?\*/)|(?P<number>\d+(?:\.\d+)?)|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<name>\$?[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)*)|(?P<sign>&&|\|\||<>|!=|<=|>=|==|[-+*/^&()=<>,!])""",
    re.DOTALL,
)
LEVELS = (("||",), ("&&",), ("=", "==", "<>", "!="), ("<", "<=", ">", ">="), ("&",), ("+", "-"), ("*", "/"), ("^",))
"""Binary operators, the loosest first."""
OPENING = ("(",)
SAME = {"==": "=", "!=": "<>"}


class FormulaError(Exception):
    """Why a formula is refused, in the vendor's words."""


@dataclass(frozen=True, slots=True)
class Node:
    """A literal, a field, or a function or operator with its arguments."""

    kind: str
    """text, number, field, call or sign."""
    value: str
    parts: tuple[Node, ...] = field(default=())


def read(text: str) -> Node:
    """Raises FormulaError."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"Formula is too long ({len(text):,} characters). Maximum length is {MAX_LENGTH:,} characters."
        )
    reader = _Reader(_split(text))
    node = reader.binary(0)
    if reader.at < len(reader.tokens):
        raise FormulaError(f"Syntax error. Extra {reader.tokens[reader.at][1]}")
    return node


def _split(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise FormulaError(f"Syntax error. Found '{text[at]}'")
        if match.lastgroup != "space":
            tokens.append((str(match.lastgroup), match[0]))
        at = match.end()
    return tokens


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def binary(self, level: int) -> Node:
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while (sign := self._sign(LEVELS[level])) is not None:
            left = Node("sign", SAME.get(sign, sign), (left, self.binary(level + 1)))
        return left

    def unary(self) -> Node:
        if (sign := self._sign(("!", "-", "+"))) is not None:
            inner = self.unary()
            return inner if sign == "+" else Node("sign", "!" if sign == "!" else "negate", (inner,))
        return self._atom()

    def _atom(self) -> Node:
        kind, token = self._take()
        if kind == "number":
            return Node("number", token)
        if kind == "text":
            return Node("text", re.sub(r"\\(.)", r"\1", token[1:-1]))
        if kind == "name":
            return Node("call", token.upper(), self._arguments()) if self._sign(("(",)) else Node("field", token)
        if kind == "sign" and token in OPENING:
            inner = self.binary(0)
            self._close()
            return inner
        raise FormulaError(f"Syntax error. Found '{token}'")

    def _arguments(self) -> tuple[Node, ...]:
        if self._sign((")",)):
            return ()
        found = [self.binary(0)]
        while self._sign((",",)):
            found.append(self.binary(0))
        self._close()
        return tuple(found)

    def _close(self) -> None:
        if not self._sign((")",)):
            raise FormulaError("Syntax error. Missing ')'")

    def _sign(self, wanted: tuple[str, ...]) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and self.tokens[self.at][1] in wanted:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def _take(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise FormulaError("Syntax error")
        self.at += 1
        return self.tokens[self.at - 1]
