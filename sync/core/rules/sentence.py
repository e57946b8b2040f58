"""What is said on a record before it is put into words: which sentence, about which item, with which values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple, cast

from sync.core.mapping.latest import Latest
from sync.core.mapping.merge import may_conflict
from sync.core.mapping.spec import MappingSpec, field_of, where_to_type
from sync.core.model.label import labels_of
from sync.core.model.records import Kind
from sync.core.rules.catalogue import messages

Stream = tuple[str, str]
"""Connection and stream."""


class Sentence(NamedTuple):
    """One line. All that it says; how it is worded is in the catalogue and in the operator's files."""

    message: str
    """Id in the catalogue."""
    item: str = ""
    """Gives `{label}` and `{ask}`."""
    raw: str = ""
    """What was typed, as it may be quoted."""
    system: str = ""
    """Connection of the record that holds it; its name stands beside the label on records of other systems."""
    values: tuple[tuple[str, object], ...] = ()
    """Further values by name: `items` are ids, `systems` connections, `held` texts by connection, `actor`, `clock`, `rank`, `because` and `why` ids; `around` names a
    text that the sentence is put into; others stand as they are."""


def fingerprint(text: str) -> str:
    """A text by which one can tell whether another is the same."""
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


def criterion_label(criterion: str) -> str:
    """What a criterion is called among items, which may have its id."""
    return f"sql:{criterion}"


class Line(NamedTuple):
    """A sentence in words, and its content by which one can tell whether another says the same."""

    text: str
    content: str


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language: the catalogue, and what the operator calls things."""

    texts: Mapping[str, str]
    labels: Mapping[str, str]
    asks: Mapping[str, str]
    """Item → the next step, ready to stand behind its line."""
    names: Mapping[str, str]
    comparable: tuple[str, ...]
    """Items about which two systems may be seen to disagree."""
    reasons: Mapping[str, str]
    """Of a return, by id."""
    mapping: MappingSpec
    language: str
    known: dict[tuple[Sentence, str], Line] = field(default_factory=dict[tuple["Sentence", str], Line])
    """Lines repeat endlessly: handoffs lack the same items, and are judged again."""
    notes: dict[tuple[tuple[Sentence, ...], tuple[str, ...] | None, Stream], tuple[str, str]] = field(
        default_factory=dict[tuple[tuple["Sentence", ...], tuple[str, ...] | None, "Stream"], tuple[str, str]]
    )
    """Whole notes, each with the digest of its content."""
    placed: dict[tuple[Stream, tuple[str, ...]], tuple[str, ...]] = field(
        default_factory=dict[tuple["Stream", tuple[str, ...]], tuple[str, ...]]
    )

    def put(self, sentence: Sentence, connection: str) -> Line:
        """The sentence in words, on a record of that connection."""
        # Only beside a value that lies in another system does the line differ between systems.
        key = (sentence, connection if sentence.system else "")
        line = self.known.get(key)
        if line is None:
            if len(self.known) >= _MANY:
                self.known.clear()
            line = self.known[key] = Line(self._text(sentence, connection), repr(tuple(sentence)))
        return line

    def where(self, stream: Stream, items: tuple[str, ...]) -> tuple[str, ...]:
        """The lines that say where these items are typed, for somebody who looks at a record of that stream. The place
        of the record itself stands last; an item that is no item (or none at all) is typed there."""
        key = (stream, items)
        lines = self.placed.get(key)
        if lines is None:
            if len(self.placed) >= _MANY:
                self.placed.clear()
            lines = self.placed[key] = tuple(self._places(stream, items))
        return lines

    def _places(self, stream: Stream, items: tuple[str, ...]) -> Iterator[str]:
        own = self.mapping.streams.get(stream)
        here = own.where.in_(self.language) if own is not None and own.where is not None else ""
        by_place: dict[str, list[str]] = {}
        for item in items:
            by_place.setdefault(self._place_of(item, stream) or here, []).append(self.labels.get(item, item))
        usual = by_place.pop(here, None)
        for place, labels in by_place.items():
            yield self.texts["where.of"].format(items=self.texts["list_separator"].join(labels), where=place)
        if here and (usual or not by_place):
            yield self.texts["where"].format(where=here)

    def _place_of(self, item: str, stream: Stream) -> str | None:
        """In words; the field of another record where this one has none for it."""
        spec = self.mapping.items.get(item)
        place = where_to_type(self.mapping, item, stream)
        if spec is None or place is not None:
            return place.in_(self.language) if place is not None else None
        # Beside a deal it is the person's present record that counts, before the one that it came from.
        others = sorted(self.mapping.streams.values(), key=lambda s: (s.connection != stream[0], bool(s.stage_field)))
        for other in others:
            name = field_of(other, spec) if other.kind is Kind.PERSON else None
            if name is not None:
                own = spec.fix_at.get((other.connection, other.stream))
                told = {"system": self.system(other.connection), "stream": other.stream, "field": name}
                return own.in_(self.language) if own is not None else self.texts["where.field"].format(**told)
        return None

    def _text(self, sentence: Sentence, connection: str) -> str:
        label = self.labels.get(sentence.item, sentence.item)
        if sentence.system and sentence.system != connection:
            label = self.texts["label_elsewhere"].format(label=label, system=self.system(sentence.system))
        told = {name: self._word(name, value) for name, value in sentence.values}
        told |= {"label": label, "raw": sentence.raw, "ask": self.asks.get(sentence.item, "")}
        said = self.texts[sentence.message].format(**told)
        return self.texts[f"around.{told['around']}"].format(**{**told, "text": said}) if "around" in told else said

    def _word(self, name: str, value: object) -> object:
        match name:
            case "actor" | "clock" | "rank" | "why":
                return self.texts[f"{name}.{value}"]
            case "because":
                return self.reasons.get(str(value), value)
            case "items":
                items = cast(tuple[str, ...], value)
                return self.texts["list_separator"].join(self.labels.get(item, item) for item in items)
            case "systems":
                return self.texts["systems_separator"].join(self.system(c) for c in cast(tuple[str, ...], value))
            case "held":
                held = cast(tuple[tuple[str, str], ...], value)
                said = (self.texts["conflict_value"].format(system=self.system(c), raw=raw) for c, raw in held)
                return self.texts["conflict_separator"].join(said)
            case _:
                return value

    def system(self, connection: str) -> str:
        return self.names.get(connection) or connection.title()


_MANY = 4_000
"""A line takes a kilobyte, a whole note two: in a first load most quote what somebody typed, and are never seen again."""
MANY_NOTES = 1_000
_words: Latest[Words] = Latest()


def words_of(mapping: MappingSpec, language: str) -> Words:
    return _words.get((mapping,), lambda: _gather(mapping, language), language)


def _gather(mapping: MappingSpec, language: str) -> Words:
    texts = messages(language)
    criteria = labels_of("unmet_criteria", language)
    return Words(
        texts=texts,
        labels={item: spec.label.in_(language) for item, spec in mapping.items.items()}
        | {criterion_label(id_): texts["criterion_label"].format(label=label) for id_, label in criteria.items()},
        asks={i: texts["ask"].format(ask=s.ask.in_(language)) for i, s in mapping.items.items() if s.ask is not None},
        names=mapping.names,
        comparable=tuple(i for i, s in mapping.items.items() if may_conflict(i, s.as_) and not s.sensitive),
        reasons=labels_of("return_reason", language),
        mapping=mapping,
        language=language,
    )
