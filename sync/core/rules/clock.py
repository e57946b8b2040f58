"""Clocks: when they are due, what stops them, and what can be said of them by now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sync.core.calendar import Calendar, Target, TargetKind, take_working, working_seconds
from sync.core.mapping.normalise.tables import Tables
from sync.core.model.fixed import fixed
from sync.core.model.flags import SlaState
from sync.core.model.handoff import ClockBatch, ClockFinding, Logged, Memory, Part, Sign, Stretch
from sync.core.model.records import RecordRef
from sync.core.rules.batch import Joined, batch_of, starts_later
from sync.core.rules.contact import Contact, counts_for, stops
from sync.core.rules.definition import ClockPolicy, StartKind, StopKind, Who
from sync.core.rules.evidence import Evidence, reach_back
from sync.core.rules.expression import Expression
from sync.core.rules.owner import assigned_at, calendar_of, holder_at, owner_changes, team_of
from sync.core.rules.pause import (
    Gap,
    gaps_until,
    passed_real,
    passed_working,
    paused_due,
    stretches,
    worked,
)
from sync.core.rules.required import is_returned
from sync.core.rules.sign import find_sign
from sync.core.rules.start import Start, Starts, start_of

IS_CLOCK = "is_first_contact"
FS_CLOCK = "fs_first_contact"
DECISIONS = frozenset({"accepted", "returned"})
_NOTHING = Part(0, 0)
_SIGNED = "a contact seems to be on record that cannot be read"
_STRAY = "the native sync copied a contact from a record that is not joined"


@fixed
class Stop:
    """What ended a clock."""

    at: datetime
    ref: RecordRef
    reason: str


@fixed
class Run:
    """One clock of one handoff before anything is said about it."""

    policy: ClockPolicy
    calendar: Calendar
    start: Start | None
    target: Target | None
    target_text: str
    why_not: str
    """Why it has no start."""
    pauses: tuple[Stretch, ...]
    watched: Mapping[str, tuple[Stretch, ...]]
    batch: ClockBatch | None = None
    """By which it started."""

    def due(self, until: datetime) -> datetime | None:
        """When it is due if it stood still in its pauses up to `until`."""
        if self.start is None or self.target is None:
            return None
        gaps = self.gaps(until)
        return paused_due(self.calendar, self.start.at, self.target, self.policy.cutoff, gaps)

    def gaps(self, until: datetime) -> tuple[Gap, ...]:
        return gaps_until(self.pauses, self.start.at, until) if self.pauses and self.start is not None else ()


def judge_clocks(
    evidence: Evidence, starts: list[Start], tables: Tables, *, in_scope: bool
) -> tuple[ClockFinding, ...]:
    """Every clock, the published ones first. `starts` are all inquiries known, future ones included."""
    found = Starts(starts, tables)
    return tuple(
        _judge(evidence, make_run(evidence, policy, found), in_scope=in_scope) for policy in evidence.rules.clocks
    )


def calendars_used(evidence: Evidence, clocks: Iterable[ClockFinding]) -> dict[str, Calendar]:
    """By clock: the working time by which these findings were measured."""
    policies = {policy.id: policy for policy in evidence.rules.clocks}
    found: dict[str, Calendar] = {}
    for clock in clocks:
        policy = policies[clock.id]
        if clock.start is None:
            found[clock.id] = policy.calendar
            continue
        began = clock.start
        policy = next((changed for first, changed in reversed(policy.changes) if began >= first), policy)
        found[clock.id] = calendar_of(evidence, policy, _there_from(evidence, began, clock.batch))
    return found


# --- from when it runs, and until when ----------------------------------------------------------------------------------
def make_run(evidence: Evidence, policy: ClockPolicy, starts: Starts) -> Run:
    """The policy that was in force when the clock started, and what follows from it."""
    for first, changed in reversed(policy.changes):
        run = _make(evidence, changed, starts)
        if run.start is None or run.start.at < first:
            continue
        if run.start.at <= evidence.now:
            return run
        # Until then what was in force before goes on.
        evidence.turns.append(run.start.at)
    return _make(evidence, policy, starts)


def _make(evidence: Evidence, policy: ClockPolicy, starts: Starts) -> Run:
    start, why_not = start_of(evidence, policy, starts), "nobody knows when it started"
    joined = _join(evidence, policy, start)
    start = of_batch = _start_of_batch(joined) if joined is not None else start
    if start is not None and policy.start_when is not None and policy.start_when.judge(evidence) is not True:
        start, why_not = None, "start_when does not hold"
    watched: dict[str, tuple[Stretch, ...]] = {}
    if start is not None and policy.reset_when is not None:
        start = _reset(evidence, policy, policy.reset_when, start, watched)
    if start is not None and policy.restarts:
        start = _restarted(evidence, policy, start)
    if start is not of_batch:
        joined = None
    batch = joined.told if joined is not None else None
    calendar = policy.calendar
    if start is not None:
        calendar = calendar_of(evidence, policy, _there_from(evidence, start.at, batch))
    pauses: tuple[Stretch, ...] = ()
    if start is not None and policy.pause_when is not None:
        pauses = _watch(evidence, f"{policy.id}:pause", policy.pause_when, policy.resume_when, watched)
        began = start.at
        pauses = tuple(one for one in pauses if one[1] is None or one[1] > began)
        watched[f"{policy.id}:pause"] = pauses
    target, text = _target(evidence, policy, joined)
    return Run(policy, calendar, start, target, text, why_not, pauses, watched, batch)


def _join(evidence: Evidence, policy: ClockPolicy, start: Start | None) -> Joined | None:
    """The batch with which it starts, unless the person asked for something themselves since."""
    if policy.batch is None or start is None:
        return None
    joined = batch_of(evidence, policy)
    return None if joined is None or starts_later(joined, start.at) else joined


def _start_of_batch(joined: Joined) -> Start:
    batch = joined.told
    if batch.given:
        return Start(batch.start, f"the day given for the batch from {batch.source}")
    return Start(batch.start, f"the batch from {batch.source}")


def _there_from(evidence: Evidence, start: datetime, batch: ClockBatch | None) -> datetime:
    """From when on somebody can have had it: one of a batch may have come after its start."""
    opened = evidence.case.membership.opened_at
    return start if batch is None or opened is None else max(start, opened)


def _watch(
    evidence: Evidence, name: str, begins: Expression, ends: Expression | None, watched: dict[str, tuple[Stretch, ...]]
) -> tuple[Stretch, ...]:
    watched[name] = stretches(evidence, begins, ends, evidence.case.memory.held.get(name, ()))
    return watched[name]


def _reset(
    evidence: Evidence, policy: ClockPolicy, when: Expression, start: Start, watched: dict[str, tuple[Stretch, ...]]
) -> Start:
    """Since the condition last began to hold, if that was later than the start."""
    name = f"{policy.id}:reset"
    held = _watch(evidence, name, when, None, watched)
    watched[name] = held[-1:]
    if held and held[-1][0] > start.at:
        return Start(held[-1][0], "reset_when began to hold")
    return start


def _restarted(evidence: Evidence, policy: ClockPolicy, start: Start) -> Start:
    """Since another colleague got it, as long as nobody had been in contact."""
    stop = _first_stop(evidence, policy, calendar_of(evidence, policy, start.at), start)
    until = stop.at if stop is not None else evidence.now
    for change in reversed(owner_changes(evidence, evidence.anchor)):
        known = change.old_owner in evidence.directory and change.new_owner in evidence.directory
        if known and change.old_owner != change.new_owner and start.at < change.at <= until:
            return Start(change.at, f"the owner of {change.subject} changed")
    return start


def _target(evidence: Evidence, policy: ClockPolicy, joined: Joined | None) -> tuple[Target | None, str]:
    if joined is not None and joined.target is not None:
        return joined.target, f"rank {joined.told.rank}: {text_of(joined.target)}"
    if not policy.target_by_channel:
        return policy.target, text_of(policy.target)
    source = evidence.items.get("lead_source")
    channel = str(source.value) if source is not None and source.state.usable else ""
    target = policy.target_by_channel.get(channel)
    return target, f"{channel or 'no known channel'}: {text_of(target)}"


# --- what stops it ------------------------------------------------------------------------------------------------------
def _first_stop(evidence: Evidence, policy: ClockPolicy, calendar: Calendar, start: Start) -> Stop | None:
    since = reach_back(policy, start.at, calendar)
    if policy.stop is StopKind.DECIDED:
        return min(_decisions(evidence, since), key=lambda stop: stop.at, default=None)
    now, kind = evidence.now, policy.stop
    found = [c for c in evidence.contacts if c.counts and c.at is not None and since <= c.at <= now]
    if kind is not StopKind.FIRST_TWO_WAY_OR_OUTBOUND:
        by_ref = {activity.ref: activity for activity in evidence.activities}
        found = [c for c in found if stops(by_ref[c.ref], kind, evidence.directory)]
    found = [c for c in found if _is_by(evidence, policy, c)]
    first = min(found, key=lambda c: (c.at, c.ref), default=None)
    return Stop(first.at, first.ref, first.reason) if first is not None and first.at is not None else None


def _is_by(evidence: Evidence, policy: ClockPolicy, contact: Contact) -> bool:
    """By one of those whose contact counts; where only the owner's does, by who had the handoff then, of whatever role."""
    if policy.who is Who.OWNER and contact.actor is not None and contact.at is not None:
        owner = holder_at(evidence, contact.at)
        if owner is not None:
            return owner.ref == contact.actor.ref or bool(owner.email and owner.email == contact.actor.email)
    return counts_for(contact, policy)


