"""The list of everything: whole, in few calls, from any place on, whatever becomes of a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.salesforce import inventory
from sync.core.model.records import Kind
from sync.errors import StreamUnavailable, TransientError
from sync.ports import Part, StreamSpec, Walk
from tests.unit.connectors.salesforce_org import LEADS, MAILS, Org, running_org

HISTORY = StreamSpec("LeadHistory", Kind.HISTORY, watched=("Title",))


@pytest.fixture
def org() -> Iterator[Org]:
    with running_org() as org:
        yield org


def parts(found: list[tuple[str, Any]], name: str = "Lead") -> list[Part]:
    return [part for stream, part in found if stream == name and isinstance(part, Part)]


def ids(found: list[tuple[str, Any]], name: str = "Lead") -> list[str]:
    return [stamp.record_id for part in parts(found, name) for stamp in part.stamps]


def test_every_record_is_told_once_deleted_ones_as_such(org: Org) -> None:
    leads = [org.lead() for _ in range(30)]
    org.happen("delete", id=leads[7])
    found = org.inventory()
    assert sorted(ids(found)) == sorted(leads)
    assert [stamp.record_id for part in parts(found) for stamp in part.stamps if stamp.deleted] == [leads[7]]
    assert parts(found)[-1].place is None


@pytest.mark.parametrize("shuffled", [False, True])
def test_pieces_are_asked_for_five_a_call_wherever_the_marks_lie(org: Org, shuffled: bool) -> None:
    leads = sorted(org.lead() for _ in range(40))
    marks = leads[::9][::-1] if shuffled else leads[::9]
    before = len(org.server.log)
    found = org.inventory(Walk(LEADS, "", lambda _: marks))
    assert sorted(ids(found)) == leads
    assert [len(call) for call in org.asked(before)] == [5, 1]


def test_it_goes_on_from_every_place_that_it_told(org: Org) -> None:
    org.server.control("switch", {"page_cap": 4})
    leads = sorted(org.lead() for _ in range(30))
    found = parts(org.inventory(Walk(LEADS, "", lambda _: leads[10::10])))
    assert len(found) > 6
    for stop, part in enumerate(found[:-1], 1):
        told = [stamp.record_id for one in found[:stop] for stamp in one.stamps]
        assert part.place is not None
        rest = ids(org.inventory(Walk(LEADS, part.place, lambda _: leads[10::10])))
        assert sorted(told + rest) == leads


def test_a_place_that_is_none_begins_anew(org: Org) -> None:
    leads = sorted(org.lead() for _ in range(3))
    assert sorted(ids(org.inventory(Walk(LEADS, "'; DELETE")))) == leads


def test_pages_that_expired_are_asked_for_behind_the_last_row(org: Org) -> None:
    org.server.control("switch", {"page_cap": 4})
    leads = sorted(org.lead() for _ in range(11))
    found: list[tuple[str, Any]] = []
    for one in org.source.inventory([Walk(LEADS)]):
        found.append(one)
        org.server.control("expire_locators", {})
    assert ids(found) == leads


def test_a_stream_that_breaks_is_told_once_and_the_others_go_on(org: Org) -> None:
    leads = sorted(org.lead() for _ in range(12))
    refusal = {"status": 503, "code": "SERVER_UNAVAILABLE", "message": "Server too busy", "times": 1}
    org.server.control("part_errors", {"add": [{"url": "FROM EmailMessage", **refusal}]})
    found = org.inventory(Walk(MAILS, "", lambda _: leads[::3]), Walk(LEADS))
    assert sorted(ids(found)) == leads
    assert [type(part) for name, part in found if name == "EmailMessage"] == [TransientError]


def test_an_object_that_the_org_lacks_is_told(org: Org) -> None:
    org.server.control("switch", {"absent_objects": ["EmailMessage"]})
    org.source.available([MAILS])
    ((name, error), *_) = org.inventory(Walk(MAILS))
    assert name == "EmailMessage" and isinstance(error, StreamUnavailable)


def test_rows_of_history_that_no_record_is_made_of_are_left_out(org: Org) -> None:
    lead = org.lead()
    org.server.control("switch", {"tracked_lead_fields": ["Title", "Company"]})
    org.happen("update", id=lead, record={"Title": "部長"})
    org.happen("update", id=lead, record={"Company": "会社"})
    org.source.available([HISTORY])
    told = set(ids(org.inventory(Walk(HISTORY)), "LeadHistory"))
    made = {one.ref.record_id for page in org.source.head([HISTORY], {}) for one in page.records}
    assert told == made and len(made) < len(org.server.control("dump", {"object": "LeadHistory"})["records"])


def test_a_piece_with_what_came_since_fits_on_a_page() -> None:
    assert inventory.PIECE < 2_000 and 2_000 / inventory.PIECE < 1.1
