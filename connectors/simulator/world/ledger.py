"""The one place where the world's facts become events: here activities, people and deals in `records.py`."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.simulator.world.fields import hubspot_iso, salesforce_iso
from connectors.simulator.world.journey import Journey, Passing, Touch
from connectors.simulator.world.records import Event, Records

CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"


class Ledger(Records):
    """Adds what people do with each other: calls, mails, messages, meetings."""

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

    def native_task(self, journey: Journey, at: datetime, subject: str, subtype: str = "Task") -> Touch:
        """The native sync writes a form submission or a marketing mail as a Task of the lead's owner: no contact."""
        owner = journey.anchor.owner
        record = {
            "TaskSubtype": subtype,
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
        self, journey: Journey, booked_at: datetime, start: datetime, host: str, *, via: str = "", booker: str = "",
        tool: bool = False,
    ) -> Touch:  # fmt: skip
        """A meeting in the host's calendar; with a host from FS that is a pass. `booker` empty: the customer booked.

        `tool`: through a scheduling tool, which names nobody in HubSpot and writes as an integration user in Salesforce.
        """
        hs = journey.contact is not None and (via == "hs" or not self._has_sf(journey))
        end = start + timedelta(hours=1)
        if hs:
            properties = {
                "hs_meeting_title": "オンライン商談",
                "hs_meeting_start_time": hubspot_iso(start),
                "hs_meeting_end_time": hubspot_iso(end),
                "hs_meeting_outcome": "SCHEDULED",
                **({"hs_object_source": "MEETINGS"} if tool else {}),
            }
            ref = self._engage(journey, "meetings", start, booked_at, host, "" if tool else booker or host, properties)
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
            self.salesforce(booked_at, "insert", "Event", record_id, record, "cti" if tool else booker or host)
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

    def _place(self, journey: Journey, wish: str, *, late: bool) -> str:
        """In which CRM a call is logged: as wished if that knows the person, late ones in HubSpot, others in either."""
        if journey.contact is None:
            return "sf"
        if not self._has_sf(journey):
            return "hs"
        return wish or ("hs" if late or self.count % 3 == 0 else "sf")

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
            "hs_created_by_user_id": self.colleagues[creator].hubspot_user if creator else "",
        }
        values = {name: value for name, value in values.items() if value != ""}
        self.hubspot(logged, "insert", obj, record_id, values, (("contacts", journey.contact.id),))
        return f"hubspot:{obj}:{record_id}"
