"""Rows go in as they are on both databases, whatever stands in them."""

from __future__ import annotations

from typing import Any

import pytest

from sync.store import Store
from sync.store.driver import as_bytes, fetch, put

AWKWARD = ["", "\x1e", "\x1f", "a\x1fb", "\\x41", "\\N", "NULL", '{"}', "tab\tline\nend\\", "受発注 𠮷", "'"]
FLAGGED = ("ref", "content_hash", "flags_hash", "modified_at", "deleted", "flags", "vals")
REST = ("connection", "stream", "kind", "value_written", "facts")


def keep(store: Store, *keys: str) -> None:
    with store.write() as tx:
        put(tx, "record_key", ("ref", "role", "key"), ("ref", "role", "key"), [("a", "email", key) for key in keys])


def kept(store: Store) -> set[str]:
    with store.read() as tx:
        return {key for (key,) in fetch(tx, "SELECT key FROM record_key WHERE ref {}", ["a"])}


@pytest.mark.parametrize("key", ["", "\x1e", "\x1f", "a"])
def test_a_text_alone_comes_back(store: Store, key: str) -> None:
    keep(store, key)
    assert kept(store) == {key}


def test_texts_together_come_back(store: Store) -> None:
    keep(store, *AWKWARD)
    keep(store, *AWKWARD)
    assert kept(store) == set(AWKWARD)


def test_every_type_comes_back_and_is_replaced(store: Store) -> None:
    rest = ("c", "s", "person", "{}", "{}")
    first: list[tuple[Any, ...]] = [
        ("1", b"", None, -(2**62), True, None, b'{"a":"\\u001f\\u001e \\\\ \xe5\x8f\x97"}'),
        ("2", bytes(range(256)), b"\x00\x1e\x1f", 0, False, "{}", "[]"),
    ]
    second: list[tuple[Any, ...]] = [("1", b"x", b"", 1, False, b"{}", "{}")]
    for rows in (first, second):
        with store.write() as tx:
            put(tx, "source_record", FLAGGED + REST, ("ref",), [row + rest for row in rows])
    with store.read() as tx:
        rows = fetch(tx, f"SELECT {', '.join(FLAGGED)} FROM source_record WHERE ref {{}}", ["1", "2"])
    assert {row[0]: row[1:] for row in rows} == {
        "1": (b"x", b"", 1, False, "{}", "{}"),
        "2": (bytes(range(256)), b"\x00\x1e\x1f", 0, False, "{}", "[]"),
    }


def test_json_is_text_however_it_came(store: Store) -> None:
    written = b'{"a":"\\u001f\\u001e \\\\ \xe5\x8f\x97"}'
    row = ("1", b"", 0, False, "c", "s", "person", "{}", None, "{}", written)
    columns = ("ref", "content_hash", "modified_at", "deleted", *REST[:4], "flags", "facts", "vals")
    with store.write() as tx:
        put(tx, "source_record", columns, ("ref",), [row])
    with store.read() as tx:
        assert fetch(tx, "SELECT vals, flags FROM source_record WHERE ref {}", ["1"]) == [(written.decode(), None)]


def test_json_is_bytes_where_it_is_asked_for_so(store: Store) -> None:
    written = b'{"a":"\xe5\x8f\x97 \\\\"}'
    row = ("1", b"", 0, False, "c", "s", "person", "{}", "{}", written)
    columns = ("ref", "content_hash", "modified_at", "deleted", *REST[:4], "facts", "vals")
    with store.write() as tx:
        put(tx, "source_record", columns, ("ref",), [row])
    with store.read() as tx:
        sql = f"SELECT {as_bytes(tx, 'vals')}, {as_bytes(tx, 'flags')} FROM source_record WHERE ref {{}}"
        assert fetch(tx, sql, ["1"]) == [(written, None)]


@pytest.mark.parametrize(
    "digests", [(b"", b""), (b"ab", b"cd"), (b"a", b"bcd"), (b"", b"x"), (b"ab", None), (None, None)]
)
def test_digests_of_whatever_length_come_back(store: Store, digests: tuple[bytes | None, ...]) -> None:
    columns = ("ref", "content_hash", "flags_hash", "modified_at", "deleted", *REST, "vals")
    rest = (0, False, "c", "s", "person", "{}", b"{}", "{}")
    rows = [(str(n), b"same", digest, *rest) for n, digest in enumerate(digests)]
    with store.write() as tx:
        put(tx, "source_record", columns, ("ref",), rows)
    with store.read() as tx:
        found = fetch(tx, "SELECT ref, content_hash, flags_hash FROM source_record WHERE ref {}", ["0", "1"])
    assert sorted(found) == [("0", b"same", digests[0]), ("1", b"same", digests[1])]


def test_rows_that_are_all_alike_stay_as_many(store: Store) -> None:
    columns = (
        "connection", "ref", "handoff_id", "kind", "state", "approved", "attempts", "reason", "created_at", "old", "new",
    )  # fmt: skip
    row = ("c", "r", "h", "flags", "ready", 1, 0, "", 0, b"{}", b"{}")  # a truth value given as a number
    with store.write() as tx:
        put(tx, "outbox", columns, (), [row] * 3)
    with store.read() as tx:
        found = fetch(tx, "SELECT ref, approved FROM outbox WHERE ref {}", ["r"])
    assert found == [("r", True)] * 3
