"""The native HubSpot–Salesforce sync: copies between both systems late, under a user of its own, and may fight.

Source: HubSpot Knowledge Base, "Salesforce integration sync triggers and timing" (a check every 15 minutes besides
event triggers) and "Salesforce field mappings". Nothing was compared with a running one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from connectors.simulator.clock import SimClock
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.hubspot.schema import iso
from connectors.simulator.neighbour.activity import Happening, as_properties, happenings, marketing_mail
from connectors.simulator.neighbour.pair import STORED, Pair, pairs
from connectors.simulator.neighbour.value import is_ours, to_salesforce
from connectors.simulator.salesforce import SalesforceOrg
from connectors.simulator.salesforce.table import Row

FIELDS = {
    "firstname": "FirstName",
    "lastname": "LastName",
    "company": "Company",
    "phone": "Phone",
    "mobilephone": "MobilePhone",
    "jobtitle": "Title",
}
USERNAME = "hubspot.integration@example.com"


@dataclass(frozen=True, slots=True)
class Settings:
    """How one company set its sync up. Raises ValueError for our fields without `ours`."""

    user_id: str = ""
    """Salesforce user it writes under; "" = it gets one of its own."""
    delay: tuple[float, float] = (600.0, 900.0)
    """Seconds from a change to its copy, uniform."""
    fields: Mapping[str, str] = field(default_factory=lambda: dict(FIELDS))
    """HubSpot property to Salesforce field. Where both changed, Salesforce wins."""
    fights: frozenset[str] = frozenset()
    """Properties of `fields` that nobody else may change: it writes back, on either side, what it knew first."""
    stale: bool = False
    """It writes what it read when it noticed a change, not what stands there when it writes."""
    ours: bool = False
    """It may copy Baton's own fields too: then two machines edit the same fields."""
    stores_ids: bool = True
    """It matches by e-mail as well, and stores the partner's id in the contact. Otherwise it only follows stored ids."""
    activities: frozenset[str] = frozenset({"calls", "forms", "mails"})
    """What it copies as Tasks: calls, emails, forms, mails (marketing); and tasks, from Salesforce to HubSpot."""
    seed: int = 1

    def __post_init__(self) -> None:
        named = sorted(name for pair in self.fields.items() for name in pair if is_ours(name))
        if named and not self.ours:
            raise ValueError(f"the sync touches fields of ours only with `ours`: {', '.join(named)}")
        if unknown := sorted(self.fights - self.fields.keys()):
            raise ValueError(f"the sync fights only over fields that it maps, not over {', '.join(unknown)}")


