"""The lines of `baton explain`: one judgement told to an operator, with where each fact comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sync.cli.days import DayTeller, span
from sync.cli.phrase import phrase, target_phrase
from sync.cli.show import local, printable
from sync.cli.waive import names_of
from sync.core.calendar import Calendar
from sync.core.mapping.spec import ItemSpec, MappingSpec, field_of, where_to_type
from sync.core.model.flags import Status
from sync.core.model.handoff import AttemptFinding, Case, ClockBatch, ClockFinding, Judgement, WaiverFinding
from sync.core.model.items import ItemValue, Provenance, ValueState
from sync.core.model.records import RecordRef
from sync.core.rules.definition import PUBLISHED
from sync.core.rules.pause import gaps_until
from sync.core.rules.quote import quote
from sync.wording import Say

_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Teller:
    """What every line needs: the words, the company's items and its time zone."""

    say: Say
    language: str
    mapping: MappingSpec
    zone: ZoneInfo
    calendars: Mapping[str, Calendar]
    """By clock."""
    clock_names: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the company calls its clocks, by id."""
    together: Mapping[str, int] = field(default_factory=dict[str, int])
    """By clock that starts with a batch that was found: of how many people that is."""

    def judgement(self, case: Case, judgement: Judgement) -> list[str]:
        return [
            *self.membership(case, judgement),
            "",
            *self.verdict(judgement),
            "",
            self.say("items"),
            *self.items(case, judgement),
            "",
            self.say("rules"),
            *self.rules(judgement),
            "",
            *self.waivers(judgement),
            self.say("clocks"),
            *(line for clock in judgement.clocks for line in self.clock(clock)),
            *self.attempts(judgement.attempts),
        ]

    def membership(self, case: Case, judgement: Judgement) -> list[str]:
        member, say = case.membership, self.say
        lines = [
            say("handoff", id=case.handoff_id, cycle=judgement.cycle),
            say("anchor", ref=printable(member.anchor)),
            say("members", refs=_refs(member.members)),
            say("shown_on", refs=_refs(case.shown_on)) if case.shown_on else say("shown_nowhere"),
        ]
        if member.ambiguous:
            lines.append(say("ambiguous", reason=self.why(member.reason)))
        return lines

    def verdict(self, judgement: Judgement) -> list[str]:
        say = self.say
        status, actor = say(f"handoff_status.{judgement.status}"), say(f"actor.{judgement.next_actor}")
        lines = [say("status", status=status, actor=actor), say("judged_by", version=printable(judgement.version))]
        lines.append(
            say("in_scope") if judgement.in_scope else say("out_of_scope", reason=self.why(judgement.scope_reason))
        )
        lines += self.pass_(judgement)
        missing = self.labels(judgement.missing)
        none = "missing_unknown" if judgement.status is Status.UNDETERMINED else "missing_none"
        lines.append(say("missing", items=missing) if missing else say(none))
        return lines

    def pass_(self, judgement: Judgement) -> list[str]:
        found, say = judgement.pass_, self.say
        if found is None:
            return [say("no_pass")]
        evidence, event = self.why(found.evidence), self.why(found.event)
        if found.at is None:
            return [say("pass_unknown", event=event, evidence=evidence)]
        lines = [say("pass", event=event, at=local(found.at, self.zone), evidence=evidence)]
        if found.grace_end:
            lines.append(say("grace", at=local(found.grace_end, self.zone)))
        frozen = judgement.memory.missing_at_pass
        if frozen is not None:
            lines.append(say("frozen", items=self.labels(frozen)) if frozen else say("frozen_none"))
        return lines

    def items(self, case: Case, judgement: Judgement) -> list[str]:
        found = [item for item in self.mapping.items.values() if item.id in judgement.items]
        return [self.item(case, judgement, item, judgement.items[item.id]) for item in found]

    def item(self, case: Case, judgement: Judgement, item: ItemSpec, value: ItemValue) -> str:
        say = self.say
        parts = [f"  {item.label.in_(self.language)} [{item.id}{self._need(judgement, item)}]"]
        parts.append(say(f"state.{value.state}"))
        parts.append(self.value(item, value))
        if value.source:
            parts.append(say("from", source=_source(value.source)))
        if value.reason:
            parts.append(self.why(value.reason))
        if value.source and value.source.at:
            parts.append(self.written(value.source))
        if item.id in judgement.waived:
            parts.append(say("waived"))
        if item.id in judgement.vague:
            parts.append(say("vague"))
        for other in value.conflicts:
            source = _source(other.source) if other.source else ""
            parts.append(say("differs", value=self.value(item, other), source=source))
        if not value.state.usable and (place := self.fix_at(case, item)):
            parts.append(say("fix_at", place=place))
        return "  ".join(part for part in parts if part)

    def value(self, item: ItemSpec, value: ItemValue) -> str:
        """What was typed and what it was read as; of a sensitive item only that there is something."""
        if value.state is ValueState.MISSING or (value.state is ValueState.UNREADABLE and not value.unmapped):
            return ""
        if item.sensitive:
            return self.say("hidden")
        typed = f"「{_short(value.raw)}」" if value.raw else ""
        read = "" if value.value is None or value.value == value.raw else _short(_json(value.value))
        return " → ".join(part for part in (typed, read) if part)

    def written(self, source: Provenance) -> str:
        """When the value was written and, where a change is on record, by whom."""
        at = local(source.at, self.zone)
        return self.say("written_by", at=at, by=printable(source.by)) if source.by else self.say("written", at=at)

    def fix_at(self, case: Case, item: ItemSpec) -> str:
        """Where people type the item: on the anchor if it can be typed there, else on another member."""
        refs = (case.membership.anchor, *case.membership.members)
        writable = (ref for ref in refs if not _is_closed_to_typing(case, ref))
        streams = (self.mapping.streams.get((ref.connection, ref.stream)) for ref in writable)
        for stream in streams:
            field = field_of(stream, item) if stream else None
            if stream and field:
                where = where_to_type(self.mapping, item.id, (stream.connection, stream.stream))
                said = where.in_(self.language) if where is not None else stream.stream
                return f"{said} ({stream.stream}.{field})"
        return ""

    def rules(self, judgement: Judgement) -> list[str]:
        lines = [
            "  ".join(
                part
                for part in (
                    f"  {self.say(f'rule.{one.id}')} [{one.id}]",
                    self.say(f"criterion.{one.state}"),
                    self.say("waived") if one.waived else "",
                    "" if one.required else self.say("criterion_optional"),
                    self.why(one.evidence),
                )
                if part
            )
            for one in judgement.criteria
        ]
        verdict = self.say("verdict", verdict=self.say(f"verdict.{judgement.verdict}"), bant=judgement.bant)
        return [*lines, f"  {verdict}"]

    def waivers(self, judgement: Judgement) -> list[str]:
        """Who asked to be spared what, who agreed, until when, and why not."""
        if not judgement.waivers:
            return []
        return [self.say("waivers"), *(f"  {self.waiver(found)}" for found in judgement.waivers), ""]

    def waiver(self, found: WaiverFinding) -> str:
        waiver, say = found.waiver, self.say
        parts = [
            say(
                "waiver_asked",
                names=printable(names_of(waiver, self.mapping, self.language, say)),
                reason=printable(quote(waiver.reason, _LONGEST)) or say("empty"),
                until=waiver.until or say("waiver_cycle_end"),
                state=say(f"waiver_state.{found.state}"),
            )
        ]
        if waiver.at is not None:
            key = "waiver_approved" if waiver.record is not None else "waiver_given"
            by = printable(waiver.by) or say("waiver_by_nobody")
            parts.append(say(key, by=by, at=local(waiver.at, self.zone)))
        if waiver.record is not None:
            parts.append(say("from", source=printable(waiver.record)))
        if found.reason:
            parts.append(self.why(found.reason))
        return "  ".join(parts)

    def clock(self, clock: ClockFinding) -> list[str]:
        say = self.say
        label = self.clock_names.get(clock.id) or (say(f"clock.{clock.id}") if clock.id in PUBLISHED else clock.id)
        head = [label, f"[{clock.id}]", "" if clock.published else say("clock_measured"), "", say(f"sla.{clock.state}")]
        lines = [f"  {' '.join(part for part in head[:3] if part)}  {head[-1]}"]
        if clock.start:
            lines.append(say("clock_start", at=local(clock.start, self.zone), why=self.why(clock.start_reason)))
        if clock.batch is not None:
            lines.append(self.batch(clock, clock.batch))
        if clock.target:
            lines.append(say("clock_target", target=target_phrase(clock.target, self.language)))
        if clock.due:
            lines.append(say("clock_due", at=local(clock.due, self.zone)))
        if clock.contact_at:
            what = "clock_answer" if clock.decided else "clock_contact"
            lines.append(say(what, at=local(clock.contact_at, self.zone), ref=printable(clock.contact)))
        if clock.sign is not None:
            lines.append(say("clock_sign", at=local(clock.sign.at, self.zone), ref=printable(clock.sign.ref)))
        if clock.working_seconds is not None and clock.elapsed_seconds is not None:
            working, elapsed = span(clock.working_seconds), span(clock.elapsed_seconds)
            lines.append(say("clock_time", working=working, elapsed=elapsed))
        if clock.system is not None and clock.human is not None:
            parts = {"system": clock.system, "human": clock.human}
            told = {
                f"{name}_{kind}": span(getattr(part, kind))
                for name, part in parts.items()
                for kind in ("working", "elapsed")
            }
            lines.append(say("clock_parts", at=local(clock.assigned_at, self.zone), **told))
        lines += [self.pause(begin, end) for begin, end in clock.pauses]
        if clock.at_risk:
            lines.append(say("clock_at_risk"))
        if clock.reason:
            lines.append(say("clock_why", reason=self.why(clock.reason)))
        if clock.corrected:
            lines.append(say("clock_corrected"))
        lines += self.days(clock)
        return [lines[0], *(f"    {line}" for line in lines[1:])]

    def batch(self, clock: ClockFinding, batch: ClockBatch) -> str:
        """That the clock is that of an upload: which one, of how many, and since when."""
        source, at = printable(batch.source), local(batch.start, self.zone)
        if batch.given:
            return self.say("clock_batch_given", source=source, at=at)
        return self.say("clock_batch", source=source, at=at, count=self.together.get(clock.id, "?"))

    def days(self, clock: ClockFinding) -> list[str]:
        """The arithmetic of the deadline and of the contact, day by day."""
        calendar = self.calendars.get(clock.id)
        if calendar is None or clock.start is None:
            return []
        lines: list[str] = []
        if clock.due:
            told = [self.say("days_real")] if clock.real_time else self._until(clock, calendar, clock.start, clock.due)
            lines += [self.say("days_due"), *(f"  {line}" for line in told)]
        if clock.contact_at and clock.contact_at > clock.start:
            told = self._until(clock, calendar, clock.start, clock.contact_at)
            lines += [self.say("days_answer" if clock.decided else "days_contact"), *(f"  {line}" for line in told)]
        return lines

    def _until(self, clock: ClockFinding, calendar: Calendar, start: datetime, end: datetime) -> list[str]:
        """Day by day; where it stood still, each part by itself."""
        teller, lines, since = DayTeller(self.say, self.language), list[str](), start
        for begin, over in gaps_until(clock.pauses, start, end):
            lines += teller.lines(calendar, since, begin) if begin > since else []
            lines.append(self.pause(begin, over))
            since = over
        return [*lines, *teller.lines(calendar, since, end)]

    def pause(self, begin: datetime, end: datetime | None) -> str:
        since = local(begin, self.zone)
        return self.say("clock_paused", since=since, until=local(end, self.zone) if end is not None else "")

    def attempts(self, found: AttemptFinding) -> list[str]:
        """Only where the company asks for some."""
        if found.at_least is None:
            return []
        lines = [f"  {self.say('attempts', count=found.count, at_least=found.at_least)}"]
        return [*lines, f"    {self.say('gave_up_early')}"] if found.gave_up_early else lines

    def why(self, text: str | None) -> str:
        """A reason of the core, in the company's language and safe to print."""
        return printable(phrase(text, self.language))

    def labels(self, items: Sequence[str]) -> str:
        return self.say("separator").join(
            self.mapping.items[i].label.in_(self.language) if i in self.mapping.items else i for i in items
        )

    def _need(self, judgement: Judgement, item: ItemSpec) -> str:
        if item.id in judgement.typed:
            return f", {self.say('required')}"
        return f", {self.say('automatic')}" if item.id in judgement.automatic else ""


def hide_sensitive(plain: Any, mapping: MappingSpec) -> Any:
    """The JSON of a judgement without what was typed into sensitive items."""
    secret = {item.id for item in mapping.items.values() if item.sensitive}
    if isinstance(plain, list):
        return [hide_sensitive(inner, mapping) for inner in plain]
    if not isinstance(plain, dict):
        return plain
    hidden = plain.get("item") in secret
    return {
        key: None if hidden and key in ("value", "raw") else hide_sensitive(inner, mapping)
        for key, inner in plain.items()
    }


def _is_closed_to_typing(case: Case, ref: RecordRef) -> bool:
    """A converted lead can no longer be edited, and a deleted record is gone."""
    record = case.records.get(ref)
    return record is None or record.deleted or bool(record.facts.get("converted"))


def _source(source: Provenance) -> str:
    return f"{printable(source.record)} {source.field}"


def _refs(refs: Iterable[object]) -> str:
    return ", ".join(printable(ref) for ref in refs)


def _short(text: str | None) -> str:
    shown = printable(text or "")
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _json(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
