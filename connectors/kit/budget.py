"""The arithmetic of a connection's calls a day. Pure: what was spent when, what the vendor says, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from sync.budget import SHARES, Limit, Pause, Purpose

_HOUR = timedelta(hours=1)
_DAY = timedelta(hours=24)
LOOK_AGAIN = timedelta(minutes=15)
"""A quota that rolls opens again unannounced: after this one call may find out."""
_MARGIN = timedelta(minutes=1)
"""Behind an announced instant: the vendor's clocks differ among themselves."""
KEEP = 2 * _DAY
"""How long the counts of single hours matter to anybody here."""


class NotAnAmount(ValueError):
    """A setting that means nothing, with what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def _read_share(value: object) -> float:
    """`20%`, as a fraction; a bare number would leave it open of what."""
    found = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*%", value) if isinstance(value, str) else None
    if found and 0 < float(found[1]) <= 100:
        return float(found[1]) / 100
    raise NotAnAmount(f"{value!r} is no share", "write a share between 0% and 100%, e.g. 20%")


def _read_amount(value: object) -> float | int:
    """`20%` of the quota as a float, or so many calls as an int."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    try:
        return _read_share(value)
    except NotAnAmount:
        hint = "write a share of the account's quota (20%) or a number of calls (30000)"
        raise NotAnAmount(f"{value!r} is no budget", hint) from None


Share = Annotated[float, BeforeValidator(_read_share)]
Amount = Annotated[float | int, BeforeValidator(_read_amount)]


class BudgetSettings(BaseModel):
    """What Baton may spend of an account that it shares with other tools. A share or number alone is `daily`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    daily: Amount = 0.2
    """Calls a day: a share of the account's quota (20%), or a number. Salesforce counts any 24 hours, HubSpot from
    midnight in the account's time zone."""
    account: Share = 0.8
    """When all tools together have used this much of the quota, Baton yields; only deadlines are still confirmed."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return data if isinstance(data, dict | BudgetSettings) else {"daily": data}


class Day(Protocol):
    """The vendor's day: over what time calls are counted."""

    def start(self, now: datetime) -> datetime: ...

    def end(self, now: datetime) -> datetime | None:
        """When all counters begin anew; None where they roll."""
        ...


class RollingDay:
    """Any 24 hours."""

    def start(self, now: datetime) -> datetime:
        return now - _DAY

    def end(self, now: datetime) -> datetime | None:
        return None


@dataclass(slots=True)
class AccountDay:
    """From midnight to midnight in the account's time zone, which its own answers tell."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    _latest: tuple[ZoneInfo, datetime, datetime] | None = field(default=None, init=False, compare=False)
    """Zone, beginning and end of the day that was asked about last: every call asks, of several threads."""

    def tell_zone(self, name: object) -> None:
        """A name that nobody knows leaves it as it was."""
        try:
            self.zone = ZoneInfo(str(name))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return

    def start(self, now: datetime) -> datetime:
        return self._find(now)[1]

    def end(self, now: datetime) -> datetime | None:
        return self._find(now)[2]

    def _find(self, now: datetime) -> tuple[ZoneInfo, datetime, datetime]:
        latest, zone = self._latest, self.zone
        if latest is None or latest[0] is not zone or not latest[1] <= now < latest[2]:
            today = now.astimezone(zone).date()
            self._latest = latest = zone, _midnight(today, zone), _midnight(today + timedelta(days=1), zone)
        return latest


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Counter:
    """A vendor's own counter, as of an answer."""

    used: int
    maximum: int
    at: datetime

    def stands_at(self, now: datetime, day: Day) -> bool:
        """Whether it still says something: not of a day that is over, and not older than what may have rolled away."""
        end = day.end(self.at)
        return now < (self.at + LOOK_AGAIN if end is None else end + _MARGIN)

    def again(self, now: datetime, day: Day) -> datetime:
        """When it will say something else."""
        end = day.end(self.at)
        return self.at + LOOK_AGAIN if end is None else end + _MARGIN


