"""The SQL criteria, each met, not met or unknown with its evidence; and the verdict on them together."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeGuard

from sync.core.mapping.items import rank_of, window_of
from sync.core.mapping.latest import Latest
from sync.core.mapping.normalise.tables import RANKS
from sync.core.mapping.spec import MappingSpec
from sync.core.model.flags import CriterionState, Verdict
from sync.core.model.handoff import CriterionFinding, PassFinding
from sync.core.model.items import ItemValue
from sync.core.rules.evidence import Evidence

SCORE = "score"
WILLINGNESS = "willingness"


def judge_criteria(
    evidence: Evidence, passed: PassFinding | None, vague: Iterable[str]
) -> tuple[CriterionFinding, ...]:
    """All criteria of the definition in the order in which they are listed. Without a person all are unknown."""
    definition, seen = evidence.rules.definition, frozenset(vague)
    found: list[CriterionFinding] = []
    for id_, rule in CRITERIA.items():
        if id_ != SCORE or definition.score is not None:
            state, why = rule(evidence, passed, seen) if evidence.has_person else _NOBODY
            found.append(CriterionFinding(id_, state, why, id_ not in definition.optional_criteria))
    return tuple(found)


def verdict_of(criteria: Iterable[CriterionFinding]) -> Verdict:
    """Of the required ones together; a waived one fails nothing."""
    criteria = tuple(criteria)
    states = [finding.state for finding in criteria if finding.counts]
    if CriterionState.NOT_MET in states:
        return Verdict.NOT_QUALIFIED
    if CriterionState.UNKNOWN in states:
        return Verdict.UNDETERMINED
    spared = (one for one in criteria if one.required and one.waived and one.state is not CriterionState.MET)
    return Verdict.WAIVED if any(True for _ in spared) else Verdict.QUALIFIED


def count_bant(evidence: Evidence) -> int:
    """How many of budget, authority, need and timing rest on a usable item; 0 without a person."""
    if not evidence.has_person:
        return 0
    items = evidence.items
    budget, timing, pain = items.get("budget_status"), items.get("timing"), items.get("pain")
    return sum(
        (
            rank_of(items.get("job_title")) is not None,
            _usable(budget) and budget.value != "unknown",
            _usable(timing) and timing.value is not None,
            _usable(pain),
        )
    )


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
_NOBODY: _Answer = (CriterionState.UNKNOWN, "nobody knows whom this opportunity is about")


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
    if _wants_willingness(evidence.mapping) and not _usable(evidence.items.get(WILLINGNESS)):
        return CriterionState.UNKNOWN, "nobody says how much they want to solve it"
    return CriterionState.MET, "a concrete pain is stated"


def _score(evidence: Evidence, passed: PassFinding | None, vague: frozenset[str]) -> _Answer:
    del passed, vague
    wanted = evidence.rules.definition.score
    value = evidence.items.get(wanted.item) if wanted is not None else None
    if wanted is None or not _usable(value) or not isinstance(value.value, int | float):
        return CriterionState.UNKNOWN, "the score is not known"
    if value.value >= wanted.at_least:
        return CriterionState.MET, f"score {value.value:g}"
    return CriterionState.NOT_MET, f"score {value.value:g}, below {wanted.at_least:g}"


def _usable(value: ItemValue | None) -> TypeGuard[ItemValue]:
    return value is not None and value.state.usable


_willing: Latest[bool] = Latest()


def _wants_willingness(mapping: MappingSpec) -> bool:
    """Companies that map a field to it ask for it."""
    return _willing.get(
        (mapping,),
        lambda: WILLINGNESS in mapping.items and any(WILLINGNESS in s.items for s in mapping.streams.values()),
    )


CRITERIA: Mapping[str, Callable[[Evidence, PassFinding | None, frozenset[str]], _Answer]] = {
    "authority": _authority,
    "budget": _budget,
    "timing": _timing,
    "need": _need,
    SCORE: _score,
}
"""By id, in the order of the flag."""

RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "authority": ("job_title",),
    "budget": ("budget_status",),
    "timing": ("timing",),
    "need": ("pain", WILLINGNESS),
    SCORE: (),
}
"""The items that answer a criterion; which one holds the score is the definition's to say."""
