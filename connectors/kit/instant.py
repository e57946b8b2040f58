"""Instants as vendors write them, and as facts and flags hold them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_IN_UTC = ("Z", "+0000")


def read_instant(value: Any) -> datetime | None:
    """ISO 8601 with a zone, or epoch milliseconds (number or digits), as aware UTC; None for empty or anything else."""
    if value is None or value == "":
        return None
    text = str(value)
    try:
        if text[4:5] != "-" and text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def write_instant(instant: datetime) -> str:
    """`2026-10-06T06:00:00Z`."""
    return f"{instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def instant_fact(value: Any) -> str | None:
    """A vendor's instant in the form of facts and flags."""
    instant = read_instant(value)
    if instant is None:
        return None
    if isinstance(value, str) and value[4:17:3] == "--T::" and value[17:19].isdigit() and value.endswith(_IN_UTC):
        return f"{value[:19]}Z"  # as both vendors write it: the text of it is there already
    return write_instant(instant)


def read_number(value: Any) -> int | str:
    """A number of ours as the CRM has it; what somebody else put there and is none differs from any number."""
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return str(value)


def to_ms(instant: datetime) -> int:
    """Epoch milliseconds, rounded down."""
    return int(instant.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
