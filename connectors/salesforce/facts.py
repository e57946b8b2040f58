"""Salesforce rows in the vendor-free words of the core (names: sync/core/model/README.md).

Sources: Object Reference for Task, Event, EmailMessage, Lead, LeadHistory, OpportunityFieldHistory. Three readings that
the documents leave open:

* A closed task shows when it was *saved* closed (CompletedDateTime) and a bare due date (ActivityDate). When the date
  is of an earlier day than the saving, the activity happened on that day at an unknown time and was logged later: it
  is dated to the start of that day in the org's time zone. So is a closed task without CompletedDateTime. The earliest
  possible reading never makes a contact late that was in time.
* A task with a CallType is a call even where its subtype says `Task`: dialers often cannot set the subtype.
* A history row without an old and a new value tells that the field changed, not from what to what: of long texts and
  multi-select picklists no values are kept. Such a change has neither `old` nor `new`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from connectors.kit.instant import instant_fact, read_instant, read_number
from connectors.salesforce.soql import check_id, is_id

Row = Mapping[str, Any]
Facts = dict[str, Any]

_USER, _GROUP = "005", "00G"
"""How ids of users and queues begin."""
_SUBJECTS = {"00Q": "Lead", "003": "Contact", "006": "Opportunity"}
_TASK_TYPES = {
    "Call": ("call", False),
    "Email": ("email", False),
    "LinkedIn": ("message", False),
    "ListEmail": ("email", True),
    "Cadence": ("task", True),
}
_DIRECTIONS = {"Inbound": "inbound", "Outbound": "outbound", "Internal": "internal"}
_CONNECTED = frozenset(
    {"connected", "answered", "call connected", "接続", "応答", "応答あり", "通話", "通話成立", "つながった"}
)
_NOT_CONNECTED = frozenset(
    {
        "no answer",
        "not connected",
        "missed",
        "missed call",
        "abandoned",
        "busy",
        "voicemail",
        "left voicemail",
        "wrong number",
        "不在",
        "不在着信",
        "未応答",
        "応答なし",
        "話中",
        "留守電",
        "留守番電話",
    }
)
_NO_FIELD = frozenset({"created", "leadMerged", "feedEvent"})
_MAIL_SENT, _MAIL_DRAFT = "3", "5"


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a row needs besides the row."""

    connection: str
    now: datetime
    """The server's clock."""
    zone: Callable[[], ZoneInfo]
    """The org's time zone; asked only where a bare date must become an instant."""

    def ref(self, stream: str, record_id: Any) -> str | None:
        """`connection:stream:id`, None for an empty field."""
        return f"{self.connection}:{stream}:{check_id(record_id)}" if is_id(record_id) else None

    def user(self, record_id: Any) -> str | None:
        """A queue owns records too, but is nobody."""
        return self.ref("User", record_id) if isinstance(record_id, str) and record_id.startswith(_USER) else None

    def subjects(self, *ids: Any) -> list[str]:
        return [
            f"{self.connection}:{_SUBJECTS[one[:3]]}:{check_id(one)}"
            for one in ids
            if is_id(one) and one[:3] in _SUBJECTS
        ]

    def start_of_day(self, day: Any) -> str | None:
        try:
            return instant_fact(datetime.combine(date.fromisoformat(str(day)), time(), self.zone()).isoformat())
        except ValueError:
            return None

    def local_day(self, instant: str) -> str | None:
        moment = read_instant(instant)
        return moment.astimezone(self.zone()).date().isoformat() if moment else None


def _put(facts: Facts, row: Row, name: str, field: str, read: Callable[[Any], Any] = lambda value: value) -> None:
    """Set a fact if its field was readable."""
    if field in row:
        facts[name] = read(row[field])


def read_lead(row: Row, reading: Reading) -> Facts:
    facts = _read_person(row, reading, "Lead")
    _put(facts, row, "converted", "IsConverted", bool)
    _put(facts, row, "converted_on", "ConvertedDate")
    targets = (("Contact", "ConvertedContactId"), ("Opportunity", "ConvertedOpportunityId"))
    if any(field in row for _, field in targets):
        facts["converted_to"] = [ref for stream, field in targets if (ref := reading.ref(stream, row.get(field)))]
    return facts


def read_contact(row: Row, reading: Reading) -> Facts:
    facts = _read_person(row, reading, "Contact")
    _put(facts, row, "account", "AccountId", lambda value: reading.ref("Account", value))
    return facts


def _read_person(row: Row, reading: Reading, stream: str) -> Facts:
    facts: Facts = {}
    _put(facts, row, "created_at", "CreatedDate", instant_fact)
    _put(facts, row, "owner", "OwnerId", reading.user)
    return facts | _merged(row, reading, stream)


