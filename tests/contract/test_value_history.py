"""When, by whom and over what a value was written: what both CRMs tell of it through the real clients, and its price."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

import connectors
from connectors.simulator.clock import SimClock
from connectors.simulator.faults import Fault
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.kernel import LoopbackServer
from connectors.simulator.salesforce import SalesforceOrg
from sync.core.model.records import Kind, SourceRecord
from sync.errors import TransientError
from sync.ports import Cursor, Source, StreamSpec

START = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
CONTACTS = StreamSpec(
    "contacts",
    Kind.PERSON,
    ("lastname", "pain", "desired_timing", "fs_decision"),
    watched=("lastname", "pain", "desired_timing", "fs_decision", "no_such_property"),
    dated=("desired_timing", "fs_decision", "no_such_property"),
)
WATCHED = ("Pain__c", "Desired_Timing__c", "Waiver_Approved__c", "Budget_Status__c")
LEADS = StreamSpec("LeadHistory", Kind.HISTORY, watched=WATCHED)
DEALS = StreamSpec("OpportunityFieldHistory", Kind.HISTORY, hot=False, watched=WATCHED)


@dataclass
class Bench:
    server: LoopbackServer
    clock: SimClock
    source: Source
    cursors: dict[str, Cursor | None] = field(default_factory=dict)

    def happen(self, op: str, name: str, **more: Any) -> str:
        return self.server.control("apply", {"events": [{"op": op, "object": name, **more}]})["ids"][0]

    def pull(self, *specs: StreamSpec) -> list[SourceRecord]:
        records: list[SourceRecord] = []
        for page in self.source.head(specs, self.cursors):
            self.cursors[page.stream] = page.cursor
            records += page.records
        return records

    def changes(self, *specs: StreamSpec) -> list[dict[str, Any]]:
        return [dict(record.facts) for record in self.pull(*specs) if record.kind is Kind.HISTORY]


def open_source(kind: str, settings: dict[str, Any]) -> Source:
    connector = connectors.load(kind)
    return connector.open(kind, connector.read_settings(kind, settings))[0]


@pytest.fixture
def org() -> Iterator[Bench]:
    clock = SimClock(START, speed=0)
    tracked = ["Status", *WATCHED]
    with LoopbackServer(
        SalesforceOrg(clock, tracked_lead_fields=tracked, tracked_opportunity_fields=[*WATCHED, "Owner"])
    ) as server:
        auth = {"flow": "client_credentials", "client_id": "sim-consumer-key", "client_secret": "sim-consumer-secret"}
        yield Bench(server, clock, open_source("salesforce", {"url": server.base_url, "auth": auth}))


@pytest.fixture
def portal() -> Iterator[Bench]:
    clock = SimClock(START, speed=0)
    with LoopbackServer(HubSpotPortal(clock, limits="off", index_lag=(0.0, 0.0))) as server:
        auth = {"flow": "token", "token": "pat-na1-simulator"}
        settings = {"url": server.base_url, "auth": auth, "search_per_second": 0}
        yield Bench(server, clock, open_source("hubspot", settings))


def colleague(org: Bench, mail: str) -> str:
    return org.happen("insert", "User", record={"LastName": "x", "Email": mail, "Username": mail, "IsActive": True})


def lead(org: Bench) -> str:
    return org.happen("insert", "Lead", record={"LastName": "x", "Company": "会社", "Budget_Status__c": "unknown"})


def deal(org: Bench) -> str:
    record = {"Name": "x", "StageName": "Prospecting", "CloseDate": "2026-12-01"}
    return org.happen("insert", "Opportunity", record=record)


# -- Salesforce ----------------------------------------------------------------------------------------------------


def test_a_tracked_field_tells_who_wrote_it_and_over_what(org: Bench) -> None:
    boss, one = colleague(org, "boss@example.jp"), lead(org)
    org.clock.advance(timedelta(minutes=1))
    org.happen("update", "Lead", id=one, by=boss, record={"Budget_Status__c": "secured", "Title": "部長"})
    (change,) = org.changes(LEADS)
    assert change == {
        "subject": f"salesforce:Lead:{one}",
        "field": "value",
        "name": "Budget_Status__c",
        "old": "unknown",
        "new": "secured",
        "at": "2026-10-06T01:01:00Z",
        "by": f"salesforce:User:{boss}",
    }


def test_what_an_integration_writes_through_the_api_is_tracked_as_well(org: Bench) -> None:
    one = deal(org)
    org.pull(DEALS)
    base = org.server.base_url
    login = {
        "grant_type": "client_credentials",
        "client_id": "sim-consumer-key",
        "client_secret": "sim-consumer-secret",
    }
    token = requests.post(f"{base}/services/oauth2/token", data=login, timeout=60).json()["access_token"]
    url = f"{base}/services/data/v62.0/sobjects/Opportunity/{one}"
    body = {"Waiver_Approved__c": True, "Pain__c": "月次決算が遅い"}
    answer = requests.patch(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert answer.status_code == 204
    org.clock.advance(timedelta(seconds=10))
    found = {change["name"]: change for change in org.changes(DEALS)}
    assert found["Waiver_Approved__c"]["old"] is False
    assert found["Waiver_Approved__c"]["new"] is True
    # a long text: that it changed, and not from what to what
    assert "old" not in found["Pain__c"] and "new" not in found["Pain__c"]


def test_a_deals_owner_comes_by_id_and_once(org: Bench) -> None:
    before, after = colleague(org, "a@example.jp"), colleague(org, "b@example.jp")
    record = {"Name": "x", "StageName": "Prospecting", "CloseDate": "2026-12-01", "OwnerId": before}
    one = org.happen("insert", "Opportunity", record=record)
    org.happen("update", "Opportunity", id=one, record={"OwnerId": after})
    (change,) = org.changes(DEALS)
    assert (change["field"], change["old"], change["new"]) == (
        "owner",
        f"salesforce:User:{before}",
        f"salesforce:User:{after}",
    )


def test_fields_that_nobody_tracks_leave_no_trace(org: Bench) -> None:
    org.server.control("switch", {"tracked_opportunity_fields": [], "tracked_lead_fields": []})
    org.happen("update", "Opportunity", id=deal(org), record={"Waiver_Approved__c": True})
    org.happen("update", "Lead", id=lead(org), record={"Budget_Status__c": "secured"})
    assert org.changes(LEADS, DEALS) == []
    with pytest.raises(ValueError, match="at most 20"):
        org.server.system.control("switch", {"tracked_lead_fields": [f"F{number}__c" for number in range(21)]})


def test_an_org_without_field_history_of_deals_loses_that_stream_alone(org: Bench) -> None:
    org.server.control("switch", {"absent_objects": ["OpportunityFieldHistory"]})
    specs = [StreamSpec("Opportunity", Kind.DEAL), LEADS, DEALS]
    usable, off, _ = org.source.available(specs)
    assert [spec.name for spec in usable] == ["Opportunity", "LeadHistory"]
    assert list(off) == ["OpportunityFieldHistory"]
    one = deal(org)
    assert [record.ref.record_id for record in org.pull(*usable)] == [one]


def test_one_more_stream_costs_no_more_calls(org: Bench) -> None:
    names = ("Account", "User", "EmailMessage", "OpportunityHistory")
    kinds = (Kind.ACCOUNT, Kind.USER, Kind.ACTIVITY, Kind.HISTORY)
    seldom = [StreamSpec(name, kind, hot=False) for name, kind in zip(names, kinds, strict=True)]
    org.pull(*seldom, DEALS)
    org.clock.advance(timedelta(minutes=5))
    before = len(org.server.log)
    org.pull(*seldom, DEALS)
    assert len(org.server.log) - before == 1


# -- HubSpot -------------------------------------------------------------------------------------------------------


def contact(portal: Bench, at: str | None = None, **values: str) -> str:
    more = {"at": at} if at else {}
    return portal.happen("insert", "contacts", record={"properties": {"lastname": "x", **values}}, **more)


def write(portal: Bench, one: str, at: str, by: str = "5", **values: str) -> None:
    portal.happen("update", "contacts", id=one, at=at, by=by, record={"properties": values})


def histories(portal: Bench, since: int = 0) -> list[int]:
    """Sizes of the batch reads that asked for history."""
    asked = [entry.body for entry in portal.server.log[since:] if b'"propertiesWithHistory":["' in entry.body]
    return [body.count(b'{"id"') for body in asked]


def many(portal: Bench, count: int) -> None:
    """Contacts, every other one with something dated."""
    for number in range(count):
        values = {"desired_timing": "来期"} if number % 2 else {"pain": "課題"}
        contact(portal, at="2026-09-01T00:00:00+00:00", **values)


def fresh(portal: Bench) -> Source:
    """Another process, which has delivered nothing yet."""
    auth = {"flow": "token", "token": "pat-na1-simulator"}
    return open_source("hubspot", {"url": portal.server.base_url, "auth": auth, "search_per_second": 0})


def test_every_revision_of_a_property_comes_with_the_one_before(portal: Bench) -> None:
    portal.happen("owner", "owners", id="77", record={"id": "77", "email": "is@example.jp", "userId": 5})
    one = contact(portal, at="2026-09-01T00:00:00+00:00", desired_timing="来期")
    write(portal, one, "2026-09-10T03:00:00+00:00", desired_timing="今期中")
    write(portal, one, "2026-09-11T03:00:00+00:00", by="AUTOMATION_PLATFORM", desired_timing="")
    write(portal, one, "2026-09-12T03:00:00+00:00", by="INTEGRATION:5", desired_timing="年内")
    found = [change for change in portal.changes(CONTACTS) if change["name"] == "desired_timing"]
    told = [(change["at"], change["old"], change["new"], change["by"]) for change in reversed(found)]
    assert [one for *one, _ in told] == [
        ["2026-09-01T00:00:00Z", None, "来期"],
        ["2026-09-10T03:00:00Z", "来期", "今期中"],
        ["2026-09-11T03:00:00Z", "今期中", None],
        ["2026-09-12T03:00:00Z", None, "年内"],
    ]
    assert told[1][3] == "hubspot:owners:77"
    assert told[2][3] is None and told[3][3] is None, "of a workflow or an integration nobody is named"
    assert {change["subject"] for change in found} == {f"hubspot:contacts:{one}"}


def test_the_same_revisions_read_again_are_the_same_records(portal: Bench) -> None:
    one = contact(portal, at="2026-09-01T00:00:00+00:00", desired_timing="来期")
    first = [record for record in portal.pull(CONTACTS) if record.kind is Kind.HISTORY]
    assert [record.kind for record in portal.source.read(CONTACTS, [one])] == [Kind.PERSON]
    assert [record for record in fresh(portal).read(CONTACTS, [one]) if record.kind is Kind.HISTORY] == first
    assert first[0].ref.record_id == f"{one}:desired_timing:2026-09-01T00:00:00.000Z"


def test_what_a_contact_was_made_with_is_told_only_where_its_reading_depends_on_it(portal: Bench) -> None:
    one = contact(portal, at="2026-09-01T00:00:00+00:00", desired_timing="来期", pain="課題")
    assert [change["name"] for change in portal.changes(CONTACTS)] == ["desired_timing"]
    write(portal, one, "2026-10-06T01:05:00+00:00", pain="別の課題")
    portal.clock.advance(timedelta(minutes=10))
    assert {(change["name"], change["old"]) for change in portal.changes(CONTACTS)} == {
        ("desired_timing", None),
        ("pain", "課題"),
    }


def test_history_is_read_only_for_contacts_in_which_something_dated_stands_and_in_full_batches(portal: Bench) -> None:
    many(portal, 230)
    portal.pull(CONTACTS)
    assert histories(portal) == [50, 50, 15], "more inputs are refused"


def test_a_reading_that_went_on_after_any_page_lacks_no_history(portal: Bench) -> None:
    many(portal, 230)
    pages = [page for page in portal.source.head([CONTACTS], {}) if page.records]
    everything = {record.ref for page in pages for record in page.records}
    for stop, page in enumerate(pages):
        saved = {record.ref for one in pages[: stop + 1] for record in one.records}
        again = fresh(portal).head([CONTACTS], {"contacts": json.loads(json.dumps(page.cursor))})
        rest = {record.ref for one in again for record in one.records}
        assert saved | rest == everything


def test_a_cursor_that_owes_nonsense_reads_everything_again(portal: Bench) -> None:
    many(portal, 3)
    whole = {record.ref for page in portal.source.head([CONTACTS], {}) for record in page.records}
    damaged = {"scan": 1, "after": "2", "owed": ["1'", 5]}
    assert {one.ref for page in fresh(portal).head([CONTACTS], {"contacts": damaged}) for one in page.records} == whole


def test_a_contact_that_changed_otherwise_costs_no_second_reading(portal: Bench) -> None:
    """Our own flags, a form, a page view: they move the stamp and none of the watched values."""
    ids = [contact(portal, at="2026-09-01T00:00:00+00:00", desired_timing="来期") for _ in range(3)]
    portal.pull(CONTACTS)
    since = len(portal.server.log)
    for one in ids:
        write(portal, one, "2026-10-06T01:05:00+00:00", jobtitle="部長")
    portal.clock.advance(timedelta(minutes=10))
    assert {record.kind for record in portal.pull(CONTACTS)} == {Kind.PERSON}
    assert histories(portal, since) == []
    write(portal, ids[0], "2026-10-06T01:15:00+00:00", fs_decision="returned")
    portal.clock.advance(timedelta(minutes=10))
    assert {change["name"] for change in portal.changes(CONTACTS)} == {"desired_timing", "fs_decision"}
    assert histories(portal, since) == [1]


def test_a_page_that_was_not_saved_brings_its_history_again(portal: Bench) -> None:
    contact(portal, at="2026-09-01T00:00:00+00:00", desired_timing="来期")
    for _ in portal.source.head([CONTACTS], {}):
        break  # what the engine does when saving the page fails
    assert [change["name"] for change in portal.changes(CONTACTS)] == ["desired_timing"]


def test_a_history_that_cannot_be_read_keeps_the_page_for_later(portal: Bench) -> None:
    one = contact(portal, at="2026-09-01T00:00:00+00:00", desired_timing="来期")
    half = {"status": "COMPLETE", "results": [], "errors": [{"category": "INTERNAL_ERROR"}]}
    portal.server.faults.add(Fault("status", {"body": 'propertiesWithHistory":\\["'}, status=207, body=half, times=1))
    with pytest.raises(TransientError):
        portal.pull(CONTACTS)
    assert "contacts" not in portal.cursors
    assert {record.ref.record_id.partition(":")[0] for record in portal.pull(CONTACTS)} == {one}


def test_behind_the_last_revision_that_is_kept_nothing_is_made_up(portal: Bench) -> None:
    one = contact(portal, at="2026-09-01T00:00:00+00:00", desired_timing="0")
    for number in range(1, 60):
        write(portal, one, f"2026-09-02T00:{number:02}:00+00:00", desired_timing=str(number))
    found = portal.changes(CONTACTS)
    assert len(found) == 44
    assert all(int(change["old"]) == int(change["new"]) - 1 for change in found)


def test_nothing_is_asked_where_nothing_is_watched(portal: Bench) -> None:
    contact(portal, desired_timing="来期")
    portal.pull(replace(CONTACTS, watched=(), dated=()))
    assert histories(portal) == []
