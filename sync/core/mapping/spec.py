"""What `mappings/*.yaml` say, as plain data. Files are read and checked in `sync.settings`; this is the compiled form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.core.model.records import Kind


@dataclass(frozen=True, slots=True)
class Text:
    """A text in both languages."""

    ja: str
    en: str

    def in_(self, language: str) -> str:
        return self.ja if language == "ja" else self.en


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """One item of the handoff model."""

    id: str
    as_: str | None
    """Normaliser that reads it; None for a group."""
    label: Text
    ask: Text | None = None
    """The next step when it is missing."""
    typed: bool = False
    sensitive: bool = False
    any_of: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    """Picklists: raw value, case-folded NFKC → canonical value."""


@dataclass(frozen=True, slots=True)
class NameFields:
    """A person's name spread over two fields."""

    family: str
    given: str


FieldSpec = tuple[str, ...] | NameFields


@dataclass(frozen=True, slots=True)
class StreamMapping:
    """One stream of one connection: which fields hold which item, and how its records are identified."""

    connection: str
    stream: str
    kind: Kind
    carries_flags: bool = False
    hot: bool = True
    """Read at the short interval; decides when, never what is judged."""
    where: Text | None = None
    """Where people type the items on such a record."""
    items: Mapping[str, FieldSpec] = field(default_factory=dict[str, FieldSpec])
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    email_fields: tuple[str, ...] = ()
    record_id_fields: Mapping[str, str] = field(default_factory=dict[str, str])
    """Field holding a record id → `connection:stream` it is an id of."""
    stage_field: str | None = None
    deal_type_field: str | None = None
    source_field: str | None = None
    inquiry_fields: tuple[str, ...] = ()

    @property
    def watched(self) -> tuple[str, ...]:
        """The fields of items and inputs: whose changes tell when a value was written, by whom, and what it was before."""
        names: list[str] = []
        for spec in self.items.values():
            names += [spec.family, spec.given] if isinstance(spec, NameFields) else spec
        return tuple(dict.fromkeys([*names, *self.inputs.values()]))

    @property
    def fields(self) -> tuple[str, ...]:
        """Every vendor field that the judgement needs of this stream, without repeats, in a stable order."""
        names = [*self.watched, *self.email_fields]
        names += self.record_id_fields
        names += self.inquiry_fields
        names += [f for f in (self.stage_field, self.deal_type_field, self.source_field) if f]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class MappingSpec:
    """All of `mappings/`."""

    items: Mapping[str, ItemSpec]
    typed: tuple[str, ...]
    """Items that a pass needs and people type, in the order in which they are listed."""
    automatic: tuple[str, ...]
    decision_roles: tuple[str, ...]
    input_values: Mapping[str, Mapping[str, str]]
    """Per input: raw value, case-folded NFKC → canonical (`accepted`, `returned`, `on_hold`)."""
    streams: Mapping[tuple[str, str], StreamMapping]
    prefer: tuple[str, ...]
    """Connections, the preferred one first."""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Connection → what people call the system; where it is absent the connection's own name is shown."""

    def dated_fields(self, stream: StreamMapping) -> tuple[str, ...]:
        """Fields of a stream whose reading depends on when or by whom they were written: times, the next action, inputs."""
        found = [
            name
            for item, spec in stream.items.items()
            if (self.items[item].as_ == "timing" or item == "next_action") and not isinstance(spec, NameFields)
            for name in spec
        ]
        return tuple(dict.fromkeys([*found, *stream.inputs.values()]))
