"""Fields of a record as a vendor sent them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLAIN = (str, int, float, bool, type(None))
LONGEST = 1 << 18
"""Characters; the vendors' longest text fields hold half as many (Salesforce 131,072, HubSpot 65,536)."""


def read_cells(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with plain values only: no field of ours to read holds a list or an object, whatever a service answers.

    Such a value becomes None and is treated as nothing typed; a text that no field can hold is cut. The name of a parent
    record is left as it is.
    """
    if all(_is_plain(value) or _is_parent(value) for value in row.values()):
        return row
    return {name: value if _is_parent(value) else _plain(value) for name, value in row.items()}


def _is_plain(value: Any) -> bool:
    return len(value) <= LONGEST if isinstance(value, str) else isinstance(value, _PLAIN)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST]
    return value if isinstance(value, _PLAIN) else None


def _is_parent(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("Name"), str)
