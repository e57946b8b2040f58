"""Exceptions: honoured only as an approver agreed to them, for as long as they last, and never more than was asked."""

from __future__ import annotations

from datetime import date

import pytest

from sync.core.model.handoff import Judgement, Memory, Waiver, WaiverState
from sync.core.model.records import RecordRef
from sync.core.rules.definition import RoleSpec
from sync.core.rules.waiver import Named, read_names
from tests.handoffs import Crm, at, good_lead, passed_deal, settings

NOW = "10-06 12:00"
APPROVED = {"Waiver_Items__c": "決裁者", "Waiver_Reason__c": "社長の紹介", "Waiver_Approved__c": True}
BOSS = {"definition": {"approvers": RoleSpec(frozenset({"boss@ours.example.jp"}), frozenset({"承認者"}))}}


def asking(crm: Crm, **cells: object) -> RecordRef:
    """A Lead that lacks its decision maker and asks to be spared it; approved where `cells` do not say otherwise."""
    lead = good_lead(crm, decision_maker=None, sql_date="2026-10-05")
    crm.set(lead, **{**APPROVED, **cells})
    return lead


def states(found: Judgement) -> list[tuple[WaiverState, str]]:
    return [(one.state, one.reason) for one in found.waivers]


# --- who agreed -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("approved", [False, None, "", "いいえ", "false", 1, "たぶん"])
def test_what_nobody_approved_changes_nothing_and_waits(approved: object) -> None:
    crm = Crm()
    found = crm.judge(asking(crm, Waiver_Approved__c=approved), NOW)
    assert (found.missing, found.verdict, dict(found.waived)) == (("decision_maker",), "qualified", {})
    assert [waiver.items for waiver in found.waiting_waivers] == [("decision_maker",)]


@pytest.mark.parametrize("approved", [True, "true", "TRUE", "はい", "承認", " 承認済み ", "Yes", "approved"])
def test_where_only_approvers_may_edit_the_field_a_yes_is_enough(approved: object) -> None:
    crm = Crm()
    found = crm.judge(asking(crm, Waiver_Approved__c=approved), NOW)
    assert (found.missing, found.status) == ((), "ready")
    assert found.waived["decision_maker"].reason == "社長の紹介"


def test_a_field_that_cannot_be_read_approves_nothing() -> None:
    crm = Crm()
    lead = asking(crm)
    crm.hide(lead, "Waiver_Approved__c")
    assert crm.judge(lead, NOW).missing == ("decision_maker",)


@pytest.mark.parametrize(("by", "honoured"), [("boss", True), ("is1", False), (None, False), ("nobody-knows", False)])
def test_a_change_on_record_counts_only_by_an_approver(by: str | None, honoured: bool) -> None:
    crm = Crm(rules_with=BOSS)
    lead = asking(crm)
    crm.edit(lead, "Waiver_Approved__c", False, True, "10-05 15:00", by)
    found = crm.judge(lead, NOW)
    assert found.missing == (() if honoured else ("decision_maker",))
    assert found.waivers[0].waiver.at == at("10-05 15:00")
    assert honoured or "none of the approvers" in found.waivers[0].reason


def test_an_integration_user_is_no_approver_whatever_role_it_has() -> None:
    crm = Crm(
        rules_with={"definition": {**BOSS["definition"], "integration_users": frozenset({"cti@ours.example.jp"})}}
    )
    crm.user("cti", ["承認者"])
    lead = asking(crm)
    crm.edit(lead, "Waiver_Approved__c", False, True, "10-05 15:00", "cti")
    assert states(crm.judge(lead, NOW))[0][0] is WaiverState.WAITING


def test_an_approver_who_left_had_the_right_to_approve() -> None:
    crm = Crm(rules_with=BOSS)
    crm.user("boss", [], active=False)
    lead = asking(crm)
    crm.edit(lead, "Waiver_Approved__c", False, True, "10-05 15:00", "boss")
    assert crm.judge(lead, NOW).missing == ()


def test_the_latest_change_decides_in_whatever_order_they_arrive() -> None:
    for order in (("is1", "boss"), ("boss", "is1")):
        crm = Crm(rules_with=BOSS)
        lead = asking(crm)
        for by, when in sorted(zip(order, ("10-05 15:00", "10-05 16:00"), strict=True), reverse=True):
            crm.edit(lead, "Waiver_Approved__c", False, True, when, by)
        assert crm.judge(lead, NOW).missing == (() if order[1] == "boss" else ("decision_maker",))


