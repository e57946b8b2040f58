"""Which records are one handoff."""

from __future__ import annotations

import random
from dataclasses import replace

from sync.core.model.records import Kind, RecordRef
from sync.core.reconcile.link import link, names_to_link
from tests.handoffs import Crm, at, settings

YAMADA = "yamada@yamada-shoji.co.jp"


def anchors(crm: Crm) -> list[str]:
    return [membership.anchor.record_id for membership in crm.link().memberships]


def ids(refs: tuple[RecordRef, ...]) -> set[str]:
    return {ref.record_id for ref in refs}


def test_no_other_values_are_looked_at_than_those_that_are_named() -> None:
    crm = Crm()
    (
        crm.lead("L1", email=YAMADA),
        crm.lead("L2", status="Unqualified"),
        crm.hub(email=YAMADA),
        crm.hub("9", lead_id="L2"),
    )
    crm.role(crm.deal(), crm.contact("C1", email="sato@sato.co.jp"))
    whole, names = crm.link(), names_to_link(crm.mapping)
    assert {m.open for m in whole.memberships} == {True, False}
    for ref, record in crm.records.items():
        wanted = names.get((ref.connection, ref.stream), ())
        crm.records[ref] = replace(record, values={name: v for name, v in record.values.items() if name in wanted})
    assert crm.link() == whole


# --- joins ----------------------------------------------------------------------------------------------------------
def test_two_leads_with_one_address_are_ambiguous_and_stay_apart() -> None:
    crm = Crm()
    one, two, hub = crm.lead("L1", email=YAMADA), crm.lead("L2", email=YAMADA), crm.hub(email=YAMADA)
    result = crm.link()
    assert {m.anchor for m in result.memberships} == {one, two, hub}
    assert all(m.ambiguous and m.members == (m.anchor,) for m in result.memberships)
    assert result.problems == (((hub, one, two), "2 Lead records have one of its e-mail addresses"),)


def test_two_contacts_with_one_address_make_the_deals_of_both_ambiguous() -> None:
    crm = Crm()
    deals = [crm.deal(f"O{n}") for n in (1, 2)]
    for n, deal in enumerate(deals, 1):
        crm.role(deal, crm.contact(f"C{n}", email=YAMADA))
    hub = crm.hub(email=YAMADA)
    assert all(crm.membership(anchor).ambiguous for anchor in (*deals, hub))
    assert hub not in crm.membership(deals[0]).members


def test_an_unconverted_lead_is_joined_before_a_contact() -> None:
    crm = Crm()
    lead, hub = crm.lead(email=YAMADA), crm.hub(email=YAMADA)
    crm.role(crm.deal(), crm.contact(email=YAMADA))
    assert hub in crm.membership(lead).members
    assert hub not in crm.membership(RecordRef("salesforce", "Opportunity", "O1")).members


def test_a_stored_id_of_an_unconverted_lead_settles_it() -> None:
    crm = Crm()
    lead, other, hub = crm.lead("L1"), crm.lead("L2", email=YAMADA), crm.hub(email=YAMADA, lead_id="L1")
    assert hub in crm.membership(lead).members
    assert hub not in crm.membership(other).members
    assert not crm.link().problems


def test_a_stored_id_of_nobody_is_passed_over() -> None:
    crm = Crm()
    crm.hub(lead_id="L9", contact_id="C9")
    assert anchors(crm) == ["H1"]


def test_a_shared_address_joins_nobody() -> None:
    crm = Crm()
    crm.lead(email="info@yamada-shoji.co.jp")
    crm.hub(email="info@yamada-shoji.co.jp")
    assert anchors(crm) == ["H1", "L1"]
    assert not any(m.ambiguous for m in crm.link().memberships)


def test_an_id_of_a_merged_record_names_the_winner() -> None:
    crm = Crm()
    loser, winner, hub = crm.lead("L1"), crm.lead("L2"), crm.hub(lead_id="L1")
    crm.merge(loser, winner)
    membership = crm.membership(winner)
    assert set(membership.members) == {winner, hub}
    assert membership.aliases == (loser,)


