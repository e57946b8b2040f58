"""Which field of an object may hold an item: candidates with evidence and a confidence. Pure.

A field is *sure* where its whole label (or a vendor's own name) says so, its sort fits and its values do not contradict;
*doubtful* where something of that is missing or another field comes close: a person has to look. Below that, nothing is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.core.mapping.normalise.picklist import find_option
from sync.core.mapping.normalise.tables import fold
from sync.core.mapping.propose_words import ELSEWHERE, INPUTS, WANTED, Wanted

SURE, DOUBTFUL = 0.75, 0.5
CLOSE = 0.05
"""Two fields nearer than this cannot be told apart."""
FEW = 10
"""Fewer usable values say nothing about what a field is for."""
_LATIN = 5
"""Letters of a Latin word that is looked for inside a label: shorter ones are parts of others (`ng` of `Rating`)."""
_BRACKETS = re.compile(r"[(（\[【「＜<].*?[)）\]】」＞>]", re.DOTALL)
_NOT_WORD = re.compile(r"[\W_]+")
_MANY = frozenset({"phone", "lead_source", "engaged_content"})
"""Items that several fields may hold, the first usable one wins."""


@dataclass(frozen=True, slots=True)
class FieldSeen:
    """A field as the CRM describes it."""

    name: str
    label: str = ""
    sort: str = "text"
    choices: tuple[str, ...] = ()
    spelled: str = ""
    """The name without what the CRM adds to it; empty: the same."""
    custom: bool = False
    """Made by the company: the name alone does not say what it is for."""


@dataclass(slots=True)
class FieldCounts:
    """What the values of one field are when they are read as one item."""

    records: int = 0
    filled: int = 0
    usable: int = 0
    """Neither empty nor a placeholder."""
    fitting: int = 0
    """Of `usable` those that the item's normaliser understands."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One field that may hold an item (or a person's answer)."""

    item: str
    field: str
    label: str
    confidence: float
    """0 to 1; no probability, an order."""
    evidence: tuple[str, ...] = ()
    """Ids of what speaks for it and against it."""

    @property
    def sure(self) -> bool:
        return self.confidence >= SURE


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one item on one object; `sure` ones first. Several only where several may be mapped."""

    item: str
    sure: tuple[Candidate, ...] = ()
    doubtful: tuple[Candidate, ...] = field(default=())


def rate_fields(
    fields: Iterable[FieldSeen],
    options: Mapping[str, Mapping[str, str]],
    known: Mapping[str, Sequence[str]],
    asked: Collection[str] | None = None,
) -> list[Candidate]:
    """By description alone: everything that is at least doubtful, the most likely first.

    `options`: of items and inputs with a list, raw value (folded) → meaning. `known`: item or input → names of fields that
    hold it where nothing was renamed, the usual one first. `asked`: only these items and inputs.
    """
    found = [
        candidate
        for one in fields
        for item, wanted in (*WANTED.items(), *INPUTS.items())
        if asked is None or item in asked
        if (candidate := _rate(item, wanted, one, options.get(item, {}), known.get(item, ()))) is not None
    ]
    return sorted(found, key=lambda one: (-one.confidence, one.item, one.field))


def propose(candidates: Sequence[Candidate], counts: Mapping[tuple[str, str], FieldCounts]) -> dict[str, Proposal]:
    """By item. `counts`: (item, field) → what its values are."""
    weighed = [_weigh(one, counts.get((one.item, one.field))) for one in candidates]
    kept = [one for one in _part_fields(weighed) if one.confidence >= DOUBTFUL]
    items = dict.fromkeys(one.item for one in kept)
    return {item: _choose(item, [one for one in kept if one.item == item]) for item in items}


def _rate(
    item: str, wanted: Wanted, seen: FieldSeen, options: Mapping[str, str], known: Sequence[str]
) -> Candidate | None:
    if seen.sort not in wanted.sorts:
        return None
    score, evidence = _name_score(wanted, seen, known)
    if score == 0 or not options or not seen.choices:
        return Candidate(item, seen.name, seen.label, score, evidence) if score >= DOUBTFUL else None
    fitting = sum(find_option(one, options) is not None or fold(one) in options for one in seen.choices)
    if fitting * 2 >= len(seen.choices):
        score, evidence = min(score + 0.1, 0.98), (*evidence, "choices_fit")
    elif fitting == 0 and item != "lead_source":  # every company has its own list of sources
        score, evidence = score - 0.25, (*evidence, "choices_differ")
    return Candidate(item, seen.name, seen.label, score, evidence) if score >= DOUBTFUL else None


