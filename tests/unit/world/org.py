"""Both CRMs as two heaps of rows: what the events say, taken literally. Shares nothing with simulators or generator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.reference.served import Served

Event = dict[str, Any]
_ITEM_FIELDS = [
    "LeadSource",
    "SQL_Date__c",
    "SQL_Reason__c",
    "Budget_Status__c",
    "Budget_Amount__c",
    "Desired_Timing__c",
    "Decision_Maker__c",
    "Decision_Process__c",
    "Pain__c",
    "Purpose__c",
    "Competitors__c",
    "Contact_History__c",
    "Engaged_Content__c",
    "NG_Topics__c",
    "Handoff_Memo__c",
    "FS_Decision__c",
    "Return_Reason__c",
]
_FIELDS = {
    "Lead": [
        *_ITEM_FIELDS,
        *[
            "Next_Action__c",
            "Title",
            "Phone",
            "MobilePhone",
            "Email",
            "Company",
            "Department__c",
            "FirstName",
            "LastName",
        ],
    ],
    "Contact": ["Title", "Phone", "MobilePhone", "Email", "Department", "FirstName", "LastName", "LeadSource"],
    "Opportunity": [*_ITEM_FIELDS, "NextStep", "Type"],
}
_PROPERTIES = [
    "company",
    "department",
    "lastname",
    "firstname",
    "jobtitle",
    "phone",
    "mobilephone",
    "email",
    "lead_source",
    "hs_analytics_source",
    "sql_reason",
    "hs_lifecyclestage_salesqualifiedlead_date",
    "budget_status",
    "budget_amount",
    "desired_timing",
    "decision_maker",
    "pain",
    "purpose",
    "decision_process",
    "competitors",
    "contact_history",
    "engaged_content",
    "recent_conversion_event_name",
    "ng_topics",
    "next_action",
    "handoff_memo",
    "recent_conversion_date",
    "hs_lifecyclestage_marketingqualifiedlead_date",
    "lifecyclestage",
]
_TYPES = ("calls", "emails", "meetings", "tasks", "communications")


class Org:
    """Applies events in order; `served` is what a reader that sees everything at once would know."""

    def __init__(self) -> None:
        self.served = Served()
        self.seen: list[Event] = []
        self._revisions: dict[str, dict[str, list[Event]]] = {}

    def apply(self, events: Iterable[Event]) -> None:
        for event in events:
            self.seen.append(event)
            getattr(self, f"_{event['system']}_{event['op']}")(event)

    # Salesforce ------------------------------------------------------------------------------------------------------

    def _salesforce_insert(self, event: Event) -> None:
        self._row(event["object"], event["id"], event["record"], event)
        self._roll_up(event)

    def _roll_up(self, event: Event) -> None:
        """An activity that is saved moves LastActivityDate, and with it the stamp, of the records that it hangs on."""
        activity = self.served.rows[event["object"]][event["id"]]
        for link in ("WhoId", "WhatId") if event["object"] in ("Task", "Event") else ():
            for name in ("Lead", "Contact", "Opportunity"):
                if row := self.served.rows[name].get(activity.get(link) or ""):
                    row["SystemModstamp"] = max(row["SystemModstamp"], event["at"])

    def _row(self, name: str, record_id: str, values: Event, event: Event) -> None:
        assert record_id not in self.served.rows[name], f"{record_id} is created twice"
        row: Event = dict.fromkeys(_FIELDS.get(name, ()))
        stamps = {"CreatedDate": event["at"], "SystemModstamp": event["at"], "CreatedById": event["by"]}
        self.served.rows[name][record_id] = {**row, **stamps, "Id": record_id, **values}

    def _salesforce_update(self, event: Event) -> None:
        row = self.served.rows[event["object"]][event["id"]]
        assert not row.get("IsDeleted") and not row.get("IsConverted"), f"{event} writes on what is gone"
        if event["object"] == "Lead":
            for field, name in (("OwnerId", "Owner"), ("Status", "Status")):
                if field in event["record"] and event["record"][field] != row.get(field):
                    self._history(event, name, row.get(field), event["record"][field])
        row.update(event["record"], SystemModstamp=event["at"])

    def _history(self, event: Event, field: str, old: Any, new: Any) -> None:
        history = {"LeadId": event["id"], "Field": field, "OldValue": old, "NewValue": new, "CreatedDate": event["at"]}
        history_id = f"017{len(self.served.rows['LeadHistory'])}"
        self.served.rows["LeadHistory"][history_id] = {"Id": history_id, **history}

    def _salesforce_delete(self, event: Event) -> None:
        self.served.rows[event["object"]][event["id"]]["IsDeleted"] = True
        self._roll_up(event)

    def _salesforce_merge(self, event: Event) -> None:
        rows = self.served.rows["Lead"]
        assert not rows[event["id"]].get("IsDeleted")
        rows[event["loser"]].update(IsDeleted=True, MasterRecordId=event["id"])
        rows[event["id"]]["SystemModstamp"] = event["at"]

    def _salesforce_convert(self, event: Event) -> None:
        record, lead = event["record"], self.served.rows["Lead"][event["id"]]
        assert not lead.get("IsConverted") and not lead.get("IsDeleted")
        self._row("Account", record["AccountId"], record["Account"], event)
        self._row("Contact", record["ContactId"], record["Contact"], event)
        if record["OpportunityId"]:
            self._row("Opportunity", record["OpportunityId"], record["Opportunity"], event)
        role = record["OpportunityContactRole"]
        if role:
            tie = {"OpportunityId": record["OpportunityId"], "ContactId": record["ContactId"]}
            self._row("OpportunityContactRole", role["Id"], {**role, **tie}, event)
        self._history(event, "leadConverted", None, None)
        self._history(event, "Status", lead.get("Status"), record["ConvertedStatus"])
        ids = {f"Converted{name}Id": record[f"{name}Id"] for name in ("Account", "Contact", "Opportunity")}
        lead.update(IsConverted=True, ConvertedDate=event["at"][:10], Status=record["ConvertedStatus"], **ids)
        lead["SystemModstamp"] = event["at"]

    # HubSpot ---------------------------------------------------------------------------------------------------------

    def _hubspot_owner(self, event: Event) -> None:
        self.served.owners[event["id"]] = event["record"]

    def _hubspot_insert(self, event: Event) -> None:
        name, record_id, record = event["object"], event["id"], event["record"]
        assert record_id.isdigit() and record_id not in self.served.records[name]
        blank = dict.fromkeys(_PROPERTIES) if name == "contacts" else {}
        stamps = {"lastmodifieddate": event["at"]}
        self.served.records[name][record_id] = {
            "properties": {**blank, **record["properties"], **stamps},
            "archived": False,
        }
        self._keep_revisions(event, record["properties"])
        for tie in record.get("associations", ()):
            assert tie["id"] in self.served.records[tie["to"]], f"{event} hangs on nobody"
            self.served.associations[name, tie["to"]].setdefault(record_id, set()).add(tie["id"])

    def _hubspot_update(self, event: Event) -> None:
        record = self.served.records[event["object"]][event["id"]]
        assert not record["archived"], f"{event} writes on what is gone"
        record["properties"].update(event["record"]["properties"], lastmodifieddate=event["at"])
        self._keep_revisions(event, event["record"]["properties"])

    def _keep_revisions(self, event: Event, properties: Event) -> None:
        """What contacts held before; served of those in which something dated stands, as Baton asks of no others."""
        if event["object"] != "contacts":
            return
        kept = self._revisions.setdefault(event["id"], {})
        for name, value in properties.items():
            held = kept.setdefault(name, [])
            if not held or held[0]["value"] != value:
                held.insert(0, {"value": value, "timestamp": event["at"], "sourceType": "CRM_UI"})
        now = self.served.records["contacts"][event["id"]]["properties"]
        if now.get("desired_timing") or now.get("next_action"):
            self.served.revisions[event["id"]] = kept

    def _hubspot_archive(self, event: Event) -> None:
        self.served.records[event["object"]][event["id"]]["archived"] = True

    def _hubspot_merge(self, event: Event) -> None:
        held = self.served.records["contacts"]
        new, old = event["record"]["new_id"], (event["id"], event["loser"])
        winner, loser = (held.pop(one) for one in old)
        filled = {k: v for k, v in loser["properties"].items() if winner["properties"].get(k) in (None, "")}
        created = min(winner["properties"]["createdate"], loser["properties"]["createdate"])
        gone = {"createdate": created, "lastmodifieddate": event["at"], "hs_merged_object_ids": ";".join(old)}
        extra = {"hs_additional_emails": loser["properties"].get("email")}
        held[new] = {"properties": {**winner["properties"], **filled, **gone, **extra}, "archived": False}
        for name in _TYPES:
            for ids in self.served.associations[name, "contacts"].values():
                if ids & set(old):
                    ids.difference_update(old)
                    ids.add(new)
