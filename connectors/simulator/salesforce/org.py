"""The simulated org: its data, its switches, and the ways in (HTTP, world events, control actions)."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Literal
from zoneinfo import ZoneInfo

from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import Request, Response
from connectors.simulator.salesforce.change import MAX_TRACKED, insert_row
from connectors.simulator.salesforce.oauth import Credentials, Sessions
from connectors.simulator.salesforce.record_id import make_id, to18
from connectors.simulator.salesforce.rest import Api
from connectors.simulator.salesforce.scan import Database
from connectors.simulator.salesforce.schema import ObjectType
from connectors.simulator.salesforce.standard import DAYS, standard_objects
from connectors.simulator.salesforce.table import Table
from connectors.simulator.salesforce.value import show_instant
from connectors.simulator.salesforce.world import apply_event, define_fields, read_record
from connectors.simulator.salesforce.write import RowError, ValidationRule

ORG_ID = to18("00D5g000008AbCd")
INTEGRATION_USER = to18("0055g00000Integ")
ADMIN_USER = to18("0055g00000Admin")
SWITCHES = frozenset(
    {
        "page_cap",
        "child_page",
        "unknown_field",
        "trim_text",
        "identical_update_bumps",
        "reparent_bumps",
        "convert_sets_what",
        "edit_converted",
        "visible_after",
        "daily_limit",
        "enforce_limit",
        "assignment_owner",
        "duplicate_rules",
        "tracked_lead_fields",
        "tracked_opportunity_fields",
        "absent_objects",
    }
)


class SalesforceOrg:
    """A Salesforce org behind `System`. Every keyword is a switch; the README of the simulator explains them."""

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
        page_cap: int | None = None,
        child_page: int = 500,
        unknown_field: Literal["request", "row"] = "request",
        trim_text: bool = True,
        identical_update_bumps: bool = True,
        reparent_bumps: bool = False,
        convert_sets_what: bool = True,
        edit_converted: bool = False,
        visible_after: float = 0.0,
        daily_limit: int = 115_000,
        enforce_limit: bool = True,
        assignment_owner: str | None = None,
        duplicate_rules: Sequence[str] = (),
        tracked_lead_fields: Sequence[str] = ("Status",),
        tracked_opportunity_fields: Sequence[str] = (),
        absent_objects: Sequence[str] = (),
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
        self.page_cap, self.child_page = page_cap, child_page
        self.unknown_field, self.trim_text = unknown_field, trim_text
        self.identical_update_bumps, self.reparent_bumps = identical_update_bumps, reparent_bumps
        self.convert_sets_what, self.edit_converted = convert_sets_what, edit_converted
        self.visible_after = visible_after
        self.daily_limit, self.enforce_limit = daily_limit, enforce_limit
        self.assignment_owner = assignment_owner
        self.duplicate_rules = tuple(duplicate_rules)
        self.tracked_lead_fields = tuple(tracked_lead_fields)
        self.tracked_opportunity_fields = tuple(tracked_opportunity_fields)
        self.absent_objects = tuple(absent_objects)
        self._check_tracking()
        self.row_errors: list[RowError] = []
        self.validation_rules: list[ValidationRule] = []
        objects = standard_objects()
        self.data = Database(
            {name.lower(): kind for name, kind in objects.items()},
            {name: Table(kind) for name, kind in objects.items()},
            clock.now,
            lambda: self.zone,
            {kind.prefix: kind for kind in objects.values()},
            lambda: self.absent_objects,
        )
        self.deleted: dict[str, list[tuple[str, str]]] = {name: [] for name in objects}
        self.schema_at: dict[str, datetime] = {name: clock.now().replace(microsecond=0) for name in objects}
        self._numbers = {kind.prefix: count(1) for kind in objects.values()}
        self._pending: list[tuple[str, int, str, dict[str, Any]]] = []
        self._pending_number = count()
        self._calls: deque[datetime] = deque()
        self._api = Api(self)
        self._furnish(org_name, sandbox)

    def handle(self, request: Request) -> Response:
        """Answer one HTTP request."""
        self.settle()
        return self._api.answer(request)

    def apply(self, event: Mapping[str, Any]) -> str:
        """Let one world event happen; returns the id of its record. Raises ValueError for senseless events.

        With `visible_after` (seconds, of the event or of the org) its transaction commits that much later than its
        stamps say: until then no client sees it.
        """
        self.settle()
        now = self.clock.now()
        at = datetime.fromisoformat(event["at"]) if event.get("at") else now
        delay = float(event.get("visible_after", self.visible_after))
        stamp = show_instant(at)
        due = at + timedelta(seconds=delay)
        if delay <= 0 or due <= now:
            return apply_event(self, event, stamp)
        postponed = dict(event)
        if event["op"] == "insert" and not event.get("id") and not event.get("record", {}).get("Id"):
            postponed["id"] = self.new_id(self.data.objects[event["object"].lower()])
        heapq.heappush(self._pending, (show_instant(due), next(self._pending_number), stamp, postponed))
        return postponed.get("id") or postponed.get("record", {}).get("Id") or ""

    def settle(self) -> None:
        """Commit the transactions whose time has come."""
        now = show_instant(self.clock.now())
        while self._pending and self._pending[0][0] <= now:
            _, _, stamp, event = heapq.heappop(self._pending)
            apply_event(self, event, stamp)

    def covered_until(self) -> datetime:
        """The newest instant up to which everything is visible: held back by transactions still running."""
        stamps = [stamp for _, _, stamp, _ in self._pending]
        now = self.clock.now()
        held = datetime.strptime(min(stamps), "%Y-%m-%dT%H:%M:%S.000%z") if stamps else now
        return min(now, held)

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
        now = self.clock.now()
        self._calls.extend([now] * calls)
        while self._calls and self._calls[0] <= now - timedelta(hours=24):
            self._calls.popleft()

    @property
    def calls_used(self) -> int:
        return len(self._calls)

    def control(self, action: str, payload: dict[str, Any]) -> object:
        """Do one control action; see the simulator's README. Raises ValueError or KeyError for a bad one."""
        actions: dict[str, Callable[[dict[str, Any]], object]] = {
            "apply": lambda asked: {"ids": [self.apply(event) for event in asked["events"]]},
            "dump": self._dump,
            "expire_sessions": lambda _: self.sessions.expire_all(),
            "expire_locators": lambda _: self._api.locators.clear(),
            "switch": self._switch,
            "fls": self._set_access,
            "row_errors": self._plant_row_errors,
            "validation_rules": self._set_rules,
            "usage": lambda _: {"used": self.calls_used, "max": self.daily_limit},
        }
        if action not in actions:
            raise ValueError(f"unknown control action {action!r}; known: {', '.join(sorted(actions))}")
        return actions[action](payload)

    def _dump(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.settle()
        kind = self.data.objects[payload["object"].lower()]
        return {"records": [dict(row) for row in self.data.tables[kind.name].rows.values()]}

    def _switch(self, payload: dict[str, Any]) -> dict[str, Any]:
        for name, value in payload.items():
            if name not in SWITCHES:
                raise ValueError(f"unknown switch {name!r}; known: {', '.join(sorted(SWITCHES))}")
            setattr(self, name, tuple(value) if isinstance(value, list) else value)
        self._check_tracking()
        return {name: getattr(self, name) for name in sorted(SWITCHES)}

    def _check_tracking(self) -> None:
        """Raises ValueError for more fields than an org can track of one object."""
        for tracked in (self.tracked_lead_fields, self.tracked_opportunity_fields):
            if len(tracked) > MAX_TRACKED:
                raise ValueError(f"field history tracking takes at most {MAX_TRACKED} fields of an object")

    def _set_access(self, payload: dict[str, Any]) -> None:
        kind = self.data.objects[payload["object"].lower()]
        item = kind.fields[payload["field"].lower()]
        item.readable = bool(payload.get("readable", item.readable))
        item.editable = bool(payload.get("editable", item.editable)) and item.readable
        self.touch_schema(kind)

    def _plant_row_errors(self, payload: dict[str, Any]) -> dict[str, Any]:
        if payload.get("clear"):
            self.row_errors.clear()
        for entry in payload.get("add", []):
            fields = dict(entry)
            self.row_errors.append(RowError(to18(fields.pop("id")), **fields))
        return {"waiting": len(self.row_errors)}

    def _set_rules(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.validation_rules = [ValidationRule(**entry) for entry in payload.get("rules", [])]
        return {"rules": len(self.validation_rules)}

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
