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
from connectors.simulator.salesforce.admin.deploy import Deployments
from connectors.simulator.salesforce.admin.people import (
    ADMIN_USER,
    INTEGRATION_USER,
    add_row,
    close_org,
    furnish_people,
    give_away,
    organise,
    revoke,
)
from connectors.simulator.salesforce.admin.rights import Rights
from connectors.simulator.salesforce.admin.rule import plant_rules
from connectors.simulator.salesforce.admin.setup import MODELS, Setup
from connectors.simulator.salesforce.admin.tables import TOOLING_ONLY
from connectors.simulator.salesforce.change import archive_activities
from connectors.simulator.salesforce.commit import Commits
from connectors.simulator.salesforce.drift import define_fields, set_field_access
from connectors.simulator.salesforce.oauth import Credentials, Sessions
from connectors.simulator.salesforce.record_id import make_id, to18
from connectors.simulator.salesforce.refuse import PLANTED, Obstacles
from connectors.simulator.salesforce.rest import Api
from connectors.simulator.salesforce.scan import Database
from connectors.simulator.salesforce.schema import ObjectType
from connectors.simulator.salesforce.setup_fields import DAYS
from connectors.simulator.salesforce.standard import standard_objects
from connectors.simulator.salesforce.switches import Switches
from connectors.simulator.salesforce.table import Row, Table
from connectors.simulator.salesforce.value import show_instant
from connectors.simulator.salesforce.world import SETUP, apply_event

