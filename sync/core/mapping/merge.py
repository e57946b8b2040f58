"""Which of several values of one item counts: within a connection, and between two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sync.core.model.items import ItemValue, ValueState

CONFLICT_KINDS = frozenset({"money", "picklist", "timing"})
"""Kinds whose canonical values can be compared; free text in two systems always differs."""
NEVER_IN_CONFLICT = frozenset({"lead_source"})
"""The channels of two systems describe different touches."""


def first_of(candidates: Iterable[ItemValue]) -> ItemValue | None:
    """The first usable one; else the first unmapped; else the first with anything typed; else missing; else
    unreadable. None for none.

    Candidates behind the first usable one are not asked for.
    """
    unmapped = typed = missing = unreadable = None
    for candidate in candidates:
        state = candidate.state
        if state.usable:
            return candidate
        if candidate.unmapped:
            unmapped = unmapped or candidate
        elif state is ValueState.MISSING:
            missing = missing or candidate
        elif state is ValueState.UNREADABLE:
            unreadable = unreadable or candidate
        else:
            typed = typed or candidate
    return unmapped or typed or missing or unreadable


def merge(winners: Sequence[ItemValue], kind: str | None) -> ItemValue | None:
    """Of the winners of the connections, the preferred connection first. Usable beats any other state, and an answer
    that no option knows beats whatever is none; a connection that could not be read keeps the other's empty one from
    counting as missing."""
    usable = [value for value in winners if value.state.usable]
    if usable:
        chosen = usable[0]
        conflicts = tuple(other for other in usable[1:] if _disagree(chosen, other, kind))
        return replace(chosen, conflicts=conflicts) if conflicts else chosen
    unmapped = next((value for value in winners if value.unmapped), None)
    empty = (ValueState.MISSING, ValueState.UNREADABLE)
    typed = next((value for value in winners if value.state not in empty), None)
    unreadable = next((value for value in winners if value.state is ValueState.UNREADABLE), None)
    return unmapped or typed or unreadable or next(iter(winners), None)


def may_conflict(item: str, kind: str | None) -> bool:
    return kind in CONFLICT_KINDS and item not in NEVER_IN_CONFLICT


def _disagree(one: ItemValue, other: ItemValue, kind: str | None) -> bool:
    """The same words never disagree, though a relative date may have been written on two days; an answer without a
    value (declared none, "we will ask on the 15th") disagrees with nothing."""
    comparable = may_conflict(one.item, kind) and one.value is not None and other.value is not None
    return comparable and one.value != other.value and one.raw != other.raw
