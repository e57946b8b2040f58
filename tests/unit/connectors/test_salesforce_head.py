"""What changed in an org, over HTTP: floods on one stamp, stamps that only the system moves, loads with dates of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.salesforce.head import LIMIT
from sync.ports import Cursor
from tests.unit.connectors.salesforce_org import LEADS, Org, running_org


@pytest.fixture
def org() -> Iterator[Org]:
    with running_org() as org:
        yield org


def pull(org: Org, cursors: dict[str, Cursor | None], pages: int | None = None) -> list[str]:
    """Ids that a reading brings; `pages`: it is killed behind so many."""
    found: list[str] = []
    for number, page in enumerate(org.source.head([LEADS], cursors), 1):
        cursors[page.stream] = json.loads(json.dumps(page.cursor))
        found += [record.ref.record_id for record in page.records]
        if number == pages:
            break
    return found


def read_before(org: Org) -> dict[str, Cursor | None]:
    """The cursor of an org that was read to its end some time ago."""
    cursors: dict[str, Cursor | None] = {}
    for _ in range(2):  # what is some seconds old is read once more
        pull(org, cursors)
        org.pass_(minutes=10)
    return cursors


@pytest.mark.parametrize("word", ["NA", "N/A", "null", "None", "nan", "0", "FALSE"])
def test_a_word_that_looks_like_nothing_is_kept_as_it_was_typed(org: Org, word: str) -> None:
    org.happen("insert", record={"LastName": word, "Company": word, "Title": ""})
    ((read,),) = [page.records for page in org.source.head([LEADS], {})]
    assert read.values == {"LastName": word, "Title": None}


@pytest.mark.parametrize("killed_behind", [None, 1, 2])
def test_a_load_that_gives_thousands_one_stamp_comes_whole(org: Org, killed_behind: int | None) -> None:
    """More than one query holds, so that the second has to begin in the middle of the stamp."""
    event = {"op": "insert", "object": "Lead", "record": {"LastName": "x", "Company": "y"}}
    leads = org.server.control("apply", {"events": [event] * (LIMIT + 5)})["ids"]
    cursors = read_before(org)
    org.happen("mass_update", record={"Title": "部長"})
    org.pass_(seconds=30)
    told = pull(org, cursors, killed_behind) if killed_behind else []
    assert sorted([*told, *pull(org, cursors)]) == sorted(leads)


def test_a_change_that_moves_the_systems_stamp_alone_is_read(org: Org) -> None:
    """A logged call moves SystemModstamp of its person, and not LastModifiedDate."""
    lead, _ = org.lead(), org.lead()
    cursors = read_before(org)
    org.happen("insert", "Task", record={"WhoId": lead, "Status": "Completed", "TaskSubtype": "Call"})
    org.pass_(seconds=30)
    assert pull(org, cursors) == [lead]


def test_a_load_that_sets_its_own_date_of_change_is_read(org: Org) -> None:
    lead = org.lead()
    cursors = read_before(org)
    org.happen("update", id=lead, record={"Title": "部長", "LastModifiedDate": "2020-01-01T00:00:00.000+0000"})
    org.pass_(seconds=30)
    assert pull(org, cursors) == [lead]
    assert pull(org, cursors) == []
