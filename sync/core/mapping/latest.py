"""Keeps what was made last of large objects: configuration has no cheap hash, and there are few of it at a time."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
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
        self._held: tuple[tuple[tuple[object, ...], object, T], ...] = ()

    def get(self, made_of: tuple[object, ...], make: Callable[[], T], and_of: object = None) -> T:
        """`made_of` (at least one) are compared by identity, `and_of` (small) by value."""
        many = len(made_of)
        for objects, settings, made in self._held:
            same = objects[0] is made_of[0] and len(objects) == many and settings == and_of
            if same and (many == 1 or all(map(is_, objects, made_of))):
                return made
        made = make()
        self._held = ((made_of, and_of, made), *self._held[: self._kept - 1])
        return made
