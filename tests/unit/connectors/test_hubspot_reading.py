"""The windows of search against a portal with an index that lags, ties and walls; owners; omissions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.hubspot import head
from connectors.hubspot.client import Client
from connectors.hubspot.properties import Properties
from connectors.hubspot.search import PAGE
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.source import HubSpotSource
from connectors.kit.retry import Retry
from connectors.simulator.clock import SimClock
from connectors.simulator.faults import Fault
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.hubspot.switches import DEFAULT_SCOPES
from connectors.simulator.kernel import LoopbackServer
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import TransientError
from sync.ports import Cursor, StreamSpec

START = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
CONTACTS = StreamSpec("contacts", Kind.PERSON, ("email",))
OWNERS = StreamSpec("owners", Kind.USER)


@dataclass
class Portal:
    server: LoopbackServer
    clock: SimClock
    source: HubSpotSource
    cursors: dict[str, Cursor | None] = field(default_factory=dict)

    def happen(self, op: str, name: str, **more: Any) -> str:
        return self.server.control("apply", {"events": [{"op": op, "object": name, **more}]})["ids"][0]

    def pull(self, spec: StreamSpec = CONTACTS) -> list[SourceRecord]:
        records: list[SourceRecord] = []
        for page in self.source.head([spec], self.cursors):
            self.cursors[spec.name] = page.cursor
            records += page.records
        return records

    def paths(self, since: int = 0) -> list[str]:
        return [entry.path.rsplit("/", 1)[-1] for entry in self.server.log[since:]]


def start(version: str = "2026-09", **switches: Any) -> Iterator[Portal]:
    clock = SimClock(START, speed=0)
    with LoopbackServer(HubSpotPortal(clock, limits="off", **switches)) as server:
        raw = {"flow": "token", "token": "pat-na1-simulator"}
        settings = HubSpotSettings.model_validate(
            {"url": server.base_url, "auth": raw, "search_per_second": 0, "api_version": version}
        )
        client = Client(settings, Retry(sleep=lambda _: None))
        yield Portal(server, clock, HubSpotSource("hs", client, Properties(client)))


@pytest.fixture
def portal() -> Iterator[Portal]:
    yield from start(index_lag=(0.0, 0.0))


def add(portal: Portal, count: int, at: str | None = None) -> list[str]:
    return [
        portal.happen("insert", "contacts", record={"properties": {"lastname": "x"}}, **({"at": at} if at else {}))
        for _ in range(count)
    ]


def ids(records: list[SourceRecord]) -> list[str]:
    return [record.ref.record_id for record in records]


def test_a_record_indexed_late_is_found_by_the_next_windows() -> None:
    for portal in start(index_lag=(29.0, 29.0)):
        old = add(portal, 1, at="2026-09-01T00:00:00+00:00")
        portal.pull()
        portal.clock.advance(timedelta(minutes=10))
        first = add(portal, 1)
        portal.clock.advance(timedelta(seconds=10))
        assert ids(portal.pull()) == []  # in the window, but not in the index yet
        second = add(portal, 1)
        found: list[str] = []
        for _ in range(6):
            portal.clock.advance(timedelta(seconds=10))
            found += ids(portal.pull())
        assert found == first + second
        assert old[0] not in found


def test_a_record_that_shows_up_beside_a_known_one_is_read_and_the_known_one_is_not() -> None:
    for portal in start(index_lag=(0.0, 0.0)):
        portal.pull()
        portal.clock.advance(timedelta(minutes=10))
        known = add(portal, 1)
        portal.clock.advance(timedelta(seconds=10))
        assert ids(portal.pull()) == known
        portal.happen("insert", "contacts", id="5", at=portal.clock.now().isoformat(), record={"properties": {}})
        portal.clock.advance(timedelta(seconds=10))
        since = len(portal.server.log)
        assert ids(portal.pull()) == ["5"]
        assert [entry.body.count(b'"id"') for entry in portal.server.log[since:] if "read" in entry.path] == [1]


def test_a_record_that_is_indexed_behind_a_newer_one_is_found() -> None:
    for portal in start(index_lag=(29.0, 29.0)):
        portal.pull()
        portal.clock.advance(timedelta(minutes=10))
        slow = add(portal, 1)
        portal.server.control("switch", {"index_lag": [0.0, 0.0]})
        portal.clock.advance(timedelta(seconds=10))
        quick = add(portal, 1)
        portal.clock.advance(timedelta(seconds=10))
        assert ids(portal.pull()) == quick
        portal.clock.advance(timedelta(seconds=20))
        assert ids(portal.pull()) == slow


def test_what_is_newer_than_the_window_waits_for_the_next(portal: Portal) -> None:
    portal.pull()
    portal.clock.advance(timedelta(minutes=10))
    new = add(portal, 1)
    assert ids(portal.pull()) == []
    portal.clock.advance(timedelta(seconds=6))
    assert ids(portal.pull()) == new


def test_ties_beyond_a_page_are_walked_by_id_and_the_window_stays(portal: Portal) -> None:
    portal.pull()
    portal.clock.advance(timedelta(minutes=10))
    new = add(portal, 430)
    portal.clock.advance(timedelta(seconds=10))
    pages = list(portal.source.head([CONTACTS], portal.cursors))
    assert sorted(one for page in pages for one in ids(list(page.records))) == sorted(new)
    assert [len(page.records) for page in pages] == [200, 200, 30]
    assert len({(page.cursor["lo"], page.cursor["hi"]) for page in pages[:-1]}) == 1
    assert len(str(pages[-1].cursor)) < 200  # a bulk change is not remembered one by one


def test_a_walk_goes_on_in_the_same_window_after_a_crash(portal: Portal) -> None:
    portal.pull()
    portal.clock.advance(timedelta(minutes=10))
    new = add(portal, 450)
    portal.clock.advance(timedelta(seconds=10))
    first = next(iter(portal.source.head([CONTACTS], portal.cursors)))
    portal.clock.advance(timedelta(hours=1))
    late = add(portal, 1)
    portal.clock.advance(timedelta(seconds=10))
    portal.cursors["contacts"] = first.cursor
    rest = ids(portal.pull())
    assert sorted([*ids(list(first.records)), *rest]) == sorted(new)
    assert ids(portal.pull()) == late


def test_changes_during_the_first_list_are_found_by_the_first_window(portal: Portal) -> None:
    old = add(portal, 150, at="2026-09-01T00:00:00+00:00")
    pages = portal.source.head([CONTACTS], {})
    first = next(pages)
    # Smaller than every id listed so far, and stamped by a machine whose clock is behind.
    before = (START - timedelta(minutes=4)).isoformat()
    portal.happen("insert", "contacts", id="7", at=before, record={"properties": {}})
    portal.clock.advance(timedelta(seconds=10))
    found = [*ids(list(first.records)), *(one for page in pages for one in ids(list(page.records)))]
    assert sorted(set(found)) == sorted([*old, "7"])


def test_a_list_whose_place_is_gone_begins_again(portal: Portal) -> None:
    all_ids = add(portal, 150, at="2026-09-01T00:00:00+00:00")
    portal.cursors["contacts"] = {"scan": 1, "after": "not-a-place"}
    assert sorted(set(ids(portal.pull()))) == sorted(all_ids)


def test_the_switch_to_v3_paths_reads_the_same() -> None:
    for portal in start("v3", index_lag=(0.0, 0.0)):
        new = add(portal, 3, at="2026-09-01T00:00:00+00:00")
        assert sorted(ids(portal.pull())) == sorted(new)
        portal.pull(OWNERS)
        assert portal.source.tenant().tenant_id
        assert all("/v3/" in entry.path for entry in portal.server.log)


def test_contacts_are_found_by_the_property_that_works_for_contacts(portal: Portal) -> None:
    portal.pull()
    portal.pull(StreamSpec("calls", Kind.ACTIVITY))
    searched = {entry.path.split("/")[-2]: entry.body for entry in portal.server.log if entry.path.endswith("search")}
    assert b'"lastmodifieddate"' in searched["contacts"]
    assert b'"hs_lastmodifieddate"' in searched["calls"]


def test_an_answer_that_leaves_a_record_out_is_no_deletion(portal: Portal) -> None:
    one, two = add(portal, 2)
    (kept,) = portal.source.read(CONTACTS, [one])
    half = {"status": "COMPLETE", "results": [{"id": one, "properties": dict.fromkeys(("hs_object_id",), one)}]}
    portal.server.faults.add(Fault("status", {"path": "batch/read"}, status=200, body=half))
    with pytest.raises(TransientError):
        list(portal.source.read(CONTACTS, [one, two]))
    assert kept.ref.record_id == one


def test_a_batch_that_failed_in_part_for_another_reason_is_not_believed(portal: Portal) -> None:
    (one,) = add(portal, 1)
    part = {"results": [], "numErrors": 1, "errors": [{"category": "INTERNAL_ERROR", "context": {"ids": [one]}}]}
    portal.server.faults.add(Fault("status", {"path": "batch/read"}, times=None, status=207, body=part))
    with pytest.raises(TransientError):
        list(portal.source.read(CONTACTS, [one]))


def test_a_portal_with_a_thousand_properties_is_asked_for_those_that_are_mapped(portal: Portal) -> None:
    names = [f"added_by_some_other_tool_{n}" for n in range(1_000)]
    bodies = [{"name": one, "label": one, "type": "string", "fieldType": "text", "groupName": "g"} for one in names]
    portal.happen("define_properties", "contacts", record={"properties": bodies})
    (contact,) = add(portal, 1)
    assert ids(portal.pull()) == [contact]
    portal.clock.advance(timedelta(minutes=10))
    portal.happen("update", "contacts", id=contact, record={"properties": {"lastname": "y"}})
    portal.clock.advance(timedelta(seconds=10))
    assert ids(portal.pull()) == [contact]
    log = [entry for entry in portal.server.log if "contacts" in entry.path and "properties" not in entry.path]
    asked = [f"{entry.query}{entry.body.decode()}" for entry in log]
    assert len(asked) == 4, "a list, an empty search, a search and its reading"
    assert not [one for one in asked if "added_by_some_other_tool" in one]
    assert max(map(len, asked)) < 1_000


def test_more_mapped_properties_than_an_address_can_name_are_read_all_the_same(portal: Portal) -> None:
    names = [f"a_property_that_the_operator_has_mapped_{n}" for n in range(400)]
    bodies = [{"name": one, "label": one, "type": "string", "fieldType": "text", "groupName": "g"} for one in names]
    portal.happen("define_properties", "contacts", record={"properties": bodies})
    contacts = [
        portal.happen("insert", "contacts", record={"properties": {names[-1]: "read"}}, at="2026-09-01T00:00:00+00:00")
        for _ in range(130)
    ]
    wide = StreamSpec("contacts", Kind.PERSON, tuple(names))
    found = portal.pull(wide)
    assert sorted(ids(found)) == sorted(contacts)
    assert all(len(one.values) == 400 and one.values[names[-1]] == "read" for one in found)
    assert [one for one in portal.paths() if one != "contacts"].count("read") == 2, "one more call a page"


def test_people_of_an_activity_come_page_by_page() -> None:
    for portal in start(index_lag=(0.0, 0.0), association_page=2):
        people = add(portal, 5)
        links = [{"to": "contacts", "id": one} for one in people]
        call = portal.happen(
            "insert", "calls", record={"properties": {"hs_timestamp": "2026-10-06T00:00:00Z"}, "associations": links}
        )
        (record,) = portal.source.read(StreamSpec("calls", Kind.ACTIVITY), [call])
        assert record.facts["subjects"] == [f"hs:contacts:{one}" for one in sorted(people, key=int)]


def test_an_activity_that_was_linked_later_is_found_from_the_person(portal: Portal) -> None:
    """Linking moves no modified date."""
    (person,) = add(portal, 1)
    call = portal.happen("insert", "calls", record={"properties": {"hs_timestamp": "2026-10-06T00:00:00Z"}})
    calls = StreamSpec("calls", Kind.ACTIVITY)
    portal.happen("associate", "calls", id=call, to="contacts", to_id=person)
    found = list(portal.source.activities_of([calls], [RecordRef("hs", "contacts", person)]))
    assert [record.facts["subjects"] for record in found] == [[f"hs:contacts:{person}"]]


def owner(portal: Portal, one: str, **more: Any) -> None:
    portal.happen(
        "owner", "owners", id=one, record={"id": one, "email": f"{one}@example.jp", "userId": int(one) + 1, **more}
    )


def test_owners_are_compared_and_only_the_changed_come_again(portal: Portal) -> None:
    owner(portal, "10")
    owner(portal, "11")
    owner(portal, "12", archived=True)
    assert {record.ref.record_id: record.facts["active"] for record in portal.pull(OWNERS)} == {
        "10": True,
        "11": True,
        "12": False,
    }
    since, cursor = len(portal.server.log), portal.cursors["owners"]
    assert portal.pull(OWNERS) == []
    assert len(portal.server.log) - since == 1
    assert portal.cursors["owners"] == cursor
    owner(portal, "11", teams=[{"id": "1", "name": "FS", "primary": True}])
    assert [(r.ref.record_id, r.facts["roles"]) for r in portal.pull(OWNERS)] == [("11", ["FS"])]


def test_an_owner_who_left_comes_once_as_inactive(portal: Portal) -> None:
    owner(portal, "10")
    portal.pull(OWNERS)
    owner(portal, "10", archived=True)
    assert [(r.ref.record_id, r.facts["active"]) for r in portal.pull(OWNERS)] == [("10", False)]
    since = len(portal.server.log)
    assert portal.pull(OWNERS) == []
    assert len(portal.server.log) - since == 1
    owner(portal, "10", archived=False)
    assert [(r.ref.record_id, r.facts["active"]) for r in portal.pull(OWNERS)] == [("10", True)]


def test_the_creator_of_an_activity_is_found_among_those_who_left_too(portal: Portal) -> None:
    owner(portal, "10", archived=True)
    call = portal.happen("insert", "calls", record={"properties": {"hs_created_by_user_id": "11"}})
    (record,) = portal.source.read(StreamSpec("calls", Kind.ACTIVITY), [call])
    assert record.facts["created_by"] == "hs:owners:10"


def test_the_margins_leave_room_for_the_lag_that_was_measured() -> None:
    assert head.LAG_MS >= 30_000
    assert head.SEEN_MAX < PAGE


# --- what a portal does not let us read ---------------------------------------------------------------------------------
MAILS = StreamSpec("emails", Kind.ACTIVITY)
NO_MAILS = [scope for scope in DEFAULT_SCOPES if scope != "sales-email-read"]


def last_contacted(portal: Portal) -> tuple[bool, Any]:
    """Of a contact with one mail: whether the stamp is there, and what it says."""
    (person,) = add(portal, 1)
    mail = {"hs_timestamp": "2026-10-05T01:00:00Z", "hs_email_direction": "EMAIL"}
    links = [{"to": "contacts", "id": person}]
    portal.happen("insert", "emails", record={"properties": mail, "associations": links})
    usable, _, _ = portal.source.available([CONTACTS, MAILS])
    (found,) = portal.pull(next(spec for spec in usable if spec.name == "contacts"))
    return "contacted_at" in found.facts, found.facts.get("contacted_at")


def test_where_mails_cannot_be_read_the_contacts_tell_when_somebody_was_last_in_contact() -> None:
    for portal in start(index_lag=(0.0, 0.0), rollups=True, scopes=NO_MAILS):
        assert last_contacted(portal) == (True, "2026-10-05T01:00:00Z")


def test_where_all_can_be_read_the_stamp_is_not_asked_for() -> None:
    for portal in start(index_lag=(0.0, 0.0), rollups=True):
        assert last_contacted(portal) == (False, None)
