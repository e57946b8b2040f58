"""What every source and sink must do, shown on both systems over HTTP against the simulators."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import pytest

import connectors
from connectors.hubspot.client import Client as HubSpotClient
from connectors.hubspot.fields import property_body
from connectors.hubspot.properties import Properties
from connectors.hubspot.sink import HubSpotSink
from connectors.hubspot.source import HubSpotSource
from connectors.kit.retry import Retry
from connectors.salesforce.client import Client as SalesforceClient
from connectors.salesforce.describe import Schema
from connectors.salesforce.fields import WIRE_NAMES as SALESFORCE_NAMES
from connectors.salesforce.fields import field_metadata
from connectors.salesforce.sink import SalesforceSink
from connectors.salesforce.source import SalesforceSource
from connectors.simulator.clock import SimClock
from connectors.simulator.faults import Fault
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.kernel import LoopbackServer
from connectors.simulator.salesforce import SalesforceOrg
from sync.core.model.flags import CHOICES, FLAG_FIELDS, NO_FLAGS, Flags, fields_on
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import AuthError, BatonError, BudgetExhausted, BugError, StreamUnavailable, TransientError
from sync.ports import Covered, Cursor, FlagWrite, Page, Part, Sink, Source, StreamSpec, Walk, WriteOutcome

START = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
LONG_AGO = "2026-10-01T00:00:00+00:00"
HIDDEN = "Secret-Person"
NOT_FOUND = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
ITEMS = ("sql_reason", "pain")
FLAGS: Flags = {
    **NO_FLAGS,
    "status": "preparing",
    "missing_items": "sql_reason;pain",
    "missing_count": 2,
    "next_actor": "is",
    "note": "次回：課題を確認\n2行目",
    "is_due": "2026-10-06T09:00:00Z",
    "definition": "v1",
}


@dataclass
class Bench:
    """One system with a few people in it, and the connection to it."""

    kind: str
    server: LoopbackServer
    clock: SimClock
    source: Source
    sink: Sink
    people: str
    """Name of the stream of people."""
    specs: list[StreamSpec]
    insert: Callable[[int], list[str]]
    """Makes so many people; their ids."""
    rename: Callable[[str], None]
    remove: Callable[[str], None]
    merge: Callable[[str, str], None]
    """(winner, loser)"""
    call: Callable[[str], str]
    """Logs an outbound call with this person."""
    bad_flags: Flags
    idle_calls: int
    write_path: str
    read_path: str
    reopen: Callable[[Mapping[str, Any]], tuple[Source, Sink]]
    bad_auth: Mapping[str, Any]
    throttled: Fault
    exhausted: Fault
    cursors: dict[str, Cursor | None] = field(default_factory=dict)

    @property
    def spec(self) -> StreamSpec:
        return next(spec for spec in self.specs if spec.name == self.people)

    def pull(self, *specs: StreamSpec) -> list[SourceRecord]:
        """One head reading that saves its cursors, as JSON, as the engine does."""
        records: list[SourceRecord] = []
        for page in self.source.head(specs or self.specs, self.cursors):
            self.cursors[page.stream] = json.loads(json.dumps(page.cursor))
            records += page.records
        return records

    def settle(self) -> None:
        """Let everything become visible and old."""
        self.clock.advance(timedelta(minutes=5))

    def ref(self, record_id: str) -> RecordRef:
        return RecordRef(self.kind, self.people, record_id)

    def plant(self, *faults: Fault) -> None:
        self.server.faults.add(*faults)


def _no_sleep(_: float) -> None:
    """Waiting is the vendor's wish, not the test's."""


def _open_salesforce(settings: Mapping[str, Any]) -> tuple[Source, Sink]:
    read = connectors.load("salesforce").read_settings("salesforce", settings)
    client = SalesforceClient(read, Retry(sleep=_no_sleep))  # pyright: ignore[reportArgumentType]  # the kind's own model
    schema = Schema(client)
    return SalesforceSource("salesforce", client, schema), SalesforceSink("salesforce", client, schema)


def _open_hubspot(settings: Mapping[str, Any]) -> tuple[Source, Sink]:
    read = connectors.load("hubspot").read_settings("hubspot", settings)
    client = HubSpotClient(read, Retry(sleep=_no_sleep))  # pyright: ignore[reportArgumentType]  # the kind's own model
    properties = Properties(client)
    return HubSpotSource("hubspot", client, properties), HubSpotSink("hubspot", client, properties)


@pytest.fixture
def salesforce() -> Iterator[Bench]:
    clock = SimClock(START, speed=0)
    with LoopbackServer(SalesforceOrg(clock)) as server:

        def happen(op: str, name: str, **more: Any) -> str:
            return server.control("apply", {"events": [{"op": op, "object": name, **more}]})["ids"][0]

        for name, kind in (("Lead", Kind.PERSON), ("Opportunity", Kind.DEAL)):
            fields = []
            for flag in fields_on(kind):
                body = field_metadata(flag, ITEMS)
                values = [
                    one["fullName"] for one in body.get("valueSet", {}).get("valueSetDefinition", {}).get("value", [])
                ]
                fields.append(
                    {"name": SALESFORCE_NAMES[flag.name], "restricted": bool(values), "values": values, **body}
                )
            happen("define_fields", name, fields=fields)
        user = happen(
            "insert", "User", record={"LastName": "IS", "Email": "IS@Example.jp", "Username": "is@example.jp"}
        )

        def insert(count: int) -> list[str]:
            record = {"LastName": HIDDEN, "Company": "会社", "OwnerId": user}
            return [happen("insert", "Lead", at=LONG_AGO, record=record) for _ in range(count)]

        def call(person: str) -> str:
            record = {"TaskSubtype": "Call", "CallType": "Outbound", "Status": "Completed", "WhoId": person}
            return happen("insert", "Task", by=user, record={**record, "OwnerId": user, "Description": "不在"})

        auth = {"flow": "client_credentials", "client_id": "sim-consumer-key", "client_secret": "sim-consumer-secret"}
        settings = {"url": server.base_url, "auth": auth}
        source, sink = _open_salesforce(settings)
        kinds = {"Lead": Kind.PERSON, "Contact": Kind.PERSON, "Opportunity": Kind.DEAL, "Task": Kind.ACTIVITY}
        kinds |= {"Event": Kind.ACTIVITY, "User": Kind.USER, "LeadHistory": Kind.HISTORY}
        specs = [
            StreamSpec(
                name, kind, ("LastName", "No_Such__c") if name == "Lead" else (), name in ("Lead", "Opportunity")
            )
            for name, kind in kinds.items()
        ]
        limit = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit exceeded."}]
        daily = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
        yield Bench(
            "salesforce",
            server,
            clock,
            source,
            sink,
            "Lead",
            specs,
            insert,
            rename=lambda one: (happen("update", "Lead", id=one, record={"Title": "部長"}), None)[1],
            remove=lambda one: (happen("delete", "Lead", id=one), None)[1],
            merge=lambda winner, loser: (happen("merge", "Lead", id=winner, loser=loser), None)[1],
            call=call,
            bad_flags={"status": "bogus"},
            idle_calls=ceil(len(specs) / 5),
            write_path="composite/sobjects",
            read_path="composite$",
            reopen=lambda more: _open_salesforce({**settings, **more}),
            bad_auth={"auth": {**auth, "client_secret": "wrong-secret"}},
            throttled=Fault("status", {"path": "composite"}, status=403, body=limit),
            exhausted=Fault("status", {"path": "composite"}, status=403, body=daily),
        )


@pytest.fixture
def hubspot() -> Iterator[Bench]:
    clock = SimClock(START, speed=0)
    portal = HubSpotPortal(clock, limits="off")
    with LoopbackServer(portal) as server:

        def happen(op: str, name: str, **more: Any) -> str:
            done = server.control("apply", {"events": [{"op": op, "object": name, **more}]})["ids"][0]
            server.control("index")
            return done

        happen(
            "define_properties",
            "contacts",
            record={"properties": [property_body(one, ITEMS) for one in fields_on(Kind.PERSON)]},
        )
        happen("owner", "owners", id="77", record={"id": "77", "email": "IS@Example.jp", "userId": 5})

        def insert(count: int) -> list[str]:
            record = {"properties": {"lastname": HIDDEN, "hubspot_owner_id": "77"}}
            return [happen("insert", "contacts", at=LONG_AGO, record=record) for _ in range(count)]

        def call(person: str) -> str:
            values = {"hs_timestamp": "2026-10-06T00:50:00Z", "hs_call_direction": "OUTBOUND", "hubspot_owner_id": "77"}
            values |= {"hs_call_status": "COMPLETED", "hs_call_body": "不在", "hs_created_by_user_id": "5"}
            record = {"properties": values, "associations": [{"to": "contacts", "id": person}]}
            return happen("insert", "calls", record=record)

        settings = {
            "url": server.base_url,
            "auth": {"flow": "token", "token": "pat-na1-simulator"},
            "search_per_second": 0,
        }
        source, sink = _open_hubspot(settings)
        activities = ("calls", "emails", "meetings", "tasks", "communications")
        specs = [
            StreamSpec("contacts", Kind.PERSON, ("lastname", "no_such_property"), carries_flags=True),
            *(StreamSpec(name, Kind.ACTIVITY) for name in activities),
            StreamSpec("leads", Kind.QUALIFICATION),
            StreamSpec("owners", Kind.USER),
        ]
        slow = {"message": "You have reached your ten_secondly_rolling limit.", "policyName": "TEN_SECONDLY_ROLLING"}
        daily = {"message": "You have reached your daily limit.", "policyName": "DAILY"}
        yield Bench(
            "hubspot",
            server,
            clock,
            source,
            sink,
            "contacts",
            specs,
            insert,
            rename=lambda one: (
                happen("update", "contacts", id=one, record={"properties": {"jobtitle": "部長"}}),
                None,
            )[1],
            remove=lambda one: (happen("archive", "contacts", id=one), None)[1],
            merge=lambda winner, loser: (happen("merge", "contacts", id=winner, loser=loser), None)[1],
            call=call,
            bad_flags={"status": "bogus"},
            idle_calls=len(specs),
            write_path="batch/update",
            read_path="search",
            reopen=lambda more: _open_hubspot({**settings, **more}),
            bad_auth={"auth": {"flow": "token", "token": "wrong-secret"}},
            throttled=Fault("status", {"path": "batch/update|search"}, status=429, body=slow),
            exhausted=Fault("status", {"path": "batch/update|search"}, status=429, body=daily),
        )


@pytest.fixture(params=["salesforce", "hubspot"])
def bench(request: pytest.FixtureRequest) -> Bench:
    return request.getfixturevalue(request.param)


# -- who, when, what there is --------------------------------------------------------------------------------------


def test_the_connector_of_a_kind_is_found_by_name_and_opens_without_a_call(bench: Bench) -> None:
    connector = connectors.load(bench.kind)
    assert connector.kind == bench.kind
    kinds = set(connector.streams.values()) & {Kind.PERSON, Kind.DEAL}
    assert set(connector.wire_names) == {one.name for kind in kinds for one in fields_on(kind, CHOICES)}
    settings = connector.read_settings("crm", {"kind": bench.kind, "url": bench.server.base_url, **bench.bad_auth})
    before = len(bench.server.log)
    source, sink = connector.open("crm", settings)
    assert (source.connection, sink.connection) == ("crm", "crm")
    assert len(bench.server.log) == before
    assert "wrong-secret" not in repr(settings)


def test_the_tenant_has_an_identity_and_a_host(bench: Bench) -> None:
    tenant = bench.source.tenant()
    assert tenant.tenant_id
    assert tenant.host == bench.server.base_url.removeprefix("http://")


def test_a_tenant_that_is_not_found_is_trouble_of_the_connection_and_not_of_a_stream(bench: Bench) -> None:
    body = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    bench.plant(Fault("status", {"path": "queryAll|account-info"}, times=None, status=404, body=body))
    with pytest.raises(TransientError):  # and none of the credentials, which would not be tried again for a day
        bench.source.tenant()
    bench.server.faults.clear()
    assert bench.source.tenant().tenant_id


def test_time_is_the_servers(bench: Bench) -> None:
    assert bench.source.server_time() == START
    bench.clock.advance(timedelta(hours=3))
    bench.source.tenant()
    assert bench.source.server_time() == START + timedelta(hours=3)


def test_available_keeps_what_is_readable_and_lists_the_rest(bench: Bench) -> None:
    unknown = StreamSpec("tickets" if bench.kind == "hubspot" else "Case", Kind.PERSON)
    usable, off, unreadable = bench.source.available([*bench.specs, unknown])
    assert [spec.name for spec in usable] == [spec.name for spec in bench.specs]
    assert list(off) == [unknown.name]
    hidden = bench.spec.fields[1]
    assert unreadable == {bench.people: [hidden]}
    assert usable[0].fields == bench.spec.fields[:1]


def test_a_portal_without_scope_or_subscription_switches_the_stream_off(hubspot: Bench) -> None:
    hubspot.server.control("scopes", {"scopes": ["crm.objects.contacts.read", "crm.schemas.contacts.read"]})
    usable, off, _ = hubspot.source.available(hubspot.specs)
    assert {"leads", "owners", "emails"} <= off.keys()
    assert "crm.objects.owners.read" in off["owners"].reason and off["owners"].certain
    assert "contacts" in [spec.name for spec in usable]


_CHECKS = {"hubspot": "/properties/|/owners/|limit=1$", "salesforce": "/sobjects/"}


def test_a_check_that_is_not_answered_does_not_say_that_a_stream_is_absent(bench: Bench) -> None:
    body = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    bench.plant(Fault("status", {"path": _CHECKS[bench.kind]}, times=None, status=404, body=body))
    usable, off, _ = bench.source.available(bench.specs)
    assert not usable and off.keys() == {spec.name for spec in bench.specs}
    assert not any(error.certain for error in off.values())
    bench.server.faults.clear()
    usable, off, _ = bench.source.available(bench.specs)
    assert len(usable) == len(bench.specs) and not off


@pytest.mark.parametrize("fault", [Fault("html", status=403), Fault("status", status=400), Fault("status", status=403)])
def test_what_an_edge_says_is_not_what_the_portal_says(hubspot: Bench, fault: Fault) -> None:
    hubspot.plant(replace(fault, match={"path": "/properties/.*/calls"}))
    _, off, _ = hubspot.source.available(hubspot.specs)
    assert off.keys() == {"calls"} and not off["calls"].certain


def test_an_object_that_the_org_does_not_list_is_absent_at_the_cost_of_one_call(salesforce: Bench) -> None:
    salesforce.source.available(salesforce.specs)
    before = len(salesforce.server.log)
    salesforce.source.available(salesforce.specs)
    plain = len(salesforce.server.log) - before
    salesforce.server.control("switch", {"absent_objects": ["Event", "LeadHistory"]})
    _, off, _ = salesforce.source.available(salesforce.specs)
    assert len(salesforce.server.log) - before == 2 * plain + 1
    assert {name: error.certain for name, error in off.items()} == {"Event": True, "LeadHistory": True}


def test_an_object_that_the_org_lists_is_there_whatever_its_describe_says(salesforce: Bench) -> None:
    body = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    salesforce.plant(Fault("status", {"path": "/sobjects/Event/describe"}, status=404, body=body))
    _, off, _ = salesforce.source.available(salesforce.specs)
    assert {name: error.certain for name, error in off.items()} == {"Event": False}


# -- head ----------------------------------------------------------------------------------------------------------


def test_the_first_reading_brings_everything_once(bench: Bench) -> None:
    ids = bench.insert(7)
    task = bench.call(ids[0])
    records = bench.pull()
    found = [record.ref.record_id for record in records if record.ref.stream == bench.people]
    assert sorted(found) == sorted(ids)
    assert task in {record.ref.record_id for record in records}
    assert all(record.ref.connection == bench.kind and not record.deleted for record in records)
    assert all(record.modified_at.tzinfo for record in records)


def test_a_person_comes_with_values_facts_and_empty_flags(bench: Bench) -> None:
    bench.insert(1)
    usable, _, _ = bench.source.available([bench.spec])
    (person,) = bench.pull(*usable)
    assert person.kind is Kind.PERSON
    assert person.values == {bench.spec.fields[0]: HIDDEN}
    assert person.facts["created_at"] == "2026-10-01T00:00:00Z"
    assert person.facts["owner"].startswith(f"{bench.kind}:")
    assert person.flags == NO_FLAGS


def test_a_field_that_does_not_exist_is_absent_not_empty(bench: Bench) -> None:
    bench.insert(1)
    (person,) = bench.pull(bench.spec)
    assert bench.spec.fields[1] not in person.values


def test_a_call_says_who_when_which_way_and_with_whom(bench: Bench) -> None:
    (person,) = bench.insert(1)
    bench.call(person)
    (activity,) = (record for record in bench.pull() if record.kind is Kind.ACTIVITY)
    facts = activity.facts
    assert (facts["type"], facts["direction"], facts["status"]) == ("call", "outbound", "done")
    assert facts["subjects"] == [str(bench.ref(person))]
    assert facts["owner"] == facts["created_by"]
    assert facts["has_content"] is True
    assert facts["automated"] is False
    assert facts["at"] <= facts["logged_at"] == "2026-10-06T01:00:00Z"
    assert "不在" not in str(activity)


def test_colleagues_come_with_lower_case_mail(bench: Bench) -> None:
    users = [record for record in bench.pull() if record.kind is Kind.USER]
    assert "is@example.jp" in {record.facts["email"] for record in users}
    assert all(record.facts["active"] is True for record in users)


def test_a_cycle_in_which_nothing_changed_costs_the_fewest_calls_and_moves_no_cursor(bench: Bench) -> None:
    bench.insert(3)
    bench.pull()
    bench.settle()
    bench.pull()
    bench.clock.advance(timedelta(seconds=30))
    before, cost, cursors = bench.source.usage().calls, len(bench.server.log), dict(bench.cursors)
    assert bench.pull() == []
    assert bench.source.usage().calls - before == bench.idle_calls
    assert len(bench.server.log) - cost == bench.idle_calls
    assert bench.cursors == cursors


def test_only_what_changed_comes_again(bench: Bench) -> None:
    ids = bench.insert(5)
    bench.pull()
    bench.settle()
    bench.rename(ids[3])
    bench.clock.advance(timedelta(seconds=20))
    changed = [record.ref.record_id for record in bench.pull() if record.ref.stream == bench.people]
    assert changed == [ids[3]]


def test_a_record_of_the_same_second_that_shows_up_later_is_not_lost(bench: Bench) -> None:
    """The cursor stood behind a newer id of that second already."""
    ids = bench.insert(4)
    bench.pull()
    bench.settle()
    bench.rename(ids[3])
    bench.pull()
    bench.rename(ids[0])
    bench.clock.advance(timedelta(seconds=20))
    found = {record.ref.record_id for record in bench.pull() if record.ref.stream == bench.people}
    assert ids[0] in found


def test_reading_can_stop_after_any_page_and_go_on(bench: Bench) -> None:
    """Whatever page was saved last, the rest comes."""
    ids = bench.insert(230)
    if bench.kind == "salesforce":
        bench.server.control("switch", {"page_cap": 100})
    pages: list[Page] = [page for page in bench.source.head([bench.spec], {}) if page.records]
    assert len(pages) >= 3
    for stop in range(len(pages)):
        saved = {record.ref.record_id for page in pages[: stop + 1] for record in page.records}
        cursor = json.loads(json.dumps(pages[stop].cursor))
        rest = [
            r.ref.record_id for page in bench.source.head([bench.spec], {bench.people: cursor}) for r in page.records
        ]
        assert saved | set(rest) == set(ids)
    assert pages[-1].more is False or bench.kind == "hubspot"


def test_more_changes_than_a_page_holds_all_come(bench: Bench) -> None:
    ids = bench.insert(450)
    bench.pull()
    bench.settle()
    for one in ids:
        bench.rename(one)
    bench.clock.advance(timedelta(seconds=20))
    changed = [record.ref.record_id for record in bench.pull() if record.ref.stream == bench.people]
    assert sorted(changed) == sorted(ids)


def test_a_stream_that_breaks_raises_after_the_others_were_read(bench: Bench) -> None:
    ids = bench.insert(2)
    broken = StreamSpec("emails" if bench.kind == "hubspot" else "EmailMessage", Kind.ACTIVITY)
    bench.plant(Fault("status", {"path": f"{broken.name}(/describe)?$"}, times=None, status=404, body=NOT_FOUND))
    pages: list[Page] = []
    with pytest.raises(StreamUnavailable) as caught:
        for page in bench.source.head([broken, bench.spec], {}):
            pages.append(page)
    assert caught.value.stream == broken.name
    assert {record.ref.record_id for page in pages for record in page.records} == set(ids)


# -- gone, merged, swept -------------------------------------------------------------------------------------------


def test_a_field_that_is_lost_while_reading_is_noticed_and_left_out_until_the_next_check(bench: Bench) -> None:
    ids = bench.insert(3)
    usable, _, _ = bench.source.available([bench.spec])
    bench.pull(*usable)
    assert not bench.source.drifted()
    name = usable[0].fields[0]
    if bench.kind == "salesforce":
        bench.server.control("fls", {"object": "Lead", "field": name, "readable": False})
    else:
        bench.server.control("property", {"object": "contacts", "name": name, "archived": True})
    bench.settle()
    bench.rename(ids[0])
    bench.clock.advance(timedelta(seconds=20))
    (changed,) = bench.pull(*usable)
    assert name not in changed.values
    assert bench.source.drifted()
    usable, off, unreadable = bench.source.available([bench.spec])
    assert (off, usable[0].fields, name in unreadable[bench.people]) == ({}, (), True)
    assert not bench.source.drifted()


def test_the_list_of_everything_is_whole_and_names_no_value(bench: Bench) -> None:
    ids = bench.insert(12)
    bench.settle()
    found = list(bench.source.inventory([Walk(spec) for spec in bench.specs]))
    parts = [part for name, part in found if name == bench.people and isinstance(part, Part)]
    assert sorted(stamp.record_id for part in parts for stamp in part.stamps) == sorted(ids)
    assert parts[-1].place is None
    assert HIDDEN not in str(found)


def test_a_sweep_vouches_for_every_stream_that_it_read_to_its_end(bench: Bench) -> None:
    bench.insert(2)
    bench.settle()
    bench.source.tenant()
    now = bench.source.server_time()
    covered = {
        name: found.until
        for name, found in bench.source.sweep([(spec, START) for spec in bench.specs])
        if isinstance(found, Covered)
    }
    assert covered == dict.fromkeys((spec.name for spec in bench.specs), now)


def test_ids_that_are_gone_come_back_deleted(bench: Bench) -> None:
    alive, dead = bench.insert(2)
    bench.remove(dead)
    records = {record.ref.record_id: record for record in bench.source.read(bench.spec, [alive, dead])}
    assert (records[alive].deleted, records[dead].deleted) == (False, True)
    assert "merged_into" not in records[dead].facts


def test_a_merged_record_says_into_which(bench: Bench) -> None:
    winner, loser = bench.insert(2)
    bench.merge(winner, loser)
    records = {record.ref.record_id: record for record in bench.source.read(bench.spec, [loser])}
    lost = records[loser]
    assert lost.deleted
    into = RecordRef.parse(lost.facts["merged_into"])
    (survivor,) = (r for r in bench.source.read(bench.spec, [into.record_id]) if not r.deleted)
    assert survivor.ref == into


def test_a_merge_shows_in_the_head_too(bench: Bench) -> None:
    winner, loser = bench.insert(2)
    bench.pull()
    bench.settle()
    bench.merge(winner, loser)
    bench.clock.advance(timedelta(seconds=20))
    lost = {r.ref.record_id for r in bench.pull() if r.deleted and r.facts.get("merged_into")}
    assert loser in lost


def test_a_sweep_lists_changes_and_deletions_of_the_window_only(bench: Bench) -> None:
    ids = bench.insert(4)
    bench.settle()
    bench.rename(ids[0])
    bench.remove(ids[1])
    windows = [(bench.spec, START + timedelta(minutes=1))]
    stamps = [one for _, batch in bench.source.sweep(windows) if isinstance(batch, list) for one in batch]
    assert {(one.record_id, one.deleted) for one in stamps} == {(ids[0], False), (ids[1], True)}
    assert all(one.modified_at >= START + timedelta(minutes=1) for one in stamps)


def test_a_sweep_in_which_nothing_changed_costs_what_is_told_of_it(bench: Bench) -> None:
    bench.insert(3)
    bench.pull()
    bench.settle()
    list(bench.source.sweep([(spec, bench.source.server_time()) for spec in bench.specs]))
    connector, before = connectors.load(bench.kind), len(bench.server.log)
    list(bench.source.sweep([(spec, bench.source.server_time()) for spec in bench.specs]))
    swept = sum(spec.kind not in connector.unswept for spec in bench.specs)
    told = ceil(swept / connector.streams_per_call) * connector.calls_per_sweep
    assert len(bench.server.log) - before == told


def test_a_sweep_of_many_pages_on_one_stamp_loses_nothing(bench: Bench) -> None:
    ids = bench.insert(2_005)
    bench.settle()
    windows = [(bench.spec, datetime.fromisoformat(LONG_AGO) - timedelta(minutes=1))]
    seen = [stamp.record_id for _, batch in bench.source.sweep(windows) if isinstance(batch, list) for stamp in batch]
    assert len(seen) == len(set(seen)), "a record is told once"
    assert set(ids) <= set(seen)


def test_activities_of_people_are_found_without_waiting_for_any_index(bench: Bench) -> None:
    ids = bench.insert(3)
    task = bench.call(ids[1])
    bench.call(ids[2])
    specs = [spec for spec in bench.specs if spec.kind is Kind.ACTIVITY]
    foreign = RecordRef("elsewhere", bench.people, ids[2])
    found = list(bench.source.activities_of(specs, [bench.ref(ids[0]), bench.ref(ids[1]), foreign]))
    assert [record.ref.record_id for record in found] == [task]
    assert list(bench.source.activities_of(specs, [])) == []


# -- writing -------------------------------------------------------------------------------------------------------


def _write(bench: Bench, *pairs: tuple[str, Flags]) -> list[tuple[str, WriteOutcome, str]]:
    results = bench.sink.write([FlagWrite(bench.ref(one), flags) for one, flags in pairs])
    assert [result.ref.record_id for result in results] == [one for one, _ in pairs]
    return [(result.ref.record_id, result.outcome, result.code) for result in results]


def test_flags_are_written_and_read_back_as_they_were(bench: Bench) -> None:
    one, two = bench.insert(2)
    assert [outcome for _, outcome, _ in _write(bench, (one, FLAGS))] == [WriteOutcome.APPLIED]
    assert bench.sink.read_flags([bench.ref(one), bench.ref(two)]) == {bench.ref(one): FLAGS, bench.ref(two): NO_FLAGS}
    assert {r.ref.record_id: r.flags for r in bench.source.read(bench.spec, [one])} == {one: FLAGS}
    _write(bench, (one, NO_FLAGS))
    assert bench.sink.read_flags([bench.ref(one)]) == {bench.ref(one): NO_FLAGS}


def test_only_the_named_flags_change(bench: Bench) -> None:
    (one,) = bench.insert(1)
    _write(bench, (one, FLAGS))
    _write(bench, (one, {"status": "ready"}))
    assert bench.sink.read_flags([bench.ref(one)])[bench.ref(one)] == {**FLAGS, "status": "ready"}


def test_a_name_that_is_no_flag_stops_everything_before_anything_is_sent(bench: Bench) -> None:
    one, two = bench.insert(2)
    before = len(bench.server.log)
    with pytest.raises(BugError):
        bench.sink.write([FlagWrite(bench.ref(one), FLAGS), FlagWrite(bench.ref(two), {"LastName": "x"})])
    assert len(bench.server.log) == before


@pytest.mark.parametrize("bad", ["../User/1", "1/../2", "", "00Q'; x", "https://example.com/x"])
def test_an_id_that_is_none_is_never_sent(bench: Bench, bad: str) -> None:
    bench.insert(1)
    before = len(bench.server.log)
    with pytest.raises(BugError):
        bench.sink.write([FlagWrite(bench.ref(bad), FLAGS)])
    assert len(bench.server.log) == before


def test_one_refused_record_does_not_cost_its_neighbours(bench: Bench) -> None:
    ids = bench.insert(9)
    results = _write(bench, *((one, bench.bad_flags if one == ids[4] else FLAGS) for one in ids))
    outcomes = {one: outcome for one, outcome, _ in results}
    assert outcomes.pop(ids[4]) is WriteOutcome.REJECTED
    assert set(outcomes.values()) == {WriteOutcome.APPLIED}
    assert results[4][2] in ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "INVALID_OPTION")


def test_gone_and_merged_records_are_conflicts(bench: Bench) -> None:
    alive, dead, winner, loser = bench.insert(4)
    bench.remove(dead)
    bench.merge(winner, loser)
    outcomes = [outcome for _, outcome, _ in _write(bench, (dead, FLAGS), (alive, FLAGS), (loser, FLAGS))]
    assert outcomes == [WriteOutcome.CONFLICT, WriteOutcome.APPLIED, WriteOutcome.CONFLICT]
    assert bench.sink.read_flags([bench.ref(dead), bench.ref(loser)]) == {bench.ref(dead): None, bench.ref(loser): None}


def test_a_converted_lead_is_a_conflict(salesforce: Bench) -> None:
    (lead,) = salesforce.insert(1)
    record = {"Account": {"Name": "会社"}, "Contact": {"LastName": "x"}}
    salesforce.server.control("apply", {"events": [{"op": "convert", "object": "Lead", "id": lead, "record": record}]})
    assert _write(salesforce, (lead, FLAGS)) == [(lead, WriteOutcome.CONFLICT, "CANNOT_UPDATE_CONVERTED_LEAD")]


def test_the_same_record_twice_goes_in_two_calls(bench: Bench) -> None:
    (one,) = bench.insert(1)
    results = _write(bench, (one, FLAGS), (one, {"status": "ready"}))
    assert [outcome for _, outcome, _ in results] == [WriteOutcome.APPLIED] * 2
    flags = bench.sink.read_flags([bench.ref(one)])[bench.ref(one)]
    assert flags is not None
    assert flags["status"] == "ready"


@pytest.mark.parametrize("amount", [1, 100, 101, 200, 201, 250])
def test_many_changes_go_in_full_batches(bench: Bench, amount: int) -> None:
    ids = bench.insert(amount)
    before = len(bench.server.log)
    results = _write(bench, *((one, {"status": "ready"}) for one in ids))
    assert {outcome for _, outcome, _ in results} == {WriteOutcome.APPLIED}
    sent = [entry for entry in bench.server.log[before:] if bench.write_path in entry.path]
    assert len(sent) == ceil(amount / (200 if bench.kind == "salesforce" else 100))


@pytest.mark.parametrize(
    ("fault", "applied"),
    [
        (Fault("reset_after"), True),
        (Fault("truncate"), True),
        (Fault("status_after", status=502, body="<html>bad gateway</html>"), True),
        (Fault("reset_before"), False),
        (Fault("html", status=503), False),
    ],
    ids=lambda value: getattr(value, "kind", str(value)),
)
def test_a_write_without_an_answer_is_unknown_and_not_repeated(bench: Bench, fault: Fault, applied: bool) -> None:
    one, two = bench.insert(2)
    bench.sink.read_flags([bench.ref(one)])
    bench.plant(Fault(fault.kind, {"path": bench.write_path}, status=fault.status, body=fault.body))
    before = len(bench.server.log)
    outcomes = {outcome for _, outcome, _ in _write(bench, (one, FLAGS), (two, FLAGS))}
    assert outcomes == {WriteOutcome.UNKNOWN}
    assert len(bench.server.log) - before == 1
    assert bench.sink.read_flags([bench.ref(one)])[bench.ref(one)] == (FLAGS if applied else NO_FLAGS)


@pytest.mark.parametrize("body", [[{"errorCode": "NOT_FOUND", "message": "no such resource"}], "<html>"])
def test_a_write_whose_path_is_not_found_is_sent_later_and_no_field_is_given_up(bench: Bench, body: Any) -> None:
    (one,) = bench.insert(1)
    bench.plant(Fault("status", {"path": bench.write_path}, status=404, body=body, times=None))
    (result,) = bench.sink.write([FlagWrite(bench.ref(one), FLAGS)])
    assert (result.outcome, dict(result.left_out)) == (WriteOutcome.RETRY, {})
    bench.server.faults.clear()
    assert [outcome for _, outcome, _ in _write(bench, (one, FLAGS))] == [WriteOutcome.APPLIED]


def test_an_object_that_is_closed_to_the_user_keeps_nothing_of_the_others_back(salesforce: Bench) -> None:
    (one,) = salesforce.insert(1)
    closed = RecordRef("salesforce", "Opportunity", "006000000000001AAA")
    body = [{"errorCode": "INVALID_TYPE", "message": "sObject type 'Opportunity' is not supported."}]
    match = {"path": salesforce.write_path, "body": "Opportunity"}
    salesforce.plant(Fault("status", match, status=400, body=body, times=None))
    results = salesforce.sink.write([FlagWrite(closed, {"status": "ready"}), FlagWrite(salesforce.ref(one), FLAGS)])
    told = {result.ref.stream: (result.outcome, dict(result.left_out)) for result in results}
    assert told == {"Lead": (WriteOutcome.APPLIED, {}), "Opportunity": (WriteOutcome.REJECTED, {"status": ""})}


def test_a_write_that_is_told_to_slow_down_is_sent_again(bench: Bench) -> None:
    (one,) = bench.insert(1)
    bench.plant(bench.throttled)
    assert [outcome for _, outcome, _ in _write(bench, (one, FLAGS))] == [WriteOutcome.APPLIED]


def test_a_write_that_is_told_to_slow_down_for_ever_is_kept_for_later(bench: Bench) -> None:
    (one,) = bench.insert(1)
    bench.throttled.times = None
    bench.plant(bench.throttled)
    (result,) = bench.sink.write([FlagWrite(bench.ref(one), FLAGS)])
    assert result.outcome is WriteOutcome.RETRY
    assert result.retry_after


def test_fields_that_cannot_be_written_are_named(bench: Bench) -> None:
    assert bench.sink.check_fields([bench.people], FLAG_FIELDS) == {}
    other = "calls" if bench.kind == "hubspot" else "Contact"
    missing = "tickets" if bench.kind == "hubspot" else "Campaign"
    everything = [one.name for one in fields_on(Kind.PERSON)]
    assert bench.sink.check_fields([other, missing], FLAG_FIELDS) == {other: everything, missing: everything}


# -- trouble -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncate", "html"])
def test_a_reading_that_was_cut_is_repeated(bench: Bench, kind: Any) -> None:
    ids = bench.insert(3)
    bench.pull()
    bench.settle()
    bench.rename(ids[0])
    bench.clock.advance(timedelta(seconds=20))
    bench.plant(Fault(kind, {"path": bench.read_path}))
    assert ids[0] in {record.ref.record_id for record in bench.pull()}


def test_a_used_up_quota_stops_without_repeating(bench: Bench) -> None:
    bench.pull()
    bench.exhausted.times = None
    bench.plant(bench.exhausted)
    before = len(bench.server.log)
    with pytest.raises(BudgetExhausted) as caught:
        bench.pull()
    assert (caught.value.retry_after or 0) >= 600
    assert len(bench.server.log) - before == 1


def test_wrong_credentials_stop_the_connection_and_are_not_tried_again_and_again(bench: Bench) -> None:
    source, sink = bench.reopen(bench.bad_auth)
    for _ in range(3):
        with pytest.raises(AuthError) as caught:
            source.tenant()
        assert "wrong-secret" not in str(caught.value)
    with pytest.raises(AuthError):
        sink.write([FlagWrite(bench.ref(bench.insert(1)[0]), FLAGS)])
    grants = [entry for entry in bench.server.log if "token" in entry.path]
    assert len(grants) <= 1


def test_an_expired_session_is_renewed_once_and_the_call_repeated(salesforce: Bench) -> None:
    salesforce.insert(1)
    salesforce.pull()
    salesforce.server.control("expire_sessions")
    before = len(salesforce.server.log)
    salesforce.pull()
    paths = [entry.path for entry in salesforce.server.log[before:]]
    assert sum("oauth2/token" in path for path in paths) == 1
    assert len(paths) == salesforce.idle_calls + 2


def test_threads_that_meet_an_expired_session_together_renew_it_once(salesforce: Bench) -> None:
    ids = salesforce.insert(8)
    salesforce.pull()
    salesforce.server.control("expire_sessions")
    before = len(salesforce.server.log)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: list(salesforce.source.read(salesforce.spec, [one])), ids))
    assert [record.ref.record_id for records in found for record in records] == ids
    assert sum("oauth2/token" in entry.path for entry in salesforce.server.log[before:]) == 1


def test_oauth_tokens_of_a_portal_are_renewed_before_they_expire(hubspot: Bench) -> None:
    auth = {
        "flow": "oauth",
        "client_id": "simulator-client",
        "client_secret": "simulator-secret",
        "refresh_token": "na1-simulator-refresh",
    }
    source, _ = hubspot.reopen({"auth": auth})
    for _ in range(4):
        source.tenant()
        hubspot.clock.advance(timedelta(minutes=14))
    statuses = [entry.status for entry in hubspot.server.log]
    assert 401 not in statuses
    assert sum("oauth" in entry.path for entry in hubspot.server.log) == 2


def test_an_oauth_token_that_expired_unnoticed_is_renewed(hubspot: Bench) -> None:
    auth = {
        "flow": "oauth",
        "client_id": "simulator-client",
        "client_secret": "simulator-secret",
        "refresh_token": "na1-simulator-refresh",
    }
    source, _ = hubspot.reopen({"auth": auth})
    source.tenant()
    hubspot.clock.advance(timedelta(hours=2))
    assert source.tenant().tenant_id
    hubspot.server.control("revoke")
    hubspot.clock.advance(timedelta(hours=2))
    with pytest.raises(AuthError):
        source.tenant()


def test_nothing_personal_is_in_what_an_error_says(bench: Bench) -> None:
    """A refused request's body names people; its error does not."""
    bench.insert(1)
    bench.plant(Fault("status", {"path": bench.read_path}, times=None, status=400, body=_refusal(bench.kind)))
    with pytest.raises(BatonError) as caught:
        bench.pull()
    assert HIDDEN not in str(caught.value)
    assert HIDDEN not in repr(caught.value)


def _refusal(kind: str) -> Any:
    if kind == "salesforce":
        return [{"errorCode": "MALFORMED_QUERY", "message": f"... LastName = '{HIDDEN}' ..."}]
    return {"status": "error", "message": f"value {HIDDEN} was not valid", "category": "VALIDATION_ERROR"}


def test_several_threads_can_read_and_write_at_once(bench: Bench) -> None:
    ids = bench.insert(40)

    def work(some: Sequence[str]) -> set[WriteOutcome]:
        list(bench.source.read(bench.spec, some))
        return {result.outcome for result in bench.sink.write([FlagWrite(bench.ref(one), FLAGS) for one in some])}

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(work, [ids[start::8] for start in range(8)]))
    assert set().union(*outcomes) == {WriteOutcome.APPLIED}