def _merged(row: Row, reading: Reading, stream: str) -> Facts:
    winner = reading.ref(stream, row.get("MasterRecordId"))
    return {"merged_into": winner} if winner else {}


def read_account(row: Row, reading: Reading) -> Facts:
    facts: Facts = {}
    _put(facts, row, "type", "Type")
    return facts | _merged(row, reading, "Account")


def read_deal(row: Row, reading: Reading) -> Facts:
    facts: Facts = {}
    _put(facts, row, "created_at", "CreatedDate", instant_fact)
    _put(facts, row, "owner", "OwnerId", reading.user)
    _put(facts, row, "closed", "IsClosed", bool)
    _put(facts, row, "won", "IsWon", bool)
    _put(facts, row, "stage", "StageName")
    _put(facts, row, "account", "AccountId", lambda value: reading.ref("Account", value))
    return facts


def read_role(row: Row, reading: Reading) -> Facts:
    facts: Facts = {}
    _put(facts, row, "person", "ContactId", lambda value: reading.ref("Contact", value))
    _put(facts, row, "deal", "OpportunityId", lambda value: reading.ref("Opportunity", value))
    _put(facts, row, "role", "Role")
    _put(facts, row, "primary", "IsPrimary", bool)
    return facts


def read_task(row: Row, reading: Reading) -> Facts:
    type_, automated = _TASK_TYPES.get(row.get("TaskSubtype") or "", ("task", False))
    if type_ == "task" and not automated and row.get("CallType"):
        type_ = "call"
    facts = _read_activity(row, reading)
    facts |= {"type": type_, "automated": automated, "direction": None, "task_type": row.get("Type")}
    if type_ == "call":
        facts |= _read_call(row)
    elif type_ in ("email", "message"):
        facts["direction"] = "outbound"  # what is logged as a task was sent by its owner
    if "IsClosed" in row:
        facts["status"] = "done" if row["IsClosed"] else "open"
    facts["at"] = _task_instant(row, reading)
    return facts


def _read_call(row: Row) -> Facts:
    facts: Facts = {"direction": _DIRECTIONS.get(row.get("CallType") or "")}
    facts["connected"] = _is_connected(row.get("CallDisposition"))
    _put(facts, row, "duration_s", "CallDurationInSeconds", _seconds)
    return facts


def _seconds(value: Any) -> int | None:
    number = read_number(value)
    return number if isinstance(number, int) else None


def _is_connected(disposition: Any) -> bool | None:
    """CallDisposition is free text; only words that leave no doubt are read."""
    text = str(disposition or "").strip().casefold()
    if text in _CONNECTED:
        return True
    return False if text in _NOT_CONNECTED else None


def _task_instant(row: Row, reading: Reading) -> str | None:
    saved, day = instant_fact(row.get("CompletedDateTime")), row.get("ActivityDate")
    if not row.get("IsClosed"):
        return reading.start_of_day(day) if day else instant_fact(row.get("CreatedDate"))
    if saved and (not day or str(day) >= (reading.local_day(saved) or str(day))):
        return saved
    return reading.start_of_day(day) if day else instant_fact(row.get("CreatedDate"))


def read_absence(row: Row, reading: Reading) -> Facts | None:
    """An event that says that its owner is away: shown as out of office, with nobody and nothing on it.

    With a customer on it the colleague is out to see them, which is a meeting. The first row of a series stands for the
    series, whose days have rows of their own.
    """
    if row.get("ShowAs") != "OutOfOffice" or row.get("WhoId") or row.get("WhatId") or row.get("IsRecurrence"):
        return None
    start, end = row.get("StartDateTime"), row.get("EndDateTime")
    if row.get("IsAllDayEvent"):
        # Days without a zone: the stamps are midnight in UTC of the first and of the last day (unverified: of the last).
        start, end = (str(at)[:10] if at else row.get("ActivityDate") for at in (start, end))
    else:
        start, end = instant_fact(start), instant_fact(end)
    owner = reading.user(row.get("OwnerId"))
    return {"owner": owner, "from": start, "until": end} if owner and start and end else None


def read_event(row: Row, reading: Reading) -> Facts:
    facts = _read_activity(row, reading)
    facts |= {"type": "meeting", "direction": None, "automated": False}
    start = instant_fact(row.get("StartDateTime"))
    if start is None and row.get("ActivityDate"):
        start = reading.start_of_day(row["ActivityDate"])
    facts["at"] = start
    end = read_instant(row.get("EndDateTime")) or read_instant(start)
    facts["status"] = "done" if end and end <= reading.now else "scheduled"
    return facts


