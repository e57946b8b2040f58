"""What Baton judges at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.mapping.spec import Text
from sync.core.model.records import RecordRef
from sync.core.rules.definition import Exclusion
from sync.core.rules.expression import Vocabulary, compile_expression
from tests.handoffs import Crm, passed_deal, settings, wire

NOW = "10-08 12:00"


def reason(crm: Crm, anchor: RecordRef) -> str:
    return crm.judge(anchor, NOW).scope_reason


@pytest.mark.parametrize(
    ("stage", "inside"), [("subscriber", False), ("lead", False), (None, False), ("MarketingQualifiedLead", True)]
)
def test_a_contact_must_have_come_far_enough(stage: str | None, inside: bool) -> None:
    crm = Crm()
    assert (not reason(crm, crm.hub(stage=stage))) is inside


def test_a_contact_whose_stage_cannot_be_read_is_left_alone() -> None:
    crm = Crm()
    hub = crm.hub()
    crm.hide(hub, "lifecyclestage")
    assert reason(crm, hub)


def test_closed_converted_and_direct_leads_are_out() -> None:
    crm = Crm()
    assert reason(crm, crm.lead("L1", status="対象外"))
    converted = crm.lead("L2")
    crm.convert(converted, on="2026-10-06")
    assert reason(crm, converted) == "converted without an opportunity"
    direct = crm.lead("L3", owner="fs1")
    assert reason(crm, direct)
    crm.history(direct, "owner", "is1", "fs1", "10-06 11:00")
    assert not reason(crm, direct)
    assert not reason(crm, crm.lead("L4", owner="is1"))


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({"closed": True}, "closed"),
        ({"type": "renewal"}, "type"),
        ({"type": "既存"}, "type"),
        ({"lead_source": "代理店"}, "source"),
    ],
)
def test_closed_existing_and_partner_deals_are_out(cells: dict[str, object], word: str) -> None:
    crm = Crm()
    deal = crm.deal(**cells)
    crm.convert(crm.lead(), deal)
    assert word in reason(crm, deal)


def test_the_leads_source_counts_where_the_deal_has_none() -> None:
    crm = Crm()
    deal = crm.deal()
    crm.convert(crm.lead(lead_source="パートナー"), deal)
    assert "source" in reason(crm, deal)
    crm.set(deal, LeadSource="資料DL")
    assert not reason(crm, deal)


def test_a_deal_of_a_partner_account_is_out() -> None:
    crm = Crm()
    deal = crm.deal(account=crm.account(type_="パートナー"))
    crm.convert(crm.lead(), deal)
    assert "account" in reason(crm, deal)


def test_a_deal_needs_a_converted_lead_or_a_touch_of_is() -> None:
    crm = Crm()
    deal = crm.deal()
    crm.role(deal, crm.contact())
    crm.hub(contact_id="C1")
    assert "no activity of IS" in reason(crm, deal)
    crm.act("call", deal, "10-06 12:00", owner="fs1")
    crm.act("call", deal, "10-06 12:00", owner=None)
    assert reason(crm, deal)
    crm.act("email", RecordRef("hubspot", "contacts", "H1"), "10-06 12:00", direction="inbound", owner="is1")
    assert not reason(crm, deal)


def test_passes_before_the_first_day_are_measured_by_nobody() -> None:
    crm = Crm()
    assert reason(crm, passed_deal(crm, created="09-30 11:00")) == "passed before flags.enforce_from"


def test_never_in_scope_means_no_flag_at_all() -> None:
    crm = Crm()
    lead = crm.lead(status="対象外")
    judgement = crm.judge(lead, NOW)
    assert judgement.flags == {}
    assert judgement.status == "out_of_scope"
    assert all(clock.state == "none" for clock in judgement.clocks)


def test_a_record_that_holds_a_flag_is_set_to_out_of_scope_and_cleared() -> None:
    crm = Crm()
    lead = crm.lead(status="対象外", flags={"status": None, "note": "あと1項目", "missing_count": 1})
    flags = crm.flags(lead, NOW)
    assert {name: value for name, value in flags.items() if value is not None} == {"status": "out_of_scope"}
    crm.change(lead, flags=flags)
    assert crm.flags(lead, NOW) == flags
    crm.change(lead, flags={"status": "", "note": None})
    assert crm.flags(lead, NOW) == {}


# --- what a company leaves out ----------------------------------------------------------------------------------------
def leaving_out(*conditions: str, language: str = "ja") -> Crm:
    known = Vocabulary({"company": "company", "pain": "text"}, streams=frozenset({"salesforce.Account"}))
    scope = settings().rules.definition.scope
    exclude = tuple(
        Exclusion(compile_expression(when, known), Text(f"理由{number}", f"reason {number}"))
        for number, when in enumerate(conditions)
    )
    return Crm(language=language, rules_with={"definition": {"scope": replace(scope, exclude=exclude)}})


@pytest.mark.parametrize(("type_", "said"), [("Competitor", "理由0"), ("Customer", ""), (None, "")])
def test_a_company_leaves_out_what_its_conditions_name(type_: str | None, said: str) -> None:
    crm = leaving_out("salesforce.Account.Type == 'competitor'", "stage == 'before_pass'")
    deal = passed_deal(crm)
    crm.set(RecordRef("salesforce", "Account", "A1"), Type=type_)
    assert reason(crm, deal) == said


def test_what_nobody_can_tell_leaves_nothing_out() -> None:
    crm = leaving_out("salesforce.Account.Type != 'customer'")
    assert reason(crm, passed_deal(crm)) == ""


def test_the_reason_is_in_the_companys_language_and_comes_after_the_others() -> None:
    crm = leaving_out("cycle == 1", language="en")
    assert reason(crm, crm.lead()) == "reason 0"
    assert reason(crm, crm.lead("L2", status="対象外")) == "the lead is closed: 対象外"


@pytest.mark.parametrize(
    ("values", "out"), [({"RecordType.Name": "更新"}, True), ({"RecordType.Name": None}, False), ({}, False)]
)
def test_a_record_type_tells_renewals_too(values: dict[str, object], out: bool) -> None:
    crm = Crm()
    deal = passed_deal(crm, type="New Business")
    crm.set(deal, **values)
    assert reason(crm, deal) == ("the opportunity's type is 更新" if out else "")


CARD = "名刺交換"


def test_a_card_of_fs_is_no_handoff_whatever_passed_it() -> None:
    crm = Crm()
    card = crm.lead(owner="fs1", lead_source=CARD)
    assert "FS from the start" in reason(crm, card)
    crm.meeting(card, "10-07 10:00", logged_at=wire("10-06 11:00"))
    assert reason(crm, card) == "a business card of FS", "FS books its own meetings"
    crm.user("fs2", ["FS"])
    crm.history(card, "owner", "fs2", "fs1", "10-06 12:00")
    assert reason(crm, card) == "a business card of FS", "and shares its cards"


@pytest.mark.parametrize(
    ("source", "touch"),
    [
        ("展示会", None),
        (CARD, "call of IS"),
        (CARD, "owner was IS"),
        (CARD, "owner was a queue"),
        (CARD, "owner is IS"),
    ],
)
def test_a_card_that_is_had_to_do_with_is_a_handoff(source: str, touch: str | None) -> None:
    crm = Crm()
    card = crm.lead(owner="is1" if touch == "owner is IS" else "fs1", lead_source=source)
    crm.meeting(card, "10-07 10:00", logged_at=wire("10-06 11:00"))
    match touch:
        case "call of IS":
            crm.act("call", card, "10-05 15:00", owner="is1")
        case "owner was IS":
            crm.history(card, "owner", "is1", "fs1", "10-06 10:00")
        case "owner was a queue":
            crm.history(card, "owner", "queue", "fs1", "10-06 10:00")
        case _:
            pass
    assert not reason(crm, card)


def test_a_deal_from_a_card_of_fs_is_one_without_is() -> None:
    crm = Crm()
    card = crm.lead(owner="fs1", lead_source=CARD)
    deal = crm.deal(lead_source=CARD)
    crm.convert(card, crm.contact(), deal)
    assert reason(crm, deal) == "no converted lead and no activity of IS"
    crm.act("call", card, "10-05 15:00", owner="is1")
    assert not reason(crm, deal)
