"""What the client asks of a portal for its own sake: the token's scopes and the account's counter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.hubspot.client import Client
from connectors.hubspot.settings import HubSpotSettings
from connectors.kit.retry import Retry
from connectors.simulator.clock import SimClock
from connectors.simulator.faults import Fault
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.kernel import LoopbackServer
from sync.errors import AuthError

START = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
USAGE = "api-usage"


@dataclass
class Desk:
    server: LoopbackServer
    clock: SimClock
    client: Client

    def refuse(self, path: str, status: int, body: Any, times: int | None = None) -> None:
        self.server.faults.add(Fault("status", {"path": path}, times=times, status=status, body=body))

    def asked(self, part: str) -> int:
        return sum(part in entry.path for entry in self.server.log)

    def call_after(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))
        self.client.account()


@pytest.fixture
def desk() -> Iterator[Desk]:
    clock = SimClock(START, speed=0)
    with LoopbackServer(HubSpotPortal(clock, limits="off", daily_headers=False)) as server:
        auth = {"flow": "token", "token": "pat-na1-simulator"}
        settings = HubSpotSettings.model_validate({"url": server.base_url, "auth": auth, "budget": "2%"})
        yield Desk(server, clock, Client(settings, Retry(attempts=1, sleep=lambda _: None)))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"category": "MISSING_SCOPES", "message": "no"}),
        (403, {"message": "This portal does not offer it"}),
        (403, "<html>"),
        (404, {"message": "Not Found"}),
        (404, {"category": "OBJECT_NOT_FOUND", "message": "no"}),
    ],
)
def test_the_scopes_of_a_token_that_may_not_be_asked_about_are_not_known(desk: Desk, status: int, body: Any) -> None:
    desk.refuse("access-token-info", status, body)
    assert desk.client.granted() is None


def test_a_token_that_is_refused_is_no_token_of_unknown_scopes(desk: Desk) -> None:
    assert "crm.objects.contacts.read" in (desk.client.granted() or ())
    desk.refuse("access-token-info", 401, {"category": "INVALID_AUTHENTICATION", "message": "no"})
    with pytest.raises(AuthError):
        desk.client.granted()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"message": "Not Found"}),
        (404, {"category": "OBJECT_NOT_FOUND", "message": "no"}),
        (400, {"category": "VALIDATION_ERROR", "message": "no"}),
        (403, {"category": "MISSING_SCOPES", "message": "no"}),
        (200, {"results": []}),
        (200, {"results": [{"currentUsage": None}]}),
    ],
)
def test_a_counter_that_was_not_told_once_is_asked_for_again(desk: Desk, status: int, body: Any) -> None:
    desk.refuse(USAGE, status, body, times=1)
    for _ in range(3):
        desk.client.account()
    assert (desk.asked(USAGE), desk.client.meter.usage().quota_max) == (1, None)
    desk.call_after(hours=1)
    usage = desk.client.meter.usage()
    assert usage.quota_max is not None and usage.allowance == usage.quota_max // 50


def test_a_counter_that_is_never_told_costs_a_call_an_hour(desk: Desk) -> None:
    desk.refuse(USAGE, 403, {"category": "MISSING_SCOPES", "message": "no"})
    for _ in range(8 * 4 + 1):
        desk.call_after(minutes=15)
    assert desk.asked(USAGE) == 9
