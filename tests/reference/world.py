"""Raw records → people, deals, activities, histories, in the plainest form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from tests.reference.calendar import ZONE
from tests.reference.served import Served
from tests.reference.values import SHARED, key

CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
NOT_CONNECTED = {
    "9d9162e7-6cf3-4944-bf63-4dff82258764",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff",
    "b2cf5968-551e-4856-9783-52b3da59a7d0",
    "73a0d17f-1163-4015-bdd5-ec830791da20",
    "17b47fee-58de-441e-a44c-c6300d46f273",
}
MACHINES = {
    "automation",
    "automation_platform",
    "workflow",
    "workflows",
    "sequence",
    "sequences",
    "marketing_email",
    "marketing email",
    "auto_reply",
    "bot",
    "chatflow",
}


def instant(text: Any) -> datetime | None:
    if text in (None, ""):
        return None
    text = str(text)
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return datetime.fromisoformat(text.replace("+0000", "+00:00"))


def refer(stream: str, record_id: str) -> str:
    return f"{'salesforce' if stream[0].isupper() else 'hubspot'}:{stream}:{record_id}"


@dataclass
class Node:
    """A person or a deal."""

    ref: str
    stream: str
    values: dict[str, Any]
    created: datetime
    modified: datetime
    owner: str | None = None
    account: dict[str, Any] | None = None

    @property
    def emails(self) -> set[str]:
        names = ["Email"] if self.stream[0].isupper() else ["email", "hs_additional_emails"]
        found = {key(e) for n in names for e in str(self.values.get(n) or "").split(";") if "@" in e}
        return {e for e in found if e.split("@")[0].split("+")[0] not in SHARED}


@dataclass
class Act:
    """An activity, decoded from either CRM."""

    type: str
    direction: str | None
    at: datetime
    logged: datetime
    done: bool
    owner: str | None
    creator: str | None
    subjects: set[str]
    automated: bool = False
    answered: bool = False
    missed: bool = False
    """Surely not answered; a call of which nothing is known is neither."""
    content: bool = False
    task_type: str | None = None
    scheduled: bool = False
    held: bool = True
    """False for a meeting that was called off or that nobody came to."""

    @property
    def connection(self) -> str:
        """Which CRM keeps it; people are named in full."""
        return "".join(sorted({ref.partition(":")[0] for ref in self.subjects}))


@dataclass
class Change:
    subject: str
    field: str
    old: Any
    new: Any
    at: datetime
    name: str | None = None
    """The vendor's name of the field whose value changed."""
    by: str | None = None
    """Id of the user, as the change names it."""
    told: bool = True
    """False: the CRM keeps that the field changed, not from what to what."""


