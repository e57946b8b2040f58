"""The note on a record: what is missing, what to do next, where to type it. Stable: no ages, no present time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sync.core.mapping.items import UNUSABLE
from sync.core.mapping.spec import ItemSpec
from sync.core.model.flags import Actor, CriterionState, SlaState, Status
from sync.core.model.handoff import ClockFinding, CriterionFinding, Judgement, Waiver
from sync.core.model.items import ItemValue, ValueState
from sync.core.model.records import RecordRef
from sync.core.rules.criteria import SCORE, WILLINGNESS
from sync.core.rules.evidence import Evidence
from sync.core.rules.quote import quote
from sync.core.rules.required import CHANNEL, SQL_DATE, empty_automatic, unreadable_items
from sync.core.rules.sentence import MANY_NOTES, Sentence, Stream, Words, criterion_label, fingerprint, words_of

LONGEST_NOTE = 2000
NEVER_QUOTED = frozenset({"contact_name", "phone", "email", CHANNEL})
"""What identifies a person stays in its own field."""
OWN_NAME = "own_name"
"""Reason of a decision maker that is the contact's own name: a name, and therefore not quoted either."""
_CRITERION_ITEM = {"authority": "job_title", "budget": "budget_status", "timing": "timing", "need": "pain"}


class Notes(NamedTuple):
    """What a handoff has to say on the records that show it."""

    texts: Mapping[RecordRef, str]
    digest: str
    """Of the content: the same while only its wording changes."""


def compose_notes(evidence: Evidence, judgement: Judgement) -> Notes:
    """What to say about a handoff in scope on each record that shows it, in the language of the rules.

    Whole lines, at most 2000 characters; the last ones say where to type on that record.
    """
    words = words_of(evidence.mapping, evidence.rules.language)
    writer = _Writer(evidence, judgement, words)
    said = writer.headline()
    heads = len(said)
    said += writer.asked()
    asks = len(said) > heads or judgement.status is Status.RETURNED
    asked = tuple(dict.fromkeys([sentence.item for sentence in said[heads:]]))
    said += writer.rest()
    texts: dict[RecordRef, str] = {}
    digest = ""
    content = tuple(said)
    for target in evidence.case.shown_on:
        texts[target], digest = _written(words, content, asked if asks else None, target[:2])
    return Notes(texts, digest)


def _written(
    words: Words, said: tuple[Sentence, ...], asked: tuple[str, ...] | None, stream: Stream
) -> tuple[str, str]:
    """The note on records of a stream, and the digest of its content; `asked` are the items that it says where to type.
    Kept: handoffs lack the same items, and are judged again."""
    key = (said, asked, stream)
    note = words.notes.get(key)
    if note is None:
        lines = [words.put(sentence, stream[0]) for sentence in said]
        places = words.where(stream, asked) if asked is not None else ()
        text = _fit([line.text for line in lines], places, words.texts["more"])
        note = text, fingerprint("\n".join([line.content for line in lines]))
        if len(words.notes) >= MANY_NOTES:
            words.notes.clear()
        words.notes[key] = note
    return note


