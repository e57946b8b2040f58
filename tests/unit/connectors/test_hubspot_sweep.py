"""Archived records by the thousand, the list of everything, and what hangs on whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.hubspot import sweep
from connectors.simulator.faults import Fault
from sync.core.model.records import Kind, RecordRef
from sync.errors import BatonError, BudgetExhausted, StreamUnavailable
from sync.ports import Covered, Part, Stamp, StreamSpec, Walk
from tests.unit.connectors.test_hubspot_reading import CONTACTS, OWNERS, Portal, add, start

CALLS = StreamSpec("calls", Kind.ACTIVITY)


@pytest.fixture
def portal() -> Iterator[Portal]:
    yield from start(index_lag=(0.0, 0.0))


def swept(portal: Portal, since: datetime, spec: StreamSpec = CONTACTS) -> dict[str, Stamp]:
    found = portal.source.sweep([(spec, since)])
    return {one.record_id: one for _, some in found if isinstance(some, list) for one in some}


def listed(portal: Portal, spec: StreamSpec = CONTACTS, place: str = "") -> list[Part]:
    found = [part for _, part in portal.source.inventory([Walk(spec, place)])]
    assert not any(isinstance(one, BatonError) for one in found)
    return found  # type: ignore[return-value]  # as was just asserted


def test_an_archived_record_is_told_and_a_restored_one_is_in_the_list_again(portal: Portal) -> None:
    kept, gone = add(portal, 2)
    portal.clock.advance(timedelta(hours=1))
    since = portal.clock.now()
    portal.happen("archive", "contacts", id=gone)
    portal.clock.advance(timedelta(minutes=5))
    assert [(one, stamp.deleted) for one, stamp in swept(portal, since).items()] == [(gone, True)]
    portal.server.control("switch", {"restore_bumps": False})
    portal.happen("restore", "contacts", id=gone)
    portal.clock.advance(timedelta(minutes=5))
    assert gone not in swept(portal, portal.clock.now() - timedelta(minutes=10))
    assert {one.record_id for part in listed(portal) for one in part.stamps} == {kept, gone}


def test_a_long_list_of_archived_records_is_walked_a_few_pages_a_sweep(portal: Portal) -> None:
    ids = sorted(add(portal, 350), key=int)
    for one in ids[:340]:
        portal.happen("archive", "contacts", id=one)
    portal.clock.advance(timedelta(days=3))
    since = portal.clock.now() - timedelta(minutes=30)
    portal.happen("archive", "contacts", id=ids[345])
    portal.source._sweep.archived_pages = 2  # pyright: ignore[reportPrivateUsage]  # instead of a thousand records
    before = len(portal.server.log)
    first, second = swept(portal, since), swept(portal, since)
    lists = [entry for entry in portal.server.log[before:] if entry.query.get("archived")]
    assert len(lists) == 4
    assert ids[345] not in first and second[ids[345]].deleted
    assert swept(portal, since).keys() == first.keys(), "the round begins anew"


def test_the_list_is_whole_and_goes_on_from_any_place(portal: Portal) -> None:
    ids = set(add(portal, 230))
    parts = listed(portal)
    assert {one.record_id for part in parts for one in part.stamps} == ids
    assert [len(part.stamps) for part in parts] == [100, 100, 30] and parts[-1].place is None
    assert parts[0].place
    rest = {one.record_id for part in listed(portal, place=parts[0].place) for one in part.stamps}
    assert rest == {one.record_id for part in parts[1:] for one in part.stamps}


def test_a_place_that_is_gone_begins_the_list_anew(portal: Portal) -> None:
    ids = set(add(portal, 20))
    assert {one.record_id for part in listed(portal, place="not-a-place") for one in part.stamps} == ids


def test_a_merged_record_is_in_no_list_and_leads_to_its_winner(portal: Portal) -> None:
    winner, loser = add(portal, 2)
    survivor = portal.happen("merge", "contacts", id=winner, loser=loser)
    there = {one.record_id for part in listed(portal) for one in part.stamps}
    assert loser not in there
    told = {one.ref.record_id: one for one in portal.source.read(CONTACTS, [loser])}
    assert told[loser].deleted
    assert told[loser].facts["merged_into"] == f"hs:contacts:{next(iter(there))}" and survivor


def test_owners_are_swept_by_every_head(portal: Portal) -> None:
    before = len(portal.server.log)
    found = list(portal.source.sweep([(OWNERS, portal.clock.now())]))
    assert [type(one) for _, one in found] == [Covered]
    assert list(portal.source.inventory([Walk(OWNERS)])) == []
    assert [entry for entry in portal.server.log[before:] if "owners" in entry.path] == []


@pytest.mark.parametrize("reading", ["sweep", "inventory"])
def test_a_stream_without_scope_is_told_and_the_others_go_on(portal: Portal, reading: str) -> None:
    (person,) = add(portal, 1)
    portal.server.faults.add(Fault("status", {"path": "/calls"}, times=None, status=403, body=MISSING))
    if reading == "sweep":
        found: list[tuple[str, Any]] = list(portal.source.sweep([(CALLS, LONG_AGO), (CONTACTS, LONG_AGO)]))
    else:
        found = list(portal.source.inventory([Walk(CALLS), Walk(CONTACTS)]))
    assert [type(one) for name, one in found if name == "calls"] == [StreamUnavailable]
    told = [getattr(one, "stamps", one) for name, one in found if name == "contacts" and not isinstance(one, Covered)]
    assert person in {stamp.record_id for stamps in told for stamp in stamps}


def test_a_spent_budget_concerns_all_streams(portal: Portal) -> None:
    daily = {"message": "You have reached your daily limit.", "policyName": "DAILY", "status": "error"}
    portal.server.faults.add(Fault("status", {"path": "/contacts"}, times=None, status=429, body=daily))
    with pytest.raises(BudgetExhausted):
        list(portal.source.inventory([Walk(CONTACTS), Walk(CALLS)]))
    with pytest.raises(BudgetExhausted):
        list(portal.source.sweep([(CONTACTS, LONG_AGO), (CALLS, LONG_AGO)]))


def test_links_tell_of_a_call_that_was_moved_to_a_person_without_any_stamp(portal: Portal) -> None:
    first, second = add(portal, 2)
    call = portal.happen(
        "insert", "calls", record={"properties": {}, "associations": [{"to": "contacts", "id": first}]}
    )
    people = [RecordRef("hs", "contacts", one) for one in (first, second)]
    before = len(portal.server.log)
    ((spec, links),) = portal.source.links_of([CALLS, OWNERS], people)
    assert (spec.name, dict(links)) == ("calls", {people[0]: [call]})
    assert len(portal.server.log) - before == 1
    portal.happen("associate", "calls", id=call, to="contacts", to_id=second)
    ((_, links),) = portal.source.links_of([CALLS], people)
    assert dict(links) == {people[0]: [call], people[1]: [call]}


LONG_AGO = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
MISSING = {
    "status": "error",
    "category": "MISSING_SCOPES",
    "message": "This app hasn't been granted all required scopes",
}


def test_so_many_pages_are_no_flood() -> None:
    assert sweep.ARCHIVED_PAGES * 96 * 100 >= 50_000, "a bin of that size is through within a day"
