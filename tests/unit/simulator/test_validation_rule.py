"""Validation rules that the simulated org really runs: refused formulas first, then what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import pytest

from connectors.simulator.clock import SimClock
from connectors.simulator.salesforce import SalesforceOrg
from connectors.simulator.salesforce.admin.draft import Draft
from connectors.simulator.salesforce.admin.formula import FormulaError, Scene, build
from tests.unit.simulator.admin import NOW, House, lead, open_house, package, permission_set, tags, xml

RECORD: dict[str, Any] = {"LastName": "山田", "Company": "見本商事", "Status": "Working - Contacted"}


@pytest.fixture(scope="module")
def org() -> SalesforceOrg:
    return SalesforceOrg(SimClock(NOW, speed=0))


@pytest.fixture
def house() -> Iterator[House]:
    with open_house(blank=False) as made:
        yield made


def rule(
    formula: str, *, message: str = "だめ", field: str = "", active: str = "true", name: str = "R"
) -> dict[str, str]:
    place = {"errorDisplayField": field} if field else {}
    content = tags(fullName=name, active=active, errorConditionFormula=escape(formula), **place, errorMessage=message)
    return lead(f"<validationRules>{content}</validationRules>")


@pytest.mark.parametrize(
    ("formula", "problem"),
    [
        ("ISEMPTY(Pain__c)", "Unknown function ISEMPTY. Check spelling."),
        ("ISBLANK(Pains__c)", "Field Pains__c does not exist. Check spelling."),
        ("$Permission.No_Such", "Field $Permission.No_Such does not exist. Check spelling."),
        ('RecordType.Kind = "x"', "Field RecordType.Kind does not exist. Check spelling."),
        ('Status = "x"', "Field Status is a picklist field. Picklist fields are only supported in certain functions."),
        ('ISPICKVAL(Pain__c, "x")', "Incorrect parameter type for function 'ISPICKVAL()'. Expected Picklist, received Text"),
        ("TEXT(Pain__c) = \"x\"", "Incorrect parameter type for function 'TEXT()'"),
        ("LEN(Pain__c, 2) > 1", "Incorrect number of parameters for function 'LEN()'. Expected 1, received 2"),
        ("CASE(Pain__c, \"a\", 1, \"b\", 2) = 1", "Incorrect number of parameters for function 'CASE()'. Expected 6, received 5"),
        ("AND(Pain__c, TRUE)", "Incorrect parameter type for function 'AND()'. Expected Boolean, received Text"),
        ("LEN(Pain__c) = \"3\"", "Incorrect parameter type for operator '='. Expected Number, received Text"),
        ("LEN(Pain__c)", "Formula result is data type (Number), incompatible with expected data type (true or false)."),
        ("ISBLANK(Pain__c", "Syntax error. Missing ')'"),
        ("ISBLANK(Pain__c))", "Syntax error. Extra )"),
        ("ISBLANK(Pain__c) AND TRUE", "Syntax error. Extra AND"),
        ("ISBLANK(Pain__c) § 1", "Syntax error. Found '§'"),
        ("ISCHANGED(TRIM(Pain__c))", "may only be used with a field"),
        ("LEN(\"" + "x" * 4000 + "\") > 1", "Maximum length is 3,900 characters."),
        ("", "Syntax error"),
    ],
)  # fmt: skip
def test_a_formula_that_no_org_takes(org: SalesforceOrg, formula: str, problem: str) -> None:
    with pytest.raises(FormulaError) as refused:
        build(Draft.of(org), "Lead", formula)
    assert problem in str(refused.value)


def scene(org: SalesforceOrg, new: dict[str, Any], old: dict[str, Any] | None) -> Scene:
    return Scene(org, "Lead", {**RECORD, **new}, {**RECORD, **old} if old is not None else None, NOW)


@pytest.mark.parametrize(
    ("formula", "new", "old", "expected"),
    [
        ("ISBLANK(Pain__c)", {}, {}, True),
        ("ISBLANK(Pain__c)", {"Pain__c": "x"}, {}, False),
        ('Pain__c = ""', {}, {}, True),
        ("ISNEW()", {}, None, True),
        ("ISNEW()", {}, {}, False),
        ("ISCHANGED(Status)", {}, None, False),
        ("ISCHANGED(Status)", {}, {"Status": "Open - Not Contacted"}, True),
        ('ISPICKVAL(PRIORVALUE(Status), "Open - Not Contacted")', {}, {"Status": "Open - Not Contacted"}, True),
        ('ISPICKVAL(PRIORVALUE(Status), "Working - Contacted")', {}, None, True),
        ('AND(ISCHANGED(Status), ISPICKVAL(Status, "Working - Contacted"), ISBLANK(Decision_Maker__c))', {}, {"Status": "Open - Not Contacted"}, True),
        ('AND(ISCHANGED(Status), ISPICKVAL(Status, "Working - Contacted"), ISBLANK(Decision_Maker__c))', {"Decision_Maker__c": "部長"}, {"Status": "Open - Not Contacted"}, False),
        ('OR(CONTAINS(LOWER(Pain__c), "tbd"), BEGINS(Pain__c, "未"))', {"Pain__c": "TBD"}, {}, True),
        ('OR(CONTAINS(LOWER(Pain__c), "tbd"), BEGINS(Pain__c, "未"))', {"Pain__c": "未定"}, {}, True),
        ('OR(CONTAINS(LOWER(Pain__c), "tbd"), BEGINS(Pain__c, "未"))', {"Pain__c": "在庫"}, {}, False),
        ('CASE(Status, "Working - Contacted", 1, "x", 2, 0) = 1', {}, {}, True),
        ('CASE(TRIM(Pain__c), "-", "no", "未定", "no", "yes") = "no"', {"Pain__c": " 未定 "}, {}, True),
        ("AnnualRevenue > 5", {}, {}, False),
        ("NOT(AnnualRevenue > 5)", {}, {}, True),
        ("AnnualRevenue * 2 - 1 >= 9 && !IsConverted", {"AnnualRevenue": 5.0, "IsConverted": False}, {}, True),
        ('LEN(Pain__c & "x") = 3 || FALSE', {"Pain__c": "ab"}, {}, True),
        ("SQL_Date__c > TODAY()", {"SQL_Date__c": "2026-11-21"}, {}, True),
        ("SQL_Date__c - TODAY() = 1", {"SQL_Date__c": "2026-11-21"}, {}, True),
        ("TODAY() - 3 <= SQL_Date__c", {"SQL_Date__c": "2026-11-17"}, {}, True),
        ('TEXT(Status) = "Working - Contacted"', {}, {}, True),
        ('IF(Waiver_Approved__c, LEN(Pain__c) > 1, FALSE) /* why */', {"Waiver_Approved__c": True, "Pain__c": "ab"}, {}, True),
        ("ISCHANGED(Pain__c) && NOT($Permission.Bypass)", {"Pain__c": "b"}, {"Pain__c": "a"}, True),
        ('$User.Alias = "integ"', {}, {}, True),
        ('$Profile.Name <> "x" && $UserRole.Name = NULL', {}, {}, True),
        ('REGEX(Pain__c, "[0-9]{2}")', {"Pain__c": "12"}, {}, True),
        ("'it''s' = 'x'", {}, {}, None),
    ],
)  # fmt: skip
def test_what_a_formula_says(org: SalesforceOrg, formula: str, new: Any, old: Any, expected: bool | None) -> None:
    draft = Draft.of(org)
    draft.setup.custom_permissions["Bypass"] = None  # pyright: ignore[reportArgumentType]  # only its name matters here
    if expected is None:
        with pytest.raises(FormulaError):
            build(draft, "Lead", formula)
        return
    assert build(draft, "Lead", formula)(scene(org, new, old)) is expected


def save(house: House, key: str, **values: Any) -> dict[str, Any]:
    body = {"records": [{"attributes": {"type": "Lead"}, "id": key, **values}]}
    return house.call("integration", "PATCH", "composite/sobjects", json=body).json()[0]


def test_a_rule_refuses_the_save_and_filling_in_the_same_save_passes(house: House) -> None:
    key = house.org.apply({"op": "insert", "object": "Lead", "record": {**RECORD, "Status": "Open - Not Contacted"}})
    formula = 'AND(ISCHANGED(Status), ISPICKVAL(Status, "Working - Contacted"), ISBLANK(TRIM(Decision_Maker__c)))'
    told = house.deploy(rule(formula, message="パスするには『決裁者』が必要です。", field="Decision_Maker__c"))
    assert told["status"] == "Succeeded"
    refused = save(house, key, Status="Working - Contacted")
    assert refused["errors"] == [
        {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "パスするには『決裁者』が必要です。", "fields": ["Decision_Maker__c"]}
    ]  # fmt: skip
    assert save(house, key, Title="部長")["success"], "nothing else is in its way"
    assert save(house, key, Status="Working - Contacted", Decision_Maker__c="部長")["success"]
    assert save(house, key, Decision_Maker__c=None)["success"], "the rule asks at the change only"


def test_all_broken_rules_are_told_at_once_and_a_sleeping_one_is_not_asked(house: House) -> None:
    key = house.org.apply({"op": "insert", "object": "Lead", "record": RECORD})
    for name, active in (("A", "true"), ("B", "true"), ("C", "false")):
        assert house.deploy(rule("ISBLANK(Pain__c)", message=name, name=name, active=active))["success"]
    assert [one["message"] for one in save(house, key, Title="x")["errors"]] == ["A", "B"]


def test_who_holds_the_custom_permission_passes(house: House) -> None:
    key = house.org.apply({"op": "insert", "object": "Lead", "record": RECORD})
    permission = {"package.xml": package(CustomPermission=["Pass"]), "customPermissions/Pass.customPermission": xml("CustomPermission", tags(label="Pass"))}  # fmt: skip
    assert house.deploy(permission)["success"]
    assert house.deploy(rule("NOT($Permission.Pass)"))["success"]
    assert not save(house, key, Title="x")["success"]
    granted = f"<customPermissions>{tags(enabled='true', name='Pass')}</customPermissions>"
    assert house.deploy(permission_set("P", granted))["success"]
    made = next(one.id for one in house.org.setup.sets.values() if one.name == "P")
    house.user().restful("sobjects/PermissionSetAssignment", method="POST", json={"AssigneeId": house.org.user_id, "PermissionSetId": made})  # fmt: skip
    assert save(house, key, Title="x")["success"]
    gone = {"package.xml": package(), "destructiveChanges.xml": package(CustomPermission=["Pass"])}
    assert "referenced elsewhere" in house.problems(gone)[0]


def test_a_bad_formula_fails_its_deployment_and_a_used_field_stays(house: House) -> None:
    assert house.problems(rule("ISBLANK(Nope__c)")) == ["Field Nope__c does not exist. Check spelling."]
    assert house.problems(rule("TRUE", field="Nope__c")) == [
        "In field: errorDisplayField - no CustomField named Lead.Nope__c found"
    ]
    house.deploy(rule("ISBLANK(Pain__c)"))
    gone = {"package.xml": package(), "destructiveChanges.xml": package(CustomField=["Lead.Pain__c"])}
    assert house.problems(gone) == [
        "This custom field is referenced elsewhere in salesforce.com. : Validation Rule - R"
    ]
    shown = house.call("admin", "GET", "tooling/query?q=SELECT ValidationName, Active FROM ValidationRule").json()
    assert [row["ValidationName"] for row in shown["records"]] == ["R"]


def test_a_value_outside_the_record_type_of_a_restricted_picklist_is_refused() -> None:
    with open_house() as house:
        org = house.org
        kind = org.data.objects["lead"].fields["leadsource"]
        kind.restricted = True
        partner = next(
            row["Id"] for row in org.data.tables["RecordType"].rows.values() if row["DeveloperName"] == "Partner"
        )
        key = org.apply({"op": "insert", "object": "Lead", "record": {**RECORD, "RecordTypeId": partner}})
        admin = house.user()

        def put(**values: Any) -> Any:
            body = {"records": [{"attributes": {"type": "Lead"}, "id": key, **values}]}
            answer = admin.restful("composite/sobjects", method="PATCH", json=body)
            assert answer is not None
            return answer[0]

        refused = put(LeadSource="Web")["errors"][0]
        assert refused["statusCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" and refused["fields"] == [
            "LeadSource"
        ]
        assert put(LeadSource="Partner Referral")["success"]
        usual = org.setup.default_types["Lead"]
        assert put(RecordTypeId=usual, LeadSource="Web")["success"]
        wrong = put(RecordTypeId=org.setup.default_types["Opportunity"])["errors"][0]
        assert "isn't valid for the user" in wrong["message"]
