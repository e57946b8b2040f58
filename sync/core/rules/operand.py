"""What a condition may name, and what each name is worth for one handoff: a text, a span of ordered values, a set, empty,
or unknown (None)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, cast

from sync.core.mapping.activity import read_instant, read_ref
from sync.core.mapping.items import rank_of, window_of
from sync.core.mapping.normalise.currency import region_currency
from sync.core.mapping.normalise.number import number_in
from sync.core.mapping.normalise.tables import RANKS
from sync.core.mapping.normalise.text import clean
from sync.core.mapping.sealed import is_sealed
from sync.core.model.items import ItemValue, ValueState
from sync.core.model.records import SourceRecord
from sync.core.rules.twin import genuine_contacts, once

if TYPE_CHECKING:  # the evidence holds the rules, which hold conditions
    from sync.core.rules.evidence import Evidence

Literal = str | int | float | date
Ordered = int | float | date

STAGES = ("before_pass", "at_pass", "opportunity")
_TEXTS = frozenset({"text", "company", "person"})
_CANONICAL = frozenset({"picklist", "email", "phone"})
_DAYS = frozenset({"timing", "date", "datetime"})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What conditions may name."""

    items: Mapping[str, str | None]
    """Item → how it is read; None for a group."""
    options: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Picklist item or input → its canonical values; nothing for one that is kept as typed."""
    roles: frozenset[str] = frozenset()
    streams: frozenset[str] = frozenset()
    """`connection.stream` of people, deals and accounts."""


class Unfit(ValueError):
    """A name that does not exist, or a value that a name is never compared with."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Empty(Enum):
    EMPTY = "empty"


EMPTY = Empty.EMPTY


@dataclass(frozen=True, slots=True)
class Span:
    """Somewhere between both ends, inclusive; None is an open end. What is exact has the same end twice."""

    low: Ordered | None
    high: Ordered | None


Worth = str | Span | frozenset[str] | Empty | None
"""None: nobody can tell."""


class Operand(Protocol):
    """A name in a condition."""

    @property
    def is_set(self) -> bool: ...

    def read_literal(self, literal: Literal, *, ordered: bool) -> Literal:
        """The value that it is compared with, as `read` answers. Raises Unfit."""
        ...

    def read(self, evidence: Evidence, literal: Literal) -> Worth: ...


def compares(worth: Worth, sign: str, literal: Literal) -> bool | None:
    """`==` or an order, three-valued. Empty equals nothing and has no order."""
    if worth is None or isinstance(worth, Empty):
        return False if isinstance(worth, Empty) and sign == "==" else None
    if isinstance(worth, frozenset):
        return literal in worth
    if isinstance(worth, Span):
        return None if isinstance(literal, str) else _spans(worth, sign, literal)
    return worth == literal if sign == "==" else None


def _spans(span: Span, sign: str, literal: Ordered) -> bool | None:
    """True or false only where every value of the span agrees."""
    low, high = cast(Any, span.low), cast(Any, span.high)
    below = high is not None and high < literal
    above = low is not None and low > literal
    match sign:
        case "==":
            return False if below or above else True if low == high else None
        case "<":
            return True if below else False if low is not None and low >= literal else None
        case "<=":
            return True if high is not None and high <= literal else False if above else None
        case ">":
            return True if above else False if high is not None and high <= literal else None
        case _:
            return True if low is not None and low >= literal else False if below else None


def find_operand(name: str, vocabulary: Vocabulary) -> Operand:
    """What a name stands for. Raises Unfit."""
    if name in _FACTS:
        options = STAGES if name == "stage" else vocabulary.options.get(name, ())
        return Fact(name, frozenset(options))
    if name in _COUNTS:
        return Count(name)
    if name == "owner_roles":
        return OwnerRoles(vocabulary.roles)
    if name in vocabulary.items:
        kind = vocabulary.items[name]
        if kind is None:
            raise Unfit(f"{name!r} is a group and has no value", f"write known({name})")
        return Item(name, kind, vocabulary.options.get(name, frozenset()))
    return _find_field(name, vocabulary)


def _find_field(name: str, vocabulary: Vocabulary) -> Operand:
    connection, dot, rest = name.partition(".")
    stream, dot_again, field_name = rest.partition(".")
    if not dot:
        known = (*vocabulary.items, *_FACTS, *_COUNTS, "owner_roles")
        raise Unfit(f"{name!r} is no item and nothing that a condition knows", nearest(name, known))
    if f"{connection}.{stream}" not in vocabulary.streams:
        raise Unfit(
            f"{connection}.{stream} is no stream of people, deals or accounts",
            nearest(f"{connection}.{stream}", vocabulary.streams),
        )
    if not dot_again:
        raise Unfit(f"{name!r} names no field", "write connection.stream.FIELD")
    return Field(connection, stream, field_name)


def nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(names)}"


# --- items --------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Item:
    """A handoff item by its canonical value."""

    id: str
    kind: str | None
    options: frozenset[str] = frozenset()

    @property
    def is_set(self) -> bool:
        return False

    def is_known(self, evidence: Evidence) -> bool | None:
        value = evidence.items.get(self.id)
        if value is None or value.state is ValueState.UNREADABLE:
            return None
        return value.state.usable

    def read_literal(self, literal: Literal, *, ordered: bool) -> Literal:
        if self.kind == "title":
            return RANKS.index(_one_of(literal, RANKS, "rank"))
        if self.kind in ("money", "number"):
            return _number(literal, self.id)
        if self.kind in _DAYS:
            return _read_day(literal, self.id)
        if ordered:
            raise Unfit(f"{self.id} has no order", "compare it with == or in")
        if self.options:
            return _one_of(literal, self.options, self.id)
        return _text(literal) if self.kind not in _CANONICAL else str(literal)

    def read(self, evidence: Evidence, literal: Literal) -> Worth:
        del literal
        value = evidence.items.get(self.id)
        if value is None or value.state is ValueState.UNREADABLE:
            return None
        return self._worth(value, evidence) if value.state.usable else EMPTY

    def _worth(self, value: ItemValue, evidence: Evidence) -> Worth:
        if is_sealed(value.raw):
            return None
        if self.kind in _TEXTS:
            return _folded(value.raw) or None
        if self.kind in _CANONICAL:
            return _canonical(value.value)
        if self.kind == "title":
            return _exact(rank_of(value))
        if self.kind == "money":
            return _amount(value, evidence)
        if self.kind == "timing":
            low, high = window_of(value)
            return Span(low, high) if low is not None or high is not None else None
        if self.kind in _DAYS:
            return _exact(_local_day(value.value, evidence))
        return _exact(value.value) if isinstance(value.value, int | float) else None


def _fields(value: object) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else {}


def _canonical(value: object) -> str | None:
    found = _fields(value).get("e164", value)
    return found if isinstance(found, str) else None


def _amount(value: ItemValue, evidence: Evidence) -> Span | None:
    """Of the region's currency and for once: a price per month or in another currency compares with nothing."""
    found = _fields(value.value)
    if value.reason or found.get("currency") != region_currency(evidence.rules.definition.region):
        return None
    low, high = found.get("low"), found.get("high")
    return Span(low, high) if low is not None or high is not None else None