@dataclass(slots=True)
class _Writer:
    evidence: Evidence
    judgement: Judgement
    words: Words

    # --- who acts ---------------------------------------------------------------------------------------------------
    def headline(self) -> list[Sentence]:
        lines, cycle = list(self._headline()), self.judgement.cycle
        if cycle > 1:
            lines[0] = lines[0]._replace(values=(*lines[0].values, ("around", "again"), ("cycle", cycle)))
        return lines

    def _headline(self) -> Iterator[Sentence]:
        judgement = self.judgement
        status = judgement.status
        if status is Status.UNDETERMINED:
            yield from self._undetermined()
        elif status is Status.RETURNED:
            yield from self._returned()
        elif status in (Status.PASSED, Status.READY):
            yield self._complete()
        else:
            yield self._head(f"head.{status.value}", count=len(judgement.missing))

    def _head(self, message: str, count: int = 0) -> Sentence:
        return Sentence(message, values=(("actor", self.judgement.next_actor.value), ("count", count)))

    def _returned(self) -> Iterator[Sentence]:
        known = self.evidence.input("return_reason") or ""
        reason = known if known in self.words.reasons else quote(self.evidence.typed_input("return_reason") or "")
        yield Sentence("head.returned" if reason else "head.returned_plain", values=(("because", reason),))
        step = f"returned.{known}"
        yield self._head(step if step in self.words.texts else "returned.other")

    def _complete(self) -> Sentence:
        """Nothing is missing; still somebody may have to act."""
        judgement = self.judgement
        unknown = sum(finding.counts and finding.state is CriterionState.UNKNOWN for finding in judgement.criteria)
        if judgement.next_actor in (Actor.IS, Actor.FS) and unknown:
            return self._head("head.to_confirm", count=unknown)
        return self._head(
            "head.for_revops" if judgement.next_actor is Actor.REVOPS else f"head.{judgement.status.value}"
        )

    def _undetermined(self) -> Iterator[Sentence]:
        evidence = self.evidence
        if not evidence.has_person:
            yield Sentence("head.undetermined_person")
            yield Sentence("revops.person")
        elif evidence.case.membership.ambiguous:
            yield Sentence("head.undetermined_link", values=(("systems", self._systems()),))
            yield Sentence("revops.link")
        else:
            unreadable = unreadable_items(evidence)
            yield Sentence("head.undetermined_unreadable", values=(("items", unreadable),))
            unmapped = [item for item in unreadable if (value := evidence.items.get(item)) and value.unmapped]
            if len(unmapped) < len(unreadable):
                yield Sentence("revops.unreadable")
            yield from self._unmapped(unmapped)

    def _unmapped(self, items: Iterable[str]) -> Iterator[Sentence]:
        """Answers that somebody gave and that only the table does not know."""
        said = False
        for item in items:
            said = True
            if raw := self._quoted(self.evidence.mapping.items[item], self.evidence.items[item]):
                yield Sentence("unmapped", item, raw)
        if said:
            yield Sentence("revops.unmapped")

    # --- what to type -----------------------------------------------------------------------------------------------
    def asked(self) -> Iterator[Sentence]:
        for item in self.judgement.missing:
            yield self._item_line(item)
        if self.evidence.has_person:
            yield from self._vague()
            yield from self._criteria()
        yield from self._conflicts()

    def _item_line(self, item: str) -> Sentence:
        spec, value = self.evidence.mapping.items[item], self.evidence.items[item]
        state, system = value.state, _held_by(value)
        if spec.all_of:
            lacking = tuple(part for part in spec.all_of if not _is_usable(self.evidence.items.get(part)))
            return Sentence("item.group_lacking", item, values=(("items", lacking),))
        if spec.any_of and item != CHANNEL:
            return Sentence("item.group_any", item, values=(("items", spec.any_of),))
        if state is ValueState.MISSING:
            unusable = item == CHANNEL and value.reason == UNUSABLE
            return Sentence("item.channel_unusable" if unusable else "item.missing", item)
        if value.reason == OWN_NAME:
            return Sentence("item.own_name", item, system=system)
        raw = self._quoted(spec, value)
        if not raw:
            return Sentence(f"item.{state.value}_hidden", item, system=system)
        if state is ValueState.INVALID:
            return Sentence("item.invalid", item, raw, system, (("why", self._why(spec, value)),))
        if state is ValueState.STALE and spec.as_ != "timing":
            return Sentence("item.stale_day", item, raw, system)
        return Sentence(f"item.{state.value}", item, raw, system)

    def _why(self, spec: ItemSpec, value: ItemValue) -> str:
        for why in (value.reason, spec.as_):
            if f"why.{why}" in self.words.texts:
                return str(why)
        return "other"

    def _vague(self) -> Iterator[Sentence]:
        for item in self.judgement.vague:
            spec, value = self.evidence.mapping.items[item], self.evidence.items[item]
            raw = self._quoted(spec, value)
            yield Sentence("vague" if raw else "vague_hidden", item, raw, _held_by(value))
        said = {*self.judgement.vague, *self.judgement.missing}
        for item in sorted(self.evidence.case.repeated - said):
            spec, value = self.evidence.mapping.items[item], self.evidence.items[item]
            if value.state.usable and (raw := self._quoted(spec, value)):
                yield Sentence("repeated", item, raw, _held_by(value))

    def _criteria(self) -> Iterator[Sentence]:
        for finding in self.judgement.criteria:
            if finding.state is CriterionState.MET or finding.waived:
                continue
            item = self._criterion_item(finding.id)
            value = self.evidence.items.get(item)
            message = self._criterion_message(finding, value)
            if message is not None:
                yield self._criterion_line(message, item, value, required=finding.required)

    def _criterion_item(self, criterion: str) -> str:
        score = self.evidence.rules.definition.score
        if criterion == SCORE and score is not None:
            return score.item
        return _CRITERION_ITEM[criterion] if criterion != "need" else WILLINGNESS

    def _criterion_line(self, message: str, item: str, value: ItemValue | None, *, required: bool) -> Sentence:
        spec = self.evidence.mapping.items.get(item)
        raw = self._quoted(spec, value) if spec is not None and value is not None else ""
        definition = self.evidence.rules.definition
        least = f"{definition.score.at_least:g}" if definition.score is not None else ""
        values = (("months", definition.within_months), ("rank", definition.rank_at_least), ("least", least))
        return Sentence(message, item, raw, _held_by(value), values if required else (*values, ("around", "beside")))

    def _criterion_message(self, finding: CriterionFinding, value: ItemValue | None) -> str | None:
        """None where the line of the missing item or of the vague text says it already, or there is nothing to say."""
        if finding.id == "need":
            return self._need_message(value)
        if finding.id == "authority":
            if value is not None and value.raw:
                return "criterion.authority.unknown"
            return "criterion.authority.unreadable" if _is_unreadable(value) else "criterion.authority.missing"
        if finding.id == SCORE:
            return f"criterion.score.{finding.state.value}"
        if value is None or not value.state.usable:
            return None
        if finding.id == "timing" and finding.state is CriterionState.UNKNOWN and value.value is None:
            return "criterion.timing.follow_up"
        if finding.id == "timing" and finding.state is CriterionState.UNKNOWN and self._is_hidden(SQL_DATE):
            return "criterion.timing.unreadable"
        return f"criterion.{finding.id}.{finding.state.value}"

    def _need_message(self, willingness: ItemValue | None) -> str | None:
        pain = self.evidence.items.get("pain")
        stated = pain is not None and pain.state.usable and pain.item not in self.judgement.vague
        if not stated or willingness is None or willingness.state.usable or WILLINGNESS in self.judgement.missing:
            return None
        return "criterion.need.unreadable" if _is_unreadable(willingness) else "criterion.need.unknown"

    def _conflicts(self) -> Iterator[Sentence]:
        for item in self.words.comparable:
            value = self.evidence.items.get(item)
            if value is None or not value.conflicts:
                continue
            sides = sorted((v.source.record, v.raw or "") for v in (value, *value.conflicts) if v.source is not None)
            held = tuple((record.connection, quote(raw)) for record, raw in sides)
            yield Sentence("conflict", item, values=(("held", held),))

    # --- what else there is -----------------------------------------------------------------------------------------
    def rest(self) -> Iterator[Sentence]:
        if self.evidence.case.membership.ambiguous and self.judgement.status is not Status.UNDETERMINED:
            yield Sentence("ambiguous", values=(("systems", self._systems()),))
        for clock in self.judgement.published_clocks:
            if (message := _clock_message(clock)) is not None:
                due, at = self._moment(clock.due), self._moment(clock.contact_at)
                yield Sentence(message, values=(("clock", clock.id), ("due", due), ("at", at)))
        if self.evidence.has_person:
            yield from self._automatic()
        yield from self._waivers()

    def _waivers(self) -> Iterator[Sentence]:
        """What need not be there and why; and what somebody asked for and nobody approved yet."""
        in_force: dict[Waiver, list[str]] = {}
        for item, waiver in self.judgement.waived.items():
            in_force.setdefault(waiver, []).append(item)
        for criterion, waiver in self.judgement.sql_waived.items():
            in_force.setdefault(waiver, []).append(criterion_label(criterion))
        for waiver, items in in_force.items():
            yield _waiver_line("waived", waiver, items)
        for waiver in self.judgement.waiting_waivers:
            yield _waiver_line("waiting", waiver, [*waiver.items, *map(criterion_label, waiver.criteria)])

    def _automatic(self) -> Iterator[Sentence]:
        evidence, judgement = self.evidence, self.judgement
        empty = empty_automatic(evidence, passed=judgement.pass_ is not None)
        empty = [item for item in empty if item not in judgement.missing]
        if not empty:
            return
        hidden = tuple(item for item in empty if self._is_hidden(item))
        dated = tuple(i for i in empty if (v := evidence.items.get(i)) and f"automatic.{v.reason}" in self.words.texts)
        said = {*hidden, *dated}
        if plain := tuple(item for item in empty if item not in said):
            yield Sentence("automatic", values=(("items", plain),))
        for item in dated:
            value = evidence.items[item]
            yield Sentence(f"automatic.{value.reason}", item, quote(value.raw or ""), _held_by(value))
        if hidden and not evidence.case.membership.ambiguous:
            yield Sentence("automatic_unreadable", values=(("items", hidden),))

    def _is_hidden(self, item: str) -> bool:
        return _is_unreadable(self.evidence.items.get(item))

    def _quoted(self, spec: ItemSpec, value: ItemValue) -> str:
        """Empty for what must not be quoted, and where nothing visible was typed."""
        if spec.sensitive or spec.id in NEVER_QUOTED or value.raw is None:
            return ""
        return quote(value.raw)

    def _systems(self) -> tuple[str, ...]:
        """Those whose records people look at, the sales side last."""
        return tuple(reversed(self.evidence.mapping.prefer))

    def _moment(self, at: datetime | None) -> str:
        return at.astimezone(self.evidence.zone).strftime("%m/%d %H:%M") if at is not None else ""


