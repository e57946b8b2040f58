"""A typed text as it may be quoted in a flag."""

from __future__ import annotations

from unicodedata import category

LONGEST_QUOTE = 40


def quote(raw: str, longest: int = LONGEST_QUOTE) -> str:
    """One line, no control characters, at most so many characters."""
    plain = "".join(" " if c.isspace() else "" if category(c) in ("Cc", "Cf", "Cs", "Co") else c for c in raw)
    flat = " ".join(plain.split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"
