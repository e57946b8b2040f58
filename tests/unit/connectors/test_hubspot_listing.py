"""A large list read at several places: all of it once, on from anywhere, and in one go where its parts cannot be believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import monotonic
from typing import Any, cast

import orjson
import pytest

from connectors.hubspot.client import Client
from connectors.hubspot.listing import FRESH_S, Listing, is_readable
from connectors.hubspot.owners import Owners
from connectors.hubspot.part import find_begins
from connectors.hubspot.properties import Properties
from connectors.hubspot.records import Records
from connectors.hubspot.settings import HubSpotSettings
from connectors.kit.body import read_json
from connectors.kit.errors import Answer, Refused
from connectors.kit.retry import Retry
from connectors.simulator.clock import SimClock
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.kernel import LoopbackServer
from sync.errors import TransientError
from sync.ports import Cursor, Page
from tests.unit.connectors.test_hubspot_reading import CONTACTS, START

SPLIT: Cursor = {"scan": None, "split": 4}
COUNT = 730
Get = Callable[..., Any]


@dataclass
class Portal:
    server: LoopbackServer
    all_ids: list[str]

    def client(self) -> Client:
        raw = {"flow": "token", "token": "pat-na1-simulator"}
        settings = HubSpotSettings.model_validate(
            {"url": self.server.base_url, "auth": raw, "search_per_second": 0, "api_version": "2026-09"}
        )
        return Client(settings, Retry(sleep=lambda _: None))

    def listing(self, client: Client | None = None, clock: Callable[[], float] = monotonic) -> Listing:
        client = client or self.client()
        return Listing(client, Records("hs", client, Properties(client), Owners("hs", client)), clock)

    def lists(self, since: int = 0) -> Counter[str]:
        """Pages that were asked for, by where they begin."""
        asked = [
            entry for entry in self.server.log[since:] if entry.path.endswith("/contacts") and "/objects/" in entry.path
        ]
        return Counter("".join(entry.query.get("after", "")) for entry in asked)


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with LoopbackServer(HubSpotPortal(SimClock(START, speed=0), limits="off", index_lag=(0.0, 0.0))) as server:
        event = {"op": "insert", "object": "contacts", "record": {"properties": {"lastname": "x"}}}
        told = server.control("apply", {"events": [{**event, "at": "2026-09-01T00:00:00+00:00"}] * COUNT})
        yield Portal(server, told["ids"])


def ids(pages: Sequence[Page]) -> list[str]:
    return [record.ref.record_id for page in pages for record in page.records]


def test_every_record_of_a_parted_list_is_read_and_every_page_asked_for_once(portal: Portal) -> None:
    since = len(portal.server.log)
    pages = list(portal.listing().read(CONTACTS, SPLIT))
    assert sorted(set(ids(pages))) == sorted(portal.all_ids)
    assert max(portal.lists(since).values()) == 1
    assert sum(portal.lists(since).values()) <= COUNT / 100 + 4, "a page more for each part at most"
    assert len(pages[0].cursor["parts"]) == 4, "as many places at a time"
    assert "lo" in pages[-1].cursor
    assert all(is_readable(page.cursor) for page in pages[:-1])


def test_reading_in_slices_asks_for_no_page_twice(portal: Portal) -> None:
    since, listing, cursor, found = len(portal.server.log), portal.listing(), SPLIT, list[str]()
    while "lo" not in cursor:
        page = next(iter(listing.read(CONTACTS, cursor)))  # and leaves the others under way
        found += ids([page])
        cursor = page.cursor
    assert sorted(set(found)) == sorted(portal.all_ids)
    assert max(portal.lists(since).values()) == 1


def test_what_ran_ahead_of_a_reading_that_stopped_long_ago_is_asked_for_anew(portal: Portal) -> None:
    """A budget may be spent for hours: by then records are gone and hang elsewhere, of which no window tells."""
    now = [0.0]
    since, listing = len(portal.server.log), portal.listing(clock=lambda: now[0])
    cursor = next(iter(listing.read(CONTACTS, SPLIT))).cursor
    now[0] += FRESH_S + 1
    pages = list(listing.read(CONTACTS, cursor))
    places = [part["after"] or "" for part in cursor["parts"]]
    assert sorted(portal.lists(since)[place] for place in places) == [1, 2, 2, 2], (
        "one page of each other part was under way"
    )
    assert "lo" in pages[-1].cursor


def test_killed_anywhere_only_what_was_in_flight_is_asked_for_again(portal: Portal) -> None:
    since, cursor, found = len(portal.server.log), SPLIT, list[str]()
    for at in (3, 2, None):
        for number, page in enumerate(portal.listing().read(CONTACTS, cursor)):  # another process
            found += ids([page])
            cursor = page.cursor
            if number == at:
                break
    assert sorted(set(found)) == sorted(portal.all_ids)
    assert sum(n - 1 for n in portal.lists(since).values()) <= 2 * 4


def test_a_call_that_failed_is_made_again_by_the_next_reading(portal: Portal) -> None:
    def fail(get: Get, after: str) -> Any:
        if len(failed) < 3 and after:
            failed.append(after)
            raise TransientError("hung up")
        return get()

    failed: list[str] = []
    listing, cursor, found = portal.listing(_Crooked.over(portal.client(), fail)), SPLIT, list[str]()
    for _ in range(5):
        try:
            for page in listing.read(CONTACTS, cursor):
                found += ids([page])
                cursor = page.cursor
        except TransientError:
            continue
    assert len(failed) == 3
    assert sorted(set(found)) == sorted(portal.all_ids)


# -- where parts cannot be believed


def _forget_places(get: Get, after: str) -> Any:
    """`after` is no id here: what it did not tell itself leads to the beginning."""
    answer = get()
    following = (answer.get("paging") or {}).get("next")
    told = "" if not following else f"place-{following['after']}"
    return {**answer, "paging": {"next": {"after": told}}} if told else answer


def _upside_down(get: Get, after: str) -> Any:
    return {**(answer := get()), "results": answer["results"][::-1]}


def _refuse_places(get: Get, after: str) -> Any:
    if after.isdecimal() and after not in _TOLD:
        raise Refused("no such place", Answer(400))
    answer = get()
    _TOLD.add(str(((answer.get("paging") or {}).get("next") or {}).get("after")))
    return answer


_TOLD = set[str]()


@pytest.mark.parametrize("crook", [_upside_down, _refuse_places])
def test_a_list_out_of_order_or_that_knows_no_ids_is_read_in_one_go(portal: Portal, crook: Callable[..., Any]) -> None:
    _TOLD.clear()
    pages = list(portal.listing(_Crooked.over(portal.client(), crook)).read(CONTACTS, SPLIT))
    assert sorted(set(ids(pages))) == sorted(portal.all_ids)
    assert "parts" not in pages[-2].cursor


def test_a_part_that_ends_before_the_next_began_makes_the_whole_list_be_read_again(portal: Portal) -> None:
    def end_early(get: Get, after: str) -> Any:
        told.append(after)
        return {**get(), "paging": None} if told.count("") == 1 and not after else get()

    told = list[str]()
    pages = list(portal.listing(_Crooked.over(portal.client(), end_early)).read(CONTACTS, SPLIT))
    assert sorted(set(ids(pages))) == sorted(portal.all_ids)
    assert told.count("") == 2


def test_places_that_lead_to_the_beginning_are_not_taken_for_parts(portal: Portal) -> None:
    def lead_back(get: Get, after: str) -> Any:
        return _forget_places(get if not after.isdecimal() else lambda: get(after=None), after)

    crooked = _Crooked.over(portal.client(), lead_back)
    pages = list(portal.listing(crooked).read(CONTACTS, SPLIT))
    assert sorted(set(ids(pages))) == sorted(portal.all_ids)


@pytest.mark.parametrize("beyond", [30, None], ids=["further on", "behind the end"])
def test_places_that_lead_further_than_asked_are_not_taken_for_parts(portal: Portal, beyond: int | None) -> None:
    """What lies between would be read by nobody: the part before ends where the next was to begin."""

    def lead_on(get: Get, after: str) -> Any:
        if after.isdecimal() and after not in told:
            return {"results": [], "paging": None} if beyond is None else get(after=str(int(after) + beyond))
        answer = get()
        told.add(str(((answer.get("paging") or {}).get("next") or {}).get("after")))
        return answer

    told = set[str]()
    listing = portal.listing(_Crooked.over(portal.client(), lead_on))
    pages = list(listing.read(CONTACTS, {"scan": None, "split": 2}))
    assert sorted(set(ids(pages))) == sorted(portal.all_ids)


def test_without_search_a_list_is_read_in_one_go(portal: Portal) -> None:
    crooked = _Crooked.over(portal.client(), lambda get, _after: get(), searches=False)
    pages = list(portal.listing(crooked).read(CONTACTS, SPLIT))
    assert sorted(ids(pages)) == sorted(portal.all_ids)
    assert all("parts" not in page.cursor for page in pages)


@dataclass
class _Crooked:
    """A client whose lists are told otherwise."""

    client: Client
    crook: Callable[[Get, str], Any]
    searches: bool

    @classmethod
    def over(cls, client: Client, crook: Callable[[Get, str], Any], *, searches: bool = True) -> Client:
        return cast(Client, cls(client, crook, searches))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        stream: str = "",
        read: Callable[[bytes], Any] = read_json,
    ) -> Any:
        query = dict(query or {})
        if "/objects/" not in path or not path.endswith("/contacts"):
            return self.client.get(path, query, stream=stream, read=read)

        def get(**others: Any) -> Any:
            asked = {name: value for name, value in {**query, **others}.items() if value is not None}
            asked |= {"after": asked["after"].removeprefix("place-")} if "after" in asked else {}
            return self.client.get(path, asked, stream=stream)

        return read(orjson.dumps(self.crook(get, query.get("after", ""))))

    def find(self, stream: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self.searches:
            raise Refused("no search", Answer(400))
        return self.client.find(stream, body)


# -- where parts begin


@dataclass
class _Index:
    """Search over some ids."""

    ids: Sequence[int]
    asked: int = 0

    def find(self, _stream: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked += 1
        least = int(body["filterGroups"][0]["filters"][0]["value"])
        found = [one for one in self.ids if one >= least]
        pick = -1 if body["sorts"][0]["direction"] == "DESCENDING" else 0
        return {"total": len(found), "results": [{"id": str(found[pick])}] if found else []}


@pytest.mark.parametrize(
    "numbering",
    [range(5, 100_005), [n * n for n in range(1, 30_000)], [*range(10_000), *range(10**9, 10**9 + 30_000)]],
    ids=["even", "ever wider", "two eras"],
)
def test_parts_are_about_equally_long_however_ids_are_spread(numbering: Sequence[int]) -> None:
    index = _Index(numbering)
    begins = find_begins(cast(Client, index), CONTACTS, 4)
    ends = [0, *(sum(one < begin for one in numbering) for begin in begins), len(numbering)]
    longest = max(later - earlier for earlier, later in pairwise(ends))
    assert longest < 0.4 * len(numbering)
    assert index.asked <= 20


@pytest.mark.parametrize("numbering", [[], [7], [7, 8]])
def test_a_list_of_nothing_or_next_to_nothing_has_no_parts_that_are_empty(numbering: Sequence[int]) -> None:
    begins = find_begins(cast(Client, _Index(numbering)), CONTACTS, 4)
    assert begins == sorted(set(begins))
    assert all(one in numbering[1:] for one in begins)


@pytest.mark.parametrize(
    "cursor",
    [
        {"scan": None},
        {"scan": 1, "owed": ["x"]},
        {"scan": 1, "parts": [{"after": "5"}]},
        {"scan": 1, "parts": [{"after": 5, "until": None, "last": 0}]},
        {"scan": 1, "parts": "all"},
        {"scan": None, "split": "4"},
    ],
)
def test_a_damaged_place_is_none(cursor: Cursor) -> None:
    assert not is_readable(cursor)
