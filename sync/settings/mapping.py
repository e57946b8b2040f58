"""Models of `mappings/*.yaml` and their compiled form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from sync.core.mapping.normalise.tables import fold
from sync.core.mapping.spec import FieldSpec, ItemSpec, MappingSpec, NameFields, StreamMapping, Text
from sync.core.model.records import Kind
from sync.core.rules.definition import Requirement
from sync.settings.check import Section, Wrong, suggest
from sync.settings.value import Condition, ItemId, Line, StreamId, names_of

NORMALISERS = (
    "text", "phone", "email", "company", "person", "title", "money", "number", "timing", "date", "datetime", "picklist",
)  # fmt: skip
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def _read_field(value: object) -> FieldSpec:
    """`Field`, `[Field, Other]` or `{family: Field, given: Field}`."""
    if isinstance(value, dict):
        if set(value) != {"family", "given"} or not all(isinstance(v, str) for v in value.values()):
            raise Wrong(f"{value!r} is no pair of name fields", "write {family: FIELD, given: FIELD}")
        return NameFields(_field_name(value["family"]), _field_name(value["given"]))
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise Wrong(f"{value!r} names no field", "write FIELD, [FIELD, FIELD] or {family: FIELD, given: FIELD}")
    return tuple(_field_name(name) for name in names)


def _field_name(value: object) -> str:
    if not isinstance(value, str) or not _FIELD.fullmatch(value):
        raise Wrong(f"{str(value)!r} is no field name", "write the API name of the field, e.g. Budget_Status__c")
    return value


def _read_list(value: object) -> object:
    """One name stands for a list of one, nothing for an empty one."""
    return [] if value is None else [value] if isinstance(value, str) else value


def _stream(name: str) -> tuple[str, str]:
    connection, _, stream = name.partition(".")
    return connection, stream


def _read_record_stream(value: object, info: ValidationInfo) -> str:
    known = frozenset(name.replace(".", ":", 1) for name in names_of(info).streams)
    if not isinstance(value, str) or value not in known:
        raise Wrong(f"{str(value)!r} is no stream of any connection", suggest(value, known))
    return value


def _read_normaliser(value: object) -> str:
    if value not in NORMALISERS:
        raise Wrong(f"{str(value)!r} is no kind of value", suggest(value, NORMALISERS))
    return str(value)


def _unambiguous(options: dict[str, list[str]]) -> dict[str, list[str]]:
    seen: dict[str, str] = {}
    for canonical, raws in options.items():
        for raw in (canonical, *raws):
            other = seen.setdefault(fold(raw), canonical)
            if other != canonical:
                raise Wrong(f"{raw!r} stands under {other} and under {canonical}", "keep it under one of them")
    return options


_FIELD_SCHEMA = {"type": "string", "pattern": f"^{_FIELD.pattern}$"}
FieldEntry = Annotated[
    FieldSpec,
    BeforeValidator(_read_field),
    WithJsonSchema(
        {
            "anyOf": [
                _FIELD_SCHEMA,
                {"type": "array", "items": _FIELD_SCHEMA, "minItems": 1},
                {
                    "type": "object",
                    "properties": {"family": _FIELD_SCHEMA, "given": _FIELD_SCHEMA},
                    "required": ["family", "given"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
Normaliser = Annotated[str, BeforeValidator(_read_normaliser), WithJsonSchema({"enum": list(NORMALISERS)})]
Field_ = Annotated[str, BeforeValidator(_field_name)]
Options = Annotated[dict[Line, list[Line]], AfterValidator(_unambiguous)]


class TextSection(Section):
    ja: str = Field(min_length=1)
    """Japanese."""
    en: str = Field(min_length=1)
    """English."""

    def compile(self) -> Text:
        return Text(self.ja, self.en)


class ItemSection(Section):
    as_: Normaliser | None = Field(None, alias="as")
    """How the value is read."""
    any_of: list[ItemId] = Field(default=[])
    """A group: one of these items suffices."""
    all_of: list[ItemId] = Field(default=[])
    """A group: all of these items are wanted, and it counts as one."""
    label: TextSection
    """What people call it."""
    ask: TextSection | None = None
    """What to ask when it is missing."""
    typed: bool = False
    """An IS types it."""
    sensitive: bool = False
    """Never quoted in a flag, a log or an error."""
    options: Options = Field(default={})
    """Canonical value to the raw values that mean it. `baton status` lists values that nobody knows."""
    fix_at: dict[StreamId, TextSection] = Field(default={})
    """connection.stream to where people type this very item there, if elsewhere than the stream's `where`."""

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if [bool(self.as_), bool(self.any_of), bool(self.all_of)].count(True) != 1:
            raise Wrong(
                "needs either `as` (how the value is read) or `any_of` or `all_of` (a group)",
                "give exactly one of them",
            )
        if self.options and self.as_ != "picklist":
            raise Wrong("has `options` but is no picklist", "write `as: picklist` or drop `options`")
        if self.typed and self.ask is None:
            raise Wrong("is typed by people but says not what to ask for", "add `ask: {ja: …, en: …}`")
        return self

    def compile(self, item: str) -> ItemSpec:
        folded = {fold(raw): name for name, raws in self.options.items() for raw in (name, *raws)}
        ask = self.ask.compile() if self.ask else None
        return ItemSpec(
            item,
            self.as_,
            self.label.compile(),
            ask,
            self.typed,
            self.sensitive,
            tuple(self.any_of),
            tuple(self.all_of),
            folded,
            {_stream(name): where.compile() for name, where in self.fix_at.items()},
        )


