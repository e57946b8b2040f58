"""The REST API of the simulated org: routing, sessions, limits, and every resource but queries and batches.

Source: REST API Developer Guide v62 (resources, headers, status codes).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import orjson

from connectors.simulator.kernel import Request, Response
from connectors.simulator.salesforce import batch, payload, write
from connectors.simulator.salesforce.admin.record_type import answer_object_info
from connectors.simulator.salesforce.admin.tables import refresh
from connectors.simulator.salesforce.admin.tooling import answer_tooling
from connectors.simulator.salesforce.bulk import BulkQueries
from connectors.simulator.salesforce.drift import describe_record_types
from connectors.simulator.salesforce.error import ApiError, not_found
from connectors.simulator.salesforce.oauth import grant
from connectors.simulator.salesforce.result import Locator, answer_query, next_page, render_fields
from connectors.simulator.salesforce.schema import ObjectType
from connectors.simulator.salesforce.value import show_instant, whole_minute

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

OLDEST, NEWEST = 31, 68
SEASONS = {59: "Winter '24", 60: "Spring '24", 61: "Summer '24", 62: "Winter '25", 63: "Spring '25", 64: "Summer '25"}
SEASONS |= {65: "Winter '26", 66: "Spring '26", 67: "Summer '26", 68: "Winter '27"}
MAX_URI = 16_384
HTML = "text/html"
MAX_UPDATED = 600_000


class Api:
    """Answers requests for one org. One request at a time: the server holds a lock."""

    def __init__(self, org: SalesforceOrg) -> None:
        self.org = org
        self.locators: dict[str, Locator] = {}
        self.bulk = BulkQueries(org)

    def answer(self, request: Request) -> Response:
        """The whole way of one request: URI limits, session, daily limit, resource, headers."""
        parts = [part for part in request.path.split("/") if part]
        if len(request.target) > MAX_URI:
            return Response(414, "<html><body><h1>414 URI Too Long</h1></body></html>", content_type=HTML)
        if len(request.target) + sum(len(name) + len(value) for name, value in request.headers.items()) > MAX_URI:
            return Response(431, "<html><body><h1>431</h1></body></html>", content_type=HTML)
        if parts == ["services", "oauth2", "token"] and request.method == "POST":
            org = self.org
            return grant(request, org.clock.now(), org.credentials, org.sessions, org.user_id)
        if parts == ["services", "data"]:
            return self.encode(
                request, Response(200, [_version(number) for number in range(OLDEST, NEWEST + 1)], cost=0)
            )
        response = self._answer_resource(request, parts)
        self.org.spend(response.cost)
        response.headers["Sforce-Limit-Info"] = self._usage()
        return self.encode(request, response)

    def _usage(self) -> str:
        used = self.org.calls_used
        info = f"api-usage={used}/{self.org.switches.daily_limit}"
        most = self.org.switches.per_app_usage
        return f"{info}; per-app-api-usage={used}/{most}(appName=simulated)" if most else info

    def encode(self, request: Request, response: Response) -> Response:
        """JSON bytes, indented when X-PrettyPrint asks for it."""
        if isinstance(response.body, dict | list):
            option = orjson.OPT_INDENT_2 if request.headers.get("x-prettyprint", "0") == "1" else 0
            response.body = orjson.dumps(response.body, option=option)
        return response

    def _answer_resource(self, request: Request, parts: list[str]) -> Response:
        try:
            self._check_session(request)
            switches = self.org.switches
            if switches.enforce_limit and self.org.calls_used >= switches.daily_limit + switches.limit_grace:
                raise ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
            if len(parts) < 3 or parts[:2] != ["services", "data"]:
                raise not_found()
            return self.dispatch(request, _read_version(parts[2]), parts[3:])
        except ApiError as error:
            response = Response(error.status, error.body())
            if error.code in ("INVALID_SESSION_ID", "REQUEST_LIMIT_EXCEEDED"):
                response.cost = 0
            if error.status == 401:
                response.headers["WWW-Authenticate"] = "Token"
                self._strip_refusal(response)
            if error.status == 412 and not self.org.switches.precondition_body:
                response.body = None
            return response

    def _strip_refusal(self, response: Response) -> None:
        """A 401 does not always come with the error array."""
        if self.org.switches.expired_body != "array":
            html = self.org.switches.expired_body == "html"
            response.body = "<html><body>Unauthorized</body></html>" if html else None
            response.content_type = HTML if html else response.content_type

    def _check_session(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        good = scheme.lower() in ("bearer", "oauth")
        if not good or not self.org.sessions.accept(token.strip(), self.org.clock.now()):
            raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", status=401)
        self.org.caller = self.org.sessions.users.get(token.strip(), self.org.user_id)
        if "ApiEnabled" not in self.org.rights.of(self.org.caller).system:
            raise ApiError("API_CURRENTLY_DISABLED", "API is disabled for this User", status=403)

    def dispatch(self, request: Request, version: str, parts: list[str]) -> Response:
        """Find the resource under /services/data/vXX.X. Raises ApiError."""
        match [part.lower() for part in parts]:
            case ["query" | "queryall" as kind]:
                self._only(request, "GET")
                return answer_query(self.org, self.locators, request, version, kind == "queryall")
            case ["query" | "queryall", _]:
                self._only(request, "GET")
                return next_page(self.org, self.locators, parts[1], version)
            case ["sobjects", *rest]:
                return self._sobjects(request, version, parts[1:], rest)
            case ["composite", *_]:
                return batch.answer_composite(self.org, self.dispatch, request, version, parts[1:])
            case ["jobs", "query", *_]:
                return self.bulk.answer(request, version, parts[2:])
            case ["limits"]:
                if "ViewSetup" not in self.org.rights.of(self.org.caller).system:
                    raise self._refuse_limits()
                return Response(200, _limits(self.org))
            case ["metadata", "deployrequest", *_]:
                return self.org.deployments.answer(request, version, parts[2:])
            case ["tooling", "query"]:
                self.org.tooling = True
                return answer_query(self.org, self.locators, request, version, False)
            case ["tooling", "sobjects", *_]:
                self.org.tooling = True
                return answer_tooling(self.org, request, version, parts[2:])
            case ["ui-api", "object-info", *_]:
                return answer_object_info(self.org, version, parts[2:])
            case ["limits", "recordcount"]:
                return Response(200, self._record_counts(request))
            case []:
                return Response(
                    200, {name: f"/services/data/v{version}/{name}" for name in ("sobjects", "query", "limits")}
                )
            case _:
                raise not_found()

    def _refuse_limits(self) -> ApiError:
        """Without "View Setup and Configuration"; which of the two is unverified."""
        if self.org.switches.limits_refusal == 404:
            return not_found()
        return ApiError("INSUFFICIENT_ACCESS", "You do not have access to the resource", status=403)

    def _only(self, request: Request, *methods: str) -> None:
        if request.method not in methods:
            message = f"HTTP Method '{request.method}' not allowed. Allowed are {','.join(methods)}"
            raise ApiError("METHOD_NOT_ALLOWED", message, status=405)

    def _sobjects(self, request: Request, version: str, parts: list[str], lower: list[str]) -> Response:
        org = self.org
        if not parts:
            self._only(request, "GET")
            kinds = [kind for kind in org.data.objects.values() if org.data.find_object(kind.name)]
            listed = [kind.summary(version) for kind in kinds]
            return self._unless_unchanged(
                request,
                max(org.schema_at.values()),
                lambda: {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed},
            )
        kind = org.data.find_object(parts[0])
        if kind is None:
            raise not_found()
        refresh(org, kind.name)
        match lower[1:]:
            case []:
                return self._object(request, version, kind)
            case ["describe"]:
                self._only(request, "GET")
                types = describe_record_types(org, kind)
                return self._unless_unchanged(request, org.schema_at[kind.name], lambda: kind.describe(version, types))
            case ["listviews"]:
                refresh(org, "ListView")
                return Response(200, _list_views(org, version, kind))
            case ["updated"]:
                return Response(200, self._updated(request, kind))
            case ["deleted"]:
                return Response(200, self._deleted(request, kind))
            case [_]:
                return self._row(request, version, kind, parts[1])
            case _:
                raise not_found()

    def _unless_unchanged(self, request: Request, changed: datetime, make: Callable[[], dict[str, Any]]) -> Response:
        headers = {"Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True)}
        since = request.headers.get("if-modified-since")
        if since and changed <= _http_date(since):
            return Response(304, None, headers)
        return Response(200, make(), headers)

    def _object(self, request: Request, version: str, kind: ObjectType) -> Response:
        self._only(request, "GET", "POST")
        if request.method == "GET":
            return Response(200, {"objectDescribe": kind.summary(version), "recentItems": []})
        values = write.prepare(self.org, kind, payload.read_json(request), creating=True)
        record_id = write.create(self.org, kind, values, request.headers)
        headers = {"Location": f"/services/data/v{version}/sobjects/{kind.name}/{record_id}"}
        body = {"id": record_id, "success": True, "errors": []}
        return Response(201, body, headers, note=payload.assignment_note(kind, request.headers))

    def _row(self, request: Request, version: str, kind: ObjectType, text: str) -> Response:
        self._only(request, "HEAD", "GET", "PATCH", "DELETE")
        record_id = write.read_id(kind, text)
        stored = self.org.data.tables[kind.name].rows.get(record_id)
        if stored is None or (request.method in ("GET", "HEAD") and self.org.data.hides(stored)):
            raise not_found(f"Provided external ID field does not exist or is not accessible: {text}")
        row = write.find_row(self.org, kind, record_id)
        if request.method in ("GET", "HEAD"):
            names = request.query.get("fields", [""])[0]
            chosen = [_field(kind, name.strip()) for name in names.split(",")] if names else kind.readable()
            return Response(200, render_fields(kind, chosen, row, version))
        since = request.headers.get("if-unmodified-since")
        if since and show_instant(_http_date(since)) < row[self.org.switches.precondition]:
            raise ApiError("PRECONDITION_FAILED", "", status=412)
        if request.method == "DELETE":
            write.delete(self.org, kind, record_id)
            return Response(204)
        values = write.prepare(self.org, kind, payload.read_json(request), creating=False)
        write.update(self.org, kind, record_id, values, request.headers)
        return Response(204, note=payload.assignment_note(kind, request.headers))

    def _span(self, request: Request, kind: ObjectType, longest: float) -> tuple[str, str, datetime]:
        """start and end of a replication call; seconds are ignored. Source: getUpdated, getDeleted."""
        self._only(request, "GET")
        if not kind.replicateable:
            raise ApiError("INVALID_TYPE", f"sObject type {kind.name} is not replicable")
        try:
            start, end = (_read_time(request.query[name][0]) for name in ("start", "end"))
        except (KeyError, ValueError):
            raise ApiError("INVALID_REPLICATION_DATE", "start and end must be valid dateTimes") from None
        if end <= start:
            raise ApiError("INVALID_REPLICATION_DATE", "endDate must be at least one minute greater than the startDate")
        if start < self.org.clock.now() - timedelta(days=longest):
            raise ApiError("INVALID_REPLICATION_DATE", "startDate before org replication enabled date")
        until = self.org.covered_until().replace(microsecond=0)
        covered = min(end, whole_minute(until) if self.org.switches.covered_cut == "minute" else until)
        return show_instant(start), show_instant(end), covered

    def _updated(self, request: Request, kind: ObjectType) -> dict[str, Any]:
        start, end, covered = self._span(request, kind, 30)
        rows = self.org.data.tables[kind.name].between(start, end)
        hides = self.org.data.hides
        ids = [row["Id"] for row in rows if row[kind.stamp] < end and not row.get("IsDeleted") and not hides(row)]
        if len(ids) > MAX_UPDATED:
            raise ApiError("EXCEEDED_ID_LIMIT", f"query returned more than {MAX_UPDATED} ids")
        return {"ids": ids, "latestDateCovered": show_instant(covered)}

    def _deleted(self, request: Request, kind: ObjectType) -> dict[str, Any]:
        days = self.org.switches.delete_log_days
        start, end, covered = self._span(request, kind, days)
        log = [entry for entry in self.org.deleted[kind.name] if start <= entry[0] < end]
        earliest = (self.org.clock.now() - timedelta(days=days)).replace(second=0)
        return {
            "deletedRecords": [{"id": record_id, "deletedDate": stamp} for stamp, record_id in sorted(log)],
            "earliestDateAvailable": show_instant(earliest),
            "latestDateCovered": show_instant(covered),
        }

    def _record_counts(self, request: Request) -> dict[str, Any]:
        asked = request.query.get("sObjects", [""])[0].split(",")
        found = [kind for name in asked if (kind := self.org.data.find_object(name.strip()))]
        counts = [{"count": len(self.org.data.tables[kind.name].rows), "name": kind.name} for kind in found]
        return {"sObjects": [entry for entry in counts if entry["count"]]}


def _version(number: int) -> dict[str, str]:
    season = SEASONS.get(number) or ("Winter", "Spring", "Summer")[(number - 59) % 3] + f" '{24 + (number - 59) // 3}"
    return {"label": season, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def _read_version(text: str) -> str:
    match = re.fullmatch(r"v(\d+)\.0", text)
    if match is None or int(match[1]) > NEWEST:
        raise not_found()
    if int(match[1]) < OLDEST:
        raise ApiError("UNSUPPORTED_API_VERSION", "The requested API version is no longer supported.", status=410)
    return f"{match[1]}.0"


def _http_date(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        raise ApiError("INVALID_HTTP_HEADER", f"Invalid date in conditional header: {text}") from None


def _read_time(text: str) -> datetime:
    """A replication time, which must name its offset; `+` may have become a blank on the way."""
    instant = datetime.fromisoformat(text.strip().replace(" ", "+"))
    if instant.tzinfo is None:
        raise ValueError(text)
    return whole_minute(instant.astimezone(UTC))


def _field(kind: ObjectType, name: str) -> Any:
    item = kind.find(name)
    if item is None:
        raise ApiError("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
    return item


def _list_views(org: SalesforceOrg, version: str, kind: ObjectType) -> dict[str, Any]:
    """`sobjects/X/listviews`. Source: REST API Developer Guide, List Views."""
    base = f"/services/data/v{version}/sobjects/{kind.name}/listviews"
    rows = [row for row in org.data.tables["ListView"].rows.values() if row["SobjectType"] == kind.name]
    shown = [
        {
            "describeUrl": f"{base}/{row['Id']}/describe",
            "developerName": row["DeveloperName"],
            "id": row["Id"],
            "label": row["Name"],
            "resultsUrl": f"{base}/{row['Id']}/results",
            "soqlCompatible": True,
            "url": f"{base}/{row['Id']}",
        }
        for row in rows
    ]
    return {"done": True, "listviews": shown, "nextRecordsUrl": None, "size": len(shown), "sobjectType": kind.name}


def _limits(org: SalesforceOrg) -> dict[str, Any]:
    used = org.calls_used
    fixed = {
        "ConcurrentAsyncGetReportInstances": 200,
        "DailyAsyncApexExecutions": 250_000,
        "DailyBulkApiBatches": 15_000,
    }
    fixed |= {"DailyBulkV2QueryJobs": 10_000, "DataStorageMB": 11_264, "FileStorageMB": 20_480, "SingleEmail": 5_000}
    daily = {
        "DailyApiRequests": {"Max": org.switches.daily_limit, "Remaining": max(0, org.switches.daily_limit - used)}
    }
    return daily | {name: {"Max": top, "Remaining": top} for name, top in fixed.items()}
