"""Clocks: what can be said of them by now."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sync.core.calendar import TargetKind, take_working, working_seconds
from sync.core.mapping.normalise.tables import Tables
from sync.core.model.fixed import fixed
from sync.core.model.flags import SlaState
from sync.core.model.handoff import ClockFinding, Logged, Memory, Part, Sign
from sync.core.rules.definition import ClockPolicy, StartKind, StopKind
from sync.core.rules.evidence import Evidence, reach_back
from sync.core.rules.owner import assigned_at, team_of
from sync.core.rules.pause import passed_real, passed_working, worked
from sync.core.rules.required import is_returned
from sync.core.rules.run import Run, Stop, first_stop, make_run, there_from
from sync.core.rules.sign import find_sign
from sync.core.rules.start import Start, Starts

IS_CLOCK = "is_first_contact"
FS_CLOCK = "fs_first_contact"
_NOTHING = Part(0, 0)
_SIGNED = "a contact seems to be on record that cannot be read"
_STRAY = "the native sync copied a contact from a record that is not joined"


@fixed
class _Seen:
    """What is on record of a clock that has something to measure."""

    start: Start
    due: datetime
    stop: Stop | None
    sign: Sign | None
    logged: Logged | None


def judge_clocks(
    evidence: Evidence, starts: list[Start], tables: Tables, *, in_scope: bool
) -> tuple[ClockFinding, ...]:
    """Every clock, the published ones first. `starts` are all inquiries known, future ones included."""
    found = Starts(starts, tables)
    return tuple(
        _judge(evidence, make_run(evidence, policy, found), in_scope=in_scope) for policy in evidence.rules.clocks
    )


def _judge(evidence: Evidence, run: Run, *, in_scope: bool) -> ClockFinding:
    start, now = run.start, evidence.now
    nothing = _nothing_to_measure(evidence, run, in_scope=in_scope)
    due_at = run.due(now) if not nothing else None
    if start is None or due_at is None:
        ahead = start.at if start is not None and start.at > now and in_scope else None
        return _finding(run, SlaState.NONE, reason=nothing or "there is no target", wake_at=ahead)
    since = reach_back(run.policy, start.at, run.calendar)
    stop = first_stop(evidence, run.policy, since)
    if stop is not None and run.pauses:
        # What came after it is no part of its time.
        due_at = run.due(stop.at) or due_at
    sign = find_sign(evidence, run.policy, since)
    logged = _logged(evidence, run, start, due_at, since) if run.policy.thin is not None else None
    return _settle(evidence, run, _Seen(start, due_at, stop, sign, logged))


def _settle(evidence: Evidence, run: Run, seen: _Seen) -> ClockFinding:
    stop, sign = seen.stop, seen.sign
    called_off = _called_off(evidence, run.policy, seen.due)
    # A late contact says nothing once it was called off, nor while an earlier one may hang on a record that nobody
    # could join or read.
    hidden = evidence.case.membership.ambiguous or (sign is not None and sign.at <= seen.due)
    lateness_counts = not hidden and not called_off.absolute
    if stop is not None and (stop.at <= seen.due or lateness_counts):
        return _answered(evidence, run, seen, stop)
    if called_off.reason:
        return _finding(run, SlaState.NONE, called_off.reason, seen)
    return _unanswered(evidence, run, seen)


def _logged(evidence: Evidence, run: Run, start: Start, due_at: datetime, since: datetime) -> Logged:
    contacted = any(c.counts and c.at is not None and since <= c.at <= evidence.now for c in evidence.contacts)
    return Logged(_team_of(evidence, run, start), due_at + run.policy.confirm_after, contacted)


def _team_of(evidence: Evidence, run: Run, start: Start) -> str:
    return team_of(evidence, there_from(evidence, start.at, run.batch))


def _is_stopped(evidence: Evidence, run: Run, seen: _Seen) -> bool:
    """Whether too few contacts of the team are on record to accuse; who was accused of this deadline before stays so."""
    unenforced = evidence.case.unenforced
    if run.policy.thin is None or not unenforced:
        return False
    blamed_at = evidence.case.memory.breached_at.get(run.policy.id)
    if blamed_at is not None and blamed_at >= seen.due:
        return False
    return (run.policy.id, _team_of(evidence, run, seen.start)) in unenforced


@fixed
class _CalledOff:
    reason: str = ""
    """Empty: it was not."""
    absolute: bool = False
    """Not even that a contact came late is said any more."""


def _called_off(evidence: Evidence, policy: ClockPolicy, due_at: datetime) -> _CalledOff:
    if policy.cancel_when is not None and policy.cancel_when.judge(evidence) is True:
        return _CalledOff("cancel_when holds", absolute=True)
    passed_at = evidence.passed.at if evidence.passed is not None else None
    if policy.start.kind.is_inquiry and passed_at is not None and passed_at <= due_at:
        return _CalledOff("passed before it was due", absolute=True)
    if policy.start.kind is StartKind.PASSED_AT and is_returned(evidence):
        return _CalledOff("returned by FS")
    return _CalledOff()


def _nothing_to_measure(evidence: Evidence, run: Run, *, in_scope: bool) -> str:
    if not in_scope:
        return "out of scope"
    if not evidence.has_person:
        return "nobody knows whom this opportunity is about"
    if run.target is None or run.target.kind is TargetKind.NONE:
        return "there is no target"
    if run.start is None:
        return run.why_not
    if run.start.at > evidence.now:
        return "it starts later"
    own = run.policy.enforce_from
    if run.start.at < (own or evidence.rules.definition.scope.enforce_from):
        return "it started before its enforce_from" if own else "it started before flags.enforce_from"
    return ""


def _finding(run: Run, state: SlaState, reason: str, seen: _Seen | None = None, **told: Any) -> ClockFinding:
    start, policy = run.start, run.policy
    real_time = run.target is not None and run.target.kind is TargetKind.ELAPSED
    decided = policy.stop is StopKind.DECIDED
    if start is None:
        return _not_started(policy.id, run.target_text, reason, policy.is_published, real_time, decided)
    return ClockFinding(
        policy.id,
        state,
        start.at,
        start.reason,
        run.target_text,
        reason=reason,
        published=policy.is_published,
        pauses=run.pauses,
        real_time=real_time,
        watched=run.watched,
        logged=seen.logged if seen is not None else None,
        batch=run.batch,
        sign=seen.sign if seen is not None else None,
        decided=decided,
        **told,
    )


@lru_cache(maxsize=256)
def _not_started(clock: str, target: str, reason: str, published: bool, real_time: bool, decided: bool) -> ClockFinding:
    """The same of every handoff: most have clocks that wait for a pass."""
    return ClockFinding(
        clock, SlaState.NONE, target=target, reason=reason, published=published, real_time=real_time, decided=decided
    )


def _answered(evidence: Evidence, run: Run, seen: _Seen, stop: Stop) -> ClockFinding:
    start, due_at = seen.start, seen.due
    blamed_at = evidence.case.memory.breached_at.get(run.policy.id)
    total = _part(run, start.at, stop.at)
    assigned = assigned_at(evidence, run.policy, there_from(evidence, start.at, run.batch))
    system = _part(run, start.at, min(assigned, stop.at)) if assigned is not None else None
    human = Part(total.elapsed - system.elapsed, total.working - system.working) if system is not None else None
    return _finding(
        run,
        SlaState.MET if stop.at <= due_at else SlaState.MET_LATE,
        stop.reason,
        seen,
        due=due_at,
        contact_at=stop.at,
        contact=stop.ref,
        working_seconds=total.working,
        elapsed_seconds=total.elapsed,
        # A breach of an earlier run of the clock says nothing about this one.
        corrected=blamed_at is not None and blamed_at >= due_at and stop.at < blamed_at,
        assigned_at=assigned,
        system=system,
        human=human,
    )


def _part(run: Run, start: datetime, end: datetime) -> Part:
    if end <= start:
        return _NOTHING
    return Part(int((end - start).total_seconds()), worked(run.calendar, start, end, run.gaps(end)))


def _unanswered(evidence: Evidence, run: Run, seen: _Seen) -> ClockFinding:
    now, due_at = evidence.now, seen.due
    if run.pauses and run.pauses[-1][1] is None and run.pauses[-1][0] <= now < due_at:
        return _finding(run, SlaState.PAUSED, "pause_when holds", seen)
    settled_at = due_at + run.policy.confirm_after
    if now >= settled_at:
        return _overdue(evidence, run, seen, settled_at)
    reason = "no answer yet" if run.policy.stop is StopKind.DECIDED else "no contact yet"
    return _waiting(evidence, run, seen, reason, settled_at)


def _waiting(evidence: Evidence, run: Run, seen: _Seen, reason: str, settled_at: datetime) -> ClockFinding:
    """Nothing can be said yet; from `settled_at` on only because the evidence has yet to be read again."""
    now, risk_at = evidence.now, _risk_at(run, seen.start, seen.due)
    at_risk, ask, wake_at = risk_at is not None and risk_at <= now, now >= settled_at, None
    if not ask:
        wake_at = settled_at if risk_at is None or at_risk else min(risk_at, settled_at)
    return _finding(
        run,
        SlaState.AT_RISK if at_risk and evidence.rules.shows_at_risk else SlaState.WAITING,
        reason,
        seen,
        due=seen.due,
        wake_at=wake_at,
        needs_confirmation=ask,
        at_risk=at_risk,
    )


def _overdue(evidence: Evidence, run: Run, seen: _Seen, settled_at: datetime) -> ClockFinding:
    """Due for so long that it can be said, where what is on record suffices to say it."""
    memory, decided = evidence.case.memory, run.policy.stop is StopKind.DECIDED

    def say(state: SlaState, reason: str, **told: Any) -> ClockFinding:
        return _finding(run, state, reason, seen, due=seen.due, **told)

    if _is_stopped(evidence, run, seen):
        return _finding(run, SlaState.NONE, "evidence too thin", seen)
    if evidence.case.membership.ambiguous:
        what = "an answer" if decided else "a contact"
        return say(SlaState.UNVERIFIED, f"{what} may hang on a record that could not be joined")
    if seen.sign is not None:
        return say(SlaState.UNVERIFIED, _STRAY if seen.sign.stray else _SIGNED, unread=True)
    if not run.policy.is_published or decided:
        # An answer is no activity: reading those again would tell nothing of it.
        return say(SlaState.BREACHED, "no answer found" if decided else "no contact found")
    if _is_read_since(memory, run.policy, settled_at):
        return say(SlaState.BREACHED, "no contact found when the evidence was read again")
    if memory.confirm_failed:
        return say(SlaState.UNVERIFIED, "the evidence could not be read again", needs_confirmation=True)
    return _waiting(evidence, run, seen, "due; the evidence has yet to be read again", settled_at)


def _is_read_since(memory: Memory, policy: ClockPolicy, settled_at: datetime) -> bool:
    """Whether the evidence was read again when it was due, and after any contact that has gone away meanwhile."""
    read_at, answered_at = _read_at(memory, policy), memory.answered_at.get(policy.id)
    return read_at is not None and read_at >= settled_at and (answered_at is None or read_at > answered_at)


def _read_at(memory: Memory, policy: ClockPolicy) -> datetime | None:
    """When all that the clock rests on was last read again."""
    own = [memory.read_at.get(connection) for connection, _ in policy.evidence]
    known = [at for at in own if at is not None]
    found = [memory.confirmed_at] if memory.confirmed_at is not None else []
    if known and len(known) == len(own):
        found.append(min(known))
    return max(found, default=None)


def _risk_at(run: Run, start: Start, due_at: datetime) -> datetime | None:
    """From when on little of its time is left; never before the start. Not told of each of many that came together."""
    risk = run.policy.at_risk
    if risk is None or run.batch is not None:
        return None
    if risk.span is not None:
        span = risk.span.span
        if risk.span.kind is TargetKind.ELAPSED:
            return due_at - span if span < due_at - start.at else start.at
        whole = timedelta(seconds=working_seconds(run.calendar, start.at, due_at))
        return take_working(run.calendar, due_at, span) if span < whole else start.at
    gaps = run.gaps(due_at)
    if run.target is not None and run.target.kind is TargetKind.ELAPSED:
        return passed_real(start.at, run.target.span * (1 - risk.share), gaps)
    total = worked(run.calendar, start.at, due_at, gaps)
    return passed_working(run.calendar, start.at, timedelta(seconds=int(total * (1 - risk.share))), gaps)