ORG_ID = to18("00D5g000008AbCd")
HISTORY = "017"
PEOPLE = ("User", "UserRole", "GroupMember")
"""Tables that decide who stands above whom."""


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
        blank: bool = False,
        **switches: Any,
    ) -> None:
        self.clock = clock
        self.org_id = to18(org_id)
        self.zone = ZoneInfo(zone)
        self.locale = locale
        self.user_id, self.admin_id = INTEGRATION_USER, ADMIN_USER
        self.caller = INTEGRATION_USER
        """The user whose request is being answered."""
        self.setup = Setup()
        self.rights = Rights(self)
        self.schema_version = 0
        self.tables_at: tuple[int, int] = (-1, -1)
        """Versions of setup and schema that the tables of the setup show."""
        self.tooling = False
        """Whether the request is one of the Tooling API, which knows objects of its own."""
        self.standard_profile = ""
        """Profile of users that name none."""
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
        self.data = self._make_database(objects)
        self.deleted: dict[str, list[tuple[str, str]]] = {name: [] for name in objects}
        self.schema_at: dict[str, datetime] = {name: clock.now().replace(microsecond=0) for name in objects}
        self._numbers = {kind.prefix: count(1) for kind in objects.values()}
        self._archived_on: date | None = None
        self.deployments = Deployments(self)
        self._calls: deque[datetime] = deque()
        self._api = Api(self)
        self._furnish(org_name, sandbox, blank=blank)

    def _make_database(self, objects: Mapping[str, ObjectType]) -> Database:
        """Empty tables, seen by whoever calls as the rights allow."""
        for kind in objects.values():
            kind.guard = self.rights
        return Database(
            {name.lower(): kind for name, kind in objects.items()},
            {name: Table(kind) for name, kind in objects.items()},
            self.clock.now,
            lambda: self.zone,
            {kind.prefix: kind for kind in objects.values()},
            lambda: self.switches.absent_objects,
            self._hides,
            lambda kind: self.rights.may(kind, "read") and (self.tooling or kind.name not in TOOLING_ONLY),
        )

    def handle(self, request: Request) -> Response:
        """Answer one HTTP request."""
        self.settle()
        try:
            return self._api.answer(request)
        finally:
            self.caller, self.tooling = self.user_id, False

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
        self.deployments.go_on()
        if self.switches.archives_activities and now.date() != self._archived_on:
            self._archived_on = now.date()
            archive_activities(self, now)

    def covered_until(self) -> datetime:
        """The newest instant up to which everything is visible: held back by transactions still running."""
        now = self.clock.now()
        oldest = self.commits.oldest() if self.switches.covered_held else None
        return min(now, datetime.strptime(oldest, "%Y-%m-%dT%H:%M:%S.000%z")) if oldest else now

    def _hides(self, row: Row) -> bool:
        """Whether the caller is kept from a row by sharing; children go with their parent."""
        return bool(self.obstacles.shares or self.setup.sharing) and self.rights.hides(row)

    @property
    def people_version(self) -> int:
        """Moves when a user, a role or a queue's members change."""
        return sum(self.data.tables[name].changes for name in PEOPLE)

    def kind_of(self, row: Row) -> ObjectType | None:
        """The object of a row; both history objects have the same prefix."""
        prefix = str(row["Id"])[:3]
        if prefix == HISTORY:
            return self.data.objects["leadhistory" if "LeadId" in row else "opportunityfieldhistory"]
        return self.data.by_prefix.get(prefix)

    def new_id(self, kind: ObjectType) -> str:
        rows = self.data.tables[kind.name].rows
        return next(
            record_id
            for number in self._numbers[kind.prefix]
            if (record_id := make_id(kind.prefix, number)) not in rows
        )

    def touch_schema(self, kind: ObjectType) -> None:
        """Remember that a describe changed, for If-Modified-Since."""
        self.schema_version += 1
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
        if (planted := self.obstacles.plant(action, payload, self.clock.now(), self.user_id)) is not None:
            return planted
        actions: dict[str, Callable[[dict[str, Any]], object]] = {
            "apply": lambda asked: {"ids": [self.apply(event) for event in asked["events"]]},
            "dump": self._dump,
            "expire_sessions": lambda _: self.sessions.expire_all(),
            "expire_locators": lambda _: self._api.locators.clear(),
            "switch": self.switches.change,
            "fls": self._set_access,
            "validation_rules": self._plant_rules,
            "sharing": self._set_sharing,
            "organise": lambda asked: organise(self, asked["people"]),
            "revoke": lambda asked: revoke(self, asked),
            "owner_outside": lambda asked: give_away(self, asked["records"]),
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
        item, user = kind.fields[payload["field"].lower()], to18(payload.get("user") or self.user_id)
        read, edit = self.rights.field(user, kind, item)
        read = bool(payload.get("readable", read))
        set_field_access(self, user, kind, item, read=read, edit=bool(payload.get("editable", edit)) and read)

    def _plant_rules(self, payload: dict[str, Any]) -> dict[str, int]:
        rules = payload.get("rules", [])
        plant_rules(self, rules)
        return {"rules": len(rules)}

    def _set_sharing(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Organisation-wide defaults by object."""
        for name, model in payload.items():
            if name.lower() not in self.data.objects or model not in MODELS:
                raise ValueError(f"sharing takes an object and one of {', '.join(MODELS)}, not {name}: {model!r}")
            self.setup.sharing[name] = model
        self.setup.touch()
        return dict(self.setup.sharing)

    def define_fields(self, object_name: str, fields: list[dict[str, Any]]) -> None:
        """Add custom fields, readable and editable by the integration user unless a spec says otherwise."""
        define_fields(self, self.data.objects[object_name.lower()], fields)

    def _furnish(self, org_name: str, sandbox: bool, *, blank: bool) -> None:
        """The rows every org has: itself, an administrator, the integration user, default business hours."""
        stamp = show_instant(self.clock.now() - timedelta(days=400))
        furnish_people(self, stamp, blank=blank)
        if blank:
            close_org(self, stamp)
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
        add_row(self, "Organization", organization, stamp)
        hours: dict[str, Any] = {
            "Name": "Default",
            "IsActive": True,
            "IsDefault": True,
            "TimeZoneSidKey": str(self.zone),
        }
        for day in DAYS[1:6]:
            hours |= {f"{day}StartTime": "09:00:00.000Z", f"{day}EndTime": "18:00:00.000Z"}
        add_row(self, "BusinessHours", hours, stamp)
