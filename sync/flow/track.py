"""What is kept of a judgement for rates: written with its summary, read back as tracks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync.core.metrics.track import ClockTrack, Track, accept, close, enter, is_accepted
from sync.core.model.handoff import Judgement
from sync.core.model.records import RecordRef


@dataclass(frozen=True, slots=True)
class Reading:
    """What a company calls its things: how tracks are read."""

    accepted_stages: frozenset[str] = frozenset()
    """Stages in which FS has taken an opportunity as one."""
    segment: str | None = None
    """Item by whose choice handoffs are parted."""
    teams: Sequence[tuple[str, str]] = ()
    """(case-folded, as shown): names by which the CRMs know the teams that handoffs are parted by."""

    def team_of(self, groups: Collection[str]) -> str:
        return next((shown for folded, shown in self.teams if folded in groups), "")


def write_track(judgement: Judgement, anchor: RecordRef) -> dict[str, Any]:
    """JSON with instants as they are; what is empty is left out, and all the rest of one that counts in no rate."""
    trace, rounds = judgement.trace, len(judgement.memory.rounds)
    if trace.left_out:
        return {"record": str(anchor), "rounds": rounds, "left_out": trace.left_out}
    told: dict[str, Any] = {
        "record": str(anchor),
        "rounds": rounds,
        "born": trace.born_at,
        "deal": trace.is_deal,
        "deal_at": trace.deal_at,
        "stages": trace.stages,
        "stage": trace.stage,
        "closed": trace.closed,
        "won": trace.won,
        "accepted": trace.accepted,
        "accepted_at": trace.accepted_at,
        "returned": trace.returned,
        "returned_at": trace.returned_at,
        "return_reason": trace.return_reason,
        "groups": trace.groups,
        "choices": dict(trace.choices),
        "states": trace.states,
        "states_at_pass": judgement.memory.states_at_pass,
    }
    return {name: value for name, value in told.items() if value or name in ("record", "rounds")}


def read_tracks(handoff: str, summary: Mapping[str, Any], reading: Reading) -> Iterator[Track]:
    """Every round that counts in rates, the earlier ones first."""
    for told in (*(summary.get("earlier") or ()), summary):
        kept = told.get("track")
        if kept is not None and not kept.get("left_out"):
            yield _read(handoff, told, kept, reading)


def _read(handoff: str, told: Mapping[str, Any], kept: Mapping[str, Any], reading: Reading) -> Track:
    passed, missing, choices = told["pass"], told["missing_at_pass"], kept.get("choices") or {}
    stages = [(datetime.fromisoformat(at), stage) for at, stage in kept.get("stages") or ()]
    is_deal, won = kept.get("deal", False), kept.get("won", False)
    closed, stage = kept.get("closed", False), kept.get("stage", "")
    closed_at = close(stages, stage, closed=closed)
    answered, wanted = kept.get("accepted", False), reading.accepted_stages
    accepted = is_deal and is_accepted(answered, won, stages, stage, wanted)
    return Track(
        handoff=handoff,
        record=kept["record"],
        cycle=told["cycle"],
        version=told["definition"],
        channel=choices.get("lead_source", ""),
        segment=choices.get(reading.segment, "") if reading.segment else "",
        team=reading.team_of(kept.get("groups") or ()),
        born_at=_instant(kept.get("born")),
        passed=passed is not None,
        passed_at=_instant(passed["at"]) if passed is not None else None,
        is_deal=is_deal,
        deal_at=_instant(kept.get("deal_at")),
        accepted=accepted,
        accepted_at=accept(_instant(kept.get("accepted_at")), enter(stages, wanted), closed_at if won else None)
        if accepted
        else None,
        closed=closed,
        closed_at=closed_at,
        won=won,
        returned=kept.get("returned", False),
        returned_at=_instant(kept.get("returned_at")),
        return_reason=kept.get("return_reason", ""),
        missing_at_pass=None if missing is None else tuple(missing),
        states=kept.get("states", ""),
        states_at_pass=kept.get("states_at_pass"),
        attempts=told["attempts"],
        clocks={name: _read_clock(clock) for name, clock in told["clocks"].items()},
    )


def _read_clock(told: Mapping[str, Any]) -> ClockTrack:
    elapsed, working = told.get("time") or (None, None)
    system, human = told.get("system"), told.get("human")
    return ClockTrack(
        told["state"],
        _instant(told.get("start")),
        elapsed,
        working,
        system[1] if system else None,
        human[1] if human else None,
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
