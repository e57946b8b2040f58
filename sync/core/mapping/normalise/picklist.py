"""Picklists: a company's own values to canonical ones, through its table."""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.mapping.normalise.tables import fold
from sync.core.model.items import Normalised, ValueState


def find_option(text: str, options: Mapping[str, str]) -> Normalised | None:
    """`options` maps raw values (folded by `tables.fold`) to canonical ones, which stand for themselves as well."""
    key = fold(text)
    canonical = options.get(key) or options.get(key.replace(" ", ""))
    if canonical is None and text in options.values():
        canonical = text
    return None if canonical is None else Normalised(ValueState.PRESENT, canonical)
