"""What is kept of a judgement in words and numbers, for `status` and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.core.mapping.spec import MappingSpec
from sync.core.model.flags import CriterionState
from sync.core.model.handoff import ClockFinding, Judgement
from sync.core.model.records import RecordRef
from sync.flow import unmapped
from sync.flow.track import write_track


def summarise(
    judgement: Judgement, mapping: MappingSpec, anchor: RecordRef, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Verdicts, ids and choices, no other values but unmapped choices; of one that counts in no rate nothing but that.
    `before`: what was kept until now; a round that ended since stays in it. Instants stand as they are: orjson writes them
    as `isoformat` does."""
    track, earlier = write_track(judgement, anchor), _earlier(judgement, before or {})
    if judgement.trace.left_out:
        return {
            "status": judgement.status.value,
            "scope_reason": judgement.scope_reason,
            "track": track,
            "earlier": earlier,
        }
    passed, at_pass = judgement.pass_, judgement.memory.missing_at_pass
    return {
        "status": judgement.status.value,
        "scope_reason": judgement.scope_reason,
        "verdict": judgement.verdict.value,
        "next_actor": judgement.next_actor.value,
        "missing": list(judgement.missing),
        "unmet": [c.id for c in judgement.criteria if c.counts and c.state is CriterionState.NOT_MET],
        "waived": [*judgement.waived, *judgement.sql_waived],
        "cycle": judgement.cycle,
        "definition": judgement.version,
        "missing_at_pass": None if at_pass is None else list(at_pass),
        "return_reason": judgement.return_reason,
        "pass": {"event": passed.event, "at": passed.at} if passed else None,
        "clocks": {clock.id: _tell_clock(clock) for clock in judgement.clocks},
        "attempts": judgement.attempts.count,
        "gave_up_early": judgement.attempts.gave_up_early,
        "unmapped": unmapped.rows_of(judgement, mapping),
        "track": track,
        "earlier": earlier,
    }


def _earlier(judgement: Judgement, before: Mapping[str, Any]) -> list[Any]:
    """What earlier rounds on the same anchor left: they count in the rates of their time, if they count."""
    kept: list[Any] = [*(before.get("earlier") or ())]
    last = before.get("track")
    if last is not None and not last.get("left_out") and last["rounds"] < len(judgement.memory.rounds):
        kept.append({"cycle": before["cycle"], "definition": before["definition"], "pass": before["pass"],
                     "missing_at_pass": before["missing_at_pass"], "clocks": before["clocks"],
                     "attempts": before["attempts"], "track": last})  # fmt: skip
    return kept


def _tell_clock(clock: ClockFinding) -> dict[str, Any]:
    """With seconds as [elapsed, working], a batch as [source, start], and what is on record as [team, counts from,
    contacted]."""
    told: dict[str, Any] = {"state": clock.state.value, "due": clock.due}
    if clock.at_risk:
        told["at_risk"] = True
    if clock.unread:
        told["unread"] = True
    if clock.start is not None:
        told["start"] = clock.start
    if clock.contact_at is not None:
        told["contact_at"] = clock.contact_at
    if clock.working_seconds is not None:
        told["time"] = [clock.elapsed_seconds, clock.working_seconds]
    if clock.batch is not None:
        told["batch"] = [clock.batch.source, clock.batch.start]
    if clock.logged is not None:
        told["logged"] = [clock.logged.team, clock.logged.settled_at, clock.logged.contacted]
    if clock.system is not None:
        told["system"] = [clock.system.elapsed, clock.system.working]
    if clock.human is not None:
        told["human"] = [clock.human.elapsed, clock.human.working]
    return told
