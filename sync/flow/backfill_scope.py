"""What a backfill writes, what it holds until its turn comes, and what it leaves alone until something happens to it.

It makes the CRMs look as though Baton had been running since a day. A handoff that nothing of ours stands on yet is left
alone (observed) while the latest change of its people and deals lies before that day, or on or after its last day; any change
behind the beginning of the backfill makes it one like all others. What is over carries no flag by the rules. What is to
be written is held till the backfill comes to it, so that a daemon beside it does not run ahead of the person who looks.
"""

from __future__ import annotations

from sync.core.model.handoff import Case
from sync.store.backfills import Backfill, Phase
from sync.store.outbox import State


def state_under(backfill: Backfill, case: Case) -> State | None:
    """How a change of this handoff is kept that would be ready to be sent; None: as ever."""
    own = [case.records[ref] for ref in case.membership.members if ref in case.records]
    latest = max((record.modified_at for record in own), default=None)
    if latest is None or latest >= backfill.begun_at or any(_carries(record.flags) for record in own):
        return None
    if latest < backfill.since or (backfill.until is not None and latest >= backfill.until):
        return State.OBSERVED
    return None if backfill.phase is Phase.DONE else State.HELD


def _carries(flags: object) -> bool:
    return isinstance(flags, dict) and any(value not in (None, "") for value in flags.values())  # pyright: ignore[reportUnknownVariableType]  # any value
