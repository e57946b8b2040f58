"""Rows are cut out of answers without being read, and are what reading the whole answer gives."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.body import read_json
from connectors.kit.cut import Cut, read_cut
from sync.errors import TransientError

NASTY = [
    "",
    '"records":[{"attributes":{"type":"Lead",',
    '},{"attributes":{"type":"Lead",',
    "}]}",
    "\\",
    '\\"',
    "佐藤 😀",
    "\x1f",
]
texts = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def row(record_id: str, kind: str = "Lead", **values: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind, "url": f"/services/{record_id}"}, "Id": record_id, **values}


def page(*rows: dict[str, Any], done: bool = True) -> dict[str, Any]:
    return {"totalSize": len(rows), "done": done, "records": list(rows)}


def plain(answer: Any) -> Any:
    """With lists in place of what was cut."""
    if isinstance(answer, Cut):
        return [*answer]
    if isinstance(answer, dict):
        return {name: plain(value) for name, value in answer.items()}
    return [plain(one) for one in answer] if isinstance(answer, list) else answer


@given(
    st.lists(
        st.lists(st.dictionaries(texts, texts | st.none() | st.integers(0, 9), max_size=4), max_size=3), max_size=3
    )
)
def test_the_rows_are_those_of_the_whole_answer(queries: list[list[dict[str, Any]]]) -> None:
    bodies = [
        page(*({**row(str(n)), **one, "Owner": row("u", "User")} for n, one in enumerate(rows))) for rows in queries
    ]
    parts = [{"body": body, "httpHeaders": {}, "httpStatusCode": 200, "referenceId": "q"} for body in bodies]
    for answer in ({"compositeResponse": parts}, *bodies):
        assert plain(read_cut(orjson.dumps(answer))) == orjson.loads(orjson.dumps(answer))


def test_rows_are_cut_where_they_are_written_as_salesforce_writes_them() -> None:
    found = read_cut(orjson.dumps(page(row("1", Name="}]}"), row("2"), row("3"))))["records"]
    assert isinstance(found, Cut)
    assert (len(found), found[-1]["Id"], [one["Id"] for one in found[:2]]) == (3, "3", ["1", "2"])


@pytest.mark.parametrize(
    "data",
    [
        b'{"done": true, "records": [{"attributes": {"type": "Lead"}, "Id": "1"}]}',
        b'{"records":[{"attributes":{"type":"Lead","url":""},"Id":"1"},\n{"attributes":{"type":"Lead","url":""},"Id":"2"}]}',
        b'{"records":[{"attributes":{"type":"Lead","url":""},"Id":"1"},{"attributes":{"type":"Task","url":""},"Id":"2"}]}',
        b'{"records":[{"attributes":{"type":"Lead","url":""},"sub":{"records":[{"attributes":{"type":"Task","url":""}}]}}]}',
        b'{"records":[{"attributes":{"type":"Lead","url":""},"Name":"caf\\ud83d"}]}',
        b'{"other":{"records":[{"attributes":{"type":"Lead","url":""}}]},"records":[]}',
        b'{"compositeResponse":[{"body":[{"errorCode":"X"}]},{"body":{"records":[]}}]}',
        b'[{"records":[{"attributes":{"type":"Lead","url":""}}]}]',
        b"[]",
    ],
)  # fmt: skip
def test_what_is_written_otherwise_is_read_as_a_whole(data: bytes) -> None:
    assert plain(read_cut(data)) == read_json(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"records":[{"attributes":{"type":"Lead","url":""},"Id":"1"}',
        b'{"records":[{"attributes":{"type":"Lead","url":""},"Id":"1',
        b'{"records":[{"attributes":{"type":"Lead","url":""},"Id":\xff}]}',
        b'{"records":[{"attributes":{"type":"Lead',
        b'{"records":[{"attributes":{"type":"Lead","a":' + b"[" * 100_000,
        b"<html>",
    ],
)
def test_what_is_no_json_is_refused_as_ever(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_cut(data)


def test_a_row_that_is_no_json_is_trouble_of_the_service() -> None:
    begin = b'{"attributes":{"type":"Lead",'
    data = b'{"records":[' + begin + b'"url":"" "Id":"1"}},' + begin + b'"url":""}}]}'
    found = read_cut(data)["records"]
    assert found[1]["attributes"] == {"type": "Lead", "url": ""}
    with pytest.raises(TransientError, match="no JSON"):
        _ = found[0]
