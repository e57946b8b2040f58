"""Fields of a record as a vendor sent them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLAIN = (str, int, float, bool, type(None))
_SHORT = frozenset({bool, int, float})
_TEXTS = frozenset({str, type(None)})
LONGEST = 1 << 18
"""Characters; the vendors' longest text fields hold half as many (Salesforce 131,072, HubSpot 65,536)."""


def read_cells(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with plain values only: no field of ours to read holds a list or an object, whatever a service answers.

    Such a value becomes None and is treated as nothing typed; a text that no field can hold is cut. The name of a parent
    record is left as it is.
    """
    values = row.values()
    # A row of texts alone is looked at as a whole.
    if _TEXTS.issuperset(map(type, values)) and max(map(len, filter(None, values)), default=0) <= LONGEST:
        return row
    odd = {
        name: _plain(value)
        for name, value in row.items()
        # Of the common types this asks without a call: it is done for every field of every record.
        if not (value is None or ((kind := type(value)) is str and len(value) <= LONGEST) or kind in _SHORT)
    }
    return {**row, **odd} if odd else row


def _plain(value: Any) -> Any:
    if _is_parent(value):
        return value
    if isinstance(value, str):
        return value[:LONGEST]
    return value if isinstance(value, _PLAIN) else None


def _is_parent(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("Name"), str)
