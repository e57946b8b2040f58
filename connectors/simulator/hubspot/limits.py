"""Rate limits, counted on the simulated clock (source: "API usage guidelines and limits")."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from zoneinfo import ZoneInfo

from connectors.simulator.hubspot.errors import ApiError, error_body
from connectors.simulator.hubspot.switches import Switches


class Window:
    """A rolling window of accepted calls."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._calls: deque[float] = deque()

    def used(self, now: float) -> int:
        while self._calls and not 0 <= now - self._calls[0] < self._seconds:
            self._calls.popleft()
        return len(self._calls)

    def add(self, now: float) -> None:
        self._calls.append(now)


class Limiter:
    """All counters of one portal. `admit` raises the 429 or returns the headers of the answer."""

    def __init__(self, switches: Switches, portal_id: int, time_zone: str) -> None:
        self._switches = switches
        self._portal_id = portal_id
        self._zone = ZoneInfo(time_zone)
        self._burst: dict[str, Window] = {}
        self._search = Window(1.0)
        self._associations = Window(switches.burst_seconds)
        self._day = ""
        self.today = 0

    def admit(self, now: datetime, app: str, *, oauth: bool, search: bool, association: bool) -> dict[str, str]:
        self._roll_day(now)
        instant = now.timestamp()
        burst = self._burst.setdefault(app, Window(self._switches.burst_seconds))
        maximum = self._switches.burst_max_oauth if oauth else self._switches.burst_max
        if self._switches.limits == "simulated":
            self._refuse(instant, burst, maximum, oauth=oauth, search=search, association=association)
        self.today += 0 if oauth else 1
        if search:
            self._search.add(instant)
        else:
            burst.add(instant)
            if association:
                self._associations.add(instant)
        used = burst.used(instant) if self._switches.limits == "simulated" else 1
        return self._headers(0 if search else maximum, used, oauth=oauth)

    def tell_usage(self, now: datetime, others: int) -> dict[str, int]:
        """The account's day, after so many calls that other tools make now."""
        self._roll_day(now)
        self.today += others
        return {"used": self.today, "max": self._switches.daily_max}

    def resets_at(self, now: datetime) -> datetime:
        """Next midnight of the account."""
        local = now.astimezone(self._zone)
        return datetime.fromordinal(local.toordinal() + 1).replace(tzinfo=self._zone)

    def _roll_day(self, now: datetime) -> None:
        day = now.astimezone(self._zone).date().isoformat()
        if day != self._day:
            self._day, self.today = day, 0

    def _refuse(
        self, instant: float, burst: Window, maximum: int, *, oauth: bool, search: bool, association: bool
    ) -> None:
        if not oauth and self.today >= self._switches.daily_max:
            raise self._daily()
        if search and self._search.used(instant) >= self._switches.search_per_second:
            raise self._error(error_body("You have reached your secondly limit.", "RATE_LIMITS"))
        if not search and burst.used(instant) >= maximum:
            raise self._ten_secondly("oauth" if oauth else "private-app")
        if association and self._associations.used(instant) >= self._switches.association_max:
            raise self._ten_secondly("associations")

    def _ten_secondly(self, group: str) -> ApiError:
        return self._error(
            error_body(
                "You have reached your ten_secondly_rolling limit.",
                errorType="RATE_LIMIT",
                policyName="TEN_SECONDLY_ROLLING",
                groupName=f"publicapi:{group}-api-calls-ten-secondly:{self._portal_id}",
            )
        )

    def _daily(self) -> ApiError:
        request_id = "00000000-0000-4000-8000-000000000000"
        body = error_body("You have reached your daily limit.", errorType="RATE_LIMIT", policyName="DAILY")
        return self._error({**body, "requestId": request_id})

    def _error(self, body: dict[str, object]) -> ApiError:
        return ApiError(429, body, {"Retry-After": "1"} if self._switches.retry_after else {})

    def _headers(self, maximum: int, used: int, *, oauth: bool) -> dict[str, str]:
        """Search answers (maximum 0) carry only the daily pair, OAuth ones never do."""
        headers: dict[str, str] = {}
        if not oauth and self._switches.daily_headers:
            headers["X-HubSpot-RateLimit-Daily"] = str(self._switches.daily_max)
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(0, self._switches.daily_max - self.today))
        if maximum:
            headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = str(self._switches.burst_seconds * 1000)
            headers["X-HubSpot-RateLimit-Max"] = str(maximum)
            headers["X-HubSpot-RateLimit-Remaining"] = str(max(0, maximum - used))
            headers["X-HubSpot-RateLimit-Secondly"] = str(maximum // 10)
            headers["X-HubSpot-RateLimit-Secondly-Remaining"] = str(max(0, maximum // 10 - 1))
        return headers
