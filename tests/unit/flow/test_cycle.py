"""The loop as a whole: what people do in the CRMs comes back as flags, once, and nothing else is written."""

from __future__ import annotations

from datetime import datetime

import pytest

from sync.core.model.records import RecordRef
from sync.errors import AuthError, ConfigError, RunProblem, Shortfall, TransientError
from sync.flow.connect import prepare
from sync.flow.context import Mode
from sync.flow.cycle import run_once
from sync.flow.report import Outcome
from sync.flow.status import status
from sync.store import agenda, showing, streams
from tests.store.fakes import unavailable
from tests.store.house import COMPLETE, House


def test_an_incomplete_lead_is_flagged_and_cleared_when_it_is_completed(house: House) -> None:
    lead = house.lead()
    report = house.run()
    assert report.outcome is Outcome.DONE, report.problems
    assert house.sf.flags(lead)["status"] == "preparing"
    assert "pain" in house.sf.flags(lead)["missing_items"]
    house.clock.pass_(minutes=5)
    house.lead(values=dict(COMPLETE))
    house.run()
    assert house.sf.flags(lead)["status"] == "ready"
    assert "missing_items" not in house.sf.flags(lead)


def test_a_second_cycle_without_edits_plans_and_writes_nothing(house: House) -> None:
    house.lead()
    house.settle()
    calls = len(house.sf.calls)
    report = house.run()
    assert len(house.written) == 1
    assert report.outcome is Outcome.DONE
    assert report.counts["judge"] == {}
    assert set(house.sf.calls[calls:]) == {"head"}


def test_everything_judged_again_without_edits_writes_nothing(house: House) -> None:
    house.lead()
    house.settle()
    with house.context.store.write() as tx:
        agenda.mark_all_dirty(tx)
    report = house.run()
    assert report.counts["judge"]["judged"] == 1
    assert report.counts["deliver"] == {}
    assert len(house.written) == 1


def test_our_own_write_coming_back_is_counted_as_echo(house: House) -> None:
    house.lead()
    house.run()
    house.clock.pass_(seconds=30)
    report = house.run()
    assert report.counts["pull"]["echo"] == 1
    assert report.counts["judge"] == {}


