"""What a record is known by."""

from __future__ import annotations

import pytest

from sync.core.mapping.keys import record_keys
from sync.core.model.records import KeyRole, RecordKey, RecordRef
from tests.handoffs import Crm, settings


def keys(crm: Crm, ref: RecordRef) -> list[tuple[str, str]]:
    return [(key.role.value, key.key) for key in record_keys(crm.records[ref], settings().mapping)]


def test_a_deleted_record_refers_to_nothing() -> None:
    crm = Crm()
    hub = crm.hub(email="yamada@yamada-shoji.co.jp", lead_id="L1")
    crm.change(hub, deleted=True)
    assert keys(crm, hub) == [("self", "hubspot:contacts:H1")]


def test_a_merged_record_refers_to_its_winner_alone() -> None:
    crm = Crm()
    winner, loser = crm.hub("H1"), crm.hub("H2", email="yamada@yamada-shoji.co.jp")
    crm.merge(loser, winner)
    assert keys(crm, loser) == [("self", "hubspot:contacts:H2"), ("record_id", "hubspot:contacts:H1")]


@pytest.mark.parametrize("shared", ["info@a.co.jp", "sales@a.co.jp", "noreply@a.co.jp", "not an address", "", None])
def test_shared_and_broken_addresses_join_nobody(shared: str | None) -> None:
    crm = Crm()
    assert keys(crm, crm.lead(email=shared)) == [("self", "salesforce:Lead:L1")]


def test_addresses_are_compared_without_case_and_several_count() -> None:
    crm = Crm()
    hub = crm.hub(email="Yamada@Yamada-Shoji.co.jp")
    crm.set(hub, hs_additional_emails="taro@yamada-shoji.co.jp;info@yamada-shoji.co.jp; yamada@yamada-shoji.co.jp")
    assert keys(crm, hub)[1:] == [
        ("email", "email:yamada@yamada-shoji.co.jp"),
        ("email", "email:taro@yamada-shoji.co.jp"),
    ]


def test_stored_ids_and_conversions_name_the_other_record_once() -> None:
    crm = Crm()
    lead, contact, deal = crm.lead(), crm.contact(), crm.deal()
    crm.convert(lead, contact, deal)
    crm.set(lead, ConvertedContactId="C1", ConvertedOpportunityId="O1")
    assert keys(crm, lead)[1:] == [("record_id", "salesforce:Contact:C1"), ("record_id", "salesforce:Opportunity:O1")]
    assert keys(crm, crm.hub(lead_id=" L1 "))[1:] == [("record_id", "salesforce:Lead:L1")]


def test_a_person_and_a_deal_draw_on_their_account() -> None:
    crm = Crm()
    account = crm.account()
    assert ("context", "salesforce:Account:A1") in keys(crm, crm.contact(account=account))
    assert ("context", "salesforce:Account:A1") in keys(crm, crm.deal(account=account))


def test_a_role_ties_both_its_ends_and_activities_hang_on_their_subjects() -> None:
    crm = Crm()
    contact, deal = crm.contact(), crm.deal()
    assert keys(crm, crm.role(deal, contact))[1:] == [
        ("record_id", "salesforce:Contact:C1"),
        ("record_id", "salesforce:Opportunity:O1"),
    ]
    assert keys(crm, crm.act("call", deal, "10-06 12:00"))[1:] == [("subject", "salesforce:Opportunity:O1")]
    assert keys(crm, crm.history(deal, "status", "Open", "SQL", "10-06 12:00"))[1:] == [
        ("subject", "salesforce:Opportunity:O1")
    ]


def test_a_stream_without_mapping_has_its_own_key() -> None:
    crm = Crm()
    user = RecordRef("salesforce", "User", "is1")
    assert record_keys(crm.records[user], settings().mapping) == [RecordKey(KeyRole.SELF, "salesforce:User:is1")]


def test_a_short_id_names_the_record_of_the_long_one() -> None:
    """The example that Salesforce gives: what reports show, and what the API gives out."""
    crm = Crm()
    hub = crm.hub(lead_id="00Q30000001FIEC")
    assert ("record_id", "salesforce:Lead:00Q30000001FIECEA4") in keys(crm, hub)


@pytest.mark.parametrize(
    "typed",
    [
        "00Q' OR Name != '",
        "00Q5j000001?x=1#y",
        "../../query",
        "00Q\x00",
        "００Q5j0000012345",
        "x" * 100_000,
        "a:b:c",
        " ",
        "山田",
    ],
)
def test_what_cannot_be_an_id_names_no_record(typed: str) -> None:
    crm = Crm()
    assert keys(crm, crm.hub(lead_id=typed)) == [("self", "hubspot:contacts:H1")]


def test_a_plain_number_of_15_digits_is_no_short_id() -> None:
    crm = Crm()
    assert ("record_id", "salesforce:Lead:123456789012345") in keys(crm, crm.hub(lead_id="123456789012345"))


@pytest.mark.parametrize("typed", ["a\x00b@c.co.jp", "a\u202eb@c.co.jp", "x" * 300 + "@c.co.jp"])
def test_an_address_that_no_mail_could_reach_joins_nobody(typed: str) -> None:
    crm = Crm()
    assert keys(crm, crm.lead(email=typed)) == [("self", "salesforce:Lead:L1")]
