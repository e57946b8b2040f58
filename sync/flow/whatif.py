"""Judging stored handoffs under two definitions, side by side, without writing: who changes side, why, and what became of them.

Both sides look at the values as stored now, so that only the definition differs. Closed deals and passes from before
`flags.enforce_from` count: they are the history that a definition is measured by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection as Transaction

from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.spec import MappingSpec
from sync.core.metrics import Rate, may_differ
from sync.core.metrics.track import is_accepted
from sync.core.model.flags import Verdict
from sync.core.model.handoff import Case, Directory, Judgement
from sync.core.model.records import RecordRef
from sync.core.reconcile.directory import build_directory
from sync.core.reconcile.judge import judge
from sync.core.rules.definition import RuleSet
from sync.flow.case import load_batch, load_colleagues
from sync.flow.judge import BATCH
from sync.store import Store, handoffs

SAMPLES = 5
_BESIDE = "beside"
"""Of a criterion that has no say under a definition, or that it does not have."""


@dataclass(frozen=True, slots=True)
class Side:
    """One definition, compiled."""

    mapping: MappingSpec
    rules: RuleSet
    tables: Tables


@dataclass(frozen=True, slots=True)
class Outcome:
    """Passes of one group and what became of them."""

    passes: int
    opportunity: Rate
    """商談化率（パス起点）: passes that became an opportunity."""
    accepted: Rate
    """案件化率: opportunities that FS accepted."""
    won: Rate
    """受注率: opportunities won so far."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What one definition makes of the passes since the day."""

    passes: int
    qualified: int
    not_qualified: int
    undetermined: int
    complete: int
    """Nothing required is missing."""
    all: Outcome
    of_qualified: Outcome
    of_complete: Outcome


