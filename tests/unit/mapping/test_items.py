"""From records to item values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.model.items import ItemValue, Provenance
from sync.core.model.records import RecordRef
from sync.core.reconcile.judge import judge
from tests.handoffs import FULL, Crm, at, passed_deal, settings

NOW = "10-06 15:00"
YAMADA = "yamada@yamada-shoji.co.jp"


def item(crm: Crm, anchor: RecordRef, name: str, now: str = NOW) -> ItemValue:
    return crm.judge(anchor, now).items[name]


# --- within a connection --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "state"),
    [
        (None, "missing"),
        ("", "missing"),
        ("　 ", "missing"),
        ("確認中", "placeholder"),
        ("-", "placeholder"),
        ("情報システム本部長", "present"),
    ],
)
def test_what_was_typed_decides_the_state(typed: str | None, state: str) -> None:
    crm = Crm()
    assert item(crm, crm.lead(decision_maker=typed), "decision_maker").state == state


def test_a_hidden_field_is_unreadable_and_never_missing() -> None:
    crm = Crm()
    lead = crm.lead()
    crm.hide(lead, "Pain__c")
    value = item(crm, lead, "pain")
    assert value.state == "unreadable"
    assert "pain" not in crm.judge(lead, NOW).missing


def test_a_hidden_first_field_gives_way_to_a_listed_second_one() -> None:
    crm = Crm()
    lead = crm.lead()
    crm.hide(lead, "Phone")
    assert item(crm, lead, "phone").state == "missing"
    crm.set(lead, MobilePhone="090-1234-5678")
    assert item(crm, lead, "phone").state == "present"


def test_an_item_that_no_record_of_the_handoff_maps_is_unreadable() -> None:
    crm = Crm()
    deal = crm.deal()
    assert item(crm, deal, "phone").state == "unreadable"


def test_the_anchor_wins_over_the_lead_only_where_it_is_usable() -> None:
    crm = Crm()
    deal = passed_deal(crm, pain="確認中", sql_reason="商談で聞いた理由")
    assert item(crm, deal, "pain").raw == FULL["pain"]
    assert item(crm, deal, "sql_reason").raw == "商談で聞いた理由"


def test_of_two_people_of_a_stream_the_newer_is_read_first() -> None:
    crm = Crm()
    deal, main = crm.deal(), crm.contact("C1")
    crm.role(deal, main, primary=True)
    crm.role(deal, crm.contact("C2", email="sato@yamada-shoji.co.jp"))
    crm.set(main, Email=YAMADA)
    crm.hub("H1", created="10-01 10:00", email=YAMADA, pain="古い課題の説明をここに書いている")
    crm.hub("H2", created="10-02 10:00", email="sato@yamada-shoji.co.jp", pain="新しい課題の説明をここに書いている")
    assert item(crm, deal, "pain").raw == "新しい課題の説明をここに書いている"


def test_personal_items_come_from_the_primary_person_alone() -> None:
    crm = Crm()
    deal = crm.deal()
    crm.role(deal, crm.contact("C1", job_title="担当", family="山田"), primary=True)
    crm.role(deal, crm.contact("C2", job_title="営業部長", family="佐藤", phone="03-5253-1111"))
    assert item(crm, deal, "phone").state == "missing"
    assert item(crm, deal, "contact_name").raw == "山田"
    assert item(crm, deal, "job_title").value["rank"] == "general_manager"
    assert crm.judge(deal, NOW).missing[0] == "contact_channel"


@pytest.mark.parametrize(("older", "newer"), [("営業部長", "課長"), ("課長", "営業部長")])
def test_of_the_titles_of_a_connection_the_highest_counts_whoever_comes_first(older: str, newer: str) -> None:
    crm = Crm()
    deal = crm.deal()
    crm.role(deal, crm.contact("C1", created="10-04 10:00", job_title=older))
    crm.role(deal, crm.contact("C2", created="10-05 10:00", job_title=newer))
    assert item(crm, deal, "job_title").value["rank"] == "general_manager"


def test_the_lead_of_a_conversion_speaks_for_its_contact_even_after_a_merge() -> None:
    crm = Crm()
    lead, loser, winner, deal = crm.lead(phone="03-5253-1111"), crm.contact("C1"), crm.contact("C2"), crm.deal()
    crm.convert(lead, loser, deal)
    assert item(crm, deal, "phone").state == "present"
    crm.merge(loser, winner)
    assert crm.membership(deal).primary == winner
    assert item(crm, deal, "phone").state == "present"


def test_the_company_comes_from_the_account_after_the_records_themselves() -> None:
    crm = Crm()
    deal = crm.deal(account=crm.account(name="株式会社山田商事"))
    crm.role(deal, crm.contact())
    assert item(crm, deal, "company").source == _source("Account", "A1", "Name")
    lead = crm.lead(company="山田商事（株）")
    crm.convert(lead, deal)
    assert item(crm, deal, "company").raw == "山田商事（株）"


def test_a_name_is_read_from_two_fields() -> None:
    crm = Crm()
    assert item(crm, crm.lead(family="山田", given="太郎"), "contact_name").raw == "山田 太郎"
    assert item(crm, crm.lead(family=None, given=None), "contact_name").state == "missing"
    lead = crm.lead()
    crm.hide(lead, "LastName")
    assert item(crm, lead, "contact_name").state == "unreadable"


def test_a_choice_that_no_option_knows_is_an_answer_and_never_missing() -> None:
    crm = Crm()
    value = item(crm, crm.lead(budget_status="社内調整中"), "budget_status")
    assert (value.state, value.reason, value.raw) == ("unreadable", "unmapped", "社内調整中")


def test_an_unmapped_choice_beats_what_is_no_answer_and_gives_way_to_what_is() -> None:
    crm = Crm()
    lead = crm.lead(budget_status="確認中")
    deal = crm.deal(budget_status=None)
    crm.convert(lead, deal)
    crm.set(lead, Budget_Status__c="社内調整中")
    assert item(crm, deal, "budget_status").raw == "社内調整中"
    crm.set(deal, Budget_Status__c="確認中")
    assert item(crm, deal, "budget_status").raw == "社内調整中"
    crm.set(deal, Budget_Status__c="予算あり")
    assert item(crm, deal, "budget_status").state == "present"


@pytest.mark.parametrize(
    ("sales", "marketing", "raw"),
    [
        ("社内調整中", "確保済み", "確保済み"),
        ("確認中", "社内調整中", "社内調整中"),
        (None, "社内調整中", "社内調整中"),
        ("社内調整中", None, "社内調整中"),
        ("社内調整中", "他部門予算", "社内調整中"),
    ],
)
def test_of_two_systems_an_unmapped_choice_beats_all_but_a_usable_one(
    sales: str | None, marketing: str | None, raw: str
) -> None:
    crm = Crm()
    lead = crm.lead(budget_status=sales)
    crm.hub(lead_id="L1", budget_status=marketing)
    assert item(crm, lead, "budget_status").raw == raw


# --- between connections --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sales", "marketing", "state", "raw"),
    [
        ("確認中", "情報システム本部長", "present", "情報システム本部長"),
        (None, "確認中", "placeholder", "確認中"),
        ("確認中", None, "placeholder", "確認中"),
        (None, None, "missing", None),
        ("営業本部長", "情報システム本部長", "present", "営業本部長"),
    ],
)
def test_a_usable_value_beats_any_other_then_preference(
    sales: str | None, marketing: str | None, state: str, raw: str | None
) -> None:
    crm = Crm()
    lead = crm.lead(decision_maker=sales)
    crm.hub(lead_id="L1", decision_maker=marketing)
    value = item(crm, lead, "decision_maker")
    assert (value.state, value.raw) == (state, raw)


def test_an_empty_field_is_not_missing_while_the_other_side_cannot_be_read() -> None:
    crm = Crm()
    lead = crm.lead()
    hub = crm.hub(lead_id="L1")
    crm.hide(hub, "pain")
    assert item(crm, lead, "pain").state == "unreadable"
    crm.set(lead, Pain__c="-")
    assert item(crm, lead, "pain").state == "placeholder"


def test_a_connection_without_member_says_nothing_unless_the_join_is_ambiguous() -> None:
    crm = Crm()
    lead = crm.lead(email=YAMADA)
    assert item(crm, lead, "pain").state == "missing"
    crm.lead("L2", email=YAMADA)
    crm.hub(email=YAMADA)
    assert item(crm, lead, "pain").state == "unreadable"
    crm.set(lead, Pain__c=FULL["pain"])
    assert item(crm, lead, "pain").state == "present"


@pytest.mark.parametrize(
    ("name", "sales", "marketing", "conflict"),
    [
        ("budget_amount", "500万円", "300万円", True),
        ("budget_amount", "500万円", "5,000,000円", False),
        ("budget_status", "確保済み", "予算なし", True),
        ("budget_status", "確保済み", "Secured", False),
        ("timing", "2026年12月", "2027年4月", True),
        ("timing", "2026年12月", "確認中", False),
        ("lead_source", "資料DL", "展示会", False),
        ("pain", "請求書に4日かかる", "請求書に6日かかる", False),
    ],
)
def test_only_comparable_usable_values_conflict(name: str, sales: str, marketing: str, conflict: bool) -> None:
    crm = Crm()
    lead = crm.lead(**{name: sales})
    crm.hub(lead_id="L1", **{name: marketing})
    assert bool(item(crm, lead, name).conflicts) is conflict


def test_a_relative_date_copied_on_another_day_is_no_conflict() -> None:
    crm = Crm()
    lead = crm.lead(timing="半年以内")
    hub = crm.hub(lead_id="L1", timing="半年以内")
    crm.change(hub, modified_at=at("09-01 10:00"))
    assert not item(crm, lead, "timing").conflicts


# --- time -----------------------------------------------------------------------------------------------------------
def test_a_window_is_stale_from_the_local_day_after_its_end() -> None:
    crm = Crm()
    lead = crm.lead(timing="2026年10月")
    assert item(crm, lead, "timing", "10-31 23:59").state == "present"
    assert item(crm, lead, "timing", "11-01 00:00").state == "stale"


def test_a_relative_timing_is_anchored_on_the_day_of_writing() -> None:
    crm = Crm()
    lead = crm.lead(timing="3ヶ月以内")
    assert _window(item(crm, lead, "timing")) == ("2026-10-05", "2027-01-05")
    case = replace(crm.case(lead), value_written={lead: {"Desired_Timing__c": at("04-01 10:00")}})
    found = judge(
        case, mapping=settings().mapping, rules=crm.rules, tables=settings().tables, directory={}, now=at(NOW)
    ).items["timing"]
    assert found.state == "stale"
    assert _window(found) == ("2026-04-01", "2026-07-01")


def test_a_stale_window_gives_way_to_one_that_still_holds() -> None:
    crm = Crm()
    lead = crm.lead(timing="2026年8月")
    crm.hub(lead_id="L1", timing="2026年12月")
    assert item(crm, lead, "timing").raw == "2026年12月"


# --- derived and grouped --------------------------------------------------------------------------------------------
def test_a_role_names_the_decision_maker_where_nobody_typed_one() -> None:
    crm = Crm()
    deal = passed_deal(crm)
    crm.set(RecordRef("salesforce", "Lead", "L1"), Decision_Maker__c="確認中")
    assert item(crm, deal, "decision_maker").state == "placeholder"
    crm.role(deal, RecordRef("salesforce", "Contact", "C1"), role="Decision Maker")
    assert item(crm, deal, "decision_maker").state == "present"
    crm.set(deal, Decision_Maker__c="本部長")
    assert item(crm, deal, "decision_maker").raw == "本部長"


def test_a_role_of_a_partner_names_nobody() -> None:
    crm = Crm()
    deal = crm.deal()
    crm.role(deal, crm.contact("C1"))
    crm.role(deal, crm.contact("C2", account=crm.account("A2", type_="Partner")), role="Decision Maker")
    assert item(crm, deal, "decision_maker").state == "missing"


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"has_content": True}, "present"),
        ({"has_content": False}, "missing"),
        ({"has_content": True, "status": "open"}, "missing"),
    ],
)
def test_a_done_activity_with_content_is_history(facts: dict[str, Any], state: str) -> None:
    crm = Crm()
    lead = crm.lead()
    crm.act("call", lead, "10-06 11:00", **facts)
    assert item(crm, lead, "contact_history").state == state


def test_a_meeting_with_content_is_history_once_its_time_has_come() -> None:
    crm = Crm()
    lead = crm.lead()
    crm.meeting(lead, "10-08 10:00", logged="10-06 11:00", has_content=True)
    assert item(crm, lead, "contact_history", "10-08 09:59").state == "missing"
    assert item(crm, lead, "contact_history", "10-08 10:00").state == "present"


def test_a_scheduled_meeting_is_the_next_action_until_it_begins() -> None:
    crm = Crm()
    lead = crm.lead(next_action="未定")
    crm.meeting(lead, "10-08 10:00", logged="10-06 11:00")
    assert item(crm, lead, "next_action", "10-08 09:59").state == "present"
    assert item(crm, lead, "next_action", "10-08 10:00").state == "placeholder"
    assert crm.judge(lead, NOW).wake_at is not None


def test_a_canceled_meeting_is_no_next_action() -> None:
    crm = Crm()
    lead = crm.lead()
    crm.meeting(lead, "10-08 10:00", logged="10-06 11:00", status="canceled")
    assert item(crm, lead, "next_action").state == "missing"


def test_one_channel_suffices_and_a_hidden_one_is_not_missing() -> None:
    crm = Crm()
    lead = crm.lead(phone="000-0000-0000", email=None)
    channel = item(crm, lead, "contact_channel")
    assert (channel.state, channel.raw, channel.reason) == ("missing", None, "typed, but not usable")
    assert crm.judge(lead, NOW).missing[0] == "contact_channel"
    crm.hide(lead, "Email")
    assert item(crm, lead, "contact_channel").state == "unreadable"
    assert "contact_channel" not in crm.judge(lead, NOW).missing
    crm.set(lead, Phone="03-5253-1111")
    assert item(crm, lead, "contact_channel").state == "present"


def _window(value: ItemValue) -> tuple[str, str]:
    return value.value["from"], value.value["to"]


def _source(stream: str, id_: str, name: str) -> Any:
    return Provenance(RecordRef("salesforce", stream, id_), name)