def _decisions(evidence: Evidence, since: datetime) -> Iterator[Stop]:
    """FS's answers on the sales record: those on record, else the present one."""
    anchor, stream = evidence.anchor, evidence.stream_of(evidence.anchor)
    field = stream.inputs.get("fs_decision") if stream is not None else None
    if field is None or not (evidence.is_deal or evidence.is_lead(anchor)):
        return
    opened = evidence.reopened_at
    told = [(change.at, evidence.answer("fs_decision", change.new)) for change in evidence.changes_of(anchor, field)]
    if not told:
        told = [(evidence.written_at(anchor, field), evidence.input("fs_decision"))]
    for at, answer in told:
        if at is not None and answer in DECISIONS and since <= at <= evidence.now and (opened is None or at >= opened):
            yield Stop(at, anchor.ref, f"FS answered: {answer}")


# --- what can be said ---------------------------------------------------------------------------------------------------
def _judge(evidence: Evidence, run: Run, *, in_scope: bool) -> ClockFinding:
    start, now = run.start, evidence.now
    due_at = run.due(now) if start is not None and start.at <= now else None
    nothing = _nothing_to_measure(evidence, run, in_scope=in_scope)
    if nothing or start is None or due_at is None:
        ahead = start.at if start is not None and start.at > now and in_scope else None
        return _finding(run, SlaState.NONE, reason=nothing or "there is no target", wake_at=ahead)
    stop = _first_stop(evidence, run.policy, run.calendar, start)
    if stop is not None and run.pauses:
        # What came after it is no part of its time.
        due_at = run.due(stop.at) or due_at
    sign = find_sign(evidence, run.policy, reach_back(run.policy, start.at, run.calendar))
    found = _settle(evidence, run, start, due_at, stop, sign)
    if sign is not None:
        found = replace(found, sign=sign)
    return found if run.policy.thin is None else replace(found, logged=_logged(evidence, run, start, due_at))


