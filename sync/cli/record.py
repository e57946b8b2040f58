"""Which stored record an operator means: `connection:stream:id`, a bare id, or the address of its page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from sync.cli.show import printable
from sync.core.mapping.spec import MappingSpec
from sync.core.model.records import Kind, RecordRef
from sync.errors import ConfigError, Problem
from sync.store import Store, records

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?|\d{1,20}")
_HINT = "write connection:stream:id (e.g. salesforce:Lead:00Q…), a record id, or the address of the record's page"


def find_record(text: str, mapping: MappingSpec, store: Store) -> RecordRef:
    """The stored record that is meant. Raises ConfigError when there is none.

    A bare id may exist in several streams: one that carries flags goes first, then people and deals.
    """
    wanted = _named(text.strip(), mapping)
    with store.read() as tx:
        known = records.load(tx, wanted)
    found = next((ref for ref in wanted if ref in known), None)
    # What follows a `?` may be a session of the browser.
    said = text.partition("?")[0]
    if found is None:
        raise ConfigError(Problem("RECORD", f"no stored record is meant by {printable(said)!r}", _HINT))
    return found


def find_candidates(text: str, mapping: MappingSpec) -> list[RecordRef]:
    """Every record that may be meant, stored or not, the likeliest first."""
    return _named(text.strip(), mapping)


def _named(text: str, mapping: MappingSpec) -> list[RecordRef]:
    """Every record that may be meant, the likeliest first."""
    first, _, rest = text.partition(":")
    if "/" not in text and rest.count(":") == 1:
        return [RecordRef(first, rest.partition(":")[0], name) for name in _spellings(rest.partition(":")[2])]
    ids = _ids_of_address(text) if "/" in text else [text]
    streams = sorted(
        mapping.streams.values(), key=lambda s: (not s.carries_flags, s.kind not in (Kind.PERSON, Kind.DEAL))
    )
    return [RecordRef(s.connection, s.stream, name) for one in ids for name in _spellings(one) for s in streams]


def _ids_of_address(text: str) -> list[str]:
    """Parts of a record page's path that can be ids, the last one first."""
    try:
        parts = urlsplit(text).path.split("/")
    except ValueError:  # no address at all
        return []
    return [part for part in reversed(parts) if _ID.fullmatch(part)]


def _spellings(record_id: str) -> Iterable[str]:
    """The id, and for a case-sensitive id of 15 characters also its 18-character form.

    Source: Salesforce Object Reference, ID field type (three check characters, one per five, a bit per capital).
    """
    yield record_id
    if len(record_id) == 15 and not record_id.isdigit():
        groups = (record_id[start : start + 5] for start in (0, 5, 10))
        bits = (sum(1 << place for place, char in enumerate(group) if "A" <= char <= "Z") for group in groups)
        yield record_id + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[value] for value in bits)
