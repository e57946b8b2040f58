"""Fields of a record as a vendor sent them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLAIN = (str, int, float, bool, type(None))


def read_cells(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with plain values only: no field of ours to read holds a list or an object, whatever a service answers.

    Such a value becomes None and is treated as nothing typed. The name of a parent record is left as it is.
    """
    if all(isinstance(value, _PLAIN) or _is_parent(value) for value in row.values()):
        return row
    return {name: value if isinstance(value, _PLAIN) or _is_parent(value) else None for name, value in row.items()}


def _is_parent(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("Name"), str)