def _settle(
    evidence: Evidence, run: Run, start: Start, due_at: datetime, stop: Stop | None, sign: Sign | None
) -> ClockFinding:
    called_off = _called_off(evidence, run.policy, due_at)
    # A late contact says nothing once it was called off, nor while an earlier one may hang on a record that nobody
    # could join or read.
    hidden = evidence.case.membership.ambiguous or (sign is not None and sign.at <= due_at)
    lateness_counts = not hidden and not called_off.absolute
    if stop is not None and (stop.at <= due_at or lateness_counts):
        return _answered(evidence, run, start, due_at, stop)
    if called_off.reason:
        return _finding(run, SlaState.NONE, reason=called_off.reason)
    return _unanswered(evidence, run, start, due_at, sign)


def _logged(evidence: Evidence, run: Run, start: Start, due_at: datetime) -> Logged:
    since = reach_back(run.policy, start.at, run.calendar)
    contacted = any(c.counts and c.at is not None and since <= c.at <= evidence.now for c in evidence.contacts)
    return Logged(_team_of(evidence, run, start), due_at + run.policy.confirm_after, contacted)


def _team_of(evidence: Evidence, run: Run, start: Start) -> str:
    return team_of(evidence, _there_from(evidence, start.at, run.batch))


def _is_stopped(evidence: Evidence, run: Run, start: Start, due_at: datetime) -> bool:
    """Whether too few contacts of the team are on record to accuse; who was accused of this deadline before stays so."""
    unenforced = evidence.case.unenforced
    if run.policy.thin is None or not unenforced:
        return False
    blamed_at = evidence.case.memory.breached_at.get(run.policy.id)
    if blamed_at is not None and blamed_at >= due_at:
        return False
    return (run.policy.id, _team_of(evidence, run, start)) in unenforced


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


