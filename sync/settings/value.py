"""Values that several files share: spans, days, targets, and names that must be known elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, InstanceOf, PlainSerializer, ValidationInfo, WithJsonSchema

from sync.core.calendar import Target, TargetKind, parse_target
from sync.core.rules.expression import Expression, ExpressionError, Vocabulary, compile_expression
from sync.settings.check import Wrong, suggest

_SPAN = re.compile(r"(\d{1,6})\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)")
_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Names:
    """What the files define between them, read leniently, so that one mistake does not hide the next."""

    items: frozenset[str] = frozenset()
    dated: frozenset[str] = frozenset()
    """Items that are read as a date."""
    kinds: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    """Item → how it is read; None for a group."""
    options: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Picklist item, and input with a table → canonical values."""
    roles: frozenset[str] = frozenset()
    calendars: frozenset[str] = frozenset()
    streams: frozenset[str] = frozenset()
    """`connection.stream`."""
    records: frozenset[str] = frozenset()
    """Those of people, deals and accounts."""

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.kinds, self.options, self.roles, self.records)


def names_of(info: ValidationInfo) -> Names:
    return info.context if isinstance(info.context, Names) else Names()


def read_span(value: object) -> timedelta:
    """`30s`, `15m`, `15 minutes`, `1h`. Raises Wrong."""
    found = _SPAN.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise Wrong(f"{_quoted(value)} is not a span of time", "write e.g. 30s, 5m, 15 minutes or 1h")
    return timedelta(seconds=int(found[1]) * _UNIT[found[2][0]])


def read_day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _no_day(value)
    except ValueError as error:
        raise Wrong(f"{_quoted(value)} is not a date", "write YYYY-MM-DD") from error


def read_target(value: object) -> Target:
    try:
        return parse_target(value if isinstance(value, str) else _quoted(value))
    except ValueError as error:
        raise Wrong(str(error)) from error


def read_days_back(value: object) -> int:
    target = read_target(value)
    if target.kind is not TargetKind.BUSINESS_DAYS:
        raise Wrong(f"{_quoted(value)} is not a number of business days", "write e.g. 2 business_days")
    return target.days


def known(pick: Callable[[Names], frozenset[str]], what: str) -> BeforeValidator:
    """A validator: the value is one of the names that the files define."""

    def check(value: object, info: ValidationInfo) -> object:
        names = pick(names_of(info))
        if not isinstance(value, str) or value not in names:
            raise Wrong(f"{_quoted(value)} is no {what}", suggest(value, names))
        return value

    return BeforeValidator(check)


def read_condition(value: object, info: ValidationInfo) -> Expression:
    """A condition (§10 of the core's README), compiled. Raises Wrong with the character at fault."""
    if isinstance(value, Expression):
        return value
    if not isinstance(value, str):
        raise Wrong(f"{_quoted(value)} is no condition", "write e.g. \"budget_status == 'secured'\"")
    try:
        return compile_expression(value, names_of(info).vocabulary)
    except ExpressionError as error:
        raise Wrong(f"{_shortened(value)}: {error}", error.hint) from error


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:80]}…")


def _quoted(value: object) -> str:
    return "an empty value" if value is None else repr(str(value))


def _no_day(value: object) -> date:
    raise ValueError(value)


def _one_line(value: object) -> Any:
    return str(value) if isinstance(value, int | float | date) and not isinstance(value, bool) else value


def written(pattern: str, *examples: str) -> WithJsonSchema:
    """How a value is written in the file, for editors."""
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


Condition = Annotated[
    InstanceOf[Expression],
    BeforeValidator(read_condition),
    PlainSerializer(lambda condition: condition.text),
    written(r"\S", "budget_status == 'secured'", "stage == 'opportunity' and not known(decision_process)"),
]
"""An expression over items, fields and what is known of the handoff."""
LINE = {"type": ["string", "number"]}
_TARGET = r"^(none|same[_ ]business[_ ]day|\d+ ?(business[_ ])?(second|minute|hour|day)s?)$"
Span = Annotated[timedelta, BeforeValidator(read_span), written(r"^\d+ ?[a-z]+$", "30s", "15m", "1h")]
Day = Annotated[date, BeforeValidator(read_day), written(r"^\d{4}-\d{2}-\d{2}$", "2026-10-01")]
TARGET_SCHEMA = written(_TARGET, "same_business_day", "2 business_days")
TargetText = Annotated[Target, BeforeValidator(read_target), TARGET_SCHEMA]
DaysBack = Annotated[int, BeforeValidator(read_days_back), written(r"^\d+ ?business[_ ]days?$", "2 business_days")]
Line = Annotated[str, BeforeValidator(_one_line), WithJsonSchema(LINE)]
"""Text that YAML may have taken for a number or a date."""
ItemId = Annotated[str, known(lambda names: names.items, "item of mappings/handoff.yaml")]
NumberItemId = Annotated[
    str,
    known(
        lambda names: frozenset(item for item, kind in names.kinds.items() if kind == "number"),
        "item of mappings/handoff.yaml read as a number",
    ),
]
ChoiceItemId = Annotated[
    str,
    known(
        lambda names: frozenset(item for item, kind in names.kinds.items() if kind in ("picklist", "title")),
        "item of mappings/handoff.yaml that is picked from a list",
    ),
]
DateItemId = Annotated[str, known(lambda names: names.dated, "item of mappings/handoff.yaml read as a date")]
RoleId = Annotated[str, known(lambda names: names.roles, "role of config/definition.yaml")]
CalendarId = Annotated[str, known(lambda names: names.calendars, "calendar of config/baton.yaml")]
StreamId = Annotated[str, known(lambda names: names.streams, "stream of any connection (write connection.stream)")]
Channel = Annotated[
    str, known(lambda names: names.options.get("lead_source", frozenset()), "lead_source of mappings/handoff.yaml")
]
