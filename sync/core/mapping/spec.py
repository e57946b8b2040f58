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
    """A group of which one part suffices."""
    all_of: tuple[str, ...] = ()
    """A group that wants all its parts."""
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    """Picklists: raw value, case-folded NFKC → canonical value."""
    fix_at: Mapping[tuple[str, str], Text] = field(default_factory=dict[tuple[str, str], Text])
    """(connection, stream) → where people type it there, if it is another place than for the other items."""


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
    approval: str = "history"
    """What an approval rests on where no change of its field is on record: `permission` (only approvers may edit the
    field) honours it, `history` does not."""
    email_fields: tuple[str, ...] = ()
    record_id_fields: Mapping[str, str] = field(default_factory=dict[str, str])
    """Field holding a record id → `connection:stream` it is an id of."""
    stage_field: str | None = None
    deal_type_fields: tuple[str, ...] = ()
    source_field: str | None = None
    inquiry_fields: tuple[str, ...] = ()
    form_fields: tuple[str, ...] = ()
    """Fields that say when a form was submitted; most are inquiry fields too."""
    mql_fields: tuple[str, ...] = ()
    """Fields that say when the person became an MQL."""
    actor_field: str | None = None
    """Of activities: the field in which a tool leaves who acted (a user's id or e-mail)."""
    asked_fields: tuple[str, ...] = ()
    """Fields that conditions of the definition look at, beside the mapped ones."""

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
        names += [*self.inquiry_fields, *self.form_fields, *self.mql_fields]
        names += [
            f
            for f in (self.stage_field, *self.deal_type_fields, self.source_field, self.actor_field, *self.asked_fields)
            if f
        ]
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


def field_of(stream: StreamMapping, item: ItemSpec) -> str | None:
    """The field into which people type an item (a part of a group) on such a record; None where there is none."""
    spec = next((stream.items[one] for one in (item.id, *item.any_of, *item.all_of) if one in stream.items), None)
    if spec is None:
        return None
    return f"{spec.family} + {spec.given}" if isinstance(spec, NameFields) else spec[0]


def where_to_type(mapping: MappingSpec, item: str, stream: tuple[str, str]) -> Text | None:
    """Where people type this item on records of (connection, stream), in words: its own `fix_at`, else the place of the
    stream. None when the item cannot be typed there; another record of the handoff may have it."""
    spec, known = mapping.items.get(item), mapping.streams.get(stream)
    if spec is None or known is None or field_of(known, spec) is None:
        return None
    return spec.fix_at.get(stream, known.where)
