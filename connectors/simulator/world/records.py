"""People and deals: every method writes the event and the truth together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.simulator.world.colleagues import Colleague
from connectors.simulator.world.fields import holds, hubspot_iso, iso, values_of
from connectors.simulator.world.ids import Ids
from connectors.simulator.world.journey import Entry, Journey, Passing
from connectors.simulator.world.stamps import StampBook
from connectors.simulator.world.words import Cell

Event = dict[str, Any]


class Records:
    """Collects events. `drain` hands them over in the order of time."""

    def __init__(self, ids: Ids, colleagues: Mapping[str, Colleague]) -> None:
        self.ids = ids
        self.colleagues = colleagues
        self.count = 0
        self.stamps = StampBook()
        self._events: list[tuple[datetime, int, Event]] = []

    def drain(self) -> list[Event]:
        """Everything since the last call, oldest first; ties in the order of writing."""
        found = sorted(self._events, key=lambda one: one[:2])
        self._events = []
        return [event for _, _, event in found]

    def add(self, at: datetime, event: Event) -> None:
        self.count += 1
        self._events.append((at, self.count, {"at": iso(at), **event}))
        self.stamps.note(at, event)

    def salesforce(self, at: datetime, op: str, obj: str, record_id: str, record: Mapping[str, Any], by: str) -> None:
        user = self.colleagues[by].user_id
        body = {"op": op, "object": obj, "id": record_id, "record": dict(record), "by": user}
        self.add(at, {"system": "salesforce", **body})

    def hubspot(
        self,
        at: datetime,
        op: str,
        obj: str,
        record_id: str,
        properties: Mapping[str, Any],
        associations: tuple[tuple[str, str], ...] = (),
    ) -> None:
        record: Event = {"properties": {name: _text(value) for name, value in properties.items()}}
        if associations:
            record["associations"] = [{"to": to, "id": one} for to, one in associations]
        self.add(at, {"system": "hubspot", "op": op, "object": obj, "id": record_id, "record": record})

    # people and deals ------------------------------------------------------------------------------------------------

    def create_contact(
        self, journey: Journey, at: datetime, cells: Mapping[str, Cell], stage: str, form: str = "", owner: str = ""
    ) -> Entry:
        """A HubSpot contact. `form`: name of the form it came in by, which is an inquiry; so is becoming an MQL."""
        entry = self._entry("hubspot:contacts", self.ids.hubspot(), at, cells, owner)
        values = values_of(entry.stream, cells)
        values.update(createdate=hubspot_iso(at), lifecyclestage=stage)
        if owner:
            values["hubspot_owner_id"] = self.colleagues[owner].owner_id
        if stage != "lead":
            values["hs_lifecyclestage_marketingqualifiedlead_date"] = hubspot_iso(at)
            entry.inquiries.append(at)
        if form:
            values.update(recent_conversion_date=hubspot_iso(at), recent_conversion_event_name=form)
            entry.inquiries.append(at)
            if not entry.cell("engaged_content").usable:
                entry.cells["engaged_content"] = Cell(form, "present")
        self.hubspot(at, "insert", "contacts", entry.id, values)
        journey.contact = entry
        return entry

    def inquire(self, journey: Journey, at: datetime, form: str) -> None:
        """The same person submits another form."""
        entry = journey.contact
        assert entry is not None
        values = {"recent_conversion_date": hubspot_iso(at), "recent_conversion_event_name": form}
        self.hubspot(at, "update", "contacts", entry.id, values)
        entry.inquiries.append(at)
        if not entry.cell("engaged_content").usable:
            entry.cells["engaged_content"] = Cell(form, "present")

    def create_lead(
        self, journey: Journey, at: datetime, cells: Mapping[str, Cell], owner: str, status: str, by: str = ""
    ) -> Entry:
        """A Salesforce Lead; the HubSpot contact learns its id from the native sync a little later."""
        entry = self._entry("salesforce:Lead", self.ids.salesforce("Lead"), at, cells, owner)
        record = values_of(entry.stream, cells)
        record.update(OwnerId=self.colleagues[owner].user_id, Status=status)
        self.salesforce(at, "insert", "Lead", entry.id, record, by or "hubspot-sync")
        journey.lead = entry
        return entry

    def link(self, journey: Journey, at: datetime, name: str, record_id: str) -> None:
        """The native sync writes a Salesforce id on the HubSpot contact."""
        assert journey.contact is not None
        self.hubspot(at, "update", "contacts", journey.contact.id, {name: record_id})

    def create_account(self, journey: Journey, at: datetime, name: Cell, kind: str, by: str) -> Entry:
        entry = self._entry("salesforce:Account", self.ids.salesforce("Account"), at, {"company": name}, by)
        self.salesforce(at, "insert", "Account", entry.id, self._account(entry, kind), by)
        journey.account = entry
        return entry

    def create_person(self, journey: Journey, at: datetime, cells: Mapping[str, Cell], by: str) -> Entry:
        """A Salesforce Contact below the journey's account. The caller says what it is to the deal."""
        assert journey.account is not None
        entry = self._entry("salesforce:Contact", self.ids.salesforce("Contact"), at, cells, by)
        record = {**values_of(entry.stream, cells), "AccountId": journey.account.id, **self._owned(by)}
        self.salesforce(at, "insert", "Contact", entry.id, record, by)
        return entry

    def create_deal(
        self, journey: Journey, at: datetime, cells: Mapping[str, Cell], owner: str, by: str, kind: str | None = None
    ) -> Entry:
        """An Opportunity that somebody enters by hand."""
        assert journey.account is not None
        entry = self._entry("salesforce:Opportunity", self.ids.salesforce("Opportunity"), at, cells, owner)
        record = {**self._deal(entry, journey, at), "AccountId": journey.account.id, "Type": kind}
        self.salesforce(at, "insert", "Opportunity", entry.id, record, by)
        journey.deal = entry
        journey.passings.append(Passing("opportunity_created", at, by))
        return entry

    def add_role(self, journey: Journey, at: datetime, person: Entry, role: str, primary: bool, by: str) -> None:
        assert journey.deal is not None
        record = {"OpportunityId": journey.deal.id, "ContactId": person.id, "Role": role, "IsPrimary": primary}
        role_id = self.ids.salesforce("OpportunityContactRole")
        self.salesforce(at, "insert", "OpportunityContactRole", role_id, record, by)
        if role in ("Decision Maker", "決裁者"):
            journey.decider_role = True

    def convert(
        self,
        journey: Journey,
        at: datetime,
        owner: str,
        by: str,
        *,
        deal: bool = True,
        role: str | None = None,
        cells: Mapping[str, Cell] | None = None,
    ) -> None:
        """Convert the lead into account, contact and, if wanted, a deal that takes over the given cells."""
        lead = journey.lead
        assert lead is not None
        journey.account = self._entry("salesforce:Account", self.ids.salesforce("Account"), at, lead.cells, owner)
        journey.person = self._entry("salesforce:Contact", self.ids.salesforce("Contact"), at, lead.cells, owner)
        person = {**values_of("salesforce:Contact", journey.person.cells), **self._owned(owner)}
        record: Event = {
            "AccountId": journey.account.id,
            "ContactId": journey.person.id,
            "OpportunityId": None,
            "Account": self._account(journey.account, "Customer - Direct"),
            "Contact": {**person, "AccountId": journey.account.id},
            "Opportunity": None,
            "OpportunityContactRole": None,
            "ConvertedStatus": "Qualified",
        }
        journey.converted = True
        journey.passings.append(Passing("lead_converted", at, by))
        if deal:
            chosen = lead.cells if cells is None else cells
            deal_id = self.ids.salesforce("Opportunity")
            journey.deal = self._entry("salesforce:Opportunity", deal_id, at, chosen, owner)
            journey.passings.append(Passing("opportunity_created", at, by))
            record["OpportunityId"] = journey.deal.id
            record["Opportunity"] = {**self._deal(journey.deal, journey, at), "AccountId": journey.account.id}
            if role is not None:
                role_id = self.ids.salesforce("OpportunityContactRole")
                record["OpportunityContactRole"] = {"Id": role_id, "Role": role, "IsPrimary": True}
                journey.decider_role = role in ("Decision Maker", "決裁者")
        self.salesforce(at, "convert", "Lead", lead.id, record, by)

    def set_values(self, entry: Entry, at: datetime, by: str, cells: Mapping[str, Cell]) -> None:
        """Somebody types items on a record; nobody clears any."""
        kept = {item: cell for item, cell in cells.items() if cell.raw is not None and holds(entry.stream, item)}
        if not kept:
            return
        values = values_of(entry.stream, kept)
        connection, _, obj = entry.stream.partition(":")
        if connection == "hubspot":
            if "sql_date" in kept:
                values["lifecyclestage"] = "salesqualifiedlead"
            self.hubspot(at, "update", obj, entry.id, values)
        else:
            self.salesforce(at, "update", obj, entry.id, values, by)
        entry.put(at, kept)

    def change_owner(self, journey: Journey, at: datetime, owner: str, by: str) -> None:
        """The lead moves to another colleague; from IS to FS that is a pass."""
        lead = journey.lead
        assert lead is not None
        if self.colleagues[lead.owner].role == "IS" and self.colleagues[owner].role == "FS":
            journey.passings.append(Passing("owner_role_changes", at, by))
        lead.owned.append((at, lead.owner))
        lead.owner = owner
        self.salesforce(at, "update", "Lead", lead.id, self._owned(owner), by)

    def change_status(self, journey: Journey, at: datetime, status: str, by: str) -> None:
        lead = journey.lead
        assert lead is not None
        if status == "SQL":
            journey.passings.append(Passing("status_in", at, by))
        self.salesforce(at, "update", "Lead", lead.id, {"Status": status}, by)

    def decide(self, journey: Journey, at: datetime, by: str, raw: str, meaning: str, reason: str = "") -> None:
        """FS answers on the anchor: accepted, returned or on hold."""
        values: Event = {"FS_Decision__c": raw}
        if reason:
            values["Return_Reason__c"] = reason
        anchor = journey.anchor
        self.salesforce(at, "update", anchor.stream.partition(":")[2], anchor.id, values, by)
        journey.decision, journey.return_reason, journey.decided_at = meaning, reason, at

    def change_stage(self, journey: Journey, at: datetime, stage: str, by: str) -> None:
        """The deal moves on; no rule looks at that."""
        assert journey.deal is not None
        self.salesforce(at, "update", "Opportunity", journey.deal.id, {"StageName": stage}, by)

    def close(self, journey: Journey, at: datetime, by: str, won: bool) -> None:
        assert journey.deal is not None
        values = {"StageName": "Closed Won" if won else "Closed Lost", "IsClosed": True, "IsWon": won}
        self.salesforce(at, "update", "Opportunity", journey.deal.id, values, by)
        journey.out, journey.won, journey.closed_at = "closed", won, at

    # small parts --------------------------------------------------------------------------------

    def _entry(self, stream: str, record_id: str, at: datetime, cells: Mapping[str, Cell], owner: str) -> Entry:
        return Entry(stream, record_id, at, {item: c for item, c in cells.items() if holds(stream, item)}, owner)

    def _owned(self, by: str) -> Event:
        return {"OwnerId": self.colleagues[by].user_id}

    def _has_sf(self, journey: Journey) -> bool:
        return journey.lead is not None or journey.deal is not None

    def _related(self, journey: Journey) -> Event:
        """Who and what an activity hangs on: a lead alone, or a deal with its person."""
        if journey.deal is not None:
            person = journey.person
            return {"WhoId": person.id if person else None, "WhatId": journey.deal.id}
        if journey.converted:
            return {"WhoId": journey.person.id if journey.person else None, "WhatId": None}
        return {"WhoId": journey.lead.id if journey.lead else None, "WhatId": None}

    def _account(self, entry: Entry, kind: str) -> Event:
        return {
            "Name": entry.cell("company").raw or "（会社名未入力）",
            "Type": kind,
            "OwnerId": self._id_of(entry.owner),
        }

    def _deal(self, entry: Entry, journey: Journey, at: datetime) -> Event:
        account = journey.account.cell("company").raw if journey.account else None
        return {
            **values_of(entry.stream, entry.cells),
            "Name": f"{account or '新規'} 商談",
            "StageName": "Prospecting",
            "CloseDate": (at + timedelta(days=75)).date().isoformat(),
            "IsClosed": False,
            "IsWon": False,
            "OwnerId": self._id_of(entry.owner),
        }

    def _id_of(self, key: str) -> str:
        return self.colleagues[key].user_id


def _text(value: Any) -> str:
    return "" if value is None else str(value)
