"""What is kept of the API calls that were made, so that a budget of calls a day outlives the process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Connection as Transaction

from sync.budget import Pause, Usage
from sync.flow.context import Context
from sync.ports import Connection, keeps_count
from sync.store import usage as usage_store

_HOUR = timedelta(hours=1)
_KEPT = timedelta(days=2)
_MEASURED = 3
"""Fewer hours than this tell little of a day."""


@dataclass(frozen=True, slots=True)
class Spending:
    """How one connection stood at the end of its latest run."""

    usage: Usage
    measured: int | None
    """Calls a day at the pace of the latest day's full hours; None where too few of them were full."""

    @property
    def others(self) -> int | None:
        """What other tools used of the quota; None where the vendor does not tell."""
        used = self.usage.quota_used
        return None if used is None else max(used - self.usage.ours, 0)

    @property
    def pauses(self) -> tuple[Pause, ...]:
        return self.usage.pauses


def restore_count(context: Context) -> None:
    """Tell every connection what it spent before this process began."""
    with context.store.read() as tx:
        for name, connection in context.connections.items():
            if keeps_count(connection.source):
                connection.source.set_spent(usage_store.read_calls(tx, name))


def keep_count(tx: Transaction, connections: Iterable[Connection]) -> None:
    """Add what was spent since the last time, and take over what other processes have spent meanwhile."""
    for connection in connections:
        source = connection.source
        if keeps_count(source):
            spent = source.take_spent()
            if spent:
                usage_store.add_calls(tx, connection.name, spent)
                hours = usage_store.read_calls(tx, connection.name)
                source.set_spent(hours)
                if min(hours) < max(hours) - _KEPT - _HOUR:
                    usage_store.forget_calls(tx, connection.name, max(hours) - _KEPT)
        usage_store.save_standing(tx, connection.name, _as_known(tx, connection.name, connection.source.usage()))


def _as_known(tx: Transaction, connection: str, usage: Usage) -> Usage:
    """A process that never reached the CRM has not heard its quota: what was heard before it stands."""
    before = usage_store.read_standing(tx, connection) if usage.quota_max is None else None
    if before is None:
        return usage
    allowance = before.allowance if usage.allowance is None else usage.allowance
    return replace(usage, quota_used=before.quota_used, quota_max=before.quota_max, allowance=allowance)


def read_spending(tx: Transaction, connection: str, planned: int, now: datetime | None) -> Spending | None:
    """As of the latest run, at `now`; None before the first. `planned`: calls a day at the configured intervals."""
    usage = usage_store.read_standing(tx, connection)
    if usage is None:
        return None
    hours = usage_store.read_calls(tx, connection, now - 25 * _HOUR) if now else {}
    return Spending(usage, measure(hours, planned, now) if now else None)


def measure(hours: Mapping[datetime, int], planned: int, now: datetime) -> int | None:
    """Calls a day at the pace of the median full hour of the latest day.

    Hours with less than half of what was planned are those in which the daemon did not run, or not all the time; a first
    reading of everything is in few hours and moves no median.
    """
    full = [calls for hour, calls in hours.items() if now - 25 * _HOUR < hour <= now - _HOUR and 48 * calls >= planned]
    return round(median(full) * 24) if len(full) >= _MEASURED else None
