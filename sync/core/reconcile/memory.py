"""What is remembered of a handoff once it is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sync.core.model.fixed import changed
from sync.core.model.flags import SlaState
from sync.core.model.handoff import ClockFinding, Memory, PassFinding, Told
from sync.core.rules.evidence import Evidence


def remember(
    evidence: Evidence,
    missing: tuple[str, ...],
    states: str,
    clocks: Iterable[ClockFinding],
    told: Mapping[str, Told],
    *,
    over: bool,
    passed: PassFinding | None,
) -> Memory:
    """What to know at the next judgement: the state at the pass, and since when a clock was called breached."""
    memory, now = evidence.case.memory, evidence.now
    first = memory.first_judged_at or now
    breached = dict(memory.breached_at)
    held, answered = dict(memory.held), dict(memory.answered_at)
    signs = {clock.id: clock.sign for clock in clocks if clock.sign is not None}
    for clock in clocks:
        held.update(clock.watched)
        if clock.state in (SlaState.MET, SlaState.MET_LATE) and clock.published:
            answered.setdefault(clock.id, now)
        if clock.state is SlaState.BREACHED and clock.published:
            answered.pop(clock.id, None)
            due_at = clock.due or now
            blamed_at = breached.get(clock.id)
            breached[clock.id] = blamed_at if blamed_at is not None and blamed_at >= due_at else now
    frozen_at, at_pass, states_then = memory.frozen_at, memory.missing_at_pass, memory.states_at_pass
    if over and frozen_at is None:
        frozen_at = now
        watched = passed is not None and passed.grace_end is not None and first < passed.grace_end
        at_pass, states_then = (missing, states) if watched and evidence.has_person else (None, None)
    return changed(
        memory,
        first_judged_at=first,
        frozen_at=frozen_at,
        missing_at_pass=at_pass,
        states_at_pass=states_then,
        breached_at=breached,
        frozen_definition=evidence.rules.definition.version if frozen_at is not None else None,
        told=told,
        held=held,
        answered_at=answered,
        signs=signs,
    )
