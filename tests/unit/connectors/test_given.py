"""Changes of fields that somebody tells by hand: the same history records that a source would deliver."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import connectors
from sync.core.model.records import Kind, RecordRef
from sync.ports import FieldChange, Given, StreamSpec

NOW = datetime(2026, 10, 6, 3, 0, tzinfo=UTC)
AT = datetime(2026, 10, 5, 3, 0, tzinfo=UTC)
BOSS, LEAD, DEAL = "0055g000007XyZ1AAK", "00Q5g00000A1b20EAB", "0065g00000Qw3e4AAB"
USERS: list[dict[str, Any]] = [{"id": BOSS, "email": "boss@example.jp", "role": "FS", "hubspot_owner_id": "77"}]
SPECS = {
    "salesforce": [
        StreamSpec("Lead", Kind.PERSON, watched=("Pain__c",)),
        StreamSpec("Opportunity", Kind.DEAL, watched=("NextStep", "Waiver_Approved__c")),
    ],
    "hubspot": [StreamSpec("contacts", Kind.PERSON, watched=("pain", "waiver_approved"))],
}


def told(record: str, field: str, old: Any, new: Any, by: str | None = None) -> list[dict[str, Any]]:
    ref = RecordRef.parse(record)
    change = FieldChange(ref, field, old, new, AT, by)
    given = Given(ref.connection, SPECS[ref.connection], {}, USERS, [change], NOW, ZoneInfo("Asia/Tokyo"))
    return [dict(one.facts) for one in connectors.load(ref.connection).read_given(given) if one.kind is Kind.HISTORY]


@pytest.mark.parametrize(
    ("record", "field", "by", "author"),
    [
        (f"salesforce:Lead:{LEAD}", "Pain__c", BOSS, f"salesforce:User:{BOSS}"),
        (f"salesforce:Opportunity:{DEAL}", "NextStep", BOSS, f"salesforce:User:{BOSS}"),
        (f"salesforce:Opportunity:{DEAL}", "NextStep", None, None),
        ("hubspot:contacts:101", "pain", BOSS, "hubspot:owners:77"),
        ("hubspot:contacts:101", "pain", "77", "hubspot:owners:77"),
        ("hubspot:contacts:101", "pain", None, None),
    ],
)
def test_a_value_says_who_when_and_over_what(record: str, field: str, by: str | None, author: str | None) -> None:
    (facts,) = told(record, field, "前", "後", by)
    assert facts == {
        "subject": record,
        "field": "value",
        "name": field,
        "old": "前",
        "new": "後",
        "at": "2026-10-05T03:00:00Z",
        "by": author,
    }


@pytest.mark.parametrize(
    "record", [f"salesforce:Lead:{LEAD}", f"salesforce:Opportunity:{DEAL}", "hubspot:contacts:101"]
)
def test_a_field_that_the_mapping_does_not_read_says_nothing(record: str) -> None:
    assert told(record, "Favourite_Colour__c", "red", "blue") == []


def test_owners_stages_and_conversions_keep_their_own_names() -> None:
    other = "0055g000007XyZ2AAK"
    for record in (f"salesforce:Lead:{LEAD}", f"salesforce:Opportunity:{DEAL}"):
        (facts,) = told(record, "OwnerId", BOSS, other)
        assert (facts["field"], facts["old"], facts["new"]) == (
            "owner",
            f"salesforce:User:{BOSS}",
            f"salesforce:User:{other}",
        )
    assert told(f"salesforce:Lead:{LEAD}", "Status", "Open", "SQL")[0]["field"] == "status"
    assert told(f"salesforce:Lead:{LEAD}", "IsConverted", False, True)[0]["field"] == "converted"
    assert told(f"salesforce:Opportunity:{DEAL}", "StageName", "A", "B")[0]["field"] == "stage"
    assert told("hubspot:contacts:101", "lifecyclestage", "lead", "opportunity")[0]["field"] == "status"
    assert told("hubspot:contacts:101", "hubspot_owner_id", "77", None)[0]["old"] == "hubspot:owners:77"
