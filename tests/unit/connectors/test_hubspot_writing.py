"""Batches that HubSpot refuses as a whole: whose fault it is, and what the others cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.hubspot.client import Client
from connectors.hubspot.fields import property_body
from connectors.hubspot.properties import Properties
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.sink import HubSpotSink
from connectors.kit.retry import Retry
from connectors.simulator.clock import SimClock
from connectors.simulator.faults import Fault
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.kernel import LoopbackServer
from sync.core.model.flags import FLAG_FIELDS, Flags
from sync.core.model.records import RecordRef
from sync.errors import TransientError
from sync.ports import FlagWrite, WriteOutcome, WriteResult

READY: Flags = {"status": "ready"}


class Desk:
    """A sink on a portal with twenty contacts."""

    def __init__(self, server: LoopbackServer) -> None:
        self.server = server
        raw = {"url": server.base_url, "auth": {"flow": "token", "token": "pat-na1-simulator"}, "search_per_second": 0}
        client = Client(HubSpotSettings.model_validate(raw), Retry(sleep=lambda _: None))
        self.sink = HubSpotSink("hs", client, Properties(client))
        events: list[dict[str, Any]] = [{"op": "insert", "object": "contacts", "record": {}} for _ in range(20)]
        self.ids: list[str] = server.control("apply", {"events": events})["ids"]

    def define(self, *names: str) -> None:
        properties = [property_body(flag, ("pain",)) for flag in FLAG_FIELDS if flag.name in names]
        event = {"op": "define_properties", "object": "contacts", "record": {"properties": properties}}
        self.server.control("apply", {"events": [event]})

    def write(self, flags: dict[str, Flags]) -> dict[str, WriteResult]:
        results = self.sink.write(
            [FlagWrite(RecordRef("hs", "contacts", one), values) for one, values in flags.items()]
        )
        return {result.ref.record_id: result for result in results}

    def calls(self) -> int:
        return sum(entry.path.endswith("batch/update") for entry in self.server.log)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with LoopbackServer(HubSpotPortal(SimClock(), limits="off", unknown_in_update="fail")) as server:
        one = Desk(server)
        one.define("status", "note")
        yield one


def test_records_that_the_answer_names_are_taken_out_and_the_rest_goes_in_one_more_call(desk: Desk) -> None:
    results = desk.write({**dict.fromkeys(desk.ids, READY), "999": READY, "998": READY})
    assert {one: result.outcome for one, result in results.items() if result.outcome is not WriteOutcome.APPLIED} == {
        "999": WriteOutcome.CONFLICT,
        "998": WriteOutcome.CONFLICT,
    }
    assert desk.calls() == 2


def test_a_property_that_is_missing_is_left_out_of_all_and_the_rest_is_written(desk: Desk) -> None:
    late: Flags = {"status": "ready", "is_sla": "met"}
    results = desk.write({one: late if place % 2 else READY for place, one in enumerate(desk.ids)})
    for place, one in enumerate(desk.ids):
        assert results[one].outcome is WriteOutcome.APPLIED
        assert dict(results[one].left_out) == ({"is_sla": ""} if place % 2 else {})
    assert desk.calls() == 2


def test_a_record_of_which_nothing_can_be_written_says_why(desk: Desk) -> None:
    results = desk.write({desk.ids[0]: {"is_sla": "met"}, desk.ids[1]: READY})
    refused = results[desk.ids[0]]
    assert (refused.outcome, refused.code) == (WriteOutcome.REJECTED, "PROPERTY_DOESNT_EXIST")
    assert "baton_is_sla" in refused.message


def test_an_option_that_is_missing_costs_one_more_call_however_many_carry_it(desk: Desk) -> None:
    bogus = desk.ids[7:15]
    results = desk.write({one: {"status": "bogus", "note": "x"} if one in bogus else READY for one in desk.ids})
    assert {dict(results[one].left_out).get("status") for one in bogus} == {"bogus"}
    assert {result.outcome for result in results.values()} == {WriteOutcome.APPLIED}
    assert desk.calls() == 2


def test_a_missing_permission_to_write_stops_at_the_first_refusal(desk: Desk) -> None:
    body = {"category": "MISSING_SCOPES", "message": "no", "errors": []}
    desk.server.faults.add(Fault("status", {"path": "batch/update"}, status=403, body=body, times=99))
    results = desk.write(dict.fromkeys(desk.ids, READY))
    assert {(result.outcome, dict(result.left_out).get("status")) for result in results.values()} == {
        (WriteOutcome.REJECTED, "")
    }
    assert desk.calls() == 1


def test_a_service_that_gives_no_answer_is_not_asked_for_every_batch(desk: Desk) -> None:
    desk.sink._pace.size = 2
    desk.server.faults.add(Fault("html", {"path": "batch/update"}, times=99))
    results = list(desk.write(dict.fromkeys(desk.ids, READY)).values())
    assert desk.calls() == 2
    assert sum(result.outcome is WriteOutcome.UNKNOWN for result in results) == 3, "two, then one: it goes slower"
    assert {result.sent for result in results if result.outcome is WriteOutcome.RETRY} == {False}
    assert desk.sink._pace.size == 1


def test_the_pace_comes_back_by_itself(desk: Desk) -> None:
    desk.sink._pace.size = 1
    desk.write(dict.fromkeys(desk.ids, READY))
    assert desk.calls() == 5, "1 + 2 + 4 + 8 + 5"


def test_looking_for_culprits_costs_a_bounded_number_of_calls(desk: Desk) -> None:
    body = {"category": "VALIDATION_ERROR", "message": "no", "errors": []}
    desk.server.faults.add(Fault("status", {"path": "batch/update"}, status=400, body=body, times=9_999))
    results = desk.write({str(number): READY for number in range(1000, 1100)})
    assert desk.calls() <= 42
    left = [result for result in results.values() if result.outcome is WriteOutcome.RETRY]
    assert left
    assert {result.code for result in left} == {"LEFT_FOR_LATER"}


def test_a_partial_answer_is_read_by_what_it_names_whatever_its_status(desk: Desk) -> None:
    one, two, three, four = desk.ids[:4]
    body = {
        "status": "COMPLETE",
        "results": [{"id": two, "properties": {}}],
        "numErrors": 2,
        "errors": [
            {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": [one]}},
            {"status": "error", "category": "VALIDATION_ERROR", "message": "no", "context": {"ids": [three]}},
        ],
    }
    for status in (200, 207):
        desk.server.faults.add(Fault("status", {"path": "batch/update"}, status=status, body=body))
        results = desk.write(dict.fromkeys((one, two, three, four), READY))
        assert [results[each].outcome for each in (one, two, three, four)] == [
            WriteOutcome.CONFLICT,
            WriteOutcome.APPLIED,
            WriteOutcome.REJECTED,
            WriteOutcome.UNKNOWN,
        ]


def test_a_locked_portal_is_tried_again(desk: Desk) -> None:
    desk.server.faults.add(Fault("status", {"path": "batch/update"}, times=2, status=423))
    assert desk.write({desk.ids[0]: READY})[desk.ids[0]].outcome is WriteOutcome.APPLIED


def test_reading_back_a_batch_that_failed_in_part_says_nothing_about_anybody(desk: Desk) -> None:
    """Or a record would be taken for gone because of a hiccup."""
    ref = RecordRef("hs", "contacts", desk.ids[0])
    part = {
        "results": [],
        "numErrors": 1,
        "errors": [{"category": "INTERNAL_ERROR", "context": {"ids": [desk.ids[0]]}}],
    }
    desk.server.faults.add(Fault("status", {"path": "batch/read"}, status=207, body=part))
    with pytest.raises(TransientError):
        desk.sink.read_flags([ref])
    flags = desk.sink.read_flags([ref])[ref]
    assert flags is not None
    assert set(flags.values()) == {None}


def test_an_instant_is_sent_with_milliseconds_and_an_empty_flag_as_empty_text(desk: Desk) -> None:
    desk.define("is_due")
    desk.write({desk.ids[0]: {"is_due": "2026-10-06T09:00:00Z", "note": None}})
    body = next(entry.body for entry in desk.server.log if entry.path.endswith("batch/update"))
    assert b'"baton_is_due":"2026-10-06T09:00:00.000Z"' in body
    assert b'"baton_note":""' in body
