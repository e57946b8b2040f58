"""`setup` through the real command on a blank org and portal: makes what is missing, once; takes out what is ours, wholly."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from typer.testing import CliRunner

from sync import resources
from sync.app import open_app
from sync.cli import app, main
from sync.errors import ConfigError
from sync.settings.write import write_overrides
from sync.store.lock import hold_lock
from sync.trial import Trial
from tests import leak
from tests.acceptance import process


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    folder = tmp_path_factory.mktemp("operator")
    trial = Trial.start_blank(folder, seed=5, handoffs=12, salesforce={"picklists_in_record_types": False})
    try:
        furnish(trial)
        yield trial
    finally:
        trial.stop()


def furnish(trial: Trial) -> None:
    for room in ("config", "mappings"):
        shutil.copytree(resources.room("examples/saas-jp") / room, trial.folder / room)
    connections = {
        "salesforce": {
            "kind": "salesforce",
            "url": trial.simulator.salesforce_url,
            "auth": {
                "flow": "client_credentials",
                "client_id": "env:BATON_SF_CLIENT_ID",
                "client_secret": "env:BATON_SF_CLIENT_SECRET",
            },
        },
        "hubspot": {
            "kind": "hubspot",
            "url": trial.simulator.hubspot_url,
            "auth": {"flow": "token", "token": "env:BATON_HUBSPOT_TOKEN"},
        },
    }
    more = {"mode": "observe", "environment": "sandbox", "store": "sqlite:///var/baton.db", "connections": connections}
    write_overrides(trial.folder, more)


def baton(trial: Trial, *arguments: str) -> tuple[int, str]:
    """(exit code, what it printed)."""
    out = io.StringIO()
    with redirect_stdout(out), pytest.raises(SystemExit) as ended:
        main([*arguments, "--config", str(trial.folder)])
    leak.check(out.getvalue())
    return int(ended.value.code or 0), out.getvalue()


def answer(trial: Trial, *arguments: str) -> tuple[int, Any]:
    code, told = baton(trial, *arguments, "--json")
    return code, orjson.loads(told)


def writes(trial: Trial, since: tuple[int, int]) -> list[str]:
    """Calls that changed anything since then."""
    servers = (trial.simulator.salesforce_server, trial.simulator.hubspot_server)
    calls = [entry for server, start in zip(servers, since, strict=True) for entry in server.log[start:]]
    reading = ("/oauth", "/composite", "/search", "/batch/read", "access-token-info")
    return [
        f"{one.method} {one.path}"
        for one in calls
        if one.method != "GET" and not any(mark in one.path for mark in reading)
    ]


def mark(trial: Trial) -> tuple[int, int]:
    return len(trial.simulator.salesforce_server.log), len(trial.simulator.hubspot_server.log)


def names(found: Any, *, made: bool = False) -> set[str]:
    pieces = found["done"] if made else {one["connection"]: one["to_do"] for one in found["connections"]}
    return {piece["name"] for some in pieces.values() for piece in some}


def test_a_plan_changes_nothing_and_names_everything(trial: Trial) -> None:
    start = mark(trial)
    code, told = answer(trial, "setup", "plan")
    assert code == 0
    assert writes(trial, start) == []
    assert {
        "Lead.Baton_Status__c", "Opportunity.Baton_Brief__c", "Baton_Integration", "Baton_Viewer", "Baton_Manager",
        "Lead.Baton_Incomplete_Passes", "Opportunity.Baton_Overdue", "contacts.baton", "contacts.baton_status",
    } <= names(told)  # fmt: skip


def test_silence_is_no_consent(trial: Trial) -> None:
    start = mark(trial)
    for said in ("n\n", "", "maybe\n"):
        asked = CliRunner().invoke(app, ["setup", "apply", "--config", str(trial.folder)], input=said)
        assert asked.exit_code == 1
        assert "この内容で反映しますか？" in asked.output
    assert answer(trial, "setup", "apply")[0] == 2  # a machine says --yes
    assert writes(trial, start) == []


def test_killed_in_the_middle_and_asked_again_it_goes_on(trial: Trial) -> None:
    """After the org was done and a few properties were made: those that HubSpot does not show yet are a 409."""
    match = {"method": "POST", "path": "/crm/properties/\\S+/contacts"}
    slow = {"kind": "slow", "match": match, "times": 1, "after": 5, "seconds": 10}
    trial.simulator.hubspot_server.control("faults", {"add": [slow]})
    with process.started(trial.folder, "setup", "apply", "--yes") as running:
        process.until(lambda: made_in_portal(trial) > 1, "a few properties")
        running.kill()
    trial.simulator.hubspot_server.control("faults", {"clear": True})
    assert 1 < made_in_portal(trial) < 16
    code, told = answer(trial, "setup", "apply", "--yes")
    assert code == 0
    assert "contacts.baton_definition" in names(told, made=True)
    assert "Lead.Baton_Status__c" not in names(told, made=True)
    assert made_in_portal(trial) == 16


def made_in_portal(trial: Trial) -> int:
    return sum(name.startswith("baton_") for name in properties(trial))


def test_every_record_type_offers_our_values_and_keeps_its_own(trial: Trial) -> None:
    org = Org(trial, "sim-consumer-key", "sim-consumer-secret")
    for name in ("Lead", "Opportunity"):
        kinds = org.get(f"ui-api/object-info/{name}")["recordTypeInfos"]
        assert len(kinds) > 1
        for record_type in kinds:
            told = org.get(f"ui-api/object-info/{name}/picklist-values/{record_type}")["picklistFieldValues"]
            offered = {field: [one["value"] for one in values["values"]] for field, values in told.items()}
            assert "passed_incomplete" in offered["Baton_Status__c"], (name, kinds[record_type])
            assert offered["LeadSource"]


def test_again_changes_nothing(trial: Trial) -> None:
    start = mark(trial)
    code, told = answer(trial, "setup", "apply", "--yes")
    assert code == 0
    assert names(told) == set()
    assert writes(trial, start) == []


def test_the_daemon_can_write_its_fields_and_nothing_else(trial: Trial) -> None:
    """By what the integration user's own describe says."""
    org = Org(trial, "sim-consumer-key", "sim-consumer-secret")
    for name in ("Lead", "Opportunity"):
        fields = org.get(f"sobjects/{name}/describe")["fields"]
        editable = {one["name"] for one in fields if one["updateable"] and one["custom"]}
        assert editable
        assert {one[:6] for one in editable} == {"Baton_"}
        assert "Decision_Maker__c" in {one["name"] for one in fields}


