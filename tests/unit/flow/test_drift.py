"""Fields that are hidden or come back while the streams go on, and streams that come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.core.model.records import RecordRef
from sync.errors import Shortfall, StreamUnavailable, TransientError
from sync.flow.connect import prepare, wants_check
from sync.flow.cycle import close, finish, run_once, start
from sync.flow.report import Outcome
from sync.flow.status import status
from sync.store import records
from sync.store import streams as stream_store
from sync.workers.health import read_lags
from tests.store.house import COMPLETE, House


def values(house: House, ref: RecordRef) -> dict[str, Any]:
    with house.context.store.read() as tx:
        return dict(records.load(tx, [ref])[ref].record.values)


def standing(house: House, stream: str = "Lead") -> stream_store.StreamStanding:
    with house.context.store.read() as tx:
        return next(s for s in stream_store.read_standings(tx, "salesforce") if s.stream == stream)


def test_a_hidden_field_is_unreadable_on_every_stored_record_and_not_missing_and_comes_back(house: House) -> None:
    leads = [house.lead(f"00Q{n}", dict(COMPLETE)) for n in range(7)]
    house.settle()
    assert {house.sf.flags(lead)["status"] for lead in leads} == {"ready"}
    house.sf.hidden = {"Decision_Maker__c"}
    house.clock.pass_(minutes=1)
    report = house.run()
    assert report.outcome is Outcome.DONE
    assert report.counts["prepare"]["streams_restarted"] == 2, "the Leads and the deals"
    assert standing(house).unreadable == ("Decision_Maker__c",)
    for lead in leads:
        assert "Decision_Maker__c" not in values(house, lead)
        assert "decision_maker" not in str(house.sf.flags(lead).get("missing_items"))
    house.sf.hidden = set()
    house.clock.pass_(minutes=1)
    house.run()
    house.settle()
    assert all(values(house, lead)["Decision_Maker__c"] == COMPLETE["Decision_Maker__c"] for lead in leads)
    assert {house.sf.flags(lead)["status"] for lead in leads} == {"ready"}


def test_a_stream_that_comes_back_is_read_from_where_it_stood(house: House) -> None:
    old = house.lead("00Q1")
    house.settle()
    house.run()
    cursor = standing(house).cursor
    house.sf.missing["Lead"] = "no access"
    house.clock.pass_(minutes=1)
    house.run()
    assert standing(house).switched_off == "no access"
    new = house.lead("00Q2")
    house.run()
    assert not _is_stored(house, new)
    del house.sf.missing["Lead"]
    assert standing(house).cursor == cursor
    report = house.run()
    assert _is_stored(house, new)
    assert "streams_restarted" not in report.counts["prepare"]
    assert standing(house).switched_off is None and _is_stored(house, old)


def test_a_stream_that_comes_back_with_other_fields_is_read_anew(house: House) -> None:
    lead = house.lead("00Q1", dict(COMPLETE))
    house.settle()
    house.sf.missing["Lead"] = "no access"
    house.run()
    del house.sf.missing["Lead"]
    house.sf.hidden = {"Pain__c"}
    house.clock.pass_(minutes=1)
    assert house.run().counts["prepare"]["streams_restarted"] == 2, "the Leads and the deals"
    assert "Pain__c" not in values(house, lead)


def test_what_was_deleted_while_a_stream_was_away_is_found_by_its_next_sweep(house: House) -> None:
    lead = house.lead("00Q1")
    house.settle()
    house.sf.missing["Lead"] = "no access"
    house.clock.pass_(minutes=1)
    house.run(sweep=True)
    house.sf.delete(lead)
    house.sf.changes.clear()
    house.clock.pass_(days=2)
    house.run(sweep=True)
    del house.sf.missing["Lead"]
    house.run(sweep=True)
    with house.context.store.read() as tx:
        assert records.read_stamps(tx, [lead])[lead][1]


def _is_stored(house: House, ref: RecordRef) -> bool:
    with house.context.store.read() as tx:
        return bool(records.read_stamps(tx, [ref]))


def test_a_stream_that_went_away_is_behind_until_a_check_says_that_it_is_gone_for_good(house: House) -> None:
    house.lead()
    house.settle()
    house.sf.broken["Lead"] = StreamUnavailable("Lead", "not found")
    house.clock.pass_(minutes=1)
    house.run(prepared=True)
    del house.sf.broken["Lead"]
    for _ in range(2):
        house.clock.pass_(minutes=1)
        report = house.run(prepared=True)
        assert report.outcome is Outcome.PARTIAL and "salesforce:Lead" in report.behind, "nothing reads it now"
    assert wants_check(house.context)
    house.lead(values={"Pain__c": "月次の締めに五日かかる"})
    report = house.run()  # checks first: it is there
    assert report.behind == {} and report.counts["pull"]["changed"] == 1 and not wants_check(house.context)


def test_a_check_that_is_refused_a_stream_once_asks_again_before_it_believes_that(house: House) -> None:
    house.lead()
    house.settle()
    house.sf.missing["Lead"] = "missing scopes"
    house.clock.pass_(minutes=1)
    report = house.run()
    assert report.outcome is Outcome.PARTIAL and "salesforce:Lead" in report.behind and wants_check(house.context)
    house.clock.pass_(minutes=5)
    report = house.run()
    assert not wants_check(house.context), "refused twice: it is not asked for every few minutes any more"


def test_a_stream_that_the_tenant_does_not_have_is_listed_and_keeps_nothing_back(house: House) -> None:
    house.sf.missing["Event"] = "no such object"
    house.lead()
    report = house.run()
    assert report.behind == {} and not wants_check(house.context)


def test_a_check_that_is_not_answered_is_told_in_every_run_until_it_is(house: House) -> None:
    house.lead()
    house.settle()
    house.sf.missing, house.sf.doubtful = {"Lead": "not found (404)"}, {"Lead"}
    for _ in range(4):
        house.clock.pass_(minutes=5)
        report = house.run()  # checks first
        assert report.outcome is Outcome.PARTIAL and "salesforce:Lead" in report.behind
        assert [one for one in report.problems if "salesforce:Lead" in str(one) and "not found (404)" in str(one)]
        assert wants_check(house.context), "it is asked again within minutes"
    house.lead(values={"Pain__c": "月次の締めに五日かかる"})
    house.sf.missing.clear()
    report = house.run()
    assert report.outcome is Outcome.DONE and not report.problems and not wants_check(house.context)
    assert report.counts["pull"]["changed"] == 1


def test_a_stream_that_was_never_read_is_not_taken_for_absent_without_an_answer(house: House) -> None:
    house.hs.missing, house.hs.doubtful = {"calls": "not found (404)"}, {"calls"}
    house.lead()
    for _ in range(2):
        report = house.run()
        assert report.outcome is Outcome.PARTIAL and report.behind == {"hubspot:calls": ""}
        house.clock.pass_(minutes=5)


def test_a_run_that_reads_nothing_tells_it_too(house: House) -> None:
    """A daemon compares and sweeps in runs of their own."""
    house.lead()
    house.settle()
    house.sf.missing, house.sf.doubtful = {"Lead": "not found (404)"}, {"Lead"}
    ready, _ = prepare(house.context)
    for end in (finish, close):
        report = end(start(ready, "sweep"))
        assert report.outcome is Outcome.PARTIAL and "salesforce:Lead" in report.behind
        assert [str(one) for one in report.problems if "salesforce:Lead" in str(one)]


def test_what_a_run_has_told_of_a_stream_is_not_told_twice(house: House) -> None:
    house.lead()
    house.settle()
    house.sf.broken["Lead"] = StreamUnavailable("Lead", "not found (404)", certain=False)
    house.clock.pass_(minutes=1)
    report = house.run()
    assert len([one for one in report.problems if "salesforce:Lead" in str(one)]) == 1


NO_SCOPE = "missing scopes"


def take_away(house: House, system: str, stream: str) -> None:
    """Refused at two checks: that is believed."""
    getattr(house, system).missing[stream] = NO_SCOPE
    for _ in range(2):
        house.clock.pass_(minutes=5)
        house.run()


@pytest.mark.parametrize(
    ("system", "connection", "stream"),
    [
        ("sf", "salesforce", "Lead"),
        ("sf", "salesforce", "Opportunity"),
        ("sf", "salesforce", "OpportunityContactRole"),
        ("sf", "salesforce", "Account"),
        ("sf", "salesforce", "Task"),
        ("hs", "hubspot", "contacts"),
        ("hs", "hubspot", "owners"),
    ],
)
def test_what_was_read_and_is_taken_away_is_told_in_every_run_until_it_comes_back(
    house: House, system: str, connection: str, stream: str
) -> None:
    house.lead()
    house.settle()
    read_at = house.clock.now
    take_away(house, system, stream)
    for prepared in (False, True):
        house.clock.pass_(minutes=5)
        report = house.run() if not prepared else run_once(prepare(house.context)[0])
        assert report.outcome is Outcome.PARTIAL
        assert report.behind == {f"{connection}:{stream}": read_at.isoformat()}
        (told,) = report.problems
        assert (told.code, told.where, told.detail) == (Shortfall.SWITCHED_OFF, f"{connection}:{stream}", NO_SCOPE)
    getattr(house, system).missing.clear()
    report = house.run()
    assert report.outcome is Outcome.DONE and not report.problems and not report.behind


def test_a_run_that_reads_nothing_tells_what_was_taken_away_too(house: House) -> None:
    house.lead()
    house.settle()
    take_away(house, "sf", "Lead")
    ready, _ = prepare(house.context)
    for end in (finish, close):
        report = end(start(ready, "sweep"))
        assert report.outcome is Outcome.PARTIAL and "salesforce:Lead" in report.behind
        assert [one for one in report.problems if one.code is Shortfall.SWITCHED_OFF]


@pytest.mark.parametrize(
    ("system", "stream"), [("sf", "LeadHistory"), ("sf", "OpportunityFieldHistory"), ("hs", "leads")]
)
def test_what_the_judgement_does_without_goes_quietly(house: House, system: str, stream: str) -> None:
    house.lead()
    house.settle()
    take_away(house, system, stream)
    report = house.run()
    assert report.outcome is Outcome.DONE and not report.problems and not report.behind


@pytest.mark.parametrize("certain", [True, False])
def test_what_is_taken_out_of_the_mapping_is_told_no_more(house: House, certain: bool) -> None:
    house.lead()
    house.settle()
    house.hs.doubtful = set() if certain else {"calls"}
    take_away(house, "hs", "calls")
    assert house.run().outcome is Outcome.PARTIAL
    leave_out(house, "calls")
    report = house.run()
    assert report.outcome is Outcome.DONE and not report.problems and not report.behind
    assert not wants_check(house.context)
    assert "calls" not in {one.stream for one in status(house.context).streams}


def test_a_connection_that_is_left_out_is_behind_with_what_was_taken_away_before(house: House) -> None:
    house.lead()
    house.settle()
    for stream in ("Lead", "LeadHistory"):
        take_away(house, "sf", stream)
    house.sf.tenant_error = TransientError("no answer")
    behind = house.run().behind
    assert "salesforce:Lead" in behind and "salesforce:Task" in behind and "salesforce:LeadHistory" not in behind


def leave_out(house: House, stream: str) -> None:
    """Of HubSpot, as the operator edits mappings/hubspot.yaml."""
    mapping = house.context.mapping
    kept = {key: one for key, one in mapping.streams.items() if key != ("hubspot", stream)}
    streams = tuple(one for one in house.hs.streams if one.name != stream)
    house.hs.missing.clear()
    connections = {**house.context.connections, "hubspot": replace(house.hs.as_connection(), streams=streams)}
    house.change(mapping=replace(mapping, streams=kept), connections=connections)


def test_what_was_taken_away_makes_the_daemon_unready_once_it_is_too_old(house: House) -> None:
    house.lead()
    house.settle()
    take_away(house, "sf", "Lead")
    take_away(house, "sf", "LeadHistory")
    house.clock.pass_(hours=2)
    lags = {
        (one.connection, one.stream): one.behind
        for one in read_lags(house.context.store, house.context, house.clock.now)
    }
    assert (lags["salesforce", "Lead"] or timedelta()) > timedelta(hours=2)
    assert ("salesforce", "LeadHistory") not in lags
