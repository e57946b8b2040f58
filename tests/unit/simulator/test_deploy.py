"""Deploying metadata into the simulated org: refused first, then what is there afterwards and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceError

from tests.unit.simulator.admin import (
    House,
    field_access,
    lead,
    object_access,
    open_house,
    package,
    permission_set,
    picklist,
    tags,
    text_field,
    user_permission,
    xml,
)


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as made:
        yield made


def lead_fields(house: House, who: str = "admin") -> set[str]:
    return {one["name"] for one in house.call(who, "GET", "sobjects/Lead/describe").json()["fields"]}


def defined(house: House) -> set[str]:
    """Custom fields of the Lead as the setup knows them, whoever may see them."""
    soql = "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Lead'"
    return {row["QualifiedApiName"] for row in house.user().query_all(soql)["records"]}


def assign(house: House, name: str) -> str:
    admin = house.user()
    found = admin.query(f"SELECT Id FROM PermissionSet WHERE Name = '{name}'")["records"][0]["Id"]
    made = admin.restful(
        "sobjects/PermissionSetAssignment",
        method="POST",
        json={"AssigneeId": house.org.user_id, "PermissionSetId": found},
    )
    assert made is not None
    return made["id"]


def test_who_may_not_customise_deploys_nothing(house: House) -> None:
    refused = house.start(lead(text_field("A__c")), who="integration")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
    assert house.org.deployments.all == {}


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (text_field("A"), "Could not resolve standard field's name."),
        (text_field("A__c", type="Texte"), "'Texte' is not a valid value for the enum 'FieldType'"),
        (text_field("A__c", length=""), "Must specify 'length' for a CustomField of type Text"),
        (text_field("A__c", label="x" * 41), "Value too long for field: MasterLabel maximum length is:40"),
        (text_field("A__c", lenght=80), "Element {http://soap.sforce.com/2006/04/metadata}lenght invalid"),
        (text_field("A__b__c"), "The Field Name field can only contain"),
        (text_field(f"A{'b' * 40}__c"), "DeveloperName maximum length is:40"),
        (text_field("A__c", type="LongTextArea", length=2000), "Must specify 'visibleLines'"),
        (text_field("A__c", type="Number"), "Must specify 'precision'"),
        (text_field("A__c", type="Lookup"), "Must specify 'referenceTo'"),
        (picklist("A__c", "x", "x"), "Duplicate value: x"),
        (text_field("Pain__c", type="Number", precision=4, scale=0), "Cannot change the type of Pain__c"),
        ("<listViews><fullName>V</fullName><label>V</label><filterScope>All</filterScope></listViews>", "for the enum 'FilterScope'"),
        (
            "<listViews><fullName>V</fullName><columns>B__c</columns><label>V</label><filterScope>Mine</filterScope></listViews>",
            "Could not resolve list view column: B__c",
        ),
        ("<sharingModel>Read</sharingModel>", "does not deploy sharingModel"),
    ],
)  # fmt: skip
def test_what_no_org_takes_fails_in_the_vendors_words(house: House, parts: str, problem: str) -> None:
    before = defined(house)
    problems = house.problems(lead(parts))
    assert problem in problems[0], problems
    assert defined(house) == before


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"objects/Lead.object": xml("CustomObject", "")}, "No package.xml found"),
        ({"package.xml": "<Package>"}, "Error parsing file"),
        ({"package.xml": package(CustomField=["Lead.A__c"])}, "An object 'Lead.A__c' of type CustomField was named in package.xml, but was not found"),
        ({**lead(text_field("A__c")), **permission_set("P"), "package.xml": package(CustomObject=["Lead"])}, "Not in package.xml"),
        (permission_set("P", field_access("Lead.No__c")), "In field: field - no CustomField named Lead.No__c found"),
        (permission_set("P", field_access("Lead.Company")), "You cannot deploy to a required field: Lead.Company"),
        (permission_set("P", object_access("Task")), "no CustomObject named Task found"),
        (permission_set("P", user_permission("FlyAway")), "Unknown user permission: FlyAway"),
        (permission_set("P", f"<customPermissions>{tags(enabled='true', name='X')}</customPermissions>"), "no CustomPermission named X found"),
        (permission_set("P", object_access("Lead").replace("<allowRead>true", "<allowRead>false").replace("<allowEdit>false", "<allowEdit>true")), "Permission Edit Lead depends on permission(s): Read Lead"),
        ({"package.xml": package(CustomObjectTranslation=["Lead-ja"]), "objectTranslations/Lead-ja.objectTranslation": xml("CustomObjectTranslation", "<fields><name>No__c</name></fields>")}, "In field: name - no CustomField named Lead.No__c found"),
        ({"package.xml": package(), "destructiveChanges.xml": package(CustomField=["Lead.No__c"])}, "No CustomField named: Lead.No__c found"),
        ({"package.xml": package(), "destructiveChanges.xml": package(CustomField=["Lead.Phone"])}, "Cannot delete a standard field"),
        ({**lead(text_field("A__c")), "layouts/Lead.layout": xml("Layout", "")}, "Unexpected file or folder"),
    ],
)  # fmt: skip
def test_a_package_that_does_not_hold_together_fails(house: House, files: dict[str, str], problem: str) -> None:
    problems = house.problems(files)
    assert any(problem in one for one in problems), problems


def test_rubbish_instead_of_a_zip_and_missing_parts_are_refused(house: House) -> None:
    broken = {"json": (None, b"{}", "application/json"), "file": ("x.zip", b"no zip", "application/zip")}
    begun = house.call("admin", "POST", "metadata/deployRequest", files=broken)
    house.org.clock.advance(timedelta(minutes=5))
    told = house.call("admin", "GET", f"metadata/deployRequest/{begun.json()['id']}").json()["deployResult"]
    assert (told["status"], "zip" in told["errorMessage"], "details" in told) == ("Failed", True, False)
    assert house.call("admin", "POST", "metadata/deployRequest", files={"json": broken["json"]}).status_code == 400
    assert house.call("admin", "POST", "metadata/deployRequest", json={}).status_code == 415
    assert house.call("admin", "GET", "metadata/deployRequest/0Af5g0000000001").status_code == 404


def test_one_bad_component_undoes_the_others_unless_partial_success_was_asked(house: House) -> None:
    files = lead(text_field("Good__c"), text_field("Bad__c", length=999))
    assert house.deploy(files)["status"] == "Failed"
    assert "Good__c" not in defined(house)
    told = house.deploy(files, rollbackOnError=False)
    assert (told["status"], told["success"]) == ("SucceededPartial", False)
    assert "Good__c" in defined(house) and "Bad__c" not in defined(house)


def test_a_check_changes_nothing(house: House) -> None:
    told = house.deploy(lead(text_field("A__c")), checkOnly=True)
    assert (told["status"], told["checkOnly"]) == ("Succeeded", True)
    assert "A__c" not in defined(house)


def test_it_is_asynchronous_and_can_be_cancelled(house: House) -> None:
    path = f"metadata/deployRequest/{house.start(lead(text_field('A__c'))).json()['id']}"
    seen = [house.call("admin", "GET", path).json()["deployResult"]["status"] for _ in range(2)]
    assert seen == ["Pending", "InProgress"]
    asked = house.call("admin", "PATCH", path, json={"deployResult": {"status": "Canceling"}})
    assert asked.status_code == 202
    told = house.call("admin", "GET", path).json()["deployResult"]
    assert (told["status"], told["done"]) == ("Canceled", True) and "A__c" not in defined(house)


def test_what_nobody_looks_at_is_done_after_a_while(house: House) -> None:
    house.start(lead(text_field("A__c")))
    house.org.clock.advance(timedelta(minutes=1))
    assert "A__c" in defined(house)


def test_a_deployed_field_is_seen_by_nobody_until_it_is_granted(house: House) -> None:
    told = house.deploy(lead(text_field("A__c"), picklist("B__c", "x", "y")))
    assert [one["created"] for one in told["details"]["componentSuccesses"]] == [True, True]
    assert "A__c" in defined(house) and "A__c" not in lead_fields(house)
    with pytest.raises(SalesforceError, match="No such column 'A__c'"):
        house.user().query("SELECT A__c FROM Lead")
    granting = {**permission_set("P", object_access("Lead", edit=True, view_all=True), field_access("Lead.A__c", edit=True), field_access("Lead.B__c"))}  # fmt: skip
    assert house.deploy(granting)["status"] == "Succeeded"
    assert house.call("integration", "GET", "sobjects/Lead/describe").status_code == 404
    assign(house, "P")
    fields = {one["name"]: one for one in house.call("integration", "GET", "sobjects/Lead/describe").json()["fields"]}
    assert (fields["A__c"]["updateable"], fields["B__c"]["updateable"]) == (True, False)
    assert [one["label"] for one in fields["B__c"]["picklistValues"]] == ["X", "Y"]
    assert "A__c" not in lead_fields(house) and "Pain__c" not in fields


def test_the_same_again_changes_nothing_and_a_label_or_a_value_is_changed(house: House) -> None:
    files = lead(picklist("B__c", "x", "y"))
    house.deploy(files)
    again = house.deploy(files)["details"]["componentSuccesses"]
    assert [(one["created"], one["changed"]) for one in again] == [(False, False)]
    told = house.deploy(lead(picklist("B__c", "x", "y", "z")))["details"]["componentSuccesses"]
    assert [(one["created"], one["changed"]) for one in told] == [(False, True)]


def test_a_deleted_field_takes_its_values_and_grants_with_it(house: House) -> None:
    house.deploy(lead(text_field("A__c")))
    house.deploy(permission_set("P", field_access("Lead.A__c", edit=True)))
    made = house.org.apply(
        {"op": "insert", "object": "Lead", "record": {"LastName": "山田", "Company": "見本", "A__c": "v"}}
    )
    gone = {"package.xml": package(), "destructiveChanges.xml": package(CustomField=["Lead.A__c"])}
    assert house.deploy(gone)["status"] == "Succeeded"
    grants = "SELECT Field FROM FieldPermissions WHERE Field = 'Lead.A__c'"
    assert "A__c" not in defined(house) and house.user().query(grants)["totalSize"] == 0
    house.deploy(lead(text_field("A__c")))
    assert house.org.data.tables["Lead"].rows[made]["A__c"] is None


def test_what_is_in_use_is_not_deleted_unless_its_user_goes_too(house: House) -> None:
    view = "<listViews><fullName>V</fullName><columns>A__c</columns><label>自分</label><filterScope>Mine</filterScope></listViews>"
    house.deploy(lead(text_field("A__c"), view))
    gone = {"package.xml": package(), "destructiveChanges.xml": package(CustomField=["Lead.A__c"])}
    assert "referenced elsewhere" in house.problems(gone)[0]
    both = {"package.xml": package(), "destructiveChanges.xml": package(CustomField=["Lead.A__c"], ListView=["Lead.V"])}
    assert house.deploy(both)["status"] == "Succeeded"


def test_a_permission_set_goes_only_when_nobody_has_it(house: House) -> None:
    house.deploy(permission_set("P", object_access("Lead")))
    key = assign(house, "P")
    gone = {"package.xml": package(), "destructiveChanges.xml": package(PermissionSet=["P"])}
    assert "assigned to one or more users" in house.problems(gone)[0]
    house.user().restful(f"sobjects/PermissionSetAssignment/{key}", method="DELETE")
    assert house.deploy(gone)["status"] == "Succeeded"


def test_a_deployed_set_takes_the_place_of_what_it_held(house: House) -> None:
    house.deploy(permission_set("P", object_access("Lead"), object_access("Contact")))
    house.deploy(permission_set("P", object_access("Contact")))
    held = house.user().query("SELECT SobjectType FROM ObjectPermissions WHERE Parent.Name = 'P'")["records"]
    assert [row["SobjectType"] for row in held] == ["Contact"]


def test_labels_in_the_readers_language(house: House) -> None:
    house.deploy(lead(picklist("B__c", "x")))
    house.deploy(permission_set("P", object_access("Lead"), field_access("Lead.B__c")))
    assign(house, "P")
    values = "<picklistValues><masterLabel>X</masterLabel><translation>あ</translation></picklistValues>"
    words = f"<fields><help>助け</help><label>区分</label><name>B__c</name>{values}</fields>"
    files = {"package.xml": package(CustomObjectTranslation=["Lead-ja"]), "objectTranslations/Lead-ja.objectTranslation": xml("CustomObjectTranslation", words)}  # fmt: skip
    assert house.deploy(files)["status"] == "Succeeded"
    shown = house.call("integration", "GET", "sobjects/Lead/describe").json()["fields"]
    found: dict[str, Any] = next(one for one in shown if one["name"] == "B__c")
    assert (found["label"], found["picklistValues"][0]["label"], found["inlineHelpText"]) == ("区分", "あ", "助け")


def test_the_object_is_full_at_its_limit(house: House) -> None:
    custom = sum(one.custom for one in house.org.data.objects["lead"].fields.values())
    house.org.control("switch", {"fields_max": custom + 1})
    assert "maximum number of custom fields" in house.problems(lead(text_field("A__c"), text_field("B__c")))[0]
    assert house.deploy(lead(text_field("A__c")))["status"] == "Succeeded"


def test_list_views_and_what_the_zip_holds_in_one_folder(house: House) -> None:
    view = "<listViews><fullName>Mine_Due</fullName><columns>LEAD.STATUS</columns><label>自分の要補完パス</label><filterScope>Mine</filterScope></listViews>"
    nested = {f"unpackaged/{name}": text for name, text in lead(view).items()}
    assert house.deploy(nested)["status"] == "Succeeded"
    listed = house.call("admin", "GET", "sobjects/Lead/listviews").json()["listviews"]
    assert [(one["developerName"], one["label"]) for one in listed] == [("Mine_Due", "自分の要補完パス")]