def test_a_lost_permission_is_seen_and_given_back(trial: Trial) -> None:
    lost = {"object": "Lead", "field": "Baton_Status__c", "readable": True, "editable": False}
    trial.simulator.salesforce_server.control("fls", lost)
    _, told = answer(trial, "setup", "plan")
    assert names(told) == {"Baton_Integration"}
    (piece,) = told["connections"][0]["to_do"]
    assert piece["details"] == ["Lead.Baton_Status__c (edit)"]
    assert answer(trial, "setup", "apply", "--yes")[0] == 0
    org = Org(trial, "sim-consumer-key", "sim-consumer-secret")
    fields = {one["name"]: one for one in org.get("sobjects/Lead/describe")["fields"]}
    assert fields["Baton_Status__c"]["updateable"]


def test_an_assignment_that_was_taken_away_is_made_again(trial: Trial) -> None:
    trial.simulator.salesforce_server.control("revoke", {"permission_set": "Baton_Integration"})
    code, told = answer(trial, "setup", "apply", "--yes")
    assert code == 0
    assert [piece["kind"] for piece in told["done"]["salesforce"]] == ["assignment"]


def test_options_of_others_stay_and_new_ones_come_along(trial: Trial) -> None:
    """An item that was added to the model, in a list to which somebody added a value."""
    path = "/crm/v3/properties/contacts/baton_missing_items"
    held = portal(trial, "GET", path)["options"]
    theirs = {"label": "独自", "value": "theirs", "displayOrder": 99, "hidden": False}
    kept = [one for one in held if one["value"] != "pain"]
    portal(trial, "PATCH", path, {"options": [*kept, theirs]})
    code, told = answer(trial, "setup", "apply", "--yes")
    assert code == 0
    assert names(told, made=True) == {"contacts.baton_missing_items"}
    after = portal(trial, "GET", path)["options"]
    assert {one["value"] for one in after} == {one["value"] for one in held} | {"theirs"}
    assert [one["value"] for one in after[: len(kept)]] == [one["value"] for one in kept]


