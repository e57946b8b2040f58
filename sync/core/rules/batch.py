"""Batches: people who came by one upload, of an event or a list, and share the start of their clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time

from sync.core.calendar import Target, TargetKind, next_opening
from sync.core.mapping.normalise.tables import fold
from sync.core.model.fixed import fixed
from sync.core.model.handoff import Arrival, Case, ClockBatch, Judgement
from sync.core.model.items import ItemValue
from sync.core.rules.definition import BatchPolicy, BatchRule, ClockPolicy, GivenBatch
from sync.core.rules.evidence import Evidence

TARGETS: Mapping[str, Target] = {
    "A": Target(TargetKind.BUSINESS_DAYS, days=2),
    "B": Target(TargetKind.BUSINESS_DAYS, days=5),
    "C": Target(TargetKind.NONE),
}
"""By the rank that an operator gives a batch."""


@fixed
class Joined:
    """The batch that one handoff belongs to, as one clock sees it."""

    told: ClockBatch
    own_until: datetime
    """What the person asked for until then came along with the upload; what came later is an inquiry of its own."""
    target: Target | None
    """In the place of that of the lead source."""


def find_batches(arrivals: Sequence[datetime], rule: BatchRule) -> list[datetime | None]:
    """For each arrival from one source (in order of time) the first one of its batch; None where it is in none.

    A batch is a span of `within` (both ends included) with at least so many arrivals, and every other such span that
    shares an arrival with it.
    """
    first: list[datetime | None] = [None] * len(arrivals)
    begin: datetime | None = None
    marked = end = 0
    for index, at in enumerate(arrivals):
        while end < len(arrivals) and arrivals[end] - at <= rule.within:
            end += 1
        if end - index < rule.at_least:
            continue
        if begin is None or index >= marked:
            begin, marked = at, index
        first[marked:end] = [begin] * (end - marked)
        marked = end
    return first


def arrivals_of(case: Case, judgement: Judgement, clocks: Iterable[ClockPolicy]) -> dict[str, Arrival]:
    """By key of the rule: from what source, as typed, and when the person came; nothing where no batch is looked for."""
    at, source = case.membership.opened_at, judgement.items.get("lead_source")
    raw = _typed(source)
    if at is None or source is None or not raw:
        return {}
    wanted = (clock.batch for clock in clocks if clock.batch is not None and source.value in clock.batch.sources)
    return {policy.rule.key: Arrival(fold(raw), at) for policy in wanted}


def batch_of(evidence: Evidence, policy: ClockPolicy) -> Joined | None:
    """The batch by which this clock goes: one that the operator gave, else one that was found. None in a later round."""
    batch, created = policy.batch, evidence.case.membership.opened_at
    source = evidence.items.get("lead_source")
    raw = _typed(source)
    if batch is None or created is None or source is None or not raw or evidence.case.memory.rounds:
        return None
    own_until = created + batch.rule.within
    given = _given(batch, fold(raw), created.astimezone(evidence.zone).date()) if batch.given else None
    if given is not None:
        opening = next_opening(policy.calendar, datetime.combine(given.start, time(), policy.calendar.zone))
        told = ClockBatch(raw, opening.astimezone(UTC), given=True, rank=given.rank)
        return Joined(told, own_until, TARGETS[given.rank] if given.rank else None)
    found = evidence.case.batches.get(batch.rule.key)
    if found is None or found.batch_at is None or source.value not in batch.sources:
        return None
    return Joined(ClockBatch(raw, found.batch_at), own_until, None)


def _typed(source: ItemValue | None) -> str:
    raw = source.raw if source is not None and source.state.usable else None
    return raw.strip() if isinstance(raw, str) else ""


def _given(batch: BatchPolicy, source: str, day: date) -> GivenBatch | None:
    """Of several the last one in the file."""
    return next((one for one in reversed(batch.given) if one.source == source and one.first <= day <= one.last), None)


def starts_later(joined: Joined, inquiry: datetime) -> bool:
    """Whether the person asked for something themselves since the upload: that is a clock of their own."""
    return inquiry > joined.own_until and inquiry > joined.told.start


def days_needed(records: int, people: int, per_day: int) -> float | None:
    """Working days for so many records, rounded up to a tenth; None where nobody works on them."""
    a_day = people * per_day
    return -(-records * 10 // a_day) / 10 if a_day > 0 else None
