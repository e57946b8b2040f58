"""What a handoff takes over from others that were merged into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sync.core.model.handoff import Memory


def inherit(memory: Memory, lost: Iterable[Memory]) -> Memory:
    """The memory of a handoff that others live on in now.

    What a note on a record says goes with the record; what was told of a clock is not told as new. The evidence is more than
    it was, so a reading from before it came blames nobody.
    """
    for other in lost:
        answered = {**other.answered_at, **memory.answered_at}
        memory = replace(
            memory,
            told={**other.told, **memory.told},
            breached_at={**other.breached_at, **memory.breached_at},
            answered_at={clock: max(at, other.answered_at.get(clock, at)) for clock, at in answered.items()},
            confirmed_at=None,
            confirm_failed=False,
            read_at={},
        )
    return memory
