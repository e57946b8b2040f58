"""Text from a CRM as plain text: one line, of characters that can be seen."""

from __future__ import annotations

_BLANK = "\n\r\t\u3000"


def clean(text: str) -> str:
    """Without what steers a terminal, breaks a line, turns the direction of writing, or is no character at all."""
    return "".join(" " if char in _BLANK else char for char in text if char in _BLANK or char.isprintable())


def shorten(text: str, most: int = 60) -> str:
    """The same, cut where it would not fit beside a chart."""
    plain = clean(text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"
