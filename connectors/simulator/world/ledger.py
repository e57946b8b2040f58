"""The one place where the world's facts become events: every method writes the event and the truth together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.simulator.world.colleagues import Colleague
from connectors.simulator.world.fields import holds, hubspot_iso, iso, salesforce_iso, values_of
from connectors.simulator.world.ids import Ids
from connectors.simulator.world.journey import Entry, Journey, Passing, Touch
from connectors.simulator.world.words import Cell

Event = dict[str, Any]
CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"


class Ledger:
    """Collects events. `drain` hands them over in the order of time."""

    def __init__(self, ids: Ids, colleagues: Mapping[str, Colleague]) -> None:
        self.ids = ids
        self.colleagues = colleagues
        self.count = 0
        self._events: list[tuple[datetime, int, Event]] = []

    def drain(self) -> list[Event]:
        """Everything since the last call, oldest first; ties in the order of writing."""
        found = sorted(self._events, key=lambda one: one[:2])
        self._events = []
        return [event for _, _, event in found]

    def add(self, at: datetime, event: Event) -> None:
        self.count += 1
        self._events.append((at, self.count, {"at": iso(at), **event}))

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
        entry.cells.update(kept)

    def change_owner(self, journey: Journey, at: datetime, owner: str, by: str) -> None:
        """The lead moves to another colleague; from IS to FS that is a pass."""
        lead = journey.lead
        assert lead is not None
        if self.colleagues[lead.owner].role == "IS" and self.colleagues[owner].role == "FS":
            journey.passings.append(Passing("owner_role_changes", at, by))
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
        journey.decision = meaning

    def change_stage(self, journey: Journey, at: datetime, stage: str, by: str) -> None:
        """The deal moves on; no rule looks at that."""
        assert journey.deal is not None
        self.salesforce(at, "update", "Opportunity", journey.deal.id, {"StageName": stage}, by)

    def close(self, journey: Journey, at: datetime, by: str, won: bool) -> None:
        assert journey.deal is not None
        values = {"StageName": "Closed Won" if won else "Closed Lost", "IsClosed": True, "IsWon": won}
        self.salesforce(at, "update", "Opportunity", journey.deal.id, values, by)
        journey.out = "closed"

    # activities ------------------------------------------------------------------------------------------------------

    def call(
        self,
        journey: Journey,
        at: datetime,
        by: str,
        *,
        via: str = "",
        logged_at: datetime | None = None,
        direction: str = "outbound",
        answered: bool = True,
        text: str = "",
        twin: bool = False,
    ) -> Touch:
        """A phone call. `via`: sf, hs; with `+cti` the call system creates it for the rep, with `+own` it owns it too.

        A Salesforce row carries the moment of logging as its time, so late logging is done in HubSpot.
        """
        system, _, tool = via.partition("+")
        system = self._place(journey, system, late=logged_at is not None)
        if system == "sf":
            at = logged_at or at
        creator = "cti" if tool else by
        owner = "cti" if tool == "own" else by
        logged = at if logged_at is None else logged_at
        seconds = 75 + (self.count * 37) % 600 if answered else (self.count * 7) % 12
        put = self._task_call if system == "sf" else self._hubspot_call
        ref = put(journey, at, logged, owner, creator, direction, answered, seconds, text)
        missed = direction == "inbound" and not answered
        touch = Touch(
            ref, "call", direction, at, logged, self.colleagues[owner].actor, by,
            genuine=not missed, missed=missed, content=bool(text), twin=twin,
        )  # fmt: skip
        journey.touches.append(touch)
        return touch

    def _task_call(
        self, journey: Journey, at: datetime, logged: datetime, owner: str, creator: str, direction: str,
        answered: bool, seconds: int, text: str,
    ) -> str:  # fmt: skip
        record = {
            "TaskSubtype": "Call",
            "Subject": "電話",
            "Status": "Completed",
            "IsClosed": True,
            "CallType": direction.capitalize(),
            "CallDurationInSeconds": seconds,
            "CallDisposition": "応答" if answered else "不在",
            "ActivityDate": (at + timedelta(hours=9)).date().isoformat(),
            "CompletedDateTime": salesforce_iso(logged),
            "Description": text or None,
            **self._owned(owner),
            **self._related(journey),
        }
        record_id = self.ids.salesforce("Task")
        self.salesforce(logged, "insert", "Task", record_id, record, creator)
        return f"salesforce:Task:{record_id}"

    def _hubspot_call(
        self, journey: Journey, at: datetime, logged: datetime, owner: str, creator: str, direction: str,
        answered: bool, seconds: int, text: str,
    ) -> str:  # fmt: skip
        properties = {
            "hs_call_title": "電話",
            "hs_call_direction": direction.upper(),
            "hs_call_status": "COMPLETED" if answered or direction == "outbound" else "NO_ANSWER",
            "hs_call_disposition": CONNECTED if answered else NO_ANSWER,
            "hs_call_duration": seconds * 1000,
            "hs_call_body": text,
        }
        return self._engage(journey, "calls", at, logged, owner, creator, properties)

    def email(
        self, journey: Journey, at: datetime, by: str, *, incoming: bool = False, automatic: bool = False
    ) -> Touch:
        """An e-mail in HubSpot. `automatic`: marketing mail sent by automation, without a sender of flesh and blood."""
        properties = {
            "hs_email_direction": "INCOMING_EMAIL" if incoming else "EMAIL",
            "hs_email_status": "SENT",
            "hs_email_subject": "【ご案内】活用セミナー" if automatic else "お打ち合わせの件",
            "hs_email_text": "" if automatic else "お世話になっております。資料をお送りします。",
        }
        if automatic:
            properties["hs_object_source"] = "AUTOMATION_PLATFORM"
        creator = "ma-automation" if automatic else by
        ref = self._engage(journey, "emails", at, at, by, creator, properties)
        actor = self.colleagues[by].actor
        genuine = not incoming and not automatic
        direction = "inbound" if incoming else "outbound"
        touch = Touch(ref, "email", direction, at, at, actor, by, genuine, content=not automatic)
        journey.touches.append(touch)
        return touch

    def message(self, journey: Journey, at: datetime, by: str) -> Touch:
        """A chat message in HubSpot."""
        properties = {
            "hs_communication_channel_type": "LINKEDIN_MESSAGE",
            "hs_communication_logged_from": "CRM",
            "hs_communication_body": "先日はありがとうございました。",
        }
        ref = self._engage(journey, "communications", at, at, by, by, properties)
        touch = Touch(ref, "message", None, at, at, self.colleagues[by].actor, by, genuine=True, content=True)
        journey.touches.append(touch)
        return touch

    def native_task(self, journey: Journey, at: datetime, subject: str) -> Touch:
        """The native sync writes a form submission or a marketing mail as a Task of the lead's owner: no contact."""
        owner = journey.anchor.owner
        record = {
            "TaskSubtype": "Task",
            "Subject": subject,
            "Status": "Completed",
            "IsClosed": True,
            "ActivityDate": (at + timedelta(hours=9)).date().isoformat(),
            "CompletedDateTime": salesforce_iso(at),
            **self._owned(owner),
            **self._related(journey),
        }
        record_id = self.ids.salesforce("Task")
        self.salesforce(at, "insert", "Task", record_id, record, "hubspot-sync")
        ref = f"salesforce:Task:{record_id}"
        touch = Touch(ref, "task", None, at, at, self.colleagues[owner].actor, "hubspot-sync", genuine=False)
        journey.touches.append(touch)
        return touch

    def qualification(self, journey: Journey, at: datetime, by: str) -> None:
        """A HubSpot lead object beside the contact; nothing is judged by it."""
        assert journey.contact is not None
        values = {"hs_lead_name": "新規リード", "hubspot_owner_id": self.colleagues[by].owner_id}
        self.hubspot(at, "insert", "leads", self.ids.hubspot(), values, (("contacts", journey.contact.id),))

    def open_task(self, journey: Journey, at: datetime, by: str) -> Touch:
        """A reminder in HubSpot that nobody has done yet."""
        properties = {"hs_task_subject": "架電", "hs_task_status": "NOT_STARTED", "hs_task_type": "CALL"}
        ref = self._engage(journey, "tasks", at + timedelta(days=1), at, by, by, properties)
        touch = Touch(ref, "task", None, at, at, self.colleagues[by].actor, by, genuine=False)
        journey.touches.append(touch)
        return touch

    def meeting(
        self, journey: Journey, booked_at: datetime, start: datetime, host: str, *, via: str = "", booker: str = ""
    ) -> Touch:
        """A meeting in the host's calendar; with a host from FS that is a pass. `booker` empty: the customer booked."""
        hs = journey.contact is not None and (via == "hs" or not self._has_sf(journey))
        end = start + timedelta(hours=1)
        if hs:
            properties = {
                "hs_meeting_title": "オンライン商談",
                "hs_meeting_start_time": hubspot_iso(start),
                "hs_meeting_end_time": hubspot_iso(end),
                "hs_meeting_outcome": "SCHEDULED",
            }
            ref = self._engage(journey, "meetings", start, booked_at, host, booker or host, properties)
        else:
            record = {
                "Subject": "オンライン商談",
                "StartDateTime": salesforce_iso(start),
                "EndDateTime": salesforce_iso(end),
                "ActivityDateTime": salesforce_iso(start),
                "ActivityDate": (start + timedelta(hours=9)).date().isoformat(),
                "DurationInMinutes": 60,
                "IsAllDayEvent": False,
                "IsChild": False,
                **self._owned(host),
                **self._related(journey),
            }
            record_id = self.ids.salesforce("Event")
            self.salesforce(booked_at, "insert", "Event", record_id, record, booker or host)
            ref = f"salesforce:Event:{record_id}"
        actor = self.colleagues[host].actor
        touch = Touch(ref, "meeting", None, start, booked_at, actor, booker or host, genuine=True, scheduled=True)
        journey.touches.append(touch)
        if actor == "FS":
            journey.passings.append(Passing("meeting_booked_with_fs", touch.instant, booker or host))
        return touch

    def deal_mail(self, journey: Journey, at: datetime, by: str) -> Touch:
        """An e-mail that Salesforce itself sent from the deal."""
        assert journey.deal is not None
        record = {
            "RelatedToId": journey.deal.id,
            "Incoming": False,
            "Status": "3",
            "Subject": "お見積りの件",
            "TextBody": "お見積りをお送りします。",
            "FromAddress": self.colleagues[by].email,
            "MessageDate": salesforce_iso(at),
        }
        record_id = self.ids.salesforce("EmailMessage")
        self.salesforce(at, "insert", "EmailMessage", record_id, record, by)
        ref = f"salesforce:EmailMessage:{record_id}"
        actor = self.colleagues[by].actor
        touch = Touch(ref, "email", "outbound", at, at, actor, by, genuine=True, content=True)
        journey.touches.append(touch)
        return touch

    # small parts -----------------------------------------------------------------------------------------------------

    def _entry(self, stream: str, record_id: str, at: datetime, cells: Mapping[str, Cell], owner: str) -> Entry:
        return Entry(stream, record_id, at, {item: c for item, c in cells.items() if holds(stream, item)}, owner)

    def _owned(self, by: str) -> Event:
        return {"OwnerId": self.colleagues[by].user_id}

    def _place(self, journey: Journey, wish: str, *, late: bool) -> str:
        """In which CRM a call is logged: as wished if that knows the person, late ones in HubSpot, others in either."""
        if journey.contact is None:
            return "sf"
        if not self._has_sf(journey):
            return "hs"
        return wish or ("hs" if late or self.count % 3 == 0 else "sf")

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

    def _engage(
        self, journey: Journey, obj: str, at: datetime, logged: datetime, owner: str, creator: str, properties: Event
    ) -> str:
        assert journey.contact is not None
        record_id = self.ids.hubspot()
        values = {
            **{name: value for name, value in properties.items() if value != ""},
            "hs_timestamp": hubspot_iso(at),
            "hs_createdate": hubspot_iso(logged),
            "hubspot_owner_id": self.colleagues[owner].owner_id,
            "hs_created_by_user_id": self.colleagues[creator].hubspot_user,
        }
        values = {name: value for name, value in values.items() if value != ""}
        self.hubspot(logged, "insert", obj, record_id, values, (("contacts", journey.contact.id),))
        return f"hubspot:{obj}:{record_id}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
