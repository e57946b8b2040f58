"""What this company's definition and mapping need in a CRM: the one place where it is decided what setup makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.spec import ItemSpec, MappingSpec, NameFields, StreamMapping, Text
from sync.core.model.flag_help import FLAG_HELP
from sync.core.model.flags import FLAG_FIELDS, FlagField, FlagType, fields_on
from sync.core.model.label import VALUE_LABELS
from sync.core.model.records import Kind
from sync.core.rules.criteria import CRITERIA
from sync.core.rules.definition import RuleSet
from sync.core.rules.waiver import known_names
from sync.outfit import Answer, Choice, InputField, InputType, Outfit, PassRule, RecordOutfit, View

_SHORT_TEXTS = frozenset({"department", "decision_maker", "next_action"})
"""Items of free text that fit a line, which people sort and filter lists by."""
_LONG = 4000
_LONG_NG = 32_000
"""As long as its copy, the flag `ng_reference`."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is made only when asked for."""

    items: bool = False
    """Fields in which people type items, FS's answer and exceptions."""
    rules: bool = False
    """That a record cannot be passed without the items that the definition asks people for."""


@dataclass(frozen=True, slots=True)
class Book:
    """The rules and the mapping, as setup needs them."""

    mapping: MappingSpec
    rules: RuleSet
    tables: Tables
    words: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict[str, Mapping[str, Sequence[str]]])
    """Item or input → canonical value → what the company calls it, as written: the mapping keeps only what they fold to."""


def design(connection: str, book: Book, wishes: Wishes = Wishes()) -> Outfit:
    """All that is needed in this CRM."""
    mapping = book.mapping
    streams = [s for (name, _), s in mapping.streams.items() if name == connection]
    return Outfit(
        connection=connection,
        language=book.rules.language,
        records=tuple(_record(stream, book, wishes) for stream in streams if stream.carries_flags),
        reads={stream.stream: stream.fields for stream in streams},
        choices={flag.name: _choices(flag, mapping) for flag in FLAG_FIELDS if flag.type in _CHOOSING},
        help={name: Text(*texts) for name, texts in FLAG_HELP.items()},
    )


_CHOOSING = (FlagType.CHOICE, FlagType.MULTI_CHOICE)


def options_of(flag: FlagField, mapping: MappingSpec) -> tuple[str, ...]:
    """Values that one of our fields with a list takes; none of other fields."""
    return tuple(choice.value for choice in _choices(flag, mapping)) if flag.type in _CHOOSING else ()


def _record(stream: StreamMapping, book: Book, wishes: Wishes) -> RecordOutfit:
    return RecordOutfit(
        stream=stream.stream,
        flags=fields_on(stream.kind, book.rules.chosen),
        inputs=tuple(_inputs(stream, book)) if wishes.items else (),
        views=tuple(_views(stream)),
        rules=tuple(_rules(stream, book)) if wishes.rules else (),
    )


def _choices(flag: FlagField, mapping: MappingSpec) -> tuple[Choice, ...]:
    if flag.choices:
        labels = VALUE_LABELS["sla" if flag.name.endswith("_sla") else flag.name]
        return tuple(Choice(value, Text(*labels[value])) for value in flag.choices)
    if flag.name == "unmet_criteria":
        return _criteria()
    return _apart(Choice(item, spec.label) for item, spec in mapping.items.items())


