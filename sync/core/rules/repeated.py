"""Texts that may have been pasted from one handoff into the next, and what makes two of them the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.core.mapping.normalise.tables import fold
from sync.core.model.handoff import Case, Judgement

ITEMS = ("pain", "purpose", "sql_reason")
SHORTEST = 8
"""Characters; what is shorter is the same by chance."""
OFTEN = 5
"""As many open handoffs with one text, on records of one owner, and it is named on them."""


@dataclass(frozen=True, slots=True)
class TypedText:
    """What two handoffs would have to have in common."""

    owner: str
    """Of the record that holds it."""
    text: str
    """Folded."""


def comparable_texts(case: Case, judgement: Judgement) -> Mapping[str, TypedText]:
    """By item; nothing of a handoff that is closed."""
    found: dict[str, TypedText] = {}
    for item in ITEMS if case.membership.open else ():
        value = judgement.items.get(item)
        if value is None or not value.state.usable or not value.raw or value.source is None:
            continue
        record = case.records.get(value.source.record)
        owner = record.facts.get("owner") if record is not None else None
        text = " ".join(fold(value.raw).split())
        if owner and len(text) >= SHORTEST:
            found[item] = TypedText(str(owner), text)
    return found
