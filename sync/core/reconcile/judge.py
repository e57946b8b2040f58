"""The judgement of one handoff: facts in, flags out. One function per question, each answered in `core.rules`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

from sync.core.mapping.items import window_of
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.spec import MappingSpec
from sync.core.model.fixed import changed, fixed
from sync.core.model.flags import NO_FLAGS, CriterionState, Flags, FlagValue, SlaState, Verdict
from sync.core.model.handoff import (
    Case,
    ClockFinding,
    Directory,
    Judgement,
    PassFinding,
    Told,
    Waiver,
    WaiverFinding,
)
from sync.core.model.items import ItemValue, ValueState
from sync.core.model.records import RecordRef
from sync.core.reconcile.memory import remember
from sync.core.reconcile.outside import clear_flags, judge_left_out
from sync.core.reconcile.past import case_at
from sync.core.reconcile.plan import tell
from sync.core.rules.attempt import judge_attempts
from sync.core.rules.brief import compose_brief
from sync.core.rules.clock import FS_CLOCK, IS_CLOCK, judge_clocks
from sync.core.rules.criteria import count_bant, judge_criteria, verdict_of
from sync.core.rules.cycle import find_rounds, in_round, open_rounds
from sync.core.rules.definition import RuleSet
from sync.core.rules.evidence import Evidence, gather
from sync.core.rules.note import compose_notes
from sync.core.rules.passing import Sighting, find_passes, judge_pass
from sync.core.rules.reading import read_all
from sync.core.rules.required import (
    find_missing,
    find_vague,
    is_over,
    is_returned,
    judge_actor,
    judge_status,
    require,
)
from sync.core.rules.scope import judge_scope
from sync.core.rules.start import Start, find_starts
from sync.core.rules.trace import states_of, trace_of
from sync.core.rules.waiver import find_ends, judge_waivers, mark_waived, spare_criteria, spare_items

NG_TOPICS = "ng_topics"


def judge(
    case: Case,
    *,
    mapping: MappingSpec,
    rules: RuleSet,
    tables: Tables,
    directory: Directory,
    now: datetime,
    whole: bool = True,
) -> Judgement:
    """Judge one handoff at one instant (aware). Nothing is raised for odd data; the anchor must be in the records.

    `case.shown_on` gets flags: full sets, to be compared with what the records hold by `plan.diff`. A record that was
    never in scope is absent there. The answer depends on the arguments alone. Not `whole`: of one that its stage leaves
    out there are no items, criteria and clocks for people to look at; all else is the same.
    """
    evidence, starts = _look_at(case, mapping, rules, tables, directory, now)
    left_out = judge_left_out(evidence, starts, tables) if not whole else None
    return left_out or _judge_whole(_find(evidence, starts, tables), tables)


def _judge_whole(found: _Findings, tables: Tables) -> Judgement:
    evidence, passed, missing, waivers = found.evidence, found.passed, found.missing, found.waivers
    over = is_over(passed, evidence)
    scope_reason = judge_scope(evidence, passed)
    in_scope = not scope_reason
    criteria = mark_waived(judge_criteria(evidence, passed, found.vague), waivers)
    clocks = judge_clocks(evidence, found.starts, tables, in_scope=in_scope)
    status = judge_status(evidence, missing, in_scope=in_scope, passed=over)
    told: dict[str, Told] = {}
    memory = remember(evidence, missing, found.states, clocks, told, over=over, passed=passed)
    if over and memory.missing_at_pass is None and evidence.case.memory.frozen_at is None:
        then = _find_then(evidence, passed, tables)
        if then is not None:
            memory = changed(memory, missing_at_pass=then.missing, states_at_pass=then.states)
    flags: dict[RecordRef, Flags] = {}
    judgement = Judgement(
        handoff_id=evidence.case.handoff_id,
        status=status,
        in_scope=in_scope,
        scope_reason=scope_reason,
        pass_=passed,
        items=evidence.items,
        missing=missing,
        vague=found.vague,
        criteria=criteria,
        verdict=verdict_of(criteria),
        next_actor=judge_actor(evidence, status, missing, criteria, passed=passed is not None),
        clocks=clocks,
        flags=flags,
        memory=memory,
        wake_at=_wake_at(evidence, passed, found.seen, found.starts, clocks, waivers),
        needs_confirmation=any(clock.needs_confirmation for clock in clocks),
        unmapped=found.unmapped,
        typed=evidence.typed,
        automatic=evidence.automatic,
        bant=count_bant(evidence),
        cycle=evidence.case.membership.cycle,
        version=evidence.rules.definition.version,
        return_reason=(evidence.input("return_reason") or "") if is_returned(evidence) else None,
        waivers=waivers,
        waived=found.waived,
        sql_waived=spare_criteria(criteria, waivers),
        attempts=judge_attempts(evidence, clocks[0].start),
        trace=trace_of(evidence, passed, scope_reason, found.states),
    )
    flags.update(_flags(evidence, judgement, tables, told, over=over))
    return judgement


@fixed
class _Findings:
    """What the records say of one handoff, before anything is made of it."""

    evidence: Evidence
    starts: list[Start]
    seen: list[tuple[str, Sighting]]
    passed: PassFinding | None
    vague: tuple[str, ...]
    waivers: tuple[WaiverFinding, ...]
    missing: tuple[str, ...]
    waived: Mapping[str, Waiver]
    states: str
    unmapped: tuple[ItemValue, ...]


def _find(evidence: Evidence, starts: list[Start], tables: Tables) -> _Findings:
    unmapped = [*evidence.unmapped_inputs()]
    evidence.items = items = read_all(evidence, tables, unmapped)
    seen = find_passes(evidence)
    evidence.passed = passed = judge_pass(evidence, seen)
    require(evidence)
    vague = find_vague(evidence, tables)
    waivers = judge_waivers(evidence, tables, unmapped)
    lacking = find_missing(evidence)
    waived = spare_items(lacking, waivers)
    missing = tuple([item for item in lacking if item not in waived])
    states = states_of(items, vague)
    return _Findings(evidence, starts, seen, passed, vague, waivers, missing, waived, states, tuple(unmapped))


def _look_at(
    case: Case, mapping: MappingSpec, rules: RuleSet, tables: Tables, directory: Directory, now: datetime
) -> tuple[Evidence, list[Start]]:
    """The facts of the present round, and all inquiries; a round that opened since is remembered with the case."""
    evidence = gather(in_round(case), mapping, rules, directory, now)
    starts = find_starts(evidence, tables)
    opened = find_rounds(evidence, (start.at for start in starts if start.inquiry))
    if not opened:
        return evidence, starts
    later = changed(case, memory=open_rounds(case.memory, opened))
    evidence = gather(in_round(later), mapping, rules, directory, now)
    return evidence, find_starts(evidence, tables)


def _find_then(evidence: Evidence, passed: PassFinding | None, tables: Tables) -> _Findings | None:
    """A handoff that Baton first saw later, as of the end of the grace; None where nobody can tell."""
    at = passed.grace_end if passed is not None else None
    then = case_at(evidence, at) if at is not None and evidence.has_person else None
    if at is None or then is None:
        return None
    return _find(*_look_at(then, evidence.mapping, evidence.rules, tables, evidence.directory, at), tables)


def _wake_at(
    evidence: Evidence,
    passed: PassFinding | None,
    seen: Iterable[tuple[str, Sighting]],
    starts: Iterable[Start],
    clocks: Iterable[ClockFinding],
    waivers: Iterable[WaiverFinding],
) -> datetime | None:
    """The next instant at which time alone changes the answer."""
    now = evidence.now
    instants: list[datetime | None] = [sighting.at for _, sighting in seen]
    instants.append(passed.grace_end if passed is not None else None)
    instants += [clock.wake_at for clock in clocks]
    instants += [start.at for start in starts]
    instants += [contact.at for contact in evidence.contacts if contact.counts]
    instants += [
        a.at for a in evidence.activities if a.has_content or (a.type == "meeting" and a.status == "scheduled")
    ]
    instants += _window_ends(evidence)
    instants += evidence.turns
    instants += find_ends(evidence, waivers)
    return min([at for at in instants if at is not None and at > now], default=None)


def _window_ends(evidence: Evidence) -> Iterator[datetime]:
    """The first instant of the day after a timing window that is not over."""
    timing = evidence.items.get("timing")
    for value in (timing, *timing.conflicts) if timing is not None else ():
        end = window_of(value)[1]
        if end is not None and evidence.today <= end and end.year < 9999:
            yield datetime.combine(end + timedelta(days=1), time(), evidence.zone).astimezone(UTC)


def _flags(
    evidence: Evidence, judgement: Judgement, tables: Tables, told: dict[str, Told], *, over: bool
) -> Mapping[RecordRef, Flags]:
    """Per record that shows this handoff. A deal has its brief once the grace of the pass is over (`over`). What each note says is put into `told`."""
    shown_on = evidence.case.shown_on
    if not judgement.in_scope:
        return clear_flags(evidence)
    if not shown_on:
        return {}
    common, notes = _common_flags(evidence, judgement), compose_notes(evidence, judgement)
    flags = {ref: {**common, "note": notes.texts[ref]} for ref in shown_on}
    of_anchor = flags.get(evidence.anchor.ref)
    if over and evidence.is_deal and evidence.has_person and of_anchor is not None:
        of_anchor["brief"] = compose_brief(evidence, tables)
        if "ng_reference" in evidence.rules.chosen:
            of_anchor["ng_reference"] = _ng_reference(evidence)
    before = evidence.case.memory.told
    for ref, desired in flags.items():
        record = evidence.case.records.get(ref)
        held = record.flags if record is not None else None
        told[str(ref)] = tell(before.get(str(ref)), notes.digest, desired, held)
    return flags


def _ng_reference(evidence: Evidence) -> FlagValue:
    """What FS must not bring up, as it was typed (or sealed); what cannot be read now stays as it was."""
    topics = evidence.items.get(NG_TOPICS)
    if topics is None or topics.state is ValueState.UNREADABLE:
        held = evidence.anchor.flags or {}
        return held.get("ng_reference")
    return topics.raw if topics.state.usable else None


def _common_flags(evidence: Evidence, judgement: Judgement) -> dict[str, FlagValue]:
    known = evidence.has_person
    unmet = [one.id for one in judgement.criteria if one.counts and one.state is CriterionState.NOT_MET]
    flags: dict[str, FlagValue] = {
        **NO_FLAGS,
        "status": judgement.status.value,
        "sql_verdict": judgement.verdict.value if known else Verdict.UNDETERMINED.value,
        "missing_items": _joined(judgement.missing),
        "missing_count": len(judgement.missing) if known else None,
        "unmet_criteria": _joined(unmet),
        "next_actor": judgement.next_actor.value,
        "definition": evidence.rules.definition.version,
    }
    for clock in judgement.published_clocks:
        flags.update(_clock_flags(_CLOCK_PREFIX[clock.id], clock))
    flags.update(_chosen_flags(evidence, judgement))
    if judgement.pass_ is not None:
        flags["passed_at"] = stamp(judgement.pass_.at)
        flags["missing_at_pass"] = _joined(judgement.memory.missing_at_pass or ())
    return flags


def _chosen_flags(evidence: Evidence, judgement: Judgement) -> dict[str, FlagValue]:
    """What only companies have that want it."""
    chosen, flags = evidence.rules.chosen, dict[str, FlagValue]()
    for clock in judgement.published_clocks if "minutes" in chosen else ():
        worked = clock.working_seconds if clock.contact_at is not None else None
        flags[f"{_CLOCK_PREFIX[clock.id]}_minutes"] = worked // 60 if worked is not None else None
    if "attempts" in chosen:
        flags["attempts"] = judgement.attempts.count
    return flags


_CLOCK_PREFIX: Mapping[str, str] = {IS_CLOCK: "is", FS_CLOCK: "fs"}


def _clock_flags(prefix: str, clock: ClockFinding) -> dict[str, FlagValue]:
    return {
        f"{prefix}_sla": clock.state.value,
        f"{prefix}_due": stamp(clock.due) if clock.state is not SlaState.NONE else None,
        f"{prefix}_at": stamp(clock.contact_at),
    }


def stamp(at: datetime | None) -> str | None:
    """An instant as flags hold it: UTC, whole seconds."""
    if at is None:
        return None
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat()[:19] + "Z"


def _joined(ids: Iterable[str]) -> str | None:
    return ";".join(ids) or None
