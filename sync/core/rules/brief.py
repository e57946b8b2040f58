"""The brief on a deal: what FS should know before the first talk, from both CRMs, a line per topic with its source.

Stable: no ages, no present time. Names no colleague; topics to avoid and other sensitive items are never in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from sync.core.mapping.activity import Activity
from sync.core.mapping.items import window_of
from sync.core.mapping.latest import Latest
from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.tables import Tables, fold
from sync.core.mapping.spec import ItemSpec, MappingSpec, NameFields
from sync.core.model.flags import FLAG_FIELDS
from sync.core.model.items import ItemValue, NormaliseContext, ValueState
from sync.core.model.records import SourceRecord
from sync.core.rules.catalogue import messages
from sync.core.rules.contact import is_of_people
from sync.core.rules.evidence import Evidence
from sync.core.rules.quote import quote

LONGEST_BRIEF = next(flag.length for flag in FLAG_FIELDS if flag.name == "brief")
LONGEST_VALUE = 180
RECENT = 3
ENGAGED = "engaged_content"
TOPICS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pain", ("pain",)),
    ("purpose", ("purpose",)),
    ("budget", ("budget_status", "budget_amount")),
    ("timing", ("timing",)),
    ("decision", ("decision_maker", "decision_process")),
    ("competitors", ("competitors",)),
    ("engaged", (ENGAGED,)),
    ("next", ("next_action",)),
)
"""Lines of the brief in their order, each from the items that the mapping has of these."""


def compose_brief(evidence: Evidence, tables: Tables) -> str:
    """The whole text, in the language of the rules."""
    writer = _Writer(evidence, _texts(evidence.rules.language), tables)
    lines = [*writer.topics(), writer.contacts()]
    return "\n".join(lines)[:LONGEST_BRIEF]


@dataclass(slots=True)
class _Writer:
    evidence: Evidence
    texts: Mapping[str, str]
    tables: Tables

    def say(self, message: str, **values: object) -> str:
        return self.texts[message].format(**values)

    def topics(self) -> Iterator[str]:
        mapping, language = self.evidence.mapping, self.evidence.rules.language
        for line, specs in _topics.get((mapping,), lambda: _find_topics(mapping, self.texts), language):
            yield line.format(self._text(specs))

    def _text(self, specs: Iterable[ItemSpec]) -> str:
        values = [self.evidence.items[spec.id] for spec in specs]
        usable: list[tuple[str, str]] = []
        for value in values:
            if value.state.usable:
                usable += self._parts(value)
        if usable:
            return self._joined(usable)
        known = next((value for value in values if value.state is not ValueState.MISSING), None)
        if known is None:
            return self.say("missing")
        if known.state is ValueState.UNREADABLE:
            return self.say("unreadable")
        if not known.raw or not (raw := quote(known.raw, LONGEST_VALUE)):
            return self.say("missing")
        return self.say("unsure", raw=raw, source=self._source(known))

    def _joined(self, parts: Sequence[tuple[str, str]]) -> str:
        """Texts with their sources; neighbours of one source share its name."""
        if len(parts) == 1:
            return self.texts[_VALUE].format(*parts[0])
        groups = groupby(parts, key=itemgetter(1))
        told = [(self.say("and").join(text for text, _ in group), source) for source, group in groups]
        return self.say("separator").join(self.texts[_VALUE].format(text, source) for text, source in told)

    def _parts(self, value: ItemValue) -> Sequence[tuple[str, str]]:
        """What is known of one item: texts with their sources."""
        if value.item == ENGAGED and (pieces := self._engaged()):
            return pieces
        if not value.conflicts:
            return ((self._said(value), self._source(value)),)
        return [(self._said(one), self._source(one)) for one in (value, *value.conflicts)]

    def _said(self, value: ItemValue) -> str:
        if not value.raw:
            return self._derived(value)
        raw = quote(value.raw, LONGEST_VALUE)
        if not isinstance(value.value, dict):
            return raw
        first, last = window_of(value)
        if (first is None and last is None) or _YEAR.search(raw):
            return raw
        window = "window" if first and last else "window_from" if first else "window_by"
        return self.say(window, raw=raw, first=_written_out(first), last=_written_out(last))

    def _derived(self, value: ItemValue) -> str:
        """Nobody typed it; another record says it."""
        meeting = next((a for a in self.evidence.activities if value.source and a.ref == value.source.record), None)
        if meeting is not None and meeting.at is not None:
            return self.say("meeting", at=self._day(meeting.at))
        return self.say("role") if value.item == "decision_maker" else self.say("elsewhere")

    def _engaged(self) -> list[tuple[str, str]]:
        """The latest different pieces that any record of the handoff holds, as far as one can tell when they came."""
        pieces = sorted(self._pieces(), key=lambda piece: piece[0], reverse=True)
        kept: dict[str, tuple[str, str]] = {}
        for _, raw, connection in pieces:
            kept.setdefault(fold(raw.strip()), (quote(raw, LONGEST_VALUE), self._system(connection)))
        return list(kept.values())[:RECENT]

    def _pieces(self) -> Iterator[tuple[tuple[datetime, str], str, str]]:
        for record in self.evidence.members:
            stream = self.evidence.stream_of(record)
            fields = stream.items.get(ENGAGED, ()) if stream is not None else ()
            for name in () if isinstance(fields, NameFields) else fields:
                raw = record.values.get(name)
                if isinstance(raw, str) and self._usable(raw):
                    yield (self._written(record, name), f"{record.ref}.{name}"), raw, record.ref.connection

    def _usable(self, raw: str) -> bool:
        known = _pieces_known.get((self.evidence.mapping, self.tables), dict)
        if raw not in known:
            if len(known) >= _MANY:
                known.clear()
            spec = self.evidence.mapping.items[ENGAGED]
            read = spec.as_ and normalise(spec.as_, raw, NormaliseContext(item=ENGAGED), self.tables, spec.options)
            known[raw] = bool(read) and read.state.usable
        return known[raw]

    def _written(self, record: SourceRecord, name: str) -> datetime:
        return self.evidence.case.value_written.get(record.ref, {}).get(name) or record.modified_at

    def contacts(self) -> str:
        dated = [
            (activity.at, activity.ref, activity) for activity in self.evidence.activities if activity.at is not None
        ]
        dated.sort(key=itemgetter(0, 1), reverse=True)
        told: dict[str, None] = {}
        for _, _, activity in dated:
            if len(told) == RECENT:
                break
            if self._took_place(activity):
                told[self._contact(activity)] = None
        return self.say("line", topic=self.say("contacts"), text=self.say("separator").join(told) or self.say("none"))

    def _took_place(self, activity: Activity) -> bool:
        """Talks and mails of people, either way. A meeting is one once its time has come."""
        if activity.at is None or not is_of_people(activity, self.evidence.directory, self.evidence.rules):
            return False
        if activity.type == "meeting" and activity.status == "scheduled":
            return activity.at <= self.evidence.now
        return activity.type in _TALKS and activity.status == "done" and activity.direction != "internal"

    def _contact(self, activity: Activity) -> str:
        inbound = ".inbound" if activity.direction == "inbound" else ""
        what = self.say("meeting_held" if activity.type == "meeting" else f"{activity.type}{inbound}")
        content = "contact" if activity.has_content else "contact_bare"
        assert activity.at is not None
        return self.say(content, day=self._day(activity.at), what=what, source=self._system(activity.ref.connection))

    def _source(self, value: ItemValue) -> str:
        return self._system(value.source.record.connection) if value.source is not None else self.say("elsewhere")

    def _system(self, connection: str) -> str:
        return self.evidence.mapping.names.get(connection) or connection.title()

    def _day(self, at: datetime) -> str:
        return _written_out(at.astimezone(self.evidence.zone).date())


_VALUE = "value by position"
"""The most frequent message, with its places numbered: text, source."""
_TALKS = frozenset({"call", "email", "message", "meeting"})
_MANY = 1_000
_pieces_known: Latest[dict[str, bool]] = Latest()
"""Whether a piece of content says anything: the same few are downloaded by everybody."""
_YEAR = re.compile(r"\d{4}")
"""A text with a year in it needs no window beside it."""


def _written_out(day: date | None) -> str:
    return day.isoformat().replace("-", "/") if day is not None else ""


_topics: Latest[tuple[tuple[str, tuple[ItemSpec, ...]], ...]] = Latest()


def _find_topics(mapping: MappingSpec, texts: Mapping[str, str]) -> tuple[tuple[str, tuple[ItemSpec, ...]], ...]:
    """The lines that this mapping has anything for, with a place for what is known, each with its items."""
    found = (
        (topic, tuple(spec for item in items if (spec := mapping.items.get(item)) is not None and not spec.sensitive))
        for topic, items in TOPICS
    )
    return tuple((texts["line"].format(topic=texts[topic], text="{}"), specs) for topic, specs in found if specs)


@lru_cache(maxsize=8)
def _texts(language: str) -> Mapping[str, str]:
    """The catalogue's texts of the brief."""
    start = "brief."
    texts = {id_.removeprefix(start): text for id_, text in messages(language).items() if id_.startswith(start)}
    return {**texts, _VALUE: texts["value"].format(text="{0}", source="{1}")}
