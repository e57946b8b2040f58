"""What goes on in the simulated org while clients run: late commits, the bin, setup changes, sharing, locks, archiving."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import Headers, Request
from connectors.simulator.salesforce import SalesforceOrg
from connectors.simulator.salesforce.record_id import make_id
from connectors.simulator.world import World

NOW = datetime(2026, 11, 20, 0, 15, 2, tzinfo=UTC)
LEAD, OTHER = make_id("00Q", 1), make_id("00Q", 2)
ACCOUNT, CONTACT, DEAL, TASK = (make_id(prefix, 1) for prefix in ("001", "003", "006", "00T"))
REP = make_id("005", 7)
BASE = "/services/data/v62.0/"


class Org(SalesforceOrg):
    """An org with short ways to ask it and to let things happen."""

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        name, _, query = path.partition("?")
        fields = {key: [value] for key, _, value in (part.partition("=") for part in query.split("&") if part)}
        headers = Headers({"authorization": f"Bearer {self.sessions.issue(self.clock.now())}"})
        raw = orjson.dumps(body) if body is not None else b""
        answer = self.handle(Request(method, BASE + name, fields, headers, raw, BASE + path))
        return answer.status, orjson.loads(answer.body) if isinstance(answer.body, bytes) else answer.body

    def ids(self, soql: str, path: str = "query") -> list[str]:
        return [row["Id"] for row in self.rows(soql, path)]

    def rows(self, soql: str, path: str = "query") -> list[dict[str, Any]]:
        status, body = self.ask("GET", f"{path}?q={soql}")
        assert status == 200, body
        return body["records"]

    def patch(self, **fields: Any) -> str:
        """Error code of an update of the lead; "" = it went through."""
        record = {"attributes": {"type": "Lead"}, "id": LEAD, **fields}
        _, (result,) = self.ask("PATCH", "composite/sobjects", {"records": [record]})
        return result["errors"][0]["statusCode"] if result["errors"] else ""

    def feed(self, name: str) -> dict[str, Any]:
        return self.ask("GET", f"sobjects/Lead/{name}?start=2026-11-19T00:00:00Z&end=2026-11-21T00:00:00Z")[1]

    def deleted_ids(self) -> list[str]:
        return [one["id"] for one in self.feed("deleted")["deletedRecords"]]

    def happen(self, op: str, kind: str, key: str | None = None, record: Any = None, **more: Any) -> str:
        return self.apply({"at": None, "op": op, "object": kind, "id": key, "record": record or {}, **more})

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))


@pytest.fixture
def org() -> Org:
    org = Org(SimClock(NOW, speed=0))
    org.happen("insert", "User", REP, {"LastName": "佐藤", "Username": "r@example.com", "Email": "r@example.com"})
    org.happen("insert", "Account", ACCOUNT, {"Name": "見本商事"})
    org.happen("insert", "Contact", CONTACT, {"LastName": "田中", "AccountId": ACCOUNT, "OwnerId": REP})
    org.happen("insert", "Lead", LEAD, {"LastName": "山田", "Company": "見本商事", "OwnerId": REP})
    return org


# late commits ----------------------------------------------------------------------------------------------------------


def test_a_late_commit_appears_with_its_old_stamp_and_holds_the_covered_date_back(org: Org) -> None:
    org.happen("update", "Lead", LEAD, {"Title": "部長"}, visible_after=14 * 60)
    org.later(minutes=13)
    (before,) = org.rows("SELECT Title, SystemModstamp FROM Lead")
    assert before["Title"] is None
    assert org.feed("updated")["latestDateCovered"] == "2026-11-20T00:15:00.000+0000"
    org.later(minutes=2)
    (after,) = org.rows("SELECT Title, SystemModstamp FROM Lead")
    assert (after["Title"], after["SystemModstamp"]) == ("部長", "2026-11-20T00:15:02.000+0000")
    assert org.feed("updated")["latestDateCovered"] == "2026-11-20T00:30:00.000+0000"


def test_what_touches_a_record_of_a_running_transaction_waits_for_it(org: Org) -> None:
    org.happen("insert", "Lead", OTHER, {"LastName": "鈴木", "Company": "x"}, visible_after=600)
    org.later(minutes=1)
    org.happen("update", "Lead", OTHER, {"Title": "課長"})
    org.happen("insert", "Task", TASK, {"Subject": "x", "WhoId": OTHER})
    assert (org.ids("SELECT Id FROM Task"), org.ids("SELECT Id FROM Lead")) == ([], [LEAD])
    org.later(minutes=10)
    assert org.rows("SELECT Title FROM Lead WHERE Id = '" + OTHER + "'")[0]["Title"] == "課長"
    assert org.ids("SELECT Id FROM Task") == [TASK]


def test_a_client_cannot_write_to_a_record_of_a_running_transaction(org: Org) -> None:
    org.happen("update", "Lead", LEAD, {"Title": "部長"}, visible_after=60)
    assert org.patch(Phone="03-1") == "UNABLE_TO_LOCK_ROW"
    org.later(minutes=2)
    assert org.patch(Phone="03-1") == ""


def test_commits_late_by_chance_end_where_commits_at_once_do() -> None:
    world = World(5, 80)
    seeded, ahead = world.seed_events(), world.advance(world.start + timedelta(days=4))
    ends: list[dict[str, Any]] = []
    for share in (0.0, 0.4):
        org = Org(SimClock(world.start - timedelta(days=300), speed=0), late_share=share)
        late = 0
        for event in (one for one in (*seeded, *ahead) if one["system"] == "salesforce"):
            at = datetime.fromisoformat(event["at"]) if event["at"] else world.start
            org.clock.set(max(org.clock.now(), at))
            org.apply(event)
            late += len(org.commits) > 0
        assert (late > 50) == bool(share)
        org.later(hours=1)
        org.settle()
        ends.append({kind: _values(org, kind) for kind in ("Lead", "Contact", "Opportunity", "Task", "Event")})
    assert ends[0] == ends[1]
    assert len(ends[0]["Lead"]) > 30


def _values(org: Org, kind: str) -> dict[str, Any]:
    stamps = ("SystemModstamp", "LastModifiedDate")
    rows = org.data.tables[kind].rows
    return {key: {name: value for name, value in row.items() if name not in stamps} for key, row in rows.items()}


# bin, merge, archive ----------------------------------------------------------------------------------------------------


def test_what_left_the_bin_is_known_to_the_deleted_feed_alone(org: Org) -> None:
    org.happen("insert", "Lead", OTHER, {"LastName": "鈴木", "Company": "x"})
    org.happen("delete", "Lead", OTHER)
    assert org.ids("SELECT Id FROM Lead", "queryAll") == [LEAD, OTHER]
    org.happen("empty_bin", "Lead")
    assert org.ids("SELECT Id FROM Lead", "queryAll") == [LEAD]
    org.happen("hard_delete", "Lead", LEAD)
    assert org.ids("SELECT Id FROM Lead", "queryAll") == []
    assert sorted(org.deleted_ids()) == [LEAD, OTHER]


def test_what_was_taken_out_of_the_bin_is_there_again_with_a_new_stamp(org: Org) -> None:
    org.happen("delete", "Lead", LEAD)
    org.later(minutes=5)
    org.happen("undelete", "Lead", LEAD)
    (row,) = org.rows("SELECT Id, SystemModstamp, IsDeleted FROM Lead")
    assert (row["IsDeleted"], row["SystemModstamp"]) == (False, "2026-11-20T00:20:02.000+0000")
    assert org.deleted_ids() == []
    with pytest.raises(ValueError, match="is not in the bin"):
        org.happen("undelete", "Lead", LEAD)


def test_an_old_closed_activity_is_archived_at_night_and_bumped_by_the_system(org: Org) -> None:
    org.control("switch", {"archives_activities": True})
    org.happen("insert", "Task", TASK, {"Subject": "x", "Status": "Completed", "ActivityDate": "2025-11-21"})
    org.happen("insert", "Task", make_id("00T", 2), {"Subject": "x", "ActivityDate": "2025-11-01"})  # still open
    assert len(org.ids("SELECT Id FROM Task")) == 2
    org.later(days=3)
    assert org.ids("SELECT Id FROM Task") == [make_id("00T", 2)]
    rows = {row["Id"]: row for row in org.rows("SELECT Id, IsArchived, SystemModstamp FROM Task", "queryAll")}
    assert rows[TASK]["IsArchived"]
    assert rows[TASK]["SystemModstamp"].startswith("2026-11-23")


def test_a_mass_update_gives_thousands_one_stamp(org: Org) -> None:
    for number in range(3, 503):
        org.happen("insert", "Lead", make_id("00Q", number), {"LastName": "x", "Company": "x"})
    org.later(minutes=1)
    org.happen("mass_update", "Lead", record={"Rating": "Hot"})
    assert {row["SystemModstamp"] for row in org.data.tables["Lead"].rows.values()} == {"2026-11-20T00:16:02.000+0000"}
    org.happen("mass_update", "Lead", record={"Rating": "Cold"}, ids=[LEAD])
    assert org.rows("SELECT COUNT(Id) n FROM Lead WHERE Rating = 'Hot'")[0]["n"] == 500


# setup changes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "fields"), [("delete_fields", ["Pain__c"]), ("rename_fields", {"Pain__c": "Pain_Point__c"})]
)
def test_a_field_that_went_away_is_gone_from_describe_queries_and_writes(org: Org, op: str, fields: Any) -> None:
    org.happen("update", "Lead", LEAD, {"Pain__c": "手作業"})
    stamp = org.rows("SELECT SystemModstamp FROM Lead")[0]["SystemModstamp"]
    org.later(minutes=1)
    org.happen(op, "Lead", fields=fields)
    _, described = org.ask("GET", "sobjects/Lead/describe")
    assert "Pain__c" not in {item["name"] for item in described["fields"]}
    status, body = org.ask("GET", "query?q=SELECT Pain__c FROM Lead")
    assert (status, body[0]["errorCode"]) == (400, "INVALID_FIELD")
    body = {"records": [{"attributes": {"type": "Lead"}, "id": LEAD, "Pain__c": "x"}]}
    assert org.ask("PATCH", "composite/sobjects", body)[0] == 400
    if op == "rename_fields":
        (row,) = org.rows("SELECT Pain_Point__c, SystemModstamp FROM Lead")
        assert (row["Pain_Point__c"], row["SystemModstamp"]) == ("手作業", stamp)
    with pytest.raises(ValueError, match="no custom field"):
        org.happen("delete_fields", "Lead", fields=["Company"])


def test_an_object_gets_record_types_while_clients_run(org: Org) -> None:
    _, before = org.ask("GET", "sobjects/Lead/describe")
    assert before["recordTypeInfos"] == []
    assert "RecordTypeId" not in {item["name"] for item in before["fields"]}
    kept = make_id("012", 9)
    types = [{"id": kept, "name": "既存顧客", "developer_name": "Existing"}, {"name": "新規", "developer_name": "New"}]
    org.happen("record_types", "Lead", types=types)
    org.happen("update", "Lead", LEAD, {"RecordTypeId": kept})
    (row,) = org.rows("SELECT RecordTypeId, RecordType.Name, RecordType.DeveloperName FROM Lead")
    assert row["RecordType"]["Name"] == "既存顧客"
    assert org.ids("SELECT Id FROM Lead WHERE RecordType.DeveloperName = 'Existing'") == [LEAD]
    _, after = org.ask("GET", "sobjects/Lead/describe")
    infos = {one["developerName"]: one["recordTypeId"] for one in after["recordTypeInfos"]}
    assert (set(infos), infos["Existing"]) == ({"Existing", "New", "Master"}, kept)


# who may do what ----------------------------------------------------------------------------------------------------------


def share(org: Org, key: str, access: str) -> None:
    org.control("share", {"add": [{"id": key, "access": access}]})


def access_of(org: Org, *keys: str) -> dict[str, tuple[bool, bool, str]]:
    listed = ",".join(f"'{key}'" for key in keys)
    soql = (
        "SELECT RecordId, HasReadAccess, HasEditAccess, MaxAccessLevel FROM UserRecordAccess "
        f"WHERE UserId = '{org.user_id}' AND RecordId IN ({listed})"
    )
    return {
        row["RecordId"]: (row["HasReadAccess"], row["HasEditAccess"], row["MaxAccessLevel"]) for row in org.rows(soql)
    }


def test_a_row_that_sharing_hides_is_nowhere_and_comes_back_without_a_new_stamp(org: Org) -> None:
    org.happen("insert", "Task", TASK, {"Subject": "x", "WhoId": LEAD})
    (before,) = org.rows("SELECT SystemModstamp FROM Lead")
    share(org, REP, "none")
    assert (org.ids("SELECT Id FROM Lead"), org.ids("SELECT Id FROM Contact")) == ([], [])
    assert org.feed("updated")["ids"] == []
    assert org.ids("SELECT Id FROM LeadHistory") == []
    assert org.rows("SELECT Who.Name FROM Task")[0]["Who"] is None
    assert org.rows("SELECT Id FROM Task WHERE Who.Name = '山田'") == []
    assert org.ask("GET", f"sobjects/Lead/{LEAD}")[0] == 404
    assert org.ask("POST", "composite/sobjects/Lead", {"ids": [LEAD], "fields": ["Id"]})[1] == [None]
    assert org.patch(Title="x") == "INVALID_CROSS_REFERENCE_KEY"
    org.later(minutes=9)
    org.control("share", {"clear": True})
    assert org.rows("SELECT SystemModstamp FROM Lead") == [before]


def test_a_row_may_be_seen_and_not_edited_and_the_access_query_says_so(org: Org) -> None:
    share(org, LEAD, "read")
    share(org, CONTACT, "none")
    assert org.ids("SELECT Id FROM Lead") == [LEAD]
    assert org.patch(Title="x") == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert access_of(org, LEAD, CONTACT, ACCOUNT, OTHER) == {
        LEAD: (True, False, "Read"),
        CONTACT: (False, False, "None"),
        ACCOUNT: (True, True, "Edit"),
        OTHER: (False, False, "None"),
    }
    status, body = org.ask("GET", "query?q=SELECT RecordId FROM UserRecordAccess")
    assert (status, body[0]["errorCode"]) == (400, "MALFORMED_QUERY")
    with pytest.raises(ValueError, match="none, read or edit"):
        share(org, LEAD, "all")


def test_a_hidden_field_fails_the_query_and_a_read_only_one_fails_its_row(org: Org) -> None:
    org.control("fls", {"object": "Lead", "field": "Title", "editable": False})
    assert org.patch(Title="x") == "INVALID_FIELD_FOR_INSERT_UPDATE"
    org.control("fls", {"object": "Lead", "field": "Title", "readable": False})
    assert org.ask("GET", "query?q=SELECT Title FROM Lead")[0] == 400
    org.control("fls", {"object": "Lead", "field": "Title", "readable": True, "editable": True})
    assert org.patch(Title="x") == ""


@pytest.mark.parametrize(
    ("rule", "sent", "code"),
    [
        ({"blank": "Website"}, {"Title": "x"}, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
        ({"blank": "Website", "when": {"Rating": "Hot"}}, {"Title": "x"}, ""),
        ({"blank": "Website", "when": {"Rating": "Hot"}}, {"Rating": "Hot"}, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
        ({"changed": "Title"}, {"Title": "x"}, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
        ({"changed": "Title"}, {"Phone": "03-1"}, ""),
        ({"when": {"Status": "Open - Not Contacted"}}, {"Title": "x"}, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
    ],
)
def test_a_validation_rule_runs_on_every_save_whatever_was_sent(org: Org, rule: Any, sent: Any, code: str) -> None:
    org.control("validation_rules", {"rules": [{"object": "Lead", "message": "必須です", **rule}]})
    assert org.patch(**sent) == code


# locks, locators, pages ------------------------------------------------------------------------------------------------


def save(org: Org, kind: str, key: str, **fields: Any) -> bool:
    record = {"attributes": {"type": kind}, "id": key, **fields}
    return org.ask("PATCH", "composite/sobjects", {"records": [record]})[1][0]["success"]


def test_a_locked_account_locks_what_hangs_on_it_for_a_while(org: Org) -> None:
    deal = {"Name": "x", "StageName": "Prospecting", "CloseDate": "2027-01-31", "AccountId": ACCOUNT}
    org.happen("insert", "Opportunity", DEAL, deal)
    org.control("locks", {"add": [{"parent": ACCOUNT, "seconds": 30}]})
    assert not save(org, "Contact", CONTACT, Title="x")
    assert not save(org, "Opportunity", DEAL, NextStep="x")
    assert org.patch(Title="x") == ""
    org.later(seconds=31)
    assert save(org, "Contact", CONTACT, Title="x")
    assert save(org, "Opportunity", DEAL, NextStep="x")


def pages(org: Org, soql: str) -> Iterator[list[str]]:
    _, page = org.ask("GET", f"query?q={soql}")
    while True:
        yield [row["Id"] for row in page["records"]]
        if page["done"]:
            return
        _, page = org.ask("GET", page["nextRecordsUrl"].removeprefix(BASE))


def test_short_pages_lose_and_repeat_nothing(org: Org) -> None:
    for number in range(2, 700):
        org.happen("insert", "Lead", make_id("00Q", number), {"LastName": "x", "Company": "x"})
    org.control("switch", {"short_pages": True, "page_cap": 300})
    read = list(pages(org, "SELECT Id FROM Lead ORDER BY Id"))
    assert len({len(page) for page in read}) > 2
    assert max(len(page) for page in read) <= 300
    assert [key for page in read for key in page] == sorted(make_id("00Q", number) for number in range(1, 700))


def test_a_page_of_an_expired_locator_is_refused(org: Org) -> None:
    org.happen("insert", "Lead", OTHER, {"LastName": "x", "Company": "x"})
    org.control("switch", {"page_cap": 1, "locator_minutes": 15})
    _, page = org.ask("GET", "query?q=SELECT Id FROM Lead")
    url = page["nextRecordsUrl"].removeprefix(BASE)
    assert org.ask("GET", url)[0] == 200
    org.later(minutes=16)
    status, body = org.ask("GET", url)
    assert (status, body[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")
