"""Bulk API 2.0 query jobs of the simulated org: states that take a while, results as CSV behind locators.

A job takes its rows when it is made. It is UploadComplete when it is made, InProgress at the first question how it stands,
and done `bulk_polls` questions later. Every page of a result begins with the names of its columns; all fields are quoted;
the last page's locator is the literal `null`. Sources: Bulk API 2.0 Developer Guide, "Query Jobs", "Get Results for a Query
Job", "Bulk API 2.0 Limits"; the codes of refusals are those that clients quote.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.simulator.kernel import Request, Response
from connectors.simulator.salesforce import payload
from connectors.simulator.salesforce.error import ApiError
from connectors.simulator.salesforce.query import is_aggregate, plan_query
from connectors.simulator.salesforce.record_id import make_id
from connectors.simulator.salesforce.result import render_selection
from connectors.simulator.salesforce.scan import Plan, Selection, matching
from connectors.simulator.salesforce.value import show_instant

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

_DAY = timedelta(hours=24)
_PAGE = 50_000
"""Rows of a page where nobody asks for fewer."""
_ENDED = frozenset({"JobComplete", "Failed", "Aborted"})


@dataclass(slots=True)
class _Job:
    id: str
    operation: str
    kind: str
    made_at: datetime
    text: str
    rows: list[list[str]]
    names: list[str]
    state: str = "UploadComplete"
    polls: int = 0
    error: str = ""
    locators: dict[str, int] = field(default_factory=dict[str, int])


class BulkQueries:
    """The jobs of one org."""

    def __init__(self, org: SalesforceOrg) -> None:
        self.org = org
        self.jobs: dict[str, _Job] = {}
        self.made: list[datetime] = []
        self.number = 0

    def answer(self, request: Request, version: str, parts: list[str]) -> Response:
        """Below `jobs/query`. Raises ApiError."""
        self._forget()
        match request.method, parts:
            case "POST", []:
                return Response(200, self._info(self._make(payload.read_json(request)), version))
            case "GET", []:
                told = [self._info(job, version) for job in self.jobs.values()]
                return Response(200, {"done": True, "records": told, "nextRecordsUrl": None})
            case "GET", [one]:
                return Response(200, self._info(self._ask(one), version))
            case "PATCH", [one]:
                return Response(200, self._info(self._abort(one, payload.read_json(request)), version))
            case "DELETE", [one]:
                return self._delete(one)
            case "GET", [one, "results"]:
                return self._results(self._find(one), request.query)
            case _:
                raise ApiError("METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed", status=405)

    def _make(self, asked: Mapping[str, Any]) -> _Job:
        now, switches = self.org.clock.now(), self.org.switches
        if asked.get("operation") not in ("query", "queryAll"):
            raise ApiError("INVALIDJOB", "Operation is not supported for query jobs")
        if len(self.made) >= switches.bulk_jobs:
            message = f"Max bulk v2 query jobs ({switches.bulk_jobs}) per 24 hrs has been reached"
            raise ApiError("LIMIT_EXCEEDED", message)
        text = str(asked.get("query") or "")
        plan = plan_query(self.org.data, text)
        self._check(plan)
        rows = matching(self.org.data, plan, asked["operation"] == "queryAll")
        self.number += 1
        self.made.append(now)
        job = _Job(
            make_id("750", self.number), asked["operation"], plan.kind.name, now, text, [], _names(plan.selection)
        )
        job.rows = [
            [_cell(value) for value in row]
            for row in _flat(render_selection(self.org, plan.selection, rows), job.names)
        ]
        self.jobs[job.id] = job
        return job

    def _check(self, plan: Plan) -> None:
        query = plan.query
        if plan.kind.name in self.org.switches.bulk_unsupported:
            raise ApiError("INVALIDENTITY", f"Entity '{plan.kind.name}' is not supported by the Bulk API.")
        if is_aggregate(query) or query.group or plan.selection.children or query.offset:
            raise ApiError("API_ERROR", "Aggregate Relationships, GROUP BY and OFFSET are not supported in Bulk Query")
        if any(item.type == "address" for item in plan.selection.fields):
            raise ApiError("API_ERROR", "Selecting compound data not supported in Bulk Query")

    def _find(self, text: str) -> _Job:
        job = self.jobs.get(text) or next((one for one in self.jobs.values() if one.id[:15] == text), None)
        if job is None:
            raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
        return job

    def _ask(self, text: str) -> _Job:
        """A job gets on whenever somebody asks."""
        job, switches = self._find(text), self.org.switches
        if job.state in _ENDED:
            return job
        job.state, job.polls = "InProgress", job.polls + 1
        if job.polls > switches.bulk_polls:
            outcome = switches.bulk_outcome
            if outcome == "fail" or (outcome == "fail_once" and self.number == 1):
                job.state, job.error = "Failed", "InternalServerError: Retried more than fifteen times"
            elif outcome == "abort":
                job.state = "Aborted"
            else:
                job.state = "JobComplete"
        return job

    def _abort(self, text: str, asked: Mapping[str, Any]) -> _Job:
        job = self._find(text)
        if asked.get("state") != "Aborted" or job.state in _ENDED:
            raise ApiError("INVALIDJOBSTATE", "The job is in a state that this change is not allowed in")
        job.state = "Aborted"
        return job

    def _delete(self, text: str) -> Response:
        job = self._find(text)
        if job.state not in _ENDED:
            raise ApiError("INVALIDJOBSTATE", "Only jobs that are JobComplete, Failed or Aborted can be deleted")
        del self.jobs[job.id]
        return Response(204)

    def _results(self, job: _Job, asked: Mapping[str, list[str]]) -> Response:
        if job.state != "JobComplete":
            raise ApiError("INVALIDJOBSTATE", "Cannot fetch results of a job that is not complete")
        most = asked.get("maxRecords", [str(_PAGE)])[0]
        locator = asked.get("locator", [""])[0]
        if not most.isdecimal() or not int(most) or (locator and locator not in job.locators):
            raise ApiError("INVALIDREQUEST", "Invalid locator or maxRecords")
        start = job.locators[locator] if locator else 0
        some = job.rows[start : start + min(int(most), self.org.switches.bulk_page or _PAGE)]
        following = "null"
        if start + len(some) < len(job.rows):
            following = secrets.token_urlsafe(6)
            job.locators[following] = start + len(some)
        headers = {"Sforce-Locator": following, "Sforce-NumberOfRecords": str(len(some))}
        return Response(200, _write_csv(job.names, some), headers, content_type="text/csv")

    def _forget(self) -> None:
        now, kept = self.org.clock.now(), timedelta(days=self.org.switches.bulk_days)
        self.jobs = {name: job for name, job in self.jobs.items() if now - job.made_at <= kept and kept}
        self.made = [at for at in self.made if now - at < _DAY]

    def _info(self, job: _Job, version: str) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": job.id, "operation": job.operation, "object": job.kind, "createdById": self.org.user_id,
            "createdDate": show_instant(job.made_at), "systemModstamp": show_instant(job.made_at), "state": job.state,
            "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": float(version), "lineEnding": "LF",
            "columnDelimiter": "COMMA",
        }  # fmt: skip
        if job.state == "JobComplete":
            told |= {"numberRecordsProcessed": len(job.rows), "retries": 0, "totalProcessingTime": 1_000}
        return told | ({"errorMessage": job.error} if job.error else {})


def _names(selection: Selection) -> list[str]:
    """Columns: fields of parents as `RecordType.Name`."""
    parents = (f"{name}.{inner}" for name, (_, parent) in selection.parents.items() for inner in _names(parent))
    return [*(item.name for item in selection.fields), *parents]


def _flat(records: Iterable[Mapping[str, Any]], names: list[str]) -> Iterator[list[Any]]:
    for record in records:
        yield [_at(record, name) for name in names]


def _at(record: Mapping[str, Any] | None, name: str) -> Any:
    first, _, rest = name.partition(".")
    value = record.get(first) if record else None
    return _at(value, rest) if rest else value


def _cell(value: Any) -> str:
    """Text as it is, instants with `Z`, flags in small letters, nothing as the empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"{text[:-5]}Z" if text.endswith("+0000") and text[10:11] == "T" else text


def _write_csv(names: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue().encode()
