"""What API clients may change, and every reason the org has to refuse one record.

Messages follow samples of real answers; where single and batch calls differ in status, the error carries both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce.admin import save
from connectors.simulator.salesforce.admin.record_type import check_choice
from connectors.simulator.salesforce.admin.rule import broken_rules
from connectors.simulator.salesforce.admin.setup import GRANTING
from connectors.simulator.salesforce.change import insert_row, update_row
from connectors.simulator.salesforce.error import ApiError, row_error, several
from connectors.simulator.salesforce.record_id import to18
from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.table import Row
from connectors.simulator.salesforce.value import read_value, show_instant
from connectors.simulator.salesforce.world import soft_delete

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

SECURITY_HINT = (
    "Please check the security settings of this field and verify that it is read/write for your profile or "
    "permission set."
)
ASSIGNED = frozenset({"Lead", "Case", "Account"})


def prepare(org: SalesforceOrg, kind: ObjectType, record: Mapping[str, Any], creating: bool) -> dict[str, Any]:
    """Fields of a request in stored form.

    Raises ApiError: for the whole request on unknown fields and wrong types, for the row on the rest.
    """
    values: dict[str, Any] = {}
    closed: list[str] = []
    for name, value in record.items():
        if name == "attributes" or name.lower() == "id":
            continue
        item = kind.find(name)
        if item is None:
            message = f"No such column '{name}' on sobject of type {kind.name}"
            raise ApiError("INVALID_FIELD", message, row=org.switches.unknown_field == "row")
        if not kind.guard.edits(kind, item) or not (item.createable if creating else item.updateable):
            closed.append(item.name)
            continue
        values[item.name] = _read_value(org, item, value)
    if closed:
        message = f"Unable to create/update fields: {', '.join(closed)}. {SECURITY_HINT}"
        raise row_error("INVALID_FIELD_FOR_INSERT_UPDATE", message, *closed)
    return values


def _read_value(org: SalesforceOrg, item: Field, value: Any) -> Any:
    try:
        return read_value(item, value, trim=org.switches.trim_text)
    except ApiError as error:
        if error.code == "JSON_PARSER_ERROR":
            error.row = error.row or org.switches.wrong_type == "row"
            error.message = "json parse error" if org.switches.wording == "other" else error.message
        raise


def read_id(kind: ObjectType, text: Any) -> str:
    """An id of this object in its long form."""
    try:
        record_id = to18(text)
    except (ValueError, TypeError):
        record_id = ""
    if not record_id.startswith(kind.prefix):
        message = f"{kind.label} ID: id value of incorrect type: {text}"
        raise row_error("MALFORMED_ID", message, "Id")
    return record_id


def create(org: SalesforceOrg, kind: ObjectType, values: dict[str, Any], headers: Mapping[str, str]) -> str:
    """Insert a prepared record. Returns its id; raises ApiError with `row` set."""
    if kind.name in GRANTING:
        return save.create(org, kind, values)
    if not kind.createable or not org.rights.may(kind, "create"):
        raise row_error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {kind.label}")
    missing = [item.name for item in kind.fields.values() if item.required and values.get(item.name) is None]
    if missing:
        raise row_error("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", *missing)
    _check_activity(org, kind, values)
    _check_record(org, kind, values, values, None, headers)
    _assign(org, kind, values, headers)
    stamp = show_instant(org.clock.now())
    return insert_row(org, kind, values, stamp, org.caller)["Id"]


def update(
    org: SalesforceOrg, kind: ObjectType, record_id: str, values: dict[str, Any], headers: Mapping[str, str]
) -> str:
    """Update a record with prepared values. Raises ApiError with `row` set."""
    old = find_row(org, kind, record_id)
    if kind.name in GRANTING:
        return save.update(org, kind, old, values)
    _check_access(org, old)
    if kind.name == "Lead" and old["IsConverted"] and not org.switches.edit_converted:
        raise row_error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    emptied = [name for name, value in values.items() if value is None and not kind.fields[name.lower()].nillable]
    if emptied:
        raise row_error("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(emptied)}]", *emptied)
    _check_record(org, kind, {**old, **values}, values, old, headers)
    _assign(org, kind, values, headers)
    if not org.switches.identical_update_bumps and all(old.get(name) == value for name, value in values.items()):
        return record_id
    update_row(org, kind, old, values, show_instant(org.clock.now()), org.caller)
    return record_id


def delete(org: SalesforceOrg, kind: ObjectType, record_id: str) -> None:
    if kind.name in GRANTING:
        save.delete(org, kind, find_row(org, kind, record_id))
        return
    if not kind.deletable or not org.rights.may(kind, "delete"):
        raise _no_access(org)
    row = find_row(org, kind, record_id)
    _check_access(org, row)
    soft_delete(org, kind, row, show_instant(org.clock.now()), org.caller)


def find_row(org: SalesforceOrg, kind: ObjectType, record_id: str) -> Row:
    """The row as far as the user may see it. Raises ApiError with `row` set."""
    row = org.data.tables[kind.name].rows.get(record_id)
    if row is None:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
    if row.get("IsDeleted"):
        raise row_error("ENTITY_IS_DELETED", "entity is deleted", status=404)
    if org.data.hides(row):
        raise _hidden(org)
    return row


def _hidden(org: SalesforceOrg) -> ApiError:
    """What a write to a record says that the user may not see; which of these is unverified."""
    if org.switches.hidden_row == "INSUFFICIENT_ACCESS_OR_READONLY":
        return _no_access(org)
    text = "invalid cross reference id" if org.switches.hidden_row.startswith("INVALID") else "entity is deleted"
    return row_error(org.switches.hidden_row, text, status=404)


def _no_access(org: SalesforceOrg) -> ApiError:
    text = "insufficient access rights on object id"
    return row_error("INSUFFICIENT_ACCESS_OR_READONLY", text, status=org.switches.no_access_status)


def _check_access(org: SalesforceOrg, row: Row) -> None:
    """Planted refusals, locks of other transactions, and sharing."""
    obstacles = org.obstacles
    obstacles.take_row(row["Id"])
    if org.commits.holds(row["Id"]):
        text = f"unable to obtain exclusive access to this record or 1 records: {row['Id']}"
        raise row_error("UNABLE_TO_LOCK_ROW", text)
    obstacles.check_locks(row, org.clock.now())
    if org.rights.access(org.caller, row) != "edit":
        raise _no_access(org)


def _check_activity(org: SalesforceOrg, kind: ObjectType, values: dict[str, Any]) -> None:
    """An activity cannot hang on a converted lead, nor on a lead and a record at once."""
    who = values.get("WhoId")
    if kind.name not in ("Task", "Event") or not who or not who.startswith("00Q"):
        return
    lead = org.data.tables["Lead"].rows.get(who)
    if lead is not None and lead["IsConverted"] and not org.switches.edit_converted:
        raise row_error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    if values.get("WhatId"):
        message = "If the Related To field is a lead, no other record can be related"
        raise row_error("FIELD_INTEGRITY_EXCEPTION", message, "WhatId")


def _check_record(
    org: SalesforceOrg,
    kind: ObjectType,
    whole: Mapping[str, Any],
    values: Mapping[str, Any],
    old: Row | None,
    headers: Mapping[str, str],
) -> None:
    """Checks that run over the whole record on every save, whichever fields were sent."""
    record_id = old["Id"] if old else None
    for name, value in values.items():
        item = kind.fields[name.lower()]
        if item.type == "reference" and item.refers_to and value is not None:
            _check_reference(org, item.refers_to, value)
        if value is not None and item.name == "RecordTypeId":
            _check_record_type(org, kind, value)
        if value is not None:
            check_choice(org, kind, item, value, whole.get("RecordTypeId"))
        if item.unique and value is not None:
            _check_unique(org, kind, name, value, record_id)
    if broken := broken_rules(org, kind.name, whole, old):
        raise several(
            row_error("FIELD_CUSTOM_VALIDATION_EXCEPTION", one.message, *filter(None, [one.shown_at])) for one in broken
        )
    _check_duplicates(org, kind, whole, record_id, headers)


def _check_reference(org: SalesforceOrg, targets: tuple[str, ...], value: str) -> None:
    found = org.data.target(value)
    if found is None or found[0].name not in targets:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")


def _check_record_type(org: SalesforceOrg, kind: ObjectType, value: str) -> None:
    row = org.data.tables["RecordType"].rows.get(value)
    if row is None or row["SobjectType"] != kind.name or not row["IsActive"]:
        text = f"Record Type ID: this ID value isn't valid for the user: {value}"
        raise row_error("INVALID_CROSS_REFERENCE_KEY", text, "RecordTypeId")


def _check_unique(org: SalesforceOrg, kind: ObjectType, name: str, value: Any, record_id: str | None) -> None:
    for row in org.data.tables[kind.name].rows.values():
        if row["Id"] != record_id and row.get(name) == value and not row.get("IsDeleted"):
            message = f"duplicate value found: {name} duplicates value on record with id: {row['Id']}"
            raise row_error("DUPLICATE_VALUE", message)


def _check_duplicates(
    org: SalesforceOrg, kind: ObjectType, whole: Mapping[str, Any], record_id: str | None, headers: Mapping[str, str]
) -> None:
    """The org's duplicate rule on e-mail; the header `Sforce-Duplicate-Rule-Header: allowSave=true` passes it."""
    email = whole.get("Email")
    if kind.name not in org.switches.duplicate_rules or not email:
        return
    if "allowsave=true" in headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower():
        return
    for row in org.data.tables[kind.name].rows.values():
        if row["Id"] != record_id and (row.get("Email") or "").lower() == email.lower() and not row["IsDeleted"]:
            raise row_error("DUPLICATES_DETECTED", "Use one of these records?")


def runs_assignment(kind: ObjectType, headers: Mapping[str, str]) -> bool:
    """Assignment rules run on REST writes by default: `Sforce-Auto-Assign` defaults to TRUE."""
    return kind.name in ASSIGNED and headers.get("sforce-auto-assign", "true").strip().lower() != "false"


def _assign(org: SalesforceOrg, kind: ObjectType, values: dict[str, Any], headers: Mapping[str, str]) -> None:
    if org.switches.assignment_owner and kind.name == "Lead" and runs_assignment(kind, headers):
        values["OwnerId"] = org.switches.assignment_owner
