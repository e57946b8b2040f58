"""Instants as vendors write them, and as facts and flags hold them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def read_instant(value: Any) -> datetime | None:
    """ISO 8601 with a zone, or epoch milliseconds (number or digits), as aware UTC; None for empty or anything else."""
    if value in (None, ""):
        return None
    text = str(value)
    try:
        if text.lstrip("-").isdigit():
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
    return write_instant(instant) if instant else None


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
