"""Everything one portal holds, and the rules that apply to every write, from the API or from people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from random import Random
from typing import Any

from connectors.simulator.clock import SimClock
from connectors.simulator.hubspot.definitions import GROUPS, STAGES, default_definitions
from connectors.simulator.hubspot.index import SearchIndex
from connectors.simulator.hubspot.links import Links
from connectors.simulator.hubspot.objects import OBJECT_TYPES
from connectors.simulator.hubspot.pipelines import default_pipelines
from connectors.simulator.hubspot.records import Author, Record, Table
from connectors.simulator.hubspot.refuse import Obstacles
from connectors.simulator.hubspot.schema import Schema, iso
from connectors.simulator.hubspot.switches import Switches

FIRST_ID = 200_000_000_000
ID_BLOCK = 16
PREVIEW = 512
_BODIES = (
    "hs_call_body",
    "hs_email_text",
    "hs_meeting_body",
    "hs_task_body",
    "hs_note_body",
    "hs_communication_body",
)


class PortalData:
    """Tables, associations, owners and pipelines. Instants are aware UTC on the simulated clock."""

    def __init__(self, clock: SimClock, switches: Switches, portal_id: int, seed: int) -> None:
        self.clock = clock
        self.switches = switches
        self.portal_id = portal_id
        self.random = Random(seed)
        self.links = Links()
        self.obstacles = Obstacles()
        self.owners: dict[str, dict[str, Any]] = {}
        self.pipelines = default_pipelines()
        self._block: list[int] = []
        self._next_id = FIRST_ID
        self.tables = {
            name: Table(kind, Schema(default_definitions(name), GROUPS[name]), SearchIndex(clock.now, self._lag))
            for name, kind in OBJECT_TYPES.items()
        }

    def new_id(self, table: Table) -> int:
        """Ids do not follow the order of creation: they are handed out from shuffled blocks."""
        while True:
            if not self._block:
                self._block = [self._next_id + step for step in range(ID_BLOCK)]
                self._next_id += ID_BLOCK
                self.random.shuffle(self._block)
            candidate = self._block.pop()
            if not table.knows(candidate):
                return candidate

    def insert(self, table: Table, record_id: int, values: dict[str, str], at: datetime, author: Author) -> Record:
        derived = self._derive(table, {}, values, at)
        derived.setdefault("hs_object_source", author.source_type)
        if table.kind.name == "contacts":
            derived["hs_all_contact_vids"] = str(record_id)
        return table.insert(record_id, {**derived, **values}, at, author)

    def write(self, table: Table, record: Record, values: dict[str, str], at: datetime, author: Author) -> bool:
        changed = {name: value for name, value in values.items() if record.properties.get(name, "") != value}
        derived = self._derive(table, record.properties, changed, at) if changed else {}
        return table.write(record, {**derived, **changed}, at, author, bump=self.switches.noop_bumps)

    def merge(self, table: Table, winner: Record, loser: Record, at: datetime, new_id: int | None) -> Record:
        """One survivor with the winner's values, the loser's where it has none, and all associations of both."""
        values = self._merged_values(table, winner, loser, at)
        author = Author("MERGE_OBJECTS")
        if new_id is None:
            table.merge_away(loser, winner.id, at)
            self.links.move(table.kind.name, loser.id, winner.id)
            table.write(winner, values, at, author, bump=True)
            self._claim_emails(table, winner)
            return winner
        created, history = min(winner.created, loser.created), winner.changes
        for old in (winner, loser):
            table.merge_away(old, new_id, at)
        values = {**winner.properties, **values, table.kind.created: created, table.kind.modified: iso(at)}
        survivor = table.insert(new_id, {k: v for k, v in values.items() if k != "hs_object_id"}, at, author)
        survivor.changes = history
        for old in (winner, loser):
            self.links.move(table.kind.name, old.id, new_id)
        self._claim_emails(table, survivor)
        return survivor

    def associate(
        self, source: str, source_id: int, target: str, target_id: int, at: datetime, types: Iterable[int] = ()
    ) -> None:
        """By these types, or the default way. The link itself moves no modified date; recounting may."""
        if types:
            self.links.put(source, source_id, target, target_id, types)
        else:
            self.links.put_default(source, source_id, target, target_id)
        self._note_link(source, source_id, target, target_id, at)
        self._recount({source: source_id, target: target_id}, at)

    def dissociate(self, source: str, source_id: int, target: str, target_id: int, at: datetime) -> None:
        self.links.drop(source, source_id, target, target_id)
        self._note_link(source, source_id, target, target_id, at)
        self._recount({source: source_id, target: target_id}, at)

    def archive(self, table: Table, record: Record, at: datetime) -> None:
        """Into the recycle bin."""
        table.archive(record, at)
        self._recount_all(table, record, at)

    def _note_link(self, source: str, source_id: int, target: str, target_id: int, at: datetime) -> None:
        if not self.switches.association_bumps:
            return
        for name, record_id in ((source, source_id), (target, target_id)):
            if record := self.tables[name].live.get(record_id):
                self.tables[name].write(record, {}, at, Author("CALCULATED"), bump=True)

    def restore(self, table: Table, record: Record, at: datetime) -> None:
        """Out of the recycle bin under the same id; associations are back with it."""
        table.restore(record, at)
        if self.switches.restore_bumps:
            table.write(record, {}, at, Author("CRM_UI"), bump=True)
        self._recount_all(table, record, at)

    def _recount_all(self, table: Table, activity: Record, at: datetime) -> None:
        for contact_id in list(self.links.of(table.kind.name, activity.id, "contacts")):
            self._recount({table.kind.name: activity.id, "contacts": contact_id}, at)

    def _recount(self, ends: Mapping[str, int], at: datetime) -> None:
        """What a contact keeps of the activities that hang on it now (where the portal does so)."""
        if not self.switches.rollups or not any(OBJECT_TYPES[name].engagement for name in ends):
            return
        contact = self.tables["contacts"].live.get(ends.get("contacts", 0))
        if contact is None:
            return
        noted = {name: self._happened(contact.id, name) for name, kind in OBJECT_TYPES.items() if kind.engagement}
        contacted = [at for name, found in noted.items() if name not in ("notes", "tasks") for at in found]
        every = [at for found in noted.values() for at in found]
        values = {
            "num_notes": str(len(every)),
            "notes_last_updated": max(every, default=""),
            "num_contacted_notes": str(len(contacted)),
            "notes_last_contacted": max(contacted, default=""),
        }
        changed = {name: value for name, value in values.items() if contact.properties.get(name, "") != value}
        self.tables["contacts"].write(contact, changed, at, Author("CALCULATED"), bump=False)

    def _happened(self, contact_id: int, activity: str) -> list[str]:
        live = self.tables[activity].live
        found = (live[one] for one in self.links.of("contacts", contact_id, activity) if one in live)
        return [entry.properties.get("hs_timestamp") or entry.created for entry in found]

    def is_live(self, kind: str, record_id: int) -> bool:
        return record_id in self.tables[kind].live

    def _lag(self) -> float:
        low, high = self.switches.index_lag
        return self.random.uniform(low, high) if high else 0.0

    def _merged_values(self, table: Table, winner: Record, loser: Record, at: datetime) -> dict[str, str]:
        values = {name: value for name, value in loser.properties.items() if name not in winner.properties}
        merged = [str(winner.id), str(loser.id)] if self.switches.merge_new_id else [str(loser.id)]
        earlier = [one.properties.get("hs_merged_object_ids", "") for one in (winner, loser)]
        values["hs_merged_object_ids"] = ";".join([*filter(None, earlier), *merged])
        if table.kind.name == "contacts":
            stamp = int(at.timestamp() * 1000)
            values["hs_calculated_merged_vids"] = ";".join(f"{one}:{stamp}" for one in merged)
            emails = [loser.properties.get("email", ""), loser.properties.get("hs_additional_emails", "")]
            if winner.properties.get("email"):
                own = winner.properties.get("hs_additional_emails", "")
                values["hs_additional_emails"] = ";".join(filter(None, [own, *emails]))
        values.pop(table.kind.created, None)
        values.pop(table.kind.modified, None)
        values.pop("hs_object_id", None)
        return values

    def _claim_emails(self, table: Table, record: Record) -> None:
        for extra in filter(None, record.properties.get("hs_additional_emails", "").split(";")):
            table.unique["email"].setdefault(extra.lower(), record.id)

    def _derive(self, table: Table, before: dict[str, str], values: dict[str, str], at: datetime) -> dict[str, str]:
        """What HubSpot computes from written values. Values given outright win over these."""
        derived = _DERIVE.get(table.kind.name, lambda *_: {})(before, values, iso(at))
        if values.get("hubspot_owner_id") and "hubspot_owner_assigneddate" in table.schema.definitions:
            derived["hubspot_owner_assigneddate"] = iso(at)
        if text := next((values[name] for name in _BODIES if values.get(name)), ""):
            derived["hs_body_preview"] = text[:PREVIEW]
        return {name: value for name, value in derived.items() if name not in values}


def _derive_contact(before: dict[str, str], values: dict[str, str], stamp: str) -> dict[str, str]:
    derived: dict[str, str] = {}
    if not before:
        derived.update(hs_is_contact="true", hs_is_unworked="true", hs_pipeline="contacts-lifecycle-pipeline")
    if "email" in values:
        derived["hs_email_domain"] = values["email"].rpartition("@")[2].lower()
    if "phone" in values:
        derived["hs_searchable_calculated_phone_number"] = _national(values["phone"])
    stage = values.get("lifecyclestage")
    if stage:
        derived[f"hs_v2_date_entered_{stage}"] = stamp
        derived["hs_v2_date_entered_current_stage"] = stamp
        derived[f"hs_lifecyclestage_{stage}_date"] = stamp
    return derived


def _derive_lead(before: dict[str, str], values: dict[str, str], stamp: str) -> dict[str, str]:
    derived = {} if before else {"hs_pipeline": "lead-pipeline-id", "hs_pipeline_stage": "new-stage-id"}
    if "hs_lead_name" in values:
        derived["hs_lead_name_calculated"] = values["hs_lead_name"]
    if "hs_pipeline_stage" in values or not before:
        derived["hs_pipeline_stage_last_updated"] = stamp
    return derived


def _derive_meeting(before: dict[str, str], values: dict[str, str], stamp: str) -> dict[str, str]:
    start = values.get("hs_meeting_start_time")
    return {"hs_timestamp": start} if start and "hs_timestamp" not in before else {}


def _derive_task(before: dict[str, str], values: dict[str, str], stamp: str) -> dict[str, str]:
    return {"hs_task_completion_date": stamp} if values.get("hs_task_status") == "COMPLETED" else {}


def _derive_email(before: dict[str, str], values: dict[str, str], stamp: str) -> dict[str, str]:
    """Sender and receivers stand in a JSON text, `hs_email_headers`."""
    try:
        headers = json.loads(values.get("hs_email_headers") or "{}")
        receivers = ";".join(one["email"] for one in headers.get("to", []))
        found = {"hs_email_from_email": headers.get("from", {}).get("email", ""), "hs_email_to_email": receivers}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}  # free text in there is kept and simply yields no addresses
    return {name: value for name, value in found.items() if value}


_DERIVE = {
    "contacts": _derive_contact,
    "leads": _derive_lead,
    "meetings": _derive_meeting,
    "tasks": _derive_task,
    "emails": _derive_email,
}


def _national(phone: str) -> str:
    """Digits without country code and leading zero."""
    digits = re.sub(r"\D", "", phone)
    return digits.removeprefix("81") if phone.strip().startswith("+81") else digits.removeprefix("0")


def may_enter(stage_now: str | None, stage: str) -> bool:
    """The API moves a lifecycle stage forward only; clearing is always allowed."""
    if not stage or not stage_now or stage_now not in STAGES or stage not in STAGES:
        return True
    return STAGES.index(stage) >= STAGES.index(stage_now)
