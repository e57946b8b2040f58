"""How much of what could go on for ever is done: a share that finds what a change breaks, or all of it (`make deep`)."""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")

DEEP = bool(os.environ.get("BATON_DEEP"))


def share(whole: T, part: T) -> T:
    """The part in `make test`, the whole in `make deep`."""
    return whole if DEEP else part
