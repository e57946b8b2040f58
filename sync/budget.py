"""What API calls are spent on, and what a connection may spend. The engine says what a step calls for; the client keeps
count and refuses (`sync.errors.BudgetExhausted`) what the budget has no room for.

Each purpose stops at its share of the connection's calls a day, so that the rest is left for those before it:

| purpose     | stops at | what it is |
|-------------|----------|------------|
| `deadline`  | 100%     | the second reading before somebody is called late; whether the connection works at all |
| `delivery`  | 95%      | writing flags, reading back what was written |
| `head`      | 90%      | what changed since the cursor |
| `sweep`     | 80%      | what a head cannot see |
| `reconcile` | 50%      | comparing everything, and the first reading of everything |

When all tools together have used the operator's limit of the account's quota, everything but `deadline` stops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What a call is for, the most urgent first."""

    DEADLINE = "deadline"
    DELIVERY = "delivery"
    HEAD = "head"
    SWEEP = "sweep"
    RECONCILE = "reconcile"


SHARES: Mapping[Purpose, float] = {
    Purpose.DEADLINE: 1.0,
    Purpose.DELIVERY: 0.95,
    Purpose.HEAD: 0.9,
    Purpose.SWEEP: 0.8,
    Purpose.RECONCILE: 0.5,
}
"""Of the calls a day, how far each purpose may go."""

_purpose: ContextVar[Purpose] = ContextVar("purpose", default=Purpose.HEAD)


@contextmanager
def calling_for(purpose: Purpose) -> Iterator[None]:
    """Calls made inside are for this. Not to be held open over a `yield`: whoever takes the value would call for it too."""
    token = _purpose.set(purpose)
    try:
        yield
    finally:
        _purpose.reset(token)


def current_purpose() -> Purpose:
    return _purpose.get()


class Limit(StrEnum):
    """Which limit was reached."""

    BUDGET = "budget"
    """What the operator allows Baton."""
    APP = "app"
    """What the CRM's admin allows our app."""
    ACCOUNT = "account"
    """What all tools together may use before Baton yields."""
    VENDOR = "vendor"
    """The vendor refuses: the account's quota is used up."""


@dataclass(frozen=True, slots=True)
class Pause:
    """One purpose for which no calls are made. Instants are the CRM's, aware UTC."""

    purpose: Purpose
    limit: Limit
    since: datetime
    until: datetime
    """When it goes on, or (where nobody says when a quota opens again) when it is looked at again."""
    ours: int
    """Calls of ours that count at present."""
    allowed: int | None
    """How many of them this purpose may see; None where no budget of ours was reached."""


@dataclass(frozen=True, slots=True)
class Usage:
    """API calls of one connection. Everything but `calls` is by the CRM's clock."""

    calls: int
    """HTTP calls since the connector was made, those that cost nothing included."""
    quota_used: int | None = None
    """By all tools, as the vendor last said."""
    quota_max: int | None = None
    ours: int = 0
    """What Baton spent in the vendor's present day."""
    allowance: int | None = None
    """What it may spend in such a day; None: unlimited, or not known yet."""
    hours: Mapping[datetime, int] = field(default_factory=dict[datetime, int])
    """Spent calls by full hour, of the last two days."""
    pauses: tuple[Pause, ...] = ()
    """The present ones, the most urgent first."""
