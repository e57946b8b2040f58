"""Who sees and edits what in the simulated org: objects, fields, records, by permission sets, sharing and roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simple_salesforce.exceptions import SalesforceError

from tests.unit.simulator.admin import (
    House,
    field_access,
    object_access,
    open_house,
    permission_set,
    user_permission,
)

LEAD = {"LastName": "山田", "Company": "見本商事"}


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as made:
        for key in ("is1", "fs1"):
            user = {"Username": f"{key}@example.com", "LastName": key, "Email": f"{key}@example.com"}
            made.org.apply({"op": "insert", "object": "User", "id": user_id(key), "record": user})
        people = [{"id": user_id(key), "key": key, "team": key[:2]} for key in ("is1", "fs1")]
        made.org.control("organise", {"people": people})
        yield made


def user_id(key: str) -> str:
    return {"is1": "0055g00000Isone", "fs1": "0055g00000Fsone"}[key]


def token_of(house: House, key: str) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": f"sim-{key}-key", "client_secret": f"sim-{key}-secret"}
    token = requests.post(f"{house.url}/services/oauth2/token", data=form, timeout=60).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def ask(house: House, key: str, method: str, path: str, **more: Any) -> Any:
    url = f"{house.url}/services/data/v62.0/{path}"
    return requests.request(method, url, headers=token_of(house, key), timeout=60, **more)


def make_lead(house: House, owner: str, **fields: Any) -> str:
    record = {**LEAD, "OwnerId": user_id(owner) if owner in ("is1", "fs1") else owner, **fields}
    return house.org.apply({"op": "insert", "object": "Lead", "record": record})


def grant(house: House, *parts: str, name: str = "P") -> str:
    """A permission set that the integration user gets; its id."""
    assert house.deploy(permission_set(name, *parts))["success"]
    key = next(one.id for one in house.org.setup.sets.values() if one.name == name)
    house.call("admin", "POST", "sobjects/PermissionSetAssignment", json={"AssigneeId": house.org.user_id, "PermissionSetId": key})  # fmt: skip
    return key


def patch(house: House, key: str, **values: Any) -> dict[str, Any]:
    body = {"records": [{"attributes": {"type": "Lead"}, "id": key, **values}]}
    answer = house.call("integration", "PATCH", "composite/sobjects", json=body).json()
    return answer[0]


def access(house: House, *records: str) -> dict[str, tuple[bool, bool]]:
    listed = ", ".join(f"'{one}'" for one in records)
    soql = f"SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess WHERE UserId = '{house.org.user_id}' AND RecordId IN ({listed})"
    rows = house.user("integration").query(soql)["records"]
    return {row["RecordId"]: (row["HasReadAccess"], row["HasEditAccess"]) for row in rows}


def test_without_a_permission_set_there_is_nothing(house: House) -> None:
    key = make_lead(house, "is1")
    with pytest.raises(SalesforceError, match="sObject type 'Lead' is not supported"):
        house.user("integration").query("SELECT Id FROM Lead")
    listed = {one["name"] for one in house.call("integration", "GET", "sobjects").json()["sobjects"]}
    assert "User" in listed and not listed & {"Lead", "Opportunity", "Task", "PermissionSet"}
    assert house.call("integration", "GET", f"sobjects/Lead/{key}").status_code == 404
    assert house.call("integration", "GET", "limits").status_code == 403
    assert access(house, key) == {key: (False, False)}


def test_who_asks_is_told_what_the_system_lets_them_do(house: House) -> None:
    soql = "SELECT PermissionsCustomizeApplication, PermissionsApiEnabled FROM UserPermissionAccess"
    told = {who: house.user(who).query(soql)["records"][0] for who in ("admin", "integration")}
    assert [row["PermissionsCustomizeApplication"] for row in told.values()] == [True, False]
    assert told["integration"]["PermissionsApiEnabled"]


def test_an_unknown_or_wrong_secret_gets_no_token(house: House) -> None:
    with pytest.raises(KeyError):
        house.token("sim-admin-key")


def test_reading_without_edit_is_told_row_by_row(house: House) -> None:
    key = make_lead(house, "is1")
    grant(house, object_access("Lead"), field_access("Lead.Title"), field_access("Lead.Pain__c", edit=True))
    assert house.user("integration").query("SELECT Id, Title FROM Lead")["totalSize"] == 1
    assert patch(house, key, Pain__c="x")["errors"][0]["statusCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
    refused = patch(house, key, Title="x")["errors"][0]
    assert (refused["statusCode"], refused["fields"]) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ["Title"])
    with pytest.raises(SalesforceError, match="No such column 'Phone'"):
        house.user("integration").query("SELECT Phone FROM Lead")


def test_private_sharing_follows_roles_and_ends_at_an_owner_outside(house: House) -> None:
    mine, other = make_lead(house, "is1"), make_lead(house, "fs1")
    grant(house, object_access("Lead", edit=True), field_access("Lead.Pain__c", edit=True))
    assert access(house, mine, other) == {mine: (True, True), other: (True, True)}
    house.org.control("owner_outside", {"records": [other]})
    assert access(house, mine, other) == {mine: (True, True), other: (False, False)}
    assert house.user("integration").query("SELECT Id FROM Lead")["totalSize"] == 1
    assert patch(house, other, Pain__c="x")["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    grant(house, object_access("Lead", edit=True, view_all=True), name="All")
    assert access(house, other) == {other: (True, False)}
    assert patch(house, other, Pain__c="x")["errors"][0]["statusCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
    house.org.control("sharing", {"Lead": "ReadWrite"})
    assert patch(house, other, Pain__c="x")["success"]


def test_reps_see_their_own_records_only_and_the_admin_all(house: House) -> None:
    make_lead(house, "is1")
    make_lead(house, "fs1")
    seen = {key: ask(house, key, "GET", "query?q=SELECT Id FROM Lead").json()["totalSize"] for key in ("is1", "fs1")}
    assert seen == {"is1": 1, "fs1": 1}
    assert house.user().query("SELECT Id FROM Lead")["totalSize"] == 2
    assert ask(house, "is1", "GET", "query?q=SELECT Id FROM PermissionSet").json()[0]["errorCode"] == "INVALID_TYPE"
    key = house.org.apply({"op": "insert", "object": "Lead", "record": {**LEAD, "OwnerId": user_id("fs1")}})
    assert ask(house, "is1", "PATCH", f"sobjects/Lead/{key}", json={"Title": "x"}).status_code == 404
    changed = ask(house, "fs1", "PATCH", f"sobjects/Lead/{key}", json={"Title": "x"})
    row = house.org.data.tables["Lead"].rows[key]
    assert changed.status_code == 204 and row["LastModifiedById"][:15] == user_id("fs1")


def test_activities_follow_what_they_hang_on(house: House) -> None:
    key = make_lead(house, "fs1")
    record = {"Subject": "電話", "WhoId": key, "OwnerId": house.org.admin_id, "Status": "Completed"}
    house.org.apply({"op": "insert", "object": "Task", "record": record})
    grant(house, object_access("Lead"))
    assert house.call("integration", "GET", "sobjects/Task/describe").status_code == 404
    grant(house, user_permission("ActivitiesAccess"), name="Act")
    reader = house.user("integration")
    assert reader.query("SELECT Id FROM Task")["totalSize"] == 1
    with pytest.raises(SalesforceError, match="No such column 'Description'"):
        reader.query("SELECT Description FROM Task")
    house.org.control("owner_outside", {"records": [key]})
    assert reader.query("SELECT Id FROM Task")["totalSize"] == 0


def test_a_lost_permission_shows_at_once(house: House) -> None:
    make_lead(house, "is1")
    grant(house, object_access("Lead"), field_access("Lead.Title"))
    reader = house.user("integration")
    assert reader.query("SELECT Id, Title FROM Lead")["totalSize"] == 1
    house.org.control("fls", {"object": "Lead", "field": "Title", "readable": False})
    with pytest.raises(SalesforceError, match="No such column 'Title'"):
        reader.query("SELECT Title FROM Lead")
    house.org.control("revoke", {"permission_set": "P"})
    with pytest.raises(SalesforceError, match="not supported"):
        reader.query("SELECT Id FROM Lead")


def test_only_who_may_assign_changes_the_setup(house: House) -> None:
    key = grant(house, object_access("Lead"), user_permission("ViewSetup"))
    body = {
        "ParentId": key,
        "SobjectType": "Lead",
        "Field": "Lead.Title",
        "PermissionsRead": True,
        "PermissionsEdit": False,
    }
    refused = house.call("integration", "POST", "sobjects/FieldPermissions", json=body)
    assert refused.json()[0]["errorCode"] in ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")  # fmt: skip
    assert house.call("admin", "POST", "sobjects/FieldPermissions", json=body).status_code == 201
    wrong = {**body, "Field": "Lead.Nope__c"}
    assert house.call("admin", "POST", "sobjects/FieldPermissions", json=wrong).json()[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"  # fmt: skip
    again = {"AssigneeId": house.org.user_id, "PermissionSetId": key}
    assert house.call("admin", "POST", "sobjects/PermissionSetAssignment", json=again).json()[0]["errorCode"] == "DUPLICATE_VALUE"  # fmt: skip
    granted = house.user("integration").query(
        "SELECT Field, PermissionsEdit FROM FieldPermissions WHERE Parent.Name = 'P'"
    )
    assert [(row["Field"], row["PermissionsEdit"]) for row in granted["records"]] == [("Lead.Title", False)]


def test_setup_and_data_do_not_mix_in_one_call_and_all_or_none_undoes_the_setup(house: House) -> None:
    key = grant(house, object_access("Lead"))
    entry = {"attributes": {"type": "FieldPermissions"}, "ParentId": key, "SobjectType": "Lead", "PermissionsRead": True, "PermissionsEdit": False}  # fmt: skip
    mixed = {"records": [{**entry, "Field": "Lead.Title"}, {"attributes": {"type": "Lead"}, **LEAD}]}
    assert house.call("admin", "POST", "composite/sobjects", json=mixed).json()[0]["errorCode"] == "MIXED_DML_OPERATION"
    half = {"allOrNone": True, "records": [{**entry, "Field": "Lead.Title"}, {**entry, "Field": "Lead.Nope__c"}]}
    answer = house.call("admin", "POST", "composite/sobjects", json=half).json()
    assert [one["success"] for one in answer] == [False, False]
    assert house.user().query("SELECT Id FROM FieldPermissions WHERE Parent.Name = 'P'")["totalSize"] == 0
    assert house.call("admin", "POST", "composite/sobjects", json={**half, "allOrNone": False}).json()[0]["success"]
    assert house.user().query("SELECT Id FROM FieldPermissions WHERE Parent.Name = 'P'")["totalSize"] == 1
