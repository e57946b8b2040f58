"""Rows that are made into records only where somebody looks, and when two answers count as the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.kit.unread import Unread, take_fingerprints
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import TransientError

MADE: list[str] = []


def make(row: Any) -> SourceRecord:
    MADE.append(row["id"])
    return SourceRecord(RecordRef("c", "s", row["id"]), Kind.PERSON, datetime(2026, 10, 1, tzinfo=UTC))


def test_only_those_that_are_asked_for_are_made() -> None:
    MADE.clear()
    other = make({"id": "z"})
    page = Unread([{"id": "a"}, {"id": "b"}], make, [other])
    assert (len(page), page[1].ref.record_id, page[2], page[-1]) == (3, "b", other, other)
    assert MADE == ["z", "b"]
    assert [one.ref.record_id for one in page] == ["a", "b", "z"]
    assert [one.ref.record_id for one in page[1:]] == ["b", "z"]


def test_a_row_of_an_unknown_shape_is_trouble_of_the_service() -> None:
    with pytest.raises(TransientError, match="unknown shape"):
        _ = Unread([{}], make)[0]


def test_the_same_values_have_the_same_fingerprint_and_any_difference_another() -> None:
    first = take_fingerprints([("c:s:1", b'["a",null,1]')], "spec", ("Id", "Name"))
    assert take_fingerprints([("c:s:1", b'["a",null,1]')], "spec", ("Id", "Name")) == first
    for said, circumstances in (
        (b'["a","",1]', ("spec", ("Id", "Name"))),
        (b'["a",null,"1"]', ("spec", ("Id", "Name"))),
        (b'["a",null,1]', ("spec", ("Id", "Title"))),
        (b'["a",null,1]', ("other", ("Id", "Name"))),
    ):
        assert take_fingerprints([("c:s:1", said)], *circumstances) != first


def test_where_one_record_stands_twice_none_is_spared() -> None:
    assert take_fingerprints([("c:s:1", b"a"), ("c:s:1", b"b")], "spec") == {}
