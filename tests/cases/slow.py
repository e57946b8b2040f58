"""The slow reference asked the same question: records as served, flags as the contract of `try handoff` writes them."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from tests.cases.case import TOKYO
from tests.handoffs import ROOT
from tests.reference.judge import Reference
from tests.reference.served import Served
from tests.reference.values import fold

_TRACKED = {"OwnerId": "Owner"}
_HISTORY = {"Lead": "LeadHistory", "Opportunity": "OpportunityFieldHistory"}


def refer_to(question: dict[str, Any]) -> dict[str, Any]:
    """Per record in scope what the reference says. Raises AssertionError where it cannot read a value."""
    reference = copy(_reference(question.get("config")))
    reference.memory, reference.flagged, reference.seen, reference.shown = {}, set(), {}, {}
    found = reference.judge_all(_served(question), datetime.fromisoformat(question["now"]))
    return {ref: _told(reference, ref, flags) for ref, flags in found.items() if flags["status"] != "out_of_scope"}


@cache
def _reference(folder: str | None) -> Reference:
    """With the files read."""
    return Reference(Path(folder) if folder else ROOT)


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
    for user in question["users"]:
        served.owners[user["hubspot_owner_id"]]["userId"] = user["id"]
    for number, change in enumerate(question["history"]):
        _, stream, record_id = change["record"].split(":")
        at = datetime.fromisoformat(change["at"])
        if stream == "contacts":
            told = {name: change.get(name) for name in ("field", "old", "new", "by")}
            served.told.append({**told, "id": record_id, "at": at})
        else:
            served.rows[_HISTORY[stream]][str(number)] = {
                f"{stream}Id": record_id,
                "Field": _TRACKED.get(change["field"], change["field"]),
                "OldValue": change["old"],
                "NewValue": change["new"],
                "CreatedDate": change["at"],
                "CreatedById": change.get("by"),
            }
    return served


def _told(reference: Reference, ref: str, flags: dict[str, Any]) -> dict[str, Any]:
    handoff = reference.shown[ref]
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
        "at_pass": reference.memory[handoff.anchor.ref].missing_at_pass,
        "cycle": handoff.cycle,
        "definition": flags["definition"],
        **clocks,
    }


def _iso(text: str | None) -> str | None:
    return datetime.fromisoformat(fold(text)).astimezone(TOKYO).isoformat() if text else None


def flatten(record: dict[str, Any]) -> dict[str, Any]:
    """One record of an answer of `try handoff` in the form in which the reference tells it."""
    told = tell(record)
    same = {name: record[name] for name in ("passed_at", "cycle", "definition")}
    return {
        **told,
        **same,
        "missing": set(told["missing"]),
        "unmet": set(told["unmet"]),
        "at_pass": record["missing_at_pass"],
    }


def tell(record: dict[str, Any]) -> dict[str, Any]:
    """What of it a case expects."""
    names = ("status", "verdict", "missing", "unmet", "next_actor")
    clocks = record["clocks"]
    told = {name: record[name] for name in names}
    return {**told, "is": clocks["is_first_contact"], "fs": clocks["fs_first_contact"]}
