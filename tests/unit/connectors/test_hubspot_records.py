"""Whom the records of a list hang on: what the list tells is taken, and the rest is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest

from connectors.hubspot.client import Client
from connectors.hubspot.owners import Owners
from connectors.hubspot.paths import Paths
from connectors.hubspot.properties import Properties
from connectors.hubspot.records import Records
from connectors.hubspot.rows import Rows, read_rows
from sync.core.model.records import Kind
from sync.ports import StreamSpec

CALLS = StreamSpec("calls", Kind.ACTIVITY)
NOW = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)


@dataclass
class _Portal:
    """Answers what is asked of associations."""

    links: Mapping[str, list[int]]
    asked: list[str] = field(default_factory=list[str])
    paths: Paths = field(default_factory=lambda: Paths("2026-09"))

    def server_time(self) -> datetime:
        return NOW

    def listed(self, path: str, query: Mapping[str, str], *, stream: str = "") -> Iterator[dict[str, Any]]:
        del path, query, stream
        return iter(())

    def post(self, path: str, body: Mapping[str, Any], *, stream: str = "") -> dict[str, Any]:
        del path, stream
        self.asked += [one["id"] for one in body["inputs"]]
        found = [(one, self.links[one]) for one in self.asked if one in self.links]
        told = [{"from": {"id": one}, "to": [{"toObjectId": to} for to in links]} for one, links in found]
        return {"status": "COMPLETE", "results": told}


def row(record_id: str, *people: str, more: bool = False) -> dict[str, Any]:
    linked = {"results": [{"id": one, "type": "call_to_contact"} for one in people]}
    linked |= {"paging": {"next": {"after": "9"}}} if more else {}
    told = {"associations": {"contacts": linked}} if people else {}
    return {"id": record_id, "properties": {"hs_timestamp": "2026-10-05T00:00:00Z"}, "archived": False, **told}


def look(portal: _Portal, *rows: dict[str, Any]) -> tuple[dict[str, list[str]], dict[str, bytes]]:
    """Per record the contacts it hangs on, and its fingerprint."""
    client = cast(Client, portal)
    cut: Rows = read_rows(orjson.dumps({"results": rows}))["results"]
    records, taken = Records("hs", client, Properties(client), Owners("hs", client)).look_over(CALLS, cut, ())
    people = {one.ref.record_id: [ref.rpartition(":")[2] for ref in one.facts["subjects"]] for one in records}
    return people, dict(taken)


def test_what_a_list_tells_is_not_asked_for() -> None:
    portal = _Portal({"2": [7]})
    people, taken = look(portal, row("1", "30", "4"), row("2"))
    assert (people, portal.asked) == ({"1": ["4", "30"], "2": []}, [])
    assert [*taken] == ["hs:calls:1", "hs:calls:2"]


def test_where_a_page_tells_of_nobody_it_is_asked_for() -> None:
    portal = _Portal({"2": [7, 6]})
    assert look(portal, row("1"), row("2"))[0] == {"1": [], "2": ["6", "7"]}
    assert portal.asked == ["1", "2"]


def test_of_whom_a_list_does_not_tell_all_it_is_asked_for() -> None:
    portal = _Portal({"1": [4, 30, 31]})
    assert look(portal, row("1", "4", more=True), row("2", "5"))[0] == {"1": ["4", "30", "31"], "2": ["5"]}
    assert portal.asked == ["1"]


@pytest.mark.parametrize("rows", [(row("1"), row("2")), (row("1", "4", more=True), row("2", "5"))])
def test_a_record_that_hangs_elsewhere_by_what_was_asked_looks_different(rows: tuple[dict[str, Any], ...]) -> None:
    before, after = look(_Portal({"1": [4]}), *rows)[1], look(_Portal({"1": [5]}), *rows)[1]
    assert [ref for ref, digest in before.items() if after[ref] != digest] == ["hs:calls:1"]
