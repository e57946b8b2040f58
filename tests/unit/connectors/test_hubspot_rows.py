"""Rows are cut out of HubSpot's lists without being read, and are what reading the whole answer gives."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hubspot.rows import Rows, read_rows
from connectors.kit.body import read_json
from sync.errors import TransientError

NASTY = [
    "",
    '},{"id":"7","properties":{',
    '"name":null',
    '"associations":{"',
    '"paging":',
    "}]}",
    '],"paging":{',
    "\\",
    '\\"',
    "佐藤 😀",
    "\x1f",
]
texts = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NEXT = {"next": {"after": "9", "link": "https://api.hubapi.com/…"}}


def row(record_id: str, links: int = 0, **values: Any) -> dict[str, Any]:
    told = {"contacts": {"results": [{"id": str(n), "type": "call_to_contact"} for n in range(links)], "paging": NEXT}}
    plain = {"id": record_id, "properties": values, "createdAt": "2026-10-01T00:00:00Z", "archived": False}
    return {**plain, "associations": told} if links else plain


def page(*rows: dict[str, Any], paging: Any = None) -> dict[str, Any]:
    return {"results": list(rows), **({"paging": paging} if paging else {})}


def cut(*rows: dict[str, Any]) -> Rows:
    found: Rows = read_rows(orjson.dumps(page(*rows)))["results"]
    return found


def plain(answer: Any) -> Any:
    return {**answer, "results": [*answer["results"]]}


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.dictionaries(texts, texts | st.none() | st.integers(0, 9), max_size=4)),
        max_size=4,
    ),
    st.sampled_from([None, NEXT]),
)
def test_the_rows_are_those_of_the_whole_answer(told: list[tuple[int, dict[str, Any]]], paging: Any) -> None:
    rows = [{**row(str(n), links), "properties": values} for n, (links, values) in enumerate(told)]
    answer = page(*rows, paging=paging)
    found = read_rows(orjson.dumps(answer))
    assert plain(found) == answer
    assert (found["results"].ids, len(found["results"])) == ([one["id"] for one in rows], len(rows)) or not rows


def test_rows_are_cut_where_they_are_written_as_hubspot_writes_them() -> None:
    found = cut(row("1", name="}]}"), row("2", links=2), row("33"))
    assert [text[:16] for text in found.texts] == [b'1","properties":', b'2","properties":', b'33","properties"']
    assert (found[-1]["id"], [one["id"] for one in found[:2]]) == ("33", ["1", "2"])


@pytest.mark.parametrize(
    "data",
    [
        b'{"results": [{"id": "1", "properties": {}}]}',
        b'{"results":[{"id":"1","properties":{}},\n{"id":"2","properties":{}}]}',
        b'{"results":[{"id":"1","properties":{}}, {"id":"2","properties":{}}],"paging":{"next":{"after":"3"}}}',
        b'{"results":[{"id":"1","archived":false,"properties":{}},{"id":"2","properties":{}}]}',
        b'{"results":[{"id":"x","properties":{}}]}',
        b'{"results":[{"id":1,"properties":{}}]}',
        b'{"results":[{"properties":{},"id":"1"}]}',
        b'{"results":[{"id":"1","properties":{}}],"total":7}',
        b'{"results":[{"id":"1","properties":{}}],"others":[{"id":"2","properties":{}}]}',
        b'{"results":[{"id":"1","properties":{"name":"caf\\ud83d"}}]}',
        b'{"total":1,"results":[{"id":"1","properties":{}}]}',
        b'{"results":[]}',
    ],
)
def test_what_is_written_otherwise_is_read_as_a_whole(data: bytes) -> None:
    found = read_rows(data)
    assert plain(found) == read_json(data)
    assert [*found["results"].ids] == [str(one["id"]) for one in read_json(data)["results"]]


@pytest.mark.parametrize(
    "data",
    [
        b'{"results":[{"id":"1","properties":{}}',
        b'{"results":[{"id":"1","properties":{}}],"paging":{"next":',
        b'{"results":[{"id":"1","properties":{"name":\xff}}]}',
        b'{"results":[{"id":"1","properties":{"a":' + b"[" * 100_000,
        b"<html>",
    ],
)
def test_what_is_no_json_is_refused_as_ever(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_rows(data)


def test_a_row_that_is_no_json_is_trouble_of_the_service() -> None:
    found: Rows = read_rows(b'{"results":[{"id":"1","properties":{"a" "b"}},{"id":"2","properties":{}}]}')["results"]
    assert found[1]["id"] == "2"
    with pytest.raises(TransientError, match="no JSON"):
        _ = found[0]


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ({"a": None, "b": "x", "c": None, "d": None}, False),
        ({"a": "x", "b": None, "c": None, "d": None}, True),
        ({"a": None, "b": None, "c": 0, "d": None}, True),
        ({"a": None, "b": None, "c": None, "d": "x"}, True),
        ({"a": '"a":null', "b": None, "c": None, "d": None}, True),
        ({"a": None, "b": None, "c": None}, True),
        ({"d": None, "c": None, "b": None, "a": None}, True),
    ],
)
def test_a_row_that_may_hold_one_of_some_properties_is_found(values: dict[str, Any], holds: bool) -> None:
    empty: dict[str, Any] = {"a": None, "b": None, "c": None, "d": None}
    found = cut(row("1", **empty), row("2", **values), row("3", **empty))
    assert [one["id"] for one in found.holding({"a", "c", "d"})] == (["2"] if holds else [])


def test_of_a_page_all_rows_are_found_that_hold_one_of_them_and_no_other() -> None:
    told = [{"a": 1, "b": None}, {"a": None, "b": None}, {"a": None, "b": 1}, {"a": 1, "b": 1}, {"b": None, "a": None}]
    found = cut(row("0", a=None, b=None), *(row(str(n), **one) for n, one in enumerate(told, 1)))
    assert [one["id"] for one in found.holding({"a", "b"})] == ["1", "3", "4", "5"]
    assert [one["id"] for one in found.holding({"b"})] == ["3", "4", "5"]


def test_where_the_first_row_does_not_tell_a_property_every_row_may_hold_it() -> None:
    found = cut(row("1", a=None), row("2", a=None, b="x"))
    assert [one["id"] for one in found.holding({"a", "b"})] == ["1", "2"]
    assert [*found.holding(())] == []


def test_rows_that_mention_a_text_are_found() -> None:
    found = cut(row("1"), row("2", links=1), row("3", a='"paging":'))
    assert [one["id"] for one in found.mentioning(b'"paging":')] == ["2"]