class NativeSync:
    """Runs when told to (`run`), on the simulated clock. What was there at its start it takes as known.

    `hold` keeps requests out of both systems while it works.
    """

    def __init__(
        self,
        org: SalesforceOrg,
        portal: HubSpotPortal,
        clock: SimClock,
        hold: AbstractContextManager[object],
        settings: Settings,
    ) -> None:
        self.settings = settings
        self.refused: list[str] = []
        """What a system would not take; the real one keeps such a list of sync errors too."""
        self._org, self._portal, self._clock, self._hold = org, portal, clock, hold
        self._random = Random(f"native-sync:{settings.seed}")
        self._known: dict[str, dict[str, tuple[str, str]]] = {}
        self._states: dict[str, tuple[dict[str, str], Row]] = {}
        self._due: dict[tuple[str, str], tuple[datetime, str]] = {}
        self._seen: set[str] = set()
        self._waiting: list[tuple[datetime, Happening]] = []
        self._coming: list[tuple[datetime, int, str]] = []
        with hold:
            self.user_id = settings.user_id or self._hire()
            for pair in self._pairs():
                self._known[pair.key] = self._values(pair)
                self._seen |= {one.key for one in self._happenings(pair)}
                self._seen |= {task["Id"] for task in self._tasks(pair)}

    def run(self) -> dict[str, int]:
        """Do everything that is due by now; answers how much of what, and how much still waits."""
        done: Counter[str] = Counter()
        with self._hold:
            found, open_keys = list(self._pairs()), {key for key, _ in self._due}
            for pair in found:
                self._link(pair, done)
                if self._changed(pair) or pair.key in open_keys:
                    self._copy(pair, done)
                self._notice(pair)
            self._write_tasks({pair.contact.id: pair for pair in found}, done)
            self._bring_tasks(done)
        waiting = len(self._due) + len(self._waiting) + len(self._coming)
        return {**done, "waiting": waiting, "refused": len(self.refused)}

    def send_mail(self, contacts: list[int], name: str) -> None:
        """A marketing mail goes out to these contacts now."""
        if "mails" in self.settings.activities:
            now = self._clock.now()
            self._waiting += [(now + self._delay(), marketing_mail(one, name, now)) for one in contacts]

    def _pairs(self) -> list[Pair]:
        return list(pairs(self._org, self._portal, by_email=self.settings.stores_ids))

    def _values(self, pair: Pair) -> dict[str, tuple[str, str]]:
        return pair.values(self._org, self._portal, self.settings.fields)

    def _happenings(self, pair: Pair) -> list[Happening]:
        return list(happenings(self._portal, pair.contact, self.settings.activities))

    def _delay(self) -> timedelta:
        return timedelta(seconds=self._random.uniform(*self.settings.delay))

    # -- fields --------------------------------------------------------------------------------------------------

    def _link(self, pair: Pair, done: Counter[str]) -> None:
        """Store the partner's id, also after a conversion or merge."""
        name = STORED[pair.kind]
        if self.settings.stores_ids and pair.contact.properties.get(name) != pair.row["Id"]:
            self._write_hubspot(pair, {name: pair.row["Id"]})
            done["linked"] += 1
        if pair.key not in self._known:
            self._known[pair.key] = self._values(pair)

    def _changed(self, pair: Pair) -> bool:
        """Whether either side was written since the last run: both systems replace what they hold, they never edit it."""
        seen = self._states.get(pair.key)
        self._states[pair.key] = (pair.contact.properties, pair.row)
        return seen is None or seen[0] is not pair.contact.properties or seen[1] is not pair.row

    def _copy(self, pair: Pair, done: Counter[str]) -> None:
        """Notice what changed, and bring across what changed long enough ago."""
        known, now = self._known[pair.key], self._clock.now()
        there: dict[str, str] = {}
        here: dict[str, str] = {}
        values = self._values(pair)
        for name, (hubspot, salesforce) in values.items():
            before = known.setdefault(name, (hubspot, salesforce))
            if (hubspot, salesforce) == before:
                self._due.pop((pair.key, name), None)
                continue
            wanted = self._wanted(name, before, hubspot, salesforce)
            due, noticed = self._due.setdefault((pair.key, name), (now + self._delay(), wanted))
            if due > now:
                continue
            del self._due[pair.key, name]
            value = noticed if self.settings.stale else wanted
            known[name] = (value, value)
            if hubspot != value:
                there[name] = value
            if salesforce != value:
                here[name] = value
        if there and self._count(self._write_hubspot(pair, there), "to_hubspot", done):
            there = {}
        if here and self._count(self._write_salesforce(pair, here), "to_salesforce", done):
            here = {}
        known.update({name: values[name] for name in (*there, *here)})  # refused: both sides stay as they are

    def _count(self, written: bool, name: str, done: Counter[str]) -> bool:
        done[name] += written
        return written

    def _wanted(self, name: str, before: tuple[str, str], hubspot: str, salesforce: str) -> str:
        """The value that both sides should have."""
        if name in self.settings.fights:
            return before[1]
        return salesforce if salesforce != before[1] else hubspot

    def _write_hubspot(self, pair: Pair, values: Mapping[str, str]) -> bool:
        stamp = {"salesforcelastsynctime": iso(self._clock.now())}
        record = {"properties": {**values, **(stamp if self.settings.stores_ids else {})}}
        event = {"op": "update", "object": "contacts", "id": pair.key, "record": record, "by": "SALESFORCE"}
        return self._try(lambda: self._portal.apply(event))

    def _write_salesforce(self, pair: Pair, values: Mapping[str, str]) -> bool:
        kind = self._org.data.objects[pair.kind.lower()]

        def write() -> object:
            named = {self.settings.fields[name]: value for name, value in values.items()}
            record = {name: to_salesforce(kind.fields[name.lower()], value) for name, value in named.items()}
            return self._org.apply(self._event("update", pair.kind, record, id=pair.row["Id"]))

        return self._try(write)

    def _try(self, write: Any) -> bool:
        try:
            write()
        except ValueError as error:
            self.refused.append(str(error))
            return False
        return True

    def _event(self, op: str, kind: str, record: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return {"system": "salesforce", "op": op, "object": kind, "record": dict(record), "by": self.user_id, **more}

    def _hire(self) -> str:
        names = {"LastName": "Integration", "FirstName": "HubSpot", "Username": USERNAME, "Email": USERNAME}
        return self._org.apply({"system": "salesforce", "op": "insert", "object": "User", "record": names})

    # -- activities ----------------------------------------------------------------------------------------------

    def _notice(self, pair: Pair) -> None:
        for one in self._happenings(pair):
            if one.key not in self._seen:
                self._seen.add(one.key)
                self._waiting.append((max(one.at, self._clock.now() - timedelta(minutes=1)) + self._delay(), one))
        for task in self._tasks(pair):
            if task["Id"] not in self._seen:
                self._seen.add(task["Id"])
                self._coming.append((self._clock.now() + self._delay(), pair.contact.id, task["Id"]))

    def _tasks(self, pair: Pair) -> list[Row]:
        """What people and others logged in Salesforce; its own copies never go back."""
        if "tasks" not in self.settings.activities:
            return []
        linked = self._org.data.tables["Task"].linked("WhoId", [pair.row["Id"]])
        return [task for task in linked if task["CreatedById"] != self.user_id and not task["IsDeleted"]]

    def _bring_tasks(self, done: Counter[str]) -> None:
        now, rows = self._clock.now(), self._org.data.tables["Task"].rows
        due = [(contact, rows[key]) for at, contact, key in self._coming if at <= now and key in rows]
        self._coming = [one for one in self._coming if one[0] > now]
        for contact, row in due:
            record = {"properties": as_properties(row), "associations": [{"to": "contacts", "id": str(contact)}]}
            event = {"op": "insert", "object": "tasks", "record": record, "by": "SALESFORCE"}
            if self._try(lambda event=event: self._portal.apply(event)):
                done["from_salesforce"] += 1

    def _write_tasks(self, people: Mapping[int, Pair], done: Counter[str]) -> None:
        now = self._clock.now()
        due = [one for at, one in self._waiting if at <= now]
        self._waiting = [(at, one) for at, one in self._waiting if at > now]
        for one in due:
            pair = people.get(one.contact)
            if pair is None:
                continue  # nobody in Salesforce to hang it on
            record = {**one.task, "WhoId": pair.row["Id"], "OwnerId": self.user_id}
            if self._try(lambda record=record: self._org.apply(self._event("insert", "Task", record))):
                done["tasks"] += 1
