"""The slow reference asked the same question: records as served, flags as the contract of `try handoff` writes them."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from functools import cache
from typing import Any

from tests.cases.case import TOKYO
from tests.handoffs import ROOT
from tests.reference.judge import Reference
from tests.reference.served import Served
from tests.reference.values import fold

_TRACKED = {"OwnerId": "Owner", "Status": "Status"}


def refer_to(question: dict[str, Any]) -> dict[str, Any]:
    """Per record in scope what the reference says. Raises AssertionError where it cannot read a value."""
    reference = copy(_reference())
    reference.memory, reference.flagged, reference.written = {}, set(), {}
    for change in question["history"]:
        day = datetime.fromisoformat(change["at"]).astimezone(TOKYO).date()
        reference.written[change["record"], change["field"]] = (change["new"], day)
    found = reference.judge_all(_served(question), datetime.fromisoformat(question["now"]))
    return {ref: _told(flags) for ref, flags in found.items() if flags["status"] != "out_of_scope"}


@cache
def _reference() -> Reference:
    """With the shipped files read."""
    return Reference(ROOT)


def _served(question: dict[str, Any]) -> Served:
    served = Served()
    for stream, rows in question["salesforce"].items():
        served.rows[stream] = {row["Id"]: row for row in rows}
    for stream, records in question["hubspot"].items():
        served.records[stream] = {one["id"]: {"archived": False, **one} for one in records}
        served.associations[stream, "contacts"] = {one["id"]: set(one.get("contacts", ())) for one in records}
    for one in question["hubspot"].get("contacts", ()):
        for loser in filter(None, str(one["properties"].get("hs_merged_object_ids") or "").split(";")):
            served.records["contacts"][loser] = {"properties": {}, "archived": True}
    for user in question["users"]:
        served.rows["User"][user["id"]] = {
            "Id": user["id"],
            "Email": user["email"],
            "IsActive": user["active"],
            "Role__c": user["role"],
        }
        teams = [{"name": user["role"]}] if user["role"] else []
        served.owners[user["hubspot_owner_id"]] = {
            "id": user["hubspot_owner_id"],
            "email": user["email"],
            "archived": not user["active"],
            "teams": teams,
        }
    for number, change in enumerate(question["history"]):
        if change["field"] in _TRACKED:
            served.rows["LeadHistory"][str(number)] = {
                "LeadId": change["record"].rpartition(":")[2],
                "Field": _TRACKED[change["field"]],
                "OldValue": change["old"],
                "NewValue": change["new"],
                "CreatedDate": change["at"],
            }
    return served


def _told(flags: dict[str, Any]) -> dict[str, Any]:
    clocks = {
        prefix: {
            "state": flags[f"{prefix}_sla"],
            "due": _iso(flags[f"{prefix}_due"]),
            "at": _iso(flags[f"{prefix}_at"]),
        }
        for prefix in ("is", "fs")
    }
    return {
        "status": flags["status"],
        "verdict": flags["sql_verdict"],
        "missing": set(filter(None, (flags["missing_items"] or "").split(";"))),
        "unmet": set(filter(None, (flags["unmet_criteria"] or "").split(";"))),
        "next_actor": flags["next_actor"],
        "passed_at": _iso(flags["passed_at"]),
        **clocks,
    }


def _iso(text: str | None) -> str | None:
    return datetime.fromisoformat(fold(text)).astimezone(TOKYO).isoformat() if text else None
