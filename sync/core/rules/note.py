"""The note on a record: what is missing, what to do next, where to type it. Stable: no ages, no present time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sync.core.mapping.spec import ItemSpec
from sync.core.model.flags import Actor, CriterionState, SlaState, Status
from sync.core.model.handoff import ClockFinding, CriterionFinding, Judgement
from sync.core.model.items import ItemValue, ValueState
from sync.core.model.records import RecordRef
from sync.core.rules.catalogue import messages
from sync.core.rules.evidence import Evidence
from sync.core.rules.quote import quote
from sync.core.rules.required import CHANNEL, SQL_DATE, empty_automatic, unreadable_items

LONGEST_NOTE = 2000
NEVER_QUOTED = frozenset({"contact_name", "phone", "email", CHANNEL})
"""What identifies a person stays in its own field."""
_CRITERION_ITEM = {"authority": "job_title", "budget": "budget_status", "timing": "timing", "need": "pain"}


def compose_notes(evidence: Evidence, judgement: Judgement) -> dict[RecordRef, str]:
    """What to say about a handoff in scope on each record that shows it, in the language of the rules.

    Whole lines, at most 2000 characters; the last one says where to type on that record.
    """
    language = evidence.rules.language
    writer = _Writer(evidence, judgement, "", language, messages(language))
    first, rest = [*writer.headline()], [*writer.link(), *writer.clocks(), *writer.automatic()]
    notes: dict[RecordRef, str] = {}
    typed: list[str] = []
    for target in sorted(evidence.case.shown_on):
        if target.connection != writer.connection:
            writer.connection = target.connection
            typed = [*writer.missing(), *writer.vague(), *writer.criteria(), *writer.conflicts()]
        asks = bool(typed) or judgement.status is Status.RETURNED
        notes[target] = _fit([*first, *typed, *rest], [*writer.where(target)] if asks else [], writer.texts["more"])
    return notes


@dataclass(slots=True)
class _Writer:
    evidence: Evidence
    judgement: Judgement
    connection: str
    """Whose record the note stands on: a value that lies in another system is named with it."""

    language: str
    texts: Mapping[str, str]

    def where(self, target: RecordRef) -> Iterator[str]:
        stream = self.evidence.mapping.streams.get((target.connection, target.stream))
        if stream is not None and stream.where is not None:
            yield self.say("where", where=stream.where.in_(self.language))

    def say(self, message: str, **values: object) -> str:
        return self.texts[message].format(**values)

    def headline(self) -> Iterator[str]:
        judgement = self.judgement
        status = judgement.status
        if status is Status.UNDETERMINED:
            yield from self._undetermined()
        elif status is Status.RETURNED:
            yield from self._returned()
        elif status in (Status.PASSED, Status.READY):
            yield self._complete()
        else:
            yield self.say(f"head.{status.value}", count=len(judgement.missing), actor=self._actor())

    def _returned(self) -> Iterator[str]:
        reason = quote(self.evidence.input("return_reason") or "")
        head = "head.returned" if reason else "head.returned_plain"
        yield self.say(head, reason=reason)
        step = f"returned.{reason}"
        yield self.say(step if step in self.texts else "returned.other", actor=self._actor())

    def _complete(self) -> str:
        """Nothing is missing; still somebody may have to act."""
        judgement = self.judgement
        unknown = sum(finding.state is CriterionState.UNKNOWN for finding in judgement.criteria)
        if judgement.next_actor in (Actor.IS, Actor.FS) and unknown:
            return self.say("head.to_confirm", count=unknown, actor=self._actor())
        head = "head.for_revops" if judgement.next_actor is Actor.REVOPS else f"head.{judgement.status.value}"
        return self.say(head, actor=self._actor())

    def _actor(self) -> str:
        return self.texts[f"actor.{self.judgement.next_actor.value}"]

    def _undetermined(self) -> Iterator[str]:
        evidence = self.evidence
        if not evidence.has_person:
            yield self.texts["head.undetermined_person"]
            yield self.texts["revops.person"]
        elif evidence.case.membership.ambiguous:
            yield self.say("head.undetermined_link", systems=self._systems())
            yield self.texts["revops.link"]
        else:
            unreadable = unreadable_items(evidence)
            yield self.say("head.undetermined_unreadable", items=self._labels(unreadable))
            unmapped = [item for item in unreadable if (value := evidence.items.get(item)) and value.unmapped]
            if len(unmapped) < len(unreadable):
                yield self.texts["revops.unreadable"]
            yield from self._unmapped(unmapped)

    def _unmapped(self, items: Iterable[str]) -> Iterator[str]:
        """Answers that somebody gave and that only the table does not know."""
        said = [(self.evidence.mapping.items[item], self.evidence.items[item]) for item in items]
        for spec, value in said:
            if raw := self._quoted(spec, value):
                yield self.say("unmapped", label=spec.label.in_(self.language), raw=raw)
        if said:
            yield self.texts["revops.unmapped"]

    def missing(self) -> Iterator[str]:
        for item in self.judgement.missing:
            yield self._item_line(item)

    def _item_line(self, item: str) -> str:
        spec, value = self.evidence.mapping.items[item], self.evidence.items[item]
        ask = self.say("ask", ask=spec.ask.in_(self.language)) if spec.ask is not None else ""
        label = self._label(spec, value)
        if value.state is ValueState.MISSING:
            return self.say("item.missing", label=label, ask=ask)
        if item == CHANNEL:
            return self.say("item.channel_unusable", label=label, ask=ask)
        raw = self._quoted(spec, value)
        message = f"item.{value.state.value}" if raw else f"item.{value.state.value}_hidden"
        why = self.texts.get(f"why.{spec.as_}", self.texts["why.other"])
        return self.say(message, label=label, raw=raw, why=why, ask=ask)

    def vague(self) -> Iterator[str]:
        for item in self.judgement.vague if self.evidence.has_person else ():
            spec, value = self.evidence.mapping.items[item], self.evidence.items[item]
            raw = self._quoted(spec, value)
            yield self.say("vague" if raw else "vague_hidden", label=self._label(spec, value), raw=raw)

    def criteria(self) -> Iterator[str]:
        if not self.evidence.has_person:
            return
        for finding in self.judgement.criteria:
            value = self.evidence.items.get(_CRITERION_ITEM[finding.id])
            message = self._criterion_message(finding, value)
            if message is not None:
                raw = quote(value.raw) if value is not None and value.raw else ""
                definition = self.evidence.rules.definition
                rank = self.texts[f"rank.{definition.rank_at_least}"]
                spec = self.evidence.mapping.items.get(_CRITERION_ITEM[finding.id])
                label = self._label(spec, value) if spec is not None else _CRITERION_ITEM[finding.id]
                yield self.say(message, label=label, raw=raw, months=definition.within_months, rank=rank)

    def _criterion_message(self, finding: CriterionFinding, value: ItemValue | None) -> str | None:
        """None where the line of the missing item or of the vague text says it already, or there is nothing to say."""
        if finding.state is CriterionState.MET or finding.id == "need":
            return None
        if finding.id == "authority":
            if value is not None and value.raw:
                return "criterion.authority.unknown"
            return "criterion.authority.unreadable" if _is_unreadable(value) else "criterion.authority.missing"
        if value is None or not value.state.usable:
            return None
        if finding.id == "timing" and finding.state is CriterionState.UNKNOWN and value.value is None:
            return "criterion.timing.follow_up"
        if finding.id == "timing" and finding.state is CriterionState.UNKNOWN and self._is_hidden(SQL_DATE):
            return "criterion.timing.unreadable"
        return f"criterion.{finding.id}.{finding.state.value}"

    def conflicts(self) -> Iterator[str]:
        for item, value in self.judgement.items.items():
            spec = self.evidence.mapping.items[item]
            if not value.conflicts or spec.sensitive:
                continue
            sides = sorted((value, *value.conflicts), key=lambda v: v.source.record if v.source else ("", "", ""))
            said = [
                self.say("conflict_value", system=self._system(v.source.record.connection), raw=quote(v.raw or ""))
                for v in sides
                if v.source is not None
            ]
            yield self.say(
                "conflict", label=spec.label.in_(self.language), values=self.texts["conflict_separator"].join(said)
            )

    def link(self) -> Iterator[str]:
        undetermined = self.judgement.status is Status.UNDETERMINED
        if self.evidence.case.membership.ambiguous and not undetermined:
            yield self.say("ambiguous", systems=self._systems())

    def clocks(self) -> Iterator[str]:
        for clock in self.judgement.clocks:
            message = _clock_message(clock)
            if message is not None:
                name = self.texts[f"clock.{clock.id}"]
                yield self.say(message, clock=name, due=self._moment(clock.due), at=self._moment(clock.contact_at))

    def automatic(self) -> Iterator[str]:
        evidence, judgement = self.evidence, self.judgement
        if not evidence.has_person:
            return
        empty = empty_automatic(evidence, passed=judgement.pass_ is not None)
        empty = tuple(item for item in empty if item not in judgement.missing)
        hidden = tuple(item for item in empty if self._is_hidden(item))
        if len(hidden) < len(empty):
            yield self.say("automatic", items=self._labels(tuple(item for item in empty if item not in hidden)))
        if hidden and not evidence.case.membership.ambiguous:
            yield self.say("automatic_unreadable", items=self._labels(hidden))

    def _is_hidden(self, item: str) -> bool:
        return _is_unreadable(self.evidence.items.get(item))

    def _labels(self, items: tuple[str, ...]) -> str:
        specs = (self.evidence.mapping.items[item] for item in items)
        return self.texts["list_separator"].join(spec.label.in_(self.language) for spec in specs)

    def _label(self, spec: ItemSpec, value: ItemValue | None) -> str:
        label = spec.label.in_(self.language)
        if value is None or not value.raw or value.source is None or value.source.record.connection == self.connection:
            return label
        return self.say("label_elsewhere", label=label, system=self._system(value.source.record.connection))

    def _quoted(self, spec: ItemSpec, value: ItemValue) -> str:
        """Empty for what must not be quoted, and where nothing visible was typed."""
        if spec.sensitive or spec.id in NEVER_QUOTED or value.raw is None:
            return ""
        return quote(value.raw)

    def _systems(self) -> str:
        """Those whose records people look at, the sales side last."""
        names = [self._system(connection) for connection in reversed(self.evidence.mapping.prefer)]
        return self.texts["systems_separator"].join(names)

    def _system(self, connection: str) -> str:
        return self.evidence.mapping.names.get(connection) or connection.title()

    def _moment(self, at: datetime | None) -> str:
        return at.astimezone(self.evidence.zone).strftime("%m/%d %H:%M") if at is not None else ""


def _is_unreadable(value: ItemValue | None) -> bool:
    """What nobody could read is never called empty."""
    return value is None or value.state is ValueState.UNREADABLE


def _clock_message(clock: ClockFinding) -> str | None:
    if clock.corrected:
        return f"clock.corrected_{clock.state.value}"
    if clock.state in (SlaState.BREACHED, SlaState.MET_LATE, SlaState.UNVERIFIED):
        return f"clock.{clock.state.value}"
    return None


def _fit(lines: list[str], last: list[str], more: str) -> str:
    """Whole lines only; what does not fit is counted, and the line that says where to type stays."""
    kept = list(lines)
    while len("\n".join([*kept, *last])) > LONGEST_NOTE and len(kept) > 1:
        kept.pop()
        dropped = len(lines) - len(kept)
        if len("\n".join([*kept, more.format(count=dropped), *last])) <= LONGEST_NOTE:
            return "\n".join([*kept, more.format(count=dropped), *last])
    return "\n".join([*kept, *last])[:LONGEST_NOTE]