@dataclass(slots=True)
class Ledger:
    """What one connection spent, by full hour of the CRM's clock, and what its vendor said."""

    settings: BudgetSettings
    day: Day
    hours: dict[datetime, int] = field(default_factory=dict[datetime, int])
    account: Counter | None = None
    """All tools together."""
    app: Counter | None = None
    """Our app alone, where the CRM's admin has given it a limit of its own."""
    refused_until: datetime | None = None

    def spend(self, hour: datetime, calls: int) -> None:
        if hour not in self.hours:
            self.hours = {one: spent for one, spent in self.hours.items() if one > hour - KEEP}
        self.hours[hour] = self.hours.get(hour, 0) + calls

    def ours(self, now: datetime) -> int:
        """Calls of the present day. An hour that lies in it in part counts as a whole: never too few."""
        start = self.day.start(now)
        return sum(spent for hour, spent in self.hours.items() if hour + _HOUR > start)

    def allowance(self) -> int | None:
        """Calls a day; None where a share is asked of a quota that nobody told."""
        daily = self.settings.daily
        if isinstance(daily, int):
            return daily
        return int(self.account.maximum * daily) if self.account else None

    def blocked(self, purpose: Purpose, now: datetime) -> tuple[Limit, datetime, int | None] | None:
        """(which limit, until when, how many calls this purpose may see); None: a call may be made."""
        if self.refused_until and now < self.refused_until:
            return Limit.VENDOR, self.refused_until, None
        for limit, counter, share in self._counters(purpose):
            if counter.stands_at(now, self.day) and counter.used >= counter.maximum * share:
                return limit, counter.again(now, self.day), None
        allowance = self.allowance()
        if allowance is None:
            return None
        allowed = int(allowance * SHARES[purpose])
        if self.ours(now) < allowed:
            return None
        return Limit.BUDGET, self._frees(now, allowed), allowed

    def _counters(self, purpose: Purpose) -> Iterator[tuple[Limit, Counter, float]]:
        if self.account and purpose is not Purpose.DEADLINE:
            yield Limit.ACCOUNT, self.account, self.settings.account
        if self.app:
            yield Limit.APP, self.app, SHARES[purpose]

    def _frees(self, now: datetime, allowed: int) -> datetime:
        """When fewer than `allowed` of the calls will count."""
        end = self.day.end(now)
        if end is not None:
            return end
        spent = self.ours(now)
        for hour in sorted(self.hours):
            if hour + _HOUR > self.day.start(now):
                spent -= self.hours[hour]
                if spent < allowed:
                    return hour + _HOUR + _DAY
        return now + _DAY  # an allowance of no call at all

    def refuse(self, now: datetime, retry_after: float | None) -> None:
        """The vendor says that the quota is used up."""
        end = self.day.end(now)
        wait = max(timedelta(seconds=min(retry_after or 0.0, _DAY.total_seconds())), LOOK_AGAIN)
        self.refused_until = now + wait if end is None else end + _MARGIN


def full_hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def merge_hours(one: Mapping[datetime, int], other: Mapping[datetime, int]) -> dict[datetime, int]:
    """Counts of two times of the same connection."""
    return {hour: one.get(hour, 0) + other.get(hour, 0) for hour in {*one, *other}}


def tell(pause: Pause, vendor: str, ledger: Ledger) -> str:
    """For the operator: which limit, how much is used, when it resets, what to do."""
    until = f"{pause.until:%Y-%m-%d %H:%M} UTC"
    what = "no call is made" if pause.purpose is Purpose.DEADLINE else f"no call for {pause.purpose.value} is made"
    account = ledger.account
    known = f"Baton has made {pause.ours}"
    if account:
        known = f"{account.used} of {account.maximum} of the account's calls are used, {pause.ours} of them by Baton"
    if pause.limit is Limit.VENDOR:
        return (
            f"{vendor}'s daily API calls are used up ({known}): {what} before {until}; see what else calls, or buy more"
        )
    if pause.limit is Limit.ACCOUNT:
        share = f"{ledger.settings.account:.0%}"
        return f"{vendor}: all tools together are past {share} of the daily API calls ({known}): {what} before {until}; " \
            "see what else calls, or raise `budget.account` of this connection"  # fmt: skip
    if pause.limit is Limit.APP:
        app = ledger.app
        told = f"{app.used} of {app.maximum}" if app else "all"
        return f"{vendor}: {told} calls are used that the admin allows this app: {what} before {until}; " \
            "raise the app's limit in the CRM, or lengthen `schedule`"  # fmt: skip
    return f"{vendor}: Baton's own budget is used up for {pause.purpose.value}, {pause.ours} of {pause.allowed} calls " \
        f"({ledger.allowance()} a day in all; {known}): {what} before {until}; " \
        "raise `budget.daily` of this connection, or lengthen `schedule`"  # fmt: skip