@dataclass
class Raw:
    """Everything the judgement needs, read off what was served."""

    nodes: dict[str, Node] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    roles: list[dict[str, Any]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    colleagues: dict[str, tuple[str, bool, set[str]]] = field(default_factory=dict)
    """user ref → (e-mail, active, role names)."""
    users: dict[str, str] = field(default_factory=dict)
    """HubSpot's own id of a user, or one told by hand → owner."""


def decode(served: Served) -> Raw:
    raw = Raw()
    accounts = served.rows["Account"]
    for stream in ("Lead", "Contact", "Opportunity"):
        for row in served.rows[stream].values():
            ref = refer(stream, row["Id"])
            if row.get("IsDeleted"):
                if row.get("MasterRecordId"):
                    raw.aliases[ref] = refer(stream, row["MasterRecordId"])
                continue
            created, modified = instant(row["CreatedDate"]), instant(row["SystemModstamp"])
            assert created and modified
            owner = refer("User", row["OwnerId"]) if row.get("OwnerId") else None
            raw.nodes[ref] = Node(ref, stream, row, created, modified, owner, accounts.get(row.get("AccountId") or ""))
    losers: dict[str, str] = {}
    for record_id, record in served.records["contacts"].items():
        for loser in str(record["properties"].get("hs_merged_object_ids") or "").split(";"):
            if loser:
                losers[loser] = record_id
    for record_id, record in served.records["contacts"].items():
        ref, values = refer("contacts", record_id), record["properties"]
        if record_id in losers:
            raw.aliases[ref] = refer("contacts", losers[record_id])
        elif not record["archived"]:
            created, modified = instant(values.get("createdate")), instant(values.get("lastmodifieddate"))
            assert created and modified
            owner = refer("owners", values["hubspot_owner_id"]) if values.get("hubspot_owner_id") else None
            raw.nodes[ref] = Node(ref, "contacts", values, created, modified, owner)
    raw.roles = [r for r in served.rows["OpportunityContactRole"].values() if not r.get("IsDeleted")]
    decode_people(served, raw)
    decode_salesforce_activities(served, raw)
    decode_mails(served, raw)
    decode_hubspot_activities(served, raw)
    return raw


def decode_people(served: Served, raw: Raw) -> None:
    for row in served.rows["User"].values():
        names = {row.get("Role__c"), (row.get("UserRole") or {}).get("Name"), (row.get("Profile") or {}).get("Name")}
        raw.colleagues[refer("User", row["Id"])] = (
            key(row.get("Email") or ""),
            bool(row.get("IsActive")),
            {n for n in names if n},
        )
    for owner in served.owners.values():
        teams = {t["name"] for t in owner.get("teams") or []}
        ref = refer("owners", owner["id"])
        raw.colleagues[ref] = (key(owner.get("email") or ""), not owner.get("archived"), teams)
        raw.users |= {str(owner[name]): ref for name in ("userId", "userIdIncludingInactive") if owner.get(name)}


def decode_salesforce_activities(served: Served, raw: Raw) -> None:
    for row in served.rows["Task"].values():
        if row.get("IsDeleted"):
            continue
        kind = {"Call": "call", "Email": "email", "LinkedIn": "message"}.get(row.get("TaskSubtype") or "Task", "task")
        direction = {"Inbound": "inbound", "Outbound": "outbound", "Internal": "internal"}.get(
            row.get("CallType") or ""
        )
        if kind == "email" and direction is None:
            direction = "outbound"
        logged = instant(row["CreatedDate"])
        assert logged
        subjects = {refer(s, row[f]) for f, s in subject_fields(row)}
        said = str(row.get("CallDisposition") or "").strip().casefold()
        seconds = row.get("CallDurationInSeconds")
        if kind == "task" and row.get("CallType"):
            kind = "call"
        if kind == "message":
            direction = "outbound"
        answered = (seconds or 0) >= 30 or said in ("connected", "通話", "接続", "応答", "通話成立")
        unanswered = said in ("no answer", "missed", "不在", "不在着信", "応答なし")
        raw.acts.append(
            Act(
                kind,
                direction,
                task_instant(row, logged),
                logged,
                bool(row.get("IsClosed")),
                refer("User", row["OwnerId"]) if row.get("OwnerId") else None,
                refer("User", row["CreatedById"]) if row.get("CreatedById") else None,
                subjects,
                automated=row.get("TaskSubtype") in ("ListEmail", "Cadence"),
                answered=answered,
                missed=not answered and (seconds is not None or unanswered),
                content=bool(str(row.get("Description") or "").strip()),
                task_type=row.get("Type"),
            )
        )
    for row in served.rows["Event"].values():
        if row.get("IsDeleted") or row.get("IsChild"):
            continue
        logged, at = instant(row["CreatedDate"]), instant(row.get("StartDateTime"))
        assert logged
        raw.acts.append(
            Act(
                "meeting",
                None,
                at or logged,
                logged,
                True,
                refer("User", row["OwnerId"]) if row.get("OwnerId") else None,
                refer("User", row["CreatedById"]) if row.get("CreatedById") else None,
                {refer(s, row[f]) for f, s in subject_fields(row)},
                content=bool(str(row.get("Description") or "").strip()),
                scheduled=True,
            )
        )


def decode_mails(served: Served, raw: Raw) -> None:
    streams = {"00Q": "Lead", "003": "Contact", "006": "Opportunity"}
    for row in served.rows["EmailMessage"].values():
        about = row.get("RelatedToId") or ""
        if row.get("IsDeleted") or about[:3] not in streams:
            continue
        logged = instant(row["CreatedDate"])
        assert logged
        incoming, sender = (
            bool(row.get("Incoming")),
            refer("User", row["CreatedById"]) if row.get("CreatedById") else None,
        )
        raw.acts.append(
            Act(
                "email",
                "inbound" if incoming else "outbound",
                instant(row.get("MessageDate")) or logged,
                logged,
                not row.get("IsBounced") and (incoming or str(row.get("Status")) == "3"),
                None if incoming else sender,
                sender,
                {refer(streams[about[:3]], about)},
                content=bool(str(row.get("TextBody") or "").strip()),
            )
        )


def subject_fields(row: dict[str, Any]) -> list[tuple[str, str]]:
    streams = {"00Q": "Lead", "003": "Contact", "006": "Opportunity"}
    return [(f, streams[row[f][:3]]) for f in ("WhoId", "WhatId") if row.get(f) and row[f][:3] in streams]


def task_instant(row: dict[str, Any], logged: datetime) -> datetime:
    saved, day = instant(row.get("CompletedDateTime")), day_of(row.get("ActivityDate"))
    if row.get("IsClosed") and saved and (day is None or day >= saved.astimezone(ZONE).date()):
        return saved
    return datetime.combine(day, time(), ZONE) if day else logged


def decode_hubspot_activities(served: Served, raw: Raw) -> None:
    kinds = {"calls": "call", "emails": "email", "meetings": "meeting", "communications": "message", "tasks": "task"}
    by_user = {name: ref.rpartition(":")[2] for name, ref in raw.users.items()}
    for stream, kind in kinds.items():
        for record_id, record in served.records[stream].items():
            p = record["properties"]
            if record["archived"]:
                continue
            logged = instant(p.get("hs_createdate"))
            assert logged
            at = instant(p.get("hs_meeting_start_time")) if kind == "meeting" else None
            at = at or instant(p.get("hs_timestamp")) or logged
            creator = by_user.get(str(p.get("hs_created_by_user_id")))
            direction = {"EMAIL": "outbound", "INCOMING_EMAIL": "inbound"}.get(p.get("hs_email_direction") or "")
            direction = direction or {"INBOUND": "inbound", "OUTBOUND": "outbound"}.get(
                p.get("hs_call_direction") or ""
            )
            if kind == "message" and direction is None:
                direction = None
            status = p.get("hs_call_status") or p.get("hs_email_status") or p.get("hs_task_status") or ""
            done = {
                "call": status not in ("QUEUED", "RINGING", "IN_PROGRESS", "CONNECTING", "CALLING_CRM_USER"),
                "email": status in ("SENT", ""),
                "task": status == "COMPLETED",
                "meeting": True,
                "message": True,
            }[kind]
            outcome, length = p.get("hs_call_disposition"), p.get("hs_call_duration")
            unanswered = status in ("BUSY", "NO_ANSWER", "FAILED", "CANCELED", "MISSED")
            answered = outcome == CONNECTED or int(length or 0) >= 30_000
            missed = not answered and (length is not None or outcome in NOT_CONNECTED or (not outcome and unanswered))
            done = done and not (kind == "call" and status == "CANCELED")
            body = (
                p.get("hs_call_body") or p.get("hs_body_preview") or p.get("hs_email_text") or p.get("hs_meeting_body")
            )
            body = body or p.get("hs_communication_body") or p.get("hs_task_body")
            raw.acts.append(
                Act(
                    kind,
                    direction,
                    at,
                    logged,
                    done,
                    refer("owners", p["hubspot_owner_id"]) if p.get("hubspot_owner_id") else None,
                    refer("owners", creator) if creator else None,
                    {refer("contacts", c) for c in served.subjects(stream, record_id)},
                    automated=key(p.get("hs_object_source") or "") in MACHINES,
                    missed=missed,
                    held=p.get("hs_meeting_outcome") not in ("CANCELED", "NO_SHOW", "RESCHEDULED"),
                    answered=answered,
                    content=bool(str(body or "").strip()),
                    task_type=p.get("hs_task_type"),
                    scheduled=(p.get("hs_meeting_outcome") or "SCHEDULED") in ("SCHEDULED",),
                )
            )


def day_of(text: Any) -> date | None:
    return date.fromisoformat(str(text)[:10]) if text else None