class PresetSection(Section):
    typed: list[ItemId] = Field(min_length=1)
    """Items that a pass needs and people type, in the order in which they are listed."""
    automatic: list[ItemId] = Field(default=[])
    """Items that systems should fill; RevOps is told when they are empty."""


class RequirementSection(Section):
    when: Condition
    """Where this holds (unknown does not), e.g. "budget_status == 'secured'"."""
    typed: list[ItemId] = Field(default=[])
    """Items that people then type, beside those of the preset."""
    automatic: list[ItemId] = Field(default=[])
    """Items that systems then should fill."""
    optional: list[ItemId] = Field(default=[])
    """Items that are then not required."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        named = [*self.typed, *self.automatic, *self.optional]
        if not named:
            raise Wrong("requires nothing", "add `typed`, `automatic` or `optional` with a list of items")
        twice = next((item for item in named if named.count(item) > 1), None)
        if twice is not None:
            raise Wrong(f"{twice} stands in it twice", "keep it in one of the lists")
        return self

    def compile(self) -> Requirement:
        return Requirement(self.when, tuple(self.typed), tuple(self.automatic), tuple(self.optional))


class InputsSection(Section):
    fs_decision: dict[Literal["accepted", "returned", "on_hold"], list[Line]] = Field(default={})
    """FS's answer to the words that mean it."""
    return_reason: Options = Field(default={})
    """Reason of a return to the words that mean it; empty: as typed."""


class HandoffFile(Section):
    items: dict[str, ItemSection] = Field(min_length=1)
    """The handoff items by id. Ids are permanent."""
    preset: str
    """The preset in use."""
    presets: dict[str, PresetSection]
    """Which items a pass needs, by name of the preset."""
    requirements: list[RequirementSection] = Field(default=[])
    """What a pass needs beside the preset, or no longer needs, under a condition; later entries win."""
    decision_roles: list[Line] = Field(default=[])
    """Contact roles that name the decision maker."""
    inputs: InputsSection = InputsSection()
    """People's answers, which are read and never written."""

    @model_validator(mode="after")
    def _preset_exists(self) -> Self:
        if self.preset not in self.presets:
            raise Wrong(f"preset {self.preset!r} is not among `presets`", suggest(self.preset, self.presets))
        for name, preset in self.presets.items():
            silent = [item for item in preset.typed if item in self.items and self.items[item].ask is None]
            if silent:
                raise Wrong(f"preset {name}: {silent[0]} has no `ask`", f"add `ask` to items.{silent[0]}")
            both = sorted({*preset.typed} & {*preset.automatic})
            if both:
                raise Wrong(
                    f"preset {name}: {both[0]} is typed and automatic at once", "keep it in one of the two lists"
                )
        return self

    @property
    def required(self) -> PresetSection:
        return self.presets[self.preset]


class IdentitySection(Section):
    email: list[Field_] = Field(default=[])
    """Fields with e-mail addresses."""
    record_ids: dict[str, Annotated[str, BeforeValidator(_read_record_stream)]] = Field(default={})
    """Field to the connection:stream whose record it names."""


InputName = Literal["fs_decision", "return_reason", "waiver_items", "waiver_reason", "waiver_until", "waiver_approved"]


