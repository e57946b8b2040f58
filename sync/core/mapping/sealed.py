"""A sensitive value as it is kept: what it is worth, how long it is, and by what it can be recognised. Never the value."""

from __future__ import annotations

import re

from sync.core.model.items import ValueState

_SEALED = re.compile(r"sealed:([a-z_]+):\d+:[0-9a-f]{32}")
_STATES = {state.value: state for state in ValueState}


def write_sealed(state: ValueState, length: int, mark: str) -> str:
    """`mark`: 32 hexadecimal digits that only equal texts share."""
    return f"sealed:{state.value}:{length}:{mark}"


def is_sealed(value: object) -> bool:
    return read_sealed(value) is not None


def read_sealed(value: object) -> ValueState | None:
    """What the text was worth when it was sealed; None for anything else."""
    found = _SEALED.fullmatch(value) if isinstance(value, str) and value.startswith("sealed:") else None
    return _STATES.get(found[1]) if found is not None else None
