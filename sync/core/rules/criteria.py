"""The SQL criteria, each met, not met or unknown with its evidence; and the verdict on them together."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from sync.core.mapping.items import rank_of, window_of
from sync.core.mapping.normalise.tables import RANKS
from sync.core.model.flags import CriterionState, Verdict
from sync.core.model.handoff import CriterionFinding, PassFinding
from sync.core.rules.evidence import Evidence


def judge_criteria(
    evidence: Evidence, passed: PassFinding | None, vague: Iterable[str]
) -> tuple[CriterionFinding, ...]:
    """All criteria in the order in which they are listed. Without a person all are unknown."""
    if not evidence.has_person:
        why = "nobody knows whom this opportunity is about"
        return tuple(CriterionFinding(id_, CriterionState.UNKNOWN, why) for id_ in CRITERIA)
    seen = frozenset(vague)
    return tuple(CriterionFinding(id_, *rule(evidence, passed, seen)) for id_, rule in CRITERIA.items())


def verdict_of(criteria: Iterable[CriterionFinding]) -> Verdict:
    states = {finding.state for finding in criteria}
    if CriterionState.NOT_MET in states:
        return Verdict.NOT_QUALIFIED
    return Verdict.UNDETERMINED if CriterionState.UNKNOWN in states else Verdict.QUALIFIED


def reference_day(evidence: Evidence, passed: PassFinding | None) -> date | None:
    """The day from which the timing is measured: the SQL date, else the local day of the pass."""
    stated = evidence.items.get("sql_date")
    if stated is not None and stated.state.usable and isinstance(stated.value, str):
        return date.fromisoformat(stated.value)
    if passed is not None and passed.at is not None:
        return passed.at.astimezone(evidence.zone).date()
    return None


def add_months(day: date, months: int) -> date:
    """The same day of a later month, else that month's last."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


_Answer = tuple[CriterionState, str]


def _authority(evidence: Evidence, passed: PassFinding | None, vague: frozenset[str]) -> _Answer:
    del passed, vague
    rank = rank_of(evidence.items.get("job_title"))
    if rank is None:
        return CriterionState.UNKNOWN, "the job title names no rank"
    if rank >= RANKS.index(evidence.rules.definition.rank_at_least):
        return CriterionState.MET, f"rank {RANKS[rank]}"
    return CriterionState.UNKNOWN, f"rank {RANKS[rank]} says nothing about influence"


def _budget(evidence: Evidence, passed: PassFinding | None, vague: frozenset[str]) -> _Answer:
    del passed, vague
    value = evidence.items.get("budget_status")
    if value is None or not value.state.usable:
        return CriterionState.UNKNOWN, "the budget status is not known"
    if value.value in evidence.rules.definition.budget_met:
        return CriterionState.MET, f"budget {value.value}"
    if value.value in evidence.rules.definition.budget_not_met:
        return CriterionState.NOT_MET, f"budget {value.value}"
    return CriterionState.UNKNOWN, f"budget {value.value}"


def _timing(evidence: Evidence, passed: PassFinding | None, vague: frozenset[str]) -> _Answer:
    del vague
    value = evidence.items.get("timing")
    if value is None or not value.state.usable or value.value is None:
        return CriterionState.UNKNOWN, "the timing is not known"
    start = window_of(value)[0]
    reference = reference_day(evidence, passed)
    if reference is None:
        return CriterionState.UNKNOWN, "no SQL date and no pass to measure from"
    last = add_months(reference, evidence.rules.definition.within_months)
    if start is None or start <= last:
        return CriterionState.MET, f"starts {start or 'at once'}, needed by {last}"
    return CriterionState.NOT_MET, f"starts {start}, after {last}"


def _need(evidence: Evidence, passed: PassFinding | None, vague: frozenset[str]) -> _Answer:
    del passed
    value = evidence.items.get("pain")
    if value is None or not value.state.usable:
        return CriterionState.UNKNOWN, "no pain is stated"
    if "pain" in vague:
        return CriterionState.UNKNOWN, "the pain is vague"
    return CriterionState.MET, "a concrete pain is stated"


CRITERIA: Mapping[str, Callable[[Evidence, PassFinding | None, frozenset[str]], _Answer]] = {
    "authority": _authority,
    "budget": _budget,
    "timing": _timing,
    "need": _need,
}
"""By id, in the order of the flag."""
