"""Values that read well and still do not count."""

from __future__ import annotations

from typing import Any

import pytest

from sync.core.model.items import ItemValue
from sync.core.model.records import RecordRef
from tests.handoffs import Crm, at, good_lead, passed_deal

NOW = "10-06 12:00"
LEAD, CONTACT = RecordRef("salesforce", "Lead", "L1"), RecordRef("salesforce", "Contact", "C1")


def item(crm: Crm, anchor: RecordRef, name: str, now: str = NOW) -> ItemValue:
    return crm.judge(anchor, now).items[name]


def state(crm: Crm, anchor: RecordRef, name: str, now: str = NOW) -> tuple[str, str | None]:
    found = item(crm, anchor, name, now)
    return found.state.value, found.reason


# --- the SQL date ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2026-10-06", ("present", None)),
        ("2026-10-05", ("present", None)),
        ("2026-10-04", ("invalid", "before_creation")),
        ("2026-10-07", ("invalid", "in_future")),
        ("2099-12-31", ("invalid", "in_future")),
        ("たぶん", ("invalid", "not a date")),
    ],
)
def test_an_sql_date_lies_between_the_first_record_and_today(typed: str, expected: tuple[str, str | None]) -> None:
    crm = Crm()
    assert state(crm, good_lead(crm, created="10-05 10:00", sql_date=typed), "sql_date") == expected


def test_the_local_day_counts_and_the_earliest_member() -> None:
    crm = Crm()
    lead = good_lead(crm, created="10-05 00:30", sql_date="2026-10-05")
    assert state(crm, lead, "sql_date") == ("present", None)
    crm.set(lead, SQL_Date__c="2026-10-01")
    assert state(crm, lead, "sql_date")[1] == "before_creation"
    crm.hub(created="09-20 10:00", lead_id="L1")
    assert state(crm, lead, "sql_date") == ("present", None)


def test_it_is_looked_at_again_on_the_day_that_the_sql_date_becomes_today() -> None:
    crm = Crm()
    lead = good_lead(crm, sql_date="2026-10-09", timing="2030年")
    wake = crm.judge(lead, "10-08 12:00").wake_at
    assert wake == at("10-09 00:00")
    assert state(crm, lead, "sql_date", "10-08 23:59")[1] == "in_future"
    assert state(crm, lead, "sql_date", "10-09 00:00") == ("present", None)


def test_a_date_elsewhere_beats_one_in_the_future() -> None:
    crm = Crm()
    deal = passed_deal(crm, sql_date="2026-12-01")
    crm.set(LEAD, SQL_Date__c="2026-10-05")
    found = item(crm, deal, "sql_date")
    assert (found.state, found.value) == ("present", "2026-10-05")


def test_revops_alone_is_told_and_the_timing_counts_from_the_pass() -> None:
    crm = Crm()
    deal = passed_deal(crm, sql_date="2026-12-01")
    judgement = crm.judge(deal, "10-06 18:00")
    assert (judgement.missing, judgement.next_actor.value) == ((), "revops")
    assert next(c.state for c in judgement.criteria if c.id == "timing") == "met"


# --- the next action ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "now", "expected"),
    [
        ("10/9 に電話", "10-09 23:00", "present"),
        ("10/9 に電話", "10-10 00:00", "stale"),
        ("見積を送る", "10-20 12:00", "present"),
        ("10/9 か 10/12 に電話", "10-20 12:00", "present"),
        ("特になし", "10-20 12:00", "declared_none"),
        ("未定", "10-20 12:00", "placeholder"),
    ],
)
def test_a_plan_is_stale_once_its_day_is_over(typed: str, now: str, expected: str) -> None:
    crm = Crm()
    assert state(crm, good_lead(crm, next_action=typed), "next_action", now)[0] == expected


