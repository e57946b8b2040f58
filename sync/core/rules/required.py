"""Items that must be known: what is derived, missing, vague; the status that follows, and who acts next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sync.core.mapping.activity import Activity
from sync.core.mapping.normalise import is_vague
from sync.core.mapping.normalise.tables import Tables, fold, fold_all
from sync.core.model.flags import Actor, CriterionState, Status
from sync.core.model.handoff import CriterionFinding, PassFinding
from sync.core.model.items import ItemValue, Provenance, ValueState
from sync.core.rules.evidence import Evidence

CHANNEL = "contact_channel"
SQL_DATE = "sql_date"


def derive(evidence: Evidence, items: dict[str, ItemValue]) -> None:
    """Fill in what other records say where nobody typed anything usable."""
    for item, find in (
        ("decision_maker", _decision_role),
        ("contact_history", _talk_with_content),
        ("next_action", _future_meeting),
    ):
        if item in items and not items[item].state.usable and (found := find(evidence)) is not None:
            source, reason = found
            items[item] = ItemValue(item, ValueState.PRESENT, source=source, reason=reason)


def require(evidence: Evidence) -> None:
    """Which items this very handoff needs: the preset's, and what conditions add and drop. Unknown changes nothing."""
    held = [one for one in evidence.rules.requirements if one.when.judge(evidence) is True]
    if not held:
        return
    typed, automatic = dict.fromkeys(evidence.mapping.typed), dict.fromkeys(evidence.mapping.automatic)
    for requirement in held:
        for item in requirement.optional:
            typed.pop(item, None)
            automatic.pop(item, None)
        for item in requirement.automatic:
            typed.pop(item, None)
            automatic[item] = None
        for item in requirement.typed:
            automatic.pop(item, None)
            typed[item] = None
    evidence.typed, evidence.automatic = tuple(typed), tuple(automatic)


def find_missing(evidence: Evidence) -> tuple[str, ...]:
    """Items that IS must supply, the channel first; none where nobody knows whom the deal is about."""
    if not evidence.has_person:
        return ()
    items = evidence.items
    channel = items.get(CHANNEL)
    wanted = CHANNEL in evidence.typed or CHANNEL in evidence.automatic
    first = (CHANNEL,) if wanted and channel is not None and channel.state.lacking else ()
    lacking = [i for i in _asked(evidence) if (value := items.get(i)) is not None and value.state.lacking]
    return (*first, *[item for item in lacking if item != CHANNEL])


def find_vague(evidence: Evidence, tables: Tables) -> tuple[str, ...]:
    pain = evidence.items.get("pain")
    if pain is None or pain.state is not ValueState.PRESENT or pain.raw is None:
        return ()
    return ("pain",) if is_vague(pain.raw, "pain", tables) else ()


def unreadable_items(evidence: Evidence) -> tuple[str, ...]:
    """Typed items of which nobody can say whether they are missing."""
    items = evidence.items
    return tuple([i for i in _asked(evidence) if (v := items.get(i)) is None or v.state is ValueState.UNREADABLE])


def _asked(evidence: Evidence) -> tuple[str, ...]:
    """The typed items that can be asked for by now: the SQL date is none before the pass."""
    typed = evidence.typed
    if evidence.passed is not None or SQL_DATE not in typed:
        return typed
    return tuple(item for item in typed if item != SQL_DATE)


def empty_automatic(evidence: Evidence, *, passed: bool) -> tuple[str, ...]:
    """Items that systems should have filled and have not: for RevOps. The SQL date is asked for from the pass on."""
    items = evidence.items
    empty = [i for i in evidence.automatic if (value := items.get(i)) is None or not value.state.usable]
    return tuple([item for item in empty if passed or item != SQL_DATE])


def judge_status(evidence: Evidence, missing: tuple[str, ...], *, in_scope: bool, passed: bool) -> Status:
    """The first that applies. `passed` only once the grace is over."""
    if not in_scope:
        return Status.OUT_OF_SCOPE
    if is_returned(evidence):
        return Status.RETURNED
    if not evidence.has_person or unreadable_items(evidence):
        return Status.UNDETERMINED
    if passed:
        return Status.PASSED_INCOMPLETE if missing else Status.PASSED
    return Status.PREPARING if missing else Status.READY


def judge_actor(
    evidence: Evidence,
    status: Status,
    missing: tuple[str, ...],
    criteria: Iterable[CriterionFinding],
    *,
    passed: bool,
) -> Actor:
    """Who acts next; the first that applies. `passed` from the pass itself on."""
    if status is Status.OUT_OF_SCOPE:
        return Actor.NONE
    if status is Status.RETURNED:
        return Actor.IS
    if status is Status.UNDETERMINED:
        return Actor.REVOPS
    if missing or any(one.counts and one.state is CriterionState.UNKNOWN for one in criteria):
        return Actor.FS if evidence.decision == "accepted" else Actor.IS
    if evidence.case.membership.ambiguous or empty_automatic(evidence, passed=passed):
        return Actor.REVOPS
    return Actor.NONE


def is_returned(evidence: Evidence) -> bool:
    return evidence.decision == "returned"


def is_over(passed: PassFinding | None, evidence: Evidence) -> bool:
    """Passed, and the time to write the notes after the call is over."""
    return passed is not None and (passed.grace_end is None or evidence.now >= passed.grace_end)


def _decision_role(evidence: Evidence) -> tuple[Provenance, str] | None:
    wanted = fold_all(evidence.mapping.decision_roles)
    for role in evidence.roles:
        if fold(str(role.facts.get("role") or "").strip()) in wanted:
            return Provenance(role.ref, "role"), "a contact role names the decision maker"
    return None


def _talk_with_content(evidence: Evidence) -> tuple[Provenance, str] | None:
    for activity in evidence.activities:
        if activity.has_content and _took_place(activity, evidence.now):
            return Provenance(activity.ref, "has_content"), "an activity with content"
    return None


def _took_place(activity: Activity, now: datetime) -> bool:
    """Done; or a meeting whose time has come and that nobody called off."""
    if activity.at is not None and activity.at > now:
        return False
    return activity.status == "done" or (activity.type == "meeting" and activity.status == "scheduled")


def _future_meeting(evidence: Evidence) -> tuple[Provenance, str] | None:
    for activity in evidence.activities:
        if activity.type == "meeting" and activity.status == "scheduled" and activity.at and activity.at > evidence.now:
            return Provenance(activity.ref, "at"), "a meeting is booked"
    return None
