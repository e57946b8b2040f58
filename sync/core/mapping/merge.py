"""Which of several values of one item counts: within a connection, and between two."""

from __future__ import annotations

from collections.abc import Iterable

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


def may_conflict(item: str, kind: str | None) -> bool:
    return kind in CONFLICT_KINDS and item not in NEVER_IN_CONFLICT