# --- what is known of the handoff ---------------------------------------------------------------------------------------
_FACTS = frozenset({"stage", "status", "fs_decision", "return_reason"})
_COUNTS = frozenset({"cycle", "contacts"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A word: the stage, the CRM's status, FS's answer and its reason."""

    name: str
    options: frozenset[str]

    @property
    def is_set(self) -> bool:
        return False

    def read_literal(self, literal: Literal, *, ordered: bool) -> Literal:
        if ordered:
            raise Unfit(f"{self.name} has no order", "compare it with == or in")
        return _one_of(literal, self.options, self.name) if self.options else _text(literal)

    def read(self, evidence: Evidence, literal: Literal) -> Worth:
        del literal
        if self.name == "stage":
            return "opportunity" if evidence.is_deal else "before_pass" if evidence.passed is None else "at_pass"
        stream = evidence.stream_of(evidence.anchor)
        if stream is None:
            return None
        if self.name == "status":
            return _typed(evidence.anchor, stream.stage_field)
        sales = evidence.is_deal or evidence.is_lead(evidence.anchor)
        if not sales or stream.inputs.get(self.name) not in evidence.anchor.values:
            return None  # FS answers on the sales record
        typed = evidence.typed_input(self.name)
        if typed is None:
            return EMPTY
        return evidence.answer(self.name, typed) if self.options else _folded(typed)


@dataclass(frozen=True, slots=True)
class Count:
    """A number: the cycle; the genuine contacts of the cycle so far, each once, at least so many while the join is
    ambiguous."""

    name: str

    @property
    def is_set(self) -> bool:
        return False

    def read_literal(self, literal: Literal, *, ordered: bool) -> Literal:
        del ordered
        return _number(literal, self.name)

    def read(self, evidence: Evidence, literal: Literal) -> Worth:
        del literal
        if self.name == "cycle":
            return _exact(evidence.case.membership.cycle)
        found = len(once(genuine_contacts(evidence)))
        return Span(found, None if evidence.case.membership.ambiguous else found)


@dataclass(frozen=True, slots=True)
class OwnerRoles:
    """The roles of the anchor's owner. A queue and nobody have none; somebody whom we do not know is unknown."""

    roles: frozenset[str]
    name: str = "owner_roles"

    @property
    def is_set(self) -> bool:
        return True

    def read_literal(self, literal: Literal, *, ordered: bool) -> Literal:
        del ordered
        return _one_of(literal, self.roles, "role")

    def read(self, evidence: Evidence, literal: Literal) -> Worth:
        del literal
        facts = evidence.anchor.facts
        if "owner" not in facts:
            return None
        if not facts["owner"]:
            return frozenset()
        ref = read_ref(facts["owner"])
        colleague = evidence.directory.get(ref) if ref is not None else None
        return colleague.roles if colleague is not None else None


# --- fields of records --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Field:
    """A field as the CRM holds it, of the anchor, else of the newest member of that stream, else of their account."""

    connection: str
    stream: str
    name: str

    @property
    def is_set(self) -> bool:
        return False

    def read_literal(self, literal: Literal, *, ordered: bool) -> Literal:
        if isinstance(literal, str):
            return _read_day(literal, self.name) if ordered else _text(literal)
        return literal

    def read(self, evidence: Evidence, literal: Literal) -> Worth:
        record = self.record_of(evidence)
        if record is None or self.name not in record.values:
            return None
        raw = record.values[self.name]
        if is_sealed(raw):
            return None
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return EMPTY
        if isinstance(literal, date):
            return _exact(_local_day(raw, evidence))
        text = clean(raw)
        if text is None:
            return None
        if isinstance(literal, str):
            return text.casefold()
        return None if isinstance(raw, bool) else _exact(number_in(text))

    def record_of(self, evidence: Evidence) -> SourceRecord | None:
        if self._is_mine(evidence.anchor):
            return evidence.anchor
        own = [record for record in evidence.members if self._is_mine(record)]
        if own:
            return max(own, key=_newest)
        members = sorted(evidence.members, key=_newest, reverse=True)
        for member in (evidence.anchor, *members):
            ref = read_ref(member.facts.get("account"))
            account = evidence.case.records.get(ref) if ref is not None else None
            if account is not None and not account.deleted and self._is_mine(account):
                return account
        return None

    def _is_mine(self, record: SourceRecord) -> bool:
        return record.ref.connection == self.connection and record.ref.stream == self.stream


def _newest(record: SourceRecord) -> tuple[str, tuple[str, ...]]:
    return str(read_instant(record.facts, "created_at") or ""), record.ref


def _typed(record: SourceRecord, api_name: str | None) -> Worth:
    if not api_name or api_name not in record.values:
        return None
    raw = record.values[api_name]
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return EMPTY
    return _folded(raw) or None


def _exact(value: Ordered | None) -> Span | None:
    return Span(value, value) if value is not None else None


def _local_day(raw: object, evidence: Evidence) -> date | None:
    if not isinstance(raw, str):
        return None
    try:
        if len(raw) <= 10:
            return date.fromisoformat(raw)
        moment = datetime.fromisoformat(raw)
        return (moment.astimezone(evidence.zone) if moment.tzinfo is not None else moment).date()
    except (ValueError, OverflowError):
        return None


def _folded(raw: object) -> str:
    return (clean(raw) or "").casefold()


def _text(literal: Literal) -> str:
    text = _folded(literal)
    if not text:
        raise Unfit("an empty text equals nothing", "write known(ITEM) or not known(ITEM)")
    return text


def _number(literal: Literal, name: str) -> int | float:
    if isinstance(literal, int | float):
        return literal
    raise Unfit(
        f"{name} is compared with a number, not with {literal!r}", "write e.g. 3000000, without quotes and commas"
    )


def _read_day(literal: Literal, name: str) -> date:
    try:
        return date.fromisoformat(literal) if isinstance(literal, str) else _no_day()
    except ValueError:
        raise Unfit(f"{name} is compared with a day, not with {literal!r}", "write 'YYYY-MM-DD'") from None


def _no_day() -> date:
    raise ValueError("a number")


def _one_of(literal: Literal, known: Iterable[str], what: str) -> str:
    names = frozenset(known)
    if not isinstance(literal, str) or literal not in names:
        raise Unfit(f"{literal!r} is no {what}", nearest(str(literal), names))
    return literal