class StreamSection(Section):
    kind: Kind
    """What its records are to a handoff."""
    carries_flags: bool = False
    """Whether flags are written on it."""
    hot: bool | None = None
    """Read at the short interval; by default all but accounts and users."""
    where: TextSection | None = None
    """Where people type the items on such a record."""
    identity: IdentitySection = IdentitySection()
    """How its records are tied to others."""
    stage_field: Field_ | None = None
    """Field of the stage or status."""
    deal_type_field: Annotated[
        list[Field_], BeforeValidator(_read_list, json_schema_input_type=list[Field_] | Field_ | None)
    ] = Field(default=[])
    """Field or fields that tell renewals and upsells, e.g. [Type, RecordType.Name]."""
    source_field: Field_ | None = None
    """Field of the lead source."""
    inquiry_fields: list[Field_] = Field(default=[])
    """Date-times at which an inquiry came in."""
    form_fields: list[Field_] = Field(default=[])
    """Date-times at which a form was submitted, for clocks that start with `form_submitted`."""
    mql_fields: list[Field_] = Field(default=[])
    """Date-times at which the person became an MQL, for clocks that start with `mql_date`."""
    actor_field: Field_ | None = None
    """Of activities: field in which a tool (CTI, mail capture) leaves who acted, by a user's id or e-mail."""
    items: dict[ItemId, FieldEntry] = Field(default={})
    """Item to FIELD, [FIELD, FIELD] (the first usable wins) or {family: FIELD, given: FIELD}."""
    inputs: dict[InputName, Field_] = Field(default={})
    """Input to its field."""
    approval: Literal["permission", "history"] = "history"
    """What the approval of an exception rests on where no change of its field is on record: permission (only approvers
    may edit the field) honours it, history does not."""

    @model_validator(mode="after")
    def _flags_have_a_place(self) -> Self:
        if self.carries_flags and self.kind not in (Kind.PERSON, Kind.DEAL):
            raise Wrong(f"a stream of kind {self.kind} carries no flags", "drop `carries_flags`")
        if self.carries_flags and self.where is None:
            raise Wrong("carries flags but says not where people type", "add `where: {ja: …, en: …}`")
        return self

    def compile(self, connection: str, stream: str, asked: tuple[str, ...] = ()) -> StreamMapping:
        return StreamMapping(
            connection=connection,
            stream=stream,
            kind=self.kind,
            carries_flags=self.carries_flags,
            hot=self.kind not in (Kind.ACCOUNT, Kind.USER) if self.hot is None else self.hot,
            where=self.where.compile() if self.where else None,
            items=dict(self.items),
            inputs={str(name): api_name for name, api_name in self.inputs.items()},
            approval=self.approval,
            email_fields=tuple(self.identity.email),
            record_id_fields=dict(self.identity.record_ids),
            stage_field=self.stage_field,
            deal_type_fields=tuple(self.deal_type_field),
            source_field=self.source_field,
            inquiry_fields=tuple(self.inquiry_fields),
            form_fields=tuple(self.form_fields),
            mql_fields=tuple(self.mql_fields),
            actor_field=self.actor_field,
            asked_fields=asked,
        )


class ConnectionFile(Section):
    connection: str
    """Name of the connection in config/baton.yaml."""
    name: Line | None = None
    """What people call it, for notes and pages; by default the connection's own name."""
    prefer: int = Field(1, ge=1)
    """Lower wins where both systems hold a usable value."""
    streams: dict[str, StreamSection] = Field(min_length=1)
    """Object types by their API name."""


def compile_mapping(
    handoff: HandoffFile,
    connections: Mapping[str, ConnectionFile],
    asked: Mapping[tuple[str, str], tuple[str, ...]] | None = None,
) -> MappingSpec:
    """The checked files as the core wants them; the preferred connection comes first. `asked`: fields per stream that
    conditions look at, to be read of the CRM beside the mapped ones."""
    asked = asked or {}
    ordered = sorted(connections.values(), key=lambda file: (file.prefer, file.connection))
    answers = {"fs_decision": handoff.inputs.fs_decision, "return_reason": handoff.inputs.return_reason}
    return MappingSpec(
        items={item: section.compile(item) for item, section in handoff.items.items()},
        typed=tuple(handoff.required.typed),
        automatic=tuple(handoff.required.automatic),
        decision_roles=tuple(handoff.decision_roles),
        input_values={
            name: {fold(raw): canonical for canonical, raws in table.items() for raw in (canonical, *raws)}
            for name, table in answers.items()
        },
        streams={
            (file.connection, stream): section.compile(
                file.connection, stream, asked.get((file.connection, stream), ())
            )
            for file in ordered
            for stream, section in file.streams.items()
        },
        prefer=tuple(file.connection for file in ordered),
        names={file.connection: file.name or file.connection for file in ordered},
    )