@dataclass(frozen=True, slots=True)
class Reason:
    """Why handoffs change side. `kind` and `detail` are ids: criterion, item, or a reason of scope."""

    kind: str
    """`criterion`, `item`, `scope` or `pass`."""
    detail: str
    old: str
    new: str
    count: int
    samples: tuple[RecordRef, ...]
    """Anchors, a few."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    now: datetime
    since: datetime
    judged: int
    undated: int
    """Passed, but nobody recorded when: counted on neither side."""
    failed: int
    present: Standing
    other: Standing
    changed: int
    """Passes that are qualified or complete on one side alone."""
    gained: int
    """Qualified under the other definition only."""
    lost: int
    """Qualified under the present one only."""
    reasons: tuple[Reason, ...]
    kept: Outcome
    """Qualified under both: nobody is in this group and in the next one, so the two can be compared."""
    dropped: Outcome
    differs: bool | None
    """Whether 商談化率 of kept and dropped differs beyond chance; None: too few to say."""
    unread: tuple[str, ...]
    """Fields that the other mapping asks for and that were never read: unreadable in this comparison."""


def what_if(
    store: Store,
    present: Side,
    other: Side,
    since: datetime,
    now: datetime,
    accepted_stages: frozenset[str] = frozenset(),
) -> WhatIf:
    """Compare over passes at or after `since` (aware). Reads the store alone. In `accepted_stages` FS has taken an
    opportunity as one, whatever it answered."""
    sides = (present, other)
    seen = _Seen(since, accepted_stages)
    after = ""
    with store.read() as tx:
        directories = [build_directory(load_colleagues(tx, side.rules), side.rules.definition) for side in sides]
        while ids := handoffs.read_ids(tx, after, BATCH):
            after = ids[-1]
            for case in _cases(tx, ids):
                one, another = (
                    _judge(side, directory, case, now) for side, directory in zip(sides, directories, strict=True)
                )
                if one is None or another is None:
                    seen.failed += 1
                else:
                    seen.add(case.membership.anchor, one, another)
    return seen.told(now, _unread(present.mapping, other.mapping))


def _judge(side: Side, directory: Directory, case: Case, now: datetime) -> Judgement | None:
    """None for a case that breaks the rules' code, as a run parks it; the answer counts it."""
    with suppress(Exception):
        return judge(
            case,
            mapping=side.mapping,
            rules=side.rules,
            tables=side.tables,
            directory=directory,
            now=now,
            whole=False,
        )
    return None


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass, as far as it matters here."""

    anchor: RecordRef
    opportunity: bool
    accepted: bool
    won: bool


@dataclass(slots=True)
class _Seen:
    since: datetime
    accepted_stages: frozenset[str]
    judged: int = 0
    undated: int = 0
    failed: int = 0
    standing: tuple[dict[str, list[_Pass]], ...] = field(default_factory=lambda: ({}, {}))
    kept: list[_Pass] = field(default_factory=list[_Pass])
    dropped: list[_Pass] = field(default_factory=list[_Pass])
    changed: int = 0
    gained: int = 0
    reasons: dict[tuple[str, str, str, str], list[RecordRef]] = field(
        default_factory=dict[tuple[str, str, str, str], list[RecordRef]]
    )

    def add(self, anchor: RecordRef, one: Judgement, other: Judgement) -> None:
        self.judged += 1
        pair = (one, other)
        if any(not j.trace.left_out and j.pass_ is not None and j.pass_.at is None for j in pair):
            self.undated += 1
        counts = [self._counts(j) for j in pair]
        if not any(counts):
            return
        found = _outcome_of(one, anchor, self.accepted_stages)
        for index, judgement in enumerate(pair):
            if counts[index]:
                for group in ("all", judgement.verdict.value, *(() if judgement.missing else ("complete",))):
                    self.standing[index].setdefault(group, []).append(found)
        first, second = (c and j.verdict is Verdict.QUALIFIED for c, j in zip(counts, pair, strict=True))
        whole = [c and not j.missing for c, j in zip(counts, pair, strict=True)]
        self.gained += second and not first
        if first:
            (self.kept if second else self.dropped).append(found)
        if first != second or whole[0] != whole[1]:
            self.changed += 1
            for reason in _reasons(one, other, counts):
                self.reasons.setdefault(reason, []).append(found.anchor)

    def _counts(self, judgement: Judgement) -> bool:
        passed = judgement.pass_
        counted = not judgement.trace.left_out
        return counted and passed is not None and passed.at is not None and passed.at >= self.since

    def told(self, now: datetime, unread: tuple[str, ...]) -> WhatIf:
        kept, dropped = _measure(self.kept), _measure(self.dropped)
        reasons = [
            Reason(*key, count=len(anchors), samples=tuple(sorted(anchors)[:SAMPLES]))
            for key, anchors in self.reasons.items()
        ]
        reasons.sort(key=lambda r: (-r.count, r.kind, r.detail, r.old, r.new))
        return WhatIf(
            now=now,
            since=self.since,
            judged=self.judged,
            undated=self.undated,
            failed=self.failed,
            present=_stand(self.standing[0]),
            other=_stand(self.standing[1]),
            changed=self.changed,
            gained=self.gained,
            lost=len(self.dropped),
            reasons=tuple(reasons),
            kept=kept,
            dropped=dropped,
            differs=may_differ(kept.opportunity, dropped.opportunity),
            unread=unread,
        )


def _cases(tx: Transaction, ids: Collection[str]) -> Iterable[Case]:
    """The cases shown by no record, so that no texts are written."""
    return (replace(case, shown_on=()) for case in load_batch(tx, ids).cases.values())


def _outcome_of(judgement: Judgement, anchor: RecordRef, accepted_stages: frozenset[str]) -> _Pass:
    trace = judgement.trace
    accepted = trace.is_deal and is_accepted(trace.accepted, trace.won, trace.stages, trace.stage, accepted_stages)
    return _Pass(anchor, trace.is_deal, accepted, trace.won)


def _measure(passes: Collection[_Pass]) -> Outcome:
    deals = [one for one in passes if one.opportunity]
    return Outcome(
        len(passes),
        Rate(len(deals), len(passes)),
        Rate(sum(one.accepted for one in deals), len(deals)),
        Rate(sum(one.won for one in deals), len(deals)),
    )


def _stand(groups: Mapping[str, list[_Pass]]) -> Standing:
    count = Counter({name: len(passes) for name, passes in groups.items()})
    return Standing(
        passes=count["all"],
        qualified=count[Verdict.QUALIFIED.value],
        not_qualified=count[Verdict.NOT_QUALIFIED.value],
        undetermined=count[Verdict.UNDETERMINED.value],
        complete=count["complete"],
        all=_measure(groups.get("all", ())),
        of_qualified=_measure(groups.get(Verdict.QUALIFIED.value, ())),
        of_complete=_measure(groups.get("complete", ())),
    )


def _reasons(one: Judgement, other: Judgement, counts: list[bool]) -> Iterable[tuple[str, str, str, str]]:
    """What differs between the two judgements of a handoff, each once."""
    if counts[0] != counts[1]:
        if one.trace.left_out or other.trace.left_out:
            yield "scope", one.trace.left_out or other.trace.left_out, _in(one), _in(other)
        else:
            yield "pass", "passed_at", _event(one), _event(other)
        return
    before, after = (
        {finding.id: finding.state.value if finding.required else _BESIDE for finding in j.criteria}
        for j in (one, other)
    )
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, _BESIDE), after.get(name, _BESIDE)
        if old != new:
            yield "criterion", name, old, new
    for item in dict.fromkeys((*one.missing, *other.missing)):
        if (item in one.missing) != (item in other.missing):
            old, new = ("missing", "") if item in one.missing else ("", "missing")
            yield "item", item, old, new


def _in(judgement: Judgement) -> str:
    return "out" if judgement.trace.left_out else "in"


def _event(judgement: Judgement) -> str:
    return judgement.pass_.event if judgement.pass_ is not None else ""


def _unread(present: MappingSpec, other: MappingSpec) -> tuple[str, ...]:
    found: list[str] = []
    for name, stream in other.streams.items():
        known = present.streams.get(name)
        asked = {*stream.fields} - {*(known.fields if known is not None else ())}
        found += [f"{name[0]}:{name[1]}.{field_}" for field_ in sorted(asked)]
    return tuple(found)
