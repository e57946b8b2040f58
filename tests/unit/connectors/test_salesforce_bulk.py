"""A first reading by a bulk job, over HTTP: the same records as by query, whatever becomes of the job."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from connectors.salesforce.bulk import read_csv
from connectors.salesforce.describe import FieldInfo
from connectors.simulator.faults import Fault
from sync.core.model.records import Kind, SourceRecord
from sync.errors import BatonError, TransientError
from sync.ports import Automation, Cursor, StreamSpec
from tests.unit.connectors.salesforce_org import LEADS, Org, running_org

WIDE = StreamSpec(
    "Lead", Kind.PERSON, ("LastName", "Title", "Email", "AnnualRevenue", "NumberOfEmployees", "Description"), True
)
TEXTS = ["=1+1", 'a "quoted" one', "a, b", "two\nlines", "NA", "null", " ", "改行\r\nと、引用「”」", "😀"]


@pytest.fixture
def org() -> Iterator[Org]:
    with running_org() as org:
        yield org


def load(org: Org, count: int = 25) -> None:
    for number in range(count):
        text = TEXTS[number % len(TEXTS)]
        org.happen("insert", record={
            "LastName": f"{text}{number}", "Company": "y", "Title": text, "Description": text * 3,
            "AnnualRevenue": number * 1.5 if number % 3 else None, "NumberOfEmployees": number if number % 2 else None,
        })  # fmt: skip
    org.pass_(minutes=20)


class Reader:
    """Reads as the engine does: every page's cursor is kept as JSON, and a new reading begins with it."""

    def __init__(self, org: Org, spec: StreamSpec = LEADS, cursor: Cursor | None = None) -> None:
        self.org, self.spec = org, spec
        self.cursor: Any = {"bulk": {}} if cursor is None else cursor
        self.records: list[SourceRecord] = []
        self.errors: list[str] = []

    def read(self, pages: int | None = None) -> Reader:
        """To the end or so many pages with records; a failed reading begins again."""
        for _ in range(10):
            try:
                found = 0
                for page in self.org.source.head([self.spec], {self.spec.name: self.cursor}):
                    self.cursor = json.loads(json.dumps(page.cursor))
                    self.records += page.records
                    found += bool(page.records)
                    if pages is not None and found == pages:
                        return self
                return self
            except BatonError as error:
                self.errors.append(f"{type(error).__name__}: {error}")
        raise AssertionError(self.errors)

    def jobs(self) -> int:
        return sum(e.method == "POST" and e.path.endswith("/jobs/query") for e in self.org.server.log)


def by_id(records: Sequence[SourceRecord]) -> dict[str, SourceRecord]:
    return {one.ref.record_id: one for one in records}


def test_it_brings_the_very_records_that_queries_bring(org: Org) -> None:
    load(org)
    asked = [record for page in org.source.head([WIDE], {}) for record in page.records]
    reader = Reader(org, WIDE).read()
    assert by_id(reader.records) == by_id(asked)
    assert len(asked) == 25
    assert reader.jobs() == 1


def test_what_changes_while_the_job_runs_is_read_behind_it(org: Org) -> None:
    load(org, 5)
    reader = Reader(org).read(pages=1)
    late = org.lead()
    org.pass_(seconds=30)
    assert late in by_id(reader.read().records)
    assert set(reader.cursor) == {"t", "id"}
    org.pass_(minutes=30)
    reader.read()
    reader.records.clear()
    assert reader.read().records == [], "the next reading is an incremental one"


def test_killed_behind_any_page_it_reads_none_twice(org: Org) -> None:
    org.server.control("switch", {"bulk_page": 4})
    load(org, 18)
    cursor: Cursor = {"bulk": {}}
    seen: list[str] = []
    for _ in range(6):
        reader = Reader(org, cursor=cursor).read(pages=1)
        cursor = reader.cursor
        seen += [one.ref.record_id for one in reader.records]
        if "bulk" not in cursor:
            break
    first = [e.query.get("locator", [""])[0] for e in org.server.log if e.path.endswith("/results")]
    assert len(first) == len(set(first)) == 5
    assert len(set(seen)) == 18


@pytest.mark.parametrize(
    ("switch", "jobs"),
    [
        ({"bulk_outcome": "fail_once"}, 2),
        ({"bulk_outcome": "fail"}, 2),
        ({"bulk_outcome": "abort"}, 2),
        ({"bulk_unsupported": ["Lead"]}, 1),
        ({"bulk_jobs": 0}, 1),
    ],
)
def test_where_no_job_brings_them_queries_do(org: Org, switch: dict[str, Any], jobs: int) -> None:
    load(org, 5)
    org.server.control("switch", switch)
    reader = Reader(org).read()
    assert len(by_id(reader.records)) == 5
    assert reader.jobs() == jobs
    assert len(reader.errors) == (0 if jobs == 1 else 1 if switch["bulk_outcome"] == "fail_once" else 2)


