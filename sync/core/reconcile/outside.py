"""Handoffs that are out of scope: what their records show, and those that the stage of their contact leaves out.

Most of a first reading are people of a stage that nobody hands over. Nobody asks what they lack: of these only that is
worked out which matters once they come into scope.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from sync.core.mapping.latest import Latest
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.reader import Reader
from sync.core.model.flags import NO_FLAGS, Actor, Flags, FlagValue, Status, Verdict
from sync.core.model.handoff import Judgement, Memory, PassFinding
from sync.core.model.records import RecordRef
from sync.core.model.trace import Trace
from sync.core.reconcile.memory import remember
from sync.core.rules.evidence import Evidence
from sync.core.rules.passing import Sighting, find_passes, judge_pass
from sync.core.rules.reading import read_some, reader_of
from sync.core.rules.repeated import ITEMS as TEXTS
from sync.core.rules.required import is_over
from sync.core.rules.scope import judge_stage
from sync.core.rules.start import Start

_COMPARED = ("lead_source", *TEXTS)
"""Items of each handoff that say something of others."""
_NOTHING: frozenset[FlagValue] = frozenset({None, ""})
_CLEARED: Flags = {**NO_FLAGS, "status": Status.OUT_OF_SCOPE.value}


def clear_flags(evidence: Evidence) -> dict[RecordRef, Flags]:
    """Out of scope only records that hold something get anything: the empty set."""
    return {ref: _CLEARED for ref in evidence.case.shown_on if _holds_any(evidence, ref)}


def judge_left_out(evidence: Evidence, starts: Iterable[Start], tables: Tables) -> Judgement | None:
    """Of one that its stage leaves out, without items (but those that others are compared by), criteria and clocks.
    None where it is another one, and where more than that is to be remembered of it."""
    reason, made_of = judge_stage(evidence), (evidence.rules, evidence.mapping, tables)
    reader = _readers.get(made_of, lambda: _make_reader(evidence, tables)) if reason else None
    if reader is None:
        return None
    evidence.items = read_some(evidence, reader)
    seen = find_passes(evidence)
    evidence.passed = passed = judge_pass(evidence, seen)
    memory = evidence.case.memory
    if is_over(passed, evidence) and memory.frozen_at is None:
        return None
    return Judgement(
        handoff_id=evidence.case.handoff_id,
        status=Status.OUT_OF_SCOPE,
        in_scope=False,
        scope_reason=reason,
        pass_=passed,
        items=evidence.items,
        missing=(),
        vague=(),
        criteria=(),
        verdict=Verdict.UNDETERMINED,
        next_actor=Actor.NONE,
        clocks=(),
        flags=clear_flags(evidence),
        memory=_remember(evidence, passed),
        wake_at=_wake_at(evidence, passed, seen, starts),
        needs_confirmation=False,
        cycle=evidence.case.membership.cycle,
        version=evidence.rules.definition.version,
        trace=_trace(reason),
    )


_readers: Latest[Reader | None] = Latest()


def _make_reader(evidence: Evidence, tables: Tables) -> Reader | None:
    """Of the items by which others are judged (who came together, and whose texts are alike), and of those that tell of a
    pass. None where clocks remember when conditions held, which may look at anything, and where one of these items is a
    group, whose parts may rest on anything."""
    rules = evidence.rules
    policies = [one for clock in rules.clocks for one in (clock, *(changed for _, changed in clock.changes))]
    if any(one.pause_when is not None or one.reset_when is not None for one in policies):
        return None
    reader = reader_of(evidence, tables)
    wanted = dict.fromkeys((*_COMPARED, *(one.item for one in rules.definition.pass_events if one.item is not None)))
    return None if any(group.id in wanted for group in reader.groups) else reader.only(*wanted)


@lru_cache(maxsize=64)
def _trace(reason: str) -> Trace:
    """The same of all whom one stage leaves out."""
    return Trace(left_out=reason)


def _remember(evidence: Evidence, passed: PassFinding | None) -> Memory:
    """That it was judged, and nothing of notes and signs that were there before. Most have nothing new to remember."""
    memory = evidence.case.memory
    if memory.first_judged_at is None or memory.frozen_at is not None or memory.told or memory.signs:
        return remember(evidence, (), "", (), {}, over=False, passed=passed)
    return memory


def _wake_at(
    evidence: Evidence, passed: PassFinding | None, seen: Iterable[tuple[str, Sighting]], starts: Iterable[Start]
) -> datetime | None:
    """The next instant at which there may be something to remember: a pass, its grace, an inquiry."""
    now = evidence.now
    instants = [*(sighting.at for _, sighting in seen), *(start.at for start in starts), *evidence.turns]
    instants.append(passed.grace_end if passed is not None else None)
    return min((at for at in instants if at is not None and at > now), default=None)


def _holds_any(evidence: Evidence, ref: RecordRef) -> bool:
    record = evidence.case.records.get(ref)
    held = record.flags if record is not None else None
    return held is not None and not _NOTHING.issuperset(held.values())