def test_a_field_of_another_type_is_refused_and_nothing_is_made(trial: Trial) -> None:
    text = {"type": "Text", "label": "IS minutes", "length": 20}
    org = Org(trial)
    made = org.post("tooling/sobjects/CustomField", {"FullName": "Lead.Baton_IS_Minutes__c", "Metadata": text})
    write_overrides(trial.folder, {"flags": {"minutes": True}})
    try:
        start = mark(trial)
        code, told = baton(trial, "setup", "apply", "--yes")
        assert code == 1
        assert "Lead.Baton_IS_Minutes__c は別の型で存在します（現在の型 → 必要な型：Text → Number）" in told
        assert writes(trial, start) == []
    finally:
        org.delete(f"tooling/sobjects/CustomField/{made['id']}")
        write_overrides(trial.folder, {"flags": {"minutes": False}})


def test_the_limit_of_fields_is_named_and_nothing_is_left_half_made(trial: Trial) -> None:
    trial.simulator.salesforce_server.control("switch", {"fields_max": 30})
    write_overrides(trial.folder, {"flags": {"minutes": True}})
    try:
        code, told = baton(trial, "setup", "apply", "--yes")
        assert code == 1
        assert "項目数の上限に達しています" in told
        assert not {one for one in custom_fields(trial) if "Minutes" in one}
    finally:
        trial.simulator.salesforce_server.control("switch", {"fields_max": 500})
        write_overrides(trial.folder, {"flags": {"minutes": False}})


@pytest.mark.parametrize(
    ("named", "connection"),
    [
        ("salesforce=env:BATON_SF_CLIENT_ID,env:BATON_SF_CLIENT_SECRET", "salesforce"),
        ("hubspot=env:BATON_HUBSPOT_TOKEN", "hubspot"),
    ],
)
def test_the_daemons_own_rights_do_not_suffice(trial: Trial, named: str, connection: str) -> None:
    write_overrides(trial.folder, {"flags": {"attempts": True}})
    try:
        start = mark(trial)
        code, told = baton(trial, "setup", "apply", "--yes", "--admin", named)
        assert code == 1
        assert f"反映できません（{connection}）" in told
        assert "管理者権限が足りません" in told
        assert [one for one in writes(trial, start) if connection in one] == []
    finally:
        write_overrides(trial.folder, {"flags": {"attempts": False}})


@pytest.mark.parametrize("named", ["salesforce", "nobody=env:X", "salesforce=hunter2-secret", "hubspot=env:A,env:B"])
def test_credentials_that_are_none_are_not_quoted(trial: Trial, named: str) -> None:
    told = CliRunner().invoke(app, ["setup", "plan", "--config", str(trial.folder), "--admin", named])
    assert isinstance(told.exception, ConfigError)
    assert "hunter2" not in f"{told.output}{told.exception}"


def test_fill_and_pass_in_one_save_and_nobody_passes_without(trial: Trial) -> None:
    """With no daemon anywhere: the rules test people's own fields."""
    code, told = answer(trial, "setup", "apply", "--rules", "--yes")
    assert code == 0
    assert len([name for name in names(told, made=True) if "Baton_Pass_" in name]) == 7
    rep = Org(trial, "sim-is1-key", "sim-is1-secret")
    lead = rep.post("sobjects/Lead", {"LastName": "山田", "Company": "青空商事", "Status": "Working"})["id"]
    status, errors = rep.ask("PATCH", f"sobjects/Lead/{lead}", {"Status": "SQL"})
    assert status == 400
    assert {one["errorCode"] for one in errors} == {"FIELD_CUSTOM_VALIDATION_EXCEPTION"}
    assert any("『決裁者』が必要です" in one["message"] for one in errors)
    answers = {
        "SQL_Reason__c": "来期の基幹刷新で比較中", "Pain__c": "月末の集計に3日かかっている", "Budget_Status__c": "確保済み",
        "Desired_Timing__c": "2027年4月", "Decision_Maker__c": "確認中", "NG_Topics__c": "特になし",
        "Next_Action__c": "12/3 オンライン商談",
    }  # fmt: skip
    status, errors = rep.ask("PATCH", f"sobjects/Lead/{lead}", {"Status": "SQL", **answers})
    assert status == 400  # a placeholder is no answer
    assert [one["fields"] for one in errors] == [["Decision_Maker__c"]]
    answers["Decision_Maker__c"] = "未確認：次回12/3に確認"
    assert rep.ask("PATCH", f"sobjects/Lead/{lead}", {"Status": "SQL", **answers})[0] == 204
    # Once passed, nobody is held up again; and Baton never is.
    assert rep.ask("PATCH", f"sobjects/Lead/{lead}", {"Decision_Maker__c": None})[0] == 204
    own = Org(trial, "sim-consumer-key", "sim-consumer-secret")
    assert own.ask("PATCH", f"sobjects/Lead/{lead}", {"Baton_Status__c": "passed_incomplete"})[0] == 204


