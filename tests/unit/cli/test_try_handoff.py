"""`baton try handoff --jsonl`: the contract to the letter, and what a bad line gets."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest

from sync.cli.try_handoff import Judge, answer_lines
from tests.handoffs import ROOT

NOW = "2026-10-06T15:00:00+09:00"
LEAD = {
    "attributes": {"type": "Lead"},
    "Id": "00Q000000000001AAA",
    "CreatedDate": "2026-10-05T01:00:00.000+0000",
    "SystemModstamp": "2026-10-05T01:00:00.000+0000",
    "Email": "yamada@yamada-shoji.co.jp",
    "Status": "Working",
    "LeadSource": "資料DL",
    "Pain__c": None,
}
PERSON = {
    "id": "101",
    "properties": {"createdate": "2026-10-05T01:00:00Z", "email": "yamada@yamada-shoji.co.jp", "pain": ""},
}
USERS = [{"id": "005000000000001AAA", "role": "IS", "active": True, "hubspot_owner_id": "11"}]
QUESTION = {
    "id": "q1",
    "now": NOW,
    "users": USERS,
    "hubspot": {"contacts": [PERSON]},
    "salesforce": {"Lead": [LEAD]},
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(ROOT)


def ask(judge: Judge, **changes: Any) -> dict[str, Any]:
    return judge.answer(copy.deepcopy({**QUESTION, **changes}))


def test_the_answer_has_the_documented_shape(judge: Judge):
    answer = ask(judge)

    assert list(answer) == ["id", "passed_at", "links", "records"]
    assert answer["links"] == [["hubspot:contacts:101", "salesforce:Lead:00Q000000000001AAA"]]
    record = answer["records"]["salesforce:Lead:00Q000000000001AAA"]
    assert list(record)[:7] == ["status", "verdict", "missing", "unmet", "next_actor", "clocks", "note"]
    assert record["clocks"] == {
        "is_first_contact": {"state": "waiting", "due": "2026-10-07T18:00:00+09:00", "at": None},
        "fs_first_contact": {"state": "none", "due": None, "at": None},
    }
    assert {"passed_at", "missing_at_pass"} <= record.keys()


def test_a_key_that_is_absent_was_not_readable_and_null_is_empty(judge: Judge):
    alone = ask(judge, hubspot={})["records"]["salesforce:Lead:00Q000000000001AAA"]

    assert alone["status"] == "undetermined"
    assert alone["missing"] == ["pain"]  # null; the other typed items are absent


def test_ids_come_back_as_they_were_given(judge: Judge):
    short = {**LEAD, "Id": "00Q000000000001"}
    person = {"id": "101", "properties": {**PERSON["properties"], "email": None, "salesforceleadid": "00Q000000000001"}}

    answer = ask(judge, salesforce={"Lead": [short]}, hubspot={"contacts": [person]})

    assert answer["links"] == [["hubspot:contacts:101", "salesforce:Lead:00Q000000000001"]]
    assert set(answer["records"]) == {"hubspot:contacts:101", "salesforce:Lead:00Q000000000001"}


def test_activities_hang_on_contacts_by_list_or_by_association(judge: Judge):
    call = {"id": "1", "properties": {"hs_timestamp": "2026-10-05T02:00:00Z", "hs_createdate": "2026-10-05T02:00:00Z"}}
    listed = {**call, "contacts": ["101"]}
    associated = {**call, "associations": {"contacts": {"results": [{"id": "101", "type": "call_to_contact"}]}}}

    answers = [
        ask(judge, hubspot={"contacts": [PERSON], "calls": [one]})["records"]["salesforce:Lead:00Q000000000001AAA"]
        for one in (listed, associated)
    ]

    assert [answer["clocks"]["is_first_contact"]["state"] for answer in answers] == ["met", "met"]


def test_nothing_given_is_nobody_judged(judge: Judge):
    assert judge.answer({"id": 1, "now": NOW}) == {"id": 1, "passed_at": None, "links": [], "records": {}}


def test_objects_that_are_no_business_of_ours_are_left_alone(judge: Judge):
    answer = ask(judge, hubspot={"contacts": [PERSON], "notes": [{"id": "9"}]})

    assert "hubspot:contacts:101" in answer["records"]


def test_a_folder_named_in_the_line_decides(judge: Judge, tmp_path):
    (tmp_path / "config").mkdir()
    shipped = (ROOT / "config" / "definition.yaml").read_text(encoding="utf-8")
    (tmp_path / "config" / "definition.yaml").write_text(shipped.replace("version: 2026-10", "version: own-rules"))

    record = ask(judge, config=str(tmp_path))["records"]["hubspot:contacts:101"]

    assert record["definition"] == "own-rules"
    assert ask(judge)["records"]["hubspot:contacts:101"]["definition"] != "own-rules"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"now": "yesterday"}, "now"),
        ({"users": {}, "salesforce": []}, "salesforce"),
        ({"users": [1]}, "users[0]"),
        ({"users": [{"id": "5", "role": "IS"}]}, "users[0].Id"),
        ({"salesforce": {"Lead": {}}}, "salesforce.Lead"),
        ({"salesforce": {"Leads": []}}, "salesforce.Leads"),
        ({"salesforce": {"Lead": [LEAD, {"Id": "L-2"}]}}, "salesforce.Lead[1].Id"),
        ({"salesforce": {"Lead": [{**LEAD, "CreatedDate": "Monday"}]}}, "salesforce.Lead[0].CreatedDate"),
        ({"salesforce": {"Lead": [{**LEAD, "ConvertedDate": "2026-13-40"}]}}, "salesforce.Lead[0].ConvertedDate"),
        ({"salesforce": {"Lead": [{**LEAD, "Status": ["x"]}]}}, "salesforce.Lead[0].Status"),
        ({"hubspot": {"contacts": [{"id": "101"}]}}, "hubspot.contacts[0].properties"),
        ({"hubspot": {"contacts": [{"properties": {}}]}}, "hubspot.contacts[0].id"),
        ({"hubspot": {"calls": [{"id": "1", "properties": {}, "contacts": "101"}]}}, "hubspot.calls[0].contacts"),
        ({"history": [{"record": "Lead:1", "field": "Status", "at": NOW}]}, "history[0].record"),
        ({"history": [{"record": "salesforce:Lead:00Q000000000001AAA", "field": "Status"}]}, "history[0].at"),
        ({"config": "no/such/folder"}, "config"),
        ({"surprise": 1}, "surprise"),
    ],
)  # fmt: skip
def test_a_bad_line_is_answered_with_its_line_and_field(judge: Judge, capsys, changes, field):
    lines = [orjson.dumps({**QUESTION, **changes}), b"", b"not json", orjson.dumps(QUESTION)]

    assert answer_lines(judge, lines) == 1

    bad, broken, good = (orjson.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (bad["id"], bad["line"], bad["field"]) == ("q1", 1, field)
    assert bad["error"].startswith(f"line 1: {field}: ")
    assert (broken["id"], broken["line"], broken["field"]) == (None, 3, None)
    assert "records" in good


def test_the_command_reads_standard_input(baton, tmp_path):
    said = orjson.dumps(QUESTION).decode() + "\n[]\n"
    done = baton("try", "handoff", "--jsonl", "--config", str(tmp_path), said=said)

    answers = done.lines
    assert done.code == 1
    assert answers[0]["id"] == "q1" and answers[1]["line"] == 2
