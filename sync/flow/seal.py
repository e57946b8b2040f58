"""What stands in the store in place of a text: only whoever has the store's key can tell whether two are the same.

Everything that is read goes through `Sealer.record` before it is kept: what the mapping calls sensitive, its history and
our own NG reference never lie in the store in clear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection as Transaction

from sync.core.mapping.latest import Latest
from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.sealed import is_sealed, write_sealed
from sync.core.mapping.spec import ItemSpec, MappingSpec, NameFields, StreamMapping
from sync.core.model.flags import FLAG_FIELDS, Flags
from sync.core.model.items import NormaliseContext, ValueState
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.flow.context import Context
from sync.store import rewriting
from sync.store.store import compact, read_note, write_note

NG_REFERENCE = "ng_reference"
NG_TOPICS = "ng_topics"
LONGEST = next(flag.length for flag in FLAG_FIELDS if flag.name == NG_REFERENCE)
_KEY, _DONE = "seal_key", "sealed_under"

Stream = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Seal:
    """The key of one store."""

    key: bytes

    def mark(self, *parts: str) -> str:
        """Equal for equal parts, and nothing else can be told from it."""
        packed = "\x1f".join(parts).encode("utf-8", "backslashreplace")
        return blake2b(packed, digest_size=16, key=self.key).hexdigest()


def open_seal(tx: Transaction) -> Seal:
    """The key lies in the store itself, whose file only its owner can read; made at first use, and never told.

    `tx` must be one that writes.
    """
    key = read_note(tx, _KEY)
    if key is None:
        key = token_hex(32)
        write_note(tx, _KEY, key)
    return Seal(bytes.fromhex(key))


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is sensitive under a company's files."""

    fields: Mapping[Stream, Mapping[str, ItemSpec]]
    """By stream: vendor field → the item that it holds."""
    topics: ItemSpec | None
    """What the NG reference is a copy of."""
    region: str
    tables: Tables
    _fingerprints: dict[Stream, str] = field(default_factory=dict[Stream, str], compare=False)

    def fingerprint(self, stream: Stream) -> str:
        """Of all that decides what is sealed of this stream, and as what; empty where nothing is."""
        if stream not in self._fingerprints:
            self._fingerprints[stream] = self._reckon(stream)
        return self._fingerprints[stream]

    def _reckon(self, stream: Stream) -> str:
        told = [(name, self._decisive(spec)) for name, spec in sorted(self.fields.get(stream, {}).items())]
        return blake2b(repr((self.region, told)).encode(), digest_size=8).hexdigest() if told else ""

    def _decisive(self, spec: ItemSpec) -> object:
        names, tables = ("common", spec.id, spec.as_ or ""), self.tables
        words = [sorted(table.get(name, ())) for table in (tables.placeholders, tables.declared_none) for name in names]
        return spec.id, spec.as_, sorted(spec.options.items()), words


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals for one store what is sensitive under one company's files."""

    seal: Seal
    secrets: Secrets

    def record(self, record: SourceRecord) -> SourceRecord:
        """The record as it may be kept."""
        if record.kind is Kind.HISTORY:
            return self._history(record)
        fields = self.secrets.fields.get((record.ref.connection, record.ref.stream))
        held = record.values
        bare = {n: v for n in fields if (v := held.get(n)) is not None and v != ""} if fields else None
        if fields and bare:
            record = replace(record, values={**held, **{n: self._value(fields[n], v) for n, v in bare.items()}})
        if record.flags and record.flags.get(NG_REFERENCE):
            record = replace(record, flags=self.flags(record.flags))
        return record

    def flags(self, flags: Flags) -> Flags:
        """Our fields as a record holds them."""
        held = flags.get(NG_REFERENCE)
        return {**flags, NG_REFERENCE: self._value(self.secrets.topics, held)} if held else flags

    def text(self, spec: ItemSpec | None, text: str) -> str:
        """What of the text may be kept: the same for whatever our field makes of it."""
        plain = as_written(text)
        state = ValueState.PRESENT
        if spec is not None and spec.as_ is not None:
            context = NormaliseContext(region=self.secrets.region, item=spec.id)
            state = normalise(spec.as_, plain, context, self.secrets.tables, spec.options).state
        return write_sealed(state, len(plain), self.seal.mark("sensitive", plain))

    def _history(self, record: SourceRecord) -> SourceRecord:
        facts = record.facts
        subject = RecordRef.parse(facts["subject"]) if facts.get("field") == "value" and facts.get("subject") else None
        fields = self.secrets.fields.get((subject.connection, subject.stream), {}) if subject is not None else {}
        spec = fields.get(str(facts.get("name")))
        if spec is None:
            return record
        return replace(record, facts={**facts, **{n: self._value(spec, facts.get(n)) for n in ("old", "new")}})

    def _value(self, spec: ItemSpec | None, value: Any) -> Any:
        if value is None or value == "" or is_sealed(value):
            return value
        return self.text(spec, value if isinstance(value, str) else str(value))


def as_written(text: str) -> str:
    """A text as our field gives it back."""
    return text.replace("\r\n", "\n").strip()[:LONGEST].rstrip()


def open_sealer(context: Context, tx: Transaction) -> Sealer:
    """`tx` must be one that writes."""
    return Sealer(open_seal(tx), secrets_of(context))


_secrets: Latest[Secrets] = Latest()


def secrets_of(context: Context) -> Secrets:
    """Sensitive is what any version of the definition calls so."""
    mappings = [edition.mapping for edition in context.editions]
    region = context.rules.definition.region
    return _secrets.get((context.tables, *mappings), lambda: _find(mappings, context.tables, region), region)


def _find(mappings: list[MappingSpec], tables: Tables, region: str) -> Secrets:
    fields: dict[Stream, dict[str, ItemSpec]] = {}
    for mapping in mappings:
        for name, stream in mapping.streams.items():
            for item, held in stream.items.items():
                spec = mapping.items[item]
                if spec.sensitive:
                    fields.setdefault(name, {}).update(dict.fromkeys(_names(held, stream), spec))
    topics = next((m.items[NG_TOPICS] for m in mappings if NG_TOPICS in m.items), None)
    return Secrets(fields, topics, region, tables)


def _names(held: tuple[str, ...] | NameFields, stream: StreamMapping) -> list[str]:
    """Without those by which records are found and joined: these are needed as they are."""
    names = (held.family, held.given) if isinstance(held, NameFields) else held
    return [name for name in names if name not in stream.email_fields and name not in stream.record_id_fields]


def seal_store(context: Context) -> int:
    """Seal what an earlier version, or the same under other files, has kept in clear; returns how many records that was.

    Their old texts are wiped from the database's pages as well.
    """
    secrets = secrets_of(context)
    wanted = ";".join(f"{c}:{s}={secrets.fingerprint((c, s))}" for c, s in sorted(secrets.fields))
    with context.store.read() as tx:
        if read_note(tx, _DONE) == wanted:
            return 0
    with context.store.write() as tx:
        sealer = open_sealer(context, tx)
        changed = rewriting.rewrite(tx, sealer.record)
        write_note(tx, _DONE, wanted)
    if changed:
        compact(context.store)
    return changed
