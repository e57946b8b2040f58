"""HubSpot properties in the vendor-free words of the core (names: sync/core/model/README.md).

Sources: developers.hubspot.com, guides of calls, emails, meetings, tasks, communications, leads. Readings that the
documents leave open: a call that was never answered is done all the same (an attempt was made, `connected` says the
rest); a call or mail without a status was logged by hand after the fact and is done; a rescheduled meeting did not take
place at its time; a forwarded mail has no direction, because it does not say who wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.kit.instant import instant_fact, read_instant
from sync.core.model.records import RecordRef

Row = Mapping[str, Any]
"""The `properties` of a record."""
Facts = dict[str, Any]

_CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
_NOT_CONNECTED = frozenset(
    {
        "9d9162e7-6cf3-4944-bf63-4dff82258764",  # busy
        "a4c4c377-d246-4b32-a13b-75a56a4cd0ff",  # left live message
        "b2cf5968-551e-4856-9783-52b3da59a7d0",  # left voicemail
        "73a0d17f-1163-4015-bdd5-ec830791da20",  # no answer
        "17b47fee-58de-441e-a44c-c6300d46f273",  # wrong number
    }
)
_CALL_STATUS = {
    "CANCELED": "canceled",
    "QUEUED": "open",
    "CONNECTING": "open",
    "RINGING": "open",
    "IN_PROGRESS": "open",
    "CALLING_CRM_USER": "open",
}
_UNANSWERED = frozenset({"BUSY", "NO_ANSWER", "FAILED", "CANCELED", "MISSED"})
_MAIL_STATUS = {"BOUNCED": "bounced", "FAILED": "bounced", "SCHEDULED": "scheduled", "SENDING": "open"}
_MEETING_STATUS = {
    "SCHEDULED": "scheduled",
    "COMPLETED": "done",
    "RESCHEDULED": "canceled",
    "NO_SHOW": "no_show",
    "CANCELED": "canceled",
}
_DIRECTIONS = {"INBOUND": "inbound", "OUTBOUND": "outbound", "EMAIL": "outbound", "INCOMING_EMAIL": "inbound"}
_MACHINES = frozenset(
    {
        "AUTOMATION",
        "AUTOMATION_PLATFORM",
        "WORKFLOW",
        "WORKFLOWS",
        "SEQUENCE",
        "SEQUENCES",
        "MARKETING_EMAIL",
        "MARKETING EMAIL",
        "AUTO_REPLY",
        "BOT",
        "CHATFLOW",
    }
)


_BOOKING_PAGE = "MEETINGS"
"""Source of a meeting for which somebody picked a slot on a scheduling page: the customer did, whoever hosts it."""
LAST_CONTACTED = "notes_last_contacted"
"""When a call, mail, message or meeting was last logged with the contact ("HubSpot's default contact properties": Last
Contacted). Readable with the contacts alone; it moves the contact's modification date."""
_HANDS = frozenset({"CRM_UI", "CRM_UI_BULK_ACTION", "CONTACTS_WEB", "IMPORT", "MOBILE_ANDROID", "MOBILE_IOS"})
"""Sources of a property's value behind which a person stands; of workflows and integrations nobody is named."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a record needs besides its properties."""

    connection: str
    now: datetime
    """The server's clock."""
    owner_of_user: Callable[[str], str | None]
    """Owner id of a user id."""

    def owner(self, owner_id: Any) -> str | None:
        return str(RecordRef(self.connection, "owners", str(owner_id))) if owner_id else None

    def user(self, user_id: Any) -> str | None:
        return self.owner(self.owner_of_user(str(user_id))) if user_id else None

    def people(self, ids: Sequence[str]) -> list[str]:
        return [str(RecordRef(self.connection, "contacts", one)) for one in ids]


def _put(facts: Facts, row: Row, name: str, field: str, read: Callable[[Any], Any] = lambda value: value) -> None:
    """Set a fact if its property was readable; HubSpot's empty text is None."""
    if field in row:
        facts[name] = read(row[field] if row[field] != "" else None)


def read_contact(row: Row, reading: Reading, _: Sequence[str]) -> Facts:
    facts: Facts = {}
    _put(facts, row, "created_at", "createdate", instant_fact)
    _put(facts, row, "owner", "hubspot_owner_id", reading.owner)
    _put(facts, row, "contacted_at", LAST_CONTACTED, instant_fact)
    return facts


def read_lead(row: Row, reading: Reading, people: Sequence[str]) -> Facts:
    facts: Facts = {"subjects": reading.people(people)}
    _put(facts, row, "owner", "hubspot_owner_id", reading.owner)
    _put(facts, row, "stage", "hs_pipeline_stage")
    return facts


def read_call(row: Row, reading: Reading, people: Sequence[str]) -> Facts:
    facts = _read_activity(row, reading, people, "call", "hs_call_body")
    status = row.get("hs_call_status") or ""
    facts["status"] = _CALL_STATUS.get(status, "done")
    facts["direction"] = _DIRECTIONS.get(row.get("hs_call_direction") or "")
    facts["connected"] = _is_connected(row.get("hs_call_disposition"), status)
    _put(facts, row, "duration_s", "hs_call_duration", _seconds)
    return facts


