"""What setup makes of an org's own definitions, and of a deployment that the org refuses."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.kit.errors import Answer, Refused
from connectors.salesforce.comparison import add_choices, compare_field, compare_rule
from connectors.salesforce.component import FIELD, MARK, RULE, Component
from connectors.salesforce.deploy import deploy
from connectors.salesforce.findings import FoundField
from sync.errors import OutcomeUnknown, SetupRefused, TransientError
from sync.outfit import PieceState


def field(name: str = "Lead.Baton_Status__c", **node: Any) -> Component:
    return Component(FIELD, name, {"fullName": name.rpartition(".")[2], "type": "Picklist", "label": "x", **node})


def choices(*values: str, restricted: bool = False, key: str = "fullName") -> dict[str, Any]:
    listed = [{key: value, "label": value.upper(), "default": False} for value in values]
    return {"restricted": restricted, "valueSetDefinition": {"sorted": False, "value": listed}}


def found(**metadata: Any) -> FoundField:
    return FoundField("00N000000000001", {"type": "Picklist", "label": "x", **metadata})


def values(node: Any) -> list[str]:
    return [one["fullName"] for one in node["valueSet"]["valueSetDefinition"]["value"]]


def test_values_are_added_behind_those_that_are_there() -> None:
    """As the Tooling API tells them, and as the Metadata API takes them."""
    piece, node = compare_field(
        field(valueSet=choices("a", "b")), found(valueSet=choices("theirs", "b", key="valueName"), label="改名")
    )
    assert (piece.state, piece.details) == (PieceState.DIFFERENT, ("A",))
    assert node is not None
    assert values(node) == ["theirs", "b", "a"]
    assert node["label"] == "改名"


def test_a_value_that_was_switched_off_is_switched_on_again() -> None:
    held = choices("a", "b")
    held["valueSetDefinition"]["value"][0]["isActive"] = False
    _, node = compare_field(field(valueSet=choices("a")), found(valueSet=held))
    assert node is not None
    assert node["valueSet"]["valueSetDefinition"]["value"][-1] == {"fullName": "a", "label": "A", "default": False}


def test_a_restricted_list_is_opened() -> None:
    piece, node = compare_field(field(valueSet=choices("a")), found(valueSet=choices("a", restricted=True)))
    assert piece.details == ("unrestricted",)
    assert node is not None
    assert not node["valueSet"]["restricted"]


@pytest.mark.parametrize(("held", "grown"), [(255, 2000), (2000, None), (4000, None)])
def test_a_text_grows_and_never_shrinks(held: int, grown: int | None) -> None:
    wanted = field(type="LongTextArea", length=2000)
    piece, node = compare_field(wanted, found(type="LongTextArea", length=held))
    assert piece.state is (PieceState.DIFFERENT if grown else PieceState.THERE)
    assert (node or {}).get("length") == grown


def test_a_field_of_another_type_blocks() -> None:
    piece, node = compare_field(field(), found(type="Text"))
    assert (piece.state, piece.reason, piece.details) == (PieceState.BLOCKED, "other_type", ("Text", "Picklist"))
    assert node is None


def test_a_field_of_the_companys_own_is_left_unless_setup_made_it() -> None:
    people = field("Lead.Budget_Status__c", valueSet=choices("a"))
    assert compare_field(people, found(type="Text"))[0].state is PieceState.THERE
    assert compare_field(people, found(description=MARK, valueSet=choices()))[0].state is PieceState.DIFFERENT


def test_a_rule_that_somebody_switched_off_stays_off() -> None:
    wanted = Component(
        RULE, "Lead.Baton_Pass_Pain", {"active": True, "errorConditionFormula": "a", "errorMessage": "m"}
    )
    held = {"active": False, "errorConditionFormula": "a", "errorMessage": "m"}
    assert compare_rule(wanted, held)[0].state is PieceState.THERE
    piece, node = compare_rule(wanted, {**held, "errorConditionFormula": "b"})
    assert piece.state is PieceState.DIFFERENT
    assert node is not None
    assert node["active"] is False


def test_a_record_type_keeps_everything_that_it_offers() -> None:
    held = {
        "label": "Partner",
        "active": True,
        "businessProcess": "Sales",
        "picklistValues": [
            {"picklist": "LeadSource", "values": [{"valueName": "Web", "default": True}]},
            {"picklist": "Baton_Status__c", "values": [{"valueName": "a", "default": False}]},
        ],
    }
    changed, lacking = add_choices(held, [field(valueSet=choices("a", "b"))])
    assert lacking == ["Baton_Status__c"]
    assert changed is not None
    assert changed["businessProcess"] == "Sales"
    assert changed["picklistValues"][0] == held["picklistValues"][0]
    assert [one["valueName"] for one in changed["picklistValues"][1]["values"]] == ["a", "b"]
    assert add_choices(changed, [field(valueSet=choices("a", "b"))]) == (None, [])


class Org:
    """Takes a deployment and answers what it is told to, one answer per look."""

    def __init__(self, *answers: dict[str, Any], error: Exception | None = None) -> None:
        self.answers, self.error, self.bodies = list(answers), error, list[bytes]()

    def change(self, method: str, path: str, body: bytes, content_type: str) -> Any:
        assert (method, path) == ("POST", "metadata/deployRequest")
        assert content_type.startswith("multipart/form-data; boundary=")
        self.bodies.append(body)
        if self.error:
            raise self.error
        return {"id": "0Af000000000001"}

    def get(self, path: str, query: Any) -> Any:
        return {"deployResult": self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]}


def run(org: Org) -> list[float]:
    slept: list[float] = []
    deploy(org, "salesforce", {"package.xml": b"<x/>"}, slept.append)  # type: ignore[arg-type]  # the two calls that it makes
    return slept


def test_a_deployment_is_waited_for_ever_more_seldom() -> None:
    busy = {"status": "InProgress", "done": False}
    slept = run(Org(busy, busy, busy, {"status": "Succeeded", "done": True, "success": True}))
    assert slept == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("You have reached the maximum number of custom fields for this object", "limit"),
        ("Cannot create field: a deleted field with this name is in the Recycle Bin", "bin"),
        ("Cannot change type due to existing data", "other_type"),
        ("Field Baton_Status__c is referenced elsewhere in salesforce.com", "used"),
        ("Not available for deploy for this organization: translation workbench", "workbench"),
        ("something new", "failed"),
    ],
)
def test_what_failed_is_told_apart_by_the_vendors_words(problem: str, code: str) -> None:
    failure = {"fullName": "Lead.Baton_Status__c", "problem": problem}
    for listed in ([failure], failure):  # one alone comes without its list
        told = {"status": "Failed", "done": True, "success": False, "details": {"componentFailures": listed}}
        with pytest.raises(SetupRefused) as refused:
            run(Org(told))
        (one,) = refused.value.refusals
        assert (one.code, one.name, one.detail) == (code, "Lead.Baton_Status__c", problem)


def test_a_failure_without_components_says_what_the_org_said() -> None:
    told = {"status": "Failed", "done": True, "success": False, "errorMessage": "No package.xml found"}
    with pytest.raises(SetupRefused, match="No package"):
        run(Org(told))


def test_without_the_right_it_says_so() -> None:
    error = Refused("x", Answer(403, "INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id"))
    with pytest.raises(SetupRefused) as refused:
        run(Org({}, error=error))
    assert refused.value.refusals[0].code == "no_right"


def test_an_answer_that_was_lost_is_no_failure_but_a_reason_to_ask_again() -> None:
    with pytest.raises(TransientError, match="ask again"):
        run(Org({}, error=OutcomeUnknown("no complete answer")))