def test_an_approval_that_was_taken_back_and_then_set_unseen_is_none() -> None:
    crm = Crm(rules_with=BOSS)
    lead = asking(crm)
    crm.edit(lead, "Waiver_Approved__c", True, False, "10-05 15:00", "boss")
    crm.set(lead, Waiver_Approved__c=True)
    assert states(crm.judge(lead, NOW))[0][0] is WaiverState.WAITING


def test_hubspot_tells_by_history_alone() -> None:
    crm = Crm(rules_with=BOSS)
    hub = crm.hub()
    crm.set(hub, waiver_items="導入希望時期", waiver_approved="true")
    assert "timing" in crm.judge(hub, NOW).missing
    crm.edit(hub, "waiver_approved", None, "true", "10-05 15:00", "boss")
    assert "timing" not in crm.judge(hub, NOW).missing


# --- what was agreed to ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("field", "new"),
    [("Waiver_Items__c", "決裁者"), ("Waiver_Reason__c", "社長の紹介"), ("Waiver_Until__c", "2027-12-31")],
)
def test_what_was_changed_after_the_approval_is_another_request(field: str, new: str) -> None:
    crm = Crm(rules_with=BOSS)
    lead = asking(crm)
    crm.edit(lead, "Waiver_Approved__c", False, True, "10-05 15:00", "boss")
    crm.edit(lead, field, None, new, "10-05 16:00", "is1")
    assert states(crm.judge(lead, NOW)) == [(WaiverState.WAITING, "it was changed after it was approved")]
    crm.edit(lead, "Waiver_Approved__c", True, True, "10-05 17:00", "boss")
    assert crm.judge(lead, NOW).missing == ()


def test_without_a_history_what_was_seen_later_was_changed_later() -> None:
    crm = Crm()
    lead = asking(crm)
    for field, missing in (
        ("Waiver_Items__c", ("decision_maker",)),
        ("Waiver_Reason__c", ("decision_maker",)),
        ("Waiver_Approved__c", ()),
    ):
        assert crm.judge(lead, NOW, seen={lead: {field: at("10-06 10:00")}}).missing == missing


@pytest.mark.parametrize("until", ["落ち着くまで", "2026-02-31"])
def test_a_last_day_that_is_no_date_is_kept_by_nobody(until: str) -> None:
    crm = Crm()
    assert states(crm.judge(asking(crm, Waiver_Until__c=until), NOW)) == [
        (WaiverState.WAITING, "its last day is no date")
    ]


def test_it_holds_through_its_last_day_and_wakes_the_next() -> None:
    crm = Crm()
    lead = asking(crm, Waiver_Until__c="2026-10-06")
    last = crm.judge(lead, "10-06 23:59")
    assert (last.missing, last.wake_at) == ((), at("10-07 00:00"))
    over = crm.judge(lead, "10-07 00:00")
    assert (over.missing, states(over)) == (("decision_maker",), [(WaiverState.EXPIRED, "its last day is over")])
    assert over.waiting_waivers == ()


def test_words_that_name_nothing_are_listed_and_the_others_count() -> None:
    crm = Crm()
    found = crm.judge(asking(crm, Waiver_Items__c="決裁者、ごめんなさい"), NOW)
    assert found.missing == ()
    assert [(one.item, one.raw) for one in found.unmapped] == [("waiver_items", "ごめんなさい")]
    nothing = crm.judge(asking(crm, Waiver_Items__c="全部"), NOW)
    assert (nothing.missing, nothing.waivers) == (("decision_maker",), ())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", Named()),
        (" 、; ", Named()),
        ("決裁者", Named(("decision_maker",))),
        ("Decision Maker", Named(("decision_maker",))),
        ("ＤＥＣＩＳＩＯＮ＿ＭＡＫＥＲ", Named(("decision_maker",))),
        ("pain;budget，authority／ng_topics\r\npurpose", Named(("pain", "ng_topics", "purpose"), ("budget", "authority"))),
        ("timing", Named(("timing",), ("timing",))),
        ("導入希望時期", Named(("timing",))),
        ("時期", Named((), ("timing",))),
        ("pain、pain、謎、謎", Named(("pain",), (), ("謎",))),
    ],
)  # fmt: skip
def test_names_are_read_by_id_and_label(text: str, named: Named) -> None:
    assert read_names(text, settings().mapping) == named


