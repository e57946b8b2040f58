"""The simulated HubSpot portal: finds the route of a call, checks who asks and how often, and answers."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from connectors.simulator.clock import AheadClock, SimClock
from connectors.simulator.hubspot import account_routes, association_routes, property_routes, record_routes, world
from connectors.simulator.hubspot.auth import Credentials, require_scopes
from connectors.simulator.hubspot.call import Call, Route, parse_object
from connectors.simulator.hubspot.data import PortalData
from connectors.simulator.hubspot.errors import ApiError, error_body, missing_scopes, no_route
from connectors.simulator.hubspot.limits import Limiter
from connectors.simulator.hubspot.objects import OBJECT_TYPES, find_type
from connectors.simulator.hubspot.switches import DEFAULT_SCOPES, Switches
from connectors.simulator.kernel import Request, Response

JSON = "application/json;charset=utf-8"
MAX_TARGET = 8_000
VERSION = re.compile(r"v[1-4]|\d{4}-\d{2}")
TOKEN = "pat-na1-simulator"  # noqa: S105  a made-up key that opens nothing but the simulator

ROUTES = (
    *association_routes.ROUTES,
    *record_routes.ROUTES,
    *property_routes.ROUTES,
    *account_routes.ROUTES,
)


class HubSpotPortal:
    """One portal behind `connectors.simulator.kernel.LoopbackServer`. Keyword arguments beyond the named ones are
    switches (see `Switches`). Everything random comes from `seed`. Safe to use from several threads.
    """

    name = "hubspot"

    def __init__(
        self,
        clock: SimClock,
        *,
        portal_id: int = 4_242_424,
        token: str = TOKEN,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        client_id: str = "simulator-client",
        client_secret: str = "simulator-secret",  # noqa: S107  made up, for the simulated token endpoint
        refresh_token: str = "na1-simulator-refresh",  # noqa: S107  made up, as above
        time_zone: str = "Asia/Tokyo",
        currency: str = "JPY",
        account_type: str = "STANDARD",
        seed: int = 1,
        ahead: float = 0,
        **switches: Any,
    ) -> None:
        """`ahead`: seconds by which the portal's clock goes before the given one, its stamps with it."""
        clock = AheadClock(clock, timedelta(seconds=ahead)) if ahead else clock
        self.clock = clock
        self.switches = Switches()
        self.switches.change(switches)
        self.data = PortalData(clock, self.switches, portal_id, seed)
        self.credentials = Credentials(portal_id, token, frozenset(scopes), client_id, client_secret, refresh_token)
        self._account = (portal_id, time_zone, currency, account_type)
        self._limiter = Limiter(self.switches, portal_id, time_zone)
        self._lock = threading.RLock()

    def handle(self, request: Request) -> Response:
        """Answer one API request. Errors carry `correlationId` in body and header, as every answer does."""
        with self._lock:
            correlation = str(uuid.UUID(int=self.data.random.getrandbits(128), version=4))
            headers = {"x-hubspot-correlation-id": correlation}
            try:
                response = self._answer(request, headers)
            except ApiError as error:
                response = Response(error.status, _with_correlation(error.body, correlation), error.headers)
                if error.status == 401 and self.switches.credentials_body == "empty":
                    response.body = None
            response.headers = {**headers, **response.headers}
            response.content_type = JSON
            return response

    def apply(self, event: dict[str, Any]) -> str:
        """Let one world event happen; returns the id of its record. Raises ValueError if it cannot."""
        with self._lock:
            return world.apply_event(self.data, event)

    def control(self, action: str, payload: dict[str, Any]) -> Any:
        """`/__sim/…`: apply, dump, switch, row_errors, scopes, token, key, revoke, expire, index. Raises ValueError for another action."""
        with self._lock:
            if action == "apply":
                return {"ids": [world.apply_event(self.data, event) for event in payload["events"]]}
            if action == "dump":
                return world.dump(self.data, payload.get("object"))
            if action == "switch":
                self.switches.change(payload)
                return asdict(self.switches)
            return self._rearrange(action, payload)

    def _rearrange(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if action == "row_errors":
            return self.data.obstacles.plant(payload)
        if action == "property":
            return property_routes.change_setup(self.data, payload, self.clock.now())
        if action == "scopes":
            self.credentials.scopes = frozenset(payload["scopes"])
        elif action == "token":
            self.credentials.replace_static(payload["token"])
        elif action == "key":
            self.credentials.add_key(payload["token"], frozenset(payload["scopes"]))
        elif action == "revoke":
            self.credentials.revoke_refresh()
        elif action == "expire":
            self.credentials.expire_all(self.clock.now())
        elif action == "usage":
            return self._limiter.tell_usage(self.clock.now(), int(payload.get("others", 0)))
        elif action == "index":
            for table in self.data.tables.values():
                table.index.flush()
        else:
            raise ValueError(f"the portal has no control action {action}")
        return {"done": action}

    def _answer(self, request: Request, headers: dict[str, str]) -> Response:
        version, path = split_version(request.path)
        if request.method == "POST" and request.path.rstrip("/") == "/oauth/v2/private-apps/get/access-token-info":
            return self.credentials.describe_static(parse_object(request.body))
        if version not in self.switches.versions:
            raise no_route()
        if len(request.target) > MAX_TARGET:
            raise ApiError(414, error_body("URI Too Long"))
        now = self.clock.now()
        if request.method == "POST" and path == "oauth/token":
            return self.credentials.grant(request, version, now, self.data.random)
        token = self.credentials.identify(request, now)
        route, args = _find_route(request.method, path)
        headers |= self._limiter.admit(
            now,
            "oauth" if token.oauth else token.value,
            oauth=token.oauth,
            search=bool(route and route.search),
            association=bool(route and route.association),
        )
        call = Call(self.data, request, version, args, token, now)
        if route is None:
            return self._answer_account(call, path)
        require_scopes(token, *self._needs(route, args))
        if not self.switches.leads_enabled and any(find_type(arg) is OBJECT_TYPES["leads"] for arg in args):
            raise missing_scopes(["crm.objects.leads.read"])
        return route.handler(call)

    def _needs(self, route: Route, args: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """What the route asks for, less what this portal does not insist on."""
        for need in route.needs(args):
            if need == ("sales-email-read",) and not self.switches.email_scope:
                continue
            if need == ("crm.schemas.leads.write",) and not self.switches.lead_schema_scope:
                need = (*need, "crm.schemas.contacts.write")
            yield need

    def _answer_account(self, call: Call, path: str) -> Response:
        if call.request.method == "GET" and path == "account-info/details":
            return account_routes.describe_account(*self._account, call.now)
        if call.request.method == "GET" and path == "account-info/api-usage/daily/private-apps":
            return record_routes.describe_usage(call, self._limiter.today, self._limiter.resets_at(call.now))
        if call.request.method == "GET" and path == "limits/custom-properties":
            if not any(scope.startswith("crm.objects.") for scope in call.token.scopes):
                raise missing_scopes(["crm.objects.contacts.read"])
            return property_routes.describe_limits(call)
        raise no_route()


def split_version(path: str) -> tuple[str, str]:
    """The version in a path, and the path without it: `/crm/v3/objects/…` and `/crm/objects/2026-09/…` are one."""
    parts = [part for part in path.split("/") if part]
    for at in (1, 2):
        if len(parts) > at and VERSION.fullmatch(parts[at]):
            version = parts.pop(at)
            return version, "/".join(parts[1:] if parts[0] == "crm" else parts)
    return "", path


_TABLE: dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]] = {}
for _route in ROUTES:
    _pattern = tuple(_route.path.split("/"))
    _TABLE.setdefault((_route.method, len(_pattern)), []).append((_pattern, _route))


def _find_route(method: str, path: str) -> tuple[Route | None, tuple[str, ...]]:
    parts = path.split("/")
    for pattern, route in _TABLE.get((method, len(parts)), ()):
        if all(want in ("{}", part) for want, part in zip(pattern, parts, strict=True)):
            return route, tuple(part for want, part in zip(pattern, parts, strict=True) if want == "{}")
    return None, ()


def _with_correlation(body: dict[str, Any], correlation: str) -> dict[str, Any]:
    return {**body, "correlationId": correlation} if "correlationId" in body else body
