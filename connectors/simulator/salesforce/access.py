"""`UserRecordAccess`: what a user may do with records, asked for by id (source: Object Reference, UserRecordAccess)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce.admin.setup import USER_PERMISSIONS, setup_id
from connectors.simulator.salesforce.error import ApiError
from connectors.simulator.salesforce.record_id import to18
from connectors.simulator.salesforce.scan import Plan
from connectors.simulator.salesforce.table import Table
from connectors.simulator.salesforce.tree import Condition, Junction, Name

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

NAME = "UserRecordAccess"
OWN_PERMISSIONS = "UserPermissionAccess"
MAX_RECORDS = 200
_LEVELS = {"none": "None", "read": "Read", "edit": "Edit"}


def fill_access(org: SalesforceOrg, plan: Plan) -> None:
    """Let the plan run on rows made for the ids it asks about. Raises ApiError without user or records."""
    users, records = _values(plan.query.where, "userid"), _values(plan.query.where, "recordid")
    if len(users) != 1 or not records:
        raise ApiError("MALFORMED_QUERY", "UserRecordAccess needs one UserId and at least one RecordId in the filter")
    if len(records) > MAX_RECORDS:
        raise ApiError("EXCEEDED_ID_LIMIT", f"UserRecordAccess takes at most {MAX_RECORDS} record ids")
    plan.table = Table(plan.kind)
    for record_id in records:
        plan.table.put(_row(org, users[0], record_id))


def fill_own_permissions(org: SalesforceOrg, plan: Plan) -> None:
    """`UserPermissionAccess`: one row, of the caller (source: Object Reference)."""
    held = org.rights.of(org.caller).system
    plan.table = Table(plan.kind)
    shown = {f"Permissions{name}": name in held for name in USER_PERMISSIONS}
    plan.table.put({"Id": setup_id("0Pu", org.caller), "CreatedDate": "", **shown})


def _row(org: SalesforceOrg, user: str, record_id: str) -> dict[str, Any]:
    found = org.data.target(record_id)
    gone = found is None or found[1].get("IsDeleted")
    access = "none" if gone or found is None else org.rights.access(user, found[1])
    reads, edits = access != "none", access == "edit"
    return {
        "Id": f"000{record_id}",
        "RecordId": record_id,
        "UserId": user,
        "HasReadAccess": reads,
        "HasEditAccess": edits,
        "HasDeleteAccess": edits,
        "HasTransferAccess": edits,
        "HasAllAccess": False,
        "MaxAccessLevel": _LEVELS[access],
        "CreatedDate": "",
    }


def _values(node: Condition | Junction | None, name: str) -> list[str]:
    """Ids that one field is compared with, through `and` only."""
    if isinstance(node, Junction):
        return [one for part in node.parts for one in _values(part, name)] if node.operator == "and" else []
    if node is None or not isinstance(node.operand, Name) or node.operand.text.lower() != name:
        return []
    if node.operator not in ("=", "in"):
        return []
    try:
        return list(dict.fromkeys(to18(str(literal.value)) for literal in node.values))
    except ValueError:
        return []
