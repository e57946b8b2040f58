"""Which field of which record holds an item; the same as `examples/saas-jp/mappings`, which a test compares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.simulator.world.days import day_of
from connectors.simulator.world.words import Cell

_SALESFORCE_ITEMS = {
    "sql_date": "SQL_Date__c",
    "sql_reason": "SQL_Reason__c",
    "budget_status": "Budget_Status__c",
    "budget_amount": "Budget_Amount__c",
    "timing": "Desired_Timing__c",
    "decision_maker": "Decision_Maker__c",
    "decision_process": "Decision_Process__c",
    "pain": "Pain__c",
    "purpose": "Purpose__c",
    "competitors": "Competitors__c",
    "contact_history": "Contact_History__c",
    "engaged_content": "Engaged_Content__c",
    "ng_topics": "NG_Topics__c",
    "next_action": "Next_Action__c",
    "memo": "Handoff_Memo__c",
    "lead_source": "LeadSource",
}
_PERSON = {"job_title": "Title", "phone": "Phone", "email": "Email"}
FIELDS: Mapping[str, Mapping[str, str]] = {
    "salesforce:Lead": {**_SALESFORCE_ITEMS, **_PERSON, "company": "Company", "department": "Department__c"},
    "salesforce:Contact": {**_PERSON, "department": "Department", "lead_source": "LeadSource"},
    "salesforce:Account": {"company": "Name"},
    "salesforce:Opportunity": {**_SALESFORCE_ITEMS, "next_action": "NextStep"},
    "hubspot:contacts": {
        "company": "company",
        "department": "department",
        "job_title": "jobtitle",
        "phone": "phone",
        "email": "email",
        "lead_source": "lead_source",
        "sql_date": "hs_lifecyclestage_salesqualifiedlead_date",
        "sql_reason": "sql_reason",
        "budget_status": "budget_status",
        "budget_amount": "budget_amount",
        "timing": "desired_timing",
        "decision_maker": "decision_maker",
        "decision_process": "decision_process",
        "pain": "pain",
        "purpose": "purpose",
        "competitors": "competitors",
        "contact_history": "contact_history",
        "engaged_content": "engaged_content",
        "ng_topics": "ng_topics",
        "next_action": "next_action",
        "memo": "handoff_memo",
    },
}
_ANALYSED = "PAID_SEARCH"
"""HubSpot finds this source by itself and keeps it apart."""
_NAMES = {
    "salesforce:Lead": ("LastName", "FirstName"),
    "salesforce:Contact": ("LastName", "FirstName"),
    "hubspot:contacts": ("lastname", "firstname"),
}


def holds(stream: str, item: str) -> bool:
    """Whether records of a stream have a place for an item."""
    return item in FIELDS.get(stream, {}) or (item == "contact_name" and stream in _NAMES)


def values_of(stream: str, cells: Mapping[str, Cell]) -> dict[str, Any]:
    """Vendor fields of the cells that the stream has a place for; empty ones are left out."""
    found: dict[str, Any] = {}
    for item, cell in cells.items():
        if item == "contact_name" and stream in _NAMES and cell.meaning:
            found.update(zip(_NAMES[stream], cell.meaning, strict=True))
        elif item in FIELDS[stream] and cell.raw is not None:
            analysed = stream == "hubspot:contacts" and cell.raw == _ANALYSED
            found["hs_analytics_source" if analysed else FIELDS[stream][item]] = cell.raw
    return found


def date_cell(at: datetime, stream: str) -> Cell:
    """The day of an SQL decision as the stream holds it: a date, or in HubSpot the instant of entering the stage.

    Decisions fall into office hours, when Tokyo and UTC write the same date.
    """
    day = day_of(at)
    return Cell(hubspot_iso(at) if stream == "hubspot:contacts" else day.isoformat(), "present", day)


def iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hubspot_iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def salesforce_iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