def test_a_rule_of_an_item_that_is_asked_for_no_longer_goes(trial: Trial) -> None:
    path = trial.folder / "mappings" / "handoff.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("typed: [sql_reason, pain, ", "typed: [sql_reason, ", 1), encoding="utf-8")
    try:
        code, told = answer(trial, "setup", "apply", "--rules", "--yes")
        assert code == 0
        assert names(told, made=True) == {"Lead.Baton_Pass_Pain"}
        assert told["done"]["salesforce"][0]["state"] == "surplus"
    finally:
        path.write_text(text, encoding="utf-8")


def test_it_is_not_taken_out_under_a_daemon_or_while_it_writes(trial: Trial) -> None:
    start = mark(trial)
    write_overrides(trial.folder, {"mode": "write"})
    code, refused = baton(trial, "setup", "remove", "--yes")
    write_overrides(trial.folder, {"mode": "observe"})
    assert code == 1
    assert "mode: observe" in refused
    with open_app(trial.folder) as opened, hold_lock(opened.store):
        held = process.baton(trial.folder, "setup", "remove", "--yes")
    assert held.code == 2
    assert "in use" in held.err
    assert writes(trial, start) == []


def test_what_others_use_stops_the_removal_and_is_named(trial: Trial) -> None:
    """Somebody's own rule tests one of our fields."""
    org = Org(trial)
    rule = {
        "active": True,
        "errorConditionFormula": 'ISPICKVAL(Baton_Status__c, "returned")',
        "errorMessage": "x",
    }
    made = org.post("tooling/sobjects/ValidationRule", {"FullName": "Lead.Theirs", "Metadata": rule})
    code, told = baton(trial, "setup", "remove", "--yes")
    assert code == 1
    assert "Baton_Status__c" in told
    assert "Lead.Baton_Status__c" in custom_fields(trial)  # all or nothing
    org.delete(f"tooling/sobjects/ValidationRule/{made['id']}")


def test_removal_leaves_nothing_of_ours_and_touches_nothing_else(trial: Trial) -> None:
    before = others(trial)
    assert ours(trial)
    assert answer(trial, "setup", "remove", "--yes")[0] == 0
    assert ours(trial) == set()
    assert others(trial) == before
    start = mark(trial)
    assert answer(trial, "setup", "remove", "--yes") == (0, {"done": {}})
    assert writes(trial, start) == []


def test_what_is_exported_deploys_as_it_is_and_comes_out_again(trial: Trial, tmp_path: Path) -> None:
    """As an administrator with a tool of their own does it."""
    assert baton(trial, "setup", "export", str(tmp_path / "out"), "--rules", "--items", "--look")[0] == 0
    for name in ("package.zip", "rules.zip"):
        deploy_zip(trial, tmp_path / "out" / "salesforce" / name)
    _, told = answer(trial, "setup", "plan", "--rules", "--items")
    (salesforce, _) = told["connections"]
    assert {piece["kind"] for piece in salesforce["to_do"]} == {"assignment", "record_type"}
    deploy_zip(trial, tmp_path / "out" / "salesforce" / "removal.zip")
    assert ours(trial) == set()


def test_a_rule_about_a_field_that_is_not_there_is_refused_by_name(trial: Trial) -> None:
    path = trial.folder / "mappings" / "salesforce.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("pain: Pain__c", "pain: Kadai__c"), encoding="utf-8")
    try:
        start = mark(trial)
        code, told = baton(trial, "setup", "apply", "--rules", "--yes")
        assert code == 1
        assert "Lead.Baton_Pass_Pain が調べる項目が組織にありません：Kadai__c" in told
        assert writes(trial, start) == []
    finally:
        path.write_text(text, encoding="utf-8")


def deploy_zip(trial: Trial, path: Path) -> None:
    org = Org(trial)
    url = f"{org.url}/services/data/v62.0/metadata/deployRequest"
    options = {"deployOptions": {"singlePackage": True, "rollbackOnError": True, "testLevel": "NoTestRun"}}
    parts = {
        "json": (None, orjson.dumps(options), "application/json"),
        "file": (path.name, path.read_bytes(), "application/zip"),
    }
    made = requests.post(url, files=parts, headers=org.headers, timeout=60).json()
    while not (told := org.get(f"metadata/deployRequest/{made['id']}", includeDetails="true")["deployResult"])["done"]:
        pass
    assert told["success"], told["details"]["componentFailures"]


def ours(trial: Trial) -> set[str]:
    """Everything with our name on it, in both CRMs."""
    org = Org(trial)
    found = {one for one in custom_fields(trial) if "Baton" in one}
    for soql in (
        "SELECT Name FROM PermissionSet WHERE IsOwnedByProfile = false",
        "SELECT DeveloperName FROM CustomPermission",
        "SELECT DeveloperName FROM ListView",
    ):
        rows = org.get("query/", q=soql)["records"]
        found |= {str(row.get("Name") or row.get("DeveloperName")) for row in rows}
    rules = org.get("tooling/query/", q="SELECT ValidationName FROM ValidationRule")["records"]
    found |= {row["ValidationName"] for row in rules}
    found |= {name for name in properties(trial) if name.startswith("baton")}
    groups = portal(trial, "GET", "/crm/v3/properties/contacts/groups")["results"]
    found |= {one["name"] for one in groups if one["name"] in ("baton", "handoff")}
    return {name for name in found if name.lower().startswith(("baton", "handoff", "lead.baton", "opportunity.baton"))}


def others(trial: Trial) -> Any:
    """All values of everybody else's fields, and which fields and properties there are."""
    salesforce = trial.simulator.salesforce_server.control
    rows = {
        name: [
            {field: value for field, value in row.items() if not field.startswith("Baton_")}
            for row in salesforce("dump", {"object": name})["records"]
        ]
        for name in ("Lead", "Opportunity", "Contact", "Account", "Task")
    }
    contacts = {
        one: {name: value for name, value in held["properties"].items() if not name.startswith("baton_")}
        for one, held in trial.simulator.hubspot_server.control("dump", {"object": "contacts"}).items()
    }
    fields = {one for one in custom_fields(trial) if ".Baton_" not in one}
    return rows, contacts, fields, {name for name in properties(trial) if not name.startswith("baton_")}


def custom_fields(trial: Trial) -> set[str]:
    soql = "SELECT DeveloperName, TableEnumOrId FROM CustomField"
    rows = Org(trial).get("tooling/query/", q=soql)["records"]
    return {f"{row['TableEnumOrId']}.{row['DeveloperName']}__c" for row in rows}


def properties(trial: Trial) -> set[str]:
    return {one["name"] for one in portal(trial, "GET", "/crm/v3/properties/contacts")["results"]}


def portal(trial: Trial, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": "Bearer pat-na1-simulator-admin"}
    found = requests.request(method, trial.simulator.hubspot_url + path, json=body, headers=headers, timeout=60)
    assert found.status_code < 300, found.text
    return found.json()


class Org:
    """Somebody in the org: the administrator unless told otherwise."""

    def __init__(self, trial: Trial, key: str = "sim-admin-key", secret: str = "sim-admin-secret") -> None:
        self.url = trial.simulator.salesforce_url
        form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
        told = requests.post(f"{self.url}/services/oauth2/token", data=form, timeout=60).json()
        self.headers = {"Authorization": f"Bearer {told['access_token']}"}

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        url = f"{self.url}/services/data/v62.0/{path}"
        found = requests.request(method, url, json=body, params=query, headers=self.headers, timeout=60)
        return found.status_code, found.json() if found.content else None

    def get(self, path: str, **query: str) -> Any:
        status, told = self.ask("GET", path, **query)
        assert status == 200, told
        return told

    def post(self, path: str, body: Any) -> Any:
        status, told = self.ask("POST", path, body)
        assert status == 201, told
        return told

    def delete(self, path: str) -> None:
        status, told = self.ask("DELETE", path)
        assert status == 204, told
