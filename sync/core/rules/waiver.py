"""Exceptions (例外承認): what people asked to be spared, whether an approver agreed, and whether that holds now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sync.core.mapping.activity import Change
from sync.core.mapping.latest import Latest
from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.tables import Tables, fold
from sync.core.mapping.spec import MappingSpec, StreamMapping
from sync.core.model.flags import CriterionState
from sync.core.model.handoff import CriterionFinding, Waiver, WaiverFinding, WaiverState
from sync.core.model.items import UNMAPPED, ItemValue, NormaliseContext, Provenance, ValueState
from sync.core.model.label import VALUE_LABELS
from sync.core.rules.criteria import CRITERIA, RESTS_ON
from sync.core.rules.evidence import Evidence

ITEMS, REASON, UNTIL, APPROVED = "waiver_items", "waiver_reason", "waiver_until", "waiver_approved"
"""Inputs by which people ask for an exception and approve it."""
_SEPARATORS = re.compile(r"[;；、,，／\r\n]+")
_YES = frozenset(fold(word) for word in ("true", "はい", "承認", "承認済み", "Yes", "Approved"))


@dataclass(frozen=True, slots=True)
class Named:
    """What a list of words names."""

    items: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Words that name neither, as typed."""


def read_names(text: str, mapping: MappingSpec) -> Named:
    """Items and criteria by id or label in either language, separated by `;` `、` `,` `／` or line ends."""
    names = _names.get((mapping,), lambda: _find_names(mapping))
    items: dict[str, None] = {}
    criteria: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for word in (part.strip() for part in _SEPARATORS.split(text)):
        if not word:
            continue
        item, criterion = names.get(fold(word), (None, None))
        if item is not None:
            items[item] = None
        if criterion is not None:
            criteria[criterion] = None
        if item is None and criterion is None:
            unknown[word] = None
    return Named(tuple(items), tuple(criteria), tuple(unknown))


def known_names(mapping: MappingSpec) -> tuple[str, ...]:
    """Every id that can be waived."""
    return tuple(dict.fromkeys((*mapping.items, *CRITERIA)))


def judge_waivers(evidence: Evidence, tables: Tables, unmapped: list[ItemValue]) -> tuple[WaiverFinding, ...]:
    """Every waiver of this handoff and what it is worth now; words that name nothing are added to `unmapped`."""
    asked = _asked(evidence, tables, unmapped)
    if not evidence.case.waivers:
        return asked
    since, today = evidence.forgets_before, evidence.today
    return (*asked, *(judge_kept(waiver, since, today) for waiver in evidence.case.waivers))


def spare_items(missing: Iterable[str], waivers: Iterable[WaiverFinding]) -> Mapping[str, Waiver]:
    """Which of these missing items are spared, and by which waiver."""
    return _spared(missing, [(found.waiver, found.waiver.items) for found in _in_force(waivers)])


def spare_criteria(criteria: Iterable[CriterionFinding], waivers: Sequence[WaiverFinding]) -> Mapping[str, Waiver]:
    """Which required criteria that are not met or unknown are spared, and by which waiver."""
    if not waivers:
        return {}
    wanted = [one.id for one in criteria if one.required and one.state is not CriterionState.MET]
    return _spared(wanted, [(found.waiver, found.waiver.criteria) for found in _in_force(waivers)])


def mark_waived(
    criteria: tuple[CriterionFinding, ...], waivers: Iterable[WaiverFinding]
) -> tuple[CriterionFinding, ...]:
    """The same with those marked that a waiver in force names, and those that nobody can know because an item that they
    rest on is waived."""
    granted = [found.waiver for found in _in_force(waivers)]
    if not granted:
        return criteria
    names = {name for waiver in granted for name in waiver.criteria}
    items = {name for waiver in granted for name in waiver.items}
    return tuple(
        replace(one, waived=True)
        if one.id in names or (one.state is CriterionState.UNKNOWN and items.intersection(RESTS_ON[one.id]))
        else one
        for one in criteria
    )


def find_ends(evidence: Evidence, waivers: Iterable[WaiverFinding]) -> Iterator[datetime]:
    """The first instant of the day after the last one of each waiver in force."""
    for found in _in_force(waivers):
        until = found.waiver.until
        if until is not None and until < date.max:
            yield datetime.combine(until + timedelta(days=1), time(), evidence.zone).astimezone(UTC)


def _in_force(waivers: Iterable[WaiverFinding]) -> Iterator[WaiverFinding]:
    return (found for found in waivers if found.state is WaiverState.IN_FORCE)


def _spared(wanted: Iterable[str], waivers: Sequence[tuple[Waiver, tuple[str, ...]]]) -> Mapping[str, Waiver]:
    """Of several waivers the one that lasts longest."""
    if not waivers:
        return {}
    spared: dict[str, Waiver] = {}
    known = sorted(waivers, key=lambda pair: pair[0].until or date.max, reverse=True)
    for name in wanted:
        found = next((waiver for waiver, names in known if name in names), None)
        if found is not None:
            spared[name] = found
    return spared


