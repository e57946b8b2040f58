"""Conditions that an operator writes (`budget_status == 'secured' and not known(budget_amount)`), compiled once and judged
three-valued: true, false, or unknown (None). The language is §10 of the core's README.

`compile_expression(text, vocabulary)` checks every name and literal and raises ExpressionError with the place and what to
write instead. `Expression.judge(evidence)` never raises. A caller acts on `is True` alone: unknown never requires, starts,
pauses, cancels or excludes anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, Protocol

from sync.core.rules.operand import (
    Count,
    Fact,
    Field,
    Item,
    Literal,
    Operand,
    OwnerRoles,
    Unfit,
    Vocabulary,
    Worth,
    compares,
    find_operand,
    nearest,
)

if TYPE_CHECKING:  # the evidence holds the rules, which hold conditions
    from sync.core.rules.evidence import Evidence

__all__ = ["Expression", "ExpressionError", "Vocabulary", "compile_expression", "fields_of"]

LONGEST, DEEPEST = 1000, 20

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?(?![\w.]))|(?P<text>'[^']*'|\"[^\"]*\")|(?P<sign>==|!=|<=|>=|[<>()\[\],])"
    r"|(?P<name>[^\W\d][\w-]*(?:\.[\w-]+)*)|(?P<odd>\S))"
)
_WORDS = frozenset({"and", "or", "not", "in", "known", "true", "false"})
_ORDERS = frozenset({"<", "<=", ">", ">="})
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_INSTEAD = {
    "=": "write == to compare", "&": "write and", "|": "write or", "!": "write not, or != to compare",
    "'": "close the text with '", '"': 'close the text with "',
    **dict.fromkeys("‘’“”「」『』", "write a text as 'text'"),
}  # fmt: skip


class ExpressionError(ValueError):
    """What is wrong with a condition: where (the character, from 1) and what to write instead."""

    def __init__(self, message: str, hint: str, at: int) -> None:
        super().__init__(f"{message} (at character {at})")
        self.hint = hint
        self.at = at


class View(Protocol):
    """What a condition looks at."""

    def worth(self, operand: Operand, literal: Literal) -> Worth: ...

    def is_known(self, item: Item) -> bool | None: ...


class _Node(Protocol):
    def judge(self, view: View) -> bool | None: ...


@dataclass(slots=True)
class _Handoff:
    """One handoff as it is."""

    evidence: Evidence

    def worth(self, operand: Operand, literal: Literal) -> Worth:
        return operand.read(self.evidence, literal)

    def is_known(self, item: Item) -> bool | None:
        return item.is_known(self.evidence)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled condition. Two are equal when their texts are."""

    text: str
    items: frozenset[str] = field(compare=False)
    """Items that it looks at."""
    fields: frozenset[tuple[str, str, str]] = field(compare=False)
    """(connection, stream, field) that it looks at beside the mapped ones: they must be read of the CRM."""
    facts: frozenset[str] = field(compare=False)
    """What it looks at beside items and fields: `status`, `stage`, `fs_decision`, `owner_roles`, `contacts` …"""
    compared: tuple[tuple[Operand, tuple[Literal, ...]], ...] = field(compare=False, repr=False)
    """Every name with what it is compared with; with nothing where it is only asked whether it is known."""
    _root: _Node = field(compare=False, repr=False)

    def judge(self, evidence: Evidence) -> bool | None:
        """Whether it holds for this handoff now; None where nobody can tell. The items must have been read."""
        return self._root.judge(_Handoff(evidence))

    def judge_as(self, view: View) -> bool | None:
        """The same of what somebody supposes."""
        return self._root.judge(view)


def compile_expression(text: str, vocabulary: Vocabulary) -> Expression:
    """Raises ExpressionError, which is a ValueError with `hint` and `at`."""
    if len(text) > LONGEST:
        raise ExpressionError(f"is longer than {LONGEST} characters", "split it into several conditions", LONGEST + 1)
    parser = _Parser(_tokens(text), vocabulary)
    root = parser.whole()
    named = parser.named
    return Expression(
        text,
        frozenset(one.id for one in named if isinstance(one, Item)),
        frozenset((one.connection, one.stream, one.name) for one in named if isinstance(one, Field)),
        frozenset(one.name for one in named if isinstance(one, Fact | Count | OwnerRoles)),
        tuple(parser.compared),
        root,
    )


