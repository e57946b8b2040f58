"""What a judgement leaves behind for rates: when what happened, and in which state the items are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from sync.core.mapping.activity import Change
from sync.core.mapping.items import rank_of
from sync.core.mapping.latest import Latest
from sync.core.mapping.normalise.tables import RANKS
from sync.core.mapping.spec import MappingSpec
from sync.core.model.handoff import PassFinding
from sync.core.model.items import LETTERS, ItemValue
from sync.core.model.trace import Trace
from sync.core.rules.evidence import Evidence, created_at
from sync.core.rules.owner import holder_at
from sync.core.rules.scope import judge_history

STAGE = "stage"
_VAGUE = LETTERS["vague"]
_BEFORE = timedelta(microseconds=1)


def trace_of(evidence: Evidence, passed: PassFinding | None, scope_reason: str, states: str) -> Trace:
    """Of the present round, as of now."""
    anchor, is_deal = evidence.anchor, evidence.is_deal
    decisions = list(_answers(evidence, "fs_decision")) if is_deal or evidence.is_lead(anchor) else []
    returns = [at for at, answer in decisions if answer == "returned"]
    reasons = [reason for _, reason in _answers(evidence, "return_reason") if reason] if returns else []
    answered_at, answer = decisions[-1] if decisions else (None, None)
    return Trace(
        left_out=judge_history(evidence, passed) if scope_reason else "",
        born_at=evidence.case.membership.opened_at,
        deal_at=created_at(anchor) if is_deal else None,
        is_deal=is_deal,
        stages=_stages(evidence) if is_deal else (),
        stage=str(anchor.facts.get(STAGE) or "") if is_deal else "",
        closed=is_deal and bool(anchor.facts.get("closed")),
        won=is_deal and bool(anchor.facts.get("won")),
        accepted=answer == "accepted",
        accepted_at=answered_at if answer == "accepted" else None,
        returned=bool(returns),
        returned_at=returns[-1] if returns else None,
        return_reason=reasons[-1] if reasons else "",
        groups=_groups(evidence, passed.at if passed is not None else None),
        states=states,
        choices=_choices(evidence.items, evidence.mapping),
    )


def states_of(items: Mapping[str, ItemValue], vague: Collection[str]) -> str:
    """The state of every item, in the order of the model."""
    letters = [value.state.letter for value in items.values()]
    for item in vague:
        letters[[*items].index(item)] = _VAGUE
    return _spell(tuple(items), "".join(letters))


@lru_cache(maxsize=4096)
def _spell(items: tuple[str, ...], letters: str) -> str:
    """Kept, because handoffs lack the same few items."""
    return " ".join([f"{item}={letter}" for item, letter in zip(items, letters, strict=True)])


def _stages(evidence: Evidence) -> tuple[tuple[datetime, str], ...]:
    """Entries alone: a row that says the same stage as the one before tells of another change."""
    subject, now = evidence.anchor.ref, evidence.now
    rows = [
        (change.at, change.new or "")
        for change in evidence.changes
        if change.field == STAGE and change.subject == subject and change.at is not None and change.at <= now
    ]
    rows.sort(key=_instant)
    return tuple([row for number, row in enumerate(rows) if not number or row[1] != rows[number - 1][1]])


def _instant(row: tuple[datetime, str]) -> datetime:
    return row[0]


def _answers(evidence: Evidence, name: str) -> Iterator[tuple[datetime, str | None]]:
    """What people answered on the sales record in this round, the present answer last."""
    stream, anchor = evidence.stream, evidence.anchor
    field = stream.inputs.get(name) if stream is not None else None
    if field is None or not (evidence.is_deal or evidence.is_lead(anchor)):
        return
    since = evidence.reopened_at
    last: Change | None = None
    for change in evidence.changes_of(anchor, field):
        if change.at is not None and change.told and (since is None or change.at >= since):
            last = change
            yield change.at, evidence.answer(name, change.new)
    present = evidence.input(name)
    if present is not None or last is not None:
        yield evidence.written_at(anchor, field), present


def _groups(evidence: Evidence, passed_at: datetime | None) -> tuple[str, ...]:
    """Of who had it right before the pass, else of the present owner's."""
    holder = holder_at(evidence, passed_at - _BEFORE) if passed_at is not None else None
    holder = holder or holder_at(evidence, evidence.now)
    return tuple(sorted(holder.groups)) if holder is not None else ()


def _choices(items: Mapping[str, ItemValue], mapping: MappingSpec) -> dict[str, str]:
    """Of a choice that no option knows: `unmapped`."""
    found: dict[str, str] = {}
    for item, is_title in _chosen.get((mapping,), lambda: _find_chosen(mapping)):
        value = items.get(item)
        if value is None:
            continue
        if value.state.usable:
            rank = rank_of(value) if is_title else None
            found[item] = RANKS[rank] if rank is not None else "unknown" if is_title else str(value.value)
        elif value.unmapped:
            found[item] = "unmapped"
    return found


_chosen: Latest[tuple[tuple[str, bool], ...]] = Latest()


def _find_chosen(mapping: MappingSpec) -> tuple[tuple[str, bool], ...]:
    """Items that are picked from a list, and whether it is the title; none that is sensitive."""
    specs = [spec for spec in mapping.items.values() if not spec.sensitive and spec.as_ in ("picklist", "title")]
    return tuple([(spec.id, spec.as_ == "title") for spec in specs])
