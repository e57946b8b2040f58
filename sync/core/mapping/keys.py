"""What a record is known by, and which other records it refers to: the raw material of linking."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sync.core.mapping.normalise import email_key, is_shared_address
from sync.core.mapping.spec import MappingSpec, StreamMapping
from sync.core.model.records import KeyRole, Kind, RecordKey, RecordRef, SourceRecord

_SEPARATORS = re.compile(r"[;,\s]+")
_RECORD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHORT, _SUFFIX = 15, "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_LONGEST_ADDRESS = 254
_ALONE = re.compile(r"[a-zA-Z0-9._%+@-]+")
"""One address as most are written: nothing to part, nothing around it."""
_ADDRESS = re.compile(r"[^@\s<>\"'()]+@[^@\s<>\"'()]+\.[^@\s<>\"'().]{2,}")


def record_keys(record: SourceRecord, mapping: MappingSpec) -> list[RecordKey]:
    """The record's own key first, then every key it refers to, without repeats, in a stable order.

    A merged-away record refers to its winner alone; any other deleted record to nothing.
    """
    keys = [RecordKey(KeyRole.SELF, str(record.ref))]
    winner = record.facts.get("merged_into")
    if winner:
        keys.append(RecordKey(KeyRole.RECORD_ID, winner))
    elif not record.deleted:
        stream = mapping.streams.get((record.ref.connection, record.ref.stream))
        for role, texts in _references(record, stream):
            keys += [RecordKey(role, text) for text in dict.fromkeys(texts)]
    return keys


def record_ids(record: SourceRecord, stream: StreamMapping | None) -> list[str]:
    """Keys of records in other streams that are the same person or deal: stored ids, then conversions."""
    found = [
        f"{target}:{record_id}"
        for field, target in (stream.record_id_fields.items() if stream else ())
        if (record_id := read_record_id(record.values.get(field)))
    ]
    return [*found, *_texts(record.facts, "converted_to")]


def read_record_id(typed: object) -> str:
    """An id as somebody stored it in another system; empty for what cannot be one and must not name a record.

    Ids of 15 characters that differ by letter case only (reports and formulas give them out) get the 3 characters that
    the API adds: for each 5 of them, which are capitals (source: Salesforce, "What are the 15 and 18 character IDs").
    """
    text = typed.strip() if isinstance(typed, str) else ""
    if not _RECORD_ID.fullmatch(text):
        return ""
    return text + _case_suffix(text) if len(text) == _SHORT and not text.isdecimal() else text


def _case_suffix(text: str) -> str:
    parts = (text[start : start + 5] for start in range(0, _SHORT, 5))
    return "".join(_SUFFIX[sum(1 << bit for bit, char in enumerate(part) if char.isupper())] for part in parts)


def email_keys(record: SourceRecord, stream: StreamMapping | None) -> list[str]:
    """`email:…` of every personal address; shared ones (info@, sales@, noreply@) join nobody."""
    return [
        f"email:{address}"
        for field in (stream.email_fields if stream else ())
        for address in _addresses(record.values.get(field))
        if not is_shared_address(address)
    ]


def reference(facts: Mapping[str, Any], name: str) -> RecordRef | None:
    """A fact that names one record; None when it is absent, empty or no reference."""
    text = facts.get(name)
    return _parse(text) if isinstance(text, str) else None


def references(facts: Mapping[str, Any], name: str) -> list[RecordRef]:
    """A fact that names several records."""
    return [ref for text in _texts(facts, name) if (ref := _parse(text)) is not None]


def _references(record: SourceRecord, stream: StreamMapping | None) -> Sequence[tuple[KeyRole, Sequence[str]]]:
    """By role, each once; a key may come twice."""
    facts = record.facts
    match record.kind:
        case Kind.PERSON | Kind.DEAL:
            ids, addresses = record_ids(record, stream), email_keys(record, stream)
            return (
                (KeyRole.RECORD_ID, ids),
                (KeyRole.EMAIL, addresses),
                (KeyRole.CONTEXT, _texts(facts, "account")),
            )
        case Kind.ROLE:
            return ((KeyRole.RECORD_ID, [*_texts(facts, "person"), *_texts(facts, "deal")]),)
        case Kind.ACTIVITY | Kind.QUALIFICATION:
            return ((KeyRole.SUBJECT, _texts(facts, "subjects")),)
        case Kind.ABSENCE:
            return ((KeyRole.SUBJECT, _texts(facts, "owner")),)
        case Kind.HISTORY:
            return ((KeyRole.SUBJECT, _texts(facts, "subject")),)
        case Kind.ACCOUNT | Kind.USER:
            return ()


def _texts(facts: Mapping[str, Any], name: str) -> list[str]:
    fact: object = facts.get(name)
    if isinstance(fact, str):
        return [fact] if fact else []
    return [str(each) for each in fact if each] if isinstance(fact, list | tuple) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - facts are JSON


def _parse(text: str) -> RecordRef | None:
    parts = text.split(":", 2)
    return RecordRef(*parts) if len(parts) == 3 and all(parts) else None


def _addresses(raw: object) -> list[str]:
    """Of one field, which may hold several; case folded, because mail systems ignore case and people type it."""
    if not isinstance(raw, str) or "@" not in raw:
        return []
    if _ALONE.fullmatch(raw) and _is_address(raw):
        return [email_key(raw)]
    parts = (part.strip("<>") for part in _SEPARATORS.split(raw))
    return [email_key(part) for part in parts if _is_address(part)]


def _is_address(part: str) -> bool:
    """Within the length that mail allows (RFC 5321) and visible: anything else is no key that a store should keep."""
    return len(part) <= _LONGEST_ADDRESS and part.isprintable() and bool(_ADDRESS.fullmatch(part))
