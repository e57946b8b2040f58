"""The Salesforce half of the stub: token, describe, queries, Composite, getDeleted, Bulk API 2.0 queries, Collections."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import orjson

from tests.benchmarks.company import Company, Table, find_rows, salesforce
from tests.benchmarks.pages import API, CALL_S, JSON, Answer, System

_PAGE = 2_000
_BULK_PAGE = 50_000
_SOQL = re.compile(r"^SELECT (.+?) FROM (\w+)(?: WHERE (.+?))?(?: ORDER BY .+?)?(?: LIMIT (\d+))?$")


class SalesforceStub(System):
    """One org."""

    def __init__(self, company: Company, modelled: bool) -> None:
        super().__init__(company, salesforce(company), modelled)
        self._cursors: dict[str, tuple[Table, Sequence[int], tuple[str, ...]]] = {}
        self._jobs: dict[str, str] = {}
        self.quota = {"Sforce-Limit-Info": "api-usage=1/5000000"}

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        if self.modelled:
            time.sleep(CALL_S)
        path, _, query = target.partition("?")
        status, told = self._answer(method, path, query, body)
        if isinstance(told, tuple):
            return status, told[0], {**self.quota, **told[1]}
        return status, told if isinstance(told, bytes) else orjson.dumps(told), {**JSON, **self.quota}

    def _answer(self, method: str, path: str, query: str, body: bytes) -> tuple[int, Any]:
        if path == "/services/oauth2/token":
            return 200, {"access_token": "00D!stub", "instance_url": self.url, "id": "", "token_type": "Bearer"}
        if path == "/services/data/":
            return 200, [{"label": "stub", "version": API, "url": f"/services/data/v{API}"}]
        part = path.removeprefix(f"/services/data/v{API}/")
        self.calls[part.split("/")[0]] += 1
        match part.strip("/").split("/"):
            case ["composite"]:
                parts = [self._part(one) for one in orjson.loads(body)["compositeRequest"]]
                return 200, b'{"compositeResponse":[' + b",".join(parts) + b"]}"
            case ["composite", "sobjects"]:
                return 200, self._write(orjson.loads(body)["records"])
            case ["sobjects", name, "describe"]:
                return self._describe(name)
            case ["sobjects", _, "deleted"]:
                covered = parse_qs(query)["end"][0]
                return 200, {"deletedRecords": [], "earliestDateAvailable": covered, "latestDateCovered": covered}
            case ["query" | "queryAll"]:
                return self._query(parse_qs(query)["q"][0])
            case ["query" | "queryAll", locator]:
                return self._more(locator)
            case ["limits", "recordCount"]:
                asked = parse_qs(query)["sObjects"][0].split(",")
                found = {name: self.tables[name].count for name in asked if name in self.tables}
                return 200, {"sObjects": [{"name": name, "count": n} for name, n in found.items() if n]}
            case ["jobs", "query", *rest]:
                return self._bulk(method, rest, query, body)
            case _:
                return 404, [{"errorCode": "NOT_FOUND", "message": "the stub has no such resource"}]

    def _part(self, asked: Mapping[str, Any]) -> bytes:
        path, _, query = asked["url"].partition("?")
        status, told = self._answer("GET", path, query, b"")
        told = told if isinstance(told, bytes) else orjson.dumps(told)
        return b'{"body":%b,"httpHeaders":{},"httpStatusCode":%d,"referenceId":"%b"}' % (
            told, status, asked["referenceId"].encode(),
        )  # fmt: skip

    def _describe(self, name: str) -> tuple[int, Any]:
        table = self.tables.get(name)
        if table is None:
            return 404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
        fields = [
            {
                "name": one,
                "label": one,
                "updateable": one in table.flags,
                "type": _type_of(one, text),
                "calculated": False,
            }
            for one, text in table.fields.items()
        ]
        return 200, {"name": name, "fields": fields, "replicateable": True, "queryable": True, "keyPrefix": None}

    def _query(self, soql: str) -> tuple[int, Any]:
        found = _SOQL.match(soql)
        if found and found[2] == "Organization":
            row = {"Id": "00D000000000001EAA", "Name": "Stub", "IsSandbox": True, "TimeZoneSidKey": "Asia/Tokyo"}
            return 200, {"totalSize": 1, "done": True, "records": [row]}
        table = self.tables.get(found[2]) if found else None
        if found is None or table is None:
            return 400, [{"errorCode": "INVALID_TYPE", "message": f"sObject type is not supported: {soql[:80]}"}]
        try:
            numbers: Sequence[int] = find_rows(table, found[3] or "")
        except ValueError as error:
            return 400, [{"errorCode": "MALFORMED_QUERY", "message": str(error)}]
        if found[1].upper().startswith("COUNT("):
            row = {"attributes": {"type": "AggregateResult"}, "expr0": len(numbers)}
            return 200, {"totalSize": len(numbers), "done": True, "records": [row] if found[1] != "COUNT()" else []}
        numbers = numbers[: int(found[4])] if found[4] else numbers
        return self._page(table, numbers, tuple(found[1].split(", ")))

    def _page(self, table: Table, numbers: Sequence[int], names: tuple[str, ...]) -> tuple[int, bytes]:
        first, rest = numbers[:_PAGE], numbers[_PAGE:]
        tail = b""
        if rest:
            locator = f"0r8{len(self._cursors):012d}-{_PAGE}"
            self._cursors[locator] = table, rest, names
            tail = b',"nextRecordsUrl":"/services/data/v%b/query/%b"' % (API.encode(), locator.encode())
        rows = self.pages.rows(table, first, "salesforce", names)
        head = b'{"totalSize":%d,"done":%b%b,"records":[' % (len(numbers), b"false" if rest else b"true", tail)
        return 200, head + rows + b"]}"

    def _more(self, locator: str) -> tuple[int, Any]:
        if locator not in self._cursors:
            return 400, [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
        return self._page(*self._cursors[locator])

    def _bulk(self, method: str, rest: list[str], query: str, body: bytes) -> tuple[int, Any]:
        if method == "POST":
            job = f"750{len(self._jobs):012d}AAA"
            self._jobs[job] = str(orjson.loads(body)["query"])
            return 200, self._job(job)
        if not rest:
            return 200, {"done": True, "records": [self._job(job) for job in self._jobs], "nextRecordsUrl": None}
        if rest[0] not in self._jobs:
            return 404, [{"errorCode": "NOTFOUND", "message": "the job does not exist"}]
        if method == "DELETE":
            del self._jobs[rest[0]]
            return 204, b""
        return (200, self._results(rest[0], parse_qs(query))) if rest[1:] == ["results"] else (200, self._job(rest[0]))

    def _job(self, job: str) -> dict[str, Any]:
        found = _SOQL.match(self._jobs[job])
        table = self.tables[found[2]] if found else None
        count = len(find_rows(table, found[3] or "")) if found and table else 0
        return {
            "id": job, "operation": "queryAll", "object": table.name if table else "", "state": "JobComplete",
            "contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA", "apiVersion": float(API),
            "numberRecordsProcessed": count, "retries": 0, "totalProcessingTime": 1, "concurrencyMode": "Parallel",
            "createdDate": "2026-11-20T03:00:00.000+0000", "systemModstamp": "2026-11-20T03:00:00.000+0000",
        }  # fmt: skip

    def _results(self, job: str, asked: Mapping[str, list[str]]) -> tuple[bytes, dict[str, str]]:
        found = _SOQL.match(self._jobs[job])
        assert found is not None
        table, names = self.tables[found[2]], tuple(re.split(r",\s*", found[1]))
        numbers = find_rows(table, found[3] or "")
        start, most = int(asked.get("locator", ["0"])[0]), int(asked.get("maxRecords", [str(_BULK_PAGE)])[0])
        some = numbers[start : start + most]
        names = tuple(name for name in names if name in table.fields)
        head = ",".join(f'"{name}"' for name in names).encode() + b"\n"
        following = str(start + most) if start + most < len(numbers) else "null"
        headers = {
            "Content-Type": "text/csv", "Sforce-Locator": following, "Sforce-NumberOfRecords": str(len(some)),
        }  # fmt: skip
        return head + self.pages.rows(table, some, "csv", names) + (b"\n" if some else b""), headers

    def _write(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        for row in rows:
            fields = {name: value for name, value in row.items() if name not in ("attributes", "id", "Id")}
            self.company.written.setdefault(row.get("id") or row["Id"], {}).update(fields)
        self.pages.forget()
        return [{"id": row.get("id") or row["Id"], "success": True, "errors": []} for row in rows]


def _type_of(name: str, text: str) -> str:
    """As describe names it; what the stub holds is text but for these."""
    return "boolean" if text in ("true", "false") or name.startswith("Is") else "string"
