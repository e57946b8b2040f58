"""The Tooling API as far as setting up needs it: one custom field, rule or record type at a time, and queries.

Source: Tooling API Reference (CustomField, ValidationRule, RecordType); refusals' wording is unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.simulator.kernel import Request, Response
from connectors.simulator.salesforce import payload
from connectors.simulator.salesforce.admin.component import deploy
from connectors.simulator.salesforce.admin.draft import Draft, ProblemError
from connectors.simulator.salesforce.admin.package import Component
from connectors.simulator.salesforce.admin.record_type import choices_of, set_choices
from connectors.simulator.salesforce.admin.removal import remove
from connectors.simulator.salesforce.admin.setup import setup_id
from connectors.simulator.salesforce.admin.tables import refresh
from connectors.simulator.salesforce.error import ApiError, not_found
from connectors.simulator.salesforce.table import Row

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

PREFIXES = {"CustomField": "00N", "ValidationRule": "03d"}
"""Of what can be made, changed and deleted here."""


def answer_tooling(org: SalesforceOrg, request: Request, version: str, parts: list[str]) -> Response:
    """Everything under /tooling/sobjects. Raises ApiError."""
    names = {"customfield": "CustomField", "validationrule": "ValidationRule", "recordtype": "RecordType"}
    name = names.get(parts[0].lower()) if parts else None
    if name is None or len(parts) > 2:
        raise not_found()
    refresh(org, "CustomField")
    if request.method == "GET" and len(parts) == 2:
        return Response(200, _show(org, version, name, _find(org, name, parts[1])))
    _require_right(org)
    if name == "RecordType" and request.method == "PATCH" and len(parts) == 2:
        metadata = payload.read_json(request).get("Metadata") or {}
        set_choices(org, _find(org, name, parts[1]), metadata)
        return Response(204)
    if name == "RecordType":
        raise not_found("Only existing record types are simulated")
    if request.method == "POST" and len(parts) == 1:
        return _make(org, request, name)
    if request.method in ("PATCH", "DELETE") and len(parts) == 2:
        return _change(org, request, name, _find(org, name, parts[1]))
    raise not_found()


def _require_right(org: SalesforceOrg) -> None:
    if "CustomizeApplication" not in org.rights.of(org.caller).system:
        text = "You don't have permission to perform this operation: Customize Application"
        raise ApiError("INSUFFICIENT_ACCESS", text, status=403)


def _find(org: SalesforceOrg, name: str, text: str) -> Row:
    rows = org.data.tables[name].rows
    found = rows.get(text) or next((row for key, row in rows.items() if key[:15] == text), None)
    if found is None:
        raise not_found("The requested resource does not exist")
    return found


def _show(org: SalesforceOrg, version: str, name: str, row: Row) -> dict[str, Any]:
    url = f"/services/data/v{version}/tooling/sobjects/{name}/{row['Id']}"
    more: dict[str, Any] = {}
    if name == "RecordType":
        full_name = f"{row['SobjectType']}.{row['DeveloperName']}"
        more = {"FullName": full_name, "Metadata": choices_of(org, row)}
    return {"attributes": {"type": name, "url": url}, **row, **more}


def _make(org: SalesforceOrg, request: Request, name: str) -> Response:
    body = payload.read_json(request)
    full_name, metadata = str(body.get("FullName") or ""), body.get("Metadata")
    if not full_name or not isinstance(metadata, Mapping):
        raise ApiError("REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName, Metadata]")
    object_name, _, field = full_name.partition(".")
    kind = org.data.objects.get(object_name.lower())
    if name == "CustomField" and kind is not None and field.lower() in kind.fields:
        text = f"There is already a field named {field.removesuffix('__c')} on {object_name}."
        raise ApiError("DUPLICATE_DEVELOPER_NAME", text, ("FullName",))
    _deploy_one(org, name, full_name, metadata)
    made = setup_id(PREFIXES[name], *(full_name.split(".") if name == "CustomField" else (full_name,)))
    return Response(201, {"id": made, "success": True, "errors": [], "warnings": [], "infos": []})


def _change(org: SalesforceOrg, request: Request, name: str, row: Row) -> Response:
    full_name = row["FullName"]
    if request.method == "PATCH":
        metadata = payload.read_json(request).get("Metadata")
        if not isinstance(metadata, Mapping):
            raise ApiError("REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]")
        _deploy_one(org, name, full_name, metadata)
        return Response(204)
    draft = Draft.of(org)
    try:
        remove(draft, Component(name, full_name, ""))
    except ProblemError as error:
        raise ApiError("DELETE_FAILED", str(error)) from None
    draft.commit()
    return Response(204)


def _deploy_one(org: SalesforceOrg, name: str, full_name: str, metadata: Mapping[str, Any]) -> None:
    draft = Draft.of(org)
    content = {key: value for key, value in metadata.items() if value is not None}
    try:
        deploy(draft, Component(name, full_name, "", content))
    except ProblemError as error:
        raise ApiError("FIELD_INTEGRITY_EXCEPTION", str(error), ("FullName",)) from None
    draft.commit()