# --- what people asked for on the record ----------------------------------------------------------------------------
def _asked(evidence: Evidence, tables: Tables, unmapped: list[ItemValue]) -> tuple[WaiverFinding, ...]:
    stream = evidence.stream
    field = stream.inputs.get(ITEMS) if stream is not None else None
    text = evidence.anchor.values.get(field) if field is not None else None
    if stream is None or field is None or not isinstance(text, str) or not text.strip():
        return ()
    named = read_names(text, evidence.mapping)
    past = evidence.is_of_earlier_round(evidence.anchor, field)
    if not past:
        source = Provenance(evidence.anchor.ref, field)
        unmapped += (ItemValue(ITEMS, ValueState.UNREADABLE, None, word, source, UNMAPPED) for word in named.unknown)
    if not named.items and not named.criteria:
        return ()
    until, until_reason = _until(evidence, stream, tables)
    approval = _Approval.read(evidence, stream)
    waiver = Waiver(
        named.items,
        named.criteria,
        _text(evidence.anchor.values.get(stream.inputs.get(REASON, ""))),
        until,
        by=approval.by,
        at=approval.at,
        record=evidence.anchor.ref,
    )
    if past:
        return (WaiverFinding(waiver, WaiverState.PAST_CYCLE, "asked for in an earlier round"),)
    reason = until_reason or approval.refused
    if reason:
        return (WaiverFinding(waiver, WaiverState.WAITING, reason),)
    return (_while_it_lasts(waiver, evidence.today),)


def _until(evidence: Evidence, stream: StreamMapping, tables: Tables) -> tuple[date | None, str]:
    """The last day, and why nobody can tell it."""
    raw = evidence.anchor.values.get(stream.inputs.get(UNTIL, ""))
    if raw is None or raw == "":
        return None, ""
    context = NormaliseContext(region=evidence.rules.definition.region, tz=str(evidence.zone))
    found = normalise("date", raw, context, tables)
    if not found.state.usable or not isinstance(found.value, str):
        return None, "its last day is no date"
    return date.fromisoformat(found.value), ""


@dataclass(frozen=True, slots=True)
class _Approval:
    """Who approved what stands on the record now, or why nobody did."""

    by: str = ""
    at: datetime | None = None
    refused: str = ""

    @classmethod
    def read(cls, evidence: Evidence, stream: StreamMapping) -> _Approval:
        anchor, field = evidence.anchor, stream.inputs.get(APPROVED)
        if field is None or not _is_yes(anchor.values.get(field)):
            return cls(refused="nobody has approved it yet")
        changes = evidence.changes_of(anchor, field)
        if changes:
            return cls._by_change(evidence, stream, changes[-1])
        at = evidence.written_at(anchor, field)
        if stream.approval != "permission":
            return cls(refused="nobody can tell who approved it: no change is on record")
        if any(evidence.written_at(anchor, name) > at for name in _request(stream)):
            return cls(at=at, refused=_CHANGED)
        return cls(at=at)

    @classmethod
    def _by_change(cls, evidence: Evidence, stream: StreamMapping, change: Change) -> _Approval:
        colleague = evidence.directory.get(change.by) if change.by is not None else None
        by = (colleague.email if colleague is not None else "") or str(change.by or "")
        if colleague is None or not colleague.approver or colleague.machine:
            return cls(by, change.at, "it was approved by somebody who is none of the approvers")
        if change.told and not _is_yes(change.new):
            return cls(by, change.at, "the approval on record is not the one on the record")
        later = (c for name in _request(stream) for c in evidence.changes_of(evidence.anchor, name))
        if any(c.at is not None and change.at is not None and c.at > change.at for c in later):
            return cls(by, change.at, _CHANGED)
        return cls(by, change.at)


_CHANGED = "it was changed after it was approved"


def _request(stream: StreamMapping) -> list[str]:
    """The fields that say what is asked for."""
    return [field for name in (ITEMS, REASON, UNTIL) if (field := stream.inputs.get(name)) is not None]


def _is_yes(raw: Any) -> bool:
    return raw is True or (isinstance(raw, str) and fold(raw.strip()) in _YES)


def _text(raw: Any) -> str:
    return " ".join(raw.split()) if isinstance(raw, str) else ""


# --- what is kept in the store --------------------------------------------------------------------------------------
def judge_kept(waiver: Waiver, since: datetime | None, today: date) -> WaiverFinding:
    """What one from the store is worth on a local day; `since` is when a later cycle began (None in the first)."""
    if since is not None and waiver.at is not None and waiver.at < since:
        return WaiverFinding(waiver, WaiverState.PAST_CYCLE, "given in an earlier cycle")
    return _while_it_lasts(waiver, today)


def _while_it_lasts(waiver: Waiver, today: date) -> WaiverFinding:
    if waiver.until is not None and waiver.until < today:
        return WaiverFinding(waiver, WaiverState.EXPIRED, "its last day is over")
    return WaiverFinding(waiver, WaiverState.IN_FORCE)


# --- names ----------------------------------------------------------------------------------------------------------
_Name = tuple[str | None, str | None]
"""Item and criterion that a word names."""
_names: Latest[Mapping[str, _Name]] = Latest()


def _find_names(mapping: MappingSpec) -> dict[str, _Name]:
    items = {fold(word): spec.id for spec in mapping.items.values() for word in (spec.label.ja, spec.label.en)}
    items |= {fold(item): item for item in mapping.items}
    labels = VALUE_LABELS["unmet_criteria"]
    criteria = {fold(word): id_ for id_ in CRITERIA for word in (*labels.get(id_, ()), id_)}
    return {word: (items.get(word), criteria.get(word)) for word in (*items, *criteria)}
