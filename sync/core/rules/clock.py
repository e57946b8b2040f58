"""First-contact clocks: when they start, what stops them, and what can be said by now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sync.core.calendar import Target, TargetKind, due, working_seconds
from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.tables import Tables
from sync.core.model.fixed import fixed
from sync.core.model.flags import SlaState
from sync.core.model.handoff import ClockFinding, PassFinding
from sync.core.model.items import NormaliseContext
from sync.core.model.records import Kind
from sync.core.rules.contact import Contact, counts_for, is_missed_call
from sync.core.rules.definition import ClockPolicy
from sync.core.rules.evidence import Evidence, reach_back
from sync.core.rules.required import is_returned

IS_CLOCK = "is_first_contact"
FS_CLOCK = "fs_first_contact"


@fixed
class Start:
    at: datetime
    reason: str
    inquiry: bool = True
    """Somebody asked; the mere opening of a handoff is none."""


@fixed
class _Run:
    """One clock of one handoff before anything is said about it."""

    id: str
    policy: ClockPolicy
    start: Start | None
    target: Target | None
    target_text: str
    cancelled: str
    """Why it was called off, if it was."""
    due: datetime | None


def judge_clocks(
    evidence: Evidence, passed: PassFinding | None, starts: list[Start], *, in_scope: bool
) -> tuple[ClockFinding, ...]:
    """Both clocks. `starts` are all inquiries known, future ones included."""
    return tuple(_judge(evidence, make(evidence, passed, starts), in_scope=in_scope) for make in CLOCKS.values())


def find_starts(evidence: Evidence, tables: Tables) -> list[Start]:
    """Everything that starts or restarts the clock of the first contact."""
    opened = evidence.case.membership.opened_at
    found = [Start(opened, "the handoff opened", inquiry=False)] if opened is not None else []
    found += _inquiries(evidence, tables)
    found += [
        Start(activity.at, f"a missed inbound call ({activity.ref})")
        for activity in evidence.activities
        if activity.at is not None and is_missed_call(activity)
    ]
    return found


def _inquiries(evidence: Evidence, tables: Tables) -> Iterator[Start]:
    for record in evidence.members:
        stream = evidence.stream_of(record)
        if record.kind is not Kind.PERSON or stream is None:
            continue
        for name in stream.inquiry_fields:
            at = _moment(record.values.get(name), evidence, tables)
            if at is not None:
                yield Start(at, f"{name} of {record.ref}")


def _moment(raw: object, evidence: Evidence, tables: Tables) -> datetime | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, str) and raw.endswith("Z") and "T" in raw:
        try:
            return datetime.fromisoformat(raw)
        except ValueError:
            pass
    context = NormaliseContext(region=evidence.rules.definition.region, tz=str(evidence.zone))
    found = normalise("datetime", raw, context, tables)
    return datetime.fromisoformat(found.value).astimezone(UTC) if found.state.usable and found.value else None


def _is_run(evidence: Evidence, passed: PassFinding | None, starts: list[Start]) -> _Run:
    policy = evidence.rules.is_clock
    passed_at = passed.at if passed is not None else None
    known = [s for s in starts if s.at <= evidence.now and (passed_at is None or s.at <= passed_at)]
    start = max(known, key=lambda s: s.at, default=None)
    source = evidence.items.get("lead_source")
    channel = str(source.value) if source is not None and source.state.usable else ""
    target = policy.target_by_channel.get(channel)
    due_at = _due(policy, start, target)
    early = passed_at is not None and due_at is not None and passed_at <= due_at
    text = f"{channel or 'no known channel'}: {_text(target)}"
    return _Run(IS_CLOCK, policy, start, target, text, "passed before it was due" if early else "", due_at)


def _fs_run(evidence: Evidence, passed: PassFinding | None, starts: list[Start]) -> _Run:
    del starts
    policy = evidence.rules.fs_clock
    start = Start(passed.at, f"the pass ({passed.event})") if passed is not None and passed.at is not None else None
    cancelled = "returned by FS" if is_returned(evidence) else ""
    return _Run(FS_CLOCK, policy, start, policy.target, _text(policy.target), cancelled, _due(policy, start, policy.target))


CLOCKS: Mapping[str, Callable[[Evidence, PassFinding | None, list[Start]], _Run]] = {
    IS_CLOCK: _is_run,
    FS_CLOCK: _fs_run,
}
"""By id."""


def _judge(evidence: Evidence, run: _Run, *, in_scope: bool) -> ClockFinding:
    nothing = _nothing_to_measure(evidence, run, in_scope=in_scope)
    due_at = run.due
    if nothing or run.start is None or due_at is None:
        return ClockFinding(
            run.id,
            SlaState.NONE,
            start=run.start.at if run.start else None,
            start_reason=run.start.reason if run.start else "",
            target=run.target_text,
            reason=nothing or "there is no target",
        )
    contact = _first_contact(evidence, run.policy, run.start.at)
    # A late contact says nothing once the pass was made in time, nor while an earlier one may hang on a record that
    # nobody could join.
    lateness_counts = not evidence.case.membership.ambiguous and not (run.id == IS_CLOCK and run.cancelled)
    if contact is not None and contact.at is not None and (contact.at <= due_at or lateness_counts):
        return _answered(evidence, run, run.start, due_at, contact, contact.at)
    return _unanswered(evidence, run, run.start, due_at)


def _nothing_to_measure(evidence: Evidence, run: _Run, *, in_scope: bool) -> str:
    if not in_scope:
        return "out of scope"
    if not evidence.has_person:
        return "nobody knows whom this opportunity is about"
    if run.target is None or run.target.kind is TargetKind.NONE:
        return "there is no target"
    if run.start is None:
        return "nobody knows when it started"
    if run.start.at < evidence.rules.definition.scope.enforce_from:
        return "it started before flags.enforce_from"
    return ""


def _first_contact(evidence: Evidence, policy: ClockPolicy, start: datetime) -> Contact | None:
    since, now = reach_back(policy, start), evidence.now
    genuine = (c for c in evidence.contacts if c.at is not None and since <= c.at <= now and counts_for(c, policy))
    return min(genuine, key=lambda c: (c.at, c.ref), default=None)


def _answered(
    evidence: Evidence, run: _Run, start: Start, due_at: datetime, contact: Contact, at: datetime
) -> ClockFinding:
    blamed_at = evidence.case.memory.breached_at.get(run.id)
    return ClockFinding(
        run.id,
        SlaState.MET if at <= due_at else SlaState.MET_LATE,
        start=start.at,
        start_reason=start.reason,
        target=run.target_text,
        due=due_at,
        contact_at=at,
        contact=contact.ref,
        working_seconds=working_seconds(run.policy.calendar, start.at, at),
        elapsed_seconds=max(0, int((at - start.at).total_seconds())),
        reason=contact.reason,
        # A breach of an earlier run of the clock says nothing about this one.
        corrected=blamed_at is not None and blamed_at >= due_at and at < blamed_at,
    )


def _unanswered(evidence: Evidence, run: _Run, start: Start, due_at: datetime) -> ClockFinding:
    memory, settled_at = evidence.case.memory, due_at + run.policy.confirm_after
    state, reason, ask, wake_at = SlaState.WAITING, "no contact yet", False, None
    if run.cancelled:
        return ClockFinding(run.id, SlaState.NONE, start.at, start.reason, run.target_text, reason=run.cancelled)
    if evidence.now < settled_at:
        wake_at = settled_at
    elif evidence.case.membership.ambiguous:
        state, reason = SlaState.UNVERIFIED, "a contact may hang on a record that could not be joined"
    elif memory.confirmed_at is not None and memory.confirmed_at >= settled_at:
        state, reason = SlaState.BREACHED, "no contact found when the evidence was read again"
    else:
        ask = True
        if memory.confirm_failed:
            state, reason = SlaState.UNVERIFIED, "the evidence could not be read again"
        else:
            reason = "due; the evidence has yet to be read again"
    return ClockFinding(
        run.id,
        state,
        start=start.at,
        start_reason=start.reason,
        target=run.target_text,
        due=due_at,
        reason=reason,
        needs_confirmation=ask,
        wake_at=wake_at,
    )


def _due(policy: ClockPolicy, start: Start | None, target: Target | None) -> datetime | None:
    if start is None or target is None:
        return None
    return due(policy.calendar, start.at, target, cutoff=policy.cutoff)


def _text(target: Target | None) -> str:
    if target is None or target.kind is TargetKind.NONE:
        return "none"
    if target.kind is TargetKind.BUSINESS_DAYS:
        return f"{target.days} business_days"
    if target.kind is TargetKind.SAME_BUSINESS_DAY:
        return "same_business_day"
    seconds = target.span // timedelta(seconds=1)
    return f"{seconds} {'business_' if target.kind is TargetKind.WORKING_TIME else ''}seconds"
