"""Texts that people in the company read: tables of (Japanese, English), and the one way to fill a text in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Texts = Mapping[str, tuple[str, str]]
"""Key → (Japanese, English), each with `{names}` of what is filled in."""
Say = Callable[..., str]
"""Key, then the parts to fill in → the text in one language."""


def speak(texts: Texts, language: str, *, words: bool = False) -> Say:
    """A table in one language: `ja`, else English. Raises KeyError for a key that is not in it.

    With `words` such a key shows its last part instead: a value that is new here (`sla.new`) stays readable.
    """
    index = 0 if language == "ja" else 1

    def say(key: str, **parts: object) -> str:
        if words and key not in texts:
            return key.rpartition(".")[2]
        return texts[key][index].format(**parts)

    return say
