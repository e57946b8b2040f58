"""Whether and when a handoff was passed."""

from __future__ import annotations

import pytest

from sync.core.model.handoff import PassFinding
from sync.core.model.records import RecordRef
from sync.core.rules.definition import PassEvent
from tests.handoffs import Crm, at, passed_deal

NOW = "10-08 12:00"


def passed(crm: Crm, anchor: RecordRef, now: str = NOW) -> PassFinding | None:
    return crm.judge(anchor, now).pass_


def test_nothing_happened() -> None:
    crm = Crm()
    assert passed(crm, crm.lead()) is None


def test_a_meeting_with_fs_counts_from_its_booking_and_one_with_is_does_not() -> None:
    crm = Crm()
    lead = crm.lead()
    crm.meeting(lead, "10-07 10:00", owner="is1", logged="10-06 09:00")
    assert passed(crm, lead) is None
    crm.meeting(lead, "10-09 10:00", logged="10-06 10:00", status="canceled")
    found = passed(crm, lead)
    assert found is not None
    assert (found.event, found.at) == ("meeting_booked_with_fs", at("10-06 10:00"))


def test_a_booking_that_is_not_yet_made_is_no_pass() -> None:
    crm = Crm()
    lead = crm.lead()
    crm.meeting(lead, "10-09 10:00", logged="10-08 12:01")
    assert passed(crm, lead) is None
    assert crm.judge(lead, NOW).wake_at == at("10-08 12:01")


@pytest.mark.parametrize(
    ("old", "new", "is_pass"), [("is1", "fs1", True), ("fs1", "is1", False), ("boss", "fs1", False)]
)
def test_the_owner_must_change_from_is_to_fs(old: str, new: str, is_pass: bool) -> None:
    crm = Crm()
    lead = crm.lead()
    crm.history(lead, "owner", old, new, "10-06 14:00")
    assert (passed(crm, lead) is not None) is is_pass


def test_the_history_of_a_merged_record_counts_for_its_winner() -> None:
    crm = Crm()
    loser, winner = crm.lead("L1"), crm.lead("L2")
    crm.history(loser, "owner", "is1", "fs1", "10-06 14:00")
    crm.merge(loser, winner)
    assert passed(crm, winner) is not None


def test_a_conversion_without_history_counts_at_the_closing_of_its_day() -> None:
    crm = Crm()
    deal = passed_deal(crm, created="10-08 10:00")
    lead = RecordRef("salesforce", "Lead", "L1")
    crm.change(lead, facts={"converted_on": "2026-10-06"})
    found = passed(crm, deal)
    assert found is not None
    assert (found.event, found.at, found.grace_end) == ("lead_converted", at("10-06 18:00"), at("10-06 18:00"))
    crm.history(lead, "converted", "false", "true", "10-06 11:30")
    found = passed(crm, deal)
    assert found is not None
    assert found.at == at("10-06 11:30")


def test_a_timed_event_of_the_same_day_wins_over_a_bare_date() -> None:
    crm = Crm()
    found = passed(crm, passed_deal(crm, created="10-06 11:00"))
    assert found is not None
    assert (found.event, found.at) == ("opportunity_created", at("10-06 11:00"))


def test_a_bare_date_counts_only_once_its_day_has_closed() -> None:
    crm = Crm()
    lead = crm.lead()
    crm.convert(lead, on="2026-10-08")
    assert passed(crm, lead) is None
    assert crm.judge(lead, NOW).wake_at == at("10-08 18:00")


def test_a_status_counts_from_its_history() -> None:
    crm = Crm()
    lead = crm.lead(status="SQL")
    crm.history(lead, "status", "Open", "SQL", "10-06 15:00")
    found = passed(crm, lead)
    assert found is not None
    assert (found.event, found.at) == ("status_in", at("10-06 15:00"))


def test_a_status_of_one_object_is_not_that_of_another_with_the_same_name() -> None:
    """Stages of several objects and pipelines may share their names and ids."""
    of_deals = PassEvent("status_in", statuses={("salesforce", "Opportunity"): frozenset({"SQL"})})
    crm = Crm(rules_with={"definition": {"pass_events": (of_deals,)}})
    lead = crm.lead(status="SQL")
    crm.history(lead, "status", "Open", "SQL", "10-06 15:00")
    assert passed(crm, lead) is None


def test_a_status_without_history_is_a_pass_of_unknown_date() -> None:
    crm = Crm()
    lead = crm.lead(status="sql")
    found = passed(crm, lead)
    assert found is not None
    assert (found.at, found.grace_end) == (None, None)
    assert crm.judge(lead, NOW).status == "passed_incomplete"
    crm.history(lead, "owner", "is1", "fs1", "10-06 14:00")
    dated = passed(crm, lead)
    assert dated is not None
    assert dated.at == at("10-06 14:00")


def test_a_date_item_may_be_the_pass() -> None:
    crm = Crm(rules_with={"definition": {"pass_events": (PassEvent("field", item="sql_date"),)}})
    found = passed(crm, crm.lead(sql_date="2026-10-06"))
    assert found is not None
    assert (found.event, found.at) == ("field:sql_date", at("10-06 18:00"))
    assert passed(crm, crm.lead("L2", sql_date="確認中")) is None


@pytest.mark.parametrize(
    ("when", "ends"),
    [
        ("10-06 11:00", "10-06 18:00"),
        ("10-06 18:00", "10-06 18:00"),
        ("10-06 18:01", "10-07 18:00"),
        ("10-10 12:00", "10-13 18:00"),  # a Saturday before a public holiday
    ],
)
def test_the_grace_ends_at_a_closing(when: str, ends: str) -> None:
    crm = Crm()
    lead = crm.lead()
    crm.history(lead, "owner", "is1", "fs1", when)
    found = passed(crm, lead, "10-20 12:00")
    assert found is not None
    assert found.grace_end == at(ends)


def test_until_the_grace_ends_it_counts_as_not_passed() -> None:
    crm = Crm()
    lead = crm.lead()
    crm.history(lead, "owner", "is1", "fs1", "10-06 11:00")
    before = crm.judge(lead, "10-06 17:59")
    assert before.status == "preparing"
    assert before.wake_at == at("10-06 18:00")
    assert crm.judge(lead, "10-06 18:00").status == "passed_incomplete"


def test_events_of_an_earlier_cycle_are_not_this_ones() -> None:
    crm = Crm()
    old = crm.deal("O1", created="08-02 10:00", closed=True)
    crm.role(old, crm.contact(created="08-01 10:00", email="a@b.co.jp"))
    hub = crm.hub(created="07-01 10:00", contact_id="C1", email="a@b.co.jp")
    again = crm.lead(created="10-05 10:00", email="a@b.co.jp")
    crm.meeting(hub, "08-01 10:00", logged="07-20 10:00")
    assert crm.membership(again).cycle == 2
    assert passed(crm, again) is None