def _name_score(wanted: Wanted, seen: FieldSeen, known: Sequence[str]) -> tuple[float, tuple[str, ...]]:
    own = seen.spelled or seen.name
    label, words = word_of(seen.label), [word_of(one) for one in wanted.words]
    if seen.name in known:
        later = 0.01 * known.index(seen.name)
        if not seen.custom:
            return 0.95 - later, ("name_standard",)
        told = not label or label == word_of(own) or any(one in label or label in one for one in words)
        return (0.9 - later, ("name_known",)) if told else (SURE - 0.05, ("name_known", "label_differs"))
    if label in words:
        return 0.9, ("label_says",)
    spelled = word_of(own)
    if not label and spelled in words:
        return 0.8, ("name_says",)
    if any(word_of(one) in label for one in (*wanted.against, *ELSEWHERE)):
        return 0.0, ()
    hints = (one for one in words if len(one) >= (_LATIN if one.isascii() else 2) and one in label)
    covered = max((len(one) / len(label) for one in hints), default=0.0)
    hinted = 0.4 + 0.3 * covered if covered else 0.55 if spelled in words else 0.0
    return (hinted, ("label_hints" if covered else "name_says",)) if hinted else (0.0, ())


def word_of(text: str) -> str:
    """Folded, without what stands in brackets, blanks and punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NOT_WORD.sub("", _BRACKETS.sub("", folded)) or _NOT_WORD.sub("", folded)


def _weigh(one: Candidate, counts: FieldCounts | None) -> Candidate:
    """With what its values are."""
    if counts is None or not counts.records:
        return replace(one, evidence=(*one.evidence, "no_records"), confidence=min(one.confidence, SURE - 0.01))
    if not counts.filled:
        return replace(one, evidence=(*one.evidence, "never_filled"), confidence=min(one.confidence, SURE - 0.01))
    wanted = WANTED.get(one.item) or INPUTS[one.item]
    if not wanted.kind or counts.usable < FEW:
        return one
    share = counts.fitting / counts.usable
    if share >= 0.7:
        return replace(one, evidence=(*one.evidence, "values_fit"), confidence=min(one.confidence + 0.05, 0.99))
    if share < 0.4:
        return replace(one, evidence=(*one.evidence, "values_differ"), confidence=one.confidence - 0.25)
    return one


def _part_fields(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """A field holds one item: the likeliest; where two are as likely, both are doubtful."""
    best: dict[str, list[Candidate]] = {}
    for one in sorted(candidates, key=lambda one: -one.confidence):
        best.setdefault(one.field, []).append(one)
    for first, *others in best.values():
        rivals = [one for one in others if first.confidence - one.confidence < CLOSE]
        if not rivals:
            yield first
        yield from (_doubt(one, "two_items") for one in ([first, *rivals] if rivals else ()))


def _choose(item: str, candidates: Sequence[Candidate]) -> Proposal:
    ordered = sorted(candidates, key=lambda one: -one.confidence)
    sure = [one for one in ordered if one.sure]
    if len(sure) > 1 and item not in _MANY:
        near = [one for one in sure if sure[0].confidence - one.confidence < CLOSE]
        rest = [one for one in ordered if one not in near]
        if len(near) > 1:
            return Proposal(item, (), tuple(_doubt(one, "two_fields") for one in near) + tuple(rest))
        return Proposal(item, (sure[0],), tuple(_doubt(one, "second_best") for one in rest))
    return Proposal(item, tuple(sure), tuple(one for one in ordered if not one.sure))


def _doubt(one: Candidate, why: str) -> Candidate:
    return replace(one, confidence=min(one.confidence, SURE - 0.01), evidence=(*one.evidence, why))