# --- the tree -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Series:
    """Parts joined by `and` or `or`: one answer of `decisive` decides, else one unknown part leaves it unknown."""

    decisive: bool
    parts: tuple[_Node, ...]

    def judge(self, view: View) -> bool | None:
        answer: bool | None = not self.decisive
        for part in self.parts:
            found = part.judge(view)
            if found is self.decisive:
                return found
            answer = None if found is None else answer
        return answer


@dataclass(frozen=True, slots=True)
class _Not:
    part: _Node

    def judge(self, view: View) -> bool | None:
        found = self.part.judge(view)
        return None if found is None else not found


@dataclass(frozen=True, slots=True)
class _Known:
    item: Item

    def judge(self, view: View) -> bool | None:
        return view.is_known(self.item)


@dataclass(frozen=True, slots=True)
class _Compare:
    operand: Operand
    sign: str
    wanted: tuple[Literal, ...]

    def judge(self, view: View) -> bool | None:
        answer: bool | None = False
        for literal in self.wanted:
            found = compares(view.worth(self.operand, literal), self.sign, literal)
            if found is True:
                return True
            answer = None if found is None else answer
        return answer


# --- reading ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    """Character from 1."""

    def is_(self, *texts: str) -> bool:
        return self.text in texts and self.kind in ("sign", "name")


@dataclass(frozen=True, slots=True)
class _Value:
    """A literal or a list of them, where an operand may stand."""

    literals: tuple[Literal, ...]
    is_list: bool
    at: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "odd"
        token = _Token(kind, match.group(kind), match.start(kind) + 1)
        if kind == "odd":
            hint = _INSTEAD.get(token.text, "write e.g. budget_status == 'secured' and not known(budget_amount)")
            raise ExpressionError(f"{token.text!r} means nothing here", hint, token.at)
        found.append(token)
    return [*found, _Token("end", "", len(text) + 1)]