def _apart(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Neither CRM takes two values of one name: the later one says its own besides."""
    seen: set[str] = set()
    found: list[Choice] = []
    for one in choices:
        label = one.label
        if {label.ja, label.en} & seen:
            label = Text(f"{label.ja}（{one.value}）", f"{label.en} ({one.value})")
        seen |= {label.ja, label.en}
        found.append(Choice(one.value, label))
    return tuple(found)


def _criteria() -> tuple[Choice, ...]:
    return tuple(Choice(id_, Text(*VALUE_LABELS["unmet_criteria"][id_])) for id_ in CRITERIA)


# -- fields of people's own ----------------------------------------------------------------------------------------


def _inputs(stream: StreamMapping, book: Book) -> Iterator[InputField]:
    """One per mapped field; of several that hold one item the first, the others being the company's own."""
    for item, where in stream.items.items():
        if not isinstance(where, NameFields):
            yield _item_field(where[0], book.mapping.items[item], book)
    for name, wire in stream.inputs.items():
        yield _answer_field(wire, name, book)


def _item_field(name: str, spec: ItemSpec, book: Book) -> InputField:
    ask = spec.ask or Text(f"引き継ぎ情報：{spec.label.ja}", f"Handoff: {spec.label.en}")
    type_ = _type_of(spec)
    length = _LONG_NG if spec.sensitive else _LONG if type_ is FlagType.LONG_TEXT else 255
    choices = _options(spec.options, book.words.get(spec.id, {})) if spec.as_ == "picklist" else ()
    return InputField(name, spec.id, type_, spec.label, ask, choices, length, sensitive=spec.sensitive)


def _type_of(spec: ItemSpec) -> FlagType | InputType:
    if spec.as_ == "date":
        return InputType.DAY
    if spec.as_ == "picklist":
        return FlagType.CHOICE
    if spec.as_ == "text" and spec.id not in _SHORT_TEXTS:
        return FlagType.LONG_TEXT
    return FlagType.NUMBER if spec.as_ == "number" else FlagType.TEXT


def _options(options: Mapping[str, str], words: Mapping[str, Sequence[str]]) -> tuple[Choice, ...]:
    """The canonical values, which stand for themselves; called by the company's first word for each, in English by the
    first that is English."""
    return _apart(Choice(value, _called(value, words.get(value, ()))) for value in dict.fromkeys(options.values()))


def _called(value: str, words: Sequence[str]) -> Text:
    spoken = value.replace("_", " ").capitalize()
    english = next((word for word in words if word.isascii() and word[:1].isupper() and not word.isupper()), spoken)
    return Text(next(iter(words), spoken), english)


_ANSWERS: Mapping[str, tuple[FlagType | InputType, Text, Text]] = {
    "fs_decision": (
        FlagType.CHOICE,
        Text("FSの回答", "FS's answer"),
        Text(
            "引き継ぎを受け取ったら「受領」、足りないときは「差し戻し」を選びます。",
            "Accept the handoff, or return it.",
        ),
    ),
    "return_reason": (
        FlagType.CHOICE,
        Text("差し戻し理由", "Return reason"),
        Text("差し戻すときに選びます。基準の見直しに使います。", "Why it is returned. Used to review the definition."),
    ),
    "waiver_items": (
        FlagType.MULTI_CHOICE,
        Text("例外申請：対象項目", "Exception: items"),
        Text("今回は求めないでほしい項目・基準を選びます。", "The items or criteria to be spared this time."),
    ),
    "waiver_reason": (
        FlagType.LONG_TEXT,
        Text("例外申請：理由", "Exception: reason"),
        Text("なぜ例外にしたいかを1〜2行で記入します。", "Why, in one or two lines."),
    ),
    "waiver_until": (
        InputType.DAY,
        Text("例外申請：期限", "Exception: until"),
        Text(
            "この日まで有効です。空欄なら今回の引き継ぎの間有効です。",
            "The last day; empty: as long as this round lasts.",
        ),
    ),
    "waiver_approved": (
        InputType.YES_NO,
        Text("例外申請：承認", "Exception: approved"),
        Text("承認者だけが変更します。", "For approvers alone."),
    ),
}


def _answer_field(wire: str, name: str, book: Book) -> InputField:
    type_, label, help_ = _ANSWERS[name]
    if name in book.mapping.input_values:
        choices = _options(book.mapping.input_values[name], book.words.get(name, {}))
    elif name == "waiver_items":
        choices = _waivable(book.mapping)
    else:
        choices = ()
    length = _LONG if type_ is FlagType.LONG_TEXT else 255
    return InputField(wire, name, type_, label, help_, choices, length, approval=name == "waiver_approved")


def _waivable(mapping: MappingSpec) -> tuple[Choice, ...]:
    """Items and criteria; where one name is both (timing), it means both."""
    labels = {one.value: one.label for one in _criteria()}
    labels |= {item: spec.label for item, spec in mapping.items.items()}
    return _apart(Choice(name, labels[name]) for name in known_names(mapping))


# -- lists that people work from -----------------------------------------------------------------------------------


def _views(stream: StreamMapping) -> Iterator[View]:
    """Before the conversion IS's clock counts, on the opportunity that of FS."""
    clock = "fs" if stream.kind is Kind.DEAL else "is"
    state, due = f"{clock}_sla", f"{clock}_due"
    yield View(
        "incomplete_passes",
        Text("自分の要補完パス", "My passes to complete"),
        (("status", ("passed_incomplete",)),),
        ("status", "missing_items", "next_actor"),
        own=True,
    )
    yield View(
        "due_today",
        Text("本日期限の初回接触", "First contacts due today"),
        ((due, ("today",)), (state, ("waiting", "at_risk"))),
        (state, due, "status"),
    )
    yield View(
        "overdue",
        Text("期限超過（未対応）", "Overdue (open)"),
        ((state, ("breached",)),),
        (state, due, "next_actor"),
    )


# -- no pass without the items -------------------------------------------------------------------------------------


def _rules(stream: StreamMapping, book: Book) -> Iterator[PassRule]:
    stages = _pass_stages(stream, book.rules)
    if not stages or stream.stage_field is None:
        return
    for item in book.mapping.typed:
        for part in _parts(book.mapping.items[item], book.mapping):
            answers = tuple(_answers(part, stream, book.mapping))
            if answers:
                words = _placeholders(part, book.tables)
                yield PassRule(part.id, part.label, stream.stage_field, stages, answers, words)


def _pass_stages(stream: StreamMapping, rules: RuleSet) -> tuple[str, ...]:
    """Values of the stage field that are the pass by themselves."""
    key = (stream.connection, stream.stream)
    return tuple(sorted({value for event in rules.definition.pass_events for value in event.statuses.get(key, ())}))


def _parts(spec: ItemSpec, mapping: MappingSpec) -> list[ItemSpec]:
    """Of a group that wants all its parts each is asked for by itself."""
    return [mapping.items[part] for part in spec.all_of] or [spec]


def _answers(spec: ItemSpec, stream: StreamMapping, mapping: MappingSpec) -> Iterator[tuple[Answer, ...]]:
    for id_ in spec.any_of or (spec.id,):
        where = stream.items.get(id_)
        names = (where.family,) if isinstance(where, NameFields) else where or ()
        for name in names:
            yield (Answer(name, _type_of(mapping.items[id_])),)


def _placeholders(spec: ItemSpec, tables: Tables) -> tuple[str, ...]:
    """Those of the item first: a formula has room for some hundred words."""
    own = tables.placeholders.get(spec.id, frozenset[str]()) | tables.placeholders.get(spec.as_ or "", frozenset[str]())
    none = tables.declared_none.get(spec.id, frozenset[str]())
    common = tables.placeholders.get("common", frozenset[str]())
    return tuple(word for word in (*sorted(own), *sorted(common - own)) if word and word not in none)
