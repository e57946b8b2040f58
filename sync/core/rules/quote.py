"""A typed text as it may be quoted in a flag."""

from __future__ import annotations

from unicodedata import category

LONGEST_QUOTE = 40


def quote(raw: str, longest: int = LONGEST_QUOTE) -> str:
    """One line, no control characters, at most so many characters."""
    # What is printable throughout holds no blank but the plain one, and nothing to drop.
    plain = raw if raw.isprintable() else "".join(" " if c.isspace() else "" if _drops(c) else c for c in raw)
    flat = " ".join(plain.split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def _drops(character: str) -> bool:
    return category(character) in ("Cc", "Cf", "Cs", "Co")
