"""One component at a time over the Tooling API, record types, and what a tool reads of the setup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.simulator.admin import House, lead, open_house, picklist


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as made:
        yield made


def field_body(name: str, **more: Any) -> dict[str, Any]:
    return {"FullName": name, "Metadata": {"type": "Text", "label": "見本", "length": 80, "externalId": False, **more}}


def record_type(house: House, name: str, kind: str = "Lead") -> str:
    rows = house.org.data.tables["RecordType"].rows.values()
    return next(row["Id"] for row in rows if row["SobjectType"] == kind and row["DeveloperName"] == name)


def values_of(house: House, kind: str, field: str, who: str = "admin") -> list[str]:
    path = f"ui-api/object-info/Lead/picklist-values/{kind}"
    told = house.call(who, "GET", path).json()["picklistFieldValues"]
    return [one["value"] for one in told[field]["values"]]


def test_who_may_not_customise_is_refused_and_what_is_wrong_is_named(house: House) -> None:
    refused = house.call("integration", "POST", "tooling/sobjects/CustomField", json=field_body("Lead.T1__c"))
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
    bad = house.call("admin", "POST", "tooling/sobjects/CustomField", json=field_body("Lead.T1__c", length=999))
    assert (bad.status_code, bad.json()[0]["errorCode"]) == (400, "FIELD_INTEGRITY_EXCEPTION")
    assert (
        house.call("admin", "POST", "tooling/sobjects/CustomField", json={"FullName": "Lead.T1__c"}).status_code == 400
    )
    assert house.call("admin", "GET", "tooling/sobjects/CustomField/00N5g00000000AA").status_code == 404
    assert house.call("admin", "POST", "tooling/sobjects/ApexClass", json={}).status_code == 404
    assert house.call("admin", "GET", "query?q=SELECT Id FROM CustomField").json()[0]["errorCode"] == "INVALID_TYPE"


def test_a_field_made_changed_and_deleted_alone(house: House) -> None:
    made = house.call("admin", "POST", "tooling/sobjects/CustomField", json=field_body("Lead.T2__c"))
    assert made.status_code == 201 and made.json()["success"]
    key = made.json()["id"]
    again = house.call("admin", "POST", "tooling/sobjects/CustomField", json=field_body("Lead.T2__c")).json()[0]
    assert (
        again["errorCode"] == "DUPLICATE_DEVELOPER_NAME"
        and again["message"] == "There is already a field named T2 on Lead."
    )
    found = house.call("admin", "GET", f"tooling/sobjects/CustomField/{key}").json()
    assert found["FullName"] == "Lead.T2__c" and found["Metadata"]["length"] == 80
    changed = house.call("admin", "PATCH", f"tooling/sobjects/CustomField/{key}", json=field_body("", label="別名"))
    assert changed.status_code == 204 and house.org.data.objects["lead"].fields["t2__c"].label == "別名"
    assert house.call("admin", "DELETE", f"tooling/sobjects/CustomField/{key}").status_code == 204
    assert "t2__c" not in house.org.data.objects["lead"].fields


def test_a_rule_alone(house: House) -> None:
    metadata = {"active": True, "errorConditionFormula": "ISBLANK(Nope__c)", "errorMessage": "だめ"}
    body = {"FullName": "Lead.Alone", "Metadata": metadata}
    bad = house.call("admin", "POST", "tooling/sobjects/ValidationRule", json=body).json()[0]
    assert bad["message"] == "Field Nope__c does not exist. Check spelling."
    body["Metadata"] = {**metadata, "errorConditionFormula": "ISBLANK(Pain__c)"}
    key = house.call("admin", "POST", "tooling/sobjects/ValidationRule", json=body).json()["id"]
    assert house.call("admin", "GET", f"tooling/sobjects/ValidationRule/{key}").json()["Metadata"]["active"] is True
    assert house.call("admin", "DELETE", f"tooling/sobjects/ValidationRule/{key}").status_code == 204


def test_a_record_type_offers_what_it_was_given_and_keeps_the_rest(house: House) -> None:
    partner, usual = record_type(house, "Partner"), record_type(house, "New_Business")
    assert values_of(house, partner, "LeadSource") == ["Partner Referral", "Other"]
    assert len(values_of(house, usual, "LeadSource")) > 2
    house.org.control("switch", {"picklists_in_record_types": False})
    assert house.deploy(lead(picklist("T3__c", "x", "y")))["success"]
    house.org.control("fls", {"object": "Lead", "field": "T3__c", "readable": True, "user": house.org.admin_id})
    assert values_of(house, usual, "T3__c") == []
    path = f"tooling/sobjects/RecordType/{usual}"
    metadata = house.call("admin", "GET", path).json()["Metadata"]
    for one in metadata["picklistValues"]:
        if one["picklist"] == "T3__c":
            one["values"] = [{"valueName": "y", "default": False}]
    assert house.call("integration", "PATCH", path, json={"Metadata": metadata}).status_code == 403
    assert house.call("admin", "PATCH", path, json={"Metadata": metadata}).status_code == 204
    assert values_of(house, usual, "T3__c") == ["y"] and len(values_of(house, usual, "LeadSource")) > 2
    wrong = {"picklistValues": [{"picklist": "T3__c", "values": [{"valueName": "z"}]}]}
    assert "z in picklist: T3__c not found" in house.call("admin", "PATCH", path, json={"Metadata": wrong}).text


def test_an_object_that_the_caller_may_not_read_has_no_info(house: House) -> None:
    assert house.call("integration", "GET", "ui-api/object-info/Lead").status_code == 403
    info = house.call("admin", "GET", "ui-api/object-info/Lead").json()
    names = {one["name"] for one in info["recordTypeInfos"].values()}
    assert {"New Business", "Partner"} <= names and info["defaultRecordTypeId"] == record_type(house, "New_Business")
    assert house.call("admin", "GET", f"ui-api/object-info/Lead/picklist-values/{house.org.user_id}").status_code == 404


def test_definitions_want_an_object_and_show_what_nobody_may_see(house: House) -> None:
    bare = house.call("admin", "GET", "query?q=SELECT QualifiedApiName FROM FieldDefinition").json()[0]
    assert bare["errorCode"] == "MALFORMED_QUERY"
    soql = "SELECT InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName IN ('Lead', 'Task') ORDER BY QualifiedApiName"
    rows = house.user().query(soql)["records"]
    assert [row["InternalSharingModel"] for row in rows] == ["Private", "ControlledByParent"]