def _read_activity(row: Row, reading: Reading) -> Facts:
    facts: Facts = {}
    _put(facts, row, "logged_at", "CreatedDate", instant_fact)
    _put(facts, row, "owner", "OwnerId", reading.user)
    _put(facts, row, "created_by", "CreatedById", reading.user)
    _put(facts, row, "has_content", "Description", _has_text)
    facts["subjects"] = reading.subjects(row.get("WhoId"), row.get("WhatId"))
    return facts


def _has_text(value: Any) -> bool:
    return bool(str(value or "").strip())


def read_mail(row: Row, reading: Reading) -> Facts:
    incoming = bool(row.get("Incoming"))
    facts: Facts = {"type": "email", "direction": "inbound" if incoming else "outbound", "automated": False}
    _put(facts, row, "logged_at", "CreatedDate", instant_fact)
    facts["at"] = instant_fact(row.get("MessageDate")) or instant_fact(row.get("CreatedDate"))
    facts["status"] = _mail_status(row, incoming)
    _put(facts, row, "created_by", "CreatedById", reading.user)
    if not incoming:
        _put(facts, row, "owner", "CreatedById", reading.user)  # EmailMessage has no owner: the sender saved it
    _put(facts, row, "has_content", "TextBody", _has_text)
    facts["subjects"] = reading.subjects(row.get("RelatedToId"))
    return facts


def _mail_status(row: Row, incoming: bool) -> str:
    if row.get("IsBounced"):
        return "bounced"
    return "done" if incoming or str(row.get("Status")) == _MAIL_SENT else "open"


def read_user(row: Row, reading: Reading) -> Facts:
    facts: Facts = {}
    _put(facts, row, "email", "Email", lambda value: str(value).lower() if value else None)
    _put(facts, row, "active", "IsActive", bool)
    names = (row.get("Role__c"), _parent_name(row, "UserRole"), _parent_name(row, "Profile"))
    facts["roles"] = [str(name) for name in names if name]
    return facts


def _parent_name(row: Row, relationship: str) -> str | None:
    parent = row.get(relationship)
    return parent.get("Name") if isinstance(parent, dict) else None


def read_lead_history(row: Row, reading: Reading) -> Facts | None:
    """None for a row that says nothing to the core: the name twin of an owner change, or what is no field."""
    facts = _read_history(row, reading, "Lead", "LeadId")
    match row.get("Field"):
        case "Status":
            return {**facts, "field": "status", "old": row.get("OldValue"), "new": row.get("NewValue")}
        case "leadConverted":
            return {**facts, "field": "converted", "old": None, "new": "true"}
        case _:
            return _read_field_change(row, reading, facts)


def read_deal_field_history(row: Row, reading: Reading) -> Facts | None:
    """Like a lead's. Its stages come from OpportunityHistory, which needs no tracking."""
    return _read_field_change(row, reading, _read_history(row, reading, "Opportunity", "OpportunityId"))


def _read_field_change(row: Row, reading: Reading, facts: Facts) -> Facts | None:
    name, old, new = row.get("Field"), row.get("OldValue"), row.get("NewValue")
    if name == "Owner":
        changed = _is_owner(old) or _is_owner(new)
        return {**facts, "field": "owner", "old": reading.user(old), "new": reading.user(new)} if changed else None
    if not isinstance(name, str) or name in _NO_FIELD:
        return None
    values = {} if old is None and new is None else {"old": old, "new": new}
    return {**facts, "field": "value", "name": name, **values}


def _is_owner(value: Any) -> bool:
    return is_id(value) and value.startswith((_USER, _GROUP))


def read_deal_history(row: Row, reading: Reading) -> Facts | None:
    """One row per change of stage, amount, probability or close date; what the stage was before is not in it."""
    facts = _read_history(row, reading, "Opportunity", "OpportunityId")
    return {**facts, "field": "stage", "new": row.get("StageName")}


def _read_history(row: Row, reading: Reading, stream: str, parent: str) -> Facts:
    return {
        "subject": reading.ref(stream, row.get(parent)),
        "at": instant_fact(row.get("CreatedDate")),
        "by": reading.user(row.get("CreatedById")),
    }


READERS: Mapping[str, Callable[[Row, Reading], Facts | None]] = {
    "Lead": read_lead,
    "Contact": read_contact,
    "Account": read_account,
    "Opportunity": read_deal,
    "OpportunityContactRole": read_role,
    "Task": read_task,
    "Event": read_event,
    "EmailMessage": read_mail,
    "User": read_user,
    "LeadHistory": read_lead_history,
    "OpportunityFieldHistory": read_deal_field_history,
    "OpportunityHistory": read_deal_history,
}