def test_chained_and_circular_merges_end() -> None:
    crm = Crm()
    first, second, third = crm.lead("L1"), crm.lead("L2"), crm.lead("L3")
    crm.merge(first, second)
    crm.merge(second, third)
    assert crm.membership(third).aliases == (first, second)
    crm.merge(third, first)
    assert anchors(crm) == []


# --- handoffs -------------------------------------------------------------------------------------------------------
def test_deleted_records_take_no_part() -> None:
    crm = Crm()
    lead, hub = crm.lead(email=YAMADA), crm.hub(email=YAMADA)
    crm.change(lead, deleted=True)
    assert anchors(crm) == ["H1"]
    crm.change(hub, deleted=True)
    assert anchors(crm) == []


def test_a_sales_contact_alone_is_no_handoff_but_adds_to_its_marketing_contact() -> None:
    crm = Crm()
    contact = crm.contact(email=YAMADA)
    assert anchors(crm) == []
    hub = crm.hub(email=YAMADA)
    assert crm.membership(hub).members == (hub, contact)


def test_a_conversion_brings_lead_contact_deal_and_hubspot_contact_together() -> None:
    crm = Crm()
    lead, contact, deal = crm.lead(email=YAMADA), crm.contact(email=YAMADA), crm.deal()
    crm.convert(lead, contact, deal)
    hub = crm.hub(lead_id="L1")
    membership = crm.membership(deal)
    assert set(membership.members) == {deal, lead, contact, hub}
    assert membership.primary == contact
    assert membership.targets == (deal, hub)
    assert anchors(crm) == ["O1"]


def test_a_conversion_without_a_living_deal_is_the_leads_own_handoff() -> None:
    crm = Crm()
    lead, deal = crm.lead(), crm.deal()
    crm.convert(lead, deal)
    crm.change(deal, deleted=True)
    hub = crm.hub(lead_id="L1")
    membership = crm.membership(lead)
    assert membership.targets == (hub,)
    assert not membership.open


def test_roles_decide_the_primary_person_only_without_doubt() -> None:
    crm = Crm()
    deal, one, two = crm.deal(), crm.contact("C1"), crm.contact("C2")
    assert crm.membership(deal).primary is None
    role = crm.role(deal, one)
    assert crm.membership(deal).primary == one
    other = crm.role(deal, two)
    assert crm.membership(deal).primary is None
    crm.change(other, facts={"primary": True})
    assert crm.membership(deal).primary == two
    crm.change(role, facts={"primary": True})
    assert crm.membership(deal).primary is None


def test_two_conversions_to_different_contacts_decide_nothing() -> None:
    crm = Crm()
    deal = crm.deal()
    for n in (1, 2):
        crm.convert(crm.lead(f"L{n}"), crm.contact(f"C{n}"), deal)
    assert crm.membership(deal).primary is None


def test_a_partner_contact_is_no_member() -> None:
    crm = Crm()
    deal, customer = crm.deal(), crm.contact("C1", account=crm.account("A1"))
    partner = crm.contact("C2", account=crm.account("A2", type_="Partner"), email=YAMADA)
    crm.role(deal, customer)
    crm.role(deal, partner, primary=True)
    hub = crm.hub(email=YAMADA)
    membership = crm.membership(deal)
    assert membership.primary == customer
    assert partner not in membership.members and hub not in membership.members


def test_contacts_of_other_members_belong_but_do_not_show_it() -> None:
    crm = Crm()
    deal, main, other = crm.deal(), crm.contact("C1", email=YAMADA), crm.contact("C2", email="sato@yamada-shoji.co.jp")
    crm.role(deal, main, primary=True)
    crm.role(deal, other)
    shows, beside = crm.hub("H1", email=YAMADA), crm.hub("H2", email="sato@yamada-shoji.co.jp")
    membership = crm.membership(deal)
    assert {shows, beside} <= set(membership.members)
    assert membership.targets == (deal, shows)


