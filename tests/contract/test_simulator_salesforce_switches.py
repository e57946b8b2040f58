"""Every switch of the simulated org shows in what a client sees: no two of its values look alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson
import pytest

from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import Headers, Request, Response
from connectors.simulator.salesforce import SalesforceOrg
from connectors.simulator.salesforce.admin.draft import Draft
from connectors.simulator.salesforce.admin.formula import FormulaError, build
from connectors.simulator.salesforce.admin.record_type import offered
from connectors.simulator.salesforce.record_id import make_id
from connectors.simulator.salesforce.switches import Switches, alternatives
from tests.unit.simulator.admin import (
    lead,
    object_access,
    package,
    permission_set,
    picklist,
    text_field,
    xml,
    zipped,
)

NOW = datetime(2026, 11, 20, 0, 15, 30, tzinfo=UTC)
LEAD, TASK, ACCOUNT, CONTACT, DEAL = (make_id(prefix, 1) for prefix in ("00Q", "00T", "001", "003", "006"))
BASE = "/services/data/v62.0/"
Probe = Callable[[SalesforceOrg], Any]


def ask(org: SalesforceOrg, method: str, path: str, body: Any = None, *, token: str = "", **headers: str) -> Response:
    name, _, query = path.partition("?")
    fields = {key: [value] for key, _, value in (part.partition("=") for part in query.split("&") if part)}
    sent = {"authorization": f"Bearer {token or org.sessions.issue(org.clock.now())}", **headers}
    raw = orjson.dumps(body) if body is not None else b""
    return org.handle(Request(method, BASE + name, fields, Headers(sent), raw, BASE + path))


def json(response: Response) -> Any:
    assert isinstance(response.body, bytes)
    return orjson.loads(response.body)


def rows(org: SalesforceOrg, soql: str, path: str = "query") -> Any:
    answer = ask(org, "GET", f"{path}?q={soql.replace('=', '%3D')}".replace("%3D", "="))
    assert answer.status == 200, answer.body
    return json(answer)


def happen(org: SalesforceOrg, op: str, kind: str, key: str | None = None, record: Any = None, **more: Any) -> str:
    return org.apply({"at": None, "op": op, "object": kind, "id": key, "record": record or {}, **more})


def leads(org: SalesforceOrg, amount: int = 1, **fields: Any) -> list[str]:
    record = {"LastName": "山田", "Company": "見本商事", **fields}
    return [happen(org, "insert", "Lead", make_id("00Q", number + 1), record) for number in range(amount)]


def patch(org: SalesforceOrg, *records: dict[str, Any], **headers: str) -> Response:
    body = {"records": [{"attributes": {"type": "Lead"}, **record} for record in records]}
    return ask(org, "PATCH", "composite/sobjects", body, **headers)


def row(org: SalesforceOrg, kind: str = "Lead", key: str = LEAD) -> dict[str, Any]:
    return org.data.tables[kind].rows[key]


def later(org: SalesforceOrg, **span: float) -> None:
    org.clock.advance(timedelta(**span))


def first_page(org: SalesforceOrg) -> int:
    leads(org, 250)
    return len(rows(org, "SELECT Id FROM Lead")["records"])


def child_rows(org: SalesforceOrg) -> bool:
    leads(org)
    for number in range(3):
        happen(org, "insert", "Task", make_id("00T", number + 1), {"Subject": "x", "WhoId": LEAD})
    return rows(org, "SELECT Id, (SELECT Id FROM Tasks) FROM Lead")["records"][0]["Tasks"]["done"]


def next_url(org: SalesforceOrg, path: str = "query") -> str:
    leads(org, 30)
    org.switches.page_cap = 10
    return rows(org, "SELECT Id FROM Lead", path)["nextRecordsUrl"]


def locator_life(org: SalesforceOrg) -> list[int]:
    path = next_url(org).removeprefix(BASE)
    now = ask(org, "GET", path).status
    later(org, minutes=20)
    return [now, ask(org, "GET", path).status]


def refused_locator(org: SalesforceOrg) -> str:
    return json(ask(org, "GET", "query/0r8none-10"))[0]["message"]


def unknown_field(org: SalesforceOrg) -> int:
    leads(org)
    return patch(org, {"id": LEAD, "Nope__c": 1}).status


def wrong_type(org: SalesforceOrg) -> int:
    leads(org)
    return patch(org, {"id": LEAD, "AnnualRevenue": "viel"}).status


def duplicate_id(org: SalesforceOrg) -> tuple[int, Any]:
    leads(org)
    answer = patch(org, {"id": LEAD, "Title": "1"}, {"id": LEAD, "Title": "2"})
    return answer.status, row(org)["Title"]


def identical(org: SalesforceOrg) -> bool:
    leads(org, Title="課長")
    before = row(org)["SystemModstamp"]
    later(org, minutes=1)
    patch(org, {"id": LEAD, "Title": "課長"})
    return row(org)["SystemModstamp"] == before


def reparented(org: SalesforceOrg) -> bool:
    leads(org, 2)
    happen(org, "insert", "Task", TASK, {"Subject": "x", "WhoId": LEAD})
    before = row(org, "Task", TASK)["SystemModstamp"]
    later(org, minutes=1)
    happen(org, "merge", "Lead", make_id("00Q", 2), loser=LEAD)
    assert row(org, "Task", TASK)["WhoId"] == make_id("00Q", 2)
    return row(org, "Task", TASK)["SystemModstamp"] == before


def convert(org: SalesforceOrg) -> None:
    leads(org)
    happen(org, "insert", "Task", TASK, {"Subject": "x", "WhoId": LEAD})
    made = {"Account": {"Id": ACCOUNT, "Name": "x"}, "Contact": {"Id": CONTACT, "LastName": "x"}}
    happen(org, "convert", "Lead", LEAD, made)


def what_after_conversion(org: SalesforceOrg) -> Any:
    convert(org)
    return row(org, "Task", TASK)["WhatId"]


def edit_converted(org: SalesforceOrg) -> bool:
    convert(org)
    return json(patch(org, {"id": LEAD, "Title": "x"}))[0]["success"]


def completed(org: SalesforceOrg) -> bool:
    happen(org, "insert", "Task", TASK, {"Subject": "x", "Status": "Completed"})
    return row(org, "Task", TASK)["CompletedDateTime"] is None


def archived(org: SalesforceOrg) -> tuple[int, ...]:
    happen(org, "insert", "Task", TASK, {"Subject": "x", "Status": "Completed", "ActivityDate": "2025-11-01"})
    later(org, days=1)
    return tuple(len(rows(org, "SELECT Id FROM Task", path)["records"]) for path in ("query", "queryAll"))


def visible(org: SalesforceOrg) -> list[int]:
    leads(org, 20)
    seen: list[int] = []
    for seconds in (0, 90, 900):
        later(org, seconds=seconds)
        seen.append(len(rows(org, "SELECT Id FROM Lead")["records"]))
    return seen


def visible_late(org: SalesforceOrg) -> bool:
    org.switches.late_share = 1.0
    return visible(org)[1] == 20


def covered(org: SalesforceOrg) -> str:
    happen(org, "insert", "Lead", LEAD, {"LastName": "x", "Company": "x"}, visible_after=600)
    later(org, minutes=5)
    span = "start=2026-11-20T00:00:00Z&end=2026-11-21T00:00:00Z"
    return json(ask(org, "GET", f"sobjects/Lead/updated?{span}"))["latestDateCovered"]


def replication_in_composite(org: SalesforceOrg) -> int:
    url = f"{BASE}sobjects/Lead/deleted?start=2026-11-20T00:00:00Z&end=2026-11-20T00:10:00Z"
    part = {"method": "GET", "url": url, "referenceId": "a"}
    return json(ask(org, "POST", "composite", {"compositeRequest": [part]}))["compositeResponse"][0]["httpStatusCode"]


def deleted_ids(org: SalesforceOrg, start: str = "2026-11-20T00:00:00Z") -> Any:
    answer = json(ask(org, "GET", f"sobjects/Lead/deleted?start={start}&end=2026-11-21T00:00:00Z"))
    return [one["id"] for one in answer["deletedRecords"]] if isinstance(answer, dict) else answer[0]["errorCode"]


def undeleted(org: SalesforceOrg) -> Any:
    leads(org)
    happen(org, "delete", "Lead", LEAD)
    assert deleted_ids(org) == [LEAD]
    happen(org, "undelete", "Lead", LEAD)
    return deleted_ids(org)


def passes(org: SalesforceOrg) -> list[int]:
    ids = leads(org, 4)
    done: list[int] = []
    for failing in (1, 3):
        org.control("row_errors", {"add": [{"id": one} for one in ids[:failing]]})
        results = json(patch(org, *({"id": one, "Title": str(failing)} for one in ids)))
        assert sum(row(org, key=one)["Title"] == str(failing) for one in ids) == sum(r["success"] for r in results)
        done.append(sum(result["success"] for result in results))
    return done


def hidden(org: SalesforceOrg) -> str:
    leads(org)
    org.control("share", {"add": [{"id": LEAD, "access": "none"}]})
    return json(patch(org, {"id": LEAD, "Title": "x"}))[0]["errors"][0]["statusCode"]


def read_only(org: SalesforceOrg) -> int:
    leads(org)
    org.control("share", {"add": [{"id": LEAD, "access": "read"}]})
    return ask(org, "PATCH", f"sobjects/Lead/{LEAD}", {"Title": "x"}).status


def conditional(org: SalesforceOrg) -> Response:
    leads(org)
    later(org, minutes=5)
    happen(org, "insert", "Task", TASK, {"Subject": "x", "WhoId": LEAD})
    since = {"if-unmodified-since": format_datetime(NOW + timedelta(minutes=1), usegmt=True)}
    return ask(org, "PATCH", f"sobjects/Lead/{LEAD}", {"Title": "x"}, **since)


def stale(org: SalesforceOrg) -> Any:
    leads(org)
    since = {"if-unmodified-since": format_datetime(NOW - timedelta(minutes=1), usegmt=True)}
    answer = ask(org, "PATCH", f"sobjects/Lead/{LEAD}", {"Title": "x"}, **since)
    assert answer.status == 412
    return answer.body


def expired(org: SalesforceOrg) -> Any:
    answer = ask(org, "GET", "limits", token="gone")
    assert answer.status == 401
    return answer.body


def usage(org: SalesforceOrg) -> str:
    return ask(org, "GET", "limits").headers["Sforce-Limit-Info"]


def beyond_quota(org: SalesforceOrg) -> int:
    org.switches.daily_limit = 1
    return [ask(org, "GET", "limits").status for _ in range(3)][-1]


def assigned(org: SalesforceOrg) -> str:
    leads(org, OwnerId=org.user_id)
    patch(org, {"id": LEAD, "Title": "x"})
    return row(org)["OwnerId"]


def duplicates(org: SalesforceOrg) -> bool:
    leads(org, 2, Email="a@example.co.jp")
    return json(patch(org, {"id": LEAD, "Title": "x"}))[0]["success"]


def lead_history(org: SalesforceOrg) -> int:
    leads(org)
    happen(org, "update", "Lead", LEAD, {"Status": "Working - Contacted"})
    return len(rows(org, "SELECT Id FROM LeadHistory")["records"])


def deal_history(org: SalesforceOrg) -> int:
    deal = {"Name": "x", "StageName": "Prospecting", "CloseDate": "2027-01-31"}
    happen(org, "insert", "Opportunity", DEAL, deal)
    happen(org, "update", "Opportunity", DEAL, {"StageName": "Qualification"})
    return len(rows(org, "SELECT Id FROM OpportunityFieldHistory")["records"])


def trimmed(org: SalesforceOrg) -> str:
    leads(org)
    patch(org, {"id": LEAD, "Title": " x "})
    return row(org)["Title"]


def task_by_object_permission(org: SalesforceOrg) -> int:
    for one in org.setup.sets.values():
        one.user_permissions -= {"ActivitiesAccess", "ViewAllData"}
        one.objects["Task"] = {"read"}
    org.setup.touch()
    return ask(org, "GET", "sobjects/Task/describe").status


def deployed(org: SalesforceOrg, files: dict[str, str]) -> dict[str, Any]:
    """A package deployed by the administrator, looked at until it is done: its result, and how often it was looked at."""
    token = org.sessions.issue(org.clock.now(), org.admin_id)
    mark = "x-mark"
    head = f'--{mark}\r\nContent-Disposition: form-data; name="'
    options = orjson.dumps({"deployOptions": {"rollbackOnError": True, "singlePackage": True}})
    body = head.encode() + b'json"\r\nContent-Type: application/json\r\n\r\n' + options + b"\r\n" + head.encode()
    body += b'file"; filename="d.zip"\r\nContent-Type: application/zip\r\n\r\n' + zipped(files)
    body += f"\r\n--{mark}--\r\n".encode()
    sent = Headers({"authorization": f"Bearer {token}", "content-type": f"multipart/form-data; boundary={mark}"})
    path = f"{BASE}metadata/deployRequest"
    begun = json(org.handle(Request("POST", path, {}, sent, body, path)))
    for looks in range(1, 9):
        told = json(ask(org, "GET", f"metadata/deployRequest/{begun['id']}?includeDetails=true", token=token))
        if told["deployResult"]["done"]:
            return {**told["deployResult"], "looks": looks}
    raise AssertionError("the deployment never ends")


def looks_of_deployment(org: SalesforceOrg) -> int:
    return deployed(org, lead(text_field("A__c")))["looks"]


def too_many_fields(org: SalesforceOrg) -> str:
    return deployed(org, lead(*(text_field(f"A{number}__c") for number in range(20))))["status"]


def translated(org: SalesforceOrg) -> str:
    files = {"package.xml": package(Translations=["ja"]), "translations/ja.translation": xml("Translations", "")}
    return deployed(org, files)["status"]


def assigned_set(org: SalesforceOrg, *, then: bool) -> Any:
    assert deployed(org, permission_set("P", object_access("Lead")))["status"] == "Succeeded"
    key = next(one.id for one in org.setup.sets.values() if one.name == "P")
    token = org.sessions.issue(org.clock.now(), org.admin_id)
    body = {"AssigneeId": org.user_id, "PermissionSetId": key}
    answer = ask(org, "POST", "sobjects/PermissionSetAssignment", body, token=token)
    gone = {"package.xml": package(), "destructiveChanges.xml": package(PermissionSet=["P"])}
    return deployed(org, gone)["status"] if then else answer.status


def choices_in_record_type(org: SalesforceOrg, *more: str) -> list[str]:
    """What the record type offers of a deployed picklist, whose values are changed once more with `more`."""
    kind = make_id("012", 1)
    happen(org, "record_types", "Lead", types=[{"name": "A", "id": kind}])
    for values in (("x",), ("x", *more)) if more else (("x",),):
        assert deployed(org, lead(picklist("B__c", *values)))["status"] == "Succeeded"
    item = org.data.objects["lead"].fields["b__c"]
    return list(offered(org, kind, item))


def limits_unseen(org: SalesforceOrg) -> int:
    for one in org.setup.sets.values():
        one.user_permissions -= {"ViewSetup"}
    org.setup.touch()
    return ask(org, "GET", "limits").status


def blank_picklist(org: SalesforceOrg) -> bool:
    try:
        build(Draft.of(org), "Lead", "ISBLANK(Rating)")
    except FormulaError:
        return False
    return True


def bulk_job(org: SalesforceOrg) -> Response:
    return ask(org, "POST", "jobs/query", {"operation": "queryAll", "query": "SELECT Id FROM Lead"})


def bulk_states(org: SalesforceOrg, times: int) -> list[Any]:
    made = json(bulk_job(org))
    answers = [ask(org, "GET", f"jobs/query/{made['id']}") for _ in range(times)]
    return [json(one)["state"] if one.status == 200 else one.status for one in answers]


def bulk_page(org: SalesforceOrg) -> Any:
    for number in range(3):
        happen(org, "insert", "Lead", record={"LastName": str(number), "Company": "y"})
    job = json(bulk_job(org))["id"]
    for _ in range(3):
        ask(org, "GET", f"jobs/query/{job}")
    return ask(org, "GET", f"jobs/query/{job}/results").headers["Sforce-NumberOfRecords"]


PROBES: dict[str, Probe] = {
    "isblank_of_picklist": blank_picklist,
    "deploy_polls": looks_of_deployment,
    "deploy_seconds": looks_of_deployment,
    "fields_max": too_many_fields,
    "picklists_in_record_types": choices_in_record_type,
    "values_in_record_types": lambda org: choices_in_record_type(org, "y"),
    "translation_workbench": translated,
    "integration_licence": lambda org: assigned_set(org, then=False),
    "assigned_set_deletable": lambda org: assigned_set(org, then=True),
    "limits_refusal": limits_unseen,
    "bulk_polls": lambda org: bulk_states(org, 2),
    "bulk_outcome": lambda org: (bulk_states(org, 5)[-1], bulk_states(org, 5)[-1]),
    "bulk_jobs": lambda org: bulk_job(org).status,
    "bulk_days": lambda org: bulk_states(org, 1),
    "bulk_page": bulk_page,
    "bulk_unsupported": lambda org: bulk_job(org).status,
    "activity_permissions": task_by_object_permission,
    "page_cap": first_page,
    "short_pages": first_page,
    "child_page": child_rows,
    "locator_minutes": locator_life,
    "queryall_next": lambda org: next_url(org, "queryAll").split("/")[4],
    "unknown_field": unknown_field,
    "wrong_type": wrong_type,
    "duplicate_id": duplicate_id,
    "identical_update_bumps": identical,
    "reparent_bumps": reparented,
    "convert_sets_what": what_after_conversion,
    "edit_converted": edit_converted,
    "completes_tasks": completed,
    "archives_activities": archived,
    "visible_after": visible,
    "late_share": visible,
    "late_seconds": visible_late,
    "covered_cut": covered,
    "covered_held": covered,
    "replication_in_composite": replication_in_composite,
    "delete_log_days": lambda org: deleted_ids(org, "2026-11-19T00:00:00Z"),
    "undeleted_stays_logged": undeleted,
    "trigger_passes": passes,
    "hidden_row": hidden,
    "no_access_status": read_only,
    "precondition": lambda org: conditional(org).status,
    "precondition_body": stale,
    "wording": refused_locator,
    "expired_body": expired,
    "daily_limit": usage,
    "enforce_limit": beyond_quota,
    "limit_grace": beyond_quota,
    "per_app_usage": usage,
    "assignment_owner": assigned,
    "duplicate_rules": duplicates,
    "tracked_lead_fields": lead_history,
    "tracked_opportunity_fields": deal_history,
    "absent_objects": lambda org: ask(org, "GET", "sobjects/EmailMessage/describe").status,
    "trim_text": trimmed,
}


@pytest.mark.parametrize("name", sorted(alternatives()))
def test_each_value_of_a_switch_shows(name: str) -> None:
    seen: list[Any] = []
    for value in alternatives()[name]:
        org = SalesforceOrg(SimClock(NOW, speed=0))
        org.control("switch", {name: value})
        seen.append(PROBES[name](org))
    assert len({repr(one) for one in seen}) == len(seen), seen


def test_the_first_alternative_of_every_switch_is_its_default() -> None:
    assert {name: values[0] for name, values in alternatives().items()} == asdict(Switches())


def test_a_switch_that_does_not_exist_changes_nothing() -> None:
    org = SalesforceOrg(SimClock(NOW, speed=0))
    with pytest.raises(ValueError, match="unknown switch 'nope'"):
        org.control("switch", {"page_cap": 5, "nope": 1})
    with pytest.raises(ValueError, match="at most 20 fields"):
        SalesforceOrg(SimClock(NOW, speed=0), tracked_lead_fields=[f"F{number}__c" for number in range(21)])
    assert org.switches.page_cap is None