@pytest.mark.parametrize(
    ("when", "facts", "expected"),
    [
        ("10-08 18:00", {}, "stale"),
        ("10-09 09:00", {}, "present"),
        ("10-15 09:00", {"direction": "inbound", "owner": None}, "present"),
        ("10-09 09:00", {"automated": True}, "stale"),
        ("10-09 09:00", {"by": "sync"}, "stale"),
        ("10-09 09:00", {"status": "open"}, "stale"),
        ("10-21 09:00", {}, "stale"),
    ],
)
def test_what_happened_that_day_or_later_says_that_it_was_done(when: str, facts: dict[str, Any], expected: str) -> None:
    crm = Crm(rules_with={"definition": {"native_sync_users": frozenset({"sync@ours.example.jp"})}})
    lead = good_lead(crm, next_action="10/9 に電話")
    crm.act("call", lead, when, **facts)
    assert state(crm, lead, "next_action", "10-20 12:00")[0] == expected


def test_a_stale_plan_is_missing_and_a_booked_meeting_stands_in_for_it() -> None:
    crm = Crm()
    lead = good_lead(crm, next_action="10/9 に電話")
    assert crm.judge(lead, "10-20 12:00").missing == ("next_action",)
    crm.meeting(lead, "10-25 10:00", owner="is1", logged="10-08 10:00")
    assert state(crm, lead, "next_action", "10-20 12:00") == ("present", "a meeting is booked")


def test_it_is_looked_at_again_on_the_day_after_the_plan() -> None:
    crm = Crm()
    lead = good_lead(crm, next_action="10/9 に電話", timing="2030年", lead_source="購入リスト")
    assert crm.judge(lead, "10-08 12:00").wake_at == at("10-10 00:00")
    assert crm.judge(lead, "10-10 12:00").wake_at != at("10-10 00:00")


def test_a_plan_elsewhere_beats_a_stale_one() -> None:
    crm = Crm()
    deal = passed_deal(crm, next_action="10/9 に電話")
    crm.set(LEAD, Next_Action__c="10/30 に訪問")
    assert item(crm, deal, "next_action", "10-20 12:00").raw == "10/30 に訪問"


# --- the decision maker ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("山田", ("placeholder", "own_name")),
        ("山田 太郎", ("placeholder", "own_name")),
        ("山田太郎様", ("placeholder", "own_name")),
        ("太郎　山田さん", ("placeholder", "own_name")),
        ("営業部長", ("placeholder", "own_name")),
        ("営業部長 山田", ("present", None)),
        ("山田部長", ("present", None)),
        ("山田太郎（本人）", ("present", None)),
        ("本人", ("present", None)),
        ("山田 花子", ("present", None)),
        ("鈴木", ("present", None)),
    ],
)
def test_the_contacts_own_name_or_post_names_no_decision_maker(typed: str, expected: tuple[str, str | None]) -> None:
    crm = Crm()
    assert state(crm, good_lead(crm, decision_maker=typed), "decision_maker") == expected


@pytest.mark.parametrize("title", ["代表取締役", "常務取締役"])
def test_somebody_of_the_board_decides_alone(title: str) -> None:
    crm = Crm()
    assert state(crm, good_lead(crm, job_title=title, decision_maker="山田"), "decision_maker") == ("present", None)


def test_the_rank_of_somebody_else_on_the_deal_does_not_count() -> None:
    crm = Crm()
    deal = passed_deal(crm, decision_maker="山田")
    crm.role(deal, crm.contact("C2", job_title="代表取締役", family="佐藤", given="実"))
    assert crm.judge(deal, NOW).items["job_title"].value["rank"] == "president"
    assert state(crm, deal, "decision_maker") == ("present", None), "the Lead names somebody else"
    crm.set(LEAD, Decision_Maker__c=None)
    assert state(crm, deal, "decision_maker") == ("placeholder", "own_name")
    crm.set(LEAD, Title="代表取締役")
    assert state(crm, deal, "decision_maker") == ("present", None)


def test_a_role_stands_in_for_the_contacts_own_name() -> None:
    crm = Crm()
    deal = passed_deal(crm, decision_maker="山田")
    crm.set(LEAD, Decision_Maker__c=None)
    crm.role(deal, CONTACT, role="Decision Maker")
    assert state(crm, deal, "decision_maker") == ("present", "a contact role names the decision maker")


def test_the_contact_is_never_quoted() -> None:
    crm = Crm()
    lead = good_lead(crm, decision_maker="山田太郎様")
    assert crm.judge(lead, NOW).missing == ("decision_maker",)
    note = "\n".join(crm.note(lead, NOW))
    assert "決裁者" in note and "山田" not in note
