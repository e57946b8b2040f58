"""One run of a clock: from when, by whose working time and until when it runs, and what stops it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from sync.core.calendar import Calendar, Target, TargetKind
from sync.core.model.fixed import fixed
from sync.core.model.handoff import ClockBatch, ClockFinding, Stretch
from sync.core.model.records import RecordRef
from sync.core.rules.batch import Joined, batch_of, starts_later
from sync.core.rules.contact import Contact, counts_for, stops
from sync.core.rules.definition import ClockPolicy, StopKind, Who
from sync.core.rules.evidence import Evidence, reach_back
from sync.core.rules.expression import Expression
from sync.core.rules.owner import calendar_of, holder_at, owner_changes
from sync.core.rules.pause import Gap, gaps_until, paused_due, stretches
from sync.core.rules.start import Start, Starts, start_of

DECISIONS = frozenset({"accepted", "returned"})


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
    if start is None:
        return Run(policy, policy.calendar, None, *_target(evidence, policy, None), why_not, (), watched)
    if start is not of_batch:
        joined = None
    batch = joined.told if joined is not None else None
    calendar = calendar_of(evidence, policy, there_from(evidence, start.at, batch))
    pauses: tuple[Stretch, ...] = ()
    if policy.pause_when is not None:
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


def there_from(evidence: Evidence, start: datetime, batch: ClockBatch | None) -> datetime:
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
    since = reach_back(policy, start.at, calendar_of(evidence, policy, start.at))
    stop = first_stop(evidence, policy, since)
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
        found[clock.id] = calendar_of(evidence, policy, there_from(evidence, began, clock.batch))
    return found


def text_of(target: Target | None) -> str:
    if target is None or target.kind is TargetKind.NONE:
        return "none"
    if target.kind is TargetKind.BUSINESS_DAYS:
        return f"{target.days} business_days"
    if target.kind is TargetKind.SAME_BUSINESS_DAY:
        return "same_business_day"
    seconds = target.span // timedelta(seconds=1)
    return f"{seconds} {'business_' if target.kind is TargetKind.WORKING_TIME else ''}seconds"


# --- what stops it ------------------------------------------------------------------------------------------------------
def first_stop(evidence: Evidence, policy: ClockPolicy, since: datetime) -> Stop | None:
    """What stopped it by now, of what happened from `since` on."""
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
