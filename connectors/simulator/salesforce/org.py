"""The simulated org: its data, its switches, and the ways in (HTTP, world events, control actions)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import Request, Response
from connectors.simulator.salesforce.change import archive_activities, insert_row
from connectors.simulator.salesforce.commit import Commits
from connectors.simulator.salesforce.drift import define_fields
from connectors.simulator.salesforce.oauth import Credentials, Sessions
from connectors.simulator.salesforce.record_id import make_id, to18
from connectors.simulator.salesforce.refuse import PLANTED, Obstacles
from connectors.simulator.salesforce.rest import Api
from connectors.simulator.salesforce.scan import Database
from connectors.simulator.salesforce.schema import ObjectType
from connectors.simulator.salesforce.standard import DAYS, standard_objects
from connectors.simulator.salesforce.switches import Switches
from connectors.simulator.salesforce.table import Row, Table
from connectors.simulator.salesforce.value import show_instant
from connectors.simulator.salesforce.world import SETUP, apply_event, read_record

ORG_ID = to18("00D5g000008AbCd")
INTEGRATION_USER = to18("0055g00000Integ")
ADMIN_USER = to18("0055g00000Admin")
CONTROLLED_BY_PARENT = ("LeadId", "OpportunityId")
"""Links of the objects that have no owner of their own."""


class SalesforceOrg:
    """A Salesforce org behind `System`. Keywords beyond the named ones are switches (see `Switches`). Everything random
    comes from `seed`.
    """

    name = "salesforce"

    def __init__(
        self,
        clock: SimClock,
        *,
        credentials: Credentials | Mapping[str, Any] | None = None,
        org_id: str = ORG_ID,
        org_name: str = "Simulated KK",
        sandbox: bool = True,
        zone: str = "Asia/Tokyo",
        locale: str = "ja",
        session_minutes: float = 120.0,
        seed: int = 1,
        **switches: Any,
    ) -> None:
        self.clock = clock
        self.org_id = to18(org_id)
        self.zone = ZoneInfo(zone)
        self.locale = locale
        self.user_id, self.admin_id = INTEGRATION_USER, ADMIN_USER
        self.credentials = (
            Credentials(**credentials) if isinstance(credentials, Mapping) else credentials or Credentials()
        )
        self.sessions = Sessions(self.org_id, session_minutes)
        self.switches = Switches()
        self.switches.change(switches)
        self.random = Random(seed)
        self.obstacles = Obstacles()
        self.commits = Commits()
        objects = standard_objects()
        self.data = Database(
            {name.lower(): kind for name, kind in objects.items()},
            {name: Table(kind) for name, kind in objects.items()},
            clock.now,
            lambda: self.zone,
            {kind.prefix: kind for kind in objects.values()},
            lambda: self.switches.absent_objects,
            self._hides,
        )
        self.deleted: dict[str, list[tuple[str, str]]] = {name: [] for name in objects}
        self.schema_at: dict[str, datetime] = {name: clock.now().replace(microsecond=0) for name in objects}
        self._numbers = {kind.prefix: count(1) for kind in objects.values()}
        self._archived_on: date | None = None
        self._calls: deque[datetime] = deque()
        self._api = Api(self)
        self._furnish(org_name, sandbox)

    def handle(self, request: Request) -> Response:
        """Answer one HTTP request."""
        self.settle()
        return self._api.answer(request)

    def apply(self, event: Mapping[str, Any]) -> str:
        """Let one world event happen; returns the id of its record. Raises ValueError for senseless events.

        With `visible_after` (seconds, of the event or of the org), or late by chance, its transaction commits that much
        later than its stamps say: until then no client sees it, and what touches the same records waits for it.
        """
        self.settle()
        now = self.clock.now()
        at = datetime.fromisoformat(event["at"]) if event.get("at") else now
        stamp = show_instant(at)
        delay, wait = self._delay(event), self.commits.wait(event)
        if delay <= 0 and not wait:
            return apply_event(self, event, stamp)
        due = max(show_instant(at + timedelta(seconds=delay)), wait)
        if due <= show_instant(now) or due <= stamp:
            return apply_event(self, event, stamp)
        postponed = dict(event)
        if event["op"] == "insert" and not event.get("id") and not event.get("record", {}).get("Id"):
            postponed["id"] = self.new_id(self.data.objects[event["object"].lower()])
        self.commits.add(due, stamp, postponed)
        return postponed.get("id") or postponed.get("record", {}).get("Id") or ""

    def _delay(self, event: Mapping[str, Any]) -> float:
        if "visible_after" in event:
            return float(event["visible_after"])
        if event["op"] in SETUP:
            return 0.0
        if self.switches.late_share and self.random.random() < self.switches.late_share:
            return self.random.uniform(1, self.switches.late_seconds)
        return self.switches.visible_after

    def settle(self) -> None:
        """Commit the transactions whose time has come, and archive old activities once a day."""
        now = self.clock.now()
        for stamp, event in self.commits.take(show_instant(now)) if self.commits else ():
            apply_event(self, event, stamp)
        if self.switches.archives_activities and now.date() != self._archived_on:
            self._archived_on = now.date()
            archive_activities(self, now)

    def covered_until(self) -> datetime:
        """The newest instant up to which everything is visible: held back by transactions still running."""
        now = self.clock.now()
        oldest = self.commits.oldest() if self.switches.covered_held else None
        return min(now, datetime.strptime(oldest, "%Y-%m-%dT%H:%M:%S.000%z")) if oldest else now

    def _hides(self, row: Row) -> bool:
        """Whether the integration user is kept from a row by sharing; children go with their parent."""
        shares = self.obstacles
        if not shares.shares:
            return False
        parents = (self.data.target(row.get(link)) for link in CONTROLLED_BY_PARENT if row.get(link))
        return any(shares.access(one) == "none" for one in (row, *(found[1] for found in parents if found)))

    def new_id(self, kind: ObjectType) -> str:
        rows = self.data.tables[kind.name].rows
        return next(
            record_id
            for number in self._numbers[kind.prefix]
            if (record_id := make_id(kind.prefix, number)) not in rows
        )

    def touch_schema(self, kind: ObjectType) -> None:
        """Remember that a describe changed, for If-Modified-Since."""
        self.schema_at[kind.name] = self.clock.now().replace(microsecond=0)

    def spend(self, calls: int) -> None:
        """Count API requests of the rolling 24 hours."""
        self._calls.extend([self.clock.now()] * calls)

    @property
    def calls_used(self) -> int:
        since = self.clock.now() - timedelta(hours=24)
        while self._calls and self._calls[0] <= since:
            self._calls.popleft()
        return len(self._calls)

    def _tell_usage(self, payload: dict[str, Any]) -> dict[str, int]:
        """`others`: so many calls that other tools make now."""
        self.spend(int(payload.get("others", 0)))
        return {"used": self.calls_used, "max": self.switches.daily_limit}

    def control(self, action: str, payload: dict[str, Any]) -> object:
        """Do one control action; see the simulator's README. Raises ValueError or KeyError for a bad one."""
        if (planted := self.obstacles.plant(action, payload, self.clock.now())) is not None:
            return planted
        actions: dict[str, Callable[[dict[str, Any]], object]] = {
            "apply": lambda asked: {"ids": [self.apply(event) for event in asked["events"]]},
            "dump": self._dump,
            "expire_sessions": lambda _: self.sessions.expire_all(),
            "expire_locators": lambda _: self._api.locators.clear(),
            "switch": self.switches.change,
            "fls": self._set_access,
            "usage": self._tell_usage,
        }
        if action not in actions:
            raise ValueError(f"unknown control action {action!r}; known: {', '.join(sorted({*actions, *PLANTED}))}")
        return actions[action](payload)

    def _dump(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.settle()
        kind = self.data.objects[payload["object"].lower()]
        return {"records": [dict(row) for row in self.data.tables[kind.name].rows.values()]}

    def _set_access(self, payload: dict[str, Any]) -> None:
        kind = self.data.objects[payload["object"].lower()]
        item = kind.fields[payload["field"].lower()]
        item.readable = bool(payload.get("readable", item.readable))
        item.editable = bool(payload.get("editable", item.editable)) and item.readable
        self.touch_schema(kind)

    def define_fields(self, object_name: str, fields: list[dict[str, Any]]) -> None:
        """Add custom fields, readable and editable by the integration user unless a spec says otherwise."""
        define_fields(self, self.data.objects[object_name.lower()], fields)

    def _furnish(self, org_name: str, sandbox: bool) -> None:
        """The rows every org has: itself, an administrator, the integration user, default business hours."""
        stamp = show_instant(self.clock.now() - timedelta(days=400))
        role = {"Name": "System Administrator"}
        profile = self._furnish_row("Profile", role, stamp)
        for user, last, alias in ((ADMIN_USER, "Admin", "admin"), (INTEGRATION_USER, "Integration", "integ")):
            names = {"LastName": last, "FirstName": "Simulated", "Alias": alias, "ProfileId": profile}
            mail = self.credentials.username if user == INTEGRATION_USER else "admin@example.com"
            self._furnish_row("User", {"Id": user, "Username": mail, "Email": mail, "IsActive": True, **names}, stamp)
        organization = {
            "Id": self.org_id,
            "Name": org_name,
            "IsSandbox": sandbox,
            "InstanceName": "AP99",
            "OrganizationType": "Enterprise Edition",
            "TimeZoneSidKey": str(self.zone),
            "DefaultLocaleSidKey": self.locale,
            "LanguageLocaleKey": self.locale,
            "FiscalYearStartMonth": 4,
        }
        self._furnish_row("Organization", organization, stamp)
        hours: dict[str, Any] = {
            "Name": "Default",
            "IsActive": True,
            "IsDefault": True,
            "TimeZoneSidKey": str(self.zone),
        }
        for day in DAYS[1:6]:
            hours |= {f"{day}StartTime": "09:00:00.000Z", f"{day}EndTime": "18:00:00.000Z"}
        self._furnish_row("BusinessHours", hours, stamp)

    def _furnish_row(self, object_name: str, record: dict[str, Any], stamp: str) -> str:
        kind = self.data.objects[object_name.lower()]
        return insert_row(self, kind, read_record(kind, record), stamp, ADMIN_USER)["Id"]