# --- what is shown, cycles ------------------------------------------------------------------------------------------
def test_a_record_shows_the_newest_open_handoff_before_a_newer_closed_one() -> None:
    crm = Crm()
    contact, hub = crm.contact(email=YAMADA), crm.hub(email=YAMADA)
    old, new = crm.deal("O1", created="10-01 10:00"), crm.deal("O2", created="10-05 10:00", closed=True)
    for deal in (old, new):
        crm.role(deal, contact)
    assert crm.link().shown[hub] == old
    crm.change(old, facts={"closed": True})
    assert crm.link().shown[hub] == new


def test_ties_go_to_the_greater_anchor_id() -> None:
    crm = Crm()
    contact, hub = crm.contact(email=YAMADA), crm.hub(email=YAMADA)
    for id_ in ("O2", "O1"):
        crm.role(crm.deal(id_, created="10-05 10:00"), contact)
    assert crm.link().shown[hub].record_id == "O2"


def test_a_closed_status_closes_a_lead_whatever_its_case() -> None:
    crm = Crm()
    assert not crm.membership(crm.lead(status="unqualified ")).open


def test_the_second_handoff_of_a_person_opens_with_its_own_lead() -> None:
    crm = Crm()
    contact = crm.contact(created="08-01 10:00", email=YAMADA)
    crm.hub(created="07-01 10:00", contact_id="C1")
    first, second = crm.deal("O1", created="08-02 10:00", closed=True), crm.deal("O2", created="10-06 10:00")
    crm.convert(crm.lead("L1", created="07-20 10:00"), contact, first)
    crm.convert(crm.lead("L2", created="10-05 10:00"), contact, second)
    assert (crm.membership(first).cycle, crm.membership(first).opened_at) == (1, at("07-01 10:00"))
    assert (crm.membership(second).cycle, crm.membership(second).opened_at) == (2, at("10-05 10:00"))


def test_a_new_lead_of_a_known_person_is_the_next_cycle() -> None:
    crm = Crm()
    contact, deal = crm.contact(created="08-01 10:00"), crm.deal(created="08-02 10:00", closed=True)
    crm.role(deal, contact)
    crm.hub(created="07-01 10:00", contact_id="C1", email=YAMADA)
    again = crm.lead(created="10-05 10:00", email=YAMADA)
    assert (crm.membership(again).cycle, crm.membership(again).opened_at) == (2, at("10-05 10:00"))


# --- limits, stability ----------------------------------------------------------------------------------------------
def test_a_component_that_is_too_large_is_cut_and_listed() -> None:
    crm = Crm()
    contact = crm.contact(email=YAMADA)
    hub = crm.hub(email=YAMADA)
    deals = [crm.deal(f"O{n:02}") for n in range(18)]
    for deal in deals:
        crm.role(deal, contact)
    assert not crm.membership(deals[0]).ambiguous
    for n in (18, 19):
        crm.role(crm.deal(f"O{n}"), contact)
    result = crm.link()
    assert all(
        (m.ambiguous and m.members == (m.anchor,) and m.primary is None) or m.anchor == hub for m in result.memberships
    )
    assert crm.membership(hub).members == (hub,)
    assert len(result.problems[0][0]) == 22
    assert result.problems[0][1].startswith("cut:")


def test_two_components_of_one_size_are_listed_apart() -> None:
    crm = Crm()
    for side in ("A", "B"):
        contact = crm.contact(f"C{side}")
        for n in range(20):
            crm.role(crm.deal(f"O{side}{n:02}"), contact)
    assert [len(refs) for refs, _ in crm.link().problems] == [21, 21]


def test_the_answer_does_not_depend_on_the_order_of_records() -> None:
    crm = Crm()
    contact, deal = crm.contact(email=YAMADA), crm.deal()
    crm.convert(crm.lead("L1", email=YAMADA), contact, deal)
    crm.lead("L2", email="x@y.co.jp")
    crm.lead("L3", email="x@y.co.jp")
    crm.hub("H1", email=YAMADA)
    crm.hub("H2", email="x@y.co.jp")
    crm.role(deal, contact)
    records = [r for r in crm.records.values() if r.kind is not Kind.USER]
    expected = crm.link()
    for seed in range(5):
        random.Random(seed).shuffle(records)
        assert link(records, settings().mapping, settings().rules.definition) == expected
