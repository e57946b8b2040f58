"""Searching by id under everything that search does: disorder, repetitions, rows outside the filters, floods on one stamp."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from connectors.hubspot import head
from connectors.hubspot.search import PAGE, search_ids
from sync.errors import TransientError
from tests.unit.connectors.test_hubspot_reading import CONTACTS, Portal, add, ids, start

Order = Callable[[list[int]], list[int]]


@dataclass
class Index:
    """A search that knows the range of ids and gives what it finds in an order of its own."""

    known: list[int]
    order: Order
    asked: list[list[Mapping[str, Any]]] = field(default_factory=list)

    def search(self, _stream: str, filters: Sequence[Mapping[str, Any]], limit: int) -> list[dict[str, Any]]:
        self.asked.append(list(filters))
        low = max((int(one["value"]) for one in filters if one["operator"] == "GT"), default=0)
        high = min((int(one["value"]) for one in filters if one["operator"] == "LTE"), default=10**15)
        return [{"id": str(one)} for one in self.order([n for n in self.known if low < n <= high])[:limit]]


def walk(index: Any) -> list[int]:
    found: list[int] = []
    last, more = 0, True
    while more:
        page = search_ids(index, CONTACTS, [], last)
        last, more = page.last, page.more
        found += [int(row["id"]) for row in page.rows]
    return found


def late_first(ids_: list[int]) -> list[int]:
    """A page full of the greatest ids, although the smallest were asked for."""
    return ids_[::-1]


def swapped(ids_: list[int]) -> list[int]:
    return [*ids_[100:PAGE], *ids_[:100], *ids_[PAGE:]]


@pytest.mark.parametrize("order", [list, late_first, swapped])
@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 1_730])
def test_nothing_is_lost_behind_a_page_that_is_out_of_order(order: Order, count: int) -> None:
    known = [7 * n + 3 for n in range(1, count + 1)]
    assert sorted(set(walk(Index(known, order)))) == known


def test_in_order_it_costs_one_search_a_page() -> None:
    index = Index(list(range(1, 1_001)), list)
    assert len(walk(index)) == 1_000
    assert len(index.asked) == 6  # the sixth says that there is no more


def test_ids_are_compared_as_numbers() -> None:
    assert walk(Index([9, 10, 99, 100, 1_000], list)) == [9, 10, 99, 100, 1_000]


def test_the_same_page_again_and_again_ends_in_an_error_and_not_in_a_loop() -> None:
    index = Index(list(range(1, 300)), list)
    stuck = Index(list(range(1, 300)), list)
    stuck.search = lambda *_: index.search("", [], PAGE)  # type: ignore[method-assign]  # heeds no filter
    with pytest.raises(TransientError, match="same page"):
        walk(stuck)
    assert len(index.asked) < 50


def test_a_search_without_any_order_ends_in_an_error() -> None:
    class Mad(Index):
        def search(self, _stream: str, filters: Sequence[Mapping[str, Any]], limit: int) -> list[dict[str, Any]]:
            self.asked.append(list(filters))
            return [{"id": str(10**9 - n)} for n in range(limit)]

    mad = Mad([], list)
    with pytest.raises(TransientError):
        walk(mad)
    assert len(mad.asked) <= 50


# -- against the portal --------------------------------------------------------------------------------------------


@pytest.fixture
def portal() -> Iterator[Portal]:
    yield from start(index_lag=(0.0, 0.0))


def flood(portal: Portal, count: int) -> list[str]:
    """So many contacts, changed in one millisecond."""
    events = [{"op": "insert", "object": "contacts", "record": {"properties": {}}} for _ in range(count)]
    made = portal.server.control("apply", {"events": events})["ids"]
    portal.pull()
    portal.clock.advance(timedelta(minutes=20))
    portal.happen("mass_update", "contacts", ids=made, record={"properties": {"lastname": "z"}})
    portal.clock.advance(timedelta(seconds=30))
    return sorted(made)


def test_a_flood_on_one_stamp_is_read_once_and_kept_page_by_page(portal: Portal) -> None:
    made = flood(portal, 2_900)
    cursors: list[str] = []
    read: list[str] = []
    for page in portal.source.head([CONTACTS], portal.cursors):
        cursors.append(json.dumps(page.cursor))
        portal.cursors["contacts"] = json.loads(cursors[-1])
        read += ids(list(page.records))
    assert sorted(read) == made
    assert len(set(cursors)) == len(cursors) >= 15, "every page can be gone on from"
    assert max(map(len, cursors)) < 40 * head.FOUND_MAX, "a cursor does not grow with the flood"
    assert len(cursors[-1]) < 200
    before = len(portal.server.log)
    assert portal.pull() == [] and portal.paths(before) == ["search"]


def test_killed_at_any_page_of_a_flood_it_goes_on_there(portal: Portal) -> None:
    made = flood(portal, 700)
    pages = portal.source.head([CONTACTS], portal.cursors)
    saved = [next(pages) for _ in range(2)]
    portal.cursors["contacts"] = json.loads(json.dumps(saved[-1].cursor))
    told = [one for page in saved for one in ids(list(page.records))]
    rest = ids(portal.pull())
    assert sorted(told + rest) == made


def test_rows_newer_than_the_window_neither_loop_nor_get_lost() -> None:
    for portal in start(index_lag=(0.0, 0.0), loose_window=3600.0):
        portal.pull()
        portal.clock.advance(timedelta(minutes=10))
        first = add(portal, 250)
        portal.clock.advance(timedelta(seconds=10))
        pages = portal.source.head([CONTACTS], portal.cursors)
        page = next(pages)
        newer = add(portal, 250)
        told = [*ids(list(page.records)), *(one for page in pages for one in ids(list(page.records)))]
        assert sorted(set(told)) == sorted(first)
        portal.cursors["contacts"] = page.cursor
        portal.clock.advance(timedelta(seconds=10))
        assert {*ids(portal.pull()), *ids(portal.pull())} >= set(newer)


def test_what_is_indexed_later_than_the_window_reaches_back_is_found_by_the_sweep() -> None:
    for portal in start(index_lag=(600.0, 600.0)):
        portal.pull()
        portal.clock.advance(timedelta(minutes=30))
        since = portal.clock.now()
        slow = add(portal, 1)
        portal.server.control("switch", {"index_lag": [0.0, 0.0]})
        portal.clock.advance(timedelta(minutes=3))
        quick = add(portal, 1)
        portal.clock.advance(timedelta(seconds=30))
        assert ids(portal.pull()) == quick
        portal.clock.advance(timedelta(minutes=10))
        assert slow[0] not in ids(portal.pull()), "the window has passed it"
        found = {one.record_id for _, stamps in portal.source.sweep([(CONTACTS, since)]) if isinstance(stamps, list)
                 for one in stamps}  # fmt: skip
        assert slow[0] in found
