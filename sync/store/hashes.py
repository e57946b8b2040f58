"""What is kept of a record, as JSON and by its hashes: two versions with the same hashes are the same to us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from sync.core.model.records import SourceRecord
from sync.store.types import to_micros, write_bytes

_SORTED = orjson.OPT_SORT_KEYS
_BARE = blake2b(b"{}", digest_size=8).digest()
"""Of a record that holds no flag: most do."""


@dataclass(slots=True)
class Hashed:
    """A record as it was read, and what is kept of it."""

    ref: str
    record: SourceRecord
    modified_at: int
    content: bytes
    flags: bytes | None
    values: bytes
    """As JSON."""
    facts: bytes


def hash_record(ref: str, record: SourceRecord) -> Hashed:
    """`content`: of exactly what is kept, values and facts; of a deleted record only that, and what it was merged into."""
    values, facts = orjson.dumps(record.values, option=_SORTED), orjson.dumps(record.facts, option=_SORTED)
    kept = write_bytes(["deleted", record.facts.get("merged_into")]) if record.deleted else b"[%b,%b]" % (values, facts)
    content = blake2b(kept, digest_size=16).digest()
    return Hashed(ref, record, to_micros(record.modified_at), content, hash_flags(record.flags), values, facts)


def hash_flags(flags: Mapping[str, Any] | None) -> bytes | None:
    """Of the flags that are not empty, ids joined by `;` in any order; None where the stream carries none."""
    if flags is None:
        return None
    held = {n: ";".join(sorted(v.split(";"))) if isinstance(v, str) else v for n, v in flags.items() if v or v == 0}
    if not held:
        return _BARE
    return blake2b(orjson.dumps(held, option=_SORTED), digest_size=8).digest()
