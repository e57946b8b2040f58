"""What the native sync writes into Salesforce as Tasks (calls, form submissions, marketing mails), and Tasks as it
brings them into HubSpot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.hubspot.records import Record
from connectors.simulator.hubspot.schema import read_instant
from connectors.simulator.neighbour.value import as_instant
from connectors.simulator.salesforce.table import Row

SUBTYPES = {"calls": "Call", "emails": "Email"}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something on a contact's timeline that becomes a Task. `key` is unique: nothing is written twice."""

    key: str
    contact: int
    at: datetime
    """When it is first there to be copied, by the portal's clock."""
    task: Mapping[str, Any]


def happenings(portal: HubSpotPortal, contact: Record, copied: frozenset[str]) -> Iterator[Happening]:
    """What of this contact's timeline is to be copied: engagements of the chosen types, and its latest form."""
    values = contact.properties
    for name in sorted(copied & SUBTYPES.keys()):
        for number in portal.data.links.of("contacts", contact.id, name):
            if (record := portal.data.tables[name].live.get(number)) is not None:
                yield _engagement(name, record, contact.id)
    at = read_instant(values.get("recent_conversion_date", "")) if "forms" in copied else None
    if at is not None:
        subject = f"Submitted form: {values.get('recent_conversion_event_name') or 'Website form'}"
        yield Happening(f"form:{contact.id}:{at.isoformat()}", contact.id, at, _task(subject, at, "Task"))


def _engagement(name: str, record: Record, contact: int) -> Happening:
    values = record.properties
    happened = read_instant(values.get("hs_timestamp", "")) or datetime.fromisoformat(record.created)
    if name == "calls":
        task = _task(f"Call: {values.get('hs_call_title') or 'Logged call'}", happened, "Call")
        duration = values.get("hs_call_duration")
        task |= {"CallDurationInSeconds": int(float(duration)) // 1000} if duration else {}
        task["Description"] = values.get("hs_call_body") or None
    else:
        task = _task(f"Email: {values.get('hs_email_subject') or '(no subject)'}", happened, "Email")
    return Happening(f"{name}:{record.id}:{contact}", contact, datetime.fromisoformat(record.created), task)


def marketing_mail(contact: int, name: str, at: datetime) -> Happening:
    """A marketing mail that went out: the portal has no record of it that an API shows."""
    return Happening(f"mail:{contact}:{name}:{at.isoformat()}", contact, at, _task(f"Email: {name}", at, "Task"))


def _task(subject: str, at: datetime, subtype: str) -> dict[str, Any]:
    day = at.date().isoformat()
    return {"Subject": subject[:255], "Status": "Completed", "TaskSubtype": subtype, "ActivityDate": day}


def as_properties(task: Row) -> dict[str, str]:
    """A Salesforce Task as a task of the portal."""
    day = task["ActivityDate"]
    at = f"{day}T00:00:00.000Z" if day else as_instant(task["CreatedDate"])
    status = "COMPLETED" if task["IsClosed"] else "NOT_STARTED"
    kind = {"Call": "CALL", "Email": "EMAIL"}.get(task["TaskSubtype"], "TODO")
    values = {"hs_task_subject": task["Subject"] or "", "hs_task_body": task["Description"] or ""}
    return {**values, "hs_task_status": status, "hs_task_type": kind, "hs_timestamp": at}