def _is_connected(disposition: Any, status: str) -> bool | None:
    """What the person chose counts before what the dialer saw; an own disposition of the portal says nothing to us."""
    if disposition:
        return True if disposition == _CONNECTED else False if disposition in _NOT_CONNECTED else None
    return False if status in _UNANSWERED else None


def _seconds(milliseconds: Any) -> int | None:
    try:
        return int(float(milliseconds)) // 1000 if milliseconds is not None else None
    except (ValueError, OverflowError):
        return None


def read_mail(row: Row, reading: Reading, people: Sequence[str]) -> Facts:
    facts = _read_activity(row, reading, people, "email", "hs_email_text", "hs_email_html")
    facts["status"] = _MAIL_STATUS.get(row.get("hs_email_status") or "", "done")
    facts["direction"] = _DIRECTIONS.get(row.get("hs_email_direction") or "")
    return facts


def read_meeting(row: Row, reading: Reading, people: Sequence[str]) -> Facts:
    facts = _read_activity(row, reading, people, "meeting", "hs_meeting_body", "hs_internal_meeting_notes")
    if _BOOKING_PAGE in _sources(row):
        facts["direction"] = "inbound"
    start = instant_fact(row.get("hs_meeting_start_time"))
    facts["at"] = start or facts["at"]
    end = read_instant(row.get("hs_meeting_end_time")) or read_instant(facts["at"])
    over = "done" if end and end <= reading.now else "scheduled"
    facts["status"] = _MEETING_STATUS.get(row.get("hs_meeting_outcome") or "", over)
    return facts


def read_task(row: Row, reading: Reading, people: Sequence[str]) -> Facts:
    facts = _read_activity(row, reading, people, "task", "hs_task_body")
    done = row.get("hs_task_status") == "COMPLETED"
    facts["status"] = "done" if done else "open"
    facts["at"] = (instant_fact(row.get("hs_task_completion_date")) if done else None) or facts["at"]
    _put(facts, row, "task_type", "hs_task_type")
    return facts


def read_message(row: Row, reading: Reading, people: Sequence[str]) -> Facts:
    facts = _read_activity(row, reading, people, "message", "hs_communication_body")
    facts["status"] = "done"
    return facts


def _read_activity(row: Row, reading: Reading, people: Sequence[str], type_: str, *bodies: str) -> Facts:
    facts: Facts = {"type": type_, "direction": None, "subjects": reading.people(people)}
    facts["at"] = instant_fact(row.get("hs_timestamp")) or instant_fact(row.get("hs_createdate"))
    _put(facts, row, "logged_at", "hs_createdate", instant_fact)
    _put(facts, row, "owner", "hubspot_owner_id", reading.owner)
    if creator := reading.user(row.get("hs_created_by_user_id")):
        facts["created_by"] = creator  # absent too when the user is no owner: then nobody can say who it is
    facts["automated"] = _is_automated(row)
    if any(name in row for name in bodies):
        facts["has_content"] = any(str(row.get(name) or "").strip() for name in bodies)
    return facts


def _is_automated(row: Row) -> bool:
    return bool(row.get("hs_sequence_id")) or not _MACHINES.isdisjoint(_sources(row))


def _sources(row: Row) -> frozenset[str]:
    """What wrote it."""
    names = ("hs_object_source", "hs_object_source_label", "hs_engagement_source")
    return frozenset(str(row.get(name) or "").upper() for name in names)


def read_owner(owner: Mapping[str, Any]) -> Facts:
    """An owner is no CRM object: it comes from its own API, with its teams."""
    email, user_id = owner.get("email"), owner.get("userIdIncludingInactive") or owner.get("userId")
    facts: Facts = {"user_id": str(user_id)} if user_id else {}
    return facts | {
        "email": str(email).lower() if email else None,
        "active": not owner.get("archived", False),
        "roles": [str(team["name"]) for team in owner.get("teams") or () if team.get("name")],
    }


def _held(revision: Row) -> str | None:
    value = revision.get("value")
    return str(value) if isinstance(value, str | int | float) and value != "" else None


def read_revision(revision: Row, before: Row | None, reading: Reading) -> Facts:
    """One revision of a property, and the next older one. Who: only where a person wrote in HubSpot or uploaded a list.

    Source: "Retrieve records with property history"; `updatedByUserId`, or `userId:…` as the source's id in older revisions.
    """
    facts: Facts = {"field": "value", "at": instant_fact(revision["timestamp"])}
    facts |= {"old": _held(before or {}), "new": _held(revision)}
    by_hand = str(revision.get("sourceType") or "").upper() in _HANDS
    user_id = revision.get("updatedByUserId") or str(revision.get("sourceId") or "").removeprefix("userId:")
    facts["by"] = reading.user(user_id) if by_hand else None
    return facts


READERS: Mapping[str, Callable[[Row, Reading, Sequence[str]], Facts]] = {
    "contacts": read_contact,
    "leads": read_lead,
    "calls": read_call,
    "emails": read_mail,
    "meetings": read_meeting,
    "tasks": read_task,
    "communications": read_message,
}
