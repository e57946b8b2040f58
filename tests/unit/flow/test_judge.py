"""When handoffs are judged: on change, when due, under new rules; never accused before the evidence is read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from sync.core.rules.definition import RuleSet
from sync.errors import TransientError, UnsafePlan
from sync.flow.judge import judge_dirty
from sync.flow.report import Outcome
from sync.flow.status import status
from sync.store import handoffs
from tests.store.house import COMPLETE, House

ON_TIME = "2026-10-06T04:00:00Z"


def overdue(house: House) -> None:
    """A web lead of noon has its first contact due at 18:00 in Tokyo; now it is the next day."""
    house.lead(values={"LeadSource": "Web"})
    house.settle()
    house.clock.pass_(hours=24)


def test_a_breach_is_written_only_after_the_evidence_was_read_again(house: House) -> None:
    lead = house.lead()
    house.settle()
    due = house.sf.flags(lead).get("is_due")
    assert due is not None, house.sf.flags(lead)
    assert house.sf.flags(lead)["is_sla"] == "waiting"
    house.clock.pass_(hours=24)
    calls = house.sf.calls.count("activities")
    report = house.run()
    assert house.sf.calls.count("activities") == calls + 1
    assert report.counts["judge"]["confirmed"] == 1
    assert house.sf.flags(lead)["is_sla"] == "breached"


def test_a_contact_that_only_the_second_reading_finds_prevents_the_accusation(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.sf.put(
        "Task",
        "00T1",
        type="call",
        direction="outbound",
        at=ON_TIME,
        logged_at=ON_TIME,
        status="done",
        owner="salesforce:User:IS1",
    )
    house.run()
    house.clock.pass_(hours=24)
    house.sf.put("Task", "00T1", silently=True, subjects=[str(lead)])
    house.run()
    assert house.sf.flags(lead)["is_sla"] == "met"
    assert not any(values.get("is_sla") == "breached" for _, values in house.written)


def test_evidence_that_cannot_be_read_again_is_unverified_and_tried_again_soon(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.sf.broken["activities"] = TransientError("timed out")
    house.clock.pass_(hours=24)
    assert house.run().outcome is Outcome.PARTIAL
    assert house.sf.flags(lead)["is_sla"] == "unverified"
    del house.sf.broken["activities"]
    house.clock.pass_(minutes=6)
    house.run()
    assert house.sf.flags(lead)["is_sla"] == "breached"


def test_late_evidence_retracts_the_accusation(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.clock.pass_(hours=24)
    house.run()
    house.sf.put(
        "Task", "00T1", type="call", direction="outbound", at=ON_TIME, logged_at="2026-10-07T03:30:00Z", status="done",
        owner="salesforce:User:IS1", subjects=[str(lead)],
    )  # fmt: skip
    house.clock.pass_(minutes=5)
    house.run()
    assert house.sf.flags(lead)["is_sla"] == "met"


def test_an_association_alone_is_found_by_the_sweep(house: House) -> None:
    lead = house.lead()
    house.sf.put(
        "Task",
        "00T1",
        type="call",
        direction="outbound",
        at=ON_TIME,
        logged_at=ON_TIME,
        status="done",
        owner="salesforce:User:IS1",
    )
    house.settle()
    house.clock.now = datetime.fromisoformat("2026-10-06T05:00:00+00:00")
    house.sf.put("Task", "00T1", silently=True, subjects=[str(lead)])
    assert house.run().counts["judge"] == {}
    house.run(sweep=True)
    assert house.sf.flags(lead)["is_sla"] == "met"


def test_an_association_that_was_taken_away_is_found_as_well(house: House) -> None:
    lead = house.lead()
    house.sf.put(
        "Task",
        "00T1",
        type="call",
        direction="inbound",
        connected=False,
        duration_s=0,
        at=ON_TIME,
        status="done",
        subjects=[str(lead)],
    )
    house.settle()
    assert house.sf.flags(lead)["is_sla"] == "waiting"
    house.sf.put("Task", "00T1", silently=True, subjects=[])
    house.run(sweep=True)
    with house.context.store.read() as tx:
        assert handoffs.find_ids_with_running_clock(tx, "", 10)
    assert house.run().counts["judge"] == {}


def test_a_hard_deletion_that_the_head_missed_is_found_by_the_sweep(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.sf.records[lead] = replace(house.sf.records[lead], deleted=True, modified_at=house.clock.pass_(minutes=1))
    house.run()
    house.run(sweep=True)
    assert status(house.context).handoffs == {}


def test_the_first_sweep_finds_what_was_deleted_since_reading_began(house: House) -> None:
    lead = house.lead()
    house.run()
    house.sf.records[lead] = replace(house.sf.records[lead], deleted=True, modified_at=house.clock.pass_(minutes=1))
    house.clock.pass_(hours=5)
    house.run(sweep=True)
    assert status(house.context).handoffs == {}


def test_new_rules_judge_everything_again(house: House) -> None:
    house.lead("00Q1")
    house.lead("00Q2")
    house.settle()
    house.change(rules=replace(house.context.rules, rules_hash="other"))
    assert house.run().counts["judge"]["judged"] == 2
    assert house.run().counts["judge"] == {}


def test_a_change_of_users_judges_everything_again(house: House) -> None:
    house.lead()
    house.settle()
    house.sf.put("User", "IS1", active=False)
    assert house.run().counts["judge"]["judged"] == 1


def test_one_handoff_that_cannot_be_judged_is_parked_and_the_others_go_on(house: House) -> None:
    fine = [house.lead(f"00Q{n}", {"LeadSource": None}) for n in range(2)]
    breaking = house.lead("00Q9")
    rules = house.context.rules
    targets = dict.fromkeys(rules.is_clock.target_by_channel)
    broken = dict.fromkeys(targets, "no target")
    clock = replace(rules.is_clock, target_by_channel=broken)  # type: ignore[arg-type]  # that is the point
    house.change(rules=replace(rules, is_clock=clock, rules_hash="broken"))
    report = house.run()
    assert report.outcome is Outcome.PARTIAL
    assert [house.sf.flags(lead)["status"] for lead in fine] == ["preparing", "preparing"]
    assert house.sf.flags(breaking) == {}
    assert [anchor for _, anchor, _ in status(house.context).judge_failed] == [str(breaking)]
    assert house.run().counts["judge"] == {}, "parked: not tried again before something changes"
    house.change(rules=rules)
    house.run()
    assert house.sf.flags(breaking)["status"] == "preparing"
    assert status(house.context).judge_failed == ()


def _spoil(house: House, *anchors: str) -> None:
    """What is remembered of these handoffs is nothing that can be read."""
    with house.context.store.write() as tx:
        for anchor in anchors:
            spoilt = text("update handoff set memory = :spoilt, dirty_seq = 999 where anchor = :anchor")
            tx.execute(spoilt, {"spoilt": '{"breached_at":7}', "anchor": anchor})


def test_one_handoff_that_cannot_even_be_loaded_is_parked_and_the_others_go_on(house: House) -> None:
    leads = [house.lead(f"00Q{n}") for n in range(5)]
    house.settle()
    _spoil(house, str(leads[2]))
    house.clock.pass_(minutes=1)
    for n in (0, 1, 3, 4):
        house.lead(f"00Q{n}", values=dict(COMPLETE))
    report = house.run()
    assert report.counts["judge"]["judge_failed"] == 1
    assert report.counts["judge"]["judged"] == 4
    assert [house.sf.flags(lead)["status"] for lead in leads] == ["ready", "ready", "preparing", "ready", "ready"]
    ((_, anchor, where),) = status(house.context).judge_failed
    assert anchor == str(leads[2])
    assert where.split(" at ")[0].endswith("Error")
    assert house.run().counts["judge"] == {}, "parked: no crash loop"


def test_too_many_that_cannot_be_loaded_stop_everything(house: House) -> None:
    leads = [house.lead(f"00Q{n:02}") for n in range(30)]
    house.settle()
    _spoil(house, *(str(lead) for lead in leads[:25]))
    with pytest.raises(UnsafePlan, match="could not be judged"):
        house.run()


def test_many_failures_stop_everything_and_keep_nothing(house: House) -> None:
    for n in range(30):
        house.lead(f"00Q{n:02}")
    house.run(write=False)
    house.change(rules=_broken_rules(house))
    with pytest.raises(UnsafePlan, match="could not be judged"):
        judge_dirty(house.context, house.clock.now)
    assert status(house.context).handoffs == {"not_judged": 30}


def test_a_single_failure_names_type_and_place_only(house: House) -> None:
    house.lead(values=dict(COMPLETE))
    house.run(write=False)
    house.change(rules=_broken_rules(house))
    tally = judge_dirty(house.context, house.clock.now)
    assert tally.counts["judge_failed"] == 1
    ((_, anchor, where),) = status(house.context).judge_failed
    assert anchor == "salesforce:Lead:00Q1"
    assert where.startswith("AttributeError at ")


def _broken_rules(house: House) -> RuleSet:
    """Rules whose clocks have lost their calendar: every judgement breaks."""
    rules = house.context.rules
    nowhere = replace(rules.is_clock.calendars, default=None)  # type: ignore[arg-type]  # that is the point
    lost = replace(rules.is_clock, calendars=nowhere, thin=None)
    return replace(rules, is_clock=lost, fs_clock=replace(rules.fs_clock, thin=None), rules_hash="broken")


def test_where_no_activity_can_be_read_at_all_nobody_is_accused(house: House) -> None:
    """The tenant lets us read people but neither calls nor meetings: whether there was a contact is unknown."""
    lead = house.lead()
    house.settle()
    house.sf.missing = dict.fromkeys(("Task", "Event", "EmailMessage"), "no permission")
    house.clock.pass_(hours=24)
    assert house.run().outcome is Outcome.PARTIAL
    assert house.sf.flags(lead)["is_sla"] == "unverified"


def test_an_object_that_the_tenant_simply_does_not_have_freezes_nothing(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.sf.missing = {"EmailMessage": "no such object"}
    house.clock.pass_(hours=24)
    house.run()
    assert house.sf.flags(lead)["is_sla"] == "unverified", "one refusal may be of the moment"
    house.clock.pass_(minutes=5)
    house.run()
    assert house.sf.flags(lead)["is_sla"] == "breached"


def test_while_nobody_answers_whether_a_stream_of_activities_is_there_nobody_is_accused(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.sf.missing, house.sf.doubtful = {"EmailMessage": "not found"}, {"EmailMessage"}
    house.clock.pass_(hours=24)
    for _ in range(3):
        report = house.run()
        assert report.outcome is Outcome.PARTIAL and house.sf.flags(lead)["is_sla"] == "unverified"
        house.clock.pass_(minutes=5)
    house.sf.missing.clear()
    house.run()
    assert house.sf.flags(lead)["is_sla"] == "breached"


def test_clocks_of_the_crms_that_disagree_accuse_nobody(house: House) -> None:
    """One of them lives in next week; which one is right nobody can say."""
    lead = house.lead()
    house.settle()
    house.hs.clock = replace(house.clock, now=house.clock.now + timedelta(days=7))
    with pytest.raises(TransientError, match="disagree"):
        house.run()
    assert house.sf.flags(lead)["is_sla"] == "waiting"
    house.hs.clock = house.clock
    house.clock.pass_(minutes=1)
    assert house.run().outcome is Outcome.DONE
