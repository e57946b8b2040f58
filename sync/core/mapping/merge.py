"""Items about which two systems may be seen to disagree."""

from __future__ import annotations

CONFLICT_KINDS = frozenset({"money", "picklist", "timing"})
"""Kinds whose canonical values can be compared; free text in two systems always differs."""
NEVER_IN_CONFLICT = frozenset({"lead_source"})
"""The channels of two systems describe different touches."""


def may_conflict(item: str, kind: str | None) -> bool:
    return kind in CONFLICT_KINDS and item not in NEVER_IN_CONFLICT