def test_a_flag_that_a_person_changed_is_restored(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.clock.pass_(minutes=1)
    house.sf.set_flags(lead, status="passed", note="書き換え")
    report = house.run()
    assert report.counts["pull"]["reverted"] == 1
    assert house.sf.flags(lead)["status"] == "preparing"
    assert set(house.written[-1][1]) == {"status", "note"}


def test_both_crms_show_one_handoff(house: House) -> None:
    lead = house.lead()
    contact = house.hs.put(
        "contacts", "101", {"email": "00Q1@example.jp", "lifecyclestage": "lead"}, created_at="2026-10-05T00:00:00Z"
    )
    house.run()
    assert house.hs.flags(contact)["status"] == house.sf.flags(lead)["status"] == "preparing"


def test_observe_writes_nothing_and_write_mode_writes_what_was_observed(house: House) -> None:
    lead = house.lead()
    house.change(mode=Mode.OBSERVE)
    report = house.run()
    assert report.counts["judge"]["planned_observed"] == 1
    assert house.written == []
    house.change(mode=Mode.WRITE)
    house.run()
    assert house.sf.flags(lead)["status"] == "preparing"
    house.change(mode=Mode.OBSERVE)
    house.clock.pass_(minutes=5)
    house.lead(values=dict(COMPLETE))
    house.run()
    assert house.sf.flags(lead)["status"] == "preparing"


def test_pilot_writes_only_for_members_of_its_teams(house: House) -> None:
    house.change(mode=Mode.PILOT, pilot_teams=frozenset({" is "}))
    mine = house.lead("00Q1")
    other = house.lead("00Q2", owner="salesforce:User:FS1")
    nobody = house.lead("00Q3", owner=None)
    house.run()
    assert house.sf.flags(mine)["status"] == "preparing"
    assert house.sf.flags(other) == house.sf.flags(nobody) == {}


def test_pilot_writes_only_for_its_owners(house: House) -> None:
    house.change(mode=Mode.PILOT, pilot_owners=frozenset({"IS1@us.example"}))
    mine = house.lead("00Q1")
    other = house.lead("00Q2", owner="salesforce:User:IS2")
    house.run()
    assert house.sf.flags(mine)["status"] == "preparing"
    assert house.sf.flags(other) == {}


def test_a_broken_stream_makes_the_run_partial_and_the_others_go_on(house: House) -> None:
    lead = house.lead()
    house.sf.broken["Task"] = TransientError("Task: server error")
    report = house.run()
    assert report.outcome is Outcome.PARTIAL
    assert "salesforce:Task" in report.behind
    assert house.sf.flags(lead)["status"] == "preparing"
    del house.sf.broken["Task"]
    assert house.run().outcome is Outcome.DONE


def test_a_stream_that_the_tenant_lacks_is_switched_off_and_listed(house: House) -> None:
    house.hs.missing["emails"] = "no such scope"
    house.hs.broken["calls"] = unavailable("calls")
    assert house.run().outcome is Outcome.PARTIAL
    off = {s.stream: s.switched_off for s in status(house.context).streams if s.switched_off}
    assert off == {"emails": "no such scope", "calls": "the token has no scope for it"}


def test_refused_credentials_stop_one_connection_and_the_other_goes_on(house: House) -> None:
    lead = house.lead()
    house.hs.broken["contacts"] = AuthError("token refused")
    report = house.run()
    assert report.outcome is Outcome.PARTIAL
    assert ("hubspot", Shortfall.STOPPED) in {(one.where, one.code) for one in report.problems}
    assert house.sf.flags(lead)["status"] == "preparing"


def test_a_run_says_which_connection_was_left_out_and_what_is_behind(house: House) -> None:
    house.lead()
    house.settle()
    ready, _ = prepare(house.context)
    left = ready.with_streams({"salesforce": ready.connections["salesforce"].streams})
    report = run_once(left)
    assert report.outcome is Outcome.PARTIAL
    assert report.problems == (RunProblem(Shortfall.LEFT_OUT, "hubspot"),)
    assert report.behind["hubspot:contacts"] == house.clock.now.isoformat()
    assert not any(name.startswith("salesforce:") for name in report.behind)


def test_another_tenant_behind_the_same_connection_stops_before_anything_is_written(house: House) -> None:
    house.run()
    house.lead()
    house.sf.tenant_id = "T2"
    with pytest.raises(ConfigError, match="T2"):
        house.run()
    assert house.written == []


def test_the_id_of_a_handoff_survives_conversion_and_its_memory_moves_along(house: House) -> None:
    lead = house.lead()
    house.settle()
    before = _handoff_of(house, lead)
    house.clock.pass_(hours=1)
    at = house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    contact = house.sf.put("Contact", "0031", {"LastName": "山田", "Email": "00Q1@example.jp"}, created_at=at)
    deal = house.sf.put("Opportunity", "0061", created_at=at, closed=False, owner="salesforce:User:FS1")
    house.lead(converted=True, converted_on="2026-10-06", converted_to=[str(contact), str(deal)])
    house.run()
    assert _handoff_of(house, deal) == before
    assert house.sf.flags(deal)["status"] == "preparing"


def test_a_deleted_lead_leaves_its_contact_to_be_judged_alone(house: House) -> None:
    lead = house.lead()
    contact = house.hs.put(
        "contacts", "101", {"email": "00Q1@example.jp", "lifecyclestage": "lead"}, created_at="2026-10-05T00:00:00Z"
    )
    house.settle()
    house.clock.pass_(minutes=1)
    house.sf.delete(lead)
    house.run()
    assert house.hs.flags(contact) == {"status": "out_of_scope"}
    house.settle()
    assert house.run().counts["judge"] == {}


def test_a_record_that_no_longer_shows_a_handoff_is_cleared(house: House) -> None:
    """A HubSpot contact of a deal whose primary contact is another person shows nothing any more."""
    at = "2026-10-05T00:00:00Z"
    one = house.sf.put("Contact", "0031", {"LastName": "山田", "Email": "a@example.jp"}, created_at=at)
    two = house.sf.put("Contact", "0032", {"LastName": "鈴木", "Email": "b@example.jp"}, created_at=at)
    deal = house.sf.put("Opportunity", "0061", created_at=at, closed=False, owner="salesforce:User:FS1")
    house.sf.put("OpportunityContactRole", "00K1", person=str(one), deal=str(deal), role="", primary=True)
    house.sf.put(
        "Task",
        "00T1",
        type="call",
        direction="outbound",
        at=at,
        status="done",
        owner="salesforce:User:IS1",
        subjects=[str(deal)],
    )
    contact = house.hs.put("contacts", "101", {"email": "a@example.jp", "lifecyclestage": "opportunity"}, created_at=at)
    house.settle()
    assert house.hs.flags(contact)["status"] == "passed_incomplete" or house.hs.flags(contact)["status"] == "preparing"
    house.clock.pass_(minutes=1)
    house.sf.put("OpportunityContactRole", "00K1", primary=False)
    house.sf.put("OpportunityContactRole", "00K2", person=str(two), deal=str(deal), role="", primary=True)
    house.run()
    assert house.hs.flags(contact) == {"status": "out_of_scope"}


def _handoff_of(house: House, ref: RecordRef) -> str | None:
    with house.context.store.read() as tx:
        return showing.read(tx, [ref]).get(ref)


def test_a_stream_whose_sweep_breaks_is_told_and_swept_again_from_there(house: House) -> None:
    house.lead()
    house.settle()
    house.run(sweep=True)
    swept = last_sweeps(house)
    house.clock.pass_(minutes=15)
    house.sf.broken["sweep Lead"] = TransientError("no answer")
    report = house.run(sweep=True)
    assert report.outcome is Outcome.PARTIAL
    assert any("Lead" in one.names and "no answer" in one.detail for one in report.problems)
    after = last_sweeps(house)
    assert after["Lead"] == swept["Lead"], "what was not read must be looked at again"
    assert after["Opportunity"] > swept["Opportunity"], "the other streams go on"


def last_sweeps(house: House) -> dict[str, datetime]:
    return {
        s.stream: s.last_sweep for s in status(house.context).streams if s.connection == "salesforce" and s.last_sweep
    }


def test_a_stream_that_breaks_beside_one_that_is_gone_is_behind(house: House) -> None:
    first, *others = [spec.name for spec in house.sf.streams]
    house.sf.broken[first] = unavailable(first)
    house.sf.broken[others[-1]] = TransientError("hung up")
    report = house.run()
    assert {f"salesforce:{first}", f"salesforce:{others[-1]}"} <= report.behind.keys()
    with house.context.store.read() as tx:
        read = {s.stream: s.last_success for s in streams.read_standings(tx, "salesforce")}
    assert read[others[-1]] is None
    assert read[others[0]] is not None