def test_a_job_that_was_thrown_away_is_made_anew(org: Org) -> None:
    org.server.control("switch", {"bulk_page": 2})
    load(org, 5)
    reader = Reader(org).read(pages=1)
    org.pass_(days=8)
    reader.read()
    assert len(by_id(reader.records)) == 5
    assert reader.jobs() == 2
    assert len(reader.errors) == 1
    assert "made anew" in reader.errors[0]


@pytest.mark.parametrize("kind", ["truncate", "reset_before", "html"])
def test_a_page_that_breaks_off_is_read_again(org: Org, kind: str) -> None:
    load(org, 12)
    org.server.control("faults", {"add": [{"kind": kind, "match": {"path": "/results"}, "times": 1}]})
    reader = Reader(org).read()
    assert len(by_id(reader.records)) == 12


@pytest.mark.parametrize("rows", ["", "00Q000000000001AAA\n"])
def test_a_page_of_fewer_rows_than_it_promises_is_read_again(org: Org, rows: str) -> None:
    load(org, 12)
    headers = {"Content-Type": "text/csv", "Sforce-Locator": "null", "Sforce-NumberOfRecords": "12"}
    org.server.faults.add(Fault("status", {"path": "/results"}, status=200, body=f"Id\n{rows}", headers=headers))
    reader = Reader(org).read()
    assert len(by_id(reader.records)) == 12
    assert "promised 12" in reader.errors[0]


def test_history_is_never_read_so(org: Org) -> None:
    history = StreamSpec("LeadHistory", Kind.HISTORY)
    org.source.available([LEADS, history])
    load(org, 3)
    plans = org.source.whole([LEADS, history], 1)
    assert plans["Lead"].way == "bulk"
    assert plans["Lead"].records == 3
    assert plans["LeadHistory"].way == "query"
    assert plans["LeadHistory"].cursor is None
    assert org.source.whole([LEADS], 4)["Lead"].way == "query"


def test_it_counts_what_was_touched_open_and_over(org: Org) -> None:
    leads = StreamSpec("Lead", Kind.PERSON, carries_flags=True)
    old = org.lead()
    since = org.pass_(days=3)
    org.pass_(minutes=1)
    org.lead()
    assert old
    told = org.source.touched([leads], since, None)["Lead"]
    assert (told.open, told.closed) == (1, 0)
    assert org.source.touched([leads], since - timedelta(days=9), since)["Lead"].open == 1
    assert org.source.automation([leads]) == Automation({}, ["trigger"]), "this user may not see them"


KNOWN = {
    "Id": FieldInfo("Id", False, type="id"),
    "Flag__c": FieldInfo("Flag__c", True, type="boolean"),
    "Amount": FieldInfo("Amount", True, type="currency"),
    "Size__c": FieldInfo("Size__c", True, type="int"),
    "At__c": FieldInfo("At__c", True, type="datetime"),
    "RecordTypeId": FieldInfo("RecordTypeId", True, relationship="RecordType", type="reference"),
}
HEAD = '"Id","Flag__c","Amount","Size__c","At__c","RecordType.Name"\n'


def test_values_come_in_the_form_of_the_rest_api() -> None:
    row = '"a","true","1200.50","3","2026-10-06T01:00:00.000Z","IS"\n'
    empty = '"b","false","","","",""\n'
    first, second = read_csv(io.StringIO(HEAD + row + empty, newline=""), KNOWN)
    assert first == {
        "Id": "a", "Flag__c": True, "Amount": 1200.5, "Size__c": 3, "At__c": "2026-10-06T01:00:00.000+0000",
        "RecordType": {"Name": "IS"},
    }  # fmt: skip
    assert second == {"Id": "b", "Flag__c": False, "Amount": None, "Size__c": None, "At__c": None, "RecordType": None}


@pytest.mark.parametrize("text", ['"a","true"\n', '"a","true","1","2","3","4\n', '"a"b,"true","1","2","3","4"\n'])
def test_a_table_that_is_cut_off_is_no_table(text: str) -> None:
    with pytest.raises(TransientError):
        list(read_csv(io.StringIO(HEAD + text, newline=""), KNOWN))
