"""Text from a CRM as plain text: one line, of characters that can be seen."""

from __future__ import annotations


def clean(text: str) -> str:
    """Without what steers a terminal, breaks a line, turns the direction of writing, or is no character at all."""
    if text.isprintable():
        return text
    return "".join(" " if char.isspace() else char for char in text if char.isspace() or char.isprintable())


def shorten(text: str, most: int = 60) -> str:
    """The same, cut where it would not fit beside a chart."""
    plain = clean(text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"
