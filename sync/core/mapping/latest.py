"""Keeps what was made last of large objects: configuration has no cheap hash, and there are few of it at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """The latest few results, given out again to whoever asks with the very same objects.

    The objects are kept beside it, so that their identity stays theirs. A race computes twice and harms nothing.
    """

    __slots__ = ("_held", "_kept")

    def __init__(self, kept: int = 8) -> None:
        """By default enough for both sides of a comparison, and for the versions of a definition in use side by side."""
        self._kept = kept
        self._held: tuple[tuple[tuple[int, ...], object, tuple[object, ...], T], ...] = ()

    def get(self, made_of: tuple[object, ...], make: Callable[[], T], and_of: object = None) -> T:
        """`made_of` are compared by identity, `and_of` (small) by value."""
        names = tuple(map(id, made_of))
        for known, settings, _, made in self._held:
            if known == names and settings == and_of:
                return made
        made = make()
        self._held = ((names, and_of, made_of, made), *self._held[: self._kept - 1])
        return made