# --- what it changes ------------------------------------------------------------------------------------------------
def test_a_waived_criterion_makes_the_verdict_waived_only_where_it_would_fail() -> None:
    crm = Crm()
    lead = asking(crm, Decision_Maker__c="本部長", Waiver_Items__c="予算", Budget_Status__c="予算なし")
    found = crm.judge(lead, NOW)
    assert (found.verdict, found.flags[lead]["unmet_criteria"], [*found.sql_waived]) == ("waived", None, ["budget"])
    crm.set(lead, Budget_Status__c="確保済み")
    met = crm.judge(lead, NOW)
    assert (met.verdict, dict(met.sql_waived)) == ("qualified", {})
    crm.set(lead, Budget_Status__c="予算なし", Desired_Timing__c="2028年12月")
    assert crm.judge(lead, NOW).verdict == "not_qualified"
    crm.set(lead, Desired_Timing__c=None)
    assert crm.judge(lead, NOW).verdict == "undetermined"


def test_a_waived_item_spares_its_criterion_only_while_that_is_unknown() -> None:
    for budget, verdict, actor in (
        (None, "waived", "none"),
        ("予算なし", "not_qualified", "none"),
        ("確保済み", "qualified", "none"),
    ):
        crm = Crm()
        lead = good_lead(crm, budget_status=budget, sql_date="2026-10-05")
        crm.set(lead, **{**APPROVED, "Waiver_Items__c": "予算化の有無"})
        found = crm.judge(lead, NOW)
        assert (found.missing, found.verdict, found.next_actor) == ((), verdict, actor)


def test_nobody_is_asked_for_a_waived_criterion() -> None:
    crm = Crm()
    lead = asking(crm, Decision_Maker__c="本部長", Waiver_Items__c="authority", Title="担当")
    found = crm.judge(lead, NOW)
    assert (found.verdict, found.next_actor) == ("waived", "none")


def test_it_changes_no_clock_and_nothing_that_systems_fill() -> None:
    crm = Crm()
    lead = asking(crm, Waiver_Items__c="会社名、リードソース、決裁者", Company=None)
    spared, asked = crm.judge(lead, NOW), crm.judge(asking(crm, Waiver_Approved__c=False, Company=None), NOW)
    assert spared.clocks == asked.clocks
    assert spared.next_actor == "revops"


def test_what_cannot_be_read_stays_for_revops() -> None:
    crm = Crm()
    lead = asking(crm)
    crm.hide(lead, "Decision_Maker__c")
    assert crm.judge(lead, NOW).status == "undetermined"


def test_the_state_at_the_pass_leaves_out_what_was_spared_then() -> None:
    crm = Crm()
    lead = asking(crm)
    crm.history(lead, "owner", "is1", "fs1", "10-06 11:00")
    memory = crm.judge(lead, NOW).memory
    assert crm.judge(lead, "10-06 18:00", memory).memory.missing_at_pass == ()


def test_on_a_deal_only_what_stands_on_the_deal_counts() -> None:
    crm = Crm()
    deal = passed_deal(crm)
    lead = RecordRef("salesforce", "Lead", "L1")
    crm.set(lead, Pain__c=None, Waiver_Items__c="pain", Waiver_Approved__c=True)
    assert crm.judge(deal, "10-07 12:00").missing == ("pain",)
    crm.set(deal, Waiver_Items__c="pain", Waiver_Approved__c=True)
    assert crm.judge(deal, "10-07 12:00").missing == ()


# --- those of the store ---------------------------------------------------------------------------------------------
def kept(until: date | None = None, when: str = "10-05 12:00") -> Waiver:
    return Waiver(("decision_maker",), (), "取締役会の決定", until, "ops", at(when))


def test_one_from_the_store_needs_no_approval_and_ends_like_the_others() -> None:
    crm = Crm()
    lead = good_lead(crm, decision_maker=None)
    given = (kept(date(2026, 10, 6)),)
    assert crm.judge(lead, NOW, waivers=given).missing == ()
    assert crm.judge(lead, "10-07 00:00", waivers=given).missing == ("decision_maker",)


def test_one_of_an_earlier_cycle_is_over() -> None:
    crm = Crm()
    lead = good_lead(crm, decision_maker=None)
    again = Memory(rounds=(at("10-06 10:00"),))
    found = crm.judge(lead, NOW, again, (kept(),))
    assert (found.missing, found.waivers[0].state) == (("decision_maker",), WaiverState.PAST_CYCLE)
    assert crm.judge(lead, NOW, again, (kept(when="10-06 11:00"),)).missing == ()


def test_of_two_the_one_that_lasts_longer_is_named() -> None:
    crm = Crm()
    lead = good_lead(crm, decision_maker=None)
    short, long = kept(date(2026, 10, 7)), kept(date(2026, 12, 31))
    for given in ((short, long), (long, short)):
        assert crm.judge(lead, NOW, waivers=given).waived["decision_maker"] is long
