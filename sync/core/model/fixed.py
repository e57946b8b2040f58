"""Values that are made by the dozen for every handoff that is judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def fixed(cls: type[T]) -> type[T]:
    """A slotted dataclass that nobody may change: the type checker sees to it, as it does for a frozen one.

    At run time it is a plain one, because setting the fields of a frozen one takes five times as long.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