def _waiver_line(message: str, waiver: Waiver, items: list[str]) -> Sentence:
    reason, until = quote(waiver.reason), f"{waiver.until:%Y/%m/%d}" if waiver.until is not None else ""
    if not items:
        return Sentence(f"{message}.unclear")
    told = [name for name, value in (("reason", reason), ("until", until)) if value]
    values = (("items", tuple(items)), ("reason", reason), ("until", until))
    return Sentence(".".join((message, *told)), values=values)


def _held_by(value: ItemValue | None) -> str:
    return value.source.record.connection if value is not None and value.raw and value.source is not None else ""


def _is_usable(value: ItemValue | None) -> bool:
    return value is not None and value.state.usable


def _is_unreadable(value: ItemValue | None) -> bool:
    """What nobody could read is never called empty."""
    return value is None or value.state is ValueState.UNREADABLE


def _clock_message(clock: ClockFinding) -> str | None:
    if clock.corrected:
        return f"clock.corrected_{clock.state.value}"
    if clock.unread:
        return "clock.stray" if clock.sign is not None and clock.sign.stray else "clock.unread"
    if clock.state in (SlaState.BREACHED, SlaState.MET_LATE, SlaState.UNVERIFIED):
        return f"clock.{clock.state.value}_answer" if clock.decided else f"clock.{clock.state.value}"
    return None


def _fit(lines: list[str], last: Sequence[str], more: str) -> str:
    """Whole lines only; what does not fit is counted, and the lines that say where to type stay."""
    text = "\n".join([*lines, *last])
    kept = list(lines)
    while len(text) > LONGEST_NOTE and len(kept) > 1:
        kept.pop()
        text = "\n".join([*kept, more.format(count=len(lines) - len(kept)), *last])
    return text[:LONGEST_NOTE]
