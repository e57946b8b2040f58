"""The HubSpot half of the stub: account, properties, owners, lists, search, batch reads and writes, associations."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import orjson

from tests.benchmarks.company import NOW, Company, Table, hubspot, linked, owners
from tests.benchmarks.pages import CALL_S, JSON, Answer, System

_BURST, _BURST_S = 190, 10.0
_SEARCHES, _SEARCH_S = 5, 1.0


@dataclass
class _Window:
    """Calls that are taken in any stretch of time."""

    most: int
    seconds: float
    taken: deque[float] = field(default_factory=deque[float])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> int:
        """How many are left after this one; -1: it is refused."""
        now = time.monotonic()
        with self.lock:
            while self.taken and self.taken[0] <= now - self.seconds:
                self.taken.popleft()
            if len(self.taken) >= self.most:
                return -1
            self.taken.append(now)
            return self.most - len(self.taken)


class HubSpotStub(System):
    """One portal."""

    def __init__(self, company: Company, modelled: bool) -> None:
        super().__init__(company, hubspot(company), modelled)
        self._all, self._searches = _Window(_BURST, _BURST_S), _Window(_SEARCHES, _SEARCH_S)

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        headers = {**JSON, "X-HubSpot-RateLimit-Daily": "1000000", "X-HubSpot-RateLimit-Daily-Remaining": "999000"}
        parts = urlsplit(target)
        path = unquote_plus(parts.path)
        if self.modelled:
            time.sleep(CALL_S)
            left = (self._searches if path.endswith("/search") else self._all).take()
            if left < 0:
                self.calls["429"] += 1
                policy = "SECONDLY" if path.endswith("/search") else "TEN_SECONDLY_ROLLING"
                told = {"status": "error", "errorType": "RATE_LIMIT", "policyName": policy, "message": "limit reached"}
                return 429, orjson.dumps(told), headers
            if not path.endswith("/search"):
                headers |= {
                    "X-HubSpot-RateLimit-Max": str(_BURST), "X-HubSpot-RateLimit-Remaining": str(left),
                    "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
                }  # fmt: skip
        status, told = self._answer(method, path, {n: v[0] for n, v in parse_qs(parts.query).items()}, body)
        return status, told if isinstance(told, bytes) else orjson.dumps(told), headers

    def _answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        steps = path.strip("/").split("/")
        self.calls[steps[-1] if method == "POST" else steps[1]] += 1
        match method, steps:
            case _, ["account-info", _, "details"]:
                return 200, {"portalId": 12345678, "accountType": "SANDBOX", "timeZone": "Asia/Tokyo"}
            case _, ["crm", "owners", *_]:
                return 200, {"results": [] if query.get("archived") == "true" else owners()}
            case "GET", ["crm", "properties", _, name] if name in self.tables:
                return 200, self._properties(self.tables[name])
            case "GET", ["crm", "objects", _, name] if name in self.tables:
                return 200, self._list(self.tables[name], query)
            case "GET", ["crm", "objects", _, name, one] if name in self.tables:
                found = self._page(
                    self.tables[name], self._known(self.tables[name], [one]), query["properties"].split(",")
                )
                return (200, found) if found else (404, {"status": "error", "category": "OBJECT_NOT_FOUND"})
            case "POST", ["crm", "objects", _, name, "search"] if name in self.tables:
                return 200, self._search(self.tables[name], orjson.loads(body))
            case "POST", ["crm", "objects", _, name, "batch", "read"] if name in self.tables:
                return 200, self._batch(self.tables[name], orjson.loads(body))
            case "POST", ["crm", "objects", _, name, "batch", "update"] if name in self.tables:
                return 200, self._write(orjson.loads(body)["inputs"])
            case "POST", ["crm", "associations", _, source, target, "batch", "read"] if source in self.tables:
                return self._linked(source, target, orjson.loads(body)["inputs"])
            case _:
                return 404, {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "the stub has none"}

    def _properties(self, table: Table) -> dict[str, Any]:
        return {
            "results": [
                {
                    "name": name, "label": name, "type": "string", "calculated": False, "archived": False,
                    "modificationMetadata": {"readOnlyValue": name not in table.flags},
                }
                for name in table.fields
            ]
        }  # fmt: skip

    def _list(self, table: Table, query: Mapping[str, str]) -> bytes:
        if query.get("archived") == "true":
            return b'{"results":[]}'
        after, size = query.get("after"), min(int(query.get("limit", "10")), 100)
        start = max(table.read_id(after), 0) if after else 0
        stop = min(start + size, table.count)
        rows = self._page(
            table, range(start, stop), query.get("properties", "hs_object_id").split(","), query.get("associations", "")
        )
        following = table.make_id(stop).encode()
        tail = b',"paging":{"next":{"after":"%b","link":""}}' % following if stop < table.count else b""
        return b'{"results":[' + rows + b"]" + tail + b"}"

    def _page(self, table: Table, numbers: Sequence[int], names: Sequence[str], people: str = "") -> bytes:
        return self.pages.rows(table, numbers, "hubspot+" if people else "hubspot", tuple(names))

    def _known(self, table: Table, ids: Sequence[str]) -> list[int]:
        return [n for one in ids if one.isdecimal() and 0 <= (n := table.read_id(one)) < table.count]

    def _search(self, table: Table, asked: Mapping[str, Any]) -> bytes:
        low, high = 0, table.count
        for test in (asked.get("filterGroups") or [{"filters": []}])[0]["filters"]:
            if test["operator"] == "HAS_PROPERTY":
                continue  # counted alone: as many as there are at most
            value = int(test["value"])
            if test["propertyName"] == "hs_object_id":
                number = table.read_id(str(value))
                below = {"LTE": number + 1, "LT": number}.get(test["operator"], high)
                above = {"GT": number + 1, "GTE": number}.get(test["operator"], low)
                low, high = max(low, above), min(high, below)
                continue
            behind = (NOW.timestamp() * 1000 - value) / 1000
            number = table.first_from(NOW - timedelta(seconds=behind))
            low, high = (max(low, number), high) if test["operator"] == "GTE" else (low, min(high, number))
        numbers = range(low, max(high, low))
        if any(one.get("direction") == "DESCENDING" for one in asked.get("sorts", ())):
            numbers = numbers[::-1]
        names = tuple(dict.fromkeys(("hs_object_id", table.stamp, *asked.get("properties", ()))))
        rows = self._page(table, numbers[: int(asked["limit"])], names)
        return b'{"total":%d,"results":[%b]}' % (len(numbers), rows)

    def _batch(self, table: Table, asked: Mapping[str, Any]) -> bytes:
        numbers = self._known(table, [one["id"] for one in asked["inputs"]])
        if watched := asked.get("propertiesWithHistory"):
            return orjson.dumps({"status": "COMPLETE", "results": self._histories(table, numbers, watched)})
        rows = self._page(table, numbers, asked["properties"])
        return b'{"status":"COMPLETE","results":[%b]}' % rows

    def _histories(self, table: Table, numbers: Sequence[int], watched: Sequence[str]) -> list[dict[str, Any]]:
        """Every value was there from the beginning."""
        found: list[dict[str, Any]] = []
        for row in orjson.loads(b"[" + self._page(table, numbers, (*watched, "createdate")) + b"]"):
            first = {"timestamp": row["createdAt"], "sourceType": "CRM_UI", "sourceId": "userId:501"}
            told = {n: [{"value": v, **first}] for n, v in row["properties"].items() if v is not None and n in watched}
            found.append({**row, "propertiesWithHistory": told})
        return found

    def _linked(self, source: str, target: str, inputs: Sequence[Mapping[str, str]]) -> tuple[int, bytes]:
        table = self.tables[source]
        kind = b'"associationTypes":[{"category":"HUBSPOT_DEFINED","typeId":194,"label":null}]'
        found = [
            b'{"from":{"id":"%b"},"to":[{"toObjectId":%b,%b}]}' % (one["id"].encode(), other.encode(), kind)
            for one in inputs
            if (other := linked(self.tables, source, target, table.read_id(one["id"]))) is not None
        ]
        self.pages.served["associations"] += len(found)
        return (200 if len(found) == len(inputs) else 207), b'{"status":"COMPLETE","results":[' + b",".join(
            found
        ) + b"]}"

    def _write(self, inputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        for one in inputs:
            self.company.written.setdefault(one["id"], {}).update(one["properties"])
        self.pages.forget()
        return {"status": "COMPLETE", "results": [{"id": one["id"], "properties": {}} for one in inputs]}
