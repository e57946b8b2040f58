"""`/metadata/deployRequest`: a zip is checked and applied a little later, all or nothing where that is asked.

Source: Metadata API Developer Guide, "Deploy Metadata with REST" and DeployResult; statuses and codes of refused
requests are unverified.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any

import orjson

from connectors.simulator.kernel import Request, Response
from connectors.simulator.salesforce import payload
from connectors.simulator.salesforce.admin.component import HANDLERS, deploy
from connectors.simulator.salesforce.admin.draft import Draft, Outcome, ProblemError
from connectors.simulator.salesforce.admin.package import (
    BadPackageError,
    Component,
    Failure,
    Package,
    read_package,
)
from connectors.simulator.salesforce.admin.removal import in_order, remove
from connectors.simulator.salesforce.admin.setup import setup_id
from connectors.simulator.salesforce.error import ApiError, not_found
from connectors.simulator.salesforce.value import show_instant

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

OPTIONS: dict[str, Any] = {
    "allowMissingFiles": False,
    "autoUpdatePackage": False,
    "checkOnly": False,
    "ignoreWarnings": False,
    "performRetrieve": False,
    "purgeOnDelete": False,
    "rollbackOnError": False,
    "runTests": None,
    "singlePackage": False,
    "testLevel": None,
}
ORDER = list(HANDLERS)
BEFORE, AFTER = ("destructiveChangesPre.xml", "destructiveChanges.xml"), ("destructiveChangesPost.xml",)
DONE = frozenset({"Succeeded", "SucceededPartial", "Failed", "Canceled"})


@dataclass(slots=True)
class Deployment:
    """One request and what became of it."""

    id: str
    user: str
    options: dict[str, Any]
    data: bytes
    created: datetime
    status: str = "Pending"
    looks: int = 0
    started: datetime | None = None
    completed: datetime | None = None
    successes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    failures: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    total: int = 0
    error: tuple[str, str] | None = None


class Deployments:
    """The queue of one org: one after the other."""

    def __init__(self, org: SalesforceOrg) -> None:
        self.org = org
        self.all: dict[str, Deployment] = {}

    def answer(self, request: Request, version: str, parts: list[str]) -> Response:
        """`POST deployRequest`, `GET` and `PATCH deployRequest/{id}`. Raises ApiError."""
        if not {"CustomizeApplication", "ModifyMetadata"} & self.org.rights.of(self.org.caller).system:
            raise ApiError("INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id", status=403)
        if not parts and request.method == "POST":
            return Response(201, self._show(self._begin(request), details=False))
        if len(parts) != 1 or request.method not in ("GET", "PATCH"):
            raise not_found()
        found = self.all.get(parts[0]) or self.all.get(setup_or_none(parts[0], self.all))
        if found is None:
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
        if request.method == "PATCH":
            return self._cancel(request, found)
        found.looks += 1
        self.go_on()
        return Response(200, self._show(found, details=request.query.get("includeDetails", ["false"])[0] == "true"))

    def go_on(self) -> None:
        """Take the oldest that is not done a step further: by the polls it has seen, or by time."""
        org = self.org
        for one in self.all.values():
            if one.status in DONE:
                continue
            polls, seconds = org.switches.deploy_polls, org.switches.deploy_seconds
            waited = org.clock.now() - one.created >= timedelta(seconds=seconds)
            if one.status == "Canceling":
                one.status, one.completed = "Canceled", org.clock.now()
            elif one.looks > polls or waited:
                self._run(one)
            elif one.looks > 1:
                one.status, one.started = "InProgress", one.started or org.clock.now()
            return

    def _begin(self, request: Request) -> Deployment:
        parts = read_multipart(request)
        if "json" not in parts or "file" not in parts:
            raise ApiError("INVALID_MULTIPART_REQUEST", "The request must have a part 'json' and a part 'file'")
        try:
            asked = orjson.loads(parts["json"]).get("deployOptions") or {}
        except (orjson.JSONDecodeError, AttributeError):
            raise ApiError("JSON_PARSER_ERROR", "The part 'json' is no JSON object") from None
        unknown = [name for name in asked if name not in OPTIONS]
        if unknown:
            message = f'Unrecognized field "{unknown[0]}" at [line:1, column:1]'
            raise ApiError("JSON_PARSER_ERROR", message)
        now = self.org.clock.now()
        made = Deployment(
            setup_id("0Af", str(len(self.all)), now.isoformat()),
            self.org.caller,
            {**OPTIONS, **asked},
            parts["file"],
            now,
        )
        self.all[made.id] = made
        return made

    def _cancel(self, request: Request, found: Deployment) -> Response:
        wanted = (payload.read_json(request).get("deployResult") or {}).get("status")
        if wanted != "Canceling":
            raise ApiError("INVALID_FIELD", "only the status Canceling can be set")
        if found.status in DONE:
            raise ApiError("INVALID_ID_FIELD", "Deploy is already done")
        found.status = "Canceling"
        return Response(202, self._show(found, details=False))

    def _run(self, one: Deployment) -> None:
        org = self.org
        one.started = one.started or org.clock.now()
        one.completed = org.clock.now()
        try:
            package = read_package(one.data, missing_files=bool(one.options["allowMissingFiles"]))
        except BadPackageError as error:
            one.status, one.error = "Failed", ("UNKNOWN_EXCEPTION", str(error))
            one.failures = [_message(Component("", "package.xml", "package.xml"), problem=str(error))]
            return
        draft = Draft.of(org)
        self._apply(one, draft, package)
        strict = one.options["rollbackOnError"] or one.options["checkOnly"]
        if one.failures and (strict or not one.successes):
            one.status = "Failed"
            return
        if not one.options["checkOnly"]:
            draft.commit()
        one.status = "SucceededPartial" if one.failures else "Succeeded"

    def _apply(self, one: Deployment, draft: Draft, package: Package) -> None:
        one.failures = [_failed(failure) for failure in package.failures]
        components = sorted(package.components, key=lambda part: ORDER.index(part.type) if part.type in ORDER else 99)
        steps = [(remove, part) for name in BEFORE for part in in_order(package.deletions.get(name, []))]
        steps += [(deploy, part) for part in components]
        steps += [(remove, part) for name in AFTER for part in in_order(package.deletions.get(name, []))]
        one.total = len(steps) + len(package.failures)
        for act, part in steps:
            kept = draft.setup.copy() if not one.options["rollbackOnError"] else None
            try:
                one.successes.append(_message(part, outcome=act(draft, part)))
            except ProblemError as error:
                one.failures.append(_message(part, problem=str(error)))
                draft.setup = kept or draft.setup

    def _show(self, one: Deployment, *, details: bool) -> dict[str, Any]:
        user = self.org.data.tables["User"].rows[one.user]
        result: dict[str, Any] = {
            "id": one.id,
            "status": one.status,
            "done": one.status in DONE,
            "success": one.status == "Succeeded",
            "checkOnly": one.options["checkOnly"],
            "ignoreWarnings": one.options["ignoreWarnings"],
            "rollbackOnError": one.options["rollbackOnError"],
            "runTestsEnabled": False,
            "numberComponentErrors": len(one.failures),
            "numberComponentsDeployed": len(one.successes),
            "numberComponentsTotal": one.total,
            "numberTestErrors": 0,
            "numberTestsCompleted": 0,
            "numberTestsTotal": 0,
            "createdBy": one.user,
            "createdByName": user["Name"],
            "createdDate": show_instant(one.created),
            "startDate": show_instant(one.started) if one.started else None,
            "completedDate": show_instant(one.completed) if one.completed else None,
            "lastModifiedDate": show_instant(one.completed or one.started or one.created),
            "canceledBy": one.user if one.status == "Canceled" else None,
            "errorMessage": one.error[1] if one.error else None,
            "errorStatusCode": one.error[0] if one.error else None,
            "stateDetail": None,
        }
        if details:
            tests: dict[str, Any] = {
                "numFailures": 0,
                "numTestsRun": 0,
                "failures": [],
                "successes": [],
                "totalTime": 0.0,
            }
            result["details"] = {
                "componentFailures": one.failures,
                "componentSuccesses": one.successes,
                "retrieveResult": None,
                "runTestResult": tests,
            }
        shown = {"id": one.id, "validatedDeployRequestId": None, "deployOptions": one.options}
        return {**shown, "deployResult": result}


def setup_or_none(text: str, known: dict[str, Deployment]) -> str:
    """The long form of a short id."""
    return next((key for key in known if key[:15] == text[:15] and len(text) == 15), "")


def _message(part: Component, *, outcome: Outcome | None = None, problem: str = "") -> dict[str, Any]:
    made = outcome or Outcome()
    return {
        "componentType": part.type,
        "fullName": part.full_name,
        "fileName": part.file,
        "id": made.id or None,
        "created": made.created,
        "changed": made.changed,
        "deleted": made.deleted,
        "success": not problem,
        "problem": problem or None,
        "problemType": "Error" if problem else None,
        "lineNumber": None,
        "columnNumber": None,
        "warning": False,
    }


def _failed(failure: Failure) -> dict[str, Any]:
    return _message(Component(failure.type, failure.full_name, failure.file), problem=failure.problem)


def read_multipart(request: Request) -> dict[str, bytes]:
    """Parts of a multipart/form-data body by name."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", "Content type must be multipart/form-data", status=415)
    head = b"Content-Type: " + kind.encode() + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    parts: dict[str, bytes] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            parts[name] = content
    return parts