def _finding(run: Run, state: SlaState, reason: str, **told: Any) -> ClockFinding:
    start = run.start
    return ClockFinding(
        run.policy.id,
        state,
        start.at if start is not None else None,
        start.reason if start is not None else "",
        run.target_text,
        reason=reason,
        published=run.policy.is_published,
        pauses=run.pauses,
        real_time=run.target is not None and run.target.kind is TargetKind.ELAPSED,
        watched=run.watched,
        batch=run.batch,
        decided=run.policy.stop is StopKind.DECIDED,
        **told,
    )


def _answered(evidence: Evidence, run: Run, start: Start, due_at: datetime, stop: Stop) -> ClockFinding:
    blamed_at = evidence.case.memory.breached_at.get(run.policy.id)
    total = _part(run, start.at, stop.at)
    assigned = assigned_at(evidence, run.policy, _there_from(evidence, start.at, run.batch))
    system = _part(run, start.at, min(assigned, stop.at)) if assigned is not None else None
    human = Part(total.elapsed - system.elapsed, total.working - system.working) if system is not None else None
    return _finding(
        run,
        SlaState.MET if stop.at <= due_at else SlaState.MET_LATE,
        stop.reason,
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


def _unanswered(evidence: Evidence, run: Run, start: Start, due_at: datetime, sign: Sign | None) -> ClockFinding:
    memory, settled_at = evidence.case.memory, due_at + run.policy.confirm_after
    if run.pauses and run.pauses[-1][1] is None and evidence.now < due_at and evidence.now >= run.pauses[-1][0]:
        return _finding(run, SlaState.PAUSED, reason="pause_when holds")
    decided = run.policy.stop is StopKind.DECIDED
    state, reason, ask, wake_at = SlaState.WAITING, "no answer yet" if decided else "no contact yet", False, None
    risk_at = _risk_at(run, start, due_at)
    at_risk = risk_at is not None and risk_at <= evidence.now
    if evidence.now < settled_at:
        wake_at = settled_at if risk_at is None or at_risk else min(risk_at, settled_at)
    elif _is_stopped(evidence, run, start, due_at):
        return _finding(run, SlaState.NONE, reason="evidence too thin")
    elif evidence.case.membership.ambiguous:
        what = "an answer" if decided else "a contact"
        state, reason = SlaState.UNVERIFIED, f"{what} may hang on a record that could not be joined"
    elif sign is not None:
        reason = _STRAY if sign.stray else _SIGNED
        return _finding(run, SlaState.UNVERIFIED, reason=reason, due=due_at, unread=True)
    elif not run.policy.is_published or decided:
        # An answer is no activity: reading those again would tell nothing of it.
        state, reason = SlaState.BREACHED, "no answer found" if decided else "no contact found"
    elif _is_read_since(memory, run.policy, settled_at):
        state, reason = SlaState.BREACHED, "no contact found when the evidence was read again"
    else:
        ask = True
        if memory.confirm_failed:
            state, reason = SlaState.UNVERIFIED, "the evidence could not be read again"
        else:
            reason = "due; the evidence has yet to be read again"
    at_risk = at_risk and state is SlaState.WAITING
    if at_risk and evidence.rules.shows_at_risk:
        state = SlaState.AT_RISK
    return _finding(run, state, reason, wake_at=wake_at, due=due_at, needs_confirmation=ask, at_risk=at_risk)


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


def text_of(target: Target | None) -> str:
    if target is None or target.kind is TargetKind.NONE:
        return "none"
    if target.kind is TargetKind.BUSINESS_DAYS:
        return f"{target.days} business_days"
    if target.kind is TargetKind.SAME_BUSINESS_DAY:
        return "same_business_day"
    seconds = target.span // timedelta(seconds=1)
    return f"{seconds} {'business_' if target.kind is TargetKind.WORKING_TIME else ''}seconds"
