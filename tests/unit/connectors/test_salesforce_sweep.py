"""What the sweep hears of deletions, up to when it can vouch for what it saw, and what it does where it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.salesforce.sweep import ALONE_EVERY
from sync.errors import StreamUnavailable
from tests.unit.connectors.salesforce_org import LEADS, MAILS, START, Org, feeds, running_org

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def org() -> Iterator[Org]:
    with running_org() as org:
        yield org


def test_a_record_that_skips_the_bin_is_told_as_deleted(org: Org) -> None:
    kept, binned, gone = org.lead(), org.lead(), org.lead()
    org.pass_(hours=1)
    org.happen("delete", id=binned)
    org.happen("hard_delete", id=gone)
    org.pass_(minutes=2)
    stamps, _, _ = org.sweep(START + HALF_AN_HOUR)
    assert {one: stamp.deleted for one, stamp in stamps.items()} == {binned: True, gone: True}
    assert kept not in stamps


def test_the_list_of_deletions_costs_no_call_of_its_own(org: Org) -> None:
    org.pass_(hours=1)
    before = len(org.server.log)
    org.sweep(START)
    (call,) = org.asked(before)
    assert len(feeds([call])) == 1
    assert "/deleted/" in call[0], "what it vouches for must have been asked before the stamps"


def test_it_vouches_for_nothing_behind_the_start_of_a_transaction_that_still_runs(org: Org) -> None:
    org.pass_(hours=1)
    began = org.clock.now()
    org.lead(visible_after=3 * 3600.0)
    org.pass_(hours=2)
    stamps, covered, _ = org.sweep(org.clock.now() - HALF_AN_HOUR)
    assert stamps == {}
    assert covered == {"Lead": began}
    org.pass_(hours=2)
    late, covered, _ = org.sweep(covered["Lead"])
    assert [stamp.modified_at for stamp in late.values()] == [began]
    assert covered["Lead"] > began


def test_where_it_may_not_ride_it_is_asked_alone_and_seldom() -> None:
    with running_org(replication_in_composite=False) as org:
        gone = org.lead()
        org.pass_(hours=1)
        org.happen("hard_delete", id=gone)
        org.pass_(minutes=2)
        stamps, covered, errors = org.sweep(START)
        assert stamps[gone].deleted and not errors
        before, vouched = len(org.server.log), covered["Lead"]
        org.pass_(minutes=15)
        _, covered, _ = org.sweep(vouched - HALF_AN_HOUR)
        assert feeds(org.asked(before)) == []
        assert covered["Lead"] == vouched, "the next sweep must reach back to what the last question vouched for"
        org.pass_(seconds=ALONE_EVERY.total_seconds())
        before = len(org.server.log)
        _, covered, _ = org.sweep(vouched - HALF_AN_HOUR)
        assert [len(call) for call in org.asked(before)] == [1, 1]
        assert covered["Lead"] > vouched


def test_a_start_that_the_org_no_longer_remembers_is_moved_up(org: Org) -> None:
    gone = org.lead()
    org.server.control("switch", {"delete_log_days": 0.5})
    org.pass_(days=10)
    org.happen("hard_delete", id=gone)
    org.pass_(minutes=5)
    stamps, covered, errors = org.sweep(START)
    assert stamps[gone].deleted and not errors
    assert covered["Lead"] >= org.clock.now() - timedelta(minutes=1)


def test_more_deletions_than_an_answer_holds_come_in_halves(org: Org) -> None:
    gone = org.lead()
    org.pass_(hours=1)
    org.happen("hard_delete", id=gone)
    org.pass_(minutes=2)
    refusal = {"status": 400, "code": "EXCEEDED_ID_LIMIT", "message": "too many", "times": 1}
    org.server.control("part_errors", {"add": [{"url": "/deleted/", **refusal}]})
    before = len(org.server.log)
    stamps, covered, errors = org.sweep(START)
    assert stamps[gone].deleted and not errors
    assert len(feeds(org.asked(before))) == 3
    assert covered["Lead"] > START


def test_an_object_without_a_list_of_deletions_is_swept_all_the_same(org: Org) -> None:
    org.pass_(hours=1)
    before = len(org.server.log)
    _, covered, errors = org.sweep(START, MAILS)
    assert not errors and covered == {"EmailMessage": org.clock.now()}
    assert feeds(org.asked(before)) == []


def test_a_refusal_of_the_list_switches_no_stream_off_and_is_remembered(org: Org) -> None:
    org.pass_(hours=1)
    refusal = {"status": 400, "code": "INVALID_TYPE", "message": "sObject type Lead is not replicable", "times": None}
    org.server.control("part_errors", {"add": [{"url": "/deleted/", **refusal}]})
    org.server.control(
        "faults",
        {"add": [{"kind": "status", "match": {"path": "/deleted/"}, "times": None, "status": 400, "body": [
            {"errorCode": "INVALID_TYPE", "message": "sObject type Lead is not replicable"}]}]},
    )  # fmt: skip
    _, covered, errors = org.sweep(START)
    assert not errors and covered == {"Lead": org.clock.now()}
    before = len(org.server.log)
    org.sweep(START)
    assert feeds(org.asked(before)) == []


def test_an_object_that_is_gone_is_told_and_the_others_go_on(org: Org) -> None:
    org.pass_(hours=1)
    lead = org.lead()
    org.server.control("switch", {"absent_objects": ["EmailMessage"]})
    org.source.available([LEADS, MAILS])
    stamps, covered, errors = org.sweep(START, MAILS, LEADS)
    assert set(stamps) == {lead} and set(covered) == {"Lead"}
    assert isinstance(errors["EmailMessage"], StreamUnavailable)


def test_a_span_shorter_than_a_minute_asks_for_no_deletions_and_vouches_for_what_came_before(org: Org) -> None:
    now = org.pass_(hours=1, seconds=40)
    before = len(org.server.log)
    _, covered, _ = org.sweep(now - timedelta(seconds=20))
    assert feeds(org.asked(before)) == []
    assert covered == {"Lead": now - timedelta(seconds=20)}
