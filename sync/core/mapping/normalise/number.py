"""Plain numbers, as scores: in either width, with or without thousands separators."""

from __future__ import annotations

import re

from sync.core.mapping.normalise.tables import Tables
from sync.core.model.items import NormaliseContext, Normalised, ValueState

_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?")


def read_number(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    del raw, context, tables
    found = number_in(text)
    if found is None:
        return Normalised(ValueState.INVALID, reason="not a number")
    return Normalised(ValueState.PRESENT, found)


def number_in(text: str) -> int | float | None:
    """The number that a whole cleaned text is; a whole one as int. None where it is none."""
    found = _NUMBER.fullmatch(text.replace("−", "-"))
    if found is None or len(text) > 30:
        return None
    whole, part = int(found[1] + found[2].replace(",", "")), found[3]
    if not part or not part.strip(".0"):
        return whole
    return float(f"{found[1]}{found[2].replace(',', '')}{part}")
