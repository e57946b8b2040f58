"""Whether fields are there, readable, of a fitting type, and ours writable; and what the user may do with records. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sync.core.mapping.spec import MappingSpec, NameFields, StreamMapping
from sync.core.model.flags import FlagField, FlagType, fields_on
from sync.core.model.records import Kind, RecordRef
from sync.errors import BatonError, StreamUnavailable
from sync.flow.check.finding import Finding
from sync.flow.check.seen import Seen
from sync.flow.context import Context
from sync.flow.outfit import options_of
from sync.inspection import FieldFacts, ObjectFacts, Sort
from sync.ports import StreamSpec

_VITAL = frozenset({Kind.PERSON, Kind.DEAL, Kind.ROLE, Kind.USER, Kind.ACCOUNT})
_PLAIN = frozenset({Sort.BOOLEAN, Sort.DATE, Sort.INSTANT, Sort.NUMBER, Sort.REFERENCE})
_UNFIT: Mapping[str, Collection[Sort]] = {
    "text": {Sort.BOOLEAN, Sort.REFERENCE},
    "phone": _PLAIN - {Sort.NUMBER},
    "email": _PLAIN,
    "company": _PLAIN - {Sort.REFERENCE},
    "person": _PLAIN - {Sort.REFERENCE},
    "title": _PLAIN,
    "money": {Sort.BOOLEAN, Sort.DATE, Sort.INSTANT, Sort.REFERENCE},
    "number": {Sort.BOOLEAN, Sort.DATE, Sort.INSTANT, Sort.REFERENCE},
    "timing": {Sort.BOOLEAN, Sort.NUMBER, Sort.REFERENCE},
    "date": {Sort.BOOLEAN, Sort.NUMBER, Sort.REFERENCE, Sort.CHOICE, Sort.MULTI_CHOICE},
    "datetime": {Sort.BOOLEAN, Sort.NUMBER, Sort.REFERENCE, Sort.CHOICE, Sort.MULTI_CHOICE},
    "picklist": {Sort.DATE, Sort.INSTANT, Sort.NUMBER},
}
"""How an item is read → sorts of fields in which no such value can stand."""
_FIT: Mapping[FlagType, Collection[Sort]] = {
    FlagType.CHOICE: {Sort.CHOICE, Sort.TEXT},
    FlagType.MULTI_CHOICE: {Sort.MULTI_CHOICE, Sort.TEXT},
    FlagType.NUMBER: {Sort.NUMBER},
    FlagType.INSTANT: {Sort.INSTANT},
    FlagType.TEXT: {Sort.TEXT},
    FlagType.LONG_TEXT: {Sort.TEXT},
}


def find_schema(context: Context, seen: Seen) -> Iterator[Finding]:
    """Everything about the objects of one connection and their fields."""
    connection = context.connections[seen.connection]
    for spec in connection.streams:
        found, where = seen.objects.get(spec.name), f"{seen.connection}:{spec.name}"
        stream = context.mapping.streams[seen.connection, spec.name]
        if isinstance(found, ObjectFacts):
            yield from _find_mapped(context.mapping, stream, found, seen.user)
            lacking = {"object": spec.name, "user": seen.user}
            yield from (Finding("fact_unreadable", f"{where}.{n}", {**lacking, "field": n}) for n in found.unread_facts)
            if spec.carries_flags:
                yield from _find_flags(context, spec, found, seen)
        error = found if isinstance(found, BatonError) else seen.unread.get(spec.name)
        if error is not None:
            reason = error.reason if isinstance(error, StreamUnavailable) else str(error)
            yield Finding(_missing(spec, error), where, {"object": spec.name, "user": seen.user, "reason": reason})


def _missing(spec: StreamSpec, error: BatonError) -> str:
    if not (isinstance(error, StreamUnavailable) and error.certain):
        return "object_unanswered"
    if spec.kind in _VITAL:
        return "object_missing"
    return "history_off" if spec.kind in (Kind.HISTORY, Kind.QUALIFICATION) else "object_off"


def _find_mapped(mapping: MappingSpec, stream: StreamMapping, found: ObjectFacts, user: str) -> Iterator[Finding]:
    wanted = (*mapping.typed, *mapping.automatic)
    parts = {part for name in wanted if (item := mapping.items.get(name)) for part in (*item.any_of, *item.all_of)}
    needed = {*wanted, *parts}
    for name in stream.fields:
        if name not in found.fields:
            items = [one for one, at in stream.items.items() if name in _names(at)]
            vital = _is_vital(stream, name, [one for one in items if one in needed], found)
            told = {"object": stream.stream, "field": name, "items": tuple(items), "user": user}
            yield Finding("field_unreadable" if vital else "field_unreadable_spare", _place(stream, name), told)
    for item, at in stream.items.items():
        how = mapping.items[item].as_
        for name in _names(at):
            sort = found.fields[name].sort if name in found.fields else None
            if how is not None and sort in _UNFIT.get(how, ()):
                told = {"object": stream.stream, "field": name, "item": item, "sort": sort, "as": how}
                yield Finding("field_type", _place(stream, name), told)


def _is_vital(stream: StreamMapping, name: str, needed: Collection[str], found: ObjectFacts) -> bool:
    """Whether the handoff lacks something without it: no other field of the record has the same item."""
    if name == stream.stage_field or name in stream.email_fields[:1]:
        return True
    alone = (not any(other in found.fields for other in _names(stream.items[item]) if other != name) for item in needed)
    return any(isinstance(stream.items[item], NameFields) for item in needed) or any(alone)


def _names(at: tuple[str, ...] | NameFields) -> tuple[str, ...]:
    return (at.family, at.given) if isinstance(at, NameFields) else at


def _place(stream: StreamMapping, name: str) -> str:
    return f"{stream.connection}:{stream.stream}.{name}"


def _find_flags(context: Context, spec: StreamSpec, found: ObjectFacts, seen: Seen) -> Iterator[Finding]:
    where = f"{seen.connection}:{spec.name}"
    told = {"object": spec.name, "user": seen.user}
    if not found.editable:
        yield Finding("object_readonly", where, told)
    own = set(found.own.values())
    wide = [name for name, info in found.fields.items() if info.writable and info.guarded and name not in own]
    if wide and seen.rights_by_field:
        yield Finding("rights_wide", where, {**told, "count": len(wide)})
    absent: list[str] = []
    for flag in fields_on(spec.kind, spec.chosen):
        name = found.own.get(flag.name, flag.name)
        info = found.fields.get(name)
        if info is None:
            absent.append(name)
            continue
        here = {**told, "field": name}
        if not info.writable and found.editable:
            yield Finding("flag_readonly", f"{where}.{name}", here)
        yield from _find_unfit(flag, info, f"{where}.{name}", here)
        yield from _find_options(flag, info, options_of(flag, context.mapping), found, f"{where}.{name}", here)
    if absent and len(absent) == len(found.own):
        yield Finding("flag_missing", where, {**told, "fields": ("Baton",)})
    elif absent:
        yield from (Finding("flag_missing", f"{where}.{name}", {**told, "fields": (name,)}) for name in absent)


def _find_unfit(flag: FlagField, info: FieldFacts, where: str, told: Mapping[str, str]) -> Iterator[Finding]:
    if info.sort not in _FIT[flag.type]:
        yield Finding("flag_type", where, {**told, "sort": info.sort, "wanted": flag.type.value})
        return
    if flag.type in (FlagType.TEXT, FlagType.LONG_TEXT, FlagType.NUMBER) and info.length and info.length < flag.length:
        yield Finding("flag_short", where, {**told, "length": info.length, "wanted": flag.length})


def _find_options(
    flag: FlagField, info: FieldFacts, wanted: Collection[str], found: ObjectFacts, where: str, told: Mapping[str, str]
) -> Iterator[Finding]:
    if info.choices is None or not wanted:
        return
    if info.closed and (lacking := tuple(one for one in wanted if one not in info.choices)):
        yield Finding("flag_options", where, {**told, "values": lacking})
    for name, offered in found.record_types.items():
        here = offered.get(info.name)
        if here is not None and (lacking := tuple(one for one in wanted if one not in here)):
            yield Finding("flag_record_type", where, {**told, "type": name, "values": lacking})


def find_sharing(context: Context, seen: Seen) -> Iterator[Finding]:
    """Records that the user does not see, or may not change."""
    connection = context.connections[seen.connection]
    flagged = {spec.name for spec in connection.streams if spec.carries_flags}
    for spec in connection.streams:
        facts = seen.facts(spec.name)
        if facts is not None and facts.sees_all is False and spec.kind in (Kind.PERSON, Kind.DEAL, Kind.ACCOUNT):
            yield Finding("sharing", f"{seen.connection}:{spec.name}", {"object": spec.name, "user": seen.user})
    for stream in sorted(flagged):
        facts = seen.facts(stream)
        own = [one for one in seen.access if one.ref.stream == stream and not one.gone]
        closed = [one.ref for one in own if not one.reads]
        certain = [ref for ref in closed if ref in seen.named]
        yield from _told("record_unshared", certain, seen, stream, len(own))
        yield from _told("record_unseen", [ref for ref in closed if ref not in seen.named], seen, stream, len(own))
        if facts is None or facts.editable:
            readonly = [one.ref for one in own if one.reads and not one.edits]
            yield from _told("record_readonly", readonly, seen, stream, len(own))


def _told(kind: str, refs: list[RecordRef], seen: Seen, stream: str, asked: int) -> Iterator[Finding]:
    """One finding an object, with the first of the records by name."""
    if refs:
        told = {"object": stream, "user": seen.user, "count": len(refs), "asked": asked}
        yield Finding(kind, str(refs[0]), {**told, "examples": tuple(str(ref) for ref in refs[:5])})
