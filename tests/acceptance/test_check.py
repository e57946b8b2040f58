"""`check` over HTTP: what is lost in an org or a portal is named, with field, user, object and what to do; nothing is
changed by looking."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.checkup import check_folder
from sync.cli.check import Examined, texts_of
from sync.flow.check import Finding
from sync.trial import Trial
from tests import leak
from tests.acceptance.harness import is_write, mark, requests_since, running_trial

USER = "integration@example.com"


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with running_trial(tmp_path_factory.mktemp("operator"), seed=5, handoffs=20) as trial:
        trial.write_config("observe")
        yield trial


def examine(trial: Trial) -> Examined:
    checked = check_folder(trial.folder, trial.simulator.clock.now())
    found = Examined(checked.findings, checked.calls, checked.language)
    told = [text for one in found.findings for language in ("ja", "en") for text in texts_of(one, language)]
    leak.check(" ".join(text for text in told if "@kakehashi" not in text))
    return found


def one_of(found: Examined, kind: str, where: str = "") -> Finding:
    same = [one for one in found.findings if one.id == kind and where in one.where]
    assert same, [(one.id, one.where) for one in found.findings]
    return same[0]


def org(trial: Trial, action: str, payload: dict[str, Any]) -> Any:
    return trial.simulator.salesforce_server.control(action, payload)


def portal(trial: Trial, action: str, payload: dict[str, Any]) -> Any:
    return trial.simulator.hubspot_server.control(action, payload)


def test_a_sound_company_has_nothing_to_put_right_and_looking_changes_nothing(trial: Trial) -> None:
    start = mark(trial)
    found = examine(trial)
    asked = requests_since(trial, start)
    assert found.code == 0, [(one.id, one.where) for one in found.findings if one.kind.severity == "error"]
    assert not [
        entry.path
        for entries in asked.values()
        for entry in entries
        if is_write(entry) and "token-info" not in entry.path
    ]
    assert found.calls == {name: len(entries) for name, entries in asked.items()}
    assert sum(entry.cost for entry in asked["salesforce"]) <= 30
    assert sum(entry.cost for entry in asked["hubspot"]) <= 70


def test_a_hidden_field_is_named_with_object_user_and_what_to_do(trial: Trial) -> None:
    org(trial, "fls", {"object": "Lead", "field": "Pain__c", "readable": False})
    try:
        found = examine(trial)
    finally:
        org(trial, "fls", {"object": "Lead", "field": "Pain__c", "readable": True, "editable": True})
    hidden = one_of(found, "field_unreadable")
    assert found.code == 1
    assert hidden.where == "salesforce:Lead.Pain__c"
    assert hidden.parts["items"] == ("pain",)
    for language in ("ja", "en"):
        seen, do = texts_of(hidden, language)
        assert all(word in seen for word in ("Lead", "Pain__c", USER, "pain"))
        assert all(word in do for word in ("Lead.Pain__c", USER, "Baton Integration"))


def test_one_of_several_fields_of_an_item_is_missed_by_nobody(trial: Trial) -> None:
    org(trial, "fls", {"object": "Lead", "field": "MobilePhone", "readable": False})
    try:
        found = examine(trial)
    finally:
        org(trial, "fls", {"object": "Lead", "field": "MobilePhone", "readable": True, "editable": True})
    assert one_of(found, "field_unreadable_spare").where == "salesforce:Lead.MobilePhone"
    assert found.code == 0


@pytest.mark.parametrize(
    ("access", "kind"), [({"editable": False}, "flag_readonly"), ({"readable": False}, "flag_missing")]
)
def test_a_lost_permission_on_a_field_of_ours_is_named(trial: Trial, access: dict[str, bool], kind: str) -> None:
    field = {"object": "Opportunity", "field": "Baton_Status__c"}
    org(trial, "fls", {**field, **access})
    try:
        found = examine(trial)
    finally:
        org(trial, "fls", {**field, "readable": True, "editable": True})
    lost = one_of(found, kind)
    assert found.code == 1
    assert lost.where == "salesforce:Opportunity.Baton_Status__c"
    seen, do = texts_of(lost, "en")
    assert "Opportunity" in seen
    assert USER in seen
    assert "Baton Integration" in do


@pytest.mark.parametrize(("access", "kind"), [("read", "record_readonly"), ("none", "record_unshared")])
def test_an_unshared_record_is_named(trial: Trial, access: str, kind: str) -> None:
    lead = next(iter(_leads_with_activities(trial)))
    org(trial, "share", {"add": [{"id": lead, "access": access}]})
    try:
        found = examine(trial)
    finally:
        org(trial, "share", {"clear": True})
    closed = one_of(found, kind)
    assert found.code == 1
    assert lead in str(closed.parts["examples"])
    seen, do = texts_of(closed, "ja")
    assert all(word in seen for word in ("Lead", USER, lead))
    assert "Baton Integration" in do or USER in do


def _leads_with_activities(trial: Trial) -> Iterator[str]:
    hung = {row["WhoId"] for row in org(trial, "dump", {"object": "Task"})["records"] if not row["IsDeleted"]}
    for row in org(trial, "dump", {"object": "Lead"})["records"]:
        if row["Id"] in hung and not row["IsDeleted"] and not row["IsConverted"]:
            yield row["Id"]


def test_a_lost_scope_is_named_and_what_can_still_be_read_is_checked(trial: Trial) -> None:
    before = sorted(trial.simulator.hubspot.credentials.scopes)
    portal(
        trial,
        "scopes",
        {"scopes": [one for one in before if one not in ("crm.objects.contacts.write", "sales-email-read")]},
    )
    try:
        found = examine(trial)
    finally:
        portal(trial, "scopes", {"scopes": before})
    assert found.code == 1
    assert {one.parts["scope"] for one in found.findings if one.id == "scope_missing"} == {
        "crm.objects.contacts.write",
        "sales-email-read",
    }
    assert one_of(found, "object_off").where == "hubspot:emails"
    assert one_of(found, "scope_count", "salesforce:Lead")


def test_a_property_that_may_no_longer_be_written_or_lost_an_option_is_named(trial: Trial) -> None:
    portal(trial, "property", {"object": "contacts", "name": "baton_status", "read_only": True})
    try:
        found = examine(trial)
    finally:
        portal(trial, "property", {"object": "contacts", "name": "baton_status", "read_only": False})
    assert one_of(found, "flag_readonly").where == "hubspot:contacts.baton_status"


def test_a_rotated_token_stops_one_connection_and_the_other_is_looked_at(trial: Trial) -> None:
    portal(trial, "token", {"token": "pat-na1-rotated-away"})
    try:
        found = examine(trial)
    finally:
        portal(trial, "token", {"token": "pat-na1-simulator"})
    assert one_of(found, "refused").where == "hubspot"
    assert one_of(found, "scope_count", "salesforce:Lead")
    assert found.code == 1


def test_the_same_name_on_another_org_is_no_longer_ours(trial: Trial) -> None:
    from sync.app import open_app
    from sync.flow.connect import prepare

    with open_app(trial.folder) as app:
        prepare(app.context)  # pins both tenants
    rows = trial.simulator.salesforce.data.tables["Organization"].rows
    row = next(iter(rows.values()))
    row["IsSandbox"] = False  # as if the folder were pointed at production
    try:
        found = examine(trial)
    finally:
        row["IsSandbox"] = True
    assert one_of(found, "other_tenant").where == "salesforce"
    assert found.code == 1


def test_what_the_crm_offers_and_nobody_knows_is_listed(trial: Trial) -> None:
    found = examine(trial)
    assert "Partner Referral" in one_of(found, "choice_unknown", "salesforce:Lead.LeadSource").parts["values"]
    assert one_of(found, "pass_status_unknown").parts["values"] == ("SQL",)


def test_clocks_of_the_machine_that_are_wrong_are_told_and_nobody_is_judged_by_them(trial: Trial) -> None:
    checked = check_folder(trial.folder, trial.simulator.clock.now() + timedelta(hours=2))
    assert {one.where for one in checked.findings if one.id == "clock_skew"} == {"salesforce", "hubspot"}
    assert not [one for one in checked.findings if one.kind.severity == "error"]


def test_a_folder_with_a_mistake_is_unusable_and_says_where(tmp_path: Path, trial: Trial) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/baton.yaml").write_text("language: en\nconections: {}\n")
    checked = check_folder(tmp_path, trial.simulator.clock.now())
    found = Examined(checked.findings, checked.calls, checked.language)
    assert found.code == 2
    assert found.language == "en"
    assert any("config/baton.yaml:2" in one.where for one in found.findings)