@dataclass(slots=True)
class _Parser:
    tokens: list[_Token]
    vocabulary: Vocabulary
    place: int = 0
    depth: int = 0
    named: list[Operand] = field(default_factory=list[Operand])
    compared: list[tuple[Operand, tuple[Literal, ...]]] = field(
        default_factory=list["tuple[Operand, tuple[Literal, ...]]"]
    )

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def take(self) -> _Token:
        token = self.next
        self.place += token.kind != "end"
        return token

    def whole(self) -> _Node:
        if self.next.kind == "end":
            self.fail("is empty", "write a condition, e.g. budget_status == 'secured'")
        node = self.either()
        if self.next.kind != "end":
            self.fail(f"{self.next.text!r} is not expected", self._joined_by(self.next))
        return node

    def either(self) -> _Node:
        return self._series("or", self.both, decisive=True)

    def both(self) -> _Node:
        return self._series("and", self.denied, decisive=False)

    def _series(self, word: str, part: Callable[[], _Node], *, decisive: bool) -> _Node:
        parts = [part()]
        while self.next.is_(word):
            self.take()
            parts.append(part())
        return _Series(decisive, tuple(parts)) if len(parts) > 1 else parts[0]

    def denied(self) -> _Node:
        if not self.next.is_("not"):
            return self.single()
        self.deeper()
        self.take()
        node = _Not(self.denied())
        self.depth -= 1
        return node

    def single(self) -> _Node:
        if self.next.is_("known"):
            return self.known()
        if not self.next.is_("("):
            return self.comparison()
        self.deeper()
        self.take()
        node = self.either()
        self.expect(")")
        self.depth -= 1
        return node

    def known(self) -> _Node:
        self.take()
        self.expect("(")
        token = self.take()
        if token.kind != "name" or token.text not in self.vocabulary.items:
            self.fail(f"{token.text!r} is no item", nearest(token.text, self.vocabulary.items), token)
        self.expect(")")
        item = Item(
            token.text,
            self.vocabulary.items[token.text],
            self.vocabulary.options.get(token.text, frozenset()),
        )
        self.named.append(item)
        self.compared.append((item, ()))
        return _Known(item)

    def comparison(self) -> _Node:
        start = self.next
        left = self.side()
        sign_at = self.next
        sign = self.sign()
        right = self.side()
        if self.next.is_("==", "!=", "<", "<=", ">", ">="):
            self.fail(f"{self.next.text!r}: one comparison at a time", "write a < x and x < b")
        if isinstance(left, _Value) and isinstance(right, _Value):
            self.fail("compares two values and no name", "write NAME == VALUE", start)
        if not isinstance(left, _Value) and not isinstance(right, _Value):
            self.fail("compares two names", "a name is compared with a value, e.g. 'text', 3 or [1, 2]", sign_at)
        if isinstance(left, _Value):
            left, sign, right = right, self._turned(sign, left, right, sign_at), left
        assert not isinstance(left, _Value)
        assert isinstance(right, _Value)
        return self._compared(left, sign, right, sign_at)

    def _turned(self, sign: str, value: _Value, name: object, at: _Token) -> str:
        """The sign with the name on the left. `'IS' in owner_roles` stays what it is: a set holds a value."""
        if sign in ("in", "not in"):
            if value.is_list or not getattr(name, "is_set", False):
                self.fail(f"{sign!r} wants the name first", "write NAME in ['a', 'b']", at)
            return sign
        return _FLIPPED[sign]

    def _compared(self, operand: Operand, sign: str, value: _Value, at: _Token) -> _Node:
        listed = sign in ("in", "not in") and not operand.is_set
        if value.is_list != listed:
            hint = "write NAME in ['a', 'b'], or NAME == 'a'"
            self.fail(f"{sign!r} does not go with {'a list' if value.is_list else 'one value'}", hint, at)
        if operand.is_set and sign not in ("in", "not in"):
            self.fail(f"{sign!r} does not go with a set", "write 'IS' in owner_roles", at)
        try:
            wanted = tuple(operand.read_literal(one, ordered=sign in _ORDERS) for one in value.literals)
        except Unfit as unfit:
            raise ExpressionError(str(unfit), unfit.hint, value.at) from None
        self.compared.append((operand, wanted))
        if sign in ("!=", "not in"):
            return _Not(_Compare(operand, "==", wanted))
        return _Compare(operand, "==" if sign == "in" else sign, wanted)

    def sign(self) -> str:
        token = self.take()
        if token.is_("==", "!=", "<", "<=", ">", ">=", "in"):
            return token.text
        if token.is_("not") and self.next.is_("in"):
            self.take()
            return "not in"
        return self.fail("compares nothing", "write NAME == VALUE, NAME in [VALUE, …] or known(ITEM)", token)

    def side(self) -> Operand | _Value:
        token = self.take()
        if token.is_("["):
            return self._list(token)
        if (literal := _literal(token)) is not None:
            return _Value((literal,), False, token.at)
        if token.kind != "name" or token.text in _WORDS:
            self.fail(
                f"{token.text!r} is not expected" if token.text else "ends too early", "write NAME == VALUE", token
            )
        try:
            operand = find_operand(token.text, self.vocabulary)
        except Unfit as unfit:
            raise ExpressionError(str(unfit), unfit.hint, token.at) from None
        self.named.append(operand)
        return operand

    def _list(self, start: _Token) -> _Value:
        found: list[Literal] = []
        while True:
            token = self.take()
            literal = _literal(token)
            if literal is None:
                self.fail("a list holds texts and numbers", "write ['a', 'b']", token)
            found.append(literal)
            if not self.next.is_(","):
                break
            self.take()
        self.expect("]")
        return _Value(tuple(found), True, start.at)

    def expect(self, sign: str) -> None:
        if not self.next.is_(sign):
            self.fail(f"{sign!r} is missing", f"write {sign}")
        self.take()

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"is nested deeper than {DEEPEST}", "split it into several conditions")

    def fail(self, message: str, hint: str, token: _Token | None = None) -> NoReturn:
        raise ExpressionError(message, hint, (token or self.next).at)

    def _joined_by(self, token: _Token) -> str:
        meant = token.text.lower()
        return f"did you mean {meant}?" if meant in ("and", "or", "in") else "join conditions with and / or"


def _literal(token: _Token) -> Literal | None:
    match token.kind:
        case "number":
            return float(token.text) if "." in token.text else int(token.text)
        case "text":
            return token.text[1:-1]
        case "name" if token.text in ("true", "false"):
            return token.text
        case _:
            return None


def fields_of(
    expressions: Iterable[Expression], further: Iterable[tuple[str, str, str]] = ()
) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """(connection, stream) → fields that conditions read beside the mapped ones, and `further` ones."""
    found: dict[tuple[str, str], list[str]] = {}
    for connection, stream, name in sorted({*further, *(one for each in expressions for one in each.fields)}):
        found.setdefault((connection, stream), []).append(name)
    return {stream: tuple(names) for stream, names in found.items()}
